"""From a command to what is appended: its events, what plugins decide, heads and notices (B1, B4).

No store is touched here: the same streams, command and answers of plugins give the same writes.
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from servicecore.desk.deciding import Asking, decided, objections
from servicecore.desk.planning import Planned, Streams, planned
from servicecore.errors import TransitionRefused
from servicecore.lifecycle.commands import Command
from servicecore.lifecycle.events import Event
from servicecore.lifecycle.replay import replay
from servicecore.lifecycle.situation import Situation
from servicecore.lifecycle.writing import pen_for
from servicecore.notices.rules import NoticeRule, notices_of
from servicecore.sla.book import PolicyBook
from servicecore.stores import Stream, Write
from servicecore.stores.heads import summary_of, wake_of


def writes_for(
    command: Command, streams: Streams, asking: Asking, rules: Sequence[NoticeRule]
) -> tuple[Write, ...]:
    """What a command would append to each of its requests; every plugin is asked for it.

    Raises what deciding raises, `TransitionRefused` with the objections of plugins, and
    `PluginError`.
    """
    plan = planned(command, streams, asking.book, asking.at)
    plan = _with_decisions(command, streams, plan, asking)
    _refuse_objected(command, streams, plan, asking)
    return tuple(
        write_of(streams[request], events, asking.book, rules, asking.at)
        for request, events in plan.items()
    )


def _with_decisions(
    command: Command, streams: Streams, plan: Planned, asking: Asking
) -> dict[str, tuple[Event, ...]]:
    """The plan with the decisions of plugins; events are numbered through all its requests."""
    whole, number = dict(plan), 1 + sum(map(len, plan.values()))
    pen = pen_for(command, asking.at)
    for request, events in plan.items():
        theirs = attrs.evolve(pen, request=request)
        more = decided(streams[request].events, events, theirs, number, asking)
        whole[request] = (*events, *more)
        number += len(more)
    return whole


def _refuse_objected(command: Command, streams: Streams, plan: Planned, asking: Asking) -> None:
    if not asking.plugins.implementing("servicecore_object_to"):
        return
    occurred = pen_for(command, asking.at).occurred
    reasons = [
        reason
        for request, events in plan.items()
        for reason in objections(
            _before(streams[request], events, asking.book, occurred), events, asking
        )
    ]
    if reasons:
        raise TransitionRefused(command, dict.fromkeys(reasons))


def _before(stream: Stream, events: Sequence[Event], book: PolicyBook, occurred: int) -> Situation:
    """The situation before the events of a command; of a new request, behind its opening."""
    return replay(stream.events or events[:1], book, at=occurred)


def write_of(
    stream: Stream,
    events: tuple[Event, ...],
    book: PolicyBook,
    rules: Sequence[NoticeRule],
    at: int,
) -> Write:
    """The events with all that stands beside them in a store: summary, timer and notices."""
    situation = replay((*stream.events, *events), book, at=at)
    return Write(
        request=stream.request,
        expected=stream.version,
        events=events,
        summary=summary_of(situation),
        wake=wake_of(situation),
        notices=notices_of(situation, events, rules, at=at),
    )
