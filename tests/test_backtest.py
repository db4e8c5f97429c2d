"""The same histories under another book (P1, M2), against verdicts worked out by subtraction."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from textwrap import indent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecore import PolicyBook
from servicecore.backtest import Backtest, Verdict, backtest, without_derived
from servicecore.errors import InvalidValue
from servicecore.lifecycle.events import (
    Cancelled,
    Event,
    FactsChanged,
    Opened,
    PolicyApplied,
    Prioritised,
    Reported,
    Resolved,
    StatusChanged,
    StepRecorded,
    in_order,
)
from servicecore.lifecycle.replay import replay
from servicecore.lifecycle.tick import tick
from servicecore.logs.backtest_printed import chosen
from servicecore.metrics import attainment
from servicecore.priorities import PriorityMatrix
from servicecore.sla import BookVersion, Calendar, ClockRule, Escalation, Step, Target
from servicecore.sla.policy import Policy

NINE = datetime(2026, 3, 6, 9, tzinfo=UTC)
LATER = NINE + timedelta(days=30)


def after(hours: float) -> datetime:
    return NINE + timedelta(hours=hours)


def request(name: str, took: float | None, **facts: str) -> tuple[Event, ...]:
    """A request opened at nine, resolved after some hours unless it is still open."""
    opened = Opened(request=name, occurred_at=NINE, facts=facts)
    if took is None:
        return (opened,)
    return opened, Resolved(request=name, occurred_at=after(took))


def book(within: str | dict[str, str] = "4h", **options: object) -> PolicyBook:
    table = {"*": within} if isinstance(within, str) else within
    targets = {priority: Target(each) for priority, each in table.items()}
    return PolicyBook.of(Policy("all", {"resolution": targets}), **options)  # type: ignore[arg-type]  # the tests know


def verdicts(result: Backtest) -> list[tuple[str, str, str]]:
    return [
        (flip.request, str(flip.before.verdict), str(flip.after.verdict)) for flip in result.flips
    ]


TOOK = {"A": 1.0, "B": 3.0, "C": 5.0, "D": None}
HISTORIES = {name: request(name, took) for name, took in TOOK.items()}


def test_a_shorter_target_breaks_what_it_would_have() -> None:
    """M2: A kept either way, B only under 4h, C and the open D under neither."""
    result = backtest(HISTORIES, book("4h"), book("2h"), at=LATER)
    (row,) = result.rows
    assert (row.before.hits, row.before.n, row.after.hits, row.after.n) == (2, 4, 1, 4)
    assert (row.difference.value, row.difference.n) == (-0.25, 4)
    assert (row.to_kept, row.to_broken, row.only_before, row.only_after) == (0, 1, 0, 0)
    assert verdicts(result) == [("B", "kept", "broken")]
    (flip,) = result.flips
    assert (flip.before.due_at, flip.after.due_at) == (after(4), after(2))
    assert str(flip.cause) == "policy 'all': resolution 4h → 2h of always"
    (total,) = result.totals
    assert (total.priority, total.before.hits, total.after.hits) == ("all", 2, 1)


def test_each_share_is_of_its_own_cohort_and_the_difference_of_both() -> None:
    """M2: at 3 h a target of 2h has passed for all, one of 4h for none."""
    result = backtest(HISTORIES, book("4h"), book("2h"), at=after(3))
    (row,) = result.rows
    assert (row.before.value, row.before.n, row.after.hits, row.after.n) == (None, 0, 1, 4)
    assert (row.difference.value, row.difference.n) == (None, 0)
    assert (row.only_before, row.only_after) == (0, 4)
    assert {flip.before.verdict for flip in result.flips} == {Verdict.PENDING}


def test_withdrawn_and_not_owed_are_verdicts_of_their_own() -> None:
    """M2: nothing owed under one book, withdrawn before the longer deadline under the other."""
    withdrawn = request("A", None)[0], Cancelled(request="A", occurred_at=after(3))
    result = backtest({"A": withdrawn}, book("4h"), book("2h"), at=LATER)
    assert verdicts(result) == [("A", "withdrawn", "broken")]
    none = PolicyBook.of(Policy("all", {}))
    result = backtest({"A": request("A", 1)}, none, book("2h"), at=LATER)
    assert verdicts(result) == [("A", "not owed", "kept")]
    assert result.rows[0].before.value is None
    assert result.flips[0].before.reading is None


def test_what_the_matrix_gives_is_given_anew_and_the_rest_stays() -> None:
    """P1: the rule's priority goes by the new matrix, a person's stays."""
    facts = {"impact": "big", "urgency": "now"}
    by_rule = Prioritised(request="A", occurred_at=NINE, priority="p1", **facts)
    by_hand = Prioritised(
        request="B", occurred_at=NINE, priority="p1", source="person", reason="shop closed", **facts
    )
    histories = {
        "A": (Opened(request="A", occurred_at=NINE), by_rule, request("A", 3)[1]),
        "B": (Opened(request="B", occurred_at=NINE), by_hand, request("B", 3)[1]),
        "C": request("C", 3, **facts),
    }
    strict, mild = (PriorityMatrix({"big": {"now": level}}, ["p1", "p2"]) for level in ("p1", "p2"))
    targets = {"p1": "2h", "p2": "4h"}
    result = backtest(histories, book(targets, matrix=strict), book(targets, matrix=mild), at=LATER)
    assert verdicts(result) == [("A", "broken", "kept"), ("C", "broken", "kept")]
    assert {str(flip.cause) for flip in result.flips} == {
        "priority of impact big, urgency now: p1 → p2"
    }
    assert [(each.request, each.before, each.after) for each in result.moved] == [
        ("A", "p1", "p2"),
        ("C", "p1", "p2"),
    ]
    (row,) = result.rows
    assert (row.priority, row.requests, row.moved, row.to_kept) == ("p1", 3, 2, 2)


def test_steps_and_what_they_caused_are_dropped_and_policies_of_the_rule() -> None:
    """P1: also what was caused by what a step caused; what a person applied stays."""
    opened = Opened(request="A", occurred_at=NINE, id="1")
    step = StepRecorded(request="A", occurred_at=NINE, id="2", step="s", due_at=NINE)
    raised = Prioritised(request="A", occurred_at=NINE, id="3", priority="p1", cause="2")
    told = Reported(request="A", occurred_at=NINE, id="4", cause="3", done="raised it")
    by_rule = PolicyApplied(request="A", occurred_at=NINE, id="5", policy="all")
    by_hand = PolicyApplied(request="A", occurred_at=NINE, id="6", policy="all", source="person")
    unnamed = StatusChanged(request="A", occurred_at=NINE, status="in progress")
    history = (opened, step, raised, told, by_rule, by_hand, unnamed)
    assert without_derived(history) == (opened, by_hand, unnamed)


def test_what_a_step_caused_is_dropped_though_it_happened_before_the_step() -> None:
    """E2: a step is recorded at the tick, and what it causes happens when it was due."""
    ladder = Escalation("hurry", [Step("warn", share="50%", tell="person", assign="second line")])
    book = PolicyBook.of(Policy("all", {"resolution": Target("4h")}), escalations=[ladder])
    opened = Opened(request="A", occurred_at=NINE, id="1")
    history = (opened, *tick([opened], book, at=NINE + timedelta(hours=8)))
    assert [type(event).__name__ for event in in_order(history)] == [
        "Opened", "Assigned", "StepRecorded",
    ]  # fmt: skip
    assert without_derived(in_order(history)) == (opened,)


def test_a_priority_that_no_matrix_can_have_given_stays() -> None:
    """P1: without impact and urgency there is nothing to derive it from."""
    bare = Prioritised(request="A", occurred_at=NINE, priority="p1")
    opened = Opened(request="A", occurred_at=NINE, facts={"impact": "big"})
    assert without_derived([opened, bare]) == (opened, bare)
    urgent = FactsChanged(request="A", occurred_at=NINE, facts={"urgency": "now"})
    *_, anew = without_derived([opened, urgent, bare])
    assert isinstance(anew, FactsChanged)
    assert anew.facts == {"impact": "big", "urgency": "now", "priority": None}


def test_a_policy_applied_by_hand_is_found_in_a_book_of_another_version() -> None:
    """P1: it names the version it was taken from, which the new book need not have."""
    pinned = PolicyApplied(
        request="A", occurred_at=NINE, policy="all", version="2026", source="person"
    )
    opened, resolved = request("A", 3)
    old, new = book("4h", version="2026"), book("2h", version="2027")
    result = backtest({"A": (opened, pinned, resolved)}, old, new, at=LATER)
    assert verdicts(result) == [("A", "kept", "broken")]
    assert not result.failed


def test_what_cannot_be_replayed_is_listed_and_stops_nobody() -> None:
    """A history that does not begin with its beginning, and one that has none at all."""
    histories = {"A": request("A", 3)[1:], "B": request("B", 3), "C": ()}
    result = backtest(histories, book("4h"), book("2h"), at=LATER)
    assert result.requests == 1
    assert set(result.failed) == {"A", "C"}
    assert result.failed["A"].startswith("under the old book: ")
    assert "begins with Resolved: expected Opened first" in result.failed["A"]
    assert result.failed["C"].endswith("is empty: expected Opened first")


def test_requests_opened_later_had_not_happened() -> None:
    """K1: and without an instant it is that of the last event."""
    result = backtest(HISTORIES, book("4h"), book("2h"), at=after(-1))
    assert (result.requests, result.later, result.rows) == (0, 4, ())
    assert backtest(HISTORIES, book("4h"), book("2h")).at == after(5)
    assert backtest({}, book("4h"), book("2h")).requests == 0


@given(st.permutations(range(4)), st.integers(0, 4))
def test_the_order_of_a_list_changes_nothing(places: list[int], hour: int) -> None:
    """T3: a history is in order of its instants, however its events are handed in."""
    opened, resolved = request("A", 3, impact="big", urgency="now")
    by_rule = Prioritised(request="A", occurred_at=after(0.5), priority="p1")
    update = FactsChanged(request="A", occurred_at=after(1), facts={"urgency": "some day"})
    history = [opened, by_rule, update, resolved]
    mixed = [history[place] for place in places]
    assert without_derived(mixed) == without_derived(history)
    matrix = PriorityMatrix({"big": {"now": "p1", "some day": "p2"}}, ["p1", "p2"])
    one, other = (book({"p1": "2h", "p2": level}, matrix=matrix) for level in ("4h", "2h"))
    sorted_, given_ = (backtest({"A": h}, one, other, at=after(hour)) for h in (history, mixed))
    assert (given_.later, given_.flips, given_.rows) == (0, sorted_.flips, sorted_.rows)


OFFICE = {"timezone": "UTC", "hours": {"mon-fri": "09:00-17:00"}}
LONG = {"timezone": "UTC", "hours": {"mon-sun": "09:00-17:00"}}


def on(hours: dict[str, object], within: str, **options: object) -> PolicyBook:
    calendar = Calendar.from_dict(hours, "office")
    policy = Policy("all", {"resolution": Target(within, calendar)})
    return PolicyBook.of(policy, **options)  # type: ignore[arg-type]  # the tests know


CAUSES = [
    # Took 30 h of wall time from Friday nine: 8 h of office, 14 h on a weekend that is open too.
    ("either alone", on(LONG, "10h"), on(OFFICE, "20h"), 30, "any of: calendar"),
    ("together", on(OFFICE, "10h"), on(LONG, "9h"), 30, "calendar 'office'"),
    ("the target", on(OFFICE, "10h"), on(OFFICE, "7h"), 30, "policy 'all': resolution 10h → 7h"),
    (
        "only both",
        on(OFFICE, "16h"),
        on(LONG, "13h"),
        30,
        "only together: calendar 'office': sat-sun closed → 09:00-17:00 + policy 'all'",
    ),
]


@pytest.mark.parametrize(("_name", "old", "new", "took", "said"), CAUSES)
def test_the_cause_is_what_turns_the_verdict_alone_or_all_that_is_needed(
    _name: str, old: PolicyBook, new: PolicyBook, took: float, said: str
) -> None:
    """P1: tried, not guessed; from Friday nine 30 h end on Saturday at 15."""
    (flip,) = backtest({"A": request("A", took)}, old, new, at=LATER).flips
    assert str(flip.cause).startswith(said)


def test_the_cause_may_be_a_policy_its_conditions_a_clock_or_a_version() -> None:
    """P1, P2, R3: whatever stands in a book can have done it."""
    waiting = StatusChanged(request="A", occurred_at=NINE, status="waiting for third party")
    opened, resolved = request("A", 3, customer="acme")
    histories = {"A": (opened, waiting, resolved)}
    vip = Policy("vip", {"resolution": Target("2h")}, when={"customer": "acme"})
    rest = Policy("all", {"resolution": Target("4h")})
    old = PolicyBook.of(rest)

    def cause(new: PolicyBook, before: PolicyBook = old) -> str:
        (flip,) = backtest(histories, before, new, at=LATER).flips
        return flip.cause.changes[0].where

    assert cause(PolicyBook.of(vip, rest)) == "policies.vip"
    assert cause(PolicyBook.of(vip, rest), PolicyBook.of(rest, vip)) == "policies"
    other = Policy("vip", vip.targets, when={"customer": "umbrella"})
    assert (
        cause(PolicyBook.of(vip, rest), PolicyBook.of(other, rest)) == "policies.vip.when.customer"
    )
    rule = ClockRule("resolution", ["opened"], ["resolved"], ["waiting for third party"])
    slow = PolicyBook.of(vip)
    assert cause(PolicyBook.of(vip, clocks={"resolution": rule}), slow) == "clocks.resolution"
    versions = [BookVersion("", None, [rest]), BookVersion("new", after(-1), [vip, rest])]
    assert cause(PolicyBook(versions)) == "versions.new"


def test_it_explains_a_request_under_both_books() -> None:
    """K8: one trace below the other, and what turned the verdict."""
    result = backtest(HISTORIES, book("4h"), book("2h"), at=LATER)
    text = result.explain("B")
    old, new = text.index("under the old book"), text.index("under the new book")
    assert old < text.index("sum: 3h of 4h") < new < text.index("sum: 3h of 2h")
    assert text.endswith("resolution: kept → broken by policy 'all': resolution 4h → 2h of always")
    assert result.explain("A").endswith("no verdict is another")
    with pytest.raises(InvalidValue, match="'Z' is no request of this backtest"):
        result.explain("Z")


def test_it_explains_a_request_in_the_language_asked_for() -> None:
    """K8: what the two situations say, and the headings; changes of books are told in English."""
    result = backtest(HISTORIES, book("4h"), book("2h"), at=LATER)
    old, new = result.situations("B")
    text = result.explain("B", "ru")
    for situation in (old, new):
        assert indent(situation.explain("ru"), "  ") in text
    assert text.startswith("по прежнему набору политик\n")
    assert text.endswith(
        "решение: соблюдено → нарушено, причина: policy 'all': resolution 4h → 2h of always"
    )
    assert result.explain("A", "ru").endswith("все оценки те же")


def test_flips_of_every_cause_are_shown_in_turn() -> None:
    """A frequent cause does not hide the others."""
    old = PolicyBook.of(Policy("all", {"resolution": {"p1": Target("4h"), "p2": Target("4h")}}))
    new = PolicyBook.of(Policy("all", {"resolution": {"p1": Target("2h"), "p2": Target("1h")}}))
    histories = {name: request(name, 3, priority="p1") for name in "ABC"}
    histories["Z"] = request("Z", 3, priority="p2")
    result = backtest(histories, old, new, at=LATER)
    assert [flip.request for flip in chosen(result.flips, 3)] == ["A", "Z", "B"]
    assert [each.to_broken for each in result.causes] == [3, 1]


# ------------------------------------------------------------------------------------------- laws

hours = st.integers(1, 12)
took = st.none() | st.integers(1, 14)
levels = st.sampled_from(["p1", "p2"])
many = st.lists(st.tuples(took, levels), max_size=12).map(
    lambda each: {
        f"R{number}": request(f"R{number}", hours, priority=level)
        for number, (hours, level) in enumerate(each)
    }
)


@st.composite
def small_books(draw: st.DrawFn) -> PolicyBook:
    one, other = (Target(f"{draw(hours)}h") for _ in range(2))
    rest = Policy("all", {"resolution": {"p1": one, "*": other}})
    if draw(st.booleans()):
        return PolicyBook.of(rest)
    vip = Policy("vip", {"resolution": Target(f"{draw(hours)}h")}, when={"priority": "p1"})
    return PolicyBook.of(vip, rest)


books = small_books()
instants = st.integers(0, 16).map(after)


def plainly(events: tuple[Event, ...], book: PolicyBook, at: datetime) -> str:
    """The verdict by subtraction: on a calendar that never closes, and without pauses."""
    level = events[0].facts["priority"]  # type: ignore[attr-defined]  # the first event is Opened
    policies = book.versions[0].policies
    policy = policies[0] if level == "p1" else policies[-1]
    target = policy.targets["resolution"]
    within = (target.get(level) or target["*"]).within
    due = NINE + timedelta(microseconds=within)  # type: ignore[arg-type]  # the tests know
    done = events[1].occurred_at if len(events) > 1 and events[1].occurred_at <= at else None
    if due >= at:
        return "not due yet"
    return "kept" if done is not None and done <= due else "broken"


@given(many, books, books, instants)
def test_verdicts_are_those_worked_out_by_subtraction(
    histories: dict[str, tuple[Event, ...]], old: PolicyBook, new: PolicyBook, at: datetime
) -> None:
    """M2: flips and rows agree with the sets of verdicts."""
    result = backtest(histories, old, new, at=at)
    plain = {
        name: (plainly(events, old, at), plainly(events, new, at))
        for name, events in histories.items()
    }
    assert verdicts(result) == [(name, *pair) for name, pair in plain.items() if pair[0] != pair[1]]
    for row in result.rows:
        own = Counter(
            pair
            for name, pair in plain.items()
            if histories[name][0].facts["priority"] == row.priority  # type: ignore[attr-defined]  # the first event is Opened
        )
        assert row.requests == own.total()
        assert row.to_kept == own["broken", "kept"]
        assert row.to_broken == own["kept", "broken"]
        assert row.before.hits == sum(own[pair] for pair in own if pair[0] == "kept")
        assert row.after.hits == sum(own[pair] for pair in own if pair[1] == "kept")
        assert row.only_after == sum(own["not due yet", said] for said in ("kept", "broken"))
    assert sum(row.requests for row in result.totals) == len(histories)


@given(many, books, books, instants)
def test_each_row_is_the_attainment_of_its_book(
    histories: dict[str, tuple[Event, ...]], old: PolicyBook, new: PolicyBook, at: datetime
) -> None:
    """M2: the shares are those of `attainment`, as nobody's priority moves."""
    result = backtest(histories, old, new, at=at)
    for book, side in ((old, "before"), (new, "after")):
        rows = attainment(replay(history, book, at=at) for history in histories.values())
        expected = {row.priority: (row.kept.hits, row.kept.n) for row in rows}
        shares = {row.priority: getattr(row, side) for row in result.rows}
        assert {name: (share.hits, share.n) for name, share in shares.items()} == expected


