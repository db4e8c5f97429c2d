"""What a calendar is made of: weekly hours in versions, or two calendars composed.

Everything here is integers; `calendar` puts datetimes around it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from functools import cached_property
from typing import ClassVar, Literal
from zoneinfo import ZoneInfo

from attrs import field, frozen

from servicecore.errors import InvalidValue
from servicecore.instants import zone_named
from servicecore.sla.days import WorkingDay, WorkingDays
from servicecore.sla.edges import Edges, both, clipped, combine, either, only_left, union
from servicecore.sla.hours import ALL_DAY, CLOSED
from servicecore.sla.schedule import Schedule, Windows, breaks_between, windows_by_day, windows_of
from servicecore.sla.timeline import Timeline
from servicecore.sla.wall import (
    Offsets,
    instant_of_wall,
    offsets_of_year,
    start_of_year,
    wall_of_instant,
)
from servicecore.sla.years import END, START

REACH = 3
"""How many days before a date something may have started that still matters on it."""

Version = tuple[date | None, Schedule]
"""From which date on a schedule holds; None for the first."""


@frozen
class Weekly:
    """Weekly hours in a time zone; each version holds for the dates from its own on (C10)."""

    zone_name: str
    versions: tuple[Version, ...]
    name: str = field(default="", eq=False)
    depth: ClassVar[int] = 0

    @cached_property
    def zone(self) -> ZoneInfo:
        """The time zone."""
        return zone_named(self.zone_name)

    @cached_property
    def timeline(self) -> Timeline:
        """The compiled windows."""
        return Timeline(self.edges_of_year)

    @cached_property
    def working_days(self) -> WorkingDays:
        """The compiled working days."""
        return WorkingDays(self.days_of_year, self.zone)

    @property
    def known_until(self) -> date | None:
        """The last date whose holidays are known; None where nothing ends (C9)."""
        return self.versions[-1][1].known_until

    def edges_of_year(self, year: int) -> Edges:
        """The edges of the windows of a year in UTC, cut at its ends."""
        start, end = start_of_year(year), start_of_year(year + 1)
        if len(self.versions) == 1 and (whole := _whole_year(self.versions[0][1])) is not None:
            return [start, end] if whole else []
        offsets = offsets_of_year(self.zone, year)
        first, last = _ordinal(year) - REACH, _ordinal(year + 1) + REACH
        windows = [window for _, own in self._windows(first, last, offsets) for window in own]
        edges, breaks = union(windows), self._breaks(first, last, offsets)
        if breaks:
            edges = combine(edges, breaks, only_left)
        return clipped(edges, start, end)

    def days_of_year(self, year: int) -> list[WorkingDay]:
        """The working days of a year: dates whose own hours, less breaks, are not empty."""
        offsets = offsets_of_year(self.zone, year)
        first, last = _ordinal(year), _ordinal(year + 1)
        breaks = self._breaks(first - REACH, last, offsets)
        days = []
        for day, windows in self._windows(first, last, offsets):
            own = combine(union(windows), breaks, only_left) if breaks else union(windows)
            if own:
                days.append(WorkingDay(day, own[0], own[-1]))
        return days

    def closures(self, start: int, end: int) -> tuple[str, ...]:
        """Why ordinary hours do not hold in a closed stretch: holidays, exceptions, breaks."""
        first = wall_of_instant(start, self.zone)[0] - REACH
        last = wall_of_instant(end, self.zone)[0] + 1
        return tuple(
            reason
            for schedule, since, until in self._in_force(first, last)
            for day, reason in _special(schedule, since, until)
            if _overlap(_displaced(schedule, day, self.zone), start, end)
        )

    def _in_force(self, first: int, last: int) -> Iterator[tuple[Schedule, int, int]]:
        """The schedules with the part of ``[first, last)`` in which each holds."""
        starts = [first if since is None else since.toordinal() for since, _ in self.versions]
        for (_, schedule), since, until in zip(
            self.versions, starts, [*starts[1:], last], strict=True
        ):
            if max(since, first) < min(until, last):
                yield schedule, max(since, first), min(until, last)

    def _windows(self, first: int, last: int, offsets: Offsets) -> Iterator[tuple[int, Windows]]:
        for schedule, since, until in self._in_force(first, last):
            yield from windows_by_day(schedule, since, until, offsets)

    def _breaks(self, first: int, last: int, offsets: Offsets) -> Edges:
        return union(
            stretch
            for schedule, since, until in self._in_force(first, last)
            for stretch in breaks_between(schedule, since, until, offsets)
        )


DEEPEST = 100
"""So many compositions upon one another can be answered for without exhausting the stack."""

OPERATORS: dict[str, Callable[[bool, bool], bool]] = {"|": either, "&": both, "-": only_left}


@frozen
class Composition:
    """Two definitions as one (C6); it answers in the left one's time zone."""

    operator: Literal["|", "&", "-"]
    left: Weekly | Composition
    right: Weekly | Composition
    name: str = field(default="", eq=False)
    depth: int = field(init=False, eq=False, repr=False)

    @depth.default
    def _depth(self) -> int:
        depth = 1 + max(self.left.depth, self.right.depth)
        if depth > DEEPEST:
            raise InvalidValue(f"composed of more than {DEEPEST} calendars, one upon the other")
        return depth

    @property
    def zone_name(self) -> str:
        """The left side's time zone."""
        return self.left.zone_name

    @property
    def zone(self) -> ZoneInfo:
        """The left side's time zone."""
        return self.left.zone

    @cached_property
    def timeline(self) -> Timeline:
        """The compiled windows."""
        return Timeline(self.edges_of_year)

    @cached_property
    def working_days(self) -> WorkingDays:
        """The compiled working days."""
        return WorkingDays(self.days_of_year, self.zone)

    @property
    def known_until(self) -> date | None:
        """The last date until which both sides know their holidays."""
        known = [side.known_until for side in (self.left, self.right) if side.known_until]
        return min(known, default=None)

    def edges_of_year(self, year: int) -> Edges:
        """The edges of the windows of a year in UTC, cut at its ends."""
        left, right = (side.timeline.edges_of_year(year) for side in (self.left, self.right))
        return combine(left, right, OPERATORS[self.operator])

    def days_of_year(self, year: int) -> list[WorkingDay]:
        """The local dates of a year with open time."""
        offsets = offsets_of_year(self.zone, year)
        days = []
        for day in range(_ordinal(year), _ordinal(year + 1)):
            begins, ends = (instant_of_wall(edge, 0, offsets) for edge in (day, day + 1))
            if windows := self.timeline.windows(max(begins, START), min(ends, END - 1)):
                days.append(WorkingDay(day, windows[0], windows[-1]))
        return days

    def closures(self, start: int, end: int) -> tuple[str, ...]:
        """Why ordinary hours do not hold in a closed stretch, from both sides."""
        left = self.left.closures(start, end)
        if self.operator != "-":
            return tuple(dict.fromkeys((*left, *self.right.closures(start, end))))
        return left + (self.right.name or "taken out",) * bool(
            self.right.timeline.between(start, end)
        )


