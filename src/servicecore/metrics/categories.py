"""Categories: what requests are about, and how sure the shares are (M8)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Self

from attrs import define, field, frozen

from servicecore.estimate import Estimate, share
from servicecore.lifecycle.situation import Situation
from servicecore.metrics.cohort import Period, instant_of_both, same_instant
from servicecore.metrics.grouping import SMALL, Grouping, grouping


@frozen
class Category:
    """The requests of a category, and their share of all; `small` where they are fewer than 30."""

    name: str
    requests: int
    share: Estimate
    small: bool


@define
class CategoryTally:
    """Requests by category, in one pass and in parts (M9); with a `period`, those opened in it."""

    by: str | Grouping
    period: Period | None = None
    counts: Counter[str] = field(factory=Counter)
    instant: int | None = None

    def __attrs_post_init__(self) -> None:
        grouping(self.by)  # a fact that names persons is refused before the first request

    def add(self, situation: Situation) -> None:
        """Count one request in its category."""
        self.instant = same_instant(self.instant, situation.instant)
        if self.period is None or situation.state.opened in self.period:
            self.counts[grouping(self.by)(situation)] += 1

    def merge(self, other: Self) -> None:
        """Add what another tally counted by the same fact, of the same period."""
        self.instant = instant_of_both(self, other, "by", "period")
        self.counts.update(other.counts)

    def result(self, level: float = 0.95) -> tuple[Category, ...]:
        """The categories, the most frequent first, then by name."""
        n = self.counts.total()
        cohort = "all requests" if self.period is None else "all requests opened in the period"
        return tuple(
            Category(name, hits, share(hits, n, cohort=cohort, level=level), hits < SMALL)
            for name, hits in sorted(self.counts.items(), key=lambda each: (-each[1], each[0]))
        )


def categories(
    situations: Iterable[Situation],
    by: str | Grouping,
    *,
    period: Period | None = None,
    level: float = 0.95,
) -> tuple[Category, ...]:
    """How many requests are of each category, the most frequent first, then by name.

    `by` is the name of a fact or a function, as `servicecore.metrics.grouping` has it; requests
    without the fact are the category ``"none"``. With a `period`, of requests opened in it. Each
    share is hits / all, and its interval Wilson's (1927), each for itself: the shares add up to 1,
    so that no two of them are independent. Raises `InvalidValue` for a fact that names persons.
    """
    tally = CategoryTally(by, period)
    for situation in situations:
        tally.add(situation)
    return tally.result(level)
