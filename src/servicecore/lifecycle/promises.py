"""Promises and checkpoints: dates given to the customer, and what became of them (Q1, Q2)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from enum import StrEnum
from itertools import count
from typing import Any

import attrs
from attrs import field, frozen

from servicecore.chains import Chain
from servicecore.instants import DateTime, as_instant, to_datetime
from servicecore.lifecycle.events import (
    Cancelled,
    Closed,
    Event,
    MergedInto,
    PromiseFulfilled,
    PromiseMade,
    PromiseRenegotiated,
    PromiseWithdrawn,
    Reopened,
    Reported,
    Resolved,
    StatusChanged,
)
from servicecore.lifecycle.events.promises import CHECKPOINT, DELIVERY
from servicecore.sla.clock import Reading, readings_at
from servicecore.sla.mark import Mark
from servicecore.sla.target import Target


class PromiseState(StrEnum):
    """What has become of a promise."""

    PENDING = "pending"
    KEPT = "kept"
    BROKEN = "broken"
    WITHDRAWN = "withdrawn"


@frozen
class Renegotiation:
    """Another date for a promise: when it was said, the date before and after, and why.

    Only one that the customer was told of, strictly before the promise was due, moves the date;
    any other is a proposal (Q2).
    """

    instant: int
    before: int
    due: int
    reason: str
    told: bool

    @property
    def moves(self) -> bool:
        """Whether it is the date of the promise from then on."""
        return self.told and self.instant < self.before


@frozen
class Promise:
    """A date given to the customer; instants in microseconds.

    `kind` is ``"delivery"`` or ``"checkpoint"`` (the next report), `basis` what it was made from:
    ``"agreement"``, ``"plan"`` or ``"hand"``. `first_due` is the date first given. `done` is when
    it was fulfilled, `withdrawn` when it was taken back. `number` counts the promises of a request
    as they were made.
    """

    id: str
    kind: str
    made: int
    first_due: int
    due: int
    basis: str = "hand"
    told: bool = True
    renegotiations: tuple[Renegotiation, ...] = ()
    done: int | None = None
    withdrawn: int | None = None
    reason: str = ""
    number: int = 0

    @property
    def due_at(self) -> DateTime:
        """When it is to be kept, in UTC."""
        return to_datetime(self.due)

    @property
    def made_at(self) -> DateTime:
        """When it was made, in UTC."""
        return to_datetime(self.made)

    def state(self, at: datetime | int) -> PromiseState:
        """What has become of it at an instant: done exactly when due is kept."""
        instant = as_instant(at)
        if self.withdrawn is not None and self.withdrawn <= self.due:
            return PromiseState.WITHDRAWN
        if self.done is not None and self.done <= self.due:
            return PromiseState.KEPT
        return PromiseState.BROKEN if instant > self.due else PromiseState.PENDING

    def reading(self, at: datetime | int) -> Reading:
        """The promise as a clock by a date, which no pause moves (Q1)."""
        marks = [Mark("start", self.made)]
        dated = self.first_due
        for change in self.renegotiations:
            if change.moves:
                target = Target(None, instant=change.due)
                marks.append(Mark("retarget", change.instant, change.reason, target=target))
        if self.done is not None:
            marks.append(Mark("stop", self.done))
        elif self.withdrawn is not None:
            marks.append(Mark("cancel", self.withdrawn, self.reason))
        return readings_at(marks, Target(None, instant=dated), as_instant(at))[-1]

    @property
    def may_change(self) -> bool:
        """Whether it is neither done nor withdrawn; it may be late."""
        return self.done is None and self.withdrawn is None

    def is_finished(self, instant: int) -> bool:
        """Whether nothing changes it from an instant on; a reopening takes a delivery back."""
        if self.done is None:
            return self.withdrawn is not None
        return self.kind != DELIVERY or instant > self.due


@frozen
class Promises:
    """The promises of one request: those that may still change, and the chain of the others.

    `made` counts those that go by their number. A log may give one id twice: then it means the
    earlier of those that may still change.
    """

    open: tuple[Promise, ...] = ()
    finished: Chain[Promise] = field(factory=Chain)
    made: int = 0

    def __iter__(self) -> Iterator[Promise]:
        return iter(sorted((*self.finished, *self.open), key=lambda promise: promise.number))

    @property
    def number(self) -> str:
        """What the next promise is called: promises are numbered as they are made."""
        return next(self.numbers)

    @property
    def numbers(self) -> Iterator[str]:
        """What the next promises are called, one after the other; none is called like another."""
        named: set[str] = set()
        if self.made < len(self.open) + len(self.finished):  # some go by other names
            named.update(promise.id for promise in self)
        return (str(each) for each in count(self.made + 1) if str(each) not in named)

    def named(self, id: str) -> Promise | None:
        """The promise of that id that is neither done nor withdrawn; None where there is none."""
        return next((each for each in self.open if each.id == id and each.may_change), None)

    def after(self, event: Event) -> Promises:
        """The promises behind an event."""
        if not self.open and not isinstance(event, PromiseMade | Reported):
            return self  # nothing is there to be changed
        take = _AFTER.get(type(event))
        return self if take is None else take(self, event)._sifted(event.occurred)

    def _sifted(self, instant: int) -> Promises:
        """What is finished goes to the chain: nothing can change it any longer."""
        open_, finished = [], self.finished
        for promise in self.open:
            if promise.is_finished(instant):
                finished = finished.add(promise)
            else:
                open_.append(promise)
        return Promises(tuple(open_), finished, self.made)

    def _each(self, change: Callable[[Promise], Promise]) -> Promises:
        return Promises(tuple(map(change, self.open)), self.finished, self.made)

    def _one(self, one: Promise | None, **fields: Any) -> Promises:
        if one is None:
            return self
        return self._each(lambda each: attrs.evolve(each, **fields) if each is one else each)

    def _checkpoint(self, id: str, made: int, due: int) -> Promises:
        return self._with(Promise(id, CHECKPOINT, made, due, due, basis="plan"))

    def _with(self, promise: Promise) -> Promises:
        numbered = promise.id == str(self.made + 1)
        promise = attrs.evolve(promise, number=len(self.open) + len(self.finished))
        return Promises((*self.open, promise), self.finished, self.made + numbered)


def named_late(event: Event) -> str:
    """What a promise is called that is written down late: by its event, where that has an id.

    The numbers behind it are given already, and stay (T3, R2).
    """
    return event.id if event.recorded not in (None, event.occurred) else ""


def _made(promises: Promises, event: PromiseMade) -> Promises:
    made, due = event.occurred, event.due
    return promises._with(
        Promise(event.promise, event.kind, made, due, due, event.basis, event.told)
    )


def _renegotiated(promises: Promises, event: PromiseRenegotiated) -> Promises:
    promise = promises.named(event.promise)
    if promise is None:
        return promises
    change = Renegotiation(event.occurred, promise.due, event.due, event.reason, event.told)
    due = event.due if change.moves else promise.due
    changes = (*promise.renegotiations, change)
    return promises._one(promise, due=due, renegotiations=changes)


def _fulfilled(promises: Promises, event: PromiseFulfilled) -> Promises:
    return promises._one(promises.named(event.promise), done=event.occurred)


def _withdrawn(promises: Promises, event: PromiseWithdrawn) -> Promises:
    promise = promises.named(event.promise)
    return promises._one(promise, withdrawn=event.occurred, reason=event.reason)


def _delivered(promises: Promises, event: Resolved | Closed) -> Promises:
    """What was promised is delivered; a report that was not due yet is owed no longer."""

    def change(promise: Promise) -> Promise:
        if not promise.may_change:
            return promise
        if promise.kind == DELIVERY:
            return attrs.evolve(promise, done=event.occurred)
        if promise.due >= event.occurred:
            return attrs.evolve(promise, withdrawn=event.occurred, reason=event.status)
        return promise

    return promises._each(change)


def _reopened(promises: Promises, event: Reopened) -> Promises:
    """What was delivered was not: a promise whose date is still to come is pending again (Q1)."""
    return promises._each(
        lambda promise: (
            attrs.evolve(promise, done=None)
            if promise.kind == DELIVERY and event.occurred <= promise.due
            else promise
        )
    )


def _over(promises: Promises, event: Cancelled | MergedInto | StatusChanged) -> Promises:
    """Nothing is owed any longer; what was broken before stays broken (K6)."""
    return promises._each(
        lambda promise: (
            attrs.evolve(promise, withdrawn=event.occurred, reason=event.status)
            if promise.may_change
            else promise
        )
    )


def _reported(promises: Promises, event: Reported) -> Promises:
    """A report keeps the earliest open checkpoint, however late, and announces the next one."""
    waiting = [each for each in promises.open if each.kind == CHECKPOINT and each.may_change]
    if waiting:
        earliest = min(waiting, key=lambda promise: (promise.due, promise.number))
        promises = promises._one(earliest, done=event.occurred)
    if event.next_due is None:
        return promises
    id = named_late(event) or promises.number
    return promises._checkpoint(id, event.occurred, event.next_due)


_AFTER: Mapping[type[Event], Callable[[Promises, Any], Promises]] = {
    PromiseMade: _made,
    PromiseRenegotiated: _renegotiated,
    PromiseFulfilled: _fulfilled,
    PromiseWithdrawn: _withdrawn,
    Resolved: _delivered,
    Closed: _delivered,  # what was not resolved before
    Reopened: _reopened,
    Cancelled: _over,
    MergedInto: _over,
    StatusChanged: _over,  # to merged; no other one comes here
    Reported: _reported,
}
