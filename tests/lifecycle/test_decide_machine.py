"""Commands against a plain model of a request, in any order.

The model is a few dictionaries and knows neither the library's tables nor its clocks.
"""

from __future__ import annotations

import copy
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from servicecore import PolicyBook, replay
from servicecore.catalogue import Approval, Catalogue, Offering, Service
from servicecore.errors import TransitionRefused
from servicecore.lifecycle import commands
from servicecore.lifecycle.commands import Command, Open
from servicecore.lifecycle.decide import decide, decide_on, open_request
from servicecore.lifecycle.events import Actor, Event, Side
from servicecore.lifecycle.evolve import evolve
from servicecore.lifecycle.replay import situation as situation_of
from servicecore.lifecycle.state import RequestState
from servicecore.sla import Policy, Target

NINE = datetime(2026, 3, 6, 9, tzinfo=UTC)
ANN = Actor("ann", Side.CUSTOMER)
LAPTOP = Service("laptops", offerings=[Offering("laptop", approval=Approval("bo"))])
BOOK = PolicyBook.of(
    Policy(
        "all",
        {"first response": Target("2h"), "update": Target("3h"), "resolution": Target("8h")},
        overrides={"siege": {"resolution": Target("1h")}},
    ),
    catalogue=Catalogue(services=[LAPTOP]),
)
WAITING = "waiting for customer"
WORK = ("in progress", WAITING, "waiting for third party", "scheduled")
OPEN = ("new", *WORK)
REASONS = st.sampled_from(["", "ice on the line"])
PROMISES = st.sampled_from(["1", "2", "3"])
AHEAD = st.integers(-1, 5)


def after(hours: float) -> datetime:
    return NINE + timedelta(hours=hours)


class Model:
    """What is so about a request, in plain words."""

    def __init__(self, *, needs_approval: bool) -> None:
        self.now = 0
        self.status, self.reason = "new", ""
        self.demanded = self.pending = needs_approval
        self.denied = self.restored = self.delivered = False
        self.offer: tuple[str, ...] = ()
        self.siege: float | None = None
        self.promises: list[dict[str, Any]] = []
        self.links: set[str] = set()

    @property
    def final(self) -> bool:
        return self.status == "cancelled"

    @property
    def besieged(self) -> bool:
        return self.siege is not None and self.now < self.siege

    @property
    def may_work(self) -> bool:
        return not self.denied and (not self.pending or self.besieged)

    def enter(self, status: str, reason: str = "") -> None:
        self.status, self.reason = status, reason

    def open_promise(self, name: str) -> dict[str, Any] | None:
        found = [promise for promise in self.promises if promise["name"] == name]
        return found[0] if found and not found[0]["over"] else None

    def promise(self, kind: str, due: int) -> None:
        name = str(len(self.promises) + 1)
        self.promises.append({"name": name, "kind": kind, "due": due, "over": ""})

    def owe_nothing(self) -> None:
        """Q1: what was promised is done, and a report that was not due is owed no longer."""
        for promise in self.promises:
            if not promise["over"] and promise["kind"] == "delivery":
                promise["over"] = "done"
            elif not promise["over"] and promise["due"] >= self.now:
                promise["over"] = "withdrawn"

    def end(self, status: str) -> None:
        self.pending, self.offer = False, ()
        self.enter(status)


