"""Calendars: when a service is delivered, and arithmetic in its open time (C1-C10).

Datetimes exist only in this module's methods; the answers come from integer timelines.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from functools import cached_property
from pathlib import Path
from typing import Literal, NamedTuple, Self
from zoneinfo import ZoneInfo

import attrs
from attrs import frozen
from pendulum import DateTime

from servicecore.errors import InvalidValue, NeverOpen
from servicecore.instants import (
    Days,
    to_date,
    to_datetime,
    to_duration,
    to_instant,
    to_timedelta,
    zone_named,
)
from servicecore.sla.calendar_table import definition_of_table, table_of_definition
from servicecore.sla.definition import Composition, Definition, Weekly
from servicecore.sla.timeline import CLOSING, OPENING, Timeline
from servicecore.sla.wall import instant_of_wall, offsets_of_year
from servicecore.sla.years import shown

Landing = Literal["early", "late"]


class Window(NamedTuple):
    """One open stretch, half-open ``[opens, closes)``, in the calendar's time zone."""

    opens: DateTime
    closes: DateTime

    def __reduce__(self) -> tuple[Callable[..., Window], tuple[int, int, ZoneInfo]]:
        """Pickled as instants: a pendulum datetime in a repeated hour would move by it."""
        return _window, (
            to_instant(self.opens),
            to_instant(self.closes),
            zone_named(self.opens.timezone_name),
        )


def _window(opens: int, closes: int, zone: ZoneInfo) -> Window:
    return Window(to_datetime(opens, zone), to_datetime(closes, zone))


