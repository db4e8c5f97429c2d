"""Timers: what is due is done once, however late and by however many (B3, B7, E2)."""

from __future__ import annotations

from datetime import timedelta
from threading import Thread

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecore import replay, tick
from servicecore.catalogue import Catalogue, Service
from servicecore.desk import Desk
from servicecore.desk.attempts import MOST_ATTEMPTS, pause_after
from servicecore.desk.ringing import LEASE, fire, ring
from servicecore.errors import ClaimLost
from servicecore.hookspecs import Assignment, hookimpl
from servicecore.instants import HOUR, MINUTE, to_instant
from servicecore.lifecycle.commands import Assign, Reply, Resolve
from servicecore.lifecycle.events import Assigned, DecisionFailed, Event, StepRecorded
from servicecore.sla import Policy, PolicyBook, Target
from servicecore.sla.escalation import Step
from servicecore.stores import Claim, MemoryStore, Query
from servicecore.stores.heads import wake_of
from tests.desk.kit import FRIDAY, SetClock, book, desk, did, open_
from tests.lifecycle import strategies

WARN = Step("warn", share="50%", tell=["role: duty manager"], assign="network")
LAST = Step("last", share="75%", tell=["role: director"])
LADDER = book(WARN, LAST)


def history(desk: Desk, request: str = "R1") -> tuple[Event, ...]:
    with desk.reading() as tx:
        return tx.read(desk.shard, request).events


def wake(desk: Desk) -> int | None:
    (head,) = desk.find().heads
    return head.wake


