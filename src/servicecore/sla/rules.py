"""What starts, pauses and stops each clock, as data.

A rule speaks in *named facts*: words for what an event means to clocks, whatever system it came
from. ``"status: waiting"`` is the fact that the status *waiting* was entered.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Literal

from attrs import field, frozen

from servicecore.errors import InvalidValue, UnknownName
from servicecore.sla.statuses import CUSTOMER, SCHEDULED, THIRD_PARTY

FACTS = frozenset({
    "opened",
    "assigned",
    "replied",  # a public, non-automatic reply of ours
    "customer replied",
    "customer replied again",  # after our first response, or on a resolved request
    "updated",  # the customer was told something by us
    "reported",  # … what was done, and when the next report comes
    "promised",  # … a date
    "options offered",
    "option chosen",
    "approval requested",
    "approval decided",
    "restored",
    "resolved",
    "followed up",
    "reopened",
    "closed",
    "cancelled",
    "merged",
})  # fmt: skip

STATUS = "status"
STATUS_ENTERED = f"{STATUS}: "

CONDITIONS = ("approval", "group", "waiting on")
"""What else than a status can pause a clock, written ``"approval: customer"`` (one is pending on
that side), ``"group: network"`` (who owns the request), ``"waiting on: supplier"``."""


def _names(values: Iterable[str]) -> tuple[str, ...]:
    if isinstance(values, str):
        raise InvalidValue(f"expected a list of names, found the text {values!r}")
    if not isinstance(values, Iterable):
        raise InvalidValue(f"expected a list of names, found {values!r}")
    names = tuple(values)
    for name in names:
        _check_name(name)
    return names


def _check_name(name: object) -> None:
    if not isinstance(name, str) or not name.strip():
        raise InvalidValue(f"found {name!r} in a list of names: expected text")


def check_fact(fact: str, what: str = "fact") -> None:
    """Refuse what is no fact: `UnknownName`, or `InvalidValue` for a status written otherwise.

    >>> check_fact("status:done")
    Traceback (most recent call last):
    ...
    servicecore.errors.InvalidValue: unknown fact 'status:done': write 'status: done' with one space
    """
    if fact in FACTS:
        return
    word, colon, status = fact.partition(":")
    if not colon or word.strip().lower() != STATUS:
        raise UnknownName(what, fact, FACTS)
    if not status.strip():
        raise InvalidValue(f"the {what} {fact!r} names no status: expected 'status: NAME'")
    meant = f"{STATUS_ENTERED}{status.strip()}"
    if fact != meant:
        raise InvalidValue(f"unknown {what} {fact!r}: write {meant!r} with one space")


@frozen
class ClockRule:
    """The rule of one clock.

    The clock starts at a fact of `starts`, stops at one of `stops`, is paused while the request's
    status, or another condition of `CONDITIONS`, is one of `pauses`, or none of `only_while`, and
    is cancelled at one of `cancels`. A fact of `renews` closes the running cycle and opens the next
    one at once. `reopening` says what a reopening does to a stopped clock (K4): resume with the
    closed time as a ``"pause"``, resume with it ``"counted"``, begin a new ``"cycle"``, or leave it
    ``"stopped"``. A clock that gets a target after its start counts from the start, unless
    `retroactive` is false; another target carries on what has elapsed, or with
    ``retargeting="restart"`` begins a new cycle (K3).

    >>> ClockRule("resolution", starts=["opened"], stops=["closed"]).reopening
    'pause'
    """

    name: str
    starts: tuple[str, ...] = field(converter=_names)
    stops: tuple[str, ...] = field(converter=_names)
    pauses: tuple[str, ...] = field(default=(), converter=_names)
    renews: tuple[str, ...] = field(default=(), converter=_names)
    cancels: tuple[str, ...] = field(default=("cancelled", "merged"), converter=_names)
    reopening: Literal["pause", "counted", "cycle", "stopped"] = "pause"
    only_while: tuple[str, ...] = field(default=(), converter=_names)
    retroactive: bool = True
    retargeting: Literal["carry", "restart"] = "carry"
    heeds: frozenset[str] = field(init=False, eq=False, repr=False)
    """All facts that mean something to the clock."""

    @heeds.default
    def _heeds(self) -> frozenset[str]:
        return frozenset((*self.starts, *self.stops, *self.renews, *self.cancels, "reopened"))

    def __attrs_post_init__(self) -> None:
        if not isinstance(self.name, str):
            raise InvalidValue(f"the name of a clock is {self.name!r}: expected text")
        for fact in (*self.starts, *self.stops, *self.renews, *self.cancels):
            check_fact(fact, f"fact of the clock {self.name}")
        if not self.starts or not self.stops:
            raise InvalidValue(f"the clock {self.name} never starts or never stops: name the facts")
        if self.reopening not in ("pause", "counted", "cycle", "stopped"):
            expected = "'pause', 'counted', 'cycle' or 'stopped'"
            raise InvalidValue(f"reopening is {self.reopening!r}: expected {expected}")
        if self.retargeting not in ("carry", "restart"):
            raise InvalidValue(
                f"retargeting is {self.retargeting!r}: expected 'carry' or 'restart'"
            )
        if self.retroactive not in (True, False):
            raise InvalidValue(f"retroactive is {self.retroactive!r}: expected true or false")


WITH_CUSTOMER = (CUSTOMER, SCHEDULED, "approval: customer")
"""When it is not for the desk to act (R3)."""

DONE = ("resolved", "closed")

DEFAULT_CLOCKS: Mapping[str, ClockRule] = MappingProxyType({
    rule.name: rule
    for rule in (
        ClockRule(
            "first response", ["opened"], ["replied", *DONE], reopening="stopped"
        ),
        ClockRule(
            "next response", ["customer replied again"], ["replied", *DONE], reopening="stopped"
        ),
        ClockRule(
            "update", ["opened"], DONE, WITH_CUSTOMER, renews=["updated"], reopening="cycle"
        ),
        ClockRule("resolution", ["opened"], DONE, WITH_CUSTOMER),
        ClockRule("requester wait", ["opened"], DONE, [CUSTOMER, "approval: customer"]),
        ClockRule(
            "agent work", ["opened"], DONE, [*WITH_CUSTOMER, THIRD_PARTY, "approval: desk"]
        ),
        ClockRule(
            "approval", ["approval requested"], ["approval decided", *DONE], reopening="stopped"
        ),
        ClockRule("checkpoint", ["opened"], DONE, renews=["reported"], reopening="cycle"),
        ClockRule(
            "follow-up",
            ["resolved"],
            ["followed up"],
            cancels=["cancelled", "merged", "reopened"],
            reopening="stopped",
        ),
    )
})  # fmt: skip
"""The clocks of every request, unless a policy book says otherwise (R3, Q4). Time that waits for
the approver is the approval clock's, and nobody else's."""
