"""Laws of the feed: every event once and in order, whoever writes meanwhile (B4)."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from functools import partial
from threading import Event as Signal

import pytest

from servicecore.errors import StoreBusy, StoreConflict
from servicecore.stores import Entry, Store, Tx, Write
from servicecore.testing.samples import SHARD, append, read_all, write
from servicecore.testing.store_base import StoreParts
from servicecore.testing.threads import MOMENT, PATIENCE, Outcome, written

WRITERS, ROUNDS = 4, 15


class FeedLaws(StoreParts, part=True):
    """A reader that follows its checkpoint misses nothing and sees nothing twice."""

    def test_entries_are_in_order(self, store: Store) -> None:
        """B4: positions rise in the order of the appends, and a page goes on behind the last."""
        append(store, write("R1", events=3), write("R2"))
        append(store, write("R1"), shard="another shard")
        append(store, write("R1", 3, events=2))
        with store.transaction() as tx:
            entries = tx.feed(SHARD)
            positions = [entry.position for entry in entries]
            assert positions == sorted(set(positions))
            assert positions[0] > 0
            for limit in (1, 2, 100):
                assert read_all(tx, limit=limit) == [
                    *(("R1", number) for number in (1, 2, 3)), ("R2", 1), ("R1", 4), ("R1", 5)
                ]  # fmt: skip
            assert [entry.event.id for entry in entries][:2] == ["R1/1", "R1/2"]
            assert tx.feed(SHARD, positions[2], limit=1) == entries[3:4]
            assert tx.feed(SHARD, positions[-1]) == ()

    def test_a_reader_follows_many_writers(self, store: Store) -> None:
        """B4: with writers on all sides it sees every entry, once, each request in its order."""
        done = Signal()
        with ThreadPoolExecutor(WRITERS + 1) as threads:
            reading = threads.submit(_follow, store, done)
            writing = [threads.submit(_write_rounds, store, each) for each in range(WRITERS)]
            wait(writing, PATIENCE)
            done.set()
            seen = reading.result(PATIENCE)
            for each in writing:
                each.result(PATIENCE)
        positions = [entry.position for entry in seen]
        assert positions == sorted(set(positions))
        with store.transaction() as tx:
            assert [(entry.request, entry.number) for entry in seen] == read_all(tx)
        for writer in range(WRITERS):
            numbers = [entry.number for entry in seen if entry.request == f"R{writer}"]
            assert numbers == list(range(1, 2 * ROUNDS + 1))

    @pytest.mark.parametrize("commits", [True, False], ids=["commits", "rolls back"])
    def test_a_writer_that_is_slow_to_commit(self, store: Store, commits: bool) -> None:
        """B4: A appends, B appends or waits, a reader reads, A commits: the reader skips nothing.

        Where positions are given out before they are committed, A's come before what was read.
        """
        append(store, write("R0"))
        appended, go_on = Signal(), Signal()
        with ThreadPoolExecutor(3) as threads:
            slow = threads.submit(_append_slowly, store, appended, go_on, commits=commits)
            assert appended.wait(PATIENCE)
            quick = threads.submit(written, store, lambda tx: tx.append(SHARD, [write("B")]))
            _let_go_on(quick)
            reading = threads.submit(_entries_behind, store, 0)
            reads_at_once = _let_go_on(reading)
            go_on.set()
            seen = reading.result(PATIENCE)
            for each in (slow, quick):
                each.result(PATIENCE)
        assert not reads_at_once or all(entry.request != "A" for entry in seen)
        seen += _entries_behind(store, seen[-1].position)
        expected = {("R0", 1), ("B", 1), *({("A", 1), ("A", 2)} if commits else ())}
        assert {(entry.request, entry.number) for entry in seen} == expected
        assert len(seen) == len(expected)

    def test_a_checkpoint_only_moves_forward(self, store: Store) -> None:
        """B4: each reader has one of its own, from where it is expected to be."""
        append(store, write("R1", events=5))
        with store.transaction(write=True) as tx:
            assert tx.checkpoint(SHARD, "audit") == 0
            last = tx.feed(SHARD)[-1].position
            tx.advance(SHARD, "audit", last - 1, expected=0)
            tx.advance(SHARD, "audit", last - 2)
            assert tx.checkpoint(SHARD, "audit") == last - 1
            with pytest.raises(StoreConflict) as refused:
                tx.advance(SHARD, "audit", last, expected=0)
            assert (refused.value.expected, refused.value.actual) == (0, last - 1)
            tx.advance(SHARD, "audit", last, expected=last - 1)
        with store.transaction() as tx:
            assert tx.checkpoint(SHARD, "audit") == last
            assert tx.checkpoint(SHARD, "board") == 0
            assert tx.checkpoint("another shard", "audit") == 0


def _let_go_on(future: Future[Outcome]) -> bool:
    """Whether something is done after a moment, or waits for others."""
    return bool(wait([future], MOMENT).done)


def _append_slowly(store: Store, appended: Signal, go_on: Signal, *, commits: bool) -> None:
    def append_and_wait(tx: Tx) -> None:
        tx.append(SHARD, [write("A", events=2)])
        appended.set()
        assert go_on.wait(PATIENCE)
        if not commits:
            raise _ChangedTheirMind

    try:
        written(store, append_and_wait)
    except _ChangedTheirMind:
        return


class _ChangedTheirMind(Exception):
    """Somebody does not commit."""


def _write_rounds(store: Store, number: int) -> None:
    """Two events of a request of its own in each round, with one of a request that is shared."""
    request = f"R{number}"
    for each in range(ROUNDS):
        own = write(request, 2 * each, events=2)
        while not written(store, partial(_append_with_shared, own)):
            continue


def _append_with_shared(own: Write, tx: Tx) -> bool:
    """Whether nobody was quicker with the request that is shared."""
    with suppress(StoreConflict):
        tx.append(SHARD, [own, write("shared", tx.read(SHARD, "shared").version)])
        return True
    return False


def _follow(store: Store, done: Signal) -> list[Entry]:
    """Read until the end of the feed, as seen after the writers have finished."""
    seen: list[Entry] = []
    while True:
        finished = done.is_set()
        found = _entries_behind(store, seen[-1].position if seen else 0)
        seen += found
        assert len(seen) <= WRITERS * ROUNDS * 3
        if finished and not found:
            return seen


def _entries_behind(store: Store, position: int) -> list[Entry]:
    while True:
        try:
            with store.transaction() as tx:
                return list(tx.feed(SHARD, position, limit=7))
        except StoreBusy:
            continue
