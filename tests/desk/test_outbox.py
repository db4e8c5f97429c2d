"""Notices are frozen, held or delivered, settled, and say why (B7, B9-B11)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from threading import Event, Thread
from typing import ClassVar

import pytest

from servicecore.desk import Desk, Worker
from servicecore.desk.attempts import MOST_ATTEMPTS
from servicecore.errors import InvalidValue
from servicecore.hookspecs import hookimpl
from servicecore.instants import to_datetime
from servicecore.lifecycle.commands import Assign, Reopen, Reply, Resolve
from servicecore.lifecycle.events import NoticeUndelivered
from servicecore.notices import (
    Contact,
    Delivered,
    Delivery,
    Message,
    Notice,
    NoticeRecord,
    NoticeState,
    Permanent,
    Rate,
    Reason,
    Retry,
    Text,
    Withhold,
)
from servicecore.stores import MemoryStore
from tests.desk.kit import FRIDAY, Box, Plain, Reach, SetClock, contact, desk, did, open_


class Scene:
    """A desk with one channel, `box`, and a worker."""

    made: ClassVar[list[Scene]] = []

    def __init__(self, *plugins: object, reach: Reach | None = None, **line: object) -> None:
        self.clock, self.box = SetClock(), Box()
        self.desk = desk(reach or Reach(), *plugins, clock=self.clock)
        self.desk.plugins.registry.add_channel("box", self.box, **line)  # type: ignore[arg-type]  # the tests know
        self.worker = Worker(self.desk, Plain())
        self.made.append(self)

    def records(self, request: str = "R1") -> tuple[NoticeRecord, ...]:
        return self.desk.notices(request)

    @property
    def record(self) -> NoticeRecord:
        (record,) = self.records()
        return record

    def remarks(self) -> list[tuple[str, str]]:
        return [(each.what, each.reason) for each in self.record.remarks]


@pytest.fixture(autouse=True)
def _no_thread_is_left() -> Iterator[None]:
    """Let the threads of all lanes end."""
    yield
    while Scene.made:
        Scene.made.pop().worker.close()


class TestDelivery:
    def test_is_once_and_on_record(self) -> None:
        scene = Scene()
        open_(scene.desk)
        assert scene.worker.once().notices == 1
        assert scene.worker.once().notices == 0
        (message,) = scene.box.messages
        assert message.key == f"main/{scene.record.id}"
        assert message.text.plain == "received R1"
        assert scene.record.state is NoticeState.DELIVERED
        assert scene.remarks() == [("delivered", Reason.REFERENCE.of("taken"))]

    def test_is_of_what_was_frozen_before_the_first_attempt(self) -> None:
        """B9: asked once, and the same text with the same key in every attempt."""
        scene = Scene(reach=Reach(lambda notice: [contact(notice, language="ar")]))
        scene.box.answers = lambda _: Retry("busy")
        open_(scene.desk)
        scene.worker.once()
        scene.desk.plugins.register(Reach(lambda _: []), "changed their mind")
        scene.worker.wording = None
        scene.box.answers = lambda _: Delivered()
        scene.clock.go_on(hours=1)
        scene.worker.once()
        first, second = scene.box.messages
        assert first == second
        assert first.language == "ar"

    def test_to_several_contacts_has_a_row_for_each(self) -> None:
        reach = Reach(lambda notice: [Contact(channel="box", address=name) for name in "aba"])
        scene = Scene(reach=reach)
        scene.box.answers = lambda message: (
            Permanent("gone") if message.address == "a" else Delivered()
        )
        open_(scene.desk)
        scene.worker.once()
        states = {record.id[-2:]: record.state for record in scene.records() if record.out_of}
        assert states == {"/1": NoticeState.UNDELIVERED, "/2": NoticeState.DELIVERED}
        whole = next(record for record in scene.records() if not record.out_of)
        assert whole.state is NoticeState.SPREAD
        assert len({message.key for message in scene.box.messages}) == 2

    def test_never_is_for_what_was_not_written(self) -> None:
        scene = Scene()
        scene.worker.once()
        assert scene.box.messages == []

    def test_of_every_shard_where_that_is_asked_for(self) -> None:
        scene = Scene()
        open_(scene.desk)
        open_(scene.desk.on("other"))
        scene.worker.once()
        assert [message.shard for message in scene.box.messages] == ["main"]
        Worker(scene.desk, Plain(), every_shard=True).once()
        assert [message.shard for message in scene.box.messages] == ["main", "other"]


class TestFailures:
    def test_are_tried_again_later_and_later(self) -> None:
        scene = Scene()
        scene.box.answers = lambda _: Retry("busy")
        open_(scene.desk)
        scene.worker.once()
        assert scene.remarks() == [("failed", Reason.NOT_TAKEN.of("busy"))]
        first = scene.record.wake
        assert first is not None
        assert 45 <= (to_datetime(first) - scene.clock()).total_seconds() <= 75
        scene.worker.once()
        assert len(scene.box.messages) == 1

    def test_wait_as_long_as_the_receiver_wants(self) -> None:
        scene = Scene()
        scene.box.answers = lambda _: Retry("busy", after=3600)
        open_(scene.desk)
        scene.worker.once()
        assert to_datetime(scene.record.wake or 0) == FRIDAY + timedelta(hours=1)

    def test_too_many_are_a_dead_letter_that_can_be_requeued(self) -> None:
        """B7."""
        scene = Scene()
        scene.box.answers = lambda _: Retry("busy")
        open_(scene.desk)
        for _ in range(MOST_ATTEMPTS + 3):
            scene.worker.once()
            scene.clock.go_on(hours=7)
        assert len(scene.box.messages) == MOST_ATTEMPTS
        (parked,) = scene.desk.parked("notice")
        assert parked.reason == Reason.NOT_TAKEN.of("busy")
        scene.box.answers = lambda _: Delivered()
        scene.desk.requeue(parked)
        scene.worker.once()
        assert scene.record.state is NoticeState.DELIVERED
        assert len({message.key for message in scene.box.messages}) == 1

    def test_for_good_towards_a_customer_become_an_event(self) -> None:
        """B9: only those."""
        scene = Scene()
        scene.box.answers = lambda _: Permanent("no such address")
        open_(scene.desk)
        did(scene.desk, Assign(id="c2", request="R1", group="network"))
        scene.worker.once()
        history = scene.desk.situation("R1").history
        (event,) = (each for each in history if isinstance(each, NoticeUndelivered))
        assert event.reason == Reason.REFUSED.of("no such address")
        assert event.notice.startswith("received/")

    @pytest.mark.parametrize(
        ("answer", "reason"),
        [
            (lambda _: 1 / 0, Reason.BROKE.of("ZeroDivisionError")),
            (lambda _: "fine", Reason.BROKE.of("it answers str")),
            (lambda _: None, Reason.BROKE.of("it answers NoneType")),
        ],
    )
    def test_of_a_channel_that_breaks_say_no_more_than_the_type(
        self, answer: object, reason: str
    ) -> None:
        scene = Scene()
        scene.box.answers = answer  # type: ignore[assignment]  # wrong on purpose
        open_(scene.desk)
        scene.worker.once()
        assert scene.remarks() == [("failed", reason)]

    def test_of_one_notice_stop_no_other(self) -> None:
        scene = Scene()
        scene.box.answers = lambda message: (
            Retry("busy") if message.request == "R1" else Delivered()
        )
        open_(scene.desk, "R1")
        open_(scene.desk, "R2")
        scene.worker.once()
        assert scene.records("R2")[0].state is NoticeState.DELIVERED

    def test_of_a_worker_that_dies_each_time_end_too(self) -> None:
        scene = Scene()
        open_(scene.desk)
        for _ in range(MOST_ATTEMPTS):
            with scene.desk.writing() as tx:
                tx.claim("notice", at=scene.desk.instant(), lease=1, limit=1)
            scene.clock.go_on(seconds=1)
        scene.worker.once()
        assert scene.box.messages == []
        assert scene.record.state is NoticeState.UNDELIVERED
        assert scene.remarks()[-1][1] == Reason.TOO_OFTEN.of(MOST_ATTEMPTS)

    def test_again_for_another_reason_stop_nobody_else(self) -> None:
        """What is on record of a customer's notice stays there; the batch goes on."""
        scene, number = Scene(), iter(range(99))
        scene.box.answers = lambda message: (
            Permanent(f"queue id {next(number)}") if message.request == "R1" else Delivered()
        )
        open_(scene.desk, "R1")
        scene.worker.once()
        (parked,) = scene.desk.parked()
        scene.desk.requeue(parked)
        open_(scene.desk, "R2")
        scene.worker.once()
        assert scene.records("R2")[0].state is NoticeState.DELIVERED
        assert scene.records("R1")[0].state is NoticeState.UNDELIVERED
        history = scene.desk.situation("R1").history
        assert sum(isinstance(each, NoticeUndelivered) for each in history) == 1

    def test_of_workers_that_die_take_no_other_along(self) -> None:
        """From the fourth attempt on something is tried by itself (B7)."""
        scene = Scene()
        for number in range(5):
            open_(scene.desk, f"R{number}")
        for _ in range(3):  # three workers die with everything in their hands
            with scene.desk.writing() as tx:
                tx.claim("notice", at=scene.desk.instant(), lease=1, limit=50)
            scene.clock.go_on(seconds=1)
        alone: list[int] = []

        def looks(message: Message) -> Delivery:
            with scene.desk.writing() as tx:
                alone.append(len(tx.claim("notice", at=scene.desk.instant(), lease=1, limit=50)))
            scene.clock.go_on(seconds=1)
            return Delivered()

        scene.box.answers = looks
        scene.worker.once()
        assert alone == [4, 3, 2, 1, 0]  # the others are free while one is delivered
        states = {scene.records(f"R{number}")[0].state for number in range(5)}
        assert states == {NoticeState.DELIVERED}


