"""Folding a history: laws over random histories and books, in any order of statuses (R1)."""

from __future__ import annotations

import pickle
from copy import deepcopy
from functools import reduce
from typing import Any

import attrs
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from servicecore import PolicyBook, replay
from servicecore.errors import InvalidValue, OutOfOrder
from servicecore.instants import to_instant
from servicecore.lifecycle.events import (
    Actor,
    Event,
    Opened,
    Prioritised,
    Replied,
    Reported,
    Resolved,
    Side,
    StatusChanged,
    in_order,
)
from servicecore.lifecycle.evolve import evolve
from servicecore.lifecycle.promises import PromiseState
from servicecore.lifecycle.replay import situation
from servicecore.lifecycle.situation import Situation
from servicecore.lifecycle.state import RequestState
from servicecore.sla import Reading, State, Target
from servicecore.sla.policy import Policy
from tests.lifecycle.strategies_fold import (
    GIVEN_UP,
    KINDS,
    NINE,
    PLAIN,
    POLICIES,
    PRIORITIES,
    URGENT,
    at,
    books,
    histories,
    instants,
)
from tests.oracle.strategies import at_most

CUSTOMER = Actor("ann", Side.CUSTOMER)


def folded(history: list[Event], book: PolicyBook) -> list[RequestState]:
    """The states behind each event."""
    states: list[RequestState] = []
    for event in history:
        states.append(evolve(states[-1] if states else None, event, book))
    return states


def everything(seen: Situation) -> dict[str, object]:
    """Whatever a situation can be asked without an argument."""
    names = [name for name in dir(type(seen)) if not name.startswith("_") and name != "state"]
    asked = {name: getattr(seen, name) for name in names}
    return {name: value for name, value in asked.items() if not callable(value)} | {
        "explained": seen.explain()
    }


def shown(seen: Situation) -> dict[str, tuple[Reading, ...]]:
    return dict(seen.readings)


# -- one by one, and all at once -------------------------------------------------------------------


@given(histories(split=True), books(), st.data())
@at_most(100)
def test_event_by_event_is_the_replay(
    history: list[Event], book: PolicyBook, data: st.DataObject
) -> None:
    """R1: at every instant, the state behind the events so far gives what a replay gives."""
    states = folded(history, book)
    for now in data.draw(st.lists(instants(history), min_size=1, max_size=4)):
        known = [event for event in history if event.occurred_at <= now]
        one_by_one = situation(states[len(known) - 1], book, at=now)
        replayed = replay(history, book, at=now)
        assert one_by_one == replayed
        assert shown(one_by_one) == shown(replayed)
        assert one_by_one.promises == replayed.promises
        assert replay(history, book, at=now) == replayed


@given(histories(), books(), st.data())
@at_most(60)
def test_evolving_leaves_the_state_before_as_it_is(
    history: list[Event], book: PolicyBook, data: st.DataObject
) -> None:
    """R1: a state is a value: neither what comes later nor another branch changes it."""
    states = folded(history, book)
    before = deepcopy(states)
    readings = [situation(each, book, at=each.instant).readings for each in states]
    position = data.draw(st.integers(0, len(states) - 1))
    for event in data.draw(histories(max_size=5))[1:]:
        late = attrs.evolve(event, occurred_at=states[position].instant, sequence=10**6)
        situation(evolve(states[position], late, book), book, at=at(300)).explain()
    folded(history, book)
    assert states == before
    assert [situation(each, book, at=each.instant).readings for each in states] == readings


@given(histories(), books(), st.data())
@at_most(60)
def test_reading_a_situation_changes_nothing(
    history: list[Event], book: PolicyBook, data: st.DataObject
) -> None:
    """K1: who looks, and how often, makes no difference."""
    now, later = sorted(data.draw(instants(history)) for _ in range(2))
    state = folded([event for event in history if event.occurred_at <= now], book)[-1]
    before = deepcopy(state)
    seen = situation(state, book, at=now)
    unread = deepcopy(seen.state)
    first = everything(seen)
    assert everything(seen) == first
    assert seen.state == unread
    assert state == before
    assert situation(state, book, at=later) == situation(before, book, at=later)
    assert everything(situation(state, book, at=now)) == first


@given(histories(), books(), st.data())
@at_most(60)
def test_what_comes_later_changes_nothing_before(
    history: list[Event], book: PolicyBook, data: st.DataObject
) -> None:
    """K1, T3: an event more never changes a situation at an instant before it."""
    now = data.draw(instants(history))
    more = [event for event in data.draw(histories(max_size=6))[1:] if event.occurred_at > now]
    assert replay([*history, *more], book, at=now) == replay(history, book, at=now)


