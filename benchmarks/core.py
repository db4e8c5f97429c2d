"""The calendar against the limit, and against itself over longer distances."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from benchmarks import limit
from benchmarks.measure import Call, Timings, interleaved
from benchmarks.table import Row
from benchmarks.workload import DAY, MONTH, THREE_YEARS, compiled_calendar, instants, pairs

SAMPLE = 500
"""How many different arguments every candidate gets."""

EIGHT_HOURS = timedelta(hours=8)
INTEGER_GOAL, BETWEEN_GOAL, ADD_GOAL = 1.5, 2.0, 2.5


def integers(rounds: int) -> Iterator[Row]:
    """The compiled calendar on integer microseconds against a bisection by hand."""
    timeline = compiled_calendar().timeline
    between, add = limit.on_integers()
    stretches = [
        tuple((at - limit.EPOCH) // limit.MICROSECOND for at in pair)
        for pair in pairs(MONTH, SAMPLE)
    ]
    starts = [start for start, _ in stretches]
    hours = EIGHT_HOURS // limit.MICROSECOND
    names = {"timeline": timeline, "between": between, "add": add, "hours": hours}
    timings = interleaved(
        {
            "timeline.between": Call("timeline.between(a[0], a[1])", names, stretches),
            "between": Call("between(a[0], a[1])", names, stretches),
            "timeline.add": Call("timeline.add(a, hours)", names, starts),
            "add": Call("add(a, hours)", names, starts),
        },
        rounds,
    )
    for name in ("between", "add"):
        ours = f"timeline.{name}"
        measured = f"{ours} on integers"
        yield _row(timings, ours, name, against="bisect", goal=INTEGER_GOAL, measured=measured)


def datetimes(rounds: int) -> Iterator[Row]:
    """The calendar on aware stdlib datetimes against a bisection with zoneinfo around it."""
    between, add = limit.on_datetimes()
    names = {"calendar": compiled_calendar(), "between": between, "add": add, "hours": EIGHT_HOURS}
    stretches, starts = pairs(MONTH, SAMPLE), instants(SAMPLE)
    timings = interleaved(
        {
            "calendar.between": Call("calendar.between(a[0], a[1])", names, stretches),
            "between": Call("between(a[0], a[1])", names, stretches),
            "calendar.add(at, timedelta)": Call("calendar.add(a, hours)", names, starts),
            'calendar.add(at, "8h")': Call('calendar.add(a, "8h")', names, starts),
            "add": Call("add(a, hours)", names, starts),
        },
        rounds,
    )
    against = "bisect, zoneinfo"
    yield _row(timings, "calendar.between", "between", against=against, goal=BETWEEN_GOAL)
    for name in ("calendar.add(at, timedelta)", 'calendar.add(at, "8h")'):
        yield _row(timings, name, "add", against=against, goal=ADD_GOAL)


def distance(rounds: int) -> Iterator[Row]:
    """Answers over three years against answers over a day."""
    names = {"calendar": compiled_calendar(), "day": EIGHT_HOURS, "years": 800 * EIGHT_HOURS}
    starts, between = instants(SAMPLE), "calendar.between(a[0], a[1])"
    timings = interleaved(
        {
            "between far": Call(between, names, pairs(THREE_YEARS, SAMPLE)),
            "between near": Call(between, names, pairs(DAY, SAMPLE)),
            "add far": Call("calendar.add(a, years)", names, starts),
            "add near": Call("calendar.add(a, day)", names, starts),
        },
        rounds,
    )
    for measured, name, near in (
        ("calendar.between, 3 years", "between", "1 day"),
        ("calendar.add, 6400 h (3 years)", "add", "8 h"),
    ):
        yield _row(timings, f"{name} far", f"{name} near", against=near, measured=measured)


def _row(
    timings: Timings,
    ours: str,
    theirs: str,
    *,
    against: str,
    goal: float | None = None,
    measured: str = "",
) -> Row:
    return Row(
        measured or ours,
        timings.of(ours),
        against,
        timings.of(theirs),
        timings.ratio(ours, theirs),
        goal,
    )
