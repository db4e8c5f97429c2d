"""Every IANA zone whose clock jumps in 2000-2040, at a few of its jumps, compared with the oracle.

The windows are laid so that each jump falls into the middle of one, on an edge of one, and into one
that runs past midnight.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from servicecore.sla import Calendar
from tests.oracle.calendar import MINUTE, from_dict, instant, microseconds
from tests.oracle.strategies import same_instant, written
from tests.oracle.zones import MINUTES_PER_DAY, Jump, date_at, typical_jumps, zones_that_jump

MICROSECOND = timedelta(microseconds=1)
MOST_JUMPS = 2


def around_the_jump(jump: Jump) -> str:
    """Windows from an hour before what is skipped or repeated, cut in its middle, to an
    hour after.
    """
    low, high = sorted((jump.wall_before, jump.wall_after))
    middle = (low + min(high, low + 120)) // 2
    edges = [(edge % MINUTES_PER_DAY) for edge in (low - 60, middle, middle + 10, low + 180)]
    first, cut, again, last = edges
    windows = [(first, cut), (again, last)]
    return " ".join(f"{written(start)}-{written(end)}" for start, end in windows)


def calendars_for(jump: Jump) -> list[dict[str, Any]]:
    """Three calendars: around the jump, night shifts with a break in the jump, and whole days."""
    zone, day = jump.zone, date_at(jump.zone, jump.minute)
    low = min(jump.wall_before, jump.wall_after) % MINUTES_PER_DAY
    breaks = {day.isoformat(): f"{written(low)}-{written(low + 40)}"}
    holiday = (day + timedelta(days=1)).isoformat()
    return [
        {"timezone": zone, "hours": {"mon-sun": around_the_jump(jump)}},
        {"timezone": zone, "hours": {"mon-sun": "20:30-06:15"}, "breaks": breaks},
        {"timezone": zone, "hours": {"mon-sun": "00:00-24:00"}, "holidays": [holiday]},
    ]


@pytest.mark.parametrize("zone", zones_that_jump())
def test_jumps(zone: str) -> None:
    """C1, C2, C4, C7: windows, is_open at every edge, add both ways and add_days around the
    jumps.
    """
    for jump in typical_jumps(zone, MOST_JUMPS):
        at_jump = instant(jump.minute * MINUTE)
        begin, end = at_jump - timedelta(hours=30), at_jump + timedelta(hours=30)
        for spec in calendars_for(jump):
            calendar, oracle = Calendar.from_dict(spec), from_dict(spec)
            expected = oracle.windows(begin, end)
            found = [
                (microseconds(w.opens), microseconds(w.closes))
                for w in calendar.windows(begin, end)
            ]
            assert found == [(microseconds(a), microseconds(b)) for a, b in expected], spec
            edges = [edge for window in expected for edge in window]
            for at in [at_jump, at_jump - MICROSECOND, *edges]:
                assert calendar.is_open(at) == oracle.is_open(at), (spec, at)
            left, right = at_jump - timedelta(hours=7, microseconds=1), at_jump + timedelta(hours=2)
            for at in (at_jump, right):
                assert calendar.between(left, at) == oracle.between(left, at), (spec, at)
            for hours in (3, 7.5, -4, -9):
                start = at_jump - timedelta(hours=hours) * 0.8
                amount = timedelta(hours=hours)
                there, expected_there = calendar.add(start, amount), oracle.add(start, amount)
                assert same_instant(there, expected_there), (spec, start, amount)
            day_before = at_jump - timedelta(hours=24)
            for n in (0, 1, 2):
                days, expected_days = (
                    calendar.add_days(day_before, n),
                    oracle.add_days(day_before, n),
                )
                assert same_instant(days, expected_days), (spec, day_before, n)
