"""Post-stratification: strata count as much as they are of all customers, however many answered.

W. Cochran, Sampling Techniques, 1977, 5A.9. Errors are those given how many of each stratum have
answered (D. Holt and T. Smith, Journal of the Royal Statistical Society A 142, 1979, 33-46).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import fsum, isfinite, sqrt
from statistics import variance

from attrs import frozen

from servicecore.distributions import t_quantile
from servicecore.errors import InvalidValue
from servicecore.estimate import RANGES, Estimate, Unit, missing
from servicecore.intervals import check_hits, check_level, wilson

ALL_BY_STRATUM = "all customers, by stratum"
NEARLY = 1e-6
"""How far the sum of shares may be from 1: they are written with so many digits at least."""


@frozen
class Stratum:
    """A group of customers: its share of all, and how many of the n who answered were hits."""

    share: float
    hits: int
    n: int

    def __attrs_post_init__(self) -> None:
        check_hits(self.hits, self.n)


@frozen
class _Part:
    """What a stratum brings: its share of all, and n, mean and variance of its answers."""

    share: float
    n: int
    mean: float
    variance: float | None

    @property
    def error(self) -> float:
        """The squared standard error that comes from it."""
        return self.share**2 * (self.variance or 0.0) / self.n


def poststratified(
    strata: Mapping[str, Stratum], *, cohort: str = ALL_BY_STRATUM, level: float = 0.95
) -> Estimate:
    """The share p = Σ W·pₕ over strata whose shares W of all customers are known.

    The limits are p − √Σ W²(pₕ − l)² and p + √Σ W²(u − pₕ)² with Wilson's limits l and u of each
    stratum (G. Zou, W. Huang and X. Zhang, Computational Statistics & Data Analysis 53, 2009,
    1080-1085). Of one stratum they are Wilson's, and they stand where all answers are alike.

    With the squared standard error Σ W²·s²/nₕ, where s² = pₕ(1 − pₕ)·nₕ/(nₕ − 1), `n_effective` is
    the n of a plain sample that is as sure, and n / n_effective the design effect. It is None where
    a stratum has a single answer, or no answers differ within any.

    Where nobody answered at all there is ``"no_data"``; a stratum in which nobody did leaves the
    whole ``"unknown"``. Strata of share 0 are left out. Raises `InvalidValue` for shares that are
    below 0 or do not add up to 1, and for hits that are not between none and all.

    >>> said = poststratified({"day": Stratum(0.5, 72, 80), "night": Stratum(0.5, 10, 20)})
    >>> print(said, round(said.n / said.n_effective, 2))
    70.0 % [59.1, 80.3] (n=100) 1.65
    """
    check_level(level)
    shares = _checked({name: stratum.share for name, stratum in strata.items()})
    used = {name: strata[name] for name in shares}
    n = sum(stratum.n for stratum in used.values())
    if not all(stratum.n for stratum in used.values()):
        return missing("share", cohort, "unknown" if n else "no_data", n=n, level=level)
    parts = [_of_hits(shares[name], stratum) for name, stratum in used.items()]
    value = min(1.0, fsum(part.share * part.mean for part in parts))
    lower, upper = zip(
        *(wilson(stratum.hits, stratum.n, level) for stratum in used.values()), strict=True
    )
    low, high = max(0.0, value - _apart(parts, lower)), min(1.0, value + _apart(parts, upper))
    method, effective = "post-stratified wilson", _n_effective(parts, value)
    return Estimate(value, n, "share", cohort, low, high, method, level, n_effective=effective)


def poststratified_mean(
    answers: Mapping[str, Iterable[float]],
    shares: Mapping[str, float],
    *,
    unit: Unit = "score",
    cohort: str = ALL_BY_STRATUM,
    level: float = 0.95,
    lowest: float | None = None,
    highest: float | None = None,
) -> Estimate:
    """The mean Σ W·mₕ of answers by stratum, whose shares W of all customers are known.

    The squared standard error is Σ W²·s²/nₕ, the limits are Student's with Satterthwaite's degrees
    of freedom, (Σ W²·s²/nₕ)² / Σ (W²·s²/nₕ)²/(nₕ − 1) (Cochran 1977, 5.4), clipped to `lowest` and
    `highest`. `n_effective`, ``"no_data"`` and ``"unknown"`` are as in `poststratified`; where a
    stratum has a single answer there are no limits (``"few"``). Raises `InvalidValue` for other
    strata in the one than in the other, shares that are below 0 or do not add up to 1, and an
    answer that is no finite number.

    >>> said = {"day": [5, 4, 4, 5], "night": [2, 3]}
    >>> print(poststratified_mean(said, {"day": 0.5, "night": 0.5}, lowest=1, highest=5))
    3.5 score [2.0, 5.0] (n=6)
    """
    check_level(level)
    if set(answers) != set(shares):
        raise InvalidValue(f"answers of {sorted(answers)}: expected of {sorted(shares)}")
    counted = _checked(shares)
    known = {name: _numbers(answers[name]) for name in counted}
    n = sum(map(len, known.values()))
    if not all(known.values()):
        return missing(unit, cohort, "unknown" if n else "no_data", n=n, level=level)
    parts = [_of_numbers(share, known[name]) for name, share in counted.items()]
    value = fsum(part.share * part.mean for part in parts)
    if any(part.variance is None for part in parts):
        return Estimate(value, n, unit, cohort, level=level, reason="few")
    half = _half(parts, level)
    bottom, top = RANGES[unit]
    low = max(bottom if lowest is None else lowest, value - half)
    high = min(top if highest is None else highest, value + half)
    method, effective = "post-stratified t", _n_effective(parts, value)
    limits = min(low, value), max(high, value)
    return Estimate(value, n, unit, cohort, *limits, method, level, n_effective=effective)


def _checked(shares: Mapping[str, float]) -> dict[str, float]:
    """The shares above 0, of 1 exactly."""
    for name, share in shares.items():
        if not 0 <= share <= 1 + NEARLY:
            raise InvalidValue(f"the share of {name!r} is {share}: expected one between 0 and 1")
    total = fsum(shares.values())
    if abs(total - 1) > NEARLY:
        raise InvalidValue(f"the shares of the strata add up to {total}: expected 1")
    return {name: share / total for name, share in shares.items() if share}


def _numbers(answers: Iterable[float]) -> list[float]:
    known = [float(answer) for answer in answers]
    if not all(map(isfinite, known)):
        raise InvalidValue("an answer is no finite number: expected numbers alone")
    return known


def _of_hits(share: float, stratum: Stratum) -> _Part:
    n, p = stratum.n, stratum.hits / stratum.n
    return _Part(share, n, p, p * (1 - p) * n / (n - 1) if n > 1 else None)


def _of_numbers(share: float, answers: Sequence[float]) -> _Part:
    n = len(answers)
    return _Part(share, n, fsum(answers) / n, variance(answers) if n > 1 else None)


def _apart(parts: Iterable[_Part], limits: Iterable[float]) -> float:
    """How far the limits of the strata lie from their shares, taken together."""
    pairs = zip(parts, limits, strict=True)
    return sqrt(fsum((part.share * (limit - part.mean)) ** 2 for part, limit in pairs))


def _half(parts: Sequence[_Part], level: float) -> float:
    """Half the width of Student's interval, where every stratum has two answers or more."""
    error = fsum(part.error for part in parts)
    if not error:
        return 0.0
    # In parts of the whole, whose squares do not vanish.
    degrees = 1 / fsum((part.error / error) ** 2 / (part.n - 1) for part in parts)
    return t_quantile((1 + level) / 2, degrees) * sqrt(error)


def _n_effective(parts: Sequence[_Part], value: float) -> float | None:
    """The variance of all customers over the squared error, as n is for a plain sample."""
    if any(part.variance is None for part in parts):
        return None
    error = fsum(part.error for part in parts)
    spreads = ((part.variance or 0.0) + (part.mean - value) ** 2 for part in parts)
    whole = fsum(part.share * spread for part, spread in zip(parts, spreads, strict=True))
    return whole / error if error else None
