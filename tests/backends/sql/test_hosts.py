"""A host's own transaction: it commits, it rolls back, and nothing of its settings changes (B6)."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from itertools import count

import pytest
from sqlalchemy import Connection, Engine, event
from sqlalchemy.pool import StaticPool

from servicecore.backends.sql import SqlStore, join, migrate
from servicecore.errors import InvalidValue, StoreBusy, StoreConflict
from servicecore.stores import Settlement, Write
from servicecore.testing.samples import append, command, write
from servicecore.testing.store_base import Broken
from servicecore.testing.threads import together
from tests.backends.sql.conftest import MakeEngine
from tests.backends.sql.host import said, say, version


def break_off(store: SqlStore, written: Write) -> None:
    """Append, and raise before the transaction ends."""

    def append_and_raise() -> None:
        with store.transaction(write=True) as tx:
            tx.append("main", [written])
            raise Broken

    with pytest.raises(Broken):
        append_and_raise()


class TestJoined:
    def test_the_host_commits_both(self, engine: Engine) -> None:
        with engine.begin() as connection:
            say(connection, "before")
            tx = join(connection)
            assert tx.joined
            tx.append("main", [write("R1", told=True)], command("c1"))
            say(connection, "behind")
        assert (said(engine), version(engine)) == (["before", "behind"], 1)

    @pytest.mark.parametrize("first", ["host", "store"])
    def test_the_host_rolls_back_both(self, engine: Engine, first: str) -> None:
        """Also where ours was the first to write, which a SAVEPOINT alone would commit."""
        with engine.connect() as connection:
            if first == "host":
                say(connection, "lost")
            join(connection).append("main", [write("R1")])
            connection.rollback()
        assert (said(engine), version(engine)) == ([], 0)

    def test_a_store_on_a_connection_neither_commits_nor_rolls_back(self, engine: Engine) -> None:
        with engine.connect() as connection:
            store = SqlStore(connection)
            append(store, write("R1"))
            break_off(store, write("R2"))
            assert connection.in_transaction()
            assert version(engine) == 0
            connection.commit()
            store.close()
            connection.exec_driver_sql("SELECT 1")
        assert (version(engine), version(engine, "R2")) == (1, 1)

    def test_a_conflict_leaves_the_transaction_as_it_was(self, engine: Engine) -> None:
        append(SqlStore(engine), write("R1"))
        with engine.begin() as connection:
            say(connection, "before")
            tx = join(connection)
            with pytest.raises(StoreConflict):
                tx.append("main", [write("R1")])
            tx.append("main", [write("R1", 1)])
            say(connection, "behind")
        assert (said(engine), version(engine)) == (["before", "behind"], 2)

    @pytest.mark.parametrize("number", range(2, 5))
    def test_what_fails_takes_back_its_own_work_alone(self, engine: Engine, number: int) -> None:
        """A statement that the database refuses aborts the whole transaction on PostgreSQL."""
        with engine.begin() as connection:
            say(connection, "before")
            tx = join(connection)
            with failing(connection, number), pytest.raises(Exception, match="no_such_table"):
                tx.append("main", [write("R1", told=True)], command("c1"))
            assert tx.read("main", "R1").version == 0
            tx.append("main", [write("R2")])
            say(connection, "behind")
        assert said(engine) == ["before", "behind"]
        assert (version(engine), version(engine, "R2")) == (0, 1)

    def test_claims_are_the_hosts_too(self, engine: Engine) -> None:
        append(SqlStore(engine), write("R1", wake=5))
        with engine.connect() as connection:
            (claim,) = join(connection).claim("timer", at=5, lease=10, limit=1)
            connection.rollback()
        with engine.begin() as connection:
            tx = join(connection)
            (again,) = tx.claim("timer", at=5, lease=10, limit=1)
            assert (again.attempt, claim.attempt) == (1, 1)
            tx.settle(again, Settlement(wake=7), at=6)
        with SqlStore(engine).transaction() as tx:
            assert tx.next_due() == 7

    def test_reading_begins_no_transaction_that_writes(self, engine: Engine) -> None:
        with engine.connect() as connection, SqlStore(connection).transaction() as tx:
            tx.read("main", "R1")
            with pytest.raises(InvalidValue, match="is for reading"):
                tx.append("main", [write("R1")])
            append(SqlStore(engine), write("R1"))
        assert version(engine) == 1


@contextmanager
def failing(connection: Connection, number: int) -> Iterator[None]:
    """Within it, the statement of that number asks for a table that there is not."""
    left = count(number, -1)

    def replace(_connection, _cursor, statement, values, _context, _many):
        return ("SELECT * FROM no_such_table", ()) if next(left) == 1 else (statement, values)

    event.listen(connection, "before_cursor_execute", replace, retval=True)
    try:
        yield
    finally:
        event.remove(connection, "before_cursor_execute", replace)


SETTINGS = {
    "sqlite": ["PRAGMA journal_mode", "PRAGMA synchronous", "PRAGMA busy_timeout"],
    "postgresql": ["SHOW lock_timeout", "SHOW transaction_isolation", "SHOW search_path"],
}


class TestNothingIsChanged:
    def test_settings_of_a_connection(self, engine: Engine) -> None:
        with engine.connect() as connection:
            before = settings(connection)
            level = connection.connection.dbapi_connection.isolation_level
            join(connection).append("main", [write("R1")])
            assert settings(connection) == before
            connection.commit()
            assert settings(connection) == before
            assert connection.connection.dbapi_connection.isolation_level == level

    def test_settings_of_an_engine(self, engine: Engine) -> None:
        with engine.connect() as connection:
            before = settings(connection)
        store = SqlStore(engine)
        append(store, write("R1"))
        store.close()
        with engine.connect() as connection:
            assert settings(connection) == before

    def test_every_statement_by_itself_is_refused(self, engine: Engine) -> None:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            with pytest.raises(InvalidValue, match="commits every statement by itself"):
                join(connection)
            with pytest.raises(InvalidValue), SqlStore(connection).transaction():
                pass  # pragma: no cover  # it is refused before
        assert version(engine) == 0


def settings(connection: Connection) -> list[object]:
    asked = SETTINGS[connection.dialect.name]
    told = [connection.exec_driver_sql(question).scalar() for question in asked]
    return [*told, getattr(connection.connection.dbapi_connection, "autocommit", None)]


class TestEngines:
    """Our own transactions on a host's engine, however that begins its own."""

    def test_transactions_are_our_own(self, engine: Engine) -> None:
        store = SqlStore(engine)
        append(store, write("R1"))
        break_off(store, write("R2"))
        with store.transaction() as tx:
            assert not tx.joined
        assert (version(engine), version(engine, "R2")) == (1, 0)

    def test_an_engine_that_commits_every_statement(
        self, url: str, make_engine: MakeEngine
    ) -> None:
        engine = make_engine(url, isolation_level="AUTOCOMMIT")
        store = SqlStore(engine)
        append(store, write("R1"))
        break_off(store, write("R2"))
        assert (version(engine), version(engine, "R2")) == (1, 0)

    def test_repeatable_read_by_default(self, postgres: str, make_engine: MakeEngine) -> None:
        """Two writers at once would conflict with each other in it."""
        engine = make_engine(postgres, isolation_level="REPEATABLE READ")
        append_at_once(SqlStore(engine))
        assert version(engine) == 1

    @pytest.mark.parametrize("begin", ["BEGIN", "BEGIN IMMEDIATE"])
    def test_an_engine_with_begins_of_its_own(
        self, sqlite: str, make_engine: MakeEngine, begin: str
    ) -> None:
        """As SQLAlchemy's documentation has it for SQLite."""
        engine = make_engine(sqlite)

        @event.listens_for(engine, "connect")
        def connect(raw, _record):
            raw.isolation_level = None

        @event.listens_for(engine, "begin")
        def send_begin(connection):
            connection.exec_driver_sql(begin)

        append_at_once(SqlStore(engine))
        assert version(engine) == 1
        with engine.begin() as connection:
            join(connection).append("main", [write("R1", 1)])
        assert version(engine) == 2

    @pytest.mark.skipif(sys.version_info < (3, 12), reason="Python 3.12 brought it")
    def test_an_engine_that_is_always_in_a_transaction(
        self, sqlite: str, make_engine: MakeEngine
    ) -> None:
        engine = make_engine(sqlite, connect_args={"autocommit": False})
        append_at_once(SqlStore(engine))
        assert version(engine) == 1
        with engine.begin() as connection:
            join(connection).append("main", [write("R1", 1)])
        assert version(engine) == 2

    def test_one_connection_for_all_threads(self, make_engine: MakeEngine) -> None:
        options = {"poolclass": StaticPool, "connect_args": {"check_same_thread": False}}
        engine = make_engine("sqlite:///:memory:", **options)
        migrate(engine)
        append_at_once(SqlStore(engine))
        assert version(engine) == 1


