"""A store beside the model: what is read of it (B4-B9)."""

from __future__ import annotations

from itertools import count
from typing import Literal

import attrs
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from servicecore.stores import NoticeQuery, Query, Store, Summary
from servicecore.testing.samples import summary
from servicecore.testing.store_model import Model

READERS = ("audit", "board")

summaries = st.builds(
    summary,
    status=st.sampled_from(["new", "in progress", "'; --"]),
    is_open=st.booleans(),
    opened=st.integers(-3, 3),
    group=st.sampled_from([None, "network", "mail"]),
    person=st.sampled_from([None, "ann"]),
)
shards = count()


class ReadBesideModel(RuleBasedStateMachine):
    """One shard of a store, and the model of it: what is read."""

    def __init__(self, store: Store) -> None:
        super().__init__()
        self.store = store
        self.shard = f"shard {next(shards)}"
        self.model = Model(self.shard)

    @invariant()
    def say_the_same(self) -> None:
        """All that can be read."""
        with self.store.transaction() as tx:
            heads = tx.find(self.shard, Query(limit=1000)).heads
            assert [
                (head.request, head.version, head.summary, head.wake, head.parked) for head in heads
            ] == self.model.heads()
            assert tx.workload(self.shard).open == self.model.workload()
            found = tx.notices(self.shard, NoticeQuery())
            assert list(found) == self.model.outbox_rows()
            assert list(tx.parked(self.shard)) == self.model.parked()
            for names in ((), READERS):
                due = self.model.next_due(names)
                assert tx.next_due(self.shard, readers=names) == due
            for name in READERS:
                assert tx.checkpoint(self.shard, name) == self.model.reader(name).position

    @rule()
    def read_it_all(self) -> None:
        """Every request, the feed from its beginning, and every command."""
        with self.store.transaction() as tx:
            entries = tx.feed(self.shard, limit=1000)
            assert [
                (each.position, each.request, each.number) for each in entries
            ] == self.model.entries
            for request in ("R1", "R2"):
                events = tuple(each.event for each in entries if each.request == request)
                stream = tx.read(self.shard, request)
                assert stream.events == events
                assert stream.version == self.model.versions.get(request, 0)
            for id in ("c1", "c2", "c3"):
                answer = tx.answered(self.shard, id)
                known = self.model.commands.get(id)
                assert (answer and (answer.digest, answer.versions)) == known

    @rule(order=st.sampled_from(["opened", "wake"]), limit=st.integers(1, 2), said=summaries)
    def turn_pages(self, order: Literal["opened", "wake"], limit: int, said: Summary) -> None:
        """What is like a summary, page by page."""
        found: list[str] = []
        asked = Query(group=said.group, is_open=said.is_open, order=order, limit=limit)
        with self.store.transaction() as tx:
            while True:
                page = tx.find(self.shard, asked)
                found += [head.request for head in page.heads]
                assert len(found) <= 3
                if not page.next:
                    break
                asked = attrs.evolve(asked, after=page.next)
        expected = [
            (said_of.opened if order == "opened" else wake, request)
            for request, _, said_of, wake, _ in self.model.heads()
            if (said_of.group, said_of.is_open) == (said.group, said.is_open)
            and (order == "opened" or wake is not None)
        ]
        assert found == [request for _, request in sorted(expected)]
