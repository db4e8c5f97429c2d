"""Laws of processes: several at once, and killed at any moment: nothing is lost or torn (B4, B7).

A process is killed at one of the calls that its interpreter makes, which is chosen at random but
the same in every run: half of them by themselves at that call, half of them from outside after it.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from random import Random

import pytest

from servicecore.notices import NoticeState
from servicecore.stores import NoticeQuery, Query, Store, Tx
from servicecore.testing.nursery import Nursery, calls_of, nursery
from servicecore.testing.samples import append, ids, notice, read_all, write
from servicecore.testing.store_base import Opener, StoreParts
from servicecore.testing.store_work import HERE, LEASE, READER, told_of, work_off, write_commands
from servicecore.testing.threads import written

KILLS = 50
"""How often each kind of process is killed, in every store."""

COMMANDS, PROCESSES, TIMERS = 4, 3, 30


class KillLaws(StoreParts, part=True):
    """For stores that another process can open: those with an `opener`."""

    @pytest.fixture
    def children(self, opener: Opener | None) -> Iterator[Nursery]:
        """What starts other processes quickly."""
        if opener is None or not hasattr(os, "fork"):
            pytest.skip("no other process can open this store: there is no `opener`")
        functions = (f"{HERE}:work", opener.function)
        with nursery(*functions) as children:
            yield children

    def test_a_writer_that_is_killed(self, store: Store, opener: Opener, children: Nursery) -> None:
        """B4: events, heads, notices and commands agree, and what was said to be written is."""
        told = told_of(opener, shard="counted", commands=COMMANDS)
        said: list[str] = []
        calls = calls_of(lambda: write_commands(told, said.append))
        for number, kill in enumerate(_kills(calls)):
            shard = f"kill {number:02}"
            said = children.run(f"{HERE}:write_commands", {**told, "shard": shard, **kill})
            assert _sent(store, shard) in {len(said), len(said) + 1}, kill

    def test_a_worker_that_is_killed(self, store: Store, opener: Opener, children: Nursery) -> None:
        """B7: each step is on record once, each notice delivered, each entry read in its order."""
        said: list[str] = []
        _make_work(store, 0)
        calls = calls_of(lambda: work_off(store, 0, said.append))
        for number, kill in enumerate(_kills(2 * calls), 1):  # what others left is done as well
            _make_work(store, number)
            at = number * 2 * LEASE
            said += children.run(f"{HERE}:work", told_of(opener, at=at, **kill))
        work_off(store, (KILLS + 2) * 2 * LEASE, said.append)
        _check_work(store, said)

    def test_processes_that_write_at_once(
        self, store: Store, opener: Opener, children: Nursery
    ) -> None:
        """B4: positions are in order, and every event is in the feed once."""
        told = told_of(opener, shard="all", commands=COMMANDS)
        each = [{**told, "prefix": f"{number} "} for number in range(PROCESSES)]
        said = children.run(f"{HERE}:write_commands", *each)
        assert len(said) == PROCESSES * COMMANDS
        with store.transaction() as tx:
            entries = read_all(tx, "all")
        for number in range(PROCESSES):
            own = [entry for entry in entries if entry[0] == f"{number} R2"]
            assert own == [(f"{number} R2", each) for each in range(1, 2 * COMMANDS + 1)]
        assert len(entries) == len(set(entries)) == PROCESSES * COMMANDS * 3

    def test_processes_that_claim_at_once(
        self, store: Store, opener: Opener, children: Nursery
    ) -> None:
        """B7: no two of them get the same, and together they get everything."""
        append(store, *(write(f"R{number}", wake=0) for number in range(TIMERS)))
        said = children.run(f"{HERE}:claim_all", *[told_of(opener)] * PROCESSES)
        assert len(said) == TIMERS
        assert set(said) == {f"R{number}" for number in range(TIMERS)}


def _kills(calls: int) -> Iterator[dict[str, int]]:
    chance = Random(KILLS)  # noqa: S311  # it keeps no secret
    for number in range(KILLS):
        yield {("dies", "killed")[number % 2]: chance.randrange(1, calls)}


def _sent(store: Store, shard: str) -> int:
    """How many commands are there, whole; nothing is left of the one behind."""
    # It waits for the shard, and so for whatever a server still does for the process.
    written(store, lambda tx: tx.append(shard, [write("witness")]))
    with store.transaction() as tx:
        sent = tx.read(shard, "R1").version
        causes = [*_check_events(tx, shard, "R1", sent), *_check_events(tx, shard, "R2", 2 * sent)]
        entries = read_all(tx, shard)
        assert len(entries) == len(set(entries)) == 3 * sent + 1
        assert entries[-1] == ("witness", 1)
        told = [record.notice.cause for record in tx.notices(shard, NoticeQuery())]
        assert sorted(told) == sorted(causes)
        for number in range(COMMANDS + 1):
            answer = tx.answered(shard, f"c{number}")
            versions = {"R1": (number, number + 1), "R2": (2 * number, 2 * number + 2)}
            assert (None if answer is None else answer.versions) == (
                versions if number < sent else None
            )
    return sent


def _check_events(tx: Tx, shard: str, request: str, version: int) -> list[str]:
    stream = tx.read(shard, request)
    assert stream.version == version
    assert ids(stream.events) == [f"{request}/{number}" for number in range(1, version + 1)]
    wake = version - 1 if request == "R1" else None
    heads = [head for head in tx.find(shard, Query()).heads if head.request == request]
    assert [(head.version, head.wake) for head in heads] == [(version, wake)] * bool(version)
    return ids(stream.events)


def _make_work(store: Store, number: int) -> None:
    append(store, write(f"R{number}", wake=0, told=True))


def _check_work(store: Store, said: Sequence[str]) -> None:
    requests = [f"R{number}" for number in range(KILLS + 1)]
    with store.transaction() as tx:
        entries = read_all(tx)
        records = tx.notices("main", NoticeQuery())
        assert tx.next_due(readers=[READER]) is None
        assert tx.parked("main") == ()
        for request in requests:
            assert ids(tx.read("main", request).events) == [f"{request}/1", f"{request}/2"]
    assert Counter(entries) == Counter((each, number) for each in requests for number in (1, 2))
    steps = Counter(word for word in said if word.startswith("took step "))
    assert set(steps.values()) == {1}
    assert {record.id for record in records} == {notice(*entry).id for entry in entries}
    assert all(record.state is NoticeState.DELIVERED for record in records)
    assert {f"delivered {record.id}" for record in records} <= set(said)
    read = list(dict.fromkeys(word for word in said if word.startswith("read ")))
    assert read == [f"read {request}/{number}" for request, number in entries]
