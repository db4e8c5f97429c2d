"""The worker: it does what is due, sleeps until the next thing is, and stops when it is told to."""

from __future__ import annotations

import logging
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from threading import Event, Thread, current_thread, main_thread
from types import FrameType
from typing import cast

from attrs import define, field, frozen

from servicecore.desk.desk import Desk
from servicecore.desk.feeding import RECORDED, show_feed
from servicecore.desk.freezing import REACH, Wording
from servicecore.desk.lanes import Lane
from servicecore.desk.outbox import Outbox
from servicecore.desk.ringing import ring
from servicecore.errors import InvalidValue, StoreBusy
from servicecore.instants import SECOND, to_period

log = logging.getLogger("servicecore.desk")

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


def _lease(value: timedelta | str) -> int:
    return to_period(value, "lease")


def _poll(value: timedelta | str) -> int:
    return to_period(value, "poll")


def _grace(value: timedelta | str) -> int:
    return to_period(value, "grace")


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
    lease: int = field(default=cast(int, "5m"), converter=_lease, kw_only=True)
    poll: int = field(default=cast(int, "5s"), converter=_poll, kw_only=True)
    grace: int = field(default=cast(int, "30s"), converter=_grace, kw_only=True)
    every_shard: bool = field(default=False, kw_only=True)
    _stop: Event = field(factory=Event, init=False)
    _lanes: dict[str, Lane] = field(factory=dict, init=False)

    def __attrs_post_init__(self) -> None:
        if not isinstance(self.desk, Desk):
            raise InvalidValue(f"desk is {self.desk!r}: expected a Desk")
        if self.wording is not None and not isinstance(self.wording, Wording):
            raise InvalidValue(f"wording is {self.wording!r}: expected Texts, or an object like it")
        for name, owned in self.desk.plugins.registry.channels.items():
            if owned.value.timeout * 2 > self.lease:
                raise InvalidValue(
                    f"the channel {name!r} may take longer than half of a lease: "
                    "expected a shorter timeout, or a longer lease of the worker"
                )

    def once(self) -> Done:
        """Do all that is due now, and come back: for whoever has a scheduler of their own."""
        self._check()
        timers = self._each(self._ring)
        entries = self._each(partial(self._show_feed, plugins=self._readers))
        return Done(timers, entries, self._each(self._deliver))

    def _check(self) -> None:
        """Raise at once what would be raised for ever, such as `SchemaMismatch`, and warn."""
        with self.desk.reading() as tx:
            tx.shards()
        if self.desk.rules and not self.desk.plugins.implementing(REACH):
            log.warning("no plugin says how to reach anybody: notices are left waiting")

    def _each(self, do: Callable[[Desk], int]) -> int:
        return sum(do(desk) for desk in self._desks())

    def _desks(self) -> Iterator[Desk]:
        if not self.every_shard:
            yield self.desk
            return
        with self.desk.reading() as tx:
            shards = tx.shards()
        yield from (self.desk.on(shard) for shard in shards)

    def _ring(self, desk: Desk) -> int:
        return ring(desk, desk.instant(), self._stop.is_set, self.lease)

    def _show_feed(self, desk: Desk, plugins: Sequence[str]) -> int:
        return show_feed(desk, plugins, self._stop.is_set, self.lease)

    def _deliver(self, desk: Desk) -> int:
        if not desk.plugins.implementing(REACH):
            return 0
        return Outbox(desk, self._texts, self.lease, self._stop.is_set, self._lanes).deliver()

    def run(self) -> None:
        """Do what is due, until `stop` is called or the process is told to end (SIGTERM, SIGINT).

        What has begun is brought to its end then; what was claimed and has not begun is given
        back. Timers, the outbox and every plugin that reads the feed have a thread of their own;
        one that does not come to an end within `grace` is left to itself.
        """
        work: dict[str, Callable[[Desk], int]] = {
            "timers": self._ring,
            "outbox": self._deliver,
        }
        for plugin in self._readers:
            work[f"feed of {plugin}"] = partial(self._show_feed, plugins=[plugin])
        threads = [
            Thread(target=self._repeat, args=each, name=f"servicecore: {each[0]}", daemon=True)
            for each in work.items()
        ]
        self._check()
        with _stopping_on_signals(self.stop):
            for thread in threads:
                thread.start()
            log.info("the worker is at work; SIGTERM ends it")
            while not self._stop.wait(1):  # a signal is heard between two waits
                continue
            self._end(threads)
        self.close()

    def _end(self, threads: Sequence[Thread]) -> None:
        until = time.monotonic() + self.grace / SECOND
        for thread in threads:
            thread.join(max(until - time.monotonic(), 0))
            if thread.is_alive():
                log.warning("%s does not come to an end, and is left to itself", thread.name)

    @property
    def _readers(self) -> tuple[str, ...]:
        return self.desk.plugins.implementing(RECORDED)

    def _repeat(self, name: str, do: Callable[[Desk], int]) -> None:
        while not self._stop.is_set():
            try:
                done = self._each(do)
            except Exception as problem:  # what was claimed will be claimed again
                away = isinstance(problem, StoreBusy)  # which needs no traceback
                log.error("%s: %s", name, problem, exc_info=not away)  # noqa: TRY400  # log.exception cannot leave the traceback out
                self._stop.wait(self.poll / SECOND)
                continue
            if not done:
                self._stop.wait(self._pause())

    def _pause(self) -> float:
        """The seconds until the next thing is due, and no longer than `poll`."""
        shard = None if self.every_shard else self.desk.shard
        try:
            with self.desk.reading() as tx:
                due = tx.next_due(shard, readers=self._readers)
        except Exception as problem:  # noqa: BLE001  # whoever does something will say so, too
            log.warning("what is due next is not known: %s", problem)
            due = None
        left = self.poll if due is None else min(due - self.desk.instant(), self.poll)
        return max(left / SECOND, SHORTEST_PAUSE)

    def _texts(self) -> Wording:
        if self.wording is None:
            from servicecore.notices.texts import Texts  # which needs an extra

            self.wording = Texts()
        return self.wording

    def stop(self) -> None:
        """Let `run` come to its end."""
        self._stop.set()

    def close(self) -> None:
        """Let the threads of the channels end."""
        for lane in self._lanes.values():
            lane.close()


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
