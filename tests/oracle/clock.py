"""A clock by brute force: marks walked one after the other, with the oracle's calendar.

A cycle is a list of stretches, each running or paused on one calendar. Whatever is asked is
answered by walking that list from its start; nothing is carried along except what is a matter of
record: that the clock was late, and since when.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from tests.oracle.calendar import OracleCalendar

NOTHING = timedelta(0)


@lru_cache(maxsize=2**16)
def between(calendar: OracleCalendar, a: datetime, b: datetime) -> timedelta:
    """The calendar's answer, remembered: many marks ask the same."""
    return calendar.between(a, b)


@lru_cache(maxsize=2**16)
def add(
    calendar: OracleCalendar, at: datetime, amount: timedelta, landing: str = "early"
) -> datetime:
    """The calendar's answer, remembered."""
    return calendar.add(at, amount, landing)


@dataclass(frozen=True)
class OracleTarget:
    """A duration of working time, a number of working days or an instant (K7): one of the three."""

    calendar: OracleCalendar
    within: timedelta | None = None
    days: int | None = None
    by: datetime | None = None
    landing: str = "early"
    options: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class OracleMark:
    """One thing that the clock is told; `kind` is the name of the library's constructor."""

    kind: str
    at: datetime
    used: timedelta = NOTHING
    counted: bool = False
    target: OracleTarget | None = None
    restart: bool = False


@dataclass
class Stretch:
    """A part of a cycle during which nothing changes."""

    begin: datetime
    end: datetime
    running: bool
    calendar: OracleCalendar


@dataclass(frozen=True)
class OracleReading:
    """What the clock shows."""

    state: str
    late: bool = False
    elapsed: timedelta = NOTHING
    remaining: timedelta | None = None
    due_at: datetime | None = None
    due_if_resumed: datetime | None = None
    breached_at: datetime | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None


