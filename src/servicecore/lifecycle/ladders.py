"""When the steps of ladders fall due: the earliest instant at which their threshold is reached.

What is known at the end of an instant says what falls due until the next event, if none came. So a
step is due by the events up to its instant, whenever somebody looks (E1).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from servicecore.lifecycle.events import EscalationAcknowledged
from servicecore.lifecycle.settling import known_request
from servicecore.lifecycle.state import RequestState
from servicecore.lifecycle.steps import Acknowledgement, Climb, Fired, Place, StepDue
from servicecore.sla.book import PolicyBook
from servicecore.sla.cycle import Cycle
from servicecore.sla.escalation import Escalation, Step
from servicecore.sla.thresholds import later, opening, reached_by_clock, repeated


class Ascent(NamedTuple):
    """A ladder as it stands at an instant: since or from when on it is climbed, and how far.

    `reached` is by step when its threshold is or was reached if nothing more happens; None: never.
    """

    ladder: Escalation
    place: int
    climb: Climb
    begins: int
    cycle: Cycle | None
    reached: tuple[int | None, ...]


def climb_ladders(state: RequestState, until: int, book: PolicyBook) -> None:
    """Let fall due what does from the state's instant on and before another, in order."""
    for place, ladder in enumerate(book.escalations):
        ascent = ascent_of(state, ladder, place, book)
        if ascent is None or ascent.begins >= until:
            _leave(state, ladder)
            continue
        if not ladder.clock and ascent.climb is not state.steps.climbs.get(ladder.name):
            state.steps = state.steps.climbing(ladder.name, ascent.climb)
        while (step := next_step(state, ascent)) is not None and step.due < until:
            if ascent.climb is not state.steps.climbs.get(ladder.name):
                state.steps = state.steps.climbing(ladder.name, ascent.climb)
            state.steps = state.steps.fallen_due(step, book.escalations)
            ascent = ascent._replace(climb=state.steps.climbs[ladder.name])


def _leave(state: RequestState, ladder: Escalation) -> None:
    """No condition of a ladder holds any longer: the next one that does begins a cycle."""
    climb = state.steps.climbs.get(ladder.name)
    if not ladder.clock and climb is not None and climb.holds:
        left = Climb(climb.cycle, climb.fired, holds=False)
        state.steps = state.steps.climbing(ladder.name, left)


def ascent_of(
    state: RequestState, ladder: Escalation, place: int, book: PolicyBook
) -> Ascent | None:
    """How a ladder stands at the state's instant; None where it is not climbed and will not be."""
    if ladder.clock:
        cycle = _running(state, ladder.clock)
        if cycle is None or not _matches(state, ladder, book):
            return None
        reached = tuple([reached_by_clock(step, cycle) for step in ladder.steps])
        climb = state.steps.climbs.get(ladder.name)
        if climb is None or climb.cycle != cycle.number:
            climb = _at_the_foot(ladder, cycle.number)
        return Ascent(ladder, place, climb, state.instant, cycle, reached)
    if not _matches(state, ladder, book):
        return None
    return _ascent_by_conditions(state, ladder, place, book)


def _ascent_by_conditions(
    state: RequestState, ladder: Escalation, place: int, book: PolicyBook
) -> Ascent | None:
    reached = tuple([reached_by_request(step, state, book) for step in ladder.steps])
    begins = min((each for each in reached if each is not None), default=None)
    if begins is None:
        return None
    climb = state.steps.climbs.get(ladder.name)
    if climb is None or not climb.holds or begins > state.instant:
        climb = _at_the_foot(ladder, 0 if climb is None else climb.cycle + 1)
    return Ascent(ladder, place, climb, begins, None, reached)


def _at_the_foot(ladder: Escalation, cycle: int) -> Climb:
    return Climb(cycle, (Fired(),) * len(ladder.steps))


