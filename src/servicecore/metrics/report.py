"""One report out of all figures: over histories and surveys, by any grouping (M8)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from attrs import define, field, frozen

from servicecore.estimate import Estimate
from servicecore.instants import DateTime, as_instant, to_datetime
from servicecore.lifecycle.situation import Situation
from servicecore.metrics.breach_risk import BreachRisk, expected_breaches, most_at_risk
from servicecore.metrics.cohort import Period, same_instant
from servicecore.metrics.grouping import SMALL, Grouping, grouping
from servicecore.metrics.report_parts import Parts
from servicecore.metrics.report_surveys import SurveyParts
from servicecore.metrics.scales import CSAT_5, Scale
from servicecore.metrics.surveys import Surveys
from servicecore.sla.calendar import Calendar, always

ALL = "all"
MOST_AT_RISK = 10
SATISFACTION = "Satisfaction"
EXPECTED = "expected to be late of what runs and is in time"


@frozen
class Figure:
    """A line of a report: a figure of a group, and the section that it stands in."""

    section: str
    name: str
    group: str
    estimate: Estimate

    @property
    def small(self) -> bool:
        """Whether it rests on so few that it is marked (n < 30); figures of one period do not."""
        return self.estimate.value is not None and 1 < self.estimate.n < SMALL


@frozen
class Withheld:
    """A group that is not shown by itself in a section, and why not."""

    section: str
    group: str
    why: str


@frozen
class Report:
    """What a report says of all requests at an instant, and of each group.

    `figures` come section by section; within one, figure by figure, all requests first and then
    the groups in alphabetical order. `withheld` names the groups that are not shown, with the
    reason. `at_risk` are open requests that are likely to be late. `instant` is in microseconds;
    `by` is the fact that groups are made by, or empty. No figure is about a person.
    """

    instant: int
    requests: int
    by: str
    figures: tuple[Figure, ...]
    withheld: tuple[Withheld, ...] = ()
    at_risk: tuple[BreachRisk, ...] = ()
    period: Period | None = field(default=None)

    @property
    def at(self) -> DateTime:
        """The instant, in UTC."""
        return to_datetime(self.instant)

    def figure(self, name: str, group: str = ALL) -> Estimate:
        """The figure of that name; `KeyError` where the report has none."""
        for each in self.figures:
            if (each.name, each.group) == (name, group):
                return each.estimate
        raise KeyError(name)

    def text(self) -> str:
        """The report as text in columns."""
        from servicecore.metrics.report_printed import report_text  # it reads reports

        return report_text(self)

    def markdown(self) -> str:
        """The report as Markdown, with a table for each section."""
        from servicecore.metrics.report_printed import report_markdown  # it reads reports

        return report_markdown(self)

    def table(self) -> dict[str, object]:
        """The report as plain values, for JSON."""
        from servicecore.metrics.report_printed import report_table  # it reads reports

        return report_table(self)


def report(
    situations: Iterable[Situation],
    *,
    at: datetime | int | None = None,
    surveys: Surveys | None = None,
    by: str | Grouping | None = None,
    period: Period | None = None,
    calendar: Calendar = always,
    clock: str = "resolution",
    target: float = 0.9,
    question: str = "csat",
    scale: Scale = CSAT_5,
    level: float = 0.95,
) -> Report:
    """All figures over situations of one instant, in one pass, and over surveys.

    `at` is that instant, where it is to be told even of no situation; others are refused then.
    `by` groups requests as `servicecore.metrics.grouping` has it, by the name of a fact or by a
    function; facts that name persons are refused (`InvalidValue`). With a `period`, every figure
    takes what M3 has it take of it. `calendar` is the customers' own, for silence and waiting.
    `clock` is the contract's clock that budgets, watermelons and risks are about, and `target` the
    share of it that is aimed at. `question` is the answer that tells satisfaction, on `scale`.

    >>> from servicecore import PolicyBook, replay
    >>> from servicecore.lifecycle.events import Opened
    >>> situation = replay([Opened(request="R1", occurred_at=0)], PolicyBook.of(), at=5)
    >>> report([situation]).figure("open now").value
    1.0
    """
    asked = SurveyParts(surveys or Surveys(), question, scale, clock, period)
    reporting = _Reporting(by, Parts(clock, target, period, calendar), asked)
    reporting.instant = None if at is None else as_instant(at)
    for situation in situations:
        reporting.add(situation)
    return reporting.result(level)


@define
class _Reporting:
    """A report in the making: `whole` is of all requests, `parts` of each group."""

    by: str | Grouping | None
    whole: Parts
    asked: SurveyParts
    parts: dict[str, Parts] = field(factory=dict)
    running: list[Situation] = field(factory=list)
    instant: int | None = None
    requests: int = 0
    group_of: Grouping = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.group_of = grouping(self.by)

    def add(self, situation: Situation) -> None:
        self.instant = same_instant(self.instant, situation.instant)
        self.requests += 1
        self.whole.add(situation)
        group = self.group_of(situation)
        self.asked.add(situation, group)
        if self.by is not None:
            if group not in self.parts:
                self.parts[group] = self.whole.another()
            self.parts[group].add(situation)
        self.running.extend(_running(situation, self.whole.clock))

    def result(self, level: float) -> Report:
        at, grouped = self.instant or 0, self.by is not None
        said, withheld = self.asked.result(at, self.whole.target, level, grouped=grouped)
        at_risk = most_at_risk(self.running, self.whole.clock, self.whole.curve(level))
        expected = expected_breaches(at_risk, level=level)
        figures = [
            *_in_order({ALL: self.whole, **self.parts}, level),
            Figure("What comes next", EXPECTED, ALL, expected),
            *(Figure(SATISFACTION, name, group, estimate) for name, group, estimate in said),
        ]
        return Report(
            at,
            self.requests,
            _name_of(self.by),
            tuple(figures),
            tuple(Withheld(SATISFACTION, group, why) for group, why in withheld.items()),
            at_risk[:MOST_AT_RISK],
            self.whole.period,
        )


def _running(situation: Situation, clock: str) -> Iterator[Situation]:
    reading = situation.reading(clock)
    if reading is not None and reading.ended is None:
        yield situation


def _in_order(parts: Mapping[str, Parts], level: float) -> Iterator[Figure]:
    """Figure by figure, all requests first, then the groups in alphabetical order."""
    names = [ALL, *sorted(set(parts) - {ALL})]
    by_group = {name: dict(parts[name].figures(level)) for name in names}
    order = dict.fromkeys(key for name in names for key in by_group[name])
    for section, figure in order:
        for name in names:
            estimate = by_group[name].get((section, figure))
            if estimate is not None:
                yield Figure(section, figure, name, estimate)


def _name_of(by: str | Grouping | None) -> str:
    if by is None:
        return ""
    return by if isinstance(by, str) else getattr(by, "__name__", "group")
