"""A mapping made ready for reading: where its columns stand in a row, and what its words mean.

What a word means is worked out when it is first looked up, and after that only looked up.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal

from attrs import define, field, frozen

from servicecore.lifecycle.events import Actor
from servicecore.logs.mapping import (
    EVENTS,
    NOTHING,
    Actors,
    FactColumn,
    LogMapping,
    Meaning,
    Vocabulary,
)
from servicecore.logs.quoting import quoted
from servicecore.logs.rows import Cells
from servicecore.logs.times import Cell, Instants
from servicecore.requests import Fact

Entry = tuple[int, int, Cells, "Decimal | int | None"]
"""A usable row: its line, its instant, its cells, and the number that its request's rows are
ordered by; where a request has a single row, one of its events: with the place of its instant."""


@frozen
class Unnamed:
    """Why a word means nothing here: the mapping does not name it, or it is no number."""

    reason: str


class Words(dict[Cell | Cells | None, Meaning | Unnamed]):
    """What the words of a vocabulary mean; that of several columns is looked up as their cells."""

    def __init__(self, called: str, vocabulary: Vocabulary) -> None:
        super().__init__()
        self.called = called
        self.vocabulary = vocabulary

    def __missing__(self, key: Cell | Cells | None) -> Meaning | Unnamed:
        """Work out what a word means that was not seen before."""
        cells = key if isinstance(key, tuple) else (key,)
        word = self.vocabulary.joined.join(str(cell) for cell in cells if cell is not None)
        unnamed = Unnamed(f"the {self.called} {quoted(word)} is not named in the mapping")
        self[key] = found = self.vocabulary.names.get(word, unnamed if word else Meaning(NOTHING))
        return found


class FactWords(dict[Cell, Fact | Unnamed]):
    """What the cells of a column of facts mean."""

    def __init__(self, name: str, column: FactColumn) -> None:
        super().__init__()
        self.name = name
        self.column = column

    def __missing__(self, cell: Cell) -> Fact | Unnamed:
        """Work out what a cell means that was not seen before."""
        self[cell] = found = self._meaning(str(cell))
        return found

    def _meaning(self, text: str) -> Fact | Unnamed:
        if self.column.values is not None:
            unnamed = Unnamed(f"the {self.name} {quoted(text)} is not named in the mapping")
            return self.column.values.get(text, unnamed)
        if self.column.kind == "words":
            parts = (part.strip() for part in text.split(self.column.separator))
            return frozenset(filter(None, parts))
        try:
            return _READERS[self.column.kind](text)
        except ValueError:
            return Unnamed(f"the {self.name} {quoted(text)} is no {self.column.kind}")


_READERS: dict[str, Callable[[str], Fact]] = {"text": str, "integer": int, "number": float}


class ActorWords(dict[tuple[Cell | None, Cell | None], Actor | Unnamed | None]):
    """Who a name and a word for their side are."""

    def __init__(self, actors: Actors) -> None:
        super().__init__()
        self.actors = actors

    def __missing__(self, key: tuple[Cell | None, Cell | None]) -> Actor | Unnamed | None:
        """Work out who that is; without a name it is somebody on that side, or nobody known."""
        self[key] = found = self._actor(*key)
        return found

    def _actor(self, name: Cell | None, word: Cell | None) -> Actor | Unnamed | None:
        if name is None and word is None:
            return None
        side = self.actors.side if word is None else self.actors.sides.get(str(word))
        if side is None:
            return Unnamed(f"the side {quoted(word)} is not named in the mapping")
        return Actor(str(name or side), side)


@define
class Slots:
    """The columns that are read of every row, and the place of each among a row's cells."""

    columns: list[str] = field(factory=list)

    def slot(self, column: str) -> int:
        """The place of a column's cell."""
        self.columns.append(column)
        return len(self.columns) - 1

    def maybe(self, column: str | None) -> int | None:
        """The place of a column's cell, where there is such a column."""
        return None if column is None else self.slot(column)

    def word(self, vocabulary: Vocabulary) -> int | slice:
        """The place of the cell, or the cells, that make a word."""
        first, *others = map(self.slot, vocabulary.columns)
        return slice(first, first + len(others) + 1) if others else first

    def actor(self, actors: Actors) -> tuple[int, int | None, ActorWords]:
        """The places of a name and of the word for its side."""
        return self.slot(actors.column), self.maybe(actors.side_column), ActorWords(actors)


@frozen(kw_only=True)
class Plan:
    """A mapping made ready for the rows of one file.

    The first cell of every row is its request, and with a row per event the second its time; the
    other places are given here.
    """

    mapping: LogMapping
    columns: tuple[str, ...]
    instants: Instants
    moments: Mapping[int, Meaning]
    """For a row per request: what happened at the instant in each place."""
    opened: int | None
    order: int | None
    words: tuple[tuple[int | slice, Words], ...]
    actor: tuple[int, int | None, ActorWords] | None
    standing: slice
    """The cells that say how a request stands: facts, group and person."""
    told: slice
    """Those of them that are facts."""
    facts: tuple[tuple[int, str, FactWords], ...]
    group: int | None
    person: int | None

    def meanings(self, entry: Entry) -> list[Meaning]:
        """What a row says that happened; a word that may be ignored says nothing."""
        _, _, cells, place = entry
        if self.moments:
            return [self.moments[int(place or 0)]]
        words = [words[cells[slot]] for slot, words in self.words]
        return [meaning for meaning in words if isinstance(meaning, Meaning)]


def plan_of(mapping: LogMapping) -> Plan:
    """The plan of a mapping."""
    slots = Slots()
    slots.slot(mapping.request)
    slots.maybe(mapping.time)
    opened, order = slots.maybe(mapping.opened), slots.maybe(mapping.order_column)
    actor = slots.actor(mapping.actors) if mapping.actors else None
    named = (("activity", mapping.activities), ("status", mapping.status))
    words = [(slots.word(words), Words(called, words)) for called, words in named if words]
    moments = {
        slots.slot(mapping.instants[event]): Meaning(event)
        for event in sorted(mapping.instants, key=_rank)
    }
    first_fact = len(slots.columns)
    facts = [
        (slots.slot(column.column), name, FactWords(name, column))
        for name, column in mapping.facts.items()
    ]
    return Plan(
        mapping=mapping,
        instants=Instants(mapping.times),
        moments=moments,
        opened=opened,
        order=order,
        words=tuple(words),
        actor=actor,
        standing=slice(first_fact, None),
        told=slice(first_fact, first_fact + len(facts)),
        facts=tuple(facts),
        group=slots.maybe(mapping.group),
        person=slots.maybe(mapping.person),
        columns=tuple(slots.columns),
    )


def _rank(event: str) -> int:
    """Where an event stands among those of the same instant; statuses before the resolution."""
    return EVENTS.index(event if event in EVENTS else "resolved") * 2 - (event not in EVENTS)
