"""Figures that say how sure they are: a value with its n, its interval and its cohort (M1)."""

from __future__ import annotations

from math import sqrt
from statistics import NormalDist
from typing import Literal

from attrs import frozen

from servicecore.errors import InvalidValue

Unit = Literal["share", "points", "score", "hours", "count", "rate", "ratio"]
Reason = Literal[
    "no_data", "unreached", "withheld", "extrapolated", "few", "late", "clustered",
    "overlapping", "unknown",
]  # fmt: skip


@frozen
class Estimate:
    """A figure with what it rests on; it has a value, or a reason why it has none.

    `n` counts independent units and `hits` those that a share is of. `low` and `high` limit the
    interval at `level` by `method`. `cohort` says of whom the figure speaks. An estimate is no
    number: it has no arithmetic, order or truth value, so that nobody compares two by accident.
    """

    value: float | None
    n: int
    unit: Unit
    cohort: str
    low: float | None = None
    high: float | None = None
    method: str = ""
    level: float = 0.95
    reason: Reason | None = None
    hits: int | None = None
    n_effective: float | None = None

    def __bool__(self) -> bool:
        """Refused: a share of 0 is a figure, and so is a wide interval."""
        raise TypeError("an estimate is neither true nor false: look at its value or its limits")

    def __str__(self) -> str:
        if self.value is None:
            return f"– ({self.reason}, n={self.n})"
        scale, sign = (100, " %") if self.unit == "share" else (1, f" {self.unit}")
        limits = ""
        if self.low is not None and self.high is not None:
            limits = f" [{self.low * scale:.1f}, {self.high * scale:.1f}]"
        return f"{self.value * scale:.1f}{sign}{limits} (n={self.n})"


def share(hits: int, n: int, *, cohort: str, level: float = 0.95) -> Estimate:
    """The share of `hits` among `n`, with Wilson's score interval.

    With p = hits/n and z the normal quantile of the level, the limits are
    (p + z²/2n ± z·√(p(1−p)/n + z²/4n²)) / (1 + z²/n) (Wilson 1927). They lie in [0, 1] and contain
    p. For n = 0 there is no value, and never a 0.

    >>> print(share(190, 200, cohort="due"))
    95.0 % [91.0, 97.3] (n=200)
    """
    if not 0 <= hits <= n:
        raise InvalidValue(f"{hits} hits among {n}: expected between none and all")
    if not 0 < level < 1:
        raise InvalidValue(f"level is {level}: expected a share between 0 and 1 such as 0.95")
    if n == 0:
        return Estimate(None, 0, "share", cohort, level=level, reason="no_data", hits=0)
    low, high = wilson(hits, n, level)
    return Estimate(hits / n, n, "share", cohort, low, high, "wilson", level, hits=hits)


def wilson(hits: int, n: int, level: float) -> tuple[float, float]:
    """The limits of Wilson's score interval, as `share` gives the formula."""
    z = NormalDist().inv_cdf((1 + level) / 2)
    p = hits / n
    center = p + z * z / (2 * n)
    half = z * sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    return max(0.0, min((center - half) / scale, p)), min(1.0, max((center + half) / scale, p))
