"""Response rates, and what those who did not answer could make of a figure (M7)."""

from __future__ import annotations

from collections.abc import Iterable

import attrs
from attrs import frozen

from servicecore.errors import InvalidValue
from servicecore.estimate import Estimate, missing, share
from servicecore.intervals import check_hits, check_level
from servicecore.metrics.surveys import Linked


@frozen
class Dispositions:
    """What became of the invitations to a survey, in the words of the AAPOR.

    `refused`, `not_reached` (an undeliverable address) and `other` did not answer and could have;
    of the `unknown` ones nobody knows whether they belong to those who were to be asked.
    """

    complete: int
    partial: int = 0
    refused: int = 0
    not_reached: int = 0
    other: int = 0
    unknown: int = 0

    def __attrs_post_init__(self) -> None:
        for name, number in attrs.asdict(self).items():
            if not isinstance(number, int) or number < 0:
                raise InvalidValue(f"{name} is {number!r}: expected a number from 0 on")


@frozen
class ResponseRates:
    """RR1 counts complete responses, of all that could be eligible; RR2 partial ones as well; RR3
    takes but a share of those of unknown eligibility for eligible ones.
    """

    dispositions: Dispositions
    rr1: Estimate
    rr2: Estimate
    rr3: Estimate


def response_rates(
    dispositions: Dispositions, *, eligible: float = 1.0, level: float = 0.95
) -> ResponseRates:
    """RR1 to RR3 (AAPOR, Standard Definitions, 10th edition 2023, part on response rates).

    With I complete and P partial responses, R refusals, NC not reached, O others and U unknown:
    RR1 = I / (I + P + R + NC + O + U), RR2 = (I + P) / the same, RR3 = I / (I + P + R + NC + O +
    e·U), where e, `eligible`, is the share of the unknown that is taken to be eligible and has to
    be said with the figure. RR1 and RR2 have Wilson's interval. Raises `InvalidValue` for an e that
    is no share.

    >>> rates = response_rates(Dispositions(60, partial=10, refused=30, unknown=20), eligible=0.5)
    >>> [round(rate.value, 3) for rate in (rates.rr1, rates.rr2, rates.rr3)]
    [0.5, 0.583, 0.545]
    """
    if not 0 <= eligible <= 1:
        raise InvalidValue(f"eligible is {eligible}: expected a share between 0 and 1")
    of = dispositions
    known = of.complete + of.partial + of.refused + of.not_reached + of.other
    n = known + of.unknown
    rr1 = share(of.complete, n, cohort="all invited", level=level)
    rr2 = share(of.complete + of.partial, n, cohort="all invited", level=level)
    cohort = f"all invited, {eligible:.0%} of the unknown as eligible"
    divisor = known + eligible * of.unknown
    rr3 = (
        Estimate(of.complete / divisor, n, "share", cohort, hits=of.complete)
        if divisor
        else missing("share", cohort)
    )
    return ResponseRates(dispositions, rr1, rr2, rr3)


def dispositions_of(linked: Iterable[Linked], questions: Iterable[str]) -> Dispositions:
    """What became of invitations: complete with an answer to all questions, partial to some.

    Whoever did not answer is counted as `other`, since nobody knows why; a response without any
    answer to these questions is one of them.
    """
    asked = tuple(questions)
    if not asked:
        raise InvalidValue("questions are none: expected one or more")
    complete = partial = other = 0
    for each in linked:
        said = each.response.answers if each.response else {}
        given = sum(said.get(question) is not None for question in asked)
        complete += given == len(asked)
        partial += 0 < given < len(asked)
        other += not given
    return Dispositions(complete, partial=partial, other=other)


def nonresponse_bounds(
    hits: int, answered: int, invited: int, *, cohort: str = "all invited"
) -> Estimate:
    """Between what the share among all invited lies, whatever those think who did not answer.

    From hits / invited, if none of them would be a hit, to (hits + silent) / invited, if all would
    (Manski, Partial Identification of Probability Distributions, 2003). The value is the share
    among those who answered. These are no limits of chance: they do not shrink with n, only with
    the response rate. Raises `InvalidValue` for numbers that do not fit.

    >>> print(nonresponse_bounds(80, 100, 400))
    80.0 % [20.0, 95.0] (n=400)
    """
    check_hits(hits, answered)
    check_hits(answered, invited)
    if not answered:
        return missing("share", cohort, n=invited)
    low, high = hits / invited, (hits + invited - answered) / invited
    return Estimate(hits / answered, invited, "share", cohort, low, high, "worst case", hits=hits)


def response_share(linked: Iterable[Linked], *, level: float = 0.95) -> Estimate:
    """The share of invitations that anybody answered at all, with Wilson's interval."""
    check_level(level)
    known = list(linked)
    answered = sum(each.response is not None for each in known)
    return share(answered, len(known), cohort="all invited", level=level)