class TestWhomItReaches:
    def test_is_nobody_if_nobody_knows(self) -> None:
        scene = Scene(reach=Reach(lambda _: None))
        open_(scene.desk)
        scene.worker.once()
        assert scene.record.state is NoticeState.UNDELIVERED
        assert scene.remarks() == [("undelivered", Reason.NO_CONTACT)]

    def test_is_nobody_if_they_want_none(self) -> None:
        scene = Scene(reach=Reach(lambda _: ()))
        open_(scene.desk)
        scene.worker.once()
        assert scene.record.state is NoticeState.WITHHELD
        assert scene.remarks() == [("withheld", Reason.UNWANTED)]

    @pytest.mark.parametrize("answer", ["ann@example.org", 3, ["ann@example.org"], {"a": 1}])
    def test_is_asked_again_after_nonsense(self, answer: object) -> None:
        scene = Scene(reach=Reach(lambda _: answer))  # type: ignore[arg-type,return-value]  # wrong on purpose
        open_(scene.desk)
        scene.worker.once()
        assert scene.remarks() == [("failed", Reason.PLUGIN.of("Reach, servicecore_reach"))]
        assert scene.record.state is NoticeState.WAITING

    def test_by_an_unknown_channel_or_calendar_is_tried_again(self) -> None:
        scene = Scene(reach=Reach(lambda _: [Contact(channel="pigeon", address="a")]))
        open_(scene.desk)
        scene.worker.once()
        assert scene.remarks() == [("failed", Reason.NO_CHANNEL.of("pigeon"))]
        scene = Scene(reach=Reach(lambda notice: [contact(notice, hours="full moon")]))
        open_(scene.desk)
        scene.worker.once()
        assert scene.remarks() == [("failed", Reason.NO_HOURS.of("full moon"))]


