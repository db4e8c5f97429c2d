"""Turns between the processes that write to one SQLite database (B6).

Where the platform has locks on parts of files, a small file beside the database has two of them:
one is had by whoever writes, the other by whoever is next. Whoever has written and comes again
meets the one who is next, and cannot pass. Elsewhere processes come as SQLite lets them.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from weakref import finalize

from servicecore.errors import StoreBusy

try:
    import fcntl
except ImportError:  # not on Windows
    fcntl = None  # type: ignore[assignment]  # its absence is asked for

SUFFIX = "-turns"
WRITING, NEXT = 0, 1
"""The bytes of the file that stand for the two locks; the file itself is empty."""

LOOK_AGAIN = 0.0005
"""Seconds until somebody who waits looks again; a lock that is waited for knows no timeout."""


class Processes:
    """The turns of the processes that have a database open; one object in each of them.

    Such locks belong to a process, and to close the file gives all of them up. So the file is
    opened once, and stays open.
    """

    def __init__(self, database: str) -> None:
        self._file: int | None = None
        if fcntl is not None:
            # Nothing is lost but fairness where the folder does not take the file.
            with suppress(OSError):
                flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
                self._file = os.open(database + SUFFIX, flags, 0o666)
                finalize(self, os.close, self._file)

    @contextmanager
    def turn(self, patience: float) -> Iterator[None]:
        """Write while nobody else does; `StoreBusy` where that takes too many seconds."""
        if self._file is None:
            yield
            return
        _wait_in_line(self._file, time.monotonic() + patience)
        try:
            yield
        finally:
            _unlock(self._file, WRITING)


def _wait_in_line(file: int, deadline: float) -> None:
    _lock(file, NEXT, deadline)
    try:
        _lock(file, WRITING, deadline)
    finally:
        _unlock(file, NEXT)


def _lock(file: int, byte: int, deadline: float) -> None:
    while True:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, byte)
        except (BlockingIOError, PermissionError):
            if time.monotonic() >= deadline:
                raise StoreBusy("the store is busy: other processes were writing") from None
            time.sleep(LOOK_AGAIN)
        else:
            return


def _unlock(file: int, byte: int) -> None:
    fcntl.lockf(file, fcntl.LOCK_UN, 1, byte)
