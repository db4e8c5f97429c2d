"""The limit: what pure Python can do at best, written by hand for one calendar and a few years.

Nothing here is taken from servicecore. The edges of all windows are made beforehand with zoneinfo,
and an answer is a bisection over a list of integers (microseconds since 1970 in UTC). It checks no
argument, knows no year but its own, adds no duration that is not positive, and its functions are
closures, which is as quick as a call gets.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta

from benchmarks.workload import CLOSES, HOLIDAYS, OPENS, YEARS, ZONE

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)

OnIntegers = Callable[[int, int], int]


def working_dates() -> Iterator[date]:
    """Every Monday to Friday that is no holiday."""
    free = set(HOLIDAYS)
    day, end = date(YEARS[0], 1, 1), date(YEARS[-1] + 1, 1, 1)
    while day < end:
        if day.weekday() < 5 and day not in free:
            yield day
        day += timedelta(days=1)


def edges_and_totals() -> tuple[list[int], list[int]]:
    """Opening, closing, opening … of all windows, and the open time up to each closing."""
    edges, totals, total = [], [], 0
    for day in working_dates():
        opens, closes = (
            (datetime.combine(day, edge, ZONE) - EPOCH) // MICROSECOND for edge in (OPENS, CLOSES)
        )
        total += closes - opens
        edges += [opens, closes]
        totals.append(total)
    return edges, totals


def on_integers() -> tuple[OnIntegers, OnIntegers]:
    """`between` and `add` on microseconds."""
    edges, totals = edges_and_totals()
    # With an even number of edges behind it an instant has worked base[number], with an odd
    # number it is in a window and has worked base[number] + instant.
    base = [0]
    for opens, total in zip(edges[::2], totals, strict=True):
        base += [base[-1] - opens, total]
    shift = [closes - total for closes, total in zip(edges[1::2], totals, strict=True)]

    def between(start: int, end: int) -> int:
        before = bisect_right(edges, start)
        behind = bisect_right(edges, end)
        worked = base[behind] - base[before]
        if behind & 1:
            worked += end
        return worked - start if before & 1 else worked

    def add(start: int, duration: int) -> int:
        before = bisect_right(edges, start)
        goal = base[before] + duration
        if before & 1:
            goal += start
        return goal + shift[bisect_left(totals, goal)]

    return between, add


OnDatetimes = tuple[
    Callable[[datetime, datetime], timedelta], Callable[[datetime, timedelta], datetime]
]


def on_datetimes() -> OnDatetimes:
    """`between` and `add` on aware datetimes of the stdlib, as quick as it converts them."""
    integer_between, integer_add = on_integers()

    def between(start: datetime, end: datetime) -> timedelta:
        first = (start - EPOCH) // MICROSECOND
        last = (end - EPOCH) // MICROSECOND
        return integer_between(first, last) * MICROSECOND

    def add(start: datetime, duration: timedelta) -> datetime:
        due = integer_add((start - EPOCH) // MICROSECOND, duration // MICROSECOND)
        return datetime.fromtimestamp(due / 1_000_000, ZONE)

    return between, add
