"""Courses: a target that is being used up, mark by mark.

What lies behind is kept as sums: the time counted in the runs that have ended, the working time of
the pauses that have, and the due instant if it lay in one of those runs. So the thousandth pause
costs what the first one did; only a target of working days, and one that was over before it came,
make a course look back at its runs.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from attrs import define

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


class Override(NamedTuple):
    """A target that is on top of a clock's own from an instant on, under a name (Q3).

    `until` is when it is to end, as far as that is known; `who` declared it.
    """

    name: str
    target: Target
    reason: str
    instant: int
    who: str = ""
    until: int | None = None

    def is_still(self, other: Override) -> bool:
        """Whether it is the same one, declared once more or not."""
        return (self.name, self.instant, self.target) == (other.name, other.instant, other.target)


@define(slots=False)  # copied at every event, which a dictionary does quickest
class Course:
    """How far a target is used up; instants and durations in microseconds.

    `running` or `paused` is the instant since which it is so. `counted` and `rested` are sums over
    the runs and pauses that have ended, the latter for a target of working days only. `due` is None
    in a pause, unless a run reached the due instant before or it is a date. `override` and
    `breached` belong to a course that an override laid over a clock.
    """

    target: Target
    started: int
    used: int = 0
    override: Override | None = None
    running: int | None = None
    paused: int | None = None
    counted: int = 0
    rested: int = 0
    planned: int = 0
    due: int | None = None
    breached: int | None = None

    def __attrs_post_init__(self) -> None:
        target = self.target
        if target.instant is not None:
            self.due = target.instant
        elif isinstance(target.within, Days):
            self.planned = target.due(self.started)

    @property
    def name(self) -> str:
        """The name of the override that it belongs to; empty for a clock's own target."""
        return "" if self.override is None else self.override.name

    def copy(self) -> Course:
        """Another one that goes on by itself."""
        twin = object.__new__(Course)
        twin.__dict__.update(self.__dict__)
        return twin

    def run(self, at: int) -> None:
        """Run from an instant on; a pause ends there."""
        if self.paused is not None:
            self.rested, self.paused = self._rested_by(at), None
        self.running = at
        if self.due is None:
            self.due = self.due_from(at)

    def pause(self, at: int) -> None:
        """Stand still from an instant on; at the due instant itself nothing is late yet."""
        self.split(at)
        self.running, self.paused = None, at
        if self.target.instant is None and self.due is not None and self.due >= at:
            self.due = None

    def split(self, at: int) -> None:
        """Let a run end at an instant, and the next one begin there."""
        if self.running is not None:
            self.counted += self.target.calendar.timeline.between(self.running, at)
            self.running = at

    def retarget(self, target: Target, runs: Iterable[Run], pauses: Iterable[Pause]) -> None:
        """Take another target, as if it had held in all the runs and pauses behind (K3)."""
        self.target, self.due = target, target.instant
        if isinstance(target.within, Days):
            self.planned = target.due(self.started)
            self.due = self._days_reached_in(target.calendar, runs, pauses)
        elif target.within is not None:
            left = target.within - self.used
            # More than all the runs behind have counted was reached in none of them.
            self.due = None if left > self.counted else self._reached_in(left, runs)
        if self.due is None and self.running is not None:
            self.due = self.due_from(self.running)

    def _reached_in(self, left: int, runs: Iterable[Run]) -> int | None:
        """The due instant, if it lies in one of the runs that have ended; the first one counts."""
        for run in runs:
            due = run.calendar.add_instant(run.start, left, self.target.landing)
            if run.end is not None and due < run.end:
                return due
            left -= _open_time(run.calendar, run)
        return None

    def _days_reached_in(
        self, calendar: Calendar, runs: Iterable[Run], pauses: Iterable[Pause]
    ) -> int | None:
        self.rested, coming = 0, list(pauses)[::-1]
        for run in runs:
            while coming and coming[-1].start < run.start:
                self.rested += _open_time(calendar, coming.pop())
            due = self._moved(self.rested)
            if run.end is not None and due < run.end:
                return due
        self.rested += sum(_open_time(calendar, pause) for pause in coming)
        return None

    def due_from(self, at: int) -> int:
        """When it is due if it runs from an instant on (K2)."""
        within = self.target.within
        if isinstance(within, Days):
            return self._moved(self._rested_by(at))
        left = (within or 0) - self.used - self.counted
        return self.target.calendar.timeline.add(at, left, self.target.landing == "late")

    def _moved(self, rested: int) -> int:
        """The due instant of working days, moved by the working time paused (K7)."""
        timeline = self.target.calendar.timeline
        unpaused = timeline.add(self.planned, -self.used)
        return timeline.add(unpaused, rested, self.target.landing == "late")

    def _rested_by(self, at: int) -> int:
        if self.paused is None or not isinstance(self.target.within, Days):
            return self.rested
        return self.rested + self.target.calendar.timeline.between(self.paused, at)

    def elapsed(self, at: int) -> int:
        """The time used up to an instant, each run on its own calendar."""
        if self.running is None:
            return self.used + self.counted
        running = self.target.calendar.timeline.between(self.running, at)
        return self.used + self.counted + running

    def remaining(self, at: int, elapsed: int) -> int:
        """The time left of the target after `elapsed` by `at`; negative once late (K1)."""
        target = self.target
        if target.instant is not None:
            return target.calendar.timeline.between(at, target.instant)
        if isinstance(target.within, int):
            return target.within - elapsed
        return target.calendar.timeline.between(self.started, self.planned) - elapsed

    def if_resumed(self, at: int) -> int:
        """When it is due, or in a pause would be if it ran from an instant on."""
        return self.due_from(at) if self.due is None else self.due

    def note_breach(self, at: int) -> None:
        """Keep the due instant as the breach if it has passed."""
        if self.breached is None and self.due is not None and at > self.due:
            self.breached = self.due


def _open_time(calendar: Calendar, stretch: Run | Pause) -> int:
    """The calendar's time in a stretch that has ended; none in one that goes on."""
    start, end = stretch.start, stretch.end
    return 0 if end is None else calendar.timeline.between(start, end)
