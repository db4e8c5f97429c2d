"""Deciding on commands: what comes of each, and every reason why nothing does."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
import pytest

from servicecore import PolicyBook, replay
from servicecore.catalogue import Approval, Catalogue, Offering, Service
from servicecore.errors import InvalidValue, TransitionRefused, UnknownName
from servicecore.lifecycle import commands
from servicecore.lifecycle.commands import (
    COMMANDS,
    AcknowledgeEscalation,
    ApplyPolicy,
    Assign,
    Cancel,
    ChangeFacts,
    ChangeStatus,
    ChooseOption,
    Close,
    Command,
    DecideApproval,
    EndOverride,
    FollowUp,
    FulfilPromise,
    MakePromise,
    OfferOptions,
    Open,
    Prioritise,
    RecordStep,
    RenegotiatePromise,
    Reopen,
    Reply,
    Report,
    RequestApproval,
    Resolve,
    Restore,
    ReviewCause,
    StartOverride,
    WithdrawPromise,
)
from servicecore.lifecycle.commands.envelope import own_fields
from servicecore.lifecycle.decide import decide, decide_on, open_request
from servicecore.lifecycle.events import (
    EVENTS,
    Actor,
    ApprovalDecided,
    ApprovalRequested,
    Assigned,
    Event,
    Opened,
    PromiseMade,
    Reopened,
    Replied,
    Resolved,
    Side,
    StatusChanged,
)
from servicecore.lifecycle.situation import Situation
from servicecore.sla import Escalation, Policy, Step, Target
from servicecore.sla.book import BookVersion
from servicecore.sla.statuses import DEFAULT_LIFECYCLE, Lifecycle, Transition

NINE = datetime(2026, 3, 6, 9, tzinfo=UTC)
CUSTOMER = Actor("ann", Side.CUSTOMER)
SIEGE = {"business stopped": {"resolution": Target("1h")}}
STANDARD = Policy("standard", {"resolution": Target("8h")}, overrides=SIEGE)
BOOK = PolicyBook.of(STANDARD)
LAPTOP = Service(
    "laptops",
    offerings=[
        Offering("laptop", approval=Approval("bo")),
        Offering("tablet", approval=Approval("bo")),
        Offering("car", approval=Approval("cy")),
        Offering("mouse"),
    ],
)
CATALOGUE = Catalogue(services=[LAPTOP])
WITH_APPROVAL = PolicyBook.of(STANDARD, catalogue=CATALOGUE)


def after(hours: float) -> datetime:
    return NINE + timedelta(hours=hours)


class Desk:
    """A history that grows by commands, an hour apart."""

    def __init__(self, book: PolicyBook = BOOK, **facts: str) -> None:
        self.book = book
        self.hours = 0.0
        self.history = list(open_request(Open(id="c0", request="R1", facts=facts), book, at=NINE))

    def do(self, command: type[Command], /, *, hours: float = 1, **said: Any) -> tuple[Event, ...]:
        self.hours += hours
        asked = command(id=f"c{len(self.history)}", request="R1", **said)
        events = decide_on(self.history, asked, self.book, at=after(self.hours))
        self.history += events
        return events

    def refused(
        self, command: type[Command], /, *, hours: float = 1, **said: Any
    ) -> tuple[str, ...]:
        known = list(self.history)
        with pytest.raises(TransitionRefused) as refused:
            self.do(command, hours=hours, **said)
        assert self.history == known
        return refused.value.reasons

    @property
    def situation(self) -> Situation:
        return replay(self.history, self.book, at=after(self.hours))


def names(events: tuple[Event, ...]) -> list[str]:
    return [type(event).__name__ for event in events]


class TestCommands:
    def test_every_event_has_the_command_that_asks_for_it(self) -> None:
        """R9: commands are the imperative of each."""
        assert [command.writes for command in COMMANDS.values()] == list(EVENTS.values())
        assert set(COMMANDS) <= set(commands.__all__)

    @pytest.mark.parametrize("command", COMMANDS.values(), ids=lambda kind: kind.__name__)
    def test_a_command_says_what_its_event_says(self, command: type[Command]) -> None:
        """Names and arguments are the same, so that neither can drift away; but for three."""
        asked, told = own_fields(command), dict(own_fields(command.writes))
        if command is MakePromise:
            told.pop("promise")  # the decision numbers it
        if command is commands.Split:
            told = {"child": "child", "facts": "facts"}  # the parent tells the rest
        assert asked == told
        for name in set(asked) & set(own_fields(command.writes)):
            ours = getattr(attrs.fields(command), name).default
            if name == "source" and command in {Prioritise, ApplyPolicy}:
                assert ours == "person"  # whoever commands is no rule
            elif name == "status" and command in {Resolve, Reopen, Close, Cancel}:
                assert ours is None  # the lifecycle knows where it leads
            else:
                assert ours == getattr(attrs.fields(command.writes), name).default

    @pytest.mark.parametrize(
        ("kind", "said", "message"),
        [
            (Resolve, {"id": ""}, "the id of Resolve is empty"),
            (Resolve, {"id": None}, "id is None: expected text"),
            (Resolve, {"request": " "}, "the request of Resolve is empty"),
            (Resolve, {"reason": None}, "reason is None: expected text"),
            (Resolve, {"actor": "ann"}, "actor is 'ann': expected an Actor"),
            (Resolve, {"occurred_at": datetime(2026, 3, 6)}, "occurred_at is the naive"),
            (Reply, {"public": "yes"}, "public is 'yes': expected True or False"),
            (MakePromise, {"due_at": NINE, "kind": "dream"}, "kind is 'dream'"),
            (MakePromise, {"due_at": "noon"}, "due_at is 'noon'"),
            (OfferOptions, {"options": []}, "options are none"),
            (OfferOptions, {"options": ["a", "a"]}, "expected different ones"),
            (OfferOptions, {"options": ["a", " "]}, "expected each to say something"),
            (ReviewCause, {"systems": []}, "without systems and conditions"),
            (Open, {"facts": {"since": NINE}}, "facts: since is .*: expected text, a number"),
            (Open, {"facts": {"id": "R2"}}, "facts: 'id' is no name of a fact"),
            (OfferOptions, {"options": ["a"], "recommendation": "b"}, "expected one of 'a'"),
            (StartOverride, {"override": "o", "reason": " "}, "has no reason"),
            (ReviewCause, {"systems": ["mail"], "actor": CUSTOMER}, "expected no person"),
            (ChangeFacts, {"facts": None}, "facts is None"),
            (RequestApproval, {"approver": "bo", "side": "moon"}, "side is 'moon'"),
            (AcknowledgeEscalation, {"clock": "c", "cycle": True, "ladder": "l"}, "cycle is True"),
            (commands.AnswerSurvey, {"survey": "s", "answers": 3}, "answers is 3"),
            (commands.Split, {"child": ""}, "the child of Split is empty"),
        ],
    )
    def test_a_command_that_means_nothing_is_refused_where_it_is_made(
        self, kind: type[Command], said: dict[str, Any], message: str
    ) -> None:
        with pytest.raises(InvalidValue, match=message):
            kind(**{"id": "c1", "request": "R1", **said})

    def test_commands_are_values(self) -> None:
        command = Open(id="c1", request="R1", facts={"customer": "acme"})
        assert pickle.loads(pickle.dumps(command)) == command  # noqa: S301  # our own bytes
        assert len({command, Open(id="c1", request="R1", facts={"customer": "acme"})}) == 1


class TestEnvelope:
    def test_events_carry_the_commands_id_actor_and_instants(self) -> None:
        """R2, T3: event = command id + ordinal; it occurs at `at`."""
        desk = Desk()
        (resolved,) = desk.do(Resolve, actor=Actor("bo"), reason="restarted")
        assert resolved == Resolved(
            id="c1/1",
            request="R1",
            occurred_at=after(1),
            recorded_at=after(1),
            actor=Actor("bo"),
            reason="restarted",
        )

    def test_a_backdated_event_says_when_it_happened_and_when_it_was_written(self) -> None:
        """T3."""
        desk = Desk()
        (resolved,) = desk.do(Resolve, hours=3, occurred_at=after(1))
        assert (resolved.occurred_at, resolved.recorded_at) == (after(1), after(3))

    def test_an_event_stands_behind_all_others_of_its_instant(self) -> None:
        """T3: histories of logs count their events, so a tie needs a number."""
        opened = Opened(request="R1", occurred_at=NINE, sequence=0)
        replied = Replied(request="R1", occurred_at=after(1), sequence=1)
        command = Resolve(id="c1", request="R1")
        (tied,) = decide_on([opened, replied], command, BOOK, at=after(1))
        (later,) = decide_on([opened, replied], command, BOOK, at=after(2))
        assert (tied.sequence, later.sequence) == (1, 0)
        situation = replay([opened, replied, tied], BOOK, at=after(1))
        assert situation.history.last is tied

    def test_the_future_cannot_have_happened(self) -> None:
        desk = Desk()
        with pytest.raises(InvalidValue, match="occurred_at is 2026-03-06 14:00"):
            desk.do(Resolve, occurred_at=after(5))

    @pytest.mark.parametrize(
        ("request_id", "hours", "message"),
        [
            ("R2", 1, "the situation is of 'R1': expected 'R2'"),
            ("R1", 2, "the situation is of 2026-03-06 10:00"),
        ],
    )
    def test_the_situation_is_the_one_at_which_the_command_occurs(
        self, request_id: str, hours: float, message: str
    ) -> None:
        """R2."""
        situation = replay(Desk().history, BOOK, at=after(1))
        with pytest.raises(InvalidValue, match=message):
            decide(situation, Resolve(id="c1", request=request_id), at=after(hours))

    @pytest.mark.parametrize("wrong", [None, "resolve", Resolved(request="R1", occurred_at=NINE)])
    def test_slips_of_a_caller_are_named(self, wrong: Any) -> None:
        situation = replay(Desk().history, BOOK, at=after(1))
        with pytest.raises(InvalidValue, match="expected a Command"):
            decide(situation, wrong, at=after(1))
        with pytest.raises(InvalidValue, match="expected that of R1"):
            decide(wrong, Resolve(id="c1", request="R1"), at=after(1))
        with pytest.raises(InvalidValue, match="expected an Open"):
            open_request(wrong, BOOK, at=after(1))

    @pytest.mark.parametrize(
        "command",
        [
            commands.MergeInto(id="c1", request="R1", target="R2"),
            commands.Absorb(id="c1", request="R1", source="R2"),
            commands.Split(id="c1", request="R1", child="R2"),
        ],
    )
    def test_commands_on_two_requests_are_decided_on_both(self, command: Command) -> None:
        """R8."""
        situation = replay(Desk().history, BOOK, at=after(1))
        with pytest.raises(InvalidValue, match="is about two requests"):
            decide(situation, command, at=after(1))


class TestTransitions:
    def test_a_refusal_says_where_it_stands_and_what_is_possible(self) -> None:
        desk = Desk()
        desk.do(Resolve)
        desk.do(Close)
        with pytest.raises(TransitionRefused) as refused:
            desk.do(Resolve)
        error = refused.value
        assert str(error) == "Can't resolve R1 when it is closed (from there: reopen)"
        assert error.reasons == ("it is closed (from there: reopen)",)
        assert error.command == Resolve(id="c3", request="R1")
        again = pickle.loads(pickle.dumps(error))  # noqa: S301  # our own bytes
        assert (str(again), again.command, again.reasons) == (
            str(error), error.command, error.reasons,
        )  # fmt: skip

    def test_a_status_that_does_not_exist_is_named_with_the_one_meant(self) -> None:
        (reason,) = Desk().refused(ChangeStatus, status="in progres")
        assert reason == ("the lifecycle has no status 'in progres' (did you mean 'in progress'?)")

    def test_the_same_status_again_needs_another_reason_or_date(self) -> None:
        desk = Desk()
        desk.do(ChangeStatus, status="scheduled", until=after(9))
        (reason,) = desk.refused(ChangeStatus, status="scheduled", until=after(9))
        assert reason.startswith("it is scheduled already")
        desk.do(ChangeStatus, status="scheduled", until=after(12))
        assert desk.situation.state.status.until == desk.history[-1].until

    def test_what_is_over_is_not_entered_anew_by_a_change_of_status(self) -> None:
        desk = Desk()
        desk.do(Resolve)
        (reason,) = desk.refused(ChangeStatus, status="resolved", reason="really")
        assert reason.startswith("it is resolved already")

    def test_until_lies_ahead(self) -> None:
        reasons = Desk().refused(ChangeStatus, status="scheduled", until=after(1))
        assert reasons == ("until is 2026-03-06 10:00 UTC, which is not ahead",)

    def test_what_is_final_stays_as_it_is_and_can_still_be_spoken_of(self) -> None:
        """R8: work is refused; what was said is put on record."""
        desk = Desk()
        desk.do(Cancel)
        final = ("it is cancelled, which is final",)
        assert desk.refused(commands.Assign, person="bo") == final
        assert desk.refused(Restore) == final
        assert desk.refused(MakePromise, due_at=after(99)) == final
        assert desk.refused(Reopen) == final
        assert names(desk.do(Reply, actor=CUSTOMER)) == ["Replied"]
        assert names(desk.do(commands.NoteDefection, kind="own vendor")) == ["DefectionNoted"]

    def test_all_reasons_are_said_at_once(self) -> None:
        desk = Desk(WITH_APPROVAL, offering="laptop")
        desk.do(MakePromise, due_at=after(5))
        assert desk.refused(RenegotiatePromise, hours=4, promise="1", due_at=after(4)) == (
            "it was due 2026-03-06 14:00 UTC (make a new promise)",
            "2026-03-06 13:00 UTC is not ahead",
            "no reason is given",
        )

    def test_a_hosts_guard_is_asked_with_the_others(self) -> None:
        """R1: guards are functions of the situation and the event."""

        def tested(_: Situation, event: Event) -> str:
            return "" if isinstance(event, Resolved) and "tested" in event.reason else "untested"

        def told(situation: Situation, _: Event) -> str:
            return "" if situation.contact.responded else "nobody has answered the customer"

        lifecycle = Lifecycle(
            transitions=[
                Transition("status changed", ["new"], "in progress"),
                Transition("status changed", ["in progress"], "waiting for customer"),
                Transition("resolved", ["in progress"], "resolved", ["tested", "told"]),
            ],
            guards={"tested": tested, "told": told},
        )
        desk = Desk(PolicyBook.of(STANDARD, lifecycle=lifecycle))
        desk.do(ChangeStatus, status="in progress")
        assert desk.refused(Resolve) == ("untested", "nobody has answered the customer")
        desk.do(Reply)
        assert names(desk.do(Resolve, reason="tested by ann")) == ["Resolved"]

    def test_one_way_of_several_is_enough(self) -> None:
        """A transition given twice, once with a guard, is open to all."""
        shut = DEFAULT_LIFECYCLE.extended(
            Transition("reopened", ["cancelled"], "new", ["shut"]),
            Transition("reopened", ["cancelled"], "new"),
            shut=lambda *_: "it is shut",
        )
        desk = Desk(PolicyBook.of(STANDARD, lifecycle=shut))
        desk.do(Cancel)
        assert names(desk.do(Reopen, status="new")) == ["Reopened"]

    def test_a_guard_that_nobody_knows_is_no_refusal(self) -> None:
        lifecycle = DEFAULT_LIFECYCLE.extended(
            Transition("reopened", ["cancelled"], "new", ["aproval given"])
        )
        desk = Desk(PolicyBook.of(STANDARD, lifecycle=lifecycle))
        desk.do(Cancel)
        with pytest.raises(UnknownName, match="did you mean 'approval given'"):
            desk.do(Reopen, status="new")


class TestApproval:
    def test_an_offering_that_demands_one_asks_for_it_at_the_opening(self) -> None:
        """R8: as little formality as possible."""
        command = Open(id="c0", request="R1", facts={"offering": "laptop"}, actor=CUSTOMER)
        opened, asked = open_request(command, WITH_APPROVAL, at=NINE)
        assert isinstance(asked, ApprovalRequested)
        assert (asked.approver, asked.side_of_approver) == ("bo", Side.CUSTOMER)
        assert (asked.id, asked.cause) == ("c0/2", opened.id)
        assert names(Desk(WITH_APPROVAL, offering="mouse").history) == ["Opened"]  # type: ignore[arg-type]  # facts by name

    def test_so_does_one_that_it_is_changed_to(self) -> None:
        desk = Desk(WITH_APPROVAL, offering="mouse")
        changed, asked = desk.do(ChangeFacts, facts={"offering": "laptop"})
        assert (names((changed, asked)), asked.cause) == (
            ["FactsChanged", "ApprovalRequested"], changed.id,
        )  # fmt: skip
        assert len(desk.do(ChangeFacts, facts={"location": "attic"})) == 1

    def test_what_is_not_asked_for_any_longer_needs_no_approval(self) -> None:
        """R8: nobody decides on it any more, and nothing stays shut for good."""
        desk = Desk(WITH_APPROVAL, offering="laptop")
        changed, over = desk.do(ChangeFacts, facts={"offering": "mouse"})
        assert isinstance(over, ApprovalDecided)
        assert (over.granted, over.cause) == (True, changed.id)
        assert over.reason == "what is asked for now needs no approval"
        desk.do(ChangeStatus, status="in progress")
        assert names(desk.do(ChangeFacts, facts={"offering": "laptop"})) == [
            "FactsChanged", "ApprovalRequested",
        ]  # fmt: skip

    def test_neither_does_one_that_was_denied_stand_against_another_thing(self) -> None:
        """R8."""
        desk = Desk(WITH_APPROVAL, offering="laptop")
        desk.do(DecideApproval, granted=False, reason="too dear")
        assert desk.refused(DecideApproval, granted=True) == ("no approval is pending",)
        assert len(desk.do(ChangeFacts, facts={"location": "attic"})) == 1
        desk.do(ChangeFacts, facts={"offering": "mouse"})
        desk.do(Resolve)
        desk = Desk(WITH_APPROVAL, offering="laptop")
        desk.do(DecideApproval, granted=False, reason="too dear")
        assert names(desk.do(ChangeFacts, facts={"offering": "car"})) == [
            "FactsChanged", "ApprovalRequested",
        ]  # fmt: skip

    def test_another_approver_is_asked_instead(self) -> None:
        """R8."""
        desk = Desk(WITH_APPROVAL, offering="laptop")
        changed, over, asked = desk.do(ChangeFacts, facts={"offering": "car"})
        assert names((over, asked)) == ["ApprovalDecided", "ApprovalRequested"]
        assert over.cause == asked.cause == changed.id
        assert desk.refused(Resolve) == ("an approval by cy is pending",)
        desk.do(DecideApproval, granted=True)
        desk.do(Resolve)
        assert replay(desk.history, WITH_APPROVAL, at=after(9), audit=True).refusals == ()

    def test_an_approval_is_for_one_thing(self) -> None:
        """R8: the approver of one thing has not agreed to another; pending, they are asked once."""
        desk = Desk(WITH_APPROVAL, offering="laptop")
        assert names(desk.do(ChangeFacts, facts={"offering": "tablet"})) == ["FactsChanged"]
        desk.do(DecideApproval, granted=True)
        assert len(desk.do(ChangeFacts, facts={"location": "attic", "offering": "tablet"})) == 1
        desk.do(ChangeFacts, facts={"offering": "laptop"})
        assert desk.refused(Resolve) == ("an approval by bo is pending",)

    def test_an_approval_that_the_catalogue_never_demanded_is_left_alone(self) -> None:
        """R1: as a log has it, for what the catalogue does not know."""
        desk = Desk(WITH_APPROVAL, offering="crane")
        desk.history.append(ApprovalRequested(request="R1", occurred_at=NINE, approver="eve"))
        assert names(desk.do(ChangeFacts, facts={"offering": "mouse"})) == ["FactsChanged"]
        assert desk.refused(Resolve) == ("an approval by eve is pending",)

    def test_while_pending_no_work_starts_except_under_an_override(self) -> None:
        """R8."""
        desk = Desk(WITH_APPROVAL, offering="laptop")
        pending = ("an approval by bo is pending",)
        assert desk.refused(ChangeStatus, status="in progress") == pending
        assert desk.refused(Resolve) == pending
        desk.do(StartOverride, override="business stopped", reason="the shop is closed")
        desk.do(ChangeStatus, status="in progress")

    def test_granted_opens_the_way_and_denied_keeps_it_shut(self) -> None:
        desk = Desk(WITH_APPROVAL, offering="laptop")
        desk.do(DecideApproval, granted=False, reason="too dear")
        assert desk.refused(Resolve) == ("its approval was denied: too dear",)
        desk.do(RequestApproval, approver="bo")
        desk.do(DecideApproval, granted=True)
        desk.do(ChangeStatus, status="in progress")

    def test_asked_again_a_denied_one_is_pending_like_any_other(self) -> None:
        """R8: an override sets aside what is pending, and not what was denied."""
        desk = Desk(WITH_APPROVAL, offering="laptop")
        desk.do(DecideApproval, granted=False)
        desk.do(StartOverride, override="business stopped", reason="the shop is closed")
        assert desk.refused(Resolve) == ("its approval was denied",)
        desk.do(RequestApproval, approver="bo")
        assert names(desk.do(Resolve)) == ["Resolved"]

    def test_it_is_requested_once_where_demanded_and_decided_once(self) -> None:
        assert Desk().refused(RequestApproval, approver="bo") == (
            "its offering demands no approval",
        )
        assert Desk().refused(DecideApproval, granted=True) == ("no approval is pending",)
        desk = Desk(WITH_APPROVAL, offering="laptop")
        assert desk.refused(RequestApproval, approver="cy") == (
            "an approval by bo is pending already",
        )

    def test_an_answer_while_it_is_pending_starts_no_work(self) -> None:
        """R8 before R9: the reply is a fact, the status stays."""
        desk = Desk(WITH_APPROVAL, offering="laptop")
        desk.do(ChangeStatus, status="waiting for customer")
        assert names(desk.do(Reply, actor=CUSTOMER)) == ["Replied"]


class TestWhatFollows:
    def test_the_customers_answer_ends_waiting_for_it(self) -> None:
        """R9."""
        desk = Desk()
        desk.do(ChangeStatus, status="waiting for customer")
        replied, changed = desk.do(Reply, actor=CUSTOMER)
        assert changed == StatusChanged(
            id=f"{replied.id[:-2]}/2",
            request="R1",
            occurred_at=after(2),
            recorded_at=after(2),
            actor=CUSTOMER,
            cause=replied.id,
            status="in progress",
            reason="the customer replied",
        )

    @pytest.mark.parametrize(
        "said",
        [
            {"actor": CUSTOMER, "automatic": True},
            {"actor": CUSTOMER, "public": False},
            {"actor": Actor("bo")},
            {"actor": Actor("acme", Side.SUPPLIER)},
            {},
        ],
    )
    def test_nothing_else_that_is_written_does(self, said: dict[str, Any]) -> None:
        desk = Desk()
        desk.do(ChangeStatus, status="waiting for customer")
        assert names(desk.do(Reply, **said)) == ["Replied"]

    def test_no_reply_reopens_unless_the_lifecycle_says_so(self) -> None:
        """R9."""
        desk = Desk()
        desk.do(Resolve)
        assert names(desk.do(Reply, actor=CUSTOMER)) == ["Replied"]
        reopening = attrs.evolve(DEFAULT_LIFECYCLE, reopen_on_reply=True)
        desk = Desk(PolicyBook.of(STANDARD, lifecycle=reopening))
        desk.do(Resolve)
        assert names(desk.do(Reply)) == ["Replied"]
        replied, reopened = desk.do(Reply, actor=CUSTOMER)
        assert isinstance(reopened, Reopened)
        assert (reopened.status, reopened.cause) == ("in progress", replied.id)
        desk.do(Resolve)
        desk.do(Close)
        assert names(desk.do(Reply, actor=CUSTOMER)) == ["Replied"]

    def test_options_wait_for_the_customers_decision_and_say_so(self) -> None:
        """R9: the customer decides, and waiting for it is visible."""
        desk = Desk()
        _, waiting = desk.do(OfferOptions, options=["repair", "replace"], recommendation="repair")
        assert isinstance(waiting, StatusChanged)
        assert (waiting.status, waiting.reason) == (
            "waiting for customer", "their decision between repair and replace",
        )  # fmt: skip
        assert desk.refused(ChooseOption, option="both") == ("the options are 'repair', 'replace'",)
        _, working = desk.do(ChooseOption, option="repair", actor=CUSTOMER)
        assert isinstance(working, StatusChanged)
        assert working.status == "in progress"
        assert desk.refused(ChooseOption, option="repair") == ("no options are offered",)

    def test_options_are_offered_where_they_can_be_waited_for(self) -> None:
        desk = Desk()
        desk.do(Resolve)
        assert desk.refused(OfferOptions, options=["repair"]) == (
            "it is resolved, from where nothing leads to waiting for customer",
        )

    def test_options_offered_anew_say_the_new_decision(self) -> None:
        desk = Desk()
        desk.do(OfferOptions, options=["repair", "replace"])
        _, again = desk.do(OfferOptions, options=["lend"])
        assert isinstance(again, StatusChanged)
        assert again.reason == "their decision between lend and nothing"


class TestPromises:
    def test_promises_are_numbered_as_they_are_made(self) -> None:
        """R2: a promise's name is its ordinal in the request."""
        desk = Desk()
        desk.do(MakePromise, due_at=after(20))
        desk.do(Report, done="asked around", next_due_at=after(10))
        (third,) = desk.do(MakePromise, due_at=after(30))
        assert isinstance(third, PromiseMade)
        assert third.promise == "3"
        assert [promise.id for promise in desk.situation.promises] == ["1", "2", "3"]

    @pytest.mark.parametrize("late", [MakePromise, Report])
    def test_one_that_is_written_down_late_takes_nobodys_number(self, late: type[Command]) -> None:
        """R2, T3: what was said of promise 1 is still said of promise 1."""
        desk = Desk()
        desk.do(MakePromise, hours=2, due_at=after(20))
        said: dict[str, Any] = {"due_at": after(9)}
        if late is Report:
            said = {"done": "asked around", "next_due_at": after(9)}
        (event,) = desk.do(late, occurred_at=after(1), **said)
        desk.do(RenegotiatePromise, promise="1", due_at=after(25), reason="a part is missing")
        (another,) = desk.do(MakePromise, due_at=after(40))
        assert isinstance(another, PromiseMade)
        assert another.promise == "2"
        first, second, third = desk.situation.promises
        assert [first.id, second.id, third.id] == [event.id, "1", "2"]
        assert (first.due_at, second.due_at) == (after(9), after(25))
        desk.do(WithdrawPromise, promise=event.id)

    def test_only_before_it_is_due_is_a_promise_renegotiated(self) -> None:
        """Q2: from the due instant on a new one has to be made."""
        desk = Desk()
        desk.do(MakePromise, due_at=after(5))
        reason = {"reason": "a part is missing"}
        early = desk.do(
            RenegotiatePromise, hours=3.999, promise="1", due_at=after(7), told=False, **reason
        )
        assert names(early) == ["PromiseRenegotiated"]
        desk.hours = 5
        assert desk.refused(
            RenegotiatePromise, hours=0, promise="1", due_at=after(9), **reason
        ) == ("it was due 2026-03-06 14:00 UTC (make a new promise)",)
        desk.do(MakePromise, due_at=after(9))

    def test_to_an_earlier_date_too_but_not_to_the_same(self) -> None:
        """Q2."""
        desk = Desk()
        desk.do(MakePromise, due_at=after(20))
        assert desk.refused(
            RenegotiatePromise, promise="1", due_at=after(20), reason="none, really"
        ) == ("it is due 2026-03-07 05:00 UTC as it is",)
        desk.do(RenegotiatePromise, promise="1", due_at=after(10), reason="it came early")

    def test_only_an_open_promise_changes(self) -> None:
        desk = Desk()
        desk.do(MakePromise, due_at=after(50))
        desk.do(MakePromise, due_at=after(51))
        desk.do(FulfilPromise, promise="1")
        desk.do(WithdrawPromise, promise="2")
        assert desk.refused(FulfilPromise, promise="1") == ("it is fulfilled already",)
        assert desk.refused(WithdrawPromise, promise="2") == ("it is withdrawn",)
        assert desk.refused(FulfilPromise, promise="7") == (
            "there is no such promise (known: 1, 2)",
        )
        reasons = desk.refused(RenegotiatePromise, promise="1", due_at=after(60), reason="more")
        assert reasons == ("it is fulfilled already",)

    def test_late_it_can_still_be_fulfilled(self) -> None:
        """Q1: broken, and done."""
        desk = Desk()
        desk.do(MakePromise, due_at=after(2))
        assert names(desk.do(FulfilPromise, hours=5, promise="1")) == ["PromiseFulfilled"]

    def test_a_checkpoint_is_kept_by_a_report(self) -> None:
        """Q1."""
        desk = Desk()
        desk.do(MakePromise, kind="checkpoint", due_at=after(5))
        assert desk.refused(FulfilPromise, promise="1") == ("it is a checkpoint (report instead)",)

    def test_a_date_in_the_past_is_no_promise(self) -> None:
        past = ("2026-03-06 10:00 UTC is not ahead",)
        assert Desk().refused(MakePromise, due_at=after(1)) == past
        assert Desk().refused(Report, done="something", next_due_at=after(1)) == past


