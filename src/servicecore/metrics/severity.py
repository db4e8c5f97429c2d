"""Breach severity: by how much what is late is late, also while it still gets later (M2, M4)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Self

from attrs import define, field, frozen

from servicecore.estimate import Estimate, mean, missing
from servicecore.instants import HOUR
from servicecore.lifecycle.situation import Situation
from servicecore.metrics.cohort import Period, instant_of_both, same_instant
from servicecore.metrics.rows import Spell
from servicecore.metrics.standings import deadline
from servicecore.metrics.survival import Survival, kaplan_meier


@frozen
class Severity:
    """How late the late requests of a clock are, in hours of its calendar.

    `late` requests missed a deadline, and `growing` of them are still open, so that what is known
    of them is only that they are later than by now. `median` and `ninth_decile` take that into
    account (Kaplan-Meier over lateness); they are None where so many are still growing that nobody
    can say. `curve` has every other quantile. `total` is what has been lost by now, which grows as
    long as one of them does, and `mean` the same per late request, with Student's interval.
    """

    clock: str
    late: int
    growing: int
    median: Estimate
    ninth_decile: Estimate
    mean: Estimate
    total: Estimate
    curve: Survival = field(repr=False)


@define
class SeverityTally:
    """Breach severity of one clock, in one pass and in parts (M9).

    With a `period`, only deadlines that lie in it are looked at.
    """

    clock: str = "resolution"
    period: Period | None = None
    lateness: list[Spell] = field(factory=list)
    instant: int | None = None

    def add(self, situation: Situation) -> None:
        """Note by how much a request is late, over all late cycles of the clock."""
        self.instant = same_instant(self.instant, situation.instant)
        late = [
            reading
            for reading in situation.readings.get(self.clock, ())
            if reading.late and (self.period is None or deadline(reading) in self.period)
        ]
        if late:
            time = sum(reading.late_by_microseconds for reading in late)
            self.lateness.append(Spell(time, ended=late[-1].ended is not None))

    def merge(self, other: Self) -> None:
        """Add what another tally noted of the same clock."""
        self.instant = instant_of_both(self, other, "clock", "period")
        self.lateness.extend(other.lateness)

    def result(self, level: float = 0.95) -> Severity:
        """The severity of all that is late."""
        return severity_of(self.lateness, self.clock, level=level)


def severity(
    situations: Iterable[Situation],
    clock: str = "resolution",
    *,
    period: Period | None = None,
    level: float = 0.95,
) -> Severity:
    """By how much the late requests of a clock are late at the situations' instant.

    Lateness is the time of the target's calendar that passed since the deadline, up to the stop of
    the clock or its cancellation, or up to now. A request with several late cycles counts once,
    with their sum. See `Severity` for what is done with those that are still open. With a `period`,
    of deadlines in it. Raises `InvalidValue` for situations of different instants.
    """
    tally = SeverityTally(clock, period)
    for situation in situations:
        tally.add(situation)
    return tally.result(level)


def severity_of(
    lateness: Sequence[Spell], clock: str = "resolution", *, level: float = 0.95
) -> Severity:
    """The same of plain rows: by how much each late request is late, and whether that has ended.

    >>> found = severity_of([Spell(HOUR), Spell(3 * HOUR), Spell(8 * HOUR, ended=False)])
    >>> found.growing, found.median.value, found.mean.value, found.ninth_decile.reason
    (1, 3.0, 4.0, 'unreached')
    """
    cohort = f"requests that missed a deadline of {clock}"
    hours = [spell.time / HOUR for spell in lateness]
    growing = sum(not spell.ended for spell in lateness)
    curve = kaplan_meier(lateness, cohort=cohort, level=level)
    total = sum(spell.time for spell in lateness) / HOUR
    return Severity(
        clock,
        late=len(hours),
        growing=growing,
        median=curve.median,
        ninth_decile=curve.quantile(0.9),
        mean=mean(hours, unit="hours", cohort=f"{cohort}, as late as they are by now", level=level),
        total=Estimate(total, len(hours), "hours", cohort) if hours else missing("hours", cohort),
        curve=curve,
    )
