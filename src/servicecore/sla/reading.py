"""Readings: what a clock shows at an instant (K1-K8).

A reading depends on marks, target and instant alone, never on when somebody looked.
"""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from functools import cached_property

from attrs import frozen

from servicecore.chains import Chain
from servicecore.instants import DateTime, to_datetime
from servicecore.messages import Messages, as_messages
from servicecore.sla.course import Pause, Run
from servicecore.sla.cycle import NO_OVERLAYS, NO_PAUSES, NO_RETARGETS, NO_RUNS, Cycle, Retarget
from servicecore.sla.mark import Mark
from servicecore.sla.overlay import Overlay
from servicecore.sla.target import Target
from servicecore.sla.trace import Stretch, ahead_of, trace_of

NO_MARKS: Chain[Mark] = Chain()


class State(StrEnum):
    """What a clock shows."""

    PENDING = "pending"  # not started
    RUNNING = "running"
    PAUSED = "paused"  # also when late: see `Reading.late`
    MET = "met"
    MISSED = "missed"
    BREACHED = "breached"  # late and still running
    CANCELLED = "cancelled"


@frozen(slots=False)  # made for every clock of every request, which a dictionary does quicker
class Reading:
    """What a clock shows at an instant.

    Instants (`instant`, `started`, `ended`, `due`, `breached`, `if_resumed`) and durations (`used`,
    `elapsed_microseconds`, `remaining_microseconds`, `late_by_microseconds`) are integer
    microseconds. `at`, their namesakes ending in ``_at``, `due_if_resumed`, `elapsed`, `remaining`
    and `late_by` are the same for people, in the zone of the target's calendar. A breach stays,
    also under a longer target that came later; `remaining` is what the present target leaves, and
    so is negative for a clock that is late under it. Under an override, the earlier due instant
    governs `due`, `breached`, `remaining` and the state; `governed_by` is the override's name, or
    empty where the target itself is due first. `cycle` counts from 0. `end_reason` is why it was
    cancelled or stopped, where that was said.
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
    governed_by: str = ""
    _runs: Chain[Run] = NO_RUNS
    _pauses: Chain[Pause] = NO_PAUSES
    _retargets: Chain[Retarget] = NO_RETARGETS
    _without_effect: Chain[Mark] = NO_MARKS
    _overrides: Chain[Overlay] = NO_OVERLAYS
    end_reason: str = ""

    @cached_property
    def runs(self) -> tuple[Run, ...]:
        """When it ran, and on which calendar."""
        return tuple(self._runs)

    @cached_property
    def pauses(self) -> tuple[Pause, ...]:
        """When it was paused, and why."""
        return tuple(self._pauses)

    @cached_property
    def retargets(self) -> tuple[Retarget, ...]:
        """The changes of its target."""
        return tuple(self._retargets)

    @cached_property
    def without_effect(self) -> tuple[Mark, ...]:
        """The marks that changed nothing, of all cycles."""
        return tuple(self._without_effect)

    @cached_property
    def overrides(self) -> tuple[Overlay, ...]:
        """The overrides of this cycle: those that are off in the order of their ends, those on."""
        return tuple(self._overrides)

    @property
    def governing(self) -> Target:
        """The target that governs: its own, or that of the override named `governed_by` (Q3)."""
        if not self.governed_by:
            return self.target
        on = [overlay.target for overlay in self._overrides if self._is_governing(overlay)]
        return on[0] if on else self.target

    def _is_governing(self, overlay: Overlay) -> bool:
        return overlay.ended is None and overlay.name == self.governed_by

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
    def not_before(self) -> int | None:
        """The instant from which on a stop counts; None: at any time, or not started yet (Q4)."""
        return None if self.started is None else self.target.earliest_stop(self.started)

    @property
    def not_before_at(self) -> DateTime | None:
        """When a stop counts from."""
        return self._out(self.not_before)

    @property
    def provisional(self) -> bool:
        """Whether the due instant lies beyond the dates whose holidays are known (C9)."""
        due = self.due if self.breached is None else self.breached
        return due is not None and self.governing.calendar.is_provisional_instant(due)

    @cached_property
    def trace(self) -> tuple[Stretch, ...]:
        """The stretches of time behind the figures (K8): open, closed and why, paused and why."""
        return trace_of(self.runs, self.pauses, self.instant if self.ended is None else self.ended)

    @cached_property
    def ahead(self) -> tuple[Stretch, ...]:
        """The stretches from now to the due instant of a running clock; why it is due then."""
        if self.state is not State.RUNNING or self.due is None:
            return ()
        return ahead_of(self.governing.calendar, self.instant, self.due)

    def explain(self, language: str | Messages = "en") -> str:
        """The reading in words: verdict, target, every stretch of the trace and the sum (K8).

        In a language that has messages, such as ``"ru"``; see `messages_in`.
        """
        from servicecore.sla.explanation import explained  # it reads readings

        return explained(self, as_messages(language))

    def _out(self, instant: int | None) -> DateTime | None:
        return None if instant is None else to_datetime(instant, self.target.calendar.zone)


def pending_reading(target: Target, at: int, without_effect: Chain[Mark] = NO_MARKS) -> Reading:
    """The reading of a clock that has not started."""
    return Reading(
        State.PENDING,
        target,
        at,
        remaining_microseconds=target.within if isinstance(target.within, int) else None,
        without_effect=without_effect,
    )


def reading_of(cycle: Cycle, at: int, without_effect: Chain[Mark] = NO_MARKS) -> Reading:
    """The reading of one cycle at an instant; the cycle stays as it is."""
    now = at if cycle.ended is None else cycle.ended
    course, governing, breach = cycle.course, cycle.governing(now), cycle.breach_by(now)
    elapsed = course.elapsed(now)
    used_up = elapsed if governing is course else governing.elapsed(now)
    return Reading(
        state=_state(cycle, late=breach is not None),
        target=course.target,
        instant=at,
        cycle=cycle.number,
        started=course.started,
        ended=cycle.ended,
        due=cycle.due,
        breached=None if breach is None else breach.instant,
        if_resumed=governing.if_resumed(now),
        elapsed_microseconds=elapsed,
        remaining_microseconds=governing.remaining(now, used_up),
        late_by_microseconds=cycle.late_by(now, breach),
        used=course.used,
        governed_by=governing.name,
        runs=cycle.runs,
        pauses=cycle.pauses,
        retargets=cycle.retargets,
        without_effect=without_effect,
        overrides=cycle.overlays(now),
        end_reason=cycle.end_reason,
    )


def _state(cycle: Cycle, *, late: bool) -> State:
    if cycle.cancelled:
        return State.CANCELLED
    if cycle.ended is not None:
        return State.MISSED if late else State.MET
    if cycle.paused:
        return State.PAUSED
    return State.BREACHED if late else State.RUNNING
