"""The statements of an append, made once: there are few, for each is one way to the database."""

from __future__ import annotations

from collections.abc import Mapping

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
    insert,
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


STANDING: Executable = union_all(
    _part(shards, shards.c.shard, shards.c.position),
    _part(heads, heads.c.request, heads.c.version, heads.c.token).where(
        heads.c.request.in_(bindparam("requests", expanding=True))
    ),
    _part(commands, commands.c.command, _zero, commands.c.digest, commands.c.versions).where(
        commands.c.command == bindparam("command")
    ),
    _part(notices, notices.c.id).where(notices.c.id.in_(bindparam("ids", expanding=True))),
)
"""All that an append has to know, in rows of table, key, number and texts."""


def _upsert(table: Table) -> Insert:
    statement = sqlite.insert(table)
    changed = {name: statement.excluded[name] for name in _changing(table)}
    key = [column.name for column in table.primary_key]
    return statement.on_conflict_do_update(index_elements=key, set_=changed)


def _changing(table: Table) -> list[str]:
    return [column.name for column in table.columns if not column.primary_key]


# The shard comes first: where others have appended since a host's snapshot, its row says so.
INSERTS: Mapping[Table, Insert] = {
    shards: _upsert(shards),
    events: insert(events),
    heads: _upsert(heads),
    notices: insert(notices),
    commands: insert(commands),
}
"""What writes each table on SQLite, where a statement takes but one table."""


def _all_at_once() -> Executable:
    written = {table: _from_json(table) for table in INSERTS}
    *others, last = written
    parts = ", ".join(f"new_{table.name} AS ({written[table]})" for table in others)
    return text(f"WITH {parts} {written[last]}")


def _from_json(table: Table) -> str:
    rows = f"json_populate_recordset(CAST(NULL AS {table.name}), CAST(:{table.name} AS JSON))"
    insertion = f"INSERT INTO {table.name} SELECT * FROM {rows}"  # noqa: S608  # a name of ours
    if table not in {shards, heads}:
        return insertion
    key = ", ".join(column.name for column in table.primary_key)
    changed = ", ".join(f'"{name}" = excluded."{name}"' for name in _changing(table))
    return f"{insertion} ON CONFLICT ({key}) DO UPDATE SET {changed}"


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
