"""Which notices events make: properties of whatever a desk may do, then each kind by example."""

from __future__ import annotations

from collections import Counter
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecore import PolicyBook, replay
from servicecore.errors import InvalidValue, UnknownName
from servicecore.lifecycle import commands
from servicecore.lifecycle.decide import decide_on
from servicecore.lifecycle.events import (
    Actor,
    ApprovalRequested,
    Assigned,
    DecisionFailed,
    Event,
    Opened,
    PromiseMade,
    PromiseRenegotiated,
    PromiseWithdrawn,
    Replied,
    Side,
    StepRecorded,
)
from servicecore.lifecycle.merging import merge
from servicecore.lifecycle.splitting import split
from servicecore.notices import (
    DEFAULT_NOTICES,
    Notice,
    NoticeRule,
    Severity,
    facts,
    is_over,
    notices_of,
    without,
)
from servicecore.notices.rules import notice_id
from servicecore.stores.limits import check_id, check_name
from tests.notices.scenes import (
    ANN,
    BO,
    BOOK,
    BOSS,
    COLLEAGUE,
    CY,
    DELL,
    Scene,
    Written,
    at,
    begun,
    courses,
)

TO_EVERYBODY = {"received", "decision"}
"""Notices that also those get who did it themselves: they say what they cannot know."""


def did_it(notice: Notice, actor: Actor | None) -> bool:
    """Whether somebody is told of what they did: a judgement of its own."""
    if actor is None:
        return False
    if notice.kind in {"customer", "requester"}:
        return actor.side == "customer"
    if notice.kind == "approver":
        return actor == Actor(notice.name, Side.CUSTOMER)
    return actor.side != "customer" and actor.party == notice.name


class TestWhateverADeskDoes:
    @given(courses())
    def test_no_two_notices_have_the_same_id(self, course: list[Written]) -> None:
        ids = Counter(notice.id for written in course for notice in written.notices)
        assert not [id for id, times in ids.items() if times > 1]

    @given(courses())
    def test_the_same_history_gives_the_same_notices(self, course: list[Written]) -> None:
        """Pure: also for events that were stored and read again."""
        history: list[Event] = []
        for written in course:
            events = [attrs.evolve(event) for event in written.events]
            history += events
            situation = replay(history, BOOK, at=written.at)
            assert notices_of(situation, events, at=written.at) == written.notices

    @given(courses())
    def test_nobody_is_told_of_what_they_did_themselves(self, course: list[Written]) -> None:
        for written in course:
            for notice, event in written.caused():
                own = did_it(notice, event.actor)
                assert not own or notice.template in TO_EVERYBODY, notice

    @given(courses())
    def test_a_promise_that_is_not_told_tells_nobody(self, course: list[Written]) -> None:
        """Q2: an untold promise is a plan."""
        for written in course:
            for _, event in written.caused():
                if isinstance(event, PromiseMade | PromiseRenegotiated):
                    assert event.told

    @given(courses())
    def test_notes_and_automatic_replies_tell_nobody(self, course: list[Written]) -> None:
        """K5: they are no answer, and internal notes stay inside."""
        for written in course:
            for notice, event in written.caused():
                if isinstance(event, Replied):
                    assert event.public
                    assert not event.automatic
                    assert notice.is_for_customer == (event.side is Side.DESK)

    @given(courses())
    def test_the_requester_is_told_else_the_customer_else_nobody(
        self, course: list[Written]
    ) -> None:
        for written in course:
            request = written.situation.request
            for notice in written.notices:
                if notice.is_for_customer and notice.kind != "approver":
                    expected = f"requester: {request.requester}"
                    if request.requester is None:
                        expected = f"customer: {request.customer}"
                    assert notice.recipient == expected

    @given(courses())
    def test_at_most_one_of_a_topic_is_told_to_one_at_once(self, course: list[Written]) -> None:
        for written in course:
            topics = Counter((each.topic, each.recipient) for each in written.notices if each.topic)
            assert not [topic for topic, times in topics.items() if times > 1]

    @given(courses())
    def test_replies_options_and_promises_are_never_overtaken(self, course: list[Written]) -> None:
        for written in course:
            for notice in written.notices:
                if notice.template in {"answered", "options", "promised", "renegotiated"}:
                    assert not notice.topic

    @given(courses())
    def test_steps_tell_those_whom_they_have_told(self, course: list[Written]) -> None:
        """E5: whom a step tells was resolved when it was recorded."""
        for written in course:
            steps = {each.id: each for each in written.events if isinstance(each, StepRecorded)}
            told = Counter(each.cause for each in written.notices if each.template == "step")
            for id, times in told.items():
                assert times == len(steps[id].told)
            for notice in written.notices:
                if notice.template == "step":
                    assert notice.recipient in steps[notice.cause].told

    @given(courses())
    def test_every_store_can_keep_them(self, course: list[Written]) -> None:
        for written in course:
            for notice in written.notices:
                check_id(notice.id, "id")
                for name in ("request", "template", "recipient"):
                    check_name(getattr(notice, name), name)
                check_name(notice.topic or "none", "topic")
                assert notice.made_at == written.at


