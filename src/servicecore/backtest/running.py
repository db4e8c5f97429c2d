"""Replaying histories under two books, and counting what becomes of their verdicts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import product
from typing import TypeVar

from attrs import Factory, define

from servicecore.backtest.causes import Causes
from servicecore.backtest.histories import fitted, without_derived
from servicecore.backtest.outcome import ALL, Backtest, Flip, Moved, Row
from servicecore.backtest.verdicts import Verdict, judged
from servicecore.errors import ServiceCoreError
from servicecore.estimate import Estimate, paired_difference, share
from servicecore.instants import as_instant
from servicecore.lifecycle.events import Event
from servicecore.lifecycle.replay import replay
from servicecore.lifecycle.situation import Situation
from servicecore.metrics.attainment import NO_PRIORITY
from servicecore.sla.book import PolicyBook
from servicecore.sla.book_changes import book_changes

Histories = Mapping[str, Sequence[Event]]
History = TypeVar("History", bound=Sequence[Event])
Pairs = Counter[tuple[Verdict, Verdict]]
PROGRESS_STEP = 1_000
BEFORE, AFTER = 0, 1
"""Where the verdicts of the old book and of the new one stand in a pair."""
DUE = tuple(verdict for verdict in Verdict if verdict.due)


def backtest(
    histories: Histories,
    old: PolicyBook,
    new: PolicyBook,
    *,
    at: datetime | int | None = None,
    level: float = 0.95,
    progress: Callable[[int], object] | None = None,
) -> Backtest:
    """Replay every history under both books at one instant, and compare the verdicts.

    Histories are by request. What the book of the time made of them is derived anew under each
    (`without_derived`). `at` is a datetime, or an instant in microseconds; None is the instant of
    the last event. Requests opened later are left out, and one that cannot be replayed under both
    books is listed and stops nobody else. `progress` is called now and then with the number of
    histories done. `level` is that of the intervals.

    >>> from servicecore.lifecycle.events import Opened, Resolved
    >>> from servicecore.sla import Policy, Target
    >>> nine, hour = 0, 3_600_000_000
    >>> opened = Opened(request="R1", occurred_at=nine)
    >>> history = [opened, Resolved(request="R1", occurred_at=nine + 3 * hour)]
    >>> books = [PolicyBook.of(Policy("all", {"resolution": Target(t)})) for t in ("4h", "2h")]
    >>> for flip in backtest({"R1": history}, *books, at=nine + 9 * hour).flips:
    ...     print(flip, flip.cause, sep=", by ")
    R1: resolution, priority none, kept → broken, by policy 'all': resolution 4h → 2h of always
    """
    instant = last_instant(histories.values()) if at is None else as_instant(at)
    causes = Causes(old, new, book_changes(old, new), instant)
    run = _Run(causes, {}, Counter())
    known = opened_by(histories, instant)
    for done, (name, history) in enumerate(known.items(), start=1):
        run.take(name, without_derived(history))
        if progress and done % PROGRESS_STEP == 0:
            progress(done)
    return run.result(len(histories) - len(known), level)


def opened_by(histories: Mapping[str, History], instant: int) -> dict[str, History]:
    """Those that had begun at an instant, and those without any event."""
    return {
        name: history
        for name, history in histories.items()
        if not history or min(event.occurred for event in history) <= instant
    }


def last_instant(histories: Iterable[Sequence[Event]]) -> int:
    """The instant of the last event of all; the epoch where there is none."""
    return max((event.occurred for history in histories for event in history), default=0)


@define
class _Run:
    """What has been counted so far."""

    causes: Causes
    counts: dict[tuple[str, str], Pairs]
    moves: Counter[tuple[str, str]]
    flips: list[Flip] = Factory(list)
    moved: list[Moved] = Factory(list)
    failed: dict[str, str] = Factory(dict)
    histories: dict[str, Sequence[Event]] = Factory(dict)
    requests: int = 0

    def take(self, name: str, history: Sequence[Event]) -> None:
        """Replay a history under both books, and count."""
        self.histories[name] = history
        found = []
        for which, book in (("old", self.causes.old), ("new", self.causes.new)):
            try:
                found.append(replay(fitted(history, book), book, at=self.causes.instant))
            except ServiceCoreError as problem:
                self.failed[name] = f"under the {which} book: {problem}"
                return
        self.requests += 1
        self.compare(name, history, *found)

    def compare(self, name: str, history: Sequence[Event], old: Situation, new: Situation) -> None:
        before, after = old.request.priority, new.request.priority
        if before != after:
            self.moved.append(Moved(name, before, after))
        flipped = {}
        for clock in dict.fromkeys((*old.readings, *new.readings)):
            pair = judged(old, clock), judged(new, clock)
            verdicts = pair[0].verdict, pair[1].verdict
            if verdicts == (Verdict.NOT_OWED, Verdict.NOT_OWED):
                continue
            key = clock, before or NO_PRIORITY
            self.counts.setdefault(key, Counter())[verdicts] += 1
            self.moves[key] += before != after
            if verdicts[0] is not verdicts[1]:
                flipped[clock] = pair
        if flipped:
            wanted = {clock: after.verdict for clock, (_, after) in flipped.items()}
            found = self.causes.of(history, wanted)
            self.flips += [Flip(name, clock, *flipped[clock], found[clock]) for clock in flipped]

    def result(self, later: int, level: float) -> Backtest:
        rows = [_row(*key, counts, self.moves[key], level) for key, counts in self.in_order()]
        return Backtest(
            instant=self.causes.instant,
            old=self.causes.old,
            new=self.causes.new,
            changes=self.causes.changes,
            requests=self.requests,
            rows=tuple(rows),
            totals=tuple(self.totals(level)),
            flips=tuple(self.flips),
            moved=tuple(self.moved),
            failed=self.failed,
            later=later,
            histories=self.histories,
        )

    def in_order(self) -> list[tuple[tuple[str, str], Pairs]]:
        """By the books' order of clocks, then from the most pressing priority down."""
        books = self.causes.old, self.causes.new
        clocks = list(dict.fromkeys(clock for book in books for clock in book.owed))
        levels = list(dict.fromkeys(level for book in books for level in book.matrix.priorities))

        def place(item: tuple[tuple[str, str], Pairs]) -> tuple[int, str, int, str]:
            clock, priority = item[0]
            return (*_place(clock, clocks), *_place(priority, levels))

        return sorted(self.counts.items(), key=place)

    def totals(self, level: float) -> Iterator[Row]:
        counts: dict[str, Pairs] = {}
        moves: Counter[str] = Counter()
        for (clock, priority), pairs in self.in_order():
            counts.setdefault(clock, Counter()).update(pairs)
            moves[clock] += self.moves[clock, priority]
        for clock, pairs in counts.items():
            yield _row(clock, ALL, pairs, moves[clock], level)


