"""What comes next: until then nothing changes, and then something does (R6)."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from servicecore import PolicyBook, replay
from servicecore.instants import HOUR
from servicecore.lifecycle.events import (
    Event,
)
from servicecore.lifecycle.situation import Situation
from tests.lifecycle.strategies import ABSENT, books, histories, minute, quarters


def digest(situation: Situation) -> object:
    """Everything of a situation that counts as its state (R6); no elapsed, no remaining time."""
    state, now = situation.state, situation.instant
    cycles = [clock.shown.open_cycle for clock in state.clocks.values() if clock.shown]
    return (
        situation.status,
        [
            (name, reading.state, reading.due)
            for name, each in situation.readings.items()
            for reading in each
        ],
        [(promise.id, promise.state(now), promise.due) for promise in situation.promises],
        sorted(state.overrides),
        [(step.id, step.due) for step in situation.steps_due],
        [(each.transition, each.due) for each in situation.transitions_due],
        [
            cycle.not_before is None or cycle.not_before <= now
            for cycle in cycles
            if cycle and not cycle.paused
        ],
    )


@given(books(), histories(), quarters, st.integers(-1, 1), st.floats(0, 1, exclude_max=True))
def test_nothing_changes_until_the_next_thing_and_then_it_does(
    book: PolicyBook, history: list[Event], quarter: int, jitter: int, part: float
) -> None:
    """R6: replayed at any instant before `next`, with no new event, everything is the same."""
    at = max(minute(15 * quarter) + jitter, minute(0))
    known = [event for event in history if event.occurred <= at]
    situation = replay(known, book, at=at)
    following = situation.next
    if following is None:
        later = replay(known, book, at=at + int(part * 90 * 24 * HOUR))
        assert digest(later) == digest(situation)
        return
    assert following.instant > at
    between = at + int((following.instant - at) * part)
    for instant in (between, following.instant - 1):
        assert digest(replay(known, book, at=instant)) == digest(situation)
    assert digest(replay(known, book, at=following.instant)) != digest(situation)


@given(books(causes=True, told=ABSENT), histories(), quarters)
def test_what_is_due_is_not_coming(book: PolicyBook, history: list[Event], quarter: int) -> None:
    """R6: steps already due are in `steps_due`; `upcoming` is sorted and lies ahead."""
    situation = replay(history, book, at=minute(15 * quarter))
    upcoming = situation.upcoming
    assert list(upcoming) == sorted(upcoming, key=lambda each: each.instant)
    assert all(each.instant > situation.instant for each in upcoming)
    due = {step.id for step in situation.steps_due}
    assert due.isdisjoint(each.name for each in upcoming if each.kind == "step")
    assert situation.next == (upcoming[0] if upcoming else None)
