"""The log-rank test: whether groups take equally long, open requests counted as what they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from math import sqrt

from attrs import frozen

from servicecore.distributions import chi_square_survival
from servicecore.errors import InvalidValue
from servicecore.estimate import Reason
from servicecore.metrics.rows import DONE, Spell
from servicecore.metrics.survival import check_times

Matrix = list[list[float]]
SMALLEST = 1e-15
"""What rounding may leave of a share of a variance."""


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
    groups take equally long. A group that was never at risk when something was done says nothing,
    and gives no degree of freedom. Chi-square and `p` are None where nothing can be compared
    (``"no_data"``): nothing was done while spells of several groups lasted.
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
    spread = {place: row[place] for place, row in enumerate(covariance) if row[place] > 0}
    if len(spread) < 2:
        return LogRank(rows, 0, reason="no_data")
    *used, _widest = sorted(spread, key=lambda place: spread[place])
    off = [done[place] - expected[place] for place in used]
    chi_square = _chi_square(off, [[covariance[i][j] for j in used] for i in used])
    return LogRank(rows, len(used), chi_square, chi_square_survival(chi_square, len(used)))


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


def _chi_square(off: Sequence[float], covariance: Matrix) -> float:
    """The form uᵀV⁻¹u: with V = LLᵀ, the sum of the squares of L⁻¹u (Cholesky).

    V is of all groups but one, whose u follows from the others'. It has an inverse, since all of
    them are at risk when the first spell is done. It is made one of correlations first, and the
    group left out is the one of the widest spread, so that a small group beside large ones is not
    lost in rounding.
    """
    scales = [sqrt(covariance[place][place]) for place in range(len(off))]
    lower: Matrix = []
    solved: list[float] = []
    for i, scale in enumerate(scales):
        row: list[float] = []
        for j in range(i):
            shared = sum(a * b for a, b in zip(row, lower[j], strict=False))
            row.append((covariance[i][j] / (scale * scales[j]) - shared) / lower[j][j])
        row.append(sqrt(max(1 - sum(cell * cell for cell in row), SMALLEST)))
        known = sum(a * b for a, b in zip(row, solved, strict=False))
        lower.append(row)
        solved.append((off[i] / scale - known) / row[i])
    return sum(each * each for each in solved)
