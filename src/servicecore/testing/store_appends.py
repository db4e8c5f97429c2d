"""Laws of appending: all or nothing, one winner, and a command that is sent again (B4, B5)."""

from __future__ import annotations

from functools import partial

import attrs
import pytest

from servicecore.errors import CommandMismatch, InvalidValue, StoreConflict
from servicecore.stores import Answer, NoticeQuery, Query, Store, Stream, Tx, Write
from servicecore.testing.samples import (
    SHARD,
    append,
    command,
    event,
    ids,
    notice,
    read_all,
    summary,
    write,
)
from servicecore.testing.store_base import StoreParts
from servicecore.testing.threads import together, written

WRITERS = 8


def _noticed(request: str, expected: int, *ids: int, of: str) -> Write:
    """An event with the notices of these numbers of a request."""
    events = (event(request, expected + 1),)
    notices = tuple(notice(of, id) for id in ids)
    return Write(
        request=request,
        expected=expected,
        events=events,
        summary=summary(),
        wake=None,
        notices=notices,
    )


IMPOSSIBLE = {
    "one request twice": [write("R1"), write("R1", 1)],
    "no events": [write("R2"), write("R1", events=0)],
    "events of another": [attrs.evolve(write("R1"), events=(event("R2", 1),))],
    "a version before the first": [write("R2"), write("R1", -1)],
    "a notice that is there": [write("R2", told=True), _noticed("R1", 0, 1, of="R9")],
    "the same notice twice": [_noticed("R1", 0, 1, 1, of="R1")],
    "the same notice of two": [_noticed("R1", 0, 1, of="R3"), _noticed("R2", 0, 1, of="R3")],
}
"""What no store writes anything of, by what is wrong with it."""


