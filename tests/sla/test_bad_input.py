"""What cannot mean anything is refused with an error of ours that names it; nothing else
gets out.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta, timezone
from math import inf, nan
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecore.errors import InvalidValue, NeverOpen, ServiceCoreError
from servicecore.sla import Calendar, Days, Mark, Target, always, read, read_cycles
from tests.oracle.strategies import amounts, at_most

OFFICE_TABLE = {"timezone": "Europe/Berlin", "hours": {"mon-fri": "09:00-17:00"}}
OFFICE = Calendar.from_dict(OFFICE_TABLE)
CLOSED = Calendar.from_dict({"timezone": "Europe/Berlin", "hours": {}})
ONE_DAY = Calendar.from_dict(
    {"timezone": "UTC", "hours": {}, "exceptions": {"2026-03-03": "09:00-17:00"}}
)
# One for all tests: that it never opens in three hundred years is found out once.
NOTHING_LEFT = OFFICE - always
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
NAIVE = datetime(2026, 3, 2, 12)
HOUR = timedelta(hours=1)

Ask = Callable[[Calendar], object]


# -- calendars -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "culprit"),
    [
        ({"timezone": "Europe/Berln"}, "Europe/Berln"),
        ({"timezone": ""}, "timezone"),
        ({"timezone": "../../etc/passwd"}, "etc/passwd"),
        ({"timezone": "/etc/localtime"}, "/etc/localtime"),
        ({"timezone": 5}, "timezone"),
        ({"timezone": None}, "timezone"),
        ({"timezone": "Europe/Berlin\0"}, "timezone"),
        ({"hours": "09:00-17:00 mon-fri"}, "hours"),
        ({"hours": None}, "hours"),
        ({"hours": {"mon": "10:00-10:00"}}, "10:00-10:00"),
        ({"hours": {"mon": "00:00-00:00"}}, "00:00-00:00"),
        ({"hours": {"mon": "24:01-26:00"}}, "24:01"),
        ({"hours": {"mon": [["24:01", "26:00"]]}}, "24:01"),
        ({"hours": {"mon": "25:00-26:00"}}, "25:00"),
        ({"hours": {"mon": "10:00-48:01"}}, "48:01"),
        ({"hours": {"mon": "10:00-99:00"}}, "99:00"),
        ({"hours": {"mon": "10:60-12:00"}}, "10:60"),
        ({"hours": {"mon": "-10:00-12:00"}}, "-10:00"),
        ({"hours": {"mon": "10:00"}}, "10:00"),
        ({"hours": {"mon": "10:00-"}}, "10:00-"),
        ({"hours": {"mon": "10:00-12:00-14:00"}}, "12:00-14:00"),
        ({"hours": {"mon": "9-17"}}, "9"),
        ({"hours": {"mon": "closed"}}, "closed"),
        ({"hours": {"mon": "١٠:٠٠-١٢:٠٠"}}, "١٠:٠٠"),  # digits of another script
        ({"hours": {"mon": 5}}, "mon"),
        ({"hours": {"mon": None}}, "mon"),
        ({"hours": {"mon": True}}, "mon"),
        ({"hours": {"mon": nan}}, "mon"),
        ({"hours": {"mon": ["09:00", "17:00"]}}, "mon"),
        ({"hours": {"mon": [["09:00"]]}}, "mon"),
        ({"hours": {"mon": [["09:00", "12:00", "17:00"]]}}, "mon"),
        ({"hours": {"mon": [[9, 17]]}}, "mon"),
        ({"hours": {"mon": [["10:00", "10:00"]]}}, "10:00"),
        ({"hours": {"mon": {"from": "10:00"}}}, "mon"),
        ({"hours": {"mo": "10:00-12:00"}}, "mo"),
        ({"hours": {"mon-": "10:00-12:00"}}, "mon-"),
        ({"hours": {"": "10:00-12:00"}}, "hours"),
        ({"hours": {1: "10:00-12:00"}}, "1"),
        ({"hours": {"mon-fri": "09:00-17:00", "wed": "10:00-12:00"}}, "wed"),
        ({"hours": {"mon,mon": "09:00-17:00"}}, "mon"),
        ({"hours": {"fri-mon": "09:00-17:00", "sun": "10:00-12:00"}}, "sun"),
        ({"holidays": ["2026-02-30"]}, "2026-02-30"),
        ({"holidays": ["25.12.2026"]}, "25.12.2026"),
        ({"holidays": "2026-12-25"}, "holidays"),
        ({"holidays": [20261225]}, "20261225"),
        ({"holidays": [None]}, "holidays"),
        ({"holidays": True}, "holidays"),
        ({"yearly_holidays": ["02-30"]}, "02-30"),
        ({"yearly_holidays": ["13-01"]}, "13-01"),
        ({"yearly_holidays": ["2026-01-01"]}, "2026-01-01"),
        ({"yearly_holidays": [101]}, "101"),
        ({"exceptions": {"2026-13-01": "09:00-12:00"}}, "2026-13-01"),
        ({"exceptions": {"2026-12-24": "09:00-09:00"}}, "09:00-09:00"),
        ({"exceptions": {"2026-12-24": None}}, "2026-12-24"),
        ({"exceptions": ["2026-12-24"]}, "exceptions"),
        ({"breaks": {"tomorrow": "12:00-13:00"}}, "tomorrow"),
        ({"breaks": {"2026-03-03": "12:00-12:00"}}, "12:00-12:00"),
        ({"breaks": "12:00-13:00"}, "breaks"),
        ({"known_until": "soon"}, "soon"),
        ({"known_until": 2026}, "2026"),
        ({"versions": {"from": "2026-07-01"}}, "versions"),
        ({"versions": [{"hours": {}}]}, "from"),
        ({"versions": [{"from": "July"}]}, "July"),
        ({"versions": [{"from": "2026-07-01", "hours": {"mon": "1"}}]}, "versions"),
        ({"versions": [{"from": "2026-07-01", "houres": {}}]}, "houres"),
        ({"versions": [{"from": "2026-07-01"}, {"from": "2026-07-01"}]}, "2026-07-01"),
        ({"versions": [{"from": "2026-07-01"}, {"from": "2026-06-01"}]}, "2026-06-01"),
        ({"holydays": []}, "holydays"),
        ({5: []}, "5"),
    ],
    ids=str,
)
def test_tables(changes: dict[Any, Any], culprit: str) -> None:
    """C1, C3, C10: a calendar's table with one thing wrong; the message names it."""
    with pytest.raises(ServiceCoreError) as caught:
        Calendar.from_dict({**OFFICE_TABLE, **changes})
    assert culprit in str(caught.value)


