"""Knowledge of neighbouring years that grows on demand (C8)."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

from servicecore.errors import InvalidValue
from servicecore.instants import to_datetime
from servicecore.sla.wall import start_of_year

FIRST_YEAR = 1900
LAST_YEAR = 2199
"""Calendars answer for these years; other instants are refused."""

START = start_of_year(FIRST_YEAR)
END = start_of_year(LAST_YEAR + 1)

Chunk = TypeVar("Chunk")
Compiled = TypeVar("Compiled")


def year_of(instant: int) -> int:
    """The year of an instant in UTC; `InvalidValue` where calendars do not answer."""
    if not START <= instant < END:
        raise InvalidValue(
            f"{shown(instant)} is out of range: "
            f"calendars answer for the years {FIRST_YEAR} to {LAST_YEAR}"
        )
    return to_datetime(instant).year


def shown(instant: int) -> str:
    """An instant for a message."""
    return to_datetime(instant).strftime("%Y-%m-%d %H:%M %Z")


class Years(Generic[Chunk, Compiled]):
    """The chunks of neighbouring years, put together.

    `compiled` is one immutable value that growing replaces under a lock: readers in other threads
    see the old one or the new one and nothing in between.
    """

    __slots__ = ("_assemble", "_chunk_of", "_known", "_lock", "_made", "compiled")

    def __init__(
        self, chunk_of: Callable[[int], Chunk], assemble: Callable[[dict[int, Chunk]], Compiled]
    ) -> None:
        self._chunk_of = chunk_of
        self._assemble = assemble
        self._made: dict[int, Chunk] = {}
        self._known = range(0)
        self._lock = Lock()
        self.compiled = assemble({})

    def chunk(self, year: int) -> Chunk:
        """What is known of one year, whether it is put together with others or not."""
        if year not in self._made:
            self._made[year] = self._chunk_of(year)
        return self._made[year]

    def cover(self, *years: int) -> Compiled:
        """Know at least these years and all between them, as far as calendars answer."""
        with self._lock:
            ends = (*self._known[:1], *self._known[-1:])
            asked = [min(max(year, FIRST_YEAR), LAST_YEAR) for year in (*years, *ends)]
            wanted = range(min(asked), max(asked) + 1)
            if len(wanted) > len(self._known):
                self.compiled = self._assemble({year: self.chunk(year) for year in wanted})
                self._known = wanted
            return self.compiled

    def further(self, step: int) -> Compiled:
        """Know about twice as many years: later ones for `step` 1, earlier ones for -1."""
        known = self._known
        end = known[-1] if step > 0 else known[0]
        return self.cover(end + step * len(known), end)
