"""Splitting: a part of a request becomes a request of its own (R8)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import attrs
from attrs import frozen

from servicecore.errors import InvalidValue, TransitionRefused
from servicecore.lifecycle.commands import Split
from servicecore.lifecycle.decide import behind, followers
from servicecore.lifecycle.events import (
    ApprovalDecided,
    ApprovalRequested,
    Event,
    Linked,
    Opened,
    SplitFrom,
)
from servicecore.lifecycle.evolve import evolve
from servicecore.lifecycle.guards import against_change, reasons_against
from servicecore.lifecycle.links import CHILD, PARENT
from servicecore.lifecycle.replay import situation as situation_of
from servicecore.lifecycle.situation import Situation
from servicecore.lifecycle.writing import Pen, pen_for, pen_on
from servicecore.sla.book import PolicyBook
from servicecore.sla.rules import ClockRule


@frozen
class SplitOff:
    """What a split writes: to the request that it leaves, and as the new one's history."""

    parent_events: tuple[Event, ...]
    child_events: tuple[Event, ...]


def split(parent: Situation, command: Split, *, at: datetime | int) -> SplitOff:
    """Make a part of a request a request of its own.

    It has the facts of its parent, but for those that the command says otherwise. The time that its
    parent has used counts, and where its parent had its first response, none is owed. A policy that
    was applied to the parent and an override that runs hold for it too, and so does an approval if
    the same is asked for. Raises what `decide` raises.

    >>> from servicecore.lifecycle.replay import replay
    >>> from servicecore.sla import PolicyBook
    >>> opened = Opened(request="R1", occurred_at=0, facts={"customer": "acme"})
    >>> parent = replay([opened], PolicyBook.of(), at=60)
    >>> off = split(parent, Split(id="c1", request="R1", child="R2"), at=60)
    >>> [type(event).__name__ for event in off.child_events]
    ['Opened', 'SplitFrom', 'Linked']
    """
    if not isinstance(command, Split):
        raise InvalidValue(f"command is {command!r}: expected a Split")
    pen = pen_for(command, at)
    here, there = pen_on(parent, pen), attrs.evolve(pen, request=command.child)
    linked = here.write(Linked, {"kind": CHILD, "other": command.child}, 1)
    against = [objection.reason for objection in against_change(parent)]
    if reasons := [*against, *reasons_against(parent, linked)]:
        raise TransitionRefused(command, reasons)
    return SplitOff((linked,), _child(parent, command, there, linked.id))


def _child(parent: Situation, command: Split, pen: Pen, cause: str) -> tuple[Event, ...]:
    facts = {**parent.state.facts, **command.facts}
    opened = pen.write(Opened, {"facts": facts}, 2, cause)
    said = {
        "parent": command.request,
        "used": _used(parent),
        "responded": parent.contact.responded,
    }
    begun = pen.write(SplitFrom, said, 3, opened.id)
    linked = pen.write(Linked, {"kind": PARENT, "other": command.request}, 4, opened.id)
    child = _begun((opened, begun, linked), parent.book)
    parent.book.prioritised(child.request)  # which refuses what its matrix does not know
    for decided, said in _inherited(parent):
        their = attrs.evolve(pen, actor=decided.actor)
        event = their.write(type(decided), said, len(child.history) + 2, opened.id)
        if not reasons_against(child, event):
            child = behind(child, event)
    asked = ApprovalRequested if _is_approved(parent, child) else None
    number = len(child.history) + 2
    return (*child.history, *followers(child, opened, pen, number, but=asked))


def _begun(history: tuple[Event, ...], book: PolicyBook) -> Situation:
    state = evolve(None, history[0], book)
    for event in history[1:]:
        state = evolve(state, event, book)
    return situation_of(state, book, at=history[0].occurred)


def _inherited(parent: Situation) -> Iterator[tuple[Event, dict[str, object]]]:
    """What somebody decided for the parent and holds, a policy and overrides, and what it says."""
    if (pinned := parent.state.pinned) is not None:
        version = pinned.version or parent.version
        said = {"policy": pinned.policy, "source": pinned.source, "reason": pinned.reason}
        yield pinned, {**said, "version": version}
    for event in parent.state.overrides.values():
        yield event, {"override": event.override, "reason": event.reason, "until": event.until}


def _used(parent: Situation) -> dict[str, int]:
    """What the parent has used of the clocks that run since it was opened, once."""
    return {
        clock: cycles[-1].elapsed_microseconds
        for clock, cycles in parent.readings.items()
        if _runs_once(parent.book.clocks[clock])
    }


def _runs_once(rule: ClockRule) -> bool:
    return "opened" in rule.starts and not rule.renews


def _is_approved(parent: Situation, child: Situation) -> bool:
    """Whether the parent has been given the approval, for the very same thing."""
    ours, theirs = ((each.request.service, each.request.offering) for each in (parent, child))
    decided = [event for event in parent.history if isinstance(event, ApprovalDecided)]
    granted = bool(decided) and decided[-1].granted and parent.state.approval is None
    return ours == theirs and granted
