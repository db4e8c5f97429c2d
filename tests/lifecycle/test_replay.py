"""From a history to a situation: the default clocks, policies and priorities over time."""

import pickle
from collections.abc import Sequence
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecore import PolicyBook, replay
from servicecore.errors import InvalidValue
from servicecore.lifecycle.audit import audited
from servicecore.lifecycle.events import (
    Actor,
    Assigned,
    Cancelled,
    Closed,
    Event,
    FactsChanged,
    Opened,
    PolicyApplied,
    Prioritised,
    Reopened,
    Replied,
    Resolved,
    Side,
    StatusChanged,
    in_order,
)
from servicecore.lifecycle.situation import Situation
from servicecore.logs.report import report_of
from servicecore.sla import State, Target
from servicecore.sla.book import BookVersion
from servicecore.sla.policy import Policy
from servicecore.sla.rules import ClockRule

NINE = datetime(2026, 3, 6, 9, tzinfo=UTC)
US, CUSTOMER = Actor("desk"), Actor("ann", Side.CUSTOMER)
DAY = timedelta(hours=24)

TARGETS = {
    "first response": Target("1h"),
    "next response": Target("2h"),
    "update": Target("3h"),
    "resolution": {"high": Target("4h"), "*": Target("8h")},
}
BOOK = PolicyBook.of(Policy("standard", TARGETS))


def after(hours: float) -> datetime:
    return NINE + timedelta(hours=hours)


def opened(**facts: str) -> Opened:
    return Opened(request="R1", occurred_at=NINE, facts=facts)


def replied(
    hours: float, actor: Actor = US, *, public: bool = True, automatic: bool = False
) -> Replied:
    return Replied(
        request="R1", occurred_at=after(hours), actor=actor, public=public, automatic=automatic
    )


def status(hours: float, name: str, reason: str = "") -> StatusChanged:
    return StatusChanged(request="R1", occurred_at=after(hours), status=name, reason=reason)


def resolved(hours: float) -> Resolved:
    return Resolved(request="R1", occurred_at=after(hours))


def reopened(hours: float) -> Reopened:
    return Reopened(request="R1", occurred_at=after(hours))


def states(situation: Situation, clock: str) -> list[State]:
    return [reading.state for reading in situation.readings[clock]]


def elapsed(situation: Situation, clock: str) -> float:
    reading = situation.reading(clock)
    assert reading is not None
    return reading.elapsed / timedelta(hours=1)


def at(history: Sequence[Event], hours: float, book: PolicyBook = BOOK) -> Situation:
    return replay(history, book, at=after(hours))


def test_our_public_answer_is_the_first_response() -> None:
    """K5: an internal note and an automatic message answer nothing."""
    history = [
        opened(),
        replied(0.1, automatic=True),
        replied(0.2, public=False),
        replied(0.3, CUSTOMER),
        replied(0.5),
    ]
    assert states(at(history, 0.4), "first response") == [State.RUNNING]
    assert states(at(history, 1), "first response") == [State.MET]
    assert elapsed(at(history, 1), "first response") == 0.5


def test_the_next_response_runs_from_the_oldest_unanswered_message() -> None:
    """K5, R3: messages before the first response belong to it; each later wait is a cycle."""
    history = [
        opened(),
        replied(0.2, CUSTOMER),
        replied(0.5),
        replied(1, CUSTOMER),
        replied(2, CUSTOMER),
        replied(2.5, public=False),
        replied(4),
        replied(5, CUSTOMER),
    ]
    situation = at(history, 6)
    assert states(at(history, 0.9), "next response") == [State.PENDING]
    assert states(situation, "next response") == [State.MISSED, State.RUNNING]
    assert situation.readings["next response"][0].started_at == after(1)
    assert situation.readings["next response"][1].due_at == after(7)


def test_a_message_on_a_resolved_request_wants_an_answer() -> None:
    """R3: the next response starts on a resolved request too, and resolving stops it."""
    history = [opened(), resolved(1), replied(2, CUSTOMER)]
    assert states(at(history, 3), "next response") == [State.RUNNING]


def test_an_update_is_owed_again_after_each_one() -> None:
    """K5: every customer-visible update closes a cycle and opens the next."""
    history = [opened(), replied(1), replied(5), resolved(6)]
    assert states(at(history, 7), "update") == [State.MET, State.MISSED, State.MET]


