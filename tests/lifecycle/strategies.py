"""Random policy books with escalations, and histories as a desk could have made them.

All instants lie on quarters of an hour from a Friday afternoon until Monday noon: so events, due
instants and thresholds meet, which is where mistakes are.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
from hypothesis import strategies as st

from servicecore.catalogue import Catalogue, Customer, Service
from servicecore.instants import to_instant
from servicecore.lifecycle.events import (
    Actor,
    Assigned,
    Cancelled,
    EscalationAcknowledged,
    Event,
    Opened,
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
from servicecore.sla import Calendar, ClockRule, Policy, PolicyBook, Target, always
from servicecore.sla.escalation import Escalation, Step
from servicecore.sla.layers import Layer
from servicecore.sla.rota import Rota
from servicecore.sla.statuses import DEFAULT_LIFECYCLE, Lifecycle

FRIDAY = datetime(2026, 3, 6, 14, tzinfo=UTC)
MINUTES = 70 * 60
QUARTER = timedelta(minutes=15)
OFFICE = Calendar.from_dict({"timezone": "UTC", "hours": {"mon-fri": "09:00-17:00"}}, "office")
NIGHTS = Rota(
    "nights", "UTC", [Layer("all", ["cara"], "2026-01-05 09:00", "1 week", always - OFFICE)]
)
CUSTOMER, US = Actor("ann", Side.CUSTOMER), Actor("desk")

calendars = st.sampled_from([OFFICE, always])
quarters = st.integers(0, 24) | st.integers(0, MINUTES // 15)
"""Numbers of quarters: on the first afternoon, or at any time."""
durations = st.sampled_from(["15m", "30m", "1h", "3h"])


def minute(number: int) -> int:
    """The instant that many minutes after the start, in microseconds."""
    return to_instant(FRIDAY + timedelta(minutes=number))


def minute_of(instant: int) -> int:
    """The number of minutes from the start to an instant."""
    number, rest = divmod(instant - to_instant(FRIDAY), 60_000_000)
    assert not rest
    return number


def _closing_after(after: str) -> Lifecycle:
    """The default lifecycle, with requests that close sooner."""
    transitions = [
        attrs.evolve(each, after=Target(after)) if each.after else each
        for each in DEFAULT_LIFECYCLE.transitions
    ]
    return attrs.evolve(DEFAULT_LIFECYCLE, transitions=transitions)


lifecycles = st.sampled_from([DEFAULT_LIFECYCLE, _closing_after("2h"), _closing_after("12h")])


PRESENT = ("role: manager", "custodian")
ABSENT = ("person", "group", "rota: nights")
DESERTED = ("role: manager", "rota: nobody's")
"""Whom steps tell: who is always there, who may be at times, and who is always or never there."""


@st.composite
def steps(
    draw: st.DrawFn, name: str, triggers: dict[str, Any], told: tuple[str, ...], *, causes: bool
) -> Step:
    """One step that waits for one of the triggers; in deserted places it is not repeated."""
    trigger = draw(st.sampled_from(sorted(triggers)))
    options: dict[str, Any] = {trigger: draw(triggers[trigger])}
    options["time"] = draw(st.sampled_from(["business", "wall"]))
    options["hours"] = draw(st.sampled_from([None, None, OFFICE]))
    if told is not DESERTED and draw(st.integers(0, 2)) == 0:
        options |= {"every": draw(durations), "limit": draw(st.integers(2, 3))}
    number = 1 if told is DESERTED else draw(st.integers(1, 2))
    options["tell"] = [draw(st.sampled_from(told)) for _ in range(number)]
    if causes and draw(st.booleans()):
        options["assign"] = draw(st.sampled_from(["first", "second"]))
    if causes and draw(st.booleans()):
        options["priority"] = draw(st.sampled_from(["high", "low"]))
    return Step(name, **options)


BY_CLOCK = {
    "share": st.sampled_from(["25%", "50%", "75%", "100%", "150%"]),
    "before": durations,
    "after": st.just("0m") | durations,
}
BY_REQUEST = {
    "silence": durations,
    "bounces": st.integers(1, 2),
    "reopened": st.integers(1, 2),
    "unassigned": durations,
    "gap": st.just(-1),
}


@st.composite
def ladders(draw: st.DrawFn, name: str, told: tuple[str, ...], *, causes: bool) -> Escalation:
    """A ladder of a clock, or of conditions."""
    clock = draw(st.sampled_from(["resolution", "resolution", "first response", ""]))
    triggers = BY_CLOCK if clock else BY_REQUEST
    number = draw(st.integers(1, 3))
    listed = [draw(steps(f"s{each}", triggers, told, causes=causes)) for each in range(number)]
    when = draw(st.sampled_from([{}, {}, {"priority": "high"}]))
    return Escalation(name, listed, clock, when)


@st.composite
def books(draw: st.DrawFn, *, causes: bool = False, told: tuple[str, ...] = PRESENT) -> PolicyBook:
    """A book of one policy with up to three ladders.

    Their steps cause something if that is asked for.
    """
    calendar = draw(calendars)
    hours = st.sampled_from(["1h", "2h", "4h", "6h"])
    targets = {
        "resolution": {
            "high": Target(draw(hours), calendar), "*": Target(draw(hours), calendar)
        },
        "first response": Target(draw(hours), calendar),
        "follow-up": Target("8h", calendar, not_before="30m"),
    }  # fmt: skip
    siege = {"siege": {"resolution": Target(draw(hours), draw(calendars))}}
    rule = ClockRule(
        "resolution",
        ["opened"],
        ["resolved", "closed"],
        ["waiting for customer", "scheduled"],
        retargeting=draw(st.sampled_from(["carry", "restart"])),
        reopening=draw(st.sampled_from(["pause", "cycle"])),
    )
    customers = [Customer("acme", calendar="office"), Customer("hooli")]
    return PolicyBook.of(
        Policy("all", targets, overrides=siege),
        clocks={"resolution": rule},
        calendars={"office": OFFICE},
        catalogue=Catalogue([Service("mail", custodian="post office")], customers=customers),
        rotas={"nights": NIGHTS},
        lifecycle=draw(lifecycles),
        escalations=[
            draw(ladders(f"ladder {each}", told, causes=causes))
            for each in range(draw(st.integers(1, 3)))
        ],
    )


def _status(at: int, draw: st.DrawFn) -> Event:
    name = draw(st.sampled_from(["in progress", "waiting for customer", "scheduled"]))
    until = at + 15 * 60_000_000 * draw(st.integers(1, 40)) if name == "scheduled" else None
    return StatusChanged(request="R1", occurred_at=at, status=name, until=until)


def _acknowledged(at: int, draw: st.DrawFn) -> Event:
    return EscalationAcknowledged(
        request="R1",
        occurred_at=at,
        clock=draw(st.sampled_from(["resolution", "resolution", ""])),
        cycle=draw(st.integers(0, 1)),
        ladder=draw(st.sampled_from(["ladder 0", "ladder 1"])),
    )


def _override(at: int, draw: st.DrawFn) -> Event:
    until = draw(st.sampled_from([None, 2, 12]))
    end = None if until is None else at + until * 15 * 60_000_000
    return OverrideStarted(
        request="R1", occurred_at=at, override="siege", reason="stopped", until=end
    )


def _promise(at: int, draw: st.DrawFn) -> Event:
    due = at + 15 * 60_000_000 * draw(st.integers(0, 20))
    kind = draw(st.sampled_from(["delivery", "checkpoint"]))
    return PromiseMade(request="R1", occurred_at=at, promise=str(at), kind=kind, due_at=due)


def _assigned(at: int, draw: st.DrawFn) -> Event:
    group = draw(st.sampled_from(["first", "second"]))
    person = draw(st.sampled_from([None, "bob"]))
    return Assigned(request="R1", occurred_at=at, group=group, person=person)


Made = Callable[[int, st.DrawFn], Event]

ANY_TIME: list[Made] = [
    lambda at, draw: Replied(
        request="R1", occurred_at=at, actor=draw(st.sampled_from([US, CUSTOMER]))
    ),
    lambda at, draw: Prioritised(
        request="R1", occurred_at=at, priority=draw(st.sampled_from(["high", "low"]))
    ),
    _assigned,
    _assigned,
    _acknowledged,
    _override,
    lambda at, _: OverrideEnded(request="R1", occurred_at=at, override="siege"),
    lambda at, draw: SurveyAnswered(
        request="R1", occurred_at=at, survey="q", expectation=4, perception=draw(st.integers(2, 5))
    ),
]
OPEN: list[Made] = [
    *ANY_TIME,
    _status,
    _status,
    _promise,
    lambda at, _: Reported(request="R1", occurred_at=at, done="looked"),
    lambda at, _: Resolved(request="R1", occurred_at=at),
    lambda at, _: Cancelled(request="R1", occurred_at=at),
]
OVER: list[Made] = [*ANY_TIME, lambda at, _: Reopened(request="R1", occurred_at=at)]


@st.composite
def histories(draw: st.DrawFn, *, most: int = 10) -> list[Event]:
    """A history of one request: what is over is reopened before anything else is done with it."""
    facts = {"customer": draw(st.sampled_from(["acme", "hooli"])), "service": "mail"}
    history: list[Event] = [Opened(request="R1", occurred_at=FRIDAY, facts=facts)]
    over = False
    for quarter in sorted(draw(st.lists(quarters, max_size=most))):
        make = draw(st.sampled_from(OVER if over else OPEN))
        event = make(minute(15 * quarter), draw)
        over = isinstance(event, Resolved | Cancelled) or (over and not isinstance(event, Reopened))
        history.append(event)
    return [attrs.evolve(event, sequence=number) for number, event in enumerate(history)]
