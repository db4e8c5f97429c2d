"""One version of a calendar's rules, and the windows of a year that follow from them (C1-C3)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

from attrs import field, frozen

from servicecore.instants import SECOND
from servicecore.sla.hours import CLOSED, DayHours, WeekHours
from servicecore.sla.wall import Offsets, instant_of_wall

MonthDay = tuple[int, int]
Windows = list[tuple[int, int]]


@frozen
class Schedule:
    """Weekly hours, and the dates on which they do not hold.

    `holidays` and `yearly_holidays` carry names (empty where none is known). `exceptions` replace
    the hours of their date, also on a holiday; `breaks` close part of a date. Until `known_until`
    the holidays are known; None where they do not change from year to year.
    """

    week: WeekHours
    holidays: Mapping[date, str] = field(factory=dict, hash=False)
    yearly_holidays: Mapping[MonthDay, str] = field(factory=dict, hash=False)
    exceptions: Mapping[date, DayHours] = field(factory=dict, hash=False)
    breaks: Mapping[date, DayHours] = field(factory=dict, hash=False)
    known_until: date | None = None

    def hours_on(self, day: date) -> DayHours:
        """What starts on a date, after exception and holiday; breaks are not taken off."""
        if day in self.exceptions:
            return self.exceptions[day]
        return CLOSED if self.holiday_on(day) is not None else self.week[day.weekday()]

    def holiday_on(self, day: date) -> str | None:
        """The name of the holiday on a date (empty if it has none); None if it is no holiday."""
        name = self.holidays.get(day)
        return self.yearly_holidays.get((day.month, day.day)) if name is None else name

    def special_days(self, first: int, last: int) -> dict[int, DayHours]:
        """The hours of all dates in ``[first, last)`` that a week's hours do not tell."""
        years = range(date.fromordinal(first).year, date.fromordinal(last).year + 1)
        yearly = (
            date(year, month, day)
            for year in years
            for month, day in self.yearly_holidays
            if _exists(year, month, day)
        )
        return {
            day.toordinal(): self.hours_on(day)
            for day in sorted({*self.holidays, *yearly, *self.exceptions})
            if first <= day.toordinal() < last
        }


def _exists(year: int, month: int, day: int) -> bool:
    return (month, day) != (2, 29) or (year % 4 == 0 and (year % 100 != 0 or year % 400 == 0))


def windows_of(hours: DayHours, day: int, offsets: Offsets) -> Windows:
    """The windows that a date's hours make, as instants in microseconds."""
    return [
        (instant_of_wall(day, start * SECOND, offsets), instant_of_wall(day, end * SECOND, offsets))
        for start, end in hours
    ]


def windows_by_day(
    schedule: Schedule, first: int, last: int, offsets: Offsets
) -> Iterator[tuple[int, Windows]]:
    """Every date in ``[first, last)`` with the windows that start on it, breaks not taken off."""
    special = schedule.special_days(first, last)
    for day in range(first, last):
        hours = special.get(day)
        yield (
            day,
            windows_of(schedule.week[(day - 1) % 7] if hours is None else hours, day, offsets),
        )


def breaks_between(schedule: Schedule, first: int, last: int, offsets: Offsets) -> Windows:
    """The breaks of the dates in ``[first, last)``."""
    return [
        stretch
        for day, hours in schedule.breaks.items()
        if first <= day.toordinal() < last
        for stretch in windows_of(hours, day.toordinal(), offsets)
    ]
