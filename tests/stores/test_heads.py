"""What is kept beside a history: its summary, and when its timer rings (B7)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecore import PolicyBook, replay
from servicecore.lifecycle.events import (
    Actor,
    Assigned,
    Cancelled,
    Event,
    FactsChanged,
    MergedInto,
    Opened,
    Prioritised,
    Reopened,
    Replied,
    Resolved,
    Side,
)
from servicecore.sla import Policy, Target
from servicecore.sla.escalation import Escalation, Step
from servicecore.stores.heads import summary_of, wake_of
from servicecore.stores.values import Summary
from tests.lifecycle.strategies import books, histories, minute

HOUR = 3_600_000_000
FACTS = {"customer": "acme", "kind": "question", "service": "mail", "priority": "low"}
BOOK = PolicyBook.of(Policy("all", {"resolution": Target("4h")}))
LADDER = Escalation("main", [Step("warn", share="50%", tell=["custodian"])], "resolution")
STEPS = PolicyBook.of(Policy("all", {"resolution": Target("4h")}), escalations=[LADDER])


def opened(**facts: str) -> Opened:
    """A request that is opened at the epoch."""
    return Opened(request="R1", occurred_at=0, facts={**FACTS, **facts})


class TestSummaries:
    def test_what_it_holds(self) -> None:
        """B7: what `find` reads, as the events have left it."""
        events: list[Event] = [
            opened(),
            FactsChanged(request="R1", occurred_at=1, facts={"service": "web"}),
            Prioritised(request="R1", occurred_at=2, priority="high"),
            Assigned(request="R1", occurred_at=3, group="network", person="bo"),
        ]
        assert summary_of(replay(events, BOOK, at=4)) == Summary(
            status="new",
            is_open=True,
            opened=0,
            kind="question",
            priority="high",
            service="web",
            group="network",
            person="bo",
            customer="acme",
        )

    @pytest.mark.parametrize(
        ("event", "is_open"),
        [
            (Replied(request="R1", occurred_at=1, actor=Actor("ann", Side.CUSTOMER)), True),
            (Resolved(request="R1", occurred_at=1), False),
            (Cancelled(request="R1", occurred_at=1), False),
            (MergedInto(request="R1", occurred_at=1, target="R2"), False),
        ],
        ids=lambda value: type(value).__name__,
    )
    def test_what_is_open(self, event: Event, is_open: bool) -> None:
        """B7: neither resolved nor over in any other way; open again when it is reopened."""
        assert summary_of(replay([opened(), event], BOOK, at=2)).is_open is is_open
        again = [opened(), event, Reopened(request="R1", occurred_at=3)]
        assert summary_of(replay(again, BOOK, at=4)).is_open

    @given(books(causes=True), histories(), st.integers(0, 70 * 60), st.integers(0, 10**9))
    def test_time_alone_changes_nothing(
        self, book: PolicyBook, events: list[Event], at: int, later: int
    ) -> None:
        """B7: so that what was found is right as long as nothing is written."""
        last = max(minute(at), events[-1].occurred)
        then, afterwards = (replay(events, book, at=each) for each in (last, last + later))
        assert summary_of(then) == summary_of(afterwards)


class TestWakes:
    def test_a_step_that_is_due_and_not_on_record(self) -> None:
        """B7: it rings at once, however long ago that was."""
        assert wake_of(replay([opened()], STEPS, at=0)) == 2 * HOUR
        assert wake_of(replay([opened()], STEPS, at=9 * HOUR)) == 2 * HOUR

    def test_nothing_more_to_come(self) -> None:
        """B7: no timer."""
        cancelled = Cancelled(request="R1", occurred_at=1)
        assert wake_of(replay([opened(), cancelled], BOOK, at=2)) is None

    @given(books(), histories(), st.integers(0, 70 * 60))
    def test_nothing_happens_before_it_rings(
        self, book: PolicyBook, events: list[Event], at: int
    ) -> None:
        """B7: up to that instant the situation stays; what is due already rings in the past."""
        last = max(minute(at), events[-1].occurred)
        situation = replay(events, book, at=last)
        wake = wake_of(situation)
        due = [each.due for each in (*situation.steps_due, *situation.transitions_due)]
        if due:
            assert wake == min(due)
            assert wake <= last
        elif wake is not None:
            assert last < wake
            before = replay(events, book, at=wake - 1)
            assert before.status == situation.status
            assert not before.steps_due
            assert not before.transitions_due
