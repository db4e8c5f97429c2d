"""Tables: made by numbered migrations, once, and refused where they are of another version (B8)."""

from __future__ import annotations

from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, inspect

from servicecore.backends.sql import SqlStore, join, metadata, migrate
from servicecore.backends.sql import migrations as migrations_module
from servicecore.backends.sql.migrations import MIGRATIONS
from servicecore.backends.sql.schema import schema
from servicecore.errors import SchemaMismatch
from servicecore.testing.samples import append, write
from servicecore.testing.threads import together
from tests.backends.sql.conftest import MakeEngine

ALL = tuple(
    f"{number}: {each.__doc__[0].lower()}{each.__doc__[1:-1]}"
    for number, each in enumerate(MIGRATIONS, 1)
    if each.__doc__
)


@pytest.fixture(params=["sqlite", "postgresql"])
def bare(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database with nothing in it."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'bare.db'}"
    return request.getfixturevalue("bare_postgres")


@pytest.fixture
def engine(bare: str, make_engine: MakeEngine) -> Engine:
    return make_engine(bare)


class TestMigrate:
    def test_it_says_what_it_did_and_does_it_once(self, bare: str, engine: Engine) -> None:
        assert migrate(bare) == ALL
        assert migrate(bare) == migrate(engine) == ()
        append(SqlStore(engine), write("R1"))
        assert migrate(engine) == ()

    def test_several_at_once(self, bare: str) -> None:
        """One does it, and the others wait and have nothing left to do."""
        found = together([partial(migrate, bare)] * 4)
        assert sorted(found) == [(), (), (), ALL]

    def test_in_a_hosts_transaction(self, engine: Engine) -> None:
        """As a host's own migration does it; here it is undone at first."""
        with engine.connect() as connection:
            assert migrate(connection) == ALL
            join(connection).append("main", [write("R1")])
            connection.rollback()
        assert inspect(engine).get_table_names() == []
        with engine.begin() as connection:
            assert migrate(connection) == ALL
        append(SqlStore(engine), write("R1"))

    def test_a_step_that_fails_leaves_nothing(
        self, engine: Engine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def broken(connection: Connection) -> None:
            connection.exec_driver_sql("CREATE TABLE half (done TEXT)")
            raise ZeroDivisionError

        monkeypatch.setattr(migrations_module, "MIGRATIONS", (*MIGRATIONS, broken))
        with pytest.raises(ZeroDivisionError):
            migrate(engine)
        assert inspect(engine).get_table_names() == []

    def test_from_one_release_to_the_next(
        self, engine: Engine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        migrate(engine)
        append(SqlStore(engine), write("R1"))

        def more(connection: Connection) -> None:
            """One table more."""
            connection.exec_driver_sql("CREATE TABLE servicecore_more (said TEXT)")

        monkeypatch.setattr(migrations_module, "MIGRATIONS", (*MIGRATIONS, more))
        number = len(MIGRATIONS) + 1
        assert migrate(engine) == (f"{number}: one table more",)
        assert "servicecore_more" in inspect(engine).get_table_names()

    def test_tables_that_a_host_has_made_from_the_metadata(self, engine: Engine) -> None:
        metadata.create_all(engine)
        assert migrate(engine) == ALL
        append(SqlStore(engine), write("R1"))

    def test_the_metadata_says_what_the_migrations_make(
        self, engine: Engine, make_engine: MakeEngine, tmp_path: Path
    ) -> None:
        """An Alembic that compares the two finds nothing to be done."""
        migrate(engine)
        made = described(engine)
        with engine.begin() as connection:
            metadata.drop_all(connection)
            metadata.create_all(connection)
        assert described(engine) == made


def described(engine: Engine) -> dict[str, object]:
    """Columns, keys and indexes of all tables."""
    found = inspect(engine)
    dialect = engine.dialect
    return {
        name: {
            "columns": [
                (each["name"], each["type"].compile(dialect), each["nullable"], each["default"])
                for each in sorted(found.get_columns(name), key=lambda each: each["name"])
            ],
            "key": found.get_pk_constraint(name)["constrained_columns"],
            "unique": found.get_unique_constraints(name),
            "indexes": indexes(engine, name),
        }
        for name in sorted(found.get_table_names())
    }


INDEXES = {
    "sqlite": "SELECT sql FROM sqlite_master WHERE type = 'index' AND tbl_name = '{}'",
    "postgresql": "SELECT indexdef FROM pg_indexes WHERE tablename = '{}'",
}


def indexes(engine: Engine, table: str) -> list[str]:
    """The definitions of the indexes, spaces and quotes aside."""
    with engine.connect() as connection:
        rows = connection.exec_driver_sql(INDEXES[engine.dialect.name].format(table)).scalars()
        return sorted(
            " ".join(row.replace('"', "").split()).replace(" IF NOT EXISTS", "")
            for row in rows
            if row
        )


class TestOtherVersions:
    def test_no_tables(self, engine: Engine) -> None:
        with pytest.raises(SchemaMismatch, match="has no tables of servicecore"):
            append(SqlStore(engine), write("R1"))

    def test_no_tables_in_a_hosts_transaction(self, engine: Engine) -> None:
        """It can go on, and so make them."""
        with engine.begin() as connection:
            connection.exec_driver_sql("CREATE TABLE host (said TEXT)")
            with pytest.raises(SchemaMismatch):
                join(connection)
            migrate(connection)
            join(connection).append("main", [write("R1")])
        assert "host" in inspect(engine).get_table_names()

    @pytest.mark.parametrize("version", [0, 99])
    def test_another_version(self, engine: Engine, version: int) -> None:
        migrate(engine)
        with engine.begin() as connection:
            connection.execute(schema.update().values(version=version))
        with pytest.raises(SchemaMismatch, match=f"version {version}: expected version"):
            append(SqlStore(engine), write("R1"))

    def test_newer_ones_are_not_migrated(self, engine: Engine) -> None:
        migrate(engine)
        with engine.begin() as connection:
            connection.execute(schema.insert().values(version=99))
        with pytest.raises(SchemaMismatch, match="install the release that made them"):
            migrate(engine)


class TestCreating:
    def test_a_file_of_sqlite_is_made(self, tmp_path: Path) -> None:
        url = f"sqlite:///{tmp_path / 'new.db'}"
        with closing(SqlStore(url)) as store:
            append(store, write("R1"))
        with closing(SqlStore(url, create=False)) as store, store.transaction() as tx:
            assert tx.read("main", "R1").version == 1

    def test_several_that_begin_at_once(self, tmp_path: Path) -> None:
        def begin(number: int) -> None:
            with closing(SqlStore(f"sqlite:///{tmp_path / 'new.db'}")) as store:
                append(store, write(f"R{number}"))

        assert together(map(partial(partial, begin), range(4))) == [None] * 4

    def test_none_are_made_where_nobody_wants_it(self, tmp_path: Path) -> None:
        store = SqlStore(f"sqlite:///{tmp_path / 'new.db'}", create=False)
        with closing(store), pytest.raises(SchemaMismatch):
            append(store, write("R1"))

    def test_postgresql_is_asked_for_them(self, bare_postgres: str) -> None:
        with closing(SqlStore(bare_postgres)) as store, pytest.raises(SchemaMismatch):
            append(store, write("R1"))
        with closing(SqlStore(bare_postgres, create=True)) as store:
            append(store, write("R1"))

    def test_older_ones_are_left_to_whoever_migrates(
        self, sqlite: str, make_engine: MakeEngine
    ) -> None:
        with make_engine(sqlite).begin() as connection:
            connection.execute(schema.update().values(version=0))
        with closing(SqlStore(sqlite)) as store, pytest.raises(SchemaMismatch):
            append(store, write("R1"))
