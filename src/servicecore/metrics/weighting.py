"""Weighting: answers made to stand for all customers, and what that costs (M7)."""

from __future__ import annotations

from collections.abc import Iterable
from math import fsum, inf

from servicecore.errors import InvalidValue
from servicecore.estimate import Estimate, missing
from servicecore.intervals import check_level, wilson_limits


def effective_n(weights: Iterable[float]) -> float:
    """Kish's effective sample size: (Σw)² / Σw² (L. Kish, Survey Sampling, 1965, 11.7).

    So many equally weighted answers would be as sure; n divided by it is the design effect of the
    weights. It does not depend on their unit, and is 0 where there are none or all are 0. Raises
    `InvalidValue` for a weight that is no number from 0 on.

    >>> round(effective_n([1, 1, 2, 4]), 3)
    2.909
    """
    known = list(weights)
    for weight in known:
        if not 0 <= weight < inf:
            raise InvalidValue(f"a weight is {weight}: expected a number from 0 on")
    most = max(known, default=0)
    # Parts of the largest weight neither overflow nor vanish when they are squared.
    parts = [weight / most for weight in known if weight]
    return fsum(parts) ** 2 / fsum(part * part for part in parts) if parts else 0.0


def weighted_share(
    answers: Iterable[tuple[bool, float]],
    *,
    cohort: str = "all who answered, weighted",
    level: float = 0.95,
) -> Estimate:
    """The share of hits by weight, Σw·hit / Σw, with Wilson's interval at Kish's effective n.

    Each answer comes with its weight, such as those of `servicecore.metrics.raking.rake`. `n`
    counts the answers whose weight is above 0. The weights are taken as given: that they were made
    of the same answers is not in the interval. Raises `InvalidValue` for a weight that is no number
    from 0 on.

    >>> print(weighted_share([(True, 1.0), (False, 3.0)]))
    25.0 % [2.2, 83.1] (n=2)
    """
    check_level(level)
    known = [(hit, weight) for hit, weight in answers if weight]
    n_effective = effective_n(weight for _, weight in known)
    if not known:
        return missing("share", cohort, level=level)
    most = max(weight for _, weight in known)
    part = fsum(weight / most for hit, weight in known if hit)
    value = part / fsum(weight / most for _, weight in known)
    low, high = wilson_limits(value, n_effective, level)
    method = "wilson, effective n"
    return Estimate(
        value, len(known), "share", cohort, low, high, method, level, n_effective=n_effective
    )
