"""A calendar by brute force: every answer comes from looking at UTC minutes one after the other.

It takes the same dictionary as `Calendar.from_dict` and shares no code with the library. Edges of
windows are whole minutes, so a minute is open or closed as a whole; what lies inside one is added
as it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from tests.oracle.zones import (
    FIRST_DATE,
    MINUTES_PER_DAY,
    date_at,
    first_minute_showing,
    midnight_of,
    wall_at,
)

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
MINUTE = 60_000_000
WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]

Spans = list[tuple[int, int]]


class NothingFound(Exception):
    """No such minute within the oracle's horizon."""


def microseconds(at: datetime) -> int:
    """An aware datetime of any library as microseconds since 1970 in UTC, from its fields alone."""
    offset = at.utcoffset()
    assert offset is not None
    fields = datetime(
        at.year, at.month, at.day, at.hour, at.minute, at.second, at.microsecond, tzinfo=UTC
    )
    return (fields - EPOCH) // MICROSECOND - offset // MICROSECOND


def instant(value: int) -> datetime:
    """Microseconds since 1970 as a stdlib datetime in UTC."""
    return EPOCH + timedelta(microseconds=value)


def clock_minutes(text: str) -> int:
    """ "09:30" as minutes since midnight."""
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)


def spans_of(hours: str | list[Any]) -> Spans:
    """One day's hours as (start, end) in wall minutes since its midnight (C1)."""
    pairs = [part.split("-") for part in hours.split()] if isinstance(hours, str) else hours
    spans = []
    for start_text, end_text in pairs:
        start, end = clock_minutes(start_text), clock_minutes(end_text)
        assert start != end
        spans.append((start, end if end > start else end + MINUTES_PER_DAY))
    return spans


def weekdays_of(key: str) -> list[int]:
    """ "mon-wed" as [0, 1, 2]; "tue,thu" as [1, 3]; "sat-mon" as [5, 6, 0]."""
    if "," in key:
        return [day for part in key.split(",") for day in weekdays_of(part)]
    ends = [WEEKDAYS.index(name) for name in key.split("-")]
    day, last = ends[0], ends[-1]
    days = [day]
    while day != last:
        day = (day + 1) % 7
        days.append(day)
    return days


