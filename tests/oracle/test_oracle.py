"""The oracle against examples that were worked out by hand, with a calendar and a table of
offsets.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.oracle.calendar import Composed, OracleCalendar, from_dict
from tests.oracle.clock import OracleMark, OracleReading, OracleTarget, read_cycles
from tests.oracle.zones import jumps, zones_that_jump

OFFICE = {"mon-fri": "09:00-17:00"}
HOUR = timedelta(hours=1)
MICROSECOND = timedelta(microseconds=1)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def make(zone: str, hours: dict[str, Any], **more: Any) -> OracleCalendar:
    return from_dict({"timezone": zone, "hours": hours, **more})


def hours_of(calendar: OracleCalendar, first: str, last: str) -> float:
    """The open hours between two instants in UTC."""
    return calendar.between(utc(first), utc(last)) / HOUR


# -- zones -----------------------------------------------------------------------------------------


def test_every_jump_is_at_a_whole_minute() -> None:
    """What minute stepping rests on: zones move at whole minutes, by whole minutes, in
    2000-2040.
    """
    assert len(zones_that_jump()) > 300
    for zone in zones_that_jump():
        for jump in jumps(zone):
            clock = ZoneInfo(zone)
            at_jump = datetime.fromtimestamp(jump.minute * 60, clock)
            just_before = datetime.fromtimestamp(jump.minute * 60 - 1, clock)
            assert at_jump.utcoffset() == timedelta(minutes=jump.after)
            assert just_before.utcoffset() == timedelta(minutes=jump.before)


def test_known_jumps() -> None:
    """Berlin moves at 01:00 UTC on the last Sundays of March and October; Apia lost a whole day."""
    berlin = [utc("1970-01-01T00:00") + timedelta(minutes=j.minute) for j in jumps("Europe/Berlin")]
    assert utc("2026-03-29T01:00") in berlin
    assert utc("2026-10-25T01:00") in berlin
    assert len(berlin) == 82
    assert max(jump.size for jump in jumps("Pacific/Apia")) == 24 * 60


# -- calendars -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("window", "first", "last", "hours"),
    [
        # Berlin, 29 March 2026: at 01:00 UTC the clock goes from 02:00 (+1) to 03:00 (+2).
        ("01:00-05:00", "2026-03-28T23:00", "2026-03-29T22:00", 3),
        ("02:15-02:45", "2026-03-28T23:00", "2026-03-29T22:00", 0),
        ("02:30-04:00", "2026-03-28T23:00", "2026-03-29T22:00", 1),
        ("01:30-02:30", "2026-03-28T23:00", "2026-03-29T22:00", 0.5),
        ("00:00-24:00", "2026-03-28T12:00", "2026-03-30T12:00", 23),
        # Berlin, 25 October 2026: at 01:00 UTC the clock goes from 03:00 (+2) back to 02:00 (+1).
        ("01:00-04:00", "2026-10-24T22:00", "2026-10-25T23:00", 4),
        ("01:00-02:30", "2026-10-24T22:00", "2026-10-25T23:00", 1.5),
        ("02:30-04:00", "2026-10-24T22:00", "2026-10-25T23:00", 2.5),
        ("02:15-02:45", "2026-10-24T22:00", "2026-10-25T23:00", 0.5),
        ("02:30-03:30", "2026-10-24T22:00", "2026-10-25T23:00", 2),
        ("00:00-24:00", "2026-10-24T12:00", "2026-10-26T12:00", 25),
    ],
)
def test_gap_and_fold_in_berlin(window: str, first: str, last: str, hours: float) -> None:
    """C2: in a gap the instant after it, in a fold the first of the two; elapsed time counts."""
    assert hours_of(make("Europe/Berlin", {"sun": window}), first, last) == hours


def test_night_shift_over_a_gap() -> None:
    """C1, C2: Saturday 22:00 (21:00 UTC) to Sunday 06:00 (04:00 UTC) is seven hours in March."""
    night = make("Europe/Berlin", {"sat": "22:00-06:00"})
    assert night.windows(utc("2026-03-28T00:00"), utc("2026-03-30T00:00")) == [
        (utc("2026-03-28T21:00"), utc("2026-03-29T04:00"))
    ]


def test_midnight_that_does_not_exist() -> None:
    """C2: on 4 November 2018 Sao Paulo's clock went from 24:00 to 01:00, at 03:00 UTC."""
    sunday = make("America/Sao_Paulo", {"sun": "00:00-24:00"})
    assert sunday.windows(utc("2018-11-03T12:00"), utc("2018-11-06T00:00")) == [
        (utc("2018-11-04T03:00"), utc("2018-11-05T02:00"))
    ]
    saturday = make("America/Sao_Paulo", {"sat": "22:00-00:30"})
    assert saturday.windows(utc("2018-11-03T12:00"), utc("2018-11-06T00:00")) == [
        (utc("2018-11-04T01:00"), utc("2018-11-04T03:00"))
    ]


