"""Clock rules as data: random rules over random histories, against marks derived by hand (K3-K6).

The expectation goes through the whole history once, writes down marks with the words of the rule,
and leaves the rest to `read_cycles`, which has an oracle of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecore import PolicyBook, replay
from servicecore.instants import HOUR
from servicecore.lifecycle.events import (
    Actor,
    ApprovalDecided,
    ApprovalRequested,
    Assigned,
    Cancelled,
    Closed,
    Event,
    MergedInto,
    Opened,
    Prioritised,
    Reopened,
    Replied,
    Resolved,
    Side,
    SplitFrom,
    StatusChanged,
)
from servicecore.lifecycle.situation import Situation
from servicecore.sla import Mark, Reading, State, Target, read_cycles
from servicecore.sla.policy import Policy
from servicecore.sla.rules import ClockRule
from tests.lifecycle.strategies_fold import (
    GIVEN_UP,
    GROUPS,
    NINE,
    OFFICE,
    PLAIN,
    POLICIES,
    STATUSES,
    at,
    histories,
    instants,
)
from tests.oracle.strategies import at_most

ANN = Actor("ann", Side.CUSTOMER)

# -- the marks, by hand ----------------------------------------------------------------------------


def words(event: Event, *, answered: bool) -> set[str]:
    """What an event is called in a rule; `answered`: whether anybody had answered before it."""
    name = type(event).__name__
    said = {
        "Opened": {"opened"},
        "Resolved": {"resolved", "updated"},
        "Reopened": {"reopened"},
        "Closed": {"closed"},
        "Cancelled": {"cancelled"},
        "MergedInto": {"merged"},
        "ApprovalRequested": {"approval requested"},
        "ApprovalDecided": {"approval decided"},
        "Restored": {"restored"},
        "FollowedUp": {"followed up", "updated"},
        "OptionsOffered": {"options offered", "updated"},
        "OptionChosen": {"option chosen"},
    }.get(name, set())
    if isinstance(event, Assigned) and (event.group or event.person):
        said = {"assigned"}
    if isinstance(event, Replied) and event.public and not event.automatic:
        side = event.actor.side if event.actor else Side.DESK
        by_customer = {"customer replied"} | ({"customer replied again"} if answered else set())
        said = {Side.DESK: {"replied", "updated"}, Side.CUSTOMER: by_customer}.get(side, set())
    if isinstance(event, StatusChanged) and event.status == "merged":
        said = {"merged"}
    entered = getattr(event, "status", None)
    return said | ({f"status: {entered}"} if entered else set())


@dataclass
class Scribe:
    """One clock's marks so far, and what its rule has to know for the next one."""

    rule: ClockRule
    marks: list[Mark] = field(default_factory=list)
    state: str = "idle"
    before: str = "idle"
    paused: bool = False
    given_up: bool = False
    answered: bool = False
    status: str = "new"
    waiting_on: str = ""
    group: str | None = None
    approval: str | None = None

    def hear(self, event: Event) -> None:
        said = words(event, answered=self.answered)
        self.answered |= bool(said & {"replied", "resolved", "closed"})
        self._know(event)
        self._move(said, event.occurred_at)
        if self.state == "armed" and self._holding() & set(self.rule.only_while):
            self._mark(Mark.start, event.occurred_at)
            self.state, self.paused = "running", False
        if self.state == "running" and self._stands_still() != self.paused:
            self.paused = not self.paused
            self._mark(Mark.pause if self.paused else Mark.resume, event.occurred_at)

    def _know(self, event: Event) -> None:
        status = getattr(event, "status", None)
        if status:
            self.status, self.waiting_on = status, getattr(event, "waiting_on", "")
        if status and (not isinstance(event, StatusChanged | Reopened) or status == "merged"):
            self.approval = None
        if isinstance(event, Assigned):
            self.group = event.group
        elif isinstance(event, Opened):
            self.group = event.facts.get("group", self.group)
        elif isinstance(event, ApprovalRequested):
            self.approval = str(event.side_of_approver)
        elif isinstance(event, ApprovalDecided):
            self.approval = None

    def _holding(self) -> set[str]:
        return {
            self.status,
            f"group: {self.group}",
            f"waiting on: {self.waiting_on}",
            f"approval: {self.approval}",
        }

    def _stands_still(self) -> bool:
        holding = self._holding()
        apart = bool(self.rule.only_while) and not holding & set(self.rule.only_while)
        return apart or bool(holding & set(self.rule.pauses))

    def _move(self, said: set[str], when: datetime) -> None:  # noqa: C901, PLR0912  # what a rule can say
        rule = self.rule
        if "reopened" in said:
            self.given_up = False
        elif said & {"cancelled", "merged"} and said & set(rule.cancels):
            self.given_up = True
        if said & set(rule.cancels):
            if self.state == "running":
                self._mark(Mark.cancel, when)
                self.state = "cancelled"
            elif self.state in {"armed", "disarmed"}:
                self.state = self.before
        elif self.state == "running":
            if said & set(rule.stops):
                self._mark(Mark.stop, when)
                self.state = "stopped"
            elif said & set(rule.renews):
                self._mark(Mark.stop, when)
                self.state = "stopped"
                self._run(Mark.start, when)
        elif self.state in {"armed", "disarmed"}:
            self._wait_on(said)
        elif "reopened" in said and rule.reopening != "stopped" and self.state != "idle":
            resumes = self.state == "stopped" and rule.reopening != "cycle" and bool(self.marks)
            counted = {"counted": True} if rule.reopening == "counted" else {}
            if resumes:
                self._run(Mark.resume, when, **counted)
            else:
                self._run(Mark.start, when)
        elif said & set(rule.starts) and not self.given_up:
            self._run(Mark.start, when)

    def _wait_on(self, said: set[str]) -> None:
        """A cycle that has not begun is called off by a stop, and on again by a reopening."""
        reopens = "reopened" in said and self.rule.reopening != "stopped"
        starts = said & set(self.rule.starts) and not self.given_up
        if said & set(self.rule.stops):
            self.state = "disarmed"
            if starts:
                self.state = "armed"
        elif self.state == "disarmed" and (reopens or starts):
            self.state = "armed"

    def _run(self, make: Any, when: datetime, **options: Any) -> None:
        if make == Mark.start and self.rule.only_while:
            self.before = self.state if self.state in {"stopped", "cancelled"} else "idle"
            self.state = "armed"
            return
        self._mark(make, when, **options)
        self.state, self.paused = "running", False

    def _mark(self, make: Any, when: datetime, **options: Any) -> None:
        self.marks.append(make(when, **options))


