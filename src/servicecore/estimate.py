"""Figures that say how sure they are: a value with its n, its interval and its cohort (M1)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import fsum, inf, isfinite, sqrt
from typing import Literal

from attrs import frozen

from servicecore.distributions import t_quantile
from servicecore.errors import InvalidValue
from servicecore.intervals import (
    SHARE_INTERVALS,
    check_hits,
    check_level,
    poisson_exact,
    wilson,
)

Unit = Literal["share", "points", "score", "hours", "count", "rate", "ratio"]
Reason = Literal[
    "no_data", "unreached", "withheld", "extrapolated", "few", "late", "clustered",
    "overlapping", "unknown",
]  # fmt: skip


@frozen
class Estimate:
    """A figure with what it rests on; it has a value, or a reason why it has none.

    `n` counts independent units and `hits` those that a share is of. `low` and `high` limit the
    interval at `level` by `method`. `cohort` says of whom the figure speaks. An estimate is no
    number: it has no arithmetic, order or truth value, so that nobody compares two by accident.
    `difference` and `paired_difference` compare; what they give is in points: 0.05 is 5 points.
    """

    value: float | None
    n: int
    unit: Unit
    cohort: str
    low: float | None = None
    high: float | None = None
    method: str = ""
    level: float = 0.95
    reason: Reason | None = None
    hits: int | None = None
    n_effective: float | None = None

    def __bool__(self) -> bool:
        """Refused: a share of 0 is a figure, and so is a wide interval."""
        raise TypeError("an estimate is neither true nor false: look at its value or its limits")

    def __str__(self) -> str:
        if self.value is None:
            return f"– ({self.reason}, n={self.n})"
        scale = 100 if self.unit in ("share", "points") else 1
        plus = "+" if self.unit == "points" else ""
        unit = "%" if self.unit == "share" else self.unit
        limits = ""
        if self.low is not None and self.high is not None:
            limits = f" [{self.low * scale:{plus}.1f}, {self.high * scale:{plus}.1f}]"
        return f"{self.value * scale:{plus}.1f} {unit}{limits} (n={self.n})"


def missing(
    unit: Unit, cohort: str, reason: Reason = "no_data", *, n: int = 0, level: float = 0.95
) -> Estimate:
    """A figure without a value, and why it has none.

    >>> print(missing("hours", "late requests"))
    – (no_data, n=0)
    """
    return Estimate(None, n, unit, cohort, level=level, reason=reason)


def share(
    hits: int, n: int, *, cohort: str, level: float = 0.95, method: str = "wilson"
) -> Estimate:
    """The share of `hits` among `n` with its interval; for n = 0 there is no value, never a 0.

    `method` is one of `servicecore.intervals.SHARE_INTERVALS`: ``"wilson"``, which is close to its
    level for every n; ``"agresti-coull"``; ``"clopper-pearson"``, which never falls below its
    level; ``"jeffreys"``. The limits lie in [0, 1] and contain the share. Raises `InvalidValue` for
    hits that are not between none and all, a level that is no share, an unknown method.

    >>> print(share(190, 200, cohort="due"))
    95.0 % [91.0, 97.3] (n=200)
    """
    check_hits(hits, n)
    check_level(level)
    limits = SHARE_INTERVALS.get(method)
    if limits is None:
        known = ", ".join(map(repr, SHARE_INTERVALS))
        raise InvalidValue(f"method is {method!r}: expected one of {known}")
    if n == 0:
        return Estimate(None, 0, "share", cohort, level=level, reason="no_data", hits=0)
    low, high = limits(hits, n, level)
    return Estimate(hits / n, n, "share", cohort, low, high, method, level, hits=hits)


def rate(count: int, exposure: float, *, cohort: str, level: float = 0.95) -> Estimate:
    """Events per unit of exposure, such as outages per month, with the exact Poisson interval.

    The limits are Garwood's for the number of events, over the exposure
    (`servicecore.intervals.poisson_exact`). The estimate is of one stretch of exposure (n = 1), and
    `hits` are its events; without exposure there is no value. Raises `InvalidValue` for a count or
    an exposure below 0.

    >>> print(rate(15, 400, cohort="outages per day"))
    0.0 rate [0.0, 0.1] (n=1)
    """
    limits = poisson_exact(count, level)
    if not (0 <= exposure < inf):
        raise InvalidValue(f"exposure is {exposure}: expected a number from 0 on")
    if not exposure:
        return Estimate(None, 0, "rate", cohort, level=level, reason="no_data", hits=count)
    low, high = (limit / exposure for limit in limits)
    return Estimate(
        count / exposure, 1, "rate", cohort, low, high, "exact poisson", level, hits=count
    )


def mean(
    values: Iterable[float],
    *,
    unit: Unit,
    cohort: str,
    level: float = 0.95,
    lowest: float | None = None,
    highest: float | None = None,
) -> Estimate:
    """The mean of independent values, with Student's interval m ± t·s/√n (Student 1908).

    `lowest` and `highest` are the ends of the scale, to which the limits are clipped; those of a
    share, of points and of what cannot be negative are known. A single value has no limits, which
    the reason ``"few"`` says. Raises `InvalidValue` for a value that is no finite number.

    >>> print(mean([3, 4, 4, 5], unit="score", cohort="four answers", lowest=1, highest=5))
    4.0 score [2.7, 5.0] (n=4)
    """
    check_level(level)
    known = [float(value) for value in values]
    if not all(map(isfinite, known)):
        raise InvalidValue("a value is no finite number: expected numbers alone")
    n = len(known)
    if not n:
        return missing(unit, cohort, level=level)
    center = fsum(known) / n
    if n == 1:
        return Estimate(center, 1, unit, cohort, level=level, reason="few")
    spread = sqrt(fsum((value - center) ** 2 for value in known) / (n - 1))
    half = t_quantile((1 + level) / 2, n - 1) * spread / sqrt(n)
    first, last = RANGES[unit]
    bottom, top = first if lowest is None else lowest, last if highest is None else highest
    low, high = max(bottom, min(center - half, center)), min(top, max(center + half, center))
    return Estimate(center, n, unit, cohort, min(low, center), max(high, center), "t", level)


RANGES: Mapping[Unit, tuple[float, float]] = {
    "share": (0, 1),
    "points": (-1, 1),
    "score": (-inf, inf),
    "hours": (0, inf),
    "count": (0, inf),
    "rate": (0, inf),
    "ratio": (-inf, inf),
}
"""Between what a figure of each unit can lie; a score's scale is said with it."""


