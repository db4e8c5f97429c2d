"""The plugin: every hook that a team and its board have a use for, and no other."""

from __future__ import annotations

import os
from collections.abc import Sequence

from attrs import field, frozen
from servicecore import Calendar
from servicecore.errors import InvalidValue
from servicecore.hookspecs import Assignment, Hooks, Registry, hookimpl
from servicecore.instants import DateTime, Days
from servicecore.lifecycle.events import Event
from servicecore.lifecycle.situation import Situation
from servicecore.notices import Contact, Notice
from servicecore.sla import Policy, Target, always
from servicecore.stores import Entry, Workload

from servicecore_teamboard.board import Board
from servicecore_teamboard.cards import card_of, given_to
from servicecore_teamboard.people import Person, as_people, load_team
from servicecore_teamboard.routing import fittest

NAME = "teamboard"
HOURS = "teamboard: hours"
"""Names begin with that of the plugin: one that another plugin has already cannot be added."""


@frozen(eq=False)
class TeamBoard(Hooks):
    """Gives requests to people by skill and load; tells their board, if there is one.

    A host that makes it itself gives it the people; `Installed` is what the environment says.
    """

    people: tuple[Person, ...] = field(converter=as_people)
    hours: Calendar = field(default=always, kw_only=True)
    board: Board | None = field(default=None, kw_only=True)

    @hookimpl
    def servicecore_register(self, registry: Registry) -> None:
        """Add the hours of the team, what chores are owed on them, and the board as a channel."""
        hours = self.hours.named(HOURS)
        registry.add_calendar(HOURS, hours)
        registry.add_policies(NAME, [chores_on(hours)])
        if self.board is not None:
            registry.add_channel(NAME, self.board, timeout="20s")

    @hookimpl
    def servicecore_assign(
        self, situation: Situation, load: Workload, at: DateTime
    ) -> Assignment | None:
        """Decide: who of the group knows it and has the least to do. Others, if nobody does."""
        found = fittest(self.people, situation.request, situation.ownership.group, load)
        return None if found is None else Assignment(found.group, found.name)

    @hookimpl
    def servicecore_object_to(
        self, situation: Situation, events: Sequence[Event], at: DateTime
    ) -> Sequence[str]:
        """Object: nobody gives a request to somebody who is on leave."""
        on_leave = {person.name for person in self.people if not person.capacity}
        given = [given_to(event)[1] for event in events]
        return [f"{person} is on leave" for person in given if person in on_leave]

    @hookimpl
    def servicecore_reach(self, notice: Notice, at: DateTime) -> Sequence[Contact] | None:
        """Say how a group of the team is told: on the board, and in the hours of the team."""
        groups = {person.group for person in self.people}
        if self.board is None or notice.kind != "group" or notice.name not in groups:
            return None
        return [Contact(channel=NAME, address=notice.name, hours=HOURS)]

    @hookimpl
    def servicecore_recorded(self, entry: Entry, at: DateTime) -> None:
        """Act, behind the write: what raises comes again, so nothing is lost."""
        card = card_of(entry)
        if self.board is not None and card is not None:
            self.board.tell(card)


class Installed(TeamBoard):
    """What the entry point names: the team and the board of the environment.

    TEAMBOARD is the path of the team's file, TEAMBOARD_URL and TEAMBOARD_TOKEN are the board's.
    """

    def __init__(self) -> None:
        team = load_team(_variable("TEAMBOARD"))
        board = Board(_variable("TEAMBOARD_URL"), _variable("TEAMBOARD_TOKEN"))
        super().__init__(team.people, hours=team.hours, board=board)


def _variable(name: str) -> str:
    if not (value := os.environ.get(name, "")):
        raise InvalidValue(f"the environment variable {name} is not set")
    return value


def chores_on(hours: Calendar) -> Policy:
    """What the team owes itself: five of its working days for whatever is tagged as a chore."""
    target = Target(Days(5, until="close"), hours)
    return Policy("teamboard: chores", {"resolution": target}, when={"tags": "chore"})
