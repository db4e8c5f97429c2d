"""Instants out of a log's cells: formats, zones, hours that come twice and hours that do not come.

A log has few different times in many rows, so every text is read once and remembered.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial
from itertools import pairwise
from typing import Any

from attrs import frozen

from servicecore.instants import (
    DAY,
    EPOCH,
    HOUR,
    MICROSECOND,
    MINUTE,
    SECOND,
    to_datetime,
    to_instant,
    zone_named,
)  # fmt: skip
from servicecore.logs.mapping import EPOCHS, ISO, Times
from servicecore.logs.quoting import quoted
from servicecore.sla.wall import EPOCH_DAY, Offsets, instant_of_wall, offsets_of_year
from servicecore.sla.years import END, FIRST_YEAR, LAST_YEAR, START

Cell = str | datetime
"""What a cell holds: text, or an instant where the file has a type for it."""

_WALL_EPOCH = EPOCH.replace(tzinfo=None)


@frozen
class Odd:
    """A time with something to say about it: how it was moved, or why it is no instant at all."""

    instant: int | None
    reason: str


class Instants(dict[Cell | None, int | Odd]):
    """The instants of cells, each read when it is first looked up.

    >>> instants = Instants(Times(formats=("%d/%m/%Y %H:%M",), zone="Europe/Berlin"))
    >>> to_datetime(instants["3/3/2026 09:00"]).isoformat()
    '2026-03-03T08:00:00+00:00'
    >>> instants["29/3/2026 02:30"].reason
    "'29/3/2026 02:30' does not exist in Europe/Berlin: moved to 2026-03-29T03:00:00+02:00"
    """

    def __init__(self, times: Times) -> None:
        super().__init__({None: Odd(None, "is missing")})
        self.times = times
        self.zone = zone_named(times.zone) if times.zone else None
        self.readers = [_reader(written) for written in times.formats]
        self.offsets: dict[int, int | None] = {}
        """How far the zone is ahead of UTC on a day, where that does not change near it."""

    def __missing__(self, cell: Cell) -> int | Odd:
        """Read a cell that was not looked up before."""
        try:
            found = self._read(cell)
        except (ValueError, OverflowError):
            found = END
        instant = found.instant if isinstance(found, Odd) else found
        # Calendars answer for no other years: one such instant would spoil the whole report.
        if instant is not None and not START <= instant < END:
            found = Odd(None, f"{_text(cell)} lies outside the years {FIRST_YEAR} to {LAST_YEAR}")
        self[cell] = found
        return found

    def _read(self, cell: Cell) -> int | Odd:
        moment = cell if isinstance(cell, datetime) else self._moment(cell)
        if moment is None:
            expected = " or ".join(map(repr, self.times.formats))
            return Odd(None, f"{_text(cell)} is no time: expected {expected}")
        if isinstance(moment, int):
            return self._of_wall(cell, moment)
        if moment.tzinfo is None:
            return self._of_wall(cell, (moment - _WALL_EPOCH) // MICROSECOND)
        return to_instant(moment)

    def _moment(self, text: str) -> datetime | int | None:
        for read in self.readers:
            try:
                return read(text)
            except (ValueError, ArithmeticError):
                continue
        return None

    def _of_wall(self, cell: Cell, wall: int) -> int | Odd:
        """The instant of a time without an offset: in the zone of the mapping."""
        day = wall // DAY
        if day not in self.offsets:
            self.offsets[day] = self._offset_around(day)
        offset = self.offsets[day]
        return self._near_transition(cell, wall) if offset is None else wall - offset

    def _offset_around(self, day: int) -> int | None:
        if self.zone is None:
            return None
        start = day * DAY
        offsets = offsets_of_year(self.zone, (EPOCH + timedelta(day)).year)
        for (since, offset), (until, _) in pairwise([*offsets, (END, 0)]):
            if since < start - offset - DAY and start - offset + 2 * DAY < until:
                return offset
        return None

    def _near_transition(self, cell: Cell, wall: int) -> int | Odd:
        if self.zone is None:
            return Odd(None, f"{_text(cell)} has no offset, and the mapping names no zone")
        offsets = offsets_of_year(self.zone, (EPOCH + timedelta(wall // DAY)).year)
        shown = instants_of_wall(wall, offsets)
        if len(shown) == 1:
            return shown[0]
        return self._twice(cell, shown) if shown else self._gap(cell, wall, offsets)

    def _twice(self, cell: Cell, shown: Sequence[int]) -> Odd:
        said = f"{_text(cell)} comes twice in {self.times.zone}"
        if self.times.twice == "refuse":
            return Odd(None, said)
        taken = f"{said}: taken as the {self.times.twice}"
        return Odd(shown[0] if self.times.twice == "first" else shown[-1], taken)

    def _gap(self, cell: Cell, wall: int, offsets: Offsets) -> Odd:
        said = f"{_text(cell)} does not exist in {self.times.zone}"
        if self.times.gap == "refuse":
            return Odd(None, said)
        days, time = divmod(wall, DAY)
        instant = instant_of_wall(days + EPOCH_DAY, time, offsets)
        return Odd(instant, f"{said}: moved to {to_datetime(instant, self.zone).isoformat()}")


def instants_of_wall(wall: int, offsets: Offsets) -> list[int]:
    """Every instant at which the local clock shows `wall`: none in a gap, two in a fold."""
    found = []
    for position, (since, offset) in enumerate(offsets, start=1):
        instant = wall - offset
        if instant >= since and (position == len(offsets) or instant < offsets[position][0]):
            found.append(instant)
    return found


def _text(cell: Cell) -> str:
    return quoted(cell.isoformat() if isinstance(cell, datetime) else cell)


Reader = Callable[[str], datetime | int]
"""Reads a text as a time: an int is wall time, in microseconds since 1970-01-01 00:00.