@frozen(repr=False)
class Calendar:
    """When a service is delivered: weekly hours in a time zone, holidays, exceptions, breaks.

    Calendars compose: ``a | b`` is open when one of them is, ``a & b`` when both are, ``a - b``
    when only `a` is. They answer for the years 1900 to 2199 and refuse other instants. Every
    datetime that comes in must be aware; those that go out are in the calendar's zone.

    >>> from datetime import UTC
    >>> office = Calendar.from_dict({"timezone": "UTC", "hours": {"mon-fri": "09:00-17:00"}})
    >>> office.add(datetime(2026, 3, 6, 16, tzinfo=UTC), "4h").isoformat()  # a Friday
    '2026-03-09T12:00:00+00:00'
    """

    definition: Definition

    @classmethod
    def from_dict(
        cls, table: Mapping[str, object], name: str = "", *, folder: Path | str = "."
    ) -> Self:
        """The calendar that a table describes, as ``[calendars.NAME]`` in a policy file does.

        Keys: ``timezone``; ``hours`` by day; ``holidays`` (a list of dates, or dates and names);
        ``yearly_holidays`` (``"01-01"``); ``exceptions`` (dates and the hours that replace their
        own); ``breaks`` (dates and the hours in which they are closed); ``known_until``;
        ``country`` or ``icalendar`` (a file, relative to `folder`) with ``holiday_years``;
        ``versions``. Raises `FaultyTable` with everything that is wrong.
        """
        return cls(definition_of_table(table, name, Path(folder)))

    def to_dict(self) -> dict[str, object]:
        """The table that gives this calendar again; a composition has none (`InvalidValue`)."""
        if isinstance(self.definition, Composition):
            raise InvalidValue("a composed calendar has no table of its own: write down its sides")
        return table_of_definition(self.definition)

    def then(self, since: date | str, later: Calendar) -> Self:
        """This calendar up to a date, and from that date on `later`, in the same zone (C10)."""
        if not isinstance(later, Calendar):
            raise InvalidValue(f"later is {later!r}: expected a Calendar")
        ours, theirs, day = self.definition, later.definition, to_date(since, "since")
        if not isinstance(ours, Weekly) or not isinstance(theirs, Weekly):
            raise InvalidValue("versions are made of calendars with hours: compose the result")
        if len(theirs.versions) != 1 or ours.zone_name != theirs.zone_name:
            raise InvalidValue("the later version must be a single one in the same time zone")
        last = ours.versions[-1][0]
        if last is not None and day <= last:
            raise InvalidValue(f"{day} is not after {last}, from which the last version holds")
        versions = (*ours.versions, (day, theirs.versions[0][1]))
        return type(self)(attrs.evolve(ours, versions=versions))

    @cached_property
    def timeline(self) -> Timeline:
        """The compiled calendar: the same answers as integers of microseconds."""
        return self.definition.timeline

    @property
    def name(self) -> str:
        """What the calendar is called; no part of its identity."""
        return self.definition.name

    def named(self, name: str) -> Self:
        """The same calendar under another name."""
        return type(self)(attrs.evolve(self.definition, name=name))

    @property
    def timezone(self) -> str:
        """The IANA name of the zone that it answers in."""
        return self.definition.zone_name

    @property
    def zone(self) -> ZoneInfo:
        """The zone that it answers in."""
        return self.definition.zone

    @property
    def known_until(self) -> date | None:
        """The last date whose holidays are known; None if no end is known of (C9)."""
        return self.definition.known_until

    def is_provisional(self, at: datetime) -> bool:
        """Whether `at` lies beyond the dates whose holidays are known."""
        return self.is_provisional_instant(to_instant(at))

    def is_provisional_instant(self, instant: int) -> bool:
        """`is_provisional` for an instant in microseconds."""
        end = self._end_of_known
        return end is not None and instant >= end

    @cached_property
    def _end_of_known(self) -> int | None:
        """The instant at which the first date begins whose holidays are not known."""
        known = self.known_until
        if known is None:
            return None
        return instant_of_wall(known.toordinal() + 1, 0, offsets_of_year(self.zone, known.year))

    def is_open(self, at: datetime) -> bool:
        """Whether `at` lies in a window; windows are half-open."""
        return self.timeline.is_open(to_instant(at))

    def between(self, start: datetime, end: datetime) -> timedelta:
        """The open time from `start` to `end`, negative where `end` comes first (C5)."""
        worked = self.timeline.between(to_instant(start, "start"), to_instant(end, "end"))
        return to_timedelta(worked)

    def add(
        self, at: datetime, duration: timedelta | str | Days, *, landing: Landing = "early"
    ) -> DateTime:
        """The earliest instant at or after `at` with `duration` of open time between (C4).

        A duration used up exactly at closing lands at closing; `landing="late"` gives the next
        opening. A negative duration goes back, to the latest such instant. Working days
        (``"3bd"``, `Days`) are counted as `add_days` does. Raises `NeverOpen` where the calendar
        has not that much open time.
        """
        return self._out(self.add_instant(to_instant(at), to_duration(duration), landing))

    def add_instant(self, instant: int, duration: int | Days, landing: Landing = "early") -> int:
        """`add` for an instant and a duration in microseconds."""
        if landing not in ("early", "late"):
            raise InvalidValue(f"landing is {landing!r}: expected 'early' or 'late'")
        if isinstance(duration, Days):
            return self.definition.working_days.add(instant, duration)
        return self.timeline.add(instant, duration, landing == "late")

    def add_days(  # the options of Days
        self,
        at: datetime,
        days: int,
        *,
        until: Literal["same_time", "close"] = "same_time",
        cutoff: time | str | None = None,
        then: time | str | None = None,
        off_day: Literal["open", "same_time"] = "open",
    ) -> DateTime:
        """The instant `days` working days from `at`; back where negative (C7).

        Counting starts on the date of `at` if it is a working day and `at` is before `cutoff`; at
        or after the cutoff on the next working day at `then` (its opening by default); from a day
        off on the next working day at its opening, or with `off_day="same_time"` at the time of
        day of `at`. The result has that time of day, or is the day's last closing for
        ``until="close"``.

        >>> office = Calendar.from_dict({"timezone": "UTC", "hours": {"mon-fri": "09:00-17:00"}})
        >>> friday = office.next_open(datetime.fromisoformat("2026-03-06T00:00Z"))
        >>> office.add_days(friday, 1, until="close").isoformat()
        '2026-03-09T17:00:00+00:00'
        """
        wanted = Days(days, until=until, cutoff=cutoff, then=then, off_day=off_day)
        return self._out(self.definition.working_days.add(to_instant(at), wanted))

    def next_open(self, at: datetime) -> DateTime | None:
        """The first opening strictly after `at`; None if none will ever come."""
        return self._out_or_none(self.timeline.next_edge(to_instant(at), OPENING))

    def next_close(self, at: datetime) -> DateTime | None:
        """The first closing strictly after `at`; None if none will ever come."""
        return self._out_or_none(self.timeline.next_edge(to_instant(at), CLOSING))

    def previous_open(self, at: datetime) -> DateTime | None:
        """The last opening strictly before `at`; None if none ever was."""
        return self._out_or_none(self.timeline.previous_edge(to_instant(at), OPENING))

    def previous_close(self, at: datetime) -> DateTime | None:
        """The last closing strictly before `at`; None if none ever was."""
        return self._out_or_none(self.timeline.previous_edge(to_instant(at), CLOSING))

    def roll_forward(self, at: datetime) -> DateTime:
        """`at` where the calendar is open, else the next opening; `NeverOpen` without one."""
        return self._out(self.timeline.add(to_instant(at), 0, True))  # late

    def roll_back(self, at: datetime) -> DateTime:
        """`at` where the calendar is open, else the last closing at or before it."""
        instant = to_instant(at)
        if not self.timeline.is_open(instant):
            closing = self.timeline.previous_edge(instant + 1, CLOSING)
            if closing is None:
                raise NeverOpen(f"the calendar has no closing at or before {shown(instant)}")
            instant = closing
        return self._out(instant)

    def windows(self, start: datetime, end: datetime) -> list[Window]:
        """The windows between two instants, cut at both and joined over midnight."""
        edges = self.timeline.windows(to_instant(start, "start"), to_instant(end, "end"))
        return [_window(*window, self.zone) for window in zip(edges[::2], edges[1::2], strict=True)]

    def __or__(self, other: Calendar) -> Calendar:
        """Open when one of the two is: follow the sun (C6)."""
        return self._composed("|", other)

    def __and__(self, other: Calendar) -> Calendar:
        """Open when both are (C6)."""
        return self._composed("&", other)

    def __sub__(self, other: Calendar) -> Calendar:
        """Open when this one is and the other is not: maintenance (C6)."""
        return self._composed("-", other)

    def _composed(self, operator: Literal["|", "&", "-"], other: Calendar) -> Calendar:
        if not isinstance(other, Calendar):
            return NotImplemented
        name = f"{self.name or '…'} {operator} {other.name or '…'}"
        return Calendar(Composition(operator, self.definition, other.definition, name))

    def __repr__(self) -> str:
        return f"<Calendar {self.name or 'without a name'} in {self.timezone}>"

    def _out(self, instant: int) -> DateTime:
        return to_datetime(instant, self.zone)

    def _out_or_none(self, instant: int | None) -> DateTime | None:
        return None if instant is None else self._out(instant)


always = Calendar.from_dict({"timezone": "UTC", "hours": {"mon-sun": "00:00-24:00"}}, "always")
"""The calendar that never closes: 24×7, in UTC."""