@pytest.mark.parametrize("table", [None, [], "office", 5, True, {}, {"hours": {}}])
def test_tables_that_are_none(table: Any) -> None:
    """A calendar is made from a table with at least a time zone."""
    with pytest.raises(ServiceCoreError):
        Calendar.from_dict(table)


def test_all_faults_at_once() -> None:
    """Whoever writes a calendar learns of everything that is wrong with it in one go."""
    table = {
        "timezone": "Mars",
        "hours": {"mon": "10:00-10:00", "tue": "24:01-26:00", "wedn": "10:00-11:00"},
        "holidays": ["2026-02-30"],
    }
    with pytest.raises(ServiceCoreError) as caught:
        Calendar.from_dict(table)
    for culprit in ("Mars", "10:00-10:00", "24:01", "2026-02-30", "wedn"):
        assert culprit in str(caught.value)


junk = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.text(max_size=8),
        st.text("0123456789:- ", max_size=14),
        st.dates(),
        st.datetimes(),
        st.times(),
    ),
    lambda children: st.one_of(
        st.lists(children, max_size=3),
        st.dictionaries(st.one_of(st.text(max_size=5), st.integers()), children, max_size=3),
    ),
    max_leaves=5,
)
KEYS = ["timezone", "hours", "holidays", "yearly_holidays", "exceptions", "breaks", "known_until"]


@given(st.dictionaries(st.sampled_from([*KEYS, "versions"]), junk, max_size=3))
@at_most(50)
def test_any_table(changes: dict[str, Any]) -> None:
    """Whatever stands in a table, it is a calendar or an error of ours."""
    try:
        calendar = Calendar.from_dict({**OFFICE_TABLE, **changes})
    except ServiceCoreError:
        return
    assert calendar.between(NOON, NOON) == timedelta(0)


