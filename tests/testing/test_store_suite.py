"""The suite for stores finds what it is there for: stores with one fault each."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import attrs
import pytest

from servicecore.errors import CommandMismatch, ServiceCoreError
from servicecore.stores import (
    Answer,
    Claim,
    ClaimKind,
    CommandKey,
    Entry,
    MemoryStore,
    NoticeQuery,
    Page,
    Parked,
    Query,
    Settlement,
    Write,
)
from servicecore.stores.memory import MemoryTx, requests, rows
from servicecore.stores.memory.rows import Rows
from servicecore.testing import StoreSuite


class Faulty(MemoryStore):
    """A store whose transactions have a fault."""

    tx: type[MemoryTx] = MemoryTx

    @contextmanager
    def transaction(self, *, write: bool = False) -> Iterator[MemoryTx]:
        with super().transaction(write=write) as tx:
            tx.__class__ = self.tx
            yield tx


class ForgetsTheVersion(MemoryTx):
    def append(
        self,
        shard: str,
        writes: Sequence[Write],
        command: CommandKey | None = None,
        *,
        claim: Claim | None = None,
    ) -> Answer:
        versions = [self.read(shard, write.request).version for write in writes]
        moved = [
            attrs.evolve(write, expected=version)
            for write, version in zip(writes, versions, strict=True)
        ]
        return super().append(shard, moved, command, claim=claim)


class LosesNotices(MemoryTx):
    def append(self, shard: str, writes: Sequence[Write], *rest: Any, **options: Any) -> Answer:
        silent = [attrs.evolve(write, notices=write.notices[:1]) for write in writes]
        return super().append(shard, silent, *rest, **options)


class ForgetsTheDigest(MemoryTx):
    def append(self, *arguments: Any, **options: Any) -> Answer:
        try:
            return super().append(*arguments, **options)
        except CommandMismatch as same:
            found = self.answered(arguments[0], same.command)
            assert found is not None
            return found


class ForgetsCommands(MemoryTx):
    def append(
        self,
        shard: str,
        writes: Sequence[Write],
        command: CommandKey | None = None,
        **options: Any,
    ) -> Answer:
        return super().append(shard, writes, **options)


class WritesBeforeItChecks(MemoryTx):
    def append(self, shard: str, writes: Sequence[Write], *rest: Any, **options: Any) -> Answer:
        answer = Answer(command="", digest="")
        for write in writes:
            answer = super().append(shard, [write], *rest, **options)
        return answer


class SkipsAnEntry(MemoryTx):
    """Where two wrote in one go, the second one's entry is as if it had not been there yet."""

    def feed(self, shard: str, after: int = 0, *, limit: int = 100) -> tuple[Entry, ...]:
        entries = super().feed(shard, after, limit=limit)
        return tuple(each for each in entries if each.position % 7 or after)


class RepeatsAnEntry(MemoryTx):
    def feed(self, shard: str, after: int = 0, *, limit: int = 100) -> tuple[Entry, ...]:
        return super().feed(shard, max(after - 1, 0), limit=limit)


class IgnoresLeases(MemoryTx):
    """Two may claim the same."""

    def claim(self, kind: ClaimKind, *, at: int, **options: Any) -> tuple[Claim, ...]:
        claims = super().claim(kind, at=at, **options)
        for claim in claims:
            _put_back(self._rows, claim)
        return claims


def _put_back(found: Rows, claim: Claim) -> None:
    """Let a lease be over at once."""
    if claim.kind == "timer" and (timer := found.timers.get(claim.shard, claim.key)):
        lease = attrs.evolve(timer.lease, until=rows.EARLIEST)
        found.timers.put(attrs.evolve(timer, lease=lease), claim.shard, claim.key)


class ClaimsTooMuch(MemoryTx):
    def claim(self, kind: ClaimKind, *, limit: int, **options: Any) -> tuple[Claim, ...]:
        return super().claim(kind, limit=limit + 1, **options)


