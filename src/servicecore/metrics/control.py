"""Control charts: whether a figure moves by more than chance (W. Shewhart 1931).

Points within the limits are all the same news. D. Montgomery, Introduction to Statistical Quality
Control, 7th edition 2013; D. Laney, Quality Engineering 14 (2002), 531-537 (p′).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from math import fsum, sqrt

from attrs import frozen

from servicecore.errors import InvalidValue
from servicecore.estimate import Reason
from servicecore.intervals import check_hits

D2 = 1.128
"""The mean range of two normal values, in standard deviations."""

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

    For counts, hours and the like that come one at a time; the moving range forgives a slow drift
    that a standard deviation over all would hide in. Needs two values.

    >>> xmr_chart([5, 6, 5, 7, 6, 5, 6, 19]).beyond
    (8,)
    """
    known = [float(value) for value in values]
    if len(known) < 2:
        return Chart("XmR", (), None, reason="no_data")
    center = fsum(known) / len(known)
    sigma = fsum(abs(after - before) for before, after in pairwise(known)) / (len(known) - 1) / D2
    points = [_point(value, center, sigma) for value in known]
    return Chart("XmR", tuple(points), center, reason=_reason(points))


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
    return Chart("p", tuple(points), center, reason=_reason(points))


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
    steps = [abs(after - before) for before, after in pairwise(plain)]
    sigma_z = fsum(steps) / len(steps) / D2
    points = [_share(hits, n, center, sigma_z) for hits, n in known]
    return Chart("p'", tuple(points), center, sigma_z, _reason(points))


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
    sigma = sqrt(center * (1 - center) / n) * times
    point = _point(hits / n, center, sigma)
    return Point(point.value, max(0.0, point.low), min(1.0, point.high), sigma, point.deviate)


def _point(value: float, center: float, sigma: float) -> Point:
    deviate = (value - center) / sigma if sigma else 0.0
    return Point(value, center - 3 * sigma, center + 3 * sigma, sigma, deviate)


def _reason(points: Sequence[Point]) -> Reason | None:
    return "few" if len(points) < FEWEST else None
