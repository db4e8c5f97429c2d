"""Little's law: whether what is open, what comes and how long it takes fit together.

In a system in balance L = λ · W: the mean number open is the rate at which requests come times the
mean time each is open (Little, Operations Research 9, 1961, 383-387; Little and Graves 2008).
"""

from __future__ import annotations

from collections.abc import Iterable

from attrs import frozen

from servicecore.errors import InvalidValue
from servicecore.estimate import Estimate, missing
from servicecore.instants import HOUR
from servicecore.lifecycle.situation import Situation
from servicecore.metrics.cohort import Period, same_instant
from servicecore.metrics.open_times import OpenTime, open_times

BALANCED = 0.1
"""By how much of its mean the number open may have changed over a period in balance."""


@frozen
class LittlesLaw:
    """The three sides of Little's law over a period, and how they fit.

    `present` is L, the mean number open at any time; `arrivals` λ, the requests that came per hour;
    `time` W, the mean hours for which those were open that went in the period; `expected` is λ·W.
    `ratio` is L / (λ·W): above 1, more is open than what went tells of, as where the old and slow
    ones stay; below 1, the work on an old backlog is being done. `balanced` says whether the number
    open was about the same at both ends of the period, without which the law does not hold.
    """

    period: Period
    present: Estimate
    arrivals: Estimate
    time: Estimate
    expected: Estimate
    ratio: Estimate
    balanced: bool


def time_in_system(present: float, arrivals: float) -> float:
    """W = L / λ: how long each stays, of the mean number present and the rate of arrivals.

    In the unit of time that the rate is per. Raises `InvalidValue` for a rate that is not above 0.

    >>> time_in_system(160, 8)
    20.0
    """
    if arrivals <= 0:
        raise InvalidValue(f"arrivals are {arrivals}: expected a rate above 0")
    return present / arrivals


def littles_law(situations: Iterable[Situation], period: Period) -> LittlesLaw:
    """Whether L = λ · W over a period, which is to have passed (`InvalidValue`).

    Stretches in which a request was open count each for itself: a reopening comes anew.
    """
    stretches: list[OpenTime] = []
    instant: int | None = None
    for situation in situations:
        instant = same_instant(instant, situation.instant)
        stretches.extend(open_times(situation))
    if instant is not None and instant < period.end:
        raise InvalidValue(f"the period ends at {period.end_at}: expected one that has passed")
    return _law(stretches, period)


def _law(stretches: list[OpenTime], period: Period) -> LittlesLaw:
    length = period.end - period.start
    came = sum(each.start in period for each in stretches)
    went = [each.end - each.start for each in stretches if each.end in period and each.end]
    inside = sum(_inside(each, period) for each in stretches)
    at_start, at_end = (_open_at(stretches, at) for at in (period.start, period.end))
    present, rate = inside / length, came / length * HOUR
    cohort = "stretches open in the period"
    if not went or not came:
        none = missing("ratio", cohort)
        mean, expected, ratio = missing("hours", cohort), missing("count", cohort), none
    else:
        hours = sum(went) / len(went) / HOUR
        mean = Estimate(hours, len(went), "hours", "stretches that ended in the period")
        expected = Estimate(rate * hours, len(went), "count", cohort)
        ratio = Estimate(present / (rate * hours), len(went), "ratio", cohort)
    return LittlesLaw(
        period,
        Estimate(present, 1, "count", cohort),
        Estimate(rate, 1, "rate", cohort, hits=came),
        mean,
        expected,
        ratio,
        balanced=abs(at_end - at_start) <= BALANCED * present,
    )


def _inside(stretch: OpenTime, period: Period) -> int:
    """How much of a stretch lies in the period."""
    end = period.end if stretch.end is None else min(stretch.end, period.end)
    return max(0, end - max(stretch.start, period.start))


def _open_at(stretches: Iterable[OpenTime], at: int) -> int:
    return sum(each.start <= at and (each.end is None or each.end > at) for each in stretches)
