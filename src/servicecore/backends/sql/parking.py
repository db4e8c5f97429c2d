"""What failed too often: left alone, listed, and queued again (B7)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from sqlalchemy import Connection, bindparam, select

from servicecore.backends.sql import entries
from servicecore.backends.sql.keyed import change, claimed, key_of, locked
from servicecore.backends.sql.rows import FREE, UNPARKED, Values, outcome_values, record_of
from servicecore.backends.sql.schema import heads, notices, readers
from servicecore.errors import UnknownName
from servicecore.notices import NoticeState
from servicecore.stores.limits import as_reason
from servicecore.stores.outbox import as_parked, requeued, undelivered
from servicecore.stores.values import Claim, ClaimKind, Parked

PARKED_TIMERS = select(heads.c.request, heads.c.parked, heads.c.parked_since).where(
    heads.c.shard == bindparam("shard"), heads.c.parked.is_not(None)
)
PARKED_ENTRIES = select(
    readers.c.reader, readers.c.upto, readers.c.parked, readers.c.parked_since
).where(readers.c.shard == bindparam("shard"), readers.c.parked.is_not(None))
DEAD_LETTERS = select(notices).where(
    notices.c.shard == bindparam("shard"), notices.c.state == NoticeState.UNDELIVERED.value
)


def park(connection: Connection, claim: Claim, at: int, reason: str) -> None:
    """Leave what is claimed alone from now on."""
    row = claimed(connection, claim)
    if claim.kind == "reader":
        entries.park(connection, claim, row, at, reason)
    elif claim.kind == "notice":
        record = undelivered(record_of(row), at, reason)
        change(connection, notices, key_of(claim), {**FREE, **outcome_values(record)})
    else:
        values = {**FREE, "parked": as_reason(reason), "parked_since": at}
        change(connection, heads, key_of(claim), values)


def requeue(connection: Connection, left: Parked, at: int) -> None:
    """Let it be claimed again; `UnknownName` where nothing like it is parked."""
    if not REQUEUE[left.kind](connection, left, at):
        known = [each.key for each in parked(connection, left.shard, left.kind)]
        raise UnknownName(f"parked {left.kind}", left.key, known)


def _requeue_timer(connection: Connection, left: Parked, at: int) -> bool:
    key: Values = {"shard": left.shard, "request": left.key}
    row = locked(connection, heads, key)
    if row is None or row["parked"] is None:
        return False
    change(connection, heads, key, {"wake": at, **FREE, **UNPARKED})
    return True


def _requeue_notice(connection: Connection, left: Parked, at: int) -> bool:
    key: Values = {"shard": left.shard, "id": left.key}
    row = locked(connection, notices, key)
    if row is None or row["state"] != NoticeState.UNDELIVERED:
        return False
    record = requeued(record_of(row), at)
    change(connection, notices, key, {**FREE, **outcome_values(record)})
    return True


REQUEUE: Mapping[ClaimKind, Callable[[Connection, Parked, int], bool]] = {
    "timer": _requeue_timer,
    "notice": _requeue_notice,
    "reader": entries.requeue,
}


def parked(connection: Connection, shard: str, kind: ClaimKind | None) -> tuple[Parked, ...]:
    """All that is left alone."""
    wanted = (each for each in _parked(connection, shard) if kind in {None, each.kind})
    return tuple(
        sorted(wanted, key=lambda each: (each.since, each.kind, each.key, each.position or 0))
    )


def _parked(connection: Connection, shard: str) -> Iterator[Parked]:
    asked = {"shard": shard}
    for request, reason, since in connection.execute(PARKED_TIMERS, asked):
        yield Parked(kind="timer", shard=shard, key=request, reason=reason, since=since)
    for row in connection.execute(DEAD_LETTERS, asked).mappings():
        yield as_parked(record_of(row))
    for reader, upto, reason, since in connection.execute(PARKED_ENTRIES, asked):
        yield Parked(
            kind="reader", shard=shard, key=reader, reason=reason, since=since, position=upto
        )