class Composes:
    """A plugin that answers the same to every text, or adds its mark."""

    def __init__(self, answer: object = None) -> None:
        self.answer = answer

    @hookimpl
    def servicecore_compose(self, notice: Notice, text: Text) -> object:
        return self.answer(text) if callable(self.answer) else self.answer


class Second(Composes): ...


class TestCompose:
    def test_is_a_chain(self) -> None:
        """B1."""

        def add(mark: str):
            return lambda text: Text(subject=text.subject + mark, plain=text.plain)

        scene = Scene(Composes(add("1")), Second(add("2")))
        open_(scene.desk)
        scene.worker.once()
        assert scene.box.messages[0].text.subject == "received21"

    def test_may_withhold_and_ends_there(self) -> None:
        scene = Scene(Composes(lambda text: 1 / 0), Second(Withhold("not on Fridays")))
        open_(scene.desk)
        scene.worker.once()
        assert scene.record.state is NoticeState.WITHHELD
        assert scene.remarks() == [("withheld", Reason.WITHHELD.of("Second: not on Fridays"))]

    def test_may_withhold_for_one_contact_of_several(self) -> None:
        def answer(text: Text) -> object:
            answers.append(text)
            return Withhold("enough") if len(answers) == 1 else None

        answers: list[Text] = []
        reach = Reach(lambda notice: [Contact(channel="box", address=name) for name in "ab"])
        scene = Scene(Composes(answer), reach=reach)
        open_(scene.desk)
        scene.worker.once()
        assert [message.address for message in scene.box.messages] == ["b"]

    @pytest.mark.parametrize("answer", [lambda text: 1 / 0, "a text", 3, b""])
    def test_that_fails_sends_nothing_and_is_asked_again(self, answer: object) -> None:
        """B1: never the unedited text."""
        scene = Scene(Composes(answer))
        open_(scene.desk)
        scene.worker.once()
        assert scene.box.messages == []
        assert scene.remarks() == [("failed", Reason.PLUGIN.of("Composes, servicecore_compose"))]
        assert scene.record.text is None