def test_hour_before_midnight_that_comes_twice() -> None:
    """C2: on 17 February 2018 Sao Paulo's clock went from 24:00 back to 23:00, at 02:00 UTC."""
    saturday = make("America/Sao_Paulo", {"sat": "23:30-24:00"})
    assert saturday.windows(utc("2018-02-17T12:00"), utc("2018-02-19T00:00")) == [
        (utc("2018-02-18T01:30"), utc("2018-02-18T03:00"))
    ]


def test_day_that_does_not_exist() -> None:
    """C2, C7: Apia had no 30 December 2011; the day's edges are all at 10:00 UTC of that date."""
    daily = make("Pacific/Apia", {"mon-sun": "08:00-16:00"})
    assert daily.windows(utc("2011-12-29T12:00"), utc("2012-01-01T12:00")) == [
        (utc("2011-12-29T18:00"), utc("2011-12-30T02:00")),
        (utc("2011-12-30T18:00"), utc("2011-12-31T02:00")),
        (utc("2011-12-31T18:00"), utc("2012-01-01T02:00")),
    ]
    # Thursday 29 December 10:00 (-10) and one working day is Saturday 31 December 10:00 (+14).
    assert daily.add_days(utc("2011-12-29T20:00"), 1) == utc("2011-12-30T20:00")


def test_half_hour_fold() -> None:
    """C2: Lord Howe goes back from 02:00 (+11) to 01:30 (+10:30) at 15:00 UTC, 4 April 2026."""
    sunday = make("Australia/Lord_Howe", {"sun": "01:45-02:15"})
    assert sunday.windows(utc("2026-04-04T00:00"), utc("2026-04-06T00:00")) == [
        (utc("2026-04-04T14:45"), utc("2026-04-04T15:45"))
    ]


def test_past_midnight_in_both_spellings() -> None:
    """C1: 22:00-06:00 is 22:00-30:00 and belongs to Monday; windows that touch are one."""
    short, long = make("UTC", {"mon": "22:00-06:00"}), make("UTC", {"mon": [["22:00", "30:00"]]})
    begin, end = utc("2026-03-02T00:00"), utc("2026-03-09T00:00")
    expected = [(utc("2026-03-02T22:00"), utc("2026-03-03T06:00"))]
    assert short.windows(begin, end) == long.windows(begin, end) == expected
    touching = make("UTC", {"mon": "10:00-12:00 12:00-13:00", "tue": "09:00-11:00 10:00-12:00"})
    assert touching.windows(begin, end) == [
        (utc("2026-03-02T10:00"), utc("2026-03-02T13:00")),
        (utc("2026-03-03T09:00"), utc("2026-03-03T12:00")),
    ]


def test_holiday_exception_and_break() -> None:
    """C3: Monday's tail stays on a holiday; an exception beats a holiday; breaks close the tail."""
    calendar = make(
        "UTC",
        {"mon-fri": "22:00-02:00"},
        holidays=["2026-03-03", "2026-03-04"],
        yearly_holidays=["03-06"],
        exceptions={"2026-03-04": "08:00-09:00"},
        breaks={"2026-03-02": "23:00-24:30"},
    )
    assert calendar.windows(utc("2026-03-02T00:00"), utc("2026-03-08T00:00")) == [
        (utc("2026-03-02T22:00"), utc("2026-03-02T23:00")),
        (utc("2026-03-03T00:30"), utc("2026-03-03T02:00")),
        (utc("2026-03-04T08:00"), utc("2026-03-04T09:00")),
        (utc("2026-03-05T22:00"), utc("2026-03-06T02:00")),
    ]


