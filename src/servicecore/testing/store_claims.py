"""Laws of claims: one worker at a time, until a lease ends or what it is on changes (B7)."""

from __future__ import annotations

from functools import partial

import attrs
import pytest

from servicecore.errors import ClaimLost, InvalidValue, StoreConflict, UnknownName
from servicecore.stores import Claim, ClaimKind, Query, Settlement, Store, Summary, Tx
from servicecore.testing.samples import SHARD, append, read_all, summary, write
from servicecore.testing.store_base import StoreParts
from servicecore.testing.threads import together, written

WORKERS, MUCH = 4, 40
KINDS: tuple[ClaimKind, ...] = ("timer", "notice", "reader")


def fill(store: Store, number: int = 1) -> None:
    """So many requests, each in a shard of its own, with all that can be claimed: due at 0."""
    for each in range(number):
        append(store, write("R1", wake=0, told=True), shard=f"shard {each:02}")


def claim_one(tx: Tx, kind: ClaimKind, *, at: int = 0, lease: int = 10) -> Claim | None:
    """The first that is due, if anything is."""
    claims = claim_some(tx, kind, at=at, lease=lease, limit=1)
    return claims[0] if claims else None


def claim_some(
    tx: Tx, kind: ClaimKind, *, at: int = 0, lease: int = 10, limit: int = 100
) -> tuple[Claim, ...]:
    """What is due, of all shards."""
    only = ["audit"] if kind == "reader" else None
    return tx.claim(kind, at=at, lease=lease, limit=limit, only=only)


of_each_kind = pytest.mark.parametrize("kind", KINDS)


