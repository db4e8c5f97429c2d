"""Steps of escalations in the fold: when they are due, against a walk minute by minute (E1-E4)."""

from __future__ import annotations

from typing import Any

import attrs
from hypothesis import given

from servicecore import PolicyBook, replay
from servicecore.catalogue import Catalogue, Customer
from servicecore.instants import HOUR, to_datetime, to_instant
from servicecore.lifecycle.events import (
    Actor,
    Assigned,
    Cancelled,
    EscalationAcknowledged,
    Event,
    FactsChanged,
    Opened,
    OverrideStarted,
    Prioritised,
    Reopened,
    Replied,
    Resolved,
    StatusChanged,
    SurveyAnswered,
    in_order,
)
from servicecore.lifecycle.evolve import evolve
from servicecore.lifecycle.replay import situation
from servicecore.lifecycle.tick import tick
from servicecore.sla import Policy, Target
from servicecore.sla.escalation import Escalation, Step
from servicecore.sla.rules import DEFAULT_CLOCKS
from tests.lifecycle.step_oracle import steps_due
from tests.lifecycle.strategies import ABSENT, FRIDAY, OFFICE, books, histories, minute, quarters


@given(books(), histories(), quarters)
def test_steps_are_due_when_a_walk_by_minutes_finds_them(
    book: PolicyBook, history: list[Event], quarter: int
) -> None:
    """E1, E2, E3, E4: ids and instants of every step, of every trigger."""
    seen = replay(history, book, at=minute(15 * quarter))
    found = sorted((step.due, step.id) for step in seen.steps_due)
    expected = sorted((due, name) for name, due in steps_due(history, book, 15 * quarter))
    assert found == expected


@given(books(causes=True, told=ABSENT), histories(), quarters)
def test_event_by_event_is_as_all_at_once(
    book: PolicyBook, history: list[Event], quarter: int
) -> None:
    """R1: `evolve` lets steps fall due on the way, and leaves the state before it as it is."""
    at = minute(15 * quarter)
    history = list(in_order([*history, *tick(history, book, at=at)]))
    state = evolve(None, history[0], book)
    seen = []
    for event in history[1:]:
        seen.append((state, state.steps, event.occurred))
        state = evolve(state, event, book)
    late = max(at, history[-1].occurred)
    one, other = situation(state, book, at=late), replay(history, book, at=late)
    assert (one.steps_due, one.steps, one.unfounded) == (
        other.steps_due, other.steps, other.unfounded
    )  # fmt: skip
    assert one.transitions_due == other.transitions_due
    assert all(before.steps is steps for before, steps, _ in seen)


@given(books(), histories(), quarters, quarters)
def test_what_comes_later_changes_no_step_before_it(
    book: PolicyBook, history: list[Event], quarter: int, other: int
) -> None:
    """E1: a step depends on the events up to its instant."""
    early, late = sorted((minute(15 * quarter), minute(15 * other)))
    then, now = replay(history, book, at=early), replay(history, book, at=late)
    kept = [(step.id, step.due) for step in now.steps_due if step.due <= early]
    assert kept == [(step.id, step.due) for step in then.steps_due]


# -- examples ------------------------------------------------------------------------------------


def hours(number: float) -> int:
    return int(to_instant(FRIDAY) + number * HOUR)


def opened(**facts: str) -> Opened:
    return Opened(request="R1", occurred_at=hours(0), facts=facts)


def changed(at: float, status: str) -> StatusChanged:
    return StatusChanged(request="R1", occurred_at=hours(at), status=status)


def acknowledged(at: float, ladder: str = "hurry", clock: str = "resolution") -> Event:
    return EscalationAcknowledged(
        request="R1", occurred_at=hours(at), clock=clock, cycle=0, ladder=ladder
    )


