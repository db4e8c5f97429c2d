"""Readers of the feed: how far they are, and the entries that they left out (B4)."""

from __future__ import annotations

from sqlalchemy import Connection, RowMapping, bindparam, func, insert, select

from servicecore.backends.sql.keyed import change, claimed, drop, key_of, locked
from servicecore.backends.sql.rows import FREE, UNPARKED, Values
from servicecore.backends.sql.schema import events, readers
from servicecore.backends.sql.statements import INSERT_UNLESS_KNOWN
from servicecore.errors import InvalidValue, StoreConflict
from servicecore.stores.limits import EARLIEST, as_reason
from servicecore.stores.outbox import attempts_after
from servicecore.stores.values import Claim, Parked, Settlement

NEXT = select(func.min(events.c.position)).where(
    events.c.shard == bindparam("shard"), events.c.position > bindparam("after")
)


def advance(
    connection: Connection,
    shard: str,
    reader: str,
    position: int,
    *,
    expected: int | None,
    claim: Claim | None,
) -> None:
    """Move a checkpoint forward."""
    row = _reader(connection, shard, reader) if claim is None else claimed(connection, claim)
    stands = row["position"]
    if expected is not None and stands != expected:
        raise StoreConflict(f"the reader {reader}", expected, stands)
    if position <= stands:
        return
    key = {"shard": shard, "reader": reader, "upto": row["upto"]}
    moved = min(position, row["upto"]) if row["upto"] else position
    begun_anew = {} if claim is None else {"attempts": 1}
    change(connection, readers, key, {"position": moved, **begun_anew})


def _reader(connection: Connection, shard: str, reader: str) -> RowMapping:
    key = {"shard": shard, "reader": reader, "upto": 0}
    row = locked(connection, readers, key)
    if row is not None:
        return row
    at_first = {**key, "position": 0, "wake": EARLIEST, **FREE}
    connection.execute(INSERT_UNLESS_KNOWN[connection.dialect.name], at_first)
    return _reader(connection, shard, reader)


def settle(
    connection: Connection, claim: Claim, row: RowMapping, settlement: Settlement, at: int
) -> None:
    """End the claim of a reader; that on a single entry is over when it was read."""
    if row["upto"] and row["position"] >= row["upto"]:
        drop(connection, readers, key_of(claim))
        return
    values = {
        **FREE,
        "wake": at if settlement.wake is None else settlement.wake,
        "attempts": attempts_after(row["attempts"], counted=settlement.counted),
    }
    change(connection, readers, key_of(claim), values)


def park(connection: Connection, claim: Claim, row: RowMapping, at: int, reason: str) -> None:
    """Let a reader leave out the entry behind its checkpoint."""
    found = connection.execute(NEXT, {"shard": claim.shard, "after": row["position"]}).scalar()
    if found is None or (row["upto"] and row["position"] >= row["upto"]):
        raise InvalidValue(f"{claim} has read everything: expected an entry to leave out")
    left: Values = {**FREE, "parked": as_reason(reason), "parked_since": at}
    if row["upto"]:
        change(connection, readers, key_of(claim), left)
        return
    change(connection, readers, key_of(claim), {"position": found, "wake": at, **FREE})
    again = {"shard": claim.shard, "reader": claim.key, "upto": found, "position": found - 1}
    connection.execute(insert(readers), {**again, "wake": at, **left})


def requeue(connection: Connection, parked: Parked, at: int) -> bool:
    """Let an entry be read again; False where it is not parked."""
    key: Values = {"shard": parked.shard, "reader": parked.key, "upto": parked.position or 0}
    row = locked(connection, readers, key)
    if row is None or row["parked"] is None:
        return False
    values = {"position": row["upto"] - 1, "wake": at, **FREE, **UNPARKED}
    change(connection, readers, key, values)
    return True