class OracleCalendar:
    """What every calendar answers, given which minutes are open and which minutes are a
    date's own.
    """

    zone: str
    horizon_days = 3 * 366

    def open_on(self, utc_day: int) -> bytearray:
        """For each minute of a UTC day, whether it is open."""
        raise NotImplementedError

    def own_minutes(self, day: date) -> list[int]:
        """The open minutes that make a date a working day, in order."""
        raise NotImplementedError

    # -- minutes ------------------------------------------------------------------------------

    def minute_is_open(self, minute: int) -> bool:
        utc_day, minute_of_day = divmod(minute, MINUTES_PER_DAY)
        return bool(self.open_on(utc_day)[minute_of_day])

    def _open_minutes(self, first: int, last: int) -> Iterator[int]:
        """The open ones of the minutes from `first` to before `last`, day by day."""
        for utc_day in range(first // MINUTES_PER_DAY, last // MINUTES_PER_DAY + 1):
            midnight = utc_day * MINUTES_PER_DAY
            for minute_of_day, is_open in enumerate(self.open_on(utc_day)):
                if is_open and first <= midnight + minute_of_day < last:
                    yield midnight + minute_of_day

    def _minutes_after(self, minute: int) -> Iterator[int]:
        return iter(range(minute, minute + self.horizon_days * MINUTES_PER_DAY))

    def _minutes_before(self, minute: int) -> Iterator[int]:
        return iter(range(minute, minute - self.horizon_days * MINUTES_PER_DAY, -1))

    # -- answers ------------------------------------------------------------------------------

    def is_open(self, at: datetime) -> bool:
        return self.minute_is_open(microseconds(at) // MINUTE)

    def windows(self, a: datetime, b: datetime) -> list[tuple[datetime, datetime]]:
        """The open stretches from a to b, cut there; stretches that touch are one (C1)."""
        begin, end = microseconds(a), microseconds(b)
        found: list[list[int]] = []
        for minute in self._open_minutes(begin // MINUTE, -(-end // MINUTE)):
            opens, closes = max(begin, minute * MINUTE), min(end, (minute + 1) * MINUTE)
            if found and found[-1][1] == opens:
                found[-1][1] = closes
            elif opens < closes:
                found.append([opens, closes])
        return [(instant(opens), instant(closes)) for opens, closes in found]

    def between(self, a: datetime, b: datetime) -> timedelta:
        """The open time from a to b; negative where b is earlier (C5)."""
        if microseconds(b) < microseconds(a):
            return -self.between(b, a)
        return sum((closes - opens for opens, closes in self.windows(a, b)), timedelta(0))

    def add(self, at: datetime, amount: timedelta, landing: str = "early") -> datetime:
        """C4: the earliest instant with so much open time since `at`; back, the latest."""
        if amount < timedelta(0):
            return self._go_back(at, -amount)
        landed = self._go_on(at, amount)
        if landing == "late" and not self.is_open(landed):
            return self._next_open(landed)
        return landed

    def _go_on(self, at: datetime, amount: timedelta) -> datetime:
        here, left = microseconds(at), amount // MICROSECOND
        if left == 0:
            return instant(here)
        for minute in self._minutes_after(here // MINUTE):
            if not self.minute_is_open(minute):
                continue
            begin, end = max(here, minute * MINUTE), (minute + 1) * MINUTE
            if left <= end - begin:
                return instant(begin + left)
            left -= end - begin
        raise NothingFound

    def _go_back(self, at: datetime, amount: timedelta) -> datetime:
        here, left = microseconds(at), amount // MICROSECOND
        for minute in self._minutes_before(-(-here // MINUTE) - 1):
            if not self.minute_is_open(minute):
                continue
            begin, end = minute * MINUTE, min(here, (minute + 1) * MINUTE)
            if left <= end - begin:
                return instant(end - left)
            left -= end - begin
        raise NothingFound

    # -- edges --------------------------------------------------------------------------------

    def _edge(self, at: datetime, *, opening: bool, later: bool) -> datetime | None:
        """The nearest edge strictly after or before `at`, None where there is none."""
        here = microseconds(at)
        minutes = (
            self._minutes_after(here // MINUTE + 1)
            if later
            else self._minutes_before(-(-here // MINUTE) - 1)
        )
        for minute in minutes:
            before, after = self.minute_is_open(minute - 1), self.minute_is_open(minute)
            if before != after and after == opening:
                return instant(minute * MINUTE)
        return None

    def next_open(self, at: datetime) -> datetime | None:
        return self._edge(at, opening=True, later=True)

    def next_close(self, at: datetime) -> datetime | None:
        return self._edge(at, opening=False, later=True)

    def previous_open(self, at: datetime) -> datetime | None:
        return self._edge(at, opening=True, later=False)

    def previous_close(self, at: datetime) -> datetime | None:
        return self._edge(at, opening=False, later=False)

    def _next_open(self, at: datetime) -> datetime:
        found = self.next_open(at)
        if found is None:
            raise NothingFound
        return found

    def roll_forward(self, at: datetime) -> datetime:
        return at if self.is_open(at) else self._next_open(at)

    def roll_back(self, at: datetime) -> datetime:
        """`at` where it is open or just closed, else the last closing before."""
        here = microseconds(at)
        just_closed = here % MINUTE == 0 and self.minute_is_open(here // MINUTE - 1)
        if self.is_open(at) or just_closed:
            return at
        found = self.previous_close(at)
        if found is None:
            raise NothingFound
        return found

    # -- working days -------------------------------------------------------------------------

    def is_working_day(self, day: date) -> bool:
        return bool(self.own_minutes(day))

    def opening_of(self, day: date) -> int:
        return self.own_minutes(day)[0]

    def closing_of(self, day: date) -> int:
        return self.own_minutes(day)[-1] + 1

    def working_day_from(self, day: date, step: int) -> date:
        """The next working day strictly after (step 1) or before (step -1) a date."""
        for _ in range(self.horizon_days):
            day += timedelta(days=step)
            if self.is_working_day(day):
                return day
        raise NothingFound

    def add_days(
        self,
        at: datetime,
        n: int,
        *,
        until: str = "same_time",
        cutoff: str | None = None,
        then: str | None = None,
        off_day: str = "open",
    ) -> datetime:
        """C7. The time of day is kept in microseconds of wall time since the day's midnight."""
        here = microseconds(at)
        day = date_at(self.zone, here // MINUTE)
        time_of_day = (
            wall_at(self.zone, here // MINUTE) - midnight_of(day)
        ) * MINUTE + here % MINUTE
        if not self.is_working_day(day):
            step = 1 if n >= 0 else -1
            day = self.working_day_from(day, step)
            if off_day == "open":
                edge = self.opening_of(day) if n >= 0 else self.closing_of(day)
                time_of_day = (wall_at(self.zone, edge) - midnight_of(day)) * MINUTE
        elif cutoff is not None and time_of_day >= clock_minutes(cutoff) * MINUTE:
            day = self.working_day_from(day, 1)
            if then is None:
                opening = wall_at(self.zone, self.opening_of(day))
                time_of_day = (opening - midnight_of(day)) * MINUTE
            else:
                time_of_day = clock_minutes(then) * MINUTE
        for _ in range(abs(n)):
            day = self.working_day_from(day, 1 if n > 0 else -1)
        if until == "close":
            return instant(self.closing_of(day) * MINUTE)
        minutes, rest = divmod(time_of_day, MINUTE)
        return self._instant_of_wall(midnight_of(day) + minutes, rest)

    def _instant_of_wall(self, wall: int, rest: int) -> datetime:
        """C2 for a wall time with seconds: in a gap the seconds are lost with the rest of
        the time.
        """
        minute = first_minute_showing(self.zone, wall)
        exists = wall_at(self.zone, minute) == wall
        return instant(minute * MINUTE + (rest if exists else 0))


class _Dated(OracleCalendar):
    """A calendar of hours that start on dates, less breaks of dates."""

    def __init__(self) -> None:
        self._open: dict[int, bytearray] = {}
        self._own: dict[date, list[int]] = {}

    def hours_on(self, day: date) -> Spans:
        """What starts on a date, as (start, end) in UTC minutes."""
        raise NotImplementedError

    def breaks_on(self, day: date) -> Spans:
        """The breaks that start on a date, as (start, end) in UTC minutes."""
        raise NotImplementedError

    def open_on(self, utc_day: int) -> bytearray:
        if utc_day not in self._open:
            # A UTC day meets the wall dates from one before to one after it, and what is open on a
            # date may have started two dates earlier (an end is at most 48:00).
            around = [FIRST_DATE + timedelta(days=utc_day + k) for k in range(-3, 2)]
            hours = [span for day in around for span in self.hours_on(day)]
            breaks = [span for day in around for span in self.breaks_on(day)]
            first = utc_day * MINUTES_PER_DAY
            of_day = range(first, first + MINUTES_PER_DAY)
            minutes = bytearray(MINUTES_PER_DAY)
            for spans, open_or_not in ((hours, True), (breaks, False)):
                for start, end in spans:
                    for minute in range(max(start, of_day.start), min(end, of_day.stop)):
                        minutes[minute - first] = open_or_not
            self._open[utc_day] = minutes
        return self._open[utc_day]

    def own_minutes(self, day: date) -> list[int]:
        if day not in self._own:
            around = [day + timedelta(days=k) for k in range(-3, 4)]
            breaks = [span for near in around for span in self.breaks_on(near)]
            own = {minute for start, end in self.hours_on(day) for minute in range(start, end)}
            self._own[day] = sorted(minute for minute in own if not inside(minute, breaks))
        return self._own[day]


def inside(minute: int, spans: Spans) -> bool:
    """Whether a minute lies in one of the half-open spans (C1)."""
    return any(start <= minute < end for start, end in spans)


class Plain(_Dated):
    """The calendar that one dictionary without versions describes."""

    def __init__(self, spec: Mapping[str, Any]) -> None:
        super().__init__()
        self.zone = spec["timezone"]
        self.weekly: dict[int, Spans] = {}
        for key, hours in spec.get("hours", {}).items():
            for weekday in weekdays_of(key):
                assert weekday not in self.weekly
                self.weekly[weekday] = spans_of(hours)
        self.holidays = set(spec.get("holidays", []))
        self.yearly_holidays = set(spec.get("yearly_holidays", []))
        self.exceptions = {key: spans_of(text) for key, text in spec.get("exceptions", {}).items()}
        self.breaks = {key: spans_of(text) for key, text in spec.get("breaks", {}).items()}

    def wall_hours_on(self, day: date) -> Spans:
        """C3: an exception before a holiday before the weekly hours."""
        text = day.isoformat()
        if text in self.exceptions:
            return self.exceptions[text]
        if text in self.holidays or text[5:] in self.yearly_holidays:
            return []
        return self.weekly.get(day.weekday(), [])

    def hours_on(self, day: date) -> Spans:
        return self._in_utc(day, self.wall_hours_on(day))

    def breaks_on(self, day: date) -> Spans:
        return self._in_utc(day, self.breaks.get(day.isoformat(), []))

    def _in_utc(self, day: date, spans: Spans) -> Spans:
        midnight = midnight_of(day)
        return [
            (
                first_minute_showing(self.zone, midnight + start),
                first_minute_showing(self.zone, midnight + end),
            )
            for start, end in spans
        ]


class Versioned(_Dated):
    """C10: one calendar for the dates before another's first date, the other from it on."""

    def __init__(self, old: _Dated, first: date, new: _Dated) -> None:
        super().__init__()
        self.zone = new.zone
        self.old, self.first, self.new = old, first, new

    def _in_force(self, day: date) -> _Dated:
        return self.old if day < self.first else self.new

    def hours_on(self, day: date) -> Spans:
        return self._in_force(day).hours_on(day)

    def breaks_on(self, day: date) -> Spans:
        return self._in_force(day).breaks_on(day)


class Composed(OracleCalendar):
    """C6: each minute of the result from that minute of both sides; the left side's zone."""

    def __init__(self, left: OracleCalendar, sign: str, right: OracleCalendar) -> None:
        self.zone = left.zone
        self.left, self.sign, self.right = left, sign, right
        self._open: dict[int, bytearray] = {}

    def open_on(self, utc_day: int) -> bytearray:
        if utc_day not in self._open:
            pairs = zip(self.left.open_on(utc_day), self.right.open_on(utc_day), strict=True)
            self._open[utc_day] = bytearray(self._one(bool(a), bool(b)) for a, b in pairs)
        return self._open[utc_day]

    def _one(self, left: bool, right: bool) -> bool:
        if self.sign == "|":
            return left or right
        if self.sign == "&":
            return left and right
        assert self.sign == "-"
        return left and not right

    def own_minutes(self, day: date) -> list[int]:
        """The open minutes of a date of the left side's zone, from midnight to midnight."""
        start = first_minute_showing(self.zone, midnight_of(day))
        end = first_minute_showing(self.zone, midnight_of(day) + MINUTES_PER_DAY)
        return [minute for minute in range(start, end) if self.minute_is_open(minute)]


def from_dict(spec: Mapping[str, Any]) -> OracleCalendar:
    """The oracle's calendar for a dictionary; versions replace the keys that they give (C10)."""
    current = {key: value for key, value in spec.items() if key != "versions"}
    calendar: _Dated = Plain(current)
    for version in spec.get("versions", []):
        changes = {key: value for key, value in version.items() if key != "from"}
        current = {**current, **changes}
        calendar = Versioned(calendar, date.fromisoformat(version["from"]), Plain(current))
    return calendar
