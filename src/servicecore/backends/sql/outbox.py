"""The outbox: what is asked of it, and what is put on record in it (B9)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

from sqlalchemy import ColumnElement, Connection, bindparam, insert, select

from servicecore.backends.sql.appending import taken
from servicecore.backends.sql.keyed import change, claimed, key_of
from servicecore.backends.sql.rows import (
    FREE,
    frozen_values,
    outcome_values,
    record_of,
    record_values,
)
from servicecore.backends.sql.schema import notices
from servicecore.errors import StoreConflict
from servicecore.notices import NoticeRecord, NoticeState
from servicecore.stores.limits import is_storable
from servicecore.stores.outbox import frozen, gathered, spread, takes_its_place
from servicecore.stores.values import Claim, NoticeQuery

OF_THESE = select(notices).where(
    notices.c.shard == bindparam("shard"), notices.c.id.in_(bindparam("ids", expanding=True))
)
LOCK_THESE = OF_THESE.order_by(notices.c.id).with_for_update()
INSERT = insert(notices)


def find(connection: Connection, shard: str, query: NoticeQuery) -> tuple[NoticeRecord, ...]:
    """The notices that are asked for."""
    statement = (
        select(notices)
        .where(notices.c.shard == shard, *_conditions(query))
        .order_by(notices.c.made, notices.c.id)
        .limit(query.limit)
    )
    return tuple(record_of(row) for row in connection.execute(statement).mappings())


def _conditions(query: NoticeQuery) -> Iterator[ColumnElement[bool]]:
    if query.request is not None:
        yield notices.c.request == query.request
    if query.ids is not None:
        yield notices.c.id.in_(query.ids)
    if query.states is not None:
        yield notices.c.state.in_([str(state) for state in query.states])
    if query.bundle is not None:
        yield notices.c.bundle == query.bundle


def freeze(
    connection: Connection,
    claim: Claim,
    records: Sequence[NoticeRecord],
    *,
    at: int,
    reason: str,
    members: Collection[str],
) -> None:
    """Put on record what is to be delivered: of the notice itself, or as new rows."""
    if members:
        _lock(connection, claim.shard, {*members, claim.key})
    record = record_of(claimed(connection, claim))
    if takes_its_place(claim, records, members):
        kept = frozen(record, records[0], at, reason)
        values = {**frozen_values(kept), **outcome_values(kept)}
        change(connection, notices, key_of(claim), values)
        return
    _check_new(connection, claim.shard, records)
    others = _others(connection, claim, set(members) - {claim.key}, at)
    for each in (record, *others):
        into = records[0].id
        over = gathered(each, into, at, reason) if members else spread(each, at, reason)
        key = {"shard": claim.shard, "id": each.id}
        change(connection, notices, key, {**FREE, **outcome_values(over)})
    new = [{"shard": claim.shard, "id": each.id, **record_values(each)} for each in records]
    connection.execute(INSERT, new)


def _lock(connection: Connection, shard: str, ids: Collection[str]) -> None:
    """Lock rows in the order of their ids, so that two who gather do not wait for each other."""
    asked = {"shard": shard, "ids": sorted(filter(is_storable, ids))}
    connection.execute(LOCK_THESE, asked).all()


def _others(
    connection: Connection, claim: Claim, ids: Collection[str], at: int
) -> list[NoticeRecord]:
    if not ids:
        return []
    asked = {"shard": claim.shard, "ids": sorted(filter(is_storable, ids))}
    rows = connection.execute(OF_THESE, asked).mappings().all()  # they are locked already
    waiting = [
        record_of(row)
        for row in rows
        if row["state"] == NoticeState.WAITING and (row["lease"] is None or row["lease"] <= at)
    ]
    if len(waiting) != len(ids):
        raise StoreConflict(f"the digest of {claim.key}", len(ids), len(waiting))
    return waiting


def _check_new(connection: Connection, shard: str, records: Iterable[NoticeRecord]) -> None:
    asked = {"shard": shard, "ids": [record.id for record in records]}
    row = connection.execute(OF_THESE, asked).first()
    if row is not None:
        raise taken(row.id)
