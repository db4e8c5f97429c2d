"""What a reading says of itself (K8), to the letter."""

from datetime import datetime
from textwrap import dedent
from zoneinfo import ZoneInfo

import pytest

from servicecore.sla import Calendar, Days, Mark, State, Target, read

BERLIN = ZoneInfo("Europe/Berlin")
OFFICE = Calendar.from_dict(
    {
        "timezone": "Europe/Berlin",
        "hours": {"mon-fri": "09:00-17:30"},
        "holidays": {"2026-04-03": "Good Friday", "2026-04-06": "Easter Monday"},
        "exceptions": {"2026-04-08": "12:00-17:30"},
        "breaks": {"2026-04-09": "10:00-11:00"},
    },
    "office",
)


def april(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 4, day, hour, minute, tzinfo=BERLIN)


MARKS = [
    Mark.start(april(2, 16)),
    Mark.pause(april(2, 17), "asked for a log"),
    Mark.pause(april(3, 17)),
    Mark.resume(april(7, 10)),
    Mark.stop(april(7, 15)),
]
FOUR_HOURS = Target("4h", OFFICE)


def said(text: str) -> str:
    return dedent(text).strip()


def test_a_running_clock_says_why_it_is_due_then() -> None:
    """K8: the stretches ahead name the holidays that lie between."""
    assert read(MARKS[:1], FOUR_HOURS, at=april(2, 16, 30)).explain() == said("""
        running: due Tue 7 Apr 2026 11:30, 3h 30m left
        target: 4h of office (Europe/Berlin)
        counted so far:
          Thu 2 Apr 2026 16:00 – 16:30  open, 30m
          sum: 30m of 4h
        ahead, if nothing pauses it:
          Thu 2 Apr 2026 16:30 – 17:30  open, 1h
          Thu 2 Apr 2026 17:30 – Tue 7 Apr 2026 09:00  closed (Good Friday, Easter Monday)
          Tue 7 Apr 2026 09:00 – 11:30  open, 2h 30m
    """)


def test_a_paused_clock_says_why_and_what_it_would_give() -> None:
    """K2: no due instant, but what is left and what resuming now would give."""
    assert read(MARKS, FOUR_HOURS, at=april(3, 12)).explain() == said("""
        paused (asked for a log): 3h left, due Tue 7 Apr 2026 12:00 if resumed now
        target: 4h of office (Europe/Berlin)
        counted so far:
          Thu 2 Apr 2026 16:00 – 17:00  open, 1h
          Thu 2 Apr 2026 17:00 – Fri 3 Apr 2026 12:00  paused (asked for a log)
          sum: 1h of 4h
    """)


def test_a_missed_clock_says_by_how_much_and_which_mark_changed_nothing() -> None:
    """K1: a mark without effect is kept and told."""
    assert read(MARKS, FOUR_HOURS, at=april(8, 9)).explain() == said("""
        missed: stopped Tue 7 Apr 2026 15:00, was due Tue 7 Apr 2026 13:00, late by 2h
        target: 4h of office (Europe/Berlin)
        counted so far:
          Thu 2 Apr 2026 16:00 – 17:00  open, 1h
          Thu 2 Apr 2026 17:00 – Tue 7 Apr 2026 10:00  paused (asked for a log)
          Tue 7 Apr 2026 10:00 – 15:00  open, 5h
          sum: 6h of 4h
        without effect: pause on Fri 3 Apr 2026 17:00
    """)


def test_changed_hours_and_breaks_are_named_where_they_close_something() -> None:
    """C3, K8: an exception and a break are reasons like a holiday."""
    text = read([Mark.start(april(7, 17))], Target("12h", OFFICE), at=april(10, 9)).explain()
    assert (
        "Tue 7 Apr 2026 17:30 – Wed 8 Apr 2026 12:00  closed (changed hours on 2026-04-08)" in text
    )
    assert "Thu 9 Apr 2026 10:00 – 11:00  closed (break on 2026-04-09)" in text


def test_a_plain_weekend_has_no_reason() -> None:
    """K8: a Sunday holiday closes nothing that would have been open."""
    sunday = Calendar.from_dict(
        {
            "timezone": "UTC",
            "hours": {"mon-fri": "09:00-17:00"},
            "holidays": {"2026-03-08": "Sunday"},
        }
    )
    friday = datetime(2026, 3, 6, 16, tzinfo=ZoneInfo("UTC"))
    (_, weekend, _) = read([Mark.start(friday)], Target("4h", sunday), at=friday).ahead
    assert (weekend.kind, weekend.reasons) == ("closed", ())


def test_maintenance_is_named_in_a_composed_calendar() -> None:
    """C6, K8: what is taken out says its name."""
    patching = Calendar.from_dict({"timezone": "UTC", "hours": "tue 09:00-11:00"}, "patch window")
    calendar = OFFICE - patching
    text = read([Mark.start(april(7, 10))], Target("4h", calendar), at=april(7, 10)).explain()
    assert "Tue 7 Apr 2026 11:00 – 13:00  closed (patch window)" in text


