"""What is measured with: one calendar, and random instants of three years.

Monday to Friday 09:00-17:30 in Berlin with twelve holidays a year. All candidates get the same
calendar and the same arguments.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from servicecore import Calendar

OPENS, CLOSES = time(9, 0), time(17, 30)
ZONE = ZoneInfo("Europe/Berlin")
YEARS = range(2020, 2031)

TWELVE = (
    (1, 1), (1, 6), (4, 3), (4, 6), (5, 1), (5, 14), (5, 25), (8, 15), (10, 3), (11, 1),
    (12, 25), (12, 26),
)  # fmt: skip
HOLIDAYS = [date(year, month, day) for year in YEARS for month, day in TWELVE]

TABLE: dict[str, object] = {
    "timezone": ZONE.key,
    "hours": {"mon-fri": "09:00-17:30"},
    "holidays": [day.isoformat() for day in HOLIDAYS],
}
"""The calendar as servicecore reads it."""

DAY = timedelta(days=1)
MONTH = timedelta(days=30)
THREE_YEARS = timedelta(days=3 * 365)
QUARTER = timedelta(minutes=15)

Pair = tuple[datetime, datetime]


def compiled_calendar() -> Calendar:
    """The calendar, compiled for just the years of the limit: both bisect lists of one length."""
    calendar = Calendar.from_dict(TABLE)
    for year in (YEARS[0], YEARS[-1]):
        calendar.is_open(datetime(year, 6, 1, tzinfo=UTC))
    return calendar


def instants(size: int) -> list[datetime]:
    """Instants of 2022 to 2024 in Berlin, at any time of day and week.

    Every second one is a quarter of an hour that somebody chose, the others are measured to the
    microsecond.
    """
    random = Random(1)  # noqa: S311  # the same ones in every run
    first = datetime(2022, 1, 1, tzinfo=UTC)
    quarters = THREE_YEARS // QUARTER
    chosen = [first + QUARTER * random.randrange(quarters) for _ in range(size)]
    return [
        (at + number % 2 * random.random() * QUARTER).astimezone(ZONE)
        for number, at in enumerate(chosen)
    ]


def pairs(apart: timedelta, size: int) -> list[Pair]:
    """Instants and others that come `apart` later."""
    return [(start, (start.astimezone(UTC) + apart).astimezone(ZONE)) for start in instants(size)]
