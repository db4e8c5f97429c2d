"""When steps fall due, by walking through a history minute by minute: slow, and plainly so.

It knows the clocks `resolution` and `first response` of the random books, whose targets are whole
quarters of an hour, so that nothing happens between two minutes.
"""

from __future__ import annotations

from collections import defaultdict
from functools import lru_cache
from typing import Any

from servicecore.lifecycle.events import (
    Assigned,
    Cancelled,
    EscalationAcknowledged,
    Event,
    OverrideEnded,
    OverrideStarted,
    Prioritised,
    PromiseMade,
    Reopened,
    Replied,
    Reported,
    Resolved,
    Side,
    StatusChanged,
    SurveyAnswered,
)
from servicecore.sla import PolicyBook, Target
from servicecore.sla.escalation import Escalation, Step
from tests.lifecycle.strategies import MINUTES, OFFICE, minute, minute_of

MICROSECONDS = 60_000_000
REACH = 21 * 1440
BEFORE = 7 * 1440


def _open_in_office(number: int) -> bool:
    of_week = (number + 4 * 1440 + 14 * 60) % (7 * 1440)  # minutes since Monday 00:00
    return of_week < 5 * 1440 and 9 * 60 <= of_week % 1440 < 17 * 60


IS_OPEN = {
    True: [_open_in_office(number) for number in range(-BEFORE, REACH)],
    False: [True] * (BEFORE + REACH),
}


def is_open(office: bool, at: int) -> bool:
    return IS_OPEN[office][at + BEFORE]


@lru_cache(4096)
def forward(office: bool, at: int, minutes: int) -> int:
    """The first minute by which so many open ones have passed."""
    while minutes > 0:
        minutes -= is_open(office, at)
        at += 1
    return at


@lru_cache(4096)
def back(office: bool, at: int, minutes: int) -> int:
    """The last minute since which so many open ones have passed."""
    while minutes > 0:
        at -= 1
        minutes -= is_open(office, at)
    return at


class Course:
    """One target being used up."""

    def __init__(self, target: Target) -> None:
        self.elapsed = 0
        self.history: list[tuple[int, int]] = []
        self.known: dict[tuple[int, bool], int | None] = {}
        self.take(target)

    def take(self, target: Target) -> None:
        self.within = target.within // MICROSECONDS
        self.office = target.calendar == OFFICE

    def due(self, now: int, running: bool) -> int | None:
        """The first running minute by which the target was, or would be, used up."""
        key = (self.within, running)
        if key not in self.known:  # the same for as long as it runs
            self.known[key] = self._due(now, running)
        return self.known[key]

    def _due(self, now: int, running: bool) -> int | None:
        for at, elapsed in self.history:
            if elapsed >= self.within:
                return at
        return forward(self.office, now, self.within - self.elapsed) if running else None


class Clock:
    """One clock: its cycle, whether it runs, and its courses."""

    def __init__(self, name: str) -> None:
        self.name, self.cycle, self.open, self.paused = name, -1, False, False
        self.base: Course | None = None
        self.laid: dict[int, Course] = {}
        self.breach: tuple[int, bool] | None = None

    def start(self, target: Target) -> None:
        self.cycle, self.open, self.breach = self.cycle + 1, True, None
        self.base, self.laid = Course(target), {}

    @property
    def running(self) -> bool:
        return self.open and not self.paused

    @property
    def courses(self) -> list[Course]:
        return [self.base, *self.laid.values()]

    def first(self, now: int) -> tuple[int, bool] | None:
        """The due instant that governs, and whether it is on the office's calendar."""
        dues = [(course.due(now, self.running), course.office) for course in self.courses]
        known = [
            (due, place, office) for place, (due, office) in enumerate(dues) if due is not None
        ]
        if not known:
            return None
        due, _, office = min(known)
        return due, office

    def note_breach(self, now: int) -> None:
        if self.open and self.breach is None:
            first = self.first(now)
            if first is not None and first[0] < now:
                self.breach = first

    def tick(self, now: int) -> None:
        """A minute passes."""
        if self.running:
            for course in self.courses:
                course.elapsed += is_open(course.office, now)

    def remember(self, now: int) -> None:
        for course in self.courses:
            if self.running:
                course.history.append((now, course.elapsed))
            else:
                course.known.clear()


