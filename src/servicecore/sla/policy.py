"""Policies: which requests are owed what, and by when (P1)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Self

from attrs import field, frozen

from servicecore.errors import InvalidValue
from servicecore.faults import Faults
from servicecore.instants import DateTime, to_datetime
from servicecore.requests import ANY_PRIORITY, Fact, Request
from servicecore.sla.clock import readings_at
from servicecore.sla.conditions import Condition
from servicecore.sla.explanation import when
from servicecore.sla.mark import Mark
from servicecore.sla.rules import DEFAULT_CLOCKS, ClockRule
from servicecore.sla.target import Target

TargetsByPriority = Mapping[str, Target]
"""Targets of one clock; ``"*"`` holds for every priority that is not named."""


@frozen
class Outcome:
    """What one condition of a policy made of a request."""

    fact: str
    condition: Condition
    found: Fact
    holds: bool

    def __str__(self) -> str:
        found = "unknown" if self.found is None else repr(_sorted(self.found))
        return f"{self.fact} is {found}" + ("" if self.holds else f", expected {self.condition}")


def _sorted(fact: Fact) -> object:
    return sorted(fact) if isinstance(fact, frozenset) else fact


@frozen
class Deadline:
    """When a clock that starts at the opening of a request, and never pauses, is due.

    It is `provisional` where the calendar's holidays are not known that far (C9). `started` and
    `due` are microseconds.
    """

    clock: str
    started: int
    due: int
    target: Target
    policy: str
    priority: str | None

    @property
    def due_at(self) -> DateTime:
        """The due instant in the time zone of the target's calendar."""
        return to_datetime(self.due, self.target.calendar.zone)

    @property
    def provisional(self) -> bool:
        """Whether it lies beyond the dates whose holidays are known."""
        return self.target.calendar.is_provisional_instant(self.due)

    def explain(self) -> str:
        """Why it is due then: policy, priority, target, and the stretches of time that count.

        >>> standard = Policy("standard", {"resolution": Target("4h")})
        >>> print(standard.due(Request(id="R1", opened_at=0))["resolution"].explain())
        resolution: due Thu 1 Jan 1970 04:00 (policy 'standard', no priority)
        target: 4h of always (UTC)
        ahead, if nothing pauses it:
          Thu 1 Jan 1970 00:00 – 04:00  open, 4h
        """
        (reading,) = readings_at([Mark("start", self.started)], self.target, self.started)
        _, *because = reading.explain().splitlines()
        priority = f"priority {self.priority!r}" if self.priority else "no priority"
        due = f"{self.clock}: due {when(self.due_at)} (policy {self.policy!r}, {priority})"
        return "\n".join([due, *because])


def _by_clock(targets: Mapping[str, object]) -> Mapping[str, TargetsByPriority]:
    if not isinstance(targets, Mapping):
        raise InvalidValue(f"targets are {targets!r}: expected a table of clocks and their targets")
    faults = Faults()
    checked: dict[str, TargetsByPriority] = {}
    for clock, given in targets.items():
        with faults.within(str(clock)):
            _check_name(clock, "a clock")
            checked[clock] = _by_priority(given)
    faults.refuse("targets")
    return MappingProxyType(checked)


def _by_priority(given: object) -> TargetsByPriority:
    by_priority = {ANY_PRIORITY: given} if isinstance(given, Target) else given
    if not isinstance(by_priority, Mapping) or not by_priority:
        raise InvalidValue(f"found {given!r}; expected a target, or targets by priority")
    faults = Faults()
    for priority, target in by_priority.items():
        with faults.within(str(priority)):
            _check_name(priority, "a priority")
            _check_target(target)
    faults.refuse("targets")
    return MappingProxyType(dict(by_priority))


def _check_name(name: object, what: str) -> None:
    if not isinstance(name, str):
        raise InvalidValue(f"found {name!r}; expected the name of {what}")


def _check_target(target: object) -> None:
    if not isinstance(target, Target):
        raise InvalidValue(f"found {target!r}; expected a target")
    if target.within is None:
        raise InvalidValue("is a given instant; expected a duration or working days")


