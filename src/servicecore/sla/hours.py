"""The grammar of opening hours: ``"mon-fri 09:00-12:30 13:30-17:30; sat 10:00-14:00"`` (C1).

A day's hours are stretches of wall-clock time in seconds from the midnight that the day begins
with. An end past 24:00 lies on the next day and belongs to the day that it started on.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import time
from typing import NamedTuple

from servicecore.errors import InvalidValue, suggestion
from servicecore.faults import Faults

DAY_NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
SECONDS_A_DAY = 86_400
LATEST_END = 2 * SECONDS_A_DAY


class Stretch(NamedTuple):
    """A half-open stretch of a day's wall clock, in seconds from its midnight."""

    start: int
    end: int

    def __str__(self) -> str:
        return f"{_clock_text(self.start)}-{_clock_text(self.end)}"


DayHours = tuple[Stretch, ...]
WeekHours = tuple[DayHours, ...]
"""The hours of the seven days from Monday on."""

CLOSED: DayHours = ()
ALL_DAY: DayHours = (Stretch(0, SECONDS_A_DAY),)


def day_hours(written: object) -> DayHours:
    """One day's hours out of text or pairs; stretches that touch or overlap are joined.

    >>> [str(stretch) for stretch in day_hours("09:00-12:30 12:00-17:00 22:00-06:00")]
    ['09:00-17:00', '22:00-30:00']
    >>> day_hours([["10:00", "14:00"]]) == day_hours("10:00-14:00")
    True
    >>> day_hours("")
    ()
    """
    if isinstance(written, str):
        return joined(_from_text(stretch) for stretch in re.split(r"[\s,]+", written) if stretch)
    if isinstance(written, Iterable) and not isinstance(written, Mapping):
        return joined(_from_pair(pair) for pair in written)
    raise InvalidValue(f"found {written!r}: expected hours such as '09:00-12:30 13:30-17:30'")


def joined(stretches: Iterable[Stretch]) -> DayHours:
    """The stretches in order, those that touch or overlap made one."""
    union: list[Stretch] = []
    for stretch in sorted(stretches):
        if union and stretch.start <= union[-1].end:
            union[-1] = Stretch(union[-1].start, max(union[-1].end, stretch.end))
        else:
            union.append(stretch)
    return tuple(union)


def _from_text(text: str) -> Stretch:
    matched = re.fullmatch(r"([^-]+)-([^-]+)", text)
    if not matched:
        raise InvalidValue(f"found {text!r}: expected a start and an end such as '09:00-17:00'")
    return _stretch(*matched.groups())


def _from_pair(pair: object) -> Stretch:
    if isinstance(pair, str):
        return _from_text(pair)
    if not isinstance(pair, Sequence) or len(pair) != 2:  # a pair has two
        raise InvalidValue(f"found {pair!r}: expected a pair such as ['09:00', '17:00']")
    return _stretch(*pair)


def _stretch(start_written: object, end_written: object) -> Stretch:
    start, end = _seconds(start_written), _seconds(end_written)
    written = f"{start_written}-{end_written}"
    if start > SECONDS_A_DAY:
        raise InvalidValue(f"{written} starts too late: expected a start up to 24:00")
    if start == end:
        raise InvalidValue(f"{written} ends where it starts: a whole day is 00:00-24:00")
    if end < start:
        end += SECONDS_A_DAY
    if end > LATEST_END:
        raise InvalidValue(f"{written} ends too late: expected an end up to 48:00")
    return Stretch(start, end)


def _seconds(written: object) -> int:
    if isinstance(written, time) and written.tzinfo is None and not written.microsecond:
        return (written.hour * 60 + written.minute) * 60 + written.second
    matched = (
        re.fullmatch(r"([0-9]{2}):([0-5][0-9])(?::([0-5][0-9]))?", written)
        if isinstance(written, str)
        else None
    )
    if not matched:
        quotes = " (YAML reads times without quotes as numbers)" if isinstance(written, int) else ""
        raise InvalidValue(f"found {written!r}{quotes}: expected a time such as '09:00'")
    hours, minutes, seconds = (int(part) for part in matched.groups(default="0"))
    return (hours * 60 + minutes) * 60 + seconds


