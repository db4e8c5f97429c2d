"""Spells of requests: the time each has taken on a clock, and what ended it (M4, M5)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from servicecore.lifecycle.situation import Situation
from servicecore.metrics.cohort import Period, same_instant
from servicecore.metrics.open_times import end_of, open_times
from servicecore.metrics.rows import MERGED, WITHDRAWN, Spell
from servicecore.sla.calendar import Calendar, always
from servicecore.sla.clock import Reading, State


def spells(
    situations: Iterable[Situation], clock: str, *, period: Period | None = None
) -> tuple[Spell, ...]:
    """The spell of every request on a clock that has started.

    With a `period`, of the requests opened in it.

    A request has one spell: the time that the clock has counted, over all its cycles, on the
    calendar of its target. It has ended where the latest cycle was stopped, and goes on where that
    runs or is paused: a request that was reopened goes on, and with it the time so far counts,
    whether the clock resumes or begins a new cycle (K4). Where the request was cancelled or merged
    its spell ended by ``"withdrawn"`` or ``"merged"``; a clock that was cancelled for another
    reason, such as a target that is owed no more, is left as it was seen last, as one that goes on.
    Raises `InvalidValue` for situations of different instants.
    """
    return _of_all(situations, lambda situation: spell_on(situation, clock), period)


def spell_on(situation: Situation, clock: str) -> Iterator[Spell]:
    """The spell of one request on a clock, if that has started."""
    started = _started(situation, clock)
    if started:
        time = sum(reading.elapsed_microseconds for reading in started)
        yield _spell(situation, started[-1], time)


def cycle_spells(
    situations: Iterable[Situation], clock: str, *, period: Period | None = None
) -> tuple[Spell, ...]:
    """The spell of every cycle of a clock that has started, which is what a deadline is about.

    They are as `spells` has them, but one for each answer, each report, or each attempt where a
    reopening or another target begins a new cycle; a cycle that was cut short by that is taken for
    one that goes on. The cycles of a request hang together, so that limits of a curve of them are
    too narrow where requests have many. With a `period`, of the requests opened in it. Raises
    `InvalidValue` for situations of different instants.
    """
    return _of_all(situations, lambda situation: cycle_spells_on(situation, clock), period)


def cycle_spells_on(situation: Situation, clock: str) -> Iterator[Spell]:
    """The spells of the cycles of one request on a clock, oldest first."""
    for reading in _started(situation, clock):
        yield _spell(situation, reading, reading.elapsed_microseconds)


def _started(situation: Situation, clock: str) -> tuple[Reading, ...]:
    readings = situation.readings.get(clock, ())
    return readings if readings and readings[-1].started is not None else ()


def _spell(situation: Situation, reading: Reading, time: int) -> Spell:
    if reading.state is not State.CANCELLED:
        return Spell(time, ended=reading.ended is not None)
    cause = next(
        (
            cause
            for event in situation.history
            if event.occurred == reading.ended and (cause := end_of(event)) in GIVEN_UP
        ),
        None,
    )
    return Spell(time, ended=False) if cause is None else Spell(time, cause=cause)


GIVEN_UP = frozenset({WITHDRAWN, MERGED})


def _of_all(
    situations: Iterable[Situation],
    of_one: Callable[[Situation], Iterable[Spell]],
    period: Period | None,
) -> tuple[Spell, ...]:
    """The spells of situations of one instant, of requests opened in a period."""
    instant: int | None = None
    found: list[Spell] = []
    for situation in situations:
        instant = same_instant(instant, situation.instant)
        if period is None or situation.state.opened in period:
            found.extend(of_one(situation))
    return tuple(found)


def lifetimes(
    situations: Iterable[Situation],
    *,
    period: Period | None = None,
    calendar: Calendar = always,
) -> tuple[Spell, ...]:
    """The time of every request from its opening to its resolution, as its customer has it.

    This is the customer's clock (M5): the one on the wall, unless a `calendar` of theirs is given.
    Waiting for the customer counts. A request that was reopened goes on until it is resolved again,
    and the time in between counts. With a `period`, of the requests opened in it.
    """
    return _of_all(situations, lambda situation: [lifetime(situation, calendar)], period)


def lifetime(situation: Situation, calendar: Calendar = always) -> Spell:
    """The time of one request on its customer's clock, up to its last end or the instant."""
    last = open_times(situation)[-1]
    end = situation.instant if last.end is None else last.end
    time = between(calendar, situation.state.opened, end)
    return Spell(time, ended=last.end is not None, cause=last.cause)


def between(calendar: Calendar, start: int, end: int) -> int:
    """The open time between two instants, in microseconds; all of it where it never closes."""
    return end - start if calendar is always else calendar.timeline.between(start, end)
