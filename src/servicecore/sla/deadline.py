"""Deadlines: when a clock that starts now and never pauses is due, and why."""

from __future__ import annotations

from attrs import frozen

from servicecore.instants import DateTime, to_datetime
from servicecore.sla.clock import readings_at
from servicecore.sla.explanation import when
from servicecore.sla.mark import Mark
from servicecore.sla.target import Target


@frozen
class Deadline:
    """When a clock that starts at the opening of a request, and never pauses, is due.

    It is `provisional` where the calendar's holidays are not known that far (C9). `started` and
    `due` are microseconds.
    """

    clock: str
    started: int
    due: int
    target: Target
    policy: str
    priority: str | None

    @property
    def due_at(self) -> DateTime:
        """The due instant in the time zone of the target's calendar."""
        return to_datetime(self.due, self.target.calendar.zone)

    @property
    def provisional(self) -> bool:
        """Whether it lies beyond the dates whose holidays are known."""
        return self.target.calendar.is_provisional_instant(self.due)

    def explain(self) -> str:
        """Why it is due then: policy, priority, target, and the stretches of time that count.

        >>> from servicecore.requests import Request
        >>> from servicecore.sla.policy import Policy
        >>> standard = Policy("standard", {"resolution": Target("4h")})
        >>> print(standard.due(Request(id="R1", opened_at=0))["resolution"].explain())
        resolution: due Thu 1 Jan 1970 04:00 (policy 'standard', no priority)
        target: 4h of always (UTC)
        ahead, if nothing pauses it:
          Thu 1 Jan 1970 00:00 – 04:00  open, 4h
        """
        (reading,) = readings_at([Mark("start", self.started)], self.target, self.started)
        _, *because = reading.explain().splitlines()
        priority = f"priority {self.priority!r}" if self.priority else "no priority"
        due = f"{self.clock}: due {when(self.due_at)} (policy {self.policy!r}, {priority})"
        return "\n".join([due, *because])
