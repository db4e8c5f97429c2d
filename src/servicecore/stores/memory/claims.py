"""Claims in memory: what is due, for one worker at a time, and what failed too often (B7)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from heapq import merge
from itertools import islice, takewhile
from typing import TypeVar

import attrs
from attrs import frozen

from servicecore.errors import UnknownName
from servicecore.stores.limits import as_reason
from servicecore.stores.memory import feed, notices, requests
from servicecore.stores.memory.rows import Lease, Outgoing, Rows, Timer
from servicecore.stores.memory.tables import Key
from servicecore.stores.outbox import as_parked, attempts_after, is_left_out
from servicecore.stores.values import Claim, ClaimKind, Parked, Settlement

Row = TypeVar("Row", Timer, Outgoing)


@frozen
class Asked:
    """What may be claimed: of which shards, due at which instant, until when, and how much."""

    shards: tuple[str, ...]
    at: int
    until: int
    limit: int
    names: Collection[str] = ()
    leaving: Collection[str] = ()

    def is_free(self, lease: Lease) -> bool:
        """Whether nobody else has it at that instant."""
        return lease.until <= self.at


def claim(rows: Rows, kind: ClaimKind, asked: Asked) -> tuple[Claim, ...]:
    """Claim what is due and free, the longest due first."""
    return CLAIM[kind](rows, asked)


def _claim_timers(rows: Rows, asked: Asked) -> tuple[Claim, ...]:
    due = _due([rows.timers.scan("wake", shard) for shard in asked.shards], asked.at)
    free = (row for row in due if row.head.parked is None and asked.is_free(row.lease))
    taken = list(islice(free, asked.limit))
    return tuple(_claim_timer(rows, row, asked.until) for row in taken)


def _due(each: Collection[Iterator[tuple[Key, Row]]], at: int) -> Iterator[Row]:
    """What is due at an instant, the longest due first; each in the order shard, wake, key."""
    started = [takewhile(lambda found: _wake(found) <= at, rows) for rows in each]
    merged = merge(*started, key=lambda found: (_wake(found), found[0][0], found[0][2]))
    return (row for _, row in merged)


def _wake(found: tuple[Key, object]) -> int:
    return int(found[0][1])


def _claim_timer(rows: Rows, row: Timer, until: int) -> Claim:
    lease, attempt, head = Lease.until_end(until), row.attempts + 1, row.head
    rows.timers.put(attrs.evolve(row, lease=lease, attempts=attempt), head.shard, head.request)
    return Claim(
        kind="timer",
        shard=head.shard,
        key=head.request,
        token=lease.token,
        attempt=attempt,
        until=until,
    )


def _claim_notices(rows: Rows, asked: Asked) -> tuple[Claim, ...]:
    due = _due([rows.outbox.scan("due", shard) for shard in asked.shards], asked.at)
    free = (
        row
        for row in due
        if asked.is_free(row.lease) and not is_left_out(row.record, asked.leaving)
    )
    taken = list(islice(free, asked.limit))
    return tuple(notices.claim_notice(rows, row, asked.until) for row in taken)


def _claim_readers(rows: Rows, asked: Asked) -> tuple[Claim, ...]:
    due = [
        reader
        for reader in feed.behind(rows, asked.shards, asked.names)
        if reader.wake <= asked.at and asked.is_free(reader.lease)
    ]
    due.sort(key=lambda reader: (reader.wake, *reader.key))
    return tuple(feed.claim_reader(rows, reader, asked.until) for reader in due[: asked.limit])


def next_due(rows: Rows, shards: Collection[str], readers: Collection[str]) -> int | None:
    """When anything may be claimed, the earliest of all."""
    instants = [max(each.wake, each.lease.until) for each in feed.behind(rows, shards, readers)]
    for shard in shards:
        timers = rows.timers.scan("wake", shard)
        instants += _earliest(found for found in timers if found[1].head.parked is None)
        instants += _earliest(rows.outbox.scan("due", shard))
    return min(instants, default=None)


def _earliest(found: Iterable[tuple[Key, Row]]) -> list[int]:
    """The earliest instant, if there is one, at which any of what comes by its wake is free."""
    earliest: list[int] = []
    for each in found:
        if earliest and earliest[0] <= _wake(each):
            break
        earliest = [min([max(_wake(each), each[1].lease.until), *earliest])]
    return earliest


def settle(rows: Rows, claim: Claim, settlement: Settlement, at: int) -> None:
    """End a claim."""
    SETTLE[claim.kind](rows, claim, settlement, at)


def _settle_timer(rows: Rows, claim: Claim, settlement: Settlement, _at: int) -> None:
    row = requests.check_claim(rows, claim)
    attempts = attempts_after(row.attempts, counted=settlement.counted)
    requests.set_timer(rows, row, settlement.wake, attempts=attempts)


def park(rows: Rows, claim: Claim, at: int, reason: str) -> None:
    """Leave something alone."""
    PARK[claim.kind](rows, claim, at, reason)


def _park_timer(rows: Rows, claim: Claim, at: int, reason: str) -> None:
    row = requests.check_claim(rows, claim)
    head = attrs.evolve(row.head, parked=as_reason(reason))
    rows.timers.put(Timer(head, row.attempts, since=at), head.shard, head.request)


def parked(rows: Rows, shard: str, kind: ClaimKind | None) -> tuple[Parked, ...]:
    """All that is left alone."""
    found = [
        *(_as_parked(row) for _, row in rows.timers.scan("parked", shard)),
        *(as_parked(row.record) for row in notices.dead(rows, shard)),
        *(row for _, row in rows.parked.scan("since", shard)),
    ]
    wanted = (each for each in found if kind in {None, each.kind})
    return tuple(
        sorted(wanted, key=lambda each: (each.since, each.kind, each.key, each.position or 0))
    )


def _as_parked(row: Timer) -> Parked:
    head = row.head
    return Parked(
        kind="timer",
        shard=head.shard,
        key=head.request,
        reason=head.parked or "",
        since=row.since,
    )


def requeue(rows: Rows, parked_: Parked, at: int) -> None:
    """Let it be claimed again; `UnknownName` where it is not parked."""
    if not REQUEUE[parked_.kind](rows, parked_, at):
        known = [each.key for each in parked(rows, parked_.shard, parked_.kind)]
        raise UnknownName(f"parked {parked_.kind}", parked_.key, known)


def _requeue_timer(rows: Rows, parked_: Parked, at: int) -> bool:
    row = rows.timers.get(parked_.shard, parked_.key)
    if row is None or row.head.parked is None:
        return False
    requests.set_timer(rows, row, at)
    return True


CLAIM: Mapping[ClaimKind, Callable[[Rows, Asked], tuple[Claim, ...]]] = {
    "timer": _claim_timers,
    "notice": _claim_notices,
    "reader": _claim_readers,
}
SETTLE: Mapping[ClaimKind, Callable[[Rows, Claim, Settlement, int], None]] = {
    "timer": _settle_timer,
    "notice": notices.settle_notice,
    "reader": feed.settle_reader,
}
PARK: Mapping[ClaimKind, Callable[[Rows, Claim, int, str], None]] = {
    "timer": _park_timer,
    "notice": notices.park_notice,
    "reader": feed.park_entry,
}
REQUEUE: Mapping[ClaimKind, Callable[[Rows, Parked, int], bool]] = {
    "timer": _requeue_timer,
    "notice": notices.requeue_notice,
    "reader": feed.requeue_entry,
}