def _running(state: RequestState, clock: str) -> Cycle | None:
    known = state.clocks.get(clock)
    folded = None if known is None else known.shown
    cycle = None if folded is None else folded.open_cycle
    return None if cycle is None or cycle.course.running is None else cycle


def _matches(state: RequestState, ladder: Escalation, book: PolicyBook) -> bool:
    return not ladder.when or ladder.matches(known_request(state, book))


def reached_by_request(step: Step, state: RequestState, book: PolicyBook) -> int | None:
    """When a condition of the request comes true, or has; None if only an event can bring that.

    Once a request is resolved, cancelled or merged, only the gap of a survey counts still.
    """
    if step.gap is not None:
        low = state.gap is not None and state.gap <= step.gap
        return state.instant if low else None
    silent, unassigned = state.contact.silent, state.ownership.unassigned
    if silent is None:
        return None
    if step.silence is not None:
        return _end_of_silence(state, silent, step.silence, book)
    if step.unassigned is not None:
        return None if unassigned is None else unassigned + step.unassigned
    times, wanted = (
        (state.reopenings, step.reopened)
        if step.bounces is None
        else (state.ownership.bounces, step.bounces)
    )
    return state.instant if wanted is not None and times >= wanted else None


def _end_of_silence(state: RequestState, since: int, duration: int, book: PolicyBook) -> int | None:
    """On the calendar of the customer, if they have one that is known, else in all time (R5)."""
    named: Mapping[str | None, str] = book.catalogue.calendars_of
    calendar = book.calendars.get(named.get(known_request(state, book).customer, ""))
    return since + duration if calendar is None else later(calendar, since, duration)


def next_step(state: RequestState, ascent: Ascent) -> StepDue | None:
    """The next step of a ladder that falls due if nothing more happens, its next round first."""
    coming = [
        (due, position)
        for position in range(len(ascent.ladder.steps))
        if (due := next_due(state, ascent, position)) is not None
    ]
    return step_due(state, ascent, *min(coming)[::-1]) if coming else None


def step_due(state: RequestState, ascent: Ascent, position: int, due: int) -> StepDue:
    """The next round of a step as due at an instant."""
    ladder, climb = ascent.ladder, ascent.climb
    place = Place(ascent.place, position, climb.fired[position].rounds)
    name = ladder.steps[position].name
    return StepDue(state.id, ladder.clock, climb.cycle, ladder.name, name, due, place)


def next_due(state: RequestState, ascent: Ascent, position: int) -> int | None:
    """When the next round of a step falls due if nothing more happens; None if it does not."""
    step, reached = ascent.ladder.steps[position], ascent.reached[position]
    rounds, last = ascent.climb.fired[position]
    if reached is None or rounds >= (step.limit or 1) or _is_taken_care_of(state, ascent, step):
        return None
    due = max(reached, state.instant)
    if last is not None:
        again = repeated(step, ascent.cycle, last)
        if again is None:
            return None
        due = max(due, again)
    return opening(step.hours, due)


def _is_taken_care_of(state: RequestState, ascent: Ascent, step: Step) -> bool:
    known: Acknowledgement | None = state.steps.acknowledged.get(ascent.ladder.name)
    if known is None or known.cycle != ascent.climb.cycle:
        return False
    return known.late or step.is_early


def acknowledge(state: RequestState, event: EscalationAcknowledged) -> None:
    """Somebody takes care: before the due instant of the steps before it, later of all (E4).

    Of the latest cycle, or of one that begins in this instant; an older one is over, and to take
    care of it lifts nothing.
    """
    clock = state.clocks.get(event.clock)
    folded = None if clock is None else clock.shown
    cycle = folded.cycles.last if folded is not None and folded.cycles else None
    climb = state.steps.climbs.get(event.ladder)
    latest = climb.cycle if cycle is None and climb is not None else -1
    if event.cycle < (latest if cycle is None else cycle.number):
        return
    late = not event.clock or (cycle is not None and cycle.breach_by(event.occurred) is not None)
    state.steps = state.steps.acknowledging(event, late=late)
