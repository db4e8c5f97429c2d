"""Commands are decided, put to the plugins, and written at once or not at all (B1-B6, R1, R2)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Barrier, Thread
from typing import cast

import pytest

from servicecore import replay
from servicecore.desk import Desk, Handled
from servicecore.errors import (
    CommandMismatch,
    InvalidValue,
    PluginError,
    StoreConflict,
    TransitionRefused,
    UnknownName,
    UnknownRequest,
)
from servicecore.hookspecs import Assignment, PolicyChoice, PriorityChoice, hookimpl
from servicecore.lifecycle.commands import (
    Absorb,
    ApplyPolicy,
    Assign,
    ChangeFacts,
    Close,
    MergeInto,
    Open,
    Prioritise,
    Reopen,
    Reply,
    Resolve,
    Split,
)
from servicecore.lifecycle.events import Actor, Assigned, PolicyApplied, Prioritised
from servicecore.stores import MemoryStore, NoticeQuery, Query, Tx
from servicecore.stores.heads import summary_of, wake_of
from tests.desk.kit import FRIDAY, OFFICE, SetClock, book, desk, did, open_


def version(desk: Desk, request: str = "R1") -> int:
    with desk.reading() as tx:
        return tx.read(desk.shard, request).version


class TestCommands:
    def test_give_events_and_versions(self) -> None:
        ours = desk()
        handled = ours.submit(Open(id="c1", request="R1"))
        assert isinstance(handled, Handled)
        assert (handled.versions, handled.repeated) == ({"R1": (0, 1)}, False)
        assert [event.id for event in handled.events] == ["c1/1"]
        assert handled.events[0].occurred_at == FRIDAY

    def test_are_refused_with_all_reasons_and_write_nothing(self) -> None:
        ours = desk()
        open_(ours)
        with pytest.raises(TransitionRefused, match="Can't close R1 when it is new"):
            ours.handle(Close(id="c2", request="R1"))
        assert version(ours) == 1

    def test_about_nobodys_request_are_refused(self) -> None:
        with pytest.raises(UnknownRequest, match="no request 'R9'"):
            desk().handle(Resolve(id="c1", request="R9"))
        with pytest.raises(UnknownRequest):
            desk().situation("R9")

    def test_open_a_request_once(self) -> None:
        ours = desk()
        open_(ours)
        with pytest.raises(TransitionRefused, match="there is a request R1 already"):
            ours.submit(Open(id="another", request="R1"))

    @pytest.mark.parametrize("command", [None, "resolve", Resolve])
    def test_are_commands(self, command: object) -> None:
        with pytest.raises(InvalidValue, match="expected a Command"):
            desk().handle(command)  # type: ignore[arg-type]  # wrong on purpose
        with pytest.raises(InvalidValue, match="expected an Open"):
            desk().submit(command)  # type: ignore[arg-type]  # wrong on purpose

    def test_written_down_late_are_decided_on_the_situation_of_then(self) -> None:
        """R2: later events stay as facts."""
        clock = SetClock()
        ours = desk(clock=clock)
        open_(ours)
        then = clock.go_on(minutes=10)
        clock.go_on(minutes=50)
        did(ours, Resolve(id="c2", request="R1"))
        clock.go_on(minutes=5)
        did(ours, Reply(id="c3", request="R1", occurred_at=then))
        reading = ours.situation("R1").reading("first response")
        assert reading is not None
        assert str(reading.elapsed) == "0:10:00"

    def test_are_never_recorded_before_what_is_on_record(self) -> None:
        """Another machine's clock may be ahead."""
        clock = SetClock()
        ours = desk(clock=clock)
        open_(ours)
        clock.go_on(hours=-1)
        (event,) = ours.handle(Assign(id="c2", request="R1", person="bo")).events
        assert event.recorded_at == FRIDAY
        assert ours.situation("R1").ownership.person == "bo"