def told(
    scene: Scene,
    kind: type[commands.Command],
    hours: float,
    /,
    actor: Actor | None = BO,
    **said: Any,
) -> set[tuple[str, str]]:
    return scene.do(kind, hours, actor, **said).told()


class TestTheCustomersSide:
    def test_a_new_request_is_received(self) -> None:
        """Also by whoever sent it: the notice says its number, and by when they will hear."""
        written = Scene().open()
        (notice,) = written.notices
        assert (notice.template, notice.recipient) == ("received", "requester: ann")
        assert notice.facts["answer_due"] == at(1).timestamp() * 1_000_000
        assert notice.facts["zone"] == "Europe/Berlin"
        assert Scene().open(requester=None).told() == {("received", "customer: acme")}
        assert Scene().open(requester=None, customer=None).told() == set()

    def test_the_subject_is_a_fact_of_the_host(self) -> None:
        (notice,) = Scene().open(subject="the printer jams").notices
        assert notice.facts["subject"] == "the printer jams"
        (other,) = Scene().open(subject=5).notices
        assert other.facts["subject"] == ""

    def test_our_answer(self) -> None:
        scene = begun()
        assert told(scene, commands.Reply, 1) == {("answered", "requester: ann")}
        assert told(scene, commands.Reply, 1, public=False) == set()
        assert told(scene, commands.Reply, 1, automatic=True) == set()
        assert told(scene, commands.Reply, 1, channel="phone") == set(), "they have heard it"

    def test_it_is_their_turn(self) -> None:
        scene = begun()
        waiting = {"status": "waiting for customer", "reason": "Which floor?"}
        written = scene.do(commands.ChangeStatus, 1, **waiting)
        assert written.told() == {("waiting", "requester: ann")}
        assert written.notices[0].facts["reason"] == "Which floor?"
        assert told(scene, commands.ChangeStatus, 2, status="in progress") == set()

    def test_options_are_told_once_though_they_wait_for_the_customer_too(self) -> None:
        scene = begun()
        written = scene.do(commands.OfferOptions, 1, options=("a", "b"), recommendation="b")
        assert [type(event).__name__ for event in written.events] == [
            "OptionsOffered",
            "StatusChanged",
        ]
        assert written.told() == {("options", "requester: ann")}
        facts = written.notices[0].facts
        assert [facts[name] for name in ("options", "option 1", "option 2")] == [2, "a", "b"]

    def test_an_approval_is_asked_of_the_approver_on_their_side(self) -> None:
        """Also where the request that demands it came from the customer's side."""
        written = Scene().open(service="office", offering="laptop")
        assert ("approval", "approver: boss") in written.told()
        assert written.notices[-1].is_for_customer
        asked_inside = Scene().open(service="office", offering="key")
        assert ("approval", "role: security") in asked_inside.told()

    def test_nobody_is_asked_for_an_approval_that_they_ask_for(self) -> None:
        written = Scene().open(0, BOSS, service="office", offering="laptop")
        assert written.told() == {("received", "requester: ann")}

    @pytest.mark.parametrize(
        ("actor", "expected"), [(BOSS, True), (CY, True), (None, True), (ANN, False)]
    )
    def test_a_decision_is_told_to_whoever_asked(self, actor: Actor | None, expected: bool) -> None:
        scene = Scene()
        scene.open(service="office", offering="laptop")
        scene.do(commands.Assign, 0, CY, group="first", person="bo")
        written = scene.do(commands.DecideApproval, 1, actor, granted=False, reason="too dear")
        assert ("approval-decided", "person: bo") in written.told()
        assert (("decision", "requester: ann") in written.told()) == expected

    def test_promises(self) -> None:
        scene = begun()
        assert told(scene, commands.MakePromise, 1, due_at=at(4), told=False) == set()
        assert told(scene, commands.MakePromise, 1, due_at=at(5)) == {
            ("promised", "requester: ann")
        }
        again = {"promise": "2", "due_at": at(6), "reason": "a part is missing"}
        assert told(scene, commands.RenegotiatePromise, 2, told=False, **again) == set()
        written = scene.do(commands.RenegotiatePromise, 2, **again)
        assert written.told() == {("renegotiated", "requester: ann")}
        facts = written.notices[0].facts
        assert (facts["before"], facts["kind"]) == (at(5).timestamp() * 1_000_000, "delivery")

    def test_a_promise_taken_back(self) -> None:
        scene = begun()
        scene.do(commands.MakePromise, 1, due_at=at(5), told=False)
        scene.do(commands.MakePromise, 1, due_at=at(5))
        assert told(scene, commands.WithdrawPromise, 2, promise="1") == set()
        assert told(scene, commands.WithdrawPromise, 2, promise="2") == {
            ("withdrawn", "requester: ann")
        }

    def test_a_report(self) -> None:
        written = begun().do(commands.Report, 1, done="looked", next_due_at=at(3))
        assert written.told() == {("reported", "requester: ann")}
        assert written.notices[0].facts["next_due"] == at(3).timestamp() * 1_000_000

    def test_the_end_and_a_new_beginning(self) -> None:
        scene = begun()
        written = scene.do(commands.Resolve, 1, reason="a new roller")
        assert written.told() == {("resolved", "requester: ann")}
        assert written.notices[0].facts["closes"] == at(121).timestamp() * 1_000_000
        assert told(scene, commands.Close, 2) == set(), "they know that it is done"
        reopened = scene.do(commands.Reopen, 3, CY)
        assert reopened.told() == {("reopened", "requester: ann"), ("back", "person: bo")}
        assert told(scene, commands.Cancel, 4, reason="double") == {("cancelled", "requester: ann")}

    def test_a_closing_that_time_makes_tells_nobody(self) -> None:
        scene = begun()
        scene.do(commands.Resolve, 1)
        written = scene.wait(200)
        assert "Closed" in {type(event).__name__ for event in written.events}
        assert not [notice for notice in written.notices if notice.is_for_customer]

    def test_what_the_customers_side_did_is_no_news_to_it(self) -> None:
        scene = begun()
        assert told(scene, commands.Cancel, 1, actor=COLLEAGUE) == {("called-off", "person: bo")}

    def test_a_survey(self) -> None:
        scene = begun()
        scene.do(commands.Resolve, 1)
        written = scene.do(commands.InviteToSurvey, 2, survey="csat")
        assert written.told() == {("survey", "requester: ann")}
        assert written.notices[0].severity is Severity.LOW

    def test_a_merge_tells_the_source_alone(self) -> None:
        """R8: promises are made again on the target, whose customer they were not made to."""
        source, target = begun(), begun()
        source.do(commands.MakePromise, 1, due_at=at(5))
        target.history = [attrs.evolve(event, request="R2") for event in target.history]
        one, other = (replay(each.history, BOOK, at=at(2)) for each in (source, target))
        merged = merge(one, other, commands.MergeInto(id="m", request="R1", target="R2"), at=at(2))
        assert source.write(merged.source_events, at(2)).told() == {("merged", "requester: ann")}
        assert target.write(merged.target_events, at(2)).told() == {("date", "person: bo")}

    def test_a_split_tells_of_the_part(self) -> None:
        scene = begun()
        parent = replay(scene.history, BOOK, at=at(1))
        command = commands.Split(id="s", request="R1", child="R2", actor=CY)
        child = Scene()
        written = child.write(split(parent, command, at=at(1)).child_events, at(1))
        assert ("split", "requester: ann") in written.told()
        assert "received" not in {notice.template for notice in written.notices}


