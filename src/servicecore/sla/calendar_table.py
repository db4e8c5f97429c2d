"""A calendar as a table, the shape of ``[calendars.NAME]`` in a policy file, and back."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

from attrs import evolve, frozen

from servicecore.errors import InvalidValue
from servicecore.faults import Faults
from servicecore.instants import to_date, zone_named
from servicecore.sla.definition import Version, Weekly
from servicecore.sla.holidays import country_holidays
from servicecore.sla.hours import (
    CLOSED,
    DayHours,
    day_hours,
    day_text,
    joined,
    week_hours,
    week_table,
)
from servicecore.sla.icalendar import IcalendarDates, icalendar_dates
from servicecore.sla.schedule import MonthDay, Schedule

SCHEDULE_KEYS = (
    "hours", "holidays", "yearly_holidays", "exceptions", "breaks", "known_until",
    "country", "icalendar", "holiday_years",
)  # fmt: skip
CALENDAR_KEYS = ("timezone", *SCHEDULE_KEYS, "versions")
VERSION_KEYS = ("from", *SCHEDULE_KEYS)

UTC_ZONE = zone_named("UTC")
NO_HOLIDAYS: dict[date, str] = {}
NO_HOURS: dict[date, DayHours] = {}
NEVER_OPEN = Schedule(week=(CLOSED,) * 7)

Part = TypeVar("Part")


def definition_of_table(table: Mapping[str, object], name: str, folder: Path) -> Weekly:
    """The definition that a table writes down; `FaultyTable` with everything wrong in it."""
    if not isinstance(table, Mapping):
        raise InvalidValue(f"found {table!r}: expected a table with timezone and hours")
    faults = Faults()
    faults.unknown_keys(table, CALENDAR_KEYS)
    first = _Table(table, faults, (), folder, UTC_ZONE)
    zone = first.part("timezone", zone_named, UTC_ZONE)
    if "timezone" not in table:
        faults.add(("timezone",), "missing: expected an IANA name such as 'Europe/Berlin'")
    first = evolve(first, zone=zone)
    versions: list[Version] = [(None, first.schedule(NEVER_OPEN))]
    for position, later in enumerate(_later_tables(table, faults)):
        reader = evolve(first, table=later, path=("versions", position))
        faults.unknown_keys(later, VERSION_KEYS, *reader.path)
        since = reader.part("from", to_date, None)
        if since is None or (versions[-1][0] is not None and since <= versions[-1][0]):
            problem = f"found {since}: expected a date after that of the version before"
            faults.add((*reader.path, "from"), problem)
        versions.append((since, reader.schedule(versions[-1][1])))
    faults.refuse(f"calendar {name}" if name else "calendar")
    return Weekly(zone.key, tuple(versions), name)


def _later_tables(table: Mapping[str, object], faults: Faults) -> list[Mapping[str, object]]:
    written = table.get("versions", ())
    if isinstance(written, list | tuple) and all(isinstance(item, Mapping) for item in written):
        return list(written)
    faults.add(("versions",), f"found {written!r}: expected a list of tables, each with 'from'")
    return []


@frozen
class _Table:
    """One version's table, being read; faults go to `faults` under `path`."""

    table: Mapping[str, object]
    faults: Faults
    path: tuple[str | int, ...]
    folder: Path
    zone: ZoneInfo

    def part(self, key: str, read: Callable[[object], Part], otherwise: Part) -> Part:
        """What `key` says, or `otherwise` where it is missing or faulty."""
        if key in self.table:
            with self.faults.within(*self.path, key):
                return read(self.table[key])
        return otherwise

    def schedule(self, before: Schedule) -> Schedule:
        """The schedule of this version: what is named here, the rest as it was `before`."""
        years = self._holiday_years()
        file = self._from_file(years)
        listed = self.part("holidays", _dated, NO_HOLIDAYS)
        named = {"holidays", "country", "icalendar"} & set(self.table)
        holidays = {**self._of_country(years), **file.holidays, **listed}
        known_until = _end_of_last_year(holidays) if named else before.known_until
        if years:
            known_until = date(years[-1], 12, 31)
        own = Schedule(
            week=self.part("hours", week_hours, before.week),
            holidays=holidays if named else before.holidays,
            yearly_holidays=self.part("yearly_holidays", _yearly, before.yearly_holidays),
            known_until=self.part("known_until", _date_or_never, known_until),
        )
        return evolve(
            own, exceptions=self._exceptions(before, own, file), breaks=self._breaks(before, file)
        )

    def _exceptions(
        self, before: Schedule, own: Schedule, file: IcalendarDates
    ) -> dict[date, DayHours]:
        """Those of the table beat those of the file, which replace ordinary hours only."""
        of_file = file.exceptions_in(own.week)
        ordinary = {day: of_file[day] for day in of_file if own.holiday_on(day) is None}
        if "exceptions" in self.table:
            return {**ordinary, **self.part("exceptions", _hours_by_date, NO_HOURS)}
        return {**before.exceptions, **ordinary}

    def _breaks(self, before: Schedule, file: IcalendarDates) -> dict[date, DayHours]:
        """Those of the table and those of the file: each closes."""
        listed = self.part("breaks", _hours_by_date, before.breaks)
        return {
            day: joined((*listed.get(day, CLOSED), *file.breaks.get(day, CLOSED)))
            for day in {**listed, **file.breaks}
        }

    def _of_country(self, years: range) -> dict[date, str]:
        return self.part("country", lambda code: country_holidays(_text(code), years), NO_HOLIDAYS)

    def _from_file(self, years: range) -> IcalendarDates:
        return self.part(
            "icalendar",
            lambda file: icalendar_dates(self.folder / _text(file), years, self.zone),
            IcalendarDates(),
        )

    def _holiday_years(self) -> range:
        """The years for which `country` and `icalendar` are asked; none where neither is given."""
        if not {"country", "icalendar"} & set(self.table):
            return range(0)
        if "holiday_years" not in self.table:
            expected = "expected the first and the last year, such as [2024, 2030]"
            self.faults.add((*self.path, "holiday_years"), f"missing: {expected}")
        return self.part("holiday_years", _years, range(0))


