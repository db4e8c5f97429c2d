"""Calibration: whether chances that were told came true, tried on history (M4)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime

from attrs import frozen

from servicecore.errors import InvalidValue
from servicecore.estimate import Estimate, mean, missing, share
from servicecore.instants import as_instant
from servicecore.lifecycle.situation import Situation
from servicecore.metrics.breach_risk import risk_of
from servicecore.metrics.spells import spells
from servicecore.metrics.survival import kaplan_meier
from servicecore.sla.clock import State

COHORT = "forecasts whose outcome is known"

SituationsAt = Callable[[int], Iterable[Situation]]
"""The situations of all requests that were open or over at an instant, as they were known then."""


@frozen
class Forecast:
    """A chance that was told, and whether it happened."""

    chance: float
    happened: bool

    def __attrs_post_init__(self) -> None:
        if not 0 <= self.chance <= 1:
            raise InvalidValue(f"chance is {self.chance}: expected a share between 0 and 1")


def brier_score(forecasts: Iterable[Forecast], *, level: float = 0.95) -> Estimate:
    """The mean of (chance − outcome)², from 0 (always right) to 1 (always wrong) (Brier 1950).

    Whoever says 50 % to everything scores 0.25. The limits are Student's.

    >>> print(brier_score([Forecast(0.9, True), Forecast(0.2, False), Forecast(0.4, True)]))
    0.1 score [0.0, 0.6] (n=3)
    """
    misses = [(each.chance - each.happened) ** 2 for each in forecasts]
    return mean(misses, unit="score", cohort=COHORT, level=level, lowest=0, highest=1)


def brier_skill(forecasts: Iterable[Forecast]) -> Estimate:
    """By how much the score is better than that of the share that happened: 1 − B / B(share).

    1 is perfect, 0 is no better than telling everybody the same, below 0 is worse. No value where
    all or none happened, since then there was nothing to tell apart (``"unknown"``).
    """
    known = list(forecasts)
    if not known:
        return missing("ratio", COHORT)
    base = sum(each.happened for each in known) / len(known)
    if base in (0, 1):
        return missing("ratio", COHORT, "unknown", n=len(known))
    score = brier_score(known).value or 0.0
    return Estimate(1 - score / (base * (1 - base)), len(known), "ratio", COHORT)


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

    Calibrated forecasts happen as often as was told: `told` lies within the limits of `happened`.
    """
    if bins < 1:
        raise InvalidValue(f"bins is {bins}: expected one or more")
    sorted_in: dict[int, list[Forecast]] = {}
    for each in forecasts:
        sorted_in.setdefault(min(int(each.chance * bins), bins - 1), []).append(each)
    return tuple(_bin(place, bins, sorted_in[place], level) for place in sorted(sorted_in))


def _bin(place: int, bins: int, inside: Sequence[Forecast], level: float) -> ReliabilityBin:
    start, end = place / bins, (place + 1) / bins
    cohort = f"forecasts from {start:.0%} to {end:.0%}"
    hits = sum(each.happened for each in inside)
    told = sum(each.chance for each in inside) / len(inside)
    return ReliabilityBin(start, end, told, share(hits, len(inside), cohort=cohort, level=level))


def forecasts_on_history(
    situations_at: SituationsAt,
    clock: str,
    *,
    cuts: Iterable[datetime | int],
    until: datetime | int,
) -> tuple[Forecast, ...]:
    """What `breach_risk` would have told at each cut, and what had become of it at `until`.

    At a cut the curve is made of what was known then, and of nothing later; every request that was
    open and in time is told its chance. A forecast counts if by `until` the request was late, or
    its clock was stopped in time; one that is undecided or was cancelled by then is left out.
    `situations_at` replays whatever was opened by an instant. Raises `InvalidValue` for a cut that
    is not before `until`.
    """
    end = as_instant(until, "until")
    outcomes = {each.request.id: _outcome(each, clock) for each in situations_at(end)}
    found: list[Forecast] = []
    for cut in cuts:
        at = as_instant(cut, "cut")
        if at >= end:
            raise InvalidValue("a cut is not before `until`: expected time to see what came of it")
        found.extend(_told(list(situations_at(at)), clock, outcomes))
    return tuple(found)


def _outcome(situation: Situation, clock: str) -> bool | None:
    """Whether a clock was late, over all its cycles; None where that is not decided."""
    readings = situation.readings.get(clock, ())
    if any(reading.late for reading in readings):
        return True
    decided = bool(readings) and readings[-1].state is State.MET
    return False if decided else None


def _told(
    known: Sequence[Situation], clock: str, outcomes: dict[str, bool | None]
) -> Iterator[Forecast]:
    curve = kaplan_meier(spells(known, clock), cohort="all requests known at the cut")
    for situation in known:
        risk, happened = risk_of(situation, clock, curve), outcomes.get(situation.request.id)
        told = None if risk is None or risk.late else risk.breach.value
        if told is not None and happened is not None:
            yield Forecast(told, happened)