class LeasesForEver(MemoryTx):
    def claim(self, kind: ClaimKind, *, lease: int, **options: Any) -> tuple[Claim, ...]:
        claims = super().claim(kind, lease=2**40, **options)
        return tuple(attrs.evolve(each, until=options["at"] + lease) for each in claims)


class KeepsStaleTokens(MemoryTx):
    """Whoever has claimed a timer once may settle it whenever they like."""

    def settle(self, claim: Claim, settlement: Settlement, *, at: int) -> None:
        super().settle(_renewed(self._rows, claim), settlement, at=at)


class ClearsWhatWasRearmed(MemoryTx):
    """An append leaves the claim on a timer as it is."""

    def append(self, shard: str, writes: Sequence[Write], *rest: Any, **options: Any) -> Answer:
        before = [self._rows.timers.get(shard, write.request) for write in writes]
        answer = super().append(shard, writes, *rest, **options)
        for old, write in zip(before, writes, strict=True):
            new = self._rows.timers.get(shard, write.request)
            if old is not None and new is not None:
                again = attrs.evolve(new, lease=old.lease)
                self._rows.timers.put(again, shard, write.request)
        return answer


def _renewed(found: Rows, claim: Claim) -> Claim:
    row = found.timers.get(claim.shard, claim.key)
    return attrs.evolve(claim, token=row.lease.token) if row and row.lease.token else claim


class MovesCheckpointsBack(MemoryTx):
    def advance(
        self, shard: str, reader: str, position: int, *, claim: Claim | None = None, **_: Any
    ) -> None:
        super().advance(shard, reader, position, claim=claim)
        row = self._rows.readers.get(shard, reader, 0)
        if row is not None and claim is None:
            self._rows.readers.put(attrs.evolve(row, position=position), *row.key)


class ForgetsAttempts(MemoryTx):
    def settle(self, claim: Claim, settlement: Settlement, *, at: int) -> None:
        super().settle(claim, attrs.evolve(settlement, counted=False), at=at)


class KeepsAllRemarks(MemoryTx):
    def notices(self, shard: str, query: NoticeQuery) -> tuple[Any, ...]:
        found = super().notices(shard, query)
        return tuple(attrs.evolve(each, remarks=each.remarks * 2) for each in found)


class MixesShards(MemoryTx):
    def answered(self, shard: str, command: str) -> Answer | None:
        found = (super(MixesShards, self).answered(each, command) for each in self.shards())
        return next((each for each in found if each), None)


class TurnsPagesByNumber(MemoryTx):
    """A page begins behind so many requests, wherever they are now."""

    def find(self, shard: str, query: Query) -> Page:
        start = int(query.after) if query.after.isdecimal() else 0
        whole = super().find(shard, attrs.evolve(query, after="", limit=1000))
        heads = whole.heads[start : start + query.limit]
        end = start + len(heads)
        return Page(heads=heads, next=str(end) if end < len(whole.heads) else "")


class GathersWhatIsClaimed(MemoryTx):
    def freeze(
        self, claim: Claim, records: Sequence[Any], *, gathered: Collection[str] = (), **rest: Any
    ) -> None:
        mine = [id for id in gathered if self._rows.outbox.get(claim.shard, id) is not None]
        for id in mine:
            row = self._rows.outbox.get(claim.shard, id)
            if row is not None:
                self._rows.outbox.put(attrs.evolve(row, lease=rows.FREE), claim.shard, id)
        super().freeze(claim, records, gathered=mine, **rest)


class LosesWhatIsRequeued(MemoryTx):
    def requeue(self, parked: Parked, *, at: int) -> None:
        super().requeue(parked, at=at)
        row = self._rows.timers.get(parked.shard, parked.key)
        if row is not None:
            requests.set_timer(self._rows, row, None)


class CommitsHalf(Faulty):
    """What leaves the ``with`` undoes nothing."""

    @contextmanager
    def transaction(self, *, write: bool = False) -> Iterator[MemoryTx]:
        with MemoryStore.transaction(self, write=write) as tx:
            try:
                yield tx
            except RuntimeError:
                if write:
                    tx._commit()
                raise