class TestHours:
    def test_hold_it_until_they_begin(self) -> None:
        scene = Scene(reach=Reach(lambda notice: [contact(notice, hours="office")]))
        scene.clock.go_on(hours=9)  # Friday at six
        open_(scene.desk)
        scene.worker.once()
        assert scene.box.messages == []
        assert scene.remarks() == [("held", Reason.OUTSIDE_HOURS.of("office"))]
        assert to_datetime(scene.record.wake or 0) == FRIDAY + timedelta(days=3)
        assert scene.record.attempts == 0
        scene.clock.shown = FRIDAY + timedelta(days=3)
        scene.worker.once()
        assert len(scene.box.messages) == 1

    def test_do_not_hold_what_is_severe_enough(self) -> None:
        reach = Reach(lambda notice: [contact(notice, hours="office", disturbed_by="normal")])
        scene = Scene(reach=reach)
        scene.clock.go_on(hours=9)
        open_(scene.desk)
        scene.worker.once()
        assert len(scene.box.messages) == 1

    def test_are_asked_again_before_every_attempt(self) -> None:
        scene = Scene(reach=Reach(lambda notice: [contact(notice, hours="office")]))
        scene.box.answers = lambda _: Retry("busy", after=9 * 3600)
        open_(scene.desk)
        scene.worker.once()
        scene.clock.go_on(hours=10)
        scene.worker.once()
        assert len(scene.box.messages) == 1
        assert scene.remarks()[-1] == ("held", Reason.OUTSIDE_HOURS.of("office"))


class TestOvertaking:
    def test_leaves_out_what_a_later_one_says(self) -> None:
        scene = Scene(reach=Reach(lambda notice: [contact(notice, hours="office")]))
        scene.clock.go_on(hours=9)
        open_(scene.desk)
        scene.clock.go_on(minutes=1)
        did(scene.desk, Resolve(id="c2", request="R1"))
        scene.clock.go_on(minutes=1)
        did(scene.desk, Reopen(id="c3", request="R1"))
        scene.clock.shown = FRIDAY + timedelta(days=3)
        scene.worker.once()
        assert scene.box.told == ["reopened → customer: acme"]
        states = {each.notice.template: each.state for each in scene.records()}
        assert states == {
            "received": NoticeState.OVERTAKEN,
            "resolved": NoticeState.OVERTAKEN,
            "reopened": NoticeState.DELIVERED,
        }

    def test_takes_no_reply_away(self) -> None:
        scene = Scene(reach=Reach(lambda notice: [contact(notice, hours="office")]))
        scene.clock.go_on(hours=9)
        open_(scene.desk)
        for number in range(3):
            scene.clock.go_on(minutes=1)
            did(scene.desk, Reply(id=f"reply {number}", request="R1"))
        scene.clock.shown = FRIDAY + timedelta(days=3)
        scene.worker.once()
        assert scene.box.told.count("answered → customer: acme") == 3


