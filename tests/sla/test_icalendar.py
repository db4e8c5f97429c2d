"""Holidays, breaks and available hours out of iCalendar files.

Every expected value is worked out by hand from RFC 5545 and RFC 7953. The calendar's zone is
Europe/Berlin: UTC+1, from 2026-03-29 01:00Z until 2026-10-25 01:00Z UTC+2.
"""

from __future__ import annotations

import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecore.errors import InvalidValue, MissingExtra, ServiceCoreError
from servicecore.faults import FaultyTable
from servicecore.sla import Calendar
from servicecore.sla.hours import day_text
from servicecore.sla.icalendar import IcalendarDates, icalendar_dates

BERLIN = ZoneInfo("Europe/Berlin")
YEAR = range(2026, 2027)

Hours = dict[str, str]


def calendar_text(*parts: str) -> str:
    """Give the text of a file with one VCALENDAR, ends of lines as the RFC has them."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//tests//EN", *parts, "END:VCALENDAR", ""]
    return "\r\n".join(line for part in lines for line in part.split("\n"))


def event(lines: str, uid: str = "1") -> str:
    """Give a VEVENT with these lines."""
    return f"BEGIN:VEVENT\nUID:{uid}\nDTSTAMP:20250101T000000Z\n{lines}\nEND:VEVENT"


def availability(lines: str, *available: str, uid: str = "v") -> str:
    """Give a VAVAILABILITY with an AVAILABLE for every further text."""
    inner = "".join(
        f"BEGIN:AVAILABLE\nUID:{uid}-{number}\nDTSTAMP:20250101T000000Z\n{part}\nEND:AVAILABLE\n"
        for number, part in enumerate(available)
    )
    own = f"{lines}\n" if lines else ""
    return f"BEGIN:VAVAILABILITY\nUID:{uid}\n{own}{inner}END:VAVAILABILITY"


def dates_of(text: str | bytes, years: range = YEAR, zone: ZoneInfo = BERLIN) -> IcalendarDates:
    """Read a file of this content."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "closed.ics"
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return icalendar_dates(file, years, zone)


def holidays_of(*lines: str, years: range = YEAR) -> dict[str, str]:
    """Give the holidays of a file with one event for each text."""
    events = [event(part, uid=f"{number}") for number, part in enumerate(lines)]
    found = dates_of(calendar_text(*events), years)
    assert found.breaks == found.exceptions == found.outside == {}
    return {str(day): name for day, name in found.holidays.items()}


def breaks_of(*lines: str, years: range = YEAR) -> Hours:
    """Give the breaks of a file with one event for each text."""
    events = [event(part, uid=f"{number}") for number, part in enumerate(lines)]
    found = dates_of(calendar_text(*events), years)
    assert found.holidays == found.exceptions == found.outside == {}
    return {str(day): day_text(hours) for day, hours in found.breaks.items()}


def exceptions_of(*parts: str, years: range = YEAR) -> Hours:
    """Give the exceptions of a file with these components."""
    found = dates_of(calendar_text(*parts), years)
    return {str(day): day_text(hours) for day, hours in found.exceptions.items()}


def from_file(folder: Path, text: str, **table: object) -> Calendar:
    """Give the calendar that a table and a file next to it describe."""
    (folder / "closed.ics").write_text(text, encoding="utf-8")
    start = {"timezone": "Europe/Berlin", "hours": {"mon-fri": "09:00-17:00"}}
    years = {"icalendar": "closed.ics", "holiday_years": [2026, 2026]}
    return Calendar.from_dict({**start, **years, **table}, folder=folder)


def windows_on(calendar: Calendar, day: str) -> list[str]:
    """Give the windows of a date as text."""
    start = datetime.fromisoformat(f"{day}T00:00").replace(tzinfo=BERLIN)
    windows = calendar.windows(start, start + timedelta(days=1))
    return [f"{window.opens:%H:%M}-{window.closes:%H:%M}" for window in windows]


