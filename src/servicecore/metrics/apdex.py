"""Apdex: whether times are good enough, by one target (Apdex Technical Specification 1.1)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from attrs import frozen

from servicecore.errors import InvalidValue
from servicecore.estimate import Estimate, mean
from servicecore.metrics.rows import DONE, Spell


@frozen
class Apdex:
    """How many waited up to T, up to four times T, and longer; the score from 0 to 1.

    `unknown` went on for less than it takes to tell, and are left out.
    """

    target: float
    satisfied: int
    tolerating: int
    frustrated: int
    unknown: int
    score: Estimate


def apdex(
    times: Iterable[float],
    target: float,
    *,
    cohort: str = "all that was timed",
    level: float = 0.95,
) -> Apdex:
    """Apdex: (satisfied + tolerating / 2) / n, for times and a target T of one unit.

    Satisfied is t ≤ T, tolerating T < t ≤ 4T, frustrated longer (Apdex Technical Specification
    1.1). The limits are Student's for the mean of 1, ½ and 0.

    >>> apdex([1, 1.0000001, 4, 4.0000001], 1).score.value
    0.5
    """
    _check_target(target)
    return _apdex([_zone(time, target) for time in times], target, 0, cohort, level)


def apdex_of_spells(
    spells: Iterable[Spell], target: int, *, cohort: str = "all spells", level: float = 0.95
) -> Apdex:
    """Apdex of reply times and the like, with what goes on counted as far as it is known.

    `target` is in microseconds. An open spell past four times T is frustrated already; one that is
    not could still be anything from what it is now on, and is left out as unknown, as is one that
    something else ended.
    """
    _check_target(target)
    zones, unknown = [], 0
    for spell in spells:
        done = spell.ended and spell.cause == DONE
        if done or (not spell.ended and spell.time > 4 * target):
            zones.append(_zone(spell.time, target))
        else:
            unknown += 1
    return _apdex(zones, target, unknown, cohort, level)


def _zone(time: float, target: float) -> float:
    if not time >= 0:
        raise InvalidValue(f"a time is {time!r}: expected a number from 0 on")
    return 1.0 if time <= target else 0.5 if time <= 4 * target else 0.0


def _apdex(zones: list[float], target: float, unknown: int, cohort: str, level: float) -> Apdex:
    counts = Counter(zones)
    score = mean(zones, unit="score", cohort=cohort, level=level, lowest=0, highest=1)
    return Apdex(target, counts[1.0], counts[0.5], counts[0.0], unknown, score)


def _check_target(target: float) -> None:
    if not target > 0:
        raise InvalidValue(f"target is {target!r}: expected a time above 0")