class DeskMachine(RuleBasedStateMachine):
    """Everything that a desk can do to one request, whether it may or not."""

    model: Model
    history: list[Event]
    state: RequestState

    @initialize(offering=st.sampled_from(["laptop", "mouse"]))
    def open(self, offering: str) -> None:
        self.model = Model(needs_approval=offering == "laptop")
        asked = Open(id="c0", request="R1", facts={"offering": offering})
        opened, *others = open_request(asked, BOOK, at=NINE)
        self.history, self.state = [opened], evolve(None, opened, BOOK)
        self.take(others)

    def take(self, events: list[Event] | tuple[Event, ...]) -> None:
        self.history += events
        for event in events:
            self.state = evolve(self.state, event, BOOK)

    def do(self, kind: type[Command], /, *, may: bool, **said: Any) -> bool:
        """Ask for it, and hold what comes of it against what the model says."""
        at = after(self.model.now)
        command = kind(id=f"c{len(self.history)}", request="R1", **said)
        situation = situation_of(self.state, BOOK, at=at)
        events: tuple[Event, ...] = ()
        reasons: tuple[str, ...] = ()
        try:
            events = decide(situation, command, at=at)
        except TransitionRefused as refused:
            reasons = refused.reasons
        assert may == bool(events) == (not reasons), f"{command}: {events or reasons}"
        assert all(reasons)
        assert situation == replay(self.history, BOOK, at=at), "deciding changes nothing"
        assert not events or events == decide_on(self.history, command, BOOK, at=at)
        self.take(events)
        return may

    @rule(hours=st.integers(1, 4))
    def wait(self, hours: int) -> None:
        self.model.now += hours

    @rule(status=st.sampled_from(OPEN), reason=REASONS)
    def change_status(self, status: str, reason: str) -> None:
        model = self.model
        if status == model.status:
            may = status in WORK and reason != model.reason
        else:
            may = model.status in OPEN and status in WORK
            may = may and (status != "in progress" or model.may_work)
        if self.do(commands.ChangeStatus, may=may, status=status, reason=reason):
            model.enter(status, reason)

    @rule()
    def resolve(self) -> None:
        model = self.model
        if self.do(commands.Resolve, may=model.status in OPEN and model.may_work):
            model.end("resolved")
            model.restored = model.delivered = True
            model.owe_nothing()

    @rule()
    def reopen(self) -> None:
        model = self.model
        if self.do(commands.Reopen, may=model.status in {"resolved", "closed"}):
            model.enter("in progress")
            model.restored = model.delivered = False
            for promise in model.promises:
                undone = promise["over"] == "done" and promise["kind"] == "delivery"
                if undone and model.now <= promise["due"]:
                    promise["over"] = ""

    @rule()
    def close(self) -> None:
        if self.do(commands.Close, may=self.model.status == "resolved"):
            self.model.end("closed")
            self.model.restored = True
            self.model.owe_nothing()

    @rule()
    def cancel(self) -> None:
        model = self.model
        if self.do(commands.Cancel, may=model.status in OPEN):
            model.end("cancelled")
            for promise in model.promises:
                promise["over"] = promise["over"] or "withdrawn"

    @rule(customer=st.booleans(), public=st.booleans())
    def reply(self, *, customer: bool, public: bool) -> None:
        model = self.model
        self.do(commands.Reply, may=True, actor=ANN if customer else None, public=public)
        if customer and public and model.status == WAITING and model.may_work:
            model.enter("in progress", "the customer replied")

    @rule(ahead=AHEAD, kind=st.sampled_from(["delivery", "checkpoint"]))
    def make_promise(self, ahead: int, kind: str) -> None:
        model = self.model
        due, may = model.now + ahead, ahead > 0 and not model.final
        if self.do(commands.MakePromise, may=may, due_at=after(due), kind=kind):
            model.promise(kind, due)

    @rule(name=PROMISES, ahead=AHEAD, reason=REASONS, told=st.booleans())
    def renegotiate(self, name: str, ahead: int, reason: str, *, told: bool) -> None:
        """Q2."""
        model, due = self.model, self.model.now + ahead
        promise = model.open_promise(name)
        may = promise is not None and model.now < promise["due"] != due
        may = may and ahead > 0 and bool(reason) and not model.final
        said = {"promise": name, "due_at": after(due), "reason": reason, "told": told}
        if self.do(commands.RenegotiatePromise, may=may, **said) and told and promise:
            promise["due"] = due

    @rule(name=PROMISES)
    def fulfil(self, name: str) -> None:
        promise = self.model.open_promise(name)
        may = promise is not None and promise["kind"] == "delivery" and not self.model.final
        if self.do(commands.FulfilPromise, may=may, promise=name) and promise:
            promise["over"] = "done"

    @rule(name=PROMISES)
    def withdraw(self, name: str) -> None:
        promise = self.model.open_promise(name)
        may = promise is not None and not self.model.final
        if self.do(commands.WithdrawPromise, may=may, promise=name) and promise:
            promise["over"] = "withdrawn"

    @rule(ahead=st.none() | AHEAD)
    def report(self, ahead: int | None) -> None:
        """Q1: it keeps the earliest open checkpoint."""
        model = self.model
        may = not model.final and (ahead is None or ahead > 0)
        due = None if ahead is None else model.now + ahead
        next_due = None if due is None else after(due)
        if self.do(commands.Report, may=may, done="looked", next_due_at=next_due):
            waiting = [each for each in model.promises
                       if each["kind"] == "checkpoint" and not each["over"]]  # fmt: skip
            if waiting:
                min(waiting, key=lambda each: each["due"])["over"] = "done"
            if due is not None:
                model.promise("checkpoint", due)

    @rule(options=st.sampled_from([("repair", "replace"), ("lend",)]))
    def offer(self, options: tuple[str, ...]) -> None:
        model = self.model
        if self.do(commands.OfferOptions, may=model.status in OPEN, options=options):
            model.offer = options
            other = options[1] if len(options) > 1 else "nothing"
            model.enter(WAITING, f"their decision between {options[0]} and {other}")

    @rule(option=st.sampled_from(["repair", "lend"]))
    def choose(self, option: str) -> None:
        model = self.model
        if self.do(commands.ChooseOption, may=option in model.offer, option=option):
            model.offer = ()
            if model.status == WAITING and model.may_work:
                model.enter("in progress", f"they decided for {option}")

    @rule()
    def request_approval(self) -> None:
        model = self.model
        may = model.demanded and not model.pending and not model.final
        if self.do(commands.RequestApproval, may=may, approver="bo"):
            model.pending, model.denied = True, False

    @rule(granted=st.booleans())
    def decide_approval(self, *, granted: bool) -> None:
        model = self.model
        if self.do(commands.DecideApproval, may=model.pending, granted=granted):
            model.pending, model.denied = False, not granted

    @rule(lasting=st.none() | AHEAD)
    def start_override(self, lasting: int | None) -> None:
        model = self.model
        may = not model.final and not model.besieged and (lasting is None or lasting > 0)
        until = None if lasting is None else after(model.now + lasting)
        if self.do(commands.StartOverride, may=may, override="siege", reason="shop", until=until):
            model.siege = float("inf") if lasting is None else model.now + lasting

    @rule()
    def end_override(self) -> None:
        model = self.model
        may = model.besieged and not model.final
        if self.do(commands.EndOverride, may=may, override="siege"):
            model.siege = None

    @rule()
    def restore(self) -> None:
        if self.do(commands.Restore, may=not self.model.final):
            self.model.restored = True

    @rule()
    def look_back(self) -> None:
        self.do(commands.ReviewCause, may=self.model.restored, systems=["mail"])
        self.do(commands.FollowUp, may=self.model.delivered)

    @rule(other=st.sampled_from(["R1", "R2"]))
    def link(self, other: str) -> None:
        links = self.model.links
        if self.do(commands.Link, may=other not in {"R1", *links}, kind="related", other=other):
            links.add(other)
        else:
            self.do(commands.Unlink, may=other in links, kind="related", other=other)
            links.discard(other)

    @rule(priority=st.sampled_from(["high", "huge"]))
    def prioritise(self, priority: str) -> None:
        may = priority == "high" and not self.model.final
        self.do(commands.Prioritise, may=may, priority=priority)

    @invariant()
    def folding_is_replaying(self) -> None:
        """R1: event by event, or all at once."""
        at = after(self.model.now)
        assert situation_of(self.state, BOOK, at=at) == replay(self.history, BOOK, at=at)

    @invariant()
    def what_is_so_is_what_the_model_says(self) -> None:
        model, situation = self.model, situation_of(self.state, BOOK, at=after(self.model.now))
        assert (situation.status, situation.state.status.reason) == (model.status, model.reason)
        assert bool(situation.state.overrides) == model.besieged
        assert {link.other for link in situation.links} == model.links
        for promise, said in zip(situation.promises, model.promises, strict=True):
            assert (promise.id, promise.due_at) == (said["name"], after(said["due"]))
            assert promise.may_change == (not said["over"])

    @invariant()
    def ids_are_unique_and_causes_come_before(self) -> None:
        """R2."""
        ids = [event.id for event in self.history]
        assert len(set(ids)) == len(ids)
        for position, event in enumerate(self.history):
            assert not event.cause or event.cause in ids[:position]

    def teardown(self) -> None:
        """R1: an audit has nothing against what was decided."""
        if hasattr(self, "history"):
            audit = replay(self.history, BOOK, at=after(self.model.now), audit=True)
            assert audit.refusals == ()