@pytest.mark.parametrize("waiting", ["waiting for customer", "scheduled"])
def test_resolution_pauses_while_it_is_not_for_us_to_act(waiting: str) -> None:
    """R3: never while waiting for a third party; response clocks never pause."""
    history = [
        opened(),
        status(1, waiting, "asked for a log"),
        status(3, "in progress"),
        resolved(5),
    ]
    paused = at(history, 2).reading("resolution")
    assert paused is not None
    assert paused.state is State.PAUSED
    assert f"{waiting}: asked for a log" in paused.explain()
    assert elapsed(at(history, 6), "resolution") == 3
    assert elapsed(at(history, 2), "first response") == 2
    third_party = [opened(), status(1, "waiting for third party"), resolved(5)]
    assert elapsed(at(third_party, 6), "resolution") == 5


def test_waiting_goes_on_when_one_pause_follows_another() -> None:
    """K1: the second pause changes nothing."""
    history = [
        opened(),
        status(1, "waiting for customer"),
        status(2, "scheduled"),
        status(3, "new"),
    ]
    assert elapsed(at(history, 4), "resolution") == 2


def test_reopening_resumes_with_the_closed_time_as_a_pause() -> None:
    """K4: the default; closing after a resolution changes nothing."""
    closed = Closed(request="R1", occurred_at=after(2))
    situation = at([opened(), resolved(1), closed, reopened(10), resolved(12)], 13)
    assert elapsed(situation, "resolution") == 3
    assert situation.reopenings == 1
    assert states(situation, "resolution") == [State.MET]
    assert states(situation, "first response") == [State.MET]


@pytest.mark.parametrize(
    ("reopening", "expected"),
    [("pause", [3.0]), ("counted", [12.0]), ("cycle", [1.0, 2.0]), ("stopped", [1.0])],
)
def test_the_clock_rule_says_what_reopening_does(reopening: str, expected: list[float]) -> None:
    """K4: a pause, counted, a new cycle, or nothing."""
    rule = ClockRule("resolution", ["opened"], ["resolved"], reopening=reopening)  # type: ignore[arg-type]  # any text, drawn
    book = PolicyBook.of(Policy("standard", TARGETS), clocks={"resolution": rule})
    situation = at([opened(), resolved(1), reopened(10), resolved(12)], 13, book)
    hours = [reading.elapsed / timedelta(hours=1) for reading in situation.readings["resolution"]]
    assert hours == expected


def test_reopened_into_waiting_is_paused_at_once() -> None:
    """K4, R3: the status decides, whatever brought it."""
    waiting = Reopened(request="R1", occurred_at=after(3), status="waiting for customer")
    assert states(at([opened(), resolved(1), waiting], 4), "resolution") == [State.PAUSED]


def test_a_clock_can_stop_at_closed_instead_of_resolved() -> None:
    """Clock rules are data."""
    rule = ClockRule("resolution", ["opened"], ["closed"])
    book = PolicyBook.of(Policy("standard", TARGETS), clocks={"resolution": rule})
    closed = Closed(request="R1", occurred_at=after(6))
    assert elapsed(at([opened(), resolved(1), closed], 7, book), "resolution") == 6


def test_cancelling_stops_every_clock_without_a_verdict() -> None:
    """K6, R4: what was late before keeps its breach; nothing breaches afterwards."""
    situation = at([opened(), Cancelled(request="R1", occurred_at=after(2))], 100)
    assert {reading.state for (reading,) in situation.readings.values()} == {
        State.CANCELLED,
        State.PENDING,
    }
    late = {clock: cycles[-1].late for clock, cycles in situation.readings.items()}
    assert late == {
        "first response": True,
        "next response": False,
        "update": False,
        "resolution": False,
    }


def test_a_merged_request_stops_every_clock_without_a_verdict() -> None:
    """K6: what it is merged into keeps its own clocks."""
    situation = at([opened(), replied(0.5), status(1, "merged")], 100)
    assert states(situation, "resolution") == [State.CANCELLED]
    assert states(situation, "first response") == [State.MET]


def test_a_change_of_priority_keeps_what_has_elapsed() -> None:
    """K3: the new target holds from the start; the reading tells of the change."""
    history = [
        opened(),
        Prioritised(request="R1", occurred_at=NINE, priority="low"),
        Prioritised(request="R1", occurred_at=after(1), priority="high"),
    ]
    before, behind = at(history, 0.5).reading("resolution"), at(history, 2).reading("resolution")
    assert before is not None
    assert behind is not None
    assert (before.due_at, behind.due_at) == (after(8), after(4))
    assert (
        "target until Fri 6 Mar 2026 10:00: 8h of always (priority high, standard)"
        in behind.explain()
    )
    assert not before.retargets, "a priority given at the opening changes no target"


