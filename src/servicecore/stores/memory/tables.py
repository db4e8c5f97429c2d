"""Tables in memory: rows by key, in order by what they are looked for, and drafts of changes.

A draft shows a table as it will be. The table itself changes when the draft is committed, all at
once; until then nobody else sees any of it, and a draft that is dropped was never there.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterator, Mapping
from heapq import merge
from operator import itemgetter
from typing import Generic, TypeVar

Key = tuple[str | int, ...]
Row = TypeVar("Row")
Found = tuple[Key, Key]
"""The place of a row in an order, and its key."""

_place = itemgetter(0)


class Order(Generic[Row]):
    """Rows in the order of their places; a row without a place is left out.

    A place ends with what no two rows share.
    """

    def __init__(self, place: Callable[[Row], Key | None]) -> None:
        self.place = place
        self.entries: list[Found] = []

    def behind(self, start: Key) -> Iterator[Found]:
        """All that have a place behind that one, or one which begins with it."""
        for number in range(bisect_right(self.entries, start, key=_place), len(self.entries)):
            yield self.entries[number]

    def move(self, key: Key, old: Row | None, new: Row | None) -> None:
        """Put a row where it belongs now."""
        before = None if old is None else self.place(old)
        after = None if new is None else self.place(new)
        if before == after:
            return
        if before is not None:
            del self.entries[bisect_left(self.entries, (before, key))]
        if after is not None:
            insort(self.entries, (after, key))


class Table(Generic[Row]):
    """Rows by key; `places` say where a row stands in each order, by the name of the order."""

    def __init__(self, **places: Callable[[Row], Key | None]) -> None:
        self.rows: dict[Key, Row] = {}
        self.orders = {name: Order(place) for name, place in places.items()}

    def change(self, changes: Mapping[Key, Row | None]) -> None:
        """Take over rows; None takes one away."""
        for key, row in changes.items():
            old = self.rows.pop(key, None)
            if row is not None:
                self.rows[key] = row
            for order in self.orders.values():
                order.move(key, old, row)


class Draft(Generic[Row]):
    """A table with changes that nobody else sees yet."""

    def __init__(self, table: Table[Row]) -> None:
        self._table = table
        self._changes: dict[Key, Row | None] = {}

    def get(self, *key: str | int) -> Row | None:
        """The row of that key; None where there is none."""
        return self._changes[key] if key in self._changes else self._table.rows.get(key)

    def put(self, row: Row, *key: str | int) -> None:
        """Let that be the row of a key."""
        self._changes[key] = row

    def drop(self, *key: str | int) -> None:
        """Take the row of a key away."""
        self._changes[key] = None

    def __iter__(self) -> Iterator[Key]:
        """The keys of all rows, in order."""
        kept = self._table.rows.keys() - self._changes.keys()
        yield from sorted(kept.union(key for key, row in self._changes.items() if row is not None))

    def scan(self, order: str, *prefix: str | int, behind: Key = ()) -> Iterator[tuple[Key, Row]]:
        """The places that begin with a prefix, in order, with their rows; behind one, or all.

        What is put meanwhile may or may not be among them.
        """
        start = (*prefix, *behind)
        kept = self._table.orders[order].behind(start)
        unchanged = (found for found in kept if found[1] not in self._changes)
        for place, key in merge(unchanged, self._changed(order, start)):
            if place[: len(prefix)] != prefix:
                break
            row = self.get(*key)
            if row is not None:
                yield place, row

    def _changed(self, order: str, start: Key) -> list[Found]:
        place_of = self._table.orders[order].place
        places = [(place_of(row), key) for key, row in self._changes.items() if row is not None]
        return sorted((place, key) for place, key in places if place is not None and place > start)

    def commit(self) -> None:
        """Let the table be as the draft shows it."""
        self._table.change(self._changes)
