"""Workload: what is open with each group, and how evenly it is shared (M8)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import fsum

from attrs import frozen

from servicecore.errors import InvalidValue
from servicecore.estimate import Estimate, missing
from servicecore.instants import HOUR
from servicecore.lifecycle.situation import Situation
from servicecore.metrics.cohort import same_instant
from servicecore.metrics.grouping import NOBODYS
from servicecore.metrics.open_times import is_open
from servicecore.metrics.quantiles import nearest_rank


@frozen
class Load:
    """What is open with somebody: how much, how much of it is late, and how old it is.

    `late` counts open requests with a clock past due; `median_age` is wall time, of the nearest
    rank.
    """

    name: str
    open: int
    late: int
    median_age: Estimate


@frozen
class Workload:
    """The load of all, in alphabetical order: nobody is ranked.

    `fairness` is Gini's coefficient of what is open: 0 where all have the same, up to 1 where one
    has all. It counts only those who have something, since nobody else is known here.
    """

    loads: tuple[Load, ...]
    fairness: Estimate


def workload(situations: Iterable[Situation]) -> Workload:
    """What is open with each group at the situations' instant; what no group has is ``"none"``.

    Raises `InvalidValue` for situations of different instants.
    """
    return _workload(situations, lambda situation: situation.ownership.group)


def workload_of_persons(situations: Iterable[Situation]) -> Workload:
    """What is open with each person, for whoever shares work out: on demand, and in no report."""
    return _workload(situations, lambda situation: situation.ownership.person)


def _workload(
    situations: Iterable[Situation], owner: Callable[[Situation], str | None]
) -> Workload:
    ages: dict[str, list[int]] = {}
    late: dict[str, int] = {}
    instant: int | None = None
    for situation in situations:
        instant = same_instant(instant, situation.instant)
        if is_open(situation):
            name = owner(situation) or NOBODYS
            ages.setdefault(name, []).append(situation.instant - situation.state.opened)
            late[name] = late.get(name, 0) + _is_late(situation)
    loads = tuple(_load(name, ages[name], late[name]) for name in sorted(ages))
    shared = [load.open for load in loads if load.name != NOBODYS]
    return Workload(loads, gini(shared, cohort="all who have something open"))


def _is_late(situation: Situation) -> bool:
    return any(
        cycles[-1].late and cycles[-1].ended is None for cycles in situation.readings.values()
    )


def _load(name: str, ages: list[int], late: int) -> Load:
    age = (nearest_rank(ages, 0.5) or 0) / HOUR
    cohort = f"open with {name}"
    return Load(
        name, len(ages), late, Estimate(age, len(ages), "hours", cohort, method="nearest rank")
    )


def gini(values: Iterable[float], *, cohort: str = "all values") -> Estimate:
    """How unevenly something is shared: Σ|xᵢ − xⱼ| / (2n²·mean), from 0 to (n − 1)/n (Gini 1912).

    It is computed from the sorted values in n log n. No value for nothing, and none where all have
    nothing to share (``"unknown"``). Raises `InvalidValue` for a value below 0.

    >>> gini([3, 3, 3]).value, gini([0, 0, 0, 8]).value
    (0.0, 0.75)
    """
    ordered = sorted(values)
    n, total = len(ordered), fsum(ordered)
    if not n:
        return missing("ratio", cohort)
    if ordered[0] < 0:
        raise InvalidValue(f"a value is {ordered[0]}: expected values from 0 on")
    if not total:
        return missing("ratio", cohort, "unknown", n=n)
    weighted = fsum((2 * place - n - 1) * value for place, value in enumerate(ordered, start=1))
    return Estimate(max(0.0, weighted / (n * total)), n, "ratio", cohort)