class TestAllDayEvents:
    """C3: all-day events are holidays."""

    def test_one_day(self) -> None:
        """An event without an end takes its date."""
        found = holidays_of("DTSTART;VALUE=DATE:20260501\nSUMMARY:Labour Day")
        assert found == {"2026-05-01": "Labour Day"}

    def test_the_end_is_exclusive(self) -> None:
        """DTEND is the first date that is free again."""
        found = holidays_of("DTSTART;VALUE=DATE:20261224\nDTEND;VALUE=DATE:20261227\nSUMMARY:Xmas")
        assert found == dict.fromkeys(("2026-12-24", "2026-12-25", "2026-12-26"), "Xmas")

    @pytest.mark.parametrize(("duration", "days"), [("P1D", 1), ("P3D", 3), ("P1W", 7)])
    def test_duration(self, duration: str, days: int) -> None:
        """DURATION takes the place of DTEND."""
        found = holidays_of(f"DTSTART;VALUE=DATE:20260803\nDURATION:{duration}")
        assert found == {f"2026-08-{3 + day:02}": "" for day in range(days)}

    def test_an_end_at_the_start_is_one_day(self) -> None:
        """Many programs write the one day so."""
        found = holidays_of("DTSTART;VALUE=DATE:20260501\nDTEND;VALUE=DATE:20260501")
        assert found == {"2026-05-01": ""}

    def test_every_year(self) -> None:
        """A yearly event gives one date a year, in the years asked for only."""
        found = holidays_of(
            "DTSTART;VALUE=DATE:20191003\nRRULE:FREQ=YEARLY\nSUMMARY:Unity", years=range(2025, 2028)
        )
        assert found == dict.fromkeys(("2025-10-03", "2026-10-03", "2027-10-03"), "Unity")

    def test_rule_with_count_and_until(self) -> None:
        """COUNT and UNTIL end a series: the last Fridays of January to March, two Mondays."""
        found = holidays_of(
            "DTSTART;VALUE=DATE:20260130\nRRULE:FREQ=MONTHLY;BYDAY=-1FR;UNTIL=20260331",
            "DTSTART;VALUE=DATE:20260601\nRRULE:FREQ=WEEKLY;COUNT=2",
        )
        expected = ("2026-01-30", "2026-02-27", "2026-03-27", "2026-06-01", "2026-06-08")
        assert tuple(found) == expected

    def test_dates_added_and_taken_out(self) -> None:
        """RDATE adds dates, EXDATE takes them out."""
        found = holidays_of(
            "DTSTART;VALUE=DATE:20260105\nRRULE:FREQ=WEEKLY;COUNT=3\n"
            "RDATE;VALUE=DATE:20260204,20260210\nEXDATE;VALUE=DATE:20260112"
        )
        assert tuple(found) == ("2026-01-05", "2026-01-19", "2026-02-04", "2026-02-10")

    def test_cancelled_events_do_not_count(self) -> None:
        """Neither a cancelled event nor a cancelled recurrence closes anything."""
        series = event("DTSTART;VALUE=DATE:20260105\nRRULE:FREQ=WEEKLY;COUNT=3", uid="s")
        gone = event(
            "RECURRENCE-ID;VALUE=DATE:20260112\nDTSTART;VALUE=DATE:20260112\nSTATUS:CANCELLED",
            uid="s",
        )
        alone = event("DTSTART;VALUE=DATE:20260501\nSTATUS:cancelled", uid="a")
        found = dates_of(calendar_text(series, gone, alone)).holidays
        assert sorted(found) == [date(2026, 1, 5), date(2026, 1, 19)]

    def test_a_moved_recurrence(self) -> None:
        """A recurrence that was moved counts where it is now, under its new name."""
        series = event("DTSTART;VALUE=DATE:20260105\nRRULE:FREQ=WEEKLY;COUNT=2\nSUMMARY:Team")
        moved = event(
            "RECURRENCE-ID;VALUE=DATE:20260112\nDTSTART;VALUE=DATE:20260114\nSUMMARY:Moved"
        )
        found = dates_of(calendar_text(series, moved)).holidays
        assert found == {date(2026, 1, 5): "Team", date(2026, 1, 14): "Moved"}

    def test_free_time_all_day_is_a_holiday(self) -> None:
        """Published holidays are marked as free time, and are holidays all the same."""
        found = holidays_of("DTSTART;VALUE=DATE:20261003\nTRANSP:TRANSPARENT\nSUMMARY:Unity")
        assert found == {"2026-10-03": "Unity"}

    def test_new_year_is_cut(self) -> None:
        """Nothing outside the years is given."""
        turn = "DTSTART;VALUE=DATE:20251230\nDTEND;VALUE=DATE:20270103\nSUMMARY:Long"
        found = holidays_of(turn)
        assert (len(found), min(found), max(found)) == (365, "2026-01-01", "2026-12-31")

    def test_names(self) -> None:
        """Several events of a date are named once each; escapes, folds and breaks are undone."""
        found = holidays_of(
            "DTSTART;VALUE=DATE:20260501\nSUMMARY:May\\, Day\\n  off",
            "DTSTART;VALUE=DATE:20260501\nSUMMARY:Bridge\n  day",
            "DTSTART;VALUE=DATE:20260501\nSUMMARY:Bridge day",
            "DTSTART;VALUE=DATE:20260501",
        )
        assert found == {"2026-05-01": "May, Day off; Bridge day"}


