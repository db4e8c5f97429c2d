"""Weighting: answers made to stand for all customers, and what that costs (M7)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import fsum, sqrt

from attrs import frozen

from servicecore.distributions import normal_quantile
from servicecore.errors import InvalidValue
from servicecore.estimate import Estimate, missing
from servicecore.intervals import check_hits, check_level


def effective_n(weights: Iterable[float]) -> float:
    """Kish's effective sample size: (Σw)² / Σw² (L. Kish, Survey Sampling, 1965, 11.7).

    So many equally weighted answers would be as sure. 0 where there are none. Raises `InvalidValue`
    for a weight below 0.

    >>> round(effective_n([1, 1, 2, 4]), 3)
    2.909
    """
    known = list(weights)
    if min(known, default=0) < 0:
        raise InvalidValue(f"a weight is {min(known)}: expected weights from 0 on")
    squares = fsum(weight * weight for weight in known)
    return fsum(known) ** 2 / squares if squares else 0.0


@frozen
class Stratum:
    """A group of customers: its share of all, and how many of the n who answered were hits."""

    share: float
    hits: int
    n: int


def poststratified(
    strata: Mapping[str, Stratum],
    *,
    cohort: str = "all customers, by stratum",
    level: float = 0.95,
) -> Estimate:
    """The share Σ Wₕ·pₕ over strata whose shares W of all customers are known.

    The variance is Σ Wₕ²·pₕ(1 − pₕ)/(nₕ − 1), the limits normal ones (W. Cochran, Sampling
    Techniques, 1977, 5A.9). `n_effective` is the n of a plain sample with that variance. A stratum
    in which nobody answered leaves the whole unknown; where one has a single answer, or all answers
    are alike, there are no limits (``"few"``). Raises `InvalidValue` for shares that do not add up
    to 1.

    >>> loud = poststratified({"day": Stratum(0.5, 72, 80), "night": Stratum(0.5, 10, 20)})
    >>> round(loud.value, 3)
    0.7
    """
    check_level(level)
    total = fsum(each.share for each in strata.values())
    if abs(total - 1) > 1e-9:
        raise InvalidValue(f"the shares of the strata add up to {total:g}: expected 1")
    for each in strata.values():
        check_hits(each.hits, each.n)
    n = sum(each.n for each in strata.values())
    if any(not each.n and each.share for each in strata.values()):
        return missing("share", cohort, "unknown", n=n, level=level)
    used = [each for each in strata.values() if each.n]
    value = fsum(each.share * each.hits / each.n for each in used)
    variance = _variance(used)
    if variance is None:
        return Estimate(value, n, "share", cohort, level=level, reason="few")
    half = normal_quantile((1 + level) / 2) * sqrt(variance)
    low, high = max(0.0, min(value - half, value)), min(1.0, max(value + half, value))
    effective = value * (1 - value) / variance
    return Estimate(
        value, n, "share", cohort, low, high, "post-stratified", level, n_effective=effective
    )


def _variance(strata: Sequence[Stratum]) -> float | None:
    if any(each.n < 2 for each in strata):
        return None
    parts = []
    for each in strata:
        p = each.hits / each.n
        parts.append(each.share**2 * p * (1 - p) / (each.n - 1))
    return fsum(parts) or None


def weighted_share(
    answers: Iterable[tuple[bool, float]], *, cohort: str = "all, weighted", level: float = 0.95
) -> Estimate:
    """The share of hits by weight, with Wilson's interval at Kish's effective n.

    >>> weighted_share([(True, 1.0), (False, 3.0)]).value
    0.25
    """
    check_level(level)
    known = list(answers)
    n_effective = effective_n(weight for _, weight in known)
    total = fsum(weight for _, weight in known)
    if not total:
        return missing("share", cohort, level=level)
    value = fsum(weight for hit, weight in known if hit) / total
    z = normal_quantile((1 + level) / 2)
    center = value + z * z / (2 * n_effective)
    half = z * sqrt(value * (1 - value) / n_effective + (z / n_effective) ** 2 / 4)
    scale = 1 + z * z / n_effective
    low = max(0.0, min((center - half) / scale, value))
    high = min(1.0, max((center + half) / scale, value))
    return Estimate(
        value,
        len(known),
        "share",
        cohort,
        low,
        high,
        "wilson, effective n",
        level,
        n_effective=n_effective,
    )
