"""The table: what took how long, against what, and whether that is good enough."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

HEAD = ("measured", "takes", "against", "takes", "ratio", "goal", "answers")


class Row(NamedTuple):
    """One line; what is None is printed as n/a, and an empty text stays empty."""

    measured: str
    seconds: float | str | None
    against: str = ""
    against_seconds: float | str | None = ""
    ratio: float | str | None = ""
    goal: float | None = None
    answers: str = ""

    def cells(self) -> tuple[str, ...]:
        """The line as text."""
        goal = "" if self.goal is None else f"≤ {self.goal:g}"
        if isinstance(self.ratio, float) and self.goal is not None:
            goal += " ✓" if self.ratio <= self.goal else " ✗"
        return (
            self.measured,
            duration(self.seconds),
            self.against,
            duration(self.against_seconds),
            share(self.ratio),
            goal,
            self.answers,
        )


def duration(seconds: float | str | None) -> str:
    """Three digits and a unit.

    >>> duration(0.00000123), duration(0.0456), duration(5400), duration(None)
    ('1.23 µs', '45.6 ms', '1.50 h', 'n/a')
    """
    if seconds is None:
        return "n/a"
    if isinstance(seconds, str):
        return seconds
    for unit, size in (("h", 3600), ("s", 1), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= size:
            return f"{_three_digits(seconds / size)} {unit}"
    return f"{seconds * 1e9:.0f} ns"


def _three_digits(number: float) -> str:
    return f"{number:.{2 if number < 10 else 1 if number < 100 else 0}f}"


def share(ratio: float | str | None) -> str:
    """A ratio; where the other side takes more than ten times as long, as a fraction.

    >>> share(1.234), share(0.0052)
    ('1.23', '1/192')
    """
    if ratio is None:
        return "n/a"
    if isinstance(ratio, str):
        return ratio
    return f"{ratio:.2f}" if ratio > 0.1 else f"1/{1 / ratio:.0f}"


def markdown(rows: Iterable[Row]) -> str:
    """The rows as a table that reads well as plain text too."""
    lines = [HEAD, *(row.cells() for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    rule = tuple("-" * width for width in widths)
    padded = (
        [cell.ljust(width) for cell, width in zip(line, widths, strict=True)]
        for line in (HEAD, rule, *lines[1:])
    )
    return "\n".join(f"| {' | '.join(cells)} |" for cells in padded)
