"""Importance and performance: what to work on first, and where too much is done.

J. Martilla and J. James, Importance-Performance Analysis, Journal of Marketing 41 (1977), 77-79.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import fsum
from typing import Literal

from attrs import frozen

from servicecore.errors import InvalidValue
from servicecore.estimate import Estimate, mean
from servicecore.metrics.scales import Scale
from servicecore.metrics.servqual import Answers

Quadrant = Literal["concentrate here", "keep it up", "low priority", "possible overkill", "unknown"]
Cross = Literal["means", "middle"]


@frozen
class Item:
    """An item: how important it is, how well it is done, and in which quadrant that is."""

    name: str
    importance: Estimate
    performance: Estimate
    quadrant: Quadrant


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

    Rows are respondents' answers by item, on one scale; every answer to an item counts. The cross
    lies at the means over all items (``"means"``, which always finds something to work on) or at
    the middle of the scale (``"middle"``, which may find nothing). An item at the cross counts as
    above it. Means have Student's interval; an item whose interval spans the cross may as well lie
    on the other side. Raises `InvalidValue` for answers that are not on the scale.

    >>> from servicecore.metrics.scales import CSAT_5
    >>> said = importance_performance(
    ...     [{"speed": 5, "tone": 2}], [{"speed": 2, "tone": 5}], ["speed", "tone"], CSAT_5)
    >>> [(item.name, item.quadrant) for item in said.items]
    [('speed', 'concentrate here'), ('tone', 'possible overkill')]
    """
    if cross not in ("means", "middle"):
        raise InvalidValue(f"cross is {cross!r}: expected 'means' or 'middle'")
    wanted = tuple(items)
    important = _means(list(importance), wanted, scale, "importance", level)
    done = _means(list(performance), wanted, scale, "performance", level)
    line, other = (_line(each, scale, cross) for each in (important, done))
    return ImportancePerformance(
        tuple(
            Item(
                name,
                important[name],
                done[name],
                _quadrant(important[name], done[name], line, other),
            )
            for name in wanted
        ),
        line,
        other,
        cross,
    )


def _means(
    rows: list[Answers], items: Iterable[str], scale: Scale, what: str, level: float
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


def _line(estimates: Mapping[str, Estimate], scale: Scale, cross: Cross) -> float | None:
    if cross == "middle":
        return (scale.lowest + scale.highest) / 2
    known = [each.value for each in estimates.values() if each.value is not None]
    return fsum(known) / len(known) if known else None


def _quadrant(
    importance: Estimate, performance: Estimate, line: float | None, other: float | None
) -> Quadrant:
    if importance.value is None or performance.value is None or line is None or other is None:
        return "unknown"
    if importance.value >= line:
        return "keep it up" if performance.value >= other else "concentrate here"
    return "possible overkill" if performance.value >= other else "low priority"
