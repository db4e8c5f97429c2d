"""Overlays: what the overrides of a clock show (Q3)."""

from __future__ import annotations

from datetime import timedelta

from attrs import frozen

from servicecore.instants import DateTime, to_datetime, to_timedelta
from servicecore.sla.course import Course
from servicecore.sla.target import Target


@frozen
class Overlay:
    """An override as it lies over one cycle of a clock.

    Its target counts from `started` (when the override began, or later the cycle) on its own
    calendar; pauses and the end of the cycle hold for it too. `ended` is None while it is on, and
    where the cycle ended first. `due` is None in a pause, unless it is a date. A breach stays.
    `who` declared it, for `reason`; `until` is when it was to end, None for as long as it takes.
    `ended_by` ended it, for `ended_reason`; both are empty where it ran out.
    Instants and `elapsed_microseconds` are in microseconds; their namesakes ending in ``_at`` and
    `elapsed` are the same for people, in the zone of the target's calendar.
    """

    name: str
    target: Target
    reason: str
    started: int
    ended: int | None
    due: int | None
    breached: int | None
    elapsed_microseconds: int
    who: str = ""
    until: int | None = None
    ended_reason: str = ""
    ended_by: str = ""

    @property
    def started_at(self) -> DateTime:
        """When it began to count."""
        return to_datetime(self.started, self.target.calendar.zone)

    @property
    def ended_at(self) -> DateTime | None:
        """When it was taken off."""
        return self._out(self.ended)

    @property
    def until_at(self) -> DateTime | None:
        """When it was to end."""
        return self._out(self.until)

    @property
    def ran_out(self) -> bool:
        """Whether its time was over, and nobody ended it."""
        over = self.ended is not None and self.until is not None and self.until <= self.ended
        return over and not (self.ended_reason or self.ended_by)

    @property
    def due_at(self) -> DateTime | None:
        """When its target is or was due."""
        return self._out(self.due)

    @property
    def breached_at(self) -> DateTime | None:
        """The due instant that was missed; None if none was."""
        return self._out(self.breached)

    @property
    def elapsed(self) -> timedelta:
        """The time used of its target, in its calendar's time."""
        return to_timedelta(self.elapsed_microseconds)

    def _out(self, instant: int | None) -> DateTime | None:
        return None if instant is None else to_datetime(instant, self.target.calendar.zone)


def overlay_of(
    course: Course, now: int, *, due: int | None, ended: int | None, reason: str = "", by: str = ""
) -> Overlay:
    """What the course of an override shows at an instant; when it `ended`, why and `by` whom."""
    override = course.override
    late = course.due is not None and now > course.due
    return Overlay(
        name=course.name,
        target=course.target,
        reason="" if override is None else override.reason,
        started=course.started,
        ended=ended,
        due=due,
        breached=course.due if course.breached is None and late else course.breached,
        elapsed_microseconds=course.elapsed(now),
        who="" if override is None else override.who,
        until=None if override is None else override.until,
        ended_reason=reason,
        ended_by=by,
    )