class ClaimLaws(StoreParts, part=True):
    """What holds for timers, for notices and for readers of the feed."""

    @of_each_kind
    def test_claims_are_disjoint(self, store: Store, kind: ClaimKind) -> None:
        """B7: workers that claim at once never get the same, and never more than they asked for."""
        fill(store, MUCH)

        def work() -> list[Claim]:
            taken: list[Claim] = []
            while claims := written(store, partial(claim_some, kind=kind, limit=3)):
                assert len(claims) <= 3
                taken += claims
                assert len(taken) <= MUCH
            return taken

        outcomes = together([work] * WORKERS)
        taken = [claim for each in outcomes if isinstance(each, list) for claim in each]
        assert len(taken) == MUCH, outcomes
        assert len({(claim.shard, claim.key) for claim in taken}) == MUCH

    @of_each_kind
    def test_a_lease_ends(self, store: Store, kind: ClaimKind) -> None:
        """B7: until then nobody else gets it; from that instant on anybody does, as one more try.

        The claim before it is worth nothing then.
        """
        fill(store)
        with store.transaction(write=True) as tx:
            first = claim_one(tx, kind, at=5, lease=10)
            assert first is not None
            assert (first.kind, first.attempt, first.until) == (kind, 1, 15)
            assert tx.next_due(readers=["audit"] if kind == "reader" else []) is not None
        with store.transaction(write=True) as tx:
            assert claim_one(tx, kind, at=14) is None
            second = claim_one(tx, kind, at=15)
            assert second is not None
            assert (second.attempt, second.key) == (2, first.key)
        with store.transaction(write=True) as tx:
            with pytest.raises(ClaimLost):
                tx.settle(first, Settlement(), at=16)
            with pytest.raises(ClaimLost):
                tx.park(first, at=16, reason="too often")
            tx.settle(second, Settlement(wake=20), at=16)

    @of_each_kind
    def test_a_late_worker_may_still_settle(self, store: Store, kind: ClaimKind) -> None:
        """B7: a lease that ran out is lost to somebody else, and to nobody before."""
        fill(store)
        with store.transaction(write=True) as tx:
            claim = claim_one(tx, kind)
            assert claim is not None
            tx.settle(claim, Settlement(wake=1000), at=999)
            with pytest.raises(ClaimLost):
                tx.settle(claim, Settlement(wake=1000), at=999)
            assert claim_one(tx, kind, at=999) is None
            assert claim_one(tx, kind, at=1000) is not None

    @of_each_kind
    def test_attempts_are_counted(self, store: Store, kind: ClaimKind) -> None:
        """B7: at the claim, so that a crash counts; one that was no failure never was one."""
        fill(store)
        with store.transaction(write=True) as tx:
            for counted, attempt in [(True, 1), (True, 2), (False, 3), (False, 3), (True, 3)]:
                claim = claim_one(tx, kind)
                assert claim is not None
                assert claim.attempt == attempt
                tx.settle(claim, Settlement(wake=0, counted=counted), at=0)
            crashed = claim_one(tx, kind, at=0, lease=1)
            assert crashed is not None
            again = claim_one(tx, kind, at=1)
            assert again is not None
            assert (crashed.attempt, again.attempt) == (4, 5)

    @of_each_kind
    def test_parked_and_requeued(self, store: Store, kind: ClaimKind) -> None:
        """B7: what failed too often is left alone, listed, and tried anew when somebody says so."""
        fill(store, 2)
        with store.transaction(write=True) as tx:
            claim = claim_one(tx, kind)
            other = claim_one(tx, kind)
            assert claim is not None
            assert other is not None
            tx.park(claim, at=3, reason="failed 8 times")
            with pytest.raises(ClaimLost):
                tx.settle(claim, Settlement(), at=3)
            assert claim_one(tx, kind, at=5) is None
        with store.transaction(write=True) as tx:
            (parked,) = tx.parked(claim.shard)
            assert (parked.kind, parked.key, parked.reason, parked.since) == (
                kind, claim.key, "failed 8 times", 3
            )  # fmt: skip
            assert tx.parked(claim.shard, kind) == (parked,)
            assert all(tx.parked(claim.shard, each) == () for each in KINDS if each != kind)
            assert tx.parked(other.shard) == ()
            with pytest.raises(UnknownName):
                tx.requeue(attrs.evolve(parked, key="something else"), at=7)
            tx.requeue(parked, at=7)
            with pytest.raises(UnknownName):
                tx.requeue(parked, at=7)
            assert tx.parked(claim.shard) == ()
            assert claim_one(tx, kind, at=6) is None
            again = claim_one(tx, kind, at=7)
            assert again is not None
            assert (again.key, again.attempt) == (claim.key, 1)

    @of_each_kind
    def test_the_longest_due_comes_first(self, store: Store, kind: ClaimKind) -> None:
        """B7: of all shards, and of one; what is not due yet is left."""
        fill(store, 4)
        with store.transaction(write=True) as tx:
            for wake in (30, 10, 20, 40):
                claim = claim_one(tx, kind, at=5)
                assert claim is not None
                tx.settle(claim, Settlement(wake=wake), at=5)
        with store.transaction(write=True) as tx:
            assert tx.next_due("shard 02", readers=_readers(kind)) is not None
            claims = claim_some(tx, kind, at=30, limit=2)
            assert [claim.shard for claim in claims] == ["shard 01", "shard 02"]
            only = ["audit"] if kind == "reader" else None
            here = tx.claim(kind, at=40, lease=1, limit=9, shard="shard 03", only=only)
            assert [claim.shard for claim in here] == ["shard 03"]
            assert [claim.shard for claim in claim_some(tx, kind, at=30)] == ["shard 00"]

    @of_each_kind
    def test_what_makes_no_sense(self, store: Store, kind: ClaimKind) -> None:
        """B7: readers are claimed by their names, and nothing else is."""
        wrong = None if kind == "reader" else ["audit"]
        fill(store)
        with store.transaction(write=True) as tx:
            with pytest.raises(InvalidValue):
                tx.claim(kind, at=0, lease=1, limit=1, only=wrong)
            with pytest.raises(InvalidValue):
                claim_some(tx, kind, limit=0)
            with pytest.raises(InvalidValue):
                claim_some(tx, kind, lease=0)
            assert claim_one(tx, kind) is not None


def _readers(kind: ClaimKind) -> list[str]:
    return ["audit"] if kind == "reader" else []


