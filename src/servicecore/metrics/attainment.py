"""Attainment: how many clocks kept their target, on the due cohort (M2).

The cohort is all requests whose deadline has passed, whatever became of them. An early success
waits for its deadline as a pending failure does; counting only what is finished would flatter.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from enum import StrEnum
from typing import Self

from attrs import define, field, frozen

from servicecore.estimate import Estimate, share
from servicecore.lifecycle.situation import Situation
from servicecore.sla.clock import Reading, State

NO_PRIORITY = "none"


class Standing(StrEnum):
    """Where a request stands with one of its clocks, over all its cycles."""

    MET = "met"
    MISSED = "missed"
    LATE = "late"  # the deadline has passed and the clock still runs
    OPEN = "open"
    PAUSED = "paused"
    CANCELLED = "cancelled"


@frozen
class Attainment:
    """How the requests of one priority stand with one clock.

    `met`, `missed`, `late` (open and past due), `open` (running in time), `paused` (in time) and
    `cancelled` (before the deadline, out of the cohort) add up to `requests`. `due` is the size of
    the due cohort and `kept` the share of it in which every deadline was kept. `provisional` counts
    the requests whose deadline lies beyond the known holidays; they are included.
    """

    clock: str
    priority: str
    requests: int
    met: int
    missed: int
    late: int
    open: int
    paused: int
    cancelled: int
    provisional: int
    due: int
    kept: Estimate


@define
class AttainmentTally:
    """Attainment in one pass over a stream of situations, also in parts (M9)."""

    counts: dict[tuple[str, str], Counter[str]] = field(factory=dict)

    def add(self, situation: Situation) -> None:
        """Count one request with each of its clocks that has started."""
        priority = situation.request.priority or NO_PRIORITY
        for clock, readings in situation.readings.items():
            if readings[0].started is not None:
                _count(self.counts.setdefault((clock, priority), Counter()), readings)

    def merge(self, other: Self) -> None:
        """Add what another tally counted."""
        for key, counts in other.counts.items():
            self.counts.setdefault(key, Counter()).update(counts)

    def result(self, level: float = 0.95) -> tuple[Attainment, ...]:
        """The attainment of each clock and priority, in the order in which they came."""
        return tuple(
            _attainment(clock, priority, counts, level)
            for (clock, priority), counts in self.counts.items()
        )


def attainment(situations: Iterable[Situation], level: float = 0.95) -> tuple[Attainment, ...]:
    """The attainment of each clock and priority, on the due cohort at the situations' instant.

    All situations are to be of the same instant. A request counts as kept where every cycle of the
    clock that was due was met. `level` is that of Wilson's interval.
    """
    tally = AttainmentTally()
    for situation in situations:
        tally.add(situation)
    return tally.result(level)


def standing(readings: Iterable[Reading]) -> Standing:
    """Where a request stands with a clock: its first late cycle decides, else its latest one."""
    latest = Standing.OPEN
    for reading in readings:
        if reading.late:
            return Standing.MISSED if reading.ended is not None else Standing.LATE
        latest = _IN_TIME[reading.state]
    return latest


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


def _count(counts: Counter[str], readings: tuple[Reading, ...]) -> None:
    """Add one request to the counts."""
    counts["requests"] += 1
    counts[standing(readings)] += 1
    counts["provisional"] += any(reading.provisional for reading in readings)
    due = [reading for reading in readings if _is_due(reading)]
    if due:
        counts["due"] += 1
        counts["kept"] += not any(reading.late for reading in due)


def _is_due(reading: Reading) -> bool:
    limit = deadline(reading)
    return limit is not None and limit < reading.instant


def _attainment(clock: str, priority: str, counts: Counter[str], level: float) -> Attainment:
    cohort = f"{clock}, priority {priority}: all requests whose deadline has passed"
    return Attainment(
        clock,
        priority,
        requests=counts["requests"],
        met=counts[Standing.MET],
        missed=counts[Standing.MISSED],
        late=counts[Standing.LATE],
        open=counts[Standing.OPEN],
        paused=counts[Standing.PAUSED],
        cancelled=counts[Standing.CANCELLED],
        provisional=counts["provisional"],
        due=counts["due"],
        kept=share(counts["kept"], counts["due"], cohort=cohort, level=level),
    )
