"""Replaying a history: events to marks, marks and targets to readings, all of it to a situation.

Every event is taken as fact; nothing is refused here, and nothing outside is asked.
"""

from __future__ import annotations

import reprlib
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from operator import attrgetter
from typing import Any

from attrs import define, field

from servicecore.errors import InvalidValue
from servicecore.instants import as_instant
from servicecore.lifecycle.clocks import ClockMarks, facts_of
from servicecore.lifecycle.events import (
    Assigned,
    Cancelled,
    Closed,
    Event,
    FactsChanged,
    Opened,
    PolicyApplied,
    Prioritised,
    Reopened,
    Resolved,
    StatusChanged,
    in_order,
)
from servicecore.lifecycle.situation import Situation
from servicecore.requests import Fact, Request
from servicecore.sla.book import PolicyBook
from servicecore.sla.clock import Reading, readings_at
from servicecore.sla.mark import Mark
from servicecore.sla.policy import Policy
from servicecore.sla.statuses import FIRST_STATUS
from servicecore.sla.target import Target
from servicecore.sla.years import shown

STATUS_EVENTS = (StatusChanged, Resolved, Reopened, Closed, Cancelled)
RESPONSES = frozenset({"replied", "resolved"})
PRIORITY_FACTS = frozenset({"priority", "impact", "urgency"})


def replay(history: Iterable[Event], book: PolicyBook, *, at: datetime | int) -> Situation:
    """The situation of one request at an instant, out of its history under a policy book.

    Events later than `at` are not known yet. Raises `InvalidValue` where the history up to `at`
    does not begin with `Opened`, or has events of several requests.

    >>> from datetime import UTC
    >>> from servicecore.sla import Target
    >>> book = PolicyBook.of(Policy("all", {"resolution": Target("4h")}))
    >>> nine, now = (datetime(2026, 3, 6, hour, tzinfo=UTC) for hour in (9, 12))
    >>> situation = replay([Opened(request="R1", occurred_at=nine)], book, at=now)
    >>> str(situation.reading("resolution").remaining)
    '1:00:00'
    """
    instant = as_instant(at)
    history = _checked(history, book)
    known = [event for event in in_order(history) if event.occurred <= instant]
    if not known or not isinstance(known[0], Opened):
        found = f"begins with {type(known[0]).__name__}" if known else "is empty"
        raise InvalidValue(f"the history up to {shown(instant)} {found}: expected Opened first")
    replayed = _Replay(known[0], book)
    for event, following in zip(known, [*known[1:], None], strict=True):
        replayed.take(event)
        if following is None or following.occurred > event.occurred:
            replayed.settle(event.occurred)
    return replayed.situation(instant)


def _checked(history: object, book: object) -> tuple[Event, ...]:
    events = tuple(history) if isinstance(history, Iterable) else (history,)
    if not isinstance(history, Iterable) or not all(isinstance(event, Event) for event in events):
        raise InvalidValue(f"history is {reprlib.repr(history)}: expected the events of a request")
    if not isinstance(book, PolicyBook):
        raise InvalidValue(f"book is {reprlib.repr(book)}: expected a PolicyBook")
    return events


@define
class _Owed:
    """The target of one clock over time: the first one, and the marks that its changes make.

    Where the target goes away the clock is no longer owed, and cancelled; where it comes back, that
    was only in between, and the clock has run on.
    """

    first: Target | None = None
    now: Target | None = None
    changes: list[Mark] = field(factory=list)
    gone: Mark | None = None

    @property
    def marks(self) -> list[Mark]:
        """All of them, the end included if the target is gone."""
        return self.changes if self.gone is None else [*self.changes, self.gone]

    def change(self, target: Target | None, instant: int, reason: str) -> None:
        """Take the target that holds from an instant on; None for none."""
        if target is None:
            if self.now is not None and self.gone is None:
                self.gone = Mark("cancel", instant, f"no target for {reason}")
            return
        self.gone = None
        if target is self.now or target == self.now:
            return
        if self.first is None:
            self.first = target
        else:
            self.changes.append(Mark("retarget", instant, reason, target=target))
        self.now = target


