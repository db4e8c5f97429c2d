"""Closed dates, breaks and available hours from an iCalendar file (extra ``ical``)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from attrs import field, frozen

from servicecore.errors import InvalidValue, MissingExtra
from servicecore.sla.cutting import Frame
from servicecore.sla.hours import CLOSED, DayHours, Stretch, WeekHours, joined
from servicecore.sla.recurrences import Occurrence, about, occurrences, text
from servicecore.sla.vavailability import available_hours

if TYPE_CHECKING:
    from icalendar import Component


@frozen
class IcalendarDates:
    """What an iCalendar file says of dates.

    All-day events are `holidays`, events with times are `breaks`; a VAVAILABILITY gives
    `exceptions`: the available hours of every date that it reaches and that is no holiday. Of a
    date that it reaches in part, `outside` has the stretches of which it says nothing.
    """

    holidays: Mapping[date, str] = field(factory=dict)
    breaks: Mapping[date, DayHours] = field(factory=dict)
    exceptions: Mapping[date, DayHours] = field(factory=dict)
    outside: Mapping[date, DayHours] = field(factory=dict)

    def exceptions_in(self, week: WeekHours) -> dict[date, DayHours]:
        """The exceptions in a calendar: `outside` of what the file says, its weekly hours hold."""
        return {
            day: joined([*hours, *_overlap(week[day.weekday()], self.outside.get(day, CLOSED))])
            for day, hours in self.exceptions.items()
        }


def icalendar_dates(path: Path, years: range, zone: ZoneInfo) -> IcalendarDates:
    """The dates of a file that lie in `years`, on the wall clock of `zone`.

    An all-day event makes its dates holidays, called by its SUMMARY, also where it is marked as
    free time (``TRANSP:TRANSPARENT``), as published holidays usually are. An event with times
    makes breaks, unless it is marked so; times without a zone are wall times of `zone`. Cancelled
    events are left out. Of VAVAILABILITY components, the one with the highest priority says what
    is available; everything else in its time is closed, whatever its BUSYTYPE.

    Raises `InvalidValue`, naming the file and the event, for what cannot be read: a file that is
    missing, is not UTF-8 or no iCalendar, an event without DTSTART or with a broken or too
    frequent rule; `MissingExtra` without the packages that read iCalendar.

    >>> file = Path("closed.ics")
    >>> _ = file.write_text('''BEGIN:VCALENDAR
    ... BEGIN:VEVENT
    ... UID:1
    ... SUMMARY:Company holidays
    ... DTSTART;VALUE=DATE:20261230
    ... DTEND;VALUE=DATE:20270103
    ... END:VEVENT
    ... END:VCALENDAR
    ... ''')
    >>> sorted(map(str, icalendar_dates(file, range(2026, 2027), ZoneInfo("UTC")).holidays))
    ['2026-12-30', '2026-12-31']
    """
    with about(str(path)):
        calendars = _calendars(_content(path))
        if not years:
            return IcalendarDates()
        frame = Frame(years, zone)
        events = [
            once for calendar in calendars for once in occurrences(calendar.walk("VEVENT"), frame)
        ]
        holidays = _holidays(events, frame)
        described = [part for calendar in calendars for part in calendar.walk("VAVAILABILITY")]
        available = available_hours(described, frame)
    exceptions = {day: hours for day, hours in available.hours.items() if day not in holidays}
    return IcalendarDates(holidays, _breaks(events, frame), exceptions, available.outside)


def _content(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise InvalidValue(f"is not UTF-8 at byte {problem.start}") from None
    except (OSError, ValueError) as problem:
        reason = getattr(problem, "strerror", None) or problem
        raise InvalidValue(f"the file cannot be read: {reason}") from None


def _calendars(content: str) -> list[Component]:
    """The calendars of a file; all that begin in it must end in it."""
    try:
        import icalendar
        import recurring_ical_events  # type: ignore[import-untyped]  # noqa: F401  # whether it is there
    except ImportError:
        raise MissingExtra("a calendar from an iCalendar file", "ical") from None
    try:
        found = icalendar.Calendar.from_ical(content, multiple=True)
    except Exception as problem:  # noqa: BLE001  # broken input makes it raise just anything
        raise InvalidValue(f"is no iCalendar: {problem}") from None
    begun = len(re.findall(r"^BEGIN:VCALENDAR\s*$", content, re.MULTILINE | re.IGNORECASE))
    if not begun or len(found) != begun or any(part.name != "VCALENDAR" for part in found):
        raise InvalidValue("is no iCalendar: expected BEGIN:VCALENDAR and an END for every BEGIN")
    for calendar in found:
        if (scale := text(calendar, "CALSCALE")).upper() not in {"", "GREGORIAN"}:
            raise InvalidValue(f"CALSCALE is {scale}: expected GREGORIAN")
    return list(found)


def _holidays(events: Iterable[Occurrence], frame: Frame) -> dict[date, str]:
    """The dates of the all-day events; several events of a date are named with semicolons."""
    names: dict[date, list[str]] = {}
    for event in events:
        if event.is_all_day:
            for ordinal in frame.days(event.starts, event.ends):
                names.setdefault(date.fromordinal(ordinal), []).append(event.name)
    return {
        day: "; ".join(dict.fromkeys(filter(None, called))) for day, called in sorted(names.items())
    }


def _breaks(events: Iterable[Occurrence], frame: Frame) -> dict[date, DayHours]:
    """The events with times by date."""
    stretches: dict[date, list[Stretch]] = {}
    for event in events:
        if not event.is_all_day and not event.is_transparent:
            start, end = frame.instant(event.starts), frame.instant(event.ends)
            for day, stretch in frame.cut_by_date(start, end) if start < end else ():
                stretches.setdefault(day, []).append(stretch)
    return {day: joined(found) for day, found in sorted(stretches.items())}


def _overlap(hours: DayHours, others: DayHours) -> list[Stretch]:
    """What lies in both."""
    pairs = ((max(one.start, two.start), min(one.end, two.end)) for one in hours for two in others)
    return [Stretch(start, end) for start, end in pairs if start < end]
