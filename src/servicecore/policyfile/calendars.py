"""The calendars of a policy file: those with hours, and those composed of others (C6)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import reduce
from operator import and_, or_, sub
from pathlib import Path

from attrs import Factory, define

from servicecore.errors import InvalidValue, UnknownName
from servicecore.faults import Faults
from servicecore.policyfile.tables import Readers, fields_of, items_of, table_of, text, unexpected
from servicecore.sla.calendar import Calendar, always
from servicecore.sla.calendar_table import CALENDAR_KEYS
from servicecore.sla.definition import Composition
from servicecore.sla.naming import ALWAYS, name_of, sides

Operation = Callable[[Calendar, Calendar], Calendar]

OPERATIONS: Mapping[str, Operation] = {"any_of": or_, "all_of": and_}
OPERATORS = {"|": "any_of", "&": "all_of"}
DIFFERENCE = {"base": "the name of a calendar", "except": "a list of names of calendars"}
WAYS = {**{key: key for key in OPERATIONS}, **dict.fromkeys(DIFFERENCE, "difference")}
MOST_SIDES = 100
MOST_DEEP = 20
COMPOSED = "a table of other calendars"


def read_calendars(
    written: object, faults: Faults, folder: Path, others: Mapping[str, Calendar]
) -> Mapping[str, Calendar]:
    """All calendars of the file by name, in whatever order they name each other, or `others`.

    A faulty one is noted in `faults` and stands for nothing: it is there so that its name is known.
    """
    tables: Mapping[str, object] = {}
    with faults.within("calendars"):
        tables = table_of(written, "a table of calendars by name")
    calendars = _Calendars(tables, faults, folder, others)
    for name in tables:
        calendars.named(name)
    if ALWAYS in tables:
        problem = "is the calendar that never closes and needs no table; expected another name"
        faults.add(("calendars", ALWAYS), problem)
    return {**calendars.read, ALWAYS: always}


def calendar_in(calendars: Mapping[str, Calendar], written: object) -> Calendar:
    """The calendar whose name is written."""
    name = text(written, "the name of a calendar")
    if name not in calendars:
        raise UnknownName("calendar", name, calendars)
    return calendars[name]


@define
class _Calendars:
    tables: Mapping[str, object]
    faults: Faults
    folder: Path
    others: Mapping[str, Calendar]
    read: dict[str, Calendar] = Factory(dict)
    reading: list[str] = Factory(list)

    def named(self, name: str) -> Calendar:
        """The calendar of that name, read when somebody asks for it first."""
        if name == ALWAYS:
            return always
        if name not in self.tables:
            if name in self.others:
                return self.others[name]
            raise UnknownName("calendar", name, [*self.tables, *self.others, ALWAYS])
        if name in self.reading:
            circle = " → ".join([*self.reading[self.reading.index(name) :], name])
            raise InvalidValue(f"is composed of itself: {circle}")
        if len(self.reading) >= MOST_DEEP:
            raise InvalidValue(f"is composed of calendars more than {MOST_DEEP} deep")
        if name not in self.read:
            self.reading.append(name)
            self.read[name] = always  # until it is known to be free of faults
            with self.faults.within("calendars", name):
                self.read[name] = self._calendar(self.tables[name], name)
            self.reading.remove(name)
        return self.read[name]

    def _calendar(self, written: object, name: str) -> Calendar:
        table = table_of(written, "a table with timezone and hours, or of other calendars")
        _refuse_two_ways(table)
        for key, operation in OPERATIONS.items():
            if key in table:
                parts: list[Calendar] = fields_of(table, {key: self._parts}, COMPOSED)[key]
                return _composed(operation, parts).named(name)
        if not DIFFERENCE.keys().isdisjoint(table):
            readers: Readers = {"base": self._part, "except": self._parts}
            fields = fields_of(table, readers, COMPOSED, DIFFERENCE)
            return _composed(sub, [fields["base"], *fields["except"]]).named(name)
        return Calendar.from_dict(table, name, folder=self.folder)

    def _part(self, written: object) -> Calendar:
        return self.named(text(written, "the name of a calendar"))

    def _parts(self, written: object) -> list[Calendar]:
        parts = items_of(written, self._part, "a list of names of calendars")
        if not parts:
            raise unexpected(written, "at least one name of a calendar")
        return parts


def _refuse_two_ways(table: Mapping[str, object]) -> None:
    """Refuse what says in more than one way when it is open."""
    faults = Faults()
    way, *others = [key for key in table if key in WAYS] or [""]
    for key in others:
        if WAYS[key] != WAYS[way]:
            faults.add((key,), f"stands next to {way}; expected one way of composing, not both")
    for key in filter(CALENDAR_KEYS.__contains__, table if way else ()):
        faults.add((key,), f"stands next to {way}; expected hours or a composition, not both")
    faults.refuse(COMPOSED)


def _composed(operation: Operation, parts: list[Calendar]) -> Calendar:
    """The parts as one; what would take for ever to compile is refused (C8)."""
    whole = reduce(operation, parts)
    waiting, sides = [whole.definition], 0
    while waiting and sides <= MOST_SIDES:
        definition = waiting.pop()
        if isinstance(definition, Composition):
            waiting += [definition.left, definition.right]
        else:
            sides += 1
    if sides > MOST_SIDES:
        raise InvalidValue(f"is composed of more than {MOST_SIDES} calendars, all sides counted")
    return whole


def calendar_to_dict(calendar: Calendar, calendars: Mapping[str, Calendar]) -> dict[str, object]:
    """The table that gives this calendar again; its sides are among the others, by their names."""
    if not isinstance(calendar.definition, Composition):
        return calendar.to_dict()
    names = [name_of(side, calendars) for side in sides(calendar)]
    if calendar.definition.operator == "-":
        return {"base": names[0], "except": names[1:]}
    return {OPERATORS[calendar.definition.operator]: names}