@given(histories(), books(), st.data())
@at_most(60)
def test_backdated_events_make_it_fold_anew(
    history: list[Event], book: PolicyBook, data: st.DataObject
) -> None:
    """R1, T3: an older event is refused; in whatever order they were written down, the replay is
    one and the same.
    """
    assume(len(history) > 2)
    late = data.draw(st.integers(1, len(history) - 2))
    others = [event for number, event in enumerate(history) if number != late]
    state = folded(others, book)[-1]
    before = deepcopy(state)
    with pytest.raises(OutOfOrder, match="expected the whole history to be folded anew"):
        evolve(state, history[late], book)
    assert state == before
    written = data.draw(st.permutations(history))
    anew = folded(list(in_order(written)), book)[-1]
    now = history[-1].occurred_at
    assert situation(anew, book, at=now) == replay(history, book, at=now)
    assert replay(written, book, at=now) == replay(history, book, at=now)


@given(histories(), books(), st.data())
@at_most(40)
def test_states_and_situations_are_copied_and_pickled(
    history: list[Event], book: PolicyBook, data: st.DataObject
) -> None:
    """A host may keep them: what comes back is the same, and goes on in the same way."""
    middle = data.draw(st.integers(1, len(history)))
    state = folded(history[:middle], book)[-1]
    for twin in (deepcopy(state), pickle.loads(pickle.dumps(state))):  # noqa: S301  # our own
        assert twin == state
        on = reduce(lambda before, event: evolve(before, event, book), history[middle:], twin)
        now = history[-1].occurred_at
        assert situation(on, book, at=now) == replay(history, book, at=now)
    seen = replay(history, book, at=at(100))
    readings = shown(seen)
    for other in (deepcopy(seen), pickle.loads(pickle.dumps(seen))):  # noqa: S301  # our own
        assert other == seen
        assert shown(other) == readings


# -- what may never happen -------------------------------------------------------------------------


@given(histories(), books(), st.data())
@at_most(100)
def test_a_pause_never_brings_a_deadline_forward(
    history: list[Event], book: PolicyBook, data: st.DataObject
) -> None:
    """K2, R3: waiting for the customer from some instant on makes nothing due earlier."""
    paused_at, now = sorted((history[-1].occurred_at, data.draw(instants(history))))
    waiting = StatusChanged(
        request="R1", occurred_at=paused_at, status="waiting for customer", sequence=10**6
    )
    assume(history[-1].occurred_at <= paused_at)
    without = replay(history, book, at=now)
    paused = replay([*history, waiting], book, at=now)
    minding = {
        name
        for name, rule in book.owed.items()
        if "waiting for customer" in rule.pauses or not (rule.pauses or rule.only_while)
    }
    for clock in minding & set(without.readings):
        for one, other in zip(without.readings[clock], paused.readings[clock], strict=True):
            if one.if_resumed is not None and other.if_resumed is not None:
                assert other.if_resumed >= one.if_resumed
            assert one.late or not other.late


PRESSING = (*PLAIN, *GIVEN_UP, POLICIES[0], *URGENT)


@given(histories(kinds=PRESSING), books(ordered=True), st.data())
@at_most(100)
def test_a_higher_priority_is_never_due_later(
    history: list[Event], book: PolicyBook, data: st.DataObject
) -> None:
    """K3, P1: where no target of the book is shorter than that of a more pressing priority."""
    now = data.draw(instants(history))
    high, low = (
        replay([_prioritised(event, level) for event in history], book, at=now)
        for level in (PRIORITIES[0], None)
    )
    for clock, cycles in low.readings.items():
        for more, less in zip(high.readings[clock], cycles, strict=True):
            assert less.started == more.started
            assert more.late or not less.late
            if less.if_resumed is not None and more.if_resumed is not None:
                assert more.if_resumed <= less.if_resumed


def _prioritised(event: Event, level: str | None) -> Event:
    """The same event with the most pressing priority; without a level, with a priority at least."""
    if isinstance(event, Opened):
        priority = level or event.facts.get("priority") or PRIORITIES[1]
        return attrs.evolve(event, facts={**event.facts, "priority": priority})
    if isinstance(event, Prioritised) and level:
        return attrs.evolve(event, priority=level)
    return event


NOT_REOPENED = tuple(kind for kind in KINDS if kind is not PLAIN[4])


@given(histories(), st.sampled_from(GIVEN_UP), books(), st.data())
@at_most(100)
def test_what_was_given_up_is_late_no_more(
    history: list[Event], ending: st.SearchStrategy[Event], book: PolicyBook, data: st.DataObject
) -> None:
    """K6, R4: a clock late before stays so and is cancelled; whatever comes, none is late after,
    and no promise is broken.
    """
    end = history[-1].occurred_at
    over = attrs.evolve(data.draw(ending), occurred_at=end, sequence=10**6)
    more = [
        attrs.evolve(event, occurred_at=end + (event.occurred_at - NINE), sequence=10**7 + number)
        for number, event in enumerate(data.draw(histories(kinds=NOT_REOPENED, max_size=5))[1:])
    ]
    before = replay(history, book, at=end)
    after = replay([*history, over, *more], book, at=at(1000))
    for clock, cycles in after.readings.items():
        for reading in cycles:
            assert reading.state in {State.CANCELLED, State.MET, State.MISSED, State.PENDING}
            assert reading.breached is None or reading.breached < to_instant(end)
        if not more:
            for one, other in zip(before.readings[clock], cycles, strict=True):
                assert other.breached == one.breached
                assert one.ended is not None or other.state in {State.CANCELLED, State.PENDING}
    for promise in after.promises:
        if promise.made < to_instant(end) and promise.due >= to_instant(end):
            assert promise.state(to_instant(at(1000))) is not PromiseState.BROKEN


