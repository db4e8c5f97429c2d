"""What the entries of a catalogue have in common: names, texts, and lists."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol, TypeVar

from attrs import Attribute

from servicecore.errors import InvalidValue

Part = TypeVar("Part")


class Named(Protocol):
    """What goes by a name."""

    @property
    def name(self) -> str:
        """What it is found by."""
        ...


Entry = TypeVar("Entry", bound=Named)


def check_name(entry: object, attribute: Attribute[str], name: object) -> None:
    """Refuse what an entry of the catalogue cannot be found by."""
    if not isinstance(name, str) or not name.strip():
        what = _with_article(type(entry).__name__.lower())
        raise InvalidValue(f"the {attribute.name} of {what} is {name!r}: expected text")


def check_text(entry: object, attribute: Attribute[str], value: object) -> None:
    """Refuse what is no text; it may be empty."""
    if not isinstance(value, str):
        what = _with_article(type(entry).__name__.lower())
        raise InvalidValue(f"the {attribute.name} of {what} is {value!r}: expected text")


def _with_article(noun: str) -> str:
    return f"an {noun}" if noun[0].lower() in "aeio" else f"a {noun}"


def names(values: Iterable[str], what: str) -> tuple[str, ...]:
    """A list of names, each of them text that says something."""
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise InvalidValue(f"{what} are {values!r}: expected a list of names")
    return tuple(_name(each, what) for each in values)


def _name(name: object, what: str) -> str:
    if isinstance(name, str) and name.strip():
        return name
    raise InvalidValue(f"{what}: found {name!r}; expected a name")


def all_of(kind: type[Part], values: Iterable[Part], what: str) -> tuple[Part, ...]:
    """A list of which every part is of one type."""
    part = _with_article(kind.__name__)
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise InvalidValue(f"{what} are {values!r}: expected a list, each {part}")
    listed = tuple(values)
    for value in listed:
        if not isinstance(value, kind):
            raise InvalidValue(f"{what}: found {value!r}; expected each to be {part}")
    return listed


def refuse_repeated(what: str, names: Iterable[str]) -> None:
    """Refuse a name that comes twice."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise InvalidValue(f"two {what} are named {name!r}: a name is what they are found by")
        seen.add(name)


def entries(kind: type[Entry], values: Iterable[Entry], what: str) -> tuple[Entry, ...]:
    """A list of entries of one type, no two of one name."""
    listed = all_of(kind, values, what)
    refuse_repeated(what, (entry.name for entry in listed))
    return listed
