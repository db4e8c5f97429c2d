"""Ticks: whenever and however often they come, the same things happen at the same instants (E2)."""

from __future__ import annotations

from collections import Counter
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

import servicecore.lifecycle.tick
from servicecore import PolicyBook, replay
from servicecore.catalogue import Catalogue, Service
from servicecore.errors import InvalidValue
from servicecore.instants import HOUR, to_datetime, to_instant
from servicecore.lifecycle.events import (
    Actor,
    Assigned,
    Closed,
    EscalationAcknowledged,
    Event,
    Opened,
    Prioritised,
    Replied,
    Resolved,
    Side,
    StatusChanged,
    StepRecorded,
)
from servicecore.lifecycle.replay import situation
from servicecore.lifecycle.tick import tick
from servicecore.sla import Policy, Target
from servicecore.sla.escalation import Escalation, Step
from tests.lifecycle.strategies import (
    ABSENT,
    DESERTED,
    FRIDAY,
    MINUTES,
    NIGHTS,
    books,
    histories,
    minute,
    quarters,
)

END = minute(MINUTES)

ticks = st.lists(quarters, max_size=5).map(lambda each: [minute(15 * quarter) for quarter in each])


def ticked(history: list[Event], book: PolicyBook, instants: list[int]) -> list[Event]:
    """The history with what each tick writes, one after the other."""
    events = list(history)
    for at in instants:
        events += tick(events, book, at=at)
    return events


def lived(history: list[Event], book: PolicyBook, instants: list[int]) -> list[Event]:
    """The history as it grows: each tick sees what has happened by then, and nothing of later."""
    events: list[Event] = []
    coming = list(history)
    for at in sorted(instants):
        events += [event for event in coming if event.occurred <= at]
        coming = [event for event in coming if event.occurred > at]
        events += tick(events, book, at=at)
    return [*events, *coming]


def awake(history: list[Event], book: PolicyBook) -> list[Event]:
    """The history with a tick whenever one is called for: at events, and when something is next."""
    events: list[Event] = []
    coming, at = list(history), minute(0)
    while at <= END:
        events += [event for event in coming if event.occurred <= at]
        coming = [event for event in coming if event.occurred > at]
        events += tick(events, book, at=at)
        following = replay(events, book, at=at).next
        wakes = [event.occurred for event in coming[:1]]
        wakes += [] if following is None else [following.instant]
        at = min(wakes, default=END + 1)
    return [*events, *tick(events, book, at=END)]


def recorded(events: list[Event]) -> list[StepRecorded]:
    return [event for event in events if isinstance(event, StepRecorded)]


@given(books(causes=True, told=ABSENT), histories(), ticks)
def test_a_tick_leaves_nothing_to_do(
    book: PolicyBook, history: list[Event], instants: list[int]
) -> None:
    """E2: a second tick writes nothing, and nothing that is due is left."""
    events = ticked(history, book, sorted(instants) or [END])
    at = max(instants, default=END)
    assert tick(events, book, at=at) == ()
    situation = replay(events, book, at=at)
    assert situation.steps_due == ()
    assert situation.transitions_due == ()


@given(books(causes=True, told=ABSENT), histories(), ticks)
def test_a_step_is_recorded_once_whenever_ticks_come(
    book: PolicyBook, history: list[Event], instants: list[int]
) -> None:
    """E2: in any order, also into the past; and every id is there once."""
    events = ticked(history, book, [*instants, END])
    assert max(Counter(event.step for event in recorded(events)).values(), default=1) == 1
    assert max(Counter(event.id for event in events if event.id).values(), default=1) == 1


@given(books(), histories(), ticks)
def test_an_outage_changes_neither_steps_nor_verdicts(
    book: PolicyBook, history: list[Event], instants: list[int]
) -> None:
    """E2: late ticks give the steps of timely ones, with the same ids and due instants."""
    timely = awake(history, book)
    late = lived(history, book, [*instants, END])
    assert what_came_of(timely) == what_came_of(late)
    assert digest_of_clocks(timely, book) == digest_of_clocks(late, book)