def _place(name: str, known: Sequence[str]) -> tuple[int, str]:
    return (known.index(name) if name in known else len(known)), name


def _row(clock: str, priority: str, counts: Pairs, moved: int, level: float) -> Row:
    due_before, due_after = (_number(counts, side, DUE) for side in (BEFORE, AFTER))
    both = sum(counts[pair] for pair in product(DUE, DUE))
    who = clock if priority == ALL else f"{clock}, priority {priority}"
    cohort = f"{who}: all requests whose deadline has passed"
    return Row(
        clock,
        priority,
        requests=counts.total(),
        before=_kept_share(counts, BEFORE, f"{cohort} under the old book", level),
        after=_kept_share(counts, AFTER, f"{cohort} under the new book", level),
        difference=_difference(counts, f"{cohort} under both books", level),
        to_kept=counts[Verdict.BROKEN, Verdict.KEPT],
        to_broken=counts[Verdict.KEPT, Verdict.BROKEN],
        only_before=due_before - both,
        only_after=due_after - both,
        moved=moved,
    )


def _number(counts: Pairs, side: int, wanted: Sequence[Verdict]) -> int:
    """How many requests have one of these verdicts under one of the books."""
    return sum(number for pair, number in counts.items() if pair[side] in wanted)


def _kept_share(counts: Pairs, side: int, cohort: str, level: float) -> Estimate:
    kept, due = _number(counts, side, (Verdict.KEPT,)), _number(counts, side, DUE)
    return share(kept, due, cohort=cohort, level=level)


def _difference(counts: Pairs, cohort: str, level: float) -> Estimate:
    """After less before, on the requests that are due under both books."""
    kept, broken = Verdict.KEPT, Verdict.BROKEN
    return paired_difference(
        counts[kept, kept],
        counts[broken, kept],
        counts[kept, broken],
        counts[broken, broken],
        cohort=cohort,
        level=level,
    )