class TestInside:
    def test_whoever_is_given_the_request(self) -> None:
        scene = Scene()
        scene.open()
        assert told(scene, commands.Assign, 1, group="first") == {("assigned", "group: first")}
        assert told(scene, commands.Assign, 1, group="first", person="cy") == {
            ("assigned", "person: cy")
        }
        assert told(scene, commands.Assign, 1, group="first", person="bo") == set(), "by himself"

    def test_a_group_that_the_opening_names(self) -> None:
        assert ("assigned", "group: first") in Scene().open(group="first").told()
        assert ("assigned", "person: bo") in Scene().open(group="first", person="bo").told()

    def test_the_customer_wrote(self) -> None:
        scene = begun()
        written = scene.do(commands.Reply, 1, ANN)
        assert written.told() == {("replied", "person: bo")}
        assert written.notices[0].facts["side"] == "customer"
        assert told(scene, commands.Reply, 1, actor=DELL) == {("replied", "person: bo")}
        assert told(scene, commands.Reply, 1, actor=ANN, automatic=True) == set()
        scene.do(commands.Assign, 1, group="second")
        assert told(scene, commands.Reply, 1, actor=ANN) == {("replied", "group: second")}

    def test_a_reply_that_ends_waiting_tells_it_once(self) -> None:
        scene = begun()
        scene.do(commands.ChangeStatus, 1, status="waiting for customer")
        written = scene.do(commands.Reply, 2, ANN)
        assert len(written.events) == 2
        assert written.told() == {("replied", "person: bo")}

    def test_the_customer_chose(self) -> None:
        scene = begun()
        scene.do(commands.OfferOptions, 1, options=("a", "b"))
        written = scene.do(commands.ChooseOption, 2, ANN, option="b")
        assert written.told() == {("chosen", "person: bo")}
        assert written.notices[0].facts["option"] == "b"

    def test_a_date_that_somebody_else_has_promised(self) -> None:
        written = begun().do(commands.MakePromise, 1, CY, due_at=at(4))
        assert written.told() == {("promised", "requester: ann"), ("date", "person: bo")}

    def test_an_override(self) -> None:
        override = {"override": "business stopped", "reason": "no till"}
        written = begun().do(commands.StartOverride, 1, CY, **override)
        assert written.told() == {("override", "person: bo")}
        assert written.notices[0].severity is Severity.URGENT

    def test_a_notice_that_did_not_reach_the_customer(self) -> None:
        written = begun().do(commands.NoteUndeliveredNotice, 1, None, notice="n", reason="unknown")
        assert written.told() == {("undelivered", "person: bo")}


