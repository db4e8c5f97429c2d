"""What a reading says of itself (K8), to the letter."""

from collections.abc import Sequence
from datetime import datetime
from textwrap import dedent
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecore.instants import DateTime
from servicecore.messages import ENGLISH, messages_in
from servicecore.requests import Fact, Request
from servicecore.sla import (
    Calendar,
    Days,
    Mark,
    Policy,
    PolicyBook,
    Reading,
    State,
    Target,
    read,
    read_cycles,
)
from servicecore.sla.conditions import Condition
from servicecore.sla.phrases import condition_in_words, target_in_words
from servicecore.sla.policy import Outcome
from servicecore.sla.selection import outcome_in_words
from tests.oracle.strategies import at_most, instants_near
from tests.sla.test_clock_properties import cases, marks_of, targets

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


@pytest.mark.parametrize(
    ("end", "told"),
    [
        (Mark.cancel(april(7, 10), "sold"), "cancelled: Tue 7 Apr 2026 10:00 (sold), no verdict"),
        (
            Mark.cancel(april(7, 12), "sold"),
            "cancelled: Tue 7 Apr 2026 12:00 (sold), no verdict; was late, due Tue 7 Apr 2026",
        ),
        (Mark.stop(april(7, 11), "mended"), "met: stopped Tue 7 Apr 2026 11:00 (mended), due"),
        (Mark.stop(april(7, 12), "mended"), "missed: stopped Tue 7 Apr 2026 12:00 (mended), was"),
    ],
)
def test_why_it_ended_is_told(end: Mark, told: str) -> None:
    """K8, K6: a reason that was given for the end stands in the verdict."""
    reading = read([MARKS[0], end], FOUR_HOURS, at=april(29, 9))
    assert reading.explain().startswith(told)
    assert reading.end_reason == end.reason


def test_a_reopened_clock_has_no_end_to_be_told() -> None:
    """K4: until it ends once more."""
    marks = [MARKS[0], Mark.stop(april(7, 10), "mended"), Mark.resume(april(7, 11))]
    assert read(marks, FOUR_HOURS, at=april(7, 11)).end_reason == ""
    again = [*marks, Mark.stop(april(7, 12))]
    assert "mended" not in read(again, FOUR_HOURS, at=april(7, 13)).explain()


def test_a_restart_says_why_the_cycle_before_it_ended() -> None:
    """K3, K8: what was asked of it then is asked of the next one."""
    change = Mark.retarget(april(7, 10), Target("2h", OFFICE), "priority high, all", restart=True)
    first, _ = read_cycles([MARKS[0], change], FOUR_HOURS, at=april(7, 10))
    told = "cancelled: Tue 7 Apr 2026 10:00 (priority high, all), no verdict"
    assert first.explain().startswith(told)


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


WANTED = st.one_of(st.text(), st.integers(), st.booleans(), st.floats(-9e9, 9e9))
CONDITIONS = st.builds(
    Condition,
    any=st.lists(WANTED, min_size=1, max_size=3),
    all=st.lists(WANTED, max_size=2),
    none=st.lists(WANTED, max_size=2),
    at_least=st.none() | st.integers() | st.floats(-9e9, 9e9),
    at_most=st.none() | st.integers() | st.floats(-9e9, 9e9),
)
FACTS = st.one_of(
    st.none(), st.text(), st.integers(), st.booleans(), st.floats(-9e9, 9e9),
    st.frozensets(st.text(), max_size=3),
)  # fmt: skip
SHOP = Mark.override(
    april(7, 9, 30), Target("1h"), "their shop is closed (Ann)", "business stopped"
)


