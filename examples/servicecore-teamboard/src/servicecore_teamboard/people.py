"""The team as data: who knows what, how much each can carry, and when they are there."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from os import PathLike
from pathlib import Path

from attrs import field, frozen
from servicecore import Calendar
from servicecore.errors import InvalidValue
from servicecore.sla import always


def _skills(words: Iterable[str]) -> frozenset[str]:
    if isinstance(words, str):
        raise InvalidValue(f"skills is {words!r}: expected a list of words")
    return frozenset(words)


@frozen
class Person:
    """Somebody of a group.

    `skills` are services, offerings and tags of requests. `capacity` says how much they carry
    compared with others: twice as much with 4 as with 2, and nothing with 0, while on leave.
    """

    name: str
    group: str
    skills: frozenset[str] = field(converter=_skills)
    capacity: int = 1

    def __attrs_post_init__(self) -> None:
        if not isinstance(self.group, str) or not self.group:
            raise InvalidValue(f"group is {self.group!r}: expected the name of a group")
        if type(self.capacity) is not int or self.capacity < 0:
            raise InvalidValue(f"capacity is {self.capacity!r}: expected a whole number, 0 or more")


def as_people(people: Iterable[Person]) -> tuple[Person, ...]:
    """The people as they are kept; `InvalidValue` for two of one name."""
    listed = tuple(people)
    if len({person.name for person in listed}) < len(listed):
        raise InvalidValue("two of the people have the same name: expected different ones")
    return listed


@frozen
class Team:
    """The people, and the hours in which they work."""

    people: tuple[Person, ...] = field(converter=as_people)
    hours: Calendar = always


def load_team(path: str | PathLike[str]) -> Team:
    """The team of a TOML file; `InvalidValue` says what is wrong with it, and where."""
    file = Path(path)
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8"))
        people = [_person(name, said) for name, said in table.pop("people", {}).items()]
        hours = Calendar.from_dict(table.pop("hours", {}), "hours")
    except (OSError, ValueError, AttributeError) as problem:
        raise InvalidValue(f"{file} cannot be used as a team: {problem}") from None
    if table:
        raise InvalidValue(f"{file} has {', '.join(table)}: expected people and hours")
    return Team(people, hours)


def _person(name: str, said: Mapping[str, object]) -> Person:
    try:
        return Person(name, **said)  # type: ignore[arg-type]  # it says itself what is wrong
    except (TypeError, ValueError) as problem:
        raise InvalidValue(f"people.{name}: {problem}") from None
