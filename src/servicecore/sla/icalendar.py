"""Closed dates, breaks and available hours from an iCalendar file (extra ``ical``)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

from attrs import field, frozen

from servicecore.sla.hours import DayHours


@frozen
class IcalendarDates:
    """What an iCalendar file says of dates.

    All-day events are `holidays`, events with times are `breaks`; a VAVAILABILITY gives
    `exceptions`: the hours of every date in its years that is no holiday.
    """

    holidays: Mapping[date, str] = field(factory=dict)
    breaks: Mapping[date, DayHours] = field(factory=dict)
    exceptions: Mapping[date, DayHours] = field(factory=dict)


def icalendar_dates(path: Path, years: range, zone: ZoneInfo) -> IcalendarDates:
    """The dates of the file that lie in `years`, wall times in `zone`."""
    raise NotImplementedError