def _end_of_last_year(holidays: Mapping[date, str]) -> date | None:
    return date(max(holidays).year, 12, 31) if holidays else None


def _date_or_never(value: object) -> date | None:
    """A date, or None for the text ``"always"``: the listed holidays are all there will be."""
    return None if value == "always" else to_date(value)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise InvalidValue(f"found {value!r}: expected text")
    return value


def _years(value: object) -> range:
    match value:
        case [int(first), int(last)] if 1900 <= first <= last <= 2199:  # years.py
            return range(first, last + 1)
    raise InvalidValue(
        f"found {value!r}: expected the first and the last year, such as [2024, 2030]"
    )


def _items(value: object, expected: str) -> Iterable[tuple[object, object]]:
    if isinstance(value, Mapping):
        return value.items()
    if isinstance(value, Iterable) and not isinstance(value, str):
        return [(item, "") for item in value]
    raise InvalidValue(f"found {value!r}: expected {expected}")


def _by_key(
    value: object,
    expected: str,
    read_key: Callable[[object], Part],
    read: Callable[[object], object],
) -> dict[Part, object]:
    faults = Faults()
    found: dict[Part, object] = {}
    for written, said in _items(value, expected):
        with faults.within(str(written)):
            key = read_key(written)
            if key in found:
                raise InvalidValue("named twice: say it in one place")
            found[key] = read(said)
    faults.refuse(expected)
    return found


def _dated(value: object) -> dict[date, str]:
    expected = "a list of dates, or a table of dates and names"
    return {day: str(name) for day, name in _by_key(value, expected, to_date, _text).items()}


def _yearly(value: object) -> dict[MonthDay, str]:
    expected = "a list of dates without a year such as '01-01', or a table of them and names"
    return {day: str(name) for day, name in _by_key(value, expected, _month_day, _text).items()}


def _month_day(value: object) -> MonthDay:
    matched = re.fullmatch(r"([0-9]{2})-([0-9]{2})", value) if isinstance(value, str) else None
    try:
        if matched:
            day = date(2000, int(matched[1]), int(matched[2]))  # a leap year: 02-29 is a date
            return day.month, day.day
    except ValueError:
        pass
    raise InvalidValue(f"found {value!r}: expected a date without a year such as '01-01'")


def _hours_by_date(value: object) -> dict[date, DayHours]:
    expected = "a table of dates and hours such as {'2026-12-24': '09:00-12:00'}"
    if not isinstance(value, Mapping):
        raise InvalidValue(f"found {value!r}: expected {expected}")
    return {
        day: day_hours(hours) for day, hours in _by_key(value, expected, to_date, _checked).items()
    }


def _checked(hours: object) -> object:
    day_hours(hours)
    return hours


def table_of_definition(definition: Weekly) -> dict[str, object]:
    """The table that gives the same definition again; what a version keeps is left out."""
    (_, first), *later = definition.versions
    table = {"timezone": definition.zone_name, **_table_of(first, NEVER_OPEN)}
    if later:
        before = [first, *(schedule for _, schedule in later)]
        table["versions"] = [
            {"from": str(since), **_table_of(schedule, earlier)}
            for (since, schedule), earlier in zip(later, before, strict=False)
        ]
    return table


def _table_of(schedule: Schedule, before: Schedule) -> dict[str, object]:
    written: dict[str, object] = {
        "hours": week_table(schedule.week),
        "holidays": {str(day): name for day, name in sorted(schedule.holidays.items())},
        "yearly_holidays": {
            f"{month:02}-{day:02}": name
            for (month, day), name in sorted(schedule.yearly_holidays.items())
        },
        "exceptions": _written_hours(schedule.exceptions),
        "breaks": _written_hours(schedule.breaks),
        "known_until": str(schedule.known_until or "always"),
    }
    return {key: written[key] for key in written if _differs(schedule, before, key)}


def _differs(schedule: Schedule, before: Schedule, key: str) -> bool:
    """Whether a version has to say `key`, because it would not follow from what stands before."""
    if key == "known_until":
        implied = before.known_until
        if schedule.holidays != before.holidays:
            implied = _end_of_last_year(schedule.holidays)
        return schedule.known_until != implied
    name = "week" if key == "hours" else key
    return bool(getattr(schedule, name) != getattr(before, name))


def _written_hours(hours_by_date: Mapping[date, DayHours]) -> dict[str, str]:
    return {str(day): day_text(hours) for day, hours in sorted(hours_by_date.items())}
