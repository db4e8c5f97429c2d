"""Instants, durations and numbers as the locale of a language has them (Babel, from CLDR)."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal, localcontext
from typing import Literal

from babel import Locale, UnknownLocaleError
from babel.dates import format_skeleton, format_time, get_datetime_format
from babel.lists import format_list
from babel.numbers import format_decimal, get_minus_sign_symbol
from babel.units import format_unit

from servicecore.instants import HOUR, MINUTE, SECOND, DateTime

Length = Literal["short", "long", "narrow"]

LENGTHS: Mapping[str, Length] = {"ar": "long", "en": "narrow"}
"""How short units are where it is not "short": in Arabic people write them out, and English has
3h 30m with a locale as without one."""

DIGITS = {
    "arab": "ARABIC-INDIC",
    "arabext": "EXTENDED ARABIC-INDIC",
    "beng": "BENGALI",
    "deva": "DEVANAGARI",
    "mymr": "MYANMAR",
    "tibt": "TIBETAN",
}
"""The digits of a locale that has others than 0 to 9; Babel knows which, but writes 0 to 9."""

TO_THE_MICROSECOND = "#,##0.######"

MOST_DIGITS = 5000
"""More than Python writes a number with."""


def locale_of(language: str) -> Locale | None:
    """The locale of ``"ru-RU"``, else of ``"ru"``; None where neither is known."""
    while language:
        try:
            return Locale.parse(language, sep="-")
        except (UnknownLocaleError, ValueError):
            language = language.rpartition("-")[0]
    return None


class LocaleFormats:
    """Everything as a locale has it, in its own digits."""

    def __init__(self, locale: Locale) -> None:
        self._locale = locale
        self._length = LENGTHS.get(locale.language, "short")
        self._digits = _digits_of(locale)
        self.right_to_left = locale.text_direction == "rtl"

    def date(self, day: date) -> str:
        """As in 7 апр. 2026 г."""
        return self._own(format_skeleton("yMMMd", _midnight(day), locale=self._locale))

    def time_of_day(self, moment: DateTime) -> str:
        """As in 09:00, or in 9:00 ص."""
        return self._own(format_time(_wall(moment), "short", locale=self._locale))

    def when(self, moment: DateTime) -> str:
        """As in вт, 7 апр. 2026 г., 09:00."""
        wall = _wall(moment)
        day = format_skeleton("yMMMEd", wall, locale=self._locale)
        time = format_time(wall, "medium" if moment.second else "short", locale=self._locale)
        pattern = get_datetime_format("medium", locale=self._locale)
        return self._own(str(pattern).replace("{0}", time).replace("{1}", day))

    def duration(self, microseconds: int) -> str:
        """As in 1 ч 30 мин."""
        hours, rest = divmod(abs(microseconds), HOUR)
        minutes, rest = divmod(rest, MINUTE)
        seconds = Decimal(rest) / SECOND
        amounts = {"hour": Decimal(hours), "minute": Decimal(minutes), "second": seconds}
        parts = [self._unit(amount, unit) for unit, amount in amounts.items() if amount]
        text = self._together(parts or [self._unit(Decimal(0), "minute")])
        if microseconds >= 0:
            return text
        minus = get_minus_sign_symbol(locale=self._locale, numbering_system="default")
        return f"{minus}{text}"

    def _unit(self, amount: Decimal, unit: str) -> str:
        text = format_unit(
            amount,
            f"duration-{unit}",
            self._length,
            format=TO_THE_MICROSECOND,
            locale=self._locale,
            numbering_system="default",
        )
        return self._own(text)

    def _together(self, parts: Sequence[str]) -> str:
        return self.joined(parts) if self._length == "long" else " ".join(parts)

    def number(self, number: float | Decimal) -> str:
        """As in 4 000."""
        with localcontext(prec=MOST_DIGITS):
            text = format_decimal(
                Decimal(str(number)),
                format=TO_THE_MICROSECOND,
                locale=self._locale,
                decimal_quantization=False,
                numbering_system="default",
            )
        return self._own(text)

    def joined(self, parts: Sequence[str]) -> str:
        """As in a, b и c."""
        return format_list(parts, locale=self._locale)

    def _own(self, text: str) -> str:
        return text.translate(self._digits)


def _digits_of(locale: Locale) -> dict[int, int]:
    script = DIGITS.get(locale.default_numbering_system)
    zero = ord(unicodedata.lookup(f"{script} DIGIT ZERO") if script else "0")
    return {ord("0") + value: zero + value for value in range(10)}


def _wall(moment: DateTime) -> datetime:
    """What the clock on the wall shows; Babel would otherwise convert it."""
    wall = (moment.year, moment.month, moment.day, moment.hour, moment.minute, moment.second)
    return datetime(*wall, tzinfo=UTC)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