class TestEventsWithTimes:
    """C2, C3: events with times are breaks of the wall clock."""

    def test_floating_times_are_wall_times(self) -> None:
        """A time without a zone is meant on the calendar's clock, in winter and in summer."""
        found = breaks_of(
            "DTSTART:20260303T120000\nDTEND:20260303T150000",
            "DTSTART:20260701T120000\nDURATION:PT1H30M",
        )
        assert found == {"2026-03-03": "12:00-15:00", "2026-07-01": "12:00-13:30"}

    def test_utc(self) -> None:
        """11:00Z is 12:00 in winter and 13:00 in summer."""
        found = breaks_of(
            "DTSTART:20260303T110000Z\nDTEND:20260303T140000Z",
            "DTSTART:20260701T110000Z\nDTEND:20260701T140000Z",
        )
        assert found == {"2026-03-03": "12:00-15:00", "2026-07-01": "13:00-16:00"}

    def test_another_zone(self) -> None:
        """09:00 in New York is 14:00 in Berlin while only New York has summer time, then 15:00."""
        found = breaks_of(
            "DTSTART;TZID=America/New_York:20260317T090000\nDURATION:PT30M\n"
            "RRULE:FREQ=WEEKLY;COUNT=3"
        )
        assert found == {
            "2026-03-17": "14:00-14:30",
            "2026-03-24": "14:00-14:30",
            "2026-03-31": "15:00-15:30",
        }

    def test_a_zone_defined_in_the_file(self) -> None:
        """A VTIMEZONE says what its TZID means: here UTC+3 all year."""
        zone = (
            "BEGIN:VTIMEZONE\nTZID:Plant\nBEGIN:STANDARD\nDTSTART:19700101T000000\n"
            "TZOFFSETFROM:+0300\nTZOFFSETTO:+0300\nEND:STANDARD\nEND:VTIMEZONE"
        )
        lines = "DTSTART;TZID=Plant:20260303T120000\nDTEND;TZID=Plant:20260303T130000"
        found = dates_of(calendar_text(zone, event(lines))).breaks
        assert {str(day): day_text(hours) for day, hours in found.items()} == {
            "2026-03-03": "10:00-11:00"
        }

    def test_over_midnight(self) -> None:
        """What lasts over midnight is cut there: every part belongs to its date."""
        found = breaks_of(
            "DTSTART:20260501T220000\nDTEND:20260502T060000",
            "DTSTART:20260610T180000\nDTEND:20260612T080000",
        )
        assert found == {
            "2026-05-01": "22:00-24:00",
            "2026-05-02": "00:00-06:00",
            "2026-06-10": "18:00-24:00",
            "2026-06-11": "00:00-24:00",
            "2026-06-12": "00:00-08:00",
        }

    def test_new_year_is_cut(self) -> None:
        """22:00Z to 02:00Z over New Year is 23:00 to 03:00 in Berlin, each half in its year."""
        lines = "DTSTART:20251231T220000Z\nDTEND:20260101T020000Z\nRRULE:FREQ=YEARLY;COUNT=2"
        assert breaks_of(lines) == {"2026-01-01": "00:00-03:00", "2026-12-31": "23:00-24:00"}

    def test_what_does_not_close(self) -> None:
        """An event without length, one marked as free time, and a cancelled one close nothing."""
        assert not breaks_of(
            "DTSTART:20260303T120000",
            "DTSTART:20260303T120000\nDURATION:PT1H\nTRANSP:TRANSPARENT",
            "DTSTART:20260303T120000\nDURATION:PT1H\nSTATUS:CANCELLED",
        )

    def test_breaks_of_a_date_are_joined(self) -> None:
        """C1: stretches that touch or overlap are one."""
        found = breaks_of(
            "DTSTART:20260303T140000\nDURATION:PT1H",
            "DTSTART:20260303T090000\nDURATION:PT2H\nRDATE:20260303T100000",
            "DTSTART:20260303T120000\nDURATION:PT2H",
        )
        assert found == {"2026-03-03": "09:00-15:00"}

    def test_the_last_time_is_included(self) -> None:
        """UNTIL is given in UTC for times with a zone, and is the last time that counts."""
        found = breaks_of(
            "DTSTART;TZID=Europe/Berlin:20260706T090000\nDURATION:PT1H\n"
            "RRULE:FREQ=WEEKLY;UNTIL=20260720T070000Z"
        )
        assert found == {f"2026-07-{day:02}": "09:00-10:00" for day in (6, 13, 20)}

    def test_several_times_a_day(self) -> None:
        """BYHOUR gives several breaks a day."""
        lines = "DTSTART:20260303T060000\nDURATION:PT15M\nRRULE:FREQ=DAILY;COUNT=4;BYHOUR=6,18"
        hours = "06:00-06:15 18:00-18:15"
        assert breaks_of(lines) == {"2026-03-03": hours, "2026-03-04": hours}

    @pytest.mark.parametrize(
        ("start", "end", "expected"),
        [
            ("20261025T005000Z", "20261025T011000Z", "02:50-03:00"),  # 02:50, then 02:10 again
            ("20261025T011000Z", "20261025T015000Z", "02:10-03:00"),  # all in the second showing
            ("20261025T000000Z", "20261025T003000Z", "02:00-02:30"),  # all in the first
            ("20261025T013000Z", "20261025T040000Z", "02:30-05:00"),
            ("20261025T020000", "20261025T023000", "02:00-02:30"),  # floating: the first
            ("20260329T013000", "20260329T033000", "01:30-03:30"),
            ("20260329T023000", "20260329T040000", "03:00-04:00"),  # 02:30 is never shown
            ("20260329T003000Z", "20260329T013000Z", "01:30-03:30"),
        ],
    )
    def test_hours_that_come_twice_or_never(self, start: str, end: str, expected: str) -> None:
        """C2: a break closes wall time; in the hour that comes twice it takes in the event."""
        day = f"{start[:4]}-{start[4:6]}-{start[6:8]}"
        assert breaks_of(f"DTSTART:{start}\nDTEND:{end}") == {day: expected}

    @given(
        start=st.integers(0, 365 * 24 * 4 - 1),
        length=st.integers(1, 7 * 24 * 4),
        zone=st.sampled_from(["Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Apia"]),
    )
    def test_the_calendar_is_closed_as_long_as_the_event_lasts(
        self, start: int, length: int, zone: str
    ) -> None:
        """C2, C3: an event is closed throughout, and nothing else unless an hour comes twice."""
        begins = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=15 * start)
        ends = begins + timedelta(minutes=15 * length)
        text = calendar_text(event(f"DTSTART:{begins:%Y%m%dT%H%M%SZ}\nDTEND:{ends:%Y%m%dT%H%M%SZ}"))
        with TemporaryDirectory() as folder:
            table = {"timezone": zone, "hours": "mon-sun 00:00-24:00"}
            always = Calendar.from_dict(table)
            years = [2025, 2027]
            closing = from_file(Path(folder), text, **table, holiday_years=years)
        assert closing.between(begins, ends) == timedelta(0)
        margin = timedelta(days=2)
        lost = always.between(begins - margin, ends + margin) - closing.between(
            begins - margin, ends + margin
        )
        local = [moment.astimezone(ZoneInfo(zone)) for moment in (begins, ends)]
        if not any(comes_twice(moment) for moment in local):
            assert lost == ends - begins


