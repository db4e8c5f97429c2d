"""Names for the calendars of a policy book, so that every target can say which one it means."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from servicecore.errors import InvalidValue
from servicecore.sla.calendar import Calendar, always
from servicecore.sla.definition import Composition, Definition

ALWAYS = "always"
"""The calendar that is there without being written down: 24×7."""


def sides(calendar: Calendar) -> tuple[Calendar, ...]:
    """The calendars that a composed one is written with; none for one with hours of its own.

    ``a | b | c`` is one composition of three, as it is written; ``a | (b | c)`` is one of two.
    """
    if not isinstance(calendar.definition, Composition):
        return ()
    left: Definition = calendar.definition
    operator = calendar.definition.operator
    found: list[Definition] = []
    while isinstance(left, Composition) and left.operator == operator:
        found.append(left.right)
        left = left.left
    return tuple(Calendar(side) for side in (left, *reversed(found)))


def with_names(named: Mapping[str, Calendar], used: Iterable[Calendar]) -> dict[str, Calendar]:
    """The named calendars, and with them those that are used, and the sides of composed ones.

    A calendar that has no name yet gets the one it was made with; where that is another's already,
    a number behind it. Raises `InvalidValue` if something else is named ``"always"``.
    """
    if not isinstance(named, Mapping):
        raise InvalidValue(f"calendars are {named!r}: expected a table of names and calendars")
    for name, calendar in named.items():
        if not isinstance(calendar, Calendar):
            raise InvalidValue(f"the calendar {name!r} is {calendar!r}: expected a Calendar")
        if not isinstance(name, str):
            raise InvalidValue(f"a calendar is named {name!r}: expected text")
    if named.get(ALWAYS, always) != always:
        raise InvalidValue(f"a calendar is named {ALWAYS!r}, which is the one that never closes")
    if not all(name.strip() for name in named):
        raise InvalidValue("a calendar's name says nothing: expected what targets call it")
    names = {name: calendar for name, calendar in named.items() if name != ALWAYS}
    waiting = [*used, *(side for calendar in named.values() for side in sides(calendar))]
    while waiting:
        calendar = waiting.pop(0)
        if name_of(calendar, names) is None:
            names[_free_name(calendar.name.strip() or "calendar", names)] = calendar
            waiting += sides(calendar)
    return names


def name_of(calendar: Calendar, names: Mapping[str, Calendar]) -> str | None:
    """The name of a calendar among those named, or None; the one it was made with if it can."""
    if names.get(calendar.name) == calendar:
        return calendar.name
    if calendar == always:
        return ALWAYS
    return next((name for name, known in names.items() if known == calendar), None)


def _free_name(wanted: str, taken: Mapping[str, Calendar]) -> str:
    name, number = wanted, 1
    while name in taken or name == ALWAYS:
        number += 1
        name = f"{wanted} {number}"
    return name
