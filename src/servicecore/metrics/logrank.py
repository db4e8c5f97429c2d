"""The log-rank test: whether groups take equally long, open requests counted as what they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from attrs import frozen

from servicecore.distributions import chi_square_survival
from servicecore.errors import InvalidValue
from servicecore.estimate import Reason
from servicecore.metrics.rows import DONE, Spell
from servicecore.metrics.survival import check_times

Matrix = list[list[float]]


@frozen
class GroupEvents:
    """A group in a log-rank test: its spells, how many were done, and how many were expected to be
    if all groups took equally long.
    """

    name: str
    n: int
    observed: int
    expected: float


@frozen
class LogRank:
    """What a log-rank test found.

    `p` is the chance of a chi-square as large as this, with that many degrees of freedom, where all
    groups take equally long. Both are None where nothing can be compared (``"no_data"``): nothing
    was done while spells of several groups lasted.
    """

    groups: tuple[GroupEvents, ...]
    degrees: int
    chi_square: float | None = None
    p: float | None = None
    reason: Reason | None = None


def log_rank(groups: Mapping[str, Iterable[Spell]]) -> LogRank:
    """Whether the spells of two or more groups take equally long (Mantel 1966; Peto and Peto 1972).

    At every time the d spells done are shared out over the groups as they are at risk, which is
    what is expected of each; with the differences u from what was observed and their hypergeometric
    covariance V, χ² = uᵀV⁻¹u over all groups but one. A spell that goes on, or that something else
    ended, counts as long as it is at risk. Raises `InvalidValue` for fewer than two groups and for
    a time below 0.

    >>> slow, quick = [Spell(9), Spell(8), Spell(7, ended=False)], [Spell(2), Spell(3), Spell(4)]
    >>> found = log_rank({"night": slow, "day": quick})
    >>> found.degrees, round(found.p, 3)
    (1, 0.025)
    """
    known = {name: list(each) for name, each in groups.items()}
    if len(known) < 2:
        raise InvalidValue(f"the groups {list(known)}: expected two or more to compare")
    for each in known.values():
        check_times(each)
    done, expected, covariance = _observed(list(known.values()))
    rows = tuple(
        GroupEvents(name, len(each), done[place], expected[place])
        for place, (name, each) in enumerate(known.items())
    )
    off = [done[place] - expected[place] for place in range(len(known) - 1)]
    solved = _solved([row[:-1] for row in covariance[:-1]], off)
    if solved is None:
        return LogRank(rows, len(known) - 1, reason="no_data")
    chi_square = max(0.0, sum(u * x for u, x in zip(off, solved, strict=True)))
    p = chi_square_survival(chi_square, len(known) - 1)
    return LogRank(rows, len(known) - 1, chi_square, p)


def _observed(groups: Sequence[Sequence[Spell]]) -> tuple[list[int], list[float], Matrix]:
    """What was done and expected in each group, and the covariance of the differences."""
    k = len(groups)
    done = [Counter(s.time for s in each if s.ended and s.cause == DONE) for each in groups]
    over = [Counter(spell.time for spell in each) for each in groups]
    at_risk = [len(each) for each in groups]
    expected, covariance = [0.0] * k, [[0.0] * k for _ in range(k)]
    for time in sorted(set().union(*over)):
        n, d = sum(at_risk), sum(each[time] for each in done)
        if d:
            _share_out(d, n, at_risk, expected, covariance)
        at_risk = [left - each[time] for left, each in zip(at_risk, over, strict=True)]
    return [sum(each.values()) for each in done], expected, covariance


def _share_out(
    d: int, n: int, at_risk: Sequence[int], expected: list[float], covariance: Matrix
) -> None:
    """Add what one time gives, when d of the n at risk are done."""
    spread = d * (n - d) / (n - 1) if n > 1 else 0.0
    for i, of_one in enumerate(at_risk):
        share = of_one / n
        expected[i] += d * share
        for j, of_other in enumerate(at_risk):
            covariance[i][j] += spread * share * ((i == j) - of_other / n)


def _solved(matrix: Matrix, right: Sequence[float]) -> list[float] | None:
    """The x of matrix · x = right, by elimination with pivots; None where there is not one."""
    rows = [[*row, value] for row, value in zip(matrix, right, strict=True)]
    largest = max((abs(cell) for row in matrix for cell in row), default=0.0)
    for place in range(len(rows)):
        pivot = max(range(place, len(rows)), key=lambda row: abs(rows[row][place]))
        rows[place], rows[pivot] = rows[pivot], rows[place]
        if abs(rows[place][place]) <= 1e-12 * largest:
            return None
        for other in range(len(rows)):
            if other != place:
                factor = rows[other][place] / rows[place][place]
                rows[other] = [
                    a - factor * b for a, b in zip(rows[other], rows[place], strict=True)
                ]
    return [row[-1] / row[place] for place, row in enumerate(rows)]
