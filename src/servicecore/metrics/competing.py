"""Competing ends: how often something else comes before the thing itself (M4).

Of requests that may be resolved, withdrawn or merged, 1 − S of Kaplan and Meier says too much of
each, as if nothing came in its way. Aalen and Johansen's estimate (Scandinavian Journal of
Statistics 5, 1978, 141-150) shares out what has ended: the incidences of all causes and the share
that goes on add up to 1.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from math import exp, log, sqrt

from attrs import frozen

from servicecore.distributions import normal_quantile
from servicecore.estimate import Estimate, missing
from servicecore.intervals import Limits, clopper_pearson
from servicecore.metrics.rows import Spell
from servicecore.metrics.survival import NEARLY, Survival, kaplan_meier

WIDEST = 700.0
"""The greatest power of e that is still a number."""


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
    """The cumulative incidence of each cause: the share that it has ended by a time.

    `whole` is the curve of how long it takes until anything ends a spell.
    """

    steps: tuple[EndStep, ...]
    causes: tuple[str, ...]
    whole: Survival

    @property
    def n(self) -> int:
        """How many spells are in it."""
        return self.whole.n

    @property
    def longest(self) -> int:
        """The longest time that anything is known of, in microseconds."""
        return self.whole.longest

    @cached_property
    def _times(self) -> Sequence[int]:
        return [step.time for step in self.steps]

    def going_on(self, time: int | None = None) -> Estimate:
        """The share that nothing has ended by a time, in microseconds; by the longest known one.

        It is S of Kaplan and Meier over all causes.
        """
        return self.whole.at(self.longest if time is None else time)

    def of(self, cause: str, time: int | None = None) -> Estimate:
        """The share that a cause has ended by a time, in microseconds; by the longest known one.

        Nothing is known behind the longest time (``"extrapolated"``), unless all have ended. The
        limits are I^exp(±z·σ/(I·ln I)), with the variance of Aalen (Marubini and Valsecchi,
        Analysing Survival Data from Clinical Trials, 1995, 10.5). Where the cause has ended none,
        the upper one is the exact one of Clopper and Pearson for those of which that is known.
        """
        end = self.longest if time is None else time
        going_on = self.going_on(end)
        if going_on.value is None:
            return missing(
                "share", self.whole.cohort, going_on.reason or "no_data", n=self.n,
                level=self.whole.level,
            )  # fmt: skip
        value, variance = _incidence(self.steps[: bisect_right(self._times, end)], cause)
        if not value:
            known = self._not_ended_by_it(end)
            limits = clopper_pearson(0, known, self.whole.level)
        elif value > 1 - NEARLY:  # then nothing else has ended any, and so it is 1 − S
            value, limits = 1.0, (1 - (going_on.high or 0.0), 1.0)
        else:
            limits = _limits(value, variance, self.whole.level)
        return Estimate(
            value, self.n, "share", self.whole.cohort, *limits, "aalen-johansen", self.whole.level
        )

    def _not_ended_by_it(self, end: int) -> int:
        """How many a cause is known not to have ended by a time, where it has ended none."""
        before = self.steps[: bisect_left(self._times, end)]
        return self.whole.lasting(end) + sum(sum(step.ended.values()) for step in before)


def incidences(
    spells: Iterable[Spell], *, cohort: str = "all spells", level: float = 0.95
) -> Incidences:
    """How often each cause ends spells: I(t) = Σ S(t−) · d/n over the times up to t.

    Raises `InvalidValue` for a time below 0 and a level that is no share.

    >>> ends = incidences([Spell(1), Spell(2, cause="withdrawn"), Spell(3), Spell(4, ended=False)])
    >>> [round(ends.of(cause).value, 2) for cause in ends.causes], ends.going_on().value
    ([0.5, 0.25], 0.25)
    """
    known = list(spells)
    any_end = [Spell(spell.time, spell.ended) for spell in known]
    whole = kaplan_meier(any_end, cohort=cohort, level=level)
    ended: dict[int, Counter[str]] = {}
    for spell in known:
        if spell.ended:
            ended.setdefault(spell.time, Counter())[spell.cause] += 1
    steps = tuple(
        EndStep(step.time, step.at_risk, ended[step.time], step.surviving) for step in whole.steps
    )
    return Incidences(steps, tuple(sorted(set().union(*ended.values()))), whole)


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
    z = normal_quantile((1 + level) / 2)
    spread = z * sqrt(variance) / (value * abs(log(value)))
    times = exp(min(spread, WIDEST))
    return value**times, value ** (1 / times)
