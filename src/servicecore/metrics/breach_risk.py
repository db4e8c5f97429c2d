"""Breach risk: what will be late if it goes on as it did, with how little that rests on (M4)."""

from __future__ import annotations

from collections.abc import Iterable
from math import sqrt

from attrs import frozen

from servicecore.distributions import normal_quantile
from servicecore.errors import InvalidValue
from servicecore.estimate import Estimate, Reason, missing
from servicecore.intervals import Limits, clopper_pearson
from servicecore.lifecycle.situation import Situation
from servicecore.metrics.cohort import same_instant
from servicecore.metrics.survival import Step, Survival, limits_of
from servicecore.sla.clock import State

FEW = 10
"""With fewer spells than these at risk at its age, a request is too rare to be told about."""


@frozen
class BreachRisk:
    """The chance that a request misses the target of a clock, given how long it has taken by now.

    `at_risk` is the number of spells that took longer than its age, which the chance rests on. It
    is `late` if it has missed it already, `extrapolated` if its due time lies where the curve says
    nothing any more (the chance is an upper bound then), and `few` if less than `FEW` are at risk.
    `age` and `due` are what the clock has counted and will have counted when it is due, in
    microseconds. Where it is `paused`, the chance is the one it has if it goes on: most that wait
    are over before that.
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
    paused: bool = False


def breach_risk(curve: Survival, age: int, due: int) -> Estimate:
    """The chance to take longer than `due` for what has taken longer than `age`.

    P(T > due | T > age) = S(due) / S(age), on the clock of the curve, in microseconds: the chance
    if nothing comes in its way, since a curve of Kaplan and Meier takes what was withdrawn for
    censored. The curve is to be one of what a deadline is about, so of the cycles of a clock
    (`servicecore.metrics.spells.cycle_spells`). The n is the number of spells at risk at the age.

    The limits are those of Greenwood's sum between the two times, in the form of the curve's band.
    Where none ended in between, or none was left, they are exact ones, since that sum is 0 or
    unknown there. Behind the longest known time the value is an upper bound, and its lower limit 0
    (``"extrapolated"``). Where S(age) is 0 nothing took so long before, and there is no value. Past
    the due time it is 1, which rests on the one that is late (``"late"``). With less than `FEW` at
    risk the reason is ``"few"``.

    >>> from servicecore.metrics.rows import Spell
    >>> from servicecore.metrics.survival import kaplan_meier
    >>> curve = kaplan_meier([Spell(time) for time in range(1, 21)])
    >>> print(breach_risk(curve, age=5, due=11))
    60.0 % [31.8, 79.7] (n=15)
    """
    return _certain(curve) if age >= due else _chance(curve, age, due)


def _certain(curve: Survival) -> Estimate:
    return Estimate(1.0, 1, "share", "what is late already", reason="late", level=curve.level)


def _chance(curve: Survival, age: int, due: int) -> Estimate:
    cohort = f"those of {curve.cohort} that took as long"
    at_risk, level = _at_risk(curve, age), curve.level
    if not at_risk or not curve.surviving(age):
        return missing("share", cohort, "extrapolated" if curve.n else "no_data", level=level)
    left = curve.surviving(due) / curve.surviving(age)
    low, high = _limits(curve, age, due, left)
    reason: Reason | None = "few" if at_risk < FEW else None
    if _is_extrapolated(curve, age, due):
        low, reason = 0.0, "extrapolated"
    return Estimate(left, at_risk, "share", cohort, low, high, "kaplan-meier", level, reason)


def _at_risk(curve: Survival, age: int) -> int:
    """How many spells are known to have taken longer than an age."""
    return curve.n - curve.over_by(age)


def _is_extrapolated(curve: Survival, age: int, due: int) -> bool:
    """Whether the curve says nothing of the due time; it does where nothing was left by then."""
    known = due <= curve.longest or (curve.surviving(age) > 0 and not curve.surviving(due))
    return not known


def _limits(curve: Survival, age: int, due: int, left: float) -> Limits:
    last = curve.step(due)
    if last is None or last.time <= age:  # none ended in between
        lasting = curve.lasting(due)
        return clopper_pearson(lasting, lasting, curve.level) if lasting else (0.0, 1.0)
    if left:
        return _between(curve, age, last)
    _, none_left = clopper_pearson(0, last.at_risk, curve.level)
    before = curve.step(last.time - 1)
    if before is None or before.time <= age:
        return 0.0, none_left
    return 0.0, _between(curve, age, before)[1] * none_left


def _between(curve: Survival, age: int, last: Step) -> Limits:
    """The limits of the share of those at an age that go on longer than a step."""
    left = last.surviving / curve.surviving(age)
    greenwood = _greenwood(last) - _greenwood(curve.step(age))
    return limits_of(left, max(0.0, greenwood), normal_quantile((1 + curve.level) / 2), curve.band)


def _greenwood(step: Step | None) -> float:
    return 0.0 if step is None or step.greenwood is None else step.greenwood


def risk_of(situation: Situation, clock: str, curve: Survival) -> BreachRisk | None:
    """The risk of one request on a clock that runs or is paused; None where it does neither.

    Its age is what the latest cycle of the clock has counted, and it is due when what remains is
    used up (M4); under an override, that is what remains by the override. A clock that was late
    once is late, also under a longer target that came afterwards.
    """
    reading = situation.reading(clock)
    if reading is None or reading.ended is not None or reading.state is State.PENDING:
        return None
    remaining = reading.remaining_microseconds
    if remaining is None:
        return None
    age = reading.elapsed_microseconds
    due = age + remaining
    at_risk = _at_risk(curve, age)
    return BreachRisk(
        situation.state.id,
        clock,
        age,
        due,
        _certain(curve) if reading.late else _chance(curve, age, due),
        at_risk,
        late=reading.late,
        extrapolated=not reading.late and _is_extrapolated(curve, age, due),
        few=at_risk < FEW,
        paused=reading.state is State.PAUSED,
    )


def most_at_risk(
    situations: Iterable[Situation], clock: str, curve: Survival, *, most: int | None = None
) -> tuple[BreachRisk, ...]:
    """The requests whose clock runs and is not late yet, by their chance to be, greatest first.

    A clock that is paused cannot get late before it goes on, and most requests that wait for their
    customer are resolved without that, so they are left out: the chances of those that run hold for
    them by far too little. Those without a chance that can be told come last; equal ones in the
    order of the time that they have left, then of their ids. `most` limits how many are given.
    Raises `InvalidValue` for situations of different instants, and for a `most` below 0.
    """
    if most is not None and most < 0:
        raise InvalidValue(f"most is {most}: expected a number from 0 on, or None")
    instant: int | None = None
    running: list[BreachRisk] = []
    for situation in situations:
        instant = same_instant(instant, situation.instant)
        risk = risk_of(situation, clock, curve)
        if risk is not None and not risk.late and not risk.paused:
            running.append(risk)
    return tuple(sorted(running, key=_urgency)[:most])


def _urgency(risk: BreachRisk) -> tuple[float, int, str]:
    chance = -1.0 if risk.breach.value is None else risk.breach.value
    return -chance, risk.due - risk.age, risk.request


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
