"""Failures of a database: where others were in the way, and where it cannot be used (B6)."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, OperationalError, TimeoutError

from servicecore.errors import InvalidValue, StoreBusy, StoreFailed

BUSY = {
    "23505": "somebody else has written the same meanwhile",
    "40001": "it would not be as if one transaction came after the other",
    "40P01": "transactions waited for each other",
    "53300": "it has too many connections",
    "55P03": "a lock was not to be had in time",
    "57014": "it took too long",
    "57P01": "it is being shut down",
    "57P03": "it is not ready yet",
}
"""What PostgreSQL says when the same may succeed a little later.

A key that is taken is seen before it is written, but not by a host whose transaction reads as of
its beginning: what others have written since then is in its way, and it cannot see it.
"""

NOT_NOW = ("starting up", "shutting down", "too many", "recovery", "terminating", "remaining")
"""What a server says that lets nobody in just now, where no code comes with it."""

LONGEST_TOLD = 500

LOCKED = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}


@contextmanager
def translated() -> Iterator[None]:
    """Raise `StoreBusy` for what may succeed a little later, and `StoreFailed` for what will not.

    What the database says is told, and never what was to be written.
    """
    try:
        yield
    except TimeoutError as error:
        raise StoreBusy("the store is busy: all connections are in use") from error
    except DBAPIError as error:
        if reason := _why_busy(error):
            raise StoreBusy(f"the store is busy: {reason}") from error
        if _sqlite_code(error) == sqlite3.SQLITE_CANTOPEN:
            raise InvalidValue(
                "the database cannot be opened: expected a file that may be read and written, in "
                "a folder that there is"
            ) from error
        raise StoreFailed(f"the database cannot be used: {_told(error)}") from error


def _told(error: DBAPIError) -> str:
    """What the database says, on one line, and no more than a line of it."""
    return " ".join(str(error.orig).split())[:LONGEST_TOLD]


def _why_busy(error: DBAPIError) -> str | None:
    code = getattr(error.orig, "sqlstate", None) or getattr(error.orig, "pgcode", None)
    if code in BUSY:
        return BUSY[code]
    if _sqlite_code(error) in LOCKED:
        return "another transaction has locked it"
    if error.connection_invalidated:
        return "the connection was lost"
    is_unreachable = isinstance(error, OperationalError) and error.statement is None and not code
    if is_unreachable and _sqlite_code(error) is None and not _is_refused(_told(error)):
        return f"it cannot be reached ({_told(error)})"
    return None


def _is_refused(told: str) -> bool:
    """Whether the server answers that it will never let this one in, such as an unknown role."""
    return "FATAL:" in told and not any(words in told for words in NOT_NOW)


def _sqlite_code(error: DBAPIError) -> int | None:
    """The primary result code of SQLite; extended ones have it in their lowest byte."""
    code = getattr(error.orig, "sqlite_errorcode", None)
    return None if code is None else int(code) & 0xFF
