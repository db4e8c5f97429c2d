"""The distributions that intervals and tests rest on, of the standard library alone.

Everything goes back to two functions: the regularised incomplete beta and gamma functions, each by
its continued fraction (and the gamma function by its series where that is quicker), evaluated by
the modified method of Lentz. The formulas are those of the NIST Digital Library of Mathematical
Functions, 8.9, 8.11 and 8.17. Quantiles are found by halving, which no shape can mislead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from math import exp, inf, isfinite, lgamma, log, log1p, sqrt
from statistics import NormalDist

from servicecore.errors import InvalidValue

NEARLY_NOTHING = 1e-300
ENOUGH = 1e-16
MOST_TERMS = 1_000_000
"""Far more than any fraction takes: some tens, or √(a + b) for large ones."""


def normal_quantile(p: float) -> float:
    """The standard normal deviate below which a share `p` lies.

    >>> round(normal_quantile(0.975), 4)
    1.96
    """
    _check_share(p)
    return NormalDist().inv_cdf(p)


def beta_cdf(x: float, a: float, b: float) -> float:
    """The share of a beta distribution up to `x`: the regularised incomplete beta function I.

    It is also the chance of at least ``a`` hits among ``a + b - 1`` where each has the chance `x`.
    Up to 0 it is 0, from 1 on it is 1. Raises `InvalidValue` for a shape that is not above 0.

    >>> round(beta_cdf(0.5, 2, 3), 4)
    0.6875
    """
    _check_shapes(a, b)
    if not 0 < x < 1:
        return 0.0 if x <= 0 else 1.0
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x))
    if x > (a + 1) / (a + b + 2):  # the fraction of the other tail is short there
        return 1 - front / b / _fraction(_beta_terms(1 - x, b, a))
    return front / a / _fraction(_beta_terms(x, a, b))


def _beta_terms(x: float, a: float, b: float) -> Iterator[tuple[float, float]]:
    """The numerators and denominators of 1 + d₁/(1 + d₂/(1 + …)) (DLMF 8.17.22)."""
    for m in count():
        if m:
            yield m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)), 1.0
        yield -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)), 1.0


def _fraction(terms: Iterator[tuple[float, float]], first: float = 1.0) -> float:
    """The value of first + n₁/(d₁ + n₂/(d₂ + …)), by the modified method of Lentz."""
    value = above = first or NEARLY_NOTHING
    below = 0.0
    for _, (numerator, denominator) in zip(range(MOST_TERMS), terms, strict=False):
        below = 1 / (denominator + numerator * below or NEARLY_NOTHING)
        above = denominator + numerator / above or NEARLY_NOTHING
        step = above * below
        value *= step
        if abs(step - 1) < ENOUGH:
            break
    return value


def beta_quantile(p: float, a: float, b: float) -> float:
    """Up to where a share `p` of a beta distribution lies.

    >>> round(beta_quantile(0.975, 5, 16), 4)
    0.4366
    """
    _check_share(p, ends=True)
    _check_shapes(a, b)
    if p in (0, 1):
        return float(p)
    return _halved(lambda x: beta_cdf(x, a, b), p, 0.0, 1.0)


def gamma_cdf(x: float, shape: float) -> float:
    """The share of a gamma distribution of scale 1 up to `x`: the incomplete gamma function P.

    >>> round(gamma_cdf(2, 1), 4)
    0.8647
    """
    _check_shapes(shape)
    return 1 - gamma_survival(x, shape) if x > shape + 1 else _gamma_series(x, shape)


def gamma_survival(x: float, shape: float) -> float:
    """The share of a gamma distribution of scale 1 above `x`: Q, exact in the far tail.

    It is also the chance of fewer than `shape` events where `x` are expected.

    >>> round(gamma_survival(2, 1), 4)
    0.1353
    """
    _check_shapes(shape)
    if x <= shape + 1:
        return 1 - _gamma_series(x, shape)
    terms = ((-n * (n - shape), x + 2 * n + 1 - shape) for n in count(1))
    return exp(shape * log(x) - x - lgamma(shape)) / _fraction(terms, x + 1 - shape)


def _gamma_series(x: float, shape: float) -> float:
    """P by its series (DLMF 8.11.4), for all that is not far out."""
    if x <= 0:
        return 0.0
    term = total = 1 / shape
    for n in range(1, MOST_TERMS):
        term *= x / (shape + n)
        total += term
        if term < total * ENOUGH:
            break
    return total * exp(shape * log(x) - x - lgamma(shape))


def gamma_quantile(p: float, shape: float) -> float:
    """Up to where a share `p` of a gamma distribution of scale 1 lies.

    >>> round(gamma_quantile(0.975, 16), 4)
    24.7402
    """
    _check_share(p)
    _check_shapes(shape)
    beyond = shape + 1
    while gamma_cdf(beyond, shape) < p:
        beyond *= 2
    return _halved(lambda x: gamma_cdf(x, shape), p, 0.0, beyond)


def chi_square_survival(x: float, degrees: float) -> float:
    """The chance that chi-square with so many degrees of freedom is above `x`.

    >>> round(chi_square_survival(3.841, 1), 3)
    0.05
    """
    return gamma_survival(x / 2, degrees / 2)


def t_quantile(p: float, degrees: float) -> float:
    """The deviate below which a share `p` of Student's t lies.

    >>> round(t_quantile(0.975, 10), 3)
    2.228
    """
    _check_share(p)
    tails = 2 * min(p, 1 - p)
    if tails < 0.5:
        outside = beta_quantile(tails, degrees / 2, 0.5)
        deviate = sqrt(degrees * (1 - outside) / outside) if outside else inf
    else:  # where the other tail is the exact one
        within = beta_quantile(1 - tails, 0.5, degrees / 2)
        deviate = sqrt(degrees * within / (1 - within))
    return deviate if p >= 0.5 else -deviate


def f_quantile(p: float, degrees: float, other: float) -> float:
    """The ratio below which a share `p` of Fisher's F lies, with the degrees of both variances.

    >>> round(f_quantile(0.95, 3, 10), 3)
    3.708
    """
    _check_share(p)
    below = beta_quantile(p, degrees / 2, other / 2)
    above = beta_quantile(1 - p, other / 2, degrees / 2)
    return other * below / (degrees * above) if above else inf


def _halved(rises: Callable[[float], float], p: float, low: float, high: float) -> float:
    """Where a function that rises reaches `p`, as closely as floats can say."""
    while low < (middle := (low + high) / 2) < high:
        if rises(middle) < p:
            low = middle
        else:
            high = middle
    return high if rises(low) < p else low


def _check_share(p: float, *, ends: bool = False) -> None:
    if not (0 < p < 1 or (ends and p in (0, 1))):
        raise InvalidValue(f"p is {p}: expected a share between 0 and 1")


def _check_shapes(*shapes: float) -> None:
    for shape in shapes:
        if not (shape > 0 and isfinite(shape)):
            raise InvalidValue(f"a shape is {shape}: expected a number above 0")
