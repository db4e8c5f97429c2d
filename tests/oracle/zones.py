"""What a zone's clock shows, minute by minute, and where it jumps.

Stands on `zoneinfo` alone. All instants are whole minutes since 1970 in UTC, all wall times are
whole minutes since 1970 as the wall clock counts them: between 2000 and 2040 every zone moves by
whole minutes (`test_oracle.py` holds this), so nothing is lost.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

MINUTES_PER_DAY = 24 * 60
FIRST_DATE = date(1970, 1, 1)


@lru_cache
def whole_minutes(offset: timedelta) -> int:
    """An offset from UTC in minutes."""
    assert offset % timedelta(minutes=1) == timedelta(0)
    return offset // timedelta(minutes=1)


def offset_at(zone: ZoneInfo, minute: int) -> int:
    """By how many minutes the wall clock is ahead of UTC."""
    offset = datetime.fromtimestamp(minute * 60, zone).utcoffset()
    assert offset is not None
    return whole_minutes(offset)


@lru_cache(maxsize=8192)
def wall_minutes_of_day(zone: str, utc_day: int) -> array[int]:
    """The wall clock at each of the 1440 minutes of a UTC day (day 0 is 1970-01-01)."""
    zone_info = ZoneInfo(zone)
    minutes = range(utc_day * MINUTES_PER_DAY, (utc_day + 1) * MINUTES_PER_DAY)
    return array("q", [minute + offset_at(zone_info, minute) for minute in minutes])


def wall_at(zone: str, minute: int) -> int:
    """The wall clock at one UTC minute."""
    utc_day, minute_of_day = divmod(minute, MINUTES_PER_DAY)
    return wall_minutes_of_day(zone, utc_day)[minute_of_day]


@lru_cache(maxsize=65536)
def first_minute_showing(zone: str, wall: int) -> int:
    """C2: the first UTC minute at which the wall clock shows `wall` or later.

    No zone is ahead of UTC by more than 15 hours, so 16 hours before `wall`, read as UTC, the clock
    has never shown it yet; from there on every minute is looked at.
    """
    utc_day, minute_of_day = divmod(wall - 16 * 60, MINUTES_PER_DAY)
    while True:
        walls = wall_minutes_of_day(zone, utc_day)
        for candidate in range(minute_of_day, MINUTES_PER_DAY):
            if walls[candidate] >= wall:
                return utc_day * MINUTES_PER_DAY + candidate
        utc_day, minute_of_day = utc_day + 1, 0


def date_at(zone: str, minute: int) -> date:
    """The date on the wall at a UTC minute."""
    return FIRST_DATE + timedelta(days=wall_at(zone, minute) // MINUTES_PER_DAY)


def midnight_of(day: date) -> int:
    """Midnight at the start of a date, as a wall minute."""
    return (day - FIRST_DATE).days * MINUTES_PER_DAY


@dataclass(frozen=True)
class Jump:
    """One moment at which a zone's clock jumps: forward over a gap, or back into a fold."""

    zone: str
    minute: int
    before: int
    after: int

    @property
    def size(self) -> int:
        """By how many minutes the clock moves; negative for a fold."""
        return self.after - self.before

    @property
    def wall_before(self) -> int:
        """What the clock would have shown had it not jumped."""
        return self.minute + self.before

    @property
    def wall_after(self) -> int:
        """What the clock shows instead."""
        return self.minute + self.after


@lru_cache(maxsize=1024)
def jumps(zone: str) -> tuple[Jump, ...]:
    """Every jump of a zone in 2000-2040: a look every week, then halving the week in which it
    moved.

    A look every three hours finds the same ones.
    """
    zone_info = ZoneInfo(zone)
    start = int(datetime(2000, 1, 1, tzinfo=UTC).timestamp()) // 60
    end = int(datetime(2041, 1, 1, tzinfo=UTC).timestamp()) // 60
    found = []
    week = 7 * MINUTES_PER_DAY
    before = offset_at(zone_info, start)
    for look in range(start + week, end, week):
        after = offset_at(zone_info, look)
        if after == before:
            continue
        early, late = look - week, look
        while late - early > 1:
            middle = (early + late) // 2
            if offset_at(zone_info, middle) == before:
                early = middle
            else:
                late = middle
        found.append(Jump(zone, late, before, after))
        before = after
    return tuple(found)


@lru_cache(maxsize=1)
def zones_that_jump() -> tuple[str, ...]:
    """Every IANA zone whose clock jumps at least once in 2000-2040."""
    return tuple(sorted(zone for zone in available_timezones() if jumps(zone)))


def typical_jumps(zone: str, most: int) -> tuple[Jump, ...]:
    """A few jumps of a zone, each of another size or at another time of the day, the
    largest first.
    """
    kinds: dict[tuple[int, int], Jump] = {}
    for jump in jumps(zone):
        kinds.setdefault((jump.size, jump.wall_before % MINUTES_PER_DAY), jump)
    by_size = sorted(kinds.values(), key=lambda jump: -abs(jump.size))
    return tuple(by_size[:most])
