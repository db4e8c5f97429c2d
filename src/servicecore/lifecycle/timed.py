"""Timed transitions: what time alone does to the status of a request (R7).

Like a step, one is due by the events up to its instant; whoever looks writes it at that instant.
"""

from __future__ import annotations

from collections.abc import Mapping
from operator import attrgetter
from types import MappingProxyType

from servicecore.errors import NeverOpen
from servicecore.lifecycle.events import Cancelled, Closed, Event, Reopened, Resolved, StatusChanged
from servicecore.lifecycle.guards import guard_named
from servicecore.lifecycle.machine import falls_due
from servicecore.lifecycle.situation import Situation
from servicecore.lifecycle.state import RequestState
from servicecore.lifecycle.status import TransitionDue
from servicecore.sla.book import PolicyBook
from servicecore.sla.statuses import Transition, TransitionEvent
from servicecore.sla.years import END

Written = StatusChanged | Resolved | Reopened | Closed | Cancelled

WRITES: Mapping[TransitionEvent, type[Written]] = MappingProxyType({
    "status changed": StatusChanged,
    "resolved": Resolved,
    "reopened": Reopened,
    "closed": Closed,
    "cancelled": Cancelled,
})  # fmt: skip
"""What time can write; into what to merge a request, it does not know."""


def fall_due(state: RequestState, until: int, book: PolicyBook) -> None:
    """Let the transition fall due that time makes before an instant, once for each status."""
    known = state.transitions_due
    if known and known[-1].status is state.status:
        return
    if coming := next_transition(state, book, until):
        state.transitions_due = (*known, coming)


def next_transition(
    state: RequestState, book: PolicyBook, until: int = END
) -> TransitionDue | None:
    """The first transition before an instant that time makes if nothing more happens.

    One that is overdue is due at once when nothing stands against it any longer.
    """
    timed = book.timed.get(state.status.name, ())
    coming = [
        TransitionDue(transition, state.status, max(due, state.instant))
        for transition in timed
        if (due := _due(transition, state)) is not None and due < until
    ]
    coming.sort(key=attrgetter("due"))
    return next((found for found in coming if not _is_guarded(found, state, book)), None)


def _due(transition: Transition, state: RequestState) -> int | None:
    if transition.event not in WRITES:
        return None
    try:
        return falls_due(transition, state.status)
    except NeverOpen:
        return None


def _is_guarded(coming: TransitionDue, state: RequestState, book: PolicyBook) -> bool:
    """Whether a guard of the transition is against it, as things stand."""
    transition = coming.transition
    if not transition.guards:
        return False
    situation, hosts = Situation(state, state.instant, book), book.lifecycle.guards
    event: Event = state.history.last  # the library's own guards look at the situation alone
    if not hosts.keys().isdisjoint(transition.guards):
        event = event_of(coming, state.id)
    guards = [guard_named(name, book.lifecycle) for name in transition.guards]
    return any(guard(situation, event) for guard in guards)


def event_of(
    coming: TransitionDue, request: str, *, sequence: int = 0, recorded: int | None = None
) -> Event:
    """The event that a transition writes; its id follows from the transition and the instant."""
    transition = coming.transition
    return WRITES[transition.event](
        request=request,
        occurred_at=coming.due,
        recorded_at=recorded,
        sequence=sequence,
        id=f"time: {request}/{transition.event}/{transition.target}/{coming.due}",
        status=transition.target,
        reason=transition.reason,
    )
