"""Ticks: everything that time demands of a request by an instant, as events (E2, R7).

A tick may come as late as it likes. What it writes is what ticks in time would have written: each
step with the instant at which it was due, and its effects and timed transitions at that instant.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import cast

from servicecore.errors import InvalidValue
from servicecore.instants import as_instant
from servicecore.lifecycle.events import Assigned, Event, Prioritised, StepRecorded
from servicecore.lifecycle.evolve import take
from servicecore.lifecycle.replay import folded, replay, situation
from servicecore.lifecycle.situation import Situation
from servicecore.lifecycle.state import RequestState
from servicecore.lifecycle.status import TransitionDue
from servicecore.lifecycle.steps import NOBODY, StepDue, record_id
from servicecore.lifecycle.telling import told_by
from servicecore.lifecycle.timed import event_of
from servicecore.sla.book import PolicyBook
from servicecore.sla.years import shown

MOST = 100
"""So often one thing does not change a request at one instant, unless escalations cause each other
without end."""

Due = TransitionDue | StepDue


def tick(history: Iterable[Event], book: PolicyBook, *, at: datetime | int) -> tuple[Event, ...]:
    """The events that time demands by an instant, in the order in which they are to be appended.

    They are steps that fell due and are not on record, what these cause, and timed transitions: the
    earliest first, and whenever one of them changes anything the history is judged anew. A step is
    recorded at `at` and says when it was due; what it causes, and a transition, happens at its due
    instant, which lies before events that came later. A second tick with these in the history gives
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
    given, together = len(events), Counter[Hashable]()
    known = {name for event in events for name in _names(event)}
    state = folded(events, book, instant)
    while written := _written(situation(state, book, at=instant), events, known, together):
        events += written
        known |= {event.id for event in written}
        state = _after(written, state, events, instant, book)
    return tuple(events[given:])


def _after(
    written: list[Event], state: RequestState, events: list[Event], instant: int, book: PolicyBook
) -> RequestState:
    """The state behind what was written: records come last, and all else changes what came after.

    So only the latter has the history folded anew, which takes as long as the history is.
    """
    if not all(isinstance(event, StepRecorded) for event in written):
        return folded(events, book, instant)
    for event in written:
        take(state, event, book)
    return state


def _listed(history: object) -> list[Event]:
    """The events as a list; whatever is none is refused where it is replayed."""
    return [*history] if isinstance(history, Iterable) else [cast(Event, history)]


def _names(event: object) -> Iterator[str]:
    """What is on record by an event: itself, and the step that it records, whatever its own id."""
    if isinstance(event, Event) and event.id:
        yield event.id
    if isinstance(event, StepRecorded):
        yield record_id(event.step)


def _written(
    now: Situation, events: list[Event], known: AbstractSet[str], together: Counter[Hashable]
) -> list[Event]:
    """What is due and not on record, until something is written that changes what else is due."""
    written: list[Event] = []
    sequence = 1 + max(event.sequence for event in events)
    for coming in _due(now, known):
        more = _of_one(coming, now, events, sequence)
        written += more
        sequence = more[-1].sequence + 1
        if any(not isinstance(event, StepRecorded) for event in more):
            _refuse_endless(coming, together)
            break
        if cast(StepRecorded, more[0]).outcome == NOBODY:
            break
    return written


def _refuse_endless(coming: Due, together: Counter[Hashable]) -> None:
    """Nothing changes a request very often at one instant, but for what is caused by itself."""
    what = coming.transition.target if isinstance(coming, TransitionDue) else coming.place
    together[what, coming.due] += 1
    if together[what, coming.due] > MOST:
        raise InvalidValue(
            f"more than {MOST} things are due at {shown(coming.due)}: "
            "expected escalations that do not cause each other"
        )


def _due(now: Situation, known: AbstractSet[str]) -> list[Due]:
    """What is due and not on record, in order; what the status does comes first."""
    request = now.state.id
    due: list[Due] = [
        each for each in now.transitions_due if event_of(each, request).id not in known
    ]
    due += [step for step in now.steps_due if record_id(step.id) not in known]
    return sorted(due, key=lambda each: each.due)


def _of_one(coming: Due, now: Situation, events: list[Event], sequence: int) -> list[Event]:
    """What a thing that is due writes, numbered from a number on."""
    if isinstance(coming, TransitionDue):
        return [event_of(coming, now.state.id, sequence=sequence, recorded=now.instant)]
    return [_record(coming, now, sequence), *_effects(coming, now, events, sequence + 1)]


def _record(step: StepDue, now: Situation, sequence: int) -> StepRecorded:
    told, outcome = told_by(step, now)
    return StepRecorded(
        request=step.request,
        occurred_at=now.instant,
        sequence=sequence,
        id=record_id(step.id),
        step=step.id,
        due_at=step.due,
        told=told,
        outcome=outcome,
    )


def _effects(step: StepDue, now: Situation, events: list[Event], sequence: int) -> Iterator[Event]:
    """What a step does besides telling, the first time; it does so when it is due (E2)."""
    book = now.book
    rung = book.escalations[step.place.ladder].steps[step.place.step]
    if step.round or not (rung.assign or rung.priority):
        return
    then = replay(events, book, at=step.due)
    cause, reason = record_id(step.id), f"escalation {step.ladder}, {rung}"
    if rung.assign and then.ownership.group != rung.assign:
        yield Assigned(
            request=step.request, occurred_at=step.due, recorded_at=now.instant,
            sequence=sequence, id=f"{cause}/assigned", cause=cause, group=rung.assign,
        )  # fmt: skip
    if rung.priority and _raises(rung.priority, then.request.priority, book.matrix.priorities):
        yield Prioritised(
            request=step.request, occurred_at=step.due, recorded_at=now.instant,
            sequence=sequence + 1, id=f"{cause}/prioritised", cause=cause,
            priority=rung.priority, reason=reason,
        )  # fmt: skip


def _raises(priority: str, present: str | None, known: Sequence[str]) -> bool:
    """Whether a priority is more pressing than the present one, or that is none of the book."""
    if present not in known:
        return priority != present
    return priority in known[: known.index(present)]