def test_impact_and_urgency_give_the_priority() -> None:
    """P1: the book's matrix fills in a priority that nobody gave."""
    situation = at([opened(impact="high", urgency="medium")], 1)
    assert situation.request.priority == "high"


def test_the_first_policy_that_matches_governs_and_is_matched_anew() -> None:
    """P1, P2: facts that change can change the policy; a policy that was applied stays."""
    book = PolicyBook.of(
        Policy("gold", {"resolution": Target("1h")}, when={"customer": "acme"}),
        Policy("standard", TARGETS),
    )
    moved = FactsChanged(request="R1", occurred_at=after(0.5), facts={"customer": "acme"})
    assert at([opened(), moved], 0.4, book).policy == "standard"
    assert at([opened(), moved], 2, book).policy == "gold"
    pinned = PolicyApplied(request="R1", occurred_at=after(0.2), policy="standard", source="person")
    assert at([opened(), pinned, moved], 2, book).policy == "standard"


@pytest.mark.parametrize(
    "said",
    [
        {"policy": "silver"},
        {"policy": "standard", "version": "7"},
        {"policy": "gold", "version": "2"},
    ],
)
def test_a_policy_that_is_unknown_by_now_is_told_and_the_book_selects(said: dict[str, str]) -> None:
    """R1, P2: what was applied is a fact, and the history is not lost with the policy."""
    older = BookVersion("1", None, [Policy("gold", {}, when={"customer": "acme"}),
                                    Policy("standard", TARGETS)])  # fmt: skip
    book = PolicyBook([older, BookVersion("2", after(100), [Policy("later", {})])])
    history = [opened(), PolicyApplied(request="R1", occurred_at=after(0.2), **said)]
    situation = at(history, 2, book)
    assert (situation.policy, situation.version) == ("standard", "1")
    assert situation.unknown_policy == said["policy"]
    assert situation.reading("resolution") == at([opened()], 2, book).reading("resolution")
    told = situation.explain().splitlines()
    assert told[1] == f"  the policy {said['policy']}, applied by rule, is unknown"
    assert told[2] == "  gold does not match: customer is unknown, expected 'acme'"
    report = audited({"R1": history}, book)
    assert (report.failed, report["unknown policy"].events) == ({}, 1)
    known = PolicyApplied(request="R1", occurred_at=after(1), policy="gold")
    behind = at([*history, known], 2, book)
    assert (behind.policy, behind.unknown_policy) == ("gold", None)


def test_an_impact_that_the_matrix_does_not_know_gives_no_priority() -> None:
    """R1: it is a fact all the same, at the opening and later; an audit says so."""
    history: list[Event] = [
        opened(impact="huge", urgency="low", customer="acme"),
        FactsChanged(request="R1", occurred_at=after(1), facts={"urgency": "soon"}),
        FactsChanged(request="R1", occurred_at=after(2), facts={"location": "attic"}),
    ]
    situation = at(history, 3)
    assert situation.request.priority is None
    assert (situation.policy, situation.request.customer) == ("standard", "acme")
    assert "priority none" in situation.explain()
    report = audited({"R1": history}, BOOK)
    assert (report.failed, report["unknown impact or urgency"].events) == ({}, 1)
    better = FactsChanged(
        request="R1", occurred_at=after(2), facts={"impact": "high", "urgency": "medium"}
    )
    assert at([*history, better], 3).request.priority == "high"


def test_the_version_in_force_at_the_opening_governs() -> None:
    """P2: also after a reopening; before the first version the first, flagged."""
    later = Policy("later", {"resolution": Target("2h")})
    versions = [
        BookVersion("1", NINE - DAY, [Policy("standard", TARGETS)]),
        BookVersion("2", after(1), [later]),
    ]
    book = PolicyBook(versions)
    situation = at([opened(), resolved(0.5), reopened(2)], 3, book)
    assert (situation.policy, situation.version, situation.before_first) == ("standard", "1", False)
    only_later = PolicyBook([BookVersion("2", after(1), [later])])
    early = at([opened()], 3, only_later)
    assert (early.policy, early.before_first) == ("later", True)
    assert "opened before its first version" in early.explain()


def test_a_request_without_a_policy_says_so() -> None:
    """P1: a book may have no fallback; nothing is owed then."""
    book = PolicyBook.of(Policy("gold", TARGETS, when={"customer": "acme"}))
    situation = at([opened()], 1, book)
    assert (situation.policy, dict(situation.readings)) == (None, {})
    assert "no policy matches" in situation.explain()