class TestPoliciesAndPriorities:
    def test_a_priority_is_one_of_the_matrix(self) -> None:
        (reason,) = Desk().refused(Prioritise, priority="hihg")
        assert reason == "the priorities are critical, high, moderate, low"
        (reason,) = Desk().refused(Prioritise, priority="high", impact="huge", urgency="low")
        assert reason.startswith("unknown impact 'huge'")

    def test_another_one_than_the_matrix_gives_needs_a_reason(self) -> None:
        """P1: an override says why."""
        desk = Desk(impact="low", urgency="low")
        assert desk.refused(Prioritise, priority="critical") == (
            "its impact and urgency give low, and no reason for another priority is given",
        )
        desk.do(Prioritise, priority="critical", reason="their shop is closed")
        desk.do(Prioritise, priority="high", impact="high", urgency="medium")
        assert desk.situation.request.priority == "high"

    def test_facts_with_a_command_of_their_own_are_not_changed_by_the_way(self) -> None:
        assert Desk().refused(ChangeFacts, facts={"priority": "low", "person": "bo"}) == (
            "priority is changed by prioritising and person is changed by assigning",
        )

    @pytest.mark.parametrize("facts", [{"tags": "vip"}, {"impact": "huge", "urgency": "low"}])
    def test_what_means_nothing_is_not_accepted(self, facts: dict[str, Any]) -> None:
        """R1: replay refuses no fact, so decide does not let it become one."""
        with pytest.raises((InvalidValue, TransitionRefused), match=r"tags|unknown impact 'huge'"):
            Desk().do(ChangeFacts, facts=facts)
        with pytest.raises((InvalidValue, UnknownName)):
            Desk(**facts)
        with pytest.raises(UnknownName, match="priority"):
            Desk(priority="urgent!!")

    def test_a_policy_is_one_of_the_version_that_governs(self) -> None:
        """P2."""
        later = BookVersion("2", after(1), [Policy("later", {"resolution": Target("2h")})])
        book = PolicyBook([BookVersion("1", None, [STANDARD]), later])
        (reason,) = Desk(book).refused(ApplyPolicy, hours=2, policy="later")
        assert "unknown policy 'later'" in reason
        desk = Desk(book)
        desk.do(ApplyPolicy, policy="standard")
        desk.do(ApplyPolicy, policy="later", version="2")
        assert desk.situation.policy == "later"

    def test_an_override_is_one_of_the_policys_and_on_once(self) -> None:
        """Q3."""
        siege: dict[str, Any] = {"override": "business stopped", "reason": "the shop is closed"}
        assert Desk(PolicyBook.of()).refused(StartOverride, **siege) == ("no policy governs it",)
        desk = Desk()
        assert desk.refused(EndOverride, override="business stopped") == ("it is not on",)
        assert desk.refused(StartOverride, override="panic", reason="why not") == (
            "the policy standard has targets for 'business stopped'",
        )
        desk.do(StartOverride, **siege, until=after(9))
        assert desk.refused(StartOverride, **siege) == ("it is on already",)
        desk.do(EndOverride, override="business stopped")
        desk.do(StartOverride, **siege, until=after(9))
        desk.do(StartOverride, hours=5, **siege)  # the first one has run out
        assert desk.refused(StartOverride, **siege, until=after(2))[1:] == (
            "until is 2026-03-06 11:00 UTC, which is not ahead",
        )