@dataclass
class Cycle:
    """One cycle: from a start, or a restarting retarget, to the next one."""

    target: OracleTarget
    started_at: datetime
    used: timedelta
    now: datetime
    state: str = "running"
    stretches: list[Stretch] = field(default_factory=list)
    breached_at: datetime | None = None
    ended_at: datetime | None = None
    due_at_end: datetime | None = None

    # -- walking ------------------------------------------------------------------------------

    @property
    def is_open(self) -> bool:
        """Whether it runs or is paused."""
        return self.state in {"running", "paused"}

    def advance(self, at: datetime) -> None:
        """Let time go by until `at`, and write down a breach on the way (K1)."""
        if self.is_open:
            running = self.state == "running"
            self.stretches.append(Stretch(self.now, at, running, self.target.calendar))
        self.now = at
        self.note_lateness()

    def note_lateness(self) -> None:
        """K1: a clock that runs after its due instant is late, and was from then on.

        So is one, paused or not, whose new target was used up before (K3).
        """
        if self.breached_at is not None or not self.is_open:
            return
        due = self.due() if self.state == "running" else self.used_up()
        if due is not None and self.now > due:
            self.breached_at = due

    def elapsed(self) -> timedelta:
        """The working time of the running stretches, each on the calendar of its time (K3)."""
        counted = NOTHING
        for stretch in self.stretches:
            if stretch.running:
                counted += between(stretch.calendar, stretch.begin, stretch.end)
        return self.used + counted

    def _walk(self) -> tuple[datetime | None, datetime]:
        """The instant at which the present target was used up, and the one at which it would be.

        The first is None as long as it was not used up in a running stretch that went on after it:
        a pause exactly at the due instant is no breach. The second counts from `now` on.
        """
        target = self.target
        if target.within is not None:
            left = target.within - self.used
            for stretch in self.stretches:
                if stretch.running:
                    due = add(stretch.calendar, stretch.begin, left, target.landing)
                    if due < stretch.end:
                        return due, due
                    left -= between(stretch.calendar, stretch.begin, stretch.end)
            return None, add(target.calendar, self.now, left, target.landing)
        assert target.days is not None
        options = dict(target.options)
        unpaused = target.calendar.add_days(self.started_at, target.days, **options)
        # K7: a pause moves the due instant on by its working time, time already used moves it back.
        move = -self.used
        for stretch in self.stretches:
            if stretch.running:
                due = add(target.calendar, unpaused, move)
                if due < stretch.end:
                    return due, due
            else:
                move += between(stretch.calendar, stretch.begin, stretch.end)
        return None, add(target.calendar, unpaused, move)

    def used_up(self) -> datetime | None:
        """The instant at which the present target was used up; None if it is not."""
        if self.target.by is not None:
            return self.target.by if self.now > self.target.by else None
        return self._walk()[0]

    def due(self) -> datetime | None:
        """The due instant of the present target; None while paused (K2), but `by` never pauses."""
        if self.target.by is not None:
            return self.target.by
        used_up, coming = self._walk()
        if self.state == "paused":
            return None
        return used_up or coming

    def due_if_resumed(self) -> datetime | None:
        """K2: what would be due if a paused clock went on now."""
        if self.target.by is not None:
            return self.target.by
        used_up, coming = self._walk()
        return used_up or coming

    def remaining(self) -> timedelta:
        """What is left of the target; negative when more than all of it is used."""
        target = self.target
        if target.within is not None:
            return target.within - self.elapsed()
        if target.by is not None:
            return between(target.calendar, self.now, target.by)
        used_up, coming = self._walk()
        if used_up is None:
            return between(target.calendar, self.now, coming)
        # Time used before the start can put the due instant before it.
        before = between(target.calendar, used_up, max(used_up, self.started_at))
        since = [
            between(stretch.calendar, max(stretch.begin, used_up), stretch.end)
            for stretch in self.stretches
            if stretch.running and stretch.end > used_up
        ]
        return -sum(since, before)

    # -- marks --------------------------------------------------------------------------------

    def reopen(self, at: datetime, target: OracleTarget, *, counted: bool) -> None:
        """K4: after a stop the closed time is a pause, or it counts.

        A target that changed while the clock was stopped holds from the reopening on.
        """
        self.stretches.append(Stretch(self.now, at, counted, self.target.calendar))
        self.now = at
        self.state = "running"
        self.ended_at = None
        self.retarget(target)

    def end(self, state: str) -> None:
        # Paused there is no due instant (K2), unless it lies behind already.
        self.due_at_end = self.due() or self.used_up()
        self.state = state
        self.ended_at = self.now

    def retarget(self, target: OracleTarget) -> None:
        """K3, carry: the new target from the start, with what has elapsed."""
        self.target = target
        self.note_lateness()

    # -- reading ------------------------------------------------------------------------------

    def reading(self, at: datetime) -> OracleReading:
        if self.ended_at is None:
            self.advance(at)
        late = self.breached_at is not None
        state = self.state
        due: datetime | None
        if self.ended_at is None:
            due = self.due()
            state = "breached" if late and state == "running" else state
        else:
            due = self.due_at_end
            if state == "stopped":
                state = "missed" if late else "met"
        return OracleReading(
            state=state,
            late=late,
            elapsed=self.elapsed(),
            remaining=self.remaining(),
            due_at=due,
            due_if_resumed=self.due_if_resumed() if state == "paused" else None,
            breached_at=self.breached_at,
            started_at=self.started_at,
            ended_at=self.ended_at,
        )


def read_cycles(
    marks: Sequence[OracleMark], target: OracleTarget, at: datetime
) -> list[OracleReading]:
    """A reading for every cycle (K5) from the marks known at `at` (K1)."""
    at = at.astimezone(UTC)
    cycles: list[Cycle] = []
    known = [mark for mark in marks if mark.at <= at]
    for mark in sorted(known, key=lambda mark: mark.at):
        target = mark.target or target
        if cycles and cycles[-1].is_open:
            cycles[-1].advance(mark.at)
            tell_open_cycle(cycles, mark, target)
        elif mark.kind == "start":
            cycles.append(Cycle(target, mark.at, mark.used, mark.at))
        elif mark.kind == "resume" and cycles and cycles[-1].state == "stopped":
            cycles[-1].reopen(mark.at, target, counted=mark.counted)
    return [cycle.reading(at) for cycle in cycles]


def tell_open_cycle(cycles: list[Cycle], mark: OracleMark, target: OracleTarget) -> None:
    """What a mark does to a clock that runs or is paused; a start does nothing to it."""
    cycle = cycles[-1]
    if mark.kind == "retarget" and mark.restart:
        # A new cycle of a clock that stands still stands still.
        cycles.append(Cycle(target, mark.at, NOTHING, mark.at, state=cycle.state))
        cycle.end("cancelled")
    elif mark.kind == "retarget":
        cycle.retarget(target)
    elif mark.kind == "pause":
        cycle.state = "paused"
    elif mark.kind == "resume":
        cycle.state = "running"
    elif mark.kind in {"stop", "cancel"}:
        cycle.end({"stop": "stopped", "cancel": "cancelled"}[mark.kind])
