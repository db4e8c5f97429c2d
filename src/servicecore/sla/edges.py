"""Open time as a sorted list of edges: opening, closing, opening, closing …, in microseconds.

An instant lies inside a window where an odd number of edges is at or before it; that is the
half-open rule (C1) in one line.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence

Edges = list[int]


def union(windows: Iterable[tuple[int, int]]) -> Edges:
    """The edges of windows in any order; those that touch or overlap become one, empty ones none.

    >>> union([(5, 9), (0, 3), (3, 4), (7, 7)])
    [0, 4, 5, 9]
    """
    edges: Edges = []
    for opens, closes in sorted(windows):
        if opens >= closes:
            continue
        if edges and opens <= edges[-1]:
            edges[-1] = max(edges[-1], closes)
        else:
            edges += (opens, closes)
    return edges


def combine(left: Edges, right: Edges, is_open: Callable[[bool, bool], bool]) -> Edges:
    """The edges of all time at which `is_open` holds of "in left" and "in right" (C6).

    >>> combine([0, 10], [4, 6], lambda left, right: left and not right)
    [0, 4, 6, 10]
    """
    edges: Edges = []
    in_left = in_right = now = False
    left_at = right_at = 0
    for instant in sorted({*left, *right}):
        if left_at < len(left) and left[left_at] == instant:
            left_at, in_left = left_at + 1, not in_left
        if right_at < len(right) and right[right_at] == instant:
            right_at, in_right = right_at + 1, not in_right
        if is_open(in_left, in_right) != now:
            edges.append(instant)
            now = not now
    return edges


def clipped(edges: Edges, start: int, end: int) -> Edges:
    """The edges of the windows between two instants, cut at both.

    >>> clipped([0, 4, 6, 10], 2, 7)
    [2, 4, 6, 7]
    """
    before, behind = bisect_right(edges, start), bisect_left(edges, end)
    cut_at_start, cut_at_end = [start] * (before & 1), [end] * (behind & 1)
    return cut_at_start + edges[before:behind] + cut_at_end


def either(left: bool, right: bool) -> bool:
    """Open where at least one is."""
    return left or right


def both(left: bool, right: bool) -> bool:
    """Open where both are."""
    return left and right


def only_left(left: bool, right: bool) -> bool:
    """Open where the left one is and the right one is not."""
    return left and not right


def chained(chunks: Sequence[Edges]) -> Edges:
    """The edges of neighbouring stretches of time as one list; a window across a seam is one."""
    edges: Edges = []
    for chunk in chunks:
        if edges and chunk and edges[-1] == chunk[0]:
            edges.pop()
            edges += chunk[1:]
        else:
            edges += chunk
    return edges
