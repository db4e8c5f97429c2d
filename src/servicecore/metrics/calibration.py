"""Calibration: whether chances that were told came true, tried on history (M4)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from math import fsum

from attrs import frozen

from servicecore.errors import InvalidValue
from servicecore.estimate import Estimate, mean, missing
from servicecore.instants import as_instant, to_datetime
from servicecore.intervals import check_level, wilson_limits
from servicecore.lifecycle.events import Event, Opened
from servicecore.lifecycle.replay import replay
from servicecore.lifecycle.situation import Situation
from servicecore.metrics.breach_risk import risk_of
from servicecore.metrics.spells import cycle_spells
from servicecore.metrics.standings import deadline
from servicecore.metrics.survival import kaplan_meier
from servicecore.sla.book import PolicyBook

COHORT = "requests with forecasts whose deadline has passed"

SituationsAt = Callable[[int], Iterable[Situation]]
"""The situations of all requests that were open or over at an instant, as they were known then."""


@frozen
class Forecast:
    """A chance that was told, and whether it happened.

    `request` says of what: forecasts of the same one hang together, and count as one unit. Without
    it, each is taken to be of another one.
    """

    chance: float
    happened: bool
    request: str = ""

    def __attrs_post_init__(self) -> None:
        if not 0 <= self.chance <= 1:
            raise InvalidValue(f"chance is {self.chance}: expected a share between 0 and 1")


@frozen
class _Unit:
    """What is known of one request: the means over the forecasts of it (M1)."""

    told: float
    happened: float
    missed: float


def _units(forecasts: Iterable[Forecast]) -> list[_Unit]:
    of_one: dict[object, list[Forecast]] = {}
    for number, each in enumerate(forecasts):
        of_one.setdefault(each.request or number, []).append(each)
    return [
        _Unit(
            _mean(each.chance for each in told),
            _mean(each.happened for each in told),
            _mean((each.chance - each.happened) ** 2 for each in told),
        )
        for told in of_one.values()
    ]


def _mean(values: Iterable[float]) -> float:
    known = list(values)
    return fsum(known) / len(known)


def brier_score(forecasts: Iterable[Forecast], *, level: float = 0.95) -> Estimate:
    """The mean of (chance − outcome)², from 0 (always right) to 1 (always wrong) (Brier 1950).

    Whoever says 50 % to everything scores 0.25. Forecasts of the same request are averaged first,
    and n counts requests (M1). The limits are Student's.

    >>> print(brier_score([Forecast(0.9, True), Forecast(0.2, False), Forecast(0.4, True)]))
    0.1 score [0.0, 0.6] (n=3)
    """
    misses = [unit.missed for unit in _units(forecasts)]
    return mean(misses, unit="score", cohort=COHORT, level=level, lowest=0, highest=1)


def brier_skill(forecasts: Iterable[Forecast]) -> Estimate:
    """By how much the score is better than that of the share that happened: 1 − B / B(share).

    1 is perfect, 0 is no better than telling everybody the same, below 0 is worse. Forecasts of the
    same request are averaged first, as in `brier_score`. No value where all or none happened, since
    then there was nothing to tell apart (``"unknown"``). It has no limits.

    >>> told = [Forecast(0.9, True), Forecast(0.8, True), Forecast(0.2, False)]
    >>> print(brier_skill(told))
    0.9 ratio (n=3)
    """
    units = _units(forecasts)
    if not units:
        return missing("ratio", COHORT)
    base = _mean(unit.happened for unit in units)
    if base in (0, 1):
        return missing("ratio", COHORT, "unknown", n=len(units))
    score = _mean(unit.missed for unit in units)
    return Estimate(1 - score / (base * (1 - base)), len(units), "ratio", COHORT)


@frozen
class ReliabilityBin:
    """The forecasts between two chances: the mean of what was told, and the share that happened."""

    start: float
    end: float
    told: float
    happened: Estimate


def reliability(
    forecasts: Iterable[Forecast], *, bins: int = 10, level: float = 0.95
) -> tuple[ReliabilityBin, ...]:
    """Forecasts by what was told, in `bins` of the same width; empty ones are left out.

    A bin holds its start and not its end, but the last one holds 1. Calibrated forecasts happen as
    often as was told: `told` lies within the limits of `happened`, which are Wilson's. Forecasts of
    the same request in a bin are averaged first (M1). Raises `InvalidValue` for less than one bin.

    >>> told = [Forecast(0.1, False)] * 9 + [Forecast(0.1, True), Forecast(0.9, True)]
    >>> for each in reliability(told, bins=2):
    ...     print(f"{each.told:.0%} told, {each.happened}")
    10% told, 10.0 % [1.8, 40.4] (n=10)
    90% told, 100.0 % [20.7, 100.0] (n=1)
    """
    check_level(level)
    if bins < 1:
        raise InvalidValue(f"bins is {bins}: expected one or more")
    sorted_in: dict[int, list[Forecast]] = {}
    for each in forecasts:
        sorted_in.setdefault(min(int(each.chance * bins), bins - 1), []).append(each)
    return tuple(_bin(place, bins, sorted_in[place], level) for place in sorted(sorted_in))


def _bin(place: int, bins: int, inside: Sequence[Forecast], level: float) -> ReliabilityBin:
    start, end = place / bins, (place + 1) / bins
    cohort = f"{COHORT}, told {start:.0%} to {end:.0%}"
    units = _units(inside)
    happened = _mean(unit.happened for unit in units)
    low, high = wilson_limits(happened, len(units), level)
    estimate = Estimate(happened, len(units), "share", cohort, low, high, "wilson", level)
    return ReliabilityBin(start, end, _mean(unit.told for unit in units), estimate)


def known_at(
    histories: Iterable[Iterable[Event]], book: PolicyBook
) -> Callable[[datetime | int], Iterator[Situation]]:
    """What was known of requests at any instant: what had happened and was recorded by then (T3).

    An event that was recorded later than it occurred is not known before that, and neither is a
    request before its opening is.

    >>> history = [Opened(request="R1", occurred_at=5, recorded_at=7)]
    >>> at = known_at([history], PolicyBook.of())
    >>> [len(list(at(instant))) for instant in (5, 6, 7)]
    [0, 0, 1]
    """
    kept = [tuple(history) for history in histories]

    def situations(at: datetime | int) -> Iterator[Situation]:
        instant = as_instant(at)
        for history in kept:
            known = [event for event in history if _is_known(event, instant)]
            if any(isinstance(event, Opened) for event in known):
                yield replay(known, book, at=instant)

    return situations


def _is_known(event: Event, instant: int) -> bool:
    return event.occurred <= instant and (event.recorded is None or event.recorded <= instant)


def forecasts_on_history(
    situations_at: SituationsAt,
    clock: str,
    *,
    cuts: Iterable[datetime | int],
    until: datetime | int,
) -> tuple[Forecast, ...]:
    """What `breach_risk` would have told at each cut, and what had become of it at `until`.

    At a cut the curve is made of the cycles that were known then, and of nothing later; every
    request whose clock ran and was in time is told its chance, as by `most_at_risk`. A forecast
    counts if by `until` the deadline of its cycle has passed (M2), and happened if that was late;
    an early success waits for its deadline as a failure does, and what was cancelled in time is
    left out. Chances that are upper bounds, or rest on few, count as they were told.

    `situations_at` gives whatever was opened by an instant; `known_at` makes one of histories.
    Raises `InvalidValue` for a cut that is not before `until`, and where it gives situations of
    another instant than the one it was asked for, which would be a look ahead.
    """
    end = as_instant(until, "until")
    outcomes: dict[tuple[str, int], bool] = {}
    for situation in _of_instant(situations_at, end):
        outcomes.update(_outcomes(situation, clock))
    found: list[Forecast] = []
    for cut in cuts:
        at = as_instant(cut, "cut")
        if at >= end:
            raise InvalidValue("a cut is not before `until`: expected time to see what came of it")
        found.extend(_told(_of_instant(situations_at, at), clock, outcomes))
    return tuple(found)


def _of_instant(situations_at: SituationsAt, instant: int) -> list[Situation]:
    known = list(situations_at(instant))
    for situation in known:
        if situation.instant != instant:
            raise InvalidValue(
                f"a situation at {situation.at} for {to_datetime(instant)}: "
                "expected all as they were known then"
            )
    return known


def _outcomes(situation: Situation, clock: str) -> Iterator[tuple[tuple[str, int], bool]]:
    """Whether the cycles of a clock were late, of those whose deadline has passed (M2)."""
    for reading in situation.readings.get(clock, ()):
        limit = deadline(reading)
        if limit is not None and limit < situation.instant:
            yield (situation.state.id, reading.cycle), reading.late


def _told(
    known: Sequence[Situation], clock: str, outcomes: Mapping[tuple[str, int], bool]
) -> Iterator[Forecast]:
    curve = kaplan_meier(cycle_spells(known, clock), cohort="all cycles known at the cut")
    for situation in known:
        risk, reading = risk_of(situation, clock, curve), situation.reading(clock)
        told = None if risk is None or risk.late or risk.paused else risk.breach.value
        happened = None if reading is None else outcomes.get((situation.state.id, reading.cycle))
        if told is not None and happened is not None:
            yield Forecast(told, happened, situation.state.id)