class TestRecord:
    def test_fix_first_ask_why_later(self) -> None:
        desk = Desk()
        assert desk.refused(ReviewCause, systems=["mail"]) == ("service is not restored yet",)
        desk.do(Restore)
        desk.do(ReviewCause, systems=["mail"])
        desk.do(Resolve)
        desk.do(Reopen)
        assert desk.refused(ReviewCause, systems=["mail"]) == ("service is not restored yet",)

    def test_a_follow_up_comes_behind_a_delivery(self) -> None:
        """Q4."""
        desk = Desk()
        nothing = ("nothing has been delivered yet",)
        assert desk.refused(FollowUp) == nothing
        desk.do(Resolve)
        desk.do(FollowUp, outcome="all well")
        desk.do(Close)
        desk.do(FollowUp, outcome="still well")
        desk.do(Reopen)
        assert desk.refused(FollowUp) == nothing

    def test_an_acknowledgement_is_of_a_clock_that_runs(self) -> None:
        """E4: of a ladder that the book has, and that climbs with that clock."""
        late = Step("late", after="0m", tell="person")
        ladders = [
            Escalation("l", [late]),
            Escalation("ping", [Step("p", bounces=2, tell="group")]),
        ]
        desk = Desk(PolicyBook.of(STANDARD, escalations=ladders))
        assert desk.refused(AcknowledgeEscalation, clock="coffee", cycle=0, ladder="l") == (
            "the escalation 'l' climbs with the clock 'resolution', not with 'coffee'",
            "the clock 'coffee' has not run",
        )
        assert desk.refused(AcknowledgeEscalation, clock="resolution", cycle=0, ladder="pin") == (
            "the book has no escalation 'pin' (did you mean 'ping'?)",
        )
        assert desk.refused(AcknowledgeEscalation, clock="", cycle=0, ladder="ping") == (
            "its cycle 0 has not begun",
        )
        assert desk.refused(AcknowledgeEscalation, clock="resolution", cycle=1, ladder="l") == (
            "the clock 'resolution' has not run 2 times",
        )
        desk.do(AcknowledgeEscalation, clock="resolution", cycle=0, ladder="l")

    def test_a_step_is_one_of_its_request(self) -> None:
        """E2: its id begins with the request."""
        assert Desk().refused(RecordStep, step="R2/resolution/0/l/1/0", due_at=NINE) == (
            "the step is not one of this request",
        )
        ladder = Escalation("l", [Step("1", after="0m", tell="person")])
        desk = Desk(PolicyBook.of(STANDARD, escalations=[ladder]))
        desk.do(RecordStep, step="R1/resolution/0/l/1/0", due_at=NINE)
        for step in ("R1/", "R1/resolution/0/l/2/0", "R1/resolution/x/l/1/0", "R1//0/l/1/0"):
            assert desk.refused(RecordStep, step=step, due_at=NINE) == (
                f"the book has no step {step!r}",
            )

    def test_a_request_is_opened_once(self) -> None:
        assert Desk().refused(Open) == ("it has been open since 2026-03-06 09:00 UTC",)


