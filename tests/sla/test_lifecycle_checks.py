"""P3: what is wrong with a lifecycle is found before it is used."""

from __future__ import annotations

import pytest

from servicecore.errors import InvalidValue
from servicecore.lifecycle.guards import GUARDS as KNOWN
from servicecore.sla import PolicyBook
from servicecore.sla.checks import check
from servicecore.sla.statuses import DEFAULT_LIFECYCLE, GUARDS, Lifecycle, Transition


def said(lifecycle: Lifecycle) -> list[str]:
    found = check(PolicyBook.of(lifecycle=lifecycle))
    return [str(finding) for finding in found if finding.path[:1] == ("lifecycle",)]


def test_the_default_one_is_all_right() -> None:
    assert said(DEFAULT_LIFECYCLE) == []
    assert set(GUARDS) == set(KNOWN), "what may be named is what is known"


def test_a_guard_nobody_knows_is_found() -> None:
    """A name in a file that no function goes by would be refused only when a command comes."""
    slip = Transition("closed", ["new"], "closed", ["aproval given"])
    (found,) = said(DEFAULT_LIFECYCLE.extended(slip))
    assert found == (
        "warning: lifecycle.transitions[11].guards: no guard is called 'aproval given'; "
        "did you mean 'approval given'?"
    )
    own = Transition("closed", ["new"], "closed", ["signed"])
    assert said(DEFAULT_LIFECYCLE.extended(own, signed=lambda _situation, _event: "")) == []


def test_a_status_nobody_reaches_is_found() -> None:
    """Also where two statuses lead to one another only."""
    island = [
        Transition("status changed", ["on hold"], "on ice"),
        Transition("status changed", ["on ice"], "on hold"),
    ]
    assert said(DEFAULT_LIFECYCLE.extended(*island)) == [
        "warning: lifecycle: nothing leads to 'on hold'; no request will ever be in it",
        "warning: lifecycle: nothing leads to 'on ice'; no request will ever be in it",
    ]
    anywhere = Transition("status changed", ["*"], "on hold")
    assert said(DEFAULT_LIFECYCLE.extended(*island, anywhere)) == []


def test_a_transition_that_stands_there_already_is_found() -> None:
    twice = DEFAULT_LIFECYCLE.transitions[6]
    (found,) = said(DEFAULT_LIFECYCLE.extended(twice))
    assert "stands there already" in found


def test_a_status_to_work_in_that_nothing_names_as_a_source_is_found() -> None:
    """ "*" does not lead away from final statuses, and such a one is final."""
    hold = Transition("status changed", ["in progress"], "on hold")
    anywhere = Transition("cancelled", ["*"], "cancelled")
    assert said(DEFAULT_LIFECYCLE.extended(hold)) == []
    assert said(DEFAULT_LIFECYCLE.extended(anywhere)) == [], "cancelled is meant to be final"
    assert said(DEFAULT_LIFECYCLE.extended(hold, anywhere)) == [
        "warning: lifecycle: 'on hold' is final: none names it as a source, and '*' does not"
    ]


def test_any_status_stands_alone() -> None:
    with pytest.raises(
        InvalidValue, match=r"sources are \('new', '\*'\): expected names, or '\*' "
    ):
        Transition("closed", ["new", "*"], "closed")


@pytest.mark.parametrize("what", ["first", "working", "waiting"])
def test_what_goes_on_is_not_final(what: str) -> None:
    """Otherwise a request would be over where it is to begin, to be worked on, or to wait."""
    ways = [
        Transition("status changed", ["a"], "b"),
        Transition("status changed", ["b"], "c"),
        Transition("closed", ["*"], "c"),
    ]
    sound = {"first": "a", "working": "b", "waiting": ""}
    assert Lifecycle(transitions=ways, **sound).finals == {"c"}  # type: ignore[arg-type]  # the tests know
    with pytest.raises(InvalidValue, match=f"{what} is 'c', which is final: expected a status"):
        Lifecycle(transitions=ways, **{**sound, what: "c"})  # type: ignore[arg-type]  # the tests know