def difference(
    hits: int, n: int, other_hits: int, other_n: int, *, cohort: str, level: float = 0.95
) -> Estimate:
    """The share of `hits` among `n` less that of `other_hits` among `other_n`, of other units.

    The interval is Newcombe's hybrid score interval for independent proportions (Statistics in
    Medicine 17, 1998, 873-890, method 10): with the Wilson limits l and u of each share p, it goes
    from D - √((p₁-l₁)² + (u₂-p₂)²) to D + √((u₁-p₁)² + (p₂-l₂)²). Where one of the two has no
    units there is no value. `n` of the estimate counts the units of both.

    >>> print(difference(56, 70, 48, 80, cohort="two desks"))
    +20.0 points [+5.2, +33.4] (n=150)
    """
    check_hits(hits, n)
    check_hits(other_hits, other_n)
    check_level(level)
    if n == 0 or other_n == 0:
        return Estimate(None, n + other_n, "points", cohort, level=level, reason="no_data")
    value = hits / n - other_hits / other_n
    limits = _square_and_add((hits, n), (other_hits, other_n), level)
    return _points(value, n + other_n, limits, cohort=cohort, method="newcombe", level=level)


def paired_difference(
    both: int, first_only: int, second_only: int, neither: int, *, cohort: str, level: float = 0.95
) -> Estimate:
    """The share that was hit the first way less that hit the second way, of the same units.

    Of n units, `both` were hit either way, `first_only` and `second_only` one way, `neither` none.
    The interval is Newcombe's square-and-add interval for paired proportions (Statistics in
    Medicine 17, 1998, 2635-2650, method 10): with the Wilson limits l and u of each share p, it
    goes from D - √((p₁-l₁)² - 2φ(p₁-l₁)(u₂-p₂) + (u₂-p₂)²) to
    D + √((u₁-p₁)² - 2φ(u₁-p₁)(p₂-l₂) + (p₂-l₂)²). With a = `both`, b and c those hit one way and
    d = `neither`, φ is (ad - bc) / √((a+b)(c+d)(a+c)(b+d)), where ad - bc > 0 is lessened by n/2
    down to 0 at most; φ is 0 where one of the sums is. Raises `InvalidValue` for a number of units
    below 0 and a level that is no share.

    >>> print(paired_difference(36, 12, 2, 0, cohort="the same 50 patients"))
    +20.0 points [+5.7, +34.0] (n=50)
    """
    for count in (both, first_only, second_only, neither):
        if count < 0:
            raise InvalidValue(f"{count} units: expected none or more")
    check_level(level)
    first, second = both + first_only, both + second_only
    n = first + second_only + neither
    if n == 0:
        return Estimate(None, 0, "points", cohort, level=level, reason="no_data")
    phi = _correlation(both, first_only, second_only, neither)
    limits = _square_and_add((first, n), (second, n), level, phi)
    # Of counts the value is exact; of two shares, 0.3 - 0.1 would not be 0.2.
    value = (first_only - second_only) / n
    return _points(value, n, limits, cohort=cohort, method="newcombe paired", level=level)


def _points(
    value: float, n: int, limits: tuple[float, float], *, cohort: str, method: str, level: float
) -> Estimate:
    """A difference with its limits, in the range and around the value in spite of rounding."""
    low, high = max(-1.0, min(limits[0], value)), min(1.0, max(limits[1], value))
    return Estimate(value, n, "points", cohort, low, high, method, level)


def _correlation(both: int, first_only: int, second_only: int, neither: int) -> float:
    """Newcombe's φ: the correlation of the two ways, corrected for continuity."""
    product: float = both * neither - first_only * second_only
    if product > 0:
        product = max(product - (both + first_only + second_only + neither) / 2, 0)
    first = (both + first_only) * (second_only + neither)
    second = (both + second_only) * (first_only + neither)
    return product / sqrt(first * second) if first and second else 0.0


def _square_and_add(
    one: tuple[int, int], other: tuple[int, int], level: float, phi: float = 0.0
) -> tuple[float, float]:
    """The limits of the difference of two shares, each given as its hits and its units."""
    p, q = one[0] / one[1], other[0] / other[1]
    (low, high), (other_low, other_high) = wilson(*one, level), wilson(*other, level)
    below, above = _side(p - low, other_high - q, phi), _side(high - p, q - other_low, phi)
    return p - q - below, p - q + above


def _side(one: float, other: float, phi: float) -> float:
    # Rounding can leave less than nothing below the root where all of it cancels out.
    return sqrt(max(one * one - 2 * phi * one * other + other * other, 0.0))