class TestSteps:
    def test_before_and_after_it_is_due(self) -> None:
        """E1: the severity says whether it is late."""
        scene = begun()
        early = scene.wait(3)
        steps = [each for each in early.notices if each.facts.get("ladder") == "hurry"]
        assert {(each.recipient, each.severity) for each in steps} == {
            ("person: bo", Severity.NORMAL),
            ("group: first", Severity.NORMAL),
        }
        assert ("assigned", "group: second") in early.told(), "what a step causes is told as well"
        (due,) = (each for each in scene.wait(6).notices if each.facts.get("ladder") == "hurry")
        assert (due.severity, due.facts["late_since"]) == (Severity.URGENT, None), "at the instant"
        (last,) = (each for each in scene.wait(7.5).notices if each.facts.get("ladder") == "hurry")
        assert last.severity is Severity.URGENT
        assert last.facts["late_since"] == at(6).timestamp() * 1_000_000

    def test_what_they_say(self) -> None:
        early = begun().wait(3.5)
        notice = next(each for each in early.notices if each.template == "step")
        names = ("clock", "ladder", "step", "round", "trigger", "paused", "outcome")
        said = [notice.facts[name] for name in names]
        assert said == ["resolution", "hurry", "warn", 0, "share", False, "told"]
        assert notice.facts["left"] == 2.5 * 3600 * 1_000_000
        assert notice.facts["clock_due"] == at(6).timestamp() * 1_000_000

    def test_a_later_step_of_a_ladder_has_the_same_topic(self) -> None:
        scene = begun()
        early, late = scene.wait(3), scene.wait(6.5)
        topics = {each.topic for each in (*early.notices, *late.notices)
                  if each.facts.get("ladder") == "hurry"}  # fmt: skip
        assert topics == {"escalation resolution/0/hurry"}

    def test_a_step_whose_clock_has_stopped_meanwhile_tells_nobody(self) -> None:
        """Nobody can do anything about it, and they have not asked for a history."""
        scene = begun()
        scene.do(commands.Resolve, 4)
        written = scene.wait(5)
        assert {type(event).__name__ for event in written.events} >= {"StepRecorded"}
        assert not [each for each in written.notices if each.template == "step"]

    def test_a_ladder_of_the_request(self) -> None:
        scene = begun()
        scene.do(commands.Assign, 1, group="second")
        written = scene.do(commands.Assign, 1, group="first")
        ticked = scene.wait(1)
        assert written.told() == {("assigned", "group: first")}
        (notice,) = (each for each in ticked.notices if each.recipient == "role: lead")
        assert (notice.facts["trigger"], notice.facts["bounces"]) == ("bounces", 1)