def expected(
    rule: ClockRule, targets: dict[str, Target], history: Sequence[Event], now: datetime
) -> list[Reading]:
    """What the clock shows, out of the events up to an instant; nothing where nothing is owed."""
    scribe, first, held, gone = Scribe(rule), None, None, None
    priority: str | None = None
    known = [event for event in history if event.occurred_at <= now]
    for when, together in groupby(known, key=lambda event: event.occurred_at):
        for event in together:
            scribe.hear(event)
            priority = _priority(event) or priority
        target = targets.get(priority or "", targets.get("*"))
        if target is not None and first is None:
            first = held = target
            if not rule.retroactive and not (scribe.marks and scribe.marks[0].at == when):
                scribe.marks = _from_now_on(scribe, when)
        elif target is not None and target != held:
            restart = rule.retargeting == "restart"
            scribe.marks.append(Mark.retarget(when, target, restart=restart))
            held = target
        if first is not None:
            gone = None if target is not None else gone or _ended(scribe, when)
    return [] if first is None else list(read_cycles(gone or scribe.marks, first, at=now))


def _priority(event: Event) -> str | None:
    if isinstance(event, Opened):
        return event.facts.get("priority")
    return event.priority if isinstance(event, Prioritised) else None


def _from_now_on(scribe: Scribe, when: datetime) -> list[Mark]:
    if scribe.state != "running":
        return []
    return [Mark.start(when), *([Mark.pause(when)] if scribe.paused else [])]


