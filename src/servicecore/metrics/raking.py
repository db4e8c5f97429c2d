"""Raking: weights that make a sample meet what is known of all customers, margin by margin."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from math import fsum, inf

from attrs import frozen

from servicecore.errors import InvalidValue
from servicecore.metrics.weighting import effective_n

MOST_ROUNDS = 1_000


@frozen
class Raked:
    """Weights that make a sample meet its margins, or how far they still are from that.

    `weights` belong to the cells in the order given. `reached` says whether every margin is met to
    the tolerance; where not, `off` is the margin that is farthest off, and `by` how far, as a share
    of the total: an empty cell that had to be filled, or totals that contradict each other.
    """

    weights: tuple[float, ...]
    reached: bool
    rounds: int
    off: str | None = None
    by: float = 0.0

    @property
    def n_effective(self) -> float:
        """Kish's effective number of cells, each taken for one answer."""
        return effective_n(self.weights)


Cell = Mapping[str, Hashable]
"""What a cell, or a respondent, is in each margin, such as ``{"site": "north", "age": "50+"}``."""


def rake(
    cells: Sequence[tuple[Cell, float]],
    margins: Mapping[str, Mapping[Hashable, float]],
    *,
    tolerance: float = 1e-9,
) -> Raked:
    """Weights for cells such that each margin has the totals that are known of it (raking).

    Cells come with the weight they have now, which for a respondent is 1. In turn, for each margin,
    all weights of a category are multiplied by what is missing to its total, until all fit
    (iterative proportional fitting; Deming and Stephan, Annals of Mathematical Statistics 11, 1940,
    427-444). Where they cannot all fit, the result says so, and which margin is farthest off. It
    ends after 1,000 rounds at most. Raises `InvalidValue` for a cell whose category a margin does
    not have, and for a weight or a total below 0.

    >>> people = [({"site": "north"}, 1.0), ({"site": "north"}, 1.0), ({"site": "south"}, 1.0)]
    >>> rake(people, {"site": {"north": 50, "south": 50}}).weights
    (25.0, 25.0, 50.0)
    """
    _check_cells(cells, margins)
    weights = [weight for _, weight in cells]
    kinds = {name: [cell[name] for cell, _ in cells] for name in margins}
    rounds, off, by = 0, "", inf
    while by > tolerance and rounds < MOST_ROUNDS:
        rounds += 1
        for name, totals in margins.items():
            _fit(weights, kinds[name], totals)
        off, by = _farthest(weights, kinds, margins)
    if by <= tolerance:
        return Raked(tuple(weights), reached=True, rounds=rounds)
    return Raked(tuple(weights), reached=False, rounds=rounds, off=off, by=by)


def _sums(weights: Sequence[float], kinds: Sequence[Hashable]) -> dict[Hashable, float]:
    parts: dict[Hashable, list[float]] = {}
    for weight, kind in zip(weights, kinds, strict=True):
        parts.setdefault(kind, []).append(weight)
    return {kind: fsum(each) for kind, each in parts.items()}


def _fit(weights: list[float], kinds: Sequence[Hashable], totals: Mapping[Hashable, float]) -> None:
    sums = _sums(weights, kinds)
    factors = {kind: totals[kind] / total if total else 0.0 for kind, total in sums.items()}
    for place, kind in enumerate(kinds):
        weights[place] *= factors[kind]


def _farthest(
    weights: Sequence[float],
    kinds: Mapping[str, Sequence[Hashable]],
    margins: Mapping[str, Mapping[Hashable, float]],
) -> tuple[str, float]:
    """The margin that is farthest off, and by what share of its total."""
    found = ("", 0.0)
    for name, totals in margins.items():
        sums = _sums(weights, kinds[name])
        whole = fsum(totals.values()) or 1.0
        for kind, total in totals.items():
            by = abs(sums.get(kind, 0.0) - total) / whole
            if by > found[1]:
                found = (f"{name}: {kind}", by)
    return found


def _check_cells(
    cells: Sequence[tuple[Cell, float]], margins: Mapping[str, Mapping[Hashable, float]]
) -> None:
    if not margins:
        raise InvalidValue("margins are none: expected one or more")
    for cell, weight in cells:
        if weight < 0:
            raise InvalidValue(f"a weight is {weight}: expected weights from 0 on")
        for name, totals in margins.items():
            if cell.get(name) not in totals:
                raise InvalidValue(
                    f"a cell is {cell.get(name)!r} in {name!r}: expected one of {list(totals)}"
                )
    if any(total < 0 for totals in margins.values() for total in totals.values()):
        raise InvalidValue("a total is below 0: expected totals from 0 on")
