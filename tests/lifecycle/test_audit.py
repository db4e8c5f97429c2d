"""What `decide` would have refused in histories that replay takes as they are (R1)."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import attrs
import pandas as pd
import pytest

from servicecore import PolicyBook, load_policies, replay
from servicecore.lifecycle.audit import AuditReport, audited
from servicecore.lifecycle.events import (
    Actor,
    Closed,
    Event,
    Opened,
    OverrideStarted,
    PromiseMade,
    PromiseRenegotiated,
    Replied,
    Resolved,
    Side,
    StatusChanged,
)
from servicecore.logs import Log
from servicecore.sla import Policy, Target
from servicecore.sla.statuses import DEFAULT_LIFECYCLE, Transition

EXAMPLE = Path(__file__).parents[2] / "examples" / "uci"
NINE = datetime(2026, 3, 6, 9, tzinfo=UTC)
SIEGE = {"business stopped": {"resolution": Target("1h")}}
BOOK = PolicyBook.of(Policy("all", {"resolution": Target("8h")}, overrides=SIEGE))
OPENED = Opened(request="R1", occurred_at=NINE)


def after(hours: float) -> datetime:
    return NINE + timedelta(hours=hours)


def resolved(hours: float) -> Resolved:
    return Resolved(request="R1", occurred_at=after(hours))


def closed(hours: float) -> Closed:
    return Closed(request="R1", occurred_at=after(hours))


def refused(*events: Event, book: PolicyBook = BOOK) -> list[tuple[Event, tuple[str, ...]]]:
    situation = replay([OPENED, *events], book, at=after(10_000), audit=True)
    return [(refusal.event, refusal.keys) for refusal in situation.refusals]


def test_replay_takes_it_all_and_the_audit_says_what_was_wrong() -> None:
    """R1."""
    history = [OPENED, closed(1), resolved(2)]
    situation = replay(history, BOOK, at=after(3), audit=True)
    assert situation.status == "resolved"
    one, other = situation.refusals
    assert (one.event, one.keys) == (history[1], ("closed when new",))
    assert other.reasons == ("it is closed (from there: reopen)",)
    assert str(other) == "Resolved of R1: it is closed (from there: reopen)"
    assert replay(history, BOOK, at=after(3)).refusals == ()
    assert replay(history, BOOK, at=after(3)) == situation
    assert len(replay(history, BOOK, at=after(1), audit=True).refusals) == 1


def test_events_of_one_instant_count_one_after_the_other() -> None:
    at_once = after(1)
    override = OverrideStarted(
        request="R1", occurred_at=NINE, override="business stopped", reason="the shop is closed"
    )
    assert refused(override) == [], "the policy of the opening's own instant"
    together = [resolved(1), Closed(request="R1", occurred_at=at_once)]
    assert refused(*together) == []
    assert [event for event, _ in refused(*reversed(together))] == [together[1], together[0]]


def test_requirements_are_asked_as_transitions_are() -> None:
    """Q2."""
    made = PromiseMade(request="R1", occurred_at=after(1), promise="1", due_at=after(5))
    late = PromiseRenegotiated(request="R1", occurred_at=after(5), promise="1", due_at=after(9))
    keys = ("renegotiated too late", "renegotiated without a reason")
    assert refused(made, late) == [(late, keys)]


def test_a_promise_of_a_name_that_another_has_is_refused() -> None:
    """R1, R2: nobody could say which of the two is meant."""
    made = PromiseMade(request="R1", occurred_at=after(1), promise="1", due_at=after(5))
    again = PromiseMade(request="R1", occurred_at=after(2), promise="1", due_at=after(9))
    assert refused(made, again) == [(again, ("promise made already",))]


def test_what_time_did_by_itself_is_not_held_against_a_history() -> None:
    """R7: closing when its time had come, without anybody's leave."""
    by_time = Transition(
        "closed", ["resolved"], "closed", ["customer answered"], after=Target("48h")
    )
    kept = [each for each in DEFAULT_LIFECYCLE.transitions if each.event != "closed"]
    lifecycle = attrs.evolve(DEFAULT_LIFECYCLE, transitions=[*kept, by_time])
    book = attrs.evolve(BOOK, lifecycle=lifecycle)
    asked = Replied(request="R1", occurred_at=after(2), actor=Actor("ann", Side.CUSTOMER))
    assert refused(resolved(1), closed(49), book=book) == []
    for history in ([resolved(1), closed(48)], [resolved(1), asked, closed(49)]):
        assert refused(*history, book=book) == [(history[-1], ("closed when resolved",))]


