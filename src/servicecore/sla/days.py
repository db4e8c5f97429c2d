"""Working days: dates with a window, and counting in them (C7)."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from datetime import date, time
from typing import NamedTuple
from zoneinfo import ZoneInfo

from servicecore.errors import NeverOpen
from servicecore.instants import DAY, MINUTE, SECOND, Days
from servicecore.sla.wall import (
    EPOCH_DAY,
    Offsets,
    instant_of_wall,
    offset_at,
    offsets_of_year,
    wall_of_instant,
)
from servicecore.sla.years import FIRST_YEAR, LAST_YEAR, Years, year_of


class WorkingDay(NamedTuple):
    """A date (as an ordinal) with the first opening and the last closing of its own hours."""

    day: int
    opens: int
    closes: int


class _Known(NamedTuple):
    first: int
    last: int
    ordinals: list[int]
    days: list[WorkingDay]


def _known(chunks: dict[int, list[WorkingDay]]) -> _Known:
    days = [day for chunk in chunks.values() for day in chunk]
    years = list(chunks) or [LAST_YEAR, FIRST_YEAR]
    return _Known(years[0], years[-1], [day.day for day in days], days)


class WorkingDays:
    """The working days of a calendar, known year by year as far as they are asked for."""

    __slots__ = ("_years", "_zone")

    def __init__(self, days_of_year: Callable[[int], list[WorkingDay]], zone: ZoneInfo) -> None:
        self._years = Years(days_of_year, _known)
        self._zone = zone

    def add(self, instant: int, days: Days) -> int:
        """The instant that lies `days` working days from an instant (C7)."""
        year_of(instant)
        start, time_of_day = self._day_zero(instant, days)
        end = self._nth(start.day, days.count)
        if days.until == "close":
            return end.closes
        return instant_of_wall(end.day, time_of_day, self._offsets(end.day))

    def _day_zero(self, instant: int, days: Days) -> tuple[WorkingDay, int]:
        """The working day that counting starts from, and the time of day on it."""
        day, now = wall_of_instant(instant, self._zone)
        if self._is_working(day):
            if days.cutoff is None or now < _microseconds(days.cutoff):
                return self._nth(day, 0), now
            start = self._nth(day, 1)
            return start, self._time_on(start, start.opens) if days.then is None else _microseconds(
                days.then
            )
        start = self._nth(day, 0 if days.count >= 0 else -1)
        if days.off_day == "same_time":
            return start, now
        return start, self._time_on(start, start.opens if days.count >= 0 else start.closes)

    def _time_on(self, day: WorkingDay, instant: int) -> int:
        """The wall time of an instant, from the midnight of a day; past 24 hours after a night."""
        return instant + offset_at(instant, self._zone) - (day.day - EPOCH_DAY) * DAY

    def _offsets(self, day: int) -> Offsets:
        return offsets_of_year(self._zone, date.fromordinal(day).year)

    def _is_working(self, day: int) -> bool:
        ordinals = self._years.cover(date.fromordinal(day).year).ordinals
        position = bisect_left(ordinals, day)
        return position < len(ordinals) and ordinals[position] == day

    def _nth(self, day: int, count: int) -> WorkingDay:
        """The working day `count` after the first one on or after a date."""
        known = self._years.cover(date.fromordinal(day).year)
        while True:
            position = bisect_left(known.ordinals, day) + count
            if 0 <= position < len(known.days):
                return known.days[position]
            later = position >= 0
            step, end, limit = (
                (1, known.last, LAST_YEAR) if later else (-1, known.first, FIRST_YEAR)
            )
            if end == limit:
                raise NeverOpen(
                    f"the calendar has too few working days between {date.fromordinal(day)} "
                    f"and the year {limit}"
                )
            known = self._years.further(step)


def _microseconds(time_of_day: time) -> int:
    minutes = time_of_day.hour * 60 + time_of_day.minute
    return minutes * MINUTE + time_of_day.second * SECOND + time_of_day.microsecond
