"""What promises, reports and options require of the situation (Q1, Q2)."""

from __future__ import annotations

from servicecore.lifecycle.events import (
    Absorbed,
    OptionChosen,
    OptionsOffered,
    PromiseFulfilled,
    PromiseMade,
    PromiseRenegotiated,
    PromiseWithdrawn,
    Reported,
)
from servicecore.lifecycle.events.promises import DELIVERY
from servicecore.lifecycle.promises import Promise
from servicecore.lifecycle.situation import Situation
from servicecore.sla.years import shown


def new_promise(situation: Situation, event: PromiseMade) -> str:
    """Each promise of a request has a name of its own."""
    known = any(promise.id == event.promise for promise in situation.promises)
    return f"promise {event.promise} is made already" if known else ""


def due_ahead(situation: Situation, event: PromiseMade | PromiseRenegotiated) -> str:
    """A date that is given lies ahead; one that came with a merge may have come by now (R8)."""
    if event.due == event.occurred and event.cause and _is_merged(situation, event):
        return ""
    return _ahead(event.due, event.occurred)


def _is_merged(situation: Situation, event: PromiseMade | PromiseRenegotiated) -> bool:
    return any(
        isinstance(each, Absorbed) and each.id == event.cause and each.occurred == event.occurred
        for each in situation.history
    )


def report_ahead(_: Situation, event: Reported) -> str:
    """A report that is announced lies ahead."""
    return "" if event.next_due is None else _ahead(event.next_due, event.occurred)


def _ahead(due: int, now: int) -> str:
    return "" if due > now else f"{shown(due)} is not ahead"


def open_promise(
    situation: Situation, event: PromiseRenegotiated | PromiseFulfilled | PromiseWithdrawn
) -> str:
    """Only a promise that is neither done nor withdrawn can change."""
    if _open(situation, event.promise) is not None:
        return ""
    for promise in situation.promises:
        if promise.id == event.promise:
            return "it is withdrawn" if promise.withdrawn is not None else "it is fulfilled already"
    known = ", ".join(promise.id for promise in situation.promises) or "none"
    return f"there is no such promise (known: {known})"


def not_late(situation: Situation, event: PromiseRenegotiated) -> str:
    """From its due instant on a promise is broken, and a new one has to be made (Q2)."""
    promise = _open(situation, event.promise)
    if promise is None or event.occurred < promise.due:
        return ""
    return f"it was due {shown(promise.due)} (make a new promise)"


def another_date(situation: Situation, event: PromiseRenegotiated) -> str:
    """The same date again is no renegotiation."""
    promise = _open(situation, event.promise)
    same = promise is not None and promise.due == event.due
    return f"it is due {shown(event.due)} as it is" if same else ""


def reasoned(_: Situation, event: PromiseRenegotiated) -> str:
    """Another date needs a reason."""
    return "" if event.reason.strip() else "no reason is given"


def deliverable(situation: Situation, event: PromiseFulfilled) -> str:
    """A checkpoint is kept by a report, and by nothing else."""
    promise = _open(situation, event.promise)
    if promise is None or promise.kind == DELIVERY:
        return ""
    return "it is a checkpoint (report instead)"


def _open(situation: Situation, id: str) -> Promise | None:
    return situation.state.promises.named(id)


def waiting_possible(situation: Situation, _: OptionsOffered) -> str:
    """Options set waiting for the customer, so there has to be a way to there."""
    lifecycle, status = situation.book.lifecycle, situation.status
    if status == lifecycle.waiting or lifecycle.waiting in lifecycle.targets(status):
        return ""
    return f"it is {status}, from where nothing leads to {lifecycle.waiting}"


def offered(situation: Situation, event: OptionChosen) -> str:
    """The customer chooses one of the options offered last."""
    offer = situation.state.offer
    if offer is None:
        return "no options are offered"
    known = ", ".join(map(repr, offer.options))
    return "" if event.option in offer.options else f"the options are {known}"
