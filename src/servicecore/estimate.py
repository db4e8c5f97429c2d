"""Figures that say how sure they are: a value with its n, its interval and its cohort (M1)."""

from __future__ import annotations

from math import sqrt
from statistics import NormalDist
from typing import Literal

from attrs import frozen

from servicecore.errors import InvalidValue

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


def share(hits: int, n: int, *, cohort: str, level: float = 0.95) -> Estimate:
    """The share of `hits` among `n`, with Wilson's score interval.

    With p = hits/n and z the normal quantile of the level, the limits are
    (p + z²/2n ± z·√(p(1−p)/n + z²/4n²)) / (1 + z²/n) (Wilson 1927). They lie in [0, 1] and contain
    p. For n = 0 there is no value, and never a 0.

    >>> print(share(190, 200, cohort="due"))
    95.0 % [91.0, 97.3] (n=200)
    """
    _check_hits(hits, n)
    _check_level(level)
    if n == 0:
        return Estimate(None, 0, "share", cohort, level=level, reason="no_data", hits=0)
    low, high = wilson(hits, n, level)
    return Estimate(hits / n, n, "share", cohort, low, high, "wilson", level, hits=hits)


def _check_hits(hits: int, n: int) -> None:
    if not 0 <= hits <= n:
        raise InvalidValue(f"{hits} hits among {n}: expected between none and all")


def _check_level(level: float) -> None:
    if not 0 < level < 1:
        raise InvalidValue(f"level is {level}: expected a share between 0 and 1 such as 0.95")


def wilson(hits: int, n: int, level: float) -> tuple[float, float]:
    """The limits of Wilson's score interval, as `share` gives the formula."""
    z = NormalDist().inv_cdf((1 + level) / 2)
    p = hits / n
    center = p + z * z / (2 * n)
    half = z * sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    return max(0.0, min((center - half) / scale, p)), min(1.0, max((center + half) / scale, p))


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
    _check_hits(hits, n)
    _check_hits(other_hits, other_n)
    _check_level(level)
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
    _check_level(level)
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