def test_add_there_and_back() -> None:
    """C4, C5: 2 March 2026 is a Monday."""
    office = make("UTC", OFFICE)
    friday = utc("2026-03-06T15:00")
    assert office.add(friday, 2 * HOUR) == utc("2026-03-06T17:00")
    assert office.add(friday, 2 * HOUR, "late") == utc("2026-03-09T09:00")
    assert office.add(friday, 3 * HOUR) == utc("2026-03-09T10:00")
    assert office.add(friday, 2 * HOUR + MICROSECOND) == utc("2026-03-09T09:00") + MICROSECOND
    assert office.add(friday, 0 * HOUR) == friday
    assert office.add(utc("2026-03-07T00:00"), 0 * HOUR) == utc("2026-03-07T00:00")
    assert office.add(utc("2026-03-07T00:00"), 0 * HOUR, "late") == utc("2026-03-09T09:00")
    assert office.add(utc("2026-03-09T10:00"), -1 * HOUR) == utc("2026-03-09T09:00")
    assert office.add(utc("2026-03-09T10:00"), -2 * HOUR) == utc("2026-03-06T16:00")
    assert office.between(friday, utc("2026-03-09T10:00")) == 3 * HOUR
    assert office.between(utc("2026-03-09T10:00"), friday) == -3 * HOUR


def test_edges_and_rolling() -> None:
    """Edges are strictly after or before; a closing instant rolls back to itself."""
    office = make("UTC", OFFICE)
    monday, opens, closes = (
        utc("2026-03-02T12:00"),
        utc("2026-03-02T09:00"),
        utc("2026-03-02T17:00"),
    )
    assert office.next_close(monday) == closes
    assert office.next_close(closes) == utc("2026-03-03T17:00")
    assert office.next_open(opens) == utc("2026-03-03T09:00")
    assert office.previous_open(opens) == utc("2026-02-27T09:00")
    assert office.previous_close(closes) == utc("2026-02-27T17:00")
    assert office.previous_close(closes + MICROSECOND) == closes
    assert office.roll_forward(monday) == office.roll_back(monday) == monday
    assert office.roll_forward(closes) == utc("2026-03-03T09:00")
    assert office.roll_back(closes) == closes
    assert office.roll_back(utc("2026-03-02T08:00")) == utc("2026-02-27T17:00")


def test_compositions() -> None:
    """C6: office hours 09-17 and 15-20 on the same Monday."""
    early, late = make("UTC", {"mon": "09:00-17:00"}), make("UTC", {"mon": "15:00-20:00"})
    day = utc("2026-03-02T00:00"), utc("2026-03-03T00:00")

    def hours(calendar: OracleCalendar) -> list[tuple[int, int]]:
        return [(opens.hour, closes.hour) for opens, closes in calendar.windows(*day)]

    assert hours(Composed(early, "|", late)) == [(9, 20)]
    assert hours(Composed(early, "&", late)) == [(15, 17)]
    assert hours(Composed(early, "-", late)) == [(9, 15)]
    assert hours(Composed(late, "-", early)) == [(17, 20)]


def test_versions() -> None:
    """C10: the old hours for dates before 3 March 2026, its evening's tail included."""
    calendar = make(
        "UTC",
        {"mon-sun": "20:00-02:00"},
        holidays=["2026-03-05"],
        versions=[{"from": "2026-03-03", "hours": {"mon-sun": "08:00-09:00"}}],
    )
    assert calendar.windows(utc("2026-03-02T12:00"), utc("2026-03-06T12:00")) == [
        (utc("2026-03-02T20:00"), utc("2026-03-03T02:00")),
        (utc("2026-03-03T08:00"), utc("2026-03-03T09:00")),
        (utc("2026-03-04T08:00"), utc("2026-03-04T09:00")),
        (utc("2026-03-06T08:00"), utc("2026-03-06T09:00")),
    ]


