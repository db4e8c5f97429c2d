"""Silence: how long customers hear nothing, and who has no date to look forward to (R5)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Self

from attrs import define, field, frozen

from servicecore.estimate import Estimate, missing, share
from servicecore.instants import HOUR
from servicecore.lifecycle.contact import BROKEN_BY, QUIET
from servicecore.lifecycle.events import (
    Assigned,
    Cancelled,
    Closed,
    Event,
    FactsChanged,
    Prioritised,
    Reopened,
    Resolved,
    StatusChanged,
)
from servicecore.lifecycle.events.promises import CHECKPOINT
from servicecore.lifecycle.facts import FIXED, Facts, facts_of
from servicecore.lifecycle.promises import PromiseState
from servicecore.lifecycle.situation import Situation
from servicecore.metrics.cohort import instant_of_both, same_instant
from servicecore.metrics.open_times import is_open
from servicecore.metrics.quantiles import nearest_rank
from servicecore.metrics.spells import between
from servicecore.sla.calendar import Calendar, always

COHORT = "all requests"


@frozen
class Silence:
    """The longest stretch of each request in which its customer heard nothing, in hours.

    `median` and `ninth_decile` are over requests, of the nearest rank; `longest` is the longest of
    all. `silent_now` counts the requests in whose longest stretch the silence still goes on.
    `without_checkpoint` is the share of open requests whose customer has no date for the next
    report ahead.
    """

    requests: int
    median: Estimate
    ninth_decile: Estimate
    longest: Estimate
    silent_now: int
    without_checkpoint: Estimate


@define
class SilenceTally:
    """Silence in one pass and in parts (M9).

    `calendar` is that of the customers; without it their clock is the one on the wall.
    `calendars` gives single customers one of their own.
    """

    calendar: Calendar = always
    calendars: Mapping[str, Calendar] = field(factory=dict)
    stretches: list[int] = field(factory=list)
    silent_now: int = 0
    open: int = 0
    without_checkpoint: int = 0
    instant: int | None = None

    def add(self, situation: Situation) -> None:
        """Note the longest silence of one request."""
        self.instant = same_instant(self.instant, situation.instant)
        longest, goes_on = longest_silence(situation, self._calendar(situation))
        self.stretches.append(longest)
        self.silent_now += goes_on
        if is_open(situation):
            self.open += 1
            self.without_checkpoint += not _has_checkpoint(situation)

    def _calendar(self, situation: Situation) -> Calendar:
        if not self.calendars:
            return self.calendar
        return self.calendars.get(situation.request.customer or "", self.calendar)

    def merge(self, other: Self) -> None:
        """Add what another tally noted."""
        self.instant = instant_of_both(self, other, "calendar", "calendars")
        self.stretches.extend(other.stretches)
        self.silent_now += other.silent_now
        self.open += other.open
        self.without_checkpoint += other.without_checkpoint

    def result(self, level: float = 0.95) -> Silence:
        """The silence of all that was noted."""
        open_ = "open requests"
        known = sorted(self.stretches)
        return Silence(
            len(known),
            _quantile(known, 0.5),
            _quantile(known, 0.9),
            _quantile(known, 1.0),
            self.silent_now,
            share(self.without_checkpoint, self.open, cohort=open_, level=level),
        )


def _quantile(stretches: Sequence[int], part: float) -> Estimate:
    found = nearest_rank(stretches, part)
    if found is None:
        return missing("hours", COHORT)
    return Estimate(found / HOUR, len(stretches), "hours", COHORT, method="nearest rank")


def longest_silence(situation: Situation, calendar: Calendar = always) -> tuple[int, bool]:
    """The longest time without an update that a customer sees, and whether it still goes on.

    In microseconds of the customer's calendar. Silence runs from the opening, a reopening or the
    last public update of ours that no machine wrote, to the next one, or until the request is
    resolved, cancelled or merged, or until now; no pause stops it.
    """
    longest, since = 0, -1
    for event in situation.history:
        breaks, ends = _ALWAYS.get(type(event)) or _meaning(event)
        if not breaks and not ends:
            continue
        if since >= 0:
            longest = max(longest, between(calendar, since, event.occurred))
        if ends:
            since = -1
        elif since >= 0 or breaks == "anew":
            since = event.occurred
    if since < 0:
        return longest, False
    current = between(calendar, since, situation.instant)
    return max(longest, current), current >= longest


Meaning = tuple[str, bool]
"""Whether something breaks the silence (``"anew"`` if it also begins one), and ends it."""

_NOTHING: Meaning = "", False


def _meaning(event: Event) -> Meaning:
    if isinstance(event, StatusChanged) and event.status != "merged":
        return _NOTHING
    return _means(facts_of(event, responded=True))


def _means(facts: Facts) -> Meaning:
    anew = "opened" in facts or "reopened" in facts
    broken = "anew" if anew else "yes" if not BROKEN_BY.isdisjoint(facts) else ""
    return broken, not QUIET.isdisjoint(facts)


_ALWAYS: Mapping[type[Event], Meaning] = {
    **{kind: _means(facts) for kind, facts in FIXED.items()},
    # The status that comes with them says nothing about silence.
    **{
        kind: _meaning(kind(request="any", occurred_at=0))
        for kind in (Resolved, Closed, Reopened, Cancelled)
    },
    # What a customer never hears of, and what histories are full of.
    **dict.fromkeys((Assigned, FactsChanged, Prioritised), _NOTHING),
}
"""What events mean whatever they say; looking it up a million times is cheaper than asking."""


def _has_checkpoint(situation: Situation) -> bool:
    """Whether the customer was told a date for the next report that is still ahead."""
    return any(
        promise.kind == CHECKPOINT
        and promise.told
        and promise.state(situation.instant) is PromiseState.PENDING
        for promise in situation.state.promises.open
    )


def silence(
    situations: Iterable[Situation],
    *,
    calendar: Calendar = always,
    calendars: Mapping[str, Calendar] | None = None,
    level: float = 0.95,
) -> Silence:
    """How long customers heard nothing, at the situations' instant; see `Silence`.

    `calendar` is the customers' own, not that of the desk: a night that the desk does not work is
    a night in which they wait. Raises `InvalidValue` for situations of different instants.
    """
    tally = SilenceTally(calendar, calendars or {})
    for situation in situations:
        tally.add(situation)
    return tally.result(level)