def test_many_ordinary_days_are_told_in_one_line() -> None:
    """K8: what needs no explanation takes no room, holidays still do."""
    text = read([Mark.start(april(1, 9))], Target("400h", OFFICE), at=april(30, 9)).explain()
    assert "  Thu 9 Apr 2026 11:00 – Thu 30 Apr 2026 09:00  15 windows, 125h 30m" in text
    assert "closed (Good Friday, Easter Monday)" in text
    assert len(text.splitlines()) == 17


def test_working_days_have_no_sum_in_hours_to_reach() -> None:
    """K7: the target is told in days."""
    target = Target(Days(2, until="close"), OFFICE)
    text = read([Mark.start(april(1, 10))], target, at=april(1, 12)).explain()
    assert text.startswith("running: due Tue 7 Apr 2026 17:30")
    assert "target: 2 working days until close of office" in text
    assert "sum: 2h\n" in text


def test_a_provisional_deadline_says_until_when_holidays_are_known() -> None:
    """C9: behind the last known holiday a deadline may still move."""
    reading = read([Mark.start(april(1, 9))], Target("4000h", OFFICE), at=april(1, 9))
    assert reading.provisional
    assert reading.explain().endswith("provisional: holidays are known until 2026-12-31 only")


@pytest.mark.parametrize(
    ("marks", "state", "start"),
    [
        ([], State.PENDING, "pending: not started"),
        (MARKS[:1], State.BREACHED, "breached: was due Tue 7 Apr 2026 11:30, late by"),
        (MARKS[:2], State.PAUSED, "paused (asked for a log): 3h left"),
        (
            [*MARKS[:4], Mark.stop(april(7, 11))],
            State.MET,
            "met: stopped Tue 7 Apr 2026 11:00, due",
        ),
        (
            [*MARKS[:2], Mark.stop(april(7, 11))],
            State.MET,
            "met: stopped Tue 7 Apr 2026 11:00 while",
        ),
        (
            [*MARKS[:1], Mark.cancel(april(7, 10))],
            State.CANCELLED,
            "cancelled: Tue 7 Apr 2026 10:00",
        ),
        (
            [*MARKS[:1], Mark.cancel(april(7, 12))],
            State.CANCELLED,
            "cancelled: Tue 7 Apr 2026 12:00",
        ),
        (
            [*MARKS[:1], Mark.pause(april(7, 12))],
            State.PAUSED,
            "paused: was due Tue 7 Apr 2026 11:30",
        ),
    ],
)
def test_every_state_has_its_words(marks: list[Mark], state: State, start: str) -> None:
    """K8: the first line is the verdict."""
    reading = read(marks, FOUR_HOURS, at=april(29, 9))
    assert reading.state is state
    assert reading.explain().startswith(start)
    assert ("was late" in reading.explain()) == (state is State.CANCELLED and reading.late)


def test_late_by_time_used_before_the_start_is_told() -> None:
    """K7: a clock can be late from its first instant on."""
    reading = read([Mark.start(april(7, 10), used="5h")], FOUR_HOURS, at=april(7, 12))
    assert reading.explain().startswith("breached: was due Tue 7 Apr 2026 09:00, late by 3h")
    assert reading.late_by_microseconds == -(reading.remaining_microseconds or 0)


def test_late_in_closed_time_only_says_so() -> None:
    """K1: a stop after closing is late, although no open time has passed."""
    text = read(
        [Mark.start(april(7, 16, 30)), Mark.stop(april(7, 19))],
        Target("1h", OFFICE),
        at=april(8, 9),
    )
    assert text.explain().startswith(
        "missed: stopped Tue 7 Apr 2026 19:00, was due Tue 7 Apr 2026 17:30, "
        "late by 1h 30m of closed time"
    )


def test_the_hour_that_comes_twice_is_told_with_its_offset() -> None:
    """K8: half past two and half past two are an hour apart."""
    night = Calendar.from_dict({"timezone": "Europe/Berlin", "hours": "sun 00:00-10:00"}, "night")
    start = datetime(2026, 10, 25, 2, 30, tzinfo=BERLIN)
    text = read([Mark.start(start)], Target("1h", night), at=start).explain()
    assert "Sun 25 Oct 2026 02:30 (+02:00) – Sun 25 Oct 2026 02:30 (+01:00)  open, 1h" in text


def test_time_used_before_the_start_is_told() -> None:
    """K7: a clock may start with time already used."""
    text = read([Mark.start(april(7, 10), used="1h")], FOUR_HOURS, at=april(7, 12)).explain()
    assert "sum: 3h of 4h (of it 1h before the start)" in text