class TimerLaws(StoreParts, part=True):
    """What holds for timers alone."""

    @pytest.mark.parametrize("how", ["append", "rearm"])
    def test_a_timer_that_changes_while_claimed(self, store: Store, how: str) -> None:
        """B7: it rings at its new instant; the worker that had claimed it cannot clear it."""
        append(store, write("R1", wake=0))
        with store.transaction(write=True) as tx:
            claim = claim_one(tx, "timer")
            assert claim is not None
        with store.transaction(write=True) as tx:
            if how == "append":
                tx.append(SHARD, [write("R1", 1, wake=50)])
            else:
                tx.rearm(SHARD, "R1", 1, 50)
        with store.transaction(write=True) as tx:
            with pytest.raises(ClaimLost):
                tx.settle(claim, Settlement(), at=1)
            with pytest.raises(ClaimLost):
                tx.park(claim, at=1, reason="too often")
            with pytest.raises(ClaimLost):
                tx.append(SHARD, [write("R1", 2 if how == "append" else 1)], claim=claim)
            with pytest.raises(ClaimLost):
                tx.rearm(SHARD, "R1", 2 if how == "append" else 1, None, claim=claim)
        with store.transaction(write=True) as tx:
            assert tx.next_due() == 50
            again = claim_one(tx, "timer", at=50)
            assert again is not None
            assert again.attempt == 1

    def test_firing_ends_in_an_append(self, store: Store) -> None:
        """B7: under the claim, which is over with it; a stale one writes nothing."""
        append(store, write("R1", wake=0), write("R2", wake=None))
        with store.transaction(write=True) as tx:
            stale = claim_one(tx, "timer", lease=1)
            claim = claim_one(tx, "timer", at=1)
            assert stale is not None
            assert claim is not None
            with pytest.raises(ClaimLost):
                tx.append(SHARD, [write("R1", 1)], claim=stale)
            with pytest.raises(InvalidValue):
                tx.append(SHARD, [write("R2", 1)], claim=claim)
            tx.append(SHARD, [write("R2", 1), write("R1", 1, wake=9)], claim=claim)
            with pytest.raises(ClaimLost):
                tx.settle(claim, Settlement(), at=1)
        with store.transaction() as tx:
            assert read_all(tx) == [("R1", 1), ("R2", 1), ("R2", 2), ("R1", 2)]
            assert tx.next_due() == 9

    def test_firing_ends_in_a_rearm(self, store: Store) -> None:
        """B7: at a version; with a summary where that has changed too."""
        append(store, write("R1", wake=0))
        with store.transaction(write=True) as tx:
            claim = claim_one(tx, "timer")
            with pytest.raises(StoreConflict) as refused:
                tx.rearm(SHARD, "R1", 2, 5, claim=claim)
            assert (refused.value.expected, refused.value.actual) == (2, 1)
            with pytest.raises(StoreConflict):
                tx.rearm(SHARD, "R2", 1, 5)
            tx.rearm(SHARD, "R1", 1, 5, claim=claim)
            assert _head(tx) == (1, 5, summary())
            tx.rearm(SHARD, "R1", 1, None, summary=summary(group="mail"))
            assert _head(tx) == (1, None, summary(group="mail"))
            assert tx.next_due() is None
            assert claim_one(tx, "timer", at=99) is None

    def test_a_parked_timer_is_shown(self, store: Store) -> None:
        """B7: with its wake and why it is left alone; an append or a rearm sets it free."""
        append(store, write("R1", wake=0), write("R2", wake=0))
        with store.transaction(write=True) as tx:
            for claim in claim_some(tx, "timer"):
                tx.park(claim, at=3, reason="a book that is broken")
            heads = tx.find(SHARD, Query(order="wake")).heads
            assert [(head.parked, head.wake) for head in heads] == [
                ("a book that is broken", 0)
            ] * 2
            assert tx.next_due() is None
            tx.append(SHARD, [write("R1", 1, wake=4)])
            tx.rearm(SHARD, "R2", 1, 4)
            assert tx.parked(SHARD) == ()
            assert [head.parked for head in tx.find(SHARD, Query()).heads] == [None, None]
            assert len(claim_some(tx, "timer", at=4)) == 2

    def test_when_something_is_due_next(self, store: Store) -> None:
        """B7: the earliest of all that may be claimed; what is claimed, when its lease ends."""
        with store.transaction() as tx:
            assert tx.next_due() is None
        append(store, write("R1", wake=70), write("R2", wake=50), write("R3", wake=None))
        append(store, write("R1", wake=60), shard="another shard")
        with store.transaction(write=True) as tx:
            assert tx.next_due() == 50
            assert tx.next_due("another shard") == 60
            assert tx.next_due("nowhere") is None
            (claim,) = claim_some(tx, "timer", at=50, lease=100)
            assert (tx.next_due(SHARD), tx.next_due()) == (70, 60)
            claim_some(tx, "timer", at=70, lease=5)
            assert (tx.next_due(SHARD), tx.next_due()) == (75, 75)
            tx.settle(claim, Settlement(wake=72, counted=True), at=71)
            assert tx.next_due() == 72


def _head(tx: Tx) -> tuple[int, int | None, Summary]:
    (head,) = tx.find(SHARD, Query()).heads
    return head.version, head.wake, head.summary
