"""The status of a request, with what is known of it."""

from __future__ import annotations

from attrs import frozen


@frozen
class Status:
    """The status of a request: its name and why, since when, until when, and on whom it waits."""

    name: str
    reason: str = ""
    since: int = 0
    until: int | None = None
    waiting_on: str = ""

    def __str__(self) -> str:
        return f"{self.name}: {self.reason}" if self.reason else self.name
