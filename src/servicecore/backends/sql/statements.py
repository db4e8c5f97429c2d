"""The statements of an append, made once: there are few, for each is one way to the database."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Executable,
    Insert,
    Select,
    Table,
    Text,
    bindparam,
    exists,
    literal_column,
    or_,
    select,
    text,
    union_all,
)
from sqlalchemy.dialects import postgresql, sqlite

from servicecore.backends.sql.schema import commands, events, heads, notices, readers, shards
from servicecore.stores.limits import EARLIEST

_nothing: ColumnElement[str] = literal_column("NULL", Text)
_zero: ColumnElement[int] = literal_column("0", BigInteger)


def _part(
    table: Table,
    key: ColumnElement[str],
    number: ColumnElement[int] = _zero,
    said: ColumnElement[str] = _nothing,
    more: ColumnElement[str] = _nothing,
) -> Select[str, str, int, str, str]:
    kind = literal_column(f"'{table.name}'", Text).label("kind")
    columns = key.label("name"), number.label("number"), said.label("said"), more.label("more")
    return select(kind, *columns).where(table.c.shard == bindparam("shard"))


@lru_cache(maxsize=256)
def standing(requests: int, ids: int) -> Executable:
    """All that an append to so many requests has to know: rows of table, key, number and texts.

    The requests and the ids of notices are asked for by their numbers, ``request_0`` and ``id_0``.
    """
    its_requests = heads.c.request.in_([bindparam(f"request_{each}") for each in range(requests)])
    its_ids = notices.c.id.in_([bindparam(f"id_{each}") for each in range(ids)])
    its_command = commands.c.command == bindparam("command")
    parts = [
        _part(shards, shards.c.shard, shards.c.position),
        _part(heads, heads.c.request, heads.c.version, heads.c.token).where(its_requests),
        _part(commands, commands.c.command, _zero, commands.c.digest, commands.c.versions).where(
            its_command
        ),
    ]
    if ids:
        parts.append(_part(notices, notices.c.id).where(its_ids))
    return union_all(*parts)


WRITTEN = (shards, events, heads, notices, commands)
"""The tables that an append writes to."""


def _insertion(table: Table, rows: str) -> str:
    insertion = f"INSERT INTO {table.name} {rows}"
    if table not in {shards, heads}:
        return insertion
    key = ", ".join(column.name for column in table.primary_key)
    changing = (f'"{column.name}"' for column in table.columns if not column.primary_key)
    changed = ", ".join(f"{name} = excluded.{name}" for name in changing)
    return f"{insertion} ON CONFLICT ({key}) DO UPDATE SET {changed}"


def _one_by_one(table: Table) -> str:
    names = ", ".join(f'"{column.name}"' for column in table.columns)
    marks = ", ".join("?" for _ in table.columns)
    return _insertion(table, f"({names}) VALUES ({marks})")


def _all_at_once() -> Executable:
    written = {table: _insertion(table, _from_json(table)) for table in WRITTEN}
    *others, last = WRITTEN
    parts = ", ".join(f"new_{table.name} AS ({written[table]})" for table in others)
    return text(f"WITH {parts} {written[last]}")


def _from_json(table: Table) -> str:
    row, rows = f"CAST(NULL AS {table.name})", f"CAST(:{table.name} AS JSON)"
    return f"SELECT * FROM json_populate_recordset({row}, {rows})"  # noqa: S608  # names of ours


INSERTS: Mapping[Table, str] = {table: _one_by_one(table) for table in WRITTEN}
"""What writes each table on SQLite, in the words of its driver: half of the time is the way there.

The values are those of all columns in their order.
"""

ALL_INSERTS = _all_at_once()
"""What writes all of it on PostgreSQL, in one way there and back: the rows of each table as JSON.

It is the time that others wait for the lock of the shard.
"""


def is_unknown() -> ColumnElement[bool]:
    """That a reader has no row in a shard, which is one shard or any."""
    known = exists().where(
        readers.c.shard == shards.c.shard,
        readers.c.reader == bindparam("name"),
        readers.c.upto == 0,
    )
    one_shard = bindparam("one_shard", type_=Text)
    return ~known & or_(one_shard.is_(None), shards.c.shard == one_shard)


INSERT_UNLESS_KNOWN: Mapping[str, Insert] = {
    "postgresql": postgresql.insert(readers).on_conflict_do_nothing(),
    "sqlite": sqlite.insert(readers).on_conflict_do_nothing(),
}


def _meet() -> Mapping[str, Insert]:
    at_first = {"upto": 0, "position": 0, "wake": EARLIEST, "attempts": 0}
    numbers = (literal_column(str(number), BigInteger) for number in at_first.values())
    new = select(shards.c.shard, bindparam("name", type_=Text), *numbers).where(is_unknown())
    columns = ["shard", "reader", *at_first]
    return {
        name: statement.from_select(columns, new) for name, statement in INSERT_UNLESS_KNOWN.items()
    }


MEET = _meet()
"""Makes a row for a reader in every shard where it has none."""
