"""Raking: weights that make a sample meet what is known of all customers, margin by margin."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from math import fsum, inf
from typing import Literal, TypeVar

from attrs import frozen

from servicecore.errors import InvalidValue
from servicecore.metrics.weighting import effective_n

MOST_ROUNDS = 1_000
FINEST = 1e-12
"""Below that, rounding decides."""

Cell = Mapping[str, Hashable]
"""What a cell, or a respondent, is in each margin, such as ``{"site": "north", "age": "50+"}``."""

Margins = Mapping[str, Mapping[Hashable, float]]
"""The totals that are known of each category of each margin."""

Obstacle = Literal["empty category", "totals that differ", "missing combinations"]
"""Why margins are not met: a category has a total and no weight in the sample; the margins add up
to different totals; or too few combinations of categories are in the sample."""


@frozen
class Raked:
    """Weights that make a sample meet its margins, or how far they still are from that.

    `weights` belong to the cells in the order given. `reached` says whether every margin is met to
    the tolerance. Where not, do not use them: `obstacle` says what is in the way, `off` names the
    category that is farthest off, and `by` how far, as a share of its margin's total.
    """

    weights: tuple[float, ...]
    reached: bool
    rounds: int
    obstacle: Obstacle | None = None
    off: str | None = None
    by: float = 0.0

    @property
    def n_effective(self) -> float:
        """Kish's effective number of cells, each taken for one answer."""
        return effective_n(self.weights)


def rake(
    cells: Sequence[tuple[Cell, float]], margins: Margins, *, tolerance: float = 1e-9
) -> Raked:
    """Weights for cells such that each margin has the totals that are known of it (raking).

    Cells come with the weight they have now, which for a respondent is 1. In turn, for each margin,
    all weights of a category are multiplied by what is missing to its total, until all fit to a
    `tolerance` in parts of the total (iterative proportional fitting; W. Deming and F. Stephan,
    Annals of Mathematical Statistics 11, 1940, 427-444). Totals may be counts or shares, as long as
    all margins add up to the same.

    Where they cannot all fit, the result says so, and why. It ends when the weights stand still,
    after 1,000 rounds at most. Raises `InvalidValue` for a cell whose category a margin does not
    have, a weight or a total that is no number from 0 on, and a tolerance below 1e-12.

    >>> people = [({"site": "north"}, 1.0), ({"site": "north"}, 1.0), ({"site": "south"}, 1.0)]
    >>> rake(people, {"site": {"north": 50, "south": 50}}).weights
    (25.0, 25.0, 50.0)
    """
    _check(cells, margins)
    if not FINEST <= tolerance < 1:
        raise InvalidValue(f"tolerance is {tolerance}: expected a part from {FINEST} to 1")
    keys = [tuple(cell[name] for name in margins) for cell, _ in cells]
    start = _sums(zip(keys, (weight for _, weight in cells), strict=True))
    table = dict(start)
    rounds, off, by = _fit_all(table, margins, tolerance)
    weights = tuple(
        table[key] * (weight / start[key]) if weight else 0.0
        for key, (_, weight) in zip(keys, cells, strict=True)
    )
    if by <= tolerance:
        return Raked(weights, reached=True, rounds=rounds)
    obstacle = _obstacle(start, margins, tolerance)
    return Raked(weights, reached=False, rounds=rounds, obstacle=obstacle, off=off, by=by)


Key = TypeVar("Key")
Table = dict[tuple[Hashable, ...], float]
"""The weight of each combination of categories, one of each margin."""


def _fit_all(table: Table, margins: Margins, tolerance: float) -> tuple[int, str, float]:
    """Fit a table in place: after how many rounds, what is farthest off, and by how much."""
    rounds, off, by = 0, "", inf
    moving = True
    while by > tolerance and moving and rounds < MOST_ROUNDS:
        rounds += 1
        before = list(table.values())
        for place, totals in enumerate(margins.values()):
            _fit(table, place, totals)
        off, by = _farthest(table, margins)
        moving = _moves(before, list(table.values()))
    return rounds, off, by


def _fit(table: Table, place: int, totals: Mapping[Hashable, float]) -> None:
    sums = _sums((key[place], weight) for key, weight in table.items())
    for key, weight in table.items():
        if weight:
            table[key] = totals[key[place]] * (weight / sums[key[place]])


def _moves(before: Sequence[float], now: Sequence[float]) -> bool:
    """Whether a round has changed anything that is more than rounding."""
    little = 1e-13 * fsum(now)
    return any(abs(one - other) > little for one, other in zip(before, now, strict=True))


def _farthest(table: Table, margins: Margins) -> tuple[str, float]:
    """The category that is farthest off, and by what share of its margin's total."""
    found = ("", 0.0)
    for place, (name, totals) in enumerate(margins.items()):
        sums = _sums((key[place], weight) for key, weight in table.items())
        whole = fsum(totals.values()) or 1.0
        for kind, total in totals.items():
            by = abs(sums.get(kind, 0.0) - total) / whole
            if by > found[1]:
                found = (f"{name}: {kind}", by)
    return found


def _obstacle(start: Table, margins: Margins, tolerance: float) -> Obstacle:
    for place, totals in enumerate(margins.values()):
        sums = _sums((key[place], weight) for key, weight in start.items())
        if any(total and not sums.get(kind) for kind, total in totals.items()):
            return "empty category"
    wholes = [fsum(totals.values()) for totals in margins.values()]
    if max(wholes) - min(wholes) > tolerance * max(wholes):
        return "totals that differ"
    return "missing combinations"


def _sums(weights: Iterable[tuple[Key, float]]) -> dict[Key, float]:
    parts: dict[Key, list[float]] = {}
    for key, weight in weights:
        parts.setdefault(key, []).append(weight)
    return {key: fsum(each) for key, each in parts.items()}


def _check(cells: Iterable[tuple[Cell, float]], margins: Margins) -> None:
    if not margins:
        raise InvalidValue("margins are none: expected one or more")
    for cell, weight in cells:
        if not 0 <= weight < inf:
            raise InvalidValue(f"a weight is {weight}: expected a number from 0 on")
        for name, totals in margins.items():
            if cell.get(name) not in totals:
                raise InvalidValue(
                    f"a cell is {cell.get(name)!r} in {name!r}: expected one of {list(totals)}"
                )
    for name, totals in margins.items():
        for kind, total in totals.items():
            if not 0 <= total < inf:
                raise InvalidValue(
                    f"the total of {name}: {kind} is {total}: expected a number from 0 on"
                )
