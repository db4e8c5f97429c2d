"""What a rota is made of: layers of turns, and covers for when somebody swaps (E5)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from attrs import field, frozen

from servicecore.catalogue.naming import check_name, check_text, names
from servicecore.errors import InvalidValue
from servicecore.instants import DAY, HOUR, MICROSECOND, as_instant, to_instant, zone_named
from servicecore.sla.calendar import Calendar
from servicecore.sla.turns import Turns
from servicecore.sla.years import END, FIRST_YEAR, LAST_YEAR, START

UNITS = {"week": 7 * DAY, "day": DAY, "hour": HOUR}
WALL_TIME = "a date and a time on the wall such as '2026-01-05 09:00'"
EVERY = "a number of weeks, days or hours such as '1 week'"
LONGEST = 520 * UNITS["week"]


def _members(value: Iterable[str]) -> tuple[str, ...]:
    if members := names(value, "members"):
        return members
    raise InvalidValue("members are none: expected at least one")


def _wall(value: object) -> datetime:
    """A naive datetime: what the wall clock shows, whichever zone the wall is in."""
    start = value
    if isinstance(value, str) and re.fullmatch(
        r"[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}(:[0-9]{2})?", value
    ):
        try:
            start = datetime.fromisoformat(value)
        except ValueError as problem:
            raise InvalidValue(f"start is {value!r}, but {problem}") from None
    if not isinstance(start, datetime) or start.tzinfo is not None or start.microsecond:
        raise InvalidValue(f"start is {value!r}: expected {WALL_TIME}")
    if not FIRST_YEAR <= start.year <= LAST_YEAR:
        raise InvalidValue(f"start is {value!r}: expected a year from {FIRST_YEAR} to {LAST_YEAR}")
    return start.replace(fold=0)


def _every(value: object) -> int:
    every = value // MICROSECOND if isinstance(value, timedelta) else value
    if isinstance(value, str) and (
        matched := re.fullmatch(r"\s*([0-9]{1,5})\s+(week|day|hour)s?\s*", value)
    ):
        every = int(matched[1]) * UNITS[matched[2]]
    if type(every) is not int or every <= 0 or every % HOUR:
        raise InvalidValue(f"every is {value!r}: expected {EVERY}")
    if every > LONGEST:
        raise InvalidValue(f"every is {value!r}: expected at most {shift_text(LONGEST)}")
    return every


def shift_text(every: int) -> str:
    """The length of turns as a layer reads it.

    >>> shift_text(14 * DAY), shift_text(36 * HOUR)
    ('2 weeks', '36 hours')
    """
    unit, length = next(each for each in UNITS.items() if every % each[1] == 0)
    return f"{every // length} {unit}{'s' * (every != length)}"


@frozen
class Layer:
    """Members who take turns of equal length, one after the other, from `start` on.

    `start` is the first handoff and says the time of day of all of them, on the wall of the
    layer's `timezone` (the rota's where it has none). `every` is how long a turn is on that wall:
    ``"1 week"``, ``"2 days"``, ``"12 hours"``; a week in which the clock changes has an hour more
    or less. With `restricted_to` the layer has nobody outside the hours of a calendar, and turns
    go on being counted there. Raises `InvalidValue` for anything else.

    >>> Layer("week", ("anna", "bob"), "2026-01-05 09:00", "1 week").every == 7 * DAY
    True
    """

    name: str = field(validator=check_name)
    members: tuple[str, ...] = field(converter=_members)
    start: datetime = field(converter=_wall)
    every: int = field(converter=_every)
    restricted_to: Calendar | None = None
    timezone: str | None = None

    def __attrs_post_init__(self) -> None:
        if not isinstance(self.restricted_to, Calendar | None):
            raise InvalidValue(f"restricted_to is {self.restricted_to!r}: expected a Calendar")
        if self.timezone is not None:
            zone_named(self.timezone)

    def turns(self, zone: ZoneInfo) -> Turns:
        """The turns on the wall of the layer's own zone, or else of that one."""
        first = to_instant(self.start.replace(tzinfo=UTC))
        own = zone_named(self.timezone) if self.timezone else zone
        return Turns(self.members, first, self.every, own, self.restricted_to)


def _start(value: datetime | int) -> int:
    return as_instant(value, "start")


def _end(value: datetime | int) -> int:
    return as_instant(value, "end")


@frozen
class Cover:
    """Somebody who is on call from one instant to another in place of whoever would be.

    `start` and `end` are aware datetimes, or instants in microseconds, which they become.
    """

    person: str = field(validator=check_name)
    start: int = field(converter=_start)
    end: int = field(converter=_end)
    reason: str = field(default="", validator=check_text)

    def __attrs_post_init__(self) -> None:
        if not START <= self.start < self.end <= END:
            raise InvalidValue(
                f"a cover by {self.person!r} does not end after its start, "
                f"both in the years {FIRST_YEAR} to {LAST_YEAR}"
            )