class TestTicks:
    def test_do_what_is_due_once(self) -> None:
        """E2."""
        clock = SetClock()
        ours = desk(clock=clock, policies=LADDER)
        open_(ours)
        assert wake(ours) == to_instant(FRIDAY + timedelta(hours=1)) + 1  # the first response
        clock.go_on(hours=2)
        assert ours.tick() == 1
        assert [type(event).__name__ for event in history(ours)] == [
            "Opened", "StepRecorded", "Assigned",
        ]  # fmt: skip
        assert ours.tick() == 0
        assert wake(ours) == to_instant(FRIDAY + timedelta(hours=3))
        told = {record.notice.recipient for record in ours.notices("R1")}
        assert told == {"customer: acme", "role: duty manager", "group: network"}

    def test_do_nothing_before_its_time(self) -> None:
        ours = desk(policies=LADDER)
        open_(ours)
        assert ours.tick() == 0
        assert ours.tick(FRIDAY + timedelta(hours=1)) == 0

    def test_until_an_instant_do_what_is_due_by_then(self) -> None:
        ours = desk(policies=LADDER)
        open_(ours)
        assert ours.tick(FRIDAY + timedelta(hours=2)) == 1
        assert len(history(ours)) == 3

    def test_move_a_timer_on_though_nothing_is_to_be_written(self) -> None:
        clock = SetClock()
        ours = desk(clock=clock)
        open_(ours)
        clock.go_on(hours=1, seconds=1)
        assert ours.tick() == 1  # the first response is late, which is no event
        assert len(history(ours)) == 1
        assert wake(ours) == to_instant(FRIDAY + timedelta(hours=4)) + 1

    def test_as_late_as_they_like_write_what_ticks_in_time_would(self) -> None:
        """E2: an outage changes no verdict."""
        late, clock = desk(policies=LADDER, clock=SetClock()), SetClock()
        in_time = desk(policies=LADDER, clock=clock)
        for ours in (late, in_time):
            open_(ours)
        for _ in range(30):
            clock.go_on(minutes=10)
            in_time.tick()
        late.tick(clock())
        both = [
            [(type(e).__name__, getattr(e, "due", e.occurred), e.id) for e in history(ours)]
            for ours in (late, in_time)
        ]
        assert both[0] == both[1]

    def test_by_many_at_once_ring_each_timer_once(self) -> None:
        store, clock = MemoryStore(), SetClock()
        ours = desk(store=store, clock=clock, policies=LADDER)
        for number in range(60):
            open_(ours, f"R{number}")
        clock.go_on(hours=2)
        rang: list[int] = []
        threads = [Thread(target=lambda: rang.append(ours.tick())) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sum(rang) == 60
        for number in range(60):
            steps = [e for e in history(ours, f"R{number}") if isinstance(e, StepRecorded)]
            assert len(steps) == 1

    @given(books=strategies.books(causes=True), data=st.data())
    def test_on_any_history_give_what_the_pure_tick_gives(
        self, books: PolicyBook, data: st.DataObject
    ) -> None:
        """B7: the timer never sleeps past what is due."""
        events = data.draw(strategies.histories(most=6))
        store, clock = MemoryStore(), SetClock()
        ours = desk(store=store, clock=clock, policies=books, rules=())
        _put(ours, events)
        end = FRIDAY + timedelta(days=4)
        expected = tick(events, books, at=end)
        clock.shown = end
        ours.tick()
        written = history(ours)[len(events) :]
        assert [each.id for each in written] == [each.id for each in expected]
        assert wake(ours) == wake_of(replay((*events, *expected), books, at=end))


def _put(desk: Desk, events: list[Event]) -> None:
    """Put a history into the store of a desk as it is."""
    from servicecore.desk.handling import write_of
    from servicecore.stores import Stream

    named = tuple(attrs.evolve(event, id=f"e{number}") for number, event in enumerate(events))
    events[:] = named
    write = write_of(Stream(request="R1"), named, desk.book, (), named[0].occurred)
    with desk.writing() as tx:
        tx.append(desk.shard, [write])


class Nobody:
    @hookimpl
    def servicecore_assign(self, situation):
        return None


class Gives:
    """A plugin that gives a request to somebody of its group, and remembers when it was asked."""

    def __init__(self) -> None:
        self.asked: list[object] = []

    @hookimpl
    def servicecore_assign(self, situation, at):
        self.asked.append(situation.at)
        return Assignment(person="ann") if situation.ownership.group else None


class Fails:
    @hookimpl
    def servicecore_assign(self, situation):
        if situation.ownership.group:
            raise KeyError("no such group")


class TestDecisionsInTicks:
    def test_fall_at_the_instant_of_what_led_to_them(self) -> None:
        """E2: one step at a time, with a new decision after each."""
        person = Step("person", share="75%", tell=["person"])
        plugin = Gives()
        ours = desk(plugin, policies=book(WARN, person))
        open_(ours)
        ours.tick(FRIDAY + timedelta(hours=9))
        written = history(ours)
        given_ = [event for event in written if isinstance(event, Assigned)]
        assert [(event.group, event.person) for event in given_] == [
            ("network", None),
            ("network", "ann"),
        ]
        assert {event.occurred_at for event in given_} == {FRIDAY + timedelta(hours=2)}
        assert plugin.asked[-1] == FRIDAY + timedelta(hours=2)
        # Whoever was given it then is told by the step an hour later.
        assert [event.told for event in written if isinstance(event, StepRecorded)] == [
            ("role: duty manager",),
            ("person: ann",),
        ]

    def test_that_decide_nothing_change_nothing(self) -> None:
        end = FRIDAY + timedelta(hours=9)
        with_plugin, without = desk(Nobody(), policies=LADDER), desk(policies=LADDER)
        for ours in (with_plugin, without):
            open_(ours)
            ours.tick(end)
        assert history(with_plugin) == history(without)

    def test_that_fail_are_recorded_and_the_default_applies(self) -> None:
        """B3."""
        ours = desk(Fails(), policies=LADDER)
        open_(ours)
        ours.tick(FRIDAY + timedelta(hours=3))
        (failed,) = (event for event in history(ours) if isinstance(event, DecisionFailed))
        assert (failed.plugin, failed.hook, failed.error) == (
            "Fails", "servicecore_assign", "KeyError",
        )  # fmt: skip
        order = [type(event).__name__ for event in ours.situation("R1").history]
        assert order == ["Opened", "Assigned", "DecisionFailed", "StepRecorded", "StepRecorded"]
        assert ours.situation("R1").ownership.group == "network"
        assert len([e for e in history(ours) if isinstance(e, StepRecorded)]) == 2
        assert ours.tick(FRIDAY + timedelta(hours=3)) == 0

    def test_that_no_store_keeps_have_failed_too(self) -> None:
        class Long:
            @hookimpl
            def servicecore_assign(self, situation):
                return Assignment(person="x" * 300) if situation.ownership.group else None

        ours = desk(Long(), policies=LADDER)
        open_(ours)
        assert ours.tick(FRIDAY + timedelta(hours=3)) == 1
        (failed,) = (event for event in history(ours) if isinstance(event, DecisionFailed))
        assert (failed.plugin, failed.error) == ("Long", "PluginError")

    def test_are_asked_for_every_step_that_gives_it_away(self) -> None:
        steps = [
            Step("first", share="25%", tell=["group"], assign="a"),
            Step("second", share="50%", tell=["group"], assign="b"),
        ]
        ours = desk(Gives(), policies=book(*steps))
        open_(ours)
        ours.tick(FRIDAY + timedelta(hours=3))
        owners = [(e.group, e.person) for e in history(ours) if isinstance(e, Assigned)]
        assert owners == [("a", None), ("a", "ann"), ("b", None), ("b", "ann")]


class TestClaims:
    def claim(self, ours: Desk) -> Claim:
        with ours.writing() as tx:
            (claim,) = tx.claim("timer", at=ours.instant(), lease=LEASE, limit=9)
        return claim

    def test_are_lost_to_a_command_in_between_and_the_timer_survives(self) -> None:
        clock = SetClock()
        ours = desk(clock=clock, policies=LADDER)
        open_(ours)
        clock.go_on(hours=2)
        claim = self.claim(ours)
        did(ours, Reply(id="c2", request="R1"))
        assert not fire(ours, claim, ours.instant())
        assert len(history(ours)) == 2
        assert ours.tick() == 1
        assert len(history(ours)) == 4

    def test_of_a_worker_that_died_are_taken_over(self) -> None:
        clock = SetClock()
        ours = desk(clock=clock, policies=LADDER)
        open_(ours)
        clock.go_on(hours=2)
        dead = self.claim(ours)
        assert ours.tick() == 0
        clock.go_on(minutes=1)
        assert ours.tick() == 1
        assert not fire(ours, dead, ours.instant())
        with pytest.raises(ClaimLost), ours.writing() as tx:
            tx.rearm("main", "R1", 3, None, claim=dead)

    def test_that_end_no_attempt_are_parked(self) -> None:
        """B7: whoever tries it dies of it."""
        clock = SetClock()
        ours = desk(clock=clock, policies=LADDER)
        open_(ours)
        clock.go_on(hours=2)
        for _ in range(MOST_ATTEMPTS):
            self.claim(ours)
            clock.go_on(minutes=1)
        assert ours.tick() == 0
        (parked,) = ours.parked("timer")
        assert (parked.key, "tried 8 times" in parked.reason) == ("R1", True)
        ours.requeue(parked)
        assert ours.tick() == 1
        assert ours.parked() == ()


class Poisoned(MemoryStore):
    """A store whose events of one request cannot be read."""

    class _Tx:
        def __init__(self, tx):
            self._tx = tx

        def __getattr__(self, name):
            return getattr(self._tx, name)

        def read(self, shard, request, **options):
            if request == "poison":
                raise KeyError("gone")
            return self._tx.read(shard, request, **options)

    poisoned = False

    def transaction(self, *, write: bool = False):
        from contextlib import contextmanager

        @contextmanager
        def opened():
            with super(Poisoned, self).transaction(write=write) as tx:
                yield self._Tx(tx) if self.poisoned else tx

        return opened()


class TestStopping:
    def test_gives_back_what_has_not_begun(self) -> None:
        clock = SetClock()
        ours = desk(clock=clock, policies=LADDER)
        for number in range(60):
            open_(ours, f"R{number}")
        clock.go_on(hours=2)
        looks = iter([False] * 11)
        assert 0 < ring(ours, ours.instant(), lambda: next(looks, True)) <= 11
        with ours.writing() as tx:
            claims = tx.claim("timer", at=ours.instant(), lease=LEASE, limit=100)
        assert len(claims) >= 49
        assert {claim.attempt for claim in claims} == {1}

    def test_leases_count_from_when_something_is_claimed(self) -> None:
        """However long ago it was due."""
        clock = SetClock()
        ours = desk(clock=clock, policies=LADDER)
        for number in range(2):
            open_(ours, f"R{number}")
        due = clock.go_on(hours=2)
        clock.go_on(hours=1)
        taken: list[int] = []

        def looks() -> bool:
            if not taken:
                return taken.append(0) or False
            with ours.writing() as tx:
                taken.append(len(tx.claim("timer", at=ours.instant(), lease=1, limit=9)))
            return False

        ring(ours, to_instant(due), looks)
        assert taken[1] == 0  # the other one is not free while the first is fired


class TestFailures:
    def test_stop_nobody_else_and_are_parked_in_the_end(self) -> None:
        """B7: eight attempts, later and later."""
        store, clock = Poisoned(), SetClock()
        ours = desk(store=store, clock=clock, policies=LADDER)
        open_(ours, "poison")
        open_(ours, "R1")
        clock.go_on(hours=2)
        store.poisoned = True
        assert ours.tick() == 1
        assert ours.tick() == 0
        for attempt in range(1, MOST_ATTEMPTS):
            (head,) = (head for head in ours.find().heads if head.request == "poison")
            assert head.wake == ours.instant() + pause_after("poison", attempt)
            clock.go_on(microseconds=head.wake - ours.instant())
            ours.tick()
        (parked,) = ours.parked()
        assert (parked.kind, parked.key, parked.reason) == ("timer", "poison", "KeyError")
        clock.go_on(days=30)
        ours.tick()
        assert len(ours.parked()) == 1

    @pytest.mark.parametrize("attempt", range(1, 12))
    def test_wait_longer_each_time_and_not_all_the_same(self, attempt: int) -> None:
        """B11: jitter is derived from key and attempt."""
        pauses = {pause_after(f"n{number}", attempt) for number in range(50)}
        usual = min(MINUTE << (attempt - 1), 6 * HOUR)
        assert len(pauses) == 50
        assert all(0.75 * usual <= pause <= 1.25 * usual for pause in pauses)


class TestRearm:
    def test_sets_all_timers_and_summaries_anew(self) -> None:
        """B7: after the book changed."""
        store, clock = MemoryStore(), SetClock()
        ours = desk(store=store, clock=clock)
        for number in range(5):
            open_(ours, f"R{number}", service="mail")
        slower = PolicyBook.of(
            Policy("all", {"resolution": Target("40h")}),
            catalogue=Catalogue([Service("mail", group="post")]),
        )
        changed = attrs.evolve(ours, book=slower)
        assert changed.rearm() == 5
        heads = changed.find(Query(order="wake")).heads
        assert {head.wake for head in heads} == {to_instant(FRIDAY + timedelta(hours=40)) + 1}

    def test_requeues_nothing_and_loses_nothing(self) -> None:
        clock = SetClock()
        ours = desk(clock=clock, policies=LADDER)
        open_(ours)
        did(ours, Assign(id="c2", request="R1", person="bo"))
        did(ours, Resolve(id="c3", request="R1"))
        before = ours.find()
        assert ours.rearm() == 1
        assert ours.find() == before
