"""The compiled calendar: sorted edges and prefix sums in integer microseconds; the one hot core.

A timeline is compiled year by year, only as far as it is asked, and answers by bisection: what an
answer costs depends neither on the distance between two instants nor on the windows between them.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable

from attrs import frozen

from servicecore.errors import NeverOpen
from servicecore.instants import duration_text
from servicecore.sla.edges import Edges, chained, clipped
from servicecore.sla.wall import start_of_year
from servicecore.sla.years import END, START, Years, shown, year_of

OPENING, CLOSING = 0, 1
"""The parity of an edge's position says which of the two it is."""


@frozen(eq=False)
class Span:
    """A compiled stretch of time ``[first, last)``.

    `base` gives the open time from `first` to any instant in one look: behind an even number of
    edges it is ``base[number]``, behind an odd number, in a window, ``base[number] + instant``.
    `totals` holds the open time up to each closing, and `shift` what turns open time into the
    instant in that window at which it is reached: ``shift[window] + open time``. A window that goes
    on past the stretch has an edge at `first` or `last` that is no real one.
    """

    first: int
    last: int
    edges: Edges
    base: list[int]
    totals: list[int]
    shift: list[int]


def _span(chunks: dict[int, Edges]) -> Span:
    edges = chained(list(chunks.values()))
    base, totals, shift, done = [0], [], [], 0
    for opens, closes in zip(edges[::2], edges[1::2], strict=True):
        base.append(done - opens)
        done += closes - opens
        base.append(done)
        totals.append(done)
        shift.append(closes - done)
    years = list(chunks)
    first, last = (start_of_year(years[0]), start_of_year(years[-1] + 1)) if years else (END, START)
    return Span(first, last, edges, base, totals, shift)


class Timeline:
    """Answers about open time between instants, all of them integer microseconds."""

    __slots__ = ("_years",)

    def __init__(self, edges_of_year: Callable[[int], Edges]) -> None:
        self._years = Years(edges_of_year, _span)

    def _covering(self, instant: int) -> Span:
        span = self._years.compiled
        if span.first <= instant < span.last:
            return span
        return self._years.cover(year_of(instant))

    def edges_of_year(self, year: int) -> Edges:
        """The edges of the windows of a year in UTC, cut at its ends."""
        return self._years.chunk(year)

    def is_open(self, instant: int) -> bool:
        """Whether the instant lies in a window."""
        return bisect_right(self._covering(instant).edges, instant) % 2 == 1

    def between(self, start: int, end: int) -> int:
        """The open time from `start` to `end`; negative where `end` is before `start` (C5)."""
        span = self._years.compiled
        if not (span.first <= start < span.last and span.first <= end < span.last):
            span = self._years.cover(year_of(start), year_of(end))
        before = bisect_right(span.edges, start)
        behind = bisect_right(span.edges, end)
        open_time = span.base[behind] - span.base[before]
        if behind & 1:
            open_time += end
        return open_time - start if before & 1 else open_time

    def add(self, start: int, duration: int, late: bool = False) -> int:
        """The instant at which `duration` of open time has passed since `start` (C4)."""
        span = self._years.compiled
        if not span.first <= start < span.last:
            span = self._years.cover(year_of(start))
        if duration == 0 and not late:
            return start
        # The earliest such instant, or the latest: going back it is the latest that counts.
        find = bisect_left if duration > 0 and not late else bisect_right
        while True:
            before = bisect_right(span.edges, start)
            goal = span.base[before] + duration
            if before & 1:
                goal += start
            window = find(span.totals, goal)
            if goal >= 0 and window < len(span.shift):
                return span.shift[window] + goal
            span = self._further(span, start, duration)

    def _further(self, span: Span, start: int, duration: int) -> Span:
        step, limit = (1, END) if duration >= 0 else (-1, START)
        if limit in (span.first, span.last) or abs(duration) > abs(limit - start):
            wanted = f"{duration_text(abs(duration))} of open time" if duration else "opening"
            raise NeverOpen(
                f"the calendar has no {wanted} between {shown(start)} and {shown(limit)}"
            )
        return self._years.further(step)

    def next_edge(self, instant: int, parity: int) -> int | None:
        """The first opening or closing strictly after an instant, or None if none comes."""
        span = self._covering(instant)
        while True:
            position = bisect_right(span.edges, instant)
            position += position % 2 != parity
            if position < len(span.edges) and span.edges[position] < span.last:
                return span.edges[position]
            if span.last == END:
                return None
            span = self._years.further(1)

    def previous_edge(self, instant: int, parity: int) -> int | None:
        """The last opening or closing strictly before an instant, or None if none was."""
        span = self._covering(instant)
        while True:
            position = bisect_left(span.edges, instant) - 1
            position -= position % 2 != parity
            if position >= 0 and span.edges[position] > span.first:
                return span.edges[position]
            if span.first == START:
                return None
            span = self._years.further(-1)

    def windows(self, start: int, end: int) -> Edges:
        """The edges of the windows between two instants, cut at both."""
        if end <= start:
            return []
        return clipped(self._years.cover(year_of(start), year_of(end)).edges, start, end)