@pytest.mark.parametrize(
    ("at", "n", "options", "expected"),
    [
        # Monday 2 March 2026, 10:00, in a week of five days 09-17.
        ("2026-03-02T10:00", 0, {}, "2026-03-02T10:00"),
        ("2026-03-02T10:00", 3, {}, "2026-03-05T10:00"),
        ("2026-03-02T10:00", 5, {"until": "close"}, "2026-03-09T17:00"),
        ("2026-03-02T10:00", -1, {}, "2026-02-27T10:00"),
        ("2026-03-02T23:00", 1, {}, "2026-03-03T23:00"),
        ("2026-03-02T14:59", 1, {"cutoff": "15:00"}, "2026-03-03T14:59"),
        ("2026-03-02T15:00", 1, {"cutoff": "15:00"}, "2026-03-04T09:00"),
        ("2026-03-02T15:00", 1, {"cutoff": "15:00", "then": "08:30"}, "2026-03-04T08:30"),
        ("2026-03-02T15:00", 0, {"cutoff": "15:00", "until": "close"}, "2026-03-03T17:00"),
        # Saturday: day 0 is Monday, or going back Friday.
        ("2026-03-07T12:00", 0, {}, "2026-03-09T09:00"),
        ("2026-03-07T12:00", 1, {"off_day": "same_time"}, "2026-03-10T12:00"),
        ("2026-03-07T12:00", 1, {"cutoff": "10:00"}, "2026-03-10T09:00"),
        ("2026-03-07T12:00", -1, {}, "2026-03-05T17:00"),
        ("2026-03-07T12:00", -1, {"off_day": "same_time"}, "2026-03-05T12:00"),
    ],
)
def test_working_days(at: str, n: int, options: dict[str, str], expected: str) -> None:
    """C7."""
    assert make("UTC", OFFICE).add_days(utc(at), n, **options) == utc(expected)


def test_working_day_of_a_night() -> None:
    """C7: Tuesday 02:00 inside Monday's night is Tuesday; Monday's last closing is Tuesday
    06:00.
    """
    nights = make("UTC", {"mon": "22:00-06:00", "wed": "22:00-06:00"})
    assert nights.add_days(utc("2026-03-03T02:00"), 0) == utc("2026-03-04T22:00")
    assert nights.add_days(utc("2026-03-02T23:00"), 0, until="close") == utc("2026-03-03T06:00")


def test_day_emptied_by_gap_or_break_is_no_working_day() -> None:
    """C7: Sunday 29 March 2026 has nothing but a gap, Monday nothing but a break."""
    calendar = make(
        "Europe/Berlin", {"sun-tue": "02:10-02:50"}, breaks={"2026-03-30": "02:00-03:00"}
    )
    assert calendar.add_days(utc("2026-03-28T12:00"), 0) == utc("2026-03-31T00:10")


# -- clocks ----------------------------------------------------------------------------------------

MONDAY = utc("2026-03-02T00:00")


def at(hours: float) -> datetime:
    """So many hours after Monday 2 March 2026, 00:00 UTC."""
    return MONDAY + hours * HOUR


def within(hours: float, **more: Any) -> OracleTarget:
    return OracleTarget(make("UTC", OFFICE), within=hours * HOUR, **more)


def last(
    marks: list[OracleMark], target: OracleTarget, hours: float, after: timedelta = 0 * HOUR
) -> OracleReading:
    return read_cycles(marks, target, at(hours) + after)[-1]


START = OracleMark("start", at(10))


def test_running_breached_met_and_missed() -> None:
    """K1: four hours from 10:00 are due at 14:00; at 14:00 it still runs, a stop then is in
    time.
    """
    assert last([START], within(4), 14).state == "running"
    late = last([START], within(4), 14, MICROSECOND)
    assert (late.state, late.breached_at, late.due_at) == ("breached", at(14), at(14))
    assert late.remaining == -MICROSECOND
    assert last([START, OracleMark("stop", at(14))], within(4), 99).state == "met"
    missed = last([START, OracleMark("stop", at(15))], within(4), 99)
    assert (missed.state, missed.elapsed, missed.due_at) == ("missed", 5 * HOUR, at(14))


def test_due_at_closing() -> None:
    """K1: seven hours are due at 17:00, and 18:00 is late; with a late landing Tuesday 09:00 is
    not.
    """
    assert last([START, OracleMark("stop", at(18))], within(7), 99).state == "missed"
    gentle = within(7, landing="late")
    assert last([START, OracleMark("stop", at(33))], gentle, 99).state == "met"


def test_pause() -> None:
    """K2: an hour's pause moves the due instant by an hour; while paused there is none."""
    marks = [START, OracleMark("pause", at(11)), OracleMark("resume", at(12))]
    paused = last(marks[:2], within(4), 11.5)
    assert (paused.state, paused.due_at, paused.remaining) == ("paused", None, 3 * HOUR)
    assert paused.due_if_resumed == at(14.5)
    running = last(marks, within(4), 13)
    assert (running.state, running.due_at, running.elapsed) == ("running", at(15), 2 * HOUR)


def test_pause_exactly_at_the_due_instant() -> None:
    """A pause exactly then is no breach, and on resuming not a microsecond is left."""
    marks = [START, OracleMark("pause", at(14)), OracleMark("resume", at(15))]
    assert last(marks, within(4), 14.5).late is False
    assert last(marks, within(4), 15).late is False
    assert last(marks, within(4), 15, MICROSECOND).breached_at == at(15)