PAY = Service(
    "pay",
    group="payroll",
    offerings=[Offering("slip"), Offering("advance", group="treasury", approval=Approval("bo"))],
)
WITH_GROUPS = PolicyBook.of(STANDARD, catalogue=Catalogue(services=[PAY, LAPTOP]))


class TestGroups:
    @pytest.mark.parametrize(
        ("facts", "group"),
        [
            ({"service": "pay"}, "payroll"),
            ({"service": "pay", "offering": "slip", "person": "ann"}, "payroll"),
            ({"offering": "slip"}, "payroll"),
            ({"service": "pay", "offering": "advance"}, "treasury"),
            ({"service": "pay", "offering": "advance", "group": "desk"}, "desk"),
            ({"service": "laptops", "offering": "mouse"}, None),
            ({"offering": "crane"}, None),
            ({}, None),
        ],
    )
    def test_the_group_that_takes_such_requests_gets_it(
        self, facts: dict[str, str], group: str | None
    ) -> None:
        """R9: the offering's before the service's, and the one that is named before both."""
        desk = Desk(WITH_GROUPS, **facts)
        ownership = desk.situation.ownership
        assert (ownership.group, ownership.person) == (group, facts.get("person"))
        assert (ownership.handoffs, ownership.ungrouped is None) == (0, group is not None)
        assigned = [event for event in desk.history if isinstance(event, Assigned)]
        assert len(assigned) == (group is not None and "group" not in facts)
        assert all(event.cause == "c0/1" for event in assigned)
        assert replay(desk.history, WITH_GROUPS, at=after(1), audit=True).refusals == ()


