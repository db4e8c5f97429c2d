"""Importance and performance: what to work on first, and where too much is done.

J. Martilla and J. James, Importance-Performance Analysis, Journal of Marketing 41 (1977), 77-79.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import fsum
from typing import Literal

from attrs import frozen

from servicecore.errors import InvalidValue
from servicecore.estimate import Estimate, mean
from servicecore.metrics.scales import Scale
from servicecore.metrics.servqual import Answers

Quadrant = Literal[
    "concentrate here", "keep up the good work", "low priority", "possible overkill", "unknown"
]
Cross = Literal["means", "middle"]


@frozen
class Item:
    """An item: how important it is, how well it is done, and in which quadrant that is.

    `gap` is performance less importance, of those who told both. `clear` says whether the intervals
    of both lie on one side of the cross; otherwise the item may as well lie in another quadrant.
    """

    name: str
    importance: Estimate
    performance: Estimate
    gap: Estimate
    quadrant: Quadrant
    clear: bool


@frozen
class ImportancePerformance:
    """The items, and where the quadrants cross: at these values, by the method that is named."""

    items: tuple[Item, ...]
    importance_cross: float | None
    performance_cross: float | None
    cross: Cross


def importance_performance(
    importance: Iterable[Answers],
    performance: Iterable[Answers],
    items: Iterable[str],
    scale: Scale,
    *,
    cross: Cross = "means",
    level: float = 0.95,
) -> ImportancePerformance:
    """Where each item lies: above the cross in importance and below it in performance comes first.

    `importance` and `performance` have one row per respondent, in the same order, on one scale;
    who was asked for one of the two alone has an empty row in the other. The cross lies at the
    means over all items (``"means"``, which always finds something to work on) or in the middle of
    the scale (``"middle"``, which may find nothing). An item at the cross counts as above it.

    Means and gaps are scores with Student's interval. An item that nobody told one of the two of is
    in no quadrant (``"unknown"``). Raises `InvalidValue` for rows that do not pair up, answers that
    are not on the scale, and another cross.

    >>> from servicecore.metrics.scales import CSAT_5
    >>> said = importance_performance(
    ...     [{"speed": 5, "tone": 2}], [{"speed": 2, "tone": 5}], ["speed", "tone"], CSAT_5)
    >>> [(item.name, item.quadrant) for item in said.items]
    [('speed', 'concentrate here'), ('tone', 'possible overkill')]
    """
    if cross not in ("means", "middle"):
        raise InvalidValue(f"cross is {cross!r}: expected 'means' or 'middle'")
    said, seen = list(importance), list(performance)
    if len(said) != len(seen):
        raise InvalidValue(
            f"{len(said)} rows of importance and {len(seen)} of performance: expected a pair for "
            "each respondent"
        )
    names = tuple(dict.fromkeys(items))
    important = _means(said, names, scale, "importance", level)
    done = _means(seen, names, scale, "performance", level)
    line, other = (_line(each.values(), scale, cross) for each in (important, done))
    placed = (
        Item(
            name,
            important[name],
            done[name],
            _gap(zip(said, seen, strict=True), name, scale, level),
            _quadrant(important[name], done[name], line, other),
            _is_clear(important[name], line) and _is_clear(done[name], other),
        )
        for name in names
    )
    return ImportancePerformance(tuple(placed), line, other, cross)


def _means(
    rows: Sequence[Answers], items: Iterable[str], scale: Scale, what: str, level: float
) -> dict[str, Estimate]:
    return {
        item: mean(
            [scale.checked(value) for row in rows if (value := row.get(item)) is not None],
            unit="score",
            cohort=f"respondents who told the {what} of {item}",
            level=level,
            lowest=scale.lowest,
            highest=scale.highest,
        )
        for item in items
    }


def _gap(
    pairs: Iterable[tuple[Answers, Answers]], item: str, scale: Scale, level: float
) -> Estimate:
    both = ((one.get(item), other.get(item)) for one, other in pairs)
    return mean(
        [after - before for before, after in both if before is not None and after is not None],
        unit="score",
        cohort=f"respondents who told importance and performance of {item}",
        level=level,
        lowest=-scale.width,
        highest=scale.width,
    )


def _line(estimates: Iterable[Estimate], scale: Scale, cross: Cross) -> float | None:
    """Where the quadrants cross; None where nobody told anything."""
    if cross == "middle":
        return (scale.lowest + scale.highest) / 2
    known = [each.value for each in estimates if each.value is not None]
    if not known:
        return None
    least = min(known)  # so that equal means lie at their mean in spite of rounding
    return least + fsum(value - least for value in known) / len(known)


def _quadrant(
    importance: Estimate, performance: Estimate, line: float | None, other: float | None
) -> Quadrant:
    if importance.value is None or performance.value is None or line is None or other is None:
        return "unknown"
    if importance.value >= line:
        return "keep up the good work" if performance.value >= other else "concentrate here"
    return "possible overkill" if performance.value >= other else "low priority"


def _is_clear(estimate: Estimate, line: float | None) -> bool:
    if estimate.low is None or estimate.high is None or line is None:
        return False
    return estimate.low >= line or estimate.high < line
