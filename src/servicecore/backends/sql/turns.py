"""Turns: the writers of a SQLite database come one after the other, first come, first served (B6).

SQLite itself lets those who wait try again now and then, so whoever is quick comes first every
time, and others never.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from os.path import realpath
from threading import Lock, get_ident
from weakref import WeakValueDictionary

from sqlalchemy import Engine
from sqlalchemy.pool import StaticPool

from servicecore.errors import StoreBusy

HANDED_OVER = 0
"""Stands for the thread that is next and has not woken up yet; no thread has this number."""


class Turns:
    """A lock that threads get in the order in which they asked for it."""

    def __init__(self) -> None:
        self._mutex = Lock()
        self._holder: int | None = None
        self._waiting: deque[Lock] = deque()

    @contextmanager
    def taken(self, patience: float) -> Iterator[None]:
        """Hold it; `StoreBusy` if that takes longer than `patience` seconds, or has no end."""
        self._take(patience)
        try:
            yield
        finally:
            self._give()

    def _take(self, patience: float) -> None:
        with self._mutex:
            if self._holder is None:
                self._holder = get_ident()
                return
            if self._holder == get_ident():
                raise StoreBusy("the store is busy: this thread is in a transaction of it already")
            signal = Lock()
            signal.acquire()
            self._waiting.append(signal)
        got_it = signal.acquire(timeout=patience)
        with self._mutex:
            if not got_it and signal in self._waiting:
                self._waiting.remove(signal)
                raise StoreBusy("the store is busy: others were writing all the time")
            self._holder = get_ident()

    def _give(self) -> None:
        with self._mutex:
            self._holder = HANDED_OVER if self._waiting else None
            if self._waiting:
                self._waiting.popleft().release()


_known: WeakValueDictionary[object, Turns] = WeakValueDictionary()
_knowing = Lock()


def turns_of(engine: Engine) -> Turns | None:
    """The turns of the database of an engine, the same for all that have it open in this process.

    None for PostgreSQL, which has its own.
    """
    if engine.dialect.name != "sqlite":
        return None
    if is_shared(engine):
        key: object = engine.pool
    else:
        key = realpath(engine.url.database or "")
    with _knowing:
        return _known.setdefault(key, Turns())


def is_shared(engine: Engine) -> bool:
    """Whether there is but one connection, which all threads share; then readers queue up too."""
    return isinstance(engine.pool, StaticPool)
