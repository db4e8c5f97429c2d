"""What follows from an event by itself, as the lifecycle and the catalogue have it (R9)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from servicecore.lifecycle.events import (
    ApprovalRequested,
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


def _approval(situation: Situation, _: Opened | FactsChanged) -> Iterator[Said]:
    """An offering that demands an approval asks for it, at the opening or when it is changed to."""
    approval = situation.book.catalogue.approval(situation.request)
    if approval is not None and not _asked(situation, approval.approver):
        yield ApprovalRequested, {"approver": approval.approver, "side": approval.side}


def _asked(situation: Situation, approver: str) -> bool:
    return any(
        isinstance(event, ApprovalRequested) and event.approver == approver
        for event in situation.history
    )


_FOLLOWING: Mapping[type[Event], Callable[[Situation, Any], Iterator[Said]]] = MappingProxyType({
    Opened: _approval,
    FactsChanged: _approval,
    Replied: _from_reply,
    OptionsOffered: _from_offer,
    OptionChosen: _from_choice,
})  # fmt: skip