class TestTheSameCommand:
    """B5."""

    def test_gives_the_same_answer_and_asks_nobody(self) -> None:
        asked = []

        class Counts:
            @hookimpl
            def servicecore_assign(self, situation):
                asked.append(situation)
                return Assignment("network")

        clock = SetClock()
        ours = desk(Counts(), clock=clock)
        first = ours.submit(Open(id="c1", request="R1"))
        did(ours, Resolve(id="c2", request="R1"))
        clock.go_on(hours=1)
        again = ours.submit(Open(id="c1", request="R1"))
        assert (again.events, again.versions) == (first.events, first.versions)
        assert again.repeated
        assert len(asked) == 1
        assert version(ours) == 3

    def test_gives_the_events_of_both_requests(self) -> None:
        ours = desk()
        open_(ours, "R1")
        open_(ours, "R2")
        command = MergeInto(id="c1", request="R1", target="R2")
        assert ours.handle(command).events == ours.handle(command).events

    def test_with_other_content_is_refused(self) -> None:
        ours = desk()
        open_(ours)
        did(ours, Assign(id="c2", request="R1", person="bo"))
        with pytest.raises(CommandMismatch, match="'c2' was given to a command with other content"):
            ours.handle(Assign(id="c2", request="R1", person="cy"))

    def test_may_be_tried_again_after_a_refusal(self) -> None:
        ours = desk()
        open_(ours)
        with pytest.raises(TransitionRefused):
            ours.handle(Close(id="c2", request="R1"))
        did(ours, Resolve(id="c3", request="R1"))
        assert did(ours, Close(id="c2", request="R1")) == ["Closed"]

    def test_is_written_once_however_many_send_it(self) -> None:
        ours, barrier = desk(), Barrier(8)
        open_(ours)
        answers: list[Handled] = []

        def send() -> None:
            barrier.wait()
            answers.append(ours.handle(Assign(id="c2", request="R1", person="bo")))

        threads = [Thread(target=send) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert version(ours) == 2
        assert {answer.events for answer in answers} == {answers[0].events}
        assert sum(not answer.repeated for answer in answers) == 1


class Interrupted(MemoryStore):
    """A store in which somebody else writes before the question of that number that is asked."""

    def __init__(self, question: int, write: Callable[[MemoryStore], object]) -> None:
        super().__init__()
        self.left, self.write = question, write

    @contextmanager
    def transaction(self, *, write: bool = False) -> Iterator[Tx]:
        with super().transaction(write=write) as tx:
            yield tx if write else cast("Tx", Questions(tx, self))

    def asked(self) -> None:
        self.left -= 1
        if not self.left:
            self.write(self)


class Questions:
    """A transaction that tells its store before each question."""

    def __init__(self, tx: Tx, store: Interrupted) -> None:
        self.tx, self.store = tx, store

    def __getattr__(self, name: str) -> object:
        self.store.asked()
        return getattr(self.tx, name)


@pytest.mark.parametrize("question", [1, 2])
def test_a_command_that_was_sent_twice_at_once_is_never_refused(question: int) -> None:
    """B5: whatever the other one writes while this one reads."""
    command = Open(id="c1", request="R1")
    first: list[Handled] = []
    store = Interrupted(question, lambda store: first.append(desk(store=store).handle(command)))
    second = desk(store=store).handle(command)
    assert (second.events, second.repeated) == (first[0].events, True)
    assert store.left < 0


class TestTwoRequests:
    """R8: both are written in one transaction."""

    @pytest.mark.parametrize(
        "command",
        [
            MergeInto(id="c1", request="R1", target="R2"),
            Absorb(id="c1", request="R2", source="R1"),
        ],
    )
    def test_are_merged(self, command: MergeInto | Absorb) -> None:
        ours = desk()
        open_(ours, "R1")
        open_(ours, "R2")
        assert did(ours, command) == ["MergedInto", "Absorbed"]
        assert ours.situation("R1").status == "merged"
        page = ours.find(Query(is_open=True))
        assert [head.request for head in page.heads] == ["R2"]

    def test_are_split(self) -> None:
        ours = desk()
        open_(ours)
        handled = ours.handle(Split(id="c1", request="R1", child="R2"))
        assert handled.versions == {"R1": (1, 2), "R2": (0, 3)}
        assert ours.situation("R2").request.customer == "acme"

    def test_have_to_be_two(self) -> None:
        ours = desk()
        open_(ours)
        with pytest.raises(TransitionRefused, match="both are the same request"):
            ours.handle(MergeInto(id="c1", request="R1", target="R1"))
        with pytest.raises(TransitionRefused, match="a request R1 already"):
            ours.handle(Split(id="c1", request="R1", child="R1"))
        with pytest.raises(UnknownRequest):
            ours.handle(MergeInto(id="c1", request="R1", target="R9"))


class Contested(MemoryStore):
    """A store in which somebody else is always a little quicker, so many times."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self.times, self.rival = times, 0

    def transaction(self, *, write: bool = False):
        if write and self.times and self.rival != self.times and self.ready:
            self.rival += 1
            self.ready = False
            Desk(self, book(), clock=SetClock()).handle(
                Reply(id=f"rival {self.rival}", request="R1", public=False)
            )
            self.ready = True
        return super().transaction(write=write)

    ready = False


class TestConflicts:
    def test_are_decided_anew(self) -> None:
        store = Contested(4)
        ours = desk(store=store)
        open_(ours)
        store.ready = True
        assert did(ours, Resolve(id="c2", request="R1")) == ["Resolved"]
        assert version(ours) == 6

    def test_are_given_up_in_the_end(self) -> None:
        store = Contested(5)
        ours = desk(store=store)
        open_(ours)
        store.ready = True
        with pytest.raises(StoreConflict):
            ours.handle(Resolve(id="c2", request="R1"))
        assert ours.situation("R1").status == "new"

    def test_of_a_hosts_own_transaction_are_the_hosts(self) -> None:
        """B6."""
        ours = desk()
        open_(ours)
        with ours.store.transaction(write=True) as tx:
            ours.handle(Resolve(id="c2", request="R1"), tx=tx)
            assert ours.situation("R1", tx=tx).status == "resolved"
        assert ours.situation("R1").status == "resolved"
        with suppress(ZeroDivisionError), ours.store.transaction(write=True) as tx:
            ours.handle(Close(id="c3", request="R1"), tx=tx)
            raise ZeroDivisionError  # the host fails
        assert ours.situation("R1").status == "resolved"


class Decides:
    """A plugin that decides everything the same way."""

    def __init__(self, priority=None, policy=None, assignment=None, reasons=None) -> None:
        self.answers = (priority, policy, assignment, reasons)
        self.seen: list[object] = []

    @hookimpl
    def servicecore_prioritise(self, request, at):
        return self.answers[0]

    @hookimpl
    def servicecore_select_policy(self, request, book, at):
        return self.answers[1]

    @hookimpl
    def servicecore_assign(self, situation, load, at):
        self.seen.append((situation, load, at))
        return self.answers[2]

    @hookimpl
    def servicecore_object_to(self, situation, events, at):
        self.seen.append((situation, events))
        return self.answers[3]


CRITICAL = PriorityChoice("critical", "they lose money by the minute")


class TestDecisionsOfPlugins:
    """B1, B3: plugins decide, replay never asks."""

    def test_are_events_by_the_name_of_the_plugin(self) -> None:
        ours = desk(Decides(CRITICAL, PolicyChoice("all", "a trial"), Assignment("network", "ann")))
        handled = ours.submit(Open(id="c1", request="R1", facts={"customer": "gold"}))
        _, prioritised, applied, assigned = handled.events
        assert isinstance(prioritised, Prioritised)
        assert isinstance(applied, PolicyApplied)
        assert isinstance(assigned, Assigned)
        assert (prioritised.priority, prioritised.source) == ("critical", "plugin")
        assert (applied.policy, applied.source, applied.reason) == ("all", "plugin", "a trial")
        assert (assigned.group, assigned.person) == ("network", "ann")
        assert {event.actor for event in handled.events[1:]} == {Actor("Decides")}
        assert [event.id for event in handled.events] == [f"c1/{n}" for n in range(1, 5)]
        assert {event.cause for event in handled.events[1:]} <= {"c1/1", "c1/2"}

    def test_replay_to_the_same_with_no_plugin_installed(self) -> None:
        ours = desk(Decides(CRITICAL, None, Assignment("network")))
        open_(ours)
        with ours.reading() as tx:
            events = tx.read("main", "R1").events
        again = replay(events, ours.book, at=FRIDAY)
        assert again.readings == ours.situation("R1").readings
        assert again.request.priority == "critical"

    def test_of_a_person_come_first(self) -> None:
        plugin = Decides(CRITICAL, PolicyChoice("all"))
        ours = desk(plugin)
        ours.submit(Open(id="c1", request="R1", facts={"priority": "low"}))
        did(ours, ApplyPolicy(id="c2", request="R1", policy="gold"))
        assert did(ours, ChangeFacts(id="c3", request="R1", facts={"floor": 3})) == ["FactsChanged"]
        open_(ours, "R2")
        did(ours, Prioritise(id="c4", request="R2", priority="low", reason="they said so"))
        assert ours.situation("R2").request.priority == "low"
        assert did(ours, ChangeFacts(id="c5", request="R2", facts={"floor": 3})) == ["FactsChanged"]

    def test_that_change_nothing_are_not_repeated(self) -> None:
        ours = desk(Decides(CRITICAL, PolicyChoice("all")))
        assert open_(ours) == ["Opened", "Prioritised", "PolicyApplied"]
        assert did(ours, ChangeFacts(id="c2", request="R1", facts={"floor": 3})) == ["FactsChanged"]

    def test_are_asked_when_nobody_has_it(self) -> None:
        ours = desk(Decides(assignment=Assignment(person="ann")))
        assert open_(ours) == ["Opened", "Assigned"]
        assert did(ours, Assign(id="c2", request="R1", person="bo")) == ["Assigned"]
        assert did(ours, Assign(id="c3", request="R1", group="network")) == ["Assigned", "Assigned"]
        assert ours.situation("R1").ownership.person == "ann"
        assert did(ours, Assign(id="c4", request="R1")) == ["Assigned"]  # to nobody, on purpose
        did(ours, Resolve(id="c5", request="R1"))
        assert did(ours, Reopen(id="c6", request="R1")) == ["Reopened", "Assigned"]

    def test_that_know_nothing_of_the_load_cost_nothing(self) -> None:
        """Whoever does not ask for it does not make anybody count what is open."""

        class Counting(MemoryStore):
            @contextmanager
            def transaction(self, *, write: bool = False):
                with super().transaction(write=write) as tx:
                    object.__setattr__(tx, "workload", self._refused)
                    yield tx

            def _refused(self, shard: str) -> None:
                raise AssertionError(shard)

        class Simple:
            @hookimpl
            def servicecore_assign(self, situation):
                return Assignment("network")

        ours = desk(Simple(), store=Counting())
        assert open_(ours) == ["Opened", "Assigned"]

    def test_know_how_much_everybody_has(self) -> None:
        plugin = Decides(assignment=Assignment("network", "ann"))
        ours = desk(plugin)
        open_(ours, "R1")
        open_(ours, "R2")
        _, load, at = next(each for each in plugin.seen[2:] if len(each) == 3)
        assert load.of("network", "ann") == 1
        assert at == FRIDAY

    @pytest.mark.parametrize(
        "plugin",
        [
            Decides(priority="critical"),
            Decides(priority=PriorityChoice("enormous", "x")),
            Decides(priority=PriorityChoice(3)),  # type: ignore[arg-type]  # wrong on purpose
            Decides(policy=PolicyChoice("platinum")),
            Decides(policy=Assignment("network")),
            Decides(assignment=Assignment()),
            Decides(assignment=Assignment("")),
            Decides(assignment=Assignment("x" * 300)),
            Decides(assignment=Assignment(person="a\0b")),
            Decides(priority=PriorityChoice("critical", "x" * 2_000_000)),
            Decides(assignment=Assignment("network", "")),
            Decides(reasons=""),
            Decides(assignment=Assignment(3)),  # type: ignore[arg-type]  # wrong on purpose
            Decides(assignment=CRITICAL),
            Decides(reasons=3),
            Decides(reasons=[3]),
        ],
    )
    def test_that_are_nonsense_fail_the_command(self, plugin: Decides) -> None:
        """B3: loud, and nothing is written."""
        ours = desk(plugin)
        with pytest.raises(PluginError, match="the plugin 'Decides' failed in servicecore_"):
            open_(ours)
        assert version(ours) == 0
        assert ours.find().heads == ()

    @pytest.mark.parametrize("hook", ["prioritise", "select_policy", "assign", "object_to"])
    def test_of_a_plugin_that_raises_fail_the_command(self, hook: str) -> None:
        name = f"servicecore_{hook}"
        plugin = type("Raises", (), {name: staticmethod(hookimpl(lambda: 1 / 0))})()
        ours = desk(plugin)
        with pytest.raises(PluginError, match="'Raises' failed in servicecore_") as failed:
            open_(ours)
        assert failed.value.hook == name
        assert version(ours) == 0

    def test_the_first_answer_counts(self) -> None:
        class First(Decides): ...

        ours = desk(Decides(assignment=Assignment("a")), First(assignment=Assignment("b")))
        open_(ours)
        assert ours.situation("R1").ownership.group == "b"


class TestObjections:
    def test_of_all_plugins_are_told_at_once(self) -> None:
        class Second(Decides): ...

        ours = desk(Decides(reasons="it is Friday"), Second(reasons=["it rains", "it snows"]))
        with pytest.raises(TransitionRefused) as refused:
            open_(ours)
        assert refused.value.reasons == (
            "Second objects: it rains",
            "Second objects: it snows",
            "Decides objects: it is Friday",
        )
        assert version(ours) == 0

    def test_are_asked_with_the_situation_before_and_all_events(self) -> None:
        plugin = Decides(assignment=Assignment("network"))
        ours = desk(plugin)
        open_(ours)
        did(ours, Assign(id="c2", request="R1", group="desk"))
        situation, events = plugin.seen[-1]
        assert situation.ownership.group == "network"
        assert [(event.group, event.cause) for event in events] == [
            ("desk", ""),
            ("network", "c2/1"),
        ]


class TestWhatStandsBesideTheEvents:
    def test_is_the_head_that_the_situation_gives(self) -> None:
        """B7."""
        ours = desk()
        open_(ours)
        did(ours, Assign(id="c2", request="R1", group="network", person="ann"))
        (head,) = ours.find().heads
        situation = ours.situation("R1")
        assert (head.summary, head.wake) == (summary_of(situation), wake_of(situation))
        assert (head.version, head.summary.person) == (2, "ann")

    def test_are_notices_if_and_only_if_there_are_events(self) -> None:
        ours = desk()
        open_(ours)
        assert [record.notice.template for record in ours.notices("R1")] == ["received"]
        with pytest.raises(TransitionRefused):
            ours.handle(Close(id="c2", request="R1"))
        assert len(ours.notices("R1")) == 1

    def test_are_no_notices_where_the_host_wants_none(self) -> None:
        ours = desk(rules=())
        open_(ours)
        with ours.reading() as tx:
            assert tx.notices("main", NoticeQuery()) == ()


class TestShards:
    def test_are_apart(self) -> None:
        ours = desk()
        theirs = ours.on("theirs")
        open_(ours)
        open_(theirs)
        did(theirs, Resolve(id="c2", request="R1"))
        assert ours.situation("R1").status == "new"
        assert theirs.situation("R1").status == "resolved"


class TestDesk:
    @pytest.mark.parametrize(
        "options",
        [
            {"book": "policies.toml"},
            {"plugins": [Decides()]},
            {"shard": ""},
            {"store": None},
            {"store": "sqlite:///desk.db"},
            {"store": MemoryStore},
            {"clock": FRIDAY},
            {"rules": None},
            {"rules": ["resolved"]},
            {"tries": "many"},
        ],
    )
    def test_is_made_of_what_it_needs(self, options: dict[str, object]) -> None:
        with pytest.raises(InvalidValue):
            Desk(**{"store": MemoryStore(), "book": book(), **options})  # type: ignore[arg-type]  # wrong on purpose

    def test_tells_no_notices_of_nobody(self) -> None:
        """An empty parameter of a host's must not give those of everybody."""
        with pytest.raises(InvalidValue, match="the id of the request is None"):
            desk().notices(None)  # type: ignore[arg-type]  # wrong on purpose

    def test_has_calendars_of_the_book_and_of_plugins(self) -> None:
        ours = desk()
        ours.plugins.registry.add_calendar("theirs", OFFICE)
        ours.plugins.registry.add_calendars("any", lambda name: {"day": OFFICE}[name])
        names = ["office", "theirs", "any:day", "always"]
        assert [ours.calendar(name).name for name in names] == names
        with pytest.raises(UnknownName, match="did you mean 'theirs'"):
            ours.calendar("thiers")
