"""Merging: one request goes on in another, decided on both at once (R8, K6)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

import attrs
from attrs import frozen

from servicecore.errors import InvalidValue, TransitionRefused
from servicecore.lifecycle.commands import Absorb, MergeInto
from servicecore.lifecycle.events import (
    Absorbed,
    Event,
    MergedInto,
    PromiseMade,
)
from servicecore.lifecycle.guards import reasons_against
from servicecore.lifecycle.promises import Promise
from servicecore.lifecycle.situation import Situation
from servicecore.lifecycle.writing import Pen, pen_for, pen_on


@frozen
class Merged:
    """What a merge writes: to the request that is over with it, and to the one that goes on."""

    source_events: tuple[Event, ...]
    target_events: tuple[Event, ...]


def merge(
    source: Situation, target: Situation, command: MergeInto | Absorb, *, at: datetime | int
) -> Merged:
    """Let one request go on in another; both commands say the same, each from its side.

    Promises of the source whose date is not over end with it, and are made again on the target with
    the same dates. The events are to be written together or not at all. Raises what `decide`
    raises, with the reasons of both sides.

    >>> from servicecore.lifecycle.events import Opened
    >>> from servicecore.lifecycle.replay import replay
    >>> from servicecore.sla import PolicyBook
    >>> book = PolicyBook.of()
    >>> one, other = (
    ...     replay([Opened(request=name, occurred_at=0)], book, at=60) for name in ("R1", "R2"))
    >>> merged = merge(one, other, MergeInto(id="c1", request="R1", target="R2"), at=60)
    >>> [event.id for event in (*merged.source_events, *merged.target_events)]
    ['c1/1', 'c1/2']
    """
    here, there = _pens(source, target, command, at)
    merged: dict[str, object] = {"target": there.request, "status": _merged_status(source)}
    said = command.said if isinstance(command, MergeInto) else merged
    ended = here.write(MergedInto, said, 1)
    absorbed = there.write(Absorbed, {"source": here.request}, 2, cause=ended.id)
    _refuse(command, (source, ended), (target, absorbed))
    return Merged((ended,), (absorbed, *_made_again(source, target, there, absorbed)))


def _pens(
    source: Situation, target: Situation, command: MergeInto | Absorb, at: datetime | int
) -> tuple[Pen, Pen]:
    if isinstance(command, MergeInto):
        names = command.request, command.target
    elif isinstance(command, Absorb):
        names = command.source, command.request
    else:
        raise InvalidValue(f"command is {command!r}: expected a MergeInto or an Absorb")
    pen = pen_for(command, at)
    here, there = (attrs.evolve(pen, request=name) for name in names)
    return pen_on(source, here), pen_on(target, there)


def _merged_status(source: Situation) -> str:
    """The status that a merge leads to in the lifecycle of the request."""
    ways = source.book.lifecycle.transitions
    return next((way.target for way in ways if way.event == "merged"), "merged")


def _refuse(command: MergeInto | Absorb, *sides: tuple[Situation, Event]) -> None:
    reasons = [
        _of(situation.state.id, reason)
        for situation, event in sides
        for reason in reasons_against(situation, event)
    ]
    if reasons:
        raise TransitionRefused(command, dict.fromkeys(reasons))


def _of(request: str, reason: str) -> str:
    """A reason that says which of the two requests it is about."""
    return reason.replace("it is", f"{request} is", 1) if reason.startswith("it is") else reason


def _made_again(source: Situation, target: Situation, pen: Pen, absorbed: Event) -> Iterator[Event]:
    names = target.state.promises.numbers
    for number, promise in enumerate(_ahead(source), 3):
        id = f"{pen.command}/{number}" if pen.late else next(names)
        said = {"promise": id, "kind": promise.kind, "due_at": promise.due,
                "basis": promise.basis, "told": promise.told}  # fmt: skip
        yield pen.write(PromiseMade, said, number, cause=absorbed.id)


def _ahead(source: Situation) -> Iterable[Promise]:
    """The promises that are still to be kept, also those that are due at this very instant."""
    return (
        promise
        for promise in source.promises
        if promise.may_change and promise.due >= source.instant
    )