class TestUnderAnOverride:
    """Q3: an override is told with its reason, and with what would hold without it."""

    def test_one_that_governs(self) -> None:
        assert read([MARKS[0], SHOP], FOUR_HOURS, at=april(7, 10)).explain() == said("""
            running: due Tue 7 Apr 2026 10:30, 30m left
            target: 4h of office (Europe/Berlin)
            override business stopped governs: 1h of always (UTC), since Tue 7 Apr 2026 09:30
              because: their shop is closed (Ann)
              counted: 30m of 1h
              without it: due Tue 7 Apr 2026 11:30, 1h 30m left
            counted so far:
              Thu 2 Apr 2026 16:00 – 17:30  open, 1h 30m
              Thu 2 Apr 2026 17:30 – Tue 7 Apr 2026 09:00  closed (Good Friday, Easter Monday)
              Tue 7 Apr 2026 09:00 – 10:00  open, 1h
              sum: 2h 30m of 4h
            ahead, if nothing pauses it:
              Tue 7 Apr 2026 10:00 – 10:30  open, 30m
        """)

    def test_one_that_was_missed(self) -> None:
        lines = read([MARKS[0], SHOP], FOUR_HOURS, at=april(7, 11)).explain().splitlines()
        assert lines[0] == "breached: was due Tue 7 Apr 2026 10:30, late by 30m and running"
        assert "  its target was missed Tue 7 Apr 2026 10:30" in lines
        assert "  without it: due Tue 7 Apr 2026 11:30, 30m left" in lines

    def test_one_that_was_taken_off(self) -> None:
        marks = [MARKS[0], SHOP, Mark.relieve(april(7, 10), "business stopped")]
        lines = read(marks, FOUR_HOURS, at=april(7, 11)).explain().splitlines()
        assert lines[0] == "running: due Tue 7 Apr 2026 11:30, 30m left"
        from_to = "from Tue 7 Apr 2026 09:30 to Tue 7 Apr 2026 10:00"
        assert lines[2:5] == [
            f"override business stopped is off: 1h of always (UTC), {from_to}",
            "  because: their shop is closed (Ann)",
            "  counted: 30m of 1h",
        ]

    def test_who_declared_it_and_until_when(self) -> None:
        """Q3: with who, why and until when; in the zone of the clock."""
        shop = Mark.override(
            april(7, 9, 30), Target("1h"), "their shop is closed", who="ann", until=april(7, 12)
        )
        lines = read([MARKS[0], shop], FOUR_HOURS, at=april(7, 10)).explain().splitlines()
        assert lines[3:6] == [
            "  because: their shop is closed (ann)",
            "  until Tue 7 Apr 2026 12:00",
            "  counted: 30m of 1h",
        ]
        stopped = [MARKS[0], shop, Mark.stop(april(7, 10))]
        assert "  until" not in read(stopped, FOUR_HOURS, at=april(7, 11)).explain()
        nameless = Mark.override(april(7, 9, 30), Target("1h"), who="ann")
        lines = read([MARKS[0], nameless], FOUR_HOURS, at=april(7, 10)).explain().splitlines()
        assert lines[3:5] == ["  because: no reason given (ann)", "  counted: 30m of 1h"]

    @pytest.mark.parametrize(
        ("said", "told"),
        [
            ({"reason": "the till works again", "who": "bob"}, "ended: the till works again (bob)"),
            ({"reason": "the till works again"}, "ended: the till works again"),
            ({"who": "bob"}, "ended: no reason given (bob)"),
            (
                {"reason": "no target for priority low, all"},
                "ended: no target for priority low, all",
            ),
        ],
    )
    def test_why_it_was_taken_off_and_by_whom(self, said: dict[str, str], told: str) -> None:
        """Q3, K8: an end has its reason too, before its time or after it."""
        for until in (None, april(7, 10), april(7, 12)):
            shop = Mark.override(april(7, 9, 30), Target("1h"), "closed", who="ann", until=until)
            marks = [MARKS[0], shop, Mark.relieve(april(7, 10), **said)]
            reading = read(marks, FOUR_HOURS, at=april(7, 11))
            assert reading.explain().splitlines()[3:6] == [
                "  because: closed (ann)", f"  {told}", "  counted: 30m of 1h",
            ]  # fmt: skip
            assert not reading.overrides[0].ran_out

    def test_one_that_ran_out(self) -> None:
        """Q3: where nobody ended it, its time was over; before that nothing is said."""
        shop = Mark.override(april(7, 9, 30), Target("1h"), "closed", until=april(7, 10))
        marks = [MARKS[0], shop, Mark.relieve(april(7, 10))]
        reading = read(marks, FOUR_HOURS, at=april(7, 11))
        assert reading.explain().splitlines()[4:6] == ["  ran out", "  counted: 30m of 1h"]
        assert (reading.overrides[0].ran_out, reading.overrides[0].until_at) == (True, april(7, 10))
        early = read([*marks[:2], Mark.relieve(april(7, 9, 59))], FOUR_HOURS, at=april(7, 11))
        assert early.explain().splitlines()[4] == "  counted: 29m of 1h"

    def test_one_that_is_due_after_the_target(self) -> None:
        marks = [MARKS[0], Mark.override(april(2, 16), Target("400h"), name="calm")]
        lines = read(marks, FOUR_HOURS, at=april(2, 17)).explain().splitlines()
        assert lines[0] == "running: due Tue 7 Apr 2026 11:30, 3h left"
        assert lines[2] == "override calm is on: 400h of always (UTC), since Thu 2 Apr 2026 16:00"
        assert not any("without it" in line for line in lines)

    def test_one_that_is_paused(self) -> None:
        marks = [MARKS[0], SHOP, Mark.pause(april(7, 10))]
        lines = read(marks, FOUR_HOURS, at=april(7, 12)).explain().splitlines()
        assert lines[0] == "paused: 30m left, due Tue 7 Apr 2026 12:30 if resumed now"
        assert "  without it: 1h 30m left" in lines

    def test_one_over_a_date(self) -> None:
        lines = read([MARKS[0], SHOP], Target.by(april(9, 9), OFFICE), at=april(7, 10)).explain()
        assert "  without it: due Thu 9 Apr 2026 09:00\n" in lines


