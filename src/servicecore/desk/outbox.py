"""The outbox: due notices are claimed, prepared, delivered on their lanes, settled (B9, B11)."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import contextmanager
from typing import NamedTuple

from attrs import define, field

from servicecore.desk.attempts import MOST_ATTEMPTS, alone, give_back
from servicecore.desk.desk import Desk
from servicecore.desk.freezing import Wording
from servicecore.desk.giving_up import give_up, try_again
from servicecore.desk.lanes import Lane
from servicecore.desk.preparing import Preparing
from servicecore.errors import (
    ClaimLost,
    PluginError,
    ServiceCoreError,
    StoreBusy,
    StoreConflict,
    UnknownName,
)
from servicecore.instants import SECOND, duration_text
from servicecore.notices import (
    Delivered,
    Delivery,
    NoticeRecord,
    NoticeState,
    Permanent,
    Reason,
    Retry,
)
from servicecore.stores import Claim, Settlement

BATCH, MOST_WAITING = 50, 10
"""How many notices are claimed at once, and how many may wait for one channel."""

LONGEST_REASON = 500
LONGEST_WAIT = 0.25
"""Seconds that a delivery keeps the outbox from looking what else is due."""

log = logging.getLogger("servicecore.desk")


class Ready(NamedTuple):
    """A claim with the record that is to be delivered under it."""

    claim: Claim
    record: NoticeRecord


class Running(NamedTuple):
    """A delivery that has begun, and until when it may take, by the clock of the process."""

    ready: Ready
    lane: Lane
    until: float


@define
class Outbox:
    """The notices of one desk, delivered by one worker; `lease` in microseconds.

    `stopping` says whether to leave what has not begun to others. `lanes` are those of the channels
    that something was delivered by before. While some deliver, others are given more to do.
    """

    desk: Desk
    wording: Callable[[], Wording]
    lease: int
    stopping: Callable[[], bool]
    lanes: dict[str, Lane]
    _waiting: dict[str, deque[Ready]] = field(factory=dict, init=False)
    _running: dict[Future[Delivery], Running] = field(factory=dict, init=False)

    def deliver(self) -> int:
        """Deliver all that is due; how many notices were looked at."""
        number = 0
        while True:
            looked_at = 0 if self.stopping() else self._take_more()
            number += looked_at
            self._begin()
            if self._running:
                self._wait()
            elif not (looked_at or self._waiting):
                return number

    def _take_more(self) -> int:
        """Claim and prepare what is due for lanes that have nothing to do; how many notices."""
        claims = self._claimed()
        if claims:
            preparing = Preparing(self.desk, self._wording(claims), self._is_full)
            for claim in claims:
                if ready := self._prepared(claim, preparing):
                    self._waiting.setdefault(_channel(ready.record), deque()).append(ready)
        return len(claims)

    def _is_full(self, channel: str) -> bool:
        """Whether as many wait for a channel as it will come to under their claims."""
        return len(self._waiting.get(channel, ())) >= MOST_WAITING

    def _wording(self, claims: Sequence[Claim]) -> Wording:
        """What makes the texts; where there is none, nobody is to blame for what was claimed."""
        try:
            return self.wording()
        except Exception:
            with self.desk.writing() as tx:
                give_back(tx, claims, at=self.desk.instant())
            raise

    def _claimed(self) -> tuple[Claim, ...]:
        busy = {_channel(each.ready.record) for each in self._running.values()}
        blocked = {name for name, lane in self.lanes.items() if lane.blocked}
        at = self.desk.instant()
        with self.desk.writing() as tx:
            claims = tx.claim(
                "notice",
                at=at,
                lease=self.lease,
                limit=BATCH,
                shard=self.desk.shard,
                leaving={*busy, *blocked, *self._waiting},
            )
            now, later = alone(claims)
            give_back(tx, later, at=at)
        return now

    def _prepared(self, claim: Claim, preparing: Preparing) -> Ready | None:
        """The claim if its notice is to be delivered now; what fails is put on record."""
        record = claim.record
        if record is None:
            return None
        try:
            if claim.attempt > MOST_ATTEMPTS:
                give_up(self.desk, claim, record, Reason.TOO_OFTEN.of(MOST_ATTEMPTS))
                return None
            prepared = preparing.prepared(claim, record)
            return None if prepared is None else Ready(claim, prepared)
        except ClaimLost:  # somebody else has it
            return None
        except (StoreBusy, StoreConflict):
            self._settle(claim, Settlement(wake=self.desk.instant() + SECOND))
        except Exception as problem:  # one notice that fails stops no other
            log.warning("the notice %r failed: %s", claim.key, problem, exc_info=problem)
            self._failed(Ready(claim, record), _reason_of(problem))
        return None

    def _begin(self) -> None:
        """Begin the next delivery of every lane that is free."""
        busy = {each.lane.line.name for each in self._running.values()}
        for channel in [name for name in self._waiting if name not in busy]:
            ready = self._waiting[channel].popleft()
            if not self._waiting[channel]:
                del self._waiting[channel]
            lane, message = self._lane(channel), ready.record.message
            late = self.desk.instant() + lane.line.timeout > ready.claim.until
            if late or lane.blocked or self.stopping() or message is None:
                self._settle(ready.claim, Settlement(wake=self.desk.instant()))
                continue
            until = time.monotonic() + lane.line.timeout / SECOND
            self._running[lane.deliver(message)] = Running(ready, lane, until)

    def _lane(self, channel: str) -> Lane:
        if channel not in self.lanes:
            self.lanes[channel] = Lane(self.desk.plugins.registry.line(channel))
        return self.lanes[channel]

    def _wait(self) -> None:
        """Wait until a delivery comes back, or for as long as others may wait to be looked at."""
        until = min(each.until for each in self._running.values())
        pause = min(max(until - time.monotonic(), 0), LONGEST_WAIT)
        wait(self._running, timeout=pause, return_when=FIRST_COMPLETED)
        for future in [each for each in self._running if self._is_over(each, self._running[each])]:
            del self._running[future]

    def _is_over(self, future: Future[Delivery], running: Running) -> bool:
        """Whether a delivery has come back, or is given up; it is settled then."""
        if future.done():
            self._settle_delivery(running.ready, future)
        elif running.until <= time.monotonic():
            running.lane.give_up(future)
            timeout = duration_text(running.lane.line.timeout)
            self._failed(running.ready, Reason.TIMED_OUT.of(timeout))
        else:
            return False
        return True

    def _settle_delivery(self, ready: Ready, future: Future[Delivery]) -> None:
        problem = future.exception()
        if problem is not None:
            self._failed(ready, Reason.BROKE.of(type(problem).__name__))
            return
        result: object = future.result()
        if isinstance(result, Delivered):
            reason = Reason.REFERENCE.of(_short(result.reference)) if result.reference else ""
            state = NoticeState.DELIVERED
            self._settle(ready.claim, Settlement(what="delivered", reason=reason, state=state))
        elif isinstance(result, Retry):
            reason = Reason.NOT_TAKEN.of(_short(result.reason))
            self._failed(ready, reason, result.after)
        elif isinstance(result, Permanent):
            with _or_later(ready.claim):
                reason = Reason.REFUSED.of(_short(result.reason))
                give_up(self.desk, ready.claim, ready.record, reason)
        else:
            self._failed(ready, Reason.BROKE.of(f"it answers {type(result).__name__}"))

    def _failed(self, ready: Ready, reason: str, after: float | None = None) -> None:
        with _or_later(ready.claim):
            try_again(self.desk, ready.claim, ready.record, reason, after)

    def _settle(self, claim: Claim, settlement: Settlement) -> None:
        with _or_later(claim), self.desk.writing() as tx:
            tx.settle(claim, settlement, at=self.desk.instant())


@contextmanager
def _or_later(claim: Claim) -> Iterator[None]:
    """What cannot be put on record now is tried again when its lease has ended."""
    try:
        yield
    except ClaimLost:
        pass
    except Exception as problem:  # noqa: BLE001  # one notice that fails stops no other
        log.warning("%s cannot be settled: %s", claim, problem)


def _channel(record: NoticeRecord) -> str:
    return record.contact.channel if record.contact else ""


def _short(text: object) -> str:
    return str(text)[:LONGEST_REASON]


def _reason_of(problem: Exception) -> str:
    """What goes on record of a failure: of foreign errors the type alone, for secrets' sake."""
    if isinstance(problem, PluginError):
        return Reason.PLUGIN.of(f"{problem.plugin}, {problem.hook}")
    if isinstance(problem, UnknownName):
        reason = Reason.NO_CHANNEL if problem.what == "channel" else Reason.NO_HOURS
        return reason.of(problem.name)
    if isinstance(problem, ServiceCoreError):
        return Reason.NO_TEXT.of(_short(problem))
    return Reason.NO_TEXT.of(type(problem).__name__)
