"""What every event carries: who did it in which request, when it happened and what caused it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from functools import cache
from types import NoneType

import attrs
from attrs import AttrsInstance, field, frozen

from servicecore.errors import InvalidValue
from servicecore.instants import DateTime, as_instant, to_datetime


class Side(StrEnum):
    """On whose side somebody acts in a request."""

    CUSTOMER = "customer"
    DESK = "desk"
    SUPPLIER = "supplier"


def as_side(side: Side | str) -> Side:
    """The side of that name; `InvalidValue` where there is none."""
    if side.__class__ is Side:  # as good as always, and a tenth of the time of asking the class
        return side
    try:
        return Side(side)
    except ValueError:
        expected = ", ".join(repr(str(known)) for known in Side)
        raise InvalidValue(f"side is {side!r}: expected one of {expected}") from None


@frozen
class Actor:
    """Who did it: a name, and the side on which they act in this request."""

    party: str
    side: Side = field(default=Side.DESK, converter=as_side)

    def __attrs_post_init__(self) -> None:
        if not isinstance(self.party, str):
            raise InvalidValue(f"party is {self.party!r}: expected text")


def as_occurred(moment: datetime | int) -> int:
    """When it happened, in microseconds."""
    return as_instant(moment, "occurred_at")


def as_recorded(moment: datetime | int | None) -> int | None:
    """When it was written down, in microseconds."""
    return None if moment is None else as_instant(moment, "recorded_at")


def as_due(moment: datetime | int) -> int:
    """When it is due, in microseconds."""
    return as_instant(moment, "due_at")


def as_next_due(moment: datetime | int | None) -> int | None:
    """When the next one is due, in microseconds."""
    return None if moment is None else as_instant(moment, "next_due_at")


def as_until(moment: datetime | int | None) -> int | None:
    """Until when it lasts, in microseconds."""
    return None if moment is None else as_instant(moment, "until")


def names(values: Iterable[str], name: str = "it") -> tuple[str, ...]:
    """A list of texts as a tuple; `InvalidValue` for anything else."""
    listed = None if isinstance(values, str) or not isinstance(values, Iterable) else tuple(values)
    if listed is None or not all(isinstance(value, str) for value in listed):
        raise InvalidValue(f"{name} is {values!r}: expected a list of texts")
    return listed


@frozen(kw_only=True)
class Event:
    """What every event carries: its envelope.

    `occurred` and `recorded` are microseconds; `cause` is the id of the event that brought this one
    about, such as the escalation step that assigned somebody.
    """

    request: str
    occurred: int = field(alias="occurred_at", converter=as_occurred)
    recorded: int | None = field(alias="recorded_at", default=None, converter=as_recorded)
    sequence: int = 0
    id: str = ""
    actor: Actor | None = None
    cause: str = ""

    def __attrs_post_init__(self) -> None:
        check_types(self)

    @property
    def occurred_at(self) -> DateTime:
        """When it happened, in UTC."""
        return to_datetime(self.occurred)

    @property
    def recorded_at(self) -> DateTime:
        """When it was written down, in UTC; when it happened, where nothing else is said."""
        return to_datetime(self.occurred if self.recorded is None else self.recorded)

    @property
    def side(self) -> Side:
        """On whose side it was done; the desk's, where nobody is named."""
        return Side.DESK if self.actor is None else self.actor.side


_EXPECTED: Mapping[str, tuple[tuple[type, ...], str]] = {
    "str": ((str,), "text"),
    "str | None": ((str, NoneType), "text or None"),
    "bool": ((bool,), "True or False"),
    "int": ((int,), "a whole number"),
    "float": ((int, float), "a number"),
    "float | None": ((int, float, NoneType), "a number or None"),
    "Actor | None": ((Actor, NoneType), "an Actor or None"),
}
"""What a field may hold, by how it is declared; the others have converters."""


@cache
def _fields(kind: type[AttrsInstance]) -> tuple[tuple[str, tuple[type, ...], str], ...]:
    declared = {each.name: str(each.type) for each in attrs.fields(kind)}
    return tuple((name, *_EXPECTED[kind]) for name, kind in declared.items() if kind in _EXPECTED)


def check_types(said: AttrsInstance) -> None:
    """Refuse a field that holds something else than it is declared to (`InvalidValue`).

    It is for events and for commands. Events that come by the hundred thousand look at their own
    fields first, and with `is_usual` at their envelope, which costs a tenth.
    """
    for name, types, expected in _fields(type(said)):
        value = getattr(said, name)
        if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
            raise InvalidValue(f"{name} is {value!r}: expected {expected}")


_ACTORS = frozenset({Actor, NoneType})


def is_usual(event: Event) -> bool:
    """Whether an envelope holds what it is declared to, by classes alone: those of others may."""
    return (
        event.request.__class__ is event.id.__class__ is event.cause.__class__ is str
        and event.sequence.__class__ is int
        and event.actor.__class__ in _ACTORS
    )


def in_order(events: Iterable[Event]) -> tuple[Event, ...]:
    """The events as a history: by instant, then by sequence, then as given (T3)."""
    return tuple(sorted(events, key=lambda event: (event.occurred, event.sequence)))
