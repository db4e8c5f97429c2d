"""The SQL store holds what every store holds: on SQLite, and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import event

from servicecore.backends.sql import SqlStore
from servicecore.testing import Opener, StoreSuite
from servicecore.testing.store_base import Breaking, Broken


def open_store(url: str) -> SqlStore:
    """What another process opens the store with."""
    return SqlStore(url)


class SqlSuite(StoreSuite, part=True):
    @pytest.fixture
    def breaking(self, store: SqlStore) -> Breaking:
        engine = store._engine

        @contextmanager
        def broken(number: int) -> Iterator[None]:
            left = number

            def count(*_arguments: object) -> None:
                nonlocal left
                left -= 1
                if left == 0:
                    raise Broken(f"statement {number}")

            event.listen(engine, "before_cursor_execute", count)
            try:
                yield
            finally:
                event.remove(engine, "before_cursor_execute", count)

        return broken


class TestSqlite(SqlSuite):
    @pytest.fixture
    def url(self, tmp_path: Path) -> str:
        return f"sqlite:///{tmp_path / 'desk.db'}"

    @pytest.fixture
    def store(self, url: str) -> Iterator[SqlStore]:
        with closing(SqlStore(url)) as store:
            yield store

    @pytest.fixture
    def opener(self, url: str) -> Opener:
        return Opener("tests.backends.sql.test_suite:open_store", url)


class TestPostgres(SqlSuite):
    @pytest.fixture
    def store(self, postgres: str) -> Iterator[SqlStore]:
        with closing(SqlStore(postgres)) as store:
            yield store

    @pytest.fixture
    def opener(self, postgres: str) -> Opener:
        return Opener("tests.backends.sql.test_suite:open_store", postgres)
