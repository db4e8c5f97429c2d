"""Marks: what a clock is told, and how they add up to cycles."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Literal, Self

from attrs import define, field, frozen

from servicecore.errors import InvalidValue
from servicecore.instants import DateTime, Days, to_datetime, to_duration, to_instant
from servicecore.sla.cycle import Cycle
from servicecore.sla.target import Target, require_target


@frozen
class Mark:
    """What a clock is told, and when (`instant` in microseconds).

    >>> from datetime import UTC
    >>> Mark.pause(datetime(2026, 3, 6, 16, tzinfo=UTC), "waiting for the customer").reason
    'waiting for the customer'
    """

    kind: Literal["start", "pause", "resume", "stop", "cancel", "retarget"]
    instant: int
    reason: str = ""
    used: int = 0
    counted: bool = False
    target: Target | None = None
    restart: bool = False

    @classmethod
    def start(cls, at: datetime, used: timedelta | str = "0m") -> Self:
        """Start, with time already used; after a stop or a cancel a new cycle (K5, K7)."""
        spent = to_duration(used, "used")
        if isinstance(spent, Days) or spent < 0:
            raise InvalidValue(f"used is {used!r}: expected a duration of zero or more")
        return cls("start", to_instant(at), used=spent)

    @classmethod
    def pause(cls, at: datetime, reason: str = "") -> Self:
        """Stand still from here on, for a reason."""
        return cls("pause", to_instant(at), reason)

    @classmethod
    def resume(cls, at: datetime, reason: str = "", *, counted: bool = False) -> Self:
        """Run again; after a stop, a reopening: the time between is a pause, or `counted`."""
        return cls("resume", to_instant(at), reason, counted=counted)

    @classmethod
    def stop(cls, at: datetime, reason: str = "") -> Self:
        """Done: met or missed."""
        return cls("stop", to_instant(at), reason)

    @classmethod
    def cancel(cls, at: datetime, reason: str = "") -> Self:
        """Over without a verdict (K6)."""
        return cls("cancel", to_instant(at), reason)

    @classmethod
    def retarget(
        cls, at: datetime, target: Target, reason: str = "", *, restart: bool = False
    ) -> Self:
        """Another target: the elapsed time is carried over, or a new cycle begins (K3)."""
        require_target(target)
        return cls("retarget", to_instant(at), reason, target=target, restart=restart)

    @property
    def at(self) -> DateTime:
        """The instant, in UTC."""
        return to_datetime(self.instant)


@define
class Folded:
    """Marks applied so far: the cycles they made, the target in force, and what changed nothing."""

    target: Target
    cycles: list[Cycle] = field(factory=list)
    without_effect: list[Mark] = field(factory=list)

    @property
    def open_cycle(self) -> Cycle | None:
        """The cycle that has not ended, if there is one."""
        return self.cycles[-1] if self.cycles and self.cycles[-1].ended is None else None

    def apply(self, mark: Mark) -> None:
        """Take one more mark; one that changes nothing is kept as such (K1)."""
        if not _APPLY[mark.kind](self, mark):
            self.without_effect.append(mark)


def require_marks(marks: object) -> tuple[Mark, ...]:
    """The marks as a tuple; `InvalidValue` for anything else."""
    found = tuple(marks) if isinstance(marks, Iterable) else (marks,)
    if all(isinstance(mark, Mark) and mark.kind in _APPLY for mark in found):
        return found
    raise InvalidValue(f"marks is {marks!r}: expected marks such as Mark.start(at)")


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
    cycle = Cycle(len(folded.cycles), mark.instant, folded.target, mark.used)
    cycle.run(mark.instant)
    folded.cycles.append(cycle)
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
    if not folded.cycles or folded.cycles[-1].cancelled:
        return False
    folded.cycles[-1].reopen(mark.instant, counted=mark.counted)
    if folded.target != folded.cycles[-1].target:
        folded.cycles[-1].retarget(mark.instant, folded.target, mark.reason)
    return True


def _end(folded: Folded, mark: Mark) -> bool:
    cycle = folded.open_cycle
    if cycle is None:
        return False
    cycle.end(mark.instant, cancelled=mark.kind == "cancel")
    return True


def _retarget(folded: Folded, mark: Mark) -> bool:
    """The open cycle gets the target, or a new one does; where none is open, the next one."""
    folded.target = mark.target or folded.target
    cycle = folded.open_cycle
    if cycle is None:
        return mark.target is not None
    if not mark.restart:
        cycle.retarget(mark.instant, folded.target, mark.reason)
        return True
    reason = cycle.pauses[-1].reason if cycle.paused else None
    cycle.end(mark.instant, cancelled=True)
    folded.apply(Mark("start", mark.instant))
    if reason is not None:
        folded.apply(Mark("pause", mark.instant, reason))
    return True


_APPLY: Mapping[str, Callable[[Folded, Mark], bool]] = {
    "start": _start,
    "pause": _pause,
    "resume": _resume,
    "stop": _end,
    "cancel": _end,
    "retarget": _retarget,
}
