"""Follow-up coverage: whether anybody asked after delivery if all is well (M6)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Self

from attrs import define, field, frozen
from attrs.setters import NO_OP

from servicecore.errors import InvalidValue
from servicecore.estimate import Estimate, share
from servicecore.instants import Days, duration_text, to_duration
from servicecore.lifecycle.events import FollowedUp
from servicecore.lifecycle.situation import Situation
from servicecore.metrics.cohort import Period, instant_of_both, same_instant
from servicecore.metrics.open_times import OpenTime, is_open, open_times
from servicecore.metrics.rows import DONE


@frozen
class FollowUps:
    """The share of deliveries that were followed up in their window, once that has elapsed.

    `reopened` counts deliveries that were taken back within their window: there was nothing to
    follow up. `waiting` are those whose window has not elapsed yet.
    """

    coverage: Estimate
    reopened: int
    waiting: int


def _window(value: timedelta | str | int) -> int:
    duration = value if isinstance(value, int) else to_duration(value, "window")
    if isinstance(duration, Days):
        raise InvalidValue(f"window is {value!r}: expected a time such as '48h'")
    return duration


@define(on_setattr=NO_OP)  # the window is converted once, and counts are set a million times
class FollowUpTally:
    """Follow-ups in one pass and in parts (M9).

    A follow-up counts from `earliest` to `latest` behind the delivery, both included, in
    microseconds. With a `period`, of deliveries in it (M3).
    """

    earliest: int = field(converter=_window)
    latest: int = field(converter=_window)
    period: Period | None = None
    covered: int = 0
    due: int = 0
    reopened: int = 0
    waiting: int = 0
    instant: int | None = None

    def __attrs_post_init__(self) -> None:
        if not 0 <= self.earliest <= self.latest:
            raise InvalidValue(
                f"a window from {duration_text(self.earliest)} to {duration_text(self.latest)} "
                "behind the delivery: expected it to end behind its start"
            )

    def add(self, situation: Situation) -> None:
        """Count the last delivery of one request."""
        self.instant = same_instant(self.instant, situation.instant)
        if is_open(situation) and not situation.reopenings:
            return  # nothing was ever delivered
        found = _last_delivery(open_times(situation))
        if found is None:
            return
        delivered, taken_back = found
        if self.period is not None and delivered not in self.period:
            return
        if taken_back is not None and taken_back <= delivered + self.latest:
            self.reopened += 1
        elif delivered + self.latest >= situation.instant:
            self.waiting += 1
        else:
            self.due += 1
            self.covered += self._is_covered(situation, delivered)

    def _is_covered(self, situation: Situation, delivered: int) -> bool:
        for event in situation.history.newest_first():
            if event.occurred < delivered + self.earliest:
                return False
            if isinstance(event, FollowedUp) and event.occurred <= delivered + self.latest:
                return True
        return False

    def merge(self, other: Self) -> None:
        """Add what another tally counted with the same window."""
        self.instant = instant_of_both(self, other, "earliest", "latest", "period")
        for name in ("covered", "due", "reopened", "waiting"):
            setattr(self, name, getattr(self, name) + getattr(other, name))

    def result(self, level: float = 0.95) -> FollowUps:
        """The coverage of all that was counted."""
        cohort = (
            f"deliveries whose window for a follow-up ({duration_text(self.earliest)} to "
            f"{duration_text(self.latest)}) has elapsed"
        )
        return FollowUps(
            share(self.covered, self.due, cohort=cohort, level=level), self.reopened, self.waiting
        )


def _last_delivery(stretches: Sequence[OpenTime]) -> tuple[int, int | None] | None:
    """When it was delivered last, and when that was taken back; None where it never was."""
    for place in range(len(stretches) - 1, -1, -1):
        stretch = stretches[place]
        if stretch.end is not None and stretch.cause == DONE:
            behind = stretches[place + 1].start if place + 1 < len(stretches) else None
            return stretch.end, behind
    return None


def follow_up_coverage(
    situations: Iterable[Situation],
    *,
    earliest: timedelta | str = "0h",
    latest: timedelta | str = "72h",
    period: Period | None = None,
    level: float = 0.95,
) -> FollowUps:
    """The share of deliveries that were followed up within a window, with Wilson's interval.

    The cohort is the last delivery of each request, once its window has elapsed at the situations'
    instant. A follow-up counts at both ends of the window. Raises `InvalidValue` for a window that
    ends before it starts.
    """
    tally = FollowUpTally(earliest, latest, period)
    for situation in situations:
        tally.add(situation)
    return tally.result(level)
