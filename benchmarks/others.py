"""The same questions put to other libraries: how long they take, and where they answer otherwise.

Each gets its arguments in the types that it asks for, made beforehand. They are measured at what
they offer; opening-hours counts no working time, so the intervals that it gives are added up here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from typing import NamedTuple

from benchmarks import limit
from benchmarks.measure import Call, interleaved
from benchmarks.table import Row, duration
from benchmarks.workload import (
    CLOSES,
    DAY,
    HOLIDAYS,
    MONTH,
    OPENS,
    THREE_YEARS,
    ZONE,
    compiled_calendar,
    instants,
    pairs,
)

TIMED, CHECKED = 10, 100
"""How many arguments are timed (the slowest takes 0.1 s for one), and how many answers checked."""

OURS = "servicecore"
ALL_AGREE = "agree"

Answer = timedelta | datetime
Question = Callable[..., Answer]


class Candidate(NamedTuple):
    """A library: what it wants instants to be, and what answers; None where nothing does.

    `adding` gives what adds a duration to an instant.
    """

    prepared: Callable[[datetime], object] = lambda at: at
    between: Question | None = None
    adding: Callable[[timedelta], Question] | None = None


def servicecore() -> Candidate:
    """Our own calendar."""
    calendar = compiled_calendar()
    return Candidate(
        between=calendar.between,
        adding=lambda duration: lambda at: calendar.add(at, duration),
    )


def businesstimedelta() -> Candidate:
    """Rules of working days and holidays, walked window by window."""
    import pytz
    from businesstimedelta import BusinessTimeDelta, HolidayRule, Rules, WorkDayRule

    zone = pytz.timezone(ZONE.key)
    hours = WorkDayRule(OPENS, CLOSES, [0, 1, 2, 3, 4], tz=zone)
    rules = Rules([hours, HolidayRule(set(HOLIDAYS), tz=zone)])

    def adding(duration: timedelta) -> Question:
        wanted = BusinessTimeDelta(rules, timedelta=duration)
        return lambda at: at + wanted

    return Candidate(
        between=lambda start, end: rules.difference(start, end).timedelta, adding=adding
    )


def business_duration() -> Candidate:
    """One function, over the days between two local times."""
    from business_duration import businessDuration

    free = set(HOLIDAYS)

    def between(start: datetime, end: datetime) -> timedelta:
        seconds = businessDuration(start, end, OPENS, CLOSES, holidaylist=free, unit="sec")
        return timedelta(seconds=float(seconds))

    return Candidate(lambda at: at.replace(tzinfo=None), between)


def pandas() -> Candidate:
    """An offset of whole business hours."""
    from pandas import Timestamp
    from pandas.tseries.offsets import CustomBusinessHour

    def adding(duration: timedelta) -> Question:
        whole = duration // timedelta(hours=1)
        offset = CustomBusinessHour(whole, start=OPENS, end=CLOSES, holidays=HOLIDAYS)
        return lambda at: at + offset

    return Candidate(Timestamp, adding=adding)


def opening_hours() -> Candidate:
    """Intervals of the opening hours of OpenStreetMap, in Rust."""
    from opening_hours import OpeningHours, State

    days = ",".join(f"{day:%Y %b %d}" for day in HOLIDAYS)
    hours = OpeningHours(f"Mo-Fr {OPENS:%H:%M}-{CLOSES:%H:%M}; {days} off", timezone=ZONE)

    def between(start: datetime, end: datetime) -> timedelta:
        found = hours.intervals(start, end)
        lengths = (closes - opens for opens, closes, state, _ in found if state == State.OPEN)
        return sum(lengths, timedelta())

    def adding(duration: timedelta) -> Question:
        def due(at: datetime) -> datetime:
            left = duration
            for opens, closes, state, _ in hours.intervals(at):
                if state == State.OPEN:
                    if closes - opens >= left:
                        return opens + left
                    left -= closes - opens
            raise AssertionError("these hours never end")

        return due

    return Candidate(between=between, adding=adding)


LIBRARIES: Mapping[str, Callable[[], Candidate]] = {
    "businesstimedelta": businesstimedelta,
    "business-duration": business_duration,
    "pandas CustomBusinessHour": pandas,
    "opening-hours-py": opening_hours,
}
"""Each function here has the name of the module that it imports."""


def between(rounds: int) -> Iterator[Row]:
    """Open time over a day, a month and three years."""
    right, _ = limit.on_datetimes()
    for text, apart in (("1 day", DAY), ("30 days", MONTH), ("3 years", THREE_YEARS)):
        stretches = pairs(apart, CHECKED)
        expected = [right(*stretch) for stretch in stretches]
        asked = {name: _asked(one, one.between, stretches) for name, one in _installed().items()}
        yield from _rows(f"between, {text}", asked, expected, rounds)


def add(rounds: int) -> Iterator[Row]:
    """A day's work and ten weeks' work, added."""
    _, right = limit.on_datetimes()
    for hours in (8, 400):
        duration = timedelta(hours=hours)
        starts = [(at,) for at in instants(CHECKED)]
        expected = [right(at, duration) for (at,) in starts]
        asked = {
            name: _asked(one, one.adding and one.adding(duration), starts)
            for name, one in _installed().items()
        }
        yield from _rows(f"add, {hours} h", asked, expected, rounds)


def _installed() -> dict[str, Candidate]:
    there = {name: make() for name, make in LIBRARIES.items() if find_spec(make.__name__)}
    return {OURS: servicecore(), **there}


def _asked(
    candidate: Candidate, question: Question | None, arguments: Iterable[tuple[datetime, ...]]
) -> Call | None:
    if question is None:
        return None
    prepared = [tuple(map(candidate.prepared, instants)) for instants in arguments]
    return Call("ask(*a)", {"ask": question}, prepared)


def _rows(
    measured: str, asked: Mapping[str, Call | None], expected: Sequence[Answer], rounds: int
) -> Iterator[Row]:
    calls = {name: call for name, call in asked.items() if call}
    assert answers(calls[OURS], expected) == ALL_AGREE
    timings = interleaved(
        {name: call._replace(arguments=call.arguments[:TIMED]) for name, call in calls.items()},
        rounds,
    )
    for name in LIBRARIES:
        row = Row(measured, timings.of(OURS), name, None, None)
        if name not in asked:
            yield row._replace(answers="not installed")
        elif name not in calls:
            yield row
        else:
            yield row._replace(
                against_seconds=timings.of(name),
                ratio=timings.ratio(OURS, name),
                answers=answers(calls[name], expected),
            )


def answers(call: Call, expected: Sequence[Answer]) -> str:
    """How far a candidate's answers are from the right ones."""
    ask: Question = call.names["ask"]
    found = [ask(*arguments) for arguments in call.arguments]
    errors = [_apart(answer, right) for answer, right in zip(found, expected, strict=True)]
    wrong = [error for error in errors if error]
    if not wrong:
        return ALL_AGREE
    return f"{len(wrong)} of {len(found)} differ, by up to {duration(max(wrong).total_seconds())}"


def _apart(answer: Answer, right: Answer) -> timedelta:
    if isinstance(answer, datetime) and isinstance(right, datetime):
        # In UTC: two datetimes of one zone would be subtracted by their wall clocks.
        return abs(answer.astimezone(UTC) - right.astimezone(UTC))
    assert isinstance(answer, timedelta)
    assert isinstance(right, timedelta)
    return abs(answer - right)
