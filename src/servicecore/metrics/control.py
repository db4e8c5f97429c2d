"""Control charts: whether a figure moves by more than chance (W. Shewhart 1931).

Points within the limits are all the same news. D. Montgomery, Introduction to Statistical Quality
Control, 7th edition 2013; D. Laney, Quality Engineering 14 (2002), 531-537 (p′).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from math import fsum, inf, isfinite, sqrt

from attrs import evolve, frozen

from servicecore.errors import InvalidValue
from servicecore.estimate import Reason
from servicecore.intervals import check_hits

D2 = 1.128
"""The mean range of two normal values, in standard deviations."""

D4 = 3.267
"""Three standard deviations above that mean range, in mean ranges."""

FEWEST = 8
"""With fewer points than these the limits are too uncertain to be relied on."""


@frozen
class Point:
    """A point of a chart with the limits that hold for it.

    `sigma` is its standard deviation, and `deviate` how many of these it lies from the center; 0
    where there is no spread at all.
    """

    value: float
    low: float
    high: float
    sigma: float
    deviate: float

    @property
    def beyond(self) -> bool:
        """Whether it lies outside of its limits."""
        return not self.low <= self.value <= self.high


@frozen
class Chart:
    """A control chart: its points in order, their center, and the factor σz of a p′ chart.

    `reason` is ``"no_data"`` without points (or, for XmR, with one alone), and ``"few"`` with fewer
    than eight. See `servicecore.metrics.run_rules.signals` for runs.
    """

    kind: str
    points: tuple[Point, ...]
    center: float | None
    sigma_z: float = 1.0
    reason: Reason | None = None

    @property
    def beyond(self) -> tuple[int, ...]:
        """The places of the points outside of their limits, from 1."""
        return tuple(place for place, point in enumerate(self.points, start=1) if point.beyond)

    @property
    def deviates(self) -> tuple[float, ...]:
        """Each point as standard deviations from the center."""
        return tuple(point.deviate for point in self.points)


def xmr_chart(values: Iterable[float]) -> Chart:
    """The XmR chart of single values: mean ± 3σ, with σ the mean moving range over 1.128.

    For counts, hours and the like that come one at a time. Its limits rest on neighbouring values,
    so that a slow drift does not widen them, as it would a standard deviation over all. Needs two
    values. Its other half is `moving_range_chart`. Raises `InvalidValue` for a value that is no
    finite number.

    >>> xmr_chart([5, 6, 5, 7, 6, 5, 6, 19]).beyond
    (8,)
    """
    known = _numbers(values)
    if len(known) < 2:
        return Chart("XmR", (), None, reason="no_data")
    # Rounding can put the mean of equal values beside all of them.
    center = min(max(fsum(known) / len(known), min(known)), max(known))
    sigma = _mean(_steps(known)) / D2
    points = [_point(value, center, sigma) for value in known]
    return Chart("XmR", tuple(points), center, reason=_reason(known))


def moving_range_chart(values: Iterable[float]) -> Chart:
    """The steps from each value to the next, from 0 to 3.267 times their mean: the mR of XmR.

    It finds leaps that stay within the limits of the values. Place 1 is the step to the second
    value. Run rules are not for it: neighbouring steps share a value, and steps are not spread
    evenly about their mean. Raises `InvalidValue` for a value that is no finite number.

    >>> moving_range_chart([5, 6, 5, 7, 6, 5, 6, 19]).beyond
    (7,)
    """
    known = _numbers(values)
    steps = _steps(known)
    if not steps:
        return Chart("mR", (), None, reason="no_data")
    center = _mean(steps)
    points = [_clipped(_point(step, center, center * (D4 - 1) / 3)) for step in steps]
    return Chart("mR", tuple(points), center, reason=_reason(known))


def p_chart(parts: Iterable[tuple[int, int]]) -> Chart:
    """The p chart of shares, given as hits among n: p̄ ± 3·√(p̄(1 − p̄)/n), within 0 and 1.

    p̄ is the share of all hits in all n. For large n its limits are so narrow that everything
    signals; `p_prime_chart` is for those. Raises `InvalidValue` for hits that are not among n, and
    for an n of 0.

    >>> p_chart([(4, 50), (6, 50), (5, 50), (22, 50)]).beyond
    (4,)
    """
    known = _checked(parts)
    center = _center(known)
    if center is None:
        return Chart("p", (), None, reason="no_data")
    points = [_share(hits, n, center, 1.0) for hits, n in known]
    return Chart("p", tuple(points), center, reason=_reason(known))


def p_prime_chart(parts: Iterable[tuple[int, int]]) -> Chart:
    """Laney's p′ chart: the limits of a p chart times σz, the spread that the shares really have.

    zᵢ = (pᵢ − p̄)/σᵢ, and σz is the mean distance of zᵢ from zᵢ₋₁ over 1.128. It takes in what
    varies besides chance from one period to the next. Needs two shares; with equal n its limits are
    those of the XmR chart of the shares.

    >>> round(p_prime_chart([(4, 50), (6, 50), (5, 50), (22, 50)]).sigma_z, 2)
    2.15
    """
    known = _checked(parts)
    center = _center(known)
    if center is None or len(known) < 2:
        return Chart("p'", (), None, reason="no_data")
    plain = [_share(hits, n, center, 1.0).deviate for hits, n in known]
    sigma_z = _mean(_steps(plain)) / D2
    points = [_share(hits, n, center, sigma_z) for hits, n in known]
    return Chart("p'", tuple(points), center, sigma_z, _reason(known))


def _numbers(values: Iterable[float]) -> list[float]:
    known = [float(value) for value in values]
    if not all(map(isfinite, known)):
        raise InvalidValue("a value is no finite number: expected numbers alone")
    return known


def _steps(values: Sequence[float]) -> list[float]:
    return [abs(after - before) for before, after in pairwise(values)]


def _mean(values: Sequence[float]) -> float:
    return fsum(values) / len(values)


def _checked(parts: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    known = list(parts)
    for hits, n in known:
        check_hits(hits, n)
        if not n:
            raise InvalidValue("a share of 0: expected one or more in each part")
    return known


def _center(parts: Sequence[tuple[int, int]]) -> float | None:
    total = sum(n for _, n in parts)
    return sum(hits for hits, _ in parts) / total if total else None


def _share(hits: int, n: int, center: float, times: float) -> Point:
    return _clipped(_point(hits / n, center, sqrt(center * (1 - center) / n) * times), most=1.0)


def _clipped(point: Point, most: float = inf) -> Point:
    """The point with limits that what is plotted can reach."""
    return evolve(point, low=max(0.0, point.low), high=min(most, point.high))


def _point(value: float, center: float, sigma: float) -> Point:
    deviate = (value - center) / sigma if sigma else 0.0
    return Point(value, center - 3 * sigma, center + 3 * sigma, sigma, deviate)


def _reason(known: Sequence[object]) -> Reason | None:
    return "few" if len(known) < FEWEST else None