@given(books(causes=True), histories(), ticks)
def test_an_outage_does_not_change_what_steps_cause(
    book: PolicyBook, history: list[Event], instants: list[int]
) -> None:
    """E2: what a step causes happens when it was due."""
    timely = awake(history, book)
    late = lived(history, book, [*instants, END])
    assert what_came_of(timely) == what_came_of(late)
    assert digest_of_clocks(timely, book) == digest_of_clocks(late, book)


@given(books(causes=True, told=DESERTED), histories(), ticks)
def test_an_outage_changes_nothing_where_nobody_is_on_duty(
    book: PolicyBook, history: list[Event], instants: list[int]
) -> None:
    """E5: what passes on does so at the same instant, whenever somebody looks."""
    timely = awake(history, book)
    late = lived(history, book, [*instants, END])
    assert what_came_of(timely) == what_came_of(late)
    assert digest_of_clocks(timely, book) == digest_of_clocks(late, book)


def what_came_of(events: list[Event]) -> list[tuple[int, str]]:
    """Steps and their instants, and all else that ticks have written."""
    return sorted(
        (event.due if isinstance(event, StepRecorded) else event.occurred, event.id)
        for event in events
        if event.id
    )


def digest_of_clocks(events: list[Event], book: PolicyBook) -> object:
    readings = replay(events, book, at=END).readings
    return [
        (name, each.state, each.due, each.breached, each.elapsed_microseconds)
        for name, cycles in readings.items()
        for each in cycles
    ]


# -- examples ------------------------------------------------------------------------------------


def hours(number: float) -> int:
    return int(to_instant(FRIDAY) + number * HOUR)


LATE = Step("late", after="0m", tell="person")
OPENED = Opened(request="R1", occurred_at=hours(0), facts={"service": "mail"})


def book_of(*steps: Step, **parts: Any) -> PolicyBook:
    targets = {"resolution": {"high": Target("1h"), "*": Target("4h")}}
    return PolicyBook.of(
        Policy("all", targets),
        escalations=[Escalation("hurry", steps)],
        catalogue=Catalogue([Service("mail", custodian="post office", business_owner="Eve")]),
        **parts,
    )


def told(history: list[Event], book: PolicyBook, at: float) -> list[tuple[str, tuple[str, ...]]]:
    return [
        (event.outcome, event.told) for event in recorded(list(tick(history, book, at=hours(at))))
    ]


def test_who_is_told_is_seen_when_the_step_is_recorded() -> None:
    """E5: the group and the person of then, those of the service, whoever is on call."""
    everybody = ["group", "person", "custodian", "business owner", "rota: nights", "role: manager",
                 "group: network", "person"]  # fmt: skip
    book = book_of(Step("half", share="50%", tell=everybody), rotas={"nights": NIGHTS})
    assigned = Assigned(request="R1", occurred_at=hours(3), group="desk", person="bob")
    assert told([OPENED, assigned], book, 3.5) == [
        ("told", (
            "group: desk", "person: bob", "custodian: post office", "business owner: Eve",
            "person: cara", "role: manager", "group: network",
        ))
    ]  # fmt: skip
    assert told([OPENED], book, 2) == [  # nobody is on call by day
        ("told", (
            "custodian: post office", "business owner: Eve", "role: manager", "group: network",
        ))
    ]  # fmt: skip


def test_a_step_that_finds_nobody_passes_on_at_once() -> None:
    """E5: the next step is due at the same instant, and after the last the custodian is told."""
    steps = [
        Step("call", share="50%", tell="rota: nights"),
        Step("person", share="75%", tell="person"),
        Step("late", after="0m", tell="group", every="1h", limit=2),
    ]
    book = book_of(*steps, rotas={"nights": NIGHTS})
    (first, *others) = tick([OPENED], book, at=hours(2))
    assert (first.step, first.outcome) == ("R1/resolution/0/hurry/call/0", "nobody on duty")
    assert [(each.step[-8:], each.due, each.outcome) for each in others] == [
        ("person/0", hours(2), "nobody on duty"), ("y/late/0", hours(2), "custodian told"),
    ]  # fmt: skip
    assert others[-1].told == ("custodian: post office",)
    again = tick([OPENED, first, *others], book, at=hours(10))
    assert [(each.step[-6:], each.due) for each in again] == [("late/1", hours(4))]


