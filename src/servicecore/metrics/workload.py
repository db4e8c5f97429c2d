"""Workload: what is open with each group, and how evenly it is shared (M8)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from math import fsum, inf
from typing import Self

from attrs import define, field, frozen

from servicecore.errors import InvalidValue
from servicecore.estimate import Estimate, missing
from servicecore.instants import HOUR
from servicecore.lifecycle.situation import Situation
from servicecore.metrics.cohort import instant_of_both, same_instant
from servicecore.metrics.grouping import NOBODYS, SMALL
from servicecore.metrics.open_times import is_open
from servicecore.metrics.quantiles import nearest_rank

Owner = Callable[[Situation], str | None]


def owning_group(situation: Situation) -> str | None:
    """The group that has a request."""
    return situation.ownership.group


def owning_person(situation: Situation) -> str | None:
    """The person who has it."""
    return situation.ownership.person


@frozen
class Load:
    """What is open with somebody: how much, how much of it is late, and how old it is.

    `late` counts open requests with a clock past due; `median_age` is wall time, of the nearest
    rank. It is `small` where fewer than 30 are open.
    """

    name: str
    open: int
    late: int
    median_age: Estimate

    @property
    def small(self) -> bool:
        """Whether it is too little to say much of (M8)."""
        return self.open < SMALL


@frozen
class Workload:
    """The load of all, in alphabetical order: nobody is ranked.

    `fairness` is Gini's coefficient of what is open: 0 where all have the same, up to 1 where one
    has all. What nobody has is left out of it.
    """

    loads: tuple[Load, ...]
    fairness: Estimate


@define
class WorkloadTally:
    """What is open, by its owner, in one pass and in parts (M9)."""

    owner: Owner = owning_group
    ages: dict[str, list[int]] = field(factory=dict)
    late: dict[str, int] = field(factory=dict)
    instant: int | None = None

    def add(self, situation: Situation) -> None:
        """Count one request, if it is open."""
        self.instant = same_instant(self.instant, situation.instant)
        if is_open(situation):
            name = self.owner(situation) or NOBODYS
            self.ages.setdefault(name, []).append(situation.instant - situation.state.opened)
            self.late[name] = self.late.get(name, 0) + _is_late(situation)

    def merge(self, other: Self) -> None:
        """Add what another tally counted of the same owners."""
        self.instant = instant_of_both(self, other, "owner")
        for name, ages in other.ages.items():
            self.ages.setdefault(name, []).extend(ages)
            self.late[name] = self.late.get(name, 0) + other.late[name]

    def result(self, among: Iterable[str] = ()) -> Workload:
        """The load of all who have something open, and of those in `among` in any case."""
        names = sorted({*self.ages, *among})
        loads = tuple(
            _load(name, self.ages.get(name, []), self.late.get(name, 0)) for name in names
        )
        shared = [load.open for load in loads if load.name != NOBODYS]
        return Workload(loads, gini(shared, cohort="open requests among those who share them"))


def workload(situations: Iterable[Situation], *, among: Iterable[str] = ()) -> Workload:
    """What is open with each group at the situations' instant; what no group has is ``"none"``.

    Groups that have nothing open are known only if they are named in `among`; without them the
    load looks more evenly shared than it is. Raises `InvalidValue` for situations of different
    instants.
    """
    return _workload(situations, owning_group, among)


def workload_of_persons(situations: Iterable[Situation], *, among: Iterable[str] = ()) -> Workload:
    """What is open with each person, for whoever shares work out: on demand, and in no report.

    `among` names the persons who share the work, so that those count who have nothing.
    """
    return _workload(situations, owning_person, among)


def _workload(situations: Iterable[Situation], owner: Owner, among: Iterable[str]) -> Workload:
    tally = WorkloadTally(owner)
    for situation in situations:
        tally.add(situation)
    return tally.result(among)


def _is_late(situation: Situation) -> bool:
    return any(
        cycles[-1].late and cycles[-1].ended is None for cycles in situation.readings.values()
    )


def _load(name: str, ages: Sequence[int], late: int) -> Load:
    cohort, age = f"open with {name}", nearest_rank(ages, 0.5)
    if age is None:
        return Load(name, 0, 0, missing("hours", cohort))
    median = Estimate(age / HOUR, len(ages), "hours", cohort, method="nearest rank")
    return Load(name, len(ages), late, median)


def gini(values: Iterable[float], *, cohort: str = "all values") -> Estimate:
    """How unevenly something is shared: Σ|xᵢ − xⱼ| / (2n²·mean), from 0 to (n − 1)/n (Gini 1912).

    It is computed from the sorted values in n log n. No value for nothing, and none where all have
    nothing to share (``"unknown"``). Raises `InvalidValue` for a value that is no number from 0 on.

    >>> gini([3, 3, 3]).value, gini([0, 0, 0, 8]).value
    (0.0, 0.75)
    """
    ordered = sorted(values)
    n, total = len(ordered), fsum(ordered)
    if not n:
        return missing("ratio", cohort)
    for value in ordered:
        if not 0 <= value < inf:
            raise InvalidValue(f"a value is {value}: expected a number from 0 on")
    if not total:
        return missing("ratio", cohort, "unknown", n=n)
    weighted = fsum((2 * place - n - 1) * value for place, value in enumerate(ordered, start=1))
    return Estimate(max(0.0, weighted / (n * total)), n, "ratio", cohort)