def _ended(scribe: Scribe, when: datetime) -> list[Mark]:
    cancelled = [Mark.cancel(when)] if scribe.state == "running" else []
    return [*scribe.marks, *cancelled]


# -- random rules ----------------------------------------------------------------------------------

FACTS_OF_RULES = (
    "opened", "assigned", "replied", "customer replied", "customer replied again", "updated",
    "approval requested", "approval decided", "restored", "resolved", "followed up", "reopened",
    "closed", "status: in progress", "status: scheduled", "options offered",
)  # fmt: skip
CONDITIONS = (
    *STATUSES,
    *(f"group: {group}" for group in GROUPS),
    "waiting on: supplier",
    "approval: customer",
    "approval: desk",
)


def _some(of: Sequence[str], most: int, least: int = 0) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(of), min_size=least, max_size=most, unique=True)


rules = st.builds(
    ClockRule,
    name=st.just("measured"),
    starts=_some(FACTS_OF_RULES, 2, 1) | st.just(["opened"]),
    stops=_some(FACTS_OF_RULES, 2, 1) | st.just(["resolved", "closed"]),
    pauses=_some(CONDITIONS, 3),
    renews=_some(FACTS_OF_RULES, 1),
    cancels=st.just(["cancelled", "merged"]) | st.just(["cancelled", "merged", "reopened"]),
    reopening=st.sampled_from(["pause", "counted", "cycle", "stopped"]),
    only_while=_some(CONDITIONS, 2) | st.just([]),
    retroactive=st.booleans(),
    retargeting=st.sampled_from(["carry", "restart"]),
)
by_priority = st.dictionaries(
    st.sampled_from(["high", "medium", "low", "*"]),
    st.sampled_from([Target("1h"), Target("3h"), Target("5h", OFFICE), Target("2bd", OFFICE)]),
    min_size=1,
)
KINDS = (*PLAIN, *PLAIN, *GIVEN_UP, POLICIES[0])


def told(reading: Reading) -> tuple[object, ...]:
    """What a reading shows, the reasons aside."""
    return (
        reading.state,
        reading.cycle,
        reading.started,
        reading.ended,
        reading.due,
        reading.breached,
        reading.elapsed,
        reading.remaining,
        reading.runs,
        [pause[:2] for pause in reading.pauses],
    )


@given(rules, by_priority, histories(kinds=KINDS, max_size=18), st.data())
@at_most(300)
def test_a_rule_means_what_it_says(
    rule: ClockRule, targets: dict[str, Target], history: list[Event], data: st.DataObject
) -> None:
    """K3-K6, R3, R4: of every rule, in every history, at every instant."""
    book = PolicyBook.of(Policy("standard", {"measured": targets}), clocks={"measured": rule})
    now = data.draw(instants(history))
    shown = replay(history, book, at=now).readings.get("measured", ())
    assert [told(each) for each in shown] == [
        told(each) for each in expected(rule, targets, history, now)
    ]


# -- to the letter ---------------------------------------------------------------------------------


def event(kind: type[Event], quarter: float, /, **fields: Any) -> Event:
    return kind(request="R1", occurred_at=at(quarter), **fields)


def seen(*events: Event, now: float, rule: ClockRule | None = None, **facts: Any) -> Situation:
    clocks = {} if rule is None else {rule.name: rule}
    names = ("resolution", "update", "approval", "requester wait", "agent work", *clocks)
    targets = {
        name: {"high": Target("1h"), "low": Target("8h"), "*": Target("4h")} for name in names
    }
    book = PolicyBook.of(Policy("standard", targets), clocks=clocks)
    opened = Opened(request="R1", occurred_at=NINE, facts=facts)
    return replay([opened, *events], book, at=at(now))


