"""The plugin on a desk: what it decides, what it objects to, and that a replay needs it no more."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import pytest
from servicecore.desk import Desk
from servicecore.errors import TransitionRefused
from servicecore.lifecycle.commands import Assign, Open, Resolve
from servicecore.lifecycle.events import Actor, Assigned, Event
from servicecore.requests import Fact
from servicecore.sla import Escalation, Step

from servicecore_teamboard.plugin import HOURS
from tests.kit import BOOK, OFFICE, SetClock, desk_with, teamboard

TO_NETWORK = Escalation("over", [Step("give", share="50%", tell=["group"], assign="network")])


def open_(desk: Desk, request: str, **facts: Fact) -> None:
    """Open a request."""
    desk.submit(Open(id=f"open {request}", request=request, facts=facts))


def history(desk: Desk, request: str = "R1") -> Sequence[Event]:
    """All that happened to a request."""
    with desk.reading() as tx:
        return tx.read(desk.shard, request).events


def owner(desk: Desk, request: str) -> tuple[str | None, str | None]:
    """The group and the person that a request belongs to."""
    found = desk.situation(request).ownership
    return found.group, found.person


class TestAssigning:
    def test_goes_by_skill_and_says_who_decided(self) -> None:
        desk = desk_with(teamboard())
        open_(desk, "R1", service="vpn")
        (_, assigned) = history(desk)
        assert isinstance(assigned, Assigned)
        assert (assigned.group, assigned.person) == ("network", "cy")
        assert assigned.actor == Actor("teamboard")

    def test_goes_by_what_everybody_has_to_do(self) -> None:
        desk = desk_with(teamboard())
        for number in range(6):
            open_(desk, f"R{number}", service="mail")
        people = [owner(desk, f"R{number}")[1] for number in range(6)]
        assert people == ["ann", "bo", "ann", "ann", "bo", "ann"]
        desk.handle(Resolve(id="done", request="R1"))
        open_(desk, "R6", service="mail")
        assert owner(desk, "R6") == ("mail", "bo")

    def test_stays_in_the_group_that_has_it(self) -> None:
        desk = desk_with(teamboard())
        open_(desk, "R1", service="mail", group="network")
        assert owner(desk, "R1") == ("network", None)  # nobody there knows it
        open_(desk, "R2", tags=frozenset({"vpn"}), group="network")
        assert owner(desk, "R2") == ("network", "cy")

    def test_leaves_what_nobody_knows_to_others(self) -> None:
        desk = desk_with(teamboard())
        open_(desk, "R1", service="payroll")
        assert owner(desk, "R1") == (None, None)

    def test_is_asked_when_an_escalation_gives_it_away(self) -> None:
        clock = SetClock()
        desk = desk_with(teamboard(), clock=clock)
        desk = attrs.evolve(desk, book=attrs.evolve(desk.book, escalations=[TO_NETWORK]))
        open_(desk, "R1", service="vpn", group="mail")
        clock.go_on(hours=2)
        desk.tick()
        assert owner(desk, "R1") == ("network", "cy")


class TestObjecting:
    def test_nobody_is_given_anything_on_leave(self) -> None:
        desk = desk_with(teamboard())
        open_(desk, "R1", service="vpn")
        with pytest.raises(TransitionRefused, match="teamboard objects: dee is on leave"):
            desk.handle(Assign(id="c2", request="R1", person="dee"))
        with pytest.raises(TransitionRefused, match="dee is on leave"):
            open_(desk, "R2", person="dee")
        assert owner(desk, "R1") == ("network", "cy")
        assert len(desk.find().heads) == 1


class TestRegistering:
    def test_the_hours_of_the_team_are_a_calendar(self) -> None:
        desk = desk_with(teamboard())
        assert desk.calendar(HOURS) == OFFICE.named(HOURS)

    def test_chores_are_owed_in_five_working_days(self) -> None:
        desk = desk_with(teamboard())
        open_(desk, "R1", service="mail", tags=frozenset({"chore"}))
        open_(desk, "R2", service="mail")
        assert [desk.situation(each).policy for each in ("R1", "R2")] == [
            "teamboard: chores",
            "all",
        ]
        reading = desk.situation("R1").reading("resolution")
        assert reading is not None
        assert reading.due_at == OFFICE.add_days(desk.clock(), 5, until="close")


class TestReplaying:
    """What a plugin decided is an event like any other."""

    @pytest.fixture
    def desk(self) -> Desk:
        clock = SetClock()
        desk = desk_with(teamboard(), clock=clock)
        desk = attrs.evolve(desk, book=attrs.evolve(desk.book, escalations=[TO_NETWORK]))
        open_(desk, "R1", service="vpn", group="mail")
        open_(desk, "R2", service="mail")
        open_(desk, "R3", service="mail", tags=frozenset({"chore"}))
        desk.handle(Resolve(id="c4", request="R2"))
        clock.go_on(hours=3)
        desk.tick()
        return desk

    def test_without_the_plugin_gives_the_same_situation(self, desk: Desk) -> None:
        elsewhere = Desk(desk.store, desk.book, clock=desk.clock)  # it has no plugins
        for request in ("R1", "R2", "R3"):
            assert elsewhere.situation(request) == desk.situation(request)
        assert [owner(elsewhere, request)[1] for request in ("R1", "R2", "R3")] == [
            "cy", "ann", "bo",
        ]  # fmt: skip

    def test_without_its_policies_too_changes_what_chores_are_owed(self, desk: Desk) -> None:
        own = attrs.evolve(BOOK, escalations=[TO_NETWORK])
        elsewhere = Desk(desk.store, own, clock=desk.clock)
        for request in ("R1", "R2", "R3"):
            here, there = desk.situation(request), elsewhere.situation(request)
            assert there.history == here.history
            assert (there.status, there.ownership) == (here.status, here.ownership)
            same = (there.policy, there.readings) == (here.policy, here.readings)
            assert same == (request != "R3")