def comes_twice(moment: datetime) -> bool:
    """Tell whether the wall clock shows this time twice, or an end that is one."""
    both = {moment.replace(fold=fold).utcoffset() for fold in (0, 1)}
    before = moment - timedelta(microseconds=1)
    return len(both | {before.replace(fold=fold).utcoffset() for fold in (0, 1)}) > 1


WORK = "DTSTART;TZID=Europe/Berlin:20260105T090000\nDTEND;TZID=Europe/Berlin:20260105T170000"
WEEKDAYS = f"{WORK}\nRRULE:FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR"
BERLIN_TIME = ";TZID=Europe/Berlin:"


class TestAvailability:
    """RFC 7953: a VAVAILABILITY replaces the hours of the dates that it reaches."""

    def test_a_week_of_hours(self) -> None:
        """Monday to Thursday until 17:00, Friday until 12:00, for two weeks from Monday on."""
        found = exceptions_of(
            availability(
                f"DTSTART{BERLIN_TIME}20261005T000000\nDTEND{BERLIN_TIME}20261019T000000",
                f"DTSTART{BERLIN_TIME}20261005T090000\nDTEND{BERLIN_TIME}20261005T170000\n"
                "RRULE:FREQ=WEEKLY;BYDAY=MO,TU,WE,TH",
                f"DTSTART{BERLIN_TIME}20261009T090000\nDURATION:PT3H\nRRULE:FREQ=WEEKLY",
            )
        )
        week = ["09:00-17:00"] * 4 + ["09:00-12:00", "", ""]
        assert list(found.values()) == week * 2
        assert (min(found), max(found)) == ("2026-10-05", "2026-10-18")

    def test_without_bounds_it_reaches_all_years(self) -> None:
        """Without DTSTART and DTEND every date is reached, also those with nothing available."""
        found = exceptions_of(availability("", WEEKDAYS), years=range(2025, 2027))
        assert len(found) == 730
        assert [found[f"2026-01-0{day}"] for day in (2, 5, 9)] == ["", "09:00-17:00", "09:00-17:00"]
        assert found["2025-06-02"] == ""

    @pytest.mark.parametrize(
        "reach",
        [
            "DTSTART:19900101T000000Z\nDTEND:21000101T000000Z",
            "DTSTART;VALUE=DATE:20250601\nDURATION:P9999999D",
        ],
    )
    def test_bounds_far_away(self, reach: str) -> None:
        """A component that reaches much further than the years is cut at them."""
        found = exceptions_of(availability(reach, WEEKDAYS))
        assert (len(found), found["2026-12-31"]) == (365, "09:00-17:00")
        assert not exceptions_of(availability("DTSTART:21000101T000000Z", WEEKDAYS))

    def test_another_zone(self) -> None:
        """09:00 to 17:00 in Montreal is 15:00 to 23:00 in Berlin."""
        lines = (
            "DTSTART;TZID=America/Montreal:20260609T090000\n"
            "DTEND;TZID=America/Montreal:20260609T170000"
        )
        assert exceptions_of(availability("", lines))["2026-06-09"] == "15:00-23:00"

    def test_nights_belong_to_their_evening(self) -> None:
        """C1: what is available past midnight belongs to the date on which it starts."""
        found = exceptions_of(
            availability(
                "", "DTSTART:20260609T220000\nDTEND:20260610T060000\nRDATE:20261231T220000"
            )
        )
        assert (found["2026-06-09"], found["2026-06-10"]) == ("22:00-30:00", "")
        assert found["2026-12-31"] == "22:00-24:00"  # New Year is the end of the years

    def test_longer_than_a_day_is_cut_at_midnight(self) -> None:
        """More than 24 hours are cut, so that every date has its own."""
        found = exceptions_of(availability("", "DTSTART:20260609T080000\nDTEND:20260611T180000"))
        expected = ["08:00-24:00", "00:00-24:00", "00:00-18:00", ""]
        assert [found[f"2026-06-{day:02}"] for day in (9, 10, 11, 12)] == expected

    @pytest.mark.parametrize("busy", ["", "BUSY", "BUSY-UNAVAILABLE", "BUSY-TENTATIVE"])
    def test_the_higher_priority_decides(self, busy: str) -> None:
        """1 is the highest priority, none the lowest; whatever is busy is closed."""
        days_off = "DTSTART:20260803T000000\nDTEND:20260805T120000\nPRIORITY:1"
        if busy:
            days_off += f"\nBUSYTYPE:{busy}"
        shift = "DTSTART:20260804T150000\nDTEND:20260804T200000"
        ordinary = availability("", WEEKDAYS, uid="ordinary")
        middle = availability("DTSTART:20260805T000000\nPRIORITY:5", WEEKDAYS, uid="middle")
        found = exceptions_of(ordinary, availability(days_off, shift, uid="off"), middle)
        week = [found[f"2026-08-{day:02}"] for day in (3, 4, 5, 6)]
        assert week == ["", "15:00-20:00", "12:00-17:00", "09:00-17:00"]
        assert found["2026-07-31"] == "09:00-17:00"

    def test_equal_priorities_add_their_hours(self) -> None:
        """Of equal ones, each adds what it has available."""
        early = availability("PRIORITY:3", "DTSTART:20260609T060000\nDURATION:PT6H", uid="e")
        late = availability("PRIORITY:3", "DTSTART:20260609T110000\nDURATION:PT6H", uid="l")
        assert exceptions_of(early, late)["2026-06-09"] == "06:00-17:00"

    def test_recurrences_taken_out_and_changed(self) -> None:
        """EXDATE and RECURRENCE-ID work within AVAILABLE."""
        series = f"{WEEKDAYS}\nEXDATE;TZID=Europe/Berlin:20260106T090000"
        part = availability("", series)
        changed = part.replace(
            "END:VAVAILABILITY",
            "BEGIN:AVAILABLE\nUID:v-0\nRECURRENCE-ID;TZID=Europe/Berlin:20260107T090000\n"
            "DTSTART;TZID=Europe/Berlin:20260107T100000\nDURATION:PT2H\nEND:AVAILABLE\n"
            "END:VAVAILABILITY",
        )
        found = exceptions_of(changed)
        days = [found[f"2026-01-{day:02}"] for day in (5, 6, 7, 8)]
        assert days == ["09:00-17:00", "", "10:00-12:00", "09:00-17:00"]

    def test_available_without_an_end(self) -> None:
        """RFC 7953, 3.1: without an end it lasts as long as the VAVAILABILITY."""
        found = exceptions_of(
            availability("DTSTART:20260609T000000\nDURATION:P3D", "DTSTART:20260609T080000")
        )
        assert found == {
            "2026-06-09": "08:00-24:00",
            "2026-06-10": "00:00-24:00",
            "2026-06-11": "00:00-24:00",
        }

    def test_without_available_it_closes(self) -> None:
        """Nothing available is nothing open."""
        found = exceptions_of(availability("DTSTART:20260609T000000\nDTEND:20260611T000000"))
        assert found == {"2026-06-09": "", "2026-06-10": ""}

    def test_holidays_stay_holidays(self) -> None:
        """C3: an exception would beat the holiday of the same file, so there is none."""
        reach = "DTSTART:20260501T000000\nDTEND:20260503T000000"
        holiday = event("DTSTART;VALUE=DATE:20260501")
        assert exceptions_of(holiday, availability(reach, WEEKDAYS)) == {"2026-05-02": ""}

    def test_holidays_of_the_table_stay_holidays(self, tmp_path: Path) -> None:
        """C3: available hours replace weekly hours, not the holidays that the table names."""
        office = from_file(
            tmp_path,
            calendar_text(availability("", WEEKDAYS)),
            holidays=["2026-05-01"],
            yearly_holidays=["12-25"],
            exceptions={"2026-12-24": "09:00-12:00"},
        )
        assert windows_on(office, "2026-05-01") == windows_on(office, "2026-12-25") == []
        assert windows_on(office, "2026-12-24") == ["09:00-12:00"]
        assert windows_on(office, "2026-12-23") == ["09:00-17:00"]

    def test_where_it_says_nothing_the_weekly_hours_hold(self, tmp_path: Path) -> None:
        """A date reached from 13:00 on has its weekly hours until then."""
        reach = "DTSTART:20260609T130000\nDTEND:20260611T100000"
        part = availability(reach, "DTSTART:20260609T080000\nDURATION:PT10H\nRRULE:FREQ=DAILY")
        found = dates_of(calendar_text(part))
        assert {str(day): day_text(hours) for day, hours in found.outside.items()} == {
            "2026-06-09": "00:00-13:00 24:00-48:00",
            "2026-06-11": "10:00-48:00",
        }
        office = from_file(tmp_path, calendar_text(part))
        assert windows_on(office, "2026-06-09") == ["09:00-18:00"]
        assert windows_on(office, "2026-06-10") == ["08:00-18:00"]
        assert windows_on(office, "2026-06-11") == ["08:00-17:00"]

    def test_a_night_shift_before_it_begins_stays(self, tmp_path: Path) -> None:
        """C3: only what starts on a date is replaced; 20:00 to 06:00 began before."""
        part = availability("DTSTART:20260610T000000\nDTEND:20260611T000000")
        plant = from_file(tmp_path, calendar_text(part), hours={"mon-sun": "20:00-06:00"})
        assert windows_on(plant, "2026-06-10") == ["00:00-06:00"]
        assert windows_on(plant, "2026-06-11") == ["20:00-00:00"]

    def test_events_close_available_hours(self, tmp_path: Path) -> None:
        """RFC 7953, 4: events are laid over what is available."""
        meeting = event("DTSTART:20260609T120000\nDURATION:PT1H")
        office = from_file(tmp_path, calendar_text(availability("", WEEKDAYS), meeting))
        assert windows_on(office, "2026-06-09") == ["09:00-12:00", "13:00-17:00"]


