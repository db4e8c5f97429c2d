"""What a command would write to each of its requests, before any plugin is asked (R1, R2, R8)."""

from __future__ import annotations

from collections.abc import Mapping

from servicecore.errors import TransitionRefused, UnknownRequest
from servicecore.lifecycle.commands import Absorb, Command, MergeInto, Open, Split
from servicecore.lifecycle.decide import decide_on, open_request
from servicecore.lifecycle.events import Event
from servicecore.lifecycle.merging import merge
from servicecore.lifecycle.replay import replay
from servicecore.lifecycle.splitting import split
from servicecore.lifecycle.writing import pen_for
from servicecore.sla.book import PolicyBook
from servicecore.stores import Stream

Streams = Mapping[str, Stream]
"""What was read of each request that a command is about."""

Planned = Mapping[str, tuple[Event, ...]]
"""The events to be appended to each request."""


def requests_of(command: Command) -> tuple[str, ...]:
    """The requests that a command reads and writes: one, or two of a merge or a split.

    >>> requests_of(MergeInto(id="c1", request="R1", target="R2"))
    ('R1', 'R2')
    """
    if isinstance(command, MergeInto):
        return command.request, command.target
    if isinstance(command, Absorb):
        return command.source, command.request
    if isinstance(command, Split):
        return command.request, command.child
    return (command.request,)


def planned(command: Command, streams: Streams, book: PolicyBook, at: int) -> Planned:
    """The events that a command gives, by request.

    Raises what deciding raises (`TransitionRefused` with all reasons), and `UnknownRequest` for one
    that was never opened.
    """
    _refuse_missing(command, streams)
    if isinstance(command, Open):
        return {command.request: open_request(command, book, at=at)}
    if isinstance(command, MergeInto | Absorb):
        return _merged(command, streams, book, at)
    if isinstance(command, Split):
        occurred = pen_for(command, at).occurred
        parent = replay(streams[command.request].events, book, at=occurred)
        off = split(parent, command, at=at)
        return {command.request: off.parent_events, command.child: off.child_events}
    events = streams[command.request].events
    return {command.request: decide_on(events, command, book, at=at)}


def _merged(command: MergeInto | Absorb, streams: Streams, book: PolicyBook, at: int) -> Planned:
    occurred = pen_for(command, at).occurred
    source, target = requests_of(command)
    if source == target:
        raise TransitionRefused(command, ("both are the same request",))
    ours, theirs = (replay(streams[name].events, book, at=occurred) for name in (source, target))
    merged = merge(ours, theirs, command, at=at)
    return {source: merged.source_events, target: merged.target_events}


def _refuse_missing(command: Command, streams: Streams) -> None:
    """What is opened must not be there yet; everything else has to be."""
    opened = {Open: command.request, Split: getattr(command, "child", "")}.get(type(command))
    for name in requests_of(command):
        known = streams[name].version > 0
        if name == opened and known:
            raise TransitionRefused(command, (f"there is a request {name} already",))
        if name != opened and not known:
            raise UnknownRequest(name)


def latest_in(streams: Streams) -> int:
    """When the last of all events was recorded, in microseconds; the far past where there is none.

    Nothing is recorded before what is on record already, whatever the clocks of two machines say.
    """
    events = (event for stream in streams.values() for event in stream.events)
    return max((event.recorded or event.occurred for event in events), default=-(2**62))
