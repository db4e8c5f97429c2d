"""Appending: events, heads, notices and the command, all or nothing (B4, B5).

What is written is made before the lock of the shard is taken. Then one statement asks for all that
has to be known, and only when nothing speaks against it the first row is touched.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from attrs import frozen
from sqlalchemy import Connection, Insert

from servicecore.backends.sql.locks import lock_shard
from servicecore.backends.sql.reading import answer_of
from servicecore.backends.sql.rows import Values, event_values, head_values, new_notice
from servicecore.backends.sql.schema import commands, heads, notices, shards
from servicecore.backends.sql.statements import (
    INSERT_COMMAND,
    INSERT_EVENT,
    INSERT_NOTICE,
    STANDING,
    UPSERT_HEAD,
    UPSERT_SHARD,
)
from servicecore.errors import ClaimLost, CommandMismatch, InvalidValue, StoreConflict
from servicecore.stores.coding import as_json
from servicecore.stores.values import Answer, Claim, CommandKey, Write

Standing = Mapping[tuple[str, str], tuple[int, str, str]]
"""What there is of each table and key: its number and its texts."""
NONE = (0, "", "")


@frozen
class _Rows:
    """What is to be written; the positions of the events are not known yet."""

    events: list[Values]
    heads: list[Values]
    notices: list[Values]


def append(
    connection: Connection,
    shard: str,
    writes: Sequence[Write],
    command: CommandKey | None,
    claim: Claim | None,
) -> Answer:
    """Append, or say what was appended before."""
    rows = _Rows(
        events=[row for write in writes for row in event_values(shard, write)],
        heads=[head_values(shard, write) for write in writes],
        notices=[new_notice(shard, notice) for write in writes for notice in write.notices],
    )
    lock_shard(connection, shard)
    standing = _standing(connection, shard, rows, command)
    if command is not None and (before := standing.get((commands.name, command.id))):
        return _again(command, *before)
    _check(standing, writes, rows, claim)
    _write(connection, shard, rows, standing.get((shards.name, shard), NONE)[0])
    answer = _answer(writes, command)
    if command is not None:
        connection.execute(INSERT_COMMAND, _command_values(shard, answer))
    return answer


def _standing(
    connection: Connection, shard: str, rows: _Rows, command: CommandKey | None
) -> Standing:
    asked = {
        "shard": shard,
        "requests": [row["request"] for row in rows.heads],
        "ids": [row["id"] for row in rows.notices],
        "command": None if command is None else command.id,
    }
    found = connection.execute(STANDING, asked)
    return {(kind, key): (number, said, more) for kind, key, number, said, more in found}


def _again(command: CommandKey, _number: int, digest: str, versions: str) -> Answer:
    if digest != command.digest:
        raise CommandMismatch(command.id)
    return answer_of(command.id, digest, versions)


def _check(standing: Standing, writes: Iterable[Write], rows: _Rows, claim: Claim | None) -> None:
    if claim is not None and standing.get((heads.name, claim.key), NONE)[1] != claim.token:
        raise ClaimLost(str(claim))
    for write in writes:
        actual = standing.get((heads.name, write.request), NONE)[0]
        if actual != write.expected:
            raise StoreConflict(write.request, write.expected, actual)
    for row in rows.notices:
        if (notices.name, row["id"]) in standing:
            raise taken(row["id"])


def taken(id: object) -> InvalidValue:
    """That there is a notice of that id, where a new one was to be."""
    return InvalidValue(f"there is a notice {id!r} already: expected another id")


def _write(connection: Connection, shard: str, rows: _Rows, position: int) -> None:
    dialect = connection.dialect.name
    last = position + len(rows.events)
    # First of all: where others have appended since a host's snapshot, this row says so.
    connection.execute(UPSERT_SHARD[dialect], {"shard": shard, "position": last})
    numbered = enumerate(rows.events, position + 1)
    _write_all(connection, INSERT_EVENT, [{**row, "position": at} for at, row in numbered])
    _write_all(connection, UPSERT_HEAD[dialect], rows.heads)
    _write_all(connection, INSERT_NOTICE, rows.notices)


def _write_all(connection: Connection, statement: Insert, rows: list[Values]) -> None:
    if rows:
        connection.execute(statement, rows)


def _answer(writes: Iterable[Write], command: CommandKey | None) -> Answer:
    versions = {each.request: (each.expected, each.expected + len(each.events)) for each in writes}
    if command is None:
        return Answer(command="", digest="", versions=versions)
    return Answer(command=command.id, digest=command.digest, versions=versions)


def _command_values(shard: str, answer: Answer) -> Values:
    return {
        "shard": shard,
        "command": answer.command,
        "digest": answer.digest,
        "versions": as_json(answer.versions),
    }
