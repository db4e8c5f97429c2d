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
    kind = type(event)
    fixed = FIXED.get(kind)
    if fixed is not None:
        return fixed
    said = _DERIVED.get(kind)
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


def _entering(fact: str) -> Callable[[Any], Facts]:
    return lambda event: {fact, STATUS_ENTERED + event.status}


def _told(event: PromiseMade | PromiseRenegotiated) -> Facts:
    return TOLD if event.told else NOTHING


_ENTERED = {"merged": frozenset({"merged", STATUS_ENTERED + "merged"})}
_ASSIGNED = frozenset({"assigned"})
FIXED: Mapping[type[Event], Facts] = {
    Opened: frozenset({"opened"}),
    Restored: frozenset({"restored"}),
    Reported: frozenset({"reported", "updated"}),
    OptionsOffered: frozenset({"options offered", "updated"}),
    OptionChosen: frozenset({"option chosen"}),
    ApprovalRequested: frozenset({"approval requested"}),
    ApprovalDecided: frozenset({"approval decided"}),
    FollowedUp: frozenset({"followed up", "updated"}),
}
"""What events mean that always mean the same."""

_DERIVED: Mapping[type[Event], Callable[[Any], Facts]] = {
    Assigned: lambda event: _ASSIGNED if event.group or event.person else NOTHING,
    StatusChanged: lambda event: _ENTERED.get(event.status) or {STATUS_ENTERED + event.status},
    Resolved: lambda event: {"resolved", "updated", STATUS_ENTERED + event.status},
    Reopened: _entering("reopened"),
    Closed: _entering("closed"),
    Cancelled: _entering("cancelled"),
    MergedInto: _entering("merged"),
    PromiseMade: _told,
    PromiseRenegotiated: _told,
}
