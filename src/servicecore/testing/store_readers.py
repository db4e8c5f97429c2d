"""Laws of readers of the feed: one worker at a time, and no entry stops the others (B3)."""

from __future__ import annotations

import pytest

from servicecore.errors import ClaimLost, InvalidValue, StoreConflict
from servicecore.stores import Claim, Settlement, Store, Tx
from servicecore.stores.limits import EARLIEST
from servicecore.testing.samples import SHARD, append, write
from servicecore.testing.store_base import StoreParts


class ReaderLaws(StoreParts, part=True):
    """What holds for readers alone."""

    def test_who_has_something_to_read(self, store: Store) -> None:
        """B3: each reader in each shard whose feed goes on behind its checkpoint, and no other."""
        append(store, write("R1", events=2))
        append(store, write("R1"), shard="another shard")
        with store.transaction(write=True) as tx:
            last = tx.feed(SHARD)[-1].position
            tx.advance(SHARD, "audit", last)
            assert tx.next_due(readers=["audit", "board"]) == EARLIEST
            assert tx.next_due(SHARD, readers=["audit"]) is None
            assert tx.next_due() is None
            claims = _claim(tx, "audit", "board")
            assert {(claim.shard, claim.key) for claim in claims} == {
                ("another shard", "audit"), (SHARD, "board"), ("another shard", "board")
            }  # fmt: skip
            assert _claim(tx, "audit", "board") == ()
            tx.append(SHARD, [write("R2")])
            (claim,) = _claim(tx, "audit", "board")
            assert (claim.shard, claim.key, claim.upto) == (SHARD, "audit", None)

    def test_reading_under_a_claim(self, store: Store) -> None:
        """B3: the claim goes on while the checkpoint moves, and each entry has tries of its own."""
        append(store, write("R1", events=3))
        with store.transaction(write=True) as tx:
            (stale,) = _claim(tx, "audit", lease=1)
            (claim,) = _claim(tx, "audit", at=1)
            first, second, third = (entry.position for entry in tx.feed(SHARD))
            with pytest.raises(ClaimLost):
                tx.advance(SHARD, "audit", first, claim=stale)
            with pytest.raises(InvalidValue):
                tx.advance(SHARD, "board", first, claim=claim)
            with pytest.raises(StoreConflict):
                tx.advance(SHARD, "audit", first, claim=claim, expected=first)
            tx.advance(SHARD, "audit", first, claim=claim)
            tx.advance(SHARD, "audit", second, claim=claim)
            tx.settle(claim, Settlement(wake=9, counted=True), at=5)
            assert tx.checkpoint(SHARD, "audit") == second
            assert _claim(tx, "audit", at=8) == ()
            (again,) = _claim(tx, "audit", at=9)
            assert again.attempt == 2
            tx.advance(SHARD, "audit", third, claim=again)
            tx.settle(again, Settlement(), at=9)
            assert _claim(tx, "audit", at=99) == ()
            tx.append(SHARD, [write("R1", 3)])
            (more,) = _claim(tx, "audit", at=99)
            assert more.attempt == 1

    def test_an_entry_that_is_left_out(self, store: Store) -> None:
        """B3: the reader goes on behind it; it is read again beside, when somebody says so."""
        append(store, write("R1", events=3))
        with store.transaction(write=True) as tx:
            first, second, third = (entry.position for entry in tx.feed(SHARD))
            tx.advance(SHARD, "audit", first)
            (claim,) = _claim(tx, "audit")
            tx.park(claim, at=3, reason="failed 8 times")
            assert tx.checkpoint(SHARD, "audit") == second
            (parked,) = tx.parked(SHARD, "reader")
            assert (parked.key, parked.position, parked.since) == ("audit", second, 3)
            tx.requeue(parked, at=5)
        with store.transaction(write=True) as tx:
            both = _claim(tx, "audit", at=5)
            assert {claim.upto for claim in both} == {None, second}
            assert {claim.attempt for claim in both} == {1}
            again, onward = sorted(both, key=lambda claim: claim.upto is None)
            tx.advance(SHARD, "audit", third, claim=onward)
            tx.settle(onward, Settlement(), at=6)
            tx.settle(again, Settlement(wake=7, counted=True), at=6)
            (again,) = _claim(tx, "audit", at=7)
            assert (again.upto, again.attempt) == (second, 2)
            tx.advance(SHARD, "audit", second, claim=again)
            tx.settle(again, Settlement(), at=7)
            assert tx.checkpoint(SHARD, "audit") == third
            assert _claim(tx, "audit", at=99) == ()
            assert tx.parked(SHARD) == ()
            assert tx.next_due(readers=["audit"]) is None

    def test_an_entry_that_is_left_out_twice(self, store: Store) -> None:
        """B3: one that was requeued may fail too often again, and each is parked by itself."""
        append(store, write("R1", events=2))
        with store.transaction(write=True) as tx:
            for at in (1, 2):
                (claim,) = _claim(tx, "audit", at=at)
                tx.park(claim, at=at, reason="failed 8 times")
            one, two = tx.parked(SHARD)
            assert [each.since for each in (one, two)] == [1, 2]
            assert (one.position or 0) < (two.position or 0)
            tx.requeue(one, at=3)
            (claim,) = _claim(tx, "audit", at=3)
            assert claim.upto == one.position
            tx.park(claim, at=4, reason="and again")
            assert _claim(tx, "audit", at=9) == ()
            assert [(each.position, each.reason) for each in tx.parked(SHARD)] == [
                (two.position, "failed 8 times"), (one.position, "and again")
            ]  # fmt: skip

    def test_a_reader_with_much_to_read_leaves_room(self, store: Store) -> None:
        """B3: readers take turns, so that one with an endless feed keeps no other waiting."""
        for shard in ("north", "south"):
            append(store, write("R1", events=9), shard=shard)
        seen = []
        with store.transaction(write=True) as tx:
            for at in range(6):
                (claim,) = _claim(tx, "audit", at=at, limit=1)
                seen.append(claim.shard)
                entry = tx.feed(claim.shard, tx.checkpoint(claim.shard, "audit"), limit=1)[0]
                tx.advance(claim.shard, "audit", entry.position, claim=claim)
                tx.settle(claim, Settlement(), at=at)
        assert seen == ["north", "south"] * 3


def _claim(
    tx: Tx, *names: str, at: int = 0, lease: int = 1000, limit: int = 100
) -> tuple[Claim, ...]:
    return tx.claim("reader", at=at, lease=lease, limit=limit, only=names)
