"""Clocks: marks, a target and an instant give a reading (K1-K8)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from servicecore.instants import to_instant
from servicecore.sla.folded import fold
from servicecore.sla.mark import Mark, require_marks
from servicecore.sla.reading import Reading as Reading  # noqa: PLC0414  # taken from here as well
from servicecore.sla.reading import State as State  # noqa: PLC0414  # taken from here as well
from servicecore.sla.target import Target, require_target


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
    return fold(marks, target, at).readings(at)