def quarters(situation: Situation, clock: str) -> float:
    reading = situation.reading(clock)
    assert reading is not None
    return reading.elapsed_microseconds / (HOUR / 4)


@pytest.mark.parametrize(
    ("condition", "paused"),
    [
        (event(StatusChanged, 2, status="waiting for customer"), {"resolution", "update"}),
        (event(StatusChanged, 2, status="scheduled"), {"resolution", "update"}),
        (event(ApprovalRequested, 2, approver="eve"), {"resolution", "update"}),
        (event(ApprovalRequested, 2, approver="bo", side="desk"), set()),
        (event(StatusChanged, 2, status="waiting for third party"), set()),
        (event(StatusChanged, 2, status="in progress", waiting_on="isp"), set()),
    ],
)
def test_what_pauses_resolution_and_update(condition: Event, paused: set[str]) -> None:
    """R3: the customer, an appointment, an approval on their side; never a third party."""
    situation = seen(condition, now=4)
    standing = {
        clock
        for clock in ("resolution", "update")
        if situation.readings[clock][-1].state is State.PAUSED
    }
    assert standing == paused


def test_a_decision_ends_the_pause_of_an_approval() -> None:
    """R3, R8: time that waits for the approver is the approval clock's."""
    history = [event(ApprovalRequested, 2, approver="eve"), event(ApprovalDecided, 5, granted=True)]
    situation = seen(*history, now=8)
    assert (quarters(situation, "resolution"), quarters(situation, "approval")) == (5, 3)
    assert situation.readings["approval"][0].state is State.MET


def test_a_pause_tells_its_reason() -> None:
    """K8: the status with its reason, or the condition."""
    waiting = event(StatusChanged, 2, status="waiting for customer", reason="a log")
    pending = event(ApprovalRequested, 2, approver="eve")
    reasons = [
        seen(each, now=4).readings["resolution"][0].pauses[0].reason for each in (waiting, pending)
    ]
    assert reasons == ["waiting for customer: a log", "approval: customer"]


OLA = ClockRule("network", ["opened"], ["resolved"], only_while=["group: network"])
SUPPLIER = ClockRule("isp", ["opened"], ["resolved"], only_while=["waiting on: isp"])


def test_a_clock_of_a_group_runs_while_the_group_has_it() -> None:
    """R4: it begins when the group gets it, pauses otherwise and keeps what has elapsed."""
    history = [
        event(Assigned, 2, group="network", person="bo"),
        event(Assigned, 3, group="network"),
        event(Assigned, 6, group="desk"),
        event(Assigned, 10, group="network"),
        event(Resolved, 12),
    ]
    assert seen(now=1, rule=OLA).readings["network"][0].state is State.PENDING
    situation = seen(*history, now=20, rule=OLA)
    (reading,) = situation.readings["network"]
    assert (reading.state, quarters(situation, "network")) == (State.MET, 6)
    assert [pause.reason for pause in reading.pauses] == ["not group: network"]
    assert reading.started == event(Assigned, 2, group="network").occurred
    opened = seen(now=2, rule=OLA, group="network")
    assert quarters(opened, "network") == 2


def test_a_group_that_never_had_it_has_kept_nothing() -> None:
    """R4, M2: no verdict is nobody's merit; a reopening gives the group another chance."""
    never = seen(event(Resolved, 4), now=9, rule=OLA)
    assert [each.state for each in never.readings["network"]] == [State.PENDING]
    late = [event(Resolved, 4), event(Assigned, 5, group="network")]
    assert seen(*late, now=9, rule=OLA).readings["network"][0].state is State.PENDING
    again = [*late, event(Reopened, 6), event(Resolved, 8)]
    assert quarters(seen(*again, now=9, rule=OLA), "network") == 2
    cancelled = [event(Cancelled, 4), event(Assigned, 5, group="network")]
    assert seen(*cancelled, now=9, rule=OLA).readings["network"][0].state is State.PENDING


