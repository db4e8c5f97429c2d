"""The compiled calendar: growing, threads, limits (C8), identity and copies."""

import copy
import pickle
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest

from servicecore.errors import InvalidValue, NeverOpen
from servicecore.instants import HOUR
from servicecore.sla import Calendar, always
from servicecore.sla.timeline import CLOSING, OPENING
from servicecore.sla.years import END, START

OFFICE = {
    "timezone": "Europe/Berlin",
    "hours": {"mon-fri": "09:00-17:30"},
    "yearly_holidays": ["12-25", "02-29"],
}


def office() -> Calendar:
    return Calendar.from_dict(OFFICE)


def test_threads_that_grow_one_calendar_see_what_one_thread_sees() -> None:
    """C8: growing is safe; every answer is that of a calendar used alone."""
    starts = [datetime(1990 + step % 100, 1 + step % 12, 1, 7, tzinfo=UTC) for step in range(400)]
    alone = office()
    expected = [alone.add(start, "100h") for start in starts]
    for _ in range(5):
        shared, together = office(), Barrier(8)

        def answer(worker: int, shared: Calendar = shared, together: Barrier = together) -> bool:
            together.wait()
            mine = range(worker, len(starts), 8)
            return all(shared.add(starts[i], "100h") == expected[i] for i in mine)

        with ThreadPoolExecutor(8) as pool:
            assert all(pool.map(answer, range(8)))


def test_growing_changes_no_answer() -> None:
    """C8: what was compiled first does not show in what comes out."""
    at = datetime(2026, 3, 6, 15, tzinfo=UTC)
    answers = set()
    for years in ((), (1990,), (2100,), (2100, 1950), (1950, 2100)):
        calendar = office()
        for year in years:
            calendar.is_open(at.replace(year=year))
        answers.add(
            (
                calendar.add(at, "2000h"),
                calendar.add(at, "-2000h"),
                calendar.between(at.replace(year=2010), at.replace(year=2040)),
                calendar.next_close(at),
            )
        )
    assert len(answers) == 1


def test_a_window_over_new_year_is_one() -> None:
    """C1: windows that touch are one, also where two years meet."""
    night = Calendar.from_dict({"timezone": "UTC", "hours": {"mon-sun": "22:00-06:00"}})
    new_year = datetime(2027, 1, 1, tzinfo=UTC)
    (window,) = night.windows(new_year - timedelta(hours=3), new_year + timedelta(hours=7))
    assert (window.opens, window.closes) == (
        new_year - timedelta(hours=2),
        new_year + timedelta(hours=6),
    )
    assert night.previous_open(new_year) == window.opens
    assert night.next_close(new_year) == window.closes


def test_round_the_clock_has_no_edges_but_all_the_time() -> None:
    """Edges decided: 24×7 never closes, and where calendars end is no closing."""
    now = datetime(2026, 1, 1, tzinfo=UTC)
    assert always.next_close(now) is None
    assert always.next_open(now) is None
    assert always.previous_open(now) is None
    assert always.previous_close(now) is None
    assert always.add(now, "1000000h") == now + timedelta(hours=1_000_000)
    assert always.timeline.between(START, END - 1) == END - 1 - START


def test_the_last_edges_of_a_department_that_closed_for_good() -> None:
    """C8: None behind the last opening, NeverOpen for what it cannot give; both at once."""
    closed = Calendar.from_dict({
        "timezone": "UTC", "hours": {}, "exceptions": {"2026-03-06": "09:00-17:00"},
    })  # fmt: skip
    noon = datetime(2026, 3, 6, 12, tzinfo=UTC)
    assert closed.next_open(noon) is None
    assert closed.next_close(noon) == noon + timedelta(hours=5)
    assert closed.add(noon, "5h") == noon + timedelta(hours=5)
    with pytest.raises(NeverOpen, match="no 5h of open time"):
        closed.add(noon, "5h", landing="late")
    with pytest.raises(NeverOpen, match="no 6h of open time"):
        closed.add(noon, "6h")
    with pytest.raises(NeverOpen, match="no closing"):
        closed.roll_back(noon - timedelta(days=1))


@pytest.mark.parametrize("instant", [START - 1, END, 10**18])
def test_instants_outside_the_years_are_refused(instant: int) -> None:
    """C8: calendars answer for 1900 to 2199."""
    timeline = office().timeline
    for ask in (
        lambda: timeline.is_open(instant),
        lambda: timeline.between(0, instant),
        lambda: timeline.between(instant, 0),
        lambda: timeline.add(instant, HOUR),
        lambda: (
            timeline.windows(0, max(instant, 1)) if instant > 0 else timeline.windows(instant, 0)
        ),
        lambda: timeline.next_edge(instant, OPENING),
        lambda: timeline.previous_edge(instant, CLOSING),
    ):
        with pytest.raises(InvalidValue, match=r"1900 to 2199|outside the years"):
            ask()


def test_days_at_the_ends_of_the_years_do_not_depend_on_what_was_asked_before() -> None:
    """C8: a local date may lie outside the years while its instant lies inside."""
    for zone, at in (
        ("America/New_York", datetime(1900, 1, 1, 2, tzinfo=UTC)),
        ("Pacific/Kiritimati", datetime(2199, 12, 31, 20, tzinfo=UTC)),
    ):
        table = {"timezone": zone, "hours": "mon-sun 00:00-24:00"}
        fresh, asked = Calendar.from_dict(table), Calendar.from_dict(table)
        asked.is_open(datetime(2026, 1, 1, tzinfo=UTC))
        answers = []
        for calendar in (fresh, asked):
            try:
                answers.append(calendar.add_days(at, 0).isoformat())
            except NeverOpen as problem:
                answers.append(str(problem))
        assert answers[0] == answers[1]


def test_compositions_have_an_end() -> None:
    """C8: what cannot be answered for is refused when it is made."""
    tall = office()
    for _ in range(100):
        tall = tall | always
    assert tall.is_open(datetime(2026, 3, 6, 3, tzinfo=UTC))
    with pytest.raises(InvalidValue, match="more than 100"):
        tall | always


def test_a_window_in_the_repeated_hour_survives_pickling() -> None:
    """T1: both passes of the hour keep their instants."""
    night = Calendar.from_dict({"timezone": "Europe/Berlin", "hours": "sun 02:30-10:00"})
    half_past = datetime(2026, 10, 25, 1, 30, tzinfo=UTC)  # the second pass of 02:30
    (window,) = night.windows(half_past - timedelta(hours=1), half_past)
    for twin in (pickle.loads(pickle.dumps(window)), copy.deepcopy(window)):  # noqa: S301  # ours
        assert [edge.timestamp() for edge in twin] == [edge.timestamp() for edge in window]
    assert window.closes.timestamp() == half_past.timestamp()


def test_copies_and_pickles_are_equal_and_answer_alike() -> None:
    """A calendar is a value: what it has compiled is no part of it."""
    calendar = (office() | always) - office().named("maintenance")
    at = datetime(2026, 3, 6, 12, tzinfo=UTC)
    calendar.is_open(at)
    pickled = pickle.loads(pickle.dumps(calendar))  # noqa: S301  # our own bytes
    for twin in (copy.copy(calendar), copy.deepcopy(calendar), pickled):
        assert twin == calendar
        assert hash(twin) == hash(calendar)
        assert twin.next_open(at) == calendar.next_open(at)
