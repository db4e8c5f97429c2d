"""The benchmarks run, and the bisection by hand that they compare with gives the same answers.

Nothing here looks at how long anything takes: on a busy machine that would be a matter of luck.
"""

from __future__ import annotations

import gzip
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import core, figures, fresh, incremental, limit, others, stores, wholelog
from benchmarks.measure import Call, Timings, interleaved
from benchmarks.table import Row, duration, markdown, share
from benchmarks.workload import YEARS, ZONE, compiled_calendar, instants, pairs

CALENDAR = compiled_calendar()
BETWEEN, ADD = limit.on_datetimes()
INTEGER_BETWEEN, INTEGER_ADD = limit.on_integers()

moments = st.datetimes(
    datetime(YEARS[0], 1, 1), datetime(YEARS[-1], 12, 31), timezones=st.sampled_from([UTC, ZONE])
)
durations = st.timedeltas(timedelta(microseconds=1), timedelta(hours=2000))


@given(moments, moments)
def test_the_limit_measures_what_the_calendar_measures(start, end):
    assert BETWEEN(start, end) == CALENDAR.between(start, end)
    first, last = ((at - limit.EPOCH) // limit.MICROSECOND for at in (start, end))
    assert INTEGER_BETWEEN(first, last) == CALENDAR.timeline.between(first, last)


@given(moments.filter(lambda at: at.year < YEARS[-1] - 1), durations)
def test_the_limit_adds_what_the_calendar_adds(start, duration):
    due = CALENDAR.add(start, duration)
    assert ADD(start, duration).astimezone(UTC) == due.astimezone(UTC)
    first, worked = (start - limit.EPOCH) // limit.MICROSECOND, duration // limit.MICROSECOND
    assert INTEGER_ADD(first, worked) == CALENDAR.timeline.add(first, worked)


@pytest.mark.parametrize(
    ("measure", "rows"),
    [
        (core.integers, ["timeline.between on integers", "timeline.add on integers"]),
        (
            core.datetimes,
            ["calendar.between", "calendar.add(at, timedelta)", 'calendar.add(at, "8h")'],
        ),
        (core.distance, ["calendar.between, 3 years", "calendar.add, 6400 h (3 years)"]),
        (others.add, ["add, 8 h"] * 4 + ["add, 400 h"] * 4),
        (fresh.compiling, ["a calendar's first answer", "growing from 1 year to 50"]),
        (fresh.imports, list(fresh.IMPORTS)),
    ],
)
def test_what_is_measured_runs(measure, rows):
    assert [row.measured for row in measure(1)] == rows


def test_one_more_event_is_measured_behind_each_size():
    rows = list(incremental.incremental(1, sizes=(10, 20, 1000)))
    assert [row.measured for row in rows] == ["one event behind 20", "one event behind 1,000"]
    assert {row.against for row in rows} == {"behind 10"}


def test_figures_are_measured_over_many_situations():
    rows = list(figures.figures(1, many=600))
    assert [row.measured for row in rows] == [
        "attainment of 600",
        "flow of 600",
        "experience of 600",
        "kaplan_meier of 600",
    ]


@pytest.mark.usefixtures("_postgres_server")
def test_stores_are_measured_where_there_are_databases(monkeypatch):
    monkeypatch.setattr(stores, "MOST", 2)
    measured = [row.measured for row in stores.stores(1, open_=(20, 40))]
    for name in ("SQLite", "PostgreSQL"):
        assert {
            f"append, {name}",
            f"{stores.WORKERS} threads, {name}",
            f"claim 10 timers, {name}",
            f"claim 10 notices, {name}",
            f"claim the 10 due of 40, {name}",
        } <= set(measured)
    assert f"{stores.WORKERS} processes, SQLite" in measured


def test_a_missing_database_is_said_to_be_missing(monkeypatch):
    monkeypatch.setattr(stores, "MOST", 1)
    monkeypatch.setattr(stores, "why_missing", lambda: "start one")
    *_, row = stores.stores(1, open_=(20, 40))
    assert (row.measured, row.answers) == ("the same on PostgreSQL", "start one")


def test_a_log_is_read_and_replayed(tmp_path):
    log = tmp_path / "log.csv.gz"
    log.write_bytes(gzip.compress((wholelog.EXAMPLE / "incidents.csv").read_bytes()))
    rows = list(wholelog.whole_log(1, log))
    assert [row.measured for row in rows] == [*wholelog.MEASURED, "peak of memory"]


def test_a_missing_log_is_said_to_be_missing(tmp_path, monkeypatch):
    monkeypatch.delenv("CI", raising=False)
    (row,) = wholelog.whole_log(1, tmp_path / "log.csv.gz")
    assert row.answers == "log.csv.gz is missing: set SERVICECORE_DATA to its folder"
    monkeypatch.setenv("CI", "true")
    with pytest.raises(FileNotFoundError, match="set SERVICECORE_DATA"):
        list(wholelog.whole_log(1, tmp_path / "log.csv.gz"))


def test_the_command_prints_one_table():
    command = [sys.executable, "-m", "benchmarks", "--quick", "integers", "distance"]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, cwd=fresh.ROOT)
    lines = done.stdout.splitlines()
    assert [line for line in lines if line.startswith("|")] == lines[:6]
    assert len({len(line) for line in lines[:6]}) == 1