class TestWrittenLate:
    """R2: what has been overtaken by the time it is written down tells nobody anything."""

    @pytest.mark.parametrize(
        ("late", "said", "later", "meanwhile"),
        [
            (commands.Reply, {}, commands.Reply, {"actor": ANN}),
            (commands.ChangeStatus, {"status": "waiting for customer"},
             commands.ChangeStatus, {"status": "waiting for third party"}),
            (commands.Report, {"done": "a"}, commands.Report, {"done": "b"}),
            (commands.Assign, {"group": "second"},
             commands.Assign, {"group": "first", "person": "cy"}),
            (commands.Resolve, {}, commands.Cancel, {}),
        ],
    )  # fmt: skip
    def test_what_is_over(
        self,
        late: type[commands.Command],
        said: dict[str, Any],
        later: type[commands.Command],
        meanwhile: dict[str, Any],
    ) -> None:
        scene = begun()
        actor = meanwhile.pop("actor", BO)
        scene.do(later, 2, actor, **meanwhile)
        meanwhile["actor"] = actor
        written = scene.do(late, 3, CY, occurred=1, **said)
        templates = {notice.template for notice in written.notices}
        assert not templates & {"answered", "waiting", "reported", "assigned", "resolved"}
        fresh = begun().do(late, 3, CY, occurred=1, **said)
        assert fresh.notices, "alone it is told"

    def test_a_resolution_that_the_customer_has_undone(self) -> None:
        """They did that themselves, and are told of neither."""
        scene = begun()
        events = [
            commands.Resolve(id="x", request="R1", actor=BO, occurred_at=at(1)),
            commands.Reopen(id="y", request="R1", actor=ANN, occurred_at=at(2)),
        ]
        made: list[Event] = []
        for command in events:
            made += scene.write(_decided(scene, command), at(3)).events
        situation = replay(scene.history, BOOK, at=at(3))
        customers = [each for each in notices_of(situation, made, at=at(3)) if each.is_for_customer]
        assert customers == []

    def test_a_promise_whose_date_has_passed(self) -> None:
        written = begun().do(commands.MakePromise, 3, occurred=1, due_at=at(2))
        assert written.notices == ()
        still_ahead = begun().do(commands.MakePromise, 3, occurred=1, due_at=at(4))
        assert still_ahead.told() == {("promised", "requester: ann")}

    def test_options_that_were_chosen_among_at_once(self) -> None:
        scene = begun()
        offered = _decided(
            scene, commands.OfferOptions(id="x", request="R1", actor=BO, options=("a", "b"))
        )
        scene.write(offered, at(3))
        chosen = _decided(scene, commands.ChooseOption(id="y", request="R1", actor=ANN, option="a"))
        situation = replay([*scene.history, *chosen], BOOK, at=at(3))
        found = notices_of(situation, [*offered, *chosen], at=at(3))
        assert [notice.template for notice in found] == ["chosen"]

    def test_one_of_the_past_takes_nothing_from_the_present(self) -> None:
        scene = begun()
        scene.do(commands.Resolve, 2)
        written = scene.do(commands.Reopen, 3)
        assert ("reopened", "requester: ann") in written.told()


