"""Databases for the tests of the SQL store, and engines as hosts make them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, make_url

from servicecore.backends.sql import migrate

MakeEngine = Callable[..., Engine]


@pytest.fixture
def sqlite(tmp_path: Path) -> str:
    """The URL of a SQLite database with our tables."""
    url = f"sqlite:///{tmp_path / 'desk.db'}"
    migrate(url)
    return url


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest) -> str:
    """The URL of a database with our tables, one of each kind."""
    return request.getfixturevalue(request.param)


@pytest.fixture
def make_engine() -> Iterator[MakeEngine]:
    """What makes a host's engine of a URL; it is closed in the end."""
    with ExitStack() as stack:

        def make(url: str, **options: object) -> Engine:
            name = "postgresql+psycopg" if url.startswith("postgresql") else "sqlite"
            engine = create_engine(make_url(url).set(drivername=name), **options)
            stack.callback(engine.dispose)
            return engine

        yield make


@pytest.fixture
def engine(url: str, make_engine: MakeEngine) -> Engine:
    """A host's engine, with a table of its own beside ours."""
    engine = make_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE IF EXISTS host")
        connection.exec_driver_sql("CREATE TABLE host (said TEXT)")
    return engine
