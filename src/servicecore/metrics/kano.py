"""Kano: which features are taken for granted, which please by degrees, and which delight.

N. Kano, N. Seraku, F. Takahashi and S. Tsuji, Attractive Quality and Must-Be Quality, Hinshitsu 14
(1984), 147-156. Every feature is asked for twice: how it would be to have it (functional) and not
to have it (dysfunctional).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from enum import IntEnum, StrEnum
from math import sqrt

from attrs import frozen

from servicecore.errors import InvalidValue
from servicecore.estimate import Estimate, share


class Feeling(IntEnum):
    """The five answers."""

    LIKE = 1
    MUST_BE = 2
    NEUTRAL = 3
    LIVE_WITH = 4
    DISLIKE = 5


class KanoCategory(StrEnum):
    """What a feature is to somebody."""

    ATTRACTIVE = "A"
    ONE_DIMENSIONAL = "O"
    MUST_BE = "M"
    INDIFFERENT = "I"
    REVERSE = "R"
    QUESTIONABLE = "Q"


TABLE: Sequence[str] = ("QAAAO", "RIIIM", "RIIIM", "RIIIM", "RRRRQ")
"""The evaluation table: a row for each functional answer, a column for each dysfunctional one."""

IN_DOUBT = "MOAI"
"""Which category goes first where two are as frequent: what hurts most when it is missing."""


def kano_category(functional: int, dysfunctional: int) -> KanoCategory:
    """What a feature is to somebody who answered so, from 1 (like) to 5 (dislike).

    Raises `InvalidValue` for other answers.

    >>> kano_category(Feeling.LIKE, Feeling.DISLIKE).name
    'ONE_DIMENSIONAL'
    """
    for answer in (functional, dysfunctional):
        if answer not in range(1, 6):
            raise InvalidValue(f"the answer {answer!r}: expected 1 (like) to 5 (dislike)")
    return KanoCategory(TABLE[int(functional) - 1][int(dysfunctional) - 1])


@frozen
class KanoFeature:
    """What a feature is to all who answered both questions; `left_out` is how many did not.

    `category` is the most frequent one; of equally frequent ones, the one that hurts most when it
    is missing (M, O, A, I, then R and Q). It is `ambiguous` where the two most frequent ones, of a
    and b answers among n, do not differ significantly at 10 %: by less than
    1.65·√((a + b)(2n − a − b)/2n) (D. Fong, Center for Quality of Management Journal 5, 1996).

    `better` is the share that having it pleases, (A + O) / (A + O + M + I), and `worse` the share
    that missing it displeases, (O + M) / the same, which is often written with a minus (C. Berger
    et al., Center for Quality of Management Journal 2, 1993). R and Q are left out of both.
    """

    counts: Mapping[KanoCategory, int]
    category: KanoCategory | None
    ambiguous: bool
    better: Estimate
    worse: Estimate
    left_out: int


def kano(answers: Iterable[tuple[int | None, int | None]], *, level: float = 0.95) -> KanoFeature:
    """What a feature is to those who answered both how it is with it, and without it.

    Each answer is a pair from 1 (like) to 5 (dislike); one with None is left out. Shares have
    Wilson's interval. Raises `InvalidValue` for other answers.

    >>> kano([(1, 5), (1, 5), (1, 3)]).category.name
    'ONE_DIMENSIONAL'
    """
    pairs = list(answers)
    counts = Counter(
        kano_category(one, other) for one, other in pairs if one is not None and other is not None
    )
    ranked = sorted(KanoCategory, key=lambda each: (-counts[each], _doubt(each)))
    return KanoFeature(
        {category: counts[category] for category in KanoCategory},
        ranked[0] if counts else None,
        _is_ambiguous(counts[ranked[0]], counts[ranked[1]], counts.total()),
        _part(counts, "AO", level),
        _part(counts, "OM", level),
        len(pairs) - counts.total(),
    )


def _doubt(category: KanoCategory) -> int:
    return IN_DOUBT.find(category) if category in IN_DOUBT else len(IN_DOUBT)


def _is_ambiguous(first: int, second: int, n: int) -> bool:
    if not n:
        return False
    both = first + second
    return first - second < 1.65 * sqrt(both * (2 * n - both) / (2 * n))


def _part(counts: Counter[KanoCategory], letters: str, level: float) -> Estimate:
    hits, n = (sum(counts[KanoCategory(each)] for each in of) for of in (letters, "AOMI"))
    cohort = "answers that are neither reverse nor questionable"
    return share(hits, n, cohort=cohort, level=level)