class TestThroughCalendars:
    """C9, and the table of a calendar that names a file."""

    TEXT = calendar_text(
        event("DTSTART;VALUE=DATE:20260501\nSUMMARY:Labour Day", uid="a"),
        event("DTSTART:20260609T120000\nDURATION:PT1H", uid="b"),
        availability("DTSTART:20260706T000000\nDURATION:P7D", WEEKDAYS),
    )

    def test_all_of_it(self, tmp_path: Path) -> None:
        """Holiday, break and available hours act together."""
        office = from_file(tmp_path, self.TEXT, hours={"mon-sat": "08:00-16:00"})
        assert windows_on(office, "2026-05-01") == []
        assert windows_on(office, "2026-06-09") == ["08:00-12:00", "13:00-16:00"]
        assert windows_on(office, "2026-07-10") == ["09:00-17:00"]
        assert windows_on(office, "2026-07-11") == []
        assert windows_on(office, "2026-07-18") == ["08:00-16:00"]

    def test_known_until_the_last_of_the_years(self, tmp_path: Path) -> None:
        """C9: also where the file has nothing in it, or a later holiday is listed."""
        years = {"holiday_years": [2025, 2027]}
        empty = from_file(tmp_path, calendar_text(), **years)
        assert empty.known_until == date(2027, 12, 31)
        listed = from_file(tmp_path, calendar_text(), **years, holidays=["2029-05-01"])
        assert listed.known_until == date(2027, 12, 31)
        said = from_file(tmp_path, calendar_text(), **years, known_until="2026-06-30")
        assert said.known_until == date(2026, 6, 30)
        assert empty.is_provisional(datetime(2028, 1, 1, tzinfo=BERLIN))
        assert not empty.is_provisional(datetime(2027, 12, 31, tzinfo=BERLIN))

    @pytest.mark.parametrize("text", [TEXT, calendar_text()])
    def test_written_down_it_needs_no_file(self, tmp_path: Path, text: str) -> None:
        """`to_dict` gives dated holidays, breaks and exceptions, and the same calendar again."""
        office = from_file(tmp_path, text)
        table = office.to_dict()
        assert not {"icalendar", "holiday_years"} & set(table)
        assert Calendar.from_dict(table) == office
        assert Calendar.from_dict(table).to_dict() == table

    def test_the_written_table(self, tmp_path: Path) -> None:
        """What the file says stands in the table under its dates."""
        table = from_file(tmp_path, self.TEXT).to_dict()
        assert table["holidays"] == {"2026-05-01": "Labour Day"}
        assert table["breaks"] == {"2026-06-09": "12:00-13:00"}
        work = {f"2026-07-{day:02}": "09:00-17:00" for day in range(6, 11)}
        assert table["exceptions"] == {**work, "2026-07-11": "", "2026-07-12": ""}

    def test_breaks_of_table_and_file_both_close(self, tmp_path: Path) -> None:
        """C3: a break of the table does not lift one of the file."""
        office = from_file(tmp_path, self.TEXT, breaks={"2026-06-09": "09:00-10:00"})
        assert windows_on(office, "2026-06-09") == ["10:00-12:00", "13:00-17:00"]

    def test_with_a_country(self, tmp_path: Path) -> None:
        """Holidays of a country and of a file are holidays both."""
        office = from_file(tmp_path, self.TEXT, country="DE-BE")
        table = office.to_dict()
        assert windows_on(office, "2026-05-01") == windows_on(office, "2026-12-25") == []
        assert isinstance(table["holidays"], dict)
        assert table["holidays"]["2026-05-01"] == "Labour Day"  # the file's own name
        assert Calendar.from_dict(table) == office

    def test_a_later_version(self, tmp_path: Path) -> None:
        """C10: a version that names a file takes its holidays, and keeps the other dates."""
        (tmp_path / "closed.ics").write_text(self.TEXT, encoding="utf-8")
        office = Calendar.from_dict(
            {
                "timezone": "Europe/Berlin",
                "hours": {"mon-fri": "09:00-17:00"},
                "holidays": ["2026-02-02", "2026-06-01"],
                "exceptions": {"2026-07-07": "", "2026-07-14": "10:00-11:00"},
                "breaks": {"2026-06-09": "15:00-16:00"},
                "versions": [
                    {"from": "2026-03-01", "icalendar": "closed.ics", "holiday_years": [2026, 2026]}
                ],
            },
            folder=tmp_path,
        )
        assert windows_on(office, "2026-02-02") == windows_on(office, "2026-05-01") == []
        assert windows_on(office, "2026-06-01") == ["09:00-17:00"]
        assert windows_on(office, "2026-06-09") == ["09:00-12:00", "13:00-15:00", "16:00-17:00"]
        assert windows_on(office, "2026-07-07") == ["09:00-17:00"]
        assert windows_on(office, "2026-07-14") == ["10:00-11:00"]
        assert Calendar.from_dict(office.to_dict()) == office

    def test_faults_carry_the_key(self, tmp_path: Path) -> None:
        """A file that cannot be read is one fault of the table, next to the others."""
        with pytest.raises(FaultyTable) as refused:
            from_file(tmp_path, "nothing", timezone="Mars/Phobos", holiday_years=[2027, 2026])
        assert [fault.path for fault in refused.value.faults] == [
            ("timezone",),
            ("holiday_years",),
            ("icalendar",),
        ]

    def test_years_are_asked_for_once(self, tmp_path: Path) -> None:
        """Country and file share the years, so what is wrong with them is said once."""
        (tmp_path / "closed.ics").write_text(calendar_text(), encoding="utf-8")
        table = {"timezone": "UTC", "country": "DE", "icalendar": "closed.ics"}
        with pytest.raises(FaultyTable, match="holiday_years: missing") as refused:
            Calendar.from_dict(table, folder=tmp_path)
        assert len(refused.value.faults) == 1


