"""What the suites are given of a SQL store: statements that fail, and a host beside it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from itertools import count
from typing import Any

from attrs import frozen
from sqlalchemy import Connection, Engine, create_engine, event, text

from servicecore.backends.sql import join
from servicecore.backends.sql.tx import SqlTx
from servicecore.testing import Breaking, Broken


def breaking_on(engine: Engine) -> Breaking:
    """What lets a statement of an engine fail, or the commit of a transaction."""
    return partial(_broken_on, engine)


@contextmanager
def _broken_on(engine: Engine, number: int) -> Iterator[None]:
    """Let the statement of that number fail, from now on; commits are counted as well."""
    statements = count(1)
    commit = engine.dialect.do_commit

    def count_up() -> None:
        if next(statements) == number:
            raise Broken

    def run(_connection: Connection, _cursor: object, statement: str, *_: object) -> None:
        # No database refuses to forget a savepoint that is there.
        if not statement.startswith("RELEASE"):
            count_up()

    def commit_or_fail(connection: Any) -> None:
        try:
            count_up()
        except Broken:
            if engine.dialect.name != "sqlite":  # which stays in it, as when others read too long
                connection.rollback()
            raise
        commit(connection)

    event.listen(engine, "before_cursor_execute", run)
    engine.dialect.do_commit = commit_or_fail  # type: ignore[method-assign]  # a commit that fails
    try:
        yield
    finally:
        event.remove(engine, "before_cursor_execute", run)
        engine.dialect.do_commit = commit  # type: ignore[method-assign]  # a commit that fails


@frozen
class SqlHostTx:
    """A transaction of a host, on a connection of its own."""

    connection: Connection

    def write(self, row: str) -> None:
        self.connection.execute(text("INSERT INTO host_rows (row) VALUES (:row)"), {"row": row})

    def join(self) -> SqlTx:
        return join(self.connection)


class SqlHost:
    """A host with a table of its own, in the database of a store."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        number = "SERIAL" if engine.dialect.name == "postgresql" else "INTEGER"
        columns = f"number {number} PRIMARY KEY, row TEXT NOT NULL"
        with engine.begin() as connection:
            connection.exec_driver_sql(f"CREATE TABLE host_rows ({columns})")

    @contextmanager
    def transaction(self) -> Iterator[SqlHostTx]:
        with self.engine.begin() as connection:
            yield SqlHostTx(connection)

    def rows(self) -> list[str]:
        with self.engine.connect() as connection:
            found = connection.exec_driver_sql("SELECT row FROM host_rows ORDER BY number")
            return list(found.scalars())


@contextmanager
def hosted(url: str) -> Iterator[SqlHost]:
    """A host that opens a database in the way that its library does."""
    engine = create_engine(url)
    host = SqlHost(engine)
    try:
        yield host
    finally:
        with engine.begin() as connection:
            connection.exec_driver_sql("DROP TABLE host_rows")
        engine.dispose()
