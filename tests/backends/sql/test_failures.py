"""What is nobody's fault is `StoreBusy`, and what has failed once is never committed (B6)."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Engine, event, make_url
from sqlalchemy.pool import QueuePool

from servicecore.backends.sql import SqlStore
from servicecore.errors import ServiceCoreError, StoreBusy, StoreFailed
from servicecore.stores import CommandKey, Query
from servicecore.testing.samples import append, write
from servicecore.testing.store_base import Broken
from tests.backends.sql.conftest import MakeEngine
from tests.backends.sql.host import version


def test_what_failed_is_not_committed(url: str, make_engine: MakeEngine) -> None:
    """Also where whoever called it goes on as if nothing had been."""
    engine = make_engine(url)
    store = SqlStore(engine)

    def go_on() -> None:
        with store.transaction(write=True) as tx:
            tx.append("main", [write("R1")])

            @event.listens_for(engine, "before_cursor_execute", once=True)
            def fail(*_arguments: object) -> None:
                raise Broken

            with pytest.raises(Broken):
                tx.append("main", [write("R2")])

    with pytest.raises(Broken):
        go_on()
    assert (version(engine), version(engine, "R2")) == (0, 0)


def test_what_was_refused_spoils_nothing(url: str, make_engine: MakeEngine) -> None:
    engine = make_engine(url)
    with SqlStore(engine).transaction(write=True) as tx:
        tx.append("main", [write("R1", told=True)])
        with pytest.raises(ServiceCoreError):
            tx.append("main", [write("R1", told=True)])
        tx.append("main", [write("R1", 1)])
    assert version(engine) == 2


def test_all_connections_are_in_use(url: str, make_engine: MakeEngine) -> None:
    engine = make_engine(url, poolclass=QueuePool, pool_size=1, max_overflow=0, pool_timeout=0.01)
    with engine.connect(), pytest.raises(StoreBusy, match="all connections are in use"):
        append(SqlStore(engine), write("R1"))


def test_readers_that_stay_keep_a_writer_of_sqlite_out(
    sqlite: str, make_engine: MakeEngine
) -> None:
    """Not with a write-ahead log; there is none before the commit anyway."""
    hasty = SqlStore(make_engine(sqlite, connect_args={"timeout": 0}))
    with closing(SqlStore(sqlite)) as store, store.transaction() as tx:
        tx.shards()
        if tx._connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal":
            pytest.skip("readers keep nobody out")
        with pytest.raises(StoreBusy, match="has locked it"):
            append(hasty, write("R1"))
    append(hasty, write("R1"))


class TestPostgres:
    def test_a_connection_that_was_lost(self, postgres: str, make_engine: MakeEngine) -> None:
        """As when the server is started anew; the next transaction has another one."""
        engine = make_engine(postgres)
        with closing(SqlStore(postgres)) as store:
            append(store, write("R1"))
            cut(engine)
            with pytest.raises(StoreBusy):
                append(store, write("R1", 1))
            append(store, write("R1", 1))
        assert version(engine) == 2

    def test_a_connection_that_is_lost_on_the_way(
        self, postgres: str, make_engine: MakeEngine
    ) -> None:
        engine = make_engine(postgres)
        store = SqlStore(postgres)

        def append_while_cut_off() -> None:
            with store.transaction(write=True) as tx:
                tx.append("main", [write("R1")])
                cut(engine)

        with closing(store), pytest.raises(StoreBusy):
            append_while_cut_off()
        assert version(engine) == 0

    def test_a_server_that_does_not_answer(self) -> None:
        store = SqlStore("postgresql://nobody@127.0.0.1:1/none?connect_timeout=2")
        with closing(store), pytest.raises(StoreBusy, match="cannot be reached"):
            append(store, write("R1"))

    def test_a_mistake_is_not_taken_for_being_busy(
        self, postgres: str, make_engine: MakeEngine
    ) -> None:
        engine = make_engine(postgres)
        with engine.connect() as connection, SqlStore(connection).transaction() as tx:
            connection.exec_driver_sql("ALTER TABLE servicecore_heads RENAME TO gone")
            with pytest.raises(StoreFailed, match="servicecore_heads"):
                tx.find("main", Query())

    def test_whom_the_server_never_lets_in_is_not_told_to_try_again(self, postgres: str) -> None:
        """A mistyped name of a database or a role."""
        for part in ({"database": "nosuch"}, {"username": "nosuch"}):
            unknown = make_url(postgres).set(**part).render_as_string(hide_password=False)
            store = SqlStore(unknown)
            with closing(store), pytest.raises(StoreFailed, match=r"FATAL.*nosuch"):
                append(store, write("R1"))


class TestSqliteFailures:
    def test_a_file_that_may_not_be_written(self, sqlite: str, make_engine: MakeEngine) -> None:
        engine = make_engine(f"{sqlite}?mode=ro&uri=true".replace("///", "///file:"))
        with pytest.raises(StoreFailed, match="readonly database"):
            append(SqlStore(engine), write("R1"))

    def test_a_file_that_is_no_database(self, tmp_path: Path) -> None:
        path = tmp_path / "desk.db"
        path.write_text("A desk is where one sits. " * 100)
        store = SqlStore(f"sqlite:///{path}")
        with closing(store), pytest.raises(StoreFailed, match="not a database"):
            append(store, write("R1"))

    def test_what_was_to_be_written_is_not_told(self, sqlite: str) -> None:
        store = SqlStore(sqlite)

        def fail() -> None:
            with closing(store), store.transaction(write=True) as tx:
                tx._connection.exec_driver_sql("DROP TABLE servicecore_commands")
                tx.append("main", [write("R1")], CommandKey(id="secret", digest="d"))

        with pytest.raises(StoreFailed) as failed:
            fail()
        cause = failed.value.__cause__
        assert "secret" not in f"{failed.value} {cause}"


def cut(engine: Engine) -> None:
    """End all other connections to the same database."""
    with engine.connect() as connection:
        connection.exec_driver_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
