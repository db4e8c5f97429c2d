"""The table of escalations in a policy file: what is written is read back, faults come at once."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from fractions import Fraction
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecore.errors import InvalidValue
from servicecore.faults import FaultyTable
from servicecore.policyfile import policies_from_dict, policies_schema, policies_to_dict
from servicecore.policyfile.escalations import escalations_to_dict, read_escalations
from servicecore.sla.book import PolicyBook
from servicecore.sla.calendar import Calendar, always
from servicecore.sla.escalation import Escalation, Step

OFFICE = Calendar.from_dict({"timezone": "Europe/Berlin", "hours": "mon-fri 09:00-17:00"}, "office")
SCHEMA = jsonschema.Draft7Validator(policies_schema())
CALENDARS = {"office": OFFICE, "always": always}

names = st.text(st.characters(codec="utf-8", exclude_characters="/"), min_size=1, max_size=8)
names = names.filter(str.strip)
seconds = st.integers(1, 10**6).map(lambda number: timedelta(seconds=number))
counts = st.integers(1, 100)
BY_CLOCK = {
    "share": st.floats(1e-3, 100) | st.integers(1, 900).map(lambda number: f"{number / 8}%"),
    "before": seconds,
    "after": seconds | st.just(timedelta(0)),
}
BY_REQUEST = {
    "silence": seconds,
    "bounces": counts,
    "reopened": counts,
    "unassigned": seconds,
    "gap": st.floats(-9, 9) | st.integers(-9, 9),
}
recipients = st.sampled_from([
    "person", "group", "custodian", "business owner", "role: duty manager", "rota: nights",
    "group: net: work",
])  # fmt: skip


@st.composite
def steps(draw: st.DrawFn, triggers: dict[str, st.SearchStrategy[Any]]) -> Step:
    trigger = draw(st.sampled_from(sorted(triggers)))
    options = {
        trigger: draw(triggers[trigger]),
        "time": draw(st.sampled_from(["business", "wall"])),
    }
    if draw(st.booleans()):
        options |= {"every": draw(seconds), "limit": draw(st.integers(2, 9))}
    return Step(
        draw(names),
        tell=draw(st.lists(recipients, min_size=1, max_size=3)),
        hours=draw(st.sampled_from([None, OFFICE, always])),
        assign=draw(st.just("") | names),
        priority=draw(st.just("") | names),
        **options,
    )


@st.composite
def ladders(draw: st.DrawFn) -> list[Escalation]:
    listed = []
    for name in draw(st.lists(names, max_size=3, unique=True)):
        clock = draw(st.sampled_from(["resolution", "update", ""]))
        triggers = BY_CLOCK if clock else BY_REQUEST
        own = st.lists(steps(triggers), min_size=1, max_size=3, unique_by=lambda step: step.name)
        when = draw(
            st.sampled_from([{}, {"customer": ["acme", "hooli"]}, {"importance": {"at_least": 3}}])
        )
        listed.append(Escalation(name, draw(own), clock, when))
    return listed


@given(ladders())
def test_what_is_written_is_read_back(written: list[Escalation]) -> None:
    assert read_escalations(escalations_to_dict(written, CALENDARS), CALENDARS) == written


@given(ladders())
def test_a_whole_file_says_the_same_and_fits_the_schema(written: list[Escalation]) -> None:
    """They are a part of the book; an editor marks nothing that the loader accepts."""
    table = policies_to_dict(PolicyBook.of(escalations=written))
    assert policies_from_dict(table).escalations == tuple(written)
    SCHEMA.validate(table)


odd_values = st.sampled_from([
    None, True, 0, -1.5, "", " ", "x", "50%", "-5%", "0%", "1e999", float("inf"), "1h", "3bd", "2d",
    [], ["x"], [None], [[]], {}, {"x": 1}, [{}], [{"name": "x"}], "always", "rota:", 10**400,
])  # fmt: skip
odd_keys = st.sampled_from([
    "name", "clock", "when", "steps", "share", "before", "after", "silence", "bounces", "reopened",
    "unassigned", "gap", "time", "tell", "every", "limit", "hours", "assign", "priority", "x",
])  # fmt: skip


@given(ladders().filter(bool), st.data())
def test_whatever_is_written_is_read_or_refused_with_faults(
    written: list[Escalation], data: st.DataObject
) -> None:
    table: Any = escalations_to_dict(written, CALENDARS)
    places = [*table, *(step for ladder in table for step in ladder["steps"])]
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.sampled_from(places))
        place[data.draw(odd_keys)] = data.draw(odd_values)
    with suppress(FaultyTable):
        found = read_escalations(table, CALENDARS)
        SCHEMA.validate({"policies": [], "escalations": table})
        assert read_escalations(escalations_to_dict(found, CALENDARS), CALENDARS) == found


def test_a_whole_table() -> None:
    table = [
        {
            "name": "hurry",
            "when": {"priority": ["critical", "high"]},
            "steps": [
                {"name": "warn", "share": 0.5, "tell": ["person"], "hours": "office"},
                {"name": "late", "after": "30m", "time": "wall", "tell": ["rota: network"],
                 "every": "1h", "limit": 3, "assign": "network", "priority": "critical"},
            ],
        },
        {"name": "ping-pong", "steps": [{"name": "three", "bounces": 3, "tell": ["custodian"]}]},
    ]  # fmt: skip
    assert read_escalations(table, CALENDARS) == [
        Escalation(
            "hurry",
            [
                Step("warn", share=Fraction(1, 2), tell=["person"], hours=OFFICE),
                Step("late", after="30m", time="wall", tell="rota: network", every="1h", limit=3,
                     assign="network", priority="critical"),
            ],
            "resolution",
            {"priority": ["critical", "high"]},
        ),
        Escalation("ping-pong", [Step("three", bounces=3, tell="custodian")], ""),
    ]  # fmt: skip


def test_every_fault_is_found_at_once() -> None:
    table = [
        {"name": "hurry", "cluck": "resolution", "steps": [
            {"name": "a", "share": "half", "tell": ["nobody"], "hours": "ofice"},
            {"name": "a", "before": "3bd", "every": "1d", "limit": 1, "tell": "person"},
        ]},
        {"name": "hurry", "steps": []},
        {"name": "mixed", "steps": [{"name": "b", "silence": "4h", "bounces": 2,
                                     "tell": ["group"]}]},
        7,
    ]  # fmt: skip
    with pytest.raises(FaultyTable) as refused:
        read_escalations(table, CALENDARS)
    found = "\n".join(map(str, refused.value.faults))
    for place in (
        "[0].cluck: unknown key; did you mean 'clock'?",
        "[0].steps[0].share: share is 'half': expected more than 0 and at most 100, such as '75%'",
        "[0].steps[0].tell[0]: nobody is meant by 'nobody': expected one of 'group', 'person'",
        "[0].steps[0].hours: unknown calendar 'ofice': did you mean 'office'?",
        "[0].steps[1].before: before is '3bd': expected hours, such as '4h'",
        "[0].steps[1].every: every '1d' has no fixed length",
        "[0].steps[1].limit: limit is 1: expected how often in all, 2 or more",
        "[0].steps[1].tell: found 'person'; expected a list of recipients",
        "[0].steps[1].name: 'a' stands there already",
        "[1]: the ladder 'hurry' has no steps: expected at least one",
        "[1].name: 'hurry' stands there already",
        "[2].steps[0]: the step 'b' waits for silence and bounces: expected one of share, before",
        "[3]: found 7; expected a table with name, clock, when and steps",
    ):
        assert place in found


def test_what_no_file_can_say_is_refused() -> None:
    unnamed = Escalation("a", [Step("b", bounces=1, tell="group", hours=always - OFFICE)])
    with pytest.raises(InvalidValue, match=r"the hours of a step are .*: expected one of"):
        escalations_to_dict([unnamed], CALENDARS)
    quick = Escalation("a", [Step("b", silence=timedelta(microseconds=5), tell="group")])
    with pytest.raises(InvalidValue, match=r"cannot say .*: expected whole seconds"):
        escalations_to_dict([quick], CALENDARS)
