"""Cards: what the board is told of an event."""

from __future__ import annotations

from servicecore.lifecycle.events import Assigned, Event, Opened, Resolved, StepRecorded
from servicecore.stores import Entry

Card = dict[str, str | list[str] | None]
"""A small table that JSON can hold."""


def card_of(entry: Entry) -> Card | None:
    """The card of an entry of the feed; None for what the board has no use for.

    Its `id` is made of what no two entries share, so that a board knows one that comes again.
    """
    said = _said(entry.event)
    if said is None:
        return None
    when = entry.event.occurred_at.isoformat()
    return {"id": f"{entry.shard}/{entry.position}", "request": entry.request, "at": when, **said}


def _said(event: Event) -> Card | None:
    match event:
        case Opened() | Assigned():
            group, person = given_to(event)
            return {"type": "assigned", "group": group, "person": person}
        case Resolved():
            return {"type": "resolved", "status": event.status}
        case StepRecorded():
            return {"type": "escalated", "outcome": event.outcome, "told": list(event.told)}
        case _:
            return None


def given_to(event: Event) -> tuple[str | None, str | None]:
    """The group and the person that an event gives a request to; an opening may do so, too."""
    if isinstance(event, Assigned):
        return event.group, event.person
    facts = event.facts if isinstance(event, Opened) else {}
    return _text(facts.get("group")), _text(facts.get("person"))


def _text(fact: object) -> str | None:
    return fact if isinstance(fact, str) else None
