"""The SQL store: by a URL, on a host's engine, or in a host's transaction (B6)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from threading import Lock
from weakref import WeakSet

from sqlalchemy import Connection, Engine
from sqlalchemy.pool import Pool

from servicecore.backends.sql.engines import Source, checked, engine_of
from servicecore.backends.sql.failures import translated
from servicecore.backends.sql.migrations import check_version, found_version, migrate
from servicecore.backends.sql.transactions import Database, begun
from servicecore.backends.sql.transactions import joined as joined_to
from servicecore.backends.sql.tx import SqlTx
from servicecore.errors import InvalidValue
from servicecore.instants import SECOND, to_period
from servicecore.stores import Tx

_right: WeakSet[Pool] = WeakSet()
"""What was seen to have the tables of this release."""


class SqlStore:
    """A store in SQLite or PostgreSQL. Threads may share it, unless it is on a connection.

    `source` is one of three. With a URL, ``"sqlite:///desk.db"``, ``"sqlite:///:memory:"`` or
    ``"postgresql://…"``, the store has connections of its own. With a host's `Engine` it has
    transactions of its own on that. With a host's `Connection`, every transaction is a part of the
    host's, who commits it: nothing is tried again, and what fails takes back its own work alone.

    With `create`, tables are made where there are none; it is so by default for SQLite by a URL,
    and elsewhere `migrate` makes them. Other versions of the tables are refused (`SchemaMismatch`)
    when the store is first used. `busy_timeout` is how long a transaction waits for others before
    it raises `StoreBusy`; a host's own engine and its server have waiting times of their own.

    On SQLite, writers of all threads come in the order in which they began to wait, and so do
    processes, by a small file beside the database, ``desk.db-turns``.

    >>> store = SqlStore("sqlite:///desk.db")
    >>> with store.transaction() as tx:
    ...     tx.shards()
    ()
    >>> store.close()
    """

    def __init__(
        self,
        source: Source,
        *,
        create: bool | None = None,
        busy_timeout: timedelta | str = "10s",
    ) -> None:
        patience = _seconds(busy_timeout)
        self._host = source if isinstance(source, Connection) else None
        self._owned = not isinstance(source, Connection | Engine)
        self._closed = False
        self._creating = Lock()
        if isinstance(source, Connection):
            self._engine = checked(source)
        else:
            self._engine = engine_of(source, patience)
        self._database = Database.of(self._engine, patience)
        by_itself = self._owned and self._engine.dialect.name == "sqlite"
        self._create = by_itself if create is None else create

    @contextmanager
    def transaction(self, *, write: bool = False) -> Iterator[Tx]:
        """A transaction; it commits at the end of the ``with``, and an exception undoes it all.

        One that writes on SQLite waits for its turn. On a host's connection the host does all that.
        """
        if self._closed:
            raise InvalidValue("the store is closed: expected one that is open")
        if self._host is not None:
            with _ending(_joined(self._host, write=write)) as tx:
                yield tx
            return
        self._make_tables()
        with begun(self._database, write=write) as connection:
            _check(connection)
            with _ending(SqlTx(connection, joined=False, write=write)) as tx:
                yield tx

    def _make_tables(self) -> None:
        if not self._create or self._engine.pool in _right:
            return
        with self._creating:
            with begun(self._database, write=False) as connection:
                found = found_version(connection)
            if found is None:
                migrate(self._engine)

    def close(self) -> None:
        """Close the connections, if they are the store's own; it is of no use afterwards."""
        self._closed = True
        if self._owned:
            self._engine.dispose()


def join(connection: Connection) -> Tx:
    """The transaction of a host as one of a store, for ``desk.handle(command, tx=join(…))``.

    The host commits or rolls back, and both do so with what was written here. It is a transaction
    that writes: on SQLite it begins with BEGIN IMMEDIATE, unless it has begun already. To read in
    one, take ``SqlStore(connection).transaction()``. Raises `InvalidValue` for a connection that
    commits every statement by itself, and `StoreBusy` where others are writing for too long.
    """
    return _joined(connection, write=True)


def _joined(connection: Connection, *, write: bool) -> SqlTx:
    _check(joined_to(connection, write=write))
    return SqlTx(connection, joined=True, write=write)


@contextmanager
def _ending(tx: SqlTx) -> Iterator[SqlTx]:
    try:
        yield tx
    except BaseException:
        tx.abandon()
        raise
    tx.end()


def _check(connection: Connection) -> None:
    """Refuse tables of another version, at first use."""
    pool = connection.engine.pool
    if pool not in _right:
        with translated():
            check_version(connection)
        _right.add(pool)


def _seconds(busy_timeout: timedelta | str) -> float:
    return to_period(busy_timeout, "busy_timeout") / SECOND
