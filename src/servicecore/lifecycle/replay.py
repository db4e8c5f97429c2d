"""Replaying a history: the fold of all its events, seen at an instant.

Every event is taken as fact; nothing is refused here, and nothing outside is asked.
"""

from __future__ import annotations

import reprlib
from collections.abc import Iterable
from datetime import datetime

from servicecore.errors import InvalidValue
from servicecore.instants import as_instant
from servicecore.lifecycle.audit import refusals_in
from servicecore.lifecycle.events import Event, Opened, in_order
from servicecore.lifecycle.evolve import take
from servicecore.lifecycle.passing import advance, close
from servicecore.lifecycle.situation import Situation
from servicecore.lifecycle.state import RequestState, begun
from servicecore.sla.book import PolicyBook
from servicecore.sla.years import shown


def replay(
    history: Iterable[Event], book: PolicyBook, *, at: datetime | int, audit: bool = False
) -> Situation:
    """The situation of one request at an instant, out of its history under a policy book.

    Events later than `at` are not known yet. With `audit` the situation lists in `refusals` what
    `decide` would have refused, which takes a second pass. Raises `InvalidValue` where the history
    up to `at` does not begin with `Opened`, or has events of several requests.

    >>> from datetime import UTC
    >>> from servicecore.sla import Policy, Target
    >>> book = PolicyBook.of(Policy("all", {"resolution": Target("4h")}))
    >>> nine, now = (datetime(2026, 3, 6, hour, tzinfo=UTC) for hour in (9, 12))
    >>> situation = replay([Opened(request="R1", occurred_at=nine)], book, at=now)
    >>> str(situation.reading("resolution").remaining)
    '1:00:00'
    """
    instant = as_instant(at)
    state = folded(history, book, instant)
    refusals = refusals_in(tuple(state.history), book) if audit else ()
    advance(state, instant, book)
    close(state, book)
    return Situation(state, instant, book, refusals)


def folded(history: Iterable[Event], book: PolicyBook, instant: int) -> RequestState:
    """The state behind all events up to an instant, as `evolve` one by one would give it."""
    known = [event for event in in_order(_checked(history, book)) if event.occurred <= instant]
    if not known or not isinstance(known[0], Opened):
        found = f"begins with {type(known[0]).__name__}" if known else "is empty"
        raise InvalidValue(f"the history up to {shown(instant)} {found}: expected Opened first")
    state = begun(known[0], book)
    for event in known:
        take(state, event, book)
    return state


def situation(state: RequestState, book: PolicyBook, *, at: datetime | int) -> Situation:
    """What follows from a state at an instant that is not before it; the state stays as it is.

    >>> from servicecore.lifecycle.evolve import evolve
    >>> from servicecore.sla import Policy, Target
    >>> book = PolicyBook.of(Policy("all", {"resolution": Target("4h")}))
    >>> opened = evolve(None, Opened(request="R1", occurred_at=0), book)
    >>> situation(opened, book, at=0).status
    'new'
    """
    instant = as_instant(at)
    if instant < state.instant:
        raise InvalidValue(
            f"the history is folded up to {shown(state.instant)}: expected at to be no earlier, "
            f"found {shown(instant)}"
        )
    now = state.copy()
    advance(now, instant, book)
    close(now, book)
    return Situation(now, instant, book)


def _checked(history: object, book: object) -> tuple[Event, ...]:
    events = tuple(history) if isinstance(history, Iterable) else (history,)
    if not isinstance(history, Iterable) or not all(isinstance(event, Event) for event in events):
        raise InvalidValue(f"history is {reprlib.repr(history)}: expected the events of a request")
    if not isinstance(book, PolicyBook):
        raise InvalidValue(f"book is {reprlib.repr(book)}: expected a PolicyBook")
    return events