class TestDigests:
    def scene(self, **options: object) -> Scene:
        return Scene(reach=Reach(lambda notice: [contact(notice, digest="1h", **options)]))

    def replies(self, scene: Scene, number: int) -> None:
        open_(scene.desk)
        for each in range(number):
            scene.clock.go_on(minutes=10)
            did(scene.desk, Reply(id=f"reply {each}", request="R1"))
            scene.worker.once()

    def test_tell_together_what_came_within_their_time(self) -> None:
        scene = self.scene()
        self.replies(scene, 3)
        assert scene.box.messages == []
        scene.clock.shown = FRIDAY + timedelta(hours=1, minutes=10)
        scene.worker.once()
        (message,) = scene.box.messages
        assert message.text.subject == "4 notices"
        assert message.text.plain.count("answered R1") == 3
        members = [record for record in scene.records() if record.went_into]
        assert {record.state for record in members} == {NoticeState.GATHERED}
        assert {f"main/{record.went_into}" for record in members} == {message.key}
        scene.clock.go_on(hours=5)
        scene.worker.once()
        assert len(scene.box.messages) == 1

    def test_of_one_are_none(self) -> None:
        scene = self.scene()
        open_(scene.desk)
        scene.worker.once()
        scene.clock.go_on(hours=1)
        scene.worker.once()
        assert [message.text.subject for message in scene.box.messages] == ["received"]

    def test_do_not_hold_what_may_disturb(self) -> None:
        scene = self.scene(disturbed_by="low")
        open_(scene.desk)
        scene.worker.once()
        assert len(scene.box.messages) == 1

    def test_that_fail_are_told_to_every_request(self) -> None:
        """B9: each has a customer who heard nothing."""
        scene = self.scene()
        scene.box.answers = lambda _: Permanent("gone")
        for number in range(3):
            open_(scene.desk, f"R{number}")
        scene.worker.once()
        scene.clock.go_on(hours=1)
        scene.worker.once()
        assert len(scene.box.messages) == 1
        for number in range(3):
            last = scene.desk.situation(f"R{number}").history.last
            assert isinstance(last, NoticeUndelivered)

    def test_of_different_people_are_different(self) -> None:
        scene = self.scene()
        open_(scene.desk, "R1")
        open_(scene.desk, "R2", customer="hooli")
        scene.worker.once()
        scene.clock.go_on(hours=1)
        scene.worker.once()
        assert sorted(message.address for message in scene.box.messages) == ["acme", "hooli"]