def append_at_once(store: SqlStore) -> None:
    """Several threads append the same, and every one that is too late gets a conflict."""

    def one(_number: int) -> None:
        append(store, write("R1"))

    found = together([partial(one, number) for number in range(4)])
    assert sorted(map(type, found), key=str) == [type(None), *[StoreConflict] * 3]


class TestSqlite:
    def test_a_host_that_has_not_begun_is_begun(self, sqlite: str, make_engine: MakeEngine) -> None:
        """By BEGIN IMMEDIATE: whoever else wants to write is kept out from then on."""
        engine = make_engine(sqlite)
        other = SqlStore(make_engine(sqlite, connect_args={"timeout": 0}))
        with engine.connect() as connection:
            tx = join(connection)
            with pytest.raises(StoreBusy, match="has locked it"):
                append(other, write("R1"))
            tx.append("main", [write("R1")])
            connection.commit()
        assert version(engine) == 1

    def test_a_host_that_others_keep_from_writing(
        self, sqlite: str, make_engine: MakeEngine
    ) -> None:
        hasty = make_engine(sqlite, connect_args={"timeout": 0})
        store = SqlStore(sqlite)
        with closing(store), store.transaction(write=True), hasty.connect() as connection:
            with pytest.raises(StoreBusy):
                join(connection)
            assert connection.exec_driver_sql("SELECT 1").scalar() == 1