def _clock_text(seconds: int) -> str:
    minutes, second = divmod(seconds, 60)
    text = f"{minutes // 60:02}:{minutes % 60:02}"
    return f"{text}:{second:02}" if second else text


def day_text(hours: DayHours) -> str:
    """One day's hours as `day_hours` reads them."""
    return " ".join(map(str, hours))


def week_hours(written: object) -> WeekHours:
    """A week's hours, by day and ranges of days; all faults are raised at once.

    >>> list(map(len, week_hours({"mon-fri": "09:00-12:00 13:00-17:00", "sat": "10:00-14:00"})))
    [2, 2, 2, 2, 2, 1, 0]
    >>> week_hours("mon-sun 00:00-24:00") == week_hours({"mon-sun": [["00:00", "24:00"]]})
    True
    """
    faults = Faults()
    week: dict[int, DayHours] = {}
    with faults.within():
        for days, hours in _by_days(written):
            with faults.within(days):
                numbers = _day_numbers(days)
                _refuse_second_mention(numbers, week)
                week.update(dict.fromkeys(numbers, CLOSED))
                week.update(dict.fromkeys(numbers, day_hours(hours)))
    faults.refuse("hours")
    return tuple(week.get(number, CLOSED) for number in range(7))


def _by_days(written: object) -> Iterable[tuple[str, object]]:
    if isinstance(written, Mapping):
        return [(str(days), hours) for days, hours in written.items()]
    if isinstance(written, str):
        parts = (part.strip().partition(" ") for part in written.split(";") if part.strip())
        return [(days, hours) for days, _, hours in parts]
    raise InvalidValue(
        f"found {written!r}: expected a table such as {{'mon-fri': '09:00-17:00'}} "
        "or text such as 'mon-fri 09:00-17:00; sat 10:00-14:00'"
    )


def _day_numbers(days: str) -> list[int]:
    """The days of ``"mon"``, ``"mon-fri"``, ``"sat-mon"`` or ``"mon,wed"`` as numbers."""
    numbers: list[int] = []
    for part in days.lower().split(","):
        first, dash, last = (name.strip() for name in part.partition("-"))
        start, end = _day_number(first), _day_number(last if dash else first)
        numbers += [(start + step) % 7 for step in range((end - start) % 7 + 1)]
    return numbers


def _day_number(name: str) -> int:
    if name not in DAY_NAMES:
        hint = suggestion(name, DAY_NAMES) or f"expected one of {', '.join(DAY_NAMES)}"
        raise InvalidValue(f"unknown day {name!r}: {hint}")
    return DAY_NAMES.index(name)


def _refuse_second_mention(numbers: Sequence[int], week: Mapping[int, DayHours]) -> None:
    seen: set[int] = set(week)
    for number in numbers:
        if number in seen:
            raise InvalidValue(
                f"{DAY_NAMES[number]} is named twice: give all its hours in one place"
            )
        seen.add(number)


def week_table(week: WeekHours) -> dict[str, str]:
    """A week's hours as `week_hours` reads them, days with the same hours in ranges.

    >>> week_table(week_hours({"mon": "09:00-17:00", "tue-fri": "09:00-17:00"}))
    {'mon-fri': '09:00-17:00'}
    """
    table: dict[str, str] = {}
    first = 0
    for day in range(1, 8):
        if day == 7 or week[day] != week[first]:  # the end of the week
            if week[first]:
                name = DAY_NAMES[first] + (f"-{DAY_NAMES[day - 1]}" if day - 1 > first else "")
                table[name] = day_text(week[first])
            first = day
    return table