def test_reports_count_by_reason_and_stop_at_nothing() -> None:
    histories = {
        "R1": [OPENED, closed(1), resolved(2)],
        "R2": [attrs.evolve(event, request="R2") for event in (OPENED, closed(1))],
        "R3": [attrs.evolve(resolved(1), request="R3")],
        "R4": [],
    }
    report = audited(histories, BOOK)
    assert (report.requests, report.events, report.refused_events) == (4, 3, 3)
    assert report["closed when new"].requests == ("R1", "R2")
    assert report["closed when new"].example.event == histories["R1"][1]
    assert set(report.failed) == {"R3", "R4"}
    assert str(report).splitlines() == [
        "3 of 3 events in 4 requests would have been refused",
        "      2 × closed when new (R1, R2)",
        "      1 × resolved when closed (R1)",
        "      2 × not replayed",
    ]
    with pytest.raises(KeyError):
        report["closed when resolved"]


def test_examples_of_a_reason_are_few() -> None:
    names = [f"R{number}" for number in range(1, 6)]
    histories = {
        name: [attrs.evolve(event, request=name) for event in (OPENED, closed(1))] for name in names
    }
    assert str(audited(histories, BOOK)["closed when new"]) == (
        "      5 × closed when new (R1, R2, R3 and 2 more)"
    )


@pytest.fixture(scope="module")
def report(whole_log: Log) -> AuditReport:
    """The audit of the whole real log."""
    return audited(whole_log.histories, load_policies(EXAMPLE / "policies.toml"))


@pytest.fixture(scope="module")
def moves(incident_log: Path) -> Counter[tuple[str, str]]:
    """Every change of status in the real log, from what to what, by pandas alone."""
    table = pd.read_csv(incident_log, dtype=str, keep_default_na=False)
    table = table[table.incident_state != "-100"]
    before = table.groupby("number", sort=False).incident_state.shift(fill_value="New")
    moved = table.incident_state != before
    return Counter(zip(before[moved], table.incident_state[moved], strict=True))


WORK = {"Active", "Awaiting User Info", "Awaiting Vendor"}
"""The statuses of work under their names in the log, but for "New", to which nothing leads back."""
OWN = {"Awaiting Problem": "waiting for problem", "Awaiting Evidence": "waiting for evidence"}


def is_usual(before: str, after: str) -> bool:
    """The usual ways written down anew, in the words of the log."""
    if before in {*WORK, "New"}:
        return after in {*WORK, "Resolved"}
    return (before, after) in {
        ("Resolved", "Closed"), ("Resolved", "Active"), ("Closed", "Active"),
    }  # fmt: skip


def test_the_real_log_moves_as_the_default_lifecycle_has_it_but_for_its_own_statuses(
    report: AuditReport, moves: Counter[tuple[str, str]]
) -> None:
    """Every move that is not usual is refused, each once and for its own reason."""
    unusual = {move: count for move, count in moves.items() if not is_usual(*move)}
    assert report.refused_events == sum(unusual.values()) == 567
    assert sum(each.events for each in report.refused) == 567
    for theirs, ours in OWN.items():
        into = sum(count for (_, after), count in moves.items() if after == theirs)
        assert report[f"unknown status {ours}"].events == into
        assert report[f"resolved when {ours}"].events == moves[theirs, "Resolved"]
    own = [each for each in report.refused if any(name in each.key for name in OWN.values())]
    assert sum(each.events for each in own) == 552
    assert report["closed when new"].events == moves["New", "Closed"] == 11
    assert report["closed when in progress"].events == moves["Active", "Closed"]
    assert (
        report["closed when waiting for customer"].events == (moves["Awaiting User Info", "Closed"])
    )
    assert report.events == 128_520
    assert not report.failed


def test_extended_by_its_own_statuses_the_lifecycle_fits_the_log(whole_log: Log) -> None:
    """A lifecycle is data: two statuses more, and all but a handful of events are in order."""
    own = ("waiting for problem", "waiting for evidence")
    affected = {
        name: history
        for name, history in whole_log.histories.items()
        if any(isinstance(event, StatusChanged) and event.status in own for event in history)
    }
    work = ("new", "in progress", "waiting for customer", "waiting for third party")
    more = [
        *(Transition("status changed", [*work, *own], status) for status in own),
        *(Transition("status changed", own, status) for status in work),
        Transition("resolved", own, "resolved"),
    ]
    book = load_policies(EXAMPLE / "policies.toml")
    extended = attrs.evolve(book, lifecycle=DEFAULT_LIFECYCLE.extended(*more))
    assert audited(affected, book).refused_events > 500
    assert audited(affected, extended).refused_events < 5
