"""Situations: everything that follows from a request's history at an instant."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

from servicecore.instants import DateTime, to_datetime
from servicecore.requests import Request
from servicecore.sla.clock import Reading


@frozen
class Situation:
    """A request at an instant: what is known of it, where it stands, and what its clocks show.

    `instant` is in microseconds. `readings` has a reading for every cycle of every clock that has a
    target. `policy` is None where no policy matches; `before_first` says that the request was
    opened before the first version of the book, which governs it all the same (P2).
    """

    request: Request
    instant: int
    status: str
    policy: str | None
    version: str
    before_first: bool
    reopenings: int
    readings: Mapping[str, tuple[Reading, ...]]

    @property
    def at(self) -> DateTime:
        """The instant, in UTC."""
        return to_datetime(self.instant)

    def reading(self, clock: str) -> Reading | None:
        """What a clock shows: its latest cycle; None where nothing is owed or it is unknown."""
        cycles = self.readings.get(clock)
        return cycles[-1] if cycles else None

    def explain(self) -> str:
        """Where the request stands, the policy it is under, and every clock in words."""
        policy = f"policy {self.policy}" if self.policy else "no policy matches"
        version = f" of version {self.version}" if self.version else ""
        early = ", opened before its first version" if self.before_first else ""
        priority = self.request.priority or "none"
        head = f"{self.request.id}: {self.status}, priority {priority}, {policy}{version}{early}"
        clocks = [
            f"{clock}{f', cycle {reading.cycle + 1}' if len(cycles) > 1 else ''}\n"
            + "\n".join(f"  {line}" for line in reading.explain().splitlines())
            for clock, cycles in self.readings.items()
            for reading in cycles
        ]
        return "\n".join([head, *clocks])
