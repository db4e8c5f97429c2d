"""Attainment on the due cohort (M2), against counts made by hand and by definition."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecore import PolicyBook, replay
from servicecore.errors import InvalidValue
from servicecore.lifecycle.events import (
    Cancelled,
    Event,
    MergedInto,
    Opened,
    Prioritised,
    Reopened,
    Reported,
    Resolved,
    StatusChanged,
)
from servicecore.lifecycle.situation import Situation
from servicecore.metrics.attainment import (
    Attainment,
    AttainmentTally,
    attained,
    attainment,
    due_row,
)
from servicecore.metrics.cohort import Period
from servicecore.metrics.rows import Due
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


def merged(hours: float) -> MergedInto:
    return MergedInto(request="R1", occurred_at=after(hours), target="R0")


def waiting(hours: float) -> StatusChanged:
    return StatusChanged(request="R1", occurred_at=after(hours), status="waiting for customer")


def working(hours: float) -> StatusChanged:
    return StatusChanged(request="R1", occurred_at=after(hours), status="in progress")


def reported(hours: float) -> Reported:
    return Reported(request="R1", occurred_at=after(hours), done="looked into it")


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
    ([opened(), cancelled(4)], 9, "cancelled", 0, 0),  # up to the deadline, itself included
    ([opened(), cancelled(5)], 9, "missed", 1, 0),  # afterwards the miss stands
    ([opened(), merged(1)], 9, "cancelled", 0, 0),
    ([opened(), merged(5)], 9, "missed", 1, 0),
    ([opened(), waiting(5), cancelled(8)], 9, "missed", 1, 0),
    ([opened(), waiting(1), cancelled(8)], 9, "cancelled", 0, 0),
    ([opened(), resolved(1), cancelled(2)], 9, "met", 1, 1),  # stopped already
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


def test_a_provisional_deadline_is_that_by_which_a_clock_is_judged() -> None:
    """M2, C9: also that of a clock stopped in a pause; what was cancelled in time has none."""
    office = Calendar.from_dict({
        "timezone": "UTC", "hours": {"mon-fri": "09:00-17:00"}, "known_until": "2026-03-08",
    })  # fmt: skip
    book = PolicyBook.of(Policy("standard", {"resolution": Target("8h", office)}))
    histories = [
        [opened(), waiting(1), resolved(2)],  # 7 of 8 hours were left at eleven: due on Monday
        [opened(), waiting(1), resolved(25)],
        [opened(), waiting(1), cancelled(25)],
        [opened(), waiting(1)],
    ]
    row = of(*histories, at=24 * 10, book=book)
    assert (row.met, row.due, row.cancelled, row.paused, row.provisional) == (2, 2, 1, 1, 2)


Step = tuple[int, str]


def judged_by_hand(steps: list[Step], at: int) -> tuple[str, bool]:
    """M2 with pencil and paper, for 4 hours around the clock: standing, and whether it is due."""
    used, since, running, missed = 0, 0, True, False
    for hours, step in [*steps, (at, "now")]:
        passed = hours - since if running else 0
        missed = missed or used + passed > 4
        used, since = used + passed, hours
        left = 4 - used
        if step == "now" and running:
            return ("late", True) if missed else ("open", False)
        if step == "now":
            return ("late", True) if missed else ("paused", False)
        if step == "resolved":
            return ("missed", True) if missed else ("met", hours + left < at)
        if step in ("cancelled", "merged"):
            return ("missed", True) if missed else ("cancelled", False)
        running = step == "working"
    raise AssertionError(steps)


STEPS = {
    "waiting": waiting,
    "working": working,
    "resolved": resolved,
    "cancelled": cancelled,
    "merged": merged,
}
ENDS = st.sampled_from(["resolved", "cancelled", "merged", ""])


@given(
    st.lists(st.tuples(st.integers(0, 12), st.sampled_from(["waiting", "working"])), max_size=5),
    ENDS,
    st.integers(0, 3),
    st.integers(0, 20),
)
def test_who_is_due_and_who_is_late_is_what_pencil_and_paper_say(
    between: list[Step], end: str, later: int, at: int
) -> None:
    """M2: an independent count of hours, pauses and cancellations."""
    known = sorted(between, key=lambda step: step[0])
    if end:
        known.append((max((hours for hours, _ in known), default=0) + later, end))
    row = of([opened(), *(STEPS[step](hours) for hours, step in known)], at=at)
    standing, due = judged_by_hand([step for step in known if step[0] <= at], at)
    assert getattr(row, standing) == 1
    assert (row.due, row.kept.hits) == (due, due and standing == "met")


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


class TestWhatProductsShow:
    def test_leaves_out_what_is_open_and_late(self) -> None:
        """M2: it stands beside the honest figure, named as what it is."""
        row = of(*[[opened(), resolved(1)]] * 3, [opened(), resolved(9)], *[[opened()]] * 6, at=20)
        assert (row.resolved_only.value, row.resolved_only.n) == (0.75, 4)
        assert (row.kept.value, row.kept.n) == (0.3, 10)
        assert "without those that are open and late" in row.resolved_only.cohort

    def test_leaves_out_what_was_cancelled(self) -> None:
        """K6: in time or too late, that is no verdict; the miss stands in the honest figure."""
        row = of([opened(), resolved(1)], [opened(), cancelled(2)], [opened(), cancelled(9)], at=20)
        assert (row.resolved_only.value, row.resolved_only.n) == (1, 1)
        assert (row.kept.value, row.kept.n) == (0.5, 2)

    def test_has_no_value_where_nothing_has_stopped(self) -> None:
        assert of([opened()], at=20).resolved_only.reason == "no_data"


def test_what_is_left_exactly_when_due_is_left_in_time() -> None:
    """M2: up to the deadline."""
    assert [Due(10, left=at).is_left for at in (9, 10, 11)] == [True, True, False]
    assert [Due(10, left=at).is_late(at=20) for at in (9, 10, 11)] == [False, False, True]


def test_done_before_it_was_left_is_done() -> None:
    """M2: leaving what is done changes nothing, as a cancellation stops no clock twice."""
    assert not Due(10, done=8, left=9).is_left
    assert Due(10, done=9, left=8).is_left
    assert attained([Due(10, done=8, left=9), Due(10, done=12, left=13)], at=20).hits == 1


class TestCycles:
    """M3."""

    HISTORY = (opened(), resolved(1), Reopened(request="R1", occurred_at=after(2)), resolved(9))
    BOOK = PolicyBook.of(Policy("standard", {"update": Target("4h")}))

    def test_have_a_share_without_an_interval(self) -> None:
        row = of(self.HISTORY, at=20, book=self.BOOK)
        shown = row.per_cycle
        assert (shown.value, shown.n, shown.low, shown.reason) == (0.5, 2, None, "clustered")

    def test_of_a_period_alone_are_looked_at(self) -> None:
        period = Period(NINE, after(5.5))
        situations = [replay(self.HISTORY, self.BOOK, at=after(20))]
        (row,) = attainment(situations, period=period)
        assert (row.due, row.kept.value, row.per_cycle.n) == (1, 1, 1)
        assert attainment(situations, period=Period(after(30), after(31))) == ()

    def test_that_were_kept_are_not_undone_by_a_cancellation_in_time(self) -> None:
        """M2: a request is in the due cohort or left out as cancelled, and never both."""
        history = [opened(), reported(3), reported(6), cancelled(7)]
        (row,) = attainment([replay(history, self.BOOK, at=after(20))])
        assert (row.met, row.cancelled, row.due, row.kept.value) == (1, 0, 1, 1)
        (early,) = attainment([replay(history, self.BOOK, at=after(7))])
        assert (early.met, early.due) == (1, 1)  # the first cycle was due at 4
        (all_left,) = attainment([replay([opened(), cancelled(3)], self.BOOK, at=after(20))])
        assert (all_left.met, all_left.cancelled, all_left.due) == (0, 1, 0)

    @given(st.lists(st.integers(0, 12), max_size=5), st.integers(0, 14), st.integers(0, 30))
    def test_are_due_or_cancelled_and_never_both(
        self, reports: list[int], end: int, at: int
    ) -> None:
        history = [opened(), *(reported(hours) for hours in sorted(reports) if hours <= end)]
        (row,) = attainment([replay([*history, cancelled(end)], self.BOOK, at=after(at))])
        assert row.due + row.cancelled <= row.requests == 1
        assert row.per_cycle.n >= row.due


@pytest.mark.parametrize(("first", "end", "due"), [(0, 4, 0), (0, 4.1, 1), (4, 5, 1), (4.1, 9, 0)])
def test_a_period_is_half_open_on_the_due_instant(first: float, end: float, due: int) -> None:
    """M3."""
    period = Period(after(first), after(end))
    situation = replay([opened(), resolved(1)], BOOK, at=after(9))
    rows = attainment([situation], period=period)
    assert sum(row.due for row in rows) == due


@pytest.mark.parametrize(
    ("history", "standing", "hour"),
    [
        ([opened(), cancelled(1)], "cancelled", 4),
        ([opened(), waiting(1), cancelled(2)], "cancelled", 5),  # had it gone on at its end
        ([opened(), waiting(1)], "paused", 12),  # if it goes on at nine
        ([opened(), cancelled(6)], "missed", 4),
    ],
)
def test_what_is_left_out_of_the_cohort_is_counted_in_a_period_too(
    history: list[Event], standing: str, hour: float
) -> None:
    """M2, M3: by the deadline that it would have."""
    situation = replay(history, BOOK, at=after(9))
    (row,) = attainment([situation], period=Period(after(hour), after(hour + 1)))
    assert getattr(row, standing) == row.requests == 1
    assert row.due == (standing == "missed")
    assert attainment([situation], period=Period(after(hour + 0.1), after(hour + 1))) == ()


@given(st.lists(st.integers(0, 30), min_size=2, max_size=5, unique=True), st.integers(0, 40))
def test_periods_that_follow_each_other_add_up_to_the_whole(cuts: list[int], at: int) -> None:
    """M3: half-open windows lose nobody and count nobody twice."""
    edges = [-1, *sorted(cuts), 100]
    situations = [
        replay([opened(), *more], BOOK, at=after(at))
        for more in ([], [resolved(3)], [resolved(9)], [waiting(2)], [cancelled(2)], [cancelled(8)])
    ]
    periods = [Period(after(a), after(b)) for a, b in pairwise(edges)]
    parts = [row for period in periods for row in attainment(situations, period=period)]
    (whole,) = attainment(situations)
    for name in ("requests", "met", "missed", "late", "open", "paused", "cancelled", "due"):
        assert sum(getattr(row, name) for row in parts) == getattr(whole, name)


def test_situations_of_different_instants_are_no_cohort() -> None:
    """M3."""
    situations = [replay([opened()], BOOK, at=after(hours)) for hours in (1, 2)]
    with pytest.raises(InvalidValue, match="expected all at the same instant"):
        attainment(situations)
    one, other = AttainmentTally(), AttainmentTally()
    one.add(situations[0])
    other.add(situations[1])
    with pytest.raises(InvalidValue, match="expected all at the same instant"):
        one.merge(other)
    with pytest.raises(InvalidValue, match="expected the same"):
        one.merge(AttainmentTally(Period(NINE, after(1))))


@given(HISTORIES, st.integers(0, 20))
def test_plain_rows_give_the_same_share(histories: list[list[Event]], at: int) -> None:
    """M9."""
    situations = [replay(history, BOOK, at=after(at)) for history in histories]
    rows = [due_row(situation.readings["resolution"]) for situation in situations]
    plain = attained(rows, at=after(at))
    for row in attainment(situations):
        assert (plain.hits, plain.n) == (row.kept.hits, row.due)


@given(HISTORIES, st.integers(0, 20), st.integers(0, 9), st.integers(1, 9))
def test_plain_rows_give_the_same_share_of_a_period(
    histories: list[list[Event]], at: int, start: int, length: int
) -> None:
    """M3, M9."""
    situations = [replay(history, BOOK, at=after(at)) for history in histories]
    rows = [due_row(situation.readings["resolution"]) for situation in situations]
    period = Period(after(start), after(start + length))
    plain = attained(rows, at=after(at), period=period)
    known = attainment(situations, period=period)
    assert (plain.hits, plain.n) == (
        sum(row.kept.hits or 0 for row in known),
        sum(row.due for row in known),
    )


@given(HISTORIES.filter(bool), st.integers(0, 20), st.booleans())
def test_what_is_pending_changes_no_figure_of_the_due_cohort(
    histories: list[list[Event]], at: int, succeeds: bool
) -> None:
    """M2: an early success waits for its deadline as a pending failure does."""
    pending = [Opened(request="R1", occurred_at=after(at - 1), facts={"priority": "low"})]
    if succeeds:
        pending.append(resolved(at))
    assert of(*histories, pending, at=at).kept == of(*histories, at=at).kept
