"""The lifecycle as a machine: which event makes which transition, and the picture of it all.

The statuses and transitions themselves are data of the policy book; see `Lifecycle`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from servicecore.lifecycle.events import (
    Cancelled,
    Closed,
    Event,
    MergedInto,
    Reopened,
    Resolved,
    StatusChanged,
)
from servicecore.lifecycle.status import Status
from servicecore.sla.statuses import Lifecycle, Transition, TransitionEvent

Entering = StatusChanged | Resolved | Reopened | Closed | Cancelled | MergedInto
"""An event that enters a status."""

ENTERS: Mapping[type[Event], TransitionEvent] = MappingProxyType({
    StatusChanged: "status changed",
    Resolved: "resolved",
    Reopened: "reopened",
    Closed: "closed",
    Cancelled: "cancelled",
    MergedInto: "merged",
})  # fmt: skip
"""The events that transitions write, with the names that transitions call them by."""

IMPERATIVES: Mapping[TransitionEvent, str] = MappingProxyType({
    "resolved": "resolve",
    "reopened": "reopen",
    "closed": "close",
    "cancelled": "cancel",
    "merged": "merge",
})  # fmt: skip


def imperative(transition: Transition) -> str:
    """What a transition is called by whoever makes it.

    >>> imperative(Transition("status changed", ["new"], "in progress"))
    'move to in progress'
    """
    return IMPERATIVES.get(transition.event, f"move to {transition.target}")


def possible(lifecycle: Lifecycle, status: str) -> tuple[str, ...]:
    """What commands can do from a status, in words.

    >>> from servicecore.sla.statuses import DEFAULT_LIFECYCLE
    >>> possible(DEFAULT_LIFECYCLE, "closed")
    ('reopen',)
    """
    by_hand = (way for way in lifecycle.ways(status) if not way.timed)
    return tuple(dict.fromkeys(map(imperative, by_hand)))


def falls_due(transition: Transition, status: Status) -> int | None:
    """When time makes a timed transition from a status entered as it says, in microseconds.

    None for a transition that commands make, and where the status does not say until when.

    >>> from servicecore.sla.statuses import DEFAULT_LIFECYCLE
    >>> closing = DEFAULT_LIFECYCLE.ways("resolved")[2]
    >>> (falls_due(closing, Status("resolved", since=0)) or 0) // 3_600_000_000
    120
    """
    if transition.until:
        return status.until
    return None if transition.after is None else transition.after.due(status.since)


def mermaid(lifecycle: Lifecycle) -> str:
    """The lifecycle as the source of a Mermaid diagram.

    A way is labelled with what is done, unless that is a mere change of status, or with the time
    after which it is gone by itself, and with its guards in brackets.

    >>> from servicecore.sla.target import Target
    >>> print(mermaid(Lifecycle(first="new", working="open", waiting="open", transitions=[
    ...     Transition("status changed", ["new"], "open"),
    ...     Transition("closed", ["open"], "closed", ["customer answered"], after=Target("48h")),
    ... ])))
    stateDiagram-v2
        [*] --> new
        new --> open
        open --> closed: after 48h [customer answered]
        closed --> [*]
    """
    names = _identifiers(lifecycle.statuses)
    lines = [f'state "{_escaped(status)}" as {name}' for status, name in names.items()
             if status != name]  # fmt: skip
    lines.append(f"[*] --> {names[lifecycle.first]}")
    lines += _arrows(lifecycle, names)
    final = filter(lifecycle.is_final, lifecycle.statuses)
    lines += [f"{names[status]} --> [*]" for status in final]
    return "\n    ".join(["stateDiagram-v2", *lines])


def _arrows(lifecycle: Lifecycle, names: Mapping[str, str]) -> Iterator[str]:
    for transition in lifecycle.transitions:
        for status in lifecycle.statuses:
            if transition in lifecycle.ways(status):
                label = _escaped(_label(transition))
                yield f"{names[status]} --> {names[transition.target]}{label and f': {label}'}"


def _label(transition: Transition) -> str:
    guards = f"[{', '.join(transition.guards)}]" if transition.guards else ""
    return " ".join(filter(None, [_how(transition), guards]))


def _how(transition: Transition) -> str:
    """How a way is gone; where its end says it all, nothing."""
    if transition.until:
        return "at its date"
    if transition.after is not None:
        return f"after {str(transition.after).removesuffix(' of always')}"
    return IMPERATIVES.get(transition.event, "")


RESERVED = frozenset({"state", "as", "note", "end", "direction", "class", "style", "default"})
"""Words of Mermaid's own, which no status may be called by there."""


def _identifiers(statuses: tuple[str, ...]) -> dict[str, str]:
    """A name of letters, digits and underscores for every status, no two alike."""
    names: dict[str, str] = {}
    for status in statuses:
        plain = re.sub(r"[^A-Za-z0-9]+", "_", status)
        taken = plain in names.values() or plain.lower() in RESERVED or not plain.strip("_")
        names[status] = f"{plain}_{len(names)}" if taken else plain
    return names


def _escaped(text: str) -> str:
    """Text without what Mermaid reads as its own."""
    codes = {"#": "#35;", '"': "#quot;", ";": "#59;", ":": "#58;", "\n": " "}
    return "".join(codes.get(letter, letter) for letter in text)
