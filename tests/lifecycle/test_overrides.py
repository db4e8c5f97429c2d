"""Overrides of a request: while a business stands still, the earlier due governs (Q3)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecore import PolicyBook, replay
from servicecore.instants import HOUR
from servicecore.lifecycle.events import (
    Actor,
    Event,
    FactsChanged,
    Opened,
    OverrideEnded,
    OverrideStarted,
    Prioritised,
    Reopened,
    Replied,
    Resolved,
    StatusChanged,
)
from servicecore.lifecycle.situation import Situation
from servicecore.sla import Reading, State, Target
from servicecore.sla.policy import Policy
from tests.lifecycle.strategies_fold import (
    GIVEN_UP,
    NINE,
    OFFICE,
    OWN_CLOCKS,
    PLAIN,
    POLICIES,
    URGENT,
    at,
    books,
    histories,
    instants,
)
from tests.oracle.strategies import at_most

TARGETS = {
    "resolution": {"critical": Target("4h", OFFICE), "*": Target("6h", OFFICE)},
    "update": Target("2h", OFFICE),
}
STOPPED = {"resolution": {"critical": Target("1h"), "*": Target("2h")}}
BOARD = {"resolution": Target("90m"), "update": Target("30m")}
BOOK = PolicyBook.of(
    Policy("standard", TARGETS, overrides={"business stopped": STOPPED, "board": BOARD})
)


def event(kind: type[Event], quarter: float, /, **fields: Any) -> Event:
    return kind(request="R1", occurred_at=at(quarter), **fields)


def started(quarter: float, override: str = "business stopped", **fields: Any) -> Event:
    fields = {"reason": "no sale can be made", **fields}
    return event(OverrideStarted, quarter, override=override, **fields)


def ended(quarter: float, override: str = "business stopped", **fields: Any) -> Event:
    return event(OverrideEnded, quarter, override=override, **fields)


def seen(*events: Event, now: float, book: PolicyBook = BOOK, **facts: Any) -> Situation:
    opened = Opened(request="R1", occurred_at=NINE, facts=facts)
    return replay([opened, *events], book, at=at(now))


def resolution(*events: Event, now: float, **facts: Any) -> Reading:
    return seen(*events, now=now, **facts).readings["resolution"][-1]


# -- laws ------------------------------------------------------------------------------------------


def without_overrides(history: Sequence[Event]) -> list[Event]:
    return [each for each in history if not isinstance(each, OverrideStarted | OverrideEnded)]


overridden = histories(kinds=(*PLAIN, *GIVEN_UP, *POLICIES, *URGENT, *URGENT), max_size=18)


@given(overridden, books(), st.data())
@at_most(150)
def test_an_override_only_ever_tightens(
    history: list[Event], book: PolicyBook, data: st.DataObject
) -> None:
    """Q3: with its overrides everything is due at the same instant or earlier, nothing of what
    has run is different, and what would have been late is.
    """
    now = data.draw(instants(history))
    tight, base = (
        replay(each, book, at=now).readings for each in (history, without_overrides(history))
    )
    assert set(tight) == set(base)
    for clock, cycles in base.items():
        for one, other in zip(tight[clock], cycles, strict=True):
            assert (one.started, one.ended, one.elapsed) == (
                other.started,
                other.ended,
                other.elapsed,
            )
            assert one.late or not other.late
            if other.due is not None:
                assert one.due is not None
                assert one.due <= other.due


@given(overridden, books(), st.data())
@at_most(100)
def test_what_is_over_leaves_the_base_untouched(
    history: list[Event], book: PolicyBook, data: st.DataObject
) -> None:
    """Q3: at its end the base goes on as if it had not been; only a breach stays."""
    end = history[-1].occurred_at
    over = [
        OverrideEnded(request="R1", occurred_at=end, override=name, sequence=10**6 + number)
        for number, name in enumerate(("business stopped", "board"))
    ]
    now = max(end, data.draw(instants(history)))
    relieved, base = (
        replay(each, book, at=now).readings
        for each in ([*history, *over], without_overrides(history))
    )
    for clock, cycles in base.items():
        for one, other in zip(relieved[clock], cycles, strict=True):
            if other.ended is None:
                assert (one.due, one.remaining, one.if_resumed, one.governed_by) == (
                    other.due,
                    other.remaining,
                    other.if_resumed,
                    "",
                )
                assert one.late or one.state == other.state


def overlay_due(history: Sequence[Event], book: PolicyBook, now: datetime) -> int | None:
    """When the override named board has the resolution due: by a book where it is the base."""
    target = book.policies[0].override_target("board", "resolution", None)
    alone = PolicyBook.of(Policy("alone", {} if target is None else {"resolution": target}))
    reading = replay(history, alone, at=now).reading("resolution")
    return None if reading is None else reading.due


@given(histories(kinds=(*PLAIN[:3], *PLAIN[5:]), max_size=12), st.data())
@at_most(100)
def test_an_override_from_the_opening_is_a_base_of_its_own(
    history: list[Event], data: st.DataObject
) -> None:
    """Q3: its target counts like any other one, with the same pauses."""
    board = OverrideStarted(
        request="R1", occurred_at=NINE, override="board", reason="they ask", sequence=0
    )
    history = [each for each in history if isinstance(each, Opened) or each.occurred_at > NINE]
    now = data.draw(instants(history))
    book = PolicyBook.of(
        Policy("standard", {"resolution": Target("400h")}, overrides={"board": BOARD})
    )
    reading = replay([history[0], board, *history[1:]], book, at=now).reading("resolution")
    assert reading is not None
    assert reading.overrides[-1].due == overlay_due(history, book, now)


@given(
    st.lists(st.sampled_from(["critical", "low", "high"]), min_size=1, max_size=5),
    st.integers(0, 12),
    st.data(),
)
@at_most(100)
def test_priorities_under_an_override_leave_its_beginning_where_it_is(
    priorities: list[str], begins: int, data: st.DataObject
) -> None:
    """Q3, K3: with the target of another priority it counts from where it began, in its own runs:
    what is due in the end is what it would be had that priority been there all the time.
    """
    times = sorted(data.draw(st.lists(st.integers(begins, 20), min_size=5, max_size=5)))
    waiting = data.draw(st.integers(0, 20))
    pauses = [
        event(StatusChanged, waiting, status="scheduled"),
        event(StatusChanged, data.draw(st.integers(waiting, 22)), status="in progress"),
    ]
    changes = [
        event(Prioritised, quarter, priority=name)
        for quarter, name in zip(times, priorities, strict=False)
    ]
    one = resolution(started(begins), *pauses, *changes, now=30)
    other = resolution(started(begins), *pauses, now=30, priority=priorities[-1])
    assert one.overrides[-1].due == other.overrides[-1].due
    assert one.overrides[-1].started == other.overrides[-1].started
    assert one.overrides[-1].elapsed == other.overrides[-1].elapsed


@given(overridden, books(), st.data())
@at_most(150)
def test_clocks_tell_of_an_override_what_the_request_does(
    history: list[Event], book: PolicyBook, data: st.DataObject
) -> None:
    """Q3, K8: why, who, until when and since when; however often it was declared."""
    parties = st.none() | st.sampled_from(["ann", "bo"]).map(Actor)
    history = [
        attrs.evolve(each, reason=data.draw(st.sampled_from("xyz")), actor=data.draw(parties))
        if isinstance(each, OverrideStarted)
        else each
        for each in history
    ]
    situation = replay(history, book, at=data.draw(instants(history)))
    declared = situation.state.overrides
    for cycles in situation.readings.values():
        for overlay in [each for each in cycles[-1].overrides if each.ended is None]:
            if cycles[-1].ended is not None:
                continue
            known = declared[overlay.name]
            said = (known.reason, known.actor.party if known.actor else "", known.until)
            assert (overlay.reason, overlay.who, overlay.until) == said
            if not situation.reopenings:
                assert overlay.started == max(known.occurred, cycles[-1].started or 0)


# -- to the letter ---------------------------------------------------------------------------------


def test_the_earlier_due_governs() -> None:
    """Q3: it counts from the override's instant, around the clock, whatever was used before."""
    reading = resolution(started(8), now=9)
    assert (reading.due_at, reading.governed_by) == (at(16), "business stopped")
    assert reading.overrides[0].reason == "no sale can be made"
    assert resolution(started(20), now=21).due_at == at(24)
    assert resolution(started(20), now=21).governed_by == ""