def test_a_clock_whose_target_is_taken_away_is_cancelled() -> None:
    """K6: what is no longer owed gets no verdict."""
    book = PolicyBook.of(Policy("gold", {"resolution": {"high": Target("4h")}}))
    history = [
        opened(priority="high"),
        Prioritised(request="R1", occurred_at=after(1), priority="low"),
    ]
    assert states(at(history, 9, book), "resolution") == [State.CANCELLED]


def test_a_target_that_comes_back_was_never_away() -> None:
    """K3: a minute without a target is no way out of one."""
    book = PolicyBook.of(Policy("gold", {"resolution": {"high": Target("4h")}}))
    history = [
        opened(priority="high"),
        Prioritised(request="R1", occurred_at=after(1), priority="low"),
        Prioritised(request="R1", occurred_at=after(1.1), priority="high"),
    ]
    reading = at(history, 9, book).reading("resolution")
    assert reading is not None
    assert (reading.state, reading.breached_at) == (State.BREACHED, after(4))


def test_a_cancelled_request_that_is_reopened_begins_anew() -> None:
    """K6, K4: what was cancelled keeps no verdict; the work that begins again has one."""
    history = [opened(), Cancelled(request="R1", occurred_at=after(1)), reopened(5), resolved(6)]
    situation = at(history, 7)
    assert states(situation, "resolution") == [State.CANCELLED, State.MET]
    assert situation.readings["resolution"][1].started_at == after(5)


def test_a_breach_stays_under_a_longer_target_and_is_counted_from() -> None:
    """M2, K3: a retarget does not lift a breach; late is what has counted since it."""
    history = [
        opened(priority="high"),
        Prioritised(request="R1", occurred_at=after(5), priority="low"),
        resolved(6),
    ]
    reading = at(history, 7).reading("resolution")
    assert reading is not None
    assert (reading.state, reading.breached_at) == (State.MISSED, after(4))
    assert reading.late_by == timedelta(hours=2)
    assert reading.remaining == timedelta(hours=2)
    assert "was due Fri 6 Mar 2026 13:00, late by 2h" in reading.explain()


def test_the_owner_is_whoever_it_was_assigned_to_last() -> None:
    """R9: an assignment names group and person."""
    assigned = Assigned(request="R1", occurred_at=after(1), group="network", person="bo")
    request = at([opened(), assigned], 2).request
    assert (request.group, request.person) == ("network", "bo")


def test_events_are_taken_by_instant_and_then_by_sequence() -> None:
    """T3: an event may be written down late."""
    early = status(1, "waiting for customer")
    late = StatusChanged(
        request="R1", occurred_at=after(3), recorded_at=after(9), status="in progress", sequence=1
    )
    history = [late, early, opened()]
    assert in_order(history) == (history[2], early, late)
    assert elapsed(at(history, 4), "resolution") == 2
    assert late.recorded_at == after(9)
    assert early.recorded_at == early.occurred_at == after(1)


@pytest.mark.parametrize(
    ("history", "found"),
    [
        ([], "is empty"),
        ([resolved(1)], "begins with Resolved"),
        ([Opened(request="R1", occurred_at=after(9))], "is empty"),
    ],
)
def test_a_history_begins_with_its_opening(history: list[Event], found: str) -> None:
    """R1: replay refuses no fact, but there must be a request."""
    with pytest.raises(InvalidValue, match=found):
        at(history, 2)


@pytest.mark.parametrize("history", [["x"], opened(), None, [opened(), None]], ids=repr)
def test_a_history_is_made_of_events(history: Any) -> None:
    """What is no event is refused by name, not stumbled over."""
    with pytest.raises(InvalidValue, match="expected the events of a request"):
        at(history, 2)


def test_a_book_and_an_actor_are_what_they_should_be() -> None:
    """The likeliest slips of a caller without a type checker."""
    nothing: Any = None
    with pytest.raises(InvalidValue, match="expected a PolicyBook"):
        at([opened()], 2, nothing)
    name: Any = "ann"
    with pytest.raises(InvalidValue, match="actor is 'ann': expected an Actor"):
        at([opened(), replied(1, name)], 2)


def test_facts_are_a_table() -> None:
    """An event is refused where it is made."""
    nothing: Any = None
    with pytest.raises(InvalidValue, match="facts is None"):
        Opened(request="R1", occurred_at=NINE, facts=nothing)


def test_a_history_without_events_is_listed_and_stops_nobody() -> None:
    """A report goes on behind what cannot be replayed."""
    report = report_of({"R0": (), "R1": (opened(),)}, BOOK)
    assert report.requests == 2
    assert "is empty" in report.failed["R0"]
    assert {row.requests for row in report.attainment} == {1}