class TestRates:
    @pytest.mark.parametrize("most", [1, 2, 5])
    def test_are_kept_by_all_workers_together(self, most: int) -> None:
        """So many in any minute, whoever delivers, and nothing is lost or held for longer."""
        scene = Scene(rate=Rate(most, "1m"))
        workers = [scene.worker, Worker(scene.desk, Plain())]
        for number in range(6):
            open_(scene.desk, f"R{number}")
        times = []
        for _ in range(400):
            before = len(scene.box.messages)
            for worker in workers:
                worker.once()
            times += [scene.clock()] * (len(scene.box.messages) - before)
            scene.clock.go_on(seconds=1)
        assert len(times) == 6
        for earlier, later in zip(times, times[most:], strict=False):
            assert later - earlier >= timedelta(minutes=1)
        assert times == [FRIDAY + timedelta(minutes=each // most) for each in range(6)]

    def test_outlive_a_clock_that_was_ahead(self) -> None:
        scene = Scene(rate=Rate(1, "1m"))
        scene.clock.go_on(days=365)
        open_(scene.desk, "R1")
        scene.worker.once()
        scene.clock.go_on(days=-365)
        open_(scene.desk, "R2")
        scene.worker.once()
        assert len(scene.box.messages) == 2

    def test_hold_on_record(self) -> None:
        scene = Scene(rate=Rate(1, "1m"))
        open_(scene.desk, "R1")
        open_(scene.desk, "R2")
        scene.worker.once()
        (waiting,) = (
            record
            for request in ("R1", "R2")
            for record in scene.records(request)
            if record.state is NoticeState.WAITING
        )
        assert waiting.remarks[-1].reason == Reason.RATE.of("box")
        assert waiting.attempts == 0


class Hangs:
    """A channel that hangs until it is let go."""

    def __init__(self) -> None:
        self.free, self.begun = Event(), Event()

    def deliver(self, message: Message) -> Delivered:
        self.begun.set()
        self.free.wait(30)
        return Delivered()


class TestLanes:
    def test_that_hang_hold_up_nobody_else(self) -> None:
        """B11."""

        def contacts(notice: Notice) -> Sequence[Contact]:
            channel = "stuck" if notice.request == "R1" else "box"
            return [Contact(channel=channel, address="a")]

        scene, stuck = Scene(reach=Reach(contacts)), Hangs()
        scene.desk.plugins.registry.add_channel("stuck", stuck, timeout=timedelta(milliseconds=200))
        open_(scene.desk, "R1")
        open_(scene.desk, "R2")
        scene.worker.once()
        assert scene.box.told == ["received → customer: acme"]
        assert scene.remarks() == [("failed", Reason.TIMED_OUT.of("0.2s"))]
        stuck.free.set()
        scene.clock.go_on(hours=1)
        scene.worker.once()
        assert scene.record.state is NoticeState.DELIVERED
        scene.worker.close()

    def test_that_hang_again_and_again_are_left_alone(self) -> None:
        reach = Reach(lambda notice: [Contact(channel="stuck", address="a")])
        scene, stuck = Scene(reach=reach), Hangs()
        scene.desk.plugins.registry.add_channel("stuck", stuck, timeout=timedelta(milliseconds=50))
        open_(scene.desk)
        for _ in range(5):
            scene.worker.once()
            scene.clock.go_on(hours=7)
        assert scene.record.attempts == 3
        stuck.free.set()
        scene.worker.close()

    def test_that_are_slow_hold_up_nobody_who_comes_later(self) -> None:
        """Not even when more wait for them than are claimed at once."""

        def contacts(notice: Notice) -> Sequence[Contact]:
            channel = "box" if notice.request == "late" else "stuck"
            return [Contact(channel=channel, address="a")]

        scene, stuck = Scene(reach=Reach(contacts)), Hangs()
        scene.desk.plugins.registry.add_channel("stuck", stuck, timeout="60s")
        for number in range(60):
            open_(scene.desk, f"R{number}")
        thread = Thread(target=scene.worker.once)
        thread.start()
        assert stuck.begun.wait(20)
        told = Event()
        scene.box.answers = lambda _: told.set() or Delivered()
        open_(scene.desk, "late")
        assert told.wait(20)
        stuck.free.set()
        thread.join(60)
        states = {scene.records(f"R{number}")[0].state for number in range(60)}
        assert states == {NoticeState.DELIVERED}
        scene.worker.close()

    def test_have_a_timeout_well_below_the_lease(self) -> None:
        scene = Scene()
        scene.desk.plugins.registry.add_channel("slow", Box(), timeout="4m")
        with pytest.raises(InvalidValue, match="'slow' may take longer than half of a lease"):
            Worker(scene.desk, Plain())

    def test_by_many_workers_deliver_each_notice_once(self) -> None:
        store = MemoryStore()
        scene = Scene()
        ours: Desk = desk(Reach(), store=store, clock=scene.clock)
        ours.plugins.registry.add_channel("box", scene.box)
        for number in range(40):
            open_(ours, f"R{number}")
        workers = [Worker(ours, Plain()) for _ in range(4)]
        threads = [Thread(target=worker.once) for worker in workers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(scene.box.messages) == 40
        assert len({message.key for message in scene.box.messages}) == 40
        for worker in workers:
            worker.close()


class Objects:
    """A plugin that objects to everything, or fails."""

    def __init__(self, *, fails: bool) -> None:
        self.fails = fails
        self.objecting = False

    @hookimpl
    def servicecore_object_to(self, situation: object) -> str | None:
        if self.objecting and self.fails:
            raise KeyError(situation)
        return "no" if self.objecting else None


@pytest.mark.parametrize("fails", [True, False])
def test_nobody_is_asked_whether_a_notice_was_undelivered(fails: bool) -> None:
    """It is a fact, and no command of anybody's."""
    plugin = Objects(fails=fails)
    scene = Scene(plugin)
    scene.box.answers = lambda _: Permanent("no such address")
    open_(scene.desk)
    plugin.objecting = True
    scene.worker.once()
    assert scene.record.state is NoticeState.UNDELIVERED
    assert type(scene.desk.situation("R1").history.last) is NoticeUndelivered


class TestWhatIsOver:
    def scene(self) -> Scene:
        scene = Scene(reach=Reach(lambda notice: [contact(notice, hours="office")]))
        scene.clock.go_on(hours=9)  # Friday at six
        open_(scene.desk)
        did(scene.desk, Assign(id="c2", request="R1", group="network"))
        scene.worker.once()
        return scene

    def test_is_told_nobody_though_nothing_later_is_told(self) -> None:
        """Whoever had it for the weekend need not hear of it on Monday."""
        scene = self.scene()
        did(scene.desk, Assign(id="c3", request="R1"))
        scene.clock.shown = FRIDAY + timedelta(days=3)
        scene.worker.once()
        assert scene.box.told == ["received → customer: acme"]
        (over,) = (each for each in scene.records() if each.notice.template == "assigned")
        assert over.state is NoticeState.OVERTAKEN
        assert over.remarks[-1].reason == Reason.OVER

    def test_is_not_what_still_holds(self) -> None:
        scene = self.scene()
        scene.clock.shown = FRIDAY + timedelta(days=3)
        scene.worker.once()
        assert len(scene.box.messages) == 2
