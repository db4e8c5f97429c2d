"""Survival: how long things take, with what is still open counted as what it is (M4).

The mean of what is finished flatters: the slow ones are still open. Kaplan and Meier's curve
(Journal of the American Statistical Association 53, 1958, 457-481) takes an open request for what
is known of it: that it has taken so long already.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from math import exp, inf, log, sqrt
from typing import Literal

from attrs import field, frozen

from servicecore.distributions import normal_quantile
from servicecore.errors import InvalidValue
from servicecore.estimate import Estimate, missing
from servicecore.instants import HOUR
from servicecore.intervals import Limits, check_level, clopper_pearson
from servicecore.metrics.rows import DONE, Spell

Band = Literal["log-log", "plain"]
NEARLY = 1e-12
"""By how much a product of shares may miss a share by rounding."""


@frozen
class Step:
    """A time at which something ended: how many were at risk, how many ended then, and how many go
    on longer.

    `time` is in microseconds. `surviving` is S, the share that takes longer, and `greenwood` the
    sum of d / (n(n − d)) so far, of which the variance of S is S² times; None where all have ended.
    """

    time: int
    at_risk: int
    ended: int
    surviving: float
    greenwood: float | None


@frozen
class Survival:
    """A curve of Kaplan and Meier: the share that takes longer than any time.

    `n` spells are in it, and `longest` is the longest time that anything is known of; behind it
    the curve says nothing. `band` is the form of the limits: ``"log-log"``, which stay between 0
    and 1 by themselves, or ``"plain"`` ones, which are cut off there (Greenwood 1926; Kalbfleisch
    and Prentice, The Statistical Analysis of Failure Time Data, 2002, 1.4).
    """

    steps: tuple[Step, ...]
    n: int
    longest: int
    cohort: str
    level: float = 0.95
    band: Band = "log-log"
    times: tuple[int, ...] = field(default=(), repr=False)
    """The times of all spells, ended or not, in order."""

    @cached_property
    def _times(self) -> Sequence[int]:
        return [step.time for step in self.steps]

    def step(self, time: int) -> Step | None:
        """The last step up to a time; None before the first."""
        place = bisect_right(self._times, time)
        return self.steps[place - 1] if place else None

    def over_by(self, time: int) -> int:
        """How many spells had ended or were last seen by a time."""
        return bisect_right(self.times, time)

    def lasting(self, time: int) -> int:
        """How many spells are known to have lasted up to a time, or longer."""
        return self.n - bisect_left(self.times, time)

    def surviving(self, time: int) -> float:
        """The bare share S that takes longer than `time`, for those who go on calculating."""
        step = self.step(time)
        return 1.0 if step is None else step.surviving

    def at(self, time: int) -> Estimate:
        """The share that takes longer than `time`, in microseconds.

        Behind the longest known time there is no value (``"extrapolated"``), unless nothing was
        left by then. Before anything has ended, where Greenwood's variance is 0, the limits are
        the exact ones of Clopper and Pearson for those that are known to have lasted so long.
        """
        if not self.n:
            return missing("share", self.cohort, level=self.level)
        step = self.step(time)
        if time > self.longest and (step is None or step.surviving > 0):
            return missing("share", self.cohort, "extrapolated", n=self.n, level=self.level)
        value, method = 1.0, "clopper-pearson"
        if step is None:
            lasting = self.lasting(time)
            limits = clopper_pearson(lasting, lasting, self.level)
        else:
            value, method = step.surviving, f"kaplan-meier, {self.band}"
            limits = self._bands[bisect_right(self._times, time) - 1]
        return Estimate(value, self.n, "share", self.cohort, *limits, method, self.level)

    @cached_property
    def _bands(self) -> Sequence[Limits]:
        """The limits of S at each step; where all have ended, up to those of the step before.

        There the variance is unknown, and the share is no less uncertain than before.
        """
        bands: list[Limits] = []
        z = normal_quantile((1 + self.level) / 2)
        for step in self.steps:
            if step.greenwood is None:
                bands.append((0.0, bands[-1][1] if bands else 1.0))
            else:
                bands.append(limits_of(step.surviving, step.greenwood, z, self.band))
        return bands

    def quantile(self, share: float) -> Estimate:
        """The time by which a share has ended: the first with S ≤ 1 − share, in hours.

        None (``"unreached"``) where so many have not ended within what is known. The limits are the
        times at which those of the curve get there (Brookmeyer and Crowley, Biometrics 38, 1982,
        29-41); each is None where it does not. So an unreached quantile may have a lower limit: it
        takes at least so long. Raises `InvalidValue` for what is no share.
        """
        if not 0 < share < 1:
            raise InvalidValue(f"share is {share}: expected one between 0 and 1 such as 0.5")
        if not self.n:
            return missing("hours", self.cohort, level=self.level)
        left = 1 - share + NEARLY
        found = self._first([step.surviving for step in self.steps], left)
        low, high = (self._first([band[side] for band in self._bands], left) for side in (0, 1))
        return Estimate(
            found, self.n, "hours", self.cohort, low, high, f"brookmeyer-crowley, {self.band}",
            self.level, None if found is not None else "unreached",
        )  # fmt: skip

    def _first(self, shares: Sequence[float], left: float) -> float | None:
        """The hours at which a share that falls is down to `left`."""
        return next(
            (step.time / HOUR for step, at in zip(self.steps, shares, strict=True) if at <= left),
            None,
        )

    @property
    def median(self) -> Estimate:
        """The time by which half have ended, in hours."""
        return self.quantile(0.5)

    def restricted_mean(self, until: int | None = None) -> Estimate:
        """The mean time, with all that takes longer counted as `until`, in hours.

        It is the area under the curve up to `until`, in microseconds, which is the longest known
        time unless it is given; two groups are to be compared up to the same. The variance is
        Σ A² d / (n(n − d)), A being the area from a step on (Irwin 1949). Behind the longest known
        time there is no value, unless nothing was left. Raises `InvalidValue` for an `until` below
        0.
        """
        if until is not None and until < 0:
            raise InvalidValue(f"until is {until}: expected a time from 0 on, in microseconds")
        if not self.n:
            return missing("hours", self.cohort, level=self.level)
        end = self.longest if until is None else until
        if end > self.longest and self.surviving(self.longest) > 0:
            return missing("hours", self.cohort, "extrapolated", n=self.n, level=self.level)
        area, variance = self._area(end)
        half = normal_quantile((1 + self.level) / 2) * sqrt(variance)
        low, high = max(0.0, area - half), min(float(end), area + half)
        cohort = f"{self.cohort}, up to {end / HOUR:g} hours"
        limits = min(low, area) / HOUR, max(high, area) / HOUR
        return Estimate(area / HOUR, self.n, "hours", cohort, *limits, "area", self.level)

    def _area(self, end: int) -> tuple[float, float]:
        """The area under the curve up to an instant and its variance, going back from the end."""
        area = variance = 0.0
        right = end
        for step in reversed(self.steps[: bisect_right(self._times, end)]):
            area += (right - step.time) * step.surviving
            right = step.time
            if step.at_risk > step.ended:
                variance += area**2 * step.ended / (step.at_risk * (step.at_risk - step.ended))
        return area + right, variance


def limits_of(surviving: float, greenwood: float, z: float, band: Band) -> Limits:
    """The limits of a share that survives, from Greenwood's sum: plain, or S^exp(±z·√G/ln S)."""
    if surviving >= 1:
        return 1.0, 1.0
    spread = z * sqrt(greenwood)
    if band == "plain":
        half = surviving * spread
        return max(0.0, surviving - half), min(1.0, surviving + half)
    times = exp(spread / abs(log(surviving)))
    return surviving**times, surviving ** (1 / times)


