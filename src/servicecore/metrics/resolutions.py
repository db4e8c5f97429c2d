"""Resolutions: first contact and reopening, on the cohort that has had its time (M2, M3)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import NamedTuple, Self

from attrs import define, field, frozen

from servicecore.errors import InvalidValue
from servicecore.estimate import Estimate, share
from servicecore.instants import DAY, duration_text, to_period
from servicecore.lifecycle.events import (
    Assigned,
    Cancelled,
    Closed,
    MergedInto,
    Reopened,
    Replied,
    Resolved,
    Side,
)
from servicecore.lifecycle.situation import Situation
from servicecore.metrics.cohort import Period, instant_of_both, same_instant


class Resolution(NamedTuple):
    """The first resolution of a request, and what it took; instants in microseconds.

    `replies` counts our public replies that were not automatic, up to the resolution, `handoffs`
    the changes of group up to then; `reopened` is when it was reopened for the first time.
    """

    opened: int
    resolved: int
    replies: int
    handoffs: int
    reopened: int | None


def first_resolution(situation: Situation) -> Resolution | None:
    """The first resolution of a request; None where it has none, or was cancelled or merged first.

    A closing without a resolution before it is one.
    """
    replies = handoffs = 0
    group: str | None = None
    resolved: int | None = None
    opened = situation.state.opened
    for event in situation.history:
        if type(event) not in _MATTER:
            continue
        if resolved is not None:
            if isinstance(event, Reopened):
                return Resolution(opened, resolved, replies, handoffs, event.occurred)
        elif isinstance(event, Assigned):
            if event.group and event.group != group:
                handoffs += group is not None
                group = event.group
        elif isinstance(event, Replied):
            replies += event.public and not event.automatic and event.side is Side.DESK
        elif isinstance(event, Resolved | Closed):
            resolved = event.occurred
        elif isinstance(event, Cancelled | MergedInto):
            return None
    return None if resolved is None else Resolution(opened, resolved, replies, handoffs, None)


_MATTER = frozenset({Assigned, Replied, Resolved, Closed, Cancelled, MergedInto, Reopened})
"""What a first resolution depends on; histories are full of other things."""


def _within(value: timedelta | str | int | None) -> int | None:
    return value if value is None or isinstance(value, int) else to_period(value, "within")


@frozen(kw_only=True)
class FirstContact:
    """A policy that says what counts as resolved at first contact; each limit may be None.

    At most `replies` public replies of ours before the resolution, which is the answer itself
    otherwise; at most `handoffs` changes of group; resolved `within` some wall time of the opening;
    not reopened within `reopened_after` of the resolution. There is no common definition, and
    figures by different ones do not compare, so the policy is named with the figure.

    >>> FirstContact(within="24h").name
    'at most 1 reply, no handoff, within 24h, not reopened within 168h'
    """

    replies: int | None = 1
    handoffs: int | None = 0
    within: int | None = field(default=None, converter=_within)
    reopened_after: int | None = field(default=7 * DAY, converter=_within)

    def __attrs_post_init__(self) -> None:
        for name in ("replies", "handoffs"):
            limit = getattr(self, name)
            if limit is not None and (not isinstance(limit, int) or limit < 0):
                raise InvalidValue(f"{name} is {limit!r}: expected a number from 0 on, or None")

    @property
    def name(self) -> str:
        """The policy in words."""
        parts = [
            "" if self.replies is None else f"at most {_counted(self.replies, 'reply')}",
            "" if self.handoffs is None else _counted(self.handoffs, "handoff"),
            "" if self.within is None else f"within {duration_text(self.within)}",
            ""
            if self.reopened_after is None
            else f"not reopened within {duration_text(self.reopened_after)}",
        ]
        return ", ".join(filter(None, parts)) or "any resolution"

    def met_by(self, resolution: Resolution) -> bool:
        """Whether a resolution counts as one at first contact."""
        took = resolution.resolved - resolution.opened
        return (
            (self.replies is None or resolution.replies <= self.replies)
            and (self.handoffs is None or resolution.handoffs <= self.handoffs)
            and (self.within is None or took <= self.within)
            and not reopened_within(resolution, self.reopened_after)
        )


def _counted(number: int, thing: str) -> str:
    if not number:
        return f"no {thing}"
    plural = {"reply": "replies"}.get(thing, f"{thing}s")
    return f"{number} {thing if number == 1 else plural}"


def reopened_within(resolution: Resolution, window: int | None) -> bool:
    """Whether it was reopened up to so long behind the resolution; for None it does not matter."""
    if window is None or resolution.reopened is None:
        return False
    return resolution.reopened <= resolution.resolved + window


@define
class ResolutionTally:
    """First resolutions in one pass and in parts (M9); with a `period`, those that lie in it."""

    period: Period | None = None
    resolutions: list[Resolution] = field(factory=list)
    instant: int | None = None

    def add(self, situation: Situation) -> None:
        """Note the first resolution of one request."""
        self.instant = same_instant(self.instant, situation.instant)
        found = first_resolution(situation)
        if found is not None and (self.period is None or found.resolved in self.period):
            self.resolutions.append(found)

    def merge(self, other: Self) -> None:
        """Add what another tally noted."""
        self.instant = instant_of_both(self, other, "period")
        self.resolutions.extend(other.resolutions)

    def _elapsed(self, window: int | None) -> list[Resolution]:
        """Those whose time to be reopened has passed."""
        end = (self.instant or 0) - (window or 0)
        return [each for each in self.resolutions if window is None or each.resolved < end]

    def first_contact(self, policy: FirstContact, level: float = 0.95) -> Estimate:
        """The share resolved at first contact."""
        cohort = self._elapsed(policy.reopened_after)
        hits = sum(policy.met_by(each) for each in cohort)
        said = f"resolved, and the time to reopen has passed; first contact: {policy.name}"
        return share(hits, len(cohort), cohort=said, level=level)

    def reopened(self, window: int | None, level: float = 0.95) -> Estimate:
        """The share reopened within a window, in microseconds."""
        cohort = self._elapsed(window)
        hits = sum(
            each.reopened is not None if window is None else reopened_within(each, window)
            for each in cohort
        )
        said = "resolved" if window is None else f"resolved {duration_text(window)} ago or earlier"
        return share(hits, len(cohort), cohort=said, level=level)


def first_contact_resolution(
    situations: Iterable[Situation],
    policy: FirstContact | None = None,
    *,
    period: Period | None = None,
    level: float = 0.95,
) -> Estimate:
    """The share of resolved requests that were so at first contact, by a policy that is named.

    The cohort is every request whose first resolution lies in the `period`, and whose time to be
    reopened has passed at the situations' instant: a resolution of yesterday waits. The interval
    is Wilson's.
    """
    return _tallied(situations, period).first_contact(policy or FirstContact(), level)


def reopening_rate(
    situations: Iterable[Situation],
    *,
    within: timedelta | str | None = "168h",
    period: Period | None = None,
    level: float = 0.95,
) -> Estimate:
    """The share of resolved requests that were reopened within a time of their first resolution.

    The cohort is every request whose first resolution lies in the `period` and is that long ago;
    with ``within=None``, every resolved request, and a reopening at any time. The interval is
    Wilson's.
    """
    return _tallied(situations, period).reopened(_within(within), level)


def _tallied(situations: Iterable[Situation], period: Period | None) -> ResolutionTally:
    tally = ResolutionTally(period)
    for situation in situations:
        tally.add(situation)
    return tally
