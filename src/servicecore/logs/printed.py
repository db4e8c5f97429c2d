"""A report as text that reads well without colour and in 100 columns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from servicecore.instants import duration_text
from servicecore.logs.quoting import counted, unquoted
from servicecore.logs.report import Breach, LogReport
from servicecore.messages import ENGLISH, Messages
from servicecore.metrics.attainment import Attainment
from servicecore.sla.explanation import when

MOST_LISTED = 10
"""How many unusable rows, requests and the like are printed; the JSON report has them all."""

COLUMNS = ("requests", "met", "missed", "late", "open", "paused", "cancelled", "due")
HEADER = ("clock", "priority", *COLUMNS, "kept", "95 % interval")


def printed(report: LogReport, messages: Messages = ENGLISH) -> str:
    """The whole report: attainment, the worst breaches, and what could not be judged.

    The breaches are explained in the language of `messages`.
    """
    parts = [
        f"{counted(report.requests, 'request')} as of {when(report.at)} UTC{_later(report.later)}",
        attainment_table(report.attainment),
        LEGEND,
        *worst_breaches(report, messages),
        *_listed("No policy matches", [unquoted(name) for name in report.without_policy]),
        *_listed(
            "Could not be replayed", [f"{unquoted(k)}: {v}" for k, v in report.failed.items()]
        ),
    ]
    return "\n\n".join(parts)


def _later(later: int) -> str:
    return f"; {counted(later, 'request')} opened later left out" if later else ""


LEGEND = """\
met, missed: the clock has stopped. late: past due and still running. open, paused: in time so far.
due: all whose deadline has passed, finished or not; kept: the share of these that kept it."""


def attainment_table(rows: Iterable[Attainment]) -> str:
    """A line for each clock and priority; a clock's name stands in its first line only."""
    table: list[Sequence[str]] = [HEADER]
    before = ""
    for row in rows:
        counts = [f"{getattr(row, column):,}" for column in COLUMNS]
        table.append(
            ["" if row.clock == before else row.clock, unquoted(row.priority), *counts, *_kept(row)]
        )
        before = row.clock
    return aligned(table)


def _kept(row: Attainment) -> tuple[str, str]:
    kept = row.kept
    if kept.value is None or kept.low is None or kept.high is None:
        return "–", "nothing due"
    return f"{kept.value:.1%}", f"{kept.low:.1%} – {kept.high:.1%}"


def aligned(table: Sequence[Sequence[str]]) -> str:
    """Rows as lines of aligned columns: the first two to the left, the others right."""
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if place < 2 else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in table
    )


def worst_breaches(report: LogReport, messages: Messages = ENGLISH) -> list[str]:
    """The breaches that were late longest, each with its explanation."""
    if report.worst:
        return ["The worst breaches:", *(_breach(each, messages) for each in report.worst)]
    late = any(row.missed or row.late for row in report.attainment)
    return [] if late or not report.attainment else ["No clock was late."]


def _breach(breach: Breach, messages: Messages) -> str:
    head = (
        f"{unquoted(breach.request)}: {breach.clock}, priority {unquoted(breach.priority)}, "
        f"policy {breach.policy}, "
        f"late by {duration_text(breach.late_by)}"
    )
    explained = breach.reading.explain(messages)
    return "\n".join([head, *(f"  {line}" for line in explained.splitlines())])


def _listed(title: str, items: Sequence[str]) -> list[str]:
    if not items:
        return []
    more = len(items) - MOST_LISTED
    lines = [f"{title}: {counted(len(items), 'request')}", *(f"  {i}" for i in items[:MOST_LISTED])]
    return ["\n".join(lines + [f"  … and {more:,} more"] * (more > 0))]
