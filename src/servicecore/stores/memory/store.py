"""A store in memory: for tests, examples and hosts that keep nothing (B4-B9)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from threading import Lock, get_ident

from servicecore.errors import InvalidValue, StoreBusy
from servicecore.notices import NoticeRecord
from servicecore.stores import arguments
from servicecore.stores.memory import claims, feed, notices, requests
from servicecore.stores.memory.rows import Rows, Tables
from servicecore.stores.protocol import Tx
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


class MemoryTx:
    """A transaction of a `MemoryStore`; see `Tx` for what its methods do.

    Each question is answered by what is committed when it is asked, and by what the transaction
    itself has written.
    """

    joined = False

    def __init__(self, rows: Rows, reading: Lock, *, write: bool) -> None:
        self._rows = rows
        self._reading = reading
        self._write = write
        self._over = False

    def _commit(self) -> None:
        with self._reading:
            self._rows.commit()

    @contextmanager
    def _seen(self, *, to_write: bool = False) -> Iterator[Rows]:
        if self._over:
            raise InvalidValue("the transaction is over: expected one inside of its `with`")
        if to_write and not self._write:
            raise InvalidValue(
                "the transaction is for reading: expected one of transaction(write=True)"
            )
        with self._reading:
            yield self._rows

    def answered(self, shard: str, command: str) -> Answer | None:
        """What was written for a command of that id; None where nothing was."""
        arguments.check_command(shard, command)
        with self._seen() as rows:
            return requests.answered(rows, shard, command)

    def read(self, shard: str, request: str, *, after: int = 0) -> Stream:
        """The events of a request behind a version."""
        arguments.check_request(shard, request)
        arguments.check_number(after, "after")
        with self._seen() as rows:
            return requests.read(rows, shard, request, after)

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
        with self._seen(to_write=True) as rows:
            return requests.append(rows, shard, writes, command, claim)

    def find(self, shard: str, query: Query) -> Page:
        """The heads of the requests that are asked for, page by page."""
        arguments.check_query(shard, query)
        with self._seen() as rows:
            return requests.find(rows, shard, query)

    def workload(self, shard: str) -> Workload:
        """How many open requests everybody has."""
        arguments.check_shard(shard)
        with self._seen() as rows:
            return requests.workload(rows, shard)

    def shards(self) -> tuple[str, ...]:
        """The shards that anything was written to, in alphabetical order."""
        with self._seen() as rows:
            return rows.shards()

    def feed(self, shard: str, after: int = 0, *, limit: int = 100) -> tuple[Entry, ...]:
        """The entries of a shard behind a position, in order."""
        arguments.check_feed(shard, after, limit)
        with self._seen() as rows:
            return feed.feed(rows, shard, after, limit)

    def checkpoint(self, shard: str, reader: str) -> int:
        """The position up to which a reader has read."""
        arguments.check_reader(shard, reader)
        with self._seen() as rows:
            return feed.checkpoint(rows, shard, reader)

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
        with self._seen(to_write=True) as rows:
            feed.advance(rows, shard, reader, position, expected=expected, claim=claim)

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
        with self._seen(to_write=True) as rows:
            shards = rows.shards(shard)
            asked = claims.Asked(shards, at, at + lease, limit, only or (), leaving)
            return claims.claim(rows, kind, asked)

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
        with self._seen(to_write=True) as rows:
            notices.freeze(rows, claim, records, at=at, reason=reason, members=gathered)

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
        with self._seen(to_write=True) as rows:
            requests.rearm(rows, shard, request, version, wake, summary=summary, claim=claim)

    def settle(self, claim: Claim, settlement: Settlement, *, at: int) -> None:
        """End a claim; `ClaimLost` where it does not hold any more."""
        arguments.check_settlement(settlement, at)
        with self._seen(to_write=True) as rows:
            claims.settle(rows, claim, settlement, at)

    def next_due(self, shard: str | None = None, *, readers: Collection[str] = ()) -> int | None:
        """The earliest instant at which anything may be claimed; None if never."""
        arguments.check_next_due(shard, readers)
        with self._seen() as rows:
            return claims.next_due(rows, rows.shards(shard), readers)

    def notices(self, shard: str, query: NoticeQuery) -> tuple[NoticeRecord, ...]:
        """The notices that are asked for, the oldest first."""
        arguments.check_notices(shard, query)
        with self._seen() as rows:
            return notices.notices(rows, shard, query)

    def park(self, claim: Claim, *, at: int, reason: str) -> None:
        """Leave something alone that failed too often."""
        arguments.check_at(at)
        with self._seen(to_write=True) as rows:
            claims.park(rows, claim, at, reason)

    def parked(self, shard: str, kind: ClaimKind | None = None) -> tuple[Parked, ...]:
        """All that was parked, the oldest first."""
        arguments.check_parked(shard, kind)
        with self._seen() as rows:
            return claims.parked(rows, shard, kind)

    def requeue(self, parked: Parked, *, at: int) -> None:
        """Let it be claimed again, at once and as often as at first."""
        arguments.check_requeue(parked, at)
        with self._seen(to_write=True) as rows:
            claims.requeue(rows, parked, at)


class MemoryStore:
    """A full store that keeps everything in memory, as long as it lives.

    Threads may share it. Transactions that write take turns, so that none of them ever fails for
    another one; those that read wait for nobody. A thread that begins to write while it is writing
    would wait for itself, and gets `StoreBusy` at once.

    >>> from servicecore.lifecycle.events import Opened
    >>> from servicecore.stores import Summary, Write
    >>> store = MemoryStore()
    >>> with store.transaction(write=True) as tx:
    ...     opened = Opened(request="R1", occurred_at=0)
    ...     summary = Summary(status="new", is_open=True, opened=0, kind="incident")
    ...     write = Write(request="R1", expected=0, events=(opened,), summary=summary, wake=None)
    ...     tx.append("main", [write]).versions
    {'R1': (0, 1)}
    >>> with store.transaction() as tx:
    ...     tx.read("main", "R1").version
    1
    """

    def __init__(self) -> None:
        self._tables = Tables()
        self._writing = Lock()
        self._reading = Lock()
        self._writer: int | None = None
        self._closed = False

    @contextmanager
    def transaction(self, *, write: bool = False) -> Iterator[Tx]:
        """A transaction; it commits at the end of the ``with``, and an exception undoes it all."""
        if not write:
            with self._begun(write=False) as tx:
                yield tx
            return
        with self._turn(), self._begun(write=True) as tx:
            yield tx
            tx._commit()

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if self._writer == get_ident():
            raise StoreBusy("this thread is writing already: expected that to end first")
        with self._writing:
            self._writer = get_ident()
            try:
                yield
            finally:
                self._writer = None

    @contextmanager
    def _begun(self, *, write: bool) -> Iterator[MemoryTx]:
        if self._closed:
            raise InvalidValue("the store is closed: expected one that is open")
        tx = MemoryTx(Rows.of(self._tables), self._reading, write=write)
        try:
            yield tx
        finally:
            tx._over = True

    def close(self) -> None:
        """Forget everything; the store is of no use afterwards."""
        self._closed = True
        self._tables = Tables()
