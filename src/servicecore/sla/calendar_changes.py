"""What changed between two calendars, in words: hours, holidays, exceptions, breaks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date

from servicecore.sla.calendar import Calendar
from servicecore.sla.definition import Composition, Weekly
from servicecore.sla.differences import ARROW, listed, told_apart
from servicecore.sla.hours import DAY_NAMES, DayHours, WeekHours, day_text
from servicecore.sla.naming import sides
from servicecore.sla.schedule import Schedule

MOST_TOLD = 4
"""More dates of a kind than this are counted instead of listed."""


def calendar_changes(old: Calendar, new: Calendar) -> str:
    """What is different in the new calendar, part by part.

    >>> office = Calendar.from_dict({"timezone": "UTC", "hours": {"mon-fri": "09:00-17:00"}})
    >>> later = {"mon-thu": "08:00-18:00", "fri": "09:00-17:00"}
    >>> print(calendar_changes(office, Calendar.from_dict({"timezone": "UTC", "hours": later})))
    mon-thu 09:00-17:00 → 08:00-18:00
    """
    one, other = old.definition, new.definition
    if isinstance(one, Weekly) and isinstance(other, Weekly):
        return "; ".join(_of_weekly(one, other))
    before, after = _made_of(old), _made_of(new)
    if before == after:
        return f"changed with what it is made of, {after}"
    return f"{before}{ARROW}{after}"


def _made_of(calendar: Calendar) -> str:
    if not isinstance(calendar.definition, Composition):
        return f"hours of its own in {calendar.timezone}"
    names = [side.name or "a calendar" for side in sides(calendar)]
    return f" {calendar.definition.operator} ".join(names)


def _of_weekly(old: Weekly, new: Weekly) -> Iterator[str]:
    if old.zone_name != new.zone_name:
        yield f"time zone {old.zone_name}{ARROW}{new.zone_name}"
    before, after = dict(old.versions), dict(new.versions)
    for since in dict.fromkeys((*before, *after)):
        place = "" if since is None else f"from {since}: "
        if since not in after:
            yield f"no other hours from {since}"
        elif since not in before:
            yield f"{place}hours of their own, {_week(after[since].week)}"
        elif before[since] != after[since]:
            yield from (place + said for said in _of_schedule(before[since], after[since]))


def _of_schedule(old: Schedule, new: Schedule) -> Iterator[str]:
    yield from _of_week(old.week, new.week)
    yield from _of_days("holiday", old.holidays, new.holidays)
    yearly = [
        {f"{month:02}-{day:02}": name for (month, day), name in each.yearly_holidays.items()}
        for each in (old, new)
    ]
    yield from _of_days("yearly holiday", *yearly)
    yield from _of_hours("on", old.exceptions, new.exceptions)
    yield from _of_hours("break on", old.breaks, new.breaks)
    if old.known_until != new.known_until:
        yield f"holidays known until {_until(old.known_until)}{ARROW}{_until(new.known_until)}"


def _until(day: date | None) -> str:
    return "always" if day is None else str(day)


def _of_week(old: WeekHours, new: WeekHours) -> Iterator[str]:
    """Days that changed in the same way are told together."""
    first = 0
    for day in range(1, 8):
        if day < 7 and (old[day], new[day]) == (old[first], new[first]):
            continue
        if old[first] != new[first]:
            days = DAY_NAMES[first] + (f"-{DAY_NAMES[day - 1]}" if day - 1 > first else "")
            yield f"{days} {_hours(old[first])}{ARROW}{_hours(new[first])}"
        first = day


def _week(week: WeekHours) -> str:
    return "; ".join(said.replace(f"closed{ARROW}", "") for said in _of_week(((),) * 7, week))


def _hours(hours: DayHours) -> str:
    return day_text(hours) or "closed"


def _of_days(
    kind: str,
    old: Mapping[date, str] | Mapping[str, str],
    new: Mapping[date, str] | Mapping[str, str],
) -> Iterator[str]:
    before, after = ({str(day): name for day, name in each.items()} for each in (old, new))
    for verb, days in (
        ("removed", {day: before[day] for day in before if day not in after}),
        ("added", {day: after[day] for day in after if day not in before}),
    ):
        yield from _many(
            kind, verb, [f"{day} ({days[day]})" if days[day] else day for day in sorted(days)]
        )
    for day in sorted(before.keys() & after.keys()):
        if before[day] != after[day]:
            yield f"{kind} {day} is called {told_apart(before[day], after[day])}"


def _many(kind: str, verb: str, days: list[str]) -> Iterator[str]:
    if len(days) > MOST_TOLD:
        yield f"{len(days)} {kind}s {verb} ({days[0]} … {days[-1]})"
    elif days:
        yield f"{kind}{'s' * (len(days) > 1)} {listed(days)} {verb}"


def _of_hours(
    kind: str, old: Mapping[date, DayHours], new: Mapping[date, DayHours]
) -> Iterator[str]:
    for day in sorted(_changed(old, new)):
        before = _hours(old[day]) if day in old else "as usual"
        after = _hours(new[day]) if day in new else "as usual"
        yield f"{kind} {day} {before}{ARROW}{after}"


def _changed(old: Mapping[date, DayHours], new: Mapping[date, DayHours]) -> Iterable[date]:
    return {day for day in (*old, *new) if old.get(day) != new.get(day)}
