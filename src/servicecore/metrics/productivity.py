"""Productivity against the SLA standard: what was done, valued at the time that it may take."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import fsum, sqrt

from attrs import frozen

from servicecore.distributions import t_quantile
from servicecore.estimate import Estimate, missing
from servicecore.instants import HOUR
from servicecore.intervals import check_level
from servicecore.lifecycle.situation import Situation
from servicecore.metrics.cohort import Period, same_instant
from servicecore.metrics.grouping import Grouping, grouping
from servicecore.sla.clock import State


@frozen
class Productivity:
    """The work that was finished in a group: how many, at what standard, in what time.

    `standard` is the sum of the targets of what was finished and `used` the time its clocks
    counted, both in hours. `ratio` is the first over the second: above 1, work was done in less
    time than the standard gives it. It says nothing of how hard anybody worked.
    """

    group: str
    finished: int
    standard: Estimate
    used: Estimate
    ratio: Estimate


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
    is left out. See `ratio_of_sums` for the interval. Raises `InvalidValue` where groups would be
    persons.
    """
    group_of, instant = grouping(by), None
    work: dict[str, list[tuple[int, int]]] = {}
    for situation in situations:
        instant = same_instant(instant, situation.instant)
        done = [
            (each.target.within, each.elapsed_microseconds)
            for each in situation.readings.get(clock, ())
            if each.state in (State.MET, State.MISSED)
            and isinstance(each.target.within, int)
            and (period is None or each.ended in period)
        ]
        if done:
            standard, used = (sum(column) for column in zip(*done, strict=True))
            work.setdefault(group_of(situation), []).append((standard, used))
    return _results(work, clock, level)


def _results(
    work: Mapping[str, Sequence[tuple[int, int]]], clock: str, level: float
) -> tuple[Productivity, ...]:
    found = []
    for group in sorted(work):
        cohort = f"finished on {clock} by {group}"
        standard = [given / HOUR for given, _ in work[group]]
        used = [taken / HOUR for _, taken in work[group]]
        n = len(standard)
        found.append(
            Productivity(
                group,
                n,
                Estimate(fsum(standard), n, "hours", cohort),
                Estimate(fsum(used), n, "hours", cohort),
                ratio_of_sums(standard, used, cohort=cohort, level=level),
            )
        )
    return tuple(found)


def ratio_of_sums(
    above: Sequence[float], below: Sequence[float], *, cohort: str, level: float = 0.95
) -> Estimate:
    """R = Σy / Σx of pairs, with the linearised interval of a ratio (Cochran 1977, 6.4).

    The limits are R ± t·s/(x̄·√n), where s² is the variance of y − R·x. No value without pairs, or
    where x adds up to nothing (``"unknown"``); a single pair has no limits (``"few"``).

    >>> ratio_of_sums([4, 4], [2, 6], cohort="two tasks").value
    1.0
    """
    check_level(level)
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
