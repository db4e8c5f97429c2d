"""Statuses and the transitions between them, as data: the lifecycle that a book speaks of.

What a transition writes and what guards it is said here by name; the lifecycle room does it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property, partial
from types import MappingProxyType
from typing import Literal, Self

import attrs
from attrs import field, frozen

from servicecore.errors import InvalidValue, UnknownName
from servicecore.sla.target import Target

TransitionEvent = Literal[
    "status changed", "resolved", "reopened", "closed", "cancelled", "merged"
]  # fmt: skip
TRANSITION_EVENTS = ("status changed", "resolved", "reopened", "closed", "cancelled", "merged")

NEW, WORKING = "new", "in progress"
CUSTOMER, THIRD_PARTY, SCHEDULED = "waiting for customer", "waiting for third party", "scheduled"
RESOLVED, CLOSED, CANCELLED, MERGED = "resolved", "closed", "cancelled", "merged"

GUARDS = ("approval given", "customer answered")
"""The guards that the library brings; a lifecycle may have others of its host's."""

ANY_STATUS = "*"
"""Stands, alone among the sources, for every status that is not final."""


def _sources(sources: Iterable[str] | str) -> tuple[str, ...]:
    return names_of((sources,) if isinstance(sources, str) else sources, "sources")


def _guards(guards: Iterable[str]) -> tuple[str, ...]:
    return names_of(guards, "guards")


def names_of(values: Iterable[str], what: str) -> tuple[str, ...]:
    """A list of names as a tuple; `InvalidValue` for anything else."""
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise InvalidValue(f"{what} are {values!r}: expected a list of names")
    listed = tuple(values)
    for name in listed:
        _check_name(name, what)
    return listed


def _check_name(name: object, what: str) -> None:
    if not isinstance(name, str) or not name.strip():
        raise InvalidValue(f"{what}: found {name!r}; expected a name")


@frozen
class Transition:
    """One way from some statuses to another: the event that it writes, and what guards it.

    It is made by a command; or by time, where `after` is given (a target that counts from when the
    status was entered) or `until` is true (at the instant that the status itself names).

    >>> Transition("closed", ["resolved"], "closed", after=Target("120h")).timed
    True
    """

    event: TransitionEvent
    sources: tuple[str, ...] = field(converter=_sources)
    target: str
    guards: tuple[str, ...] = field(default=(), converter=_guards)
    after: Target | None = field(default=None, kw_only=True)
    until: bool = field(default=False, kw_only=True)

    def __attrs_post_init__(self) -> None:
        if self.event not in TRANSITION_EVENTS:
            expected = ", ".join(map(repr, TRANSITION_EVENTS))
            raise InvalidValue(f"event is {self.event!r}: expected one of {expected}")
        if not self.sources:
            raise InvalidValue(f"a transition to {self.target!r} has no sources: expected statuses")
        if ANY_STATUS in self.sources and len(self.sources) > 1:
            raise InvalidValue(
                f"sources are {self.sources!r}: expected names, or {ANY_STATUS!r} alone"
            )
        names_of((self.target,), "targets")
        if self.after is not None and not isinstance(self.after, Target):
            raise InvalidValue(f"after is {self.after!r}: expected a Target, such as Target('5bd')")
        if self.after is not None and self.until:
            raise InvalidValue(
                "a transition is made after a time or at the status's until: not both"
            )

    @property
    def timed(self) -> bool:
        """Whether time makes it, without a command."""
        return self.until or self.after is not None

    @cached_property
    def reason(self) -> str:
        """Why time makes it, in words."""
        if self.after is None:
            return "its date has come"
        return f"{str(self.after).removesuffix(' of always')} without a change"

    def leaves(self, status: str) -> bool:
        """Whether it leads away from that status."""
        return status in self.sources or self.sources == (ANY_STATUS,)


def _transitions(transitions: Iterable[Transition] | Transition) -> tuple[Transition, ...]:
    listed = tuple(transitions) if isinstance(transitions, Iterable) else (transitions,)
    for transition in listed:
        if not isinstance(transition, Transition):
            raise InvalidValue(f"transitions: found {transition!r}; expected each a Transition")
    return listed


def _functions(guards: Mapping[str, Callable[..., str]]) -> Mapping[str, Callable[..., str]]:
    expected = "expected a table of names and functions"
    if not isinstance(guards, Mapping):
        raise InvalidValue(f"guards are {guards!r}: {expected}")
    if not all(map(callable, guards.values())):
        raise InvalidValue(f"guards are {dict(guards)!r}: {expected}")
    return MappingProxyType(dict(guards))


