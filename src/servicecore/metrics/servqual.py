"""SERVQUAL and SERVPERF: service quality by dimensions, as a gap or as perception alone (M7).

A. Parasuraman, V. Zeithaml and L. Berry, SERVQUAL, Journal of Retailing 64 (1988), 12-40; J. Cronin
and S. Taylor, Measuring Service Quality, Journal of Marketing 56 (1992), 55-68 (SERVPERF).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import fsum, inf
from types import MappingProxyType

from attrs import frozen

from servicecore.errors import InvalidValue
from servicecore.estimate import Estimate, mean
from servicecore.metrics.scales import Scale

Answers = Mapping[str, float | None]
"""What one respondent answered, by item; None where they left one out."""

Dimensions = Mapping[str, Sequence[str]]
"""The items of each dimension."""

Weights = Mapping[str, float]
"""What each dimension is worth, in points out of 100 or shares of 1."""

FIVE_DIMENSIONS: Dimensions = MappingProxyType(
    {
        "tangibles": tuple(f"{n:02}" for n in range(1, 5)),
        "reliability": tuple(f"{n:02}" for n in range(5, 10)),
        "responsiveness": tuple(f"{n:02}" for n in range(10, 14)),
        "assurance": tuple(f"{n:02}" for n in range(14, 18)),
        "empathy": tuple(f"{n:02}" for n in range(18, 23)),
    }
)
"""The 22 items of 1988, ``"01"`` to ``"22"``, in their five dimensions."""


@frozen
class ServiceQuality:
    """Service quality of respondents: each item, each dimension, and two totals.

    `respondents` is how many had any dimension. `unweighted` is the mean of the dimensions;
    `weighted` weights them by what they are worth to customers, and is None without weights. A
    respondent is in a dimension with at least half of its items, and in a total with all
    dimensions. All are scores on the scale of the answers; a gap below 0 is less than was expected.
    """

    respondents: int
    items: Mapping[str, Estimate]
    dimensions: Mapping[str, Estimate]
    unweighted: Estimate
    weighted: Estimate | None


def servqual(
    expected: Iterable[Answers],
    perceived: Iterable[Answers],
    *,
    dimensions: Dimensions = FIVE_DIMENSIONS,
    weights: Weights | Sequence[Weights | None] | None = None,
    scale: Scale | None = None,
    level: float = 0.95,
) -> ServiceQuality:
    """The gaps P − E: per item, per dimension, and over all dimensions.

    `expected` and `perceived` have one row per respondent, in the same order. An item counts for
    whoever answered both. `weights` are one table for all, or, as in the instrument of 1990, a
    table for each respondent (who is out of the weighted total with None). With a `scale`, answers
    have to lie on it and no limit lies beyond it. Estimates are means over respondents with
    Student's interval. Raises `InvalidValue` for rows that do not pair up, an answer off the scale
    or no number, a dimension without items or with one twice, and weights that do not add up.

    >>> tiny = {"help": ["a", "b"], "speed": ["c"]}
    >>> hoped, got = [{"a": 7, "b": 6, "c": 7}], [{"a": 6, "b": 6, "c": 5}]
    >>> quality = servqual(hoped, got, dimensions=tiny, weights={"help": 25, "speed": 75})
    >>> quality.dimensions["help"].value, quality.unweighted.value, quality.weighted.value
    (-0.5, -1.25, -1.625)
    """
    before, behind = list(expected), list(perceived)
    if len(before) != len(behind):
        raise InvalidValue(
            f"{len(before)} rows of expectation and {len(behind)} of perception: expected a pair "
            "for each respondent"
        )
    items = _items(dimensions)
    rows = [
        _gaps(_known(one, items, scale), _known(other, items, scale))
        for one, other in zip(before, behind, strict=True)
    ]
    ends = (-inf, inf) if scale is None else (-scale.width, scale.width)
    return _quality(rows, dimensions, weights, ends, level)


def servperf(
    perceived: Iterable[Answers],
    *,
    dimensions: Dimensions = FIVE_DIMENSIONS,
    weights: Weights | Sequence[Weights | None] | None = None,
    scale: Scale | None = None,
    level: float = 0.95,
) -> ServiceQuality:
    """The same of perception alone, which asks half as much (Cronin and Taylor 1992).

    It says how good a service is thought to be, and not whether that is what was hoped for. The
    rest is as in `servqual`.

    >>> print(servperf([{"a": 6, "b": 4}, {"a": 6}], dimensions={"help": ["a", "b"]}).unweighted)
    5.5 score [-0.9, 11.9] (n=2)
    """
    items = _items(dimensions)
    rows = [_known(row, items, scale) for row in perceived]
    ends = (-inf, inf) if scale is None else (scale.lowest, scale.highest)
    return _quality(rows, dimensions, weights, ends, level)


def dimension_scores(answers: Answers, dimensions: Dimensions) -> dict[str, float | None]:
    """The mean of each dimension for one respondent; None with less than half of its items.

    >>> dimension_scores({"a": 3, "b": None, "c": None}, {"x": ["a", "b"], "y": ["b", "c"]})
    {'x': 3.0, 'y': None}
    """
    found: dict[str, float | None] = {}
    for name, items in dimensions.items():
        known = [value for item in items if (value := answers.get(item)) is not None]
        found[name] = fsum(known) / len(known) if known and 2 * len(known) >= len(items) else None
    return found


def _items(dimensions: Dimensions) -> tuple[str, ...]:
    """All items, in the order of the dimensions."""
    if not dimensions:
        raise InvalidValue("dimensions are none: expected one or more")
    for name, items in dimensions.items():
        if isinstance(items, str) or not items:
            raise InvalidValue(f"the items of {name!r} are {items!r}: expected a list of items")
        if len(set(items)) < len(items):
            raise InvalidValue(f"the items of {name!r} are {items!r}: expected each once")
    return tuple(dict.fromkeys(item for items in dimensions.values() for item in items))


def _known(answers: Answers, items: Iterable[str], scale: Scale | None) -> dict[str, float]:
    known = {item: value for item in items if (value := answers.get(item)) is not None}
    return known if scale is None else {item: scale.checked(known[item]) for item in known}


def _gaps(expected: Mapping[str, float], perceived: Mapping[str, float]) -> dict[str, float]:
    return {item: perceived[item] - expected[item] for item in perceived if item in expected}


def _quality(
    rows: Sequence[Mapping[str, float]],
    dimensions: Dimensions,
    weights: Weights | Sequence[Weights | None] | None,
    ends: tuple[float, float],
    level: float,
) -> ServiceQuality:
    by_row = [dimension_scores(row, dimensions) for row in rows]
    lowest, highest = ends

    def over(values: Iterable[float | None], of: str) -> Estimate:
        known = [value for value in values if value is not None]
        cohort = f"respondents with {of}"
        return mean(known, unit="score", cohort=cohort, level=level, lowest=lowest, highest=highest)

    items = {
        item: over((row.get(item) for row in rows), f"an answer to {item}")
        for item in _items(dimensions)
    }
    scores = {name: over((row[name] for row in by_row), f"half of {name}") for name in dimensions}
    alike = dict.fromkeys(dimensions, 1 / len(dimensions))
    unweighted = over((_total(row, alike) for row in by_row), "all dimensions")
    weighted = None
    if weights is not None:
        shares = _shares_by_row(weights, dimensions, len(rows))
        weighted = over(map(_total, by_row, shares), "all dimensions and weights")
    respondents = sum(any(value is not None for value in row.values()) for row in by_row)
    return ServiceQuality(respondents, items, scores, unweighted, weighted)


def _total(scores: Mapping[str, float | None], shares: Weights | None) -> float | None:
    """The dimensions of one respondent in one figure; None where one of them is missing (M7)."""
    known = {name: value for name, value in scores.items() if value is not None}
    if shares is None or len(known) < len(scores):
        return None
    return fsum(shares[name] * value for name, value in known.items())


def _shares_by_row(
    weights: Weights | Sequence[Weights | None], dimensions: Dimensions, rows: int
) -> list[Weights | None]:
    if isinstance(weights, Mapping):
        return [_shares(weights, dimensions)] * rows
    if len(weights) != rows:
        raise InvalidValue(f"{len(weights)} rows of weights for {rows} of answers: expected a pair")
    return [None if each is None else _shares(each, dimensions) for each in weights]


def _shares(weights: Weights, dimensions: Dimensions) -> Weights:
    """Weights as shares of 1: points out of 100, or shares already."""
    if set(weights) != set(dimensions):
        raise InvalidValue(f"weights of {sorted(weights)}: expected of {sorted(dimensions)}")
    for name, weight in weights.items():
        if not 0 <= weight < inf:
            raise InvalidValue(f"the weight of {name!r} is {weight}: expected a number from 0 on")
    total = fsum(weights.values())
    if min(abs(total - 1), abs(total - 100) / 100) > 1e-6:
        raise InvalidValue(f"weights add up to {total:g}: expected 100 points or shares of 1")
    return {name: weight / total for name, weight in weights.items()}
