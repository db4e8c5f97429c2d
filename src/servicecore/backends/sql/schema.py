"""The tables, for whoever creates or migrates them with tools of their own, such as Alembic.

Instants are microseconds since the epoch. What is looked for has a column of its own; the rest is
JSON in ASCII, which every database keeps as it is, whatever a text holds. Names are compared byte
by byte, so that they are in the same order everywhere and an index never depends on a locale.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Index,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.schema import SchemaItem

metadata = MetaData()
"""All tables of the SQL store; each name begins with ``servicecore_``."""

NAME = Text().with_variant(Text(collation="C"), "postgresql")


def _table(name: str, *items: SchemaItem) -> Table:
    return Table(f"servicecore_{name}", metadata, *items, sqlite_with_rowid=False)


def _key(name: str, kind: Text | BigInteger = NAME) -> Column[object]:
    return Column(name, kind, primary_key=True, autoincrement=False)


def _name(name: str, *, optional: bool = False) -> Column[str]:
    return Column(name, NAME, nullable=optional)


def _number(name: str, *, optional: bool = False) -> Column[int]:
    return Column(name, BigInteger, nullable=optional)


def _json(name: str, *, optional: bool = False) -> Column[str]:
    return Column(name, Text, nullable=optional)


def _claimable() -> Iterator[Column[object]]:
    """When to claim it, who has claimed it until when, and how often that failed."""
    yield Column("wake", BigInteger)
    yield Column("token", Text)
    yield Column("lease", BigInteger)
    yield Column("attempts", BigInteger, nullable=False)


schema = _table("schema", _key("version", BigInteger()))
"""One row for each migration that was run."""

shards = _table("shards", _key("shard"), _number("position"))
"""The last position of each shard."""

events = _table(
    "events",
    _key("shard"),
    _key("position", BigInteger()),
    _name("request"),
    _number("number"),
    _json("body"),
    UniqueConstraint("shard", "request", "number", name="servicecore_events_history"),
)

heads = _table(
    "heads",
    _key("shard"),
    _key("request"),
    _number("version"),
    *_claimable(),
    _name("parked", optional=True),
    _number("parked_since", optional=True),
    _name("status"),
    Column("is_open", Boolean, nullable=False),
    _number("opened"),
    _name("kind"),
    _name("priority", optional=True),
    _name("service", optional=True),
    _name("group", optional=True),
    _name("person", optional=True),
    _name("customer", optional=True),
)

commands = _table("commands", _key("shard"), _key("command"), _name("digest"), _json("versions"))

readers = _table(
    "readers",
    _key("shard"),
    _key("reader"),
    _key("upto", BigInteger()),
    _number("position"),
    *_claimable(),
    _name("parked", optional=True),
    _number("parked_since", optional=True),
)
"""The checkpoints of the readers of the feed, where `upto` is 0, and the entries that they left
out: those are parked, or to be read again by a reader that goes no further than `upto`.
"""

notices = _table(
    "notices",
    _key("shard"),
    _key("id"),
    _name("request"),
    _number("made"),
    _name("template"),
    _name("recipient"),
    _json("facts"),
    _name("severity"),
    _name("topic"),
    _name("cause"),
    _name("state"),
    *_claimable(),
    _name("channel"),
    _json("contact", optional=True),
    _json("text", optional=True),
    _name("bundle"),
    _name("went_into"),
    _name("out_of"),
    _json("remarks"),
)
"""The outbox; `channel` is empty until a notice is frozen."""


# A key of PostgreSQL has to fit into a third of a page: two of the longest names do, three do not.
def _index(
    table: Table, name: str, *columns: str, where: ColumnElement[bool] | None = None
) -> None:
    Index(
        f"{table.name}_{name}",
        *(table.c[column] for column in columns),
        sqlite_where=where,
        postgresql_where=where,
    )


_index(heads, "opened", "shard", "opened", "request")
_index(heads, "customer", "shard", "customer", "opened")
_index(heads, "group", "shard", "is_open", "group")
_index(heads, "wake", "shard", "wake", "request", where=heads.c.wake.is_not(None))
# A claim looks at what is due, in the order of this index, and at nothing else.
_index(heads, "due", "wake", where=heads.c.wake.is_not(None) & heads.c.parked.is_(None))
_index(heads, "parked", "shard", where=heads.c.parked.is_not(None))
_index(notices, "due", "wake", where=notices.c.wake.is_not(None))
_index(notices, "request", "shard", "request", "made")
_index(notices, "state", "shard", "state", "made")
_index(notices, "bundle", "shard", "bundle", where=notices.c.bundle != "")