def test_a_clock_of_a_supplier_runs_while_it_is_waited_for() -> None:
    """R4: whatever the status is called."""
    history = [
        event(StatusChanged, 1, status="waiting for third party", waiting_on="isp"),
        event(StatusChanged, 3, status="waiting for third party", waiting_on="courier"),
        event(StatusChanged, 4, status="in progress", waiting_on="isp"),
        event(StatusChanged, 5, status="in progress"),
    ]
    assert quarters(seen(*history, now=9, rule=SUPPLIER), "isp") == 3


@pytest.mark.parametrize(("retargeting", "cycles"), [("carry", [5]), ("restart", [2, 3])])
def test_another_priority(retargeting: Any, cycles: list[float]) -> None:
    """K3: the elapsed time is carried over, or a new cycle begins; a cycle that ends so has no
    verdict.
    """
    rule = ClockRule("own", ["opened"], ["resolved"], retargeting=retargeting)
    raised = event(Prioritised, 2, priority="high")
    readings = seen(raised, now=5, rule=rule, priority="low").readings["own"]
    assert [each.elapsed_microseconds / (HOUR / 4) for each in readings] == cycles
    assert readings[-1].late == (retargeting == "carry")
    assert [each.state for each in readings[:-1]] == [State.CANCELLED] * (len(cycles) - 1)


def test_a_renewal_in_a_pause_is_paused_too() -> None:
    """K5, R3: the next cycle begins where the last one ends, and stands still as it did."""
    history = [event(StatusChanged, 1, status="waiting for customer"), event(Replied, 3)]
    first, second = seen(*history, now=5).readings["update"]
    assert (first.state, second.state, second.elapsed_microseconds) == (State.MET, State.PAUSED, 0)


@pytest.mark.parametrize(("retroactive", "expected"), [(True, 8), (False, 4)])
def test_a_target_that_comes_late(retroactive: bool, expected: float) -> None:
    """K3: it counts from the start, or where the rule says so from now on."""
    rule = ClockRule("own", ["opened"], ["resolved"], retroactive=retroactive)
    book = PolicyBook.of(Policy("standard", {"own": {"high": Target("4h")}}), clocks={"own": rule})
    opened = Opened(request="R1", occurred_at=NINE)
    situation = replay([opened, event(Prioritised, 4, priority="high")], book, at=at(8))
    assert quarters(situation, "own") == expected


def test_a_target_that_comes_after_the_stop_holds_for_the_reopening() -> None:
    """K3, K4: not retroactive, there is nothing to resume, so a cycle begins."""
    rule = ClockRule("own", ["opened"], ["resolved"], retroactive=False)
    book = PolicyBook.of(Policy("standard", {"own": {"high": Target("4h")}}), clocks={"own": rule})
    history = [
        Opened(request="R1", occurred_at=NINE),
        event(Resolved, 2),
        event(Prioritised, 4, priority="high"),
        event(Reopened, 6),
    ]
    assert replay(history, book, at=at(5)).readings["own"][0].state is State.PENDING
    (reading,) = replay(history, book, at=at(8)).readings["own"]
    assert (reading.state, reading.started_at) == (State.RUNNING, at(6))


def test_nothing_starts_while_nothing_is_owed() -> None:
    """K6: without a target a clock is no longer owed, and a message starts none; with a target
    that comes back it was only in between (K3).
    """
    book = PolicyBook.of(Policy("standard", {"next response": {"high": Target("1h")}}))
    history = [
        Opened(request="R1", occurred_at=NINE, facts={"priority": "high"}),
        event(Replied, 1),
        event(Prioritised, 2, priority="low"),
        event(Replied, 3, actor=ANN),
        event(Prioritised, 9, priority="high"),
    ]
    assert [each.state for each in replay(history, book, at=at(8)).readings["next response"]] == [
        State.PENDING
    ]
    (reading,) = replay(history, book, at=at(10)).readings["next response"]
    assert (reading.state, reading.breached_at) == (State.BREACHED, at(7))


