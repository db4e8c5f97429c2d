"""What comes next if nothing happens: everything that time alone will change (R6).

Until the first of these nothing changes, so whoever acts on a request may sleep until then.
"""

from __future__ import annotations

from collections.abc import Iterator

from servicecore.lifecycle.ahead import Upcoming, UpcomingKind
from servicecore.lifecycle.ladders import ascent_of, next_due, step_due
from servicecore.lifecycle.promises import PromiseState
from servicecore.lifecycle.situation import Situation
from servicecore.lifecycle.timed import next_transition


def upcoming_of(situation: Situation) -> tuple[Upcoming, ...]:
    """What time alone will change after the situation, in order (R6).

    Breaches, the next round of each step, promises and checkpoints that would be broken, the ends
    of overrides, the timed transition and follow-up windows that open. A clock that is paused adds
    nothing, and what is due already is no longer coming.
    """
    found = [
        *_breaches(situation),
        *_steps(situation),
        *_promises(situation),
        *_overrides(situation),
        *_transitions(situation),
        *_windows(situation),
    ]
    later = (each for each in found if each.instant > situation.instant)
    return tuple(sorted(later, key=lambda each: (each.instant, each.kind, each.name)))


def _breaches(situation: Situation) -> Iterator[Upcoming]:
    for name, clock in situation.state.clocks.items():
        cycle = None if clock.shown is None else clock.shown.open_cycle
        if cycle is not None and not cycle.paused and cycle.late_after is not None:
            yield Upcoming(cycle.late_after + 1, "breach", name, f"{name} is late")


def _steps(situation: Situation) -> Iterator[Upcoming]:
    state, book = situation.state, situation.book
    for place, ladder in enumerate(book.escalations):
        ascent = ascent_of(state, ladder, place, book)
        if ascent is None:
            continue
        for position, step in enumerate(ladder.steps):
            due = next_due(state, ascent, position)
            if due is not None:
                name = step_due(state, ascent, position, due).id
                yield Upcoming(due, "step", name, f"{ladder.name}, {step}")


def _promises(situation: Situation) -> Iterator[Upcoming]:
    for promise in situation.state.promises.open:
        if promise.state(situation.instant) is PromiseState.PENDING:
            kind: UpcomingKind = "checkpoint" if promise.kind == "checkpoint" else "promise"
            said = f"the {promise.kind} promised in {promise.id} is late"
            yield Upcoming(promise.due + 1, kind, promise.id, said)


def _overrides(situation: Situation) -> Iterator[Upcoming]:
    for name, event in situation.state.overrides.items():
        if event.until is not None:
            end = max(event.until, event.occurred)
            yield Upcoming(end, "override", name, f"the override {name!r} ends")


def _transitions(situation: Situation) -> Iterator[Upcoming]:
    state = situation.state
    if any(known.status is state.status for known in state.transitions_due):
        return
    if coming := next_transition(state, situation.book):
        target = coming.transition.target
        yield Upcoming(coming.due, "transition", target, f"{state.status.name} becomes {target}")


def _windows(situation: Situation) -> Iterator[Upcoming]:
    for name, clock in situation.state.clocks.items():
        cycle = None if clock.shown is None else clock.shown.open_cycle
        if cycle is not None and not cycle.paused and cycle.not_before is not None:
            yield Upcoming(cycle.not_before, "follow-up", name, f"{name} may be done from now on")