@given(
    st.lists(st.text("0123456789:", min_size=4, max_size=5), max_size=4),
    st.sampled_from(["-", " ", "--", ", "]),
)
def test_any_hours(times: list[str], separator: str) -> None:
    """C1: text that looks like hours is hours or an error of ours."""
    try:
        calendar = Calendar.from_dict({**OFFICE_TABLE, "hours": {"mon": separator.join(times)}})
    except ServiceCoreError:
        return
    assert calendar.between(NOON, NOON + timedelta(days=7)) <= timedelta(hours=48)


# -- instants --------------------------------------------------------------------------------------

QUESTIONS: dict[str, Callable[[Calendar, Any], object]] = {
    "is_open": lambda calendar, at: calendar.is_open(at),
    "next_open": lambda calendar, at: calendar.next_open(at),
    "next_close": lambda calendar, at: calendar.next_close(at),
    "previous_open": lambda calendar, at: calendar.previous_open(at),
    "previous_close": lambda calendar, at: calendar.previous_close(at),
    "roll_forward": lambda calendar, at: calendar.roll_forward(at),
    "roll_back": lambda calendar, at: calendar.roll_back(at),
    "add": lambda calendar, at: calendar.add(at, HOUR),
    "add back": lambda calendar, at: calendar.add(at, -HOUR),
    "add_days": lambda calendar, at: calendar.add_days(at, 1),
    "add_days back": lambda calendar, at: calendar.add_days(at, -1),
    "between from": lambda calendar, at: calendar.between(at, NOON),
    "between to": lambda calendar, at: calendar.between(NOON, at),
    "windows from": lambda calendar, at: calendar.windows(at, NOON),
    "windows to": lambda calendar, at: calendar.windows(NOON, at),
    "is_provisional": lambda calendar, at: calendar.is_provisional(at),
    "Mark.start": lambda _, at: Mark.start(at),
    "Mark.pause": lambda _, at: Mark.pause(at),
    "Mark.resume": lambda _, at: Mark.resume(at),
    "Mark.stop": lambda _, at: Mark.stop(at),
    "Mark.cancel": lambda _, at: Mark.cancel(at),
    "Mark.retarget": lambda calendar, at: Mark.retarget(at, Target("1h", calendar)),
    "Target.by": lambda calendar, at: Target.by(at, calendar),
    "read": lambda calendar, at: read([Mark.start(NOON)], Target("1h", calendar), at=at),
    "read_cycles": lambda calendar, at: read_cycles([], Target("1h", calendar), at=at),
}
FAR = {
    "year 1": datetime(1, 1, 1, tzinfo=UTC),
    "before year 1 in UTC": datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14))),
    "year 1899": datetime(1899, 12, 30, tzinfo=UTC),
    "year 2200": datetime(2200, 1, 3, tzinfo=UTC),
    "year 9999": datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
    "after year 9999 in UTC": datetime(
        9999, 12, 31, 23, 59, 59, 999999, tzinfo=timezone(timedelta(hours=-12))
    ),
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_naive_instants(question: str) -> None:
    """T1: a naive datetime is refused, by the name of its argument."""
    with pytest.raises(InvalidValue, match=r"naive|aware|zone|offset") as caught:
        QUESTIONS[question](OFFICE, NAIVE)
    assert any(name in str(caught.value) for name in ("at", "start", "end", "instant"))


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize(
    "at",
    ["now", "2026-03-02T12:00Z", None, True, 1.5, nan, [], date(2026, 3, 2), time(12, 0)],
    ids=str,
)
def test_things_that_are_no_instants(question: str, at: Any) -> None:
    """T1: only a datetime is an instant."""
    with pytest.raises(InvalidValue):
        QUESTIONS[question](OFFICE, at)


