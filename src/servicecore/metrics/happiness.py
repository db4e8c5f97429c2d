"""Happiness and lost time, as HappySignals asks for them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from math import fsum

from attrs import frozen

from servicecore.errors import InvalidValue
from servicecore.estimate import Estimate, mean, missing
from servicecore.metrics.scales import HAPPINESS
from servicecore.metrics.scores import nps_of_counts


@frozen
class Happiness:
    """Happiness as HappySignals reports it: happy less unhappy answers, and the time they lost.

    `score` is in points (0.4 is what is written as +40). `lost` is the mean of the hours that
    respondents say they lost, `lost_in_all` their sum. `impact` is the number of responses times
    the points by which the score lies above a baseline, in hundredths; None without one.
    """

    score: Estimate
    lost: Estimate
    lost_in_all: Estimate
    impact: Estimate | None = None


def happiness(
    answers: Iterable[tuple[float, float | None]],
    *,
    baseline: float | None = None,
    cohort: str = "all who answered",
    level: float = 0.95,
) -> Happiness:
    """Happiness from 0 to 10 and the hours lost, where these were told (None where not).

    The score is the share of 9 and 10 less that of 0 to 6, with the interval of `nps_of_counts`.
    `baseline` is in points. Raises `InvalidValue` for an answer that is not from 0 to 10, and for
    hours below 0.
    """
    known = list(answers)
    moods = Counter(HAPPINESS.mood(answer) for answer, _ in known)
    counts = moods["happy"], moods["neutral"], moods["unhappy"]
    score = nps_of_counts(*counts, cohort=cohort, level=level).score
    hours = [lost for _, lost in known if lost is not None]
    if min(hours, default=0) < 0:
        raise InvalidValue("hours lost are below 0: expected none or more")
    told = f"{cohort} and told the time they lost"
    total = Estimate(fsum(hours), len(hours), "hours", told) if hours else missing("hours", told)
    impact = None
    if baseline is not None and score.value is not None:
        impact = happiness_impact(len(known), score.value, baseline, cohort=cohort)
    return Happiness(score, mean(hours, unit="hours", cohort=told, level=level), total, impact)


def happiness_impact(responses: int, score: float, baseline: float, *, cohort: str) -> Estimate:
    """Responses times (score − baseline), scores being in points: what a group does to the whole.

    In hundredths of a point times responses, as HappySignals' glossary has it.

    >>> round(happiness_impact(120, 0.4, 0.7, cohort="desk").value)
    -3600
    """
    value = responses * (score - baseline) * 100
    return Estimate(value, responses, "score", cohort)
