"""Events of the work itself: what came in, whose it is, where it stands, what it is linked to."""

from __future__ import annotations

from collections.abc import Mapping
from types import NoneType

from attrs import field, frozen

from servicecore.errors import InvalidValue
from servicecore.instants import DateTime, to_datetime
from servicecore.lifecycle.events.envelope import Event, as_until, check_types, is_usual
from servicecore.requests import Fact, checked_facts

TEXT_OR_NONE = frozenset({str, NoneType})
"""Most of these events come by the hundred thousand: a look at the classes has to do."""


@frozen(kw_only=True)
class Opened(Event):
    """The request came in. `facts` are what is known of it: kind, customer, channel, tags …"""

    facts: Mapping[str, Fact] = field(factory=dict, hash=False, converter=checked_facts)

    def __attrs_post_init__(self) -> None:
        if not is_usual(self):
            check_types(self)


@frozen(kw_only=True)
class FactsChanged(Event):
    """Some facts are different from now on; the others stay."""

    facts: Mapping[str, Fact] = field(hash=False, converter=checked_facts)

    def __attrs_post_init__(self) -> None:
        if not is_usual(self):
            check_types(self)


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

    def __attrs_post_init__(self) -> None:
        if (
            not self.priority.__class__ is self.reason.__class__ is self.source.__class__ is str
            or self.impact.__class__ not in TEXT_OR_NONE
            or self.urgency.__class__ not in TEXT_OR_NONE
            or not is_usual(self)
        ):
            check_types(self)


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

    def __attrs_post_init__(self) -> None:
        if (
            self.group.__class__ not in TEXT_OR_NONE
            or self.person.__class__ not in TEXT_OR_NONE
            or not is_usual(self)
        ):
            check_types(self)


@frozen(kw_only=True)
class StatusChanged(Event):
    """The request is in another status, with the reason, and until when where that is known."""

    status: str
    reason: str = ""
    until: int | None = field(default=None, converter=as_until)
    waiting_on: str = ""

    def __attrs_post_init__(self) -> None:
        said = self.status.__class__ is self.reason.__class__ is self.waiting_on.__class__ is str
        if not said or not is_usual(self):
            check_types(self)

    @property
    def until_at(self) -> DateTime | None:
        """Until when, in UTC; None where nobody knows."""
        return None if self.until is None else to_datetime(self.until)


@frozen(kw_only=True)
class Replied(Event):
    """A message; `actor` says from which side. An internal note is not `public`."""

    public: bool = True
    automatic: bool = False
    channel: str = ""

    def __attrs_post_init__(self) -> None:
        flags = self.public.__class__ is self.automatic.__class__ is bool
        if not flags or self.channel.__class__ is not str or not is_usual(self):
            check_types(self)


@frozen(kw_only=True)
class Restored(Event):
    """The customer can work again, though the work on the request may go on."""


@frozen(kw_only=True)
class Resolved(Event):
    """Service is restored or the need is met, as far as the desk can tell."""

    status: str = "resolved"
    reason: str = ""

    def __attrs_post_init__(self) -> None:
        said = self.status.__class__ is self.reason.__class__ is str
        if not said or not is_usual(self):
            check_types(self)


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

    def __attrs_post_init__(self) -> None:
        said = self.status.__class__ is self.reason.__class__ is str
        if not said or not is_usual(self):
            check_types(self)


@frozen(kw_only=True)
class Cancelled(Event):
    """The request was withdrawn."""

    status: str = "cancelled"
    reason: str = ""


@frozen(kw_only=True)
class MergedInto(Event):
    """The request goes on in another one, `target`; this one is over, without a verdict (K6)."""

    target: str
    status: str = "merged"
    reason: str = ""


@frozen(kw_only=True)
class Absorbed(Event):
    """Another request, `source`, goes on in this one (R8)."""

    source: str


def _times(used: Mapping[str, int]) -> Mapping[str, int]:
    if not isinstance(used, Mapping):
        raise InvalidValue(f"used is {used!r}: expected microseconds by clock")
    for clock, time in used.items():
        if type(time) is not int or time < 0:
            raise InvalidValue(f"used of {clock!r} is {time!r}: expected microseconds, 0 or more")
    return dict(used)


@frozen(kw_only=True)
class SplitFrom(Event):
    """The request is a part of another one, `parent`, that goes on by itself (R8).

    `used` is the time that clocks of the parent had used at the split, in microseconds by clock;
    `responded` says that the parent had its first response already, so that none is owed here.
    """

    parent: str
    used: Mapping[str, int] = field(factory=dict, hash=False, converter=_times)
    responded: bool = False


@frozen(kw_only=True)
class Linked(Event):
    """The request has to do with another one; `kind` is a usual one or a host's own word.

    The usual ones are in `servicecore.lifecycle.links.LINKS`.
    """

    kind: str
    other: str


@frozen(kw_only=True)
class Unlinked(Event):
    """A link of that kind to that other request holds no longer."""

    kind: str
    other: str
