"""Which change flipped a verdict: found by trying each alone, never guessed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from attrs import Factory, define

from servicecore.backtest.histories import fitted
from servicecore.backtest.outcome import Cause
from servicecore.backtest.verdicts import Verdict, verdict
from servicecore.errors import ServiceCoreError
from servicecore.lifecycle.events import Event
from servicecore.lifecycle.replay import replay
from servicecore.sla.book import PolicyBook
from servicecore.sla.book_changes import Change
from servicecore.sla.book_mixing import with_changes
from servicecore.sla.findings import Path

Verdicts = Mapping[str, Verdict]
WORDS_ONLY: frozenset[Path] = frozenset({("version",), ("priorities", "order")})
"""Changes of names and of order, which decide nothing."""


@define
class Causes:
    """Finds causes; the books with some of the changes are made once and kept."""

    old: PolicyBook
    new: PolicyBook
    changes: tuple[Change, ...]
    instant: int
    mixed: dict[frozenset[Path], PolicyBook | None] = Factory(dict)

    def of(self, history: Sequence[Event], wanted: Verdicts) -> dict[str, Cause]:
        """The cause of each flip, by clock; `wanted` are the verdicts that were flipped to.

        A change that gives the verdict alone is one of its causes. Where none does,
        changes are taken back one by one while the verdict stays: those left do it together.
        """
        trial = _Trial(self, history)
        return {clock: self.cause(trial, clock, said) for clock, said in wanted.items()}

    def cause(self, trial: _Trial, clock: str, wanted: Verdict) -> Cause:
        """The cause of one flip."""
        likely = [change for change in self.changes if self.may_matter(change.path, clock)]
        alone = [each for each in likely if trial.verdict([each], clock) is wanted]
        if alone:
            return Cause(tuple(alone))
        together = likely if trial.verdict(likely, clock) is wanted else list(self.changes)
        for change in tuple(together):
            fewer = [each for each in together if each is not change]
            if trial.verdict(fewer, clock) is wanted:
                together = fewer
        return Cause(tuple(together), together=True)

    def may_matter(self, path: Path, clock: str) -> bool:
        """Whether a change could have to do with a clock: targets of other clocks have not."""
        within = path[2:] if path[0] == "versions" else path
        match within:
            case ("policies", _, "targets", owed, _):
                return owed == clock
            case ("clocks", name):
                return name == clock
        return path not in WORDS_ONLY

    def book(self, changes: Iterable[Change]) -> PolicyBook | None:
        """The old book with some changes; None where they cannot stand without the others."""
        paths = frozenset(change.path for change in changes)
        if paths not in self.mixed:
            try:
                self.mixed[paths] = with_changes(self.old, self.new, paths)
            except ServiceCoreError:
                self.mixed[paths] = None
        return self.mixed[paths]


@define
class _Trial:
    """One history, tried under books with some of the changes; each is replayed once."""

    causes: Causes
    history: Sequence[Event]
    known: dict[int, Verdicts] = Factory(dict)

    def verdict(self, changes: Collection[Change], clock: str) -> Verdict | None:
        """The verdict under the old book with some changes; None where it cannot be replayed."""
        book = self.causes.book(changes)
        if book is None:
            return None
        if id(book) not in self.known:
            self.known[id(book)] = self.verdicts(book)
        return self.known[id(book)].get(clock, Verdict.NOT_OWED)

    def verdicts(self, book: PolicyBook) -> Verdicts:
        try:
            found = replay(fitted(self.history, book), book, at=self.causes.instant)
        except ServiceCoreError:
            return {}
        return {clock: verdict(readings) for clock, readings in found.readings.items()}
