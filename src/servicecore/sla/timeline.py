"""The compiled calendar: sorted edges and prefix sums in integer microseconds; the one hot core.

A timeline is compiled year by year, only as far as it is asked, and answers by bisection: what an
answer costs depends neither on the distance between two instants nor on the windows between them.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from typing import NamedTuple

from servicecore.errors import NeverOpen
from servicecore.instants import duration_text
from servicecore.sla.edges import Edges, chained
from servicecore.sla.wall import start_of_year
from servicecore.sla.years import END, START, Years, shown, year_of

OPENING, CLOSING = 0, 1
"""The parity of an edge's position says which of the two it is."""


class Span(NamedTuple):
    """A compiled stretch of time ``[first, last)``.

    `worked` holds the open time from `first` to each of the `edges`. `base` gives it for any
    instant in one look: behind an even number of edges it is ``base[number]``, behind an odd
    number, in a window, ``base[number] + instant``. A window that goes on past the stretch has an
    edge at `first` or `last` that is no real one.
    """

    first: int
    last: int
    edges: Edges
    base: list[int]
    worked: list[int]


def _span(chunks: dict[int, Edges]) -> Span:
    edges = chained(list(chunks.values()))
    base, worked, done = [0], [], 0
    for position, edge in enumerate(edges):
        if position % 2 == OPENING:
            base.append(done - edge)
        else:
            done += edge - edges[position - 1]
            base.append(done)
        worked.append(done)
    if not chunks:
        return Span(END, START, edges, base, worked)
    years = list(chunks)
    return Span(start_of_year(years[0]), start_of_year(years[-1] + 1), edges, base, worked)


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
        first, last, edges, base, _ = self._years.compiled
        if not (first <= start < last and first <= end < last):
            _, _, edges, base, _ = self._years.cover(year_of(start), year_of(end))
        before = bisect_right(edges, start)
        behind = bisect_right(edges, end)
        open_time = base[behind] - base[before]
        if behind & 1:
            open_time += end
        return open_time - start if before & 1 else open_time

    def add(self, start: int, duration: int, late: bool = False) -> int:  # hot
        """The instant at which `duration` of open time has passed since `start` (C4)."""
        span = self._covering(start)
        if duration == 0 and not late:
            return start
        while True:
            before = bisect_right(span.edges, start)
            goal = span.base[before] + duration + (start if before & 1 else 0)
            found = _reached(span, goal, late) if duration >= 0 else _left(span, goal)
            if found is not None:
                return found
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
        edges = self._years.cover(year_of(start), year_of(end)).edges
        before, behind = bisect_right(edges, start), bisect_left(edges, end)
        cut_at_start, cut_at_end = [start] * (before & 1), [end] * (behind & 1)
        return cut_at_start + edges[before:behind] + cut_at_end


def _reached(span: Span, goal: int, late: bool) -> int | None:  # as in add
    """The earliest instant with `goal` worked, or the latest opening-side one; None if beyond."""
    position = bisect_right(span.worked, goal) if late else bisect_left(span.worked, goal)
    if position == len(span.worked):
        return None
    return span.edges[position] - span.worked[position] + goal


def _left(span: Span, goal: int) -> int | None:
    """The latest instant with `goal` worked; None if before the span."""
    if goal < 0:
        return None
    position = bisect_right(span.worked, goal) - 1
    return span.edges[position] - span.worked[position] + goal
