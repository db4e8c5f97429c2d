"""A log that was read: histories, and everything about the rows that were not plainly used."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from attrs import frozen

from servicecore.lifecycle.events import Event
from servicecore.logs.quoting import counted

MOST_LINES = 5
MOST_REASONS = 10


class Unusable(NamedTuple):
    """A row that could not be used: its line in the file, its request where it names one, and why.

    In Parquet, which has no lines, `line` is the row's number, counted from 1.
    """

    line: int
    request: str | None
    reason: str


class Note(NamedTuple):
    """A row that was used although something in it had to be adjusted or left out."""

    line: int
    request: str
    reason: str


@frozen(kw_only=True)
class Log:
    """What came out of a log.

    `histories` has every request with its events in order, the first of them `Opened`, in the order
    in which requests first appear. Every row is used or listed in `unusable`:
    ``rows_used + len(unusable) == rows_read``.
    """

    histories: Mapping[str, tuple[Event, ...]]
    rows_read: int
    rows_used: int
    unusable: tuple[Unusable, ...] = ()
    notes: tuple[Note, ...] = ()

    def summary(self) -> str:
        """What was read, and what was wrong with it, as text.

        >>> bad = Unusable(4, None, "is bad")
        >>> print(Log(histories={}, rows_read=3, rows_used=2, unusable=(bad,)).summary())
        3 rows read, 2 used, 1 unusable; 0 requests with 0 events
        unusable:
              1 × is bad (line 4)
        """
        return "\n".join(filter(None, (self.counts(), self.complaints())))

    def counts(self) -> str:
        """How many rows were read and used, and what came out of them, in one line."""
        events = sum(map(len, self.histories.values()))
        rows = f"{counted(self.rows_read, 'row')} read, {self.rows_used:,} used"
        requests = f"{counted(len(self.histories), 'request')} with {counted(events, 'event')}"
        return f"{rows}, {len(self.unusable):,} unusable; {requests}"

    def complaints(self) -> str:
        """What could not be used, or only with a note, by reason; empty if all was well."""
        unusable = _by_reason("unusable", self.unusable)
        return "\n".join([*unusable, *_by_reason("used with a note", self.notes)])


def _by_reason(title: str, listed: Iterable[Unusable | Note]) -> list[str]:
    """Rows grouped by reason, the most frequent first."""
    found: dict[str, list[int]] = defaultdict(list)
    for row in listed:
        found[row.reason].append(row.line)
    if not found:
        return []
    often = sorted(found.items(), key=lambda item: -len(item[1]))
    lines = [
        f"{len(where):7,} × {reason} ({_line_text(where)})"
        for reason, where in often[:MOST_REASONS]
    ]
    if others := often[MOST_REASONS:]:
        rows = sum(len(where) for _, where in others)
        lines.append(f"{rows:7,} × for {counted(len(others), 'other reason')}")
    return [f"{title}:", *lines]


def _line_text(lines: list[int]) -> str:
    if len(lines) == 1:
        return f"line {lines[0]}"
    more = f", and {len(lines) - MOST_LINES:,} more" if len(lines) > MOST_LINES else ""
    return f"lines {', '.join(map(str, lines[:MOST_LINES]))}{more}"
