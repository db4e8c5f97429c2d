"""What an audit holds against one event of a history."""

from __future__ import annotations

from typing import NamedTuple

from attrs import frozen

from servicecore.lifecycle.events import Event


class Objection(NamedTuple):
    """Why an event may not be written: for people, and under a name to count it by.

    The `reason` names what is special to the request; the `key` is the same for all.
    """

    key: str
    reason: str


@frozen
class Refusal:
    """An event that `decide` would have refused, and everything against it (R1)."""

    event: Event
    objections: tuple[Objection, ...]

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why, for people."""
        return tuple(objection.reason for objection in self.objections)

    @property
    def keys(self) -> tuple[str, ...]:
        """Why, by the names to count by."""
        return tuple(objection.key for objection in self.objections)

    def __str__(self) -> str:
        return f"{type(self.event).__name__} of {self.event.request}: {'; '.join(self.reasons)}"
