"""The trace of a reading: every stretch of time behind its figures (K8), as data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from attrs import frozen

from servicecore.instants import DateTime, to_datetime
from servicecore.sla.calendar import Calendar
from servicecore.sla.course import Pause, Run


@frozen
class Stretch:
    """A stretch of a clock's time, in microseconds: what it was and how much of it counted.

    `kind` is ``"open"`` (it counted), ``"closed"`` (`reasons` name holidays, changed hours and
    breaks; none on an ordinary evening or weekend) or ``"paused"`` (`reasons` hold the pause's).
    """

    kind: Literal["open", "closed", "paused"]
    start: int
    end: int
    counted: int
    calendar: Calendar
    reasons: tuple[str, ...] = ()

    @property
    def start_at(self) -> DateTime:
        """When it began, in the calendar's zone."""
        return to_datetime(self.start, self.calendar.zone)

    @property
    def end_at(self) -> DateTime:
        """When it ended, in the calendar's zone."""
        return to_datetime(self.end, self.calendar.zone)


def trace_of(runs: Sequence[Run], pauses: Sequence[Pause], now: int) -> tuple[Stretch, ...]:
    """The stretches of runs and pauses in order, those that go on cut at `now`."""
    stretches = [stretch for run in runs for stretch in _of_run(run, now)]
    if runs:
        stretches += [_of_pause(pause, now, runs[0].calendar) for pause in pauses]
    return tuple(sorted((s for s in stretches if s.start < s.end), key=lambda s: s.start))


def ahead_of(calendar: Calendar, now: int, due: int) -> tuple[Stretch, ...]:
    """The stretches from an instant to the due one, as they will be."""
    return tuple(s for s in _of_run(Run(calendar, now), due) if s.start < s.end)


def _of_pause(pause: Pause, now: int, calendar: Calendar) -> Stretch:
    reasons = (pause.reason,) if pause.reason else ()
    end = now if pause.end is None else pause.end
    return Stretch("paused", pause.start, end, 0, calendar, reasons)


def _of_run(run: Run, now: int) -> Iterator[Stretch]:
    end = now if run.end is None else run.end
    closed_from = run.start
    edges = run.calendar.timeline.windows(run.start, end)
    for opens, closes in zip(edges[::2], edges[1::2], strict=True):
        yield _closed(run.calendar, closed_from, opens)
        yield Stretch("open", opens, closes, closes - opens, run.calendar)
        closed_from = closes
    yield _closed(run.calendar, closed_from, end)


def _closed(calendar: Calendar, start: int, end: int) -> Stretch:
    reasons = calendar.definition.closures(start, end) if start < end else ()
    return Stretch("closed", start, end, 0, calendar, reasons)
