"""Quantiles of values that are all known: those of a census, not of a sample."""

from __future__ import annotations

from collections.abc import Iterable
from math import ceil

from servicecore.errors import InvalidValue


def nearest_rank(values: Iterable[float], share: float) -> float | None:
    """The value up to which at least a share of the values lie; None where there are none.

    It is the value of the rank ⌈share · n⌉, so it is always one that occurred (Hyndman and Fan,
    The American Statistician 50, 1996, 361-365, definition 1). Raises `InvalidValue` for a share
    that is not above 0 and at most 1.

    >>> nearest_rank([15, 20, 35, 40, 50], 0.4)
    20
    """
    if not 0 < share <= 1:
        raise InvalidValue(f"share is {share}: expected one above 0, and 1 at most")
    ordered = sorted(values)
    if not ordered:
        return None
    rank = ceil(round(share * len(ordered), 9))  # 0.07 · 100 is 7.000000000000001
    return ordered[max(rank, 1) - 1]
