"""When a running clock reaches what a step of its ladder waits for, in microseconds (E1)."""

from __future__ import annotations

from fractions import Fraction
from math import ceil

from servicecore.errors import NeverOpen
from servicecore.sla.calendar import Calendar
from servicecore.sla.course import Course
from servicecore.sla.cycle import Cycle
from servicecore.sla.escalation import Step
from servicecore.sla.years import END, START


def reached_by_clock(step: Step, cycle: Cycle) -> int | None:
    """The instant at which a running cycle reaches the threshold of a step, if it runs on.

    It may lie behind. None if it will never be reached. Under overrides (Q3) the share that is
    reached first counts, and before and after are those of the due instant that governs; what comes
    after a breach counts from the breach, whatever the target is by then.
    """
    if step.share is not None:
        reached = [_share_reached(course, step.share) for course in cycle.courses]
        return min((each for each in reached if each is not None), default=None)
    if step.before is not None:
        due, calendar = _due(cycle)
        return _moved(step, calendar, due, -step.before)
    due, calendar = _missed(cycle) or _due(cycle)
    return _moved(step, calendar, due, step.after or 0)


def repeated(step: Step, cycle: Cycle | None, previous: int) -> int | None:
    """When a step is to be repeated that was due at an instant; None if never."""
    calendar = None if cycle is None else _governing(cycle).target.calendar
    return _moved(step, calendar, previous, step.every or 0)


def opening(hours: Calendar | None, instant: int | None) -> int | None:
    """The instant itself if the hours are open then, else their next opening; None if none."""
    if hours is None or instant is None:
        return instant
    return later(hours, instant, 0)


def _share_reached(course: Course, share: Fraction) -> int | None:
    """When a course has used up a share of its target; a date is used up by time alone (K7)."""
    timeline, date = course.target.calendar.timeline, course.target.instant
    if share == 1:
        return course.due
    within = course.target.within
    if isinstance(within, int):
        whole = within
    else:
        whole = timeline.between(course.started, course.planned if date is None else date)
    if whole <= 0 or course.running is None:
        return course.due
    used = 0 if date is not None else course.used + course.counted
    since = course.running if date is None else course.started
    left = ceil(share * whole) - used
    return since if left <= 0 else later(course.target.calendar, since, left)


def _governing(cycle: Cycle) -> Course:
    """The course that is due first."""
    if not cycle.laid:
        return cycle.course
    return min(cycle.courses, key=lambda course: END if course.due is None else course.due)


def _due(cycle: Cycle) -> tuple[int | None, Calendar]:
    course = _governing(cycle)
    return course.due, course.target.calendar


def _missed(cycle: Cycle) -> tuple[int | None, Calendar] | None:
    if cycle.breach is None:
        return None
    target = cycle.breach.override or cycle.course.target
    return cycle.breach.instant, target.calendar


def _moved(step: Step, calendar: Calendar | None, instant: int | None, by: int) -> int | None:
    if instant is None or calendar is None or step.time == "wall" or by == 0:
        return None if instant is None else instant + by
    return later(calendar, instant, by)


def later(calendar: Calendar, instant: int, duration: int) -> int | None:
    """Open time added; None where the calendar has not that much."""
    if not START <= instant < END:
        return None
    try:
        return calendar.timeline.add(instant, duration, duration == 0)
    except NeverOpen:
        return None
