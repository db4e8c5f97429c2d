"""One transaction of the SQL store, our own or a host's (B4-B9)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext

from sqlalchemy import Connection

from servicecore.backends.sql import (
    appending,
    claiming,
    entries,
    finding,
    outbox,
    parking,
    reading,
    settling,
    upcoming,
)
from servicecore.backends.sql.failures import translated
from servicecore.errors import InvalidValue, ServiceCoreError, StoreBusy
from servicecore.notices import NoticeRecord
from servicecore.stores import arguments
from servicecore.stores.values import (
    Answer,
    Claim,
    ClaimKind,
    CommandKey,
    Entry,
    NoticeQuery,
    Page,
    Parked,
    Query,
    Settlement,
    Stream,
    Summary,
    Workload,
    Write,
)


class SqlTx:
    """A transaction of a `SqlStore`; see `Tx` for what its methods do."""

    def __init__(self, connection: Connection, *, joined: bool, write: bool) -> None:
        self._connection = connection
        self._joined = joined
        self._write = write
        self._over = False
        self._failure: BaseException | None = None

    @property
    def joined(self) -> bool:
        """Whether it is part of a host's own transaction."""
        return self._joined

    def abandon(self) -> None:
        """Be of no use any more."""
        self._over = True

    def end(self) -> None:
        """Commit, unless a statement has failed: then nothing of the transaction may stay."""
        self._over = True
        if self._failure is not None:
            raise self._failure
        if not self._joined:
            with translated():
                self._connection.commit()

    @contextmanager
    def _seen(self, *, to_write: bool = False) -> Iterator[Connection]:
        if self._over:
            raise InvalidValue("the transaction is over: expected one inside of its `with`")
        if to_write and not self._write:
            raise InvalidValue(
                "the transaction is for reading: expected one of transaction(write=True)"
            )
        try:
            with translated(), self._protected(to_write=to_write):
                yield self._connection
        except BaseException as failure:
            refused = isinstance(failure, ServiceCoreError) and not isinstance(failure, StoreBusy)
            if not refused and not self._joined:
                self._failure = failure
            raise

    def _protected(self, *, to_write: bool) -> AbstractContextManager[object]:
        """What fails in a host's transaction takes back what it has done, and nothing else."""
        return self._connection.begin_nested() if self._joined and to_write else nullcontext()

    def answered(self, shard: str, command: str) -> Answer | None:
        """What was written for a command of that id; None where nothing was."""
        arguments.check_command(shard, command)
        with self._seen() as connection:
            return reading.answered(connection, shard, command)

    def read(self, shard: str, request: str, *, after: int = 0) -> Stream:
        """The events of a request behind a version."""
        arguments.check_request(shard, request)
        arguments.check_number(after, "after")
        with self._seen() as connection:
            return reading.read(connection, shard, request, after)

    def append(
        self,
        shard: str,
        writes: Sequence[Write],
        command: CommandKey | None = None,
        *,
        claim: Claim | None = None,
    ) -> Answer:
        """Append to any number of requests of one shard."""
        arguments.check_append(shard, writes, command, claim)
        with self._seen(to_write=True) as connection:
            return appending.append(connection, shard, writes, command, claim)

    def find(self, shard: str, query: Query) -> Page:
        """The heads of the requests that are asked for, page by page."""
        arguments.check_query(shard, query)
        with self._seen() as connection:
            return finding.find(connection, shard, query)

    def workload(self, shard: str) -> Workload:
        """How many open requests everybody has."""
        arguments.check_shard(shard)
        with self._seen() as connection:
            return reading.workload(connection, shard)

    def shards(self) -> tuple[str, ...]:
        """The shards that anything was written to, in alphabetical order."""
        with self._seen() as connection:
            return reading.all_shards(connection)

    def feed(self, shard: str, after: int = 0, *, limit: int = 100) -> tuple[Entry, ...]:
        """The entries of a shard behind a position, in order."""
        arguments.check_feed(shard, after, limit)
        with self._seen() as connection:
            return reading.feed(connection, shard, after, limit)

    def checkpoint(self, shard: str, reader: str) -> int:
        """The position up to which a reader has read."""
        arguments.check_reader(shard, reader)
        with self._seen() as connection:
            return reading.checkpoint(connection, shard, reader)

    def advance(
        self,
        shard: str,
        reader: str,
        position: int,
        *,
        expected: int | None = None,
        claim: Claim | None = None,
    ) -> None:
        """Move the checkpoint of a reader forward, never back."""
        arguments.check_advance(shard, reader, position, expected, claim)
        with self._seen(to_write=True) as connection:
            entries.advance(connection, shard, reader, position, expected=expected, claim=claim)

    def claim(
        self,
        kind: ClaimKind,
        *,
        at: int,
        lease: int,
        limit: int,
        shard: str | None = None,
        only: Collection[str] | None = None,
        leaving: Collection[str] = (),
    ) -> tuple[Claim, ...]:
        """What is due at an instant and nobody else has claimed, the longest due first."""
        arguments.check_claiming(kind, at=at, lease=lease, limit=limit, shard=shard, only=only)
        with self._seen(to_write=True) as connection:
            asked = claiming.Asked(at, at + lease, limit, shard, only or (), leaving)
            return claiming.claim(connection, kind, asked)

    def freeze(
        self,
        claim: Claim,
        records: Sequence[NoticeRecord],
        *,
        at: int,
        reason: str = "",
        gathered: Collection[str] = (),
    ) -> None:
        """Put on record what is to be delivered, before the first attempt (B9)."""
        arguments.check_frozen(claim, records, at)
        with self._seen(to_write=True) as connection:
            outbox.freeze(connection, claim, records, at=at, reason=reason, members=gathered)

    def rearm(
        self,
        shard: str,
        request: str,
        version: int,
        wake: int | None,
        *,
        summary: Summary | None = None,
        claim: Claim | None = None,
    ) -> None:
        """Set the timer of a request anew; whatever was claimed or parked of it is so no longer."""
        arguments.check_rearm(shard, request, version, wake=wake, summary=summary, claim=claim)
        with self._seen(to_write=True) as connection:
            settling.rearm(connection, shard, request, version, wake, summary=summary, claim=claim)

    def settle(self, claim: Claim, settlement: Settlement, *, at: int) -> None:
        """End a claim; `ClaimLost` where it does not hold any more."""
        arguments.check_settlement(settlement, at)
        with self._seen(to_write=True) as connection:
            settling.settle(connection, claim, settlement, at)

    def next_due(self, shard: str | None = None, *, readers: Collection[str] = ()) -> int | None:
        """The earliest instant at which anything may be claimed; None if never."""
        arguments.check_next_due(shard, readers)
        with self._seen() as connection:
            return upcoming.next_due(connection, shard, readers)

    def notices(self, shard: str, query: NoticeQuery) -> tuple[NoticeRecord, ...]:
        """The notices that are asked for, the oldest first."""
        arguments.check_notices(shard, query)
        with self._seen() as connection:
            return outbox.find(connection, shard, query)

    def park(self, claim: Claim, *, at: int, reason: str) -> None:
        """Leave something alone that failed too often."""
        arguments.check_at(at)
        with self._seen(to_write=True) as connection:
            parking.park(connection, claim, at, reason)

    def parked(self, shard: str, kind: ClaimKind | None = None) -> tuple[Parked, ...]:
        """All that was parked, the oldest first."""
        arguments.check_parked(shard, kind)
        with self._seen() as connection:
            return parking.parked(connection, shard, kind)

    def requeue(self, parked: Parked, *, at: int) -> None:
        """Let it be claimed again, at once and as often as at first."""
        arguments.check_requeue(parked, at)
        with self._seen(to_write=True) as connection:
            parking.requeue(connection, parked, at)
