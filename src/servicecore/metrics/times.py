"""Times to acknowledge and to resolve, on a clock that is named (M4, M5)."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import frozen

from servicecore.estimate import Estimate, missing
from servicecore.instants import HOUR
from servicecore.lifecycle.situation import Situation
from servicecore.metrics.cohort import Period
from servicecore.metrics.rows import DONE, Spell
from servicecore.metrics.spells import lifetimes, spells
from servicecore.metrics.survival import Survival, kaplan_meier
from servicecore.sla.calendar import Calendar, always

CUSTOMERS = "the customer's clock"
"""What the wall time from opening to resolution is called; the other clocks are the contract's."""


@frozen
class Times:
    """How long something takes on a clock, in hours.

    `median`, `ninth_decile` and `restricted_mean` count what is still open as what it is, and are
    None where nobody can say yet. `mean_of_finished` is the figure that products show: it leaves
    out what is open, and so flatters. `n` requests are in it, of which `finished` are done.
    """

    clock: str
    n: int
    finished: int
    median: Estimate
    ninth_decile: Estimate
    restricted_mean: Estimate
    mean_of_finished: Estimate
    curve: Survival


def times(
    taken: Iterable[Spell], clock: str, *, until: int | None = None, level: float = 0.95
) -> Times:
    """How long spells take (M9): median, ninth decile, restricted mean, mean of what is finished.

    `until` limits the restricted mean, in microseconds; without it, it goes to the longest time
    that anything is known of.
    """
    known = list(taken)
    curve = kaplan_meier(known, cohort=f"all spells on {clock}", level=level)
    finished = [spell.time for spell in known if spell.ended and spell.cause == DONE]
    return Times(
        clock,
        len(known),
        len(finished),
        curve.median,
        curve.quantile(0.9),
        curve.restricted_mean(until),
        _mean_of_finished(finished, clock),
        curve,
    )


def _mean_of_finished(finished: list[int], clock: str) -> Estimate:
    cohort = f"spells on {clock} that are finished, without those that go on"
    if not finished:
        return missing("hours", cohort)
    return Estimate(sum(finished) / len(finished) / HOUR, len(finished), "hours", cohort)


def times_to_acknowledge(
    situations: Iterable[Situation],
    clock: str = "first response",
    *,
    period: Period | None = None,
    level: float = 0.95,
) -> Times:
    """MTTA: how long it takes until a customer is answered, on the clock of the first response.

    `period` is on the opening (M3). Products call the mean of what is finished MTTA; here that is
    one of four figures, named as what it is.
    """
    return times(spells(situations, clock, period=period), clock, level=level)


def times_to_resolve(
    situations: Iterable[Situation],
    clock: str = "resolution",
    *,
    period: Period | None = None,
    level: float = 0.95,
) -> Times:
    """MTTR: how long it takes until a request is resolved, on the contract's clock (M5).

    That clock counts the hours of service, and pauses where the rules have it so.
    """
    return times(spells(situations, clock, period=period), clock, level=level)


def times_of_customers(
    situations: Iterable[Situation],
    *,
    period: Period | None = None,
    calendar: Calendar = always,
    level: float = 0.95,
) -> Times:
    """How long customers wait from the opening to the resolution, by the clock on their wall (M5).

    Nights, weekends and waiting for the customer count: it is what they lived through. With a
    `calendar` of theirs, its open time alone counts.
    """
    taken = lifetimes(situations, period=period, calendar=calendar)
    return times(taken, CUSTOMERS, level=level)
