"""Events, commands and notices as JSON, and back (B8).

Every event is written with its type and the version of its schema. One of an older version is
brought forward by the pure functions of `UPGRADES`, one version at a time.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import cache
from hashlib import sha256
from typing import Any

import attrs
from attrs import AttrsInstance

from servicecore.errors import InvalidValue
from servicecore.lifecycle.commands import Command
from servicecore.lifecycle.events import EVENTS, Actor, Event
from servicecore.stores.exact_json import as_json as as_json  # noqa: PLC0414  # stores need it
from servicecore.stores.exact_json import read_exactly, write_exactly
from servicecore.stores.limits import check_size

Table = dict[str, Any]

VERSIONS: Mapping[str, int] = {}
"""The versions of the schemas of events by type, where it is not 1."""

UPGRADES: Mapping[tuple[str, int], Callable[[Table], Table]] = {}
"""What brings the table of an event from that version of its type to the next one."""


def encode_event(event: Event) -> str:
    """An event as JSON, in ASCII; `InvalidValue` where it takes too much room.

    >>> from servicecore.lifecycle.events import Assigned
    >>> encode_event(Assigned(request="R1", occurred_at=0, id="c1/1", group="network"))
    '{"type":"Assigned","schema":1,"request":"R1","occurred":0,"id":"c1/1","group":"network"}'
    """
    kind = type(event).__name__
    table = {"type": kind, "schema": VERSIONS.get(kind, 1), **_said(event)}
    written = write_exactly(table)
    check_size(written, f"{kind} of {event.request!r}")
    return written


def decode_event(written: str) -> Event:
    """The event of a JSON text that `encode_event` gave, of this release or an older one.

    Raises `InvalidValue` for anything else.

    >>> from servicecore.lifecycle.events import Restored
    >>> event = Restored(request="R1", occurred_at=0)
    >>> decode_event(encode_event(event)) == event
    True
    """
    try:
        table = read_exactly(written)
        kind, version = table.pop("type"), table.pop("schema")
        table = _brought_forward(kind, version, table)
        return EVENTS[kind](**{alias_of(kind, name): _read(name, table[name]) for name in table})
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as problem:
        raise InvalidValue(
            f"a stored event cannot be read ({type(problem).__name__}: {problem}): "
            f"expected what encode_event() gives, found {written!r:.200}"
        ) from None


def _brought_forward(kind: str, version: int, table: Table) -> Table:
    newest = VERSIONS.get(kind, 1)
    if type(version) is not int or not 1 <= version <= newest:
        raise ValueError(f"{kind} is of version {version!r}: expected 1 to {newest}")
    for older in range(version, newest):
        table = UPGRADES[kind, older](table)
    return table


@cache
def _aliases(kind: str) -> Mapping[str, str]:
    return {each.name: each.alias or each.name for each in attrs.fields(EVENTS[kind])}


def alias_of(kind: str, name: str) -> str:
    """What a field of an event is set by."""
    return _aliases(kind)[name]


def digest_of(command: Command) -> str:
    """A hash of all that a command says but its id, the same in every process.

    >>> from servicecore.lifecycle.commands import Restore
    >>> one, other = Restore(id="c1", request="R1"), Restore(id="c2", request="R1")
    >>> digest_of(one) == digest_of(other)
    True
    """
    said = {"type": type(command).__name__, **_said(command)}
    said.pop("id")
    return sha256(write_exactly(said, in_order=True).encode()).hexdigest()


@cache
def _defaults(kind: type[AttrsInstance]) -> Mapping[str, object]:
    return {each.name: each.default for each in attrs.fields(kind)}


def _said(value: AttrsInstance) -> Table:
    """The fields that are not as they are by default."""
    defaults = _defaults(type(value))
    fields = ((name, getattr(value, name)) for name in defaults)
    return {
        name: _written(field)
        for name, field in fields
        if defaults[name] is attrs.NOTHING or not _is_default(field, defaults[name])
    }


def _is_default(value: object, default: object) -> bool:
    if isinstance(default, attrs.Factory):  # type: ignore[arg-type]  # a class, to isinstance
        return value in ({}, ())
    return value == default and value.__class__ is default.__class__


def _written(value: object) -> object:
    if isinstance(value, float) and not math.isfinite(value):
        return {"float": repr(value)}
    if isinstance(value, Actor):
        return [value.party, str(value.side)]
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, tuple):
        return [_written(each) for each in value]
    if isinstance(value, Mapping):
        return {name: _written(each) for name, each in value.items()}
    return value


def _read(name: str, value: Any) -> Any:
    if name == "actor":
        return _read_actor(value)
    if name in TABLES:
        return read_table(value)
    return read_value(value)


def _read_actor(value: Any) -> Actor | None:
    if value is None:
        return None
    if not isinstance(value, list):
        raise TypeError(f"the actor is {value!r}: expected a party and a side")
    party, side = value
    return Actor(party, side)


TABLES = ("facts", "answers", "used")
"""The fields that are tables of a caller's own names."""


def read_table(table: Table) -> Table:
    """A table of facts or answers, as it was written."""
    return {name: _read_fact(each) for name, each in table.items()}


def _read_fact(value: Any) -> Any:
    return frozenset(value) if isinstance(value, list) else read_value(value)


def read_value(value: Any) -> Any:
    """A value that is no table, as it was written."""
    return float(value["float"]) if isinstance(value, dict) else value


def write_facts(facts: Mapping[str, object]) -> str:
    """Facts as JSON; `InvalidValue` where they take too much room."""
    written = write_exactly(_written(facts))
    check_size(written, "a table of facts")
    return written


def read_facts(written: str) -> Table:
    """The facts of a JSON text that `write_facts` gave."""
    return read_table(read_exactly(written))