class AppendLaws(StoreParts, part=True):
    """What is written is there whole, once, and in the version that was expected."""

    def test_what_is_appended_is_read(self, store: Store) -> None:
        """B4: events, version, head and notice are there; an empty store is empty."""
        with store.transaction() as tx:
            assert tx.read(SHARD, "R1") == Stream(request="R1")
            assert tx.shards() == ()
            assert tx.feed(SHARD) == ()
        append(store, write("R1", wake=7, told=True, group="network"))
        append(store, write("R1", 1, events=2, wake=None))
        with store.transaction() as tx:
            stream = tx.read(SHARD, "R1")
            assert stream.events == tuple(event("R1", number) for number in (1, 2, 3))
            assert stream.version == 3
            assert tx.read(SHARD, "R1", after=2).events == (event("R1", 3),)
            assert tx.read(SHARD, "R1", after=9) == Stream(request="R1", version=3)
            (head,) = tx.find(SHARD, Query()).heads
            assert (head.version, head.wake, head.summary) == (3, None, summary())
            (record,) = tx.notices(SHARD, NoticeQuery())
            assert record.notice == notice("R1", 1)
            assert tx.shards() == (SHARD,)

    def test_several_requests_in_one_append(self, store: Store) -> None:
        """B4: any number of streams of a shard, in the order in which they are given."""
        append(store, write("R1"))
        with store.transaction(write=True) as tx:
            writes = [write("R2", events=2, told=True), write("R1", 1), write("R3")]
            answer = tx.append(SHARD, writes, command("c1"))
        assert answer.versions == {"R2": (0, 2), "R1": (1, 2), "R3": (0, 1)}
        with store.transaction() as tx:
            entries = [("R1", 1), ("R2", 1), ("R2", 2), ("R1", 2), ("R3", 1)]
            assert read_all(tx) == entries
            assert {head.request for head in tx.find(SHARD, Query()).heads} == {"R1", "R2", "R3"}

    @pytest.mark.parametrize("expected", [0, 1, 3, 4])
    def test_another_version_than_expected(self, store: Store, expected: int) -> None:
        """B4: a request that has changed since it was read is refused, and nothing is written."""
        append(store, write("R1", events=2))
        with store.transaction(write=True) as tx:
            with pytest.raises(StoreConflict) as refused:
                tx.append(SHARD, [write("R2"), write("R1", expected, told=True)], command("c1"))
            assert (refused.value.expected, refused.value.actual) == (expected, 2)
            tx.append(SHARD, [write("R1", 2)])
        with store.transaction() as tx:
            assert read_all(tx) == [("R1", 1), ("R1", 2), ("R1", 3)]
            assert tx.answered(SHARD, "c1") is None
            assert tx.notices(SHARD, NoticeQuery()) == ()

    def test_one_of_many_writers_wins(self, store: Store) -> None:
        """B4: of those that expect the same version, one writes and all others get a conflict."""
        append(store, write("R1"))

        def tries(number: int, tx: Tx) -> Answer:
            return tx.append(SHARD, [write("R1", 1), write(f"R1-{number}")])

        writers = [partial(written, store, partial(tries, number)) for number in range(WRITERS)]
        outcomes = together(writers)
        assert sum(isinstance(each, Answer) for each in outcomes) == 1
        assert sum(isinstance(each, StoreConflict) for each in outcomes) == WRITERS - 1
        with store.transaction() as tx:
            assert tx.read(SHARD, "R1").version == 2
            assert len(read_all(tx)) == 3

    def test_a_command_again(self, store: Store) -> None:
        """B5: the same command gives the same answer and writes nothing, whatever came since."""
        with store.transaction(write=True) as tx:
            first = tx.append(SHARD, [write("R1", told=True)], command("c1"))
            assert not first.repeated
        append(store, write("R1", 1))
        with store.transaction(write=True) as tx:
            again = tx.append(SHARD, [write("R1", told=True)], command("c1"))
        with store.transaction() as tx:
            assert tx.answered(SHARD, "c1") == again == first
            assert again.repeated
            assert tx.answered(SHARD, "c2") is None
            assert read_all(tx) == [("R1", 1), ("R1", 2)]
            assert len(tx.notices(SHARD, NoticeQuery())) == 1

    def test_another_command_of_the_same_id(self, store: Store) -> None:
        """B5: the id of a command belongs to its content."""
        append(store, write("R1"), command=command("c1"))
        with store.transaction(write=True) as tx, pytest.raises(CommandMismatch):
            tx.append(SHARD, [write("R2")], command("c1", "something else"))
        with store.transaction() as tx:
            assert read_all(tx) == [("R1", 1)]

    def test_a_command_twice_at_once(self, store: Store) -> None:
        """B5: threads that send the same command get one answer, and it is written once."""

        def send(tx: Tx) -> Answer:
            return tx.append(SHARD, [write("R1", told=True)], command("c1"))

        outcomes = together([partial(written, store, send)] * WRITERS)
        assert all(isinstance(each, Answer) for each in outcomes), outcomes
        assert len({str(each.versions) for each in outcomes if isinstance(each, Answer)}) == 1
        with store.transaction() as tx:
            assert read_all(tx) == [("R1", 1)]

    def test_a_command_that_writes_nothing(self, store: Store) -> None:
        """B5: it is answered too, and its id is taken."""
        with store.transaction(write=True) as tx:
            tx.append(SHARD, [], command("c1"))
        with store.transaction(write=True) as tx:
            answer = tx.answered(SHARD, "c1")
            assert answer is not None
            assert dict(answer.versions) == {}
            with pytest.raises(CommandMismatch):
                tx.append(SHARD, [write("R1")], command("c1", "something else"))

    def test_a_refused_command_is_not_kept(self, store: Store) -> None:
        """B5: what was refused may be sent again, with other content too."""
        append(store, write("R1"))
        with store.transaction(write=True) as tx, pytest.raises(StoreConflict):
            tx.append(SHARD, [write("R1")], command("c1"))
        append(store, write("R1", 1), command=command("c1", "something else"))
        with store.transaction() as tx:
            assert tx.read(SHARD, "R1").version == 2

    def test_shards_are_apart(self, store: Store) -> None:
        """B4: the same ids in another shard are other requests, commands, notices and readers."""
        for shard in ("north", "south", "a shard with spaces"):
            append(store, write("R1", told=True), shard=shard, command=command("c1", shard))
        with store.transaction(write=True) as tx:
            tx.advance("north", "audit", 1)
            tx.append("south", [write("R1", 1)])
        with store.transaction() as tx:
            assert tx.shards() == ("a shard with spaces", "north", "south")
            assert [tx.read(shard, "R1").version for shard in ("north", "south")] == [1, 2]
            assert tx.checkpoint("south", "audit") == 0
            assert tx.answered("west", "c1") is None
            answers = [tx.answered(shard, "c1") for shard in ("north", "south")]
            assert [each and each.digest for each in answers] == ["north", "south"]
            assert {entry.shard for entry in tx.feed("north")} == {"north"}
            assert len(tx.notices("north", NoticeQuery())) == 1
            assert tx.find("west", Query()).heads == ()

    @pytest.mark.parametrize("writes", IMPOSSIBLE.values(), ids=IMPOSSIBLE)
    def test_what_can_never_be_appended(self, store: Store, writes: list[Write]) -> None:
        """B4: it is refused, and nothing of it is written."""
        append(store, write("R9", told=True))
        append(store, write("R9", 1))
        with store.transaction(write=True) as tx, pytest.raises(InvalidValue):
            tx.append(SHARD, writes)
        with store.transaction() as tx:
            assert read_all(tx) == [("R9", 1), ("R9", 2)]

    def test_a_transaction_for_reading_writes_nothing(self, store: Store) -> None:
        """B4: whoever wants to write says so; one that is over is of no use."""
        append(store, write("R1", wake=0))
        with store.transaction() as tx:
            with pytest.raises(InvalidValue):
                tx.append(SHARD, [write("R2")])
            with pytest.raises(InvalidValue):
                tx.claim("timer", at=0, lease=1, limit=1)
            with pytest.raises(InvalidValue):
                tx.rearm(SHARD, "R1", 1, None)
            with pytest.raises(InvalidValue):
                tx.advance(SHARD, "audit", 1)
        with store.transaction() as other:
            assert read_all(other) == [("R1", 1)]
            assert other.next_due() == 0
        with pytest.raises(InvalidValue):
            tx.read(SHARD, "R1")

    def test_a_transaction_sees_what_it_writes(self, store: Store) -> None:
        """B4: and whoever reads meanwhile does not, until it is committed."""
        with store.transaction(write=True) as tx:
            assert not tx.joined
            tx.append(SHARD, [write("R1", told=True)], command("c1"))
            assert ids(tx.read(SHARD, "R1").events) == ["R1/1"]
            assert tx.answered(SHARD, "c1") is not None
            assert len(tx.find(SHARD, Query()).heads) == len(tx.notices(SHARD, NoticeQuery())) == 1
            tx.append(SHARD, [write("R1", 1)])
        with store.transaction() as tx:
            assert read_all(tx) == [("R1", 1), ("R1", 2)]
