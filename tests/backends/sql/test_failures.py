"""What is nobody's fault is `StoreBusy`, and what has failed once is never committed (B6)."""

from __future__ import annotations

from contextlib import closing

import pytest
from sqlalchemy import Engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import QueuePool

from servicecore.backends.sql import SqlStore
from servicecore.errors import ServiceCoreError, StoreBusy
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
            with pytest.raises(DBAPIError):
                tx.read("main", "R1")


def cut(engine: Engine) -> None:
    """End all other connections to the same database."""
    with engine.connect() as connection:
        connection.exec_driver_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