@given(histories(), books(), st.data())
@at_most(40)
def test_the_channel_makes_no_difference(
    history: list[Event], book: PolicyBook, data: st.DataObject
) -> None:
    """Whichever way it comes in, the same is owed."""
    now = data.draw(instants(history))

    def via(event: Event, channel: str) -> Event:
        if isinstance(event, Opened):
            return attrs.evolve(event, facts={**event.facts, "channel": channel})
        return attrs.evolve(event, channel=channel) if isinstance(event, Replied) else event

    phone, email = (
        replay([via(event, channel) for event in history], book, at=now)
        for channel in ("phone", "email")
    )
    assert shown(phone) == shown(email)
    assert (phone.status, phone.policy, phone.contact) == (
        email.status,
        email.policy,
        email.contact,
    )


# -- refusals --------------------------------------------------------------------------------------

BOOK = PolicyBook.of(Policy("standard", {"resolution": Target("4h")}))
OPENED = Opened(request="R1", occurred_at=NINE)


def test_events_of_one_instant_go_by_their_sequence() -> None:
    """T3: the same instant and a lower sequence is older; the same one is not."""
    opened = evolve(None, attrs.evolve(OPENED, sequence=2), BOOK)
    for sequence in (2, 3):
        evolve(opened, Resolved(request="R1", occurred_at=NINE, sequence=sequence), BOOK)
    with pytest.raises(OutOfOrder, match="Resolved of"):
        evolve(opened, Resolved(request="R1", occurred_at=NINE, sequence=1), BOOK)


def test_a_history_begins_with_its_opening() -> None:
    """R1: before it there is no request."""
    with pytest.raises(InvalidValue, match="begins with Resolved: expected Opened"):
        evolve(None, Resolved(request="R1", occurred_at=NINE), BOOK)
    with pytest.raises(InvalidValue, match="'R2' in the history of 'R1'"):
        evolve(evolve(None, OPENED, BOOK), Resolved(request="R2", occurred_at=NINE), BOOK)


def test_a_state_tells_nothing_of_what_lies_before_it() -> None:
    """R1: a situation of the past needs the history."""
    state = evolve(evolve(None, OPENED, BOOK), Resolved(request="R1", occurred_at=at(4)), BOOK)
    with pytest.raises(InvalidValue, match="expected at to be no earlier"):
        situation(state, BOOK, at=at(3))


def test_a_group_is_the_request_s_whichever_event_tells_it() -> None:
    """R4: what is known at the opening owns it just as an assignment does."""
    opened = Opened(request="R1", occurred_at=NINE, facts={"group": "network", "person": "bo"})
    seen = replay([opened], BOOK, at=at(1))
    assert (seen.ownership.group, seen.ownership.person) == ("network", "bo")
    assert (seen.ownership.ungrouped, seen.ownership.unassigned) == (None, None)


# -- what one event more costs ---------------------------------------------------------------------


def _calls_of_one_more(size: int) -> int:
    """How many functions run for one event more behind a history of that size."""
    import sys

    book = PolicyBook.of(
        Policy(
            "standard",
            {
                name: Target("4h")
                for name in ("next response", "update", "resolution", "checkpoint")
            },
        )
    )
    state = evolve(None, OPENED, book)
    for number in range(1, size):
        state = evolve(state, _nth(number), book)
    calls = 0

    def count(*_: Any) -> None:
        nonlocal calls
        calls += 1

    more = [_nth(number) for number in range(size, size + len(ROUND))]
    sys.setprofile(count)
    try:
        for event in more:
            state = evolve(state, event, book)
    finally:
        sys.setprofile(None)
    assert len(state.history) == size + len(ROUND)
    return calls


def _nth(number: int) -> Event:
    when = to_instant(at(number / 15))
    kind = ROUND[number % len(ROUND)]
    if kind is Reported:
        return Reported(request="R1", occurred_at=when, done="so", next_due_at=when + 10**15)
    if kind is StatusChanged:
        name = "waiting for customer" if number % 2 else "in progress"
        return StatusChanged(request="R1", occurred_at=when, status=name)
    actor = CUSTOMER if kind is CUSTOMER else Actor("desk")
    return Replied(request="R1", occurred_at=when, actor=actor)


ROUND = (StatusChanged, CUSTOMER, Reported, StatusChanged, Actor, StatusChanged, Reported)
"""Seven events, so that each kind comes with a status that waits and with one that does not."""


@pytest.mark.parametrize("size", [10, 1000, 20_000])
def test_one_more_event_costs_the_same_however_long_the_history_is(size: int) -> None:
    """R1: in calls, which do not depend on the machine, within a tenth of the shortest."""
    short, long = _calls_of_one_more(4), _calls_of_one_more(size)
    assert long <= short * 1.1 + 20