class TestFilledIn:
    def test_a_lifecycle_with_words_of_its_own_knows_where_commands_lead(self) -> None:
        """Without a status a command goes where the lifecycle leads from where it is."""
        own = Lifecycle(
            transitions=[
                Transition("resolved", ["new", "doing"], "done"),
                Transition("reopened", ["done"], "doing"),
                Transition("cancelled", ["new", "doing"], "dropped"),
            ],
            working="doing",
        )
        desk = Desk(PolicyBook.of(STANDARD, lifecycle=own))
        for command, status in ((Resolve, "done"), (Reopen, "doing"), (Cancel, "dropped")):
            desk.do(command)
            assert desk.situation.status == status
        assert desk.refused(Close)
        fresh = Desk(PolicyBook.of(STANDARD, lifecycle=own))
        assert fresh.refused(Resolve, status="resolved") == (
            "the lifecycle has no status 'resolved'",
        )

    def test_a_person_gets_it_where_it_is(self) -> None:
        """A group that gets it takes it from whoever had it; neither is nobody."""
        desk = Desk()
        owners = []
        for said in ({"group": "network"}, {"person": "bo"}, {"group": "desk"}, {}):
            desk.do(Assign, **said)
            owners.append((desk.situation.ownership.group, desk.situation.ownership.person))
        assert owners == [("network", None), ("network", "bo"), ("desk", None), (None, None)]

    def test_a_history_without_events_is_no_request(self) -> None:
        opening = Open(id="c0", request="R1")
        with pytest.raises(InvalidValue, match="opened by open_request"):
            decide_on([], opening, BOOK, at=NINE)
        with pytest.raises(InvalidValue, match="book is None: expected a PolicyBook"):
            open_request(opening, None, at=NINE)  # type: ignore[arg-type]  # what a slip hands in


