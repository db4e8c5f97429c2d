"""One cycle of a clock: when it ran and when it was paused, and what follows for its target.

A cycle is told what happens in order. Reading one leaves it as it is.
"""

from __future__ import annotations

from itertools import takewhile
from typing import NamedTuple

from attrs import define

from servicecore.chains import Chain
from servicecore.sla.course import Course, Override, Pause, Run
from servicecore.sla.overlay import Overlay, overlay_of
from servicecore.sla.target import Target


class Retarget(NamedTuple):
    """A change of target: when, what it was before, and why."""

    at: int
    before: Target
    reason: str


NO_RUNS: Chain[Run] = Chain()
NO_PAUSES: Chain[Pause] = Chain()
NO_RETARGETS: Chain[Retarget] = Chain()
NO_OVERLAYS: Chain[Overlay] = Chain()


class Breach(NamedTuple):
    """The due instant that was missed, and the override's target it was of; None: its own."""

    instant: int
    override: Target | None


@define(slots=False)  # copied at every event, which a dictionary does quickest
class Cycle:
    """What is known of one cycle so far.

    `course` is that of the cycle's own target and `laid` are those of the overrides that are on.
    The chains hold what has ended: `runs` and `pauses` add what goes on. `reason` is the open
    pause's, `end_reason` why it ended.
    """

    number: int
    course: Course
    laid: tuple[Course, ...] = ()
    ended_runs: Chain[Run] = NO_RUNS
    ended_pauses: Chain[Pause] = NO_PAUSES
    ended_overlays: Chain[Overlay] = NO_OVERLAYS
    retargets: Chain[Retarget] = NO_RETARGETS
    reason: str = ""
    breach: Breach | None = None
    ended: int | None = None
    cancelled: bool = False
    end_reason: str = ""

    def copy(self) -> Cycle:
        """Another one that goes on by itself; costs the same however long it has run."""
        twin = object.__new__(Cycle)
        twin.__dict__.update(self.__dict__)
        twin.course = self.course.copy()
        if self.laid:
            twin.laid = tuple([course.copy() for course in self.laid])
        return twin

    @property
    def paused(self) -> bool:
        """Whether it is, or was at its end, in a pause."""
        return self.course.paused is not None

    @property
    def runs(self) -> Chain[Run]:
        """When it ran; the latest run has no end while it goes on."""
        running = self.course.running
        if running is None:
            return self.ended_runs
        return self.ended_runs.add(Run(self.course.target.calendar, running, self.ended))

    @property
    def pauses(self) -> Chain[Pause]:
        """When it was paused; the latest pause has no end if nothing has resumed since."""
        paused = self.course.paused
        if paused is None:
            return self.ended_pauses
        return self.ended_pauses.add(Pause(paused, None, self.reason))

    @property
    def courses(self) -> tuple[Course, ...]:
        """The courses of its own target and of the overrides that are on."""
        return (self.course, *self.laid)

    # -- what it is told ---------------------------------------------------------------------------

    def run(self, at: int) -> None:
        """Run from an instant on; a pause ends there."""
        paused = self.course.paused
        if paused is not None:
            self.ended_pauses = self.ended_pauses.add(Pause(paused, at, self.reason))
        self.course.run(at)
        for course in self.laid:
            course.run(at)

    def pause(self, at: int, reason: str) -> None:
        """Run no longer, for a reason."""
        self.note_breach(at)
        self._end_run(at)
        self.reason = reason
        self.course.pause(at)
        for course in self.laid:
            course.pause(at)

    def _end_run(self, at: int) -> None:
        running = self.course.running
        if running is not None:
            run = Run(self.course.target.calendar, running, at)
            self.ended_runs = self.ended_runs.add(run)

    def end(self, at: int, reason: str = "", *, cancelled: bool) -> None:
        """Stop, with a verdict unless `cancelled`."""
        self.note_breach(at)
        self.ended, self.cancelled, self.end_reason = at, cancelled, reason

    def reopen(self, at: int, overrides: tuple[Override, ...], *, counted: bool) -> None:
        """Go on after a stop, the closed time as a pause or counted (K4).

        Of the overrides that are on, those that were on at the stop go on too, the others begin.
        """
        stopped = at if self.ended is None else self.ended
        for override in overrides:
            self.redeclare(override)
        for course in self.laid:
            if course.override not in overrides:
                self.relieve(course.name, stopped)
        self.ended, self.end_reason = None, ""
        was_running = self.course.running is not None
        if was_running and not counted:
            self.pause(stopped, "stopped")
        if not (was_running and counted):
            self.run(stopped if counted else at)
        known = [course.override for course in self.laid]
        for override in overrides:
            if override not in known:
                self.lay(override, at)

    def retarget(self, at: int, target: Target, reason: str) -> None:
        """Another target from the start; what has elapsed stays as counted (K3)."""
        self.note_breach(at)
        self.retargets = self.retargets.add(Retarget(at, self.course.target, reason))
        if target.calendar != self.course.target.calendar:
            self._end_run(at)
            self.course.split(at)
        self.course.retarget(target, self.ended_runs, self.ended_pauses)

    def lay(self, override: Override, at: int, since: int | None = None) -> None:
        """An override is on from an instant on; one of the same name is on no longer (Q3).

        It counts from there, or `since` an earlier instant of the cycle.
        """
        self.note_breach(at)
        self.relieve(override.name, at)
        begun = at if since is None else max(since, self.course.started)
        course = Course(override.target, begun, override=override)
        course.pause(begun)
        for run in self._runs_ending_after(begun):
            course.run(max(run.start, begun))
            course.pause(at if run.end is None else run.end)
        if self.course.running is not None:
            course.run(max(self.course.running, begun))
        self.laid = (*self.laid, course)

    def redeclare(self, override: Override) -> None:
        """Know an override that is on by what was said of it last; it goes on as it was."""
        for course in self.laid:
            if course.override is not None and course.override.is_still(override):
                course.override = override

    def _runs_ending_after(self, instant: int) -> list[Run]:
        """The runs that have ended, from the first that ended after an instant."""
        ended = self.ended_runs.newest_first()
        later = takewhile(lambda run: run.end is not None and run.end > instant, ended)
        return list(later)[::-1]

    def relieve(self, name: str, at: int, reason: str = "", who: str = "") -> None:
        """The override of that name is on no longer; what it has shown until then stays."""
        self.note_breach(at)
        for course in self.laid:
            if course.name == name:
                due = self._shown_due(course)
                ended = overlay_of(course, at, due=due, ended=at, reason=reason, by=who)
                self.ended_overlays = self.ended_overlays.add(ended)
        self.laid = tuple([course for course in self.laid if course.name != name])

    def note_breach(self, at: int) -> None:
        """Keep the breaches up to an instant."""
        self.breach = self.breach_by(at)
        for course in self.laid:
            course.note_breach(at)

    # -- what it shows -----------------------------------------------------------------------------

    def breach_by(self, at: int) -> Breach | None:
        """The breach up to an instant: the first due instant that has passed, and stays so."""
        if self.breach is not None:
            return self.breach
        first = self.course
        for course in self.laid:
            if course.due is not None and (first.due is None or course.due < first.due):
                first = course
        if first.due is None or at <= first.due:
            return None
        return Breach(first.due, None if first is self.course else first.target)

    def governing(self, at: int) -> Course:
        """The course that is due first, in a pause if it were resumed then (Q3)."""
        if not self.laid:
            return self.course
        return min(self.courses, key=lambda course: course.if_resumed(at))

    @property
    def not_before(self) -> int | None:
        """The instant from which on a stop counts; None: at any time (Q4)."""
        return self.course.target.earliest_stop(self.course.started)

    @property
    def due(self) -> int | None:
        """The due instant that governs; None in a pause, unless one is a date (K2, Q3)."""
        due = self._shown_due(self.course)
        for course in self.laid:
            other = self._shown_due(course)
            if other is not None and (due is None or other < due):
                due = other
        return due

    def _shown_due(self, course: Course) -> int | None:
        hidden = course.paused is not None and self.ended is None
        return None if hidden and course.target.instant is None else course.due

    @property
    def late_after(self) -> int | None:
        """The instant after which it is late if nothing more happens; whoever waits, waits for it.

        None where a breach is kept already, where it has ended, and where it stands still.
        """
        return self.due if self.ended is None and self.breach is None else None

    def overlays(self, at: int) -> Chain[Overlay]:
        """What its overrides show at an instant: those that are off first, then those on."""
        shown = self.ended_overlays
        for course in self.laid:
            shown = shown.add(overlay_of(course, at, due=self._shown_due(course), ended=None))
        return shown

    def late_by(self, at: int, breach: Breach | None) -> int:
        """The time that has counted since a breach; by a date, all of the calendar's time."""
        if breach is None:
            return 0
        missed, course, target = breach.instant, self.course, breach.override
        if (target or course.target).instant is not None:
            return (target or course.target).calendar.timeline.between(missed, at)
        late_by = 0
        if missed < course.started:  # time used before the start can put the due instant there
            late_by = course.target.calendar.timeline.between(missed, course.started)
        for run in self.runs.newest_first():
            end = at if run.end is None else run.end
            if end <= missed:
                break
            calendar = run.calendar if target is None else target.calendar
            late_by += calendar.timeline.between(max(run.start, missed), end)
        return late_by
