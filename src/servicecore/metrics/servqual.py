"""SERVQUAL and SERVPERF: service quality by dimensions, as a gap or as perception alone (M7).

A. Parasuraman, V. Zeithaml and L. Berry, SERVQUAL, Journal of Retailing 64 (1988), 12-40; J. Cronin
and S. Taylor, Measuring Service Quality, Journal of Marketing 56 (1992), 55-68 (SERVPERF).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import fsum
from types import MappingProxyType

from attrs import frozen

from servicecore.errors import InvalidValue
from servicecore.estimate import Estimate, mean

Answers = Mapping[str, float | None]
"""What one respondent answered, by item; None where they left one out."""

Dimensions = Mapping[str, Sequence[str]]
"""The items of each dimension."""

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
    weights: Mapping[str, float] | None = None,
    level: float = 0.95,
) -> ServiceQuality:
    """The gaps P − E: per item, per dimension, and over all dimensions.

    `expected` and `perceived` have one row per respondent, in the same order. An item counts for
    whoever answered both. `weights` of the dimensions are points out of 100 or shares of 1.
    Estimates are means over respondents with Student's interval. Raises `InvalidValue` for rows
    that do not pair up, a dimension without items, and weights that do not add up.

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
    rows = [_gaps(one, other) for one, other in zip(before, behind, strict=True)]
    return _quality(rows, dimensions, weights, level)


def servperf(
    perceived: Iterable[Answers],
    *,
    dimensions: Dimensions = FIVE_DIMENSIONS,
    weights: Mapping[str, float] | None = None,
    level: float = 0.95,
) -> ServiceQuality:
    """The same of perception alone, which predicts satisfaction as well and asks half as much."""
    return _quality([dict(row) for row in perceived], dimensions, weights, level)


def _gaps(expected: Answers, perceived: Answers) -> dict[str, float | None]:
    found: dict[str, float | None] = {}
    for item, after in perceived.items():
        before = expected.get(item)
        found[item] = None if after is None or before is None else after - before
    return found


def _quality(
    rows: Sequence[Answers],
    dimensions: Dimensions,
    weights: Mapping[str, float] | None,
    level: float,
) -> ServiceQuality:
    _check(dimensions)
    shares = None if weights is None else _shares(weights, dimensions)
    by_row = [dimension_scores(row, dimensions) for row in rows]
    complete = [known for row in by_row if (known := _complete(row)) is not None]

    def over(values: Iterable[float | None], cohort: str) -> Estimate:
        known = [value for value in values if value is not None]
        return mean(known, unit="score", cohort=cohort, level=level)

    whole = "respondents with all dimensions"
    return ServiceQuality(
        sum(any(value is not None for value in row.values()) for row in by_row),
        {
            item: over((row.get(item) for row in rows), f"respondents who answered {item}")
            for items in dimensions.values()
            for item in items
        },
        {
            name: over((row[name] for row in by_row), f"respondents with half of {name}")
            for name in dimensions
        },
        over((fsum(row.values()) / len(row) for row in complete), whole),
        None
        if shares is None
        else over((fsum(shares[name] * row[name] for name in row) for row in complete), whole),
    )


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


def _complete(row: Mapping[str, float | None]) -> dict[str, float] | None:
    known = {name: value for name, value in row.items() if value is not None}
    return known if len(known) == len(row) else None


def _check(dimensions: Dimensions) -> None:
    if not dimensions:
        raise InvalidValue("dimensions are none: expected one or more")
    for name, items in dimensions.items():
        if isinstance(items, str) or not items:
            raise InvalidValue(f"the items of {name!r} are {items!r}: expected a list of items")


def _shares(weights: Mapping[str, float], dimensions: Dimensions) -> dict[str, float]:
    """Weights as shares of 1: points out of 100, or shares already."""
    if set(weights) != set(dimensions):
        raise InvalidValue(f"weights of {sorted(weights)}: expected of {sorted(dimensions)}")
    total = fsum(weights.values())
    if min(weights.values()) < 0 or min(abs(total - 1), abs(total - 100) / 100) > 1e-6:
        raise InvalidValue(f"weights add up to {total:g}: expected 100 points or shares of 1")
    return {name: weight / total for name, weight in weights.items()}
