"""Folding mark by mark: each state goes on by itself, and costs the same however long it is."""

from __future__ import annotations

import pickle
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecore.instants import HOUR, MINUTE, to_instant
from servicecore.sla import Calendar, Days, Mark, Target, always
from servicecore.sla.clock import readings_at
from servicecore.sla.days import WorkingDays
from servicecore.sla.folded import Folded
from servicecore.sla.timeline import Timeline
from tests.oracle.strategies import at_most
from tests.sla.test_clock_properties import Case, cases, half_hours, marks_of, targets

ALL_KINDS = "override relieve override"
NINE = datetime(2026, 3, 2, 9, tzinfo=UTC)
OFFICE = Calendar.from_dict({"timezone": "UTC", "hours": {"mon-fri": "09:00-17:00"}}, "office")


def draw_marks(data: st.DataObject, case: Case) -> tuple[Target, list[Mark]]:
    target = case.library_target(data.draw(targets(case)))
    return target, case.library_marks(data.draw(marks_of(case, more_names=ALL_KINDS)))


@given(cases(), st.data())
@at_most(60)
def test_mark_by_mark_on_copies(case: Case, data: st.DataObject) -> None:
    """R2: every state is a value: copied and told one more mark, it stays what it was itself."""
    target, marks = draw_marks(data, case)
    states = [Folded(target)]
    for mark in marks:
        states.append(states[-1].copy())
        states[-1].apply(mark)
        # Reading, late or early, changes nothing for the marks to come (K1).
        states[-1].readings(mark.instant + data.draw(st.integers(0, 100)) * HOUR)
    later = data.draw(half_hours) // timedelta(microseconds=1)
    for known, state in enumerate(states):
        at = marks[max(known - 1, 0)].instant + later
        expected = readings_at(marks[:known], target, at)
        assert state.readings(at) == expected
        assert state.reading(at) == expected[-1]


@given(cases(), st.data())
@at_most(60)
def test_two_ways_from_one_state(case: Case, data: st.DataObject) -> None:
    """R2: what one of two copies is told, the other does not know."""
    target, marks = draw_marks(data, case)
    fork = data.draw(st.integers(0, len(marks)))
    shared = Folded(target)
    for mark in marks[:fork]:
        shared.apply(mark)
    before, one, other = shared.copy(), shared.copy(), shared.copy()
    end = marks[-1].instant
    for mark in marks[fork:]:
        one.apply(mark)
    for mark in (Mark("pause", end), Mark("resume", end), Mark("stop", end), Mark("resume", end)):
        other.apply(mark)
    assert shared == before
    assert one.readings(end) == readings_at(marks, target, end)


@given(cases(), st.data())
@at_most(60)
def test_reading_leaves_the_fold_as_it_was(case: Case, data: st.DataObject) -> None:
    """K1: a reading at any later instant writes nothing down, not even a breach."""
    target, marks = draw_marks(data, case)
    folded = Folded(target)
    for mark in marks:
        folded.apply(mark)
    before = pickle.dumps(folded)
    for hours in (0, 1, 1000):
        reading = folded.reading(marks[-1].instant + hours * HOUR)
        reading.trace, reading.explain(), reading.overrides  # made when asked for
    assert pickle.dumps(folded) == before


@given(cases(), st.data())
@at_most(60)
def test_late_after(case: Case, data: st.DataObject) -> None:
    """R6: the breach comes one microsecond after the instant that a host waits for, or never."""
    target, marks = draw_marks(data, case)
    folded = Folded(target)
    for mark in marks:
        folded.apply(mark)
    now = marks[-1].instant
    late_after, reading = folded.late_after, folded.reading(now)
    if late_after is None:
        assert reading.late or not folded.reading(now + 10_000 * HOUR).late
    elif late_after >= now:
        assert not folded.reading(late_after).late
        assert folded.reading(late_after + 1).breached == late_after
    else:
        assert reading.breached == late_after


# -- what it costs ---------------------------------------------------------------------------------


@pytest.fixture
def calls() -> Iterator[Counter[str]]:
    """How often a calendar is asked anything."""
    counted: Counter[str] = Counter()

    def counting(owner: type, name: str) -> object:
        asked = getattr(owner, name)

        def ask(*given_: object, **more: object) -> object:
            counted[name] += 1
            return asked(*given_, **more)

        return patch.object(owner, name, ask)

    with (
        counting(Timeline, "between"),
        counting(Timeline, "add"),
        counting(Timeline, "windows"),
        counting(WorkingDays, "add"),
    ):
        yield counted


def long_lived(target: Target, pauses: int) -> tuple[Folded, int]:
    """A clock that was paused so many times, each for a minute; and the instant after that."""
    start = to_instant(NINE)
    folded = Folded(target)
    folded.apply(Mark("start", start))
    for count in range(pauses):
        folded.apply(Mark("pause", start + (2 * count + 1) * MINUTE, "waiting"))
        folded.apply(Mark("resume", start + (2 * count + 2) * MINUTE))
    return folded, start + 2 * pauses * MINUTE


TARGETS = {
    "duration": Target("2000h", always),
    "working days": Target(Days(100), always),
    "date": Target.by(NINE + timedelta(days=200)),
    "long late": Target("10m", always),
}
CHANGES = ("pause", "resume", "stop", "cancel", "override", "relieve")


