"""What events mean to clocks: the named facts that clock rules speak of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from typing import Any

from servicecore.errors import InvalidValue
from servicecore.lifecycle.events import (
    Actor,
    ApprovalDecided,
    ApprovalRequested,
    Assigned,
    Cancelled,
    Closed,
    Event,
    FollowedUp,
    MergedInto,
    Opened,
    OptionChosen,
    OptionsOffered,
    PromiseMade,
    PromiseRenegotiated,
    Reopened,
    Replied,
    Reported,
    Resolved,
    Restored,
    Side,
    StatusChanged,
)
from servicecore.sla.rules import STATUS_ENTERED

Facts = AbstractSet[str]

NOTHING: Facts = frozenset()
ANSWERED = frozenset({"replied", "updated"})
ASKED = frozenset({"customer replied"})
ASKED_AGAIN = ASKED | {"customer replied again"}
TOLD = frozenset({"promised", "updated"})


def facts_of(event: Event, *, responded: bool) -> Facts:
    """What an event means to clocks; `responded` says whether we have answered before it (R3)."""
    if isinstance(event, Replied):
        return _facts_of_reply(event, responded=responded)
    said = _FACTS_OF.get(type(event))
    return NOTHING if said is None else said(event)


def _facts_of_reply(reply: Replied, *, responded: bool) -> Facts:
    """An internal note and an automatic message answer nothing (K5)."""
    if not isinstance(reply.actor, Actor | None):
        raise InvalidValue(f"actor is {reply.actor!r}: expected an Actor")
    if not reply.public or reply.automatic or reply.side is Side.SUPPLIER:
        return NOTHING
    if reply.side is Side.DESK:
        return ANSWERED
    return ASKED_AGAIN if responded else ASKED


def _always(*facts: str) -> Callable[[Event], Facts]:
    named = frozenset(facts)
    return lambda _: named


def _entering(fact: str) -> Callable[[Any], Facts]:
    return lambda event: {fact, STATUS_ENTERED + event.status}


def _told(event: PromiseMade | PromiseRenegotiated) -> Facts:
    return TOLD if event.told else NOTHING


_ENTERED = {"merged": frozenset({"merged", STATUS_ENTERED + "merged"})}
_ASSIGNED = frozenset({"assigned"})
_FACTS_OF: Mapping[type[Event], Callable[[Any], Facts]] = {
    Opened: _always("opened"),
    Assigned: lambda event: _ASSIGNED if event.group or event.person else NOTHING,
    StatusChanged: lambda event: _ENTERED.get(event.status) or {STATUS_ENTERED + event.status},
    Restored: _always("restored"),
    Resolved: lambda event: {"resolved", "updated", STATUS_ENTERED + event.status},
    Reopened: _entering("reopened"),
    Closed: _entering("closed"),
    Cancelled: _entering("cancelled"),
    MergedInto: _entering("merged"),
    PromiseMade: _told,
    PromiseRenegotiated: _told,
    Reported: _always("reported", "updated"),
    OptionsOffered: _always("options offered", "updated"),
    OptionChosen: _always("option chosen"),
    ApprovalRequested: _always("approval requested"),
    ApprovalDecided: _always("approval decided"),
    FollowedUp: _always("followed up", "updated"),
}