def test_a_history_is_of_one_request() -> None:
    """R1: events of another request are a mistake of the caller's."""
    with pytest.raises(InvalidValue, match="'R2' in the history of 'R1'"):
        at([opened(), Resolved(request="R2", occurred_at=after(1))], 2)


EVENTS = st.lists(
    st.tuples(
        st.integers(0, 40),
        st.sampled_from(
            [
                replied,
                lambda hours: replied(hours, CUSTOMER),
                lambda hours: status(hours, "waiting for customer"),
                lambda hours: status(hours, "in progress"),
                resolved,
                reopened,
                lambda hours: Closed(request="R1", occurred_at=after(hours)),
                lambda hours: Cancelled(request="R1", occurred_at=after(hours)),
                lambda hours: Prioritised(request="R1", occurred_at=after(hours), priority="high"),
                lambda hours: Prioritised(request="R1", occurred_at=after(hours), priority="low"),
            ]
        ),
    ),
    max_size=12,
).map(lambda steps: [opened(), *(make(hours / 4) for hours, make in steps)])


@given(EVENTS, st.integers(0, 60))
def test_what_comes_later_is_not_known_yet(history: list[Event], quarters: int) -> None:
    """K1: a situation depends on the events up to its instant alone."""
    instant = after(quarters / 4)
    known = [event for event in history if event.occurred_at <= instant]
    assert replay(history, BOOK, at=instant) == replay(known, BOOK, at=instant)


@given(EVENTS, st.integers(0, 60))
def test_the_trace_adds_up_to_what_has_elapsed(history: list[Event], quarters: int) -> None:
    """K8: the stretches join, and what counted of them is the sum."""
    for cycles in replay(history, BOOK, at=after(quarters / 4)).readings.values():
        for reading in cycles:
            counted = sum(stretch.counted for stretch in reading.trace)
            assert counted == reading.elapsed_microseconds
            for one, following in zip(reading.trace, reading.trace[1:], strict=False):
                assert one.end == following.start
            if reading.trace:
                assert reading.trace[0].start == reading.started
                assert reading.trace[-1].end == (reading.ended or reading.instant)


@given(EVENTS, st.integers(0, 60))
def test_late_is_what_is_over_the_target(history: list[Event], quarters: int) -> None:
    """K1: without another target, what has counted since the breach is the negative remainder."""
    for cycles in replay(history, BOOK, at=after(quarters / 4)).readings.values():
        for reading in cycles:
            if reading.late and not reading.retargets:
                assert reading.late_by_microseconds == -(reading.remaining_microseconds or 0)
            elif not reading.late:
                assert reading.late_by_microseconds == 0


@given(EVENTS, st.integers(0, 60))
def test_marks_of_a_replay_all_have_an_effect(history: list[Event], quarters: int) -> None:
    """K1: the rules tell a clock nothing that it knows already."""
    for cycles in replay(history, BOOK, at=after(quarters / 4)).readings.values():
        assert all(not reading.without_effect for reading in cycles)


@given(EVENTS, st.integers(0, 60))
def test_resolution_counts_what_a_walk_by_quarters_counts(
    history: list[Event], quarters: int
) -> None:
    """K1, K4, R3: the resolution clock against stepping through the history by hand."""
    running, paused, over, expected, status_now = True, False, False, 0.0, "new"
    events = list(in_order(history))[1:]
    for quarter in range(quarters + 1):
        for event in [event for event in events if event.occurred_at == after(quarter / 4)]:
            if isinstance(event, StatusChanged | Resolved | Reopened | Closed | Cancelled):
                status_now = event.status
            if isinstance(event, Cancelled) and running:
                running, over = False, True
            elif isinstance(event, Resolved | Closed) and running:
                running = False
            elif isinstance(event, Reopened) and not running:
                expected = 0.0 if over else expected  # what was cancelled begins anew
                running, over = True, False
            paused = status_now == "waiting for customer"
        if quarter < quarters and running and not paused:
            expected += 0.25
    assert elapsed(at(history, quarters / 4), "resolution") == expected


def test_readings_can_be_read_alone_and_a_situation_copied() -> None:
    """A situation is a value: nobody changes what its clocks show, and copies show the same."""
    situation = at([opened(), resolved(1)], 3)
    with pytest.raises(TypeError):
        situation.readings["resolution"] = ()  # type: ignore[index]  # wrong on purpose
    for again in (deepcopy(situation), pickle.loads(pickle.dumps(situation))):  # noqa: S301  # our own
        assert again.readings == situation.readings
