"""The lifecycle as data: the default one, and the picture of any."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecore.lifecycle.events import EVENTS
from servicecore.lifecycle.machine import ENTERS, falls_due, mermaid, possible
from servicecore.lifecycle.status import Status
from servicecore.sla.statuses import (
    DEFAULT_LIFECYCLE,
    TRANSITION_EVENTS,
    Lifecycle,
    Transition,
)
from servicecore.sla.target import Target

PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "lifecycle.md"
HOUR = 3_600_000_000
ARROW = re.compile(r"    (\S+) --> (\S+?)(?:: (.+))?")


def arrows(drawn: str) -> list[tuple[str, str, str]]:
    """The arrows of a drawing, by a plain reading of its lines."""
    matches = [ARROW.fullmatch(line) for line in drawn.splitlines() if " --> " in line]
    assert all(matches)
    return [(found[1], found[2], found[3] or "") for found in matches if found]


def test_every_transition_names_an_event_that_there_is() -> None:
    """R9."""
    assert set(ENTERS.values()) == set(TRANSITION_EVENTS)
    assert {kind.__name__ for kind in ENTERS} <= set(EVENTS)


def test_the_page_shows_the_default_lifecycle_as_it_is() -> None:
    assert f"```output\n{mermaid(DEFAULT_LIFECYCLE)}\n```" in PAGE.read_text("utf-8")


def test_the_default_lifecycle_reaches_an_end_from_everywhere() -> None:
    """Each status is led to from the first one, and leads to a final one."""
    for start in DEFAULT_LIFECYCLE.statuses:
        reached, coming = set(), [start]
        while coming:
            status = coming.pop()
            if status not in reached:
                reached.add(status)
                coming += DEFAULT_LIFECYCLE.targets(status)
        assert any(map(DEFAULT_LIFECYCLE.is_final, reached))
        assert start != "new" or reached == set(DEFAULT_LIFECYCLE.statuses)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("resolved", ("reopen", "close", "merge")),
        ("closed", ("reopen",)),
        ("merged", ()),
        ("scheduled", (
            "move to in progress", "move to waiting for customer",
            "move to waiting for third party", "resolve", "cancel", "merge",
        )),
    ],
)  # fmt: skip
def test_what_is_possible_is_what_commands_can_do(status: str, expected: tuple[str, ...]) -> None:
    """What only time does is no choice."""
    assert possible(DEFAULT_LIFECYCLE, status) == expected


def test_time_makes_a_transition_from_when_the_status_was_entered_or_at_its_date() -> None:
    """R7."""
    closing = Transition("closed", ["resolved"], "closed", after=Target("2h"))
    resuming = Transition("status changed", ["scheduled"], "new", until=True)
    by_hand = Transition("closed", ["resolved"], "closed")
    status = Status("resolved", since=HOUR, until=9 * HOUR)
    assert falls_due(closing, status) == 3 * HOUR
    assert falls_due(resuming, status) == 9 * HOUR
    assert falls_due(resuming, Status("scheduled", since=HOUR)) is None
    assert falls_due(by_hand, status) is None


NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(str.strip)
LIFECYCLES = st.lists(NAMES, min_size=4, max_size=6, unique=True).map(
    lambda names: Lifecycle(
        first=names[0],
        working=names[1],
        waiting=names[2],
        transitions=[
            Transition("status changed", [before], after)
            for before in names[:-1]
            for after in names
            if before != after
        ],
    )
)


@given(LIFECYCLES.filter(lambda lifecycle: "*" not in lifecycle.statuses))
def test_any_lifecycle_is_drawn_with_every_way_once(lifecycle: Lifecycle) -> None:
    """Names with spaces, quotes or words of Mermaid's own become plain identifiers, all apart."""
    drawn = mermaid(lifecycle)
    header, *lines = drawn.split("\n")
    assert header == "stateDiagram-v2"
    named = {
        status for line in lines for status in re.findall(r"^    state \".*\" as (\w+)$", line)
    }
    ways = [(one, other) for one, other, _ in arrows(drawn) if "[*]" not in (one, other)]
    assert len(ways) == len(set(ways)) == len(lifecycle.transitions)
    states = {state for way in ways for state in way}
    assert len(states) == len(lifecycle.statuses)
    assert all(re.fullmatch(r"[A-Za-z0-9_]+", state) for state in states)
    assert not {state.lower() for state in states} & {"state", "end", "note", "as", "direction"}
    assert named <= states
    assert drawn.count("[*]") == 1 + sum(map(lifecycle.is_final, lifecycle.statuses))
    for line in lines:
        text = line.partition(": ")[2] or line.partition('"')[2].rpartition('"')[0]
        assert not set(re.sub(r"#(?:\d+|quot);", "", text)) & set('";#:')


def test_a_wildcard_leads_from_every_status_that_is_not_final() -> None:
    lifecycle = Lifecycle(
        first="new",
        working="open",
        waiting="open",
        transitions=[
            Transition("status changed", ["new"], "open"),
            Transition("resolved", ["open"], "done"),
            Transition("cancelled", ["*"], "gone", ["approval given"]),
        ],
    )
    assert arrows(mermaid(lifecycle)) == [
        ("[*]", "new", ""),
        ("new", "open", ""),
        ("open", "done", "resolve"),
        ("new", "gone", "cancel [approval given]"),
        ("open", "gone", "cancel [approval given]"),
        ("done", "[*]", ""),
        ("gone", "[*]", ""),
    ]
