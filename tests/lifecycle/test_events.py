"""Events: the closed set, their envelope, and what they refuse (R9, T3)."""

from __future__ import annotations

import pickle
from collections.abc import Iterator, Mapping
from contextlib import suppress
from copy import deepcopy
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecore.errors import InvalidValue, ServiceCoreError
from servicecore.lifecycle.events import EVENTS, Actor, Event, Replied, Side, in_order
from tests.lifecycle.strategies_fold import NINE, at, histories
from tests.oracle.strategies import at_most

FIELDS: Mapping[str, Mapping[str, Any]] = {
    "Opened": {"facts": {"customer": "acme"}},
    "FactsChanged": {"facts": {"customer": "acme"}},
    "Prioritised": {"priority": "high", "impact": "high", "urgency": "low", "reason": "ask"},
    "PolicyApplied": {"policy": "gold"},
    "Assigned": {"group": "network", "person": "bo"},
    "StatusChanged": {"status": "scheduled", "until": at(4), "waiting_on": "isp"},
    "Replied": {"channel": "phone", "actor": Actor("ann", "customer")},  # type: ignore[arg-type]  # by its name
    "Restored": {},
    "Resolved": {"reason": "replaced"},
    "Reopened": {},
    "Closed": {},
    "Cancelled": {},
    "MergedInto": {"target": "R2"},
    "Absorbed": {"source": "R2"},
    "SplitFrom": {"parent": "R0", "used": {"resolution": 5}},
    "Linked": {"kind": "related", "other": "R2"},
    "Unlinked": {"kind": "related", "other": "R2"},
    "PromiseMade": {"promise": "1", "due_at": at(4)},
    "PromiseRenegotiated": {"promise": "1", "due_at": at(4)},
    "PromiseFulfilled": {"promise": "1"},
    "PromiseWithdrawn": {"promise": "1"},
    "Reported": {"done": "looked", "next_due_at": at(4)},
    "OptionsOffered": {"options": ["wait", "replace"], "recommendation": "wait"},
    "OptionChosen": {"option": "wait"},
    "ApprovalRequested": {"approver": "eve"},
    "ApprovalDecided": {"granted": True},
    "OverrideStarted": {"override": "siege", "reason": "no sale", "until": at(4)},
    "OverrideEnded": {"override": "siege"},
    "StepRecorded": {"step": "R1/resolution/0/ladder/first/0", "due_at": at(4), "told": ["bo"]},
    "EscalationAcknowledged": {"clock": "resolution", "cycle": 0, "ladder": "usual"},
    "ExpectationStated": {"expectation": 4.0},
    "FollowedUp": {"outcome": "all is well"},
    "SurveyInvited": {"survey": "s"},
    "SurveyAnswered": {"survey": "s", "expectation": 4, "answers": {"again?": None}},
    "DefectionNoted": {"kind": "workaround"},
    "CauseReviewed": {"systems": ["switch"], "actions": ["second power supply"]},
    "DecisionFailed": {"plugin": "p", "hook": "assign"},
    "NoticeUndelivered": {"notice": "n1"},
}
"""What one of each event says."""


def made(name: str, **fields: Any) -> Event:
    return EVENTS[name](**{"request": "R1", "occurred_at": NINE, **FIELDS[name], **fields})


def test_the_list_is_closed() -> None:
    """R9: what is on it, and every one of it has its example here."""
    assert list(FIELDS) == list(EVENTS)
    assert {each.__name__ for each in Event.__subclasses__()} == set(EVENTS)


@pytest.mark.parametrize("name", EVENTS)
def test_an_event_is_a_value(name: str) -> None:
    """R9: equal to its copies, frozen, and told by its envelope."""
    event = made(name, sequence=3, id="e1", cause="e0")
    assert made(name, sequence=3, id="e1", cause="e0") == event
    assert deepcopy(event) == event
    assert pickle.loads(pickle.dumps(event)) == event  # noqa: S301  # our own
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        event.request = "R2"  # type: ignore[misc]  # wrong on purpose
    assert (event.occurred_at, event.recorded_at) == (NINE, NINE)
    assert made(name, recorded_at=at(9)).recorded_at == at(9)


WRONG: Mapping[str, tuple[Any, ...]] = {
    "str": (None, 5, b"x", ["x"]),
    "str | None": (5, b"x", ["x"]),
    "bool": (None, "no", 1),
    "int": (None, "1", 1.5, True),
    "float": (None, "4", True),
    "float | None": ("4", True),
    "tuple[str, ...]": (None, "bo", [5], 5),
    "Side": (None, "them", 5),
    "Actor | None": ("bo", 5),
    "Mapping[str, Fact]": (
        None,
        "x",
        [("a", 1)],
        {5: "x"},
        {"a": ["x"]},
        {"a": {}},
        {"a": frozenset({5})},
    ),
    "Mapping[str, int]": (None, "x", {"resolution": "2h"}, {"resolution": -1}),
    "Mapping[str, float | str | None]": (None, "x", {"q": []}, {5: "a"}),
}
"""What is refused, by how a field is declared; instants are below."""

