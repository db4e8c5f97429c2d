"""From events to marks: the clock rules applied to what happened."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from typing import Any, Literal

from attrs import define, field

from servicecore.errors import InvalidValue
from servicecore.lifecycle.events import (
    Actor,
    Assigned,
    Cancelled,
    Closed,
    Event,
    Opened,
    Reopened,
    Replied,
    Resolved,
    Side,
    StatusChanged,
)
from servicecore.sla.mark import Mark
from servicecore.sla.rules import STATUS_ENTERED, ClockRule

NOTHING: frozenset[str] = frozenset()
OPENED, ASSIGNED = frozenset({"opened"}), frozenset({"assigned"})
ANSWERED = frozenset({"replied", "updated"})
ASKED = frozenset({"customer replied"})
ASKED_AGAIN = ASKED | {"customer replied again"}


def facts_of(event: Event, *, responded: bool) -> AbstractSet[str]:
    """What an event means to clocks; `responded` says whether we have answered before it (R3)."""
    if isinstance(event, Replied):
        return _facts_of_reply(event, responded=responded)
    said = _FACTS_OF.get(type(event))
    return NOTHING if said is None else said(event)


def _facts_of_reply(reply: Replied, *, responded: bool) -> AbstractSet[str]:
    """An internal note and an automatic message answer nothing (K5)."""
    if not isinstance(reply.actor, Actor | None):
        raise InvalidValue(f"actor is {reply.actor!r}: expected an Actor")
    side = reply.actor.side if reply.actor else Side.DESK
    if not reply.public or reply.automatic or side is Side.SUPPLIER:
        return NOTHING
    if side is Side.DESK:
        return ANSWERED
    return ASKED_AGAIN if responded else ASKED


_ENTERED = {"merged": frozenset({"merged", STATUS_ENTERED + "merged"})}
_FACTS_OF: Mapping[type[Event], Callable[[Any], AbstractSet[str]]] = {
    Opened: lambda _: OPENED,
    Assigned: lambda event: ASSIGNED if event.group or event.person else NOTHING,
    StatusChanged: lambda event: _ENTERED.get(event.status) or {STATUS_ENTERED + event.status},
    Resolved: lambda event: {"resolved", STATUS_ENTERED + event.status},
    Reopened: lambda event: {"reopened", STATUS_ENTERED + event.status},
    Closed: lambda event: {"closed", STATUS_ENTERED + event.status},
    Cancelled: lambda event: {"cancelled", STATUS_ENTERED + event.status},
}


@define
class ClockMarks:
    """The marks of one clock as its rule makes them, event by event."""

    rule: ClockRule
    marks: list[Mark] = field(factory=list)
    running: bool = False
    paused: bool = False
    ended: Literal["stop", "cancel"] | None = None

    def take(self, facts: AbstractSet[str], status: str, reason: str, instant: int) -> None:
        """Mark what the facts of one event, and the status behind it, mean to this clock."""
        if not self.rule.heeds.isdisjoint(facts):
            self._start_or_stop(facts, instant)
        if self.running and (status in self.rule.pauses) != self.paused:
            self.paused = not self.paused
            paused = Mark("pause", instant, _reason(status, reason))
            self.marks.append(paused if self.paused else Mark("resume", instant))

    def _start_or_stop(self, facts: AbstractSet[str], instant: int) -> None:
        rule = self.rule
        if self.running:
            if not facts.isdisjoint(rule.cancels):
                self._end("cancel", instant)
            elif not facts.isdisjoint(rule.stops):
                self._end("stop", instant)
            elif not facts.isdisjoint(rule.renews):
                self._end("stop", instant)
                self._begin(Mark("start", instant))
        elif self.ended and "reopened" in facts and rule.reopening != "stopped":
            self._begin(_REOPENING["cycle" if self.ended == "cancel" else rule.reopening](instant))
        elif not facts.isdisjoint(rule.starts):
            self._begin(Mark("start", instant))

    def _begin(self, mark: Mark) -> None:
        self.marks.append(mark)
        self.running, self.paused = True, False

    def _end(self, kind: Literal["stop", "cancel"], instant: int) -> None:
        self.marks.append(Mark(kind, instant))
        self.running, self.ended = False, kind


_REOPENING: Mapping[str, Callable[[int], Mark]] = {
    "pause": lambda instant: Mark("resume", instant),
    "counted": lambda instant: Mark("resume", instant, counted=True),
    "cycle": lambda instant: Mark("start", instant),
}


def _reason(status: str, reason: str) -> str:
    return f"{status}: {reason}" if reason else status
