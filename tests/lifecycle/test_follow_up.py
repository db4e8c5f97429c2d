"""Follow-ups: contact after delivery, neither too early nor too late (Q4)."""

from __future__ import annotations

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
    FollowedUp,
    MergedInto,
    Opened,
    Prioritised,
    Reopened,
    Replied,
    Resolved,
)
from servicecore.sla import Reading, State, Target
from servicecore.sla.policy import Policy
from servicecore.sla.rules import ClockRule
from tests.lifecycle.strategies_fold import GIVEN_UP, NINE, PLAIN, at, histories, instants
from tests.oracle.strategies import at_most

WINDOW = Target("10h", not_before="4h")
BOOK = PolicyBook.of(Policy("standard", {"follow-up": WINDOW}))
MADE = "2h"


def event(kind: type[Event], quarter: float, /, **fields: Any) -> Event:
    return kind(request="R1", occurred_at=at(quarter), **fields)


def cycles(*events: Event, now: float, book: PolicyBook = BOOK) -> tuple[Reading, ...]:
    opened = Opened(request="R1", occurred_at=NINE)
    return replay([opened, *events], book, at=at(now)).readings["follow-up"]


RESOLVED = event(Resolved, 4)


# -- law -------------------------------------------------------------------------------------------


def expected(history: list[Event], now: int) -> list[tuple[int, int | None, str]]:
    """Start, end and outcome of each window, from the list of events."""
    windows: list[tuple[int, int | None, str]] = []
    given_up = False
    for each in [event for event in history if event.occurred <= now]:
        given_up = _is_given_up(each) or (given_up and not isinstance(each, Reopened))
        running = bool(windows) and windows[-1][1] is None
        if isinstance(each, Resolved) and not running and not given_up:
            windows.append((each.occurred, None, "running"))
        elif running and (given_up or isinstance(each, Reopened)):
            windows[-1] = (windows[-1][0], each.occurred, "cancelled")
        elif running and isinstance(each, FollowedUp):
            opens, closes = (windows[-1][0] + hours * 3_600_000_000 for hours in (4, 10))
            if each.occurred >= opens:
                outcome = "met" if each.occurred <= closes else "missed"
                windows[-1] = (windows[-1][0], each.occurred, outcome)
    if windows and windows[-1][1] is None and now > windows[-1][0] + 10 * 3_600_000_000:
        windows[-1] = (windows[-1][0], None, "breached")
    return windows or [(0, None, "pending")]


def _is_given_up(event: Event) -> bool:
    return isinstance(event, Cancelled | MergedInto) or getattr(event, "status", "") == "merged"


CONTACTS = (*PLAIN[3:6], *(PLAIN[10],) * 4, *GIVEN_UP)


@given(histories(kinds=CONTACTS, max_size=14, last=70), st.data())
@at_most(200)
def test_every_resolution_opens_a_window(history: list[Event], data: st.DataObject) -> None:
    """Q4: and only contact within it, or after it, stops its clock."""
    now = data.draw(instants(history))
    readings = replay(history, BOOK, at=now).readings["follow-up"]
    assert [(each.started or 0, each.ended, each.state) for each in readings] == expected(
        history, to_instant(now)
    )


# -- to the letter ---------------------------------------------------------------------------------


def test_it_starts_at_the_resolution() -> None:
    """Q4: before it there is nothing to follow up."""
    assert cycles(now=3)[0].state is State.PENDING
    (reading,) = cycles(RESOLVED, now=5)
    assert (reading.state, reading.not_before_at, reading.due_at) == (State.RUNNING, at(20), at(44))


def test_closing_does_not_stop_it() -> None:
    """Q4: nor does a message."""
    (reading,) = cycles(RESOLVED, event(Replied, 21), event(Closed, 22), now=60)
    assert (reading.state, reading.breached_at) == (State.BREACHED, at(44))


def test_reopening_cancels_its_cycle() -> None:
    """Q4: and the next resolution opens another window."""
    history = [RESOLVED, event(Reopened, 10), event(Resolved, 12)]
    one, two = cycles(*history, now=13)
    assert (one.state, one.ended_at) == (State.CANCELLED, at(10))
    assert (two.state, two.not_before_at) == (State.RUNNING, at(28))


def test_contact_too_early_does_not_stop_it() -> None:
    """Q4: it is kept as without effect, and the next contact counts."""
    early = event(FollowedUp, 19.9)
    (reading,) = cycles(RESOLVED, early, now=30)
    assert (reading.state, len(reading.without_effect)) == (State.RUNNING, 1)
    (met,) = cycles(RESOLVED, early, event(FollowedUp, 20), now=60)
    assert (met.state, met.ended_at) == (State.MET, at(20))
    (missed,) = cycles(RESOLVED, early, event(FollowedUp, 50), now=60)
    assert (missed.state, missed.breached_at) == (State.MISSED, at(44))


def test_after_contact_in_time_another_one_changes_nothing() -> None:
    """Q4, K1: the first that counts is the one."""
    history = [RESOLVED, event(FollowedUp, 20), event(FollowedUp, 30)]
    assert cycles(*history, now=60)[0].ended_at == at(20)


@pytest.mark.parametrize("end", [Cancelled, MergedInto])
def test_what_is_given_up_wants_none(end: type[Event]) -> None:
    """K6: a late one stays late, and is cancelled."""
    fields = {} if end is Cancelled else {"target": "R2"}
    (reading,) = cycles(RESOLVED, event(end, 10, **fields), now=99)
    assert (reading.state, reading.late) == (State.CANCELLED, False)
    (late,) = cycles(RESOLVED, event(end, 50, **fields), now=99)
    assert (late.state, late.breached_at) == (State.CANCELLED, at(44))


def test_contact_too_early_for_a_target_that_comes_late() -> None:
    """Q4, K3: what turns out to have been too early does not stop it either."""
    book = PolicyBook.of(Policy("standard", {"follow-up": {"high": WINDOW}}))
    history = [RESOLVED, event(FollowedUp, 6), event(Prioritised, 8, priority="high")]
    assert cycles(*history, now=30, book=book)[0].state is State.RUNNING
    met = cycles(*history, event(FollowedUp, 24), now=60, book=book)
    assert (met[0].state, met[0].ended_at) == (State.MET, at(24))


def test_a_renewal_too_early_renews_nothing() -> None:
    """Q4, K5: a rule with renewals has the same windows."""
    rule = ClockRule("calls", ["resolved"], ["closed"], renews=["followed up"])
    book = PolicyBook.of(Policy("standard", {"calls": WINDOW}), clocks={"calls": rule})
    opened = Opened(request="R1", occurred_at=NINE)
    history = [opened, RESOLVED, event(FollowedUp, 10), event(FollowedUp, 24)]
    readings = replay(history, book, at=at(30)).readings["calls"]
    assert [each.started_at for each in readings] == [at(4), at(24)]