EVERY_MINUTE = ";".join(
    f"{key}={','.join(map(str, range(count)))}" for key, count in (("BYHOUR", 24), ("BYMINUTE", 60))
)


class TestRefused:
    """What cannot be read is refused, with the file and the event."""

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            (b"", "is no iCalendar: expected BEGIN:VCALENDAR"),
            (b"not a calendar", "is no iCalendar"),
            (b"\x00\x01", "is no iCalendar"),
            (b"BEGIN:VEVENT\nUID:1\nEND:VEVENT\n", "is no iCalendar: expected BEGIN:VCALENDAR"),
            (b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nEND:VCALENDAR\n", "an END for every BEGIN"),
            (b"BEGIN:VCALENDAR\nEND:VCALENDAR\nBEGIN:VCALENDAR\n", "an END for every BEGIN"),
            (b"BEGIN:VCALENDAR\nSUMMARY:\xff\nEND:VCALENDAR\n", "is not UTF-8 at byte 24"),
            (b"BEGIN:VCALENDAR\nCALSCALE:HEBREW\nEND:VCALENDAR\n", "CALSCALE is HEBREW"),
        ],
    )
    def test_files(self, content: bytes, message: str) -> None:
        """A file that is no iCalendar is named."""
        with pytest.raises(InvalidValue, match=rf"closed\.ics: .*{message}"):
            dates_of(content)

    def test_no_such_file(self, tmp_path: Path) -> None:
        """A missing file, a folder, and a name that no file can have."""
        for name in ("missing.ics", ".", "a\0b"):
            with pytest.raises(InvalidValue, match="the file cannot be read"):
                icalendar_dates(tmp_path / name, YEAR, BERLIN)

    @pytest.mark.parametrize(
        ("lines", "message"),
        [
            ("SUMMARY:x", "has no DTSTART"),
            ("DTSTART:2026x0101", "DTSTART cannot be read"),
            ("DTSTART:101500", "DTSTART is 10:15:00: expected one date or time"),
            ("DTSTART:20260101T100000\nDTSTART:20260101T110000", "DTSTART is given twice"),
            ("DTSTART;VALUE=DATE:20260105\nDTEND;VALUE=DATE:20260102", "ends before it starts"),
            ("DTSTART:20260105T120000\nDTEND:20260105T100000Z", "ends before it starts"),
            ("DTSTART:20260105T120000\nDURATION:-PT1H", "DURATION is .*not negative"),
            ("DTSTART:20260105T120000\nDURATION:long", "DURATION cannot be read"),
            ("DTSTART;TZID=Mars/Phobos:20260105T120000", "unknown time zone 'Mars/Phobos'"),
            (
                "DTSTART:20260105T120000\nRDATE;TZID=Mars/Phobos:20260106T120000",
                "RDATE has the unknown time zone 'Mars/Phobos'",
            ),
            ("DTSTART:20260105T120000\nno line at all", "a line cannot be read"),
            ("DTSTART:20260105T120000\nRRULE:FREQ=SOMETIMES", "RRULE cannot be read"),
            ("DTSTART:20260105T120000\nRRULE;VALUE=TEXT:FREQ=SOMETIMES", "RRULE (is|cannot)"),
            ("DTSTART:20260105T120000\nRRULE:BYDAY=MO", "FREQ is MISSING"),
            ("DTSTART:20260105T120000\nRRULE:FREQ=DAILY,WEEKLY", "broken: FREQ=DAILY,WEEKLY"),
            ("DTSTART:20260105T120000\nRRULE:FREQ=SECONDLY", "FREQ is SECONDLY: expected DAILY"),
            ("DTSTART:20260105T120000\nRRULE:FREQ=HOURLY;INTERVAL=6", "BYHOUR and BYMINUTE"),
            ("DTSTART;VALUE=DATE:20260105\nRRULE:FREQ=MINUTELY", "FREQ is MINUTELY"),
            ("DTSTART:20260105T120000\nRRULE:FREQ=DAILY;INTERVAL=0", "INTERVAL"),
            ("DTSTART:20260105T120000\nRRULE:FREQ=DAILY;BYHOUR=77", "cannot be repeated: hour"),
            ("DTSTART:20260105T120000\nRRULE:FREQ=DAILY;BYMONTH=77", "RRULE fits no date"),
            (
                "DTSTART;VALUE=DATE:20260105\nRRULE:FREQ=WEEKLY;BYMONTH=2;BYMONTHDAY=30",
                "RRULE fits no date",
            ),
            ("DTSTART:20260105T120000\nRRULE:FREQ=WEEKLY;BYSETPOS=8", "BYSETPOS of its RRULE"),
            ("DTSTART:20260105T120000\nEXRULE:FREQ=DAILY", "EXRULE is not read: expected EXDATE"),
            (
                f"DTSTART:20260105T120000\nRRULE:FREQ=DAILY;{EVERY_MINUTE}",
                r"happens up to 519,840 times from 2026-01-05 to 2027-01-01: expected at most",
            ),
            (
                "DTSTART;VALUE=DATE:20000101\nDURATION:P36500D\nRRULE:FREQ=DAILY",
                "takes [0-9,]+ days in all: expected at most 250,000",
            ),
        ],
    )
    def test_events(self, lines: str, message: str) -> None:
        """C8: an event that cannot be read is named, by its summary or else by its UID."""
        text = calendar_text(event("DTSTART;VALUE=DATE:20260501", uid="good"), event(lines, "bad"))
        name = "x" if "SUMMARY:x" in lines else "bad"
        with pytest.raises(InvalidValue, match=rf"closed\.ics: VEVENT '{name}': .*{message}"):
            dates_of(text)

    @pytest.mark.parametrize(
        ("lines", "available", "message"),
        [
            ("PRIORITY:12", WORK, "VAVAILABILITY 'v': PRIORITY is 12: expected one number"),
            ("DURATION:P1D", WORK, "VAVAILABILITY 'v': has a DURATION: expected a DTSTART"),
            ("DTSTART:20260601T000000\nDTEND:20260501T000000", WORK, "ends before it starts"),
            ("", "SUMMARY:Early", "AVAILABLE 'Early': has no DTSTART"),
            ("", f"{WORK}\nRRULE:FREQ=HOURLY", "AVAILABLE 'v-0': FREQ is HOURLY"),
        ],
    )
    def test_availability(self, lines: str, available: str, message: str) -> None:
        """The component that is wrong is named."""
        with pytest.raises(InvalidValue, match=message):
            dates_of(calendar_text(availability(lines, available)))

    @pytest.mark.parametrize("package", ["icalendar", "recurring_ical_events"])
    def test_without_the_packages(self, monkeypatch: pytest.MonkeyPatch, package: str) -> None:
        """The extra is named when one of its packages is missing."""
        monkeypatch.setitem(sys.modules, package, None)
        with pytest.raises(MissingExtra, match=r"pip install 'servicecore\[ical\]'"):
            dates_of(calendar_text())


