"""Appending: events, heads, notices and the command, all or nothing (B4, B5).

What is written is made before the lock of the shard is taken. Then one statement asks for all that
has to be known, and only when nothing speaks against it the first row is touched.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import Connection, Table

from servicecore.backends.sql.locks import lock_shard
from servicecore.backends.sql.reading import answer_of
from servicecore.backends.sql.rows import (
    Values,
    command_values,
    event_values,
    head_values,
    new_notice,
)
from servicecore.backends.sql.schema import commands, events, heads, notices, shards
from servicecore.backends.sql.statements import ALL_INSERTS, INSERTS, WRITTEN, standing
from servicecore.errors import ClaimLost, CommandMismatch, InvalidValue, StoreConflict
from servicecore.stores.coding import as_json
from servicecore.stores.values import Answer, Claim, CommandKey, Write

Standing = Mapping[tuple[str, str], tuple[int, str, str]]
"""What there is of each table and key: its number and its texts."""
NONE = (0, "", "")

Rows = Mapping[Table, Sequence[Values]]
"""What is to be written, by table."""


def append(
    connection: Connection,
    shard: str,
    writes: Sequence[Write],
    command: CommandKey | None,
    claim: Claim | None,
) -> Answer:
    """Append, or say what was appended before."""
    rows = _rows(shard, writes, command)
    lock_shard(connection, shard)
    known = _standing(connection, shard, rows, command)
    if command is not None and (before := known.get((commands.name, command.id))):
        return _again(command, *before)
    _check(known, writes, rows, claim)
    _write(connection, shard, rows, known.get((shards.name, shard), NONE)[0])
    return _answer(writes, command)


def _rows(shard: str, writes: Sequence[Write], command: CommandKey | None) -> Rows:
    """All that is to be written, but for the positions, which are not known yet."""
    return {
        events: [row for write in writes for row in event_values(shard, write)],
        heads: [head_values(shard, write) for write in writes],
        notices: [new_notice(shard, notice) for write in writes for notice in write.notices],
        commands: [] if command is None else [command_values(shard, _answer(writes, command))],
    }


def _standing(
    connection: Connection, shard: str, rows: Rows, command: CommandKey | None
) -> Standing:
    requests = {f"request_{n}": row["request"] for n, row in enumerate(rows[heads])}
    ids = {f"id_{n}": row["id"] for n, row in enumerate(rows[notices])}
    asked = {"shard": shard, "command": command and command.id, **requests, **ids}
    found = connection.execute(standing(len(requests), len(ids)), asked)
    return {(kind, key): (number, said, more) for kind, key, number, said, more in found}


def _again(command: CommandKey, _number: int, digest: str, versions: str) -> Answer:
    if digest != command.digest:
        raise CommandMismatch(command.id)
    return answer_of(command.id, digest, versions)


def _check(known: Standing, writes: Iterable[Write], rows: Rows, claim: Claim | None) -> None:
    if claim is not None and known.get((heads.name, claim.key), NONE)[1] != claim.token:
        raise ClaimLost(str(claim))
    for write in writes:
        actual = known.get((heads.name, write.request), NONE)[0]
        if actual != write.expected:
            raise StoreConflict(write.request, write.expected, actual)
    for row in rows[notices]:
        if (notices.name, row["id"]) in known:
            raise taken(row["id"])


def taken(id: object) -> InvalidValue:
    """That there is a notice of that id, where a new one was to be."""
    return InvalidValue(f"there is a notice {id!r} already: expected another id")


def _write(connection: Connection, shard: str, rows: Rows, position: int) -> None:
    numbered = enumerate(rows[events], position + 1)
    placed: Rows = {
        **rows,
        events: [{**row, "position": place} for place, row in numbered],
        shards: [{"shard": shard, "position": position + len(rows[events])}],
    }
    if connection.dialect.name == "postgresql":
        written = {table.name: as_json(placed[table]) for table in WRITTEN}
        connection.execute(ALL_INSERTS, written)
        return
    for table, insertion in INSERTS.items():
        if rows_ := [_in_order(table, row) for row in placed[table]]:
            connection.exec_driver_sql(insertion, rows_)


def _in_order(table: Table, row: Values) -> tuple[object, ...]:
    return tuple(row[column.name] for column in table.columns)


def _answer(writes: Iterable[Write], command: CommandKey | None) -> Answer:
    versions = {each.request: (each.expected, each.expected + len(each.events)) for each in writes}
    if command is None:
        return Answer(command="", digest="", versions=versions)
    return Answer(command=command.id, digest=command.digest, versions=versions)
