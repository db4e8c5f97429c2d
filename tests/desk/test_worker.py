"""The worker: it sleeps until something is due, and stops when it is told to."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from attrs import evolve

from servicecore.desk import Desk, Done, Worker, wall_clock
from servicecore.errors import InvalidValue, StoreBusy
from servicecore.hookspecs import hookimpl
from servicecore.notices import Delivered, Message, Retry
from servicecore.stores import Entry, MemoryStore
from tests.desk.kit import Plain, Reach, book, desk, open_
from tests.desk.test_feed import Sees
from tests.desk.test_tick import WARN


class Tells:
    """A channel that lets the test know."""

    def __init__(self) -> None:
        self.told = Event()

    def deliver(self, message: Message) -> Delivered:
        self.told.set()
        return Delivered()


def running(worker: Worker) -> Thread:
    thread = Thread(target=worker.run)
    thread.start()
    return thread


def scene(
    store: MemoryStore | None = None, plugins: Sequence[object] = ()
) -> tuple[Desk, Tells, Worker]:
    tells = Tells()
    ours = evolve(desk(Reach(), *plugins, store=store, policies=book(WARN)), clock=wall_clock)
    ours.plugins.registry.add_channel("box", tells, timeout="2s")
    return ours, tells, Worker(ours, Plain(), poll=timedelta(milliseconds=50))


def test_it_delivers_what_comes_while_it_runs_and_stops() -> None:
    ours, tells, worker = scene()
    thread = running(worker)
    open_(ours)
    assert tells.told.wait(20)
    worker.stop()
    thread.join(20)
    assert not thread.is_alive()


class Away(MemoryStore):
    """A store that is away for a while."""

    away = 3

    def transaction(self, *, write: bool = False) -> Any:
        if write and self.away:
            self.away -= 1
            raise StoreBusy("gone for lunch")
        return super().transaction(write=write)


def test_it_outlives_a_store_that_is_away() -> None:
    store = Away()
    store.away = 0
    ours, tells, worker = scene(store)
    open_(ours)
    store.away = 3
    thread = running(worker)
    assert tells.told.wait(20)
    worker.stop()
    thread.join(20)
    assert store.away == 0


class Hangs:
    """A plugin that hangs in everything that it is shown."""

    def __init__(self) -> None:
        self.free = Event()

    @hookimpl
    def servicecore_recorded(self, entry: Entry) -> None:
        self.free.wait(60)


@pytest.mark.parametrize("first", [True, False])
def test_a_plugin_that_hangs_holds_up_nobody_else(first: bool) -> None:
    """B3: neither another plugin, nor a timer, nor a notice, nor the end."""
    hangs, sees = Hangs(), Seen()
    ours, tells, _ = scene(plugins=(hangs, sees) if first else (sees, hangs))
    worker = Worker(
        ours, Plain(), poll=timedelta(milliseconds=50), grace=timedelta(milliseconds=100)
    )
    thread = running(worker)
    open_(ours, "R1")
    assert tells.told.wait(20)
    assert sees.told.wait(20)
    worker.stop()
    thread.join(20)
    assert not thread.is_alive()
    hangs.free.set()


class Seen:
    """A plugin that lets the test know."""

    def __init__(self) -> None:
        self.told = Event()

    @hookimpl
    def servicecore_recorded(self, entry: Entry) -> None:
        self.told.set()


def test_without_a_library_for_texts_nothing_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "servicecore.notices.texts", None)
    quiet = desk(rules=())
    open_(quiet)
    Worker(quiet).once()  # which has no texts to make
    ours = desk(Reach())
    open_(ours)
    with pytest.raises(ImportError):
        Worker(ours).once()
    monkeypatch.undo()
    ours.plugins.registry.add_channel("box", Tells())
    assert ours.notices("R1")[0].attempts == 0
    assert Worker(ours).once().notices == 1


def test_what_it_did_is_told() -> None:
    ours = desk(Reach(), Sees())
    ours.plugins.registry.add_channel("box", Tells())
    open_(ours)
    worker = Worker(ours, Plain())
    assert worker.once() == Done(timers=0, entries=1, notices=1)
    assert not worker.once()
    worker.close()


ROOT = Path(__file__).parents[2]
PROGRAM = """
    from servicecore import PolicyBook
    from servicecore.desk import Desk, Worker
    from servicecore.stores import MemoryStore
    from tests.desk.kit import Plain

    print("ready", flush=True)
    Worker(Desk(MemoryStore(), PolicyBook.of(), rules=()), Plain(), poll="1h").run()
    print("stopped", flush=True)
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_cleanly_on_a_signal(number: int) -> None:
    """Also while it sleeps for an hour."""
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(PROGRAM)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    while not _sleeps(process.pid):
        assert process.poll() is None
    process.send_signal(number)
    out, errors = process.communicate(timeout=20)
    assert (process.returncode, out, errors) == (0, "stopped\n", "")


def _sleeps(process: int) -> bool:
    """Whether the threads of the worker are there."""
    return len(list(Path(f"/proc/{process}/task").iterdir())) >= 3


@pytest.mark.parametrize(
    "options",
    [
        {"desk": MemoryStore()},
        {"wording": 5},
        {"lease": 30},
        {"poll": "0s"},
        {"grace": "-1s"},
        {"poll": "3bd"},
    ],
)
def test_it_is_made_of_what_it_needs(options: dict[str, Any]) -> None:
    """A number of seconds would be one of microseconds to somebody else."""
    with pytest.raises(InvalidValue, match=next(iter(options))):
        Worker(**{"desk": desk(), **options})


class TestSleeping:
    """It sleeps until the next thing is due, and never longer than `poll`."""

    def pause(self, ours: Desk) -> float:
        return Worker(ours, Plain(), poll="2h")._pause()

    def test_until_a_timer_rings(self) -> None:
        ours = desk(Reach(), rules=())
        assert self.pause(ours) == 7200
        open_(ours)
        assert self.pause(ours) == pytest.approx(3600)  # the first response is due

    def test_until_a_notice_is_to_be_tried_again(self) -> None:
        ours = desk(Reach())
        ours.plugins.registry.add_channel("box", Busy())
        open_(ours)
        assert self.pause(ours) < 1  # a notice is due at once
        worker = Worker(ours, Plain())
        worker.once()
        wake = ours.notices("R1")[0].wake
        assert wake is not None
        assert self.pause(ours) == pytest.approx((wake - ours.instant()) / 1_000_000)
        worker.close()

    def test_not_at_all_while_the_feed_goes_on(self) -> None:
        ours = desk(Sees(), rules=())
        open_(ours)
        assert self.pause(ours) < 1
        Worker(ours, Plain()).once()
        assert self.pause(ours) == pytest.approx(3600)


class Busy:
    """A channel that takes nothing now."""

    def deliver(self, message: Message) -> Retry:
        return Retry("busy")
