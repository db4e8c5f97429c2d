"""Ladders and steps as data: what they refuse, what they say, and what is found in them (P3)."""

from __future__ import annotations

import pickle
from fractions import Fraction
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecore.catalogue import Catalogue, Service
from servicecore.errors import InvalidValue
from servicecore.instants import HOUR
from servicecore.requests import Request
from servicecore.sla import Calendar, Policy, PolicyBook, Target, always
from servicecore.sla.escalation import Escalation, Step, percent
from servicecore.sla.escalation_checks import findings_of_escalations
from servicecore.sla.layers import Layer
from servicecore.sla.recipients import recipient_of
from servicecore.sla.rota import Rota

WARN = Step("warn", share="75%", tell="person")


@given(st.integers(1, 10**5), st.sampled_from([1, 2, 4, 5, 8, 10, 100]))
def test_a_share_is_what_is_written(number: int, parts: int) -> None:
    """E1: exactly, so that a tenth of an hour is six minutes; percent reads back."""
    share = Fraction(number, parts) / 1000
    step = Step("any", share=float(share), tell="person")
    assert step.share == share
    assert Step("any", share=percent(share), tell="person") == step


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({}, "waits for nothing: expected one of share, before, after"),
        ({"share": 0.5, "after": "1h"}, "waits for share and after"),
        ({"share": 0}, "share is 0: expected more than 0"),
        ({"share": True}, "share is True"),
        ({"share": "half"}, "share is 'half'"),
        ({"share": float("nan")}, "share is nan"),
        ({"before": "-1h"}, "before is '-1h': expected zero or more"),
        ({"before": "3bd"}, "before is '3bd': expected hours, such as '4h'"),
        ({"silence": "0m"}, "silence is '0m': expected more than zero"),
        ({"unassigned": 7}, "unassigned is 7: expected a timedelta or text"),
        ({"bounces": 0}, "bounces is 0: expected a whole number, 1 or more"),
        ({"reopened": 1.5}, "reopened is 1.5: expected a whole number"),
        ({"gap": "low"}, "gap is 'low': expected a number"),
        ({"bounces": 1, "every": "1h"}, "every and limit belong together"),
        ({"bounces": 1, "limit": 2}, "every and limit belong together"),
        ({"bounces": 1, "every": "1h", "limit": 1}, "limit is 1: expected how often in all"),
        ({"bounces": 1, "time": "night"}, "time is 'night': expected 'business' or 'wall'"),
        ({"bounces": 1, "hours": "office"}, "hours is 'office': expected a Calendar"),
        ({"bounces": 1, "tell": 7}, "tell is 7: expected a list of recipients"),
        ({"bounces": 1, "tell": ["boss"]}, "nobody is meant by 'boss'"),
        ({"bounces": 1, "tell": ()}, "does nothing: expected tell, assign or priority"),
        ({"bounces": 1, "assign": 7}, "assign is 7: expected a name"),
        ({"bounces": 1, "name": "a/b"}, "found the name 'a/b': expected text without '/'"),
        ({"bounces": 1, "name": " "}, "found the name ' '"),
    ],
)
def test_what_is_no_step_is_refused(options: dict[str, Any], problem: str) -> None:
    with pytest.raises(InvalidValue, match=problem.replace("(", r"\(")):
        Step(**{"name": "any", "tell": "person", **options})


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"steps": []}, "the ladder 'any' has no steps: expected at least one"),
        ({"steps": [WARN, WARN]}, "two steps are named 'warn'"),
        ({"steps": [7]}, "found 7; expected each to be a Step"),
        ({"clock": ""}, "waits for share on a ladder with no clock: expected one of silence"),
        ({"steps": [Step("b", bounces=1, tell="group")], "clock": "update"},
         "waits for bounces on a ladder with the clock 'update': expected one of share"),
        ({"steps": [WARN, Step("b", bounces=1, tell="group")]}, "waits for bounces"),
        ({"clock": 7}, "clock is 7"),
        ({"when": 7}, "when is 7: expected a table"),
        ({"name": ""}, "found the name ''"),
    ],
)  # fmt: skip
def test_what_is_no_ladder_is_refused(fields: dict[str, Any], problem: str) -> None:
    with pytest.raises(InvalidValue, match=problem):
        Escalation(**{"name": "any", "steps": [WARN], **fields})


@pytest.mark.parametrize("words", ["role", "role:", "person: ann", "boss", "", "custodain", 7])
def test_nobody_is_meant_by_other_words(words: object) -> None:
    with pytest.raises(InvalidValue, match="nobody is meant by"):
        recipient_of(words)


def test_ladders_are_for_some_requests_and_are_pickled() -> None:
    ladder = Escalation("vip", [WARN], when={"customer": ["acme"]})
    assert ladder.matches(Request(id="R1", opened_at=0, customer="acme"))
    assert not ladder.matches(Request(id="R1", opened_at=0, customer="hooli"))
    assert pickle.loads(pickle.dumps(ladder)) == ladder  # noqa: S301  # our own
    book = PolicyBook.of(escalations=[ladder])
    assert pickle.loads(pickle.dumps(book)) == book  # noqa: S301  # our own
    with pytest.raises(InvalidValue, match="two escalations are named 'vip'"):
        PolicyBook.of(escalations=[ladder, ladder])


