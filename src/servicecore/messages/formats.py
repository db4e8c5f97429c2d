"""How instants, durations and numbers are written: what every language has, and English.

English needs nothing but this module. `localised` has every other language, by its locale.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Protocol

from servicecore.instants import DateTime, duration_text


class Formats(Protocol):
    """How one language, in one region, writes what is no word."""

    right_to_left: bool

    def date(self, day: date) -> str:
        """A date."""
        ...

    def time_of_day(self, moment: DateTime) -> str:
        """A time of day to the minute."""
        ...

    def when(self, moment: DateTime) -> str:
        """A weekday, date and time of day, and seconds where there are any."""
        ...

    def duration(self, microseconds: int) -> str:
        """A duration to the microsecond, in hours, minutes and seconds."""
        ...

    def number(self, number: float | Decimal) -> str:
        """A number."""
        ...

    def joined(self, parts: Sequence[str]) -> str:
        """A list as in a sentence, with an "and" before the last part."""
        ...


class EnglishFormats:
    """English as people in any country read it: days before months, hours to 24."""

    right_to_left = False

    def date(self, day: date) -> str:
        """As in 2026-04-07."""
        return f"{day:%Y-%m-%d}"

    def time_of_day(self, moment: DateTime) -> str:
        """As in 09:00."""
        return moment.format("HH:mm", locale="en")

    def when(self, moment: DateTime) -> str:
        """As in Tue 7 Apr 2026 09:00."""
        return moment.format("ddd D MMM YYYY HH:mm" + (":ss" if moment.second else ""), locale="en")

    def duration(self, microseconds: int) -> str:
        """As in 1h 30m."""
        return duration_text(microseconds)

    def number(self, number: float | Decimal) -> str:
        """As in 4000."""
        return str(number)

    def joined(self, parts: Sequence[str]) -> str:
        """As in a, b and c."""
        *others, last = parts or ("",)
        return f"{', '.join(others)} and {last}" if others else last
