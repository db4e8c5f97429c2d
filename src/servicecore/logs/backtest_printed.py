"""A backtest, and what changed between two books, as text and as plain values for JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice, zip_longest

from servicecore.backtest import Backtest, Cause, Flip, Judged, Row
from servicecore.estimate import Estimate
from servicecore.logs.printed import MOST_LISTED, aligned
from servicecore.logs.quoting import counted, unquoted
from servicecore.sla.book_changes import Change
from servicecore.sla.explanation import when

HEADER = ("clock", "priority", "due", "before", "after", "difference", "95 % interval", "↑", "↓")
LEGEND = """\
due: all whose deadline has passed, finished or not; before → after where the books differ in it.
before, after: the share of these that kept it. difference: in points, of those due under both;
interval: where it may lie for requests like these. ↑ broken before, kept after; ↓ the other way."""


def backtest_printed(result: Backtest, flips: int = 3) -> str:
    """The whole result: what changes, what it does, what did it, and some `flips` explained."""
    parts = [
        changes_printed(result.changes),
        f"{counted(result.requests, 'request')} under both books{_as_of(result)}",
        *_table(result),
        *_causes(result),
        *_moved(result),
        *_explained(result, flips),
        *_failed(result),
    ]
    return "\n\n".join(parts)


def changes_printed(changes: Sequence[Change]) -> str:
    """What changed, a line for each change."""
    if not changes:
        return "Nothing changes: the books are equal."
    return "\n".join([f"{counted(len(changes), 'change')}:", *(f"  {each}" for each in changes)])


def _as_of(result: Backtest) -> str:
    later = f"; {counted(result.later, 'request')} opened later left out" if result.later else ""
    return f", as of {when(result.at)} UTC{later}"


def _table(result: Backtest) -> list[str]:
    if not result.rows:
        return ["No clock is owed under either book."]
    table: list[Sequence[str]] = [HEADER]
    for total in result.totals:
        own = [row for row in result.rows if row.clock == total.clock]
        shown = [*own, total] if len(own) > 1 else own
        table += [[total.clock if row is own[0] else "", *_cells(row)] for row in shown]
    return [aligned(table), LEGEND]


def _cells(row: Row) -> Iterator[str]:
    yield unquoted(row.priority)
    before, after = row.before.n, row.after.n
    yield f"{before:,}" if before == after else f"{before:,} → {after:,}"
    yield _share(row.before)
    yield _share(row.after)
    yield from _difference(row.difference)
    yield f"{row.to_kept:,}" if row.to_kept else "·"
    yield f"{row.to_broken:,}" if row.to_broken else "·"


def _share(kept: Estimate) -> str:
    return "–" if kept.value is None else f"{kept.value:.1%}"


def _difference(difference: Estimate) -> tuple[str, str]:
    if difference.value is None or difference.low is None or difference.high is None:
        return "–", "none due under both"
    low, high = difference.low * 100, difference.high * 100
    return _signed(difference.value * 100), f"{_signed(low)} – {_signed(high)}"


def _signed(points: float) -> str:
    rounded = round(points, 1)
    return f"{rounded:+.1f}" if rounded else "0.0"


def _causes(result: Backtest) -> list[str]:
    if not result.causes:
        return ["No verdict is another."]
    lines = [f"Which change turned {counted(len(result.flips), 'verdict')}, each tried alone:"]
    for each in result.causes:
        numbers = {"↑": each.to_kept, "↓": each.to_broken, "other": each.other}
        told = ", ".join(f"{number:,} {way}" for way, number in numbers.items() if number)
        lines += [f"  {told}{_manner(each.cause)}", *_cause_lines(each.cause)]
    return ["\n".join(lines)]


def _manner(cause: Cause) -> str:
    if len(cause.changes) == 1:
        return ""
    return ", only together" if cause.together else ", any of them alone"


def _cause_lines(cause: Cause) -> list[str]:
    return [f"    {change}" for change in cause.changes]


def _moved(result: Backtest) -> list[str]:
    ways: dict[str, int] = {}
    for each in result.moved:
        way = f"{unquoted(each.before or 'none')} → {unquoted(each.after or 'none')}"
        ways[way] = ways.get(way, 0) + 1
    lines = [f"  {number:,} {way}" for way, number in ways.items()]
    if not lines:
        return []
    head = f"Another priority, and so another target: {counted(len(result.moved), 'request')}"
    return ["\n".join([f"{head} (in the row of the old one)", *lines])]


def chosen(flips: Iterable[Flip], number: int) -> list[Flip]:
    """Some flips, of every cause in turn, so that no frequent one hides the others."""
    by_cause: dict[object, list[Flip]] = {}
    for flip in flips:
        by_cause.setdefault(flip.cause, []).append(flip)
    often = sorted(by_cause.values(), key=lambda group: -len(group))
    turns = (flip for turn in zip_longest(*often) for flip in turn if flip is not None)
    return list(islice(turns, number))


def _explained(result: Backtest, number: int) -> list[str]:
    some = chosen(result.flips, number)
    return ["Some of them:", *map(_flip, some)] if some else []


def _flip(flip: Flip) -> str:
    verdicts = f"{flip.before.verdict} → {flip.after.verdict}"
    head = f"{unquoted(flip.request)}: {flip.clock}, {verdicts}"
    return "\n".join(
        [
            head,
            f"  turned by{_manner(flip.cause)}:",
            *_cause_lines(flip.cause),
            *_side("before", flip.before),
            *_side("after", flip.after),
        ]
    )


def _side(name: str, judged: Judged) -> list[str]:
    priority = unquoted(judged.priority or "none")
    policy = f"policy {judged.policy}" if judged.policy else "no policy matches"
    said = judged.reading.explain().splitlines() if judged.reading else [f"{judged.verdict}"]
    return [f"  {name}, priority {priority}, {policy}", *(f"    {line}" for line in said)]


def _failed(result: Backtest) -> list[str]:
    if not result.failed:
        return []
    items = [f"{unquoted(name)}: {why}" for name, why in result.failed.items()]
    more = len(items) - MOST_LISTED
    lines = [f"Could not be replayed: {counted(len(items), 'request')}"]
    lines += [f"  {item}" for item in items[:MOST_LISTED]]
    return ["\n".join(lines + [f"  … and {more:,} more"] * (more > 0))]


def backtest_table(result: Backtest) -> dict[str, object]:
    """The result as plain values for JSON, every flip included: instants in ISO 8601."""
    return {
        "at": result.at.isoformat(),
        "requests": result.requests,
        "later": result.later,
        "changes": [_change(change) for change in result.changes],
        "rows": [_row(row) for row in result.rows],
        "totals": [_row(row) for row in result.totals],
        "causes": [
            {
                "changes": [_change(change) for change in each.cause.changes],
                "together": each.cause.together,
                "to_kept": each.to_kept,
                "to_broken": each.to_broken,
                "other": each.other,
            }
            for each in result.causes
        ],
        "flips": [_flip_table(flip) for flip in result.flips],
        "moved": [
            {"request": each.request, "before": each.before, "after": each.after}
            for each in result.moved
        ],
        "failed": dict(result.failed),
    }


def _change(change: Change) -> dict[str, object]:
    return {"path": list(change.path), "text": change.text}


def _row(row: Row) -> dict[str, object]:
    counts = ("requests", "to_kept", "to_broken", "only_before", "only_after", "moved")
    estimates = ("before", "after", "difference")
    return {
        "clock": row.clock,
        "priority": row.priority,
        **{name: getattr(row, name) for name in counts},
        **{name: _estimate(getattr(row, name)) for name in estimates},
    }


def _estimate(estimate: Estimate) -> dict[str, object]:
    names = ("value", "n", "unit", "low", "high", "method", "level", "reason", "cohort")
    return {name: getattr(estimate, name) for name in names}


def _flip_table(flip: Flip) -> dict[str, object]:
    return {
        "request": flip.request,
        "clock": flip.clock,
        "before": _judged(flip.before),
        "after": _judged(flip.after),
        "by": [list(change.path) for change in flip.cause.changes],
        "together": flip.cause.together,
    }


def _judged(judged: Judged) -> dict[str, object]:
    return {
        "verdict": str(judged.verdict),
        "policy": judged.policy,
        "priority": judged.priority,
        "due_at": judged.due_at and judged.due_at.isoformat(),
    }