def test_a_stop_that_counts_from_an_instant_on_only() -> None:
    """Q4: a follow-up is not made too early, and an attempt to is told."""
    window = Target("5bd", OFFICE, not_before="1bd")
    marks = [Mark.start(april(7, 10)), Mark.stop(april(7, 12))]
    reading = read(marks, window, at=april(7, 13))
    lines = reading.explain().splitlines()
    assert lines[1] == (
        "target: 5 working days of office, not before 1 working day (Europe/Berlin)"
    )
    assert lines[2] == "a stop counts from Wed 8 Apr 2026 10:00"
    assert lines[-1] == "without effect: stop on Tue 7 Apr 2026 12:00"
    assert said("""
        цель: 5 рабочих дней по календарю office, не раньше чем через 1 рабочий день \
(Europe/Berlin)
        остановка засчитывается с ср, 8 апр. 2026 г., 10:00
    """) in in_russian(reading)


def test_one_explanation_is_in_one_zone() -> None:
    """K8: a clock whose calendar changed is told in the zone of its target."""
    utc = Target("4h", Calendar.from_dict({"timezone": "UTC", "hours": "mon-fri 07:00-15:30"}))
    marks = [Mark.start(april(7, 9)), Mark.retarget(april(7, 10), utc, "priority high, gold")]
    text = read(marks, FOUR_HOURS, at=april(7, 11)).explain()
    assert "target until Tue 7 Apr 2026 08:00: 4h of office (priority high, gold)" in text
    assert "  Tue 7 Apr 2026 07:00 – 08:00  open, 1h\n" in text


class TestInRussian:
    """B10, K8: the same data in other words, to the letter."""

    def test_a_running_clock(self) -> None:
        assert in_russian(read(MARKS[:1], FOUR_HOURS, at=april(2, 16, 30))) == said("""
            идёт: срок — вт, 7 апр. 2026 г., 11:30; осталось 3 ч 30 мин
            цель: 4 ч по календарю office (Europe/Berlin)
            уже учтено:
              чт, 2 апр. 2026 г., 16:00 – 16:30  рабочее время, 30 мин
              итого: 30 мин из 4 ч
            дальше, если не будет пауз:
              чт, 2 апр. 2026 г., 16:30 – 17:30  рабочее время, 1 ч
              чт, 2 апр. 2026 г., 17:30 – вт, 7 апр. 2026 г., 09:00  нерабочее время \
(Good Friday, Easter Monday)
              вт, 7 апр. 2026 г., 09:00 – 11:30  рабочее время, 2 ч 30 мин
        """)

    def test_a_missed_clock_with_an_earlier_target(self) -> None:
        marks = [
            Mark.start(april(7, 10), used="1h"),
            Mark.retarget(april(7, 11), FOUR_HOURS, "priority high, gold"),
            Mark.pause(april(7, 11), "waiting for customer: log"),
            Mark.pause(april(7, 12)),
            Mark.resume(april(8, 13)),
            Mark.stop(april(8, 16)),
        ]
        days = Target(Days(2, until="close"), OFFICE)
        assert in_russian(read(marks, days, at=april(9, 9))) == said("""
            не в срок: остановлен ср, 8 апр. 2026 г., 16:00; срок был ср, 8 апр. 2026 г., 15:00; \
опоздание 1 ч
            цель: 4 ч по календарю office (Europe/Berlin)
            цель до вт, 7 апр. 2026 г., 11:00: 2 рабочих дня до закрытия по календарю office \
(приоритет высокий, gold)
            уже учтено:
              вт, 7 апр. 2026 г., 10:00 – 11:00  рабочее время, 1 ч
              вт, 7 апр. 2026 г., 11:00 – ср, 8 апр. 2026 г., 13:00  на паузе (ждём клиента: log)
              ср, 8 апр. 2026 г., 13:00 – 16:00  рабочее время, 3 ч
              итого: 5 ч из 4 ч (из них 1 ч до начала отсчёта)
            ничего не изменило: пауза, вт, 7 апр. 2026 г., 12:00
        """)

    def test_reasons_of_a_calendar(self) -> None:
        text = in_russian(read([Mark.start(april(7, 17))], FOUR_HOURS, at=april(9, 12)))
        assert "нерабочее время (другие часы 8 апр. 2026 г.)" in text
        assert "нерабочее время (перерыв 9 апр. 2026 г.)" in text

    def test_many_windows(self) -> None:
        text = in_russian(read([Mark.start(april(1, 9))], Target("400h", OFFICE), at=april(30, 9)))
        assert "15 рабочих окон, 125 ч 30 мин" in text

    def test_an_override(self) -> None:
        text = in_russian(read([MARKS[0], SHOP], FOUR_HOURS, at=april(7, 10)))
        assert (
            said("""
            действует особый режим business stopped: 1 ч круглосуточно (UTC), \
с вт, 7 апр. 2026 г., 09:30
              причина: their shop is closed (Ann)
              учтено: 30 мин из 1 ч
              без него: срок — вт, 7 апр. 2026 г., 11:30; осталось 1 ч 30 мин
        """)
            in text
        )