class TestOpening:
    def test_the_kind_is_that_of_the_offering(self) -> None:
        """What nobody said, the catalogue knows; what somebody said stays."""
        asked = {"service": "laptops", "offering": "mouse"}
        assert Desk(WITH_APPROVAL, **asked).situation.request.kind == "service request"
        assert Desk(WITH_APPROVAL, **asked, kind="question").situation.request.kind == "question"

    @pytest.mark.parametrize(
        ("facts", "named"),
        [
            ({"service": "laptop", "offering": "mouse"}, "unknown service 'laptop': did you mean"),
            ({"service": "laptops", "offering": "mous"}, "'mous': did you mean 'mouse'"),
        ],
    )
    def test_a_slip_goes_around_no_approval(self, facts: dict[str, str], named: str) -> None:
        with pytest.raises(UnknownName, match=named):
            Desk(WITH_APPROVAL, **facts)
        assert Desk(BOOK, **facts).situation.request.service == facts["service"]

    def test_nothing_is_done_before_it_was_opened(self) -> None:
        assert Desk().refused(Resolve, occurred_at=after(-1)) == (
            "it was opened later, 2026-03-06 09:00 UTC",
        )

    def test_a_guard_gives_its_reason_as_text(self) -> None:
        transition = Transition("closed", ["new"], "closed", ["signed"])
        lifecycle = DEFAULT_LIFECYCLE.extended(transition, signed=lambda *_: True)
        desk = Desk(PolicyBook.of(STANDARD, lifecycle=lifecycle))
        with pytest.raises(InvalidValue, match="the guard 'signed' gave True: expected the reason"):
            desk.do(Close)

    def test_an_audit_finds_what_a_decision_found(self) -> None:
        """R1: also in the instant of the opening, which is over when somebody decides."""
        ladder = Escalation("l", [Step("late", after="0m", tell="person")])
        desk = Desk(PolicyBook.of(STANDARD, escalations=[ladder]))
        desk.do(AcknowledgeEscalation, hours=0, clock="resolution", cycle=0, ladder="l")
        assert replay(desk.history, desk.book, at=after(1), audit=True).refusals == ()


class TestBackdated:
    def test_a_command_is_decided_on_what_was_at_its_instant(self) -> None:
        """R2: later events stay as facts."""
        desk = Desk()
        desk.do(Resolve, hours=5)
        reply = desk.do(ChangeStatus, status="waiting for customer", occurred_at=after(2))
        assert names(reply) == ["StatusChanged"]
        assert desk.situation.status == "resolved"
        waiting = desk.situation.reading("resolution")
        assert waiting is not None
        assert waiting.elapsed == timedelta(hours=2)
