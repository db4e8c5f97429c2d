"""One thing that lies ahead of a request, by what is known now."""

from __future__ import annotations

from typing import Literal

from attrs import frozen

from servicecore.instants import DateTime, to_datetime

UpcomingKind = Literal[
    "breach", "step", "promise", "checkpoint", "override", "transition", "follow-up"
]


@frozen
class Upcoming:
    """One thing that time will change, and when; `instant` in microseconds.

    `name` is that of the clock, step, promise or override that it is of, or of the status that a
    transition leads to. What is broken by being late is so a microsecond after it was due.
    """

    instant: int
    kind: UpcomingKind
    name: str
    reason: str

    @property
    def at(self) -> DateTime:
        """The instant, in UTC."""
        return to_datetime(self.instant)

    def __str__(self) -> str:
        return self.reason
