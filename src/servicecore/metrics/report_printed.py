"""A report as text, as Markdown and as plain values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from textwrap import fill

import attrs

from servicecore.estimate import Estimate, Reason, Unit
from servicecore.instants import HOUR
from servicecore.metrics.breach_risk import BreachRisk
from servicecore.metrics.cohort import Period
from servicecore.metrics.report import ALL, Figure, Report

WIDTH = 100

REASONS: Mapping[Reason, str] = {
    "no_data": "nothing to count",
    "unreached": "not reached yet",
    "withheld": "withheld: too few",
    "extrapolated": "beyond what is known",
    "few": "few",
    "late": "late already",
    "clustered": "no interval: cycles hang together",
    "overlapping": "overlapping",
    "unknown": "unknown",
}
"""What the reasons of estimates are called."""

NOTE = """\
Interval: 95 % unless said otherwise. n: what the figure rests on. small: fewer than 30.
Of all that was due: whose deadline has passed, finished or not. 9 of 10: so many took no longer."""


def shown(number: float, unit: Unit) -> str:
    """A value of a unit, as people read it.

    >>> shown(0.7123, "share"), shown(-0.05, "points"), shown(7.25, "hours"), shown(24918, "count")
    ('71.2 %', '-5.0 points', '7.2 h', '24,918')
    """
    if unit == "share":
        return f"{number:.1%}".replace("%", " %")
    if unit == "points":
        return f"{number * 100:+.1f} points"
    if unit == "hours":
        return f"{number:,.1f} h"
    if unit == "count":
        return f"{number:,.0f}" if number == int(number) else f"{number:,.2f}"
    return f"{number:,.3g}"


def interval(estimate: Estimate) -> str:
    """The limits of an estimate; nothing where it has none."""
    if estimate.low is None and estimate.high is None:
        return ""
    low = "?" if estimate.low is None else shown(estimate.low, estimate.unit)
    high = "?" if estimate.high is None else shown(estimate.high, estimate.unit)
    return f"{low} – {high}"


def _cells(figure: Figure, *, grouped: bool) -> list[str]:
    estimate = figure.estimate
    value = "–" if estimate.value is None else shown(estimate.value, estimate.unit)
    cells = [figure.name, *([figure.group] if grouped else []), value, interval(estimate)]
    return [*cells, f"{estimate.n:,}", _note(figure)]


def _note(figure: Figure) -> str:
    reason = figure.estimate.reason
    notes = ["small"] if figure.small else []
    return ", ".join([*notes, *([] if reason is None else [REASONS[reason]])])


def report_text(report: Report) -> str:
    """The report as text in columns: a table for each section."""
    parts = [_head(report)]
    for section, rows in _sections(report):
        parts.append(f"{section}\n{_aligned(rows)}")
    parts += [NOTE, *map(_wrapped, _ends(report, "\n  "))]
    return "\n\n".join(parts)


def _wrapped(text: str) -> str:
    """Long lines in several, as wide as a page."""
    return "\n".join(
        fill(line, WIDTH, subsequent_indent="  ", break_long_words=False)
        for line in text.split("\n")
    )


def report_markdown(report: Report) -> str:
    """The report as Markdown: a heading and a table for each section."""
    parts = [f"# Report\n\n{_head(report)}"]
    for section, rows in _sections(report):
        head, *body = [[_escaped(cell) for cell in row] for row in rows]
        lines = [_pipes(head), _pipes(["---"] * len(head)), *map(_pipes, body)]
        parts.append(f"## {section}\n\n" + "\n".join(lines))
    parts += [NOTE.replace("\n", "  \n"), *_ends(report, "\n- ")]
    return "\n\n".join(parts) + "\n"


def _head(report: Report) -> str:
    at = f"{report.at:%Y-%m-%d %H:%M} UTC"
    by = f", by {report.by}" if report.by else ""
    during = "" if report.period is None else f", from {_span(report.period)}"
    return f"{report.requests:,} requests as of {at}{during}{by}"


def _span(period: Period) -> str:
    return f"{period.start_at:%Y-%m-%d %H:%M} to {period.end_at:%Y-%m-%d %H:%M} UTC"


def _sections(report: Report) -> Iterator[tuple[str, list[list[str]]]]:
    grouped = bool(report.by)
    head = ["figure", *([report.by] if grouped else []), "value", "interval", "n", ""]
    empty = _empty(report)
    counted = [figure for figure in report.figures if figure.name not in empty]
    for section, figures in groupby(counted, key=lambda figure: figure.section):
        rows, before = [head], ""
        for figure in figures:
            cells = _cells(figure, grouped=grouped)
            if grouped and figure.name == before:
                cells[0] = ""  # a figure's name stands in its first line only
            before = figure.name
            rows.append(cells)
        yield section, rows


def _empty(report: Report) -> dict[str, None]:
    """The figures that nobody has anything to count for: named in one line, and not shown."""
    counted = {each.name for each in report.figures if each.estimate.reason != "no_data"}
    return dict.fromkeys(each.name for each in report.figures if each.name not in counted)


def _aligned(rows: Sequence[Sequence[str]]) -> str:
    """Columns side by side: names to the left, numbers to the right, the last as it is."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    left = {0, len(widths) - 1} | ({1} if len(widths) == 6 else set())
    return "\n".join(
        "  "
        + "  ".join(
            cell.ljust(width) if place in left else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )


def _pipes(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _escaped(cell: str) -> str:
    return cell.replace("\\", "\\\\").replace("|", "\\|")


def _ends(report: Report, bullet: str) -> Iterator[str]:
    if empty := _empty(report):
        yield f"Nothing to count for: {'; '.join(empty)}."
    if report.at_risk:
        yield "Likely to be late:" + "".join(bullet + _risk(each) for each in report.at_risk)
    if report.withheld:
        yield "Not shown by themselves:" + "".join(
            f"{bullet}{each.section}, {each.group}: {each.why}" for each in report.withheld
        )


def _risk(risk: BreachRisk) -> str:
    left = (risk.due - risk.age) / HOUR
    chance = risk.breach
    value = "?" if chance.value is None else shown(chance.value, "share")
    between = f" ({interval(chance)})" if interval(chance) else ""
    note = "" if chance.reason is None else f", {REASONS[chance.reason]}"
    return f"{risk.request}: {value}{between} in {left:,.1f} h, {risk.at_risk:,} to compare{note}"


def report_table(report: Report) -> dict[str, object]:
    """The report as plain values for JSON; instants in ISO 8601, durations in hours."""
    return {
        "at": report.at.isoformat(),
        "requests": report.requests,
        "by": report.by or None,
        "period": _period_table(report.period),
        "figures": [_figure_table(figure) for figure in report.figures],
        "at_risk": [_risk_table(risk) for risk in report.at_risk],
        "withheld": [attrs.asdict(each) for each in report.withheld],
    }


def _period_table(period: Period | None) -> list[str] | None:
    if period is None:
        return None
    return [period.start_at.isoformat(), period.end_at.isoformat()]


def _figure_table(figure: Figure) -> dict[str, object]:
    return {
        "section": figure.section,
        "figure": figure.name,
        "group": None if figure.group == ALL else figure.group,
        "small": figure.small,
        **attrs.asdict(figure.estimate),
    }


def _risk_table(risk: BreachRisk) -> dict[str, object]:
    return {
        "request": risk.request,
        "hours_left": (risk.due - risk.age) / HOUR,
        "at_risk": risk.at_risk,
        **attrs.asdict(risk.breach),
    }
