"""Splitting: a part of a request becomes a request of its own (R8)."""

from __future__ import annotations

from datetime import datetime

import attrs
from attrs import frozen

from servicecore.errors import InvalidValue, TransitionRefused
from servicecore.lifecycle.commands import Split
from servicecore.lifecycle.decide import followers
from servicecore.lifecycle.events import ApprovalDecided, Event, Linked, Opened, SplitFrom
from servicecore.lifecycle.evolve import evolve
from servicecore.lifecycle.guards import against_change, reasons_against
from servicecore.lifecycle.links import CHILD, PARENT
from servicecore.lifecycle.replay import situation as situation_of
from servicecore.lifecycle.situation import Situation
from servicecore.lifecycle.writing import Pen, pen_for, pen_on
from servicecore.sla.rules import ClockRule


@frozen
class SplitOff:
    """What a split writes: to the request that it leaves, and as the new one's history."""

    parent_events: tuple[Event, ...]
    child_events: tuple[Event, ...]


def split(parent: Situation, command: Split, *, at: datetime | int) -> SplitOff:
    """Make a part of a request a request of its own.

    It has the facts of its parent, but for those that the command says otherwise. The time that its
    parent has used counts, and where its parent had its first response, none is owed; an approval
    given for the same offering holds. Raises what `decide` raises.

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
    return (opened, begun, linked, *_approval(parent, (opened, begun, linked), pen))


def _used(parent: Situation) -> dict[str, int]:
    """What the parent has used of the clocks that run until it is resolved."""
    return {
        clock: cycles[-1].elapsed_microseconds
        for clock, cycles in parent.readings.items()
        if _until_resolved(parent.book.clocks[clock])
    }


def _until_resolved(rule: ClockRule) -> bool:
    return "opened" in rule.starts and not rule.renews and "replied" not in rule.stops


def _approval(parent: Situation, history: tuple[Event, ...], pen: Pen) -> tuple[Event, ...]:
    """The approval that the child's offering demands, unless the parent has it already."""
    book = parent.book
    state = evolve(None, history[0], book)
    for event in history[1:]:
        state = evolve(state, event, book)
    child = situation_of(state, book, at=pen.occurred)
    demanded = book.catalogue.approval(child.request)
    if demanded == book.catalogue.approval(parent.request) and _approved(parent):
        return ()
    return followers(child, history[0], pen, len(history) + 2)


def _approved(parent: Situation) -> bool:
    decided = [event for event in parent.history if isinstance(event, ApprovalDecided)]
    return bool(decided) and decided[-1].granted and parent.state.approval is None
