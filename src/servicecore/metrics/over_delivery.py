"""Over-delivery: how much earlier than promised, and whether promises are padded (M6)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Self

from attrs import define, field, frozen

from servicecore.estimate import Estimate, mean, share
from servicecore.lifecycle.events.promises import DELIVERY
from servicecore.lifecycle.situation import Situation
from servicecore.metrics.cohort import Period, instant_of_both, same_instant

COHORT = "requests with a delivery promise that was told and delivered"


@frozen
class OverDelivery:
    """How much of the promised time was left at delivery.

    `padding` is the mean of (promised − delivered) / (promised − made): 1 is at once, 0 just in
    time, below 0 late. `early` is the share delivered before the date, and `half` the share
    delivered in less than half of the promised time. A little is courtesy; where most take less
    than half, the dates are padded to be kept, and customers plan by dates that mean nothing.
    """

    padding: Estimate
    early: Estimate
    half: Estimate


@define
class OverDeliveryTally:
    """Over-delivery in one pass and in parts (M9); with a `period`, of promises due in it."""

    period: Period | None = None
    paddings: list[float] = field(factory=list)
    instant: int | None = None

    def add(self, situation: Situation) -> None:
        """Note the mean padding of one request."""
        self.instant = same_instant(self.instant, situation.instant)
        promises = situation.state.promises
        if not promises.open and not promises.finished:
            return
        found = [
            padding(promise.made, promise.due, promise.done)
            for promise in promises
            if promise.kind == DELIVERY
            and promise.told
            and promise.done is not None
            and promise.due > promise.made
            and (self.period is None or promise.due in self.period)
        ]
        if found:
            self.paddings.append(sum(found) / len(found))

    def merge(self, other: Self) -> None:
        """Add what another tally noted."""
        self.instant = instant_of_both(self, other, "period")
        self.paddings.extend(other.paddings)

    def result(self, level: float = 0.95) -> OverDelivery:
        """The over-delivery of all that was noted."""
        n = len(self.paddings)

        def part(hits: int) -> Estimate:
            return share(hits, n, cohort=COHORT, level=level)

        return OverDelivery(
            mean(self.paddings, unit="ratio", cohort=COHORT, level=level),
            part(sum(each > 0 for each in self.paddings)),
            part(sum(each > 0.5 for each in self.paddings)),
        )


def padding(made: int, promised: int, delivered: int) -> float:
    """(promised − delivered) / (promised − made), of instants in microseconds.

    >>> padding(made=0, promised=10, delivered=4)
    0.6
    """
    return (promised - delivered) / (promised - made)


def over_delivery(
    situations: Iterable[Situation], *, period: Period | None = None, level: float = 0.95
) -> OverDelivery:
    """How much earlier than promised customers were served; see `OverDelivery`.

    Promises count that were told and delivered, by the date in force; those of one request are
    averaged first. The mean has Student's interval, shares have Wilson's.
    """
    tally = OverDeliveryTally(period)
    for situation in situations:
        tally.add(situation)
    return tally.result(level)
