"""The worker: it does what is due, sleeps until the next thing is, and stops when it is told to."""

from __future__ import annotations

import logging
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from threading import Event, Thread, current_thread, main_thread
from types import FrameType

from attrs import define, field, frozen

from servicecore.desk.desk import Desk
from servicecore.desk.feeding import RECORDED, show_feed
from servicecore.desk.freezing import Wording
from servicecore.desk.lanes import Lane
from servicecore.desk.outbox import Outbox
from servicecore.desk.ringing import ring
from servicecore.errors import InvalidValue
from servicecore.instants import MINUTE, SECOND, Days, to_duration

log = logging.getLogger("servicecore.desk")

LEASE, POLL = 5 * MINUTE, 5 * SECOND
SHORTEST_PAUSE = 0.2
"""Seconds; something may be due that nobody can do yet, such as what a stuck channel is for."""


@frozen
class Done:
    """How much a worker did: timers that rang, entries shown to plugins, notices looked at."""

    timers: int = 0
    entries: int = 0
    notices: int = 0

    def __bool__(self) -> bool:
        return bool(self.timers or self.entries or self.notices)


def _duration(value: timedelta | str | int) -> int:
    if type(value) is int:
        return value
    duration = to_duration(value)  # type: ignore[arg-type]  # no int
    if isinstance(duration, Days) or duration <= 0:
        raise InvalidValue(f"found {value!r}: expected a time such as '5s'")
    return duration


@define
class Worker:
    """Does what is due on a desk: timers, the feed of the plugins, the outbox.

    `wording` makes the texts of notices. What is claimed is so for `lease`, which every channel's
    timeout stays below. While nothing is due it sleeps, `poll` at most, for others write to the
    same store too. Many workers may do this at once, in any number of processes.

    >>> from servicecore.lifecycle.commands import Open
    >>> from servicecore.sla import Policy, PolicyBook, Target
    >>> from servicecore.stores import MemoryStore
    >>> desk = Desk(MemoryStore(), PolicyBook.of(Policy("all", {"resolution": Target("4h")})))
    >>> _ = desk.submit(Open(id="c1", request="R1"))
    >>> Worker(desk).once().timers
    0
    """

    desk: Desk
    wording: Wording | None = None
    lease: int = field(default=LEASE, converter=_duration, kw_only=True)
    poll: int = field(default=POLL, converter=_duration, kw_only=True)
    every_shard: bool = field(default=False, kw_only=True)
    _stop: Event = field(factory=Event, init=False)
    _lanes: dict[str, Lane] = field(factory=dict, init=False)

    def __attrs_post_init__(self) -> None:
        for name, owned in self.desk.plugins.registry.channels.items():
            if owned.value.timeout * 2 > self.lease:
                raise InvalidValue(
                    f"the channel {name!r} may take longer than half of a lease: "
                    "expected a shorter timeout, or a longer lease of the worker"
                )

    def once(self) -> Done:
        """Do all that is due now, and come back: for whoever has a scheduler of their own."""
        timers = self._each(lambda desk: ring(desk, desk.now()))
        entries = self._each(show_feed)
        return Done(timers, entries, self._each(self._deliver))

    def _each(self, do: Callable[[Desk], int]) -> int:
        return sum(do(desk) for desk in self._desks())

    def _desks(self) -> Iterator[Desk]:
        if not self.every_shard:
            yield self.desk
            return
        with self.desk.reading() as tx:
            shards = tx.shards()
        yield from (self.desk.on(shard) for shard in shards)

    def _deliver(self, desk: Desk) -> int:
        if self.wording is None:
            self.wording = _usual_wording()
        return Outbox(desk, self.wording, self.lease, self._stop.is_set, self._lanes).deliver()

    def run(self) -> None:
        """Do what is due, until `stop` is called or the process is told to end (SIGTERM, SIGINT).

        What has begun is brought to its end then; what was claimed and has not begun is given
        back. Timers, the feed and the outbox each have a thread of their own.
        """
        work = {
            "timers": lambda: self._each(lambda desk: ring(desk, desk.now())),
            "feed": lambda: self._each(show_feed),
            "outbox": lambda: self._each(self._deliver),
        }
        threads = [
            Thread(target=self._repeat, args=(name, do), name=f"servicecore: {name}")
            for name, do in work.items()
        ]
        with _stopping_on_signals(self.stop):
            for thread in threads:
                thread.start()
            log.info("the worker is at work; SIGTERM ends it")
            for thread in threads:
                while thread.is_alive():  # a signal is heard between two waits
                    thread.join(1)
        self.close()

    def _repeat(self, name: str, do: Callable[[], int]) -> None:
        while not self._stop.is_set():
            try:
                done = do()
            except Exception:  # the store may be away: what was claimed will be claimed again
                log.exception("the %s of the worker failed", name)
                self._stop.wait(self.poll / SECOND)
                continue
            if not done:
                self._stop.wait(self._pause())

    def _pause(self) -> float:
        """The seconds until the next thing is due, and no longer than `poll`."""
        shard = None if self.every_shard else self.desk.shard
        readers = self.desk.plugins.implementing(RECORDED)
        try:
            with self.desk.reading() as tx:
                due = tx.next_due(shard, readers=readers)
        except Exception:
            log.exception("the worker cannot find out what is due")
            due = None
        left = self.poll if due is None else min(due - self.desk.now(), self.poll)
        return max(left / SECOND, SHORTEST_PAUSE)

    def stop(self) -> None:
        """Let `run` come to its end."""
        self._stop.set()

    def close(self) -> None:
        """Let the threads of the channels end."""
        for lane in self._lanes.values():
            lane.close()


def _usual_wording() -> Wording:
    from servicecore.notices.texts import Texts  # which needs an extra

    return Texts()


@contextmanager
def _stopping_on_signals(stop: Callable[[], None]) -> Iterator[None]:
    """Call `stop` on SIGTERM and SIGINT, if this is the thread that hears signals."""
    if current_thread() is not main_thread():
        yield
        return

    def heard(_number: int, _frame: FrameType | None) -> None:
        stop()

    before = {each: signal.signal(each, heard) for each in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