INSTANTS = {"occurred", "recorded", "due", "next_due", "until"}


def slips(name: str) -> Iterator[tuple[str, Any]]:
    """Every field of an event with everything that it should refuse."""
    for each in attrs.fields(EVENTS[name]):
        if each.name in INSTANTS:
            values: tuple[Any, ...] = ("nine", 1.5, NINE.replace(tzinfo=None))
        else:
            values = WRONG[str(each.type)]
        for value in values:
            yield each.alias or each.name, value


@pytest.mark.parametrize("name", EVENTS)
def test_what_is_of_another_type_is_refused_by_name(name: str) -> None:
    """R9: where it is made, not where it is stumbled over."""
    for slip, value in slips(name):
        with pytest.raises(InvalidValue, match=rf"\b{slip}\b"):
            made(name, **{slip: value})


@pytest.mark.parametrize(
    ("name", "fields", "message"),
    [
        ("PromiseMade", {"kind": "gift"}, "kind is 'gift': expected 'delivery' or 'checkpoint'"),
        ("PromiseMade", {"basis": "hope"}, "basis is 'hope': expected 'agreement' or 'plan'"),
        ("OptionsOffered", {"options": []}, "options are none"),
        ("OptionsOffered", {"recommendation": "buy"}, "recommendation is 'buy': expected one of"),
        ("OverrideStarted", {"reason": " "}, "the override 'siege' has no reason: expected why"),
        ("CauseReviewed", {"actor": Actor("bo")}, "a cause review names 'bo': expected no person"),
        ("Replied", {"actor": "ann"}, "actor is 'ann': expected an Actor or None"),
        ("Opened", {"request": 5}, "request is 5: expected text"),
        ("Opened", {"facts": {"priority": ["x"]}}, r"facts: priority is \['x'\]: expected text, a"),
        ("Closed", {"sequence": "1"}, "sequence is '1': expected a whole number"),
        ("Assigned", {"group": 5}, "group is 5: expected text or None"),
    ],
)
def test_what_makes_no_sense_is_said(name: str, fields: Any, message: str) -> None:
    """R9: each with what was expected."""
    with pytest.raises(InvalidValue, match=message):
        made(name, **fields)


@pytest.mark.parametrize(
    ("name", "field", "table"),
    [
        ("Opened", "facts", {"customer": "acme"}),
        ("FactsChanged", "facts", {"customer": "acme"}),
        ("SplitFrom", "used", {"resolution": 5}),
        ("SurveyAnswered", "answers", {"again?": "yes"}),
    ],
)
def test_a_table_is_a_copy_that_the_caller_cannot_change(name: str, field: str, table: Any) -> None:
    """R9: what happened stays what it was."""
    given_ = dict(table)
    event = made(name, **{field: given_})
    given_["more"] = 7
    assert getattr(event, field) == table


@pytest.mark.parametrize("side", ["them", None, 3])
def test_an_actor_acts_on_a_side(side: Any) -> None:
    """R9: the customer's, the desk's or a supplier's."""
    with pytest.raises(InvalidValue, match="side is"):
        Actor("bo", side)
    nobody: Any = None
    with pytest.raises(InvalidValue, match="party is None"):
        Actor(nobody)
    assert Actor("bo", "supplier").side is Side.SUPPLIER  # type: ignore[arg-type]  # by its name


def test_nobody_named_is_the_desk() -> None:
    """R9: an event without an actor was ours."""
    assert Replied(request="R1", occurred_at=NINE).side is Side.DESK


def test_instants_are_shown_in_utc() -> None:
    """T1: what is kept in microseconds."""
    assert made("PromiseMade").due_at == at(4)  # type: ignore[attr-defined]  # its name says what it is
    assert made("PromiseRenegotiated").due_at == at(4)  # type: ignore[attr-defined]  # its name says what it is
    assert made("StepRecorded").due_at == at(4)  # type: ignore[attr-defined]  # its name says what it is
    assert made("Reported").next_due_at == at(4)  # type: ignore[attr-defined]  # its name says what it is
    assert made("Reported", next_due_at=None).next_due_at is None  # type: ignore[attr-defined]  # its name says what it is
    for name in ("OverrideStarted", "StatusChanged"):
        assert made(name).until_at == at(4)  # type: ignore[attr-defined]  # its name says what it is
        assert made(name, until=None).until_at is None  # type: ignore[attr-defined]  # its name says what it is


@given(histories(), st.randoms())
@at_most(50)
def test_the_order_is_that_of_instants_and_sequences(history: list[Event], random: Any) -> None:
    """T3: however they were written down."""
    written = list(history)
    random.shuffle(written)
    assert list(in_order(written)) == history


anything = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3) | st.just([[]])
)


@given(st.sampled_from(list(EVENTS)), st.data())
@at_most(200)
def test_nothing_but_our_errors_gets_out(name: str, data: st.DataObject) -> None:
    """R9: whatever is put in a field."""
    fields = attrs.fields_dict(EVENTS[name])
    slip = data.draw(st.sampled_from([each.alias or key for key, each in fields.items()]))
    with suppress(ServiceCoreError):
        made(name, **{slip: data.draw(anything)})