@frozen(kw_only=True)
class Lifecycle:
    """The statuses of a request and the ways between them.

    `first` is the status of a new request, `working` the one in which somebody works on it, and
    `waiting` the one in which it is the customer's turn: what they answer leads from there to
    `working`; it is empty where there is none. With `reopen_on_reply` a customer's message on a
    resolved request reopens it. None of the three is final, as a status is that is led to and that
    no transition names as one to leave from: ``"*"`` does not lead away from it. `guards` are a
    host's own, by name: functions of a situation and the event to be written, which give the reason
    why it may not be, or nothing.

    >>> DEFAULT_LIFECYCLE.targets("resolved")
    ('in progress', 'closed', 'merged')
    """

    transitions: tuple[Transition, ...] = field(converter=_transitions)
    first: str = "new"
    working: str = "in progress"
    waiting: str = field()
    reopen_on_reply: bool = False
    guards: Mapping[str, Callable[..., str]] = field(factory=dict, converter=_functions, hash=False)

    @waiting.default
    def _usual_waiting(self) -> str:
        return CUSTOMER if any(each.leaves(CUSTOMER) for each in self.transitions) else ""

    def __attrs_post_init__(self) -> None:
        known = self.statuses
        for name in (self.working, self.waiting):
            if name and name not in known:
                raise UnknownName("status", name, known)
        if not self.working:
            raise InvalidValue("working is empty: expected the status in which somebody works")
        for what in ("first", "working", "waiting"):
            if (name := getattr(self, what)) in self.finals:
                raise InvalidValue(
                    f"{what} is {name!r}, which is final: expected a status that a transition "
                    f"names among its sources ({ANY_STATUS!r} does not lead away from final ones)"
                )
        if not any(transition.leaves(self.first) for transition in self.transitions):
            raise InvalidValue(f"nothing leads from {self.first!r}, the first status, to another")

    def __reduce__(self) -> tuple[partial[Self], tuple[()]]:
        given = {name: getattr(self, name) for name in attrs.fields_dict(type(self))}
        return partial(type(self), **{**given, "guards": dict(self.guards)}), ()

    @property
    def statuses(self) -> tuple[str, ...]:
        """All statuses, in the order in which they are first named."""
        named = [self.first]
        for transition in self.transitions:
            named += [*transition.sources, transition.target]
        usual = (self.first, self.working, self.waiting)  # the first ones that come to mind
        ordered = dict.fromkeys((*(name for name in usual if name in named), *named))
        return tuple(name for name in ordered if name != ANY_STATUS)

    @cached_property
    def finals(self) -> frozenset[str]:
        """The statuses that are only led to: no transition names them as one to leave from."""
        left = {source for transition in self.transitions for source in transition.sources}
        return frozenset(each.target for each in self.transitions if each.target not in left)

    def is_final(self, status: str) -> bool:
        """Whether a status is only led to."""
        return status in self.finals

    def ways(self, status: str) -> tuple[Transition, ...]:
        """The transitions that lead away from a status; none from a final one."""
        if status in self.finals:
            return ()
        return tuple(each for each in self.transitions if each.leaves(status))

    def targets(self, status: str) -> tuple[str, ...]:
        """The statuses that can be reached from one in one step."""
        return tuple(dict.fromkeys(transition.target for transition in self.ways(status)))

    def extended(self, *transitions: Transition, **guards: Callable[..., str]) -> Self:
        """The lifecycle with more transitions, and more guards of a host's own."""
        return attrs.evolve(
            self,
            transitions=(*self.transitions, *transitions),
            guards={**self.guards, **guards},
        )

    def without(self, *statuses: str) -> Self:
        """The lifecycle without some statuses, and without what leads to them and away.

        >>> "scheduled" in DEFAULT_LIFECYCLE.without("scheduled").statuses
        False
        """
        for status in statuses:
            if status not in self.statuses:
                raise UnknownName("status", status, self.statuses)
        kept = []
        for transition in self.transitions:
            sources = [name for name in transition.sources if name not in statuses]
            if sources and transition.target not in statuses:
                kept.append(attrs.evolve(transition, sources=sources))
        waiting = "" if self.waiting in statuses else self.waiting
        return attrs.evolve(self, transitions=kept, waiting=waiting)


_WAITING = (CUSTOMER, THIRD_PARTY, SCHEDULED)
_OPEN = (NEW, WORKING, *_WAITING)

DEFAULT_LIFECYCLE = Lifecycle(
    transitions=(
        Transition("status changed", [NEW, *_WAITING], WORKING, ["approval given"]),
        Transition("status changed", [NEW, WORKING, THIRD_PARTY, SCHEDULED], CUSTOMER),
        Transition("status changed", [NEW, WORKING, CUSTOMER, SCHEDULED], THIRD_PARTY),
        Transition("status changed", [NEW, WORKING, CUSTOMER, THIRD_PARTY], SCHEDULED),
        Transition("status changed", [SCHEDULED], WORKING, ["approval given"], until=True),
        Transition("resolved", _OPEN, RESOLVED, ["approval given"]),
        Transition("reopened", [RESOLVED, CLOSED], WORKING),
        Transition("closed", [RESOLVED], CLOSED),
        Transition("closed", [RESOLVED], CLOSED, ["customer answered"], after=Target("120h")),
        Transition("cancelled", _OPEN, CANCELLED),
        Transition("merged", [*_OPEN, RESOLVED], MERGED),
    )
)
"""The library's own lifecycle; a host replaces it, extends it, or leaves parts of it out."""

FIRST_STATUS = DEFAULT_LIFECYCLE.first
DEFAULT_STATUSES = DEFAULT_LIFECYCLE.statuses
