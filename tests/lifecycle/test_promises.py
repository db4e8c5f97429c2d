"""Promises, checkpoints and their renegotiation (Q1, Q2): against a ledger kept by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecore import PolicyBook, replay
from servicecore.instants import to_instant
from servicecore.lifecycle.events import (
    Cancelled,
    Closed,
    Event,
    MergedInto,
    Opened,
    PromiseFulfilled,
    PromiseMade,
    PromiseRenegotiated,
    PromiseWithdrawn,
    Reopened,
    Reported,
    Resolved,
    StatusChanged,
)
from servicecore.lifecycle.promises import Promise
from servicecore.sla import State
from servicecore.sla.policy import Policy
from tests.lifecycle.strategies_fold import (
    GIVEN_UP,
    NINE,
    PLAIN,
    PROMISES,
    at,
    histories,
    instants,
)
from tests.oracle.strategies import at_most

BOOK = PolicyBook.of(Policy("standard", {}))


# -- the ledger ------------------------------------------------------------------------------------


@dataclass
class Entry:
    """A promise as a customer would note it down."""

    id: str
    kind: str
    made: int
    due: int
    done: int | None = None
    taken_back: int | None = None
    dates: list[tuple[int, int, bool]] = field(default_factory=list)

    @property
    def stands(self) -> bool:
        return self.done is None and self.taken_back is None

    def verdict(self, now: int) -> str:
        if self.taken_back is not None and self.taken_back <= self.due:
            return "withdrawn"
        if self.done is not None and self.done <= self.due:
            return "kept"
        return "broken" if now > self.due else "pending"


def ledger(history: Sequence[Event], now: int) -> list[Entry]:
    """Every promise, from reading the history once with Q1 and Q2 in hand."""
    entries: list[Entry] = []
    for event in history:
        if event.occurred <= now:
            tell(entries, event)
    return entries


def tell(  # noqa: C901, PLR0912  # one case per event, as the rules have them
    entries: list[Entry], event: Event
) -> None:
    when, standing = event.occurred, [entry for entry in entries if entry.stands]
    match event:
        case PromiseMade():
            entries.append(Entry(event.promise, event.kind, when, event.due))
        case Reported():
            reports = [entry for entry in standing if entry.kind == "checkpoint"]
            if reports:
                min(reports, key=lambda entry: entry.due).done = when
            if event.next_due is not None:
                entries.append(Entry(str(len(entries) + 1), "checkpoint", when, event.next_due))
        case PromiseRenegotiated() | PromiseFulfilled() | PromiseWithdrawn():
            called = [entry for entry in standing if entry.id == event.promise]
            if called:
                change(called[0], event)
        case Resolved() | Closed():
            for entry in standing:
                if entry.kind == "delivery":
                    entry.done = when
                elif when <= entry.due:
                    entry.taken_back = when
        case Reopened():
            for entry in entries:
                if entry.kind == "delivery" and entry.done is not None and when <= entry.due:
                    entry.done = None
        case Cancelled() | MergedInto() | StatusChanged(status="merged"):
            for entry in standing:
                entry.taken_back = when


def change(entry: Entry, event: PromiseRenegotiated | PromiseFulfilled | PromiseWithdrawn) -> None:
    if isinstance(event, PromiseFulfilled):
        entry.done = event.occurred
    elif isinstance(event, PromiseWithdrawn):
        entry.taken_back = event.occurred
    else:
        counts = event.told and event.occurred < entry.due
        entry.dates.append((event.occurred, event.due, counts))
        if counts:
            entry.due = event.due


# -- laws ------------------------------------------------------------------------------------------

promising = histories(kinds=(*PROMISES, *PROMISES, *PLAIN[2:6], *GIVEN_UP[:2]), max_size=18)


@given(promising, st.data())
@at_most(200)
def test_promises_are_what_the_ledger_says(history: list[Event], data: st.DataObject) -> None:
    """Q1, Q2: in the order in which they were made, with their dates and what became of them."""
    now = data.draw(instants(history))
    promises = replay(history, BOOK, at=now).promises
    instant = to_instant(now)
    expected = ledger(history, instant)
    assert [
        (promise.id, promise.kind, promise.made, promise.due, promise.done, promise.withdrawn)
        for promise in promises
    ] == [
        (entry.id, entry.kind, entry.made, entry.due, entry.done, entry.taken_back)
        for entry in expected
    ]
    for promise, entry in zip(promises, expected, strict=True):
        assert promise.state(instant) == entry.verdict(instant)
        assert entry.dates == [
            (each.instant, each.due, each.moves) for each in promise.renegotiations
        ]


VERDICTS = {
    "pending": {State.RUNNING},
    "kept": {State.MET},
    "broken": {State.BREACHED, State.MISSED, State.CANCELLED},
    "withdrawn": {State.CANCELLED},
}


@given(promising, st.data())
@at_most(100)
def test_a_promise_is_a_clock_by_its_date(history: list[Event], data: st.DataObject) -> None:
    """Q1: running is pending, met is kept, late is broken, cancelled is withdrawn."""
    now = data.draw(instants(history))
    for promise in replay(history, BOOK, at=now).promises:
        reading, verdict = promise.reading(to_instant(now)), promise.state(to_instant(now))
        assert reading.state in VERDICTS[verdict]
        assert reading.late == (verdict == "broken")


@given(promising, st.data())
@at_most(100)
def test_a_broken_promise_stays_broken(history: list[Event], data: st.DataObject) -> None:
    """Q2: whatever is said afterwards."""
    now, later = sorted(data.draw(instants(history)) for _ in range(2))
    before, after = (replay(history, BOOK, at=each).promises for each in (now, later))
    for promise, same in zip(before, after, strict=False):
        assert promise.id == same.id
        if promise.state(to_instant(now)) == "broken":
            assert same.state(to_instant(later)) == "broken"


# -- to the letter ---------------------------------------------------------------------------------


def event(kind: type[Event], quarter: float, /, **fields: Any) -> Event:
    return kind(request="R1", occurred_at=at(quarter), **fields)


OPENED = Opened(request="R1", occurred_at=NINE)
MADE = event(PromiseMade, 0, promise="1", due_at=at(8))


def after(*events: Event, now: float) -> Promise:
    """The first promise, two hours from nine, behind some events at a quarter of an hour."""
    return replay([OPENED, MADE, *events], BOOK, at=at(now)).promises[0]


def verdict(*events: Event, now: float) -> str:
    return str(after(*events, now=now).state(to_instant(at(now))))


@pytest.mark.parametrize(
    ("quarter", "expected"), [(7, "kept"), (8, "kept"), (8.01, "broken"), (20, "broken")]
)
@pytest.mark.parametrize("kind", [Resolved, PromiseFulfilled])
def test_delivered_by_then_is_kept(kind: type[Event], quarter: float, expected: str) -> None:
    """Q1: at the due instant it is in time still; resolution delivers what was promised."""
    fields = {} if kind is Resolved else {"promise": "1"}
    assert verdict(event(kind, quarter, **fields), now=40) == expected


def test_time_breaks_a_promise() -> None:
    """Q1: nobody has to look; at the due instant itself it is pending still."""
    assert verdict(now=8) == "pending"
    assert verdict(now=8.001) == "broken"
    reading = after(now=9).reading(to_instant(at(9)))
    assert (reading.state, reading.breached_at) == (State.BREACHED, at(8))


def test_no_pause_moves_a_promise() -> None:
    """Q1: a date given to the customer does not move because somebody waits."""
    waiting = event(StatusChanged, 1, status="waiting for customer")
    assert verdict(waiting, now=9) == "broken"


def test_told_in_time_it_moves() -> None:
    """Q2: the first date stays on record."""
    renegotiated = event(PromiseRenegotiated, 7, promise="1", due_at=at(20), reason="no part")
    promise = after(renegotiated, now=19)
    assert (promise.due_at, promise.first_due) == (at(20), to_instant(at(8)))
    assert promise.renegotiations[0].moves
    assert verdict(renegotiated, now=19) == "pending"
    assert promise.reading(to_instant(at(19))).retargets[0].reason == "no part"


@pytest.mark.parametrize(("quarter", "told"), [(7, False), (8, True), (9, True)])
def test_untold_or_late_it_is_a_proposal(quarter: float, told: bool) -> None:
    """Q2: from the due instant on the old one stays as it is."""
    renegotiated = event(PromiseRenegotiated, quarter, promise="1", due_at=at(20), told=told)
    promise = after(renegotiated, now=19)
    assert promise.due_at == at(8)
    assert not promise.renegotiations[0].moves
    assert verdict(renegotiated, now=19) == "broken"


def test_twice_moved_it_is_the_date_in_force_that_counts() -> None:
    """Q2: in time is before the date that holds by then."""
    first = event(PromiseRenegotiated, 7, promise="1", due_at=at(20))
    in_time = event(PromiseRenegotiated, 19, promise="1", due_at=at(30))
    late = event(PromiseRenegotiated, 20, promise="1", due_at=at(30))
    assert after(first, in_time, now=21).due_at == at(30)
    assert after(first, late, now=21).due_at == at(20)


@pytest.mark.parametrize(
    ("quarter", "now", "expected"),
    [(6, 7, "pending"), (6, 9, "broken"), (8, 8, "pending"), (8.01, 9, "kept")],
)
def test_reopened_before_its_due_it_is_pending_again(
    quarter: float, now: float, expected: str
) -> None:
    """Q1: kept means delivered by then, and not reopened by then."""
    assert verdict(event(Resolved, 4), event(Reopened, quarter), now=now) == expected


def test_resolved_again_in_time_it_is_kept() -> None:
    """Q1: the later delivery is the one that counts."""
    promise = after(event(Resolved, 4), event(Reopened, 5), event(Resolved, 7), now=9)
    assert promise.done == to_instant(at(7))


@pytest.mark.parametrize("kind", [Cancelled, MergedInto])
@pytest.mark.parametrize(("quarter", "expected"), [(8, "withdrawn"), (9, "broken")])
def test_nothing_is_owed_of_what_is_given_up(
    kind: type[Event], quarter: float, expected: str
) -> None:
    """K6, R8: it is withdrawn; what was broken before stays so."""
    fields = {} if kind is Cancelled else {"target": "R2"}
    assert verdict(event(kind, quarter, **fields), now=20) == expected


def test_a_report_keeps_the_earliest_open_checkpoint_however_late() -> None:
    """Q1: and announces the next one, under the next number."""
    history = [
        OPENED,
        event(Reported, 0, done="begun", next_due_at=at(8)),
        event(PromiseMade, 1, promise="2", kind="checkpoint", due_at=at(4)),
        event(Reported, 6, done="found it", next_due_at=at(12)),
    ]
    one, two, three = replay(history, BOOK, at=at(7)).promises
    instant = to_instant(at(7))
    assert (two.id, two.done, two.state(instant)) == ("2", to_instant(at(6)), "broken")
    assert (one.id, one.done, one.state(instant)) == ("1", None, "pending")
    assert (three.id, three.kind, three.due_at, three.basis) == ("3", "checkpoint", at(12), "plan")


def test_a_resolution_needs_no_more_reports() -> None:
    """Q1: the one that is not due yet is withdrawn; a missed one stays missed."""
    history = [
        OPENED,
        event(Reported, 0, done="begun", next_due_at=at(8)),
        event(PromiseMade, 1, promise="2", kind="checkpoint", due_at=at(4)),
        event(Resolved, 6),
    ]
    seen = replay(history, BOOK, at=at(20)).promises
    assert [each.state(to_instant(at(20))) for each in seen] == ["withdrawn", "broken"]


def test_a_report_delivers_nothing() -> None:
    """Q1: a delivery promise stays open behind it."""
    assert verdict(event(Reported, 4, done="tried"), now=9) == "broken"


def test_promises_of_one_instant_stay_in_their_order() -> None:
    """Q1: also where one of them is over and the other is not."""
    second = event(PromiseMade, 0, promise="2", due_at=at(9))
    withdrawn = event(PromiseWithdrawn, 1, promise="2", reason="twice")
    seen = replay([OPENED, MADE, second, withdrawn], BOOK, at=at(2)).promises
    assert [promise.id for promise in seen] == ["1", "2"]
    assert (seen[1].reason, seen[1].withdrawn) == ("twice", to_instant(at(1)))


def test_a_promise_that_nobody_made_changes_nothing() -> None:
    """R1: it is taken as fact, and means nothing."""
    strange = [
        event(PromiseRenegotiated, 1, promise="9", due_at=at(20)),
        event(PromiseFulfilled, 2, promise="9"),
        event(PromiseWithdrawn, 3, promise="9"),
    ]
    assert after(*strange, now=5) == after(now=5)


def test_closing_ends_what_was_not_resolved_before() -> None:
    """Q1: what was promised is done, a report that was not due is owed no longer, all is well."""
    report = event(PromiseMade, 0, promise="2", kind="checkpoint", due_at=at(9))
    late = event(PromiseMade, 0, promise="3", kind="checkpoint", due_at=at(1))
    closed = event(Closed, 4)
    seen = replay([OPENED, MADE, report, late, closed], BOOK, at=at(20))
    assert [promise.state(to_instant(at(20))) for promise in seen.promises] == [
        "kept", "withdrawn", "broken",
    ]  # fmt: skip
    assert seen.promises[0].done == seen.state.restored == closed.occurred
    resolved = replay([OPENED, MADE, event(Resolved, 2), closed], BOOK, at=at(20))
    assert resolved.promises[0].done == resolved.state.restored == to_instant(at(2))


def test_of_two_promises_of_one_name_the_earlier_is_meant() -> None:
    """R1: a log may name two alike; what is said of one is not said of the other."""
    same = event(PromiseMade, 1, promise="1", due_at=at(20))
    kept = event(PromiseFulfilled, 2, promise="1")
    moved = event(PromiseRenegotiated, 3, promise="1", due_at=at(30), reason="rain")
    first, second = replay([OPENED, MADE, same, kept, moved], BOOK, at=at(4)).promises
    assert (first.done, first.due, first.renegotiations) == (
        to_instant(at(2)),
        to_instant(at(8)),
        (),
    )
    assert (second.done, second.due) == (None, to_instant(at(30)))
    kept_too = event(PromiseFulfilled, 4, promise="1")
    both = replay([OPENED, MADE, same, kept, moved, kept_too], BOOK, at=at(5)).promises
    assert [promise.done for promise in both] == [to_instant(at(2)), to_instant(at(4))]


def test_a_number_that_a_promise_has_is_given_to_no_other() -> None:
    """R2: also where a log has numbered them as it liked."""
    second = event(PromiseMade, 0, promise="2", due_at=at(9))
    reports = [event(Reported, each, done="so", next_due_at=at(50 + each)) for each in (1, 2, 3)]
    seen = replay([OPENED, second, *reports], BOOK, at=at(4)).promises
    assert [promise.id for promise in seen] == ["2", "1", "3", "4"]


def test_what_is_finished_is_carried_along_no_more() -> None:
    """R1: reports that were given cost nothing later, however far ahead they were announced."""
    history: list[Event] = [OPENED]
    history += [event(Reported, number, done="so", next_due_at=at(1000)) for number in range(1, 50)]
    promises = replay(history, BOOK, at=at(60)).state.promises
    assert (len(promises.open), len(promises.finished)) == (1, 48)
    assert [promise.number for promise in promises] == list(range(49))


def test_a_promise_shows_its_instants() -> None:
    """T1: as datetimes for people."""
    promise = after(now=1)
    assert (promise.made_at, promise.due_at) == (NINE, NINE + timedelta(hours=2))
