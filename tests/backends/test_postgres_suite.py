"""The SQL store on PostgreSQL holds what every store holds, and what one does that joins a host."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing

import pytest
from sqlalchemy import create_engine, delete

from servicecore.backends.sql import SqlStore, metadata, migrate
from servicecore.backends.sql.schema import schema
from servicecore.testing import Breaking, JoinedStoreSuite, Opener, StoreSuite
from tests.backends.suite_kit import SqlHost, breaking_on, hosted
from tests.postgres import database, why_missing


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """A database with tables, which the tests of a process share one after the other."""
    if hint := why_missing():
        missing = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        missing(hint)
    with database() as url:
        migrate(url)
        yield url


def with_driver(url: str) -> str:
    """The URL for SQLAlchemy, which takes another driver where none is named."""
    return url.replace("postgresql:", "postgresql+psycopg:", 1)


def clear(url: str) -> None:
    """Take all rows out of the tables but those that say which version they are of."""
    engine = create_engine(with_driver(url))
    with engine.begin() as connection:
        for table in metadata.tables.values():
            if table is not schema:
                connection.execute(delete(table))
    engine.dispose()


class OnPostgres:
    @pytest.fixture
    def store(self, url: str) -> Iterator[SqlStore]:
        clear(url)
        with closing(SqlStore(url)) as store:
            yield store


class TestPostgres(OnPostgres, StoreSuite):
    @pytest.fixture
    def opener(self, url: str) -> Opener:
        return Opener("servicecore.backends.sql:SqlStore", url)

    @pytest.fixture
    def breaking(self, store: SqlStore) -> Breaking:
        return breaking_on(store._engine)


class TestJoinedPostgres(OnPostgres, JoinedStoreSuite):
    @pytest.fixture
    def host(self, url: str) -> Iterator[SqlHost]:
        with hosted(with_driver(url)) as host:
            yield host

    @pytest.fixture
    def breaking(self, host: SqlHost) -> Breaking:
        return breaking_on(host.engine)