def book_of(*steps: Step, target: str | Target = "4h", **parts: Any) -> PolicyBook:
    """A book with one ladder, and a target of wall time unless another is given."""
    owed = target if isinstance(target, Target) else Target(target)
    high = {"high": Target("1h"), "*": owed}
    return PolicyBook.of(
        Policy("all", {"resolution": high}, overrides={"siege": {"resolution": Target("1h")}}),
        escalations=[Escalation("hurry", steps)],
        **parts,
    )


def due(history: list[Event], book: PolicyBook, at: float = 100) -> list[tuple[str, float]]:
    found = replay(history, book, at=hours(at)).steps_due
    return [(step.step, (step.due - hours(0)) / HOUR) for step in found]


HALF = Step("half", share="50%", tell="person")
LATE = Step("late", after="0m", tell="person")


def test_a_step_due_when_the_clock_stops_is_not_taken() -> None:
    """E1: the events of an instant count first; a microsecond later it is too late for them."""
    stop = Resolved(request="R1", occurred_at=hours(2))
    assert due([opened(), stop], book_of(HALF)) == []
    assert due([opened(), Resolved(request="R1", occurred_at=hours(2) + 1)], book_of(HALF)) == [
        ("half", 2)
    ]


def test_an_overdue_step_is_due_at_once_when_the_clock_runs() -> None:
    """E1: at a retarget and at a resume; a pause adds nothing."""
    raised = Prioritised(request="R1", occurred_at=hours(1.5), priority="high")
    assert due([opened(), raised], book_of(HALF, LATE)) == [("half", 1.5), ("late", 1.5)]
    waiting = changed(1, "waiting for customer")
    after = [opened(), waiting, raised, changed(9, "in progress")]
    assert due(after, book_of(HALF)) == [("half", 9)]
    assert due(after[:-1], book_of(HALF)) == []


def test_a_share_of_working_days_is_one_of_the_time_until_they_are_over() -> None:
    """E1: of the calendar's time between start and due; a pause moves it."""
    book = book_of(HALF, Step("all", share=1, tell="person"), target=Target("2bd", OFFICE))
    # Friday 14:00 to Tuesday 14:00: three hours, then thirteen of Monday and Tuesday.
    assert due([opened()], book) == [("half", 3 + 64 + 5), ("all", 96)]
    pause = [changed(1, "waiting for customer"), changed(2, "in progress")]
    assert due([opened(), *pause], book) == [("half", 3 + 64 + 6), ("all", 97)]


def test_the_share_of_an_override_counts_where_it_is_reached_first() -> None:
    """Q3: an override makes no step later, and its due instant governs those around it."""
    siege = OverrideStarted(request="R1", occurred_at=hours(1), override="siege", reason="fire")
    book = book_of(HALF, Step("before", before="15m", tell="person"), LATE)
    assert due([opened(), siege], book) == [("half", 1.5), ("before", 1.75), ("late", 2)]
    late = attrs.evolve(siege, occurred_at=hours(1.75))
    assert due([opened(), late], book)[0] == ("half", 2)


def test_before_and_after_count_on_the_calendar_or_on_the_wall() -> None:
    """E1: an hour before ten on Monday is nine, or on the wall nine as well; two are not."""
    target = Target("4h", OFFICE)  # due on Monday at 10:00
    steps = [
        Step("early", before="2h", tell="person"),
        Step("wall", before="2h", time="wall", tell="person"),
        Step("late", after="8h", tell="person"),
        Step("late on the wall", after="8h", time="wall", tell="person"),
    ]
    assert due([opened()], book_of(*steps, target=target)) == [
        ("early", 2), ("wall", 66), ("late on the wall", 76), ("late", 92),
    ]  # fmt: skip


def test_quiet_hours_put_a_step_off_until_they_are_over_if_it_holds_still() -> None:
    """E3: due on Friday at 18:00 and taken on Monday at 9:00, unless it was resolved by then."""
    book = book_of(Step("late", after="0m", tell="group", hours=OFFICE))
    assert due([opened()], book) == [("late", 67)]
    assert due([opened(), Resolved(request="R1", occurred_at=hours(60))], book) == []


