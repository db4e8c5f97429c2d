"""The parts of a report: all tallies of one group, and the figures that they give."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import define, field

from servicecore.estimate import Estimate, missing
from servicecore.instants import HOUR
from servicecore.lifecycle.events.promises import CHECKPOINT
from servicecore.lifecycle.situation import Situation
from servicecore.metrics.ageing import ageing
from servicecore.metrics.anticipation import anticipation
from servicecore.metrics.attainment import AttainmentTally
from servicecore.metrics.budgets import error_budget
from servicecore.metrics.cohort import Period
from servicecore.metrics.follow_up import FollowUpTally
from servicecore.metrics.handoffs import HandoffTally
from servicecore.metrics.ledger import PromiseTally
from servicecore.metrics.open_times import is_open, open_times
from servicecore.metrics.over_delivery import OverDeliveryTally
from servicecore.metrics.resolutions import FirstContact, ResolutionTally
from servicecore.metrics.rows import DONE, Spell
from servicecore.metrics.severity import SeverityTally
from servicecore.metrics.silence import SilenceTally
from servicecore.metrics.spells import cycle_spells_on, lifetime, spell_on
from servicecore.metrics.survival import Survival, kaplan_meier
from servicecore.metrics.times import CUSTOMERS, times
from servicecore.sla.calendar import Calendar

SLA, FLOW, EXPERIENCE = "SLA", "Flow", "Experience"
REOPENED_WITHIN = 168 * HOUR
FOLLOWED_UP_WITHIN = 72 * HOUR

Key = tuple[str, str]
"""The section and the name of a figure."""


@define
class Parts:
    """Everything that is tallied of one group, in one pass."""

    clock: str
    target: float
    period: Period | None
    calendar: Calendar
    attainment: AttainmentTally = field(init=False)
    severity: SeverityTally = field(init=False)
    resolutions: ResolutionTally = field(init=False)
    handoffs: HandoffTally = field(init=False)
    promises: PromiseTally = field(init=False)
    checkpoints: PromiseTally = field(init=False)
    silence: SilenceTally = field(init=False)
    over_delivery: OverDeliveryTally = field(init=False)
    follow_ups: FollowUpTally = field(init=False)
    taken: dict[str, list[Spell]] = field(factory=dict, init=False)
    cycles: list[Spell] = field(factory=list, init=False)
    cyclic: set[str] = field(factory=set, init=False)
    waited: list[Spell] = field(factory=list, init=False)
    open: list[Situation] = field(factory=list, init=False)
    troubles: list[Situation] = field(factory=list, init=False)
    counts: dict[str, int] = field(factory=dict, init=False)

    def __attrs_post_init__(self) -> None:
        self.attainment = AttainmentTally(self.period)
        self.severity = SeverityTally(self.clock, self.period)
        self.resolutions = ResolutionTally(self.period)
        self.handoffs = HandoffTally(None, self.period)
        self.promises = PromiseTally(period=self.period)
        self.checkpoints = PromiseTally(CHECKPOINT, self.period)
        self.silence = SilenceTally(self.calendar)
        self.over_delivery = OverDeliveryTally(self.period)
        self.follow_ups = FollowUpTally(0, FOLLOWED_UP_WITHIN, self.period)

    def another(self) -> Parts:
        """Parts of another group that are asked the same."""
        return Parts(self.clock, self.target, self.period, self.calendar)

    def add(self, situation: Situation) -> None:
        """Take in one request."""
        for tally in (
            self.attainment,
            self.severity,
            self.resolutions,
            self.handoffs,
            self.promises,
            self.checkpoints,
            self.silence,
            self.over_delivery,
            self.follow_ups,
        ):
            tally.add(situation)
        if self.period is None or situation.state.opened in self.period:
            self._time(situation)
        self._count(situation)
        self.troubles.append(situation)

    def _time(self, situation: Situation) -> None:
        self.waited.append(lifetime(situation, self.calendar))
        self.cycles.extend(cycle_spells_on(situation, self.clock))
        for clock, readings in situation.readings.items():
            if len(readings) > 1 and clock != self.clock:
                self.cyclic.add(clock)
            self.taken.setdefault(clock, []).extend(spell_on(situation, clock))

    def _count(self, situation: Situation) -> None:
        stretches = open_times(situation)
        for stretch in stretches:
            self._one("came", stretch.start)
            if stretch.end is not None and stretch.cause == DONE:
                self._one("resolved", stretch.end)
        if is_open(situation):
            self.open.append(situation)

    def _one(self, what: str, instant: int) -> None:
        if self.period is None or instant in self.period:
            self.counts[what] = self.counts.get(what, 0) + 1

    def curve(self, level: float) -> Survival:
        """How long the cycles of the contract's clock take, of which each has its deadline."""
        return kaplan_meier(self.cycles, cohort=f"all cycles of {self.clock}", level=level)

    def figures(self, level: float) -> Iterator[tuple[Key, Estimate]]:
        """The figures of the group, section by section."""
        for section, figures in (
            (SLA, self._sla(level)),
            (FLOW, self._flow(level)),
            (EXPERIENCE, self._experience(level)),
        ):
            for name, estimate in figures:
                yield (section, name), estimate

    def _sla(self, level: float) -> Iterator[tuple[str, Estimate]]:
        for row in sorted(self.attainment.by_clock(level), key=lambda row: row.clock):
            yield f"{row.clock}: kept, of all that was due", row.kept
            yield f"{row.clock}: kept, of what has stopped (flatters)", row.resolved_only
            if row.clock == self.clock:
                kept = row.kept
                budget = error_budget(kept.hits or 0, kept.n, target=self.target, level=level)
                yield f"{row.clock}: burn of a target of {self.target:.4g}", budget.burn
        late = self.severity.result(level)
        yield f"{self.clock}: late by, median of the late", late.median
        yield f"{self.clock}: late by, 9 of 10 of the late", late.ninth_decile

    def _flow(self, level: float) -> Iterator[tuple[str, Estimate]]:
        yield "came, reopened ones included", self._number("came")
        yield "resolved", self._number("resolved")
        old = ageing(self.open)
        yield "open now", _count(old.open)
        yield "age of what is open, median", old.median
        for clock in sorted(set(self.taken) - self.cyclic):
            yield from _times(f"time on {clock}", self.taken[clock], clock, level)
        yield from _times("time that customers waited", self.waited, CUSTOMERS, level)
        first = FirstContact()
        yield "resolved at first contact", self.resolutions.first_contact(first, level)
        yield "reopened within 168h", self.resolutions.reopened(REOPENED_WITHIN, level)
        moved = self.handoffs.result(level)
        yield "handoffs per request", moved.per_request
        yield "bounces per request", moved.bounce_index
        yield "bounced at all", moved.bounced
        yield "ping-pong", moved.ping_pong
        yield "resolved by the first group", moved.front

    def _experience(self, level: float) -> Iterator[tuple[str, Estimate]]:
        kept = self.promises.result(level)
        yield "promises kept", kept.kept
        yield "first promises kept", kept.first_kept
        yield "new dates told this long before", kept.lead
        yield "reports given when promised", self.checkpoints.result(level).kept
        quiet = self.silence.result(level)
        yield "longest silence, median", quiet.median
        yield "longest silence, 9 of 10", quiet.ninth_decile
        yield "longest silence of all", quiet.longest
        yield "open without a date for the next report", quiet.without_checkpoint
        early = self.over_delivery.result(level)
        yield "promised time that was left", early.padding
        yield "delivered in less than half of it", early.half
        yield "followed up within 72h", self.follow_ups.result(level).coverage
        raised = anticipation(self.troubles, period=self.period, level=level)
        yield "troubles that we raised first", raised.raised_by_us

    def _number(self, what: str) -> Estimate:
        return _count(self.counts.get(what, 0))


def _times(
    name: str, spells: list[Spell], clock: str, level: float
) -> Iterator[tuple[str, Estimate]]:
    took = times(spells, clock, level=level)
    yield f"{name}, median", took.median
    yield f"{name}, 9 of 10", took.ninth_decile


def _count(number: int) -> Estimate:
    """A number that is known, and no estimate of anything."""
    if not number:
        return missing("count", "counted")
    return Estimate(float(number), number, "count", "counted")