def test_the_hours_of_a_step_are_calendars_of_the_book() -> None:
    office = Calendar.from_dict({"timezone": "UTC", "hours": "mon-fri 09:00-17:00"}, "office")
    step = Step("late", after="0m", tell="group", hours=office)
    assert PolicyBook.of(escalations=[Escalation("hurry", [step])]).calendars == {"office": office}


# -- what is found ------------------------------------------------------------------------------


def book_of(*steps: Step, clock: str | None = None, **parts: Any) -> PolicyBook:
    ladder = Escalation("hurry", steps) if clock is None else Escalation("hurry", steps, clock)
    return PolicyBook.of(
        Policy("all", {"resolution": {"high": Target("4h"), "*": Target("8h")}}),
        escalations=[ladder], **parts,
    )  # fmt: skip


def found(book: PolicyBook, at: int | None = None) -> list[str]:
    return [str(finding) for finding in findings_of_escalations(book, at)]


def test_nothing_is_found_in_a_sound_ladder() -> None:
    steps = [
        Step("warn", before="2h", tell=["person", "role: manager"]),
        Step("more", share="90%", tell="group"),
        Step("late", after="0m", tell="rota: nights", priority="high"),
        Step("later", after="1h", tell="custodian"),
    ]
    nights = Rota("nights", "UTC", [Layer("all", ["cara"], "2020-01-05 09:00", "1 week")])
    catalogue = Catalogue([Service("mail", custodian="post office")])
    book = book_of(*steps, rotas={"nights": nights}, catalogue=catalogue)
    assert found(book, 56 * 365 * 24 * HOUR) == []


@pytest.mark.parametrize(
    ("step", "problem"),
    [
        (Step("a", share="50%", tell="rota: nigths"),
         "fault: escalations[0].steps[0].tell[0]: no rota of the book is 'nigths'; did you mean"),
        (Step("a", share="50%", tell="rota: nights"),
         "fault: escalations[0].steps[0].tell[0]: nobody is on call from "),
        (Step("a", share="50%", tell="custodian"),
         "warning: escalations[0].steps[0].tell[0]: the catalogue names no custodian of mail"),
        (Step("a", share="50%", tell="group", priority="hihg"),
         "fault: escalations[0].steps[0].priority: no priority of the book is 'hihg'; did you"),
        (Step("a", share="50%", tell="group", hours=always - always),
         "fault: escalations[0].steps[0].hours: they never open"),
        (Step("a", before="4h", tell="group"),
         "warning: escalations[0].steps[0].before: 4h is not less than the target, 4h of always"),
    ],
)  # fmt: skip
def test_a_step_that_waits_or_tells_in_vain(step: Step, problem: str) -> None:
    nights = Rota("nights", "UTC", [Layer("all", ["cara"], "1990-01-05 09:00", "1 week")])
    catalogue = Catalogue([Service("mail", business_owner="Eve")])
    (line,) = found(book_of(step, rotas={"nights": nights}, catalogue=catalogue), 0)
    assert line.startswith(problem)


@pytest.mark.parametrize(
    ("clock", "problem"),
    [
        ("resolutoin", "no clock of the book is 'resolutoin'; did you mean 'resolution'?"),
        ("update", "no policy has a target for the clock 'update': no step is ever due"),
    ],
)
def test_a_clock_that_nobody_owes(clock: str, problem: str) -> None:
    assert found(book_of(WARN, clock=clock)) == [f"fault: escalations[0].clock: {problem}"]


@pytest.mark.parametrize(
    ("below", "above"),
    [
        ({"share": "75%"}, {"share": "50%"}),
        ({"before": "1h"}, {"before": "2h"}),
        ({"after": "1h"}, {"after": "30m"}),
        ({"after": "0m"}, {"before": "1h"}),
        ({"share": 1}, {"share": 0.5}),
        ({"bounces": 3}, {"bounces": 2}),
        ({"gap": -2}, {"gap": -1}),
    ],
)
def test_steps_out_of_order(below: dict[str, Any], above: dict[str, Any]) -> None:
    first, second = Step("a", tell="group", **below), Step("b", tell="group", **above)
    expected = "warning: escalations[0].steps[1]: is due before 'a', which stands below it"
    assert found(book_of(first, second)) == [expected]
    assert found(book_of(second, first)) == []


def test_a_ladder_for_no_request() -> None:
    ladder = Escalation("none", [WARN], when={"priority": {"any": ["high"], "none": ["high"]}})
    (line,) = found(attrs.evolve(book_of(WARN), escalations=[ladder]))
    assert line.startswith("fault: escalations[0].when.priority: priority cannot be 'high' and not")


@pytest.mark.parametrize(
    ("when", "problem"),
    [
        ({"priority": {"all": ["high", "low"]}}, "fault: escalations[0].when.priority: priority c"),
        ({"priority": "hihg"}, "warning: escalations[0].when.priority: no priority of the book"),
    ],
)
def test_what_a_ladder_asks_for_in_vain(when: dict[str, Any], problem: str) -> None:
    """P3: as for policies, of single facts and of words that the book knows."""
    ladder = Escalation("none", [WARN], when=when)
    (line,) = found(attrs.evolve(book_of(WARN), escalations=[ladder]))
    assert line.startswith(problem)
