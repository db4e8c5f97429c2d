"""The steps of escalations: how far a request is up each ladder, what is due, what is on record.

Everything here is a small frozen value; what is on record lies in a chain (E2-E4).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import attrs
from attrs import field, frozen

from servicecore.chains import Chain
from servicecore.instants import DateTime, to_datetime
from servicecore.lifecycle.events import EscalationAcknowledged, Event, StepRecorded
from servicecore.sla.escalation import Escalation

TOLD, SILENT, NOBODY, CUSTODIAN = "told", "silent", "nobody on duty", "custodian told"
"""What can come of a step."""

RECORD = "step: "
"""What the id of the event begins with that records a step; so its effects are known by it."""

Ladders = tuple[Escalation, ...]


def record_id(step: str) -> str:
    """The id of the event that records a step, out of the id of the step (E2)."""
    return f"{RECORD}{step}"


def is_caused_by_step(event: Event) -> bool:
    """Whether an event is what a step does besides telling."""
    return event.cause.startswith(RECORD)


class Place(NamedTuple):
    """Where a step stands: its ladder's position in the book, its own in it, and the round."""

    ladder: int
    step: int
    round: int


@frozen
class StepDue:
    """A step that is due, or was; `due` in microseconds.

    Its id is ``request/clock/cycle/ladder/step/round``: the same history gives the same ids. Cycles
    and rounds count from 0. `speaks` says whether it tells anybody: of the steps of one ladder that
    are due at the same instant, and of the rounds of one step, only the last does (E3).
    """

    request: str
    clock: str
    cycle: int
    ladder: str
    step: str
    due: int
    place: Place = field(repr=False)
    speaks: bool = True

    @property
    def round(self) -> int:
        """The how manieth time it is repeated; 0 for the first."""
        return self.place.round

    @property
    def id(self) -> str:
        """What it is recorded by, once."""
        parts = (self.request, self.clock, self.cycle, self.ladder, self.step, self.round)
        return "/".join(map(str, parts))

    @property
    def due_at(self) -> DateTime:
        """When it is due, in UTC."""
        return to_datetime(self.due)


@frozen
class StepTaken:
    """A step that is on record: the step as it was due, and the event that recorded it."""

    step: StepDue
    event: StepRecorded

    @property
    def told(self) -> tuple[str, ...]:
        """Who was told."""
        return self.event.told

    @property
    def outcome(self) -> str:
        """What came of it: ``"told"``, ``"silent"``, ``"nobody on duty"``, ``"custodian told"``."""
        return self.event.outcome


class Fired(NamedTuple):
    """How many rounds of a step have been due, and when the last of them was."""

    rounds: int = 0
    last: int = 0


class Acknowledgement(NamedTuple):
    """That somebody takes care of a cycle: of what comes before its due instant, or of all."""

    cycle: int
    late: bool


@frozen
class Climb:
    """How far a request is up one ladder in one cycle.

    `holds` is for ladders without a clock: whether one of their conditions holds still.
    """

    cycle: int
    fired: tuple[Fired, ...]
    holds: bool = True

    def after(self, position: int, due: int) -> Climb:
        """The climb when one more round of a step was due."""
        fired = list(self.fired)
        fired[position] = Fired(fired[position].rounds + 1, due)
        return Climb(self.cycle, tuple(fired), self.holds)


NO_CLIMBS: Mapping[str, Climb] = {}
NO_ACKNOWLEDGEMENTS: Mapping[str, Acknowledgement] = {}
NONE_TAKEN: Chain[StepTaken] = Chain()


@frozen
class Steps:
    """All steps of one request, by what has become of them.

    `climbs` and `acknowledged` are by the name of the ladder. `due` are the steps that nobody has
    recorded yet, in order; `unfounded` the records of steps that are not due as far as is known
    now, because of an event that was recorded later (E4).
    """

    climbs: Mapping[str, Climb] = NO_CLIMBS
    acknowledged: Mapping[str, Acknowledgement] = NO_ACKNOWLEDGEMENTS
    due: tuple[StepDue, ...] = ()
    taken: Chain[StepTaken] = NONE_TAKEN
    unfounded: tuple[StepRecorded, ...] = ()

    def climbing(self, ladder: str, climb: Climb) -> Steps:
        """The steps with a climb that is that far."""
        return attrs.evolve(self, climbs={**self.climbs, ladder: climb})

    def fallen_due(self, step: StepDue, ladders: Ladders) -> Steps:
        """The steps with one more that is due; or on record, if it is so already."""
        climbed = self._climbed(step)
        for record in self.unfounded:
            if record.step == step.id:
                left = tuple(each for each in self.unfounded if each is not record)
                return attrs.evolve(climbed, unfounded=left)._founded(step, record, ladders)
        due = sorted((*self.due, step), key=lambda each: (each.due, each.place))
        return attrs.evolve(climbed, due=tuple(due))

    def _climbed(self, step: StepDue) -> Steps:
        climb = self.climbs.get(step.ladder)
        if climb is None or climb.cycle != step.cycle:
            return self
        return self.climbing(step.ladder, climb.after(step.place.step, step.due))

    def recorded(self, event: StepRecorded, ladders: Ladders) -> Steps:
        """The steps when one is put on record, which is due or not."""
        for step in self.due:
            if step.id == event.step:
                left = tuple(each for each in self.due if each is not step)
                return attrs.evolve(self, due=left)._founded(step, event, ladders)
        return attrs.evolve(self, unfounded=(*self.unfounded, event))

    def _founded(self, step: StepDue, event: StepRecorded, ladders: Ladders) -> Steps:
        taken = attrs.evolve(self, taken=self.taken.add(StepTaken(step, event)))
        return taken._passed_on(step, ladders) if event.outcome == NOBODY else taken

    def _passed_on(self, step: StepDue, ladders: Ladders) -> Steps:
        """Nobody was on duty: the next step of the ladder is due at the same instant (E5)."""
        above = ladders[step.place.ladder].steps[step.place.step + 1 :]
        if not above:
            return self
        place = Place(step.place.ladder, step.place.step + 1, 0)
        following = attrs.evolve(step, step=above[0].name, place=place)
        known = (*self.due, *(taken.step for taken in self.taken))
        if any(each.id == following.id for each in known):
            return self
        return self.fallen_due(following, ladders)

    def acknowledging(self, event: EscalationAcknowledged, *, late: bool) -> Steps:
        """The steps when somebody takes care; what was taken care of stays so (E4)."""
        known = self.acknowledged.get(event.ladder)
        late = late or (known is not None and known == (event.cycle, True))
        acknowledged = Acknowledgement(event.cycle, late)
        return attrs.evolve(self, acknowledged={**self.acknowledged, event.ladder: acknowledged})

    def with_voices(self) -> tuple[StepDue, ...]:
        """The steps due, each with whether it tells anybody (E3)."""
        return tuple(
            attrs.evolve(step, speaks=False)
            if any(_speaks_for(other, step) for other in self.due)
            else step
            for step in self.due
        )


NO_STEPS = Steps()


def _speaks_for(other: StepDue, step: StepDue) -> bool:
    """Whether another step of the same ladder tells what this one would."""
    if (other.ladder, other.cycle) != (step.ladder, step.cycle) or other.place <= step.place:
        return False
    return other.due == step.due or other.step == step.step
