"""What a backtest shows: rows by clock and priority, flips, and the changes behind them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from attrs import field, frozen

from servicecore.backtest.histories import fitted
from servicecore.backtest.verdicts import Judged, Verdict
from servicecore.errors import InvalidValue
from servicecore.estimate import Estimate
from servicecore.instants import DateTime, to_datetime
from servicecore.lifecycle.events import Event
from servicecore.lifecycle.replay import replay
from servicecore.lifecycle.situation import Situation
from servicecore.messages import Messages, as_messages
from servicecore.sla.book import PolicyBook
from servicecore.sla.book_changes import Change

ALL = "all"
"""Stands in a row for every priority."""

WORDS: Mapping[str, tuple[str, ...]] = {"verdict": tuple(Verdict)}
"""The words that a flip is told in, by what they are."""


@frozen
class Row:
    """How the requests of one priority under the old book fare with one clock under both.

    `before` and `after` are the shares of the due cohort that kept it, each on its own cohort.
    `difference` is after less before, in points, on the requests due under both, whose number is
    its n. `only_before` and `only_after` count those due under one book only; `to_kept` and
    `to_broken` those due under both whose verdict turned; `moved` those that have another priority
    under the new book.
    """

    clock: str
    priority: str
    requests: int
    before: Estimate
    after: Estimate
    difference: Estimate
    to_kept: int
    to_broken: int
    only_before: int
    only_after: int
    moved: int


@frozen
class Cause:
    """The changes that turned a verdict: any of them alone, or only all of them `together`.

    Where there are none, no change of the books' turned it.
    """

    changes: tuple[Change, ...]
    together: bool = False

    def __str__(self) -> str:
        between, before = (" + ", "only together: ") if self.together else (" / ", "any of: ")
        start = before if len(self.changes) > 1 else ""
        return start + (between.join(map(str, self.changes)) or "no single change")


@frozen
class Flip:
    """One clock of a request whose verdict is another under the new book, and why."""

    request: str
    clock: str
    before: Judged
    after: Judged
    cause: Cause

    def __str__(self) -> str:
        return (
            f"{self.request}: {self.clock}, priority {self.before.priority or 'none'}, "
            f"{self.before.verdict} → {self.after.verdict}"
        )

    @property
    def to_kept(self) -> bool:
        """Whether a deadline that was broken is kept under the new book."""
        return (self.before.verdict, self.after.verdict) == (Verdict.BROKEN, Verdict.KEPT)

    @property
    def to_broken(self) -> bool:
        """Whether a deadline that was kept is broken under the new book."""
        return (self.before.verdict, self.after.verdict) == (Verdict.KEPT, Verdict.BROKEN)


@frozen
class CauseCount:
    """How many verdicts one cause flipped: to kept, to broken, and in any `other` way."""

    cause: Cause
    to_kept: int
    to_broken: int
    other: int


@frozen
class Moved:
    """A request that has another priority under the new book."""

    request: str
    before: str | None
    after: str | None


@frozen
class Backtest:
    """The same histories under two books, at one instant (`instant`, in microseconds).

    `requests` counts those that were judged under both. `rows` are by clock and priority, `totals`
    by clock. `failed` names those that could not be replayed under one of the books, with the
    reason; `later` counts those opened after the instant. `changes` are those between the books,
    whatever they did.
    """

    instant: int
    old: PolicyBook = field(repr=False)
    new: PolicyBook = field(repr=False)
    changes: tuple[Change, ...]
    requests: int
    rows: tuple[Row, ...]
    totals: tuple[Row, ...]
    flips: tuple[Flip, ...]
    moved: tuple[Moved, ...] = ()
    failed: Mapping[str, str] = field(factory=dict)
    later: int = 0
    histories: Mapping[str, Sequence[Event]] = field(factory=dict, repr=False)

    @property
    def at(self) -> DateTime:
        """The instant, in UTC."""
        return to_datetime(self.instant)

    @property
    def causes(self) -> tuple[CauseCount, ...]:
        """Each cause with the number of verdicts that it flipped, the most frequent first."""
        by_cause: dict[Cause, list[Flip]] = {}
        for flip in self.flips:
            by_cause.setdefault(flip.cause, []).append(flip)
        often = sorted(by_cause.items(), key=lambda item: -len(item[1]))
        return tuple(_counted(cause, flips) for cause, flips in often)

    def situations(self, request: str) -> tuple[Situation, Situation]:
        """Where a request stands under the old book, and where under the new one.

        Raises `InvalidValue` for a request whose history is not there, and whatever keeps it from
        being replayed.
        """
        if request not in self.histories:
            raise InvalidValue(f"{request!r} is no request of this backtest: nothing to explain")
        history = self.histories[request]
        old, new = (
            replay(fitted(history, book), book, at=self.instant) for book in (self.old, self.new)
        )
        return old, new

    def explain(self, request: str, language: str | Messages = "en") -> str:
        """A request under both books, one below the other, with what flipped its verdicts.

        In a language that has messages, such as ``"ru"``; see `messages_in`. The changes between
        the books are told in English.
        """
        messages = as_messages(language)
        before, after = self.situations(request)
        flips = [_flipped(flip, messages) for flip in self.flips if flip.request == request]
        return "\n".join(
            [
                messages.text("under the old book"),
                *_indented(before.explain(messages)),
                messages.text("under the new book"),
                *_indented(after.explain(messages)),
                *(flips or [messages.text("no verdict is another")]),
            ]
        )


def _flipped(flip: Flip, messages: Messages) -> str:
    return messages.text(
        "{clock}: {before} → {after} by {cause}",
        clock=messages.word("clock", flip.clock),
        before=messages.word("verdict", flip.before.verdict.value),
        after=messages.word("verdict", flip.after.verdict.value),
        cause=str(flip.cause),
    )


def _indented(text: str) -> list[str]:
    return [f"  {line}" for line in text.splitlines()]


def _counted(cause: Cause, flips: list[Flip]) -> CauseCount:
    to_kept = sum(flip.to_kept for flip in flips)
    to_broken = sum(flip.to_broken for flip in flips)
    return CauseCount(cause, to_kept, to_broken, len(flips) - to_kept - to_broken)