def test_without_a_custodian_nobody_is_told_and_that_is_on_record() -> None:
    """E5: it is not silently lost."""
    book = attrs.evolve(book_of(LATE), catalogue=Catalogue())
    assert told([OPENED], book, 5) == [("nobody on duty", ())]


def test_of_rounds_missed_only_the_last_tells() -> None:
    """E3: the others are recorded as silent."""
    book = book_of(Step("late", after="0m", tell="role: manager", every="1h", limit=3))
    manager = ("told", ("role: manager",))
    assert told([OPENED], book, 100) == [("silent", ()), ("silent", ()), manager]
    assert told([OPENED], book, 4) == [manager]


def test_what_a_step_causes_happens_when_it_was_due() -> None:
    """E2: so a shorter target counts from then, and brings the next step at once."""
    steps = [Step("half", share="50%", tell="group", priority="high", assign="second"), LATE]
    events = tick([OPENED], book_of(*steps), at=hours(50))
    assert [(type(event).__name__, event.occurred, event.cause) for event in events] == [
        ("StepRecorded", hours(50), ""),
        ("Assigned", hours(2), events[0].id),
        ("Prioritised", hours(2), events[0].id),
        ("StepRecorded", hours(50), ""),
    ]
    assert events[3].due == hours(2)
    reading = replay([OPENED, *events], book_of(*steps), at=hours(50)).reading("resolution")
    assert reading.breached == hours(1)


def test_only_the_first_round_causes_something_and_only_if_it_is_not_so() -> None:
    """E2: what the group has, it keeps, and the person with it."""
    step = Step("half", share="50%", tell="group", assign="first", every="1h", limit=3)
    owned = Assigned(request="R1", occurred_at=hours(1), group="first", person="bob")
    events = tick([OPENED, owned], book_of(step), at=hours(9))
    assert [type(event) for event in events] == [StepRecorded] * 3
    later = tick([OPENED], book_of(step), at=hours(9))
    assert [type(event) for event in later].count(Assigned) == 1


def test_escalations_that_cause_each_other_without_end_are_refused() -> None:
    """E2: each begins a new cycle for the other, at the same instant."""
    there = Escalation("there", [Step("s", unassigned="1h", assign="second")],
                       when={"group": {"none": "second"}})  # fmt: skip
    back = Escalation("back", [Step("s", unassigned="1h", assign="first")],
                      when={"group": "second"})  # fmt: skip
    book = attrs.evolve(book_of(LATE), escalations=[there, back])
    with pytest.raises(InvalidValue, match=r"more than 100 things are due at .* do not cause each"):
        tick([OPENED], book, at=hours(1))


@pytest.mark.parametrize(
    ("present", "wanted", "given"),
    [
        ("low", "high", ["high"]),
        (None, "high", ["high"]),
        ("P1", "low", ["low"]),
        ("high", "low", []),
        ("critical", "high", []),
        ("high", "high", []),
        ("high", "P1", []),
    ],
)
def test_a_step_raises_the_priority_and_never_lowers_it(
    present: str | None, wanted: str, given: list[str]
) -> None:
    """E2: in the order of the book; one that the book does not know is replaced."""
    known = [] if present is None else [
        Prioritised(request="R1", occurred_at=hours(0), sequence=1, priority=present)
    ]  # fmt: skip
    step = Step("soon", share="10%", tell="role: manager", priority=wanted)
    events = tick([OPENED, *known], book_of(step), at=hours(3))
    assert [each.priority for each in events if isinstance(each, Prioritised)] == given


