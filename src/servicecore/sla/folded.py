"""Folding: how marks, one after the other, add up to the cycles of a clock."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from operator import attrgetter

from attrs import define

from servicecore.chains import Chain
from servicecore.sla.course import Course, Override
from servicecore.sla.cycle import Cycle
from servicecore.sla.mark import Mark
from servicecore.sla.reading import NO_MARKS, Reading, pending_reading, reading_of
from servicecore.sla.target import Target

NO_CYCLES: Chain[Cycle] = Chain()


@define
class Folded:
    """Marks applied so far, in the order of their instants: what they add up to.

    `target` is the one in force, `overrides` are those that are on. One more mark costs the same
    however many came before. What is read is of an instant at or after the latest mark; reading
    leaves everything as it is.

    >>> from datetime import UTC, datetime
    >>> from servicecore.instants import to_instant
    >>> nine, ten, noon = (datetime(2026, 3, 6, hour, tzinfo=UTC) for hour in (9, 10, 12))
    >>> running = Folded(Target("4h"))
    >>> running.apply(Mark.start(nine))
    >>> paused = running.copy()
    >>> paused.apply(Mark.pause(ten))
    >>> [str(folded.reading(to_instant(noon)).remaining) for folded in (running, paused)]
    ['1:00:00', '3:00:00']
    """

    target: Target
    cycles: Chain[Cycle] = NO_CYCLES
    without_effect: Chain[Mark] = NO_MARKS
    overrides: tuple[Override, ...] = ()

    @property
    def open_cycle(self) -> Cycle | None:
        """The cycle that has not ended, if there is one."""
        cycle = self.cycles.last if self.cycles else None
        return None if cycle is None or cycle.ended is not None else cycle

    @property
    def late_after(self) -> int | None:
        """The instant after which it is late if nothing more happens; see `Cycle.late_after`."""
        cycle = self.open_cycle
        return None if cycle is None else cycle.late_after

    def copy(self) -> Folded:
        """Another one that goes on by itself: what has ended is shared, the open cycle is not."""
        cycle = self.open_cycle
        cycles = self.cycles if cycle is None else self.cycles.replace_last(cycle.copy())
        return Folded(self.target, cycles, self.without_effect, self.overrides)

    def apply(self, mark: Mark) -> None:
        """Take one more mark; one that changes nothing is kept as such (K1)."""
        if not _APPLY[mark.kind](self, mark):
            self.without_effect = self.without_effect.add(mark)

    def reading(self, at: int) -> Reading:
        """What the clock shows at an instant: its latest cycle, or that it has not started."""
        if not self.cycles:
            return pending_reading(self.target, at, self.without_effect)
        return reading_of(self.cycles.last, at, self.without_effect)

    def readings(self, at: int) -> tuple[Reading, ...]:
        """A reading for every cycle, oldest first; one pending reading where nothing started."""
        started = [reading_of(cycle, at, self.without_effect) for cycle in self.cycles]
        return tuple(started) or (self.reading(at),)


def fold(marks: Iterable[Mark], target: Target, at: int) -> Folded:
    """All marks up to an instant, by instant and in the order given where they share one."""
    folded = Folded(target)
    for mark in sorted(marks, key=attrgetter("instant")):
        if mark.instant <= at:
            folded.apply(mark)
    return folded


def _start(folded: Folded, mark: Mark) -> bool:
    if folded.open_cycle:
        return False
    cycle = Cycle(len(folded.cycles), Course(folded.target, mark.instant, mark.used))
    cycle.run(mark.instant)
    for override in folded.overrides:
        cycle.lay(override, mark.instant)
    folded.cycles = folded.cycles.add(cycle)
    return True


def _pause(folded: Folded, mark: Mark) -> bool:
    cycle = folded.open_cycle
    if cycle is None or cycle.paused:
        return False
    cycle.pause(mark.instant, mark.reason)
    return True


def _resume(folded: Folded, mark: Mark) -> bool:
    if cycle := folded.open_cycle:
        if not cycle.paused:
            return False
        cycle.run(mark.instant)
        return True
    if not folded.cycles or folded.cycles.last.cancelled:
        return False
    # Others may hold the cycle as it ended.
    cycle = folded.cycles.last.copy()
    folded.cycles = folded.cycles.replace_last(cycle)
    cycle.reopen(mark.instant, folded.overrides, counted=mark.counted)
    if folded.target != cycle.course.target:
        cycle.retarget(mark.instant, folded.target, mark.reason)
    return True


def _end(folded: Folded, mark: Mark) -> bool:
    cycle = folded.open_cycle
    if cycle is None or (mark.kind == "stop" and _is_early(cycle, mark.instant)):
        return False
    cycle.end(mark.instant, mark.reason, cancelled=mark.kind == "cancel")
    return True


def _is_early(cycle: Cycle, instant: int) -> bool:
    """Whether a stop comes too early to count (Q4)."""
    not_before = cycle.not_before
    return not_before is not None and instant < not_before


def _retarget(folded: Folded, mark: Mark) -> bool:
    """The open cycle gets the target, or a new one does; where none is open, the next one."""
    folded.target = mark.target or folded.target
    cycle = folded.open_cycle
    if cycle is None:
        return mark.target is not None
    if not mark.restart:
        cycle.retarget(mark.instant, folded.target, mark.reason)
        return True
    cycle.end(mark.instant, mark.reason, cancelled=True)
    folded.apply(Mark("start", mark.instant))
    if cycle.paused:
        folded.apply(Mark("pause", mark.instant, cycle.reason))
    return True


def _override(folded: Folded, mark: Mark) -> bool:
    """Cycles that are open, or start while it is on, get it; ended ones stay as they are."""
    if mark.target is None:
        return False
    began = mark.instant if mark.since is None else mark.since
    override = Override(mark.name, mark.target, mark.reason, began, mark.who, mark.until)
    goes_on = mark.since is not None and any(map(override.is_still, folded.overrides))
    folded.overrides = (*_without(folded, mark.name), override)
    if cycle := folded.open_cycle:
        if goes_on:
            cycle.redeclare(override)
        else:
            cycle.lay(override, mark.instant, mark.since)
    return True


def _relieve(folded: Folded, mark: Mark) -> bool:
    left = _without(folded, mark.name)
    if len(left) == len(folded.overrides):
        return False
    folded.overrides = left
    if cycle := folded.open_cycle:
        cycle.relieve(mark.name, mark.instant, mark.reason, mark.who)
    return True


def _without(folded: Folded, name: str) -> tuple[Override, ...]:
    return tuple([override for override in folded.overrides if override.name != name])


_APPLY: Mapping[str, Callable[[Folded, Mark], bool]] = {
    "start": _start,
    "pause": _pause,
    "resume": _resume,
    "stop": _end,
    "cancel": _end,
    "retarget": _retarget,
    "override": _override,
    "relieve": _relieve,
}
