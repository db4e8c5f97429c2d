"""A store beside the model: whatever is done to both, they say the same (B4-B9)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import attrs
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    precondition,
    rule,
    run_state_machine_as_test,
)

from servicecore.errors import ServiceCoreError
from servicecore.notices import NoticeRecord, NoticeState, Remark
from servicecore.stores import (
    ClaimKind,
    CommandKey,
    Parked,
    Settlement,
    Store,
    Summary,
    Tx,
    Write,
)
from servicecore.testing.samples import CONTACT, TEXT, command, event, notice
from servicecore.testing.store_base import StoreParts
from servicecore.testing.store_machine_reading import READERS, ReadBesideModel, summaries
from servicecore.testing.store_model_requests import Held

STEPS, MOST_EXAMPLES = 25, 20

requests = st.sampled_from(["R1", "R2"])
instants = st.integers(0, 12)
late = st.sampled_from([12, 12, 12, 9, 5, 0])
wakes = st.none() | instants
kinds = st.sampled_from(["timer", "notice", "reader"])
commands = st.none() | st.builds(
    command, st.sampled_from(["c1", "c2", "c3"]), st.sampled_from(["one", "two"])
)
settlements = st.builds(
    Settlement,
    wake=wakes,
    counted=st.booleans(),
    what=st.sampled_from(["", "held", "failed"]),
    reason=st.sampled_from(["", "timed out"]),
    state=st.sampled_from([NoticeState.WAITING, *NoticeState]),
)


Said = tuple[Summary, int | None, bool]
"""A summary, a wake, and whether somebody is told."""


class StoreBesideModel(ReadBesideModel):
    """One shard of a store, and the model of it: what is written."""

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self.held: list[Held] = []

    def both(self, expected: Callable[[], object], done: Callable[[Tx], object]) -> None:
        """Do the same to both: they say the same, or refuse it in the same way."""
        with self.store.transaction(write=True) as tx:
            found = _said(lambda: done(tx))
        assert found == _said(expected)

    @rule(
        versions=st.dictionaries(requests, st.sampled_from([0] * 8 + [1, -1]), min_size=1),
        key=commands,
        said=st.tuples(summaries, wakes, st.sampled_from([True, True, False])),
        data=st.data(),
    )
    def append(
        self, versions: dict[str, int], key: CommandKey | None, said: Said, data: st.DataObject
    ) -> None:
        """Requests at their versions, most of the time; under a claim, now and then."""
        writes = [
            _write(request, max(self.model.versions.get(request, 0) + beside, 0), *said)
            for request, beside in versions.items()
        ]
        held = data.draw(st.none() | st.sampled_from(self.held)) if self.held else None
        with self.store.transaction(write=True) as tx:
            claim = held[0] if held else None
            found = _said(lambda: tx.append(self.shard, writes, key, claim=claim).versions)
            entries = tx.feed(self.shard, self.model.last())
        before = dict(self.model.versions)
        assert found == _said(lambda: self.model.append(writes, key, held))
        written = self.model.versions != before
        expected = [
            (write.request, number, each)
            for write in (writes if written else ())
            for number, each in enumerate(write.events, write.expected + 1)
        ]
        assert [(each.request, each.number, each.event) for each in entries] == expected
        self.model.entries += [(each.position, each.request, each.number) for each in entries]

    @rule(kind=kinds, at=late, lease=st.integers(1, 5), limit=st.integers(1, 3))
    def claim(self, kind: ClaimKind, at: int, lease: int, limit: int) -> None:
        """What is due, the longest due first."""
        only = READERS if kind == "reader" else None
        with self.store.transaction(write=True) as tx:
            found = tx.claim(kind, at=at, lease=lease, limit=limit, shard=self.shard, only=only)
        expected = self.model.claim(kind, at, lease, limit, only or ())
        keys = [(each.key, each.upto or 0) if kind == "reader" else each.key for each in found]
        assert [(key, each.attempt, each.until) for key, each in zip(keys, found, strict=True)] == [
            each[:3] for each in expected
        ]
        shown = {record.id: record for record in self.model.outbox_rows()}
        assert [each.record for each in found] == [shown.get(each.key) for each in found]
        self.held += [(claim, each[3]) for claim, each in zip(found, expected, strict=True)]

    @precondition(lambda self: self.held)
    @rule(data=st.data(), settlement=settlements, at=instants)
    def settle(self, data: st.DataObject, settlement: Settlement, at: int) -> None:
        """Any claim that ever was."""
        claim, token = data.draw(st.sampled_from(self.held))
        self.both(
            lambda: self.model.settle(claim, token, settlement, at),
            lambda tx: tx.settle(claim, settlement, at=at),
        )

    @precondition(lambda self: self.held)
    @rule(data=st.data(), at=instants, reason=st.sampled_from(["failed 8 times", ""]))
    def park(self, data: st.DataObject, at: int, reason: str) -> None:
        """Any claim that ever was."""
        claim, token = data.draw(st.sampled_from(self.held))
        self.both(
            lambda: self.model.park(claim, token, at, reason),
            lambda tx: tx.park(claim, at=at, reason=reason),
        )

    @rule(data=st.data(), at=instants, kind=kinds)
    def requeue(self, data: st.DataObject, at: int, kind: ClaimKind) -> None:
        """What is parked, or never was."""
        other = Parked(kind=kind, shard=self.shard, key="R1", reason="", since=0, position=1)
        parked = data.draw(st.sampled_from([*self.model.parked(), other]))
        self.both(
            lambda: self.model.requeue(parked, at),
            lambda tx: tx.requeue(parked, at=at),
        )

    @rule(request=requests, beside=st.sampled_from([0, 0, 1]), wake=wakes, data=st.data())
    def rearm(self, request: str, beside: int, wake: int | None, data: st.DataObject) -> None:
        """At the version that there is, most of the time."""
        version = max(self.model.versions.get(request, 0) + beside, 1)
        held = data.draw(st.none() | st.sampled_from(self.held)) if self.held else None
        self.both(
            lambda: self.model.rearm(request, version, wake, held),
            lambda tx: tx.rearm(
                self.shard, request, version, wake, claim=held[0] if held else None
            ),
        )

    @rule(name=st.sampled_from(READERS), position=st.integers(0, 9), data=st.data())
    def advance(self, name: str, position: int, data: st.DataObject) -> None:
        """To any position that there is, from the one that is expected, or under a claim."""
        upto = [0, *(entry[0] for entry in self.model.entries)][: position + 1][-1]
        here = self.model.reader(name).position
        expected = data.draw(st.sampled_from([None, None, here, here + 1]))
        held = data.draw(st.none() | st.sampled_from(self.held)) if self.held else None
        claim = held[0] if held else None
        self.both(
            lambda: self.model.advance(name, upto, expected, held),
            lambda tx: tx.advance(self.shard, name, upto, expected=expected, claim=claim),
        )

    @precondition(lambda self: any(claim.kind == "notice" for claim, _ in self.held))
    @rule(data=st.data(), at=instants, how=st.sampled_from(["itself", "rows", "digest"]))
    def freeze(self, data: st.DataObject, at: int, how: str) -> None:
        """A notice as itself, as several rows, or together with others as one."""
        held = data.draw(st.sampled_from([each for each in self.held if each[0].kind == "notice"]))
        claim = held[0]
        members: list[str] = []
        if how == "digest":
            others = sorted({*self.model.records, "nothing"} - {claim.key})
            members = data.draw(st.lists(st.sampled_from(others), unique=True, min_size=1))
        records = _records(claim.record, how, at)
        reason = data.draw(st.sampled_from(["", "a digest"]))
        self.both(
            lambda: self.model.freeze(held, records, at, reason, members),
            lambda tx: tx.freeze(claim, records, at=at, reason=reason, gathered=members),
        )


def _write(request: str, expected: int, said: Summary, wake: int | None, told: bool) -> Write:
    numbers = range(expected + 1, expected + 2 + expected % 2)
    return Write(
        request=request,
        expected=expected,
        events=tuple(event(request, number) for number in numbers),
        summary=said,
        wake=wake,
        notices=tuple(notice(request, number, at=number) for number in numbers if told),
    )


def _said(action: Callable[[], object]) -> object:
    """What an action gives, or the kind of its refusal."""
    try:
        return action()
    except ServiceCoreError as refusal:
        return type(refusal)


def _records(record: NoticeRecord | None, how: str, at: int) -> list[NoticeRecord]:
    assert record is not None
    if how == "itself":
        return [attrs.evolve(record, contact=CONTACT, text=TEXT, bundle="evening")]
    told = record.notice
    return [
        NoticeRecord(
            shard=record.shard,
            notice=attrs.evolve(told, id=f"{told.id} {how} {number}"),
            wake=at,
            contact=CONTACT,
            out_of=told.id,
            remarks=(Remark(at, "waiting", "made of another"),),
        )
        for number in range(1 if how == "digest" else 2)
    ]


class ModelLaws(StoreParts, part=True):
    """The store beside the model."""

    def test_whatever_is_done_it_says_what_the_model_says(self, store: Store) -> None:
        """B4-B9: every method, in any order, with claims that hold and claims that do not."""
        usual = settings()
        hard = settings(
            usual,
            max_examples=min(usual.max_examples, MOST_EXAMPLES),
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        )
        machine = partial(StoreBesideModel, store)
        run_state_machine_as_test(machine, settings=hard)  # type: ignore[arg-type]  # one is made