class TestAsync:
    """Inside `run_sync`, a host's asynchronous connection is one like any other."""

    def test_a_hosts_coroutine_joins(self, url: str) -> None:
        pytest.importorskip("greenlet")
        if url.startswith("sqlite"):
            pytest.importorskip("aiosqlite")
        asyncio.run(host_coroutine(url))


async def host_coroutine(url: str) -> None:
    from sqlalchemy.ext.asyncio import create_async_engine

    driver = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+psycopg"}
    scheme, rest = url.split(":", 1)
    engine = create_async_engine(f"{driver[scheme]}:{rest}")

    def append_two(connection: Connection) -> int:
        tx = join(connection)
        tx.append("main", [write("R1", told=True)], command("c1"))
        append(SqlStore(connection), write("R1", 1))
        return tx.read("main", "R1").version

    async with engine.connect() as connection:
        assert await connection.run_sync(append_two) == 2
        await connection.rollback()
        assert await connection.run_sync(append_two) == 2
        await connection.commit()
    async with engine.connect() as connection:
        with pytest.raises(StoreConflict):
            await connection.run_sync(append_two)
    await engine.dispose()


class TestWhatIsNoDatabaseForUs:
    @pytest.mark.parametrize("source", [5, "desk.db", "mysql://x", "sqlite+aiosqlite:///x", None])
    def test_other_sources(self, source: object) -> None:
        with pytest.raises(InvalidValue, match="expected"):
            SqlStore(source)  # type: ignore[arg-type]  # on purpose

    @pytest.mark.parametrize("timeout", ["0s", "3bd", "soon"])
    def test_times_that_are_none(self, timeout: str) -> None:
        with pytest.raises(InvalidValue):
            SqlStore("sqlite:///:memory:", busy_timeout=timeout)
