"""Attainment: how many clocks kept their target, on the due cohort (M2).

The cohort is all requests whose deadline has passed, whatever became of them. An early success
waits for its deadline as a pending failure does; counting only what is finished would flatter.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Self

from attrs import define, field, fields, frozen

from servicecore.estimate import Estimate, missing, share
from servicecore.instants import as_instant
from servicecore.lifecycle.situation import Situation
from servicecore.metrics.cohort import Period, instant_of_both, same_instant
from servicecore.metrics.rows import Due
from servicecore.metrics.standings import Standing, deadline, foreseen, standing
from servicecore.sla.clock import Reading, State

__all__ = [
    "ALL_DUE",
    "ANY",
    "NO_PRIORITY",
    "Attainment",
    "AttainmentTally",
    "Standing",
    "attained",
    "attainment",
    "deadline",
    "due_row",
    "standing",
]

NO_PRIORITY = "none"
ANY = "any"
ALL_DUE = "all requests whose deadline has passed"
STOPPED_ALONE = "clocks that have stopped, without those that are open and late"


@frozen
class Attainment:
    """How the requests of one priority stand with one clock.

    `met`, `missed` (also by a cancellation that came too late), `late` (open and past due), `open`
    (running in time), `paused` (in time) and `cancelled` (in time, and so out of the cohort) add up
    to `requests`. `due` is the size of the due cohort and `kept` the share of it in which every
    deadline was kept. `provisional` counts the requests with a deadline beyond the known holidays;
    they are included.

    `resolved_only` is the figure that products show: of the cycles that have stopped, the share
    that stopped in time. It leaves out what is open and late, and so flatters; it is here to be
    compared. `per_cycle` is the share of due cycles that were met. Neither has an interval, since
    the cycles of one request are not independent.
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
    resolved_only: Estimate
    per_cycle: Estimate


@define
class AttainmentTally:
    """Attainment in one pass over a stream of situations, also in parts (M9).

    With a `period`, only cycles whose deadline lies in it are looked at (M3), and only requests
    that have one; `servicecore.metrics.standings.foreseen` says what it is in a pause and behind a
    cancellation.
    """

    period: Period | None = None
    counts: dict[tuple[str, str], Counts] = field(factory=dict)
    instant: int | None = None

    def add(self, situation: Situation) -> None:
        """Count one request with each of its clocks that has started."""
        self.instant = same_instant(self.instant, situation.instant)
        priority = situation.request.priority or NO_PRIORITY
        for clock, readings in situation.readings.items():
            started = self._within(readings)
            if started and started[0].started is not None:
                counts = self.counts.get((clock, priority))
                if counts is None:
                    counts = self.counts[clock, priority] = Counts()
                counts.add(started)

    def _within(self, readings: tuple[Reading, ...]) -> tuple[Reading, ...]:
        if self.period is None:
            return readings
        return tuple(each for each in readings if foreseen(each) in self.period)

    def merge(self, other: Self) -> None:
        """Add what another tally counted, which is to be of the same instant and period."""
        self.instant = instant_of_both(self, other, "period")
        for key, counts in other.counts.items():
            self.counts.setdefault(key, Counts()).update(counts)

    def result(self, level: float = 0.95) -> tuple[Attainment, ...]:
        """The attainment of each clock and priority, in the order in which they came."""
        return tuple(
            _attainment(clock, priority, counts, level)
            for (clock, priority), counts in self.counts.items()
        )

    def by_clock(self, level: float = 0.95) -> tuple[Attainment, ...]:
        """The attainment of each clock over all priorities, in the order in which they came."""
        whole: dict[str, Counts] = {}
        for (clock, _), counts in self.counts.items():
            whole.setdefault(clock, Counts()).update(counts)
        return tuple(_attainment(clock, ANY, counts, level) for clock, counts in whole.items())


def attainment(
    situations: Iterable[Situation], level: float = 0.95, *, period: Period | None = None
) -> tuple[Attainment, ...]:
    """The attainment of each clock and priority, on the due cohort at the situations' instant.

    All situations are to be of the same instant (`InvalidValue`). A request counts as kept where
    every cycle of the clock that was due was met. `level` is that of Wilson's interval. With a
    `period`, the cohort is what was due in it.
    """
    tally = AttainmentTally(period)
    for situation in situations:
        tally.add(situation)
    return tally.result(level)


