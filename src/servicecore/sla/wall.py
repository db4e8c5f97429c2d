"""From the wall clock to instants, in any time zone: the one rule (C2).

The instant of a wall-clock edge is the first at which the local clock shows that time or a later
one. In a gap, where the time is never shown, that is the first instant after the gap; in a fold,
where it is shown twice, the first of the two. The rule is monotone, so a window that is cut in two
keeps its length.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

from servicecore.instants import DAY, EPOCH, MICROSECOND, SECOND

EPOCH_DAY = date(1970, 1, 1).toordinal()

Offsets = Sequence[tuple[int, int]]
"""From which instant on the local clock is how far ahead of UTC; both in microseconds, in order."""

# Windows reach up to 48 hours past their date and zones up to a day from UTC.
MARGIN = 4 * DAY


def start_of_year(year: int) -> int:
    """The instant at which a year begins in UTC."""
    return (date(year, 1, 1).toordinal() - EPOCH_DAY) * DAY


def offset_at(instant: int, zone: ZoneInfo) -> int:
    """How far the local clock of `zone` is ahead of UTC at an instant, in microseconds."""
    local = (EPOCH + timedelta(microseconds=instant)).astimezone(zone)
    return (local.replace(tzinfo=EPOCH.tzinfo) - EPOCH) // MICROSECOND - instant


@lru_cache(maxsize=4096)
def offsets_of_year(zone: ZoneInfo, year: int) -> Offsets:
    """The offsets of a zone over a year and some days around it.

    >>> [hours for _, hours in offsets_of_year(ZoneInfo("Europe/Berlin"), 2026)] == [
    ...     3600 * SECOND, 7200 * SECOND, 3600 * SECOND]
    True
    """
    start, end = start_of_year(year) - MARGIN, start_of_year(year + 1) + MARGIN
    offsets = [(start, offset_at(start, zone))]
    for before, after in pairwise(range(start, end + DAY, DAY)):
        if (offset := offset_at(after, zone)) != offsets[-1][1]:
            offsets.append((_transition(before, after, zone), offset))
    return offsets


def _transition(before: int, after: int, zone: ZoneInfo) -> int:
    """The first instant with the offset of `after`; transitions fall on whole seconds."""
    new = offset_at(after, zone)
    low, high = before // SECOND, after // SECOND
    while high - low > 1:
        middle = (low + high) // 2
        if offset_at(middle * SECOND, zone) == new:
            high = middle
        else:
            low = middle
    return high * SECOND


def instant_of_wall(day: int, time: int, offsets: Offsets) -> int:
    """The instant of the wall-clock edge `time` microseconds after the midnight of `day`.

    >>> offsets = offsets_of_year(ZoneInfo("Europe/Berlin"), 2026)
    >>> spring = date(2026, 3, 29).toordinal()  # 02:00 to 03:00 is never shown
    >>> half_past_two, three = 9000 * SECOND, 10800 * SECOND
    >>> instant_of_wall(spring, half_past_two, offsets) == instant_of_wall(spring, three, offsets)
    True
    """
    wall = (day - EPOCH_DAY) * DAY + time
    for position, (since, offset) in enumerate(offsets, start=1):
        instant = max(since, wall - offset)
        if position == len(offsets) or instant < offsets[position][0]:
            return instant
    raise AssertionError("offsets are never empty")


def wall_of_instant(instant: int, zone: ZoneInfo) -> tuple[int, int]:
    """The local date of an instant, as an ordinal, and the local time of day in microseconds."""
    days, time = divmod(instant + offset_at(instant, zone), DAY)
    return days + EPOCH_DAY, time
