"""The verdict on one clock of a request, as the due cohort has it (M2)."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from attrs import frozen

from servicecore.instants import DateTime, to_datetime
from servicecore.lifecycle.situation import Situation
from servicecore.metrics.standings import Standing, deadline, standing
from servicecore.sla.clock import Reading


class Verdict(StrEnum):
    """What became of one clock of a request at an instant, over all its cycles."""

    KEPT = "kept"  # its deadlines have passed, and all were kept
    BROKEN = "broken"
    PENDING = "not due yet"
    WITHDRAWN = "withdrawn"  # cancelled or merged before a deadline passed
    NOT_OWED = "not owed"  # no target, or it never started

    @property
    def due(self) -> bool:
        """Whether the request is in the due cohort of the clock."""
        return self in {Verdict.KEPT, Verdict.BROKEN}


@frozen
class Judged:
    """One clock of a request under one book: verdict, policy, priority, and the deciding cycle.

    `policy` is None where none matches, `priority` where there is none, `reading` where nothing is
    owed. `due` is the deadline in microseconds; None where there is none by now.
    """

    verdict: Verdict
    policy: str | None
    priority: str | None
    reading: Reading | None

    @property
    def due(self) -> int | None:
        """The deadline that the deciding cycle is judged by, in microseconds."""
        return None if self.reading is None else deadline(self.reading)

    @property
    def due_at(self) -> DateTime | None:
        """The same in the time zone of the target's calendar."""
        if self.reading is None or self.due is None:
            return None
        return to_datetime(self.due, self.reading.target.calendar.zone)


def judged(situation: Situation, clock: str) -> Judged:
    """The verdict on a clock, with what it rests on."""
    readings = situation.readings.get(clock, ())
    said = verdict(readings)
    deciding = None if said is Verdict.NOT_OWED else _deciding(readings)
    return Judged(said, situation.policy, situation.request.priority, deciding)


def verdict(readings: Sequence[Reading]) -> Verdict:
    """The verdict on the cycles of a clock, by the rules of the due cohort (M2, M3)."""
    if not readings or readings[0].started is None:
        return Verdict.NOT_OWED
    due = [reading for reading in readings if _is_due(reading)]
    if due:
        return Verdict.BROKEN if any(reading.late for reading in due) else Verdict.KEPT
    cancelled = standing(readings) is Standing.CANCELLED
    return Verdict.WITHDRAWN if cancelled else Verdict.PENDING


def _is_due(reading: Reading) -> bool:
    limit = deadline(reading)
    return limit is not None and limit < reading.instant


def _deciding(readings: Sequence[Reading]) -> Reading:
    """The first late cycle, else the last one that was due, else the latest."""
    late = [reading for reading in readings if reading.late]
    due = [reading for reading in readings if _is_due(reading)]
    return (late or due[-1:] or readings[-1:])[0]
