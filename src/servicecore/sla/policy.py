"""Policies: which requests are owed what, and by when (P1)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from types import MappingProxyType
from typing import Self

import attrs
from attrs import field, frozen

from servicecore.errors import InvalidValue
from servicecore.faults import Faults
from servicecore.instants import Days, to_timedelta
from servicecore.requests import ANY_PRIORITY, Fact, Request
from servicecore.sla.calendar import Calendar
from servicecore.sla.conditions import Condition
from servicecore.sla.deadline import Deadline
from servicecore.sla.rules import DEFAULT_CLOCKS, ClockRule
from servicecore.sla.target import Target

__all__ = ["Deadline", "Outcome", "Policy", "TargetsByClock", "TargetsByPriority"]

TargetsByPriority = Mapping[str, Target]
"""Targets of one clock; ``"*"`` holds for every priority that is not named."""

TargetsByClock = Mapping[str, TargetsByPriority]
"""Targets of several clocks by name."""


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


def _by_clock(targets: Mapping[str, object]) -> TargetsByClock:
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


def _overrides(overrides: Mapping[str, Mapping[str, object]]) -> Mapping[str, TargetsByClock]:
    if not isinstance(overrides, Mapping):
        raise InvalidValue(f"overrides are {overrides!r}: expected a table of names and targets")
    faults = Faults()
    checked: dict[str, TargetsByClock] = {}
    for name, targets in overrides.items():
        with faults.within(str(name)):
            _check_name(name, "an override")
            checked[name] = _by_clock(targets)
    faults.refuse("overrides")
    return MappingProxyType(checked)


def _plain(by_clock: TargetsByClock) -> dict[str, dict[str, Target]]:
    return {clock: dict(targets) for clock, targets in by_clock.items()}


def _check_name(name: object, what: str) -> None:
    if not isinstance(name, str):
        raise InvalidValue(f"found {name!r}; expected the name of {what}")


def _check_target(target: object) -> None:
    if not isinstance(target, Target):
        raise InvalidValue(f"found {target!r}; expected a target")
    if target.within is None:
        raise InvalidValue("is a given instant; expected a duration or working days")


def conditions_of(when: Mapping[str, object]) -> Mapping[str, Condition]:
    """What is asked of each fact, as conditions; `FaultyTable` with everything that is wrong."""
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
    for all. With `customer_calendar` its targets count on the calendar that the customer has in the
    book, if it has one. `overrides` are targets by name of an override, for as long as that lasts.
    Raises `InvalidValue` with everything that is wrong.

    >>> gold = Policy("gold", {"resolution": {"critical": Target("4h"), "*": Target("24h")}},
    ...               when={"customer": ["acme", "umbrella"], "tags": {"none": "internal"}})
    >>> gold.matches(Request(id="R1", opened_at=0, customer="acme"))
    True
    >>> print(gold.target("resolution", "low"))
    24h of always
    """

    name: str
    targets: TargetsByClock = field(converter=_by_clock, hash=False)
    when: Mapping[str, Condition] = field(factory=dict, converter=conditions_of, hash=False)
    customer_calendar: bool = field(default=False, kw_only=True)
    overrides: Mapping[str, TargetsByClock] = field(
        factory=dict, converter=_overrides, hash=False, kw_only=True
    )

    def __attrs_post_init__(self) -> None:
        _check_name(self.name, "a policy")
        if not self.name.strip():
            raise InvalidValue("a policy without a name: expected what it is found by")
        if not isinstance(self.customer_calendar, bool):
            raise InvalidValue(
                f"customer_calendar is {self.customer_calendar!r}: expected True or False"
            )

    def __reduce__(self) -> tuple[partial[Self], tuple[object, ...]]:
        overrides = {name: _plain(targets) for name, targets in self.overrides.items()}
        options = {"customer_calendar": self.customer_calendar, "overrides": overrides}
        remade = partial(type(self), **options)  # type: ignore[arg-type]  # each of its own type
        return remade, (self.name, _plain(self.targets), dict(self.when))  # views do not pickle

    @property
    def clocks(self) -> tuple[str, ...]:
        """The clocks that it has targets for, those of its overrides included."""
        by_clock = (self.targets, *self.overrides.values())
        return tuple(dict.fromkeys(clock for targets in by_clock for clock in targets))

    @property
    def all_targets(self) -> tuple[Target, ...]:
        """Every target in it, those of its overrides included."""
        by_clock = (self.targets, *self.overrides.values())
        return tuple(
            target
            for targets in by_clock
            for by_priority in targets.values()
            for target in by_priority.values()
        )

    def on(self, calendar: Calendar) -> Self:
        """The same policy with its targets on one calendar; those of its overrides stay.

        >>> print(Policy("standard", {"resolution": Target("4h")}).on(
        ...     Calendar.from_dict({"timezone": "UTC", "hours": "mon-fri 09:00-17:00"}, "acme")
        ... ).target("resolution", None))
        4h of acme
        """
        moved = {
            clock: {name: _moved(target, calendar) for name, target in each.items()}
            for clock, each in self.targets.items()
        }
        return attrs.evolve(self, targets=moved)

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
        return _for_priority(self.targets.get(clock), priority)

    def override_target(self, override: str, clock: str, priority: str | None) -> Target | None:
        """The target that an override sets for a clock while it lasts; None where it sets none.

        It is on a calendar of its own, 24×7 unless another one is given, and never the customer's.

        >>> siege = {"business stopped": {"resolution": Target("1h")}}
        >>> standard = Policy("standard", {"resolution": Target("8h")}, overrides=siege)
        >>> print(standard.override_target("business stopped", "resolution", "low"))
        1h of always
        """
        return _for_priority(self.overrides.get(override, {}).get(clock), priority)

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


def _for_priority(targets: TargetsByPriority | None, priority: str | None) -> Target | None:
    if targets is None:
        return None
    own = None if priority is None else targets.get(priority)
    return own or targets.get(ANY_PRIORITY)


def _moved(target: Target, calendar: Calendar) -> Target:
    within, not_before = map(_given, (target.within, target.not_before))
    return attrs.evolve(target, within=within, not_before=not_before, calendar=calendar)


def _given(duration: int | Days | None) -> timedelta | Days | None:
    """A duration as a target takes it."""
    return to_timedelta(duration) if isinstance(duration, int) else duration
