"""Turns: the writers of a SQLite database come one after the other, first come, first served (B6).

SQLite itself lets those who wait try again now and then, so whoever is quick comes first every
time, and others never.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from os.path import realpath
from threading import Lock, get_ident
from weakref import WeakValueDictionary

from sqlalchemy import Engine

from servicecore.backends.sql.engines import is_in_memory
from servicecore.backends.sql.processes import Processes
from servicecore.errors import StoreBusy

HANDED_OVER = 0
"""Stands for the thread that is next and has not woken up yet; no thread has this number."""


class Turns:
    """A lock that threads get in the order in which they asked for it.

    With the path of a database, processes take turns as well.
    """

    def __init__(self, database: str | None = None) -> None:
        self._processes = None if database is None else Processes(database)
        self._mutex = Lock()
        self._holder: int | None = None
        self._waiting: deque[Lock] = deque()

    @contextmanager
    def taken(self, patience: float) -> Iterator[None]:
        """Hold it; `StoreBusy` if that takes longer than `patience` seconds, or has no end."""
        began = time.monotonic()
        self._take(patience)
        try:
            if self._processes is None:
                yield
                return
            with self._processes.turn(patience - (time.monotonic() - began)):
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
        try:
            got_it = signal.acquire(timeout=patience)
        except BaseException:  # such as that of a signal's handler
            self._leave(signal)
            raise
        with self._mutex:
            if not got_it and signal in self._waiting:
                self._waiting.remove(signal)
                raise StoreBusy("the store is busy: others were writing all the time")
            self._holder = get_ident()

    def _leave(self, signal: Lock) -> None:
        """Wait no longer; a turn that has been handed over already goes to the next."""
        with self._mutex:
            if signal in self._waiting:
                self._waiting.remove(signal)
                return
        self._give()

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
    path = _file_of(engine)
    key = path or engine.pool
    with _knowing:
        turns = _known.get(key)
        if turns is None:
            turns = _known[key] = Turns(path)
        return turns


def _file_of(engine: Engine) -> str | None:
    """The file of a database; None for one in memory, or by a name that SQLite alone can read."""
    path = engine.url.database or ""
    is_file = not (is_in_memory(engine.url) or path.startswith("file:"))
    return realpath(path) if is_file else None