@pytest.mark.parametrize("question", [name for name in QUESTIONS if not name.startswith("Mark")])
@pytest.mark.parametrize("at", FAR)
def test_instants_out_of_range(question: str, at: str) -> None:
    """C8: calendars answer for 1900 to 2199; nothing walks through millennia."""
    if question in {"Target.by", "read", "read_cycles", "is_provisional"}:
        return  # no calendar is asked about that instant
    if question == ("windows from" if FAR[at] > NOON else "windows to"):
        return  # where b <= a there are none
    with pytest.raises(InvalidValue, match=r"\d{4}"):
        QUESTIONS[question](OFFICE, FAR[at])


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("calendar", [OFFICE, CLOSED, ONE_DAY, always, NOTHING_LEFT], ids=repr)
@pytest.mark.parametrize("at", FAR)
def test_instants_out_of_range_of_any_calendar(question: str, calendar: Calendar, at: str) -> None:
    """C8: an answer or an error of ours."""
    with suppress(ServiceCoreError):
        QUESTIONS[question](calendar, FAR[at])


@given(st.datetimes(timezones=st.timezones()), amounts)
@at_most(50)
def test_any_instant(at: datetime, amount: timedelta) -> None:
    """T1, C8: an answer or an error of ours, for every aware datetime that there is."""
    for ask in (
        lambda: OFFICE.add(at, amount),
        lambda: OFFICE.add(at, -amount),
        lambda: OFFICE.between(at, NOON),
        lambda: OFFICE.add_days(at, 2),
        lambda: read([Mark.start(at), Mark.stop(NOON)], Target("4h", OFFICE), at=NOON),
        lambda: read([Mark.start(NOON)], Target.by(at), at=NOON),
    ):
        with suppress(ServiceCoreError):
            ask()


def test_arguments_are_named() -> None:
    """T1: the second instant of a question is not called by the first one's name."""
    for ask in (OFFICE.between, OFFICE.windows):
        with pytest.raises(InvalidValue) as first:
            ask(NAIVE, NOON)
        with pytest.raises(InvalidValue) as second:
            ask(NOON, NAIVE)
        assert str(first.value) != str(second.value)


# -- durations -------------------------------------------------------------------------------------

NO_DURATIONS = [
    "", " ", "now", "soon", "h", "4", "4 hours", "1.5", "1h30", "30m1h", "1h1h", "--1h", "1e3h",
    "٤h", "0x4h", "P", "PT", "PTH", "P1DT", "PT4H30", "4H30MPT", None, True, False, 5, 4.5, nan,
    inf, -inf, [], {}, b"4h", date(2026, 1, 1), time(4, 0), NOON,
]  # fmt: skip
DAYS_AND_LONGER = ["2d", "1w", "3mo", "1y", "P1D", "P1W", "P1M", "P1Y", "P1DT4H", "1d4h"]


@pytest.mark.parametrize("duration", [*NO_DURATIONS, *DAYS_AND_LONGER], ids=repr)
def test_things_that_are_no_durations(duration: Any) -> None:
    """T2: refused wherever a duration is asked for."""
    for ask in (
        lambda: OFFICE.add(NOON, duration),
        lambda: Target(duration, OFFICE),
        lambda: Mark.start(NOON, used=duration),
    ):
        with pytest.raises(InvalidValue) as caught:
            ask()
        if isinstance(duration, str) and duration.strip():
            assert duration in str(caught.value)


@pytest.mark.parametrize("duration", ["2d", "P1D"])
def test_days_are_refused_with_a_hint(duration: str) -> None:
    """T2: two days are 48 hours or two working days; the message asks which."""
    with pytest.raises(InvalidValue, match=r"48h|24h") as caught:
        OFFICE.add(NOON, duration)
    assert "bd" in str(caught.value)


@given(
    st.one_of(
        st.text(max_size=10), st.from_regex(r"[+-]?P?T?(\d{1,20}[hmsdHMSDbd]){0,3}", fullmatch=True)
    )
)
@at_most(50)
def test_any_text_as_a_duration(text: str) -> None:
    """T2, C8: text is a duration or an error of ours, however large its numbers."""
    for ask in (lambda: OFFICE.add(NOON, text), lambda: Target(text, OFFICE)):
        with suppress(ServiceCoreError):
            ask()


HUGE = [
    "1000000000h",
    "PT1000000000H",
    timedelta(hours=10**9),
    timedelta.max,
    "9" * 400 + "h",
    "1000000000bd",
]


