"""One cycle of a clock: when it ran and when it was paused, and what follows for its target.

All of it is arithmetic over runs; `clock` turns marks into cycles and cycles into readings.
"""

from __future__ import annotations

from typing import NamedTuple

from attrs import define, field

from servicecore.instants import Days
from servicecore.sla.calendar import Calendar
from servicecore.sla.target import Target


class Run(NamedTuple):
    """A stretch in which the clock ran, on the calendar that counted; `end` None: it runs still."""

    calendar: Calendar
    start: int
    end: int | None = None


class Pause(NamedTuple):
    """A stretch in which the clock did not run, and why."""

    start: int
    end: int | None
    reason: str


class Retarget(NamedTuple):
    """A change of target: when, what it was before, and why."""

    at: int
    before: Target
    reason: str


@define
class Cycle:
    """What is known of one cycle so far; instants and durations in microseconds."""

    number: int
    started: int
    target: Target
    used: int = 0
    runs: list[Run] = field(factory=list)
    pauses: list[Pause] = field(factory=list)
    retargets: list[Retarget] = field(factory=list)
    breached: int | None = None
    ended: int | None = None
    ran_to_end: bool = False
    due_at_end: int | None = None
    cancelled: bool = False

    @property
    def running(self) -> bool:
        """Whether it runs."""
        return bool(self.runs) and self.runs[-1].end is None

    @property
    def paused(self) -> bool:
        """Whether it is, or was at its end, in a pause."""
        return bool(self.pauses) and self.pauses[-1].end is None

    def run(self, start: int) -> None:
        """Run from an instant on; a pause ends there."""
        if self.paused:
            self.pauses[-1] = self.pauses[-1]._replace(end=start)
        self.runs.append(Run(self.target.calendar, start))

    def pause(self, at: int, reason: str) -> None:
        """Run no longer, for a reason."""
        self.note_breach(at)
        self._end_run(at)
        self.pauses.append(Pause(at, None, reason))

    def _end_run(self, at: int | None) -> None:
        """The latest run ends at an instant; None takes its end back."""
        calendar, start, _ = self.runs[-1]
        self.runs[-1] = Run(calendar, start, at)

    def end(self, at: int, *, cancelled: bool) -> None:
        """Stop, with a verdict unless `cancelled`."""
        self.due_at_end = self.note_breach(at)
        self.ran_to_end = self.running
        if self.ran_to_end:
            self._end_run(at)
        self.ended, self.cancelled = at, cancelled

    def reopen(self, at: int, *, counted: bool) -> None:
        """Go on after a stop, the closed time as a pause or counted (K4)."""
        stopped, was_running = self.ended, self.ran_to_end
        self.ended, self.ran_to_end = None, False
        if stopped is None:
            return
        if counted and was_running:
            self._end_run(None)
        elif counted:
            self.run(stopped)
        else:
            if was_running:
                self.pauses.append(Pause(stopped, None, "stopped"))
            self.run(at)

    def retarget(self, at: int, target: Target, reason: str) -> None:
        """Another target from the start; what has elapsed stays as counted (K3)."""
        self.note_breach(at)
        self.retargets.append(Retarget(at, self.target, reason))
        changed_calendar = target.calendar != self.target.calendar
        self.target = target
        if changed_calendar and self.running:
            self._end_run(at)
            self.run(at)

    def note_breach(self, at: int) -> int | None:
        """The due instant, remembered as the breach if it has passed."""
        due = self.due()
        if self.breached is None and due is not None and at > due:
            self.breached = due
        return due

    def elapsed(self, at: int) -> int:
        """The time used up to an instant, each run on its own calendar."""
        return self.used + sum(_counted(run, at) for run in self.runs)

    def remaining(self, at: int, elapsed: int) -> int:
        """The time left of the target after `elapsed` by `at`; negative once late (K1)."""
        if self.target.instant is not None:
            return self.target.calendar.timeline.between(at, self.target.instant)
        return self._allowance() - elapsed

    def _allowance(self) -> int:
        if isinstance(self.target.within, int):
            return self.target.within
        return self.target.calendar.timeline.between(self.started, self.target.due(self.started))

    def late_by(self, at: int) -> int:
        """The time that has counted since the breach; by a date, all of the calendar's time."""
        if self.breached is None:
            return 0
        if self.target.instant is not None:
            return self.target.calendar.timeline.between(self.breached, at)
        # Time used before the start can put the due instant before it.
        before = self.target.calendar.timeline.between(
            self.breached, max(self.breached, self.started)
        )
        return before + sum(
            run.calendar.timeline.between(max(run.start, self.breached), end)
            for run in self.runs
            if (end := at if run.end is None else run.end) > self.breached
        )

    def due_from(self, at: int, remaining: int) -> int:
        """When a paused clock with so much left would be due if it ran from an instant on (K2)."""
        if isinstance(self.target.within, Days):
            return self._moved(at)
        return self.target.calendar.add_instant(at, remaining, self.target.landing)

    def due(self) -> int | None:
        """The due instant under the present target, as if it had held from the start (K3).

        It lies in the first run that reaches it; None while paused with time left.
        """
        if self.target.within is None:
            return self.target.instant
        if isinstance(self.target.within, Days):
            return self._due_of_days()
        left = self.target.within - self.used
        for position, run in enumerate(self.runs, start=1):
            due = run.calendar.add_instant(run.start, left, self.target.landing)
            if self._falls_in(position, run, due):
                return due
            left -= _counted(run, run.start if run.end is None else run.end)
        return None

    def _due_of_days(self) -> int | None:
        for position, run in enumerate(self.runs, start=1):
            due = self._moved(run.start)
            if self._falls_in(position, run, due):
                return due
        return None

    def _moved(self, at: int) -> int:
        """The due instant of working days, moved by the working time paused up to `at` (K7)."""
        timeline = self.target.calendar.timeline
        unpaused = timeline.add(self.target.due(self.started), -self.used)
        return timeline.add(unpaused, self.paused_time(at), self.target.landing == "late")

    def _falls_in(self, position: int, run: Run, due: int) -> bool:
        if run.end is None or due < run.end:
            return True
        return self.ran_to_end and position == len(self.runs)

    def paused_time(self, at: int) -> int:
        """The target calendar's time in the pauses up to an instant."""
        between = self.target.calendar.timeline.between
        return sum(
            between(pause.start, at if pause.end is None else min(pause.end, at))
            for pause in self.pauses
            if pause.start < at
        )


def _counted(run: Run, at: int) -> int:
    return run.calendar.timeline.between(run.start, at if run.end is None else run.end)
