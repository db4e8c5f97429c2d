"""Reading: histories, answers to commands, the feed, and who has how much to do (B4, B5)."""

from __future__ import annotations

from collections import defaultdict

from sqlalchemy import Connection, bindparam, func, select

from servicecore.backends.sql.rows import versions_of
from servicecore.backends.sql.schema import commands, events, heads, readers, shards
from servicecore.stores.coding import decode_event
from servicecore.stores.values import Answer, Entry, Stream, Workload

ANSWERED = select(commands.c.digest, commands.c.versions).where(
    commands.c.shard == bindparam("shard"), commands.c.command == bindparam("command")
)
# One statement, so that the version and the events are of the same moment.
HISTORY = (
    select(heads.c.version, events.c.body)
    .outerjoin_from(
        heads,
        events,
        (events.c.shard == heads.c.shard)
        & (events.c.request == heads.c.request)
        & (events.c.number > bindparam("after")),
    )
    .where(heads.c.shard == bindparam("shard"), heads.c.request == bindparam("request"))
    .order_by(events.c.number)
)
FEED = (
    select(events.c.position, events.c.request, events.c.number, events.c.body)
    .where(events.c.shard == bindparam("shard"), events.c.position > bindparam("after"))
    .order_by(events.c.position)
    .limit(bindparam("most"))
)
SHARDS = select(shards.c.shard).order_by(shards.c.shard)
CHECKPOINT = select(readers.c.position).where(
    readers.c.shard == bindparam("shard"),
    readers.c.reader == bindparam("reader"),
    readers.c.upto == 0,
)
WORKLOAD = (
    select(heads.c.group, heads.c.person, func.count())
    .where(heads.c.shard == bindparam("shard"), heads.c.is_open)
    .group_by(heads.c.group, heads.c.person)
)


def answered(connection: Connection, shard: str, command: str) -> Answer | None:
    """What was written for a command."""
    row = connection.execute(ANSWERED, {"shard": shard, "command": command}).first()
    return None if row is None else answer_of(command, row.digest, row.versions)


def answer_of(command: str, digest: str, versions: str) -> Answer:
    """The answer that was kept, given once more."""
    return Answer(command=command, digest=digest, versions=versions_of(versions), repeated=True)


def read(connection: Connection, shard: str, request: str, after: int) -> Stream:
    """The events of a request behind a version."""
    asked = {"shard": shard, "request": request, "after": after}
    rows = connection.execute(HISTORY, asked).all()
    return Stream(
        request=request,
        version=rows[0].version if rows else 0,
        events=tuple(decode_event(row.body) for row in rows if row.body is not None),
    )


def feed(connection: Connection, shard: str, after: int, limit: int) -> tuple[Entry, ...]:
    """The entries behind a position."""
    rows = connection.execute(FEED, {"shard": shard, "after": after, "most": limit})
    return tuple(
        Entry(
            shard=shard,
            position=position,
            request=request,
            number=number,
            event=decode_event(body),
        )
        for position, request, number, body in rows
    )


def checkpoint(connection: Connection, shard: str, reader: str) -> int:
    """How far a reader is."""
    position = connection.execute(CHECKPOINT, {"shard": shard, "reader": reader}).scalar()
    return 0 if position is None else int(position)


def all_shards(connection: Connection) -> tuple[str, ...]:
    """The shards in alphabetical order."""
    return tuple(connection.execute(SHARDS).scalars())


def workload(connection: Connection, shard: str) -> Workload:
    """How many open requests everybody has."""
    has: defaultdict[str | None, dict[str | None, int]] = defaultdict(dict)
    for group, person, count in connection.execute(WORKLOAD, {"shard": shard}):
        has[group][person] = count
    return Workload(open=dict(has))