@given(many, books, instants)
def test_the_same_book_flips_nothing(
    histories: dict[str, tuple[Event, ...]], book: PolicyBook, at: datetime
) -> None:
    """P1: no difference without a change."""
    result = backtest(histories, book, book, at=at)
    assert (result.changes, result.flips, result.moved, result.causes) == ((), (), (), ())
    assert all(row.difference.value in (0, None) for row in result.rows)


@given(many, books, books, instants)
def test_the_other_way_round_is_the_mirror(
    histories: dict[str, tuple[Event, ...]], old: PolicyBook, new: PolicyBook, at: datetime
) -> None:
    """Before and after change places, and differences their sign."""
    there, back = backtest(histories, old, new, at=at), backtest(histories, new, old, at=at)
    assert [(name, two, one) for name, one, two in verdicts(there)] == verdicts(back)
    for row, mirrored in zip(there.rows, back.rows, strict=True):
        assert (row.to_kept, row.only_after) == (mirrored.to_broken, mirrored.only_before)
        if row.difference.value is not None:
            assert row.difference.value == -(mirrored.difference.value or 0)


@given(many, books, books, instants)
def test_every_flip_has_a_cause(
    histories: dict[str, tuple[Event, ...]], old: PolicyBook, new: PolicyBook, at: datetime
) -> None:
    """What does it alone is named alone; counts by cause add up."""
    result = backtest(histories, old, new, at=at)
    for flip in result.flips:
        assert flip.cause.changes
        assert set(flip.cause.changes) <= set(result.changes)
    counted = sum(each.to_kept + each.to_broken + each.other for each in result.causes)
    assert counted == len(result.flips)


def test_progress_is_told() -> None:
    """For long logs."""
    told: list[int] = []
    histories = {f"R{number}": request(f"R{number}", 1) for number in range(2_001)}
    backtest(histories, book(), book(), at=LATER, progress=told.append)
    assert told == [1_000, 2_000]
