"""The SQL store on SQLite holds what every store holds, and what one does that joins a host."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from shutil import copyfile

import pytest

from servicecore.backends.sql import SqlStore, migrate
from servicecore.testing import Breaking, JoinedStoreSuite, Opener, StoreSuite
from tests.backends.suite_kit import SqlHost, breaking_on, hosted


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with tables and no rows, which is copied for each test."""
    path = tmp_path_factory.mktemp("empty") / "desk.db"
    migrate(f"sqlite:///{path}")
    return path


class OnSqlite:
    @pytest.fixture
    def url(self, tmp_path: Path, empty: Path) -> str:
        return f"sqlite:///{copyfile(empty, tmp_path / 'desk.db')}"

    @pytest.fixture
    def store(self, url: str) -> Iterator[SqlStore]:
        with closing(SqlStore(url)) as store:
            yield store


class TestSqlite(OnSqlite, StoreSuite):
    @pytest.fixture
    def opener(self, url: str) -> Opener:
        return Opener("servicecore.backends.sql:SqlStore", url)

    @pytest.fixture
    def breaking(self, store: SqlStore) -> Breaking:
        return breaking_on(store._engine)


class TestJoinedSqlite(OnSqlite, JoinedStoreSuite):
    @pytest.fixture
    def host(self, url: str) -> Iterator[SqlHost]:
        with hosted(url) as host:
            yield host

    @pytest.fixture
    def breaking(self, host: SqlHost) -> Breaking:
        return breaking_on(host.engine)
