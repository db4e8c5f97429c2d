"""A table of the shape of a policy file to a `PolicyBook`, with every fault at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import datetime
from functools import partial
from os import PathLike
from pathlib import Path
from typing import Any, cast

import attrs
from attrs import frozen

from servicecore.errors import Fault, InvalidValue, UnknownName
from servicecore.faults import Faults, FaultyTable
from servicecore.instants import Days, to_duration, to_instant
from servicecore.policyfile.calendars import read_calendars
from servicecore.policyfile.tables import (
    Readers,
    entries_of,
    fields_of,
    items_of,
    one_of,
    table_of,
    text,
    texts,
    unexpected,
)
from servicecore.requests import ANY_PRIORITY, DEFAULT_MATRIX, PriorityMatrix
from servicecore.sla.book import BookVersion, PolicyBook
from servicecore.sla.calendar import Calendar, always
from servicecore.sla.conditions import Condition
from servicecore.sla.policy import Policy
from servicecore.sla.rules import DEFAULT_CLOCKS, ClockRule, check_fact
from servicecore.sla.target import Target

DAYS_OPTIONS = ("until", "cutoff", "then", "off_day")
"""What a target of working days can say besides how many."""

CLOCK_KEYS = ("starts", "stops", "pauses", "renews", "cancels", "reopening")

BY_PRIORITY = "targets by priority, such as {'*': '4h'}"
WITHIN = "a duration such as '4h' or '3bd'"
POLICIES = "a list of policies"
VERSIONS = "a list of tables, each with version, valid_from and policies"
INSTANT = "an instant with its offset, such as '2026-01-01T00:00:00+01:00'"


def policies_from_dict(
    table: Mapping[str, object], folder: str | PathLike[str] = "."
) -> PolicyBook:
    """The policy book in a table of the shape of a policy file.

    Files that calendars name are looked for in `folder`. Raises `FaultyTable` with everything that
    is wrong.

    >>> book = policies_from_dict({"policies": [{
    ...     "name": "standard", "calendar": "always", "targets": {"resolution": {"*": "24h"}},
    ... }]})
    >>> print(book.versions[0].policy("standard").target("resolution", "low"))
    24h of always
    """
    faults, table = Faults(), table_of(table, "a table of the shape of a policy file")
    calendars = read_calendars(table.get("calendars", {}), faults, Path(folder))
    policies = _Policies(calendars)
    readers: Readers = {
        "version": text,
        "valid_from": _instant,
        "calendars": lambda _: calendars,
        "priorities": _matrix,
        "clocks": lambda written: entries_of(written, _clock, "a table of clocks by name"),
        "policies": policies.read,
        "versions": lambda written: items_of(written, policies.version, VERSIONS, "version"),
    }
    fields: dict[str, Any] = {}
    with faults.within():
        fields = fields_of(table, readers, "a policy file", {"policies": POLICIES})
    faults.refuse("a policy file")
    return _book(fields, calendars)


def _book(fields: Mapping[str, Any], calendars: Mapping[str, Calendar]) -> PolicyBook:
    first = BookVersion(fields.get("version", ""), fields.get("valid_from"), fields["policies"])
    try:
        return PolicyBook(
            (first, *fields.get("versions", ())),
            fields.get("priorities", DEFAULT_MATRIX),
            fields.get("clocks", {}),
            calendars,
        )
    except InvalidValue as problem:
        raise FaultyTable("a policy file", [Fault(("versions",), str(problem))]) from None


@frozen
class _Policies:
    """Reads policies, whose targets name calendars."""

    calendars: Mapping[str, Calendar]

    def version(self, written: object) -> BookVersion:
        readers: Readers = {"version": text, "valid_from": _instant, "policies": self.read}
        required = {"valid_from": INSTANT, "policies": POLICIES}
        fields = fields_of(written, readers, "a version of the policies", required)
        return BookVersion(fields.get("version", ""), fields["valid_from"], fields["policies"])

    def read(self, written: object) -> list[Policy]:
        return items_of(written, self.policy, POLICIES, "name")

    def policy(self, written: object) -> Policy:
        expected = "a table with name, when, calendar and targets"
        table = table_of(written, expected)
        # One that is misspelt is a fault where it stands, and none of the targets that rely on it.
        inherited = self.calendars.get(str(table.get("calendar")), always)
        required = {"name": "what it is called", "targets": "targets by clock and priority"}
        if _leaves_calendar_open(table.get("targets")):
            required["calendar"] = "the calendar of those targets that name none"
        readers: Readers = {
            "name": text,
            "when": lambda when: entries_of(when, _condition, "a table of facts and conditions"),
            "calendar": self.calendar,
            "targets": partial(self.targets, inherited),
        }
        fields = fields_of(table, readers, expected, required)
        return Policy(fields["name"], fields["targets"], fields.get("when", {}))

    def calendar(self, written: object) -> Calendar:
        name = text(written, "the name of a calendar")
        if name not in self.calendars:
            raise UnknownName("calendar", name, self.calendars)
        return self.calendars[name]

    def targets(self, inherited: Calendar, written: object) -> dict[str, dict[str, Target]]:
        def by_priority(_: str, targets: object) -> dict[str, Target]:
            if _is_target(targets):
                return {ANY_PRIORITY: self.target(inherited, targets)}
            read = entries_of(targets, lambda _, each: self.target(inherited, each), BY_PRIORITY)
            if not read:
                raise unexpected(targets, BY_PRIORITY)
            return read

        return entries_of(written, by_priority, "a table of clocks and their targets")

    def target(self, inherited: Calendar, written: object) -> Target:
        if not isinstance(written, Mapping):
            return Target(_within(written), inherited)
        faults = Faults()
        _check_options(written, faults)
        readers: Readers = {
            "within": _within,
            "calendar": self.calendar,
            "landing": one_of("early", "late"),
            **{option: partial(_days_option, option) for option in DAYS_OPTIONS},
        }
        options: dict[str, Any] = {}
        with faults.within():
            options = fields_of(written, readers, "a target", {"within": WITHIN})
        faults.refuse("a target")
        within, calendar = options.pop("within"), options.pop("calendar", inherited)
        landing = options.pop("landing", "early")
        return Target(_with_options(within, options) if options else within, calendar, landing)


def _is_target(written: object) -> bool:
    """Whether one target stands in place of targets by priority; a priority may be `within`."""
    if isinstance(written, Mapping):
        return not isinstance(written.get("within", {}), Mapping)
    return isinstance(written, str)


def _leaves_calendar_open(targets: object) -> bool:
    by_clock = targets.values() if isinstance(targets, Mapping) else ()
    return any(
        not isinstance(target, Mapping) or "calendar" not in target
        for written in by_clock
        for target in _targets_in(written)
    )


def _targets_in(written: object) -> Iterable[object]:
    if _is_target(written):
        return (written,)
    return written.values() if isinstance(written, Mapping) else ()


def _check_options(written: Mapping[str, object], faults: Faults) -> None:
    """Note the options that do nothing, whatever else is wrong with the target."""
    given = [option for option in DAYS_OPTIONS if option in written]
    within: int | Days | None = None
    with suppress(InvalidValue):  # which is said where it stands
        within = to_duration(_within(written.get("within")))
    if given and isinstance(within, int):
        meaning = "mean nothing" if given[1:] else "means nothing"
        faults.add((), f"{', '.join(given)} {meaning} for hours; expected working days")
    elif "then" in given and "cutoff" not in given:
        faults.add(("then",), "means nothing without a cutoff")


def _within(written: object) -> str:
    duration = text(written, WITHIN)
    to_duration(duration, "within")  # refuses what is none
    return duration


def _with_options(within: str, options: Mapping[str, Any]) -> Days:
    days = cast(Days, to_duration(within))  # options of hours are refused before
    return attrs.evolve(days, **options)


def _days_option(name: str, written: object) -> object:
    """One option of working days, as `Days` understands it."""
    options: dict[str, Any] = {name: text(written)}
    return getattr(Days(1, **options), name)


def _condition(_: str, written: object) -> Condition:
    return Condition.of(written)


def _instant(written: object) -> int:
    try:
        return to_instant(datetime.fromisoformat(text(written)))
    except ValueError:
        raise unexpected(written, INSTANT) from None


def _matrix(written: object) -> PriorityMatrix:
    def row(_: str, cells: object) -> Mapping[str, Any]:
        return table_of(cells, "a priority for every urgency")

    # What each name has to be, the matrix itself says, together with what is missing.
    readers: Readers = {
        "order": lambda names: items_of(names, lambda name: name, "a list of names"),
        "matrix": lambda rows: entries_of(rows, row, "a table of impacts, each with its urgencies"),
    }
    fields = fields_of(written, readers, "a table with matrix and order")
    return PriorityMatrix.from_dict(fields.get("matrix", {}), fields.get("order"))


def _clock(name: str, written: object) -> ClockRule:
    default = DEFAULT_CLOCKS.get(name)
    readers: Readers = {
        **dict.fromkeys(("starts", "stops"), _some_facts),
        "pauses": texts,
        **dict.fromkeys(("renews", "cancels"), _facts),
        "reopening": one_of("pause", "counted", "cycle", "stopped"),
    }
    required = {} if default else {"starts": "what starts it", "stops": "what stops it"}
    fields = fields_of(written, readers, f"a table of {', '.join(CLOCK_KEYS)}", required)
    return attrs.evolve(default, **fields) if default else ClockRule(name, **fields)


def _some_facts(written: object) -> list[str]:
    if facts := _facts(written):
        return facts
    raise unexpected(written, "at least one fact")


def _facts(written: object) -> list[str]:
    return items_of(written, _fact, "a list of facts")


def _fact(written: object) -> str:
    fact = text(written)
    check_fact(fact)
    return fact
