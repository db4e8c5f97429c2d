"""Killed again and again, a writer and a worker lose nothing, tear nothing, do no step twice."""

from __future__ import annotations

import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from servicecore import replay, tick
from servicecore.backends.sql import SqlStore, migrate
from servicecore.desk import Desk, Worker
from servicecore.lifecycle.events import Event, StepRecorded
from servicecore.notices import NoticeState
from servicecore.stores import NoticeQuery, Query
from servicecore.stores.heads import summary_of, wake_of
from tests.desk.killed import BOOK, desk
from tests.desk.kit import Plain, SetClock

KILLS = 50
ROOT = Path(__file__).parents[2]


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty store."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'desk.db'}"
    else:
        url = request.getfixturevalue("postgres")
    migrate(url)
    return url


def killing(what: str, url: str, folder: Path, began: float) -> subprocess.Popen[str]:
    arguments = [what, url, str(folder), str(KILLS), str(began)]
    return subprocess.Popen(
        [sys.executable, "-m", "tests.desk.killed", *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.fixture
def aftermath(url: str, tmp_path: Path) -> Iterator[Desk]:
    """A desk after 50 kills of a writer and 50 of a worker, both at the same time."""
    began = time.time() - 60  # so the first hours have passed already
    processes = [killing(what, url, tmp_path, began) for what in ("write", "work")]
    for process in processes:
        out, _ = process.communicate(timeout=300)
        assert (process.returncode, out) == (0, "")
    ours = desk(url, tmp_path, began)
    yield ours
    assert isinstance(ours.store, SqlStore)
    ours.store.close()


def histories(ours: Desk) -> dict[str, tuple[Event, ...]]:
    with ours.reading() as tx:
        heads = tx.find("main", Query(limit=1000)).heads
        return {head.request: tx.read("main", head.request).events for head in heads}


def lines(path: Path) -> list[list[str]]:
    return [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()]


def finished(ours: Desk) -> Desk:
    """The desk when another worker has done all that was left.

    What is claimed eight times by those who are killed is parked: that is left, too.
    """
    later = SetClock(ours.clock())
    later.go_on(hours=11)  # the leases of those who were killed have ended
    last = Desk(ours.store, BOOK, plugins=ours.plugins, clock=later)
    worker = Worker(last, Plain())
    while worker.once() or last.parked():
        for parked in last.parked():
            last.requeue(parked)
        later.go_on(hours=1)
    worker.close()
    return last


def test_nothing_is_lost_torn_or_done_twice(aftermath: Desk, tmp_path: Path) -> None:
    """B4, B5, B7, B9, E2: all at once, since fifty kills take their time."""
    assert lines(tmp_path / "delivered"), "the worker never came to anything"
    no_answer_is_lost(aftermath, lines(tmp_path / "answered"))
    last = finished(aftermath)
    assert last.parked() == ()
    for request, events in histories(last).items():
        every_step_is_recorded_once(events)
        no_timer_is_lost(last, request, events)
    every_notice_is_delivered(last, lines(tmp_path / "delivered"))
    the_feed_is_whole(last)


def no_answer_is_lost(ours: Desk, answered: list[list[str]]) -> None:
    """A command that was answered has its events, whatever became of who answered it."""
    assert answered, "the writer never came to anything"
    written = {event.id for events in histories(ours).values() for event in events}
    assert {f"{command}/1" for command, _ in answered} <= written


def every_step_is_recorded_once(events: tuple[Event, ...]) -> None:
    steps = [event.step for event in events if isinstance(event, StepRecorded)]
    assert len(steps) == len(set(steps))
    ids = [event.id for event in events]
    assert len(ids) == len(set(ids))


def no_timer_is_lost(ours: Desk, request: str, events: tuple[Event, ...]) -> None:
    """The head is what the history gives, and nothing is due any more."""
    now = ours.instant()
    assert tick(events, BOOK, at=now) == ()
    (head,) = (each for each in ours.find(Query(limit=1000)).heads if each.request == request)
    situation = replay(events, BOOK, at=now)
    assert (head.version, head.summary) == (len(events), summary_of(situation))
    assert head.wake == wake_of(situation) or (head.wake is not None and head.wake > now)


def every_notice_is_delivered(ours: Desk, delivered: list[list[str]]) -> None:
    """A row if and only if an event; at least once, and always with the same key and text."""
    with ours.reading() as tx:
        records = tx.notices("main", NoticeQuery())
    causes = {record.notice.cause for record in records}
    assert causes <= {event.id for events in histories(ours).values() for event in events}
    opened = {f"open {request}/1" for request in histories(ours)}
    assert opened <= causes
    told = Counter(key for key, _ in delivered)
    assert len(told) == len({(key, text) for key, text in delivered})
    for record in records:
        assert record.state in {NoticeState.DELIVERED, NoticeState.OVERTAKEN}
        assert record.state is NoticeState.OVERTAKEN or told[f"main/{record.id}"] >= 1


def the_feed_is_whole(ours: Desk) -> None:
    """Every event once, in an order that keeps that of each request."""
    with ours.reading() as tx:
        entries = tx.feed("main", limit=1_000_000)
    assert len(entries) == sum(map(len, histories(ours).values()))
    seen: Counter[str] = Counter()
    for entry in entries:
        seen[entry.request] += 1
        assert entry.number == seen[entry.request]
