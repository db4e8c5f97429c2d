"""Ticks: whenever and however often they come, the same things happen at the same instants (E2)."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from servicecore import PolicyBook, replay
from servicecore.lifecycle.events import (
    Event,
    StepRecorded,
)
from servicecore.lifecycle.tick import tick
from tests.lifecycle.strategies import MINUTES, books, histories, minute, quarters

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


@given(books(causes=True, absent=True), histories(), ticks)
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


@given(books(causes=True, absent=True), histories(), ticks)
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
