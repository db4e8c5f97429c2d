"""Breach risk: what will be late if it goes on as it did, with how little that rests on (M4)."""

from __future__ import annotations

from collections.abc import Iterable
from math import sqrt

from attrs import frozen

from servicecore.distributions import normal_quantile
from servicecore.estimate import Estimate, Reason, missing
from servicecore.intervals import Limits, clopper_pearson
from servicecore.lifecycle.situation import Situation
from servicecore.metrics.survival import Step, Survival, limits_of
from servicecore.sla.clock import Reading, State

FEW = 10
"""With fewer spells than these at risk at its age, a request is too rare to be told about."""


@frozen
class BreachRisk:
    """The chance that a request misses the target of a clock, given how long it has taken by now.

    `at_risk` is the number of spells that took longer than its age, which the chance rests on. It
    is `late` if it has missed it already, `extrapolated` if its due time lies behind the longest
    known one (it is an upper bound then), and `few` if less than `FEW` are at risk. `age` and `due`
    are what the clock has counted and will have counted when it is due, in microseconds.
    """

    request: str
    clock: str
    age: int
    due: int
    breach: Estimate
    at_risk: int
    late: bool = False
    extrapolated: bool = False
    few: bool = False


def breach_risk(curve: Survival, age: int, due: int) -> Estimate:
    """The chance to take longer than `due` for what has taken longer than `age`.

    P(T > due | T > age) = S(due) / S(age), on the clock of the curve, in microseconds. Its limits
    are log-log ones of Greenwood's sum between the two. Its n is the number of spells at risk at
    the age. Where S(age) is 0 nothing took so long before, and there is no value
    (``"extrapolated"``); past the due time it is 1 (``"late"``).

    >>> from servicecore.metrics.rows import Spell
    >>> from servicecore.metrics.survival import kaplan_meier
    >>> curve = kaplan_meier([Spell(time) for time in range(1, 11)])
    >>> round(breach_risk(curve, age=5, due=8).value, 3)
    0.4
    """
    cohort = f"those of {curve.cohort} that took as long"
    at_risk, level = _at_risk(curve, age), curve.level
    if age >= due:
        return Estimate(1.0, at_risk, "share", cohort, reason="late", level=level)
    lasting = curve.surviving(age)
    if not at_risk or not lasting:
        return missing("share", cohort, "extrapolated" if curve.n else "no_data", level=level)
    left = curve.surviving(due) / lasting
    low, high = _limits(curve, age, due, left, at_risk)
    reason = _reason(curve, due, left, at_risk)
    return Estimate(left, at_risk, "share", cohort, low, high, "kaplan-meier", level, reason)


def _limits(curve: Survival, age: int, due: int, left: float, at_risk: int) -> Limits:
    if not left:  # nothing took longer: the exact limit of none among so many
        return clopper_pearson(0, at_risk, curve.level)
    before, behind = curve.step(age), curve.step(due)
    greenwood = _greenwood(behind) - _greenwood(before)
    return limits_of(left, max(0.0, greenwood), normal_quantile((1 + curve.level) / 2), curve.band)


def _greenwood(step: Step | None) -> float:
    return 0.0 if step is None or step.greenwood is None else step.greenwood


def _reason(curve: Survival, due: int, left: float, at_risk: int) -> Reason | None:
    """What the chance is to be read with: an upper bound, or of few."""
    if due > curve.longest and left:
        return "extrapolated"
    return "few" if at_risk < FEW else None


def _at_risk(curve: Survival, age: int) -> int:
    """How many spells are known to have taken longer than an age."""
    return curve.n - curve.over_by(age)


def risk_of(situation: Situation, clock: str, curve: Survival) -> BreachRisk | None:
    """The risk of one request on a clock that runs or is paused; None where it does neither.

    Its age is what the clock has counted, and it is due when what remains is used up (M4).
    """
    reading = situation.reading(clock)
    if reading is None or reading.ended is not None or reading.state is State.PENDING:
        return None
    return _risk(situation.request.id, clock, reading, curve)


def _risk(request: str, clock: str, reading: Reading, curve: Survival) -> BreachRisk | None:
    left = reading.remaining_microseconds
    if left is None:
        return None
    age = reading.elapsed_microseconds
    due = age + left
    at_risk = _at_risk(curve, age)
    return BreachRisk(
        request,
        clock,
        age,
        due,
        breach_risk(curve, age, due),
        at_risk,
        late=reading.late,
        extrapolated=due > curve.longest,
        few=at_risk < FEW,
    )


def most_at_risk(
    situations: Iterable[Situation], clock: str, curve: Survival, *, most: int | None = None
) -> tuple[BreachRisk, ...]:
    """The open requests that are not late yet, by their chance to be, the greatest first.

    Those without a chance that can be told come last; equal ones in the order of their due times,
    then of their ids. `most` limits how many are given.
    """
    risks = [risk for each in situations if (risk := risk_of(each, clock, curve))]
    waiting = [risk for risk in risks if not risk.late]
    waiting.sort(key=lambda risk: (-(_chance(risk)), risk.due - risk.age, risk.request))
    return tuple(waiting[:most])


def _chance(risk: BreachRisk) -> float:
    return -1.0 if risk.breach.value is None else risk.breach.value


def expected_breaches(risks: Iterable[BreachRisk], *, level: float = 0.95) -> Estimate:
    """How many of these requests are to be expected to be late: the sum of their chances.

    The limits are normal ones with the variance Σ p(1 − p), which takes the requests to be
    independent and the curve to be known.
    """
    chances = [risk.breach.value for risk in risks if risk.breach.value is not None]
    cohort = "open requests with a chance that can be told"
    if not chances:
        return missing("count", cohort, level=level)
    expected = sum(chances)
    half = normal_quantile((1 + level) / 2) * sqrt(sum(p * (1 - p) for p in chances))
    low, high = max(0.0, expected - half), min(float(len(chances)), expected + half)
    return Estimate(expected, len(chances), "count", cohort, low, high, "normal", level)
