"""A clock by brute force: marks walked one after the other, with the oracle's calendar.

A cycle is a list of stretches, each running or paused on one calendar. Whatever is asked is
answered by walking that list from its start; nothing is carried along except what is a matter of
record: that the clock was late, and since when.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
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
    not_before: timedelta | int | None = None

    def earliest_stop(self, start: datetime) -> datetime | None:
        """Q4: before this instant a stop does not count; an int is a number of working days."""
        if self.not_before is None:
            return None
        if isinstance(self.not_before, int):
            return self.calendar.add_days(start, self.not_before)
        return add(self.calendar, start, self.not_before)


@dataclass(frozen=True)
class OracleMark:
    """One thing that the clock is told; `kind` is the name of the library's constructor."""

    kind: str
    at: datetime
    used: timedelta = NOTHING
    counted: bool = False
    target: OracleTarget | None = None
    restart: bool = False
    name: str = "override"


@dataclass
class Stretch:
    """A part of a cycle during which nothing changes."""

    begin: datetime
    end: datetime
    running: bool
    calendar: OracleCalendar


@dataclass(frozen=True)
class OracleOverlay:
    """What one override of a cycle shows."""

    name: str
    started_at: datetime
    ended_at: datetime | None
    due_at: datetime | None
    breached_at: datetime | None
    elapsed: timedelta


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
    late_by: timedelta = NOTHING
    governed_by: str = ""
    overrides: tuple[OracleOverlay, ...] = ()


@dataclass
class Cycle:
    """One target that counts: from a start, or a restarting retarget, to the next one.

    An override over a cycle is another such, told the same from where it begins (Q3).
    """

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

    def shown_due(self) -> datetime | None:
        """The due instant of now, or of the end."""
        return self.due() if self.ended_at is None else self.due_at_end

    def late_by(self, missed: datetime, stretches: Sequence[Stretch]) -> timedelta:
        """What has counted since a due instant that was missed; by a date, all open time."""
        if self.target.by is not None:
            return between(self.target.calendar, missed, self.now)
        counted = between(self.target.calendar, missed, max(missed, self.started_at))
        for stretch in stretches:
            if stretch.running and stretch.end > missed:
                counted += between(stretch.calendar, max(stretch.begin, missed), stretch.end)
        return counted


@dataclass
class Laid:
    """An override as it lies over a cycle."""

    mark: OracleMark
    cycle: Cycle

    def shown(self, ended_at: datetime | None) -> OracleOverlay:
        cycle = self.cycle
        return OracleOverlay(
            name=self.mark.name,
            started_at=cycle.started_at,
            ended_at=ended_at,
            due_at=cycle.shown_due(),
            breached_at=cycle.breached_at,
            elapsed=cycle.elapsed(),
        )