SAMPLE = calendar_text(
    event("DTSTART;VALUE=DATE:20191003\nRRULE:FREQ=YEARLY;UNTIL=20300101\nSUMMARY:Unity", "a"),
    event(
        "DTSTART;TZID=Europe/Berlin:20260105T090000\nDTEND;TZID=Europe/Berlin:20260105T100000\n"
        "RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=MO\nEXDATE;TZID=Europe/Berlin:20260119T090000\n"
        "RDATE;TZID=Europe/Berlin:20260121T090000",
        "b",
    ),
    event(
        "RECURRENCE-ID;TZID=Europe/Berlin:20260202T090000\nDTSTART:20260203T090000Z\n"
        "DURATION:PT2H\nSTATUS:CONFIRMED\nTRANSP:OPAQUE\nSEQUENCE:1",
        "b",
    ),
    availability("DTSTART:20260706T000000Z\nDURATION:P7D\nPRIORITY:2\nBUSYTYPE:BUSY", WEEKDAYS),
)
PIECES = sorted({*SAMPLE.replace("\r\n", ";").replace(",", ";").replace(":", ";").split(";")})


@st.composite
def broken(draw: st.DrawFn) -> str:
    """Take or put some pieces anywhere into the sample."""
    text = SAMPLE
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(text)))
        gone = draw(st.sampled_from([0, 1, 1, 2, 8, 40]))
        put = draw(st.one_of(st.sampled_from([*PIECES, "", "\r\n", "0", "-"]), st.text(max_size=3)))
        text = text[:at] + put + text[at + gone :]
    return text


