"""The status of a request, with what is known of it."""

from __future__ import annotations

from attrs import frozen

from servicecore.instants import DateTime, to_datetime
from servicecore.sla.statuses import Transition


@frozen(slots=False)  # made for every request, which a dictionary does quicker
class Status:
    """The status of a request: its name and why, since when, until when, and on whom it waits."""

    name: str
    reason: str = ""
    since: int = 0
    until: int | None = None
    waiting_on: str = ""

    def __str__(self) -> str:
        return f"{self.name}: {self.reason}" if self.reason else self.name


@frozen(slots=False)  # made for every request, which a dictionary does quicker
class TransitionDue:
    """A transition that time makes, from the status that it leaves, and when (R7).

    It stays due, whatever comes later, until it is written where it belongs.
    """

    transition: Transition
    status: Status
    due: int

    @property
    def due_at(self) -> DateTime:
        """When it is due, in UTC."""
        return to_datetime(self.due)
