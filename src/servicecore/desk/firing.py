"""Timers that ring: what is due of a request, one step at a time, each with its decision (E2)."""

from __future__ import annotations

from collections.abc import Sequence

from servicecore.desk.deciding import ASSIGN, Asking, asks_for_person, assignment, written
from servicecore.errors import InvalidValue, PluginError
from servicecore.lifecycle.events import Assigned, DecisionFailed, Event
from servicecore.lifecycle.replay import replay
from servicecore.lifecycle.tick import MOST, tick
from servicecore.lifecycle.writing import Pen


def fired(history: Sequence[Event], asking: Asking) -> tuple[Event, ...]:
    """The events that time demands by now, and what plugins decide about those who are given it.

    A decision falls at the instant of what led to it, before anything that is due later, so that an
    outage changes no verdict. A plugin that fails decides nothing: `DecisionFailed` says so (B3).
    Raises `InvalidValue` for escalations that cause each other without end.
    """
    events: list[Event] = []
    decides = bool(asking.plugins.implementing(ASSIGN))
    for _ in range(MOST):
        due = tick((*history, *events), asking.book, at=asking.at)
        given = _given_to_group(due) if decides else None
        if given is None:
            return (*events, *due)
        events += _up_to(due, given)
        events += _decided((*history, *events), given, asking)
    raise InvalidValue(
        f"more than {MOST} times a step gave {history[0].request} to a group: "
        "expected escalations that do not cause each other"
    )


def _given_to_group(due: Sequence[Event]) -> Event | None:
    """The first event with which a step gives the request to a group, and so to no person."""
    return next(
        (each for each in due if isinstance(each, Assigned) and asks_for_person(each)), None
    )


def _up_to(due: Sequence[Event], last: Event) -> Sequence[Event]:
    """The events up to one, and whatever else the same step caused."""
    end = due.index(last) + 1
    while end < len(due) and due[end].cause == last.cause:
        end += 1
    return due[:end]


def _decided(history: Sequence[Event], cause: Event, asking: Asking) -> tuple[Event, ...]:
    situation = replay(history, asking.book, at=cause.occurred)
    sequence = situation.history.last.sequence  # behind all that happened in that instant
    pen = Pen(cause.id, cause.request, None, cause.occurred, asking.at, sequence)
    try:
        decision = assignment(situation, cause, asking)
        return () if decision is None else (written(situation, decision, pen, 1),)
    except PluginError as failed:
        error = type(failed.__cause__ or failed).__name__
        said = {"plugin": failed.plugin, "hook": failed.hook, "error": error}
        return (pen.write(DecisionFailed, said, 1, cause=cause.id),)
