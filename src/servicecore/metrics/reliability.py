"""Reliability: whether the items of a scale measure one thing (Cronbach's alpha)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import fsum

from attrs import frozen

from servicecore.distributions import f_quantile
from servicecore.errors import InvalidValue
from servicecore.estimate import Estimate, missing
from servicecore.intervals import check_level


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
    Psychometrika 30, 1965, 357-370). Alpha is not unidimensionality, and grows with k alone. No
    value for fewer than two rows (``"few"``), or where all sums are equal (``"unknown"``). Raises
    `InvalidValue` for fewer than two items, and for rows of different lengths.

    >>> round(cronbach_alpha([[1, 2], [2, 2], [3, 4], [4, 4]]).alpha.value, 3)
    0.941
    """
    check_level(level)
    given = [tuple(row) for row in rows]
    k = len(given[0]) if given else 0
    if given and (k < 2 or any(len(row) != k for row in given)):
        raise InvalidValue("rows: expected the same two or more items in each")
    known = [
        [float(value) for value in row if value is not None] for row in given if None not in row
    ]
    alpha = _alpha(known, k, cohort, level)
    return Reliability(alpha, k, len(given) - len(known))


def _alpha(rows: Sequence[Sequence[float]], k: int, cohort: str, level: float) -> Estimate:
    n = len(rows)
    if n < 2:
        return missing("ratio", cohort, "few" if n else "no_data", n=n, level=level)
    whole = _variance([fsum(row) for row in rows])
    if not whole:
        return missing("ratio", cohort, "unknown", n=n, level=level)
    parts = fsum(_variance(column) for column in zip(*rows, strict=True))
    value = k / (k - 1) * (1 - parts / whole)
    degrees = n - 1, (n - 1) * (k - 1)
    tail = (1 - level) / 2
    low, high = (1 - (1 - value) * f_quantile(p, *degrees) for p in (1 - tail, tail))
    limits = min(low, value), min(1.0, max(high, value))
    return Estimate(value, n, "ratio", cohort, *limits, "feldt", level)


def _variance(values: Sequence[float]) -> float:
    center = fsum(values) / len(values)
    return fsum((value - center) ** 2 for value in values) / (len(values) - 1)
