"""Defection: customers who help themselves elsewhere, or have fallen silent (M8)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import timedelta
from math import isfinite
from typing import Self

from attrs import define, field, frozen

from servicecore.errors import InvalidValue
from servicecore.estimate import Estimate
from servicecore.instants import HOUR, duration_text, to_period
from servicecore.lifecycle.events import DefectionNoted
from servicecore.lifecycle.situation import Situation
from servicecore.metrics.cohort import Period, instant_of_both, same_instant
from servicecore.metrics.open_times import is_open
from servicecore.requests import Kind

OWN_VENDOR, WORKAROUND = "own vendor", "workaround"
"""The kinds of defection that `DefectionNoted` speaks of, by their usual names."""


def _duration(value: timedelta | str | int) -> int:
    return value if isinstance(value, int) else to_period(value, "duration")


@frozen
class Prior:
    """What is known of how often customers ask, before this one is looked at: a gamma distribution.

    `shape` requests in a `duration`, in microseconds (text such as ``"720h"`` and timedeltas are
    taken as well): so many, known so well. It is the caller's, and named with the figure.
    """

    shape: float
    duration: int = field(converter=_duration)

    def __attrs_post_init__(self) -> None:
        if not (self.shape > 0 and isfinite(self.shape) and self.duration > 0):
            raise InvalidValue(f"{self}: expected a shape and a duration above 0")

    def __str__(self) -> str:
        return f"prior of {self.shape:g} in {duration_text(self.duration)}"


@frozen
class Defection:
    """The signs that a customer goes elsewhere: each by itself, and never one score.

    `silence` is the chance that a customer who goes on as before would have been silent for as long
    as this one is; a small one is a reason to call. `own_vendor` and `workaround` count what was
    noted, `other` what was noted by each other name, and `unresolved_complaints` the complaints
    that are open.
    """

    customer: str
    requests: int
    silent_hours: float
    silence: Estimate
    own_vendor: int
    workaround: int
    other: Mapping[str, int]
    unresolved_complaints: int


def silence_chance(
    requests: int, seen: int, silent: int, prior: Prior, *, cohort: str = "one customer"
) -> Estimate:
    """The chance of no request in a gap, after so many in a time: ((b + T)/(b + T + g))^(a + x).

    The rate of a customer's requests has a gamma distribution with the prior's shape a and duration
    b; after x requests in a time T it is gamma with a + x and b + T, and the chance of none in a
    gap g is that of a negative binomial at 0 (A. Gelman et al., Bayesian Data Analysis, 2013, 2.6).
    A request that T begins with is not one of x. Times are in microseconds. It has no interval: the
    uncertainty of the rate is in it. Raises `InvalidValue` for numbers below 0.

    >>> year, month = 365 * 24 * HOUR, 30 * 24 * HOUR
    >>> round(silence_chance(24, year, 3 * month, Prior(2, month)).value, 4)
    0.0048
    """
    if min(requests, seen, silent) < 0:
        raise InvalidValue("requests and times: expected numbers from 0 on")
    base = prior.duration + seen
    chance = (base / (base + silent)) ** (prior.shape + requests)
    return Estimate(chance, 1, "share", cohort, method=f"gamma-poisson, {prior}")


@define
class CustomerRecord:
    """What is known of one customer."""

    openings: list[int] = field(factory=list)
    noted: Counter[str] = field(factory=Counter)
    complaints: int = 0


@define
class DefectionTally:
    """The signs of each customer, in one pass and in parts (M9).

    With a `period`, requests and what was noted are counted in it, silence is that at its end,
    judged by all that came before, and nothing that was opened later is looked at.
    """

    prior: Prior
    period: Period | None = None
    customers: dict[str, CustomerRecord] = field(factory=dict)
    instant: int | None = None

    def add(self, situation: Situation) -> None:
        """Note one request of its customer; one without a customer is nobody's."""
        self.instant = same_instant(self.instant, situation.instant)
        name, opened = situation.request.customer, situation.state.opened
        if name is None or (self.period is not None and opened >= self.period.end):
            return
        customer = self.customers.setdefault(name, CustomerRecord())
        customer.openings.append(opened)
        for event in situation.history:
            if isinstance(event, DefectionNoted) and self._counts(event.occurred):
                customer.noted[event.kind] += 1
        if situation.request.kind == Kind.COMPLAINT and is_open(situation):
            customer.complaints += 1

    def _counts(self, instant: int) -> bool:
        return self.period is None or instant in self.period

    def merge(self, other: Self) -> None:
        """Add what another tally noted with the same prior."""
        self.instant = instant_of_both(self, other, "prior", "period")
        for name, theirs in other.customers.items():
            mine = self.customers.setdefault(name, CustomerRecord())
            mine.openings.extend(theirs.openings)
            mine.noted.update(theirs.noted)
            mine.complaints += theirs.complaints

    def result(self) -> tuple[Defection, ...]:
        """The signs of every customer, in alphabetical order."""
        return tuple(self._signs(name, self.customers[name]) for name in sorted(self.customers))

    def _signs(self, name: str, customer: CustomerRecord) -> Defection:
        openings, noted = customer.openings, dict(sorted(customer.noted.items()))
        first, last = min(openings), max(openings)
        silent = self._end(last) - last
        # The first request begins the time that is looked at, and says nothing about the rate.
        chance = silence_chance(len(openings) - 1, last - first, silent, self.prior, cohort=name)
        return Defection(
            name,
            sum(map(self._counts, openings)),
            silent / HOUR,
            chance,
            noted.pop(OWN_VENDOR, 0),
            noted.pop(WORKAROUND, 0),
            noted,
            customer.complaints,
        )

    def _end(self, last: int) -> int:
        """Until when silence is measured."""
        now = last if self.instant is None else self.instant
        return now if self.period is None else min(now, self.period.end)


def defections(
    situations: Iterable[Situation], prior: Prior, *, period: Period | None = None
) -> tuple[Defection, ...]:
    """The signs that customers go elsewhere, for each of them, in alphabetical order.

    Silence is judged by the customer's own past: the requests that followed the first one, in the
    time up to the last one, and none since. The past is that of the situations given, so leave out
    what is too long ago to tell of the rate. With a `period`, silence is that at its end, and
    customers who asked before it and not in it are among those listed. Raises `InvalidValue` for
    situations of different instants.
    """
    tally = DefectionTally(prior, period)
    for situation in situations:
        tally.add(situation)
    return tally.result()
