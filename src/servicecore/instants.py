"""Instants and durations at the edge of the library (T1, T2).

Inside, an instant is an ``int`` of microseconds since 1970-01-01T00:00Z and a duration is one of
microseconds: exact, quick to compare, and with no time zone to get wrong. Datetimes exist only
where a caller hands one in or takes one out.
"""

from __future__ import annotations

import re
import reprlib
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

import pendulum
from attrs import field, frozen
from pendulum import DateTime as DateTime  # noqa: PLC0414  # other rooms take the type from here
from pendulum.tz.timezone import Timezone

from servicecore.errors import InvalidValue

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)

# The C implementation: pendulum overrides subtraction in Python, ten times slower.
_subtract = datetime.__sub__
_from_timestamp = datetime.fromtimestamp


def to_instant(moment: datetime, name: str = "at") -> int:
    """The microseconds since the epoch of an aware `moment`, stdlib or pendulum.

    Raises `InvalidValue`, naming the argument, for a naive datetime or anything else.

    >>> to_instant(datetime(1970, 1, 1, 0, 1, tzinfo=UTC))
    60000000
    """
    try:
        since = _subtract(moment, EPOCH)
        return (since.days * 86_400 + since.seconds) * SECOND + since.microseconds
    except (TypeError, AttributeError):
        raise InvalidValue(_not_aware(moment, name)) from None


def _not_aware(moment: object, name: str) -> str:
    if isinstance(moment, datetime):
        return f"{name} is the naive datetime {moment.isoformat()}: expected one with a time zone"
    return f"{name} is {moment!r}: expected an aware datetime"


def as_instant(moment: datetime | int, name: str = "at") -> int:
    """`moment` as an instant; one that is an instant already stays as it is."""
    return moment if type(moment) is int else to_instant(moment, name)  # type: ignore[arg-type]  # mypy does not narrow by type()


def to_datetime(instant: int, zone: ZoneInfo | None = None) -> DateTime:
    """The instant as a pendulum datetime in `zone` (UTC where none is given).

    >>> to_datetime(60_000_000).isoformat()
    '1970-01-01T00:01:00+00:00'
    """
    tz = zone or pendulum.UTC
    seconds, microsecond = divmod(instant, SECOND)
    try:
        wall = _from_timestamp(seconds, tz)
    except (OverflowError, ValueError):
        raise InvalidValue(f"the instant {instant} µs lies outside the years 1 to 9999") from None
    return DateTime(
        wall.year, wall.month, wall.day, wall.hour, wall.minute, wall.second,
        microsecond, tz, fold=wall.fold,
    )  # fmt: skip


def to_timedelta(microseconds: int) -> timedelta:
    """The duration as a stdlib timedelta."""
    return microseconds * MICROSECOND


def zone_named(name: object) -> Timezone:
    """The IANA time zone of that name; `InvalidValue` where there is none.

    >>> zone_named("Europe/Berlin").key
    'Europe/Berlin'
    """
    try:
        if isinstance(name, str):
            return pendulum.timezone(name)
    except (ValueError, OSError):
        pass
    expected = "an IANA name such as 'Europe/Berlin'"
    raise InvalidValue(f"unknown time zone {name!r}: expected {expected}")


def _time_of_day(value: str | time | None, name: str) -> time | None:
    """A time of day out of ``"17:00"`` or a stdlib time."""
    if value is None or (isinstance(value, time) and value.tzinfo is None):
        return value
    matched = (
        re.fullmatch(r"([0-9]{2}):([0-9]{2})(?::([0-9]{2}))?", value)
        if isinstance(value, str)
        else None
    )
    if matched:
        hour, minute, second = (int(part) for part in matched.groups(default="0"))
        with suppress(ValueError):
            return time(hour, minute, second)
    raise InvalidValue(f"{name} is {value!r}: expected a time of day such as '17:00'")


def _cutoff(value: str | time | None) -> time | None:
    """A cutoff at the end of the day cuts nothing off."""
    return None if value == "24:00" else _time_of_day(value, "cutoff")


def _then(value: str | time | None) -> time | None:
    return _time_of_day(value, "then")