class ShowsWhatIsNotCommitted(Faulty):
    """Each append is there for everybody at once."""

    class tx(MemoryTx):  # noqa: N801  # the name of what it takes the place of
        def append(self, *arguments: Any, **options: Any) -> Answer:
            answer = super().append(*arguments, **options)
            self._commit()
            return answer


def faulty(tx: type[MemoryTx]) -> type[Faulty]:
    """A store with that fault in its transactions."""
    return type(tx.__name__, (Faulty,), {"tx": tx})


class Tests(StoreSuite):
    """The suite, to be called by hand."""

    __test__ = False


tests = Tests()
PLANTED: list[tuple[type[Faulty], Callable[[Any], object]]] = [
    (faulty(ForgetsTheVersion), tests.test_one_of_many_writers_wins),
    (faulty(ForgetsTheVersion), lambda store: tests.test_another_version_than_expected(store, 1)),
    (faulty(LosesNotices), tests.test_gathered_into_a_digest),
    (faulty(ForgetsTheDigest), tests.test_another_command_of_the_same_id),
    (faulty(ForgetsCommands), tests.test_a_command_again),
    (faulty(ForgetsCommands), tests.test_a_command_twice_at_once),
    (faulty(WritesBeforeItChecks), tests.test_what_fails_leaves_the_rest),
    (faulty(SkipsAnEntry), tests.test_a_reader_follows_many_writers),
    (faulty(RepeatsAnEntry), tests.test_entries_are_in_order),
    (faulty(IgnoresLeases), lambda store: tests.test_claims_are_disjoint(store, "timer")),
    (faulty(IgnoresLeases), lambda store: tests.test_a_lease_ends(store, "timer")),
    (faulty(ClaimsTooMuch), lambda store: tests.test_claims_are_disjoint(store, "notice")),
    (faulty(LeasesForEver), lambda store: tests.test_a_lease_ends(store, "reader")),
    (faulty(KeepsStaleTokens), lambda store: tests.test_a_lease_ends(store, "timer")),
    (
        faulty(ClearsWhatWasRearmed),
        lambda store: tests.test_a_timer_that_changes_while_claimed(store, "append"),
    ),
    (faulty(MovesCheckpointsBack), tests.test_a_checkpoint_only_moves_forward),
    (faulty(ForgetsAttempts), lambda store: tests.test_attempts_are_counted(store, "notice")),
    (faulty(KeepsAllRemarks), tests.test_remarks_do_not_grow_without_end),
    (faulty(MixesShards), tests.test_shards_are_apart),
    (
        faulty(TurnsPagesByNumber),
        lambda store: tests.test_pages_while_others_write(store, "opened"),
    ),
    (
        faulty(GathersWhatIsClaimed),
        lambda store: tests.test_a_digest_of_what_is_not_there(store, "claimed"),
    ),
    (
        faulty(LosesWhatIsRequeued),
        lambda store: tests.test_parked_and_requeued(store, "timer"),
    ),
    (CommitsHalf, tests.test_a_transaction_that_is_broken_off),
    (
        ShowsWhatIsNotCommitted,
        lambda store: tests.test_a_writer_that_is_slow_to_commit(store, commits=False),
    ),
]


@pytest.mark.parametrize(
    ("kind", "test"),
    PLANTED,
    ids=[f"{kind.__name__}-{each}" for each, (kind, _) in enumerate(PLANTED)],
)
def test_a_fault_is_found(kind: type[Faulty], test: Callable[[Any], object]) -> None:
    """Issue 4, item 9: a store with one fault fails a test that is there for it."""
    with pytest.raises((AssertionError, pytest.fail.Exception, ServiceCoreError)):
        test(kind())


@pytest.mark.parametrize("test", [test for _, test in PLANTED])
def test_a_store_without_a_fault_passes(test: Callable[[Any], object]) -> None:
    """So it is the fault that is found."""
    test(MemoryStore())