class Walk:
    """A request as it stands at a minute."""

    def __init__(self, book: PolicyBook, customer: str) -> None:
        self.book, self.office = book, customer == "acme"
        self.rule = book.clocks["resolution"]
        self.priority, self.status, self.gap = None, "new", None
        self.group, self.left, self.bounces, self.person = None, set(), 0, None
        self.unassigned, self.silent, self.reopened = 0, 0, 0
        self.overrides: dict[str, tuple[int, int | None]] = {}
        self.over = ""
        self.acknowledged: dict[str, tuple[int, bool]] = {}
        self.clocks = {name: Clock(name) for name in ("resolution", "first response")}
        self.climbs: dict[str, Any] = {}
        self.due: list[tuple[str, int]] = []

    def target(self, clock: str) -> Target:
        return self.book.policies[0].target(clock, self.priority)

    def take(self, event: Event, now: int) -> None:  # noqa: C901, PLR0912  # one case per event
        resolution, response = self.clocks["resolution"], self.clocks["first response"]
        match event:
            case Prioritised():
                self.priority = event.priority
            case Assigned():
                if self.group and event.group != self.group:
                    self.left.add(self.group)
                    self.bounces += event.group in self.left
                self.group = event.group
                if event.person:
                    self.unassigned = None
                elif self.unassigned is None:
                    self.unassigned = now
            case Replied() if event.side is Side.DESK:
                response.open = False
                self.updated(now)
            case Reported() | PromiseMade():
                self.updated(now)
            case StatusChanged():
                self.status = event.status
            case Resolved() | Cancelled():
                self.over = "cancelled" if isinstance(event, Cancelled) else "resolved"
                self.silent, self.status = None, self.over
                resolution.open = response.open = False
            case Reopened():
                self.reopen(now)
            case OverrideStarted():
                until = None if event.until is None else minute_of(event.until)
                self.overrides[event.override] = (now, until)
            case OverrideEnded():
                self.overrides.pop(event.override, None)
            case SurveyAnswered():
                self.gap = event.perception - event.expectation
            case EscalationAcknowledged():
                clock = self.clocks.get(event.clock)
                if event.cycle < self.latest(event.ladder, clock):
                    return
                late = clock is None or clock.breach is not None
                known = self.acknowledged.get(event.ladder)
                late = late or known == (event.cycle, True)
                self.acknowledged[event.ladder] = (event.cycle, late)

    def latest(self, ladder: str, clock: Clock | None) -> int:
        """The latest cycle of a clock; without one, that in which the ladder was climbed last."""
        if clock is not None:
            return clock.cycle
        if ladder in self.climbs:
            return self.climbs[ladder][0]
        climbed = (key[1] for key, fired in self.climbs.items()
                   if key[0] == ladder and any(fired.values()))  # fmt: skip
        return max(climbed, default=-1)

    def updated(self, now: int) -> None:
        if self.silent is not None:
            self.silent = now

    def reopen(self, now: int) -> None:
        resolution = self.clocks["resolution"]
        if self.over == "cancelled" or self.rule.reopening == "cycle":
            resolution.start(self.target("resolution"))
        else:
            resolution.open = True
        self.over, self.status, self.silent = "", "in progress", now
        self.reopened += 1

    def settle(self, now: int) -> None:
        """The instant is over: what pauses, which target holds, which overrides are on."""
        clock = self.clocks["resolution"]
        clock.paused = self.status in ("waiting for customer", "scheduled")
        target = self.target("resolution")
        wanted = (target.within // MICROSECONDS, target.calendar == OFFICE)
        base = clock.base
        if (base.within, base.office) != wanted:
            if clock.open and self.rule.retargeting == "restart":
                clock.start(target)
            elif clock.open:
                base.take(target)
        if clock.open:
            siege = self.book.policies[0].override_target("siege", "resolution", self.priority)
            on = {since for since, _ in self.overrides.values()}
            clock.laid = {since: clock.laid.get(since) or Course(siege) for since in on}
        for each in self.clocks.values():
            each.remember(now)

    def matches(self, ladder: Escalation) -> bool:
        return not ladder.when or self.priority == "high"

    def look(self, now: int) -> None:
        """See which steps are due."""
        fired = []
        for ladder in self.book.escalations:
            look = self.look_by_clock if ladder.clock else self.look_by_request
            fired += look(ladder, now)
        self.due += [(name, now) for name in fired]

    def look_by_clock(self, ladder: Escalation, now: int) -> list[str]:
        clock = self.clocks[ladder.clock]
        if not clock.running or not self.matches(ladder):
            return []
        key = (ladder.name, clock.cycle)
        fired = self.climbs.setdefault(key, defaultdict(list))
        first = clock.first(now)
        assert first is not None
        reached = {step.name: self.reached(step, clock, first, now) for step in ladder.steps}
        return self.fire(ladder, clock.cycle, fired, reached, now, first[1])

    def reached(self, step: Step, clock: Clock, first: tuple[int, bool], now: int) -> bool:
        if step.share is not None:
            return any(course.elapsed >= step.share * course.within for course in clock.courses)
        if step.before is not None:
            due, office = first
            minutes = step.before // MICROSECONDS
            return now >= (due - minutes if step.time == "wall" else back(office, due, minutes))
        due, office = clock.breach or first
        minutes = step.after // MICROSECONDS
        return now >= (due + minutes if step.time == "wall" else forward(office, due, minutes))

    def look_by_request(self, ladder: Escalation, now: int) -> list[str]:
        reached = {step.name: self.holds(step, now) for step in ladder.steps}
        if not self.matches(ladder):
            reached = dict.fromkeys(reached, False)
        cycle, holding, fired = self.climbs.get(ladder.name, (-1, False, None))
        if any(reached.values()) and not holding:
            cycle, fired = cycle + 1, defaultdict(list)
        self.climbs[ladder.name] = (cycle, any(reached.values()), fired)
        if not any(reached.values()):
            return []
        return self.fire(ladder, cycle, fired, reached, now, False)

    def holds(self, step: Step, now: int) -> bool:
        if step.gap is not None:
            return self.gap is not None and self.gap <= step.gap
        if self.silent is None:
            return False
        if step.silence is not None:
            return now >= forward(self.office, self.silent, step.silence // MICROSECONDS)
        if step.unassigned is not None:
            since = self.unassigned
            return since is not None and now >= since + step.unassigned // MICROSECONDS
        if step.bounces is not None:
            return self.bounces >= step.bounces
        return self.reopened >= step.reopened

    def fire(  # noqa: PLR0917  # a test's own
        self, ladder: Escalation, cycle: int, fired: Any, reached: Any, now: int, office: bool
    ) -> list[str]:
        found = []
        for step in ladder.steps:
            past = fired[step.name]
            known = self.acknowledged.get(ladder.name)
            quiet = step.hours is not None and not is_open(True, now)
            early = step.before is not None or (step.share is not None and step.share < 1)
            care = known is not None and known[0] == cycle and (known[1] or early)
            if not reached[step.name] or quiet or care or len(past) >= (step.limit or 1):
                continue
            if past:
                every = step.every // MICROSECONDS
                business = step.time == "business" and bool(ladder.clock)
                again = forward(office, past[-1], every) if business else past[-1] + every
                if now < again:
                    continue
            found.append(f"R1/{ladder.clock}/{cycle}/{ladder.name}/{step.name}/{len(past)}")
            past.append(now)
        return found


def steps_due(history: list[Event], book: PolicyBook, until: int) -> list[tuple[str, int]]:
    """The ids of all steps due by a minute, with the instants, in order of time."""
    by_minute: dict[int, list[Event]] = defaultdict(list)
    for event in history[1:]:
        by_minute[minute_of(event.occurred)].append(event)
    walk = Walk(book, history[0].facts["customer"])
    for event in by_minute[0]:  # which target holds is seen when the first instant is over
        if isinstance(event, Prioritised):
            walk.priority = event.priority
    for name, clock in walk.clocks.items():
        clock.start(walk.target(name))
    for now in range(until + 1):
        for clock in walk.clocks.values():
            clock.note_breach(now)
        walk.overrides = {
            name: (since, end)
            for name, (since, end) in walk.overrides.items()
            if end is None or end > now
        }
        for event in by_minute.get(now, ()):
            walk.take(event, now)
        walk.settle(now)
        walk.look(now)
        for clock in walk.clocks.values():
            clock.tick(now)
    return [(name, minute(at)) for name, at in walk.due]


__all__ = ["MINUTES", "steps_due"]