def test_a_later_start_of_the_clock_counts() -> None:
    """Q3: a cycle that begins under it has the whole target."""
    history = [started(0, "board"), event(Replied, 1)]
    assert seen(*history, now=2).readings["update"][1].due_at == at(3)


def test_it_pauses_with_its_clock() -> None:
    """Q3, R3: nothing is asked of us while the customer is."""
    waiting = [
        event(StatusChanged, 2, status="waiting for customer"),
        event(StatusChanged, 6, status="in progress"),
    ]
    assert resolution(started(0), *waiting, now=7).due_at == at(12)


def test_it_lasts_until_its_instant() -> None:
    """Q3: the base goes on untouched, and nobody has to end it."""
    until = started(4, until=at(8))
    assert resolution(until, now=7.9).due_at == at(12)
    assert resolution(until, now=8).due_at == at(24)
    assert seen(until, now=7.9).state.overrides
    assert not seen(until, now=8).state.overrides
    later = resolution(until, event(Replied, 9), now=10)
    assert later.overrides[0].ended_at == at(8)


def test_it_is_ended_by_hand() -> None:
    """Q3: before its instant, and for good."""
    history = [started(4, until=at(40)), ended(6)]
    reading = resolution(*history, now=7)
    assert (reading.due_at, reading.governed_by) == (at(24), "")
    assert resolution(*history, ended(7), now=8) == resolution(*history, now=8)


