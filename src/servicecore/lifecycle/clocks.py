"""From facts to marks: a clock rule applied to one request, event by event."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from types import MappingProxyType
from typing import Literal

from attrs import define

from servicecore.chains import Chain
from servicecore.lifecycle.facts import Facts
from servicecore.lifecycle.status import Status
from servicecore.sla.clock import Reading
from servicecore.sla.folded import Folded
from servicecore.sla.mark import Mark
from servicecore.sla.rules import ClockRule
from servicecore.sla.target import Target

NO_MARKS: Chain[Mark] = Chain()


@define
class RequestClock:
    """One clock of one request: where it stands, and what its marks add up to so far.

    Marks wait until the clock has a target (`waiting`); then `folded` is what they add up to. Where
    the target goes away, `ended` is the clock as it ended then, while `folded` runs on in case the
    target comes back: then that was only in between.
    """

    rule: ClockRule
    running: bool = False
    paused: bool = False
    over: Literal["stop", "cancel"] | None = None
    waiting: Chain[Mark] = NO_MARKS
    target: Target | None = None
    folded: Folded | None = None
    ended: Folded | None = None
    overrides: Mapping[str, Target] = MappingProxyType({})

    def copy(self) -> RequestClock:
        """Another one that goes on by itself; costs the same however much has happened."""
        return RequestClock(
            self.rule, self.running, self.paused, self.over, self.waiting, self.target,
            None if self.folded is None else self.folded.copy(),
            None if self.ended is None else self.ended.copy(),
            self.overrides,
        )  # fmt: skip

    def take(
        self, facts: Facts, conditions: AbstractSet[str], status: Status, instant: int
    ) -> None:
        """Mark what the facts of one event, and the conditions behind it, mean to this clock."""
        if not self.rule.heeds.isdisjoint(facts):
            self._start_or_stop(facts, instant)
        if self.running and self._pausing(conditions) != self.paused:
            self.paused = not self.paused
            self._mark(
                Mark("pause", instant, self._reason(conditions, status))
                if self.paused
                else Mark("resume", instant)
            )

    def _pausing(self, conditions: AbstractSet[str]) -> bool:
        rule = self.rule
        if not conditions.isdisjoint(rule.pauses):
            return True
        return bool(rule.only_while) and conditions.isdisjoint(rule.only_while)

    def _reason(self, conditions: AbstractSet[str], status: Status) -> str:
        """Why it is paused: the status with its reason, or another condition, or none of those."""
        pausing = conditions & frozenset(self.rule.pauses)
        if status.name in pausing:
            return str(status)
        return ", ".join(sorted(pausing)) or f"not {' or '.join(self.rule.only_while)}"

    def _start_or_stop(self, facts: Facts, instant: int) -> None:
        rule = self.rule
        if self.running:
            if not facts.isdisjoint(rule.cancels):
                self._end("cancel", instant)
            elif not facts.isdisjoint(rule.stops):
                self._end("stop", instant)
            elif not facts.isdisjoint(rule.renews):
                self._end("stop", instant)
                self._begin(Mark("start", instant))
        elif self.over and "reopened" in facts and rule.reopening != "stopped":
            self._begin(_REOPENING["cycle" if self.over == "cancel" else rule.reopening](instant))
        elif not facts.isdisjoint(rule.starts):
            self._begin(Mark("start", instant))

    def _begin(self, mark: Mark) -> None:
        self._mark(mark)
        self.running, self.paused = True, False

    def _end(self, kind: Literal["stop", "cancel"], instant: int) -> None:
        self._mark(Mark(kind, instant))
        self.running, self.over = False, kind

    def _mark(self, mark: Mark) -> None:
        if self.folded is None:
            self.waiting = self.waiting.add(mark)
        else:
            self.apply(mark)

    def inherit(self, used: int, *, responded: bool) -> None:
        """Begin with time already used, or not at all where the response was given before (R8)."""
        if responded and "replied" in self.rule.stops:
            self.waiting, self.running, self.paused = NO_MARKS, False, False
        elif used:
            self.waiting = Chain.of(
                Mark("start", mark.instant, used=used) if mark.kind == "start" else mark
                for mark in self.waiting
            )

    def settle(self, target: Target | None, instant: int, reason: str) -> None:
        """Take the target that holds at the end of an instant; None for none."""
        if self.folded is None:
            if target is not None:
                self._first_target(target, instant)
        elif target is None:
            if self.ended is None:
                self.ended = self.folded.copy()
                self.ended.apply(Mark("cancel", instant, f"no target for {reason}"))
        else:
            self.ended = None
            self._retarget(self.folded, target, instant, reason)

    def _retarget(self, folded: Folded, target: Target, instant: int, reason: str) -> None:
        if target is not self.target and target != self.target:
            restart = self.rule.retargeting == "restart"
            folded.apply(Mark("retarget", instant, reason, target=target, restart=restart))
            self.target = target

    def _first_target(self, target: Target, instant: int) -> None:
        self.folded, self.target = Folded(target), target
        if not self.rule.retroactive and not self._begun_at(instant):
            self.waiting = NO_MARKS
            if self.running:
                self._mark(Mark("start", instant))
            if self.running and self.paused:
                self._mark(Mark("pause", instant))
        self._apply_waiting()

    def _begun_at(self, instant: int) -> bool:
        return bool(self.waiting) and next(iter(self.waiting)).instant == instant

    def _apply_waiting(self) -> None:
        for mark in self.waiting:
            self.apply(mark)
        self.waiting = NO_MARKS

    def override(self, wanted: Mapping[str, tuple[Target, str]], instant: int) -> None:
        """Take the overrides that hold from an instant on: targets and reasons by name (Q3)."""
        if self.folded is None:
            return
        before, self.overrides = self.overrides, {name: each[0] for name, each in wanted.items()}
        for name in before:
            if name not in wanted:
                self.apply(Mark("relieve", instant, name=name))
        for name, (target, reason) in wanted.items():
            if before.get(name) != target:
                self.apply(Mark("override", instant, reason, target=target, name=name))

    def apply(self, mark: Mark) -> None:
        """Tell the clock one mark at once."""
        if self.folded is not None:
            self.folded.apply(mark)
        if self.ended is not None:
            self.ended.apply(mark)

    @property
    def shown(self) -> Folded | None:
        """What its readings are read from; None where nothing is or was owed."""
        return self.folded if self.ended is None else self.ended

    def readings(self, at: int) -> tuple[Reading, ...]:
        """A reading for every cycle; none where nothing is or was owed."""
        return () if self.shown is None else self.shown.readings(at)


_REOPENING: Mapping[str, Callable[[int], Mark]] = {
    "pause": lambda instant: Mark("resume", instant),
    "counted": lambda instant: Mark("resume", instant, counted=True),
    "cycle": lambda instant: Mark("start", instant),
}