def test_repeats_follow_each_other_up_to_their_limit() -> None:
    """E3: each is due at the previous due plus `every`; of those missed only the last speaks."""
    book = book_of(Step("late", after="0m", tell="group", every="2h", limit=3))
    found = replay([opened()], book, at=hours(9)).steps_due
    assert [(step.round, (step.due - hours(0)) / HOUR, step.speaks) for step in found] == [
        (0, 4, False), (1, 6, False), (2, 8, True),
    ]  # fmt: skip
    assert len(due([opened()], book)) == 3
    paused = [opened(), changed(5, "waiting for customer"), changed(9.5, "in progress")]
    assert [at for _, at in due(paused, book)] == [4, 9.5, 11.5]


def test_of_steps_due_together_the_last_speaks() -> None:
    """E3: in the order of the ladder; another ladder speaks for itself."""
    both = [HALF, Step("two hours before", before="2h", tell="group")]
    book = book_of(*both)
    assert [step.speaks for step in replay([opened()], book, at=hours(3)).steps_due] == [
        False, True,
    ]  # fmt: skip
    ladders = [Escalation("hurry", both[:1]), Escalation("other", both[1:])]
    apart = attrs.evolve(book, escalations=ladders)
    assert all(step.speaks for step in replay([opened()], apart, at=hours(3)).steps_due)


def test_an_acknowledgement_before_due_stops_what_comes_before_due() -> None:
    """E4: the breach is told all the same; a retarget does not lift it."""
    book = book_of(HALF, LATE)
    assert due([opened(), acknowledged(1)], book) == [("late", 4)]
    raised = Prioritised(request="R1", occurred_at=hours(1.5), priority="high")
    assert due([opened(), acknowledged(0.5), raised], book) == [("late", 1.5)]


def test_an_acknowledgement_after_due_stops_all_of_the_cycle() -> None:
    """E4: an earlier one is outdone; a new cycle is not acknowledged."""
    book = book_of(LATE, Step("later", after="3h", tell="group"))
    assert due([opened(), acknowledged(5)], book) == [("late", 4)]
    assert due([opened(), acknowledged(4)], book) == [("late", 4), ("later", 7)]
    cancelled = Cancelled(request="R1", occurred_at=hours(6))
    again = Reopened(request="R1", occurred_at=hours(10))
    cycles = due([opened(), acknowledged(5), cancelled, again], book)
    assert cycles == [("late", 4), ("late", 14), ("later", 17)]


def test_an_acknowledgement_of_a_cycle_that_is_over_lifts_none() -> None:
    """E4: the running one is taken care of still."""
    book = book_of(LATE, Step("later", after="3h", tell="group"))
    over = [Cancelled(request="R1", occurred_at=hours(6)),
            Reopened(request="R1", occurred_at=hours(10))]  # fmt: skip
    running = attrs.evolve(acknowledged(15), cycle=1)
    found = due([opened(), *over, running, acknowledged(16)], book)
    assert found == [("late", 4), ("late", 14)]


def test_reopening_takes_no_step_twice() -> None:
    """E2: the cycle is the same one, unless the rule of the clock begins another."""
    again = [
        opened(),
        Resolved(request="R1", occurred_at=hours(3)),
        Reopened(request="R1", occurred_at=hours(9)),
    ]
    assert due(again, book_of(HALF, LATE)) == [("half", 2), ("late", 10)]
    rule = attrs.evolve(DEFAULT_CLOCKS["resolution"], reopening="cycle")
    found = due(again, book_of(HALF, clocks={"resolution": rule}))
    assert found == [("half", 2), ("half", 11)]


def conditions(*steps: Step, **parts: Any) -> PolicyBook:
    return PolicyBook.of(escalations=[Escalation("care", steps)], **parts)


