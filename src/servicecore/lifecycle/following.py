"""What follows from an event by itself, as the lifecycle and the catalogue have it (R9)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from servicecore.catalogue.services import Approval
from servicecore.lifecycle.events import (
    ApprovalDecided,
    ApprovalRequested,
    Assigned,
    Event,
    FactsChanged,
    Opened,
    OptionChosen,
    OptionsOffered,
    Reopened,
    Replied,
    StatusChanged,
)
from servicecore.lifecycle.facts import facts_of
from servicecore.lifecycle.situation import Situation
from servicecore.lifecycle.state import RequestState
from servicecore.requests import Fact, Request

Said = tuple[type[Event], Mapping[str, object]]
"""An event to be written: its type, and what it says besides its envelope."""


def following(situation: Situation, event: Event) -> Iterator[Said]:
    """What follows from an event, told from the situation behind it.

    Whoever writes it leaves out what may not be written as things stand: a customer who answers
    while an approval is pending starts no work.
    """
    rule = _FOLLOWING.get(type(event))
    return iter(()) if rule is None else rule(situation, event)


def _from_reply(situation: Situation, reply: Replied) -> Iterator[Said]:
    """The customer's answer ends waiting for it, and reopens where the lifecycle says so."""
    lifecycle, status = situation.book.lifecycle, situation.status
    if "customer replied" not in facts_of(reply, responded=True):
        return
    if status == lifecycle.waiting != lifecycle.working:
        yield StatusChanged, {"status": lifecycle.working, "reason": "the customer replied"}
    elif lifecycle.reopen_on_reply and _is_resolved(situation):
        for way in lifecycle.ways(status):
            if way.event == "reopened" and not way.timed:
                yield Reopened, {"status": way.target, "reason": "the customer replied"}
                return


def _is_resolved(situation: Situation) -> bool:
    return any(
        way.event == "resolved" and way.target == situation.status
        for way in situation.book.lifecycle.transitions
    )


def _from_offer(situation: Situation, offer: OptionsOffered) -> Iterator[Said]:
    """The decision is the customer's, and waiting for it is visible."""
    waiting = situation.book.lifecycle.waiting
    reason = f"their decision between {_either(offer.options)}"
    yield StatusChanged, {"status": waiting, "reason": reason}


def _either(options: tuple[str, ...]) -> str:
    *others, last = options
    return f"{', '.join(others)} and {last}" if others else f"{last} and nothing"


def _from_choice(situation: Situation, choice: OptionChosen) -> Iterator[Said]:
    lifecycle = situation.book.lifecycle
    if situation.status == lifecycle.waiting != lifecycle.working:
        reason = f"they decided for {choice.option}"
        yield StatusChanged, {"status": lifecycle.working, "reason": reason}


def _from_opening(situation: Situation, _: Opened) -> Iterator[Said]:
    """What is asked for may demand an approval, and have a group that takes it."""
    approval = situation.book.catalogue.approval(situation.request)
    if approval is not None:
        yield ApprovalRequested, {"approver": approval.approver, "side": approval.side}
    owner, group = situation.ownership, situation.book.catalogue.group(situation.request)
    if group and owner.group is None:
        yield Assigned, {"group": group, "person": owner.person}


def _from_change(situation: Situation, change: FactsChanged) -> Iterator[Said]:
    """Another offering demands its own approval, and no longer the one that was asked for (R8)."""
    before, now = _before(situation, change), situation.request
    if (before.service, before.offering) == (now.service, now.offering):
        return
    catalogue = situation.book.catalogue
    demanded = catalogue.approval(now)
    if catalogue.approval(before) is not None and _outlived(situation.state, demanded):
        needs = "another approval" if demanded else "no approval"
        yield ApprovalDecided, {"granted": True, "reason": f"what is asked for now needs {needs}"}
    if demanded is not None:
        yield ApprovalRequested, {"approver": demanded.approver, "side": demanded.side}


def _before(situation: Situation, change: FactsChanged) -> Request:
    """The request as far as its service and offering go, before they were changed."""
    known: dict[str, Fact] = {}
    for event in situation.history:
        if event is change:
            break
        if isinstance(event, Opened | FactsChanged):
            known.update(event.facts)
    asked = {name: known.get(name) for name in ("service", "offering")}
    return Request.from_facts(situation.state.id, situation.state.opened, asked)


def _outlived(state: RequestState, demanded: Approval | None) -> bool:
    """Whether an approval that is pending or was denied is not the one that is demanded now."""
    pending = state.approval
    if demanded is None:
        return pending is not None or state.denied is not None
    asked = demanded.approver, demanded.side
    return pending is not None and (pending.approver, pending.side_of_approver) != asked


_FOLLOWING: Mapping[type[Event], Callable[[Situation, Any], Iterator[Said]]] = MappingProxyType({
    Opened: _from_opening,
    FactsChanged: _from_change,
    Replied: _from_reply,
    OptionsOffered: _from_offer,
    OptionChosen: _from_choice,
})  # fmt: skip
