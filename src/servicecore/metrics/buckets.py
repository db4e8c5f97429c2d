"""Buckets: a period cut into local days, weeks or months (M3)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from itertools import pairwise
from typing import Literal

from servicecore.errors import InvalidValue
from servicecore.instants import zone_named
from servicecore.metrics.cohort import Period
from servicecore.sla.wall import instant_of_wall, offsets_of_year, wall_of_instant

Every = Literal["day", "week", "month"]


def buckets(period: Period, every: Every, *, tz: str) -> tuple[Period, ...]:
    """A period cut at the midnights at which days, weeks or months begin in a time zone.

    Weeks begin on Monday. The first and the last bucket are cut off at the ends of the period, so
    that they add up to it; a day of 23 or 25 hours is one. Raises `InvalidValue` for another word
    and an unknown zone.

    >>> from datetime import UTC, datetime
    >>> march = Period(datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC))
    >>> len(buckets(march, "day", tz="UTC")), len(buckets(march, "week", tz="UTC"))
    (31, 6)
    """
    if every not in _NEXT:
        raise InvalidValue(f"every is {every!r}: expected 'day', 'week' or 'month'")
    edges = [edge for edge in _edges(period, every, tz) if period.start < edge < period.end]
    ends = [period.start, *edges, period.end]
    return tuple(Period(start, end) for start, end in pairwise(ends))


def _edges(period: Period, every: Every, tz: str) -> Iterator[int]:
    zone = zone_named(tz)
    day = date.fromordinal(wall_of_instant(period.start, zone)[0])
    last = wall_of_instant(period.end, zone)[0]
    while (day := _NEXT[every](day)).toordinal() <= last:
        yield instant_of_wall(day.toordinal(), 0, offsets_of_year(zone, day.year))


def _next_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


_NEXT: Mapping[str, Callable[[date], date]] = {
    "day": lambda day: day + timedelta(days=1),
    "week": lambda day: day + timedelta(days=7 - day.weekday()),
    "month": _next_month,
}
