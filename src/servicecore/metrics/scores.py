"""Scores of surveys: CSAT, NPS, CES and ACSI."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from math import fsum, sqrt

from attrs import frozen

from servicecore.distributions import normal_quantile
from servicecore.errors import InvalidValue
from servicecore.estimate import Estimate, mean, missing, share
from servicecore.intervals import Limits, check_level
from servicecore.metrics.scales import CES_7, CSAT_5, NPS, Scale


def csat(
    answers: Iterable[float],
    scale: Scale = CSAT_5,
    *,
    top: int | None = None,
    cohort: str = "all who answered",
    level: float = 0.95,
) -> Estimate:
    """CSAT: the share of happy answers on a scale, with Wilson's interval.

    On a scale from 1 to 5 those are 4 and 5, the top two boxes; ``top=1`` counts the highest answer
    alone, ``top=2`` the two highest whole numbers. A figure by one does not compare with one by the
    other. Raises `InvalidValue` for an answer that is not on the scale.

    >>> print(csat([5, 5, 4, 2]))
    75.0 % [30.1, 95.4] (n=4)
    """
    known = [scale.checked(answer) for answer in answers]
    least = scale.happy if top is None else scale.highest - top + 1
    return share(sum(each >= least for each in known), len(known), cohort=cohort, level=level)


@frozen
class NetPromoterScore:
    """The promoters less the detractors, in points: 0.3 is what is usually written as 30."""

    promoters: int
    passives: int
    detractors: int
    score: Estimate


def net_promoter_score(
    answers: Iterable[float], *, cohort: str = "all who answered", level: float = 0.95
) -> NetPromoterScore:
    """NPS: the share of promoters (9 and 10) less that of detractors (0 to 6).

    The interval is Rocks' adjusted Wald interval, good for small n too: with ¾ promoters, 1½
    passives and ¾ detractors more than there are, D ± z·√((p + d − D²)/n) (B. Rocks, The American
    Statistician 70, 2016, 365-372). Raises `InvalidValue` for an answer that is not from 0 to 10.

    >>> net_promoter_score([0, 7, 7, 9, 9, 9]).score.value
    0.3333333333333333
    """
    moods = Counter(NPS.mood(answer) for answer in answers)
    return nps_of_counts(
        moods["happy"], moods["neutral"], moods["unhappy"], cohort=cohort, level=level
    )


def nps_of_counts(
    promoters: int,
    passives: int,
    detractors: int,
    *,
    cohort: str = "all who answered",
    level: float = 0.95,
) -> NetPromoterScore:
    """The same of counts (M9)."""
    check_level(level)
    if min(promoters, passives, detractors) < 0:
        raise InvalidValue("a count of answers is below 0: expected none or more")
    n = promoters + passives + detractors
    if not n:
        return NetPromoterScore(0, 0, 0, missing("points", cohort, level=level))
    value = (promoters - detractors) / n
    low, high = _rocks(promoters, detractors, n, level)
    score = Estimate(
        value,
        n,
        "points",
        cohort,
        max(-1.0, min(low, value)),
        min(1.0, max(high, value)),
        "adjusted wald",
        level,
    )
    return NetPromoterScore(promoters, passives, detractors, score)


def _rocks(promoters: int, detractors: int, n: int, level: float) -> Limits:
    more = n + 3
    p, d = (promoters + 0.75) / more, (detractors + 0.75) / more
    half = normal_quantile((1 + level) / 2) * sqrt((p + d - (p - d) ** 2) / more)
    return p - d - half, p - d + half


def nps_variance(promoters: int, passives: int, detractors: int) -> float:
    """The variance of one answer, promoters being 1 and detractors −1: p + d − (p − d)².

    Its root over √n is the plain standard error of the score.

    >>> round(nps_variance(3, 2, 1), 4)
    0.5556
    """
    n = promoters + passives + detractors
    if not n:
        raise InvalidValue("no answers: expected one or more")
    p, d = promoters / n, detractors / n
    return p + d - (p - d) ** 2


def customer_effort(
    answers: Iterable[float],
    scale: Scale = CES_7,
    *,
    cohort: str = "all who answered",
    level: float = 0.95,
) -> Estimate:
    """CES: the mean answer to “it was easy to have my issue handled”, with Student's interval.

    High is easy. `csat` of the same answers gives the share that agrees.

    >>> print(customer_effort([7, 6, 5, 6]))
    6.0 score [4.7, 7.0] (n=4)
    """
    known = [scale.checked(answer) for answer in answers]
    return mean(
        known,
        unit="score",
        cohort=cohort,
        level=level,
        lowest=scale.lowest,
        highest=scale.highest,
    )


ACSI_EQUAL = (1 / 3, 1 / 3, 1 / 3)
"""The weights of satisfaction, expectancy and performance where nobody has estimated them."""


def acsi(
    answers: Iterable[tuple[float, float, float]],
    weights: tuple[float, float, float] = ACSI_EQUAL,
    *,
    cohort: str = "all who answered all three",
    level: float = 0.95,
) -> Estimate:
    """ACSI: satisfaction, confirmation of expectancy and nearness to the ideal, as 0 to 100.

    Each is answered from 1 to 10: (w₁(s − 1) + w₂(e − 1) + w₃(p − 1)) / 9 · 100, with weights
    that add up to 1 (Fornell et al., Journal of Marketing 60, 1996, 7-18). The limits are
    Student's over respondents. Raises `InvalidValue` for answers that are not from 1 to 10 and
    weights that do not add up.

    >>> round(acsi([(8, 7, 6)]).value, 2)
    66.67
    """
    if abs(fsum(weights) - 1) > 1e-9 or min(weights) < 0:
        raise InvalidValue(f"weights are {weights}: expected three from 0 on that add up to 1")
    scale = Scale("acsi", 1, 10, happy=8, unhappy=4)
    scores = [
        fsum(
            weight * (scale.checked(answer) - 1)
            for weight, answer in zip(weights, each, strict=True)
        )
        / 9
        * 100
        for each in answers
    ]
    return mean(scores, unit="score", cohort=cohort, level=level, lowest=0, highest=100)
