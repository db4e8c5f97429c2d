"""The statements of an append, made once: there are few, for each is one way to the database."""

from __future__ import annotations

from collections.abc import Collection, Mapping

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

INSERT_EVENT, INSERT_NOTICE, INSERT_COMMAND = insert(events), insert(notices), insert(commands)


def _upsert(table: Table, columns: Collection[str]) -> Mapping[str, Insert]:
    made: dict[str, Insert] = {}
    for dialect in (postgresql, sqlite):
        statement = dialect.insert(table)
        changed = {name: statement.excluded[name] for name in columns}
        key = [column.name for column in table.primary_key]
        made[dialect.dialect.name] = statement.on_conflict_do_update(
            index_elements=key, set_=changed
        )
    return made


UPSERT_SHARD = _upsert(shards, ["position"])
UPSERT_HEAD = _upsert(heads, [column.name for column in heads.columns if not column.primary_key])


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