def test_a_breach_stays() -> None:
    """Q3, M2: an end that comes late lifts nothing."""
    reading = resolution(started(4), ended(13), now=14)
    assert (reading.state, reading.breached_at, reading.due_at) == (State.BREACHED, at(12), at(24))
    in_time = resolution(started(4), ended(12), now=14)
    assert in_time.state is State.RUNNING


def test_another_priority_counts_from_where_the_override_began() -> None:
    """Q3, K3: a critical one has an hour from then, and is late at once where that is over."""
    raised = event(Prioritised, 6, priority="critical")
    assert resolution(started(4), raised, now=7).due_at == at(8)
    late = event(Prioritised, 10, priority="critical")
    reading = resolution(started(4), late, now=10)
    assert (reading.state, reading.breached_at) == (State.BREACHED, at(8))
    back = event(Prioritised, 7, priority="low")
    assert resolution(started(4), raised, back, now=7).due_at == at(12)


def test_declared_once_more_it_goes_on() -> None:
    """Q3: another reason or another end gives no time back."""
    again = started(8, reason="still", until=at(30))
    reading = resolution(started(4, until=at(9)), again, now=11)
    assert (reading.due_at, len(reading.overrides)) == (at(12), 1)
    assert resolution(started(4, until=at(9)), again, now=30).governed_by == ""


def test_declared_anew_after_its_end_it_counts_anew() -> None:
    """Q3: that is another stretch of it."""
    reading = resolution(started(4), ended(6), started(10), now=11)
    assert [overlay.started_at for overlay in reading.overrides] == [at(4), at(10)]
    assert reading.due_at == at(18)


def test_two_at_once() -> None:
    """Q3: the earliest due governs; each ends by itself."""
    history = [started(4), started(5, "board")]
    assert resolution(*history, now=6).governed_by == "board"
    assert resolution(*history, ended(6, "board"), now=6).due_at == at(12)


def test_a_target_that_comes_late_is_under_it_from_its_beginning() -> None:
    """Q3: the override counts from its instant, not from when the priority was found out."""
    book = PolicyBook.of(
        Policy(
            "standard",
            {"resolution": {"low": Target("24h")}},
            overrides={"business stopped": {"resolution": Target("2h")}},
        )
    )
    history = [
        started(4),
        event(StatusChanged, 5, status="scheduled"),
        event(StatusChanged, 6, status="in progress"),
        event(Prioritised, 8, priority="low"),
    ]
    reading = seen(*history, now=9, book=book).readings["resolution"][0]
    assert (reading.due_at, reading.overrides[0].started_at) == (at(13), at(4))


def test_another_policy_has_targets_of_its_own_for_it() -> None:
    """Q3, P2: or none, and then it is on no longer."""
    gold = Policy("gold", {"resolution": Target("5h")}, when={"customer": "acme"})
    book = PolicyBook.of(gold, *BOOK.policies)
    moved = event(FactsChanged, 5, facts={"customer": "acme"})
    reading = seen(started(4), moved, now=6, book=book).readings["resolution"][0]
    assert (reading.due_at, reading.governed_by) == (at(20), "")


def test_a_reopened_request_is_under_it_still() -> None:
    """K4, Q3: with the time that was left; closed time is a pause of both."""
    history = [started(0), event(Resolved, 4), event(Reopened, 10)]
    assert resolution(*history, now=11).due_at == at(14)