def test_a_step_that_passes_on_late_does_so_at_its_own_instant() -> None:
    """E5: what was due of the next step by its own threshold then follows as its next rounds."""
    steps = [
        Step("call", share="50%", tell="rota: nobody's"),
        Step("late", after="0m", tell="role: manager", every="3h", limit=3),
    ]
    taken = tick([OPENED], book_of(*steps), at=hours(30))
    found = [(each.step.split("/", 4)[4], each.due, each.outcome) for each in recorded(list(taken))]
    assert found == [
        ("call/0", hours(2), "nobody on duty"), ("late/0", hours(2), "silent"),
        ("late/1", hours(4), "silent"), ("late/2", hours(7), "told"),
    ]  # fmt: skip
    timely = [OPENED]
    for number in range(30):
        timely += tick(timely, book_of(*steps), at=hours(number))
    assert [each.due for each in recorded(timely)] == [due for _, due, _ in found]


def test_an_outage_of_months_costs_no_more_than_what_it_missed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """E3: two thousand rounds are recorded with a single fold, and none is too many."""
    folds: list[int] = []
    monkeypatch.setattr(
        servicecore.lifecycle.tick,
        "situation",
        lambda *given, **named: folds.append(1) or situation(*given, **named),
    )
    book = book_of(Step("late", after="0m", tell="role: manager", every="1h", limit=2000))
    events = tick([OPENED], book, at=hours(2100))
    assert [event.outcome for event in recorded(list(events))] == [*["silent"] * 1999, "told"]
    assert len(folds) == 2


RESOLVED = Resolved(request="R1", occurred_at=hours(1))


def test_a_resolved_request_closes_by_itself() -> None:
    """R7: at its due instant, however late the tick is."""
    (closed,) = tick([OPENED, RESOLVED], PolicyBook.of(), at=hours(500))
    assert isinstance(closed, Closed)
    assert (closed.occurred, closed.recorded_at) == (hours(121), to_datetime(hours(500)))
    assert tick([OPENED, RESOLVED], PolicyBook.of(), at=hours(120)) == ()


def test_a_request_with_an_unanswered_message_does_not_close() -> None:
    """R7: once it is answered, what is overdue is due at once."""
    asked = Replied(request="R1", occurred_at=hours(9), actor=Actor("ann", Side.CUSTOMER))
    answered = Replied(request="R1", occurred_at=hours(300), actor=Actor("desk"))
    assert tick([OPENED, RESOLVED, asked], PolicyBook.of(), at=hours(500)) == ()
    (closed,) = tick([OPENED, RESOLVED, asked, answered], PolicyBook.of(), at=hours(500))
    assert closed.occurred == hours(300)


def test_a_scheduled_request_is_taken_up_at_its_date() -> None:
    """R7: also where somebody else did so later, so that the clock has run since."""
    scheduled = StatusChanged(
        request="R1", occurred_at=hours(1), status="scheduled", until=hours(3)
    )
    taken_up = StatusChanged(request="R1", occurred_at=hours(9), status="in progress")
    book = book_of(LATE)
    events = tick([OPENED, scheduled, taken_up], book, at=hours(20))
    assert [(type(event), event.occurred) for event in events] == [
        (StatusChanged, hours(3)), (StepRecorded, hours(20)),
    ]  # fmt: skip
    assert events[1].due == hours(6)


def test_a_tick_takes_no_step_that_somebody_takes_care_of() -> None:
    """E4: what was due before they did is recorded all the same."""
    acknowledged = EscalationAcknowledged(
        request="R1", occurred_at=hours(5), clock="resolution", cycle=0, ladder="hurry"
    )
    book = book_of(
        Step("late", after="0m", tell="role: manager"),
        Step("later", after="2h", tell="role: manager"),
    )
    events = tick([OPENED, acknowledged], book, at=hours(20))
    assert [event.step for event in recorded(list(events))] == ["R1/resolution/0/hurry/late/0"]


@pytest.mark.parametrize("history", [None, 7, [], [7]])
def test_what_is_no_history_is_refused(history: Any) -> None:
    with pytest.raises(InvalidValue, match="history"):
        tick(history, PolicyBook.of(), at=hours(1))