class TestInArabic:
    """B10, K8: the same data in other words; Latin names between ⟦ and ⟧ are isolated."""

    def test_a_running_clock(self) -> None:
        assert in_arabic(read(MARKS[:1], FOUR_HOURS, at=april(2, 16, 30))) == said("""
            جارٍ: الموعد الثلاثاء، 7 أبريل 2026، 11:30 ص؛ والمتبقي 3 ساعات و30 دقيقة
            الهدف: 4 ساعات من تقويم ⟦office⟧ (⟦Europe/Berlin⟧)
            ما احتُسب حتى الآن:
              الخميس، 2 أبريل 2026، 4:00 م – 4:30 م  وقت عمل، 30 دقيقة
              المجموع: 30 دقيقة، والحد 4 ساعات
            ما سيأتي إن لم يتوقف مؤقتًا:
              الخميس، 2 أبريل 2026، 4:30 م – 5:30 م  وقت عمل، ساعة
              الخميس، 2 أبريل 2026، 5:30 م – الثلاثاء، 7 أبريل 2026، 9:00 ص  مغلق \
(⟦Good Friday⟧، ⟦Easter Monday⟧)
              الثلاثاء، 7 أبريل 2026، 9:00 ص – 11:30 ص  وقت عمل، ساعتان و30 دقيقة
        """)

    def test_a_paused_clock(self) -> None:
        marks = [Mark.start(april(7, 9)), Mark.pause(april(7, 10), "waiting for customer")]
        target = Target(Days(2), OFFICE)
        assert in_arabic(read(marks, target, at=april(7, 12))) == said("""
            متوقف مؤقتًا (بانتظار العميل): المتبقي 13 ساعة؛ والموعد الخميس، 9 أبريل 2026، 12:00 م \
إذا استؤنف الآن
            الهدف: يوما عمل من تقويم ⟦office⟧ (⟦Europe/Berlin⟧)
            ما احتُسب حتى الآن:
              الثلاثاء، 7 أبريل 2026، 9:00 ص – 10:00 ص  وقت عمل، ساعة
              الثلاثاء، 7 أبريل 2026، 10:00 ص – 12:00 م  متوقف مؤقتًا (بانتظار العميل)
              المجموع: ساعة
        """)

    def test_a_deadline(self) -> None:
        gold = Policy("gold", {"resolution": Target("4h")})
        deadline = gold.due(Request(id="R1", opened_at=0, priority="high"))["resolution"]
        assert arabic(deadline.explain("ar")).splitlines()[:2] == [
            "الحل: الموعد الخميس، 1 يناير 1970، 4:00 ص (السياسة «⟦gold⟧»، الأولوية «عالية»)",
            "الهدف: 4 ساعات على مدار الساعة (⟦UTC⟧)",
        ]


