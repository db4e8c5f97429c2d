"""Single rows by their keys: locked, changed and taken away."""

from __future__ import annotations

from functools import cache

from sqlalchemy import (
    ColumnElement,
    Connection,
    Delete,
    Executable,
    RowMapping,
    Table,
    Update,
    and_,
    bindparam,
    delete,
    select,
    update,
)

from servicecore.backends.sql.due import TABLES
from servicecore.backends.sql.locks import lock_shard
from servicecore.backends.sql.rows import Values
from servicecore.backends.sql.schema import heads
from servicecore.errors import ClaimLost
from servicecore.stores.values import Claim


def key_of(claim: Claim) -> Values:
    """The key of the row that a claim is on."""
    if claim.kind == "timer":
        return {"shard": claim.shard, "request": claim.key}
    if claim.kind == "notice":
        return {"shard": claim.shard, "id": claim.key}
    return {"shard": claim.shard, "reader": claim.key, "upto": claim.upto or 0}


def locked(connection: Connection, table: Table, key: Values) -> RowMapping | None:
    """The row of a key, which nobody else changes until the end of the transaction.

    The shard's lock comes before a head, as it does in appending; else two wait for each other.
    """
    if table is heads:
        lock_shard(connection, str(key["shard"]))
    return connection.execute(_locking(table), _named(key)).mappings().first()


def claimed(connection: Connection, claim: Claim) -> RowMapping:
    """The row that a claim is on, locked; `ClaimLost` where the claim does not hold any more."""
    row = locked(connection, TABLES[claim.kind], key_of(claim))
    if row is None or not row["token"] or row["token"] != claim.token:
        raise ClaimLost(str(claim))
    return row


def change(connection: Connection, table: Table, key: Values, values: Values) -> None:
    """Change the row of a key."""
    connection.execute(_changing(table), {**values, **_named(key)})


def drop(connection: Connection, table: Table, key: Values) -> None:
    """Take the row of a key away."""
    connection.execute(_dropping(table), _named(key))


def _named(key: Values) -> Values:
    return {f"its_{name}": value for name, value in key.items()}


def _same(table: Table) -> ColumnElement[bool]:
    return and_(*(column == bindparam(f"its_{column.name}") for column in table.primary_key))


@cache
def _locking(table: Table) -> Executable:
    return select(*table.columns).where(_same(table)).with_for_update()


@cache
def _changing(table: Table) -> Update:
    return update(table).where(_same(table))


@cache
def _dropping(table: Table) -> Delete:
    return delete(table).where(_same(table))