def _conditions(when: Mapping[str, object]) -> Mapping[str, Condition]:
    if not isinstance(when, Mapping):
        raise InvalidValue(f"when is {when!r}: expected a table of facts and conditions")
    faults = Faults()
    conditions = {}
    for fact, written in when.items():
        with faults.within(str(fact)):
            _check_name(fact, "a fact")
            conditions[fact] = Condition.of(written)
    faults.refuse("conditions")
    return MappingProxyType(conditions)


@frozen
class Policy:
    """Targets by clock and priority, for the requests whose facts are as `when` says.

    A condition is a value, a list of values of which one has to fit, a table (``any``, ``all``,
    ``none``, ``at_least``, ``at_most``) or a `Condition`; all have to hold. A policy without any
    matches every request. Where a clock has one target instead of targets by priority, it holds
    for all. Raises `InvalidValue` with everything that is wrong.

    >>> gold = Policy("gold", {"resolution": {"critical": Target("4h"), "*": Target("24h")}},
    ...               when={"customer": ["acme", "umbrella"], "tags": {"none": "internal"}})
    >>> gold.matches(Request(id="R1", opened_at=0, customer="acme"))
    True
    >>> print(gold.target("resolution", "low"))
    24h of always
    """

    name: str
    targets: Mapping[str, TargetsByPriority] = field(converter=_by_clock, hash=False)
    when: Mapping[str, Condition] = field(factory=dict, converter=_conditions, hash=False)

    def __attrs_post_init__(self) -> None:
        _check_name(self.name, "a policy")
        if not self.name.strip():
            raise InvalidValue("a policy without a name: expected what it is found by")

    def __reduce__(self) -> tuple[type[Self], tuple[object, ...]]:
        targets = {clock: dict(targets) for clock, targets in self.targets.items()}
        return type(self), (self.name, targets, dict(self.when))  # read-only views do not pickle

    def matches(self, request: Request) -> bool:
        """Whether every condition holds for the request."""
        for fact, condition in self.when.items():  # noqa: SIM110  # `all` is half as fast
            if not condition.holds(request.fact(fact)):
                return False
        return True

    def why(self, request: Request) -> tuple[Outcome, ...]:
        """Each condition with what it made of the request: why the policy matches or does not.

        >>> vip = Policy("vip", {}, when={"tags": "vip", "customer": "acme"})
        >>> [str(outcome) for outcome in vip.why(Request(id="R1", opened_at=0, customer="acme"))]
        ["tags is [], expected 'vip'", "customer is 'acme'"]
        """
        return tuple(
            Outcome(fact, condition, found, condition.holds(found))
            for fact, condition in self.when.items()
            for found in [request.fact(fact)]
        )

    def target(self, clock: str, priority: str | None) -> Target | None:
        """The target of a clock for a priority: its own, else that of ``"*"``, else None."""
        targets = self.targets.get(clock, {})
        own = None if priority is None else targets.get(priority)
        return own or targets.get(ANY_PRIORITY)

    def due(
        self, request: Request, clocks: Mapping[str, ClockRule] = DEFAULT_CLOCKS
    ) -> dict[str, Deadline]:
        """When the request is due, by clock: priority → target → calendar → instant.

        It says what holds at the opening, for the clocks that start then; a clock whose rule lets
        it start at something else (such as the next response) has no deadline yet, and neither has
        one without a target for the request's priority. Raises `NeverOpen` where a calendar does
        not have that much time.

        >>> standard = Policy("standard", {"resolution": Target("4h")})
        >>> print(standard.due(Request(id="R1", opened_at=0))["resolution"].due_at)
        1970-01-01 04:00:00+00:00
        """
        owed = {
            clock: self.target(clock, request.priority)
            for clock in self.targets
            if clock not in clocks or "opened" in clocks[clock].starts
        }
        return {
            clock: self._deadline(clock, target, request)
            for clock, target in owed.items()
            if target
        }

    def _deadline(self, clock: str, target: Target, request: Request) -> Deadline:
        start, due = request.opened, target.due(request.opened)
        return Deadline(clock, start, due, target, self.name, request.priority)
