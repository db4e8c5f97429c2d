"""What is due: the statements that find it, and those that mark it as claimed (B7).

One statement finds, locks and marks, and on PostgreSQL passes over what others are claiming. A
SQLite before 3.35 gives nothing back from such a statement: there it is found first and marked
then, for nobody else writes meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from sqlalchemy import (
    Column,
    ColumnElement,
    Executable,
    Select,
    Table,
    Update,
    and_,
    bindparam,
    or_,
    select,
    tuple_,
    update,
)

from servicecore.backends.sql.schema import heads, notices, readers, shards
from servicecore.notices import NoticeState
from servicecore.stores.values import ClaimKind

TABLES: dict[ClaimKind, Table] = {"timer": heads, "notice": notices, "reader": readers}
"""What lies in which table."""

MAY_BE: dict[ClaimKind, ColumnElement[bool]] = {
    "timer": heads.c.wake.is_not(None) & heads.c.parked.is_(None),
    "notice": notices.c.wake.is_not(None) & (notices.c.state == NoticeState.WAITING.value),
    "reader": readers.c.parked.is_(None)
    & or_(
        and_(readers.c.upto == 0, readers.c.position < shards.c.position),
        and_(readers.c.upto > 0, readers.c.position < readers.c.upto),
    ),
}
"""What can be claimed at all, now or later; a reader beside its shard, when it is behind."""


@cache
def keys_of(kind: ClaimKind) -> tuple[Column[object], ...]:
    """The columns that a row is known by."""
    return tuple(TABLES[kind].primary_key)


def found(
    kind: ClaimKind, *columns: ColumnElement[object], one_shard: bool
) -> Select[*tuple[object, ...]]:
    """Columns of what may be claimed, of one shard or of all, and of some readers."""
    table = TABLES[kind]
    statement = select(*columns).where(MAY_BE[kind])
    if kind == "reader":
        statement = statement.join_from(table, shards, table.c.shard == shards.c.shard)
        statement = statement.where(table.c.reader.in_(bindparam("only", expanding=True)))
    if one_shard:
        statement = statement.where(table.c.shard == bindparam("one_shard"))
    return statement


def _due(
    kind: ClaimKind, *columns: ColumnElement[object], one_shard: bool
) -> Select[*tuple[object, ...]]:
    table = TABLES[kind]
    free = or_(table.c.lease.is_(None), table.c.lease <= bindparam("at"))
    statement = found(kind, *columns, one_shard=one_shard)
    if kind == "notice":
        left = notices.c.channel.in_(bindparam("leaving", expanding=True))
        statement = statement.where(~left)
    return (
        statement.where(table.c.wake <= bindparam("at"), free)
        .order_by(table.c.wake, *keys_of(kind))
        .limit(bindparam("most"))
    )


@cache
def finding(kind: ClaimKind, *, one_shard: bool) -> Executable:
    """What is due, as it will be when it is marked."""
    return _due(kind, *_marked_columns(TABLES[kind]), one_shard=one_shard)


def _marked_columns(table: Table) -> Iterator[ColumnElement[object]]:
    for column in table.columns:
        yield (column + 1).label("attempts") if column.name == "attempts" else column


def _mark(table: Table) -> Update:
    return update(table).values(
        token=bindparam("new_token"),
        lease=bindparam("new_lease"),
        attempts=table.c.attempts + 1,
    )


@cache
def marking_one(kind: ClaimKind) -> Executable:
    """Mark what was found, by its key."""
    same = (column == bindparam(f"its_{column.name}") for column in keys_of(kind))
    return _mark(TABLES[kind]).where(and_(*same))


@cache
def marking(kind: ClaimKind, *, one_shard: bool) -> Executable:
    """Find, lock and mark what is due, and give it back."""
    table, keys = TABLES[kind], keys_of(kind)
    due = (
        _due(kind, *keys, one_shard=one_shard)
        .with_for_update(skip_locked=True, of=table)
        .cte("due")
        .prefix_with("MATERIALIZED")
    )
    is_due = tuple_(*keys).in_(select(*due.columns))
    return _mark(table).where(is_due).returning(*table.columns)
