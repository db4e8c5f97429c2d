"""Events of any length as stretches of the wall clock of single dates (C1, C2)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from functools import cached_property
from zoneinfo import ZoneInfo

from attrs import frozen

from servicecore.instants import SECOND, to_datetime, to_instant
from servicecore.sla.hours import SECONDS_A_DAY, Stretch
from servicecore.sla.wall import EPOCH_DAY, instant_of_wall, offsets_of_year, wall_of_instant


@frozen
class Frame:
    """Some years on the wall clock of a zone; whatever reaches out of them is cut.

    >>> frame = Frame(range(2026, 2027), ZoneInfo("Europe/Berlin"))
    >>> evening, morning = datetime(2026, 12, 30, 22), datetime(2027, 1, 1, 6)
    >>> cut = frame.cut_by_date(frame.instant(evening), frame.instant(morning))
    >>> [f"{day} {stretch}" for day, stretch in cut]
    ['2026-12-30 22:00-24:00', '2026-12-31 00:00-24:00']
    """

    years: range
    zone: ZoneInfo

    @cached_property
    def first(self) -> date:
        """The first date."""
        return date(self.years[0], 1, 1)

    @cached_property
    def end(self) -> date:
        """The date after the last one."""
        return date(self.years[-1] + 1, 1, 1)

    @cached_property
    def begins(self) -> int:
        """The instant at which the first date begins."""
        return self._instant_of_wall(self.first)

    @cached_property
    def ends(self) -> int:
        """The instant at which the last date has ended."""
        return self._instant_of_wall(self.end)

    def instant(self, moment: date) -> int:
        """The instant of a time or of a date's midnight; the nearest one where it lies outside.

        A time without a zone, and a date, is read on the wall clock of the frame's zone.
        """
        if not self.years[0] - 1 <= moment.year <= self.years[-1] + 1:
            return self.begins if moment.year < self.years[0] else self.ends
        if isinstance(moment, datetime) and moment.tzinfo is not None:
            instant = to_instant(moment)
        else:
            instant = self._instant_of_wall(moment)
        return min(max(instant, self.begins), self.ends)

    def _instant_of_wall(self, moment: date) -> int:
        time = 0
        if isinstance(moment, datetime):
            time = (moment.hour * 60 + moment.minute) * 60 + moment.second
        offsets = offsets_of_year(self.zone, moment.year)
        return instant_of_wall(moment.toordinal(), time * SECOND, offsets)

    def days(self, start: date, end: date) -> range:
        """The dates from one to before another, as ordinals; those outside are left out."""
        return range(
            max(start.toordinal(), self.first.toordinal()),
            min(end.toordinal(), self.end.toordinal()),
        )

    def cut_by_date(self, start: int, end: int) -> Iterator[tuple[date, Stretch]]:
        """What lies between an instant and a later one, cut at every midnight."""
        wall, end_wall = self._walls(start, end)
        while wall < end_wall:
            day, time = divmod(wall, SECONDS_A_DAY)
            stretch = Stretch(time, min(end_wall - day * SECONDS_A_DAY, SECONDS_A_DAY))
            yield date.fromordinal(day), stretch
            wall = (day + 1) * SECONDS_A_DAY

    def by_starting_date(self, start: int, end: int) -> Iterator[tuple[date, Stretch]]:
        """The same as hours: up to 24 hours belong to the date on which they start (C1)."""
        wall, end_wall = self._walls(start, end)
        if end_wall - wall > SECONDS_A_DAY:
            yield from self.cut_by_date(start, end)
        else:
            day, time = divmod(wall, SECONDS_A_DAY)
            yield date.fromordinal(day), Stretch(time, time + end_wall - wall)

    def _walls(self, start: int, end: int) -> tuple[int, int]:
        """Both ends on the wall clock, in seconds."""
        day, time = wall_of_instant(start, self.zone)
        return day * SECONDS_A_DAY + time // SECOND, self._last_wall_before(end)

    def _last_wall_before(self, end: int) -> int:
        """The latest wall time shown up to an instant.

        Where an hour comes twice, an end in its second showing is the end of that hour: no other
        edge of a wall clock (C2) takes in all that lies before `end`.
        """
        offsets = offsets_of_year(self.zone, to_datetime(end).year)
        changes = [*(since for since, _ in offsets[1:]), end]
        latest = max(
            min(change, end) + offset
            for (since, offset), change in zip(offsets, changes, strict=True)
            if since < end
        )
        return latest // SECOND + EPOCH_DAY * SECONDS_A_DAY