def attained(
    rows: Iterable[Due],
    *,
    at: datetime | int,
    period: Period | None = None,
    level: float = 0.95,
    cohort: str = ALL_DUE,
) -> Estimate:
    """The share of what was due by an instant that was done by its deadline, of plain rows (M9).

    Done exactly when due is in time. What was left up to its deadline is out of the cohort; what
    was left later stays missed. With a `period`, the cohort is what was due in it. The interval is
    Wilson's.

    >>> rows = [Due(10, done=9), Due(10, done=11), Due(10), Due(30, done=12), Due(10, left=5)]
    >>> print(attained(rows, at=20))
    33.3 % [6.1, 79.2] (n=3)
    """
    instant = as_instant(at)
    due = [row for row in rows if row.is_due(instant) and (period is None or row.due in period)]
    kept = sum(not row.is_late(instant) for row in due)
    return share(kept, len(due), cohort=cohort, level=level)


def due_row(readings: Iterable[Reading]) -> Due:
    """A request's clock as a plain row: its first late cycle, else the latest that was due.

    So `attained` over the rows of requests is what `attainment` gives.
    """
    row = Due(None)
    for reading in readings:
        limit = deadline(reading)
        if limit is None:
            continue
        cancelled = reading.state is State.CANCELLED
        if reading.late:
            return Due(limit, left=reading.ended) if cancelled else Due(limit, reading.ended)
        if row.due is None or limit < reading.instant:
            row = Due(limit, reading.ended)
    return row


@define
class Counts:
    """What is counted of one clock; see `Attainment` for what the numbers mean.

    Attributes, since a million requests are counted and a `Counter` takes three times as long.
    """

    requests: int = 0
    met: int = 0
    missed: int = 0
    late: int = 0
    open: int = 0
    paused: int = 0
    cancelled: int = 0
    provisional: int = 0
    due: int = 0
    kept: int = 0
    cycles: int = 0
    cycles_kept: int = 0
    ended: int = 0
    ended_in_time: int = 0

    def add(self, readings: tuple[Reading, ...]) -> None:
        """Count one request."""
        self.requests += 1
        self._stand(readings)
        due = late = 0
        provisional = False
        for reading in readings:
            breached = reading.breached is not None
            limit = deadline(reading)
            if limit is not None:
                calendar = reading.governing.calendar
                provisional = provisional or calendar.is_provisional_instant(limit)
                if limit < reading.instant:
                    due += 1
                    late += breached
            if reading.ended is not None and reading.state is not State.CANCELLED:
                self.ended += 1
                self.ended_in_time += not breached
        self.provisional += provisional
        if due:
            self.due += 1
            self.kept += not late
            self.cycles += due
            self.cycles_kept += due - late

    def _stand(self, readings: tuple[Reading, ...]) -> None:
        stands = standing(readings)
        if stands is Standing.MET:
            self.met += 1
        elif stands is Standing.MISSED:
            self.missed += 1
        else:
            setattr(self, stands.value, getattr(self, stands.value) + 1)

    def update(self, other: Counts) -> None:
        """Add what was counted elsewhere."""
        for name in NAMES:
            setattr(self, name, getattr(self, name) + getattr(other, name))


NAMES = tuple(each.name for each in fields(Counts))


def _attainment(clock: str, priority: str, counts: Counts, level: float) -> Attainment:
    of = f"{clock}, priority {priority}"
    return Attainment(
        clock,
        priority,
        requests=counts.requests,
        met=counts.met,
        missed=counts.missed,
        late=counts.late,
        open=counts.open,
        paused=counts.paused,
        cancelled=counts.cancelled,
        provisional=counts.provisional,
        due=counts.due,
        kept=share(counts.kept, counts.due, cohort=f"{of}: {ALL_DUE}", level=level),
        resolved_only=_without_limits(counts.ended_in_time, counts.ended, f"{of}: {STOPPED_ALONE}"),
        per_cycle=_without_limits(counts.cycles_kept, counts.cycles, f"{of}: due cycles"),
    )


def _without_limits(hits: int, n: int, cohort: str) -> Estimate:
    """A share of cycles, which are not independent of each other (M3)."""
    if not n:
        return missing("share", cohort)
    return Estimate(hits / n, n, "share", cohort, reason="clustered", hits=hits)