def _decided(scene: Scene, command: commands.Command) -> tuple[Event, ...]:
    return decide_on(scene.history, command, BOOK, at=at(3))


class TestIds:
    names = st.text("a/:%2F 1", min_size=1, max_size=6)
    made = st.tuples(st.sampled_from(["received", "resolved"]), names, names)

    @given(st.lists(made, unique=True, min_size=2, max_size=20))
    def test_no_two_say_the_same(self, made: list[tuple[str, str, str]]) -> None:
        """Whatever the ids of commands and the names of people look like."""
        ids = {
            notice_id(template, Opened(request="R", occurred_at=0, id=id), f"person: {name}")
            for template, id, name in made
        }
        assert len(ids) == len(made)

    @given(st.text(min_size=300, max_size=400), st.text(min_size=300, max_size=400))
    def test_long_ones_are_short_enough(self, one: str, other: str) -> None:
        ids = [
            notice_id("received", Opened(request="R", occurred_at=0, id=id), "person: bo")
            for id in (one, other)
        ]
        assert all(len(id.encode(errors="replace")) <= 500 for id in ids)
        assert (ids[0] == ids[1]) == (one == other)

    def test_an_event_without_an_id_goes_by_its_place(self) -> None:
        first = Opened(request="R1", occurred_at=5)
        assert notice_id("received", first, "person: bo") == "received/R1/Opened/5/0/person: bo"
        second = attrs.evolve(first, sequence=1)
        assert notice_id("received", second, "x") != notice_id("received", first, "x")