def test_what_cancels_a_clock_starts_it_in_no_way() -> None:
    """K4, K6: a rule that is cancelled by a reopening is not resumed by it."""
    rule = ClockRule("call back", ["resolved"], ["replied"], cancels=["reopened"])
    history = [event(Resolved, 1), event(Replied, 2), event(Reopened, 3)]
    (reading,) = seen(*history, now=9, rule=rule).readings["call back"]
    assert (reading.state, reading.ended_at) == (State.MET, at(2))
    again = seen(*history, event(Resolved, 4), now=9, rule=rule).readings["call back"]
    assert [each.state for each in again] == [State.MET, State.RUNNING]


@pytest.mark.parametrize("end", [Cancelled, MergedInto])
def test_what_was_given_up_starts_no_clock(end: type[Event]) -> None:
    """K6, R4: none can breach afterwards, whatever starts it; reopened, it starts again."""
    rule = ClockRule("first touch", ["assigned"], ["resolved"])
    fields = {} if end is Cancelled else {"target": "R2"}
    assigned = event(Assigned, 3, group="desk")
    history = [event(end, 1, **fields), assigned]
    assert seen(*history, now=99, rule=rule).readings["first touch"][0].state is State.PENDING
    reopened = [*history, event(Reopened, 4), event(Assigned, 5, group="desk")]
    reading = seen(*reopened, now=6, rule=rule).readings["first touch"][0]
    assert reading.started_at == at(5)


@pytest.mark.parametrize(
    ("end", "clock"),
    [(Resolved, "resolution"), (Closed, "resolution"), (Cancelled, "resolution")],
)
def test_an_approval_ends_with_the_request(end: type[Event], clock: str) -> None:
    """R8: nobody has to decide any longer; reopened, it pauses nothing."""
    history = [event(ApprovalRequested, 1, approver="eve"), event(end, 2), event(Reopened, 3)]
    assert seen(*history, now=4).readings[clock][-1].state is State.RUNNING


# -- splits ----------------------------------------------------------------------------------------


def parted(quarter: float = 0, *, responded: bool = False, **used: int) -> SplitFrom:
    return SplitFrom(
        request="R1", occurred_at=at(quarter), parent="R0", used=used, responded=responded
    )


def test_a_split_starts_with_the_time_of_its_parent() -> None:
    """R8, K7: of each clock that had any; the others begin with none."""
    situation = seen(parted(resolution=3 * HOUR), now=2)
    assert (quarters(situation, "resolution"), quarters(situation, "agent work")) == (14, 2)
    assert situation.readings["resolution"][0].due_at == at(4)


def test_a_split_owes_no_first_response_that_was_given() -> None:
    """R8: later messages want the next one."""
    targets = {name: Target("1h") for name in ("first response", "next response")}
    book = PolicyBook.of(Policy("standard", targets))
    opened = Opened(request="R1", occurred_at=NINE)
    asked = event(Replied, 1, actor=ANN)
    for responded, states in ((True, ("pending", "running")), (False, ("running", "pending"))):
        situation = replay([opened, parted(responded=responded), asked], book, at=at(2))
        shown = tuple(situation.readings[clock][0].state for clock in targets)
        assert shown == states


def test_a_split_that_is_told_late_gives_no_response_back() -> None:
    """R8: what was answered stays answered, and what is owed no longer is cancelled."""
    book = PolicyBook.of(Policy("standard", {"first response": Target("1h")}))
    opened = Opened(request="R1", occurred_at=NINE)
    late = replay([opened, parted(2, responded=True)], book, at=at(9))
    assert late.readings["first response"][0].state is State.CANCELLED
    answered = replay([opened, event(Replied, 1), parted(2)], book, at=at(9))
    assert answered.contact.responded