class TestSelectionsInOtherWords:
    BOOK = PolicyBook.of(
        Policy("gold", {}, when={"customer": ["acme", "hooli"], "impact": {"none": "low"}}),
        Policy("vip", {}, when={"tags": {"all": ["vip"]}, "seats": {"at_least": 5, "at_most": 9}}),
        Policy("rest", {}),
        version="2026",
    )
    ASKED = Request(id="R1", opened_at=0, customer="umbrella", impact="low", tags={"vip", "new"})

    def test_in_russian(self) -> None:
        assert self.BOOK.select(self.ASKED).explain("ru") == said("""
            R1 и политики версии «2026»:
            - gold не подходит: клиент: «umbrella», ожидалось «acme» или «hooli»; \
влияние: «низкое», ожидалось не «низкое»
            - vip не подходит: seats: неизвестно, ожидалось не меньше 5 и не больше 9
            - rest подходит: подходит любое обращение
        """)

    def test_in_arabic(self) -> None:
        assert arabic(self.BOOK.select(self.ASKED).explain("ar")) == said("""
            ⟦R1⟧ وسياسات النسخة «2026»:
            - ⟦gold⟧ لا تنطبق: العميل: «⟦umbrella⟧»، والمتوقع «⟦acme⟧» أو «⟦hooli⟧»؛ \
الأثر: «محدود»، والمتوقع ليس «محدود»
            - ⟦vip⟧ لا تنطبق: ⟦seats⟧: غير معروف، والمتوقع 5 على الأقل و9 على الأكثر
            - ⟦rest⟧ تنطبق: تنطبق على كل طلب
        """)


def in_russian(reading: Reading) -> str:
    """The explanation with ordinary spaces; which ones a locale has changes with CLDR."""
    return reading.explain("ru").replace("\u202f", " ").replace("\xa0", " ")


def in_arabic(reading: Reading) -> str:
    return arabic(reading.explain(messages_in("ar")))


def arabic(text: str) -> str:
    """Isolates to be seen, and the digits that everybody can tell apart."""
    shown = text.replace("\u2068", "⟦").replace("\u2069", "⟧")
    return "".join(str(int(each)) if each.isdecimal() else each for each in shown)


class TestLawsOfExplanations:
    """K8: whatever a reading is, it can be told in every language, and with the same data."""

    @at_most(60)
    @given(st.data())
    def test_every_reading_has_words_in_every_language(self, data: st.DataObject) -> None:
        case = data.draw(cases())
        marks = case.library_marks(data.draw(marks_of(case)))
        target = case.library_target(data.draw(targets(case)))
        reading = read(marks, target, at=data.draw(instants_near(case.scene)))
        english = reading.explain().splitlines()
        for language in ("ru", "ar", "ar-EG", "en-US"):
            lines = reading.explain(language).splitlines()
            assert [indent(line) for line in lines] == [indent(line) for line in english]
        moments = [reading.started_at, reading.ended_at, reading.due_at, reading.breached_at]
        for language in (ENGLISH, messages_in("ru"), messages_in("ar")):
            told = reading.explain(language)
            shown = [language.when(moment) for moment in told_of(reading, moments)]
            assert all(moment in told for moment in shown)
            assert language.duration(reading.elapsed_microseconds) in told or not reading.trace

    @given(st.data())
    def test_english_says_targets_as_str_does(self, data: st.DataObject) -> None:
        case = data.draw(cases())
        target = case.library_target(data.draw(targets(case)))
        assert target_in_words(target, ENGLISH) == str(target)

    @given(CONDITIONS)
    def test_english_says_conditions_as_str_does(self, condition: Condition) -> None:
        told = condition_in_words("customer", condition, ENGLISH)
        assert without_isolates(told) == str(condition)

    @given(CONDITIONS, FACTS)
    def test_english_says_outcomes_as_str_does(self, condition: Condition, fact: Fact) -> None:
        outcome = Outcome("region", condition, fact, condition.holds(fact))
        assert without_isolates(outcome_in_words(outcome, ENGLISH)) == str(outcome)

    @given(CONDITIONS, FACTS, st.sampled_from(["ru", "ar"]))
    def test_names_of_hosts_stay(self, condition: Condition, fact: Fact, language: str) -> None:
        outcome = Outcome("region", condition, fact, condition.holds(fact))
        text = outcome_in_words(outcome, messages_in(language))
        words = [fact] if isinstance(fact, str) else fact if isinstance(fact, frozenset) else []
        assert all(repr(word)[1:-1] in text for word in words)


def without_isolates(text: str) -> str:
    """The text as it would be without names that run from right to left."""
    return text.replace("\u2068", "").replace("\u2069", "")


def indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def told_of(reading: Reading, moments: Sequence[DateTime | None]) -> list[DateTime]:
    """Of a reading's instants those that its verdict or its trace names, whatever the state."""
    _, ended, due, breached = moments
    if reading.state in (State.MET, State.RUNNING):
        named = [ended, due]
    elif reading.state in (State.MISSED, State.CANCELLED):
        named = [ended, breached]
    else:
        named = [breached]
    return [moment for moment in named if moment is not None]
