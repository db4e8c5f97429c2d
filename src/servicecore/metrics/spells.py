"""Spells of requests: the time each has taken on a clock, and what ended it (M4, M5)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from servicecore.lifecycle.situation import Situation
from servicecore.metrics.cohort import Period, same_instant
from servicecore.metrics.open_times import open_times
from servicecore.metrics.rows import DONE, MERGED, WITHDRAWN, Spell
from servicecore.sla.calendar import Calendar, always
from servicecore.sla.clock import Reading, State


def spells(
    situations: Iterable[Situation], clock: str, *, period: Period | None = None
) -> tuple[Spell, ...]:
    """The spell of every request on a clock that has started.

    With a `period`, of the requests opened in it.

    A request has one spell: the time that the clock has counted, over all its cycles, on the
    calendar of its target. It has ended where the latest cycle was stopped, and goes on where that
    runs or is paused: a request that was reopened goes on. A clock that was cancelled ended its
    spell by ``"merged"`` or ``"withdrawn"``. Raises `InvalidValue` for situations of different
    instants.
    """
    instant: int | None = None
    found: list[Spell] = []
    for situation in situations:
        instant = same_instant(instant, situation.instant)
        if period is None or situation.state.opened in period:
            found.extend(spell_on(situation, clock))
    return tuple(found)


def spell_on(situation: Situation, clock: str) -> Iterator[Spell]:
    """The spell of one request on a clock, if that has started."""
    readings = situation.readings.get(clock, ())
    if readings and readings[-1].started is not None:
        yield _spell(readings, merged=situation.status == "merged")


def _spell(readings: tuple[Reading, ...], *, merged: bool) -> Spell:
    time = sum(reading.elapsed_microseconds for reading in readings)
    last = readings[-1]
    if last.state is State.CANCELLED:
        return Spell(time, cause=MERGED if merged else WITHDRAWN)
    return Spell(time, ended=last.ended is not None, cause=DONE)


def lifetimes(
    situations: Iterable[Situation],
    *,
    period: Period | None = None,
    calendar: Calendar = always,
) -> tuple[Spell, ...]:
    """The time of every request from its opening to its resolution, as its customer has it.

    This is the customer's clock (M5): the one on the wall, unless a `calendar` of theirs is given.
    Waiting for the customer counts. A request that was reopened goes on until it is resolved again.
    """
    instant: int | None = None
    found: list[Spell] = []
    for situation in situations:
        instant = same_instant(instant, situation.instant)
        if period is None or situation.state.opened in period:
            found.append(lifetime(situation, calendar))
    return tuple(found)


def lifetime(situation: Situation, calendar: Calendar = always) -> Spell:
    """The time of one request on its customer's clock, up to its last end or the instant."""
    last = open_times(situation)[-1]
    end = situation.instant if last.end is None else last.end
    time = between(calendar, situation.state.opened, end)
    return Spell(time, ended=last.end is not None, cause=last.cause)


def between(calendar: Calendar, start: int, end: int) -> int:
    """The open time between two instants, in microseconds; all of it where it never closes."""
    return end - start if calendar is always else calendar.timeline.between(start, end)
