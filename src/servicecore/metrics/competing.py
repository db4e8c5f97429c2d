"""Competing ends: how often something else comes before the thing itself (M4).

Of requests that may be resolved, withdrawn or merged, 1 − S of Kaplan and Meier says too much of
each, as if nothing came in its way. Aalen and Johansen's estimate (Scandinavian Journal of
Statistics 5, 1978, 141-150) shares out what has ended: the incidences of all causes and the share
that goes on add up to 1.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from math import exp, log, sqrt

from attrs import frozen

from servicecore.distributions import normal_quantile
from servicecore.estimate import Estimate, missing
from servicecore.intervals import Limits, check_level
from servicecore.metrics.rows import Spell
from servicecore.metrics.survival import check_times


@frozen
class EndStep:
    """A time at which spells ended: how many were at risk, and how many each cause ended.

    `going_on` is the share that goes on behind it, over all causes.
    """

    time: int
    at_risk: int
    ended: Mapping[str, int]
    going_on: float


@frozen
class Incidences:
    """The cumulative incidence of each cause: the share that it has ended by a time."""

    steps: tuple[EndStep, ...]
    causes: tuple[str, ...]
    n: int
    longest: int
    cohort: str
    level: float = 0.95

    def of(self, cause: str, time: int | None = None) -> Estimate:
        """The share that a cause has ended by a time, in microseconds; by the longest known one.

        Nothing is known behind the longest time (``"extrapolated"``), unless all have ended. The
        limits are I^exp(±z·σ/(I·ln I)), with the variance of Aalen (Marubini and Valsecchi,
        Analysing Survival Data from Clinical Trials, 1995, 10.5).
        """
        end = self.longest if time is None else time
        if not self.n:
            return missing("share", self.cohort, level=self.level)
        if end > self.longest and self.going_on(self.longest) > 0:
            return missing("share", self.cohort, "extrapolated", n=self.n, level=self.level)
        steps = self.steps[: bisect_right([step.time for step in self.steps], end)]
        value, variance = _incidence(steps, cause)
        low, high = _limits(value, variance, self.level)
        return Estimate(
            value, self.n, "share", self.cohort, low, high, "aalen-johansen", self.level
        )

    def going_on(self, time: int) -> float:
        """The share that nothing has ended by a time."""
        place = bisect_right([step.time for step in self.steps], time)
        return self.steps[place - 1].going_on if place else 1.0


def incidences(
    spells: Iterable[Spell], *, cohort: str = "all spells", level: float = 0.95
) -> Incidences:
    """How often each cause ends spells: I(t) = Σ S(t−) · d/n over the times up to t.

    Raises `InvalidValue` for a time below 0 and a level that is no share.

    >>> ends = incidences([Spell(1), Spell(2, cause="withdrawn"), Spell(3), Spell(4, ended=False)])
    >>> ends.of("done").value, ends.of("withdrawn").value, ends.going_on(4)
    (0.5, 0.25, 0.25)
    """
    check_level(level)
    known = list(spells)
    check_times(known)
    ended: dict[int, Counter[str]] = {}
    for spell in known:
        if spell.ended:
            ended.setdefault(spell.time, Counter())[spell.cause] += 1
    over = Counter(spell.time for spell in known)
    steps, at_risk, going_on = [], len(known), 1.0
    for time in sorted(over):
        if time in ended:
            going_on *= (at_risk - ended[time].total()) / at_risk
            steps.append(EndStep(time, at_risk, ended[time], going_on))
        at_risk -= over[time]
    causes = tuple(sorted(set().union(*ended.values())))
    return Incidences(tuple(steps), causes, len(known), max(over, default=0), cohort, level)


def _incidence(steps: Sequence[EndStep], cause: str) -> tuple[float, float]:
    """The incidence of a cause behind the last of the steps, and its variance."""
    reached, before, so_far = 0.0, 1.0, []
    for step in steps:
        reached += before * step.ended.get(cause, 0) / step.at_risk
        so_far.append((reached, before))
        before = step.going_on
    variance = 0.0
    for step, (by_then, lasting) in zip(steps, so_far, strict=True):
        n, d, of_cause = step.at_risk, sum(step.ended.values()), step.ended.get(cause, 0)
        ahead = reached - by_then
        if n > d:
            variance += ahead**2 * d / (n * (n - d))
        variance += lasting**2 * of_cause * (n - of_cause) / n**3
        variance -= 2 * ahead * lasting * of_cause / n**2
    return reached, max(0.0, variance)


def _limits(value: float, variance: float, level: float) -> Limits:
    if not 0 < value < 1:
        return value, value
    z = normal_quantile((1 + level) / 2)
    times = exp(z * sqrt(variance) / (value * abs(log(value))))
    return value**times, value ** (1 / times)