class _Replay:
    """One history being folded: the request, its status, its policy and its clocks so far."""

    def __init__(self, opened: Opened, book: PolicyBook) -> None:
        self.book = book
        self.id, self.opened = opened.request, opened.occurred
        self.facts: dict[str, Fact] = {}
        self.request: Request | None = None
        self.status = FIRST_STATUS
        self.reason = ""
        self.responded = False
        self.reopenings = 0
        self.pinned: PolicyApplied | None = None
        self.policy: Policy | None = None
        self.version = ""
        self.before_first = False
        self.priority: str | None = None
        self.matched = book.version_at(opened.occurred).matched_facts | PRIORITY_FACTS
        self.unsettled = True
        self.clocks = {name: ClockMarks(rule) for name, rule in book.owed.items()}
        self.owed = {name: _Owed() for name in book.owed}

    def take(self, event: Event) -> None:
        """Apply one event to the request, the status and the clocks' marks."""
        if event.request != self.id:
            raise InvalidValue(
                f"an event of {event.request!r} in the history of {self.id!r}: "
                "expected the events of one request"
            )
        if setting := _FACTS_SET_BY.get(type(event)):
            facts = setting(event)
            self.facts.update(facts)
            self.request = None
            self.unsettled = self.unsettled or not self.matched.isdisjoint(facts)
        elif isinstance(event, STATUS_EVENTS):
            self.status, self.reason = event.status, event.reason
            self.reopenings += isinstance(event, Reopened)
        elif isinstance(event, PolicyApplied):
            self.pinned, self.unsettled = event, True
        self._mark(event)

    def _mark(self, event: Event) -> None:
        facts = facts_of(event, responded=self.responded)
        self.responded = self.responded or not RESPONSES.isdisjoint(facts)
        if isinstance(event, STATUS_EVENTS) or not self.book.heeded.isdisjoint(facts):
            for clock in self.clocks.values():
                clock.take(facts, self.status, self.reason, event.occurred)

    def settle(self, instant: int) -> None:
        """Match the policy anew after the facts of an instant changed, and retarget clocks (P2)."""
        if not self.unsettled:
            return
        self.unsettled = False
        selection = self.book.select(self._known_request())
        self.request, self.policy = selection.request, selection.policy
        self.priority = selection.request.priority
        self.version, self.before_first = selection.version.name, selection.before_first
        if self.pinned:
            version = self.pinned.version or self.version
            self.policy = self.book.policies_named(self.pinned.policy, version)[0]
            self.version = version
        name = self.policy.name if self.policy else "no policy"
        reason = f"priority {self.priority or 'none'}, {name}"
        for clock, owed in self.owed.items():
            target = self.policy.target(clock, self.priority) if self.policy else None
            owed.change(target, instant, reason)

    def _known_request(self) -> Request:
        if self.request is None:
            request = Request.from_facts(self.id, self.opened, self.facts)
            self.request = self.book.prioritised(request)
        return self.request

    def situation(self, at: int) -> Situation:
        """What follows from everything taken so far."""
        return Situation(
            request=self._known_request(),
            instant=at,
            status=self.status,
            policy=self.policy.name if self.policy else None,
            version=self.version,
            before_first=self.before_first,
            reopenings=self.reopenings,
            readings=self._readings(at),
        )

    def _readings(self, at: int) -> Mapping[str, tuple[Reading, ...]]:
        return {
            name: readings_at([*self.clocks[name].marks, *owed.marks], owed.first, at)
            for name, owed in self.owed.items()
            if owed.first is not None
        }


def _facts_of_priority(event: Prioritised) -> Mapping[str, Fact]:
    facts = {"priority": event.priority, "impact": event.impact, "urgency": event.urgency}
    return {name: value for name, value in facts.items() if value is not None}


_FACTS_SET_BY: Mapping[type[Event], Callable[[Any], Mapping[str, Fact]]] = {
    Opened: attrgetter("facts"),
    FactsChanged: attrgetter("facts"),
    Assigned: lambda event: {"group": event.group, "person": event.person},
    Prioritised: _facts_of_priority,
}
"""The facts of a request that an event sets."""
