"""The SQL store on SQLite holds what every store holds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from shutil import copyfile

import pytest

from servicecore.backends.sql import SqlStore, migrate
from servicecore.testing import Breaking, Opener, StoreSuite
from tests.backends.suite_kit import breaking_on


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with tables and no rows, which is copied for each test."""
    path = tmp_path_factory.mktemp("empty") / "desk.db"
    migrate(f"sqlite:///{path}")
    return path


class TestSqlite(StoreSuite):
    @pytest.fixture
    def url(self, tmp_path: Path, empty: Path) -> str:
        return f"sqlite:///{copyfile(empty, tmp_path / 'desk.db')}"

    @pytest.fixture
    def store(self, url: str) -> Iterator[SqlStore]:
        with closing(SqlStore(url)) as store:
            yield store

    @pytest.fixture
    def opener(self, url: str) -> Opener:
        return Opener("servicecore.backends.sql:SqlStore", url)

    @pytest.fixture
    def breaking(self, store: SqlStore) -> Breaking:
        return breaking_on(store._engine)
