"""Categories: what requests are about, and how sure the shares are (M8)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from attrs import frozen

from servicecore.estimate import Estimate, share
from servicecore.lifecycle.situation import Situation
from servicecore.metrics.cohort import Period, same_instant
from servicecore.metrics.grouping import SMALL, Grouping, grouping


@frozen
class Category:
    """The requests of a category, and their share of all; `small` where they are fewer than 30."""

    name: str
    requests: int
    share: Estimate
    small: bool


def categories(
    situations: Iterable[Situation],
    by: str | Grouping,
    *,
    period: Period | None = None,
    level: float = 0.95,
) -> tuple[Category, ...]:
    """How many requests are of each category, the most frequent first, then by name.

    `by` is the name of a fact or a function, as `servicecore.metrics.grouping` has it; a fact that
    names persons is refused (`InvalidValue`). With a `period`, of requests opened in it. The
    interval of each share is Wilson's, each for itself.
    """
    category_of, instant = grouping(by), None
    counts: Counter[str] = Counter()
    for situation in situations:
        instant = same_instant(instant, situation.instant)
        if period is None or situation.state.opened in period:
            counts[category_of(situation)] += 1
    n = counts.total()
    return tuple(
        Category(name, hits, share(hits, n, cohort="all requests", level=level), hits < SMALL)
        for name, hits in sorted(counts.items(), key=lambda each: (-each[1], each[0]))
    )
