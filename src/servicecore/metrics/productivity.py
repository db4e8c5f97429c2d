"""Productivity against the SLA standard: what was done, valued at the time that it may take."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import fsum, inf, sqrt
from typing import Self

from attrs import define, field, frozen

from servicecore.distributions import t_quantile
from servicecore.errors import InvalidValue
from servicecore.estimate import Estimate, missing
from servicecore.instants import HOUR
from servicecore.intervals import check_level
from servicecore.lifecycle.situation import Situation
from servicecore.metrics.cohort import Period, instant_of_both, same_instant
from servicecore.metrics.grouping import SMALL, Grouping, grouping
from servicecore.sla.clock import State


@frozen
class Productivity:
    """The work that was finished in a group: how many, at what standard, in what time.

    `standard` is the sum of the targets of what was finished and `used` the time its clocks
    counted, both in hours. `ratio` is the first over the second: above 1, work was done in less
    time than the standard gives it. It says nothing of how hard anybody worked. It is `small` where
    fewer than 30 requests were finished.
    """

    group: str
    finished: int
    standard: Estimate
    used: Estimate
    ratio: Estimate

    @property
    def small(self) -> bool:
        """Whether it is too little to say much of (M8)."""
        return self.finished < SMALL


@define
class ProductivityTally:
    """Finished work by group, in one pass and in parts (M9); see `productivity`."""

    clock: str = "resolution"
    by: str | Grouping | None = "group"
    period: Period | None = None
    work: dict[str, list[tuple[int, int]]] = field(factory=dict)
    instant: int | None = None

    def __attrs_post_init__(self) -> None:
        grouping(self.by)  # a fact that names persons is refused before the first request

    def add(self, situation: Situation) -> None:
        """Note the standard and the time of what was finished of one request."""
        self.instant = same_instant(self.instant, situation.instant)
        done = [
            (each.target.within, each.elapsed_microseconds)
            for each in situation.readings.get(self.clock, ())
            if each.state in (State.MET, State.MISSED)
            and isinstance(each.target.within, int)
            and (self.period is None or each.ended in self.period)
        ]
        if done:
            standard, used = (sum(column) for column in zip(*done, strict=True))
            self.work.setdefault(grouping(self.by)(situation), []).append((standard, used))

    def merge(self, other: Self) -> None:
        """Add what another tally noted of the same clock, by the same fact."""
        self.instant = instant_of_both(self, other, "clock", "by", "period")
        for group, work in other.work.items():
            self.work.setdefault(group, []).extend(work)

    def result(self, level: float = 0.95) -> tuple[Productivity, ...]:
        """What each group finished, in alphabetical order."""
        return tuple(
            _productivity(group, self.work[group], f"finished on {self.clock} by {group}", level)
            for group in sorted(self.work)
        )


def productivity(
    situations: Iterable[Situation],
    clock: str = "resolution",
    *,
    by: str | Grouping | None = "group",
    period: Period | None = None,
    level: float = 0.95,
) -> tuple[Productivity, ...]:
    """What each group finished, against the standard of its targets, in alphabetical order.

    Counted are cycles of the clock that were stopped, with a target that is a duration; with a
    `period`, those stopped in it. A target by date or by working days is no duration of work, and
    is left out. A request counts with the group that has it at the instant, and once, with the sums
    of its cycles. See `ratio_of_sums` for the interval. Raises `InvalidValue` for a fact that names
    persons.
    """
    tally = ProductivityTally(clock, by, period)
    for situation in situations:
        tally.add(situation)
    return tally.result(level)


def _productivity(
    group: str, work: Sequence[tuple[int, int]], cohort: str, level: float
) -> Productivity:
    standard = [given / HOUR for given, _ in work]
    used = [taken / HOUR for _, taken in work]
    return Productivity(
        group,
        len(work),
        Estimate(fsum(standard), len(work), "hours", cohort),
        Estimate(fsum(used), len(work), "hours", cohort),
        ratio_of_sums(standard, used, cohort=cohort, level=level),
    )


def ratio_of_sums(
    above: Sequence[float], below: Sequence[float], *, cohort: str, level: float = 0.95
) -> Estimate:
    """R = Σy / Σx of pairs, with the linearised interval of a ratio (Cochran 1977, 6.4).

    The limits are R ± t·s/(x̄·√n), where s² is the variance of y − R·x, cut off at 0. No value
    without pairs, or where x adds up to nothing (``"unknown"``); a single pair has no limits
    (``"few"``). Raises `InvalidValue` for sides of different lengths and for what is no number from
    0 on.

    >>> ratio_of_sums([4, 4], [2, 6], cohort="two tasks").value
    1.0
    """
    check_level(level)
    _check(above, below)
    n, total = len(above), fsum(below)
    if not n:
        return missing("ratio", cohort, level=level)
    if not total:
        return missing("ratio", cohort, "unknown", n=n, level=level)
    ratio = fsum(above) / total
    if n == 1:
        return Estimate(ratio, 1, "ratio", cohort, level=level, reason="few")
    off = fsum((y - ratio * x) ** 2 for y, x in zip(above, below, strict=True)) / (n - 1)
    half = t_quantile((1 + level) / 2, n - 1) * sqrt(off / n) / (total / n)
    low, high = max(0.0, ratio - half), ratio + half
    return Estimate(ratio, n, "ratio", cohort, low, high, "linearised t", level)


def _check(above: Sequence[float], below: Sequence[float]) -> None:
    if len(above) != len(below):
        raise InvalidValue(f"{len(above)} values over {len(below)}: expected as many of both")
    for value in (*above, *below):
        if not 0 <= value < inf:
            raise InvalidValue(f"a value is {value}: expected a number from 0 on")
