"""Laws of failure: whatever breaks a transaction off, all of it is there or nothing (B4)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from servicecore.notices import NoticeState
from servicecore.stores import ClaimKind, NoticeQuery, Query, Settlement, Store, Tx
from servicecore.testing.samples import SHARD, append, command, write
from servicecore.testing.store_base import Breaking, Broken, StoreParts
from servicecore.testing.store_claims import KINDS, claim_one

READER = "audit"
Step = Callable[[Tx], object]


def everything(store: Store, commands: Sequence[str] = ()) -> dict[str, object]:
    """All that can be read in a store, of every shard."""
    found: dict[str, object] = {}
    with store.transaction() as tx:
        for shard in tx.shards():
            heads = tx.find(shard, Query(limit=1000)).heads
            found[shard] = {
                "heads": heads,
                "events": {head.request: tx.read(shard, head.request) for head in heads},
                "feed": tx.feed(shard, limit=1000),
                "commands": {each: tx.answered(shard, each) for each in commands},
                "notices": tx.notices(shard, NoticeQuery()),
                "parked": tx.parked(shard),
                "workload": tx.workload(shard),
                "checkpoint": tx.checkpoint(shard, READER),
                "due": (tx.next_due(shard), tx.next_due(shard, readers=[READER])),
            }
    return found


def _begin(store: Store) -> None:
    """Requests with timers and notices, and one of each kind that is parked."""
    append(store, write("R1", wake=0, told=True), write("R2", wake=1, told=True))
    append(store, write("R3", wake=2, told=True))
    with store.transaction(write=True) as tx:
        for kind in KINDS:
            claim = claim_one(tx, kind)
            assert claim is not None
            tx.park(claim, at=0, reason="failed 8 times")


def _append(tx: Tx) -> None:
    tx.append(SHARD, [write("R1", 1, told=True, wake=9), write("R4", events=2)], command("c1"))


def _append_elsewhere(tx: Tx) -> None:
    tx.append("another shard", [write("R1", told=True, wake=5)])


def _settle(kind: ClaimKind) -> Step:
    def settle(tx: Tx) -> None:
        claim = claim_one(tx, kind, at=5)
        assert claim is not None
        tx.settle(claim, Settlement(wake=7, counted=True, what="failed"), at=5)

    return settle


def _park(kind: ClaimKind) -> Step:
    def park(tx: Tx) -> None:
        claim = claim_one(tx, kind, at=20)
        assert claim is not None
        tx.park(claim, at=20, reason="failed 8 times")

    return park


def _freeze(tx: Tx) -> None:
    claim = claim_one(tx, "notice", at=5)
    assert claim is not None
    assert claim.record is not None
    tx.freeze(claim, [claim.record], at=5, reason="as it is")
    tx.settle(claim, Settlement(state=NoticeState.DELIVERED, what="delivered"), at=6)


def _requeue(tx: Tx) -> None:
    for parked in tx.parked(SHARD):
        tx.requeue(parked, at=10)


def _advance(tx: Tx) -> None:
    tx.advance(SHARD, READER, tx.feed(SHARD)[-1].position)


STEPS: tuple[Step, ...] = (
    _append,
    _append_elsewhere,
    lambda tx: claim_one(tx, "timer", at=5),
    lambda tx: tx.rearm(SHARD, "R2", 1, 3),
    *map(_settle, KINDS),
    _freeze,
    _requeue,
    _advance,
    *map(_park, KINDS),
)
"""All that can be written in a transaction, one after the other."""


class FaultLaws(StoreParts, part=True):
    """A transaction that does not come to its end was never there."""

    def test_a_transaction_that_is_broken_off(self, store: Store) -> None:
        """B4: after any of its methods, by an exception that leaves the ``with``."""
        _begin(store)
        before = everything(store, ["c1"])
        for number in range(len(STEPS) + 1):
            with pytest.raises(Broken), store.transaction(write=True) as tx:  # noqa: PT012  # the whole transaction is to fail
                for step in STEPS[:number]:
                    step(tx)
                raise Broken
            assert everything(store, ["c1"]) == before, f"after {number} steps"
        _do_all(store)
        assert everything(store, ["c1"]) != before

    def test_a_statement_that_fails(self, store: Store, breaking: Breaking | None) -> None:
        """B4: any single one of all that a transaction runs, the commit too."""
        if breaking is None:
            pytest.skip("nothing lets a statement of this store fail: there is no `breaking`")
        _begin(store)
        before = everything(store, ["c1"])
        number = 1
        while _is_broken(store, breaking, number):
            assert everything(store, ["c1"]) == before, f"at statement {number}"
            number += 1
        assert number > len(STEPS)
        assert everything(store, ["c1"]) != before

    def test_what_fails_leaves_the_rest(self, store: Store) -> None:
        """B4: what a method refuses is not written; the transaction goes on and commits."""
        append(store, write("R1", told=True))
        with store.transaction(write=True) as tx:
            tx.append(SHARD, [write("R2")], command("c1"))
            for wrong in ([write("R3"), write("R1")], [write("R3", told=True), write("R2", 7)]):
                with pytest.raises(Exception, match="R"):
                    tx.append(SHARD, wrong, command("c2"))
            tx.append(SHARD, [write("R1", 1)])
        with store.transaction() as tx:
            versions = {head.request: head.version for head in tx.find(SHARD, Query()).heads}
            assert versions == {"R1": 2, "R2": 1}
            assert len(tx.notices(SHARD, NoticeQuery())) == 1
            assert tx.answered(SHARD, "c1") is not None
            assert tx.answered(SHARD, "c2") is None


def _do_all(store: Store) -> None:
    with store.transaction(write=True) as tx:
        for step in STEPS:
            step(tx)


def _is_broken(store: Store, breaking: Breaking, number: int) -> bool:
    """Whether a statement of that number is there to be broken."""
    try:
        with breaking(number):
            _do_all(store)
    except Broken:
        return True
    return False
