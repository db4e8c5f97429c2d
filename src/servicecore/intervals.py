"""Intervals: between which limits a share or a rate lies, by the method that is named.

Each takes counts and a level such as 0.95, and gives the lower and the upper limit. They lie in
the range of what they limit, and contain the share or the count that was seen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import sqrt
from types import MappingProxyType

from servicecore.distributions import beta_quantile, gamma_quantile, normal_quantile
from servicecore.errors import InvalidValue

Limits = tuple[float, float]


def check_hits(hits: int, n: int) -> None:
    """Refuse hits that are not between none and all (`InvalidValue`)."""
    if not 0 <= hits <= n:
        raise InvalidValue(f"{hits} hits among {n}: expected between none and all")


def check_level(level: float) -> None:
    """Refuse a level that is no share (`InvalidValue`)."""
    if not 0 < level < 1:
        raise InvalidValue(f"level is {level}: expected a share between 0 and 1 such as 0.95")


def wilson(hits: int, n: int, level: float) -> Limits:
    """Wilson's score interval for a share (Wilson 1927).

    With p = hits/n and z the normal quantile of the level, the limits are
    (p + z²/2n ± z·√(p(1−p)/n + z²/4n²)) / (1 + z²/n). `n` is above 0.

    >>> [round(limit, 4) for limit in wilson(190, 200, 0.95)]
    [0.9104, 0.9726]
    """
    _deviate(hits, n, level)
    return wilson_limits(hits / n, n, level)


def wilson_limits(p: float, n: float, level: float) -> Limits:
    """The same around a share `p` of an effective number of units, which need not be whole."""
    z = normal_quantile((1 + level) / 2)
    center = p + z * z / (2 * n)
    half = z * sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    return _around(p, (center - half) / scale, (center + half) / scale)


def agresti_coull(hits: int, n: int, level: float) -> Limits:
    """The interval of Agresti and Coull (The American Statistician 52, 1998, 119-126).

    The plain interval p ± z·√(p(1−p)/n) with z²/2 hits and z²/2 misses more than there are.

    >>> [round(limit, 4) for limit in agresti_coull(190, 200, 0.95)]
    [0.9093, 0.9737]
    """
    z = _deviate(hits, n, level)
    more = n + z * z
    p = (hits + z * z / 2) / more
    half = z * sqrt(p * (1 - p) / more)
    return _around(hits / n, p - half, p + half)


def clopper_pearson(hits: int, n: int, level: float) -> Limits:
    """The exact interval of Clopper and Pearson (Biometrika 26, 1934, 404-413).

    All shares under which neither so many hits nor so few are rarer than (1 − level)/2: quantiles
    of Beta(hits, n − hits + 1) and Beta(hits + 1, n − hits). Its true level is never below the
    one asked for, and often well above it.

    >>> [round(limit, 4) for limit in clopper_pearson(4, 20, 0.95)]
    [0.0573, 0.4366]
    """
    _deviate(hits, n, level)
    tail = (1 - level) / 2
    low = beta_quantile(tail, hits, n - hits + 1) if hits else 0.0
    high = beta_quantile(1 - tail, hits + 1, n - hits) if hits < n else 1.0
    return _around(hits / n, low, high)


def jeffreys(hits: int, n: int, level: float) -> Limits:
    """The interval under Jeffreys' prior: quantiles of Beta(hits + ½, n − hits + ½).

    With no hit it begins at 0, and with nothing but hits it ends at 1 (Brown, Cai and DasGupta,
    Statistical Science 16, 2001, 101-133).

    >>> [round(limit, 4) for limit in jeffreys(4, 20, 0.95)]
    [0.0715, 0.4082]
    """
    _deviate(hits, n, level)
    tail, a, b = (1 - level) / 2, hits + 0.5, n - hits + 0.5
    low = beta_quantile(tail, a, b) if hits else 0.0
    high = beta_quantile(1 - tail, a, b) if hits < n else 1.0
    return _around(hits / n, low, high)


SHARE_INTERVALS: Mapping[str, Callable[[int, int, float], Limits]] = MappingProxyType(
    {
        "wilson": wilson,
        "agresti-coull": agresti_coull,
        "clopper-pearson": clopper_pearson,
        "jeffreys": jeffreys,
    }
)
"""The intervals for a share, by the names of their methods."""


def poisson_exact(count: int, level: float) -> Limits:
    """The exact interval for the expected number of events where `count` were seen.

    Quantiles of gamma distributions of the shapes `count` and `count` + 1 (Garwood, Biometrika 28,
    1936, 437-442). For a rate, divide both by the exposure.

    >>> [round(limit, 4) for limit in poisson_exact(15, 0.95)]
    [8.3954, 24.7402]
    """
    check_level(level)
    if count < 0:
        raise InvalidValue(f"{count} events: expected none or more")
    tail = (1 - level) / 2
    low = gamma_quantile(tail, count) if count else 0.0
    return low, gamma_quantile(1 - tail, count + 1)


def _deviate(hits: int, n: int, level: float) -> float:
    """The normal deviate of a level, where all of them make sense."""
    check_level(level)
    check_hits(hits, n)
    if not n:
        raise InvalidValue("an interval of 0 units: expected one or more")
    return normal_quantile((1 + level) / 2)


def _around(value: float, low: float, high: float) -> Limits:
    """Limits within 0 and 1 and around the value, whatever rounding made of them."""
    return max(0.0, min(low, value)), min(1.0, max(high, value))
