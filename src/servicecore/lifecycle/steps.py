"""The steps of escalations: how far a request is up each ladder, what is due, what is on record.

Everything here is a small frozen value; what is on record lies in a chain (E2-E4).
"""

from __future__ import annotations

from bisect import bisect_right
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
    def rung(self) -> tuple[str, int, str]:
        """What all its rounds have in common: the ladder, the cycle and the step."""
        return self.ladder, self.cycle, self.step

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
    """How many rounds of a step have been due, and when the last did by its own threshold."""

    rounds: int = 0
    last: int | None = None


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

    def before(self, position: int, limit: int) -> Climb:
        """The climb when a step was due once before its own threshold is reached (E5)."""
        fired = list(self.fired)
        fired[position] = Fired(min(fired[position].rounds + 1, limit), fired[position].last)
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
        climb = self.climbs.get(step.ladder)
        if climb is None or climb.cycle != step.cycle:
            return self._with(step, ladders)
        climbed = self.climbing(step.ladder, climb.after(step.place.step, step.due))
        return climbed._with(step, ladders)

    def _with(self, step: StepDue, ladders: Ladders) -> Steps:
        """The steps with one more, wherever its climb is."""
        for record in self.unfounded:
            if record.step == step.id:
                left = tuple(each for each in self.unfounded if each is not record)
                return attrs.evolve(self, unfounded=left)._founded(step, record, ladders)
        at = bisect_right(self.due, _in_order(step), key=_in_order)
        return attrs.evolve(self, due=(*self.due[:at], step, *self.due[at:]))

    def recorded(self, event: StepRecorded, ladders: Ladders) -> Steps:
        """The steps when one is put on record, which is due or not."""
        for at, step in enumerate(self.due):
            if step.id == event.step:
                left = (*self.due[:at], *self.due[at + 1 :])
                return attrs.evolve(self, due=left)._founded(step, event, ladders)
        return attrs.evolve(self, unfounded=(*self.unfounded, event))

    def _founded(self, step: StepDue, event: StepRecorded, ladders: Ladders) -> Steps:
        taken = attrs.evolve(self, taken=self.taken.add(StepTaken(step, event)))
        return taken._passed_on(step, ladders) if event.outcome == NOBODY else taken

    def _passed_on(self, step: StepDue, ladders: Ladders) -> Steps:
        """Nobody was on duty: the next step of the ladder is due by then (E5).

        If it is due already by its own threshold, and later, then that is its next round.
        """
        above = ladders[step.place.ladder].steps[step.place.step + 1 :]
        if not above:
            return self
        place = Place(step.place.ladder, step.place.step + 1, 0)
        first = attrs.evolve(step, step=above[0].name, place=place)
        own = tuple(each for each in self.due if each.rung == first.rung)
        if own[0].round or own[0].due <= first.due if own else self._has_been_due(first):
            return self
        limit = above[0].limit or 1
        passed = self._before_its_own(first, own, limit)
        for each in (first, *(_one_round_on(each) for each in own[: limit - 1])):
            passed = passed._with(each, ladders)
        return passed

    def _has_been_due(self, step: StepDue) -> bool:
        """Whether a step that is not due now was: known by the climb, unless a cycle is over."""
        climb = self.climbs.get(step.ladder)
        if climb is not None and climb.cycle == step.cycle:
            return climb.fired[step.place.step].rounds > 0
        return any(taken.step.rung == step.rung for taken in self.taken.newest_first())

    def _before_its_own(self, step: StepDue, own: tuple[StepDue, ...], limit: int) -> Steps:
        """The steps with a rung climbed once more, and the rounds that are due of it left out."""
        due = tuple(each for each in self.due if each not in own) if own else self.due
        climb = self.climbs.get(step.ladder)
        if climb is None or climb.cycle != step.cycle:
            return attrs.evolve(self, due=due)
        climbed = self.climbing(step.ladder, climb.before(step.place.step, limit))
        return attrs.evolve(climbed, due=due)

    def acknowledging(self, event: EscalationAcknowledged, *, late: bool) -> Steps:
        """The steps when somebody takes care; what was taken care of stays so (E4)."""
        known = self.acknowledged.get(event.ladder)
        late = late or (known is not None and known == (event.cycle, True))
        acknowledged = Acknowledgement(event.cycle, late)
        return attrs.evolve(self, acknowledged={**self.acknowledged, event.ladder: acknowledged})

    def with_voices(self) -> tuple[StepDue, ...]:
        """The steps due, each with whether it tells anybody (E3).

        From the top of a ladder down: the first one does of those that are due together, and of the
        rounds of one step.
        """
        heard: set[tuple[str, int, int | str]] = set()
        voices: list[StepDue] = []
        for step in sorted(self.due, key=lambda each: each.place, reverse=True):
            keys: set[tuple[str, int, int | str]] = {(step.ladder, step.cycle, step.due), step.rung}
            voices.append(step if heard.isdisjoint(keys) else attrs.evolve(step, speaks=False))
            heard |= keys
        return tuple(sorted(voices, key=_in_order))


NO_STEPS = Steps()


def _in_order(step: StepDue) -> tuple[int, Place]:
    return step.due, step.place


def _one_round_on(step: StepDue) -> StepDue:
    return attrs.evolve(step, place=step.place._replace(round=step.round + 1))
