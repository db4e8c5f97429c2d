"""What a situation says of itself: in one time zone, and everything that stands in the way."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from servicecore import Calendar, PolicyBook, replay
from servicecore.lifecycle.events import (
    ApprovalDecided,
    ApprovalRequested,
    Event,
    Opened,
    PromiseMade,
    Resolved,
)
from servicecore.lifecycle.promises import PromiseState
from servicecore.sla import Policy, State, Target

NINE = datetime(2026, 3, 6, 9, tzinfo=UTC)
BERLIN = Calendar.from_dict({"timezone": "Europe/Berlin", "hours": {"mon-sun": "00:00-24:00"}})


def after(hours: float) -> datetime:
    return NINE + timedelta(hours=hours)


def opened() -> Event:
    return Opened(request="R1", occurred_at=NINE)


def test_all_instants_are_told_in_one_zone() -> None:
    """K8: a calendar that never closes says nothing about where people are."""
    targets = {"first response": Target("1h"), "resolution": Target("4h", BERLIN)}
    situation = replay([opened()], PolicyBook.of(Policy("all", targets)), at=NINE)
    told = situation.explain()
    assert told.count("Fri 6 Mar 2026 11:00") == 2, "when it is due, and what is next"
    assert "09:00" not in told
    assert "Fri 6 Mar 2026 10:00 – 11:00" in told
    assert "running: due Fri 6 Mar 2026 14:00, 4h left" in told
    reading = situation.reading("first response")
    assert reading is not None
    assert "due Fri 6 Mar 2026 10:00" in reading.explain(), "by itself it is told in its own"


def test_a_denied_approval_stands_against_work_and_is_told() -> None:
    """R3, R8: it is not for the desk to act until another one is requested."""
    book = PolicyBook.of(Policy("all", {"resolution": Target("4h"), "approval": Target("2h")}))
    asked = ApprovalRequested(request="R1", occurred_at=after(1), approver="zoe")
    denied = ApprovalDecided(
        request="R1", occurred_at=after(2), granted=False, reason="not this year"
    )
    situation = replay([opened(), asked, denied], book, at=after(9))
    assert "its approval was denied Fri 6 Mar 2026 11:00: not this year" in situation.explain()
    assert [situation.readings[name][0].state for name in ("resolution", "approval")] == [
        State.PAUSED,
        State.MET,
    ]
    again = [
        ApprovalRequested(request="R1", occurred_at=after(10), approver="zoe"),
        ApprovalDecided(request="R1", occurred_at=after(11), granted=True),
    ]
    granted = replay([opened(), asked, denied, *again], book, at=after(12))
    reading = granted.reading("resolution")
    assert reading is not None
    assert (reading.state, reading.elapsed) == (State.RUNNING, timedelta(hours=2))
    assert "denied" not in granted.explain()
    bare = ApprovalDecided(request="R1", occurred_at=after(2), granted=False)
    assert "its approval was denied Fri 6 Mar 2026 11:00\n" in (
        replay([opened(), asked, bare], book, at=after(9)).explain()
    )


def test_a_promise_is_asked_at_an_instant_of_either_kind() -> None:
    """T1: a datetime and its microseconds mean the same."""
    made = PromiseMade(request="R1", occurred_at=NINE, promise="1", due_at=after(4))
    done = Resolved(request="R1", occurred_at=after(3))
    situation = replay([opened(), made, done], PolicyBook.of(), at=after(5))
    (promise,) = situation.promises
    for at in (situation.at, situation.instant):
        assert promise.state(at) is PromiseState.KEPT
        assert promise.reading(at).state is State.MET