TestDesk = DeskMachine.TestCase
TestDesk.settings = settings(stateful_step_count=30)

COMMANDS = st.sampled_from(
    [
        (commands.ChangeStatus, {"status": "in progress"}),
        (commands.ChangeStatus, {"status": WAITING}),
        (commands.Reply, {"actor": ANN}),
        (commands.Resolve, {}),
        (commands.Reopen, {}),
        (commands.Close, {}),
        (commands.MakePromise, {"due_at": after(12)}),
        (commands.RenegotiatePromise, {"promise": "1", "due_at": after(30), "reason": "rain"}),
        (commands.OfferOptions, {"options": ["repair", "replace"]}),
        (commands.DecideApproval, {"granted": True}),
        (commands.FollowUp, {}),
    ]
)


def tried(history: list[Event], command: Command, at: float) -> tuple[Event, ...] | tuple[str, ...]:
    """The events of a command, or the reasons against it."""
    try:
        return decide_on(history, command, BOOK, at=after(at))
    except TransitionRefused as refused:
        return refused.reasons


def plain(decided: tuple[Event, ...] | tuple[str, ...]) -> list[object]:
    """What was decided, but for when it was written down and what a late promise is called."""
    late = {"recorded", "promise"}
    return [
        decision if isinstance(decision, str)
        else {name: getattr(decision, name) for name in type(decision).__slots__
              if name not in {*late, "__weakref__"}} | {"event": type(decision)}
        for decision in decided
    ]  # fmt: skip