@pytest.mark.parametrize("calendar", [OFFICE, CLOSED, ONE_DAY, always, NOTHING_LEFT], ids=repr)
@pytest.mark.parametrize("duration", HUGE, ids=lambda duration: str(duration)[:20])
def test_durations_beyond_all_years(calendar: Calendar, duration: Any) -> None:
    """C8: 10^9 hours are refused at once, there, back and as a target."""
    negative = f"-{duration}" if isinstance(duration, str) else timedelta.min
    for ask in (
        lambda: calendar.add(NOON, duration),
        lambda: calendar.add(NOON, negative),
        lambda: read([Mark.start(NOON)], Target(duration, calendar), at=NOON),
    ):
        with pytest.raises(ServiceCoreError):
            ask()


@pytest.mark.parametrize("days", [10**9, -(10**9), 10**30, 10**5, -(10**5)])
@pytest.mark.parametrize("calendar", [OFFICE, CLOSED, ONE_DAY, always, NOTHING_LEFT], ids=repr)
def test_days_beyond_all_years(calendar: Calendar, days: int) -> None:
    """C8: so are as many working days."""
    with pytest.raises(ServiceCoreError):
        calendar.add_days(NOON, days)


def test_overlong_numbers_are_not_repeated() -> None:
    """A message stays readable even when the input is not."""
    with pytest.raises(ServiceCoreError):
        OFFICE.add(NOON, "9" * 100_000 + "h")


# -- options ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("days", "options", "culprit"),
    [
        (1.5, {}, "1.5"),
        (True, {}, "True"),
        ("3", {}, "3"),
        (None, {}, "None"),
        (nan, {}, "nan"),
        (1, {"cutoff": "24:01"}, "24:01"),
        (1, {"cutoff": "25:00"}, "25:00"),
        (1, {"cutoff": "5pm"}, "5pm"),
        (1, {"cutoff": 17}, "17"),
        (1, {"cutoff": True}, "True"),
        (1, {"cutoff": time(17, 0, tzinfo=UTC)}, "cutoff"),
        (1, {"cutoff": "17:00", "then": "26:00"}, "26:00"),
        (1, {"cutoff": "17:00", "then": 8}, "then"),
        (1, {"until": "noon"}, "noon"),
        (1, {"until": None}, "until"),
        (1, {"off_day": "closed"}, "closed"),
        (1, {"off_day": []}, "off_day"),
        (-1, {"cutoff": "17:00"}, "cutoff"),
    ],
    ids=str,
)
def test_options_of_working_days(days: Any, options: dict[str, Any], culprit: str) -> None:
    """C7: the same is refused in add_days and in Days."""
    for ask in (lambda: OFFICE.add_days(NOON, days, **options), lambda: Days(days, **options)):
        with pytest.raises(InvalidValue) as caught:
            ask()
        assert culprit in str(caught.value)


@pytest.mark.parametrize("landing", ["middle", "", None, True, []], ids=repr)
def test_landing(landing: Any) -> None:
    """C4: early or late, nothing else, in add and in targets."""
    for ask in (
        lambda: OFFICE.add(NOON, "1h", landing=landing),
        lambda: OFFICE.add(NOON, "-1h", landing=landing),
        lambda: Target("1h", OFFICE, landing=landing),
    ):
        with pytest.raises(InvalidValue, match="landing"):
            ask()


@pytest.mark.parametrize(
    ("since", "later"),
    [
        ("2026-13-01", OFFICE),
        ("July", OFFICE),
        (None, OFFICE),
        (5, OFFICE),
        (NOON, OFFICE),
        ("2026-07-01", None),
        ("2026-07-01", OFFICE_TABLE),
    ],
    ids=str,
)
def test_versions(since: Any, later: Any) -> None:
    """C10: a version needs a date and a calendar."""
    with pytest.raises(InvalidValue):
        OFFICE.then(since, later)


@pytest.mark.parametrize("other", [None, 5, "office", OFFICE_TABLE], ids=str)
def test_compositions(other: Any) -> None:
    """C6: calendars compose with calendars; Python's own TypeError says so for operators."""
    for ask in (lambda: OFFICE | other, lambda: OFFICE & other, lambda: OFFICE - other):
        with pytest.raises((TypeError, ServiceCoreError)):
            ask()


# -- calendars that never open ---------------------------------------------------------------------

NEVER = {"no hours": CLOSED, "nothing left": NOTHING_LEFT}


