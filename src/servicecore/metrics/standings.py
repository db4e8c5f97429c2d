"""Where a request stands with a clock, and the deadline that its cycles are judged by (M2)."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from servicecore.sla.clock import Reading, State


class Standing(StrEnum):
    """Where a request stands with one of its clocks, over all its cycles."""

    MET = "met"
    MISSED = "missed"
    LATE = "late"  # the deadline has passed and the clock still runs
    OPEN = "open"
    PAUSED = "paused"
    CANCELLED = "cancelled"


def standing(readings: Iterable[Reading]) -> Standing:
    """Where a request stands with a clock: its first late cycle decides, else its latest one.

    A cycle that was cancelled in time decides nothing as long as there is another: an update that
    is owed no longer does not undo those that were given.
    """
    latest: Standing | None = None
    for reading in readings:
        if reading.late:
            return Standing.MISSED if reading.ended is not None else Standing.LATE
        if latest is None or reading.state is not State.CANCELLED:
            latest = _IN_TIME[reading.state]
    return latest or Standing.OPEN


_IN_TIME = {
    State.PENDING: Standing.OPEN,
    State.RUNNING: Standing.OPEN,
    State.PAUSED: Standing.PAUSED,
    State.MET: Standing.MET,
    State.CANCELLED: Standing.CANCELLED,
}


def deadline(reading: Reading) -> int | None:
    """The deadline that a cycle is judged by, in microseconds: the breach, else the due instant.

    For a clock stopped while paused it is the due instant had it resumed at the stop; a clock that
    is paused in time has none yet, and neither has one that was cancelled in time.
    """
    if reading.breached is not None:
        return reading.breached
    if reading.state in (State.CANCELLED, State.PAUSED, State.PENDING):
        return None
    return reading.if_resumed if reading.due is None else reading.due


def foreseen(reading: Reading) -> int | None:
    """The deadline by which a cycle belongs to a period, in microseconds; None before its start.

    It is the deadline that the cycle is judged by. One that is paused in time has that which it
    would have if it went on now, and one that was cancelled in time that which it would have had:
    neither is in the due cohort, and both are counted.
    """
    if reading.breached is not None:
        return reading.breached
    return reading.if_resumed if reading.due is None else reading.due