def kaplan_meier(
    spells: Iterable[Spell],
    *,
    cohort: str = "all spells",
    level: float = 0.95,
    band: Band = "log-log",
) -> Survival:
    """The curve of how long spells take: S(t) = Π (1 − d/n) over the times up to t.

    At each time d spells were done of the n that lasted that long. A spell that goes on is known
    to last longer (censored), and so, here, is one that something else ended, such as a withdrawal:
    the curve tells how long it takes where nothing comes in its way, and `incidences` tells how
    often something does. What ended at an instant precedes what was censored then. It costs
    n log n. Raises `InvalidValue` for a time below 0, a level that is no share, an unknown band.

    >>> from servicecore.instants import HOUR
    >>> curve = kaplan_meier([Spell(2 * HOUR), Spell(4 * HOUR, ended=False), Spell(5 * HOUR)])
    >>> curve.median.value, round(curve.surviving(3 * HOUR), 2)
    (5.0, 0.67)
    """
    check_level(level)
    if band not in ("log-log", "plain"):
        raise InvalidValue(f"band is {band!r}: expected 'log-log' or 'plain'")
    known = list(spells)
    check_times(known)
    times = tuple(sorted(each.time for each in known))
    longest = times[-1] if times else 0
    done = Counter(each.time for each in known if each.ended and each.cause == DONE)
    steps = tuple(_steps(times, done))
    return Survival(steps, len(known), longest, cohort, level, band, times)


def _steps(times: Sequence[int], done: Mapping[int, int]) -> Iterator[Step]:
    """The steps of spells that were over at these times, in order, of which so many were done."""
    at_risk, greenwood = len(times), 0.0
    base, start = 1.0, at_risk  # S and who was at risk when something was last censored
    for time, over in Counter(times).items():
        ended = done.get(time, 0)
        left = at_risk - ended
        surviving = base * left / start  # since then all factors are one, and do not add up errors
        if ended:
            greenwood += ended / (at_risk * left) if left else 0.0
            yield Step(time, at_risk, ended, surviving, greenwood if left else None)
        at_risk -= over
        if at_risk < left:
            base, start = surviving, at_risk


def check_times(spells: Iterable[Spell]) -> None:
    """Refuse a spell whose time is no number from 0 on (`InvalidValue`)."""
    for spell in spells:
        if not 0 <= spell.time < inf:
            raise InvalidValue(f"{spell}: expected a time from 0 on, in microseconds")