class TestATableOfOnesOwn:
    def test_more_fewer_or_others(self) -> None:
        rules = (
            *without("survey"),
            NoticeRule(event=DecisionFailed, template="failed", to="role: administrator"),
        )
        scene = Scene(rules=rules)
        scene.open()
        failed = DecisionFailed(
            request="R1", occurred_at=at(1), id="x", plugin="board", hook="assign", error="Oops"
        )
        (notice,) = scene.write([failed], at(1)).notices
        assert notice.recipient == "role: administrator"
        assert [notice.facts[name] for name in ("plugin", "hook", "error")] == [
            "board",
            "assign",
            "Oops",
        ]

    def test_functions_find_recipients_severity_and_topic(self) -> None:
        rule = NoticeRule(
            event=Event,
            template="anything",
            to=lambda situation, _: ["person: x", "person: x", f"person: {situation.status}"],
            when=lambda _, event: isinstance(event, Assigned),
            says=lambda situation, _: {"status": situation.status},
            severity=lambda *_: Severity.LOW,
            topic=lambda _, event: f"topic {type(event).__name__}",
        )
        scene = Scene(rules=[rule])
        assert scene.open().notices == ()
        first, second = scene.do(commands.Assign, 1, group="first").notices
        assert (first.recipient, second.recipient) == ("person: x", "person: new")
        assert (first.severity, first.topic, first.facts["status"]) == (
            Severity.LOW,
            "topic Assigned",
            "new",
        )

    def test_rules_are_values(self) -> None:
        made = [
            NoticeRule(event=Opened, template="x", to="owner", severity=severity)  # type: ignore[arg-type]  # by its name
            for severity in ("urgent", Severity.URGENT)
        ]
        assert made[0] == made[1]

    @pytest.mark.parametrize(
        ("said", "problem"),
        [
            ({"to": "nobody"}, "nobody is told by to='nobody'"),
            ({"to": "ower"}, "did you mean 'owner'"),
            ({"to": "role: "}, "nobody is told"),
            ({"event": 5}, "expected a type of events"),
            ({"event": int}, "expected a type of events"),
            ({"template": "../etc"}, "expected letters, digits and hyphens"),
            ({"template": ""}, "expected letters"),
            ({"severity": "terrible"}, "severity is 'terrible'"),
        ],
    )
    def test_what_makes_no_sense_is_refused(self, said: dict[str, Any], problem: str) -> None:
        with pytest.raises(InvalidValue, match=problem):
            NoticeRule(**{"event": Opened, "template": "x", "to": "owner", **said})

    def test_without_knows_the_templates(self) -> None:
        with pytest.raises(UnknownName, match="did you mean 'survey'"):
            without("surveys")
        left_out = [rule for rule in DEFAULT_NOTICES if rule not in without("survey", "back")]
        assert [rule.template for rule in left_out] == ["survey", "back"]


class TestWhoElseCanBeTold:
    @pytest.mark.parametrize(
        ("to", "service", "expected"),
        [
            ("custodian", "office", ["custodian: caretaker"]),
            ("business owner", "office", []),
            ("custodian", None, []),
            ("group: network", None, ["group: network"]),
            ("person: x", None, ["person: x"]),
            ("approver", "office", ["approver: boss"]),
        ],
    )
    def test_by_words(self, to: str, service: str | None, expected: list[str]) -> None:
        event = ApprovalRequested if to == "approver" else Opened
        scene = Scene(rules=[NoticeRule(event=event, template="x", to=to)])
        facts = {"service": service, "offering": "laptop" if service else None}
        assert [each.recipient for each in scene.open(**facts).notices] == expected

    def test_facts_of_promises_that_nobody_made(self) -> None:
        """As a log may have them, told by a rule of a host's."""
        rules = [
            NoticeRule(
                event=PromiseRenegotiated, template="x", to="owner", says=facts.of_renegotiation
            ),
            NoticeRule(event=PromiseWithdrawn, template="x", to="owner", says=facts.of_withdrawal),
            NoticeRule(event=StepRecorded, template="x", to="owner", says=facts.of_step,
                       severity=facts.severity_of_step, topic=facts.topic_of_step),
        ]  # fmt: skip
        scene = begun()
        scene.rules = rules
        told = [
            PromiseRenegotiated(request="R1", occurred_at=at(1), promise="9", due_at=at(2)),
            PromiseWithdrawn(request="R1", occurred_at=at(1), promise="9"),
            StepRecorded(request="R1", occurred_at=at(1), step="none", due_at=at(1)),
        ]
        renegotiated, withdrawn, step = scene.write(told, at(1)).notices
        assert (renegotiated.facts["kind"], renegotiated.facts["before"]) == ("", None)
        assert (withdrawn.facts["kind"], withdrawn.facts["due"]) == ("", None)
        assert (step.severity, step.topic, step.facts["owner"]) == (Severity.NORMAL, "", "bo")


