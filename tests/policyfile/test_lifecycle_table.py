"""The table ``lifecycle`` of a policy file: read, written back, and every fault said at once."""

from __future__ import annotations

import attrs
import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecore.errors import InvalidValue
from servicecore.faults import FaultyTable
from servicecore.instants import Days
from servicecore.policyfile import policies_from_dict, policies_schema, policies_to_dict
from servicecore.sla import Calendar, PolicyBook, Target
from servicecore.sla.statuses import (
    DEFAULT_LIFECYCLE,
    TRANSITION_EVENTS,
    Lifecycle,
    Transition,
)

OFFICE = Calendar.from_dict({"timezone": "Europe/Berlin", "hours": {"mon-fri": "09:00-17:00"}})
SCHEMA = jsonschema.Draft7Validator(policies_schema())

names = st.sampled_from(["new", "in progress", "waiting for customer", "in review", "done", "no"])
times = st.sampled_from(
    [None, Target("120h"), Target(Days(5, until="close"), OFFICE), Target("8h", OFFICE)]
)


@st.composite
def transitions(draw):
    after = draw(times)
    return Transition(
        draw(st.sampled_from(TRANSITION_EVENTS)),
        draw(st.lists(names, min_size=1, max_size=3, unique=True)),
        draw(names),
        draw(st.lists(st.sampled_from(["approval given", "signed"]), max_size=2, unique=True)),
        after=after,
        until=after is None and draw(st.booleans()),
    )


@st.composite
def lifecycles(draw):
    """Lifecycles that add to the default one, leave some of it out, or have nothing of it."""
    base = draw(
        st.sampled_from([
            DEFAULT_LIFECYCLE,
            DEFAULT_LIFECYCLE.without("scheduled"),
            Lifecycle(transitions=[
                Transition("status changed", ["new"], "in progress"),
                Transition("closed", ["in progress"], "done"),
            ]),
            Lifecycle(
                transitions=[Transition("closed", ["draft"], "sent")],
                first="draft",
                working="draft",
            ),
        ])
    )  # fmt: skip
    extended = base.extended(*draw(st.lists(transitions(), max_size=4)))
    return attrs.evolve(
        extended,
        working=draw(
            st.sampled_from(
                [status for status in extended.statuses if not extended.is_final(status)]
            )
        ),
        reopen_on_reply=draw(st.booleans()),
    )


@given(lifecycles())
def test_what_is_written_is_read_back(lifecycle: Lifecycle) -> None:
    """A file says the whole lifecycle; the schema agrees with what the loader accepts."""
    book = PolicyBook.of(lifecycle=lifecycle)
    table = policies_to_dict(book)
    assert policies_from_dict(table).lifecycle == lifecycle
    SCHEMA.validate(table)
    assert ("lifecycle" in table) == (lifecycle != DEFAULT_LIFECYCLE)


def test_the_usual_one_is_added_to_or_cut() -> None:
    """What is not said is as it is by default."""
    table = {
        "policies": [],
        "lifecycle": {
            "without": ["waiting for third party"],
            "reopen_on_reply": True,
            "transitions": [{"event": "closed", "from": ["resolved"], "to": "closed",
                             "after": {"within": "3bd", "calendar": "office"}}],
        },
        "calendars": {"office": {"timezone": "Europe/Berlin", "hours": {"mon-fri": "09:00-17:00"}}},
    }  # fmt: skip
    lifecycle = policies_from_dict(table).lifecycle
    assert "waiting for third party" not in lifecycle.statuses
    assert lifecycle.reopen_on_reply
    assert lifecycle.transitions[-1].after == Target(Days(3), OFFICE)
    assert lifecycle.first == "new"


def test_everything_wrong_is_said_at_once() -> None:
    table = {
        "policies": [],
        "lifecycle": {
            "reopen_on_reply": "no",
            "transitions": [
                {"event": "solved", "from": ["new"], "to": "done"},
                {"event": "closed", "from": [], "after": "2d"},
            ],
        },
    }
    with pytest.raises(FaultyTable) as refused:
        policies_from_dict(table)
    places = {".".join(map(str, fault.path)) for fault in refused.value.faults}
    assert places == {
        "lifecycle.reopen_on_reply",
        "lifecycle.transitions.0.event",
        "lifecycle.transitions.1.to",
        "lifecycle.transitions.1.after",
    }


@pytest.mark.parametrize(
    ("lifecycle", "said"),
    [
        ({"replace": True, "without": ["new"]}, "lifecycle.without: means nothing with replace"),
        ({"without": ["shelved"]}, "unknown status 'shelved'"),
        ({"working": "at work"}, "unknown status 'at work'"),
        ({"first": "draft"}, "nothing leads from 'draft'"),
        ({"transitions": [{"event": "closed", "from": ["resolved"], "to": "closed",
                           "until": True, "after": "1h"}]}, "not both"),
    ],
)  # fmt: skip
def test_what_makes_no_lifecycle_is_refused(lifecycle: dict[str, object], said: str) -> None:
    with pytest.raises(FaultyTable, match=said):
        policies_from_dict({"policies": [], "lifecycle": lifecycle})


def test_a_guard_of_a_host_cannot_be_written() -> None:
    """It is a function; nothing is lost silently."""
    guarded = DEFAULT_LIFECYCLE.extended(signed=lambda _situation, _event: "")
    with pytest.raises(InvalidValue, match="cannot say the guard 'signed'"):
        policies_to_dict(PolicyBook.of(lifecycle=guarded))
