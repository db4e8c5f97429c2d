"""Writing the events of a command: their ids, their instants and who did it (R2, T3)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import attrs
from attrs import frozen

from servicecore.errors import InvalidValue
from servicecore.instants import as_instant
from servicecore.lifecycle.commands import Command
from servicecore.lifecycle.events import Actor, Event
from servicecore.lifecycle.situation import Situation
from servicecore.sla.years import shown


@frozen
class Pen:
    """What all events of one command have in common; instants in microseconds.

    They happen at `occurred` and are written down at `recorded`. Their ids are the command's with a
    number, so that the same command gives the same ids.
    """

    command: str
    request: str
    actor: Actor | None
    occurred: int
    recorded: int
    sequence: int = 0

    def write(
        self, kind: type[Event], said: Mapping[str, object], number: int, cause: str = ""
    ) -> Event:
        """The event of that number, and what brought it about."""
        return kind(
            id=f"{self.command}/{number}",
            request=self.request,
            occurred_at=self.occurred,
            recorded_at=self.recorded,
            sequence=self.sequence,
            actor=self.actor,
            cause=cause,
            **said,
        )

    @property
    def late(self) -> bool:
        """Whether it is written down later than it happened."""
        return self.recorded != self.occurred


def pen_for(command: Command, at: datetime | int) -> Pen:
    """The pen of a command that is recorded at an instant.

    Raises `InvalidValue` where it happens after that.
    """
    recorded = as_instant(at)
    occurred = recorded if command.occurred is None else command.occurred
    if occurred > recorded:
        raise InvalidValue(
            f"occurred_at is {shown(occurred)}, after {shown(recorded)}, when it is recorded: "
            "expected an instant that has come"
        )
    return Pen(command.id, command.request, command.actor, occurred, recorded)


def pen_on(situation: Situation, pen: Pen) -> Pen:
    """The pen for a request, behind all that happened in its instant.

    Raises `InvalidValue` where the situation is of another request, or of another instant than the
    one at which the command occurs.
    """
    check_situation(situation, pen.request, pen.occurred)
    last = situation.history.last
    return attrs.evolve(pen, sequence=last.sequence if last.occurred == pen.occurred else 0)


def check_situation(situation: object, request: str, occurred: int) -> None:
    """Refuse what is no situation of that request at that instant."""
    if not isinstance(situation, Situation):
        raise InvalidValue(f"situation is {situation!r}: expected that of {request}")
    if situation.state.id != request:
        raise InvalidValue(f"the situation is of {situation.state.id!r}: expected {request!r}")
    if situation.instant != occurred:
        raise InvalidValue(
            f"the situation is of {shown(situation.instant)}: expected that of {shown(occurred)}, "
            "when the command occurs"
        )
