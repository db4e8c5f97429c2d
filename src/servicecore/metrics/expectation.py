"""The expectation gap: satisfaction is perception less expectation (M1, M7)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from math import fsum
from typing import Literal

from attrs import frozen

from servicecore.estimate import Estimate, mean, share
from servicecore.lifecycle.events import ExpectationStated, Resolved, SurveyAnswered
from servicecore.lifecycle.situation import Situation
from servicecore.metrics.rows import Pair
from servicecore.metrics.scales import Scale
from servicecore.metrics.surveys import EXPECTATION, PERCEPTION

Stated = Literal["prior", "retrospective"]
"""When an expectation was stated: before the first delivery, or looking back."""


@frozen
class ExpectationGap:
    """How far perception lies from expectation, as a part of the scale, in points.

    A gap of −0.25 on a scale from 1 to 5 is one step below what was expected. `exceeded`, `met` and
    `failed` are the shares of respondents whose mean gap is above 0, at it and below it. `ceiling`
    is the share whose expectation sits at the top of the scale: they cannot be exceeded, and where
    they are many the gap says more of the questionnaire than of the service.
    """

    gap: Estimate
    exceeded: Estimate
    met: Estimate
    failed: Estimate
    ceiling: Estimate


def expectation_gap(
    pairs: Iterable[tuple[str, Pair]],
    scale: Scale,
    *,
    cohort: str = "all who said both",
    level: float = 0.95,
) -> ExpectationGap:
    """The mean of (P − E) / (highest − lowest) over respondents, with Student's interval.

    Each pair comes with its respondent; those of one respondent are averaged first, so that n
    counts people (Parasuraman, Zeithaml and Berry, Journal of Retailing 64, 1988, 12-40). Raises
    `InvalidValue` for an answer that is not on the scale.

    >>> from servicecore.metrics.scales import CSAT_5
    >>> said = [("ann", Pair(expected=5, perceived=4)), ("bo", Pair(3, 3)), ("cy", Pair(4, 5))]
    >>> expectation_gap(said, CSAT_5).gap.value
    0.0
    """
    theirs: dict[str, list[Pair]] = {}
    for respondent, pair in pairs:
        scale.checked(pair.expected)
        scale.checked(pair.perceived)
        theirs.setdefault(respondent, []).append(pair)
    gaps = [_mean_gap(each) / scale.width for each in theirs.values()]
    tops = [all(pair.expected >= scale.highest for pair in each) for each in theirs.values()]

    def part(hits: Iterable[bool]) -> Estimate:
        return share(sum(hits), len(gaps), cohort=cohort, level=level)

    return ExpectationGap(
        mean(gaps, unit="points", cohort=cohort, level=level),
        part(gap > 0 for gap in gaps),
        part(gap == 0 for gap in gaps),
        part(gap < 0 for gap in gaps),
        part(tops),
    )


def _mean_gap(pairs: list[Pair]) -> float:
    return fsum(pair.perceived - pair.expected for pair in pairs) / len(pairs)


def pairs_of(situations: Iterable[Situation], survey: str) -> Iterator[tuple[Stated, str, Pair]]:
    """What customers expected and perceived of each request, by a survey: when stated, who, what.

    The expectation is the latest that was stated before the first delivery, and ``"prior"`` then;
    without one, that which the answer itself looks back on (``"retrospective"``). The latest answer
    to the survey counts. The respondent is who is named in the answer, else the customer, else the
    request itself.
    """
    for situation in situations:
        found = _pair_of(situation, survey)
        if found is not None:
            yield found


def _pair_of(situation: Situation, survey: str) -> tuple[Stated, str, Pair] | None:
    delivered, prior, answer = False, None, None
    for event in situation.history:
        if isinstance(event, Resolved):
            delivered = True
        elif isinstance(event, ExpectationStated) and event.survey in ("", survey):
            prior = prior if delivered else event.expectation
        elif isinstance(event, SurveyAnswered) and event.survey == survey:
            answer = event
    if answer is None or answer.perception is None:
        return None
    expected = answer.expectation if prior is None else prior
    if expected is None:
        return None
    stated: Stated = "retrospective" if prior is None else "prior"
    asked = situation.request
    respondent = answer.actor.party if answer.actor else asked.requester or asked.customer
    return stated, respondent or asked.id, Pair(expected, answer.perception)


def expectation_gaps(
    situations: Iterable[Situation], survey: str, scale: Scale, *, level: float = 0.95
) -> Mapping[Stated, ExpectationGap]:
    """The gap by when the expectation was stated; no estimate mixes the two.

    Looking back, people remember to have expected what they got, or more than they did.
    """
    known: dict[Stated, list[tuple[str, Pair]]] = {"prior": [], "retrospective": []}
    for stated, respondent, pair in pairs_of(situations, survey):
        known[stated].append((respondent, pair))
    return {
        stated: expectation_gap(
            pairs, scale, cohort=f"all who answered {survey}, {stated} expectations", level=level
        )
        for stated, pairs in known.items()
    }


def pair_of_answers(answers: Mapping[str, float | str | None]) -> Pair | None:
    """The pair in the answers of a response; None where one of the two is missing."""
    expected, perceived = answers.get(EXPECTATION), answers.get(PERCEPTION)
    if isinstance(expected, int | float) and isinstance(perceived, int | float):
        return Pair(float(expected), float(perceived))
    return None
