"""The promise ledger: which dates given to customers were kept (M2, M6)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Self

from attrs import define, field, frozen

from servicecore.errors import InvalidValue
from servicecore.estimate import Estimate, missing, share
from servicecore.instants import HOUR
from servicecore.lifecycle.events import Closed, PromiseFulfilled, Reopened, Resolved
from servicecore.lifecycle.events.promises import CHECKPOINT, DELIVERY
from servicecore.lifecycle.promises import Promise
from servicecore.lifecycle.situation import Situation
from servicecore.metrics.cohort import Period, instant_of_both, same_instant
from servicecore.metrics.quantiles import nearest_rank
from servicecore.metrics.rows import Due

TOLD = "requests with a promise that the customer was told of and whose date has passed"


@frozen
class PromiseLedger:
    """What became of the promises of a kind that customers were told of.

    `kept` is the share of requests that kept every promise that was due; `first_kept` the share
    that kept the first promise by the date first given, whatever was said later. `per_promise` is
    the share of due promises that were kept, without an interval, since those of one request are
    not independent. `renegotiated` counts the new dates that hold: told, and strictly before the
    date in force; `proposed` those that do not. `lead` is the median time in hours by which the
    former came before the date. `pending` and `withdrawn` promises are outside of the cohort, and
    so are the `untold` ones, which nobody could expect.
    """

    kind: str
    kept: Estimate
    first_kept: Estimate
    per_promise: Estimate
    renegotiated: int
    proposed: int
    lead: Estimate
    pending: int
    withdrawn: int
    untold: int


@define
class PromiseTally:
    """The ledger in one pass and in parts (M9); with a `period`, of promises due in it (M3)."""

    kind: str = DELIVERY
    period: Period | None = None
    counts: Counter[str] = field(factory=Counter)
    leads: list[int] = field(factory=list)
    instant: int | None = None

    def __attrs_post_init__(self) -> None:
        if self.kind not in (DELIVERY, CHECKPOINT):
            raise InvalidValue(f"kind is {self.kind!r}: expected {DELIVERY!r} or {CHECKPOINT!r}")

    def add(self, situation: Situation) -> None:
        """Enter the promises of one request."""
        at = self.instant = same_instant(self.instant, situation.instant)
        promises = situation.state.promises
        if not promises.open and not promises.finished:
            return
        told = []
        for promise in promises:
            if promise.kind == self.kind:
                self.counts["untold"] += not promise.told
                if promise.told:
                    told.append(promise)
        self._count_due([promise_row(each) for each in told if self._is_in(each.due)], at)
        if told and told[0].first_due < at and self._is_in(told[0].first_due):
            self._count_first(situation, told[0])
        for promise in told:
            self._count_changes(promise)

    def _is_in(self, due: int) -> bool:
        return self.period is None or due in self.period

    def _count_due(self, rows: Sequence[Due], at: int) -> None:
        due = [row for row in rows if row.is_due(at)]
        late = sum(row.is_late(at) for row in due)
        self.counts["requests"] += bool(due)
        self.counts["requests kept"] += bool(due) and not late
        self.counts["due"] += len(due)
        self.counts["kept"] += len(due) - late
        left = sum(row.is_left for row in rows)
        self.counts["withdrawn"] += left
        self.counts["pending"] += len(rows) - len(due) - left

    def _count_first(self, situation: Situation, first: Promise) -> None:
        if first.withdrawn is not None and first.withdrawn <= first.first_due:
            return
        self.counts["first"] += 1
        self.counts["first kept"] += _kept_first_date(situation, first)

    def _count_changes(self, promise: Promise) -> None:
        for change in promise.renegotiations:
            if change.moves and change.due > change.before:
                self.counts["renegotiated"] += 1
                self.leads.append(change.before - change.instant)
            else:
                self.counts["proposed"] += 1

    def merge(self, other: Self) -> None:
        """Add what another tally entered of the same kind."""
        self.instant = instant_of_both(self, other, "kind", "period")
        self.counts.update(other.counts)
        self.leads.extend(other.leads)

    def result(self, level: float = 0.95) -> PromiseLedger:
        """The ledger of all that was entered."""
        of = self.counts
        first = "requests whose first promised date has passed"
        return PromiseLedger(
            self.kind,
            share(of["requests kept"], of["requests"], cohort=TOLD, level=level),
            share(of["first kept"], of["first"], cohort=first, level=level),
            _clustered(of["kept"], of["due"]),
            of["renegotiated"],
            of["proposed"],
            _lead(self.leads),
            of["pending"],
            of["withdrawn"],
            of["untold"],
        )


def _clustered(hits: int, n: int) -> Estimate:
    cohort = "promises told whose date has passed"
    if not n:
        return missing("share", cohort)
    return Estimate(hits / n, n, "share", cohort, reason="clustered", hits=hits)


def _lead(leads: Sequence[int]) -> Estimate:
    cohort = "new dates that hold"
    lead = nearest_rank(leads, 0.5)
    if lead is None:
        return missing("hours", cohort)
    return Estimate(lead / HOUR, len(leads), "hours", cohort, method="nearest rank")


def promise_row(promise: Promise) -> Due:
    """A promise as a plain row: its date in force, when it was kept, when it was withdrawn."""
    return Due(promise.due, done=promise.done, left=promise.withdrawn)


def _kept_first_date(situation: Situation, promise: Promise) -> bool:
    """Whether it was delivered by the date first given, and not reopened by then (M6)."""
    if promise.due <= promise.first_due or promise.kind == CHECKPOINT:
        return promise.done is not None and promise.done <= promise.first_due
    delivered = False
    for event in situation.history:
        if event.occurred > promise.first_due:
            break
        if isinstance(event, Resolved | Closed):
            delivered = event.occurred >= promise.made or delivered
        elif isinstance(event, PromiseFulfilled):
            delivered = event.promise == promise.id or delivered
        elif isinstance(event, Reopened):
            delivered = False
    return delivered


def promise_ledger(
    situations: Iterable[Situation],
    kind: str = DELIVERY,
    *,
    period: Period | None = None,
    level: float = 0.95,
) -> PromiseLedger:
    """What became of the promises of a kind, ``"delivery"`` or ``"checkpoint"``.

    The cohort is every promise told whose date in force has passed, whatever became of it; one
    that was withdrawn up to its date is out of it, and one withdrawn later stays broken. Kept is
    delivered by then and not reopened by then. Shares of requests have Wilson's interval. Raises
    `InvalidValue` for another kind, and for situations of different instants.
    """
    tally = PromiseTally(kind, period)
    for situation in situations:
        tally.add(situation)
    return tally.result(level)