class TestBroken:
    """Whatever a file holds, the answer is dates or an error of ours."""

    @given(broken())
    def test_mutated_files(self, text: str) -> None:
        """C8: nothing but a ServiceCoreError comes out, and nothing outside the years."""
        try:
            found = dates_of(text.encode(errors="surrogatepass"))
        except ServiceCoreError as problem:
            assert "closed.ics: " in str(problem)  # noqa: PT017  # or none is raised
            return
        days = {*found.holidays, *found.breaks, *found.exceptions, *found.outside}
        assert all(day.year == 2026 for day in days)

    @given(st.binary(max_size=200))
    def test_any_bytes(self, content: bytes) -> None:
        """Bytes that are no calendar are refused."""
        with pytest.raises(InvalidValue):
            dates_of(content)

    @given(
        frequency=st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]),
        start=st.dates(date(2022, 1, 1), date(2027, 1, 1)),
        interval=st.integers(1, 5),
        days=st.integers(1, 20),
    )
    def test_cutting_the_years_in_two_changes_nothing(
        self, frequency: str, start: date, interval: int, days: int
    ) -> None:
        """The holidays of three years are those of each year put together."""
        text = calendar_text(
            event(
                f"DTSTART;VALUE=DATE:{start:%Y%m%d}\nDURATION:P{days}D\n"
                f"RRULE:FREQ={frequency};INTERVAL={interval}"
            )
        )
        together = dates_of(text, range(2025, 2028)).holidays
        apart = [dates_of(text, range(year, year + 1)).holidays for year in (2025, 2026, 2027)]
        assert together == apart[0] | apart[1] | apart[2]
