"""Two rates compared: how many times as often something happens, exactly."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, inf, isfinite, lgamma, log
from typing import Literal

from servicecore.distributions import beta_cdf
from servicecore.errors import InvalidValue
from servicecore.estimate import Estimate, missing
from servicecore.intervals import check_level, clopper_pearson

Alternative = Literal["two-sided", "greater"]
NEARLY = 1 + 1e-7
"""Counts as rare as what was seen, in spite of rounding."""


def rate_ratio(
    count: int,
    exposure: float,
    other: int,
    other_exposure: float,
    *,
    cohort: str,
    level: float = 0.95,
) -> Estimate:
    """How many times the rate `other` / `other_exposure` the rate `count` / `exposure` is.

    Of all events together, `count` is binomial with a chance that depends on the ratio alone, and
    Clopper and Pearson's limits π of that chance give those of the ratio, π/(1 − π) · t₂/t₁
    (Przyborowski and Wilenski, Biometrika 31, 1940, 313-323). The upper limit is None where the
    other had no event, and then there is no value either (``"unknown"``). No value without events.
    Raises `InvalidValue` for counts below 0 and exposures that are not above 0.

    >>> round(rate_ratio(11, 800, 21, 3011, cohort="two desks").value, 3)
    1.971
    """
    _check(count, exposure, other, other_exposure)
    check_level(level)
    n = count + other
    if not n:
        return missing("ratio", cohort, level=level)
    scale = other_exposure / exposure
    low, high = (_odds(limit) * scale for limit in clopper_pearson(count, n, level))
    if not other:
        return Estimate(
            None, n, "ratio", cohort, low, None, "exact conditional", level, "unknown", hits=count
        )
    value = count / other * scale
    return Estimate(value, n, "ratio", cohort, low, high, "exact conditional", level, hits=count)


def rate_ratio_p(
    count: int,
    exposure: float,
    other: int,
    other_exposure: float,
    *,
    alternative: Alternative = "two-sided",
) -> float | None:
    """The chance of counts like these, or rarer ones, where both rates are the same; exact.

    Two-sided, those are all that are no likelier than what was seen; ``"greater"``, `count` or more
    of all. None without events.

    >>> round(rate_ratio_p(11, 800, 21, 3011), 5)
    0.07967
    """
    _check(count, exposure, other, other_exposure)
    n, chance = count + other, exposure / (exposure + other_exposure)
    if not n:
        return None
    if alternative == "greater":
        return beta_cdf(chance, count, other + 1) if count else 1.0
    if alternative != "two-sided":
        raise InvalidValue(f"alternative is {alternative!r}: expected 'two-sided' or 'greater'")
    as_rare = _binomial(count, n, chance) * NEARLY
    chances = (_binomial(hits, n, chance) for hits in range(n + 1))
    return min(1.0, sum(each for each in chances if each <= as_rare))


def adjusted(p_values: Sequence[float]) -> tuple[float, ...]:
    """P-values of many tests as Benjamini and Hochberg adjust them, in the order given.

    Of those that are then at most 0.05, no more than 5 % are expected to be false alarms (Journal
    of the Royal Statistical Society B 57, 1995, 289-300).

    >>> [round(p, 3) for p in adjusted([0.01, 0.04, 0.03, 0.5])]
    [0.04, 0.053, 0.053, 0.5]
    """
    for p in p_values:
        if not 0 <= p <= 1:
            raise InvalidValue(f"a p-value is {p}: expected a share between 0 and 1")
    n, least = len(p_values), 1.0
    found = [0.0] * n
    falling = sorted(range(n), key=lambda place: p_values[place], reverse=True)
    for rank, place in zip(range(n, 0, -1), falling, strict=True):
        least = min(least, p_values[place] * n / rank)
        found[place] = least
    return tuple(found)


def _odds(chance: float) -> float:
    return chance / (1 - chance) if chance < 1 else inf


def _binomial(hits: int, n: int, chance: float) -> float:
    """The chance of just so many hits."""
    choices = lgamma(n + 1) - lgamma(hits + 1) - lgamma(n - hits + 1)
    return exp(choices + hits * log(chance) + (n - hits) * log(1 - chance))


def _check(count: int, exposure: float, other: int, other_exposure: float) -> None:
    for events in (count, other):
        if events < 0:
            raise InvalidValue(f"{events} events: expected none or more")
    for each in (exposure, other_exposure):
        if not (each > 0 and isfinite(each)):
            raise InvalidValue(f"exposure is {each}: expected a number above 0")
