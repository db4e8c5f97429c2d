"""Transactions: our own on an engine, and those of a host (B6).

The driver of SQLite begins none before the first change, unless it was told to; so this sends every
BEGIN itself, and leaves alone how a host's connections are set.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

from attrs import frozen
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import StaticPool

from servicecore.backends.sql.engines import PATIENCE, checked
from servicecore.backends.sql.failures import translated
from servicecore.backends.sql.turns import Turns, turns_of
from servicecore.errors import InvalidValue


@frozen
class Database:
    """An engine, whose turn it is on SQLite, and how many seconds somebody waits for theirs.

    Where there is but one connection, which all threads share, those that read queue up too.
    """

    engine: Engine
    turns: Turns | None
    is_shared: bool
    patience: float

    @classmethod
    def of(cls, engine: Engine, patience: float = PATIENCE) -> Database:
        """The database of an engine."""
        return cls(engine, turns_of(engine), isinstance(engine.pool, StaticPool), patience)

    def queue(self, *, write: bool) -> AbstractContextManager[None]:
        """What comes before a transaction."""
        queues = write or self.is_shared
        return self.turns.taken(self.patience) if self.turns and queues else nullcontext()


@contextmanager
def begun(database: Database, *, write: bool) -> Iterator[Connection]:
    """A transaction of our own, which is undone unless whoever has it commits it."""
    with database.queue(write=write):
        with translated():
            connection = database.engine.connect()
        with connection:
            with translated():
                connection = _begin(connection, write=write)
            try:
                yield connection
            finally:
                _undo(connection)


def _begin(connection: Connection, *, write: bool) -> Connection:
    if connection.dialect.name == "postgresql":
        return connection.execution_options(isolation_level="READ COMMITTED")
    connection.begin()
    if write:
        _begin_immediately(connection)
    elif not is_in_transaction(connection):
        connection.exec_driver_sql("BEGIN")
    return connection


def _begin_immediately(connection: Connection) -> None:
    """Take the lock of those who write, before anything is read."""
    # A host's engine may have sent a BEGIN of its own, one that cannot wait for other writers.
    if is_in_transaction(connection):
        connection.exec_driver_sql("ROLLBACK")
    try:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    except DBAPIError:
        connection.exec_driver_sql("BEGIN")  # which the driver wants to roll back
        raise


def _undo(connection: Connection) -> None:
    """Roll back what is still open, also on an engine that never does because of autocommit.

    A commit that waited too long for readers leaves SQLite in the transaction, which SQLAlchemy
    takes for over: the driver is asked, or whoever gets the connection next would commit it.
    """
    on_sqlite = connection.dialect.name == "sqlite" and not connection.invalidated
    if on_sqlite and is_in_transaction(connection):
        connection.connection.rollback()


def is_in_transaction(connection: Connection) -> bool:
    """Whether a connection of SQLite is in a transaction, whoever has begun it."""
    return bool(getattr(connection.connection.driver_connection, "in_transaction", False))


def joined(connection: Connection, *, write: bool) -> Connection:
    """The transaction of a host, begun if it is not; `InvalidValue` where there is to be none.

    On SQLite a transaction that is not begun would begin with our savepoint, and end with it.
    """
    checked(connection)
    with translated():
        if not connection.in_transaction():
            connection.begin()
        on_sqlite = connection.dialect.name == "sqlite"
        if _is_autocommit(connection, on_sqlite=on_sqlite):
            raise InvalidValue(
                "the host's connection commits every statement by itself: "
                "expected one with transactions"
            )
        if on_sqlite and write and not is_in_transaction(connection):
            connection.exec_driver_sql("BEGIN IMMEDIATE")
    return connection


def _is_autocommit(connection: Connection, *, on_sqlite: bool) -> bool:
    raw = connection.connection.dbapi_connection
    if getattr(raw, "autocommit", False) is True:
        return True
    by_hand = on_sqlite and getattr(raw, "isolation_level", "") is None
    return by_hand and not is_in_transaction(connection)
