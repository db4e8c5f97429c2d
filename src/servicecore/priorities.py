"""Priorities: how pressing a request is, by what impact and urgency give or by an override."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Literal, Self

from attrs import field, frozen

from servicecore.errors import InvalidValue, UnknownName
from servicecore.faults import Faults


class Impact(StrEnum):
    """How much of the customer's business is hurt: the levels of the default matrix."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Urgency(StrEnum):
    """How soon it hurts: the levels of the default matrix."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


@frozen
class Priority:
    """How pressing a request is, and why: what the matrix says, or an override with its reason.

    >>> Priority("critical", "override", reason="their shop is closed").level
    'critical'
    >>> Priority("critical", "override")
    Traceback (most recent call last):
    ...
    servicecore.errors.InvalidValue: an override to 'critical' needs a reason: who decided it, why
    """

    level: str
    source: Literal["matrix", "override"]
    reason: str = ""
    impact: str | None = None
    urgency: str | None = None

    def __attrs_post_init__(self) -> None:
        if self.source not in ("matrix", "override"):
            raise InvalidValue(f"source is {self.source!r}: expected 'matrix' or 'override'")
        if self.source == "override" and not str(self.reason or "").strip():
            raise InvalidValue(f"an override to {self.level!r} needs a reason: who decided it, why")

    def __str__(self) -> str:
        return self.level


ANY_PRIORITY = "*"
"""Stands for every priority that a policy does not name; no level may be called so."""


def _in_order(levels: Iterable[str]) -> tuple[str, ...]:
    if isinstance(levels, str) or not isinstance(levels, Iterable):
        raise InvalidValue(f"priorities are {levels!r}: expected a list of names")
    return tuple(levels)


def _rows(table: Mapping[str, Mapping[str, str]]) -> Mapping[str, Mapping[str, str]]:
    if not isinstance(table, Mapping):
        raise InvalidValue(f"the matrix is {table!r}: expected a table of impacts")
    rows = {}
    for impact, row in table.items():
        if not isinstance(row, Mapping):
            raise InvalidValue(f"matrix.{impact}: found {row!r}; expected a table of urgencies")
        rows[str(impact)] = MappingProxyType({str(each): row[each] for each in row})
    return MappingProxyType(rows)  # keyed by plain text, which is all that files can hold


@frozen
class PriorityMatrix:
    """What impact × urgency gives, as data: a row for every impact, a cell for every urgency.

    `priorities` are all levels from the most to the least pressing, those included that only an
    override gives; where they are not given, they are in the order in which the cells name them.
    A matrix without cells is a mere list of priorities: each is given by hand.

    >>> DEFAULT_MATRIX.priority(Impact.HIGH, Urgency.MEDIUM)
    Priority(level='high', source='matrix', reason='', impact='high', urgency='medium')
    >>> DEFAULT_MATRIX.priorities
    ('critical', 'high', 'moderate', 'low')
    """

    cells: Mapping[str, Mapping[str, str]] = field(converter=_rows, hash=False)
    priorities: tuple[str, ...] = field(converter=_in_order)

    @priorities.default
    def _named(self) -> tuple[str, ...]:
        levels = (level for row in self.cells.values() for level in row.values())
        return tuple(dict.fromkeys(filter(_is_level, levels)))

    def __reduce__(self) -> tuple[type[Self], tuple[object, ...]]:
        return type(self), (self.to_dict(), self.priorities)  # read-only views do not pickle

    def __attrs_post_init__(self) -> None:
        faults = Faults()
        _check_cells(self.cells, faults)
        _check_order(self.priorities, self._named(), faults)
        faults.refuse("priorities")

    @classmethod
    def from_dict(
        cls, table: Mapping[str, Mapping[str, str]], order: Iterable[str] | None = None
    ) -> Self:
        """The matrix of ``{impact: {urgency: priority}}``, its priorities in the `order` given.

        Raises `FaultyTable` with every cell that is missing, and with every priority of a cell that
        the order leaves out.

        >>> PriorityMatrix.from_dict({"high": {"now": "p1", "later": "p2"}, "low": {"now": "p3"}})
        Traceback (most recent call last):
        ...
        servicecore.faults.FaultyTable: priorities: matrix.low.later: missing; expected the priority
        """
        return cls(table) if order is None else cls(table, order)

    def priority(self, impact: str, urgency: str) -> Priority:
        """The priority of that impact and urgency; `UnknownName` for a level it does not have."""
        return Priority(self.level(impact, urgency), "matrix", "", str(impact), str(urgency))

    def level(self, impact: str, urgency: str) -> str:
        """The mere level of that impact and urgency; `UnknownName` for one it does not have."""
        row = self.cells.get(str(impact))
        if row is None:
            raise UnknownName("impact", impact, self.cells)
        if str(urgency) not in row:
            raise UnknownName("urgency", urgency, row)
        return row[str(urgency)]

    def override(
        self, level: str, reason: str, *, impact: str | None = None, urgency: str | None = None
    ) -> Priority:
        """Another priority than the matrix gives, with the reason for it.

        Raises `UnknownName` for a level that is none of `priorities`, `InvalidValue` without a
        reason.

        >>> print(DEFAULT_MATRIX.override("critical", "their shop is closed", impact="low"))
        critical
        """
        if level not in self.priorities:
            raise UnknownName("priority", level, self.priorities)
        return Priority(level, "override", reason, impact, urgency)

    def to_dict(self) -> dict[str, dict[str, str]]:
        """The cells as `from_dict` takes them."""
        return {impact: dict(row) for impact, row in self.cells.items()}


def _is_level(level: object) -> bool:
    return isinstance(level, str) and bool(level.strip()) and level != ANY_PRIORITY


def _check_cells(cells: Mapping[str, Mapping[str, str]], faults: Faults) -> None:
    urgencies = dict.fromkeys(urgency for row in cells.values() for urgency in row)
    for impact, row in cells.items():
        for urgency in urgencies:
            place = ("matrix", impact, urgency)
            if urgency not in row:
                faults.add(place, "missing; expected the priority")
            elif not _is_level(row[urgency]):
                faults.add(place, f"found {row[urgency]!r}; expected the name of a priority")
        if not urgencies:
            faults.add(("matrix", impact), "has no cells; expected a priority for every urgency")


def _check_order(order: tuple[object, ...], named: tuple[str, ...], faults: Faults) -> None:
    for position, level in enumerate(order):
        if not _is_level(level):
            faults.add(("order", position), f"found {level!r}; expected the name of a priority")
        if level in order[:position]:
            faults.add(("order", position), f"{level!r} is listed twice")
    for level in named:
        if level not in order:
            faults.add(("order",), f"leaves out {level!r}, which a cell of the matrix gives")
    if not order and not faults.found:
        faults.add((), "no priorities; expected at least one")


DEFAULT_MATRIX = PriorityMatrix(
    {
        Impact.HIGH: {Urgency.HIGH: "critical", Urgency.MEDIUM: "high", Urgency.LOW: "moderate"},
        Impact.MEDIUM: {Urgency.HIGH: "high", Urgency.MEDIUM: "moderate", Urgency.LOW: "low"},
        Impact.LOW: {Urgency.HIGH: "moderate", Urgency.MEDIUM: "low", Urgency.LOW: "low"},
    }
)
