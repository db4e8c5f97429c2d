"""Defection: customers who help themselves elsewhere, or have fallen silent (M8)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Self

from attrs import define, field, frozen

from servicecore.errors import InvalidValue
from servicecore.estimate import Estimate, missing
from servicecore.instants import HOUR
from servicecore.lifecycle.events import DefectionNoted
from servicecore.lifecycle.situation import Situation
from servicecore.metrics.cohort import Period, instant_of_both, same_instant
from servicecore.metrics.open_times import is_open
from servicecore.requests import Kind

OWN_VENDOR, WORKAROUND = "own vendor", "workaround"
"""The kinds of defection that `DefectionNoted` speaks of, by their usual names."""


@frozen
class Prior:
    """What is known of how often customers ask, before this one is looked at: a gamma distribution.

    `shape` requests in `duration` microseconds: so many, known so well. It is the caller's, and to
    be named with the figure.
    """

    shape: float
    duration: int

    def __attrs_post_init__(self) -> None:
        if not (self.shape > 0 and self.duration > 0):
            raise InvalidValue(f"{self}: expected a shape and a duration above 0")


@frozen
class Defection:
    """The signs that a customer goes elsewhere: each by itself, and never one score.

    `silence` is the chance that a customer who goes on as before would have been silent for as long
    as this one is; a small one is a reason to call. `own_vendor` and `workaround` count what was
    noted, `other` what was noted by other names, and `unresolved_complaints` the complaints that
    are open.
    """

    customer: str
    requests: int
    silent_hours: float
    silence: Estimate
    own_vendor: int
    workaround: int
    other: int
    unresolved_complaints: int


def silence_chance(
    requests: int, seen: int, silent: int, prior: Prior, *, cohort: str = "one customer"
) -> Estimate:
    """The chance of no request in a gap, after so many in a time: ((b + T)/(b + T + g))^(a + x).

    The rate of a customer's requests has a gamma distribution with the prior's shape a and duration
    b; after x requests in a time T it is gamma with a + x and b + T, and the chance of none in a
    gap g is that of a negative binomial at 0 (A. Gelman et al., Bayesian Data Analysis, 2013, 2.6).
    Times are in microseconds. It has no interval: the uncertainty of the rate is in it. Raises
    `InvalidValue` for numbers below 0.

    >>> year, month = 365 * 24 * HOUR, 30 * 24 * HOUR
    >>> round(silence_chance(24, year, 3 * month, Prior(2, month)).value, 4)
    0.0048
    """
    if min(requests, seen, silent) < 0:
        raise InvalidValue("requests and times: expected numbers from 0 on")
    base = prior.duration + seen
    chance = (base / (base + silent)) ** (prior.shape + requests)
    return Estimate(chance, 1, "share", cohort, method="gamma-poisson")


@define
class DefectionTally:
    """The signs of each customer, in one pass and in parts (M9).

    With a `period`, it is what was opened and noted in it: T runs from its start, or from a
    customer's first request there, to the last one.
    """

    prior: Prior
    period: Period | None = None
    openings: dict[str, list[int]] = field(factory=dict)
    noted: dict[tuple[str, str], int] = field(factory=dict)
    complaints: dict[str, int] = field(factory=dict)
    instant: int | None = None

    def add(self, situation: Situation) -> None:
        """Note one request of its customer; one without a customer is nobody's."""
        self.instant = same_instant(self.instant, situation.instant)
        customer = situation.request.customer
        if customer is None:
            return
        if self.period is None or situation.state.opened in self.period:
            self.openings.setdefault(customer, []).append(situation.state.opened)
        for event in situation.history:
            if isinstance(event, DefectionNoted) and (
                self.period is None or event.occurred in self.period
            ):
                key = customer, event.kind
                self.noted[key] = self.noted.get(key, 0) + 1
        if situation.request.kind == Kind.COMPLAINT and is_open(situation):
            self.complaints[customer] = self.complaints.get(customer, 0) + 1

    def merge(self, other: Self) -> None:
        """Add what another tally noted with the same prior."""
        self.instant = instant_of_both(self, other, "prior", "period")
        for customer, openings in other.openings.items():
            self.openings.setdefault(customer, []).extend(openings)
        for key, number in other.noted.items():
            self.noted[key] = self.noted.get(key, 0) + number
        for customer, number in other.complaints.items():
            self.complaints[customer] = self.complaints.get(customer, 0) + number

    def result(self) -> tuple[Defection, ...]:
        """The signs of every customer, in alphabetical order."""
        known = {*self.openings, *self.complaints, *(customer for customer, _ in self.noted)}
        return tuple(self._signs(customer) for customer in sorted(known))

    def _signs(self, customer: str) -> Defection:
        openings = self.openings.get(customer, [])
        noted = {kind: number for (who, kind), number in self.noted.items() if who == customer}
        now = self.instant or 0
        silent = now - max(openings, default=now)
        return Defection(
            customer,
            len(openings),
            silent / HOUR,
            self._silence(openings, silent, customer),
            noted.pop(OWN_VENDOR, 0),
            noted.pop(WORKAROUND, 0),
            sum(noted.values()),
            self.complaints.get(customer, 0),
        )

    def _silence(self, openings: list[int], silent: int, customer: str) -> Estimate:
        if not openings:
            return missing("share", customer)
        start = min(openings) if self.period is None else self.period.start
        seen = max(openings) - start
        return silence_chance(len(openings), seen, silent, self.prior, cohort=customer)


def defections(
    situations: Iterable[Situation], prior: Prior, *, period: Period | None = None
) -> tuple[Defection, ...]:
    """The signs that customers go elsewhere, for each of them, in alphabetical order.

    Silence is judged by the customer's own past: x requests from the first to the last, and none
    since. Raises `InvalidValue` for situations of different instants.
    """
    tally = DefectionTally(prior, period)
    for situation in situations:
        tally.add(situation)
    return tally.result()