def test_its_reason_names_who_declared_it() -> None:
    """Q3, K8: whoever reads the clock can ask, and knows until when."""
    (overlay,) = resolution(started(4, actor=Actor("bo"), until=at(9)), now=5).overrides
    assert (overlay.reason, overlay.who) == ("no sale can be made", "bo")
    assert overlay.until_at == at(9)


def test_its_end_says_who_ended_it_and_why() -> None:
    """Q3, K8: so it is with the end, by hand or by time."""
    by_hand = ended(6, reason="the till works again", actor=Actor("bo"))
    (overlay,) = resolution(started(4, until=at(9)), by_hand, now=7).overrides
    assert (overlay.ended_reason, overlay.ended_by) == ("the till works again", "bo")
    assert not overlay.ran_out
    (overlay,) = resolution(started(4, until=at(9)), now=10).overrides
    assert (overlay.ended_reason, overlay.ended_by, overlay.ended_at) == ("", "", at(9))
    assert overlay.ran_out


def test_one_that_sets_no_target_any_longer_says_so() -> None:
    """Q3, P2: then it is off because of what the request has become."""
    gold = Policy("gold", {"resolution": Target("5h")}, when={"customer": "acme"})
    book = PolicyBook.of(gold, *BOOK.policies)
    moved = event(FactsChanged, 5, facts={"customer": "acme"})
    reading = seen(started(4), moved, now=6, book=book).readings["resolution"][0]
    assert reading.overrides[0].ended_reason == "no target for priority none, gold"


def test_ended_and_declared_in_one_instant_it_counts_anew() -> None:
    """Q3: the heading and the clock tell the same beginning, and the end its reason."""
    over = ended(6, reason="sold again", sequence=1)
    situation = seen(started(4), over, started(6, sequence=2), now=7)
    assert situation.state.overrides["business stopped"].occurred_at == at(6)
    first, second = situation.readings["resolution"][0].overrides
    assert (first.ended_at, first.ended_reason) == (at(6), "sold again")
    assert (second.started_at, second.ended) == (at(6), None)


def test_declared_once_more_it_is_told_as_it_was_said_last() -> None:
    """Q3: the heading and the clock tell one reason, one party and one beginning."""
    again = started(8, reason="still", actor=Actor("cy"), until=at(30))
    situation = seen(started(4, actor=Actor("bo")), again, now=9)
    (overlay,) = situation.readings["resolution"][0].overrides
    assert (overlay.reason, overlay.who, overlay.until_at) == ("still", "cy", at(30))
    event_ = situation.state.overrides["business stopped"]
    assert (event_.reason, event_.occurred_at, overlay.started_at) == ("still", at(4), at(4))
    over = seen(started(4), started(8, until=at(5)), event(Replied, 9), now=10)
    assert over.reading("resolution").overrides[0].ended_at == at(8)  # type: ignore[union-attr]  # it is owed


def test_declared_once_more_while_stopped_it_goes_on_at_the_reopening() -> None:
    """K4, Q3: the time that was left stays, with the latest reason."""
    history = [started(0), event(Resolved, 4), started(6, reason="still"), event(Reopened, 10)]
    stopped = resolution(*history[:3], now=9)
    assert stopped.overrides[0].reason == "no sale can be made"
    reading = resolution(*history, now=11)
    assert (reading.due_at, len(reading.overrides)) == (at(14), 1)
    assert reading.overrides[0].reason == "still"


def test_an_override_that_no_policy_knows_changes_nothing() -> None:
    """R1: it is a fact of the request all the same."""
    unknown = started(4, "flood")
    assert resolution(unknown, now=5).due_at == at(24)
    assert list(seen(unknown, now=5).state.overrides) == ["flood"]


@pytest.mark.parametrize("until", [at(2), at(4)])
def test_an_override_that_is_over_when_it_starts(until: datetime) -> None:
    """R1: it is over at once, and has asked for nothing."""
    reading = resolution(started(4, until=until), event(Replied, 5), now=40)
    assert reading.breached_at == at(24)


def test_own_clocks_take_part() -> None:
    """Q3: also one that runs only while a group has the request."""
    policy = Policy(
        "standard",
        {"network": Target("8h")},
        overrides={"board": {"network": Target("1h")}},
    )
    book = PolicyBook.of(policy, clocks=OWN_CLOCKS)
    owned = event(FactsChanged, 4, facts={"group": "network"})
    reading = seen(started(0, "board"), owned, now=5, book=book).readings["network"][0]
    assert (reading.due_at, reading.remaining_microseconds) == (at(8), 3 * HOUR // 4)
