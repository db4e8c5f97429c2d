"""Merges, splits and links: what requests have to do with each other (R8, K6)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecore import PolicyBook, replay
from servicecore.catalogue import Approval, Catalogue, Offering, Service
from servicecore.errors import InvalidValue, TransitionRefused, UnknownName
from servicecore.lifecycle.commands import (
    Absorb,
    ApplyPolicy,
    Cancel,
    Close,
    Command,
    DecideApproval,
    FulfilPromise,
    Link,
    MakePromise,
    MergeInto,
    Open,
    Reply,
    Report,
    Resolve,
    Split,
    StartOverride,
    Unlink,
)
from servicecore.lifecycle.decide import decide_on, open_request
from servicecore.lifecycle.events import (
    Actor,
    Event,
    Linked,
    Opened,
    OverrideStarted,
    PolicyApplied,
    PromiseMade,
    SplitFrom,
    Unlinked,
)
from servicecore.lifecycle.links import INVERSE, LINKS, inverse, links_of
from servicecore.lifecycle.merging import Merged, merge
from servicecore.lifecycle.promises import PromiseState
from servicecore.lifecycle.splitting import SplitOff, split
from servicecore.sla import Policy, State, Target

NINE = datetime(2026, 3, 6, 9, tzinfo=UTC)
TARGETS = {"first response": Target("4h"), "resolution": Target("8h"), "update": Target("3h")}
LAPTOP = Service(
    "laptops",
    offerings=[
        Offering("laptop", approval=Approval("bo")),
        Offering("tablet", approval=Approval("bo")),
        Offering("crane", group="yard"),
    ],
)
SIEGE = {"siege": {"resolution": Target("2h")}}
BOOK = PolicyBook.of(
    Policy("calm", TARGETS, {"customer": "calm"}),
    Policy("all", TARGETS, overrides=SIEGE),
    Policy("vip", TARGETS, overrides=SIEGE),
    catalogue=Catalogue(services=[LAPTOP]),
)


def after(hours: float) -> datetime:
    return NINE + timedelta(hours=hours)


class Requests:
    """Histories of several requests, which grow by commands."""

    def __init__(self, *names: str, **facts: str) -> None:
        self.histories: dict[str, list[Event]] = {}
        for name in names:
            command = Open(id=f"open {name}", request=name, facts=facts)
            self.histories[name] = [*open_request(command, BOOK, at=NINE)]

    def do(self, name: str, command: type[Command], hours: float, **said: Any) -> None:
        history = self.histories[name]
        asked = command(id=f"{name} {len(history)}", request=name, **said)
        history += decide_on(history, asked, BOOK, at=after(hours))

    def at(self, name: str, hours: float) -> Any:
        return replay(self.histories[name], BOOK, at=after(hours))

    def merge(self, command: MergeInto | Absorb, hours: float, *, recorded: float = 0) -> Merged:
        source, target = command.request, getattr(command, "target", command.request)
        if isinstance(command, Absorb):
            source = command.source
        at = after(max(hours, recorded))
        merged = merge(self.at(source, hours), self.at(target, hours), command, at=at)
        self.histories[source] += merged.source_events
        self.histories[target] += merged.target_events
        return merged

    def split(self, name: str, child: str, hours: float, **facts: str) -> SplitOff:
        command = Split(id="split", request=name, child=child, facts=facts)
        off = split(self.at(name, hours), command, at=after(hours))
        self.histories[name] += off.parent_events
        self.histories[child] = [*off.child_events]
        return off


INTO = MergeInto(id="m", request="R1", target="R2", reason="the same outage")


class TestMerge:
    @pytest.mark.parametrize("command", [INTO, Absorb(id="m", request="R2", source="R1")])
    def test_one_ends_without_a_verdict_and_the_other_goes_on(
        self, command: MergeInto | Absorb
    ) -> None:
        """K6, R8: whichever side says it."""
        requests = Requests("R1", "R2")
        merged = requests.merge(command, 1)
        assert [type(event).__name__ for event in merged.source_events] == ["MergedInto"]
        assert [type(event).__name__ for event in merged.target_events] == ["Absorbed"]
        assert merged.target_events[0].cause == merged.source_events[0].id == "m/1"
        source, target = requests.at("R1", 9), requests.at("R2", 9)
        assert (source.status, target.status) == ("merged", "new")
        assert source.reading("resolution").state is State.CANCELLED
        assert target.reading("resolution").state is State.BREACHED
        assert [(link.kind, link.other) for link in source.links] == [("merged into", "R2")]
        assert [(link.kind, link.other) for link in target.links] == [("absorbed", "R1")]

    def test_what_is_still_to_be_kept_is_promised_again_with_its_date(self) -> None:
        """R8: what is broken, kept or withdrawn already stays where it is."""
        requests = Requests("R1", "R2")
        requests.do("R2", MakePromise, 0.1, due_at=after(99))
        requests.do("R1", MakePromise, 0.1, due_at=after(1), told=False)
        requests.do("R1", MakePromise, 0.2, due_at=after(20), told=False, basis="plan")
        requests.do("R1", Report, 0.3, done="looked", next_due_at=after(5))
        merged = requests.merge(INTO, 2)
        again = [event for event in merged.target_events if isinstance(event, PromiseMade)]
        assert [
            (made.promise, made.kind, made.due_at, made.told, made.basis) for made in again
        ] == [
            ("2", "delivery", after(20), False, "plan"),
            ("3", "checkpoint", after(5), True, "plan"),
        ]
        ids = [event.id for event in (*merged.source_events, *merged.target_events)]
        assert ids == ["m/1", "m/2", "m/3", "m/4"]
        states = [promise.state(requests.at("R1", 50).instant)
                  for promise in requests.at("R1", 50).promises]  # fmt: skip
        assert states == [PromiseState.BROKEN, PromiseState.WITHDRAWN, PromiseState.WITHDRAWN]
        assert len(requests.at("R2", 50).promises) == 3

    @pytest.mark.parametrize("kept", [True, False])
    def test_a_promise_due_at_the_very_instant_is_owed_by_the_target(self, *, kept: bool) -> None:
        """R8, Q1: it is pending until that is over, and nobody has anything against it (R1)."""
        requests = Requests("R1", "R2")
        requests.do("R1", MakePromise, 0.5, due_at=after(1))
        requests.merge(INTO, 1)
        if kept:
            requests.do("R2", FulfilPromise, 1, promise="1")
        audit = replay(requests.histories["R2"], BOOK, at=after(2), audit=True)
        (promise,) = audit.promises
        assert promise.state(audit.instant) == ("kept" if kept else "broken")
        assert audit.refusals == ()
        past = attrs.evolve(requests.histories["R2"][2], cause="somebody")
        told = replay([*requests.histories["R2"][:2], past], BOOK, at=after(2), audit=True)
        assert [refusal.keys for refusal in told.refusals] == [("due in the past",)]

    def test_merged_late_its_promises_take_nobodys_number(self) -> None:
        """R2."""
        requests = Requests("R1", "R2")
        requests.do("R1", MakePromise, 0.5, due_at=after(20))
        requests.do("R2", MakePromise, 3, due_at=after(30))
        late = MergeInto(id="m", request="R1", target="R2", occurred_at=after(1))
        requests.merge(late, 1, recorded=4)
        assert [promise.id for promise in requests.at("R2", 5).promises] == ["m/3", "1"]

    def test_merged_is_final(self) -> None:
        """R8: neither merged again, nor into, nor written to."""
        requests = Requests("R1", "R2", "R3")
        requests.merge(INTO, 1)
        with pytest.raises(TransitionRefused, match="Can't resolve R1 when it is merged, which is"):
            requests.do("R1", Resolve, 2)
        with pytest.raises(TransitionRefused, match="it is merged into R2: write there"):
            requests.do("R1", Reply, 2)
        again = MergeInto(id="n", request="R1", target="R3")
        with pytest.raises(TransitionRefused, match="merge R1 into R3 when R1 is merged, which"):
            requests.merge(again, 2)
        back = Absorb(id="n", request="R1", source="R2")
        with pytest.raises(TransitionRefused, match="merge R2 into R1 when R1 is merged, which"):
            requests.merge(back, 2)

    def test_the_reasons_of_both_sides_are_said_at_once(self) -> None:
        requests = Requests("R1", "R2")
        requests.do("R1", Resolve, 1)
        requests.do("R1", Close, 1)
        requests.do("R2", Cancel, 1)
        with pytest.raises(TransitionRefused) as refused:
            requests.merge(INTO, 2)
        assert refused.value.reasons == (
            "R1 is closed (from there: reopen)",
            "R2 is cancelled, which is final",
        )
        assert refused.value.command == INTO

    def test_a_request_is_not_merged_into_itself(self) -> None:
        requests = Requests("R1")
        with pytest.raises(TransitionRefused) as refused:
            requests.merge(MergeInto(id="m", request="R1", target="R1"), 1)
        assert refused.value.reasons == ("R1 is the request itself",)

    def test_each_situation_is_of_its_request_and_instant(self) -> None:
        requests = Requests("R1", "R2")
        one, other = requests.at("R1", 1), requests.at("R2", 1)
        with pytest.raises(InvalidValue, match="the situation is of 'R2': expected 'R1'"):
            merge(other, one, INTO, at=after(1))
        with pytest.raises(InvalidValue, match="expected that of"):
            merge(one, requests.at("R2", 0), INTO, at=after(1))
        wrong: Any = Resolve(id="c", request="R1")
        with pytest.raises(InvalidValue, match="expected a MergeInto or an Absorb"):
            merge(one, other, wrong, at=after(1))
        with pytest.raises(InvalidValue, match="expected a Split"):
            split(one, wrong, at=after(1))


class TestSplit:
    def test_the_time_that_the_parent_used_counts(self) -> None:
        """R8: the resolution clock of the part began when the whole came in."""
        requests = Requests("R1", customer="acme", priority="high")
        requests.do("R1", Reply, 1)
        requests.split("R1", "R2", 3, customer="hooli")
        child = requests.at("R2", 4)
        assert child.reading("resolution").elapsed == timedelta(hours=4)
        assert child.reading("resolution").due_at == after(8)
        assert child.reading("update").elapsed == timedelta(hours=1)
        assert child.reading("first response").state is State.PENDING
        assert (child.request.customer, child.request.priority) == ("hooli", "high")
        assert requests.at("R1", 4).reading("resolution").due_at == after(8)

    def test_where_the_parent_had_no_response_one_is_owed(self) -> None:
        """R8."""
        requests = Requests("R1")
        requests.split("R1", "R2", 3)
        assert requests.at("R2", 4).reading("first response").state is State.RUNNING

    def test_both_know_of_each_other(self) -> None:
        requests = Requests("R1")
        off = requests.split("R1", "R2", 3)
        assert [(link.kind, link.other) for link in requests.at("R1", 4).links] == [("child", "R2")]
        assert [(link.kind, link.other) for link in requests.at("R2", 4).links] == [
            ("split from", "R1"), ("parent", "R1"),
        ]  # fmt: skip
        ids = [event.id for event in (*off.parent_events, *off.child_events)]
        assert ids == ["split/1", "split/2", "split/3", "split/4"]

    def test_an_approval_given_for_the_same_holds_for_the_part(self) -> None:
        """R8: as little formality as possible, and no way around it."""
        requests = Requests("R1", offering="laptop")
        requests.split("R1", "R2", 1)
        assert requests.at("R2", 2).state.approval.approver == "bo"
        requests.do("R1", DecideApproval, 2, granted=True)
        requests.histories.pop("R2")
        command = Split(id="again", request="R1", child="R3")
        off = split(requests.at("R1", 3), command, at=after(3))
        assert replay(off.child_events, BOOK, at=after(4)).state.approval is None
        command = Split(id="other", request="R1", child="R4", facts={"offering": "tablet"})
        off = split(requests.at("R1", 3), command, at=after(3))
        asked = replay(off.child_events, BOOK, at=after(4)).state.approval
        assert asked is not None, "nobody has agreed to this one, though the same would have to"

    def test_what_was_decided_for_the_parent_holds_for_the_part(self) -> None:
        """P2, Q3: a policy that was applied, and an override that runs, by whom and why."""
        requests = Requests("R1")
        bo, cy = Actor("bo"), Actor("cy")
        requests.do("R1", ApplyPolicy, 1, policy="vip", reason="they asked", actor=bo)
        siege: dict[str, Any] = {"override": "siege", "reason": "no sale"}
        requests.do("R1", StartOverride, 1, **siege, until=after(1.5), actor=cy)
        requests.do("R1", StartOverride, 2, **siege, until=after(9), actor=cy)
        off = requests.split("R1", "R2", 3)
        applied, started = off.child_events[3:]
        assert isinstance(applied, PolicyApplied)
        assert isinstance(started, OverrideStarted)
        assert (applied.policy, applied.source, applied.reason) == ("vip", "person", "they asked")
        assert (started.override, started.reason, started.until_at) == (
            "siege",
            "no sale",
            after(9),
        )
        assert [event.actor for event in (applied, started)] == [bo, cy]
        assert [event.id for event in (applied, started)] == ["split/5", "split/6"]
        child = replay(off.child_events, BOOK, at=after(10), audit=True)
        assert (child.policy, child.refusals) == ("vip", ())
        assert requests.at("R2", 5).reading("resolution").due_at == after(5), "2h from the split"

    def test_an_override_that_the_parts_policy_does_not_have_is_left_out(self) -> None:
        """R1: what decide would refuse is not written by the way."""
        requests = Requests("R1", customer="acme")
        requests.do("R1", StartOverride, 1, override="siege", reason="no sale")
        off = requests.split("R1", "R2", 3, customer="calm")
        assert [type(event).__name__ for event in off.child_events] == [
            "Opened", "SplitFrom", "Linked",
        ]  # fmt: skip

    def test_the_part_goes_to_the_group_that_takes_such_requests(self) -> None:
        """R9: unless its parent has one."""
        requests = Requests("R1")
        requests.split("R1", "R2", 1, offering="crane")
        assert requests.at("R2", 2).ownership.group == "yard"
        requests = Requests("R1", group="desk")
        requests.split("R1", "R2", 1, offering="crane")
        assert requests.at("R2", 2).ownership.group == "desk"

    def test_facts_that_the_matrix_does_not_know_are_refused(self) -> None:
        """R1."""
        with pytest.raises(UnknownName, match="impact"):
            Requests("R1").split("R1", "R2", 1, impact="huge", urgency="low")

    def test_a_part_of_what_is_final_or_of_itself_is_refused(self) -> None:
        requests = Requests("R1")
        with pytest.raises(TransitionRefused, match="when R1 is the request itself"):
            requests.split("R1", "R1", 1)
        requests.do("R1", Cancel, 1)
        with pytest.raises(TransitionRefused, match="split R2 from R1 when it is cancelled"):
            requests.split("R1", "R2", 2)


class TestLinks:
    def test_a_link_holds_until_it_is_taken_back(self) -> None:
        requests = Requests("R1")
        requests.do("R1", Link, 1, kind="caused by", other="P7")
        assert requests.at("R1", 2).links[0].since_at == after(1)
        with pytest.raises(TransitionRefused, match="it is linked already: caused by P7"):
            requests.do("R1", Link, 2, kind="caused by", other="P7")
        requests.do("R1", Unlink, 3, kind="caused by", other="P7")
        assert requests.at("R1", 4).links == ()
        with pytest.raises(TransitionRefused, match="it is not linked: caused by P7"):
            requests.do("R1", Unlink, 4, kind="caused by", other="P7")
        with pytest.raises(TransitionRefused, match="R1 is the request itself"):
            requests.do("R1", Link, 4, kind="related", other="R1")

    def test_every_usual_kind_has_its_inverse(self) -> None:
        for kind in LINKS:
            assert kind in INVERSE
            assert inverse(inverse(kind)) == kind
        assert inverse("split from") == "child"
        assert inverse("sold with") == "sold with"

    @given(
        st.lists(st.tuples(st.booleans(), st.sampled_from(LINKS), st.sampled_from(["R2", "R3"])))
    )
    def test_what_holds_is_what_was_said_last(self, said: list[tuple[bool, str, str]]) -> None:
        kinds = {True: Linked, False: Unlinked}
        history = [
            kinds[linked](request="R1", occurred_at=instant, kind=kind, other=other)
            for instant, (linked, kind, other) in enumerate(said)
        ]
        latest = {(kind, other): linked for linked, kind, other in said}
        expected = {key for key, linked in latest.items() if linked}
        assert {(link.kind, link.other) for link in links_of(history)} == expected
        split_off = SplitFrom(request="R1", occurred_at=0, parent="R9")
        assert len(links_of([split_off, *history])) == len(expected) + 1


def test_a_part_of_an_unanswered_request_has_waited_as_long() -> None:
    """R8: a split is no way to begin the first response anew; given once, none is owed."""
    targets = {"first response": Target("4h"), "resolution": Target("8h")}
    book = PolicyBook.of(Policy("all", targets))
    opened = Opened(request="R1", occurred_at=0)
    hour = 3_600_000_000
    command = Split(id="s", request="R1", child="R2")
    part = split(replay([opened], book, at=3 * hour), command, at=3 * hour)
    child = replay(part.child_events, book, at=3 * hour)
    assert {name: cycles[-1].due for name, cycles in child.readings.items()} == {
        "first response": 4 * hour,
        "resolution": 8 * hour,
    }
