"""Clocks: marks, a target and an instant give a reading (K1-K8).

A reading depends on its arguments alone, never on when somebody looked.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cached_property

from attrs import frozen

from servicecore.instants import DateTime, to_datetime, to_instant
from servicecore.sla.cycle import Cycle, Pause, Retarget, Run
from servicecore.sla.mark import Mark, fold, require_marks
from servicecore.sla.target import Target, require_target
from servicecore.sla.trace import Stretch, ahead_of, trace_of


class State(StrEnum):
    """What a clock shows."""

    PENDING = "pending"  # not started
    RUNNING = "running"
    PAUSED = "paused"  # also when late: see `Reading.late`
    MET = "met"
    MISSED = "missed"
    BREACHED = "breached"  # late and still running
    CANCELLED = "cancelled"


@frozen
class Reading:
    """What a clock shows at an instant.

    Instants (`instant`, `started`, `ended`, `due`, `breached`, `if_resumed`) and durations (`used`,
    `elapsed_microseconds`, `remaining_microseconds`, `late_by_microseconds`) are integer
    microseconds. `at`, their namesakes ending in ``_at``, `due_if_resumed`, `elapsed`, `remaining`
    and `late_by` are the same for people, in the zone of the target's calendar. A breach stays,
    also under a longer target that came later; `remaining` is what the present target leaves, and
    so is negative for a clock that is late under it. `cycle` counts from 0.
    `without_effect` are marks that changed nothing.
    """

    state: State
    target: Target
    instant: int
    cycle: int = 0
    started: int | None = None
    ended: int | None = None
    due: int | None = None
    breached: int | None = None
    if_resumed: int | None = None
    elapsed_microseconds: int = 0
    remaining_microseconds: int | None = None
    late_by_microseconds: int = 0
    used: int = 0
    runs: tuple[Run, ...] = ()
    pauses: tuple[Pause, ...] = ()
    retargets: tuple[Retarget, ...] = ()
    without_effect: tuple[Mark, ...] = ()

    @property
    def at(self) -> DateTime:
        """The instant of the reading, in the zone of the target's calendar."""
        return to_datetime(self.instant, self.target.calendar.zone)

    @property
    def late(self) -> bool:
        """Whether the due instant passed before the clock stopped, whatever the state is."""
        return self.breached is not None

    @property
    def elapsed(self) -> timedelta:
        """The time used, of the calendar that counted."""
        return timedelta(microseconds=self.elapsed_microseconds)

    @property
    def remaining(self) -> timedelta | None:
        """The time that the target leaves; None before the start, unless it is a duration."""
        left = self.remaining_microseconds
        return None if left is None else timedelta(microseconds=left)

    @property
    def late_by(self) -> timedelta:
        """The time that has counted since the breach; zero in time, and in closed time only."""
        return timedelta(microseconds=self.late_by_microseconds)

    @property
    def started_at(self) -> DateTime | None:
        """When it started."""
        return self._out(self.started)

    @property
    def ended_at(self) -> DateTime | None:
        """When it stopped or was cancelled."""
        return self._out(self.ended)

    @property
    def due_at(self) -> DateTime | None:
        """When it is or was due; None before the start, and in a pause unless it is a date."""
        return self._out(self.due)

    @property
    def breached_at(self) -> DateTime | None:
        """The due instant that was missed; None if none was."""
        return self._out(self.breached)

    @property
    def due_if_resumed(self) -> DateTime | None:
        """When it would be due if it ran from now on, or had from its end on (K2)."""
        return self._out(self.if_resumed)

    @property
    def provisional(self) -> bool:
        """Whether the due instant lies beyond the dates whose holidays are known (C9)."""
        due = self.due if self.breached is None else self.breached
        return due is not None and self.target.calendar.is_provisional_instant(due)

    @cached_property
    def trace(self) -> tuple[Stretch, ...]:
        """The stretches of time behind the figures (K8): open, closed and why, paused and why."""
        return trace_of(self.runs, self.pauses, self.instant if self.ended is None else self.ended)

    @cached_property
    def ahead(self) -> tuple[Stretch, ...]:
        """The stretches from now to the due instant of a running clock; why it is due then."""
        if self.state is not State.RUNNING or self.due is None:
            return ()
        return ahead_of(self.runs[-1].calendar, self.instant, self.due)

    def explain(self) -> str:
        """The reading in words: verdict, target, every stretch of the trace and the sum (K8)."""
        from servicecore.sla.explanation import explained  # it reads readings

        return explained(self)

    def _out(self, instant: int | None) -> DateTime | None:
        return None if instant is None else to_datetime(instant, self.target.calendar.zone)


def read(marks: Iterable[Mark], target: Target, *, at: datetime) -> Reading:
    """What the clock shows at an instant: its latest cycle.

    Marks later than `at` are not known yet; marks are taken by instant, and in the order given
    where they share one. A clock without a start is pending.

    >>> from datetime import UTC
    >>> nine, now = (datetime(2026, 3, 6, hour, tzinfo=UTC) for hour in (9, 12))
    >>> reading = read([Mark.start(nine)], Target("4h"), at=now)
    >>> reading.state.value, str(reading.remaining)
    ('running', '1:00:00')
    """
    return read_cycles(marks, target, at=at)[-1]


def read_cycles(marks: Iterable[Mark], target: Target, *, at: datetime) -> tuple[Reading, ...]:
    """A reading for every cycle, oldest first; one pending reading where nothing started (K5)."""
    require_target(target)
    return readings_at(require_marks(marks), target, to_instant(at))


def readings_at(marks: Iterable[Mark], target: Target, at: int) -> tuple[Reading, ...]:
    """`read_cycles` at an instant in microseconds."""
    folded = fold(marks, target, at)
    without_effect = tuple(folded.without_effect)
    if not folded.cycles:
        return (_pending(folded.target, at, without_effect),)
    return tuple([_reading(cycle, at, without_effect) for cycle in folded.cycles])


def _pending(target: Target, at: int, without_effect: tuple[Mark, ...]) -> Reading:
    left = target.within if isinstance(target.within, int) else None
    return Reading(
        State.PENDING,
        target,
        at,
        remaining_microseconds=left,
        without_effect=without_effect,
    )


def _reading(cycle: Cycle, at: int, without_effect: tuple[Mark, ...]) -> Reading:
    if cycle.ended is None:
        now, due = at, cycle.note_breach(at)
    else:
        now, due = cycle.ended, cycle.due_at_end
    elapsed = cycle.elapsed(now)
    remaining = cycle.remaining(now, elapsed)
    pausing = cycle.paused and cycle.ended is None and cycle.target.instant is None
    return Reading(
        state=_state(cycle),
        target=cycle.target,
        instant=at,
        cycle=cycle.number,
        started=cycle.started,
        ended=cycle.ended,
        due=None if pausing else due,
        breached=cycle.breached,
        if_resumed=cycle.due_from(now, remaining) if due is None else due,
        elapsed_microseconds=elapsed,
        remaining_microseconds=remaining,
        late_by_microseconds=cycle.late_by(now),
        used=cycle.used,
        runs=tuple(cycle.runs),
        pauses=tuple(cycle.pauses),
        retargets=tuple(cycle.retargets),
        without_effect=without_effect,
    )


def _state(cycle: Cycle) -> State:
    late = cycle.breached is not None
    if cycle.cancelled:
        return State.CANCELLED
    if cycle.ended is not None:
        return State.MISSED if late else State.MET
    if cycle.paused:
        return State.PAUSED
    return State.BREACHED if late else State.RUNNING
