"""Engines: what a URL is opened with, and how SQLite is set up in it (B6)."""

from __future__ import annotations

import sqlite3

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import StaticPool

from servicecore.errors import InvalidValue, MissingExtra

Source = str | URL | Engine | Connection
"""What a database is reached by: a URL, or what a host has opened itself."""

DIALECTS = ("sqlite", "postgresql")
DRIVERS = {
    "sqlite": "sqlite",
    "sqlite+pysqlite": "sqlite",
    "postgresql": "postgresql+psycopg",
    "postgresql+psycopg": "postgresql+psycopg",
}
PATIENCE = 10.0
"""Seconds that a transaction waits for others, where nobody has said how many."""

WAL_IS_SAFE = (3, 51, 3)
"""Older SQLite libraries can corrupt a database when a write-ahead log is reset."""


def engine_of(source: str | URL | Engine, patience: float = PATIENCE) -> Engine:
    """The engine of a URL, which waits so many seconds for others; a host's own stays as it is."""
    if isinstance(source, Engine):
        return checked(source)
    url = _url_of(source)
    if url.get_backend_name() == "sqlite":
        return _sqlite(url, patience)
    return _postgresql(url, patience)


def checked(source: Engine | Connection) -> Engine:
    """The engine of what a host has opened; `InvalidValue` where it is no database for us."""
    if source.dialect.name not in DIALECTS:
        raise InvalidValue(
            f"the database is {source.dialect.name!r}: expected SQLite or PostgreSQL"
        )
    return source.engine


def _url_of(source: str | URL) -> URL:
    if not isinstance(source, str | URL):
        raise _no_url(source)
    try:
        url = make_url(source)
    except (ArgumentError, ValueError) as problem:
        raise _no_url(source) from problem
    if url.drivername not in DRIVERS:
        expected = ", ".join(map(repr, DRIVERS))
        raise InvalidValue(
            f"the scheme of the database is {url.drivername!r}: expected one of {expected}, "
            "or an engine that the host makes"
        )
    return url.set(drivername=DRIVERS[url.drivername])


def _no_url(source: object) -> InvalidValue:
    """What is refused; it is not shown, for it may hold a password."""
    return InvalidValue(
        f"a database cannot be opened by a {type(source).__name__} that is no URL: "
        "expected one such as 'sqlite:///desk.db', an Engine or a Connection"
    )


def _sqlite(url: URL, patience: float) -> Engine:
    arguments: dict[str, object] = {"timeout": patience}
    if is_in_memory(url):
        arguments["check_same_thread"] = False
        return create_engine(
            url, connect_args=arguments, poolclass=StaticPool, hide_parameters=True
        )
    engine = create_engine(url, connect_args=arguments, hide_parameters=True)
    event.listen(engine, "connect", _set_up_sqlite)
    return engine


def is_in_memory(url: URL) -> bool:
    """Whether a SQLite database lies in memory, where it has but one connection."""
    return url.database in {None, "", ":memory:"}


def _set_up_sqlite(connection: DBAPIConnection, _record: object) -> None:
    try:
        set_journal(connection, sqlite3.sqlite_version_info)
    except BaseException:
        connection.close()
        raise


def set_journal(connection: DBAPIConnection, version: tuple[int, ...]) -> None:
    """Let a SQLite database be written durably, with a write-ahead log where that is safe.

    Its kind stays with the file, so an older library has to put back what a newer one has set.
    """
    wanted = "wal" if version >= WAL_IS_SAFE else "delete"
    cursor = connection.cursor()
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA journal_mode")
    if cursor.fetchone() != (wanted,):
        cursor.execute(f"PRAGMA journal_mode = {wanted}")
    cursor.close()


def _postgresql(url: URL, patience: float) -> Engine:
    try:
        engine = create_engine(url, isolation_level="READ COMMITTED", hide_parameters=True)
    except ModuleNotFoundError as missing:
        raise MissingExtra("PostgreSQL", "postgres") from missing

    @event.listens_for(engine, "connect")
    def _be_patient(connection: DBAPIConnection, _record: object) -> None:
        cursor = connection.cursor()
        cursor.execute(f"SET lock_timeout = {round(patience * 1000)}")
        cursor.close()
        connection.commit()

    return engine
