"""The store protocol: where a host keeps histories, timers, the feed and the outbox (B4-B8)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from servicecore.notices import NoticeRecord
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


class Tx(Protocol):
    """One transaction of a store: all that is written in it stays, or none of it.

    Instants are microseconds. Whatever the store is, texts that some database cannot keep are
    refused (`InvalidValue`; see `servicecore.stores.limits`), and so is writing in a transaction
    that is for reading. `StoreBusy` may come of everything: the same may be tried again then, in
    another transaction. A method that raises has written nothing; the transaction goes on.

    A claim holds until it ends or until what it is on changes; once its lease has run out, until
    somebody else claims the same. Texts are in order by their code points.
    """

    @property
    def joined(self) -> bool:
        """Whether it is part of a host's own transaction, which the host commits and retries."""
        ...

    def answered(self, shard: str, command: str) -> Answer | None:
        """What was written for a command of that id; None where nothing was."""
        ...

    def read(self, shard: str, request: str, *, after: int = 0) -> Stream:
        """The events of a request behind a version; the version is that of the whole request."""
        ...

    def append(
        self,
        shard: str,
        writes: Sequence[Write],
        command: CommandKey | None = None,
        *,
        claim: Claim | None = None,
    ) -> Answer:
        """Append to any number of requests of one shard, with heads, notices and the command.

        The lock of the shard is taken before any row is touched, so that positions commit in order
        (B4). A command that was answered before, with the same content, gives that answer again and
        writes nothing; so it does when the versions have moved on. What was claimed or parked of
        the timers of these requests is so no longer: the wake of the write holds.

        Raises `CommandMismatch` for an id that other content was written for, then `ClaimLost`
        where the claim, on the timer of one of them, does not hold any more, then `StoreConflict`
        where a request has another version than expected. `InvalidValue` is for what can never be
        appended: no events, an event of another request, a notice whose id there is already.
        """
        ...

    def find(self, shard: str, query: Query) -> Page:
        """The heads of the requests that are asked for, page by page.

        Raises `InvalidValue` for an `after` that is none of a page of the same order.
        """
        ...

    def workload(self, shard: str) -> Workload:
        """How many open requests everybody has."""
        ...

    def shards(self) -> tuple[str, ...]:
        """The shards that anything was written to, in alphabetical order."""
        ...

    def feed(self, shard: str, after: int = 0, *, limit: int = 100) -> tuple[Entry, ...]:
        """The entries of a shard behind a position, in order; none is ever seen out of order."""
        ...

    def checkpoint(self, shard: str, reader: str) -> int:
        """The position up to which a reader has read; 0 for one that nobody knows."""
        ...

    def advance(
        self,
        shard: str,
        reader: str,
        position: int,
        *,
        expected: int | None = None,
        claim: Claim | None = None,
    ) -> None:
        """Move the checkpoint of a reader forward, never back.

        Under a claim, which goes on and whose attempts begin anew with it, or from the checkpoint
        that is expected. What was passed already changes nothing. Under a claim with `upto`, it is
        that entry which is done; the checkpoint stays. Raises `ClaimLost`, or `StoreConflict` where
        the checkpoint stands elsewhere.
        """
        ...

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
        """What is due at an instant and nobody else has claimed, the longest due first.

        By `wake`, then by shard and key. Each claim holds for `lease` microseconds, up to but not
        at `until`, and counts as an attempt. Never more than `limit`, and never what another claims
        at the same time. Of one shard, or of all. `only` are the names of the readers that may be
        claimed, one for each shard whose feed goes on behind their checkpoint, and one for each
        entry of theirs that was requeued; it is for readers alone, which need it. A reader is due
        since its last settlement, a new one since ever. `leaving` are channels whose notices are
        left to others.
        """
        ...

    def freeze(
        self,
        claim: Claim,
        records: Sequence[NoticeRecord],
        *,
        at: int,
        reason: str = "",
        gathered: Collection[str] = (),
    ) -> None:
        """Put on record what is to be delivered, before the first attempt (B9).

        Of a record with the id of the claimed notice, contact, text and bundle are kept, and the
        claim goes on. Otherwise the records are new rows, kept as they are given, and the claim is
        over: the notice was `SPREAD` to several contacts, or, with `gathered`, `GATHERED` into the
        one record together with those notices, which are waiting and claimed by nobody. The notice,
        and each of `gathered`, gets a remark with the reason; without one, a notice that stays as
        it is gets none. Raises `ClaimLost`, `StoreConflict` where one of `gathered` is not as it
        should be, and `InvalidValue` where the id of a new row is taken.
        """
        ...

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
        """Set the timer of a request anew; whatever was claimed or parked of it is so no longer.

        With a summary, that takes the place of the one there is. Raises `ClaimLost` where the claim
        does not hold any more, then `StoreConflict` where the request has another version.
        """
        ...

    def settle(self, claim: Claim, settlement: Settlement, *, at: int) -> None:
        """End a claim; `ClaimLost` where it does not hold any more.

        An attempt that is not `counted` as a failed one never was one. A notice gets a remark if
        `what` says something; the same one twice in a row is kept once, with the later instant. Of
        a timer, `wake` is its next instant; a reader with None is due again as soon as the feed
        goes on.
        """
        ...

    def next_due(self, shard: str | None = None, *, readers: Collection[str] = ()) -> int | None:
        """The earliest instant at which anything may be claimed, in microseconds; None if never.

        Of timers, notices and these readers; of one shard, or of all. What is claimed may be so
        again when its lease ends. A reader whose feed goes on may be claimed at once: the far past.
        """
        ...

    def notices(self, shard: str, query: NoticeQuery) -> tuple[NoticeRecord, ...]:
        """The notices that are asked for, the oldest first."""
        ...

    def park(self, claim: Claim, *, at: int, reason: str) -> None:
        """Leave something alone that failed too often; `ClaimLost` where the claim does not hold.

        A notice is `UNDELIVERED` then. Of a timer the wake stays, and is not looked at. Of a reader
        it is the entry behind its checkpoint, which moves on by one entry, or the one that it was
        claimed for again. The claim is over. `InvalidValue` where no entry is left to be parked.
        """
        ...

    def parked(self, shard: str, kind: ClaimKind | None = None) -> tuple[Parked, ...]:
        """All that was parked, the oldest first, then by kind, key and position.

        Of the notices that is every one that is `UNDELIVERED`, however it came to that.
        """
        ...

    def requeue(self, parked: Parked, *, at: int) -> None:
        """Let it be claimed again, at once and as often as at first.

        It is due since `at`. An entry is read again by a reader with `upto`, beside the one that
        has gone on. Raises `UnknownName` where nothing of that kind, shard, key and position is
        parked.
        """
        ...


class Store(Protocol):
    """Where a host keeps everything. Threads may share it."""

    def transaction(self, *, write: bool = False) -> AbstractContextManager[Tx]:
        """A transaction; it commits at the end of the ``with``, and an exception undoes it all.

        Claims, too, are written. Without `write` nothing may be.
        """
        ...

    def close(self) -> None:
        """Give back what the store holds open; it is of no use afterwards."""
        ...
