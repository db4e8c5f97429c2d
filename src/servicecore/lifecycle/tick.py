"""Ticks: everything that time demands of a request by an instant, as events (E2, R7).

A tick may come as late as it likes. What it writes is what ticks in time would have written: each
step with the instant at which it was due, and its effects and timed transitions at that instant.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import cast

from servicecore.errors import InvalidValue
from servicecore.instants import as_instant
from servicecore.lifecycle.events import Assigned, Event, Prioritised, StepRecorded
from servicecore.lifecycle.replay import replay
from servicecore.lifecycle.situation import Situation
from servicecore.lifecycle.status import TransitionDue
from servicecore.lifecycle.steps import StepDue, record_id
from servicecore.lifecycle.telling import told_by
from servicecore.lifecycle.timed import event_of
from servicecore.sla.book import PolicyBook
from servicecore.sla.years import shown

MOST = 100
"""So many things are not due at one instant, unless escalations cause each other without end."""


def tick(history: Iterable[Event], book: PolicyBook, *, at: datetime | int) -> tuple[Event, ...]:
    """The events that time demands by an instant, in the order in which they are to be appended.

    They are steps that fell due and are not on record, what these cause, and timed transitions:
    one at a time, the earliest first, and with each the history is judged anew. A step is recorded
    at `at` and says when it was due; what it causes, and a transition, happens at its due instant,
    which lies before events that came later. A second tick with these events in the history gives
    nothing. Raises `InvalidValue` for escalations that cause each other without end.

    >>> from datetime import UTC
    >>> from servicecore.lifecycle.events import Opened
    >>> from servicecore.sla.escalation import Escalation, Step
    >>> from servicecore.sla import Policy, Target
    >>> warn = Step("warn", share="75%", tell=["role: duty manager"], assign="network")
    >>> book = PolicyBook.of(
    ...     Policy("all", {"resolution": Target("4h")}), escalations=[Escalation("hurry", [warn])]
    ... )
    >>> nine, one = (datetime(2026, 3, 6, hour, tzinfo=UTC) for hour in (9, 13))
    >>> opened = Opened(request="R1", occurred_at=nine)
    >>> recorded, assigned = tick([opened], book, at=one)
    >>> recorded.step, str(recorded.due_at), recorded.told
    ('R1/resolution/0/hurry/warn/0', '2026-03-06 12:00:00+00:00', ('role: duty manager',))
    >>> assigned.group, str(assigned.occurred_at), assigned.cause == recorded.id
    ('network', '2026-03-06 12:00:00+00:00', True)
    >>> tick([opened, recorded, assigned], book, at=one)
    ()
    """
    instant = as_instant(at)
    events = _listed(history)
    given, together = len(events), Counter[int]()
    known = {name for event in events for name in _names(event)}
    while first := _first(situation := replay(events, book, at=instant), known):
        together[first.due] += 1
        if together[first.due] > MOST:
            raise InvalidValue(
                f"more than {MOST} things are due at {shown(first.due)}: "
                "expected escalations that do not cause each other"
            )
        written = _written(first, situation, events)
        events += written
        known |= {event.id for event in written}
    return tuple(events[given:])


def _listed(history: object) -> list[Event]:
    """The events as a list; whatever is none is refused where it is replayed."""
    return [*history] if isinstance(history, Iterable) else [cast(Event, history)]


def _names(event: object) -> Iterator[str]:
    """What is on record by an event: itself, and the step that it records, whatever its own id."""
    if isinstance(event, Event) and event.id:
        yield event.id
    if isinstance(event, StepRecorded):
        yield record_id(event.step)


def _first(situation: Situation, known: AbstractSet[str]) -> TransitionDue | StepDue | None:
    """The first thing that is due and not on record; what the status does comes first."""
    request = situation.state.id
    due: list[TransitionDue | StepDue] = [
        each for each in situation.transitions_due if event_of(each, request).id not in known
    ]
    due += [step for step in situation.steps_due if record_id(step.id) not in known]
    return min(due, key=lambda each: each.due, default=None)


def _written(
    first: TransitionDue | StepDue, situation: Situation, events: list[Event]
) -> list[Event]:
    """What a thing that is due writes, with numbers behind all others."""
    sequence = 1 + max(event.sequence for event in events)
    if isinstance(first, TransitionDue):
        request, recorded = situation.state.id, situation.instant
        return [event_of(first, request, sequence=sequence, recorded=recorded)]
    return [_record(first, situation, sequence), *_effects(first, situation, events, sequence + 1)]


def _record(step: StepDue, situation: Situation, sequence: int) -> StepRecorded:
    told, outcome = told_by(step, situation)
    return StepRecorded(
        request=step.request,
        occurred_at=situation.instant,
        sequence=sequence,
        id=record_id(step.id),
        step=step.id,
        due_at=step.due,
        told=told,
        outcome=outcome,
    )


def _effects(
    step: StepDue, situation: Situation, events: list[Event], sequence: int
) -> Iterator[Event]:
    """What a step does besides telling, the first time; it does so when it is due (E2)."""
    book = situation.book
    rung = book.escalations[step.place.ladder].steps[step.place.step]
    if step.round or not (rung.assign or rung.priority):
        return
    then = replay(events, book, at=step.due)
    cause, reason = record_id(step.id), f"escalation {step.ladder}, {rung}"
    if rung.assign and then.ownership.group != rung.assign:
        yield Assigned(
            request=step.request, occurred_at=step.due, recorded_at=situation.instant,
            sequence=sequence, id=f"{cause}/assigned", cause=cause, group=rung.assign,
        )  # fmt: skip
    if rung.priority and then.request.priority != rung.priority:
        yield Prioritised(
            request=step.request, occurred_at=step.due, recorded_at=situation.instant,
            sequence=sequence + 1, id=f"{cause}/prioritised", cause=cause,
            priority=rung.priority, reason=reason,
        )  # fmt: skip
