"""Trend: whether something happens more and more often, or less and less."""

from __future__ import annotations

from collections.abc import Iterable
from math import erfc, sqrt

from attrs import frozen

from servicecore.errors import InvalidValue
from servicecore.estimate import Reason
from servicecore.metrics.cohort import Period


@frozen
class Trend:
    """What Laplace's test found of `n` events: `u` below 0 where they come less and less often.

    `p` is the chance of a `u` as far from 0 where there is no trend. Both are None without events
    (``"no_data"``); for fewer than 4 the normal approximation is poor (``"few"``).
    """

    n: int
    u: float | None = None
    p: float | None = None
    reason: Reason | None = None

    @property
    def direction(self) -> str:
        """``"improving"``, ``"worsening"``, or ``"none"`` where p is above 0.05."""
        if self.u is None or self.p is None or self.p > 0.05:
            return "none"
        return "improving" if self.u < 0 else "worsening"


def laplace_trend(instants: Iterable[int], period: Period) -> Trend:
    """Laplace's test for a trend in events at instants within a period, in microseconds.

    U = (mean(t) − T/2) / (T·√(1/12n)), with t counted from the start of the period and T its
    length: without a trend, it is normal (NIST/SEMATECH e-Handbook 8.2.3.4). Raises `InvalidValue`
    for an instant outside of the period.

    >>> laplace_trend([5, 40, 43, 175, 389, 712, 747, 795, 1299, 1478], Period(0, 1500)).direction
    'none'
    """
    known = list(instants)
    for instant in known:
        if instant not in period:
            raise InvalidValue(f"an event at {instant} lies outside of {period}: expected inside")
    n, length = len(known), period.end - period.start
    if not n:
        return Trend(0, reason="no_data")
    mean = sum(instant - period.start for instant in known) / n
    u = (mean - length / 2) / (length * sqrt(1 / (12 * n)))
    return Trend(n, u, erfc(abs(u) / sqrt(2)), "few" if n < 4 else None)
