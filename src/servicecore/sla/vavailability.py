"""Available hours out of VAVAILABILITY components (RFC 7953)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from servicecore.errors import InvalidValue
from servicecore.sla.cutting import Frame
from servicecore.sla.edges import Edges, both, combine, either, only_left, union
from servicecore.sla.hours import ALL_DAY, LATEST_END, DayHours, Stretch, joined
from servicecore.sla.recurrences import (
    about,
    called,
    check,
    duration,
    listed,
    moment,
    occurrences,
    refuse_unreadable,
)

if TYPE_CHECKING:
    from icalendar import Component

LOWEST = 10
"""The rank of a component without a priority; 1 is the highest and 9 comes before none."""


class Available(NamedTuple):
    """The hours of every date that a VAVAILABILITY reaches.

    `outside` has, for a date that is reached in part, the stretches of which nothing is said.
    """

    hours: dict[date, DayHours]
    outside: dict[date, DayHours]


class _Part(NamedTuple):
    """One VAVAILABILITY: when it holds, and what is available then."""

    rank: int
    reach: tuple[int, int]
    available: list[tuple[int, int]]


def available_hours(components: Sequence[Component], frame: Frame) -> Available:
    """The hours that are available; of several components the highest priority decides.

    At every instant that counts which has the highest priority of those that reach it; of equal
    ones each adds its hours.
    """
    parts = sorted((_part(component, frame) for component in components), key=_rank)
    covered: Edges = []
    hours: dict[date, list[Stretch]] = {}
    for _, equals in groupby(parts, key=_rank):
        reaching: Edges = []
        for part in equals:
            own = combine(union([part.reach]), covered, only_left)
            for day, stretch in _by_date(part.available, own, frame):
                hours.setdefault(day, []).append(stretch)
            reaching = combine(reaching, union([part.reach]), either)
        covered = combine(covered, reaching, either)
    reached = _reached(covered, frame)
    outside = {day: _rest(said) for day, said in reached.items() if said != ALL_DAY}
    return Available({day: joined(hours.get(day, ())) for day in reached}, outside)


def _rank(part: _Part) -> int:
    return part.rank


def _by_date(
    available: Iterable[tuple[int, int]], own: Edges, frame: Frame
) -> Iterator[tuple[date, Stretch]]:
    """What is available within the component's own time, by the date on which it starts."""
    for opens, closes in available:
        edges = combine([opens, closes], own, both)
        for start, end in zip(edges[::2], edges[1::2], strict=True):
            yield from frame.by_starting_date(start, end)


def _reached(covered: Edges, frame: Frame) -> dict[date, DayHours]:
    """What part of which dates is reached."""
    reached: dict[date, list[Stretch]] = {}
    for start, end in zip(covered[::2], covered[1::2], strict=True):
        for day, stretch in frame.cut_by_date(start, end):
            reached.setdefault(day, []).append(stretch)
    return {day: joined(stretches) for day, stretches in reached.items()}


def _rest(said: DayHours) -> DayHours:
    """The remainder of a date, with the night after it: what starts on a date runs on."""
    edges = combine([0, LATEST_END], union(said), only_left)
    return tuple(map(Stretch, edges[::2], edges[1::2]))


def _part(component: Component, frame: Frame) -> _Part:
    with about(called(component)):
        refuse_unreadable(component)
        rank = _rank_of(component)
        reach = _start(component, frame), _end(component, frame)
        available = component.walk("AVAILABLE")
        endless = [one for one in available if "DTEND" not in one and "DURATION" not in one]
        ended = [one for one in available if "DTEND" in one or "DURATION" in one]
        found = [
            (frame.instant(once.starts), frame.instant(once.ends))
            for once in occurrences(ended, frame)
        ]
        for one in endless:
            with about(called(one)):
                check(one, frame)
                found.append((_start(one, frame), frame.ends))
    return _Part(rank, reach, [(opens, closes) for opens, closes in found if opens < closes])


def _rank_of(component: Component) -> int:
    values = listed(component, "PRIORITY") or [0]
    if len(values) > 1 or not isinstance(values[0], int) or not 0 <= values[0] < LOWEST:
        raise InvalidValue(f"PRIORITY is {values[0]}: expected one number from 0 to 9")
    return int(values[0]) or LOWEST


def _start(component: Component, frame: Frame) -> int:
    starts = moment(component, "DTSTART")
    return frame.begins if starts is None else frame.instant(starts)


def _end(component: Component, frame: Frame) -> int:
    starts, ends = moment(component, "DTSTART"), moment(component, "DTEND")
    lasting = duration(component)
    if lasting is not None:
        if starts is None or ends is not None:
            raise InvalidValue("has a DURATION: expected a DTSTART with it and no DTEND")
        try:
            ends = starts + lasting
        except OverflowError:
            ends = None
    instant = frame.ends if ends is None else frame.instant(ends)
    if instant < _start(component, frame):
        raise InvalidValue(f"ends before it starts: DTEND is {ends}, DTSTART is {starts}")
    return instant
