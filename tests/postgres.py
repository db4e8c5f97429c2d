"""A PostgreSQL server for tests and benchmarks, with a database of their own for each of them.

`SERVICECORE_TEST_POSTGRES` says which server; the user of the URL has to be allowed to create
databases.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from secrets import token_hex

from sqlalchemy import Engine, create_engine, make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

VARIABLE = "SERVICECORE_TEST_POSTGRES"
DEFAULT = "postgresql://postgres@127.0.0.1:5432/postgres"
HINT = (
    f"no PostgreSQL answers ({{problem}}): set {VARIABLE} to its URL, or start one with "
    "`docker run --rm -p 5432:5432 -e POSTGRES_HOST_AUTH_METHOD=trust postgres:17`"
)


def server_url() -> str:
    """The URL of the server's own database."""
    return os.environ.get(VARIABLE) or DEFAULT


def _server() -> Engine:
    url = make_url(server_url()).set(drivername="postgresql+psycopg")
    return create_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool)


def why_missing() -> str | None:
    """Why there is no server, and how to get one; None where one answers."""
    try:
        with _server().connect():
            return None
    except OperationalError as error:
        return HINT.format(problem=str(error.orig).strip().splitlines()[0])


@contextmanager
def database() -> Iterator[str]:
    """The URL of an empty database, which is dropped in the end."""
    name = f"servicecore_{token_hex(8)}"
    with _server().connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    try:
        url = make_url(server_url()).set(drivername="postgresql", database=name)
        yield url.render_as_string(hide_password=False)
    finally:
        with _server().connect() as connection:
            connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")


def empty(url: str) -> None:
    """Take away what an earlier test has written to the tables of the SQL store."""
    from servicecore.backends.sql.schema import metadata, schema

    engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"), poolclass=NullPool)
    with engine.begin() as connection:
        for table in metadata.sorted_tables:
            if table is not schema:
                connection.execute(table.delete())
