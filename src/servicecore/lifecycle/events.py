"""The closed set of things that can happen to a request (R9), each a frozen value.

An event says when it happened (`occurred_at`) and when it was written down (`recorded_at`, T3);
histories order by ``(occurred, sequence)``. Instants are kept as microseconds (`occurred`) and
shown as datetimes (`occurred_at`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum

from attrs import field, frozen

from servicecore.errors import InvalidValue
from servicecore.instants import DateTime, as_instant, to_datetime
from servicecore.requests import Fact


class Side(StrEnum):
    """On whose side somebody acts in a request."""

    CUSTOMER = "customer"
    DESK = "desk"
    SUPPLIER = "supplier"


def _side(side: Side | str) -> Side:
    if side.__class__ is Side:  # as good as always, and a tenth of the time of asking the class
        return side
    try:
        return Side(side)
    except ValueError:
        expected = ", ".join(repr(str(known)) for known in Side)
        raise InvalidValue(f"side is {side!r}: expected one of {expected}") from None


@frozen
class Actor:
    """Who did it: a name, and the side on which they act in this request."""

    party: str
    side: Side = field(default=Side.DESK, converter=_side)


def _occurred(moment: datetime | int) -> int:
    return as_instant(moment, "occurred_at")


def _facts(facts: Mapping[str, Fact]) -> Mapping[str, Fact]:
    if not isinstance(facts, Mapping):
        raise InvalidValue(f"facts is {facts!r}: expected a table of facts")
    return facts


def _until(moment: datetime | int | None) -> int | None:
    return None if moment is None else as_instant(moment, "until")


def _recorded(moment: datetime | int | None) -> int | None:
    return None if moment is None else as_instant(moment, "recorded_at")


@frozen(kw_only=True)
class Event:
    """What every event carries: its envelope."""

    request: str
    occurred: int = field(alias="occurred_at", converter=_occurred)
    recorded: int | None = field(alias="recorded_at", default=None, converter=_recorded)
    sequence: int = 0
    id: str = ""
    actor: Actor | None = None
    cause: str = ""

    @property
    def occurred_at(self) -> DateTime:
        """When it happened, in UTC."""
        return to_datetime(self.occurred)

    @property
    def recorded_at(self) -> DateTime:
        """When it was written down, in UTC; when it happened, where nothing else is said."""
        return to_datetime(self.occurred if self.recorded is None else self.recorded)


@frozen(kw_only=True)
class Opened(Event):
    """The request came in. `facts` are what is known of it: kind, customer, channel, tags …"""

    facts: Mapping[str, Fact] = field(factory=dict, hash=False, converter=_facts)


@frozen(kw_only=True)
class FactsChanged(Event):
    """Some facts are different from now on; the others stay."""

    facts: Mapping[str, Fact] = field(hash=False, converter=_facts)


@frozen(kw_only=True)
class Prioritised(Event):
    """The priority, and what it came from: impact × urgency, or an override with its reason.

    `source` is one of ``"rule"``, ``"plugin"``, ``"person"``, ``"log"`` (P1).
    """

    priority: str
    impact: str | None = None
    urgency: str | None = None
    reason: str = ""
    source: str = "rule"


@frozen(kw_only=True)
class PolicyApplied(Event):
    """A policy was chosen by something other than the book's own order, and stays (P2)."""

    policy: str
    version: str = ""
    source: str = "rule"
    reason: str = ""


@frozen(kw_only=True)
class Assigned(Event):
    """The request belongs to this group and person now; None is nobody."""

    group: str | None = None
    person: str | None = None


@frozen(kw_only=True)
class StatusChanged(Event):
    """The request is in another status, with the reason, and until when where that is known."""

    status: str
    reason: str = ""
    until: int | None = field(default=None, converter=_until)
    waiting_on: str = ""


@frozen(kw_only=True)
class Replied(Event):
    """A message; `actor` says from which side. An internal note is not `public`."""

    public: bool = True
    automatic: bool = False
    channel: str = ""


@frozen(kw_only=True)
class Resolved(Event):
    """Service is restored or the need is met, as far as the desk can tell."""

    status: str = "resolved"
    reason: str = ""


@frozen(kw_only=True)
class Reopened(Event):
    """Work goes on after a resolution or a closing."""

    status: str = "in progress"
    reason: str = ""


@frozen(kw_only=True)
class Closed(Event):
    """Nothing more is to be done."""

    status: str = "closed"
    reason: str = ""


@frozen(kw_only=True)
class Cancelled(Event):
    """The request was withdrawn."""

    status: str = "cancelled"
    reason: str = ""


def in_order(events: Iterable[Event]) -> tuple[Event, ...]:
    """The events as a history: by instant, then by sequence, then as given (T3)."""
    return tuple(sorted(events, key=lambda event: (event.occurred, event.sequence)))
