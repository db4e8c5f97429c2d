"""Error budgets: how many misses a target allows, and how fast they are being spent.

A target of 95 % allows 5 misses among 100; burn is how many times as fast as allowed they come
(Beyer et al., The Site Reliability Workbook, 2018, chapter 5). A service desk has hundreds of
requests where a web service has millions: a burn over an hour says nothing then, and the famous
alert at 14.4 times cannot fire at all below a target of 93 %, since burn never exceeds
1 / (1 − target). So the alert here is on the share of the budget that is spent and on the lower
limit of the burn.
"""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction
from math import inf, isfinite

from attrs import frozen

from servicecore.errors import InvalidValue
from servicecore.estimate import Estimate, missing
from servicecore.intervals import check_hits, check_level, wilson


@frozen
class ErrorBudget:
    """What has become of the misses that a target allows.

    Of `n` that were due, `allowed` may be missed (it need not be whole), and `missed` were.
    `spent` is the share of the budget that is gone, which may be more than all of it. `burn` is the
    share missed over the share allowed, which on the same cohort is the same number; its limits
    are those of Wilson for the share missed. `remaining` is what is left, below 0 if overspent.
    """

    target: float
    n: int
    missed: int
    allowed: float
    spent: Estimate
    burn: Estimate
    remaining: float

    def alerts(self, *, spent: float = 0.5, burn: float = 1.0) -> bool:
        """Whether to tell somebody: so much of the budget is gone, and it is no accident.

        That is where the share spent of a whole period's budget is at least `spent`, and the lower
        limit of the burn is above `burn`.
        """
        if self.spent.value is None or self.burn.low is None:
            return False
        return self.spent.value >= spent and self.burn.low > burn


def error_budget(
    kept: int, n: int, *, target: float, expected: float | None = None, level: float = 0.95
) -> ErrorBudget:
    """The error budget of `kept` among `n` that were due, under a target such as 0.95.

    `expected` is how many will be due in the whole period, of which n is the part so far: the
    budget is that of the period then; without it, of what was due. Burn = (missed / n) / (1 −
    target), with Wilson's limits for the share missed over 1 − target. Raises `InvalidValue` for
    hits that are not between none and all, fewer `expected` than were due, and a target that is not
    between 0 and 1: one of 100 % has no budget, and every miss would be infinitely too much.

    >>> budget = error_budget(92, 100, target=0.95)
    >>> budget.allowed, budget.missed, round(budget.burn.value, 2), round(budget.burn.low, 2)
    (5.0, 8, 1.6, 0.82)
    """
    error = _allowed_share(target)
    check_hits(kept, n)
    check_level(level)
    if expected is not None and not (n <= expected and isfinite(expected)):
        raise InvalidValue(f"expected is {expected}: expected at least the {n} that were due")
    missed = n - kept
    allowed = error * (n if expected is None else expected)
    cohort = f"all that was due, under a target of {target:.4g}"
    if not n:
        none = missing("ratio", cohort, level=level)
        return ErrorBudget(target, 0, 0, allowed, none, none, allowed)
    low, high = (limit / error for limit in wilson(missed, n, level))
    rate = missed / n / error
    burn = Estimate(rate, n, "ratio", cohort, low, high, "wilson", level, hits=missed)
    spent = Estimate(missed / allowed, n, "ratio", cohort, hits=missed)
    return ErrorBudget(target, n, missed, allowed, spent, burn, allowed - missed)


def largest_burn(target: float) -> float:
    """The fastest that a budget can be spent, if everything is missed: 1 / (1 − target).

    >>> largest_burn(0.9)
    10.0
    """
    return 1 / _allowed_share(target)


def burn_threshold(share: float, window: timedelta, period: timedelta) -> float:
    """The burn that spends a share of a period's budget within a window: share × period / window.

    >>> burn_threshold(0.02, timedelta(hours=1), timedelta(days=30))
    14.4
    """
    _check_durations(window, period)
    if not 0 < share <= 1:
        raise InvalidValue(f"share is {share}: expected one between 0 and 1")
    return share * (period / window)


def time_to_exhaustion(burn: float, period: timedelta, *, spent: float = 0.0) -> timedelta | None:
    """How long a period's budget lasts: (1 − spent) · period / burn, with a share `spent` before.

    No time at all where all of it is spent; None where it lasts for ever, since nothing is burnt or
    so little that no calendar has the day. Raises `InvalidValue` for numbers below 0.

    >>> time_to_exhaustion(3, timedelta(days=30)).days
    10
    >>> time_to_exhaustion(3, timedelta(days=30), spent=0.75) / timedelta(days=1)
    2.5
    """
    _check_durations(period)
    for name, number in (("burn", burn), ("spent", spent)):
        if not 0 <= number < inf:
            raise InvalidValue(f"{name} is {number}: expected a number from 0 on")
    if spent >= 1:
        return timedelta(0)
    try:
        return period * ((1 - spent) / burn) if burn else None
    except OverflowError:
        return None


def _allowed_share(target: float) -> float:
    """The share that may be missed, of the target as it was written: 1 − 0.95 is 0.05."""
    if target == 1:
        raise InvalidValue("target is 1: it allows no miss and so has no budget; expected below 1")
    if not 0 < target < 1:
        raise InvalidValue(f"target is {target}: expected a share between 0 and 1 such as 0.95")
    return float(1 - Fraction(repr(float(target))))


def _check_durations(*durations: timedelta) -> None:
    for duration in durations:
        if duration <= timedelta(0):
            raise InvalidValue(f"a duration is {duration}: expected more than none")
