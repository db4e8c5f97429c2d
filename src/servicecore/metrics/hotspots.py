"""Hotspots: systems that fail more often than the others, and what that costs customers (M8)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from math import inf, isfinite
from typing import Self

from attrs import define, evolve, field, frozen

from servicecore.catalogue import Catalogue
from servicecore.errors import InvalidValue
from servicecore.estimate import Estimate, rate
from servicecore.instants import MINUTE
from servicecore.lifecycle.situation import Situation
from servicecore.metrics.cohort import Period, instant_of_both, same_instant
from servicecore.metrics.grouping import NOBODYS, Grouping, grouping
from servicecore.metrics.open_times import open_times
from servicecore.metrics.rates import adjusted, rate_ratio, rate_ratio_p
from servicecore.metrics.trend import Trend, laplace_trend

FALSE_ALARMS = 0.05
"""The share of hotspots that may be expected to be none."""

Affected = Callable[[Situation], float]


def one_customer(_: Situation) -> float:
    """Whoever asked is one customer; the host may know of more."""
    return 1


@frozen
class Hotspot:
    """A system: how often it failed for its exposure, against all the others, and what that cost.

    `rate` is incidents per unit of exposure, `against_rest` that rate over the rate of the others,
    `p` the chance of a ratio as far from 1 by accident and `adjusted` the same after the
    correction of Benjamini and Hochberg over all systems. It is `hot` where it fails more often
    than the others and `adjusted` is at most 5 %. `minutes_lost` are customers times the minutes
    each incident was open. The finding is for the `custodian` of the service.
    """

    system: str
    custodian: str
    incidents: int
    exposure: float
    minutes_lost: float
    rate: Estimate
    against_rest: Estimate
    p: float | None
    adjusted: float | None
    hot: bool
    trend: Trend


@frozen
class Hotspots:
    """All systems with an exposure, those that cost customers most minutes first.

    `without_exposure` names systems that had incidents, but whose exposure nobody gave: they are
    compared with nothing, and counted with nothing. `without_system` counts the incidents of no
    system that is known.
    """

    systems: tuple[Hotspot, ...]
    without_exposure: tuple[str, ...]
    without_system: int


@define
class HotspotTally:
    """Incidents by system, in one pass and in parts (M9); those opened in the `period`.

    What was `lost` is in customers times microseconds, so that whole customers add up exactly in
    whatever order they come.
    """

    period: Period
    affected: Affected = one_customer
    by: str | Grouping = "service"
    without_system: int = 0
    openings: dict[str, list[int]] = field(factory=dict)
    lost: dict[str, float] = field(factory=dict)
    instant: int | None = None

    def __attrs_post_init__(self) -> None:
        grouping(self.by)  # a fact that names persons is refused before the first request

    def add(self, situation: Situation) -> None:
        """Count one request against its system."""
        self.instant = same_instant(self.instant, situation.instant)
        opened = situation.state.opened
        if opened not in self.period:
            return
        system = grouping(self.by)(situation)
        if system == NOBODYS:
            self.without_system += 1
            return
        self.openings.setdefault(system, []).append(opened)
        lost = _open_for(situation) * self._customers(situation)
        self.lost[system] = self.lost.get(system, 0) + lost

    def _customers(self, situation: Situation) -> float:
        customers = self.affected(situation)
        if not 0 <= customers < inf:
            raise InvalidValue(
                f"{customers} customers affected by {situation.state.id}: expected 0 or more"
            )
        return customers

    def merge(self, other: Self) -> None:
        """Add what another tally counted by the same fact, of the same period."""
        self.instant = instant_of_both(self, other, "period", "by")
        self.without_system += other.without_system
        for system, openings in other.openings.items():
            self.openings.setdefault(system, []).extend(openings)
            self.lost[system] = self.lost.get(system, 0) + other.lost[system]

    def result(
        self,
        exposure: Mapping[str, float],
        catalogue: Catalogue | None = None,
        level: float = 0.95,
    ) -> Hotspots:
        """Every system against all the others that have an exposure; see `hotspots`."""
        _check(exposure)
        custodians = {each.name: each.custodian for each in catalogue.services} if catalogue else {}
        found = [
            self._hotspot(name, exposure, custodians.get(name, ""), level) for name in exposure
        ]
        found.sort(key=lambda each: (-each.minutes_lost, each.system))
        unknown = tuple(sorted(set(self.openings) - set(exposure)))
        return Hotspots(_corrected(found), unknown, self.without_system)

    @property
    def _seen(self) -> Period:
        """The period as far as it is over: nothing is known of what comes, so it shows no trend."""
        if self.instant is None or self.instant not in self.period:
            return self.period
        return Period(self.period.start, self.instant + 1)

    def _hotspot(
        self, system: str, exposure: Mapping[str, float], custodian: str, level: float
    ) -> Hotspot:
        openings = self.openings.get(system, [])
        rest = sum(len(self.openings.get(name, ())) for name in exposure if name != system)
        of_rest = sum(known for name, known in exposure.items() if name != system)
        cohort = f"incidents of {system} opened in the period"
        pair = (len(openings), exposure[system], rest, of_rest)
        return Hotspot(
            system,
            custodian,
            len(openings),
            exposure[system],
            self.lost.get(system, 0) / MINUTE,
            rate(len(openings), exposure[system], cohort=cohort, level=level),
            rate_ratio(*pair, cohort=cohort, level=level),
            rate_ratio_p(*pair),
            None,
            hot=False,
            trend=laplace_trend(openings, self._seen),
        )


def _open_for(situation: Situation) -> int:
    return sum(
        (situation.instant if each.end is None else each.end) - each.start
        for each in open_times(situation)
    )


def _corrected(found: Sequence[Hotspot]) -> tuple[Hotspot, ...]:
    """Once per call, over all systems that could be compared."""
    compared = [each for each in found if each.p is not None]
    p_values = [each.p for each in compared if each.p is not None]
    by_system = dict(zip((each.system for each in compared), adjusted(p_values), strict=True))
    return tuple(_judged(each, by_system.get(each.system)) for each in found)


def _judged(hotspot: Hotspot, after: float | None) -> Hotspot:
    times_as_often = hotspot.against_rest.value  # None where the others never failed
    more_often = times_as_often is None or times_as_often > 1
    hot = after is not None and after <= FALSE_ALARMS and more_often
    return evolve(hotspot, adjusted=after, hot=hot)


def _check(exposure: Mapping[str, float]) -> None:
    if len(exposure) < 2:
        raise InvalidValue(f"the exposure of {list(exposure)}: expected that of two or more")
    for system, known in exposure.items():
        if not (known > 0 and isfinite(known)):
            raise InvalidValue(f"the exposure of {system} is {known}: expected a number above 0")


def hotspots(
    situations: Iterable[Situation],
    exposure: Mapping[str, float],
    period: Period,
    *,
    affected: Affected = one_customer,
    by: str | Grouping = "service",
    catalogue: Catalogue | None = None,
    level: float = 0.95,
) -> Hotspots:
    """Which systems fail more often than the others, for how much they are used.

    `exposure` says how much each system was used in the period, all in one unit of the caller's:
    users, devices, calls. Without it nothing can be said: a system that everybody uses has the most
    incidents and may be the best of all. `affected` says how many customers a request stands for,
    and `by` which fact names its system. Incidents are the requests opened in the `period`; where
    compliments come in too, hand over the incidents alone. The trend is over the period as far as
    it is over. The custodians are those of the services of the `catalogue`.

    Rates are compared as `servicecore.metrics.rates.rate_ratio` does, p-values are two-sided and
    corrected once over all systems (Benjamini and Hochberg 1995). Raises `InvalidValue` for an
    exposure that is not above 0 or of a single system, for customers below 0, and for a fact that
    names persons.
    """
    _check(exposure)
    tally = HotspotTally(period, affected, by)
    for situation in situations:
        tally.add(situation)
    return tally.result(exposure, catalogue, level)
