"""The figures of a log: every history replayed, and one report over all of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from attrs import field, frozen

from servicecore.backtest.running import last_instant, opened_by
from servicecore.errors import UnknownName
from servicecore.instants import as_instant
from servicecore.lifecycle.events import Event
from servicecore.logs.printed import MOST_LISTED
from servicecore.logs.quoting import counted, unquoted
from servicecore.logs.report import Progress, replayed
from servicecore.metrics.cohort import Period
from servicecore.metrics.grouping import NOBODYS, Grouping
from servicecore.metrics.report import ALL, Report, report
from servicecore.metrics.scales import CSAT_5, Scale
from servicecore.metrics.surveys import Surveys, surveys_of
from servicecore.sla.book import PolicyBook
from servicecore.sla.calendar import Calendar, always


@frozen
class LogFigures:
    """The report over a log, and what is not in it.

    `later` counts the requests that were opened after the instant, `failed` has those that could
    not be replayed, with the reason. `uninvited` counts answers that nobody was invited to, and
    `unknown_requests` invitations about requests that the log does not have.
    """

    report: Report
    later: int = 0
    failed: Mapping[str, str] = field(factory=dict)
    uninvited: int = 0
    unknown_requests: int = 0

    def remarks(self) -> Iterator[str]:
        """What is not in the report, in words; nothing where all of it is."""
        if self.later:
            yield f"Left out, since opened later: {counted(self.later, 'request')}"
        if self.failed:
            listed = list(self.failed.items())[:MOST_LISTED]
            lines = [f"  {unquoted(name)}: {why}" for name, why in listed]
            yield "\n".join([f"Could not be replayed: {len(self.failed):,}", *lines])
        if {each.group for each in self.report.figures} == {ALL, NOBODYS}:
            yield f"No request has the fact {self.report.by!r}, so all are in one group."
        if self.uninvited:
            answers = counted(self.uninvited, "answer")
            yield f"Left out, since nobody was invited to it: {answers}"
        if self.unknown_requests:
            invitations = counted(self.unknown_requests, "invitation")
            yield f"About requests that the log does not have: {invitations}"

    def table(self) -> dict[str, object]:
        """All of it as plain values, for JSON."""
        return {
            **self.report.table(),
            "later": self.later,
            "failed": dict(self.failed),
            "uninvited": self.uninvited,
            "unknown_requests": self.unknown_requests,
        }


def figures_of(
    histories: Mapping[str, tuple[Event, ...]],
    book: PolicyBook,
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
    progress: Progress | None = None,
) -> LogFigures:
    """Replay every history at an instant and report its figures.

    `at` is None for the instant of the last event. What histories say of surveys is added to
    `surveys`. A history that cannot be replayed is listed and stops nobody else; requests opened
    later are left out. The other arguments are those of `servicecore.metrics.report.report`. Raises
    `UnknownName` for a clock that the book does not owe.
    """
    if clock not in book.owed:
        raise UnknownName("clock of these policies", clock, book.owed)
    instant = last_instant(histories.values()) if at is None else as_instant(at)
    known = opened_by(histories, instant)
    failed: dict[str, str] = {}
    situations = [each for _, each in replayed(known, book, instant, failed, progress)]
    asked = surveys_of(situations) + (surveys or Surveys())
    found = report(
        situations,
        at=instant,
        surveys=asked,
        by=by,
        period=period,
        calendar=calendar,
        clock=clock,
        target=target,
        question=question,
        scale=scale,
    )
    return LogFigures(
        found,
        len(histories) - len(known),
        failed,
        len(asked.uninvited(at=instant)),
        _unknown(asked, histories),
    )


def _unknown(surveys: Surveys, histories: Mapping[str, object]) -> int:
    return sum(
        each.request is not None and each.request not in histories for each in surveys.invitations
    )