def test_each_silence_is_a_cycle_of_its_own() -> None:
    """E2: the cycle counts edges from false to true; an update ends one."""
    book = conditions(
        Step("quiet", silence="4h", tell="person"), Step("dark", silence="6h", tell="group")
    )
    told = Replied(request="R1", occurred_at=hours(5), actor=Actor("desk"))
    found = replay([opened(), told], book, at=hours(12)).steps_due
    assert [step.id for step in found] == [
        "R1//0/care/quiet/0", "R1//1/care/quiet/0", "R1//1/care/dark/0",
    ]  # fmt: skip
    acknowledgement = EscalationAcknowledged(
        request="R1", occurred_at=hours(10), clock="", cycle=1, ladder="care"
    )
    found = replay([opened(), told, acknowledgement], book, at=hours(12)).steps_due
    assert [step.id for step in found] == ["R1//0/care/quiet/0", "R1//1/care/quiet/0"]


def test_silence_counts_on_the_calendar_of_the_customer() -> None:
    """R5: where it is known, else in all time."""
    book = conditions(
        Step("quiet", silence="4h", tell="person"),
        calendars={"office": OFFICE},
        catalogue=Catalogue(customers=[Customer("acme", calendar="office"), Customer("hooli")]),
    )
    assert due([opened(customer="acme")], book) == [("quiet", 68)]
    assert due([opened(customer="hooli")], book) == [("quiet", 4)]


def test_bounces_reopenings_ownership_and_gaps() -> None:
    """E1: conditions of the request; what is resolved bounces no longer."""
    book = conditions(
        Step("bounced", bounces=1, tell="custodian"),
        Step("again", reopened=1, tell="custodian"),
        Step("nobody's", unassigned="2h", tell="group"),
    )
    given_to = [
        Assigned(request="R1", occurred_at=hours(at), group=group, person="bob")
        for at, group in ((1, "a"), (2, "b"), (3, "a"))
    ]
    assert due([opened(), *given_to], book) == [("bounced", 3)]
    assert due([opened()], book) == [("nobody's", 2)]
    over = [Resolved(request="R1", occurred_at=hours(1)),
            Reopened(request="R1", occurred_at=hours(8))]  # fmt: skip
    assert due([opened(), *over], book) == [("again", 8), ("nobody's", 8)]
    low = SurveyAnswered(
        request="R1", occurred_at=hours(9), survey="q", expectation=4, perception=3
    )
    gap = conditions(Step("gap", gap=-1, tell="custodian"))
    assert due([opened(), over[0], low], gap) == [("gap", 9)]
    assert due([opened(), over[0], attrs.evolve(low, perception=3.5)], gap) == []


def test_a_ladder_is_for_those_whose_facts_it_asks_for() -> None:
    """E1: as soon as they are so, what is overdue is due."""
    ladder = Escalation("hurry", [HALF], when={"customer": "acme"})
    book = attrs.evolve(book_of(HALF), escalations=[ladder])
    assert due([opened(customer="hooli")], book) == []
    told = FactsChanged(request="R1", occurred_at=hours(3), facts={"customer": "acme"})
    assert due([opened(), told], book) == [("half", 3)]


def test_a_step_made_groundless_by_a_backdated_event_stays_as_unfounded() -> None:
    """E4: and is not recorded a second time when it is due after all."""
    book = book_of(HALF)
    (record,) = tick([opened()], book, at=hours(2.5))
    waiting = changed(1, "waiting for customer")
    found = replay([opened(), record, waiting], book, at=hours(5))
    assert (found.steps, found.unfounded) == ((), (record,))
    history = [opened(), record, waiting, changed(6, "in progress")]
    assert tick(history, book, at=hours(9)) == ()
    found = replay(history, book, at=hours(9))
    assert [(taken.step.due_at, taken.told) for taken in found.steps] == [
        (to_datetime(hours(7)), ())
    ]
    assert found.unfounded == ()
