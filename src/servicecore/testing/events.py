"""Strategies of events and commands: of every kind, with every value that their fields may hold.

>>> from hypothesis import find
>>> from servicecore.lifecycle.events import Assigned
>>> find(events_of(Assigned), lambda event: event.group is not None).group
''
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

import attrs
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from servicecore.errors import InvalidValue
from servicecore.lifecycle.commands import COMMANDS, Command
from servicecore.lifecycle.events import (
    EVENTS,
    Actor,
    CauseReviewed,
    Event,
    OptionsOffered,
    OverrideStarted,
    PromiseMade,
    Side,
)
from servicecore.lifecycle.events.promises import BASES, CHECKPOINT, DELIVERY
from servicecore.stores.limits import EARLIEST, LATEST

Kind = TypeVar("Kind", Event, Command)
Fields = Mapping[str, SearchStrategy[object]]

AWKWARD = (
    "",
    "\0",
    "\ud800",
    "\udfff\ud800",
    "null",
    '{"float":"nan"}',
    "مكتب الدعم \u202e(rtl)",
    "👩‍🚒",
    "e\u0301",
    "\u2028\r\n\t\\\"'; DROP TABLE x; --",
    "x" * 300,
)


def texts() -> SearchStrategy[str]:
    """Texts, those included that no file and no database can keep as they are."""
    anything = st.characters(exclude_categories=())
    return st.sampled_from(AWKWARD) | st.text(anything, max_size=8)


def said_texts() -> SearchStrategy[str]:
    """Texts that say something."""
    return texts().filter(str.strip)


def numbers() -> SearchStrategy[float]:
    """Numbers: whole ones of any size, fractions, infinities and what is no number at all."""
    huge = st.sampled_from([2**63, -(2**64), 10**400])
    return st.integers() | huge | st.floats() | st.sampled_from([0.0, -0.0, 1.0])


def facts() -> SearchStrategy[Mapping[str, object]]:
    """Tables of facts."""
    words = st.frozensets(texts(), max_size=3)
    fact = st.none() | st.booleans() | texts() | numbers() | words
    return st.dictionaries(texts(), fact, max_size=4)


def instants() -> SearchStrategy[int]:
    """Instants that a store keeps."""
    return st.sampled_from([EARLIEST, -1, 0, LATEST]) | st.integers(EARLIEST, LATEST)


def actors() -> SearchStrategy[Actor]:
    """Actors of either side."""
    return st.builds(Actor, texts(), st.sampled_from(Side))


def lists() -> SearchStrategy[list[str]]:
    """Lists of texts."""
    return st.lists(texts(), max_size=3)


_DECLARED: Fields = {
    "str": texts(),
    "str | None": st.none() | texts(),
    "bool": st.booleans(),
    "int": instants(),
    "int | None": st.none() | instants(),
    "float": numbers(),
    "float | None": st.none() | numbers(),
    "Actor | None": st.none() | actors(),
    "Side": st.sampled_from(Side),
    "tuple[str, ...]": lists(),
    "Mapping[str, Fact]": facts(),
    "Mapping[str, int]": st.dictionaries(texts(), st.integers(0), max_size=3),
    "Mapping[str, float | str | None]": st.dictionaries(
        texts(), st.none() | texts() | numbers(), max_size=3
    ),
}
"""What a field may hold, by how it is declared."""

_options = st.lists(said_texts(), min_size=1, max_size=3, unique=True)
_FEWER: Mapping[type[Event], Fields] = {
    PromiseMade: {
        "kind": st.sampled_from([DELIVERY, CHECKPOINT]),
        "basis": st.sampled_from(BASES),
    },
    OptionsOffered: {"options": _options, "recommendation": st.just("")},
    OverrideStarted: {"reason": said_texts()},
    CauseReviewed: {"actor": st.none(), "systems": st.lists(said_texts(), min_size=1, max_size=3)},
}
"""Where fields of an event may hold less than they are declared to."""


def _fields_of(kind: type[Event | Command]) -> dict[str, SearchStrategy[object]]:
    event = kind.writes if issubclass(kind, Command) else kind
    declared = {each.name: (each.alias or each.name, str(each.type)) for each in attrs.fields(kind)}
    fewer = _FEWER.get(event, {})
    return {alias: fewer.get(name, _DECLARED[type]) for name, (alias, type) in declared.items()}


def events_of(kind: type[Event]) -> SearchStrategy[Event]:
    """Events of a kind, each field with whatever it may hold or as it is by default."""
    return _built(kind)


def events() -> SearchStrategy[Event]:
    """Events of every kind."""
    return st.sampled_from(list(EVENTS.values())).flatmap(events_of)


def commands_of(kind: type[Command]) -> SearchStrategy[Command]:
    """Commands of a kind."""
    return _built(kind)


def commands() -> SearchStrategy[Command]:
    """Commands of every kind."""
    return st.sampled_from(list(COMMANDS.values())).flatmap(commands_of)


def _built(kind: type[Kind]) -> SearchStrategy[Kind]:
    by_alias = _fields_of(kind)
    needed = {each.alias for each in attrs.fields(kind) if each.default is attrs.NOTHING}
    optional = {alias: each for alias, each in by_alias.items() if alias not in needed}
    fields = st.fixed_dictionaries(
        {alias: by_alias[alias] for alias in by_alias if alias in needed}, optional=optional
    )
    return fields.map(lambda said: _made(kind, said)).filter(bool)  # type: ignore[return-value]  # filter(bool) leaves no None


def _made(kind: type[Kind], said: Mapping[str, object]) -> Kind | None:
    try:
        return kind(**said)  # type: ignore[arg-type]  # its own fields
    except InvalidValue:
        return None
