"""From facts to marks: a clock rule applied to one request, event by event."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from typing import Literal, NamedTuple

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

GIVEN_UP = frozenset({"cancelled", "merged"})
"""From these on nothing is owed, and so nothing starts, until the request is reopened (K6)."""


class Overriding(NamedTuple):
    """The target that an override sets for a clock, why, and since when it counts (Q3).

    `who` declared it, and `until` is when it is to end.
    """

    target: Target
    reason: str
    since: int
    who: str = ""
    until: int | None = None


class Ending(NamedTuple):
    """Why an override holds no longer, and who ended it."""

    reason: str = ""
    who: str = ""


NO_OVERRIDES: Mapping[str, Overriding] = {}
NO_ENDINGS: Mapping[str, Ending] = {}
RAN_OUT = Ending()


@define
class RequestClock:
    """One clock of one request: where it stands, and what its marks add up to so far.

    Marks wait until the clock has a target (`waiting`); then `folded` is what they add up to. Where
    the target goes away, `ended` is the clock as it ended then, while `folded` runs on in case the
    target comes back: then that was only in between. While it is `barred`, nothing starts it. A
    clock that runs only while something holds begins when that first does; till then it is `armed`,
    or was, and stopped meanwhile.
    """

    rule: ClockRule
    running: bool = False
    paused: bool = False
    over: Literal["stop", "cancel"] | None = None
    waiting: Chain[Mark] = NO_MARKS
    target: Target | None = None
    folded: Folded | None = None
    ended: Folded | None = None
    overrides: Mapping[str, Overriding] = NO_OVERRIDES
    barred: bool = False
    armed: bool | None = None

    def copy(self) -> RequestClock:
        """Another one that goes on by itself; costs the same however much has happened."""
        return RequestClock(
            self.rule, self.running, self.paused, self.over, self.waiting, self.target,
            None if self.folded is None else self.folded.copy(),
            None if self.ended is None else self.ended.copy(),
            self.overrides, self.barred, self.armed,
        )  # fmt: skip

    def take(
        self, facts: Facts, conditions: AbstractSet[str], status: Status, instant: int
    ) -> None:
        """Mark what the facts of one event, and the conditions behind it, mean to this clock."""
        if not self.rule.heeds.isdisjoint(facts):
            self._start_or_stop(facts, status, instant)
        if self.armed and not conditions.isdisjoint(self.rule.only_while):
            self._run(Mark("start", instant))
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

    def _start_or_stop(self, facts: Facts, status: Status, instant: int) -> None:
        if not facts.isdisjoint(self.rule.cancels):
            self._bar(facts)
            self.armed = None
            if self.running:
                reason = "" if facts.isdisjoint(GIVEN_UP) else status.reason
                self._end("cancel", instant, reason)
        elif self.running:
            self._stop_or_renew(facts, instant)
        else:
            self._bar(facts)
            if not self._is_rearmed(facts):
                self._start(facts, instant)

    def _bar(self, facts: Facts) -> None:
        if "reopened" in facts:
            self.barred = False
        elif not facts.isdisjoint(GIVEN_UP):
            self.barred = True

    def _is_rearmed(self, facts: Facts) -> bool:
        """What stops a clock keeps it from beginning, and a reopening lets it begin again."""
        if self.armed is not None and not facts.isdisjoint(self.rule.stops):
            self.armed = False
        elif self.armed is False and "reopened" in facts and self.rule.reopening != "stopped":
            self.armed = True
            return True
        return False

    def _start(self, facts: Facts, instant: int) -> None:
        rule = self.rule
        if self.over and rule.reopening != "stopped" and "reopened" in facts:
            self._begin(_REOPENING[rule.reopening if self._resumable else "cycle"](instant))
        elif not self.barred and not facts.isdisjoint(rule.starts):
            self._begin(Mark("start", instant))

    def _stop_or_renew(self, facts: Facts, instant: int) -> None:
        stopped = not facts.isdisjoint(self.rule.stops)
        if stopped or not facts.isdisjoint(self.rule.renews):
            self._end("stop", instant)
            if not stopped and not self.running:
                self._begin(Mark("start", instant))

    @property
    def _resumable(self) -> bool:
        """Whether there is a cycle that a reopening can go on with."""
        return self.over == "stop" and (self.folded is None or bool(self.folded.cycles))

    def _begin(self, mark: Mark) -> None:
        """Begin, or go on; a cycle that runs only while something holds waits for that."""
        if mark.kind == "start" and self.rule.only_while:
            self.armed = True
        else:
            self._run(mark)

    def _run(self, mark: Mark) -> None:
        self._mark(mark)
        self.running, self.paused, self.armed = True, False, None

    def _end(self, kind: Literal["stop", "cancel"], instant: int, reason: str = "") -> None:
        """It is over, unless the stop came too early to count (Q4)."""
        self._mark(Mark(kind, instant, reason))
        if self.target is None or self.target.not_before is None or self._has_ended:
            self.running, self.over = False, kind

    @property
    def _has_ended(self) -> bool:
        return self.folded is None or self.folded.open_cycle is None

    def _mark(self, mark: Mark) -> None:
        if self.folded is None:
            self.waiting = self.waiting.add(mark)
        else:
            self.apply(mark)

    def inherit(self, used: int, instant: int, *, responded: bool) -> None:
        """Begin with time already used, or not at all where the response was given before (R8).

        That is known at the opening; a clock that has a target already keeps its start.
        """
        if responded and "replied" in self.rule.stops:
            self._let_go(instant)
        elif used:
            self.waiting = Chain.of(
                Mark("start", mark.instant, used=used) if mark.kind == "start" else mark
                for mark in self.waiting
            )

    def _let_go(self, instant: int) -> None:
        self.waiting = NO_MARKS
        if self.folded is not None and self.running:
            self.apply(Mark("cancel", instant))
        self.running, self.paused = False, False

    def settle(self, target: Target | None, instant: int, reason: str) -> None:
        """Take the target that holds at the end of an instant; None for none."""
        if self.folded is None:
            if target is not None:
                self._first_target(target, instant)
        elif target is None:
            if self.ended is None:
                self.ended = self.folded.copy()
                if self.ended.open_cycle is not None:
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
        if self.folded is not None and self.folded.open_cycle is not None:
            self.running = True  # also where a stop turns out to have come too early

    def override(
        self,
        wanted: Mapping[str, Overriding],
        instant: int,
        endings: Mapping[str, Ending] = NO_ENDINGS,
    ) -> None:
        """Take the overrides that hold from an instant on, by name, and why others do not (Q3).

        With another target, or declared once more, an override counts from where it began.
        """
        if self.folded is None:
            return
        for name, before in self.overrides.items():
            if name not in wanted or wanted[name].since != before.since:
                reason, who = endings.get(name, RAN_OUT)
                self.apply(Mark("relieve", instant, reason, name=name, who=who))
        for name, each in wanted.items():
            if self.overrides.get(name) != each:
                self.apply(Mark("override", instant, name=name, **each._asdict()))
        self.overrides = wanted

    def apply(self, mark: Mark) -> None:
        """Tell the clock one mark at once."""
        if self.folded is not None:
            self.folded.apply(mark)

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
