"""The whole real log, against plain pandas on the same file."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from pathlib import Path

import pandas as pd
import pytest

from servicecore.lifecycle.events import (
    Assigned,
    Cancelled,
    Closed,
    Event,
    Opened,
    Prioritised,
    Reopened,
    Resolved,
    StatusChanged,
)
from servicecore.logs import Log, load_mapping, read_log
from servicecore.requests import DEFAULT_MATRIX

EXAMPLE = Path(__file__).parents[2] / "examples" / "uci"
MAPPING = load_mapping(EXAMPLE / "mapping.toml")
assert MAPPING.status
NAMES = {word: meaning.status for word, meaning in MAPPING.status.names.items()}
MINUS_100 = "-100"
ENTERING = (StatusChanged, Resolved, Reopened, Closed, Cancelled)


@pytest.fixture(scope="module")
def log(incident_log: Path) -> Log:
    return read_log(incident_log, MAPPING)


@pytest.fixture(scope="module")
def table(incident_log: Path) -> pd.DataFrame:
    return pd.read_csv(incident_log, dtype=str, keep_default_na=False)


def entered(history: tuple[Event, ...]) -> list[str]:
    """The statuses of a history, one after the other, beginning with the opening's."""
    return ["new", *(event.status for event in history if isinstance(event, ENTERING))]


def test_every_row_is_used_or_listed(log: Log, table: pd.DataFrame) -> None:
    assert log.rows_read == len(table) == 141_712
    assert log.rows_used + len(log.unusable) == 141_712
    listed = [(row.line, row.request, row.reason) for row in log.unusable]
    odd = table[table.incident_state == MINUS_100]
    reason = f"the status {MINUS_100!r} is not named in the mapping"
    assert listed == [(index + 2, number, reason) for index, number in odd.number.items()]


def test_requests_come_in_the_order_of_the_file_and_their_events_in_order(
    log: Log, table: pd.DataFrame
) -> None:
    """T3; an opening stands at the head of every history."""
    assert list(log.histories) == list(table.number.drop_duplicates())
    assert len(log.histories) == 24_918
    for number, history in log.histories.items():
        assert type(history[0]) is Opened
        assert [event.sequence for event in history] == list(range(len(history)))
        assert all(before.occurred <= after.occurred for before, after in pairwise(history))
        assert {event.request for event in history} == {number}


def test_rows_per_state_are_those_that_pandas_counts(log: Log, table: pd.DataFrame) -> None:
    unused = {row.line for row in log.unusable}
    used = table[[index + 2 not in unused for index in table.index]]
    expected = table[table.incident_state != MINUS_100].incident_state.value_counts()
    assert used.incident_state.value_counts().to_dict() == expected.to_dict()
    assert log.rows_used == expected.sum()


def test_statuses_are_entered_as_often_as_pandas_counts(log: Log, table: pd.DataFrame) -> None:
    """A status that a row repeats is no event."""
    named = table[table.incident_state != MINUS_100]
    states = named.incident_state.map(NAMES)
    entering = states != states.groupby(named.number, sort=False).shift(fill_value="new")
    expected = states[entering].value_counts().to_dict()
    found = Counter(status for history in log.histories.values() for status in entered(history)[1:])
    assert found == expected


def test_what_leaves_resolved_or_closed_was_reopened(log: Log, table: pd.DataFrame) -> None:
    reopened = {
        number
        for number, history in log.histories.items()
        if any(isinstance(event, Reopened) for event in history)
    }
    left = {
        number
        for number, history in log.histories.items()
        for before, after in pairwise(entered(history))
        if before in {"resolved", "closed"} and (before, after) != ("resolved", "closed")
    }
    expected = set(table[table.reopen_count.astype(int) > 0].number)
    assert reopened == left == expected
    assert len(expected) == 275


def test_groups_change_where_pandas_sees_them_change(log: Log, table: pd.DataFrame) -> None:
    """M5: a missing group is no handoff."""
    changed = {
        number
        for number, history in log.histories.items()
        if len({event.group for event in history if isinstance(event, Assigned)} - {None}) > 1
    }
    named = table[table.assignment_group != "?"]
    groups = named.groupby("number", sort=False).assignment_group
    before = groups.shift()
    moved = before.notna() & (before != named.assignment_group)
    assert changed == set(named[moved].number)
    assert len(changed) == 9_575
    # Nor is any single change left out or made up.
    assert moved.sum() == sum(
        before.group != after.group
        for history in log.histories.values()
        for before, after in pairwise(e for e in history if isinstance(e, Assigned) and e.group)
    )


def test_the_matrix_gives_the_recorded_priority_on_every_row(table: pd.DataFrame) -> None:
    """P1: impact × urgency."""
    facts = {name: MAPPING.facts[name] for name in ("impact", "urgency", "priority")}
    words = {name: table[fact.column].map(fact.values) for name, fact in facts.items()}
    derived = [
        DEFAULT_MATRIX.level(impact, urgency)
        for impact, urgency in zip(words["impact"], words["urgency"], strict=True)
    ]
    assert len(derived) == 141_712
    assert derived == list(words["priority"])


def test_priorities_change_as_pandas_sees_them_change(log: Log, table: pd.DataFrame) -> None:
    """Each change of impact, urgency or priority is one event, from the log (P1)."""
    named = table[table.incident_state != MINUS_100]
    ranks = named[["number", "impact", "urgency", "priority"]]
    before = ranks.groupby("number", sort=False).shift()
    changed = before.impact.notna() & (before != ranks.drop(columns="number")).any(axis=1)
    events = [
        event
        for history in log.histories.values()
        for event in history
        if isinstance(event, Prioritised)
    ]
    assert len(events) == changed.sum()
    assert all(event.source == "log" for event in events)
    assert all(
        DEFAULT_MATRIX.level(event.impact or "", event.urgency or "") == event.priority
        for event in events
    )


def test_openings_are_those_of_the_column_unless_the_first_row_is_earlier(
    log: Log, table: pd.DataFrame
) -> None:
    first = table.groupby("number", sort=False).head(1)
    columns = ["opened_at", "sys_updated_at"]
    times = [pd.to_datetime(first[name], format="%d/%m/%Y %H:%M") for name in columns]
    expected = pd.concat(times, axis=1).min(axis=1).dt.tz_localize("America/Sao_Paulo")
    found = [history[0].occurred for history in log.histories.values()]
    assert found == [moment.value // 1_000 for moment in expected]
    assert sum("opens at" in note.reason for note in log.notes) == (times[0] > times[1]).sum()


def test_times_that_go_backward_are_noted_and_keep_their_own_instant(log: Log) -> None:
    """T3: what is recorded late in the file's order is placed at the latest instant so far."""
    notes = [note for note in log.notes if "before a row ahead" in note.reason]
    assert {(note.request, note.line) for note in notes} == {
        ("INC0000137", 360),
        ("INC0000137", 361),
    }
    moved = [event for event in log.histories["INC0000137"] if event.recorded is not None]
    assert moved
    assert all(event.recorded < event.occurred for event in moved)
    others = (history for name, history in log.histories.items() if name != "INC0000137")
    assert all(event.recorded is None for history in others for event in history)
