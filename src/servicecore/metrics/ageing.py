"""Ageing: how long what is open has been open, as its customers have it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta

from attrs import frozen

from servicecore.errors import InvalidValue
from servicecore.estimate import Estimate, missing
from servicecore.instants import DAY, HOUR, to_period
from servicecore.lifecycle.situation import Situation
from servicecore.metrics.cohort import same_instant
from servicecore.metrics.open_times import is_open
from servicecore.metrics.quantiles import nearest_rank

COHORT = "all that is open"
BANDS = (DAY, 3 * DAY, 7 * DAY, 30 * DAY, 90 * DAY)
"""The ages at which bands begin, in microseconds, unless they are given; the first begins at 0."""


@frozen
class AgeBand:
    """How many open requests are of an age from `start` to below `end`, in microseconds.

    `end` is None for the last band.
    """

    start: int
    end: int | None
    open: int


@frozen
class Ageing:
    """The ages of all open requests: wall time since each was opened, reopened ones included.

    Quantiles are those of the nearest rank, and have no interval, since all that is open is known.
    `oldest` names the oldest requests, the oldest first.
    """

    open: int
    bands: tuple[AgeBand, ...]
    median: Estimate
    ninth_decile: Estimate
    oldest: tuple[str, ...]


def ageing(
    situations: Iterable[Situation],
    *,
    bands: Sequence[timedelta | str] | None = None,
    oldest: int = 5,
) -> Ageing:
    """How old all that is open is at the situations' instant.

    `bands` are the ages at which the second band and those behind it begin, in order, such as
    ``["24h", "168h"]``. Raises `InvalidValue` for bands that do not rise, and for situations of
    different instants.
    """
    edges = BANDS if bands is None else tuple(to_period(band, "bands") for band in bands)
    if list(edges) != sorted({*edges}) or min(edges, default=1) <= 0:
        raise InvalidValue(f"bands are {bands!r}: expected ages that rise, from above 0 on")
    ages: list[tuple[int, str]] = []
    instant: int | None = None
    for situation in situations:
        instant = same_instant(instant, situation.instant)
        if is_open(situation):
            ages.append((situation.instant - situation.state.opened, situation.state.id))
    ages.sort(key=lambda each: (-each[0], each[1]))
    known = [age for age, _ in ages]
    return Ageing(
        len(ages),
        _bands(known, edges),
        _quantile(known, 0.5),
        _quantile(known, 0.9),
        tuple(name for _, name in ages[:oldest]),
    )


def _bands(ages: Sequence[int], edges: Sequence[int]) -> tuple[AgeBand, ...]:
    starts, ends = (0, *edges), (*edges, None)
    return tuple(
        AgeBand(start, end, sum(start <= age and (end is None or age < end) for age in ages))
        for start, end in zip(starts, ends, strict=True)
    )


def _quantile(ages: Sequence[int], share: float) -> Estimate:
    age = nearest_rank(ages, share)
    if age is None:
        return missing("hours", COHORT)
    return Estimate(age / HOUR, len(ages), "hours", COHORT, method="nearest rank")