def told_and_read(folded: Folded, at: int, kinds: tuple[str, ...]) -> int | None:
    """Tell copies more marks, each on top of the one before, and look at how they stand."""
    for kind in kinds:
        folded = folded.copy()
        folded.apply(Mark(kind, at, target=Target("1h"), name="urgent"))
        assert folded.reading(at).instant == at
    return folded.late_after


@pytest.mark.parametrize("name", TARGETS)
@pytest.mark.parametrize(
    "kinds", [(kind,) for kind in CHANGES] + [("stop", "resume"), ("pause", "resume", "stop")]
)
def test_a_mark_costs_the_same_after_many(
    name: str, kinds: tuple[str, ...], calls: Counter[str]
) -> None:
    """R2: what is asked of calendars does not grow with the pauses behind."""
    asked = []
    for pauses in (3, 2000):
        folded, at = long_lived(TARGETS[name], pauses)
        calls.clear()
        if name == "long late":  # lateness alone adds up the runs since the breach
            folded.copy().apply(Mark(kinds[0], at))
        else:
            told_and_read(folded, at, kinds)
        asked.append(calls.total())
    assert asked[0] == asked[1] <= 30


@pytest.mark.parametrize("calendar", [always, OFFICE])
@pytest.mark.parametrize("paused", [True, False])
def test_another_target_costs_the_same_after_many(
    calendar: Calendar, paused: bool, calls: Counter[str]
) -> None:
    """R2, K3: more time than has counted was not reached in any run, so none is looked at."""
    asked = []
    for pauses in (3, 2000):
        folded, at = long_lived(Target("1500h", always), pauses)
        if paused:
            folded.apply(Mark("pause", at))
        calls.clear()
        folded.apply(Mark("retarget", at, target=Target("1000h", calendar)))
        folded.apply(Mark("retarget", at, target=Target("900h", calendar)))
        assert folded.reading(at).late is False
        asked.append(calls.total())
    assert asked[0] == asked[1] <= 12


def test_another_target_that_was_just_used_up_was_due_at_closing() -> None:
    """K1, K3: what has counted is all of it, and its last moment lies in a run that went on."""
    folded, start = Folded(Target("16h", OFFICE)), to_instant(NINE)
    folded.apply(Mark("start", start))
    folded.apply(Mark("pause", start + 9 * HOUR))
    folded.apply(Mark("retarget", start + 9 * HOUR, target=Target("8h", OFFICE)))
    assert folded.reading(start + 9 * HOUR).breached == start + 8 * HOUR


@given(cases(), st.data())
@at_most(100)
def test_another_target_is_as_if_every_run_were_looked_at(case: Case, data: st.DataObject) -> None:
    """K3: what tells at once that no run reached the target tells the same as looking at each."""
    target = case.library_target(data.draw(targets(case)))
    marks = case.library_marks(data.draw(marks_of(case)))
    folded = Folded(target)
    for mark in marks:
        folded.apply(mark)
    if folded.open_cycle is None:
        folded.apply(Mark("start", marks[-1].instant))
    course, runs = folded.cycles.last.course, folded.cycles.last.ended_runs
    landing = data.draw(st.sampled_from(["early", "late"]))
    more = data.draw(st.integers(-2, 2) | st.integers(-HOUR, HOUR))
    within = max(course.used + course.counted + more, 1)
    calendar = data.draw(st.sampled_from([course.target.calendar, always, OFFICE]))
    another = Target(within * timedelta(microseconds=1), calendar, landing=landing)
    course.retarget(another, runs, folded.cycles.last.ended_pauses)
    walked = course._reached_in(within - course.used, runs)  # the walk itself
    if walked is not None:
        assert course.due == walked
    elif course.running is None:
        assert course.due is None
    else:
        assert course.due == course.due_from(course.running)


@pytest.mark.parametrize("name", TARGETS)
def test_a_hundred_thousand_pauses(name: str, calls: Counter[str]) -> None:
    """R2: the whole of a long cycle costs a handful of questions for each of its marks."""
    pauses = 100_000
    folded, at = long_lived(TARGETS[name], pauses)
    assert calls.total() <= 4 * 2 * pauses
    calls.clear()
    paused = folded.copy()
    paused.apply(Mark("pause", at))
    assert calls.total() <= 4
    assert len(paused.cycles.last.runs) == len(folded.cycles.last.runs) == pauses + 1


def test_cycles_behind_cost_nothing(calls: Counter[str]) -> None:
    """K5: to read the latest cycle no other one is looked at."""
    folded, start = Folded(Target("4h", OFFICE)), to_instant(NINE)
    for count in range(2000):
        folded.apply(Mark("start", start + 2 * count * MINUTE))
        folded.apply(Mark("stop", start + (2 * count + 1) * MINUTE))
    calls.clear()
    assert folded.reading(start + 5000 * MINUTE).cycle == 1999
    assert calls.total() <= 4


def test_a_finished_cycle_is_shared_and_stays() -> None:
    """K4: a reopening goes on with a cycle of its own; whoever holds the old one sees no change."""
    folded, start = Folded(Target("4h", OFFICE)), to_instant(NINE)
    folded.apply(Mark("start", start))
    folded.apply(Mark("stop", start + HOUR))
    reopened = folded.copy()
    assert reopened.cycles.last is folded.cycles.last
    reopened.apply(Mark("resume", start + 2 * HOUR))
    at = start + 3 * HOUR
    assert (folded.reading(at).state, reopened.reading(at).state) == ("met", "running")
    assert folded.open_cycle is None
    assert reopened.open_cycle is reopened.cycles.last
