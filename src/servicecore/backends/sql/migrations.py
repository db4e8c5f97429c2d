"""Migrations: from no tables to those of this release, one numbered function at a time (B8).

A function that was released never changes: it says what the tables were like then, in SQL that both
databases read. Another one behind it changes them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, func, insert, inspect, select

from servicecore.backends.sql.engines import Source, engine_of
from servicecore.backends.sql.locks import lock_schema
from servicecore.backends.sql.schema import schema
from servicecore.backends.sql.transactions import Database, begun, joined
from servicecore.errors import SchemaMismatch


def first_tables(connection: Connection) -> None:
    """The first tables: events, heads, commands, readers and notices."""
    on_postgresql = connection.dialect.name == "postgresql"
    name = 'TEXT COLLATE "C"' if on_postgresql else "TEXT"
    claimable = "wake BIGINT, token TEXT, lease BIGINT, attempts BIGINT NOT NULL"
    for statement in FIRST_TABLES.format(name=name, claimable=claimable).split(";"):
        if words := statement.strip():
            is_table = words.startswith("CREATE TABLE")
            suffix = " WITHOUT ROWID" if is_table and not on_postgresql else ""
            connection.exec_driver_sql(words + suffix)


FIRST_TABLES = """
CREATE TABLE IF NOT EXISTS servicecore_shards (
    shard {name} NOT NULL, position BIGINT NOT NULL, PRIMARY KEY (shard)
);
CREATE TABLE IF NOT EXISTS servicecore_events (
    shard {name} NOT NULL, position BIGINT NOT NULL, request {name} NOT NULL,
    number BIGINT NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (shard, position),
    CONSTRAINT servicecore_events_history UNIQUE (shard, request, number)
);
CREATE TABLE IF NOT EXISTS servicecore_heads (
    shard {name} NOT NULL, request {name} NOT NULL, version BIGINT NOT NULL, {claimable},
    parked {name}, parked_since BIGINT,
    status {name} NOT NULL, is_open BOOLEAN NOT NULL, opened BIGINT NOT NULL, kind {name} NOT NULL,
    priority {name}, service {name}, "group" {name}, person {name}, customer {name},
    PRIMARY KEY (shard, request)
);
CREATE INDEX IF NOT EXISTS servicecore_heads_opened ON servicecore_heads (shard, opened, request);
CREATE INDEX IF NOT EXISTS servicecore_heads_customer
    ON servicecore_heads (shard, customer, opened);
CREATE INDEX IF NOT EXISTS servicecore_heads_group ON servicecore_heads (shard, is_open, "group");
CREATE INDEX IF NOT EXISTS servicecore_heads_wake
    ON servicecore_heads (shard, wake, request) WHERE wake IS NOT NULL;
CREATE INDEX IF NOT EXISTS servicecore_heads_due
    ON servicecore_heads (wake) WHERE wake IS NOT NULL AND parked IS NULL;
CREATE INDEX IF NOT EXISTS servicecore_heads_parked
    ON servicecore_heads (shard) WHERE parked IS NOT NULL;
CREATE TABLE IF NOT EXISTS servicecore_commands (
    shard {name} NOT NULL, command {name} NOT NULL, digest {name} NOT NULL, versions TEXT NOT NULL,
    PRIMARY KEY (shard, command)
);
CREATE TABLE IF NOT EXISTS servicecore_readers (
    shard {name} NOT NULL, reader {name} NOT NULL, upto BIGINT NOT NULL, position BIGINT NOT NULL,
    {claimable}, parked {name}, parked_since BIGINT,
    PRIMARY KEY (shard, reader, upto)
);
CREATE TABLE IF NOT EXISTS servicecore_notices (
    shard {name} NOT NULL, id {name} NOT NULL, request {name} NOT NULL, made BIGINT NOT NULL,
    template {name} NOT NULL, recipient {name} NOT NULL, facts TEXT NOT NULL,
    severity {name} NOT NULL, topic {name} NOT NULL, cause {name} NOT NULL, state {name} NOT NULL,
    {claimable}, channel {name} NOT NULL, contact TEXT, text TEXT, bundle {name} NOT NULL,
    went_into {name} NOT NULL, out_of {name} NOT NULL, remarks TEXT NOT NULL,
    PRIMARY KEY (shard, id)
);
CREATE INDEX IF NOT EXISTS servicecore_notices_due
    ON servicecore_notices (wake) WHERE wake IS NOT NULL;
CREATE INDEX IF NOT EXISTS servicecore_notices_request
    ON servicecore_notices (shard, request, made);
CREATE INDEX IF NOT EXISTS servicecore_notices_state ON servicecore_notices (shard, state, made);
CREATE INDEX IF NOT EXISTS servicecore_notices_bundle
    ON servicecore_notices (shard, bundle) WHERE bundle != ''
"""

MIGRATIONS: tuple[Callable[[Connection], None], ...] = (first_tables,)
"""What leads from each version of the tables to the next; the last one is that of this release."""


def migrate(source: Source) -> tuple[str, ...]:
    """Bring the tables of a database to this release; say what was done, nothing if they are.

    `source` is a URL, an engine, or a connection, whose own transaction it is then. Whoever does
    the same at the same time waits; all of it is done or nothing. Raises `SchemaMismatch` where a
    newer release has made the tables.

    >>> from sqlalchemy import create_engine
    >>> engine = create_engine("sqlite:///desk.db")
    >>> migrate(engine)
    ('1: the first tables: events, heads, commands, readers and notices',)
    >>> migrate(engine)
    ()
    >>> engine.dispose()
    """
    with _writing(source) as connection:
        lock_schema(connection)
        found = found_version(connection) or 0
        if found > len(MIGRATIONS):
            raise SchemaMismatch(found, len(MIGRATIONS))
        schema.create(connection, checkfirst=True)
        return tuple(_step(connection, number) for number in range(found + 1, len(MIGRATIONS) + 1))


@contextmanager
def _writing(source: Source) -> Iterator[Connection]:
    if isinstance(source, Connection):
        yield joined(source, write=True)
        return
    engine = engine_of(source)
    try:
        with begun(Database.of(engine), write=True) as connection:
            yield connection
            connection.commit()
    finally:
        if not isinstance(source, Engine):
            engine.dispose()


def _step(connection: Connection, number: int) -> str:
    migration = MIGRATIONS[number - 1]
    migration(connection)
    connection.execute(insert(schema).values(version=number))
    said = (migration.__doc__ or "").rstrip(".")
    return f"{number}: {said[0].lower()}{said[1:]}"


def found_version(connection: Connection) -> int | None:
    """The version of the tables of a database; None where it has none of ours."""
    if not inspect(connection).has_table(schema.name):
        return None
    version = connection.execute(select(func.max(schema.c.version))).scalar_one()
    return None if version is None else int(version)


def check_version(connection: Connection) -> None:
    """Refuse tables of another version than that of this release (`SchemaMismatch`)."""
    found = found_version(connection)
    if found != len(MIGRATIONS):
        raise SchemaMismatch(found, len(MIGRATIONS))