@frozen
class Days:
    """A number of working days, as a target or as something to add (C7).

    `until="close"` is the end of the last day, `"same_time"` the time of day of the start. A start
    at or after `cutoff` counts from the next working day at `then` (its opening where not given);
    one on a day off from the next working day's opening, or with `off_day="same_time"` from its
    own time of day there.

    >>> Days(3, until="close", cutoff="17:00")
    Days(count=3, until='close', cutoff=datetime.time(17, 0), then=None, off_day='open')
    """

    count: int
    until: Literal["same_time", "close"] = "same_time"
    cutoff: time | None = field(default=None, converter=_cutoff)
    then: time | None = field(default=None, converter=_then)
    off_day: Literal["open", "same_time"] = "open"

    def __attrs_post_init__(self) -> None:
        if type(self.count) is not int:
            raise InvalidValue(f"a number of working days is {self.count!r}: expected a whole one")
        _one_of("until", self.until, ("same_time", "close"))
        _one_of("off_day", self.off_day, ("open", "same_time"))
        if self.cutoff is not None and self.count < 0:
            raise InvalidValue(
                "a cutoff has no meaning going back: expected cutoff=None or days >= 0"
            )

    def __str__(self) -> str:
        unit = "working day" if abs(self.count) == 1 else "working days"
        end = " until close" if self.until == "close" else ""
        return f"{self.count} {unit}{end}"


def _one_of(name: str, value: object, known: tuple[str, ...]) -> None:
    if value not in known:
        raise InvalidValue(f"{name} is {value!r}: expected {' or '.join(map(repr, known))}")


def to_period(value: timedelta | str, name: str) -> int:
    """The microseconds of a time that is longer than none, out of a timedelta or text.

    >>> to_period("5s", "poll")
    5000000
    """
    duration = to_duration(value, name)
    if isinstance(duration, Days) or duration <= 0:
        raise InvalidValue(f"{name} is {value!r}: expected a time such as '30s' or '1h'")
    return duration


_NUMBER = "([0-9]{1,15})"
_SHORT = re.compile(rf"(?:{_NUMBER}h)?(?:{_NUMBER}m)?(?:{_NUMBER}s)?")
_ISO = re.compile(rf"PT(?:{_NUMBER}H)?(?:{_NUMBER}M)?(?:{_NUMBER}S)?")
_WORKING_DAYS = re.compile(r"([+-]?[0-9]{1,9})bd")
_CALENDAR_UNITS = re.compile(
    r"[+-]?[0-9]{1,15}(?:\.[0-9]{1,15})?\s*(?:d|days?|w|weeks?|mo|months?|y|years?)|P[0-9].{0,60}"
)


def to_duration(value: timedelta | str | Days, name: str = "duration") -> int | Days:
    """Microseconds, or working days, out of a timedelta or text (T2).

    Text is ``"90m"``, ``"1h30m"``, ``"PT4H"``, each with an optional sign before it, or working
    days ``"3bd"``. Days, weeks, months and years are refused: their length in working time depends
    on who reads them.

    >>> to_duration("1h30m") // MINUTE
    90
    >>> to_duration("3bd").count
    3
    """
    if isinstance(value, timedelta):
        return value // MICROSECOND
    if isinstance(value, Days):
        return value
    if not isinstance(value, str):
        raise InvalidValue(
            f"{name} is {value!r}: expected a timedelta or text such as '4h' or '3bd'"
        )
    return _parsed(value.strip(), name)


@lru_cache(maxsize=1024)
def _parsed(text: str, name: str) -> int | Days:
    if days := _WORKING_DAYS.fullmatch(text):
        return Days(int(days[1]))
    sign, unsigned = (-1, text[1:]) if text.startswith("-") else (1, text.removeprefix("+"))
    matched = _SHORT.fullmatch(unsigned) or _ISO.fullmatch(unsigned)
    if matched and any(matched.groups()):
        hours, minutes, seconds = (int(part or 0) for part in matched.groups())
        return sign * (hours * HOUR + minutes * MINUTE + seconds * SECOND)
    if _CALENDAR_UNITS.fullmatch(text):
        hint = "use hours (48h) or working days (2bd)"
        raise InvalidValue(f"{name} {text!r} has no fixed length: {hint}")
    expected = "expected '90m', '1h30m', 'PT4H' or working days '3bd'"
    raise InvalidValue(f"{name} is {reprlib.repr(text)}: {expected}")


def duration_text(microseconds: int) -> str:
    """A duration as people read it.

    >>> duration_text(5_400_000_000), duration_text(-60_000_000), duration_text(0)
    ('1h 30m', '-1m', '0m')
    """
    sign = "-" if microseconds < 0 else ""
    hours, rest = divmod(abs(microseconds), HOUR)
    minutes, rest = divmod(rest, MINUTE)
    seconds = f"{rest / SECOND:.6f}".rstrip("0").rstrip(".")
    parts = [f"{hours}h" * bool(hours), f"{minutes}m" * bool(minutes), f"{seconds}s" * bool(rest)]
    return sign + (" ".join(filter(None, parts)) or "0m")


def to_date(value: object, name: str = "date") -> date:
    """A date out of ``"2026-12-25"`` or a stdlib date."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    try:
        if isinstance(value, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise InvalidValue(f"{name} is {value!r}: expected a date such as '2026-12-25'")