def test_arguments_are_the_same_in_every_run_and_as_far_apart_as_they_say():
    assert instants(50) == instants(50)
    apart = timedelta(days=30)
    for start, end in pairs(apart, 50):
        assert end.astimezone(UTC) - start.astimezone(UTC) == apart


def test_every_candidate_is_timed_in_every_round():
    asked = []
    calls = {name: Call("asked.append(a)", {"asked": asked}, [name]) for name in ("one", "other")}
    timings = interleaved(calls, rounds=3)
    assert set(asked) == {"one", "other"}
    assert {name: len(seconds) for name, seconds in timings.seconds.items()} == {
        "one": 3,
        "other": 3,
    }


def test_a_ratio_is_the_median_of_the_rounds():
    timings = Timings({"ours": [2.0, 30.0, 4.0], "theirs": [1.0, 10.0, 4.0]})
    assert timings.ratio("ours", "theirs") == 2.0
    assert timings.of("ours") == 4.0


def test_answers_that_differ_are_counted():
    call = Call("", {"ask": lambda seconds: timedelta(seconds=seconds)}, [(1,), (2,), (3,)])
    right = [timedelta(seconds=seconds) for seconds in (1, 2, 3)]
    assert others.answers(call, right) == "agree"
    right[1] += timedelta(seconds=90)
    assert others.answers(call, right) == "1 of 3 differ, by up to 90.0 s"


def test_answers_are_compared_as_instants():
    # Twice the same wall clock in the night in which it is shown twice.
    first = datetime(2026, 10, 25, 2, 30, tzinfo=ZONE)
    call = Call("", {"ask": lambda at: at}, [(first,)])
    assert others.answers(call, [first.replace(fold=1)]) == "1 of 1 differ, by up to 1.00 h"


def test_the_table_says_whether_a_goal_is_reached():
    reached = Row("ours", 1.2e-6, "theirs", 1e-6, 1.2, 1.5)
    assert reached.cells() == ("ours", "1.20 µs", "theirs", "1.00 µs", "1.20", "≤ 1.5 ✓", "")
    assert reached._replace(ratio=1.51).cells()[5] == "≤ 1.5 ✗"
    assert Row("ours", 1.0, "theirs", None, None).cells()[3:5] == ("n/a", "n/a")


def test_numbers_are_short():
    assert [duration(s) for s in (2.5e-7, 4.56e-5, 0.0456, 12.3, 5400)] == [
        "250 ns",
        "45.6 µs",
        "45.6 ms",
        "12.3 s",
        "1.50 h",
    ]
    assert [share(ratio) for ratio in (1.234, 0.0052, "", None)] == ["1.23", "1/192", "", "n/a"]


def test_a_table_is_markdown():
    head, rule, line = markdown([Row("a", 1.0)]).splitlines()
    assert head.startswith("| measured | takes  |")
    assert set(rule) == {"|", "-", " "}
    assert line.startswith("| a        | 1.00 s |")
