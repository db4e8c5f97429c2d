"""The feed in memory: the entries of a shard, and how far its readers are (B4)."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import islice

import attrs

from servicecore.errors import ClaimLost, InvalidValue, StoreConflict
from servicecore.stores.limits import as_reason
from servicecore.stores.memory.rows import FREE, Lease, Reader, Rows
from servicecore.stores.outbox import attempts_after
from servicecore.stores.values import Claim, Entry, Parked, Settlement


def feed(rows: Rows, shard: str, after: int, limit: int) -> tuple[Entry, ...]:
    """The entries behind a position."""
    last = rows.positions.get(shard) or 0
    found = (_entry(rows, shard, position) for position in range(after + 1, last + 1))
    return tuple(islice((entry for entry in found if entry is not None), limit))


def _entry(rows: Rows, shard: str, position: int) -> Entry | None:
    request, number = rows.entries.get(shard, position) or ("", 0)
    event = rows.events.get(shard, request, number)
    if event is None:
        return None
    return Entry(shard=shard, position=position, request=request, number=number, event=event)


def checkpoint(rows: Rows, shard: str, reader: str) -> int:
    """How far a reader is."""
    return reader_of(rows, shard, reader).position


def reader_of(rows: Rows, shard: str, name: str) -> Reader:
    """The reader of that name, who may never have read anything."""
    return rows.readers.get(shard, name, 0) or Reader(shard, name)


def _put(rows: Rows, reader: Reader) -> None:
    rows.readers.put(reader, *reader.key)


def advance(
    rows: Rows,
    shard: str,
    name: str,
    position: int,
    *,
    expected: int | None,
    claim: Claim | None,
) -> None:
    """Move a checkpoint forward."""
    reader = reader_of(rows, shard, name) if claim is None else claimed(rows, claim)
    if expected is not None and reader.position != expected:
        raise StoreConflict(f"the reader {name}", expected, reader.position)
    if position <= reader.position:
        return
    upto = position if reader.upto is None else min(position, reader.upto)
    attempts = reader.attempts if claim is None else 1
    _put(rows, attrs.evolve(reader, position=upto, attempts=attempts))


def claimed(rows: Rows, claim: Claim) -> Reader:
    """The reader that a claim is on; `ClaimLost` where it does not hold any more."""
    reader = rows.readers.get(claim.shard, claim.key, claim.upto or 0)
    if reader is None:
        raise ClaimLost(str(claim))
    reader.lease.check(claim)
    return reader


def is_behind(rows: Rows, reader: Reader) -> bool:
    """Whether something is left to be read."""
    last = (rows.positions.get(reader.shard) or 0) if reader.upto is None else reader.upto
    return reader.position < last


def behind(rows: Rows, shards: Collection[str], names: Collection[str]) -> Iterator[Reader]:
    """The readers of these names that have something to read, those of single entries too."""
    for shard in shards:
        again = [row for _, row in rows.readers.scan("shard", shard) if row.upto is not None]
        known = [reader_of(rows, shard, name) for name in sorted(set(names))]
        for reader in (*known, *again):
            if reader.name in names and is_behind(rows, reader):
                yield reader


def claim_reader(rows: Rows, reader: Reader, until: int) -> Claim:
    """Let somebody read until an instant."""
    lease, attempt = Lease.until_end(until), reader.attempts + 1
    _put(rows, attrs.evolve(reader, lease=lease, attempts=attempt))
    return Claim(
        kind="reader",
        shard=reader.shard,
        key=reader.name,
        token=lease.token,
        attempt=attempt,
        until=until,
        upto=reader.upto,
    )


def settle_reader(rows: Rows, claim: Claim, settlement: Settlement, at: int) -> None:
    """End the claim on a reader; one of a single entry is over when that is read."""
    reader = claimed(rows, claim)
    if reader.upto is not None and not is_behind(rows, reader):
        rows.readers.drop(*reader.key)
        return
    wake = at if settlement.wake is None else settlement.wake
    attempts = attempts_after(reader.attempts, counted=settlement.counted)
    _put(rows, attrs.evolve(reader, wake=wake, attempts=attempts, lease=FREE))


def park_entry(rows: Rows, claim: Claim, at: int, reason: str) -> None:
    """Let a reader leave an entry out."""
    reader = claimed(rows, claim)
    entries = feed(rows, reader.shard, reader.position, 1)
    if not entries or not is_behind(rows, reader):
        raise InvalidValue(f"{claim} has read everything: expected an entry to leave out")
    position = entries[0].position
    parked = Parked(
        kind="reader",
        shard=reader.shard,
        key=reader.name,
        reason=as_reason(reason),
        since=at,
        position=position,
    )
    rows.parked.put(parked, reader.shard, reader.name, position)
    if reader.upto is None:
        _put(rows, Reader(reader.shard, reader.name, position, wake=at))
    else:
        rows.readers.drop(*reader.key)


def requeue_entry(rows: Rows, parked: Parked, at: int) -> bool:
    """Let an entry be read again; False where it is not parked."""
    position = parked.position or 0
    if rows.parked.get(parked.shard, parked.key, position) is None:
        return False
    rows.parked.drop(parked.shard, parked.key, position)
    _put(rows, Reader(parked.shard, parked.key, position - 1, upto=position, wake=at))
    return True