Definition = Weekly | Composition


def _ordinal(year: int) -> int:
    return date(year, 1, 1).toordinal()


def _whole_year(schedule: Schedule) -> bool | None:
    """Whether a schedule without special days is always open or never; None where it is neither."""
    if schedule.holidays or schedule.yearly_holidays or schedule.exceptions or schedule.breaks:
        return None
    return {frozenset([ALL_DAY]): True, frozenset([CLOSED]): False}.get(frozenset(schedule.week))


def _special(schedule: Schedule, first: int, last: int) -> Iterator[tuple[date, str]]:
    for ordinal in schedule.special_days(first, last):
        day = date.fromordinal(ordinal)
        if day in schedule.exceptions:
            yield day, f"changed hours on {day}"
        else:
            yield day, schedule.holiday_on(day) or f"holiday on {day}"
    for day in sorted(schedule.breaks):
        if first <= day.toordinal() < last:
            yield day, f"break on {day}"


def _displaced(schedule: Schedule, day: date, zone: ZoneInfo) -> Windows:
    """The ordinary windows of a date, and its breaks."""
    offsets = offsets_of_year(zone, day.year)
    hours = (*schedule.week[day.weekday()], *schedule.breaks.get(day, CLOSED))
    return windows_of(hours, day.toordinal(), offsets)


def _overlap(windows: Windows, start: int, end: int) -> bool:
    return any(opens < end and start < closes for opens, closes in windows)
