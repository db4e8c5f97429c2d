"""Reliability: whether the items of a scale measure one thing (Cronbach's alpha)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import fsum, isfinite
from statistics import variance

from attrs import frozen

from servicecore.distributions import f_quantile
from servicecore.errors import InvalidValue
from servicecore.estimate import Estimate, missing
from servicecore.intervals import check_level

NEARLY_EQUAL = 1e-12
"""Which part of the items' variance that of the sums has where it is rounding alone."""


@frozen
class Reliability:
    """Cronbach's alpha of so many items, with the number of rows left out for a missing answer."""

    alpha: Estimate
    items: int
    left_out: int


def cronbach_alpha(
    rows: Iterable[Sequence[float | None]],
    *,
    cohort: str = "respondents who answered every item",
    level: float = 0.95,
) -> Reliability:
    """Cronbach's alpha: k/(k − 1) · (1 − Σ variance of items / variance of the sum).

    Each row has one respondent's answers to the same k items; rows with a missing answer are left
    out and counted (L. Cronbach, Psychometrika 16, 1951, 297-334). The interval is Feldt's: 1 −
    (1 − α)·F with quantiles of F at n − 1 and (n − 1)(k − 1) degrees of freedom (L. Feldt,
    Psychometrika 30, 1965, 357-370). Alpha is a ratio of at most 1, and below 0 where items
    contradict each other; it does not show that they measure one thing alone, and grows with k.

    There is no value for fewer than two rows (``"no_data"``, ``"few"``), nor for a single item or
    where all respondents have the same sum (``"unknown"``). Raises `InvalidValue` for rows of
    different lengths and for an answer that is no finite number.

    >>> round(cronbach_alpha([[1, 2], [2, 2], [3, 4], [4, 4]]).alpha.value, 3)
    0.941
    """
    check_level(level)
    given = [tuple(row) for row in rows]
    k = len(given[0]) if given else 0
    if any(len(row) != k for row in given):
        raise InvalidValue(f"rows of {sorted({len(row) for row in given})} items: expected one k")
    known = [tuple(float(value) for value in row if value is not None) for row in given]
    if not all(isfinite(value) for row in known for value in row):
        raise InvalidValue("an answer is no finite number: expected numbers, or None for no answer")
    complete = [row for row in known if len(row) == k]
    alpha = _alpha(complete, k, cohort, level)
    return Reliability(alpha, k, len(given) - len(complete))


def _alpha(rows: Sequence[Sequence[float]], k: int, cohort: str, level: float) -> Estimate:
    n = len(rows)
    if n < 2:
        return missing("ratio", cohort, "few" if n else "no_data", n=n, level=level)
    whole = variance([fsum(row) for row in rows])
    parts = fsum(map(variance, zip(*rows, strict=True)))
    if k < 2 or whole <= NEARLY_EQUAL * parts:
        return missing("ratio", cohort, "unknown", n=n, level=level)
    value = min(1.0, k / (k - 1) * (1 - parts / whole))
    degrees = n - 1, (n - 1) * (k - 1)
    tail = (1 - level) / 2
    low, high = (1 - (1 - value) * f_quantile(p, *degrees) for p in (1 - tail, tail))
    limits = min(low, value), min(1.0, max(high, value))
    return Estimate(value, n, "ratio", cohort, *limits, "feldt", level)