It raises ValueError or ArithmeticError where the text is no such time.
"""


def _reader(written: str) -> Reader:
    if written == ISO:
        return datetime.fromisoformat
    if written in EPOCHS:
        return partial(_since_epoch, unit=EPOCHS[written])
    return _quick(written) or partial(_by_pattern, pattern=written)


# Few digits only: a number such as 1e999990 takes a minute to become an int.
_NUMBER = re.compile(r"-?[0-9]{1,17}(\.[0-9]{1,9})?")


def _since_epoch(text: str, unit: int) -> datetime:
    if not _NUMBER.fullmatch(text):
        raise ValueError(text)
    return EPOCH + timedelta(microseconds=int(Decimal(text) * unit))


def _by_pattern(text: str, pattern: str) -> datetime:
    return datetime.strptime(text, pattern)  # noqa: DTZ007  # the zone is the mapping's


# The plain directives, as strptime itself matches them.
_DIRECTIVES = {
    "%Y": r"(?P<Y>\d\d\d\d)",
    "%m": r"(?P<m>1[0-2]|0[1-9]|[1-9])",
    "%d": r"(?P<d>3[0-1]|[1-2]\d|0[1-9]|[1-9])",
    "%H": r"(?P<H>2[0-3]|[0-1]\d|\d)",
    "%M": r"(?P<M>[0-5]\d|\d)",
    "%S": r"(?P<S>[0-5]\d|\d)",
}


def _quick(pattern: str) -> Reader | None:
    """A reader six times as fast as strptime, for patterns of plain numbers down to the minute.

    What it does not match is strptime's to judge.
    """
    parts = re.split(r"(%.)", pattern)
    if sorted({*parts[1::2], "%S"}) != sorted(_DIRECTIVES) or len(parts) > 13:
        return None
    written = [_DIRECTIVES.get(part) or re.escape(part).replace(r"\ ", r"\s+") for part in parts]
    match = re.compile("".join(written) + ("" if "%S" in parts else "(?P<S>)")).fullmatch
    days: dict[tuple[str | Any, ...], int] = {}

    def read(text: str) -> datetime | int:
        if not (matched := match(text)):
            return _by_pattern(text, pattern)
        day = matched.group("Y", "m", "d")
        if day not in days:
            days[day] = (date(*map(int, day)).toordinal() - EPOCH_DAY) * DAY
        hour, minute, second = matched.group("H", "M", "S")
        return days[day] + int(hour) * HOUR + int(minute) * MINUTE + int(second or 0) * SECOND

    return read