class TestHostileNames:
    @pytest.mark.parametrize("name", ["x" * 300, "a\0b", "\ud800", " ", ""])
    def test_nobody_can_be_called_so(self, name: str) -> None:
        """No store could keep the recipient, and the command would be refused for it."""
        assert Scene().open(requester=name, customer=None).notices == ()

    @given(st.text(max_size=50), st.characters())
    def test_facts_stay_short(self, name: str, character: str) -> None:
        scene = begun(subject=name)
        written = scene.do(commands.Report, 1, done=character * 3000)
        (notice,) = written.notices
        done = str(notice.facts["done"])
        assert len(done) <= 2000
        assert done.endswith("…")
        assert notice.facts["subject"] == name

    @pytest.mark.parametrize("fact", [5, 1.5, True, frozenset("ab")])
    def test_names_that_are_no_text(self, fact: Any) -> None:
        """Facts are the host's; a notice that is odd is better than a command that fails."""
        scene = begun(customer=fact, service="office", offering="laptop", subject=fact)
        assert scene.do(commands.Reply, 1, ANN).told() == {("replied", "person: bo")}

    def test_many_options_are_counted(self) -> None:
        options = tuple(str(number) for number in range(50))
        (notice,) = begun().do(commands.OfferOptions, 1, options=options).notices
        assert notice.facts["options"] == 50
        assert "option 20" in notice.facts
        assert "option 21" not in notice.facts

    def test_a_book_without_anything(self) -> None:
        """No policy, no catalogue: what is not known is not said."""
        opened = Opened(request="R1", occurred_at=0, id="c/1", facts={"requester": "ann"})
        situation = replay([opened], PolicyBook.of(), at=0)
        (notice,) = notices_of(situation, [opened], at=0)
        assert notice.facts["answer_due"] is None
        assert notice.facts["zone"] == "UTC"


class TestOverByThen:
    """A notice that was held, looked at again: would it still be made?"""

    def held(self, written: Written, template: str) -> Notice:
        return next(notice for notice in written.notices if notice.template == template)

    def test_what_the_customer_has_undone(self) -> None:
        """They are not told of their own reopening, so no notice of it overtakes the other."""
        scene = begun()
        resolved = scene.do(commands.Resolve, 1)
        notice = self.held(resolved, "resolved")
        assert not is_over(notice, resolved.situation)
        reopened = scene.do(commands.Reopen, 2, ANN)
        assert not [each for each in reopened.notices if each.is_for_customer]
        assert is_over(notice, reopened.situation)

    def test_a_step_whose_clock_has_stopped(self) -> None:
        scene = begun()
        early = scene.wait(3)
        notice = self.held(early, "step")
        assert not is_over(notice, scene.wait(3.5).situation)
        assert is_over(notice, scene.do(commands.Resolve, 4).situation)

    def test_a_request_that_somebody_else_has(self) -> None:
        scene = Scene()
        scene.open()
        notice = self.held(scene.do(commands.Assign, 1, group="first"), "assigned")
        assert is_over(notice, scene.do(commands.Assign, 2, group="second").situation)

    def test_what_was_said_is_theirs_to_read(self) -> None:
        scene = begun()
        notice = self.held(scene.do(commands.Reply, 1), "answered")
        assert not is_over(notice, scene.do(commands.Cancel, 2).situation)

    def test_a_row_for_one_contact_of_several(self) -> None:
        scene = begun()
        resolved = scene.do(commands.Resolve, 1)
        notice = attrs.evolve(self.held(resolved, "resolved"), id="its own/1")
        assert not is_over(notice, resolved.situation)

    def test_one_that_no_event_has_made(self) -> None:
        notice = Notice(
            id="n", request="R1", template="x", recipient="person: bo", topic="t", made_at=0
        )
        assert not is_over(notice, begun().wait(1).situation)

    @given(courses())
    def test_none_is_over_when_it_is_made(self, course: list[Written]) -> None:
        for written in course:
            assert not [each for each in written.notices if is_over(each, written.situation)]