@given(
    steps=st.lists(st.tuples(st.integers(1, 20), COMMANDS), max_size=8),
    late=st.tuples(st.integers(1, 20), COMMANDS),
    offering=st.sampled_from(["laptop", "mouse"]),
)
def test_written_down_late_it_is_decided_as_it_would_have_been_then(
    steps: list[tuple[int, Any]], late: tuple[int, Any], offering: str
) -> None:
    """R2, T3: on what was so at its instant; and the later events stay as they are."""
    opening = Open(id="c0", request="R1", facts={"offering": offering})
    history = list(open_request(opening, BOOK, at=NINE))
    hours, (kind, said) = late
    then: list[object] | None = None
    for number, (step, (each, words)) in enumerate(sorted(steps, key=lambda step: step[0]), 1):
        if then is None and step > hours:
            then = plain(tried(history, kind(id="late", request="R1", **said), hours))
        found = tried(history, each(id=f"c{number}", request="R1", **words), step)
        history += [event for event in found if isinstance(event, Event)]
    if then is None:
        then = plain(tried(history, kind(id="late", request="R1", **said), hours))
    before = copy.copy(history)
    command = kind(id="late", request="R1", occurred_at=after(hours), **said)
    now = tried(history, command, 99)
    assert plain(now) == then
    assert history == before
    events = [event for event in now if isinstance(event, Event)]
    assert {event.recorded_at for event in events} <= {after(99)}
    replayed = replay([*history, *events], BOOK, at=after(99))
    assert len(replayed.history) == len(history) + len(events)
    names = [promise.id for promise in replayed.promises]
    assert len(set(names)) == len(names)