def test_breach_before_a_pause_stays() -> None:
    """K2: late since 14:00, paused at 15:00, resumed at 16:00."""
    marks = [START, OracleMark("pause", at(15)), OracleMark("resume", at(16))]
    paused = last(marks, within(4), 15.5)
    assert (paused.state, paused.late, paused.due_at, paused.breached_at) == (
        "paused",
        True,
        None,
        at(14),
    )
    resumed = last(marks, within(4), 17)
    assert (resumed.state, resumed.due_at, resumed.remaining) == ("breached", at(14), -2 * HOUR)


def test_retarget_carries() -> None:
    """K3: the new target counts from the start; a shorter one can be late at once."""
    longer = [START, OracleMark("retarget", at(12), target=within(6))]
    assert last(longer, within(4), 15).due_at == at(16)
    shorter = [START, OracleMark("retarget", at(12), target=within(1))]
    late = last(shorter, within(4), 12)
    assert (late.state, late.breached_at, late.due_at) == ("breached", at(11), at(11))


def test_retarget_after_a_breach() -> None:
    """K3: the breach stays, the new due instant shows."""
    marks = [START, OracleMark("retarget", at(15), target=within(6))]
    reading = last(marks, within(4), 15.5)
    assert (reading.state, reading.breached_at, reading.due_at) == ("breached", at(14), at(16))


def test_retarget_restarts() -> None:
    """K3: a restart is a new cycle with nothing elapsed."""
    marks = [START, OracleMark("retarget", at(12), target=within(2), restart=True)]
    reading = last(marks, within(4), 13)
    assert (reading.elapsed, reading.due_at, reading.started_at) == (HOUR, at(14), at(12))
    assert len(read_cycles(marks, within(4), at(13))) == 2


def test_reopening() -> None:
    """K4: stopped from 11:00 to 13:00; as a pause it is due at 16:00, counted at 14:00."""
    stop = OracleMark("stop", at(11))
    paused = [START, stop, OracleMark("resume", at(13))]
    assert last(paused, within(4), 13.5).due_at == at(16)
    counted = [START, stop, OracleMark("resume", at(13), counted=True)]
    assert last(counted, within(4), 13.5).due_at == at(14)
    too_late = [START, stop, OracleMark("resume", at(15), counted=True)]
    assert last(too_late, within(4), 15).breached_at == at(14)


def test_days_move_with_pauses() -> None:
    """K7: one working day from Monday 10:00 is Tuesday 10:00; an hour's pause makes it 11:00."""
    target = OracleTarget(make("UTC", OFFICE), days=1)
    assert last([START], target, 11).due_at == at(34)
    assert last([START], target, 11).remaining == 7 * HOUR
    marks = [START, OracleMark("pause", at(16)), OracleMark("resume", at(33))]
    assert last(marks, target, 33.5).due_at == at(35)
    night = [START, OracleMark("pause", at(18)), OracleMark("resume", at(33))]
    assert last(night, target, 33.5).due_at == at(34)


def test_given_instant_does_not_move() -> None:
    """K7: `by` keeps its due instant while paused and can get late then."""
    target = OracleTarget(make("UTC", {"mon-sun": "00:00-24:00"}), by=at(13))
    marks = [START, OracleMark("pause", at(11))]
    assert last(marks, target, 12).due_at == at(13)
    assert last(marks, target, 14).late is True
    assert last([*marks, OracleMark("stop", at(14))], target, 15).state == "missed"


def test_cancel_and_cycles() -> None:
    """K6, K5: a cancelled clock has no verdict; a start after an end is a new cycle."""
    cancelled = last([START, OracleMark("cancel", at(11))], within(4), 99)
    assert (cancelled.state, cancelled.due_at, cancelled.late) == ("cancelled", at(14), False)
    marks = [START, OracleMark("start", at(11)), OracleMark("stop", at(12))]
    assert len(read_cycles(marks, within(4), at(99))) == 1
    assert len(read_cycles([*marks, OracleMark("start", at(13))], within(4), at(99))) == 2


def test_time_already_used() -> None:
    """K7: two of four hours used leave two."""
    reading = last([OracleMark("start", at(10), used=2 * HOUR)], within(4), 11)
    assert (reading.due_at, reading.elapsed) == (at(12), 3 * HOUR)
