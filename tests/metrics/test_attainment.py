"""Attainment on the due cohort (M2), against counts made by hand and by definition."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecore import PolicyBook, replay
from servicecore.lifecycle.events import (
    Cancelled,
    Event,
    Opened,
    Prioritised,
    Reopened,
    Resolved,
    StatusChanged,
)
from servicecore.lifecycle.situation import Situation
from servicecore.metrics.attainment import Attainment, AttainmentTally, attainment
from servicecore.sla import Calendar, Days, Target
from servicecore.sla.policy import Policy

NINE = datetime(2026, 3, 6, 9, tzinfo=UTC)
BOOK = PolicyBook.of(Policy("standard", {"resolution": Target("4h")}))


def after(hours: float) -> datetime:
    return NINE + timedelta(hours=hours)


def opened(priority: str = "low") -> Opened:
    return Opened(request="R1", occurred_at=NINE, facts={"priority": priority})


def resolved(hours: float) -> Resolved:
    return Resolved(request="R1", occurred_at=after(hours))


def cancelled(hours: float) -> Cancelled:
    return Cancelled(request="R1", occurred_at=after(hours))


def waiting(hours: float) -> StatusChanged:
    return StatusChanged(request="R1", occurred_at=after(hours), status="waiting for customer")


def of(*histories: Sequence[Event], at: float, book: PolicyBook = BOOK) -> Attainment:
    (row,) = attainment(replay(history, book, at=after(at)) for history in histories)
    return row


CASES = [
    # history, at, where it stands, due, kept
    ([opened()], 3, "open", 0, 0),
    ([opened()], 4, "open", 0, 0),  # running exactly at the due instant is not yet late
    ([opened()], 5, "late", 1, 0),
    ([opened(), resolved(1)], 3, "met", 0, 0),  # an early success waits for its deadline
    ([opened(), resolved(1)], 5, "met", 1, 1),
    ([opened(), resolved(4)], 5, "met", 1, 1),
    ([opened(), resolved(6)], 7, "missed", 1, 0),
    ([opened(), waiting(1)], 9, "paused", 0, 0),
    ([opened(), waiting(5)], 9, "late", 1, 0),
    ([opened(), cancelled(1)], 9, "cancelled", 0, 0),
    ([opened(), cancelled(5)], 9, "missed", 1, 0),  # afterwards the miss stands
    ([opened(), waiting(1), resolved(2)], 4, "met", 0, 0),  # due at 5, had it resumed at the stop
    ([opened(), waiting(1), resolved(2)], 6, "met", 1, 1),
]


@pytest.mark.parametrize(("history", "at", "standing", "due", "kept"), CASES)
def test_one_request(history: list[Event], at: float, standing: str, due: int, kept: int) -> None:
    """M2: who is in the cohort, and who of it kept the target."""
    row = of(history, at=at)
    assert getattr(row, standing) == row.requests == 1
    assert (row.due, row.kept.hits, row.kept.n) == (due, kept, due)


def test_the_resolved_only_figure_would_flatter() -> None:
    """M2: open requests past their deadline count against us."""
    histories = [[opened(), resolved(1)]] * 3 + [[opened()]] * 7
    row = of(*histories, at=5)
    assert (row.met, row.late, row.kept.value) == (3, 7, 0.3)
    assert "whose deadline has passed" in row.kept.cohort


def test_a_cyclic_clock_is_kept_where_every_due_cycle_was() -> None:
    """M3: requests are the units, not their cycles."""
    history = [opened(), resolved(1), Reopened(request="R1", occurred_at=after(2)), resolved(9)]
    book = PolicyBook.of(Policy("standard", {"update": Target("4h")}))
    row = of(history, at=20, book=book)
    assert (row.requests, row.missed, row.due, row.kept.hits) == (1, 1, 1, 0)


def test_a_retarget_after_a_breach_does_not_lift_it() -> None:
    """M2: the miss stands under a more generous policy."""
    targets = {"resolution": {"high": Target("1h"), "low": Target("40h")}}
    book = PolicyBook.of(Policy("standard", targets))
    softened = Opened(request="R1", occurred_at=NINE, facts={"priority": "high"})
    history = [
        softened,
        Prioritised(request="R1", occurred_at=after(2), priority="low"),
        resolved(3),
    ]
    row = of(history, at=50, book=book)
    assert (row.priority, row.missed, row.kept.hits) == ("low", 1, 0)


def test_provisional_deadlines_are_included_and_counted() -> None:
    """M2, C9: beyond the known holidays."""
    office = Calendar.from_dict({
        "timezone": "UTC", "hours": {"mon-fri": "09:00-17:00"}, "known_until": "2026-03-07",
    })  # fmt: skip
    book = PolicyBook.of(Policy("standard", {"resolution": Target(Days(2), office)}))
    row = of([opened()], at=24 * 10, book=book)
    assert (row.provisional, row.due) == (1, 1)


HISTORIES = st.lists(
    st.lists(
        st.tuples(st.integers(0, 10), st.sampled_from([resolved, cancelled, waiting])), max_size=3
    ).map(lambda steps: [opened(), *(make(hours) for hours, make in steps)]),
    max_size=12,
)


@given(HISTORIES, st.integers(0, 20))
def test_the_standings_add_up_and_the_cohort_only_grows(
    histories: list[list[Event]], at: int
) -> None:
    """M2: nobody is lost, and a deadline that has passed stays passed."""
    if not histories:
        return
    now, later = of(*histories, at=at), of(*histories, at=at + 3)
    for row in (now, later):
        standings = (row.met, row.missed, row.late, row.open, row.paused, row.cancelled)
        assert sum(standings) == row.requests == len(histories)
        assert row.missed + row.late <= row.due
    assert later.due >= now.due
    assert (later.kept.hits or 0) >= (now.kept.hits or 0)


@given(HISTORIES, HISTORIES)
def test_a_tally_in_parts_is_the_tally_of_the_whole(
    one: list[list[Event]], other: list[list[Event]]
) -> None:
    """M9: add and merge."""
    situations: list[list[Situation]] = [
        [replay(history, BOOK, at=after(9)) for history in part] for part in (one, other)
    ]
    tallies = [AttainmentTally(), AttainmentTally()]
    for tally, part in zip(tallies, situations, strict=True):
        for situation in part:
            tally.add(situation)
    tallies[0].merge(tallies[1])
    assert tallies[0].result() == attainment([*situations[0], *situations[1]])
