"""Random histories as facts, in any order of statuses, and books with every kind of clock.

Nothing here asks whether a desk would have done it: replay takes every event as fact (R1).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
from hypothesis import strategies as st

from servicecore.instants import Days, to_instant
from servicecore.lifecycle.events import (
    Actor,
    ApprovalDecided,
    ApprovalRequested,
    Assigned,
    Cancelled,
    Closed,
    Event,
    FactsChanged,
    FollowedUp,
    MergedInto,
    Opened,
    OptionChosen,
    OptionsOffered,
    OverrideEnded,
    OverrideStarted,
    PolicyApplied,
    Prioritised,
    PromiseFulfilled,
    PromiseMade,
    PromiseRenegotiated,
    PromiseWithdrawn,
    Reopened,
    Replied,
    Reported,
    Resolved,
    Restored,
    Side,
    SplitFrom,
    StatusChanged,
    SurveyAnswered,
)
from servicecore.sla import Calendar, Target
from servicecore.sla.book import PolicyBook
from servicecore.sla.policy import Policy
from servicecore.sla.rules import DEFAULT_CLOCKS, ClockRule

NINE = datetime(2026, 3, 6, 9, tzinfo=UTC)
"""A Friday."""
QUARTER = timedelta(minutes=15)
MICROSECOND = timedelta(microseconds=1)
LAST = 80
"""The last quarter of an hour in which anything happens: five in the morning of Saturday."""

OFFICE = Calendar.from_dict({"timezone": "UTC", "hours": {"mon-fri": "09:00-17:00"}}, "office")
STATUSES = ("new", "in progress", "waiting for customer", "waiting for third party", "scheduled")
PRIORITIES = ("high", "medium", "low")
"""From the most to the least pressing."""
OVERRIDES = ("business stopped", "board")
GROUPS = ("desk", "network", "field")

OLA = ClockRule("network", ["opened"], ["resolved", "closed"], only_while=["group: network"])
SUPPLIER = ClockRule(
    "supplier", ["opened"], ["resolved", "closed"], only_while=["waiting on: supplier"]
)
WORK = ClockRule(
    "work", ["assigned"], ["resolved"], ["scheduled"], reopening="counted", retargeting="restart"
)
FORWARD = ClockRule("forward", ["opened"], ["resolved"], reopening="cycle", retroactive=False)
OWN_CLOCKS = {rule.name: rule for rule in (OLA, SUPPLIER, WORK, FORWARD)}


def at(quarters: float) -> datetime:
    """So many quarters of an hour after the opening."""
    return NINE + quarters * QUARTER


def _opening() -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {},
        optional={
            "priority": st.sampled_from(PRIORITIES),
            "customer": st.sampled_from(["acme", "hooli"]),
            "group": st.sampled_from(GROUPS),
            "channel": st.sampled_from(["phone", "email"]),
        },
    )


actors = st.sampled_from(
    [None, Actor("desk"), Actor("ann", Side.CUSTOMER), Actor("isp", Side.SUPPLIER)]
)
dues = st.integers(0, LAST + 30).map(lambda quarters: to_instant(at(quarters)))
promises = st.sampled_from("12345")

_NOW: dict[str, Any] = {"request": st.just("R1"), "occurred_at": st.just(0)}


def _each(event: type[Event], **fields: Any) -> st.SearchStrategy[Event]:
    return st.builds(event, **_NOW, **fields)


PLAIN: tuple[st.SearchStrategy[Event], ...] = (
    _each(Replied, actor=actors, public=st.booleans(), automatic=st.booleans()),
    _each(Replied, actor=st.sampled_from([Actor("desk"), Actor("ann", Side.CUSTOMER)])),
    _each(
        StatusChanged,
        status=st.sampled_from(STATUSES),
        waiting_on=st.sampled_from(["", "supplier"]),
    ),
    _each(Resolved),
    _each(Reopened, status=st.sampled_from(STATUSES)),
    _each(Closed),
    _each(Assigned, group=st.sampled_from([None, *GROUPS]), person=st.sampled_from([None, "bo"])),
    _each(ApprovalRequested, approver=st.just("eve"), side=st.sampled_from(list(Side))),
    _each(ApprovalDecided, granted=st.booleans()),
    _each(Restored),
    _each(FollowedUp),
    _each(OptionsOffered, options=st.just(["wait", "replace"])),
    _each(OptionChosen, option=st.just("wait")),
    _each(SurveyAnswered, survey=st.just("s"), expectation=st.just(4.0), perception=st.just(2.0)),
)
GIVEN_UP = (
    _each(Cancelled),
    _each(MergedInto, target=st.just("R2")),
    _each(StatusChanged, status=st.just("merged")),
)
PROMISES = (
    _each(
        PromiseMade,
        promise=st.just(""),
        kind=st.sampled_from(["delivery", "checkpoint"]),
        due_at=dues,
        told=st.booleans(),
    ),
    _each(PromiseRenegotiated, promise=promises, due_at=dues, told=st.booleans()),
    _each(PromiseFulfilled, promise=promises),
    _each(PromiseWithdrawn, promise=promises),
    _each(Reported, done=st.just("looked"), next_due_at=st.none() | dues),
)
POLICIES = (
    _each(Prioritised, priority=st.sampled_from(PRIORITIES)),
    _each(FactsChanged, facts=_opening()),
    _each(PolicyApplied, policy=st.sampled_from(["gold", "standard"])),
)
URGENT = (
    _each(
        OverrideStarted,
        override=st.sampled_from(OVERRIDES),
        reason=st.just("no sale can be made"),
        until=st.none() | dues,
    ),
    _each(OverrideEnded, override=st.sampled_from(OVERRIDES)),
)
KINDS = (*PLAIN, *GIVEN_UP, *PROMISES, *POLICIES, *URGENT)


def placed(events: Sequence[tuple[int, Event]], opened: Opened) -> list[Event]:
    """The events at their quarters, in order, numbered; promises are numbered as they are made."""
    history: list[Event] = [opened]
    made = 0
    for sequence, (quarter, event) in enumerate(sorted(events, key=lambda each: each[0]), 1):
        moment = attrs.evolve(event, occurred_at=at(quarter), sequence=sequence)
        if isinstance(event, PromiseMade) or (isinstance(event, Reported) and event.next_due):
            made += 1
        if isinstance(moment, PromiseMade):
            moment = attrs.evolve(moment, promise=str(made))
        history.append(moment)
    return history


@st.composite
def histories(
    draw: st.DrawFn,
    *,
    kinds: Sequence[st.SearchStrategy[Event]] = KINDS,
    max_size: int = 14,
    last: int = LAST,
    split: bool = False,
) -> list[Event]:
    """The opening, and whatever may happen to a request afterwards, in order."""
    opened = Opened(request="R1", occurred_at=NINE, facts=draw(_opening()))
    steps = draw(st.lists(st.tuples(st.integers(0, last), st.one_of(*kinds)), max_size=max_size))
    history = placed(steps, opened)
    if split and draw(st.booleans()):
        used = draw(st.dictionaries(st.sampled_from(["resolution", "update"]), st.integers(0, 9)))
        hours = {name: hours * 3_600_000_000 for name, hours in used.items()}
        responded = draw(st.booleans())
        parted = SplitFrom(
            request="R1", occurred_at=NINE, parent="R0", used=hours, responded=responded
        )
        history.insert(1, parted)
    return history


def instants(history: Sequence[Event]) -> st.SearchStrategy[datetime]:
    """Instants from the opening on, often right where something happens."""
    ends = [event.occurred_at for event in history]
    near = [end + step for end in ends for step in (-MICROSECOND, timedelta(0), MICROSECOND)]
    return st.sampled_from([each for each in near if each >= NINE]) | st.integers(
        0, 2 * LAST + 200
    ).map(lambda halves: at(halves / 2))


_hours = st.integers(1, 40).map(lambda quarters: timedelta(minutes=15 * quarters))
_days = st.integers(1, 3).map(Days)
_calendars = st.sampled_from([OFFICE, None])


def _target(within: timedelta | Days, calendar: Calendar | None) -> Target:
    return Target(within) if calendar is None else Target(within, calendar)


@st.composite
def targets(draw: st.DrawFn, *, ordered: bool = False) -> dict[str, Target]:
    """Targets by priority; where `ordered`, the more pressing has no more time."""
    calendar = draw(_calendars)
    within: st.SearchStrategy[Any] = draw(st.sampled_from([_hours, _days]))
    some = draw(st.lists(within, min_size=3, max_size=3))
    if ordered:
        some.sort(key=lambda each: each.count if isinstance(each, Days) else each)
        return {name: _target(each, calendar) for name, each in zip(PRIORITIES, some, strict=True)}
    names = draw(st.lists(st.sampled_from([*PRIORITIES, "*"]), min_size=1, unique=True))
    drawn: dict[str, Target] = {}
    for name in names:
        either: timedelta | Days = draw(_hours | _days)
        drawn[name] = _target(either, draw(_calendars))
    return drawn


CLOCKS = (*DEFAULT_CLOCKS, *OWN_CLOCKS)


@st.composite
def books(draw: st.DrawFn, *, ordered: bool = False) -> PolicyBook:
    """A policy for one customer and one for all the others, with overrides."""

    def by_clock(most: int) -> dict[str, dict[str, Target]]:
        clocks = [clock for clock in CLOCKS if not ordered or clock != "work"]
        some = draw(st.lists(st.sampled_from(clocks), max_size=most, unique=True))
        return {clock: draw(targets(ordered=ordered)) for clock in some}

    def policy(name: str, when: dict[str, object]) -> Policy:
        overrides = {each: by_clock(2) for each in OVERRIDES}
        return Policy(name, by_clock(5), when, overrides=overrides)

    gold, standard = policy("gold", {"customer": "acme"}), policy("standard", {})
    return PolicyBook.of(gold, standard, clocks=OWN_CLOCKS)