@dataclass
class Layered:
    """A cycle with its overrides: all of them are told the same, and the earliest governs (Q3)."""

    own: Cycle
    laid: list[Laid] = field(default_factory=list)
    taken_off: list[OracleOverlay] = field(default_factory=list)
    missed: Cycle | None = None
    breached_at: datetime | None = None

    def all(self) -> list[Cycle]:
        return [self.own, *(laid.cycle for laid in self.laid)]

    def note_lateness(self) -> None:
        """The first that is late makes the clock late, and it stays so."""
        late = [cycle for cycle in self.all() if cycle.breached_at is not None]
        if late and self.missed is None:
            self.missed = min(late, key=lambda cycle: cycle.breached_at)
            self.breached_at = self.missed.breached_at

    def advance(self, at: datetime) -> None:
        for cycle in self.all():
            cycle.advance(at)
        self.note_lateness()

    def lay(self, mark: OracleMark, at: datetime) -> None:
        self.take_off(mark.name, at)
        cycle = Cycle(mark.target, at, NOTHING, at, state=self.own.state)
        self.laid.append(Laid(mark, cycle))
        cycle.note_lateness()
        self.note_lateness()

    def take_off(self, name: str, at: datetime) -> None:
        self.taken_off += [laid.shown(at) for laid in self.laid if laid.mark.name == name]
        self.laid = [laid for laid in self.laid if laid.mark.name != name]

    def reopen(
        self, at: datetime, target: OracleTarget, on: Sequence[OracleMark], *, counted: bool
    ) -> None:
        for laid in list(self.laid):
            if laid.mark not in on:
                self.take_off(laid.mark.name, self.own.ended_at)
        self.own.reopen(at, target, counted=counted)
        for laid in self.laid:
            laid.cycle.reopen(at, laid.cycle.target, counted=counted)
        self.note_lateness()
        for mark in on:
            if mark not in [laid.mark for laid in self.laid]:
                self.lay(mark, at)

    def set_state(self, state: str) -> None:
        for cycle in self.all():
            cycle.state = state

    def end(self, state: str) -> None:
        for cycle in self.all():
            cycle.end(state)

    # -- reading ------------------------------------------------------------------------------

    def reading(self, at: datetime) -> OracleReading:
        own = self.own
        if own.ended_at is None:
            self.advance(at)
        # The first of those that are due at the same instant: its own comes before all overrides.
        governing = min(self.all(), key=lambda cycle: cycle.due_if_resumed())
        names = [laid.mark.name for laid in self.laid if laid.cycle is governing]
        dues = [due for cycle in self.all() if (due := cycle.shown_due()) is not None]
        return OracleReading(
            state=self.shown_state(),
            late=self.breached_at is not None,
            elapsed=own.elapsed(),
            remaining=governing.remaining(),
            due_at=min(dues, default=None),
            due_if_resumed=governing.due_if_resumed() if own.state == "paused" else None,
            breached_at=self.breached_at,
            started_at=own.started_at,
            ended_at=own.ended_at,
            late_by=self.late_by(),
            governed_by=names[0] if names else "",
            overrides=(*self.taken_off, *(laid.shown(None) for laid in self.laid)),
        )

    def shown_state(self) -> str:
        late, state = self.breached_at is not None, self.own.state
        if state == "stopped":
            return "missed" if late else "met"
        return "breached" if late and state == "running" else state

    def late_by(self) -> timedelta:
        """On the calendars of its own stretches, or on that of the override that was missed."""
        if self.missed is None or self.breached_at is None:
            return NOTHING
        if self.missed is self.own:
            return self.own.late_by(self.breached_at, self.own.stretches)
        if self.missed.target.by is not None:
            return between(self.missed.target.calendar, self.breached_at, self.own.now)
        calendar = self.missed.target.calendar
        stretches = [replace(stretch, calendar=calendar) for stretch in self.own.stretches]
        return self.missed.late_by(self.breached_at, stretches)


def read_cycles(
    marks: Sequence[OracleMark], target: OracleTarget, at: datetime
) -> list[OracleReading]:
    """A reading for every cycle (K5) from the marks known at `at` (K1)."""
    at = at.astimezone(UTC)
    cycles: list[Layered] = []
    on: dict[str, OracleMark] = {}
    known = [mark for mark in marks if mark.at <= at]
    for mark in sorted(known, key=lambda mark: mark.at):
        if mark.kind in {"override", "relieve"}:
            on.pop(mark.name, None)
        if mark.kind == "override":
            on[mark.name] = mark
        elif mark.target is not None:
            target = mark.target
        if cycles and cycles[-1].own.is_open:
            cycles[-1].advance(mark.at)
            tell_open_cycle(cycles, mark, target, list(on.values()))
        elif mark.kind == "start":
            cycles.append(begun(Cycle(target, mark.at, mark.used, mark.at), on.values()))
        elif mark.kind == "resume" and cycles and cycles[-1].own.state == "stopped":
            cycles[-1].reopen(mark.at, target, list(on.values()), counted=mark.counted)
    return [cycle.reading(at) for cycle in cycles]


def begun(own: Cycle, on: Iterable[OracleMark]) -> Layered:
    """A cycle with the overrides that are on when it starts."""
    cycle = Layered(own)
    for mark in on:
        cycle.lay(mark, own.started_at)
    return cycle


def tell_open_cycle(
    cycles: list[Layered], mark: OracleMark, target: OracleTarget, on: Sequence[OracleMark]
) -> None:
    """What a mark does to a clock that runs or is paused; a start does nothing to it."""
    cycle, own = cycles[-1], cycles[-1].own
    if mark.kind == "retarget" and mark.restart:
        # A new cycle of a clock that stands still still stands still.
        cycles.append(begun(Cycle(target, mark.at, NOTHING, mark.at, state=own.state), on))
        cycle.end("cancelled")
    elif mark.kind == "retarget":
        own.retarget(target)
        cycle.note_lateness()
    elif mark.kind == "override":
        cycle.lay(mark, mark.at)
    elif mark.kind == "relieve":
        cycle.take_off(mark.name, mark.at)
    elif mark.kind in {"pause", "resume"}:
        cycle.set_state("paused" if mark.kind == "pause" else "running")
    elif mark.kind == "cancel":
        cycle.end("cancelled")
    elif mark.kind == "stop":
        earliest = own.target.earliest_stop(own.started_at)
        if earliest is None or mark.at >= earliest:
            cycle.end("stopped")
