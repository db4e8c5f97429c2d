"""The outbox in memory: its notices, and what is put on record of them (B9)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import islice

import attrs

from servicecore.errors import ClaimLost, StoreConflict
from servicecore.notices import NoticeRecord
from servicecore.stores.memory.requests import check_new
from servicecore.stores.memory.rows import FREE, Lease, Outgoing, Rows
from servicecore.stores.outbox import (
    frozen,
    gathered,
    is_waiting,
    requeued,
    settled,
    spread,
    takes_its_place,
    undelivered,
)
from servicecore.stores.values import Claim, NoticeQuery, Parked, Settlement


def notices(rows: Rows, shard: str, query: NoticeQuery) -> tuple[NoticeRecord, ...]:
    """The notices that are asked for, the oldest first."""
    found = (record for record in _candidates(rows, shard, query) if _is_asked_for(record, query))
    return tuple(islice(found, query.limit))


def _candidates(rows: Rows, shard: str, query: NoticeQuery) -> Iterator[NoticeRecord]:
    if query.ids is not None:
        found = (rows.outbox.get(shard, id) for id in set(query.ids))
        records = [row.record for row in found if row is not None]
        return iter(sorted(records, key=lambda record: (record.notice.made, record.id)))
    if query.request is not None:
        found_in_order = rows.outbox.scan("request", shard, query.request)
    elif query.bundle is not None:
        found_in_order = rows.outbox.scan("bundle", shard, query.bundle)
    else:
        found_in_order = rows.outbox.scan("made", shard)
    return (row.record for _, row in found_in_order)


def _is_asked_for(record: NoticeRecord, query: NoticeQuery) -> bool:
    return (
        (query.request is None or record.notice.request == query.request)
        and (query.states is None or record.state in query.states)
        and (query.bundle is None or record.bundle == query.bundle)
    )


def claimed(rows: Rows, claim: Claim) -> Outgoing:
    """The notice that a claim is on; `ClaimLost` where it does not hold any more."""
    row = rows.outbox.get(claim.shard, claim.key)
    if row is None:
        raise ClaimLost(str(claim))
    row.lease.check(claim)
    return row


def _put(rows: Rows, record: NoticeRecord, lease: Lease = FREE) -> None:
    rows.outbox.put(Outgoing(record, lease), record.shard, record.id)


def claim_notice(rows: Rows, row: Outgoing, until: int) -> Claim:
    """Let somebody deliver a notice, until an instant."""
    lease = Lease.until_end(until)
    record = attrs.evolve(row.record, attempts=row.record.attempts + 1)
    _put(rows, record, lease)
    return Claim(
        kind="notice",
        shard=record.shard,
        key=record.id,
        token=lease.token,
        attempt=record.attempts,
        until=until,
        record=record,
    )


def freeze(
    rows: Rows,
    claim: Claim,
    records: Sequence[NoticeRecord],
    *,
    at: int,
    reason: str,
    members: Collection[str],
) -> None:
    """Put on record what is to be delivered: of the notice itself, or as new rows."""
    row = claimed(rows, claim)
    if takes_its_place(claim, records, members):
        _put(rows, frozen(row.record, records[0], at, reason), row.lease)
        return
    for record in records:
        check_new(rows, claim.shard, record.id)
    if members:
        others = _others(rows, claim, set(members) - {claim.key}, at)
        for each in (row, *others):
            _put(rows, gathered(each.record, records[0].id, at, reason))
    else:
        _put(rows, spread(row.record, at, reason))
    for record in records:
        _put(rows, record)


def _others(rows: Rows, claim: Claim, ids: Collection[str], at: int) -> list[Outgoing]:
    found = [rows.outbox.get(claim.shard, id) for id in ids]
    waiting = [row for row in found if row is not None and _may_be_gathered(row, at)]
    if len(waiting) != len(ids):
        raise StoreConflict(f"the digest of {claim.key}", len(ids), len(waiting))
    return waiting


def _may_be_gathered(row: Outgoing, at: int) -> bool:
    return is_waiting(row.record) and row.lease.until <= at


def settle_notice(rows: Rows, claim: Claim, settlement: Settlement, at: int) -> None:
    """End the claim on a notice."""
    _put(rows, settled(claimed(rows, claim).record, settlement, at))


def park_notice(rows: Rows, claim: Claim, at: int, reason: str) -> None:
    """Let a notice be a dead letter."""
    _put(rows, undelivered(claimed(rows, claim).record, at, reason))


def requeue_notice(rows: Rows, parked: Parked, at: int) -> bool:
    """Let a dead letter be tried again; False where it is none."""
    row = next((row for row in dead(rows, parked.shard) if row.record.id == parked.key), None)
    if row is None:
        return False
    _put(rows, requeued(row.record, at))
    return True


def dead(rows: Rows, shard: str) -> Iterator[Outgoing]:
    """The dead letters of a shard."""
    return (row for _, row in rows.outbox.scan("dead", shard))