@pytest.mark.parametrize("name", NEVER)
def test_never_open(name: str) -> None:
    """C8: whatever needs an opening raises NeverOpen at once, everything else answers."""
    calendar = NEVER[name]
    assert not calendar.is_open(NOON)
    assert calendar.between(NOON, NOON + timedelta(days=3650)) == timedelta(0)
    assert calendar.windows(NOON, NOON + timedelta(days=3650)) == []
    assert calendar.next_open(NOON) is calendar.next_close(NOON) is None
    assert calendar.previous_open(NOON) is calendar.previous_close(NOON) is None
    for ask in (
        lambda: calendar.add(NOON, "1h"),
        lambda: calendar.add(NOON, "-1h"),
        lambda: calendar.add(NOON, "0h", landing="late"),
        lambda: calendar.add_days(NOON, 0),
        lambda: calendar.add_days(NOON, 1),
        lambda: calendar.add_days(NOON, -1),
        lambda: calendar.roll_forward(NOON),
        lambda: calendar.roll_back(NOON),
    ):
        with pytest.raises(NeverOpen):
            ask()


@pytest.mark.parametrize("name", NEVER)
@pytest.mark.parametrize("within", ["1h", Days(1)], ids=str)
def test_targets_that_can_never_be_used_up(name: str, within: Any) -> None:
    """C8: a target on a calendar that never opens."""
    with pytest.raises(NeverOpen):
        read([Mark.start(NOON)], Target(within, NEVER[name]), at=NOON)


def test_open_only_once() -> None:
    """C8: a calendar that opens on one day has no more to give than that day."""
    assert ONE_DAY.add(NOON, "8h") == datetime(2026, 3, 3, 17, tzinfo=UTC)
    assert ONE_DAY.next_open(datetime(2026, 3, 3, 9, tzinfo=UTC)) is None
    for ask in (
        lambda: ONE_DAY.add(NOON, "8h1m"),
        lambda: ONE_DAY.add(NOON, "8h", landing="late"),
        lambda: ONE_DAY.add(NOON, "-1m"),
        lambda: ONE_DAY.add_days(NOON, 1),
        lambda: ONE_DAY.add_days(NOON, -1),
        lambda: read([Mark.start(NOON)], Target("9h", ONE_DAY), at=NOON),
    ):
        with pytest.raises(NeverOpen):
            ask()


# -- clocks ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("within", ["0h", "-1h", timedelta(0), -HOUR, "-PT4H", Days(-1)], ids=str)
def test_targets_of_nothing(within: Any) -> None:
    """K7: a target of zero or less."""
    with pytest.raises(InvalidValue):
        Target(within, OFFICE)


@pytest.mark.parametrize("calendar", [None, "office", 5, OFFICE_TABLE], ids=str)
def test_targets_without_a_calendar(calendar: Any) -> None:
    """K7: a target counts on a calendar."""
    for ask in (lambda: Target("4h", calendar), lambda: Target.by(NOON, calendar)):
        with pytest.raises(InvalidValue, match="calendar"):
            ask()


@pytest.mark.parametrize("used", ["-1h", -HOUR, "3bd", Days(1)], ids=str)
def test_time_used_before(used: Any) -> None:
    """K7: time already used is a duration and not negative."""
    with pytest.raises(InvalidValue, match="used"):
        Mark.start(NOON, used=used)


@pytest.mark.parametrize("target", [None, "4h", HOUR, OFFICE], ids=str)
def test_no_target(target: Any) -> None:
    """K3: a clock is given a target, not a duration."""
    with pytest.raises(InvalidValue, match="target"):
        Mark.retarget(NOON, target)
    with pytest.raises(InvalidValue, match="target"):
        read([Mark.start(NOON)], target, at=NOON)


@pytest.mark.parametrize(
    "marks",
    [None, 5, "start", [None], ["start"], [NOON], {"start": NOON}, [Mark("begin", 0)]],  # type: ignore[arg-type]  # wrong on purpose
    ids=str,
)
def test_no_marks(marks: Any) -> None:
    """K1: a clock is told marks."""
    with pytest.raises(InvalidValue, match="mark"):
        read(marks, Target("4h", OFFICE), at=NOON)
