"""Two rates compared: how many times as often something happens, exactly."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from math import ceil, exp, floor, inf, isfinite, lgamma, log
from typing import Literal, NamedTuple

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

    Two-sided, those are all that are no likelier than what was seen, as `binom.test` of R and
    `binomtest` of scipy have it; ``"greater"``, `count` or more of all. None without events. It
    costs the logarithm of their number. Raises `InvalidValue` as `rate_ratio` does.

    >>> round(rate_ratio_p(11, 800, 21, 3011), 5)
    0.07967
    """
    if alternative not in ("two-sided", "greater"):
        raise InvalidValue(f"alternative is {alternative!r}: expected 'two-sided' or 'greater'")
    _check(count, exposure, other, other_exposure)
    if not count + other:
        return None
    whole = exposure + other_exposure
    seen = _Split(count + other, exposure / whole, other_exposure / whole)
    if alternative == "greater":
        return seen.or_more(count)
    return seen.as_rare_as(count)


class _Split(NamedTuple):
    """How `n` events fall on two sides by accident, with the chances of one side and the other.

    Both chances are given, since that of the other is not 1 less the one where it is tiny.
    """

    n: int
    chance: float
    rest: float

    def just(self, hits: int) -> float:
        """The chance of just so many on the one side."""
        choices = lgamma(self.n + 1) - lgamma(hits + 1) - lgamma(self.n - hits + 1)
        return exp(choices + _log(hits, self.chance) + _log(self.n - hits, self.rest))

    def or_more(self, hits: int) -> float:
        """The chance of so many or more."""
        return beta_cdf(self.chance, hits, self.n - hits + 1) if hits > 0 else 1.0

    def or_fewer(self, hits: int) -> float:
        """The chance of so many or fewer."""
        return beta_cdf(self.rest, self.n - hits, hits + 1) if hits < self.n else 1.0

    def as_rare_as(self, hits: int) -> float:
        """The chance of all that is no likelier than just so many.

        Chances rise up to what is expected and fall behind it, so that each side has one end, which
        halving finds.
        """
        limit, expected = self.just(hits) * NEARLY, self.n * self.chance
        if hits < expected:
            rare = range(ceil(expected), self.n + 1)
            end = rare[0] + bisect_left(rare, True, key=lambda many: self.just(many) <= limit)
            p = self.or_fewer(hits) + (self.or_more(end) if end <= self.n else 0.0)
        else:
            rare = range(floor(expected) + 1)
            end = bisect_left(rare, True, key=lambda few: self.just(few) > limit) - 1
            p = self.or_more(hits) + (self.or_fewer(end) if end >= 0 else 0.0)
        return min(1.0, p)


def _log(hits: int, chance: float) -> float:
    """The logarithm of a chance to the power of hits; no hits are certain, whatever the chance."""
    if not hits:
        return 0.0
    return hits * log(chance) if chance else -inf


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


def _check(count: int, exposure: float, other: int, other_exposure: float) -> None:
    for events in (count, other):
        if events < 0:
            raise InvalidValue(f"{events} events: expected none or more")
    for each in (exposure, other_exposure):
        if not (each > 0 and isfinite(each)):
            raise InvalidValue(f"exposure is {each}: expected a number above 0")
