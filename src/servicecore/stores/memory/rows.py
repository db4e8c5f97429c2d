"""What a store in memory keeps: its tables, their rows, and the leases on them."""

from __future__ import annotations

from secrets import token_hex
from typing import Self

import attrs
from attrs import field, frozen

from servicecore.errors import ClaimLost
from servicecore.lifecycle.events import Event
from servicecore.notices import NoticeRecord, NoticeState
from servicecore.stores.limits import EARLIEST
from servicecore.stores.memory.tables import Draft, Key, Table
from servicecore.stores.outbox import is_waiting
from servicecore.stores.values import Answer, Claim, Head, Parked


@frozen
class Lease:
    """Who may work on a row, and until when; at `until` it is free again."""

    token: str = ""
    until: int = EARLIEST

    def check(self, claim: Claim) -> None:
        """Refuse a claim that is not this one (`ClaimLost`)."""
        if not self.token or self.token != claim.token:
            raise ClaimLost(str(claim))

    @classmethod
    def until_end(cls, until: int) -> Self:
        """A new lease, which no other is like."""
        return cls(token_hex(16), until)


FREE = Lease()


@frozen
class Timer:
    """The head of a request; `since` is when its timer was parked, where it is."""

    head: Head
    attempts: int = 0
    lease: Lease = FREE
    since: int = 0


@frozen
class Outgoing:
    """A notice in the outbox."""

    record: NoticeRecord
    lease: Lease = FREE


@frozen
class Reader:
    """How far somebody has read in the feed; with `upto`, of one entry that is read again."""

    shard: str
    name: str
    position: int = 0
    upto: int | None = None
    wake: int = EARLIEST
    attempts: int = 0
    lease: Lease = FREE

    @property
    def key(self) -> tuple[str, str, int]:
        """What it is kept by; no entry has the position 0."""
        return self.shard, self.name, self.upto or 0


def _by_opening(row: Timer) -> Key:
    return row.head.shard, row.head.summary.opened, row.head.request


def _by_wake(row: Timer) -> Key | None:
    head = row.head
    return None if head.wake is None else (head.shard, head.wake, head.request)


def _parked_since(row: Timer) -> Key | None:
    head = row.head
    return None if head.parked is None else (head.shard, row.since, head.request)


def _made(row: Outgoing) -> tuple[int, str]:
    return row.record.notice.made, row.record.id


def _by_age(row: Outgoing) -> Key:
    return row.record.shard, *_made(row)


def _by_request(row: Outgoing) -> Key:
    return row.record.shard, row.record.notice.request, *_made(row)


def _by_bundle(row: Outgoing) -> Key:
    return row.record.shard, row.record.bundle, *_made(row)


def _to_be_delivered(row: Outgoing) -> Key | None:
    record = row.record
    if record.wake is None or not is_waiting(record):
        return None
    return record.shard, record.wake, record.id


def _dead(row: Outgoing) -> Key | None:
    undelivered = row.record.state is NoticeState.UNDELIVERED
    return (row.record.shard, row.record.id) if undelivered else None


def _of_shard(row: Reader) -> Key:
    return row.key


def _timers() -> Table[Timer]:
    return Table(opened=_by_opening, wake=_by_wake, parked=_parked_since)


def _outbox() -> Table[Outgoing]:
    return Table(
        made=_by_age, request=_by_request, bundle=_by_bundle, due=_to_be_delivered, dead=_dead
    )


def _readers() -> Table[Reader]:
    return Table(shard=_of_shard)


def _left_out(row: Parked) -> Key:
    return row.shard, row.since, row.key, row.position or 0


def _parked() -> Table[Parked]:
    return Table(since=_left_out)


@frozen
class Tables:
    """All that is committed."""

    positions: Table[int] = field(factory=Table)
    """The last position of each shard."""
    entries: Table[tuple[str, int]] = field(factory=Table)
    """The request and the number of the event at each position of a shard."""
    events: Table[Event] = field(factory=Table)
    commands: Table[Answer] = field(factory=Table)
    timers: Table[Timer] = field(factory=_timers)
    outbox: Table[Outgoing] = field(factory=_outbox)
    readers: Table[Reader] = field(factory=_readers)
    parked: Table[Parked] = field(factory=_parked)
    """The entries that readers of the feed left out."""


@frozen
class Rows:
    """All of it as one transaction sees it."""

    positions: Draft[int]
    entries: Draft[tuple[str, int]]
    events: Draft[Event]
    commands: Draft[Answer]
    timers: Draft[Timer]
    outbox: Draft[Outgoing]
    readers: Draft[Reader]
    parked: Draft[Parked]

    @classmethod
    def of(cls, tables: Tables) -> Self:
        """Drafts without a change."""
        names = (each.name for each in attrs.fields(Tables))
        return cls(*(Draft(getattr(tables, name)) for name in names))

    def commit(self) -> None:
        """Let the tables be as the drafts show them."""
        for each in attrs.fields(Rows):
            getattr(self, each.name).commit()

    def shards(self, only: str | None = None) -> tuple[str, ...]:
        """The shards in alphabetical order, or the one that is asked for."""
        return tuple(str(key[0]) for key in self.positions) if only is None else (only,)
