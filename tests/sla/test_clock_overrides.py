"""Overrides on top of a clock's target (Q3), and stops that come too early (Q4)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from servicecore.errors import InvalidValue
from servicecore.instants import to_instant
from servicecore.sla import Calendar, Days, Mark, Overlay, Reading, Target, read, read_cycles
from tests.oracle.clock import OracleMark
from tests.oracle.strategies import at_most
from tests.sla.test_clock_properties import (
    Case,
    cases,
    draw_clock,
    mark_instants,
    marks_of,
    targets,
)

OFFICE = Calendar.from_dict({"timezone": "UTC", "hours": {"mon-fri": "09:00-17:00"}}, "office")
HOUR = timedelta(hours=1)
MICROSECOND = timedelta(microseconds=1)
STANDARD, URGENT = Target("16h", OFFICE), Target("4h")


def hour(hours: float) -> datetime:
    """So many hours after Monday 2 March 2026, 00:00 UTC."""
    return datetime(2026, 3, 2, tzinfo=UTC) + hours * HOUR


START = Mark.start(hour(9))
URGENT_FROM_NOON = Mark.override(hour(12), URGENT, "business has stopped", "outage")


def look(hours: float, *marks: Mark, target: Target = STANDARD) -> Reading:
    return read([START, *marks], target, at=hour(hours))


# -- laws ------------------------------------------------------------------------------------------


def overridden(marks: list[OracleMark]) -> bool:
    return any(mark.kind == "override" for mark in marks)


@given(cases(), st.data())
@at_most(60)
def test_an_override_never_brings_a_deadline_later(case: Case, data: st.DataObject) -> None:
    """Q3: whatever else happens, under overrides everything is due at the same instant or before
    it, and what would have been late still is.
    """
    target = case.library_target(data.draw(targets(case)))
    drawn = data.draw(marks_of(case, more_names="override override override relieve"))
    assume(overridden(drawn))
    plain = [mark for mark in drawn if mark.kind not in {"override", "relieve"}]
    at = data.draw(mark_instants(case))
    with_it = read_cycles(case.library_marks(drawn), target, at=at)
    without = read_cycles(case.library_marks(plain), target, at=at)
    assert len(with_it) == len(without)
    for one, other in zip(with_it, without, strict=True):
        assert (one.started, one.ended, one.elapsed) == (other.started, other.ended, other.elapsed)
        assert one.late or not other.late
        if other.due is not None:
            assert one.due is not None
            assert one.due <= other.due
        if other.if_resumed is not None:
            assert one.if_resumed is not None
            assert one.if_resumed <= other.if_resumed


@given(cases(), st.data())
@at_most(60)
def test_a_relieved_clock_goes_on_as_before(case: Case, data: st.DataObject) -> None:
    """Q3: once every override is off, the clock's own target is what it would have been."""
    target = case.library_target(data.draw(targets(case)))
    drawn = data.draw(marks_of(case, more_names="override override override relieve"))
    assume(overridden(drawn))
    plain = [mark for mark in drawn if mark.kind not in {"override", "relieve"}]
    end = drawn[-1].at
    relief = [Mark.relieve(end, name) for name in "ab"]
    at = end + data.draw(st.integers(0, 50)) * HOUR
    relieved = read([*case.library_marks(drawn), *relief], target, at=at)
    without = read(case.library_marks(plain), target, at=at)
    assume(without.ended is None)
    assert relieved.governed_by == ""
    for name in ("due", "if_resumed", "remaining", "elapsed", "runs", "pauses", "retargets"):
        assert getattr(relieved, name) == getattr(without, name), name
    assert relieved.late or relieved.state == without.state
    assert all(overlay.ended is not None for overlay in relieved.overrides)
    earlier = read([*case.library_marks(drawn), *relief], target, at=end)
    assert not earlier.late or relieved.breached == earlier.breached


@given(cases(), st.data())
@at_most(60)
def test_a_pause_never_brings_a_deadline_forward(case: Case, data: st.DataObject) -> None:
    """K2, Q3: neither its own nor that of an override, wherever the override begins."""
    target, urgent = (case.library_target(data.draw(targets(case))) for _ in range(2))
    start, *ats = sorted(data.draw(mark_instants(case)) for _ in range(4))
    overriding = data.draw(st.integers(0, 2))
    override = Mark.override(ats.pop(overriding), urgent)
    marks = [Mark.start(start), override]
    paused = [*marks, Mark.pause(ats[0]), Mark.resume(ats[1])]
    at = max(ats[1], override.at)
    without, with_pause = (read(known, target, at=at) for known in (marks, paused))
    assert with_pause.due >= without.due
    assert not with_pause.late or without.late


@given(cases(), st.data())
@at_most(60)
def test_an_override_is_a_clock_of_its_own(case: Case, data: st.DataObject) -> None:
    """Q3: an overlay shows what a clock shows that starts with it and is told the same."""
    urgent = case.library_target(data.draw(targets(case)))
    drawn, target = draw_clock(data, case)
    begins = drawn[0].at
    assume(drawn[0].kind == "start")
    assume(all(mark.kind not in {"retarget", "start"} for mark in drawn[1:]))
    at = max(drawn[-1].at, data.draw(mark_instants(case)))
    marks = case.library_marks(drawn)
    (overlay,) = read([Mark.override(begins, urgent), *marks], target, at=at).overrides
    alone = read([Mark.start(begins), *marks[1:]], urgent, at=at)
    shown = (overlay.started, overlay.due, overlay.breached, overlay.elapsed)
    assert shown == (alone.started, alone.due, alone.breached, alone.elapsed)


@given(cases(), st.data())
@at_most(60)
def test_an_override_that_counts_from_earlier(case: Case, data: st.DataObject) -> None:
    """Q3: marked later with an earlier `since`, it stands where it would stand marked then."""
    target, urgent = (case.library_target(data.draw(targets(case))) for _ in range(2))
    start, *ats = sorted(data.draw(mark_instants(case)) for _ in range(6))
    pauses = [(Mark.pause, Mark.resume)[position % 2](at) for position, at in enumerate(ats)]
    marks, end = [Mark.start(start), *pauses], pauses[-1].instant
    since = to_instant(data.draw(mark_instants(case)))
    assume(since <= end)
    at = ats[-1] + data.draw(st.integers(0, 50)) * HOUR
    late = [*marks, Mark("override", end, target=urgent, name="late", since=since)]
    then = [Mark("override", since, target=urgent, name="then"), *marks]
    (one,) = read(late, target, at=at).overrides
    (other,) = read(then, target, at=at).overrides
    for name in ("started", "ended", "due", "breached", "elapsed"):
        assert getattr(one, name) == getattr(other, name), name


# -- overrides, worked out by hand -----------------------------------------------------------------


def test_the_earlier_due_governs() -> None:
    """Q3: four hours from noon, day and night, are over before sixteen office hours from nine."""
    reading = look(13, URGENT_FROM_NOON)
    assert (reading.due_at, reading.remaining) == (hour(16), 3 * HOUR)
    assert (reading.governed_by, reading.governing, reading.target) == ("outage", URGENT, STANDARD)
    assert reading.elapsed == 4 * HOUR
    assert reading.overrides == (
        Overlay(
            name="outage",
            target=URGENT,
            reason="business has stopped",
            started=reading.overrides[0].started,
            ended=None,
            due=reading.due,
            breached=None,
            elapsed_microseconds=3_600_000_000,
        ),
    )
    (overlay,) = reading.overrides
    assert (overlay.started_at, overlay.ended_at, overlay.due_at) == (hour(12), None, hour(16))
    assert (overlay.breached_at, overlay.elapsed) == (None, HOUR)


def test_an_own_target_that_is_due_first_governs() -> None:
    """Q3: an override that is due later changes nothing that shows; neither does one due then."""
    for generous in (Target("400h"), Target("28h")):  # 28 hours from noon is Tuesday 16:00
        reading = look(13, Mark.override(hour(12), generous), target=Target("15h", OFFICE))
        assert (reading.due_at, reading.governed_by) == (hour(40), "")
        assert reading.remaining == 11 * HOUR
        assert len(reading.overrides) == 1


def test_late_under_an_override() -> None:
    """Q3: it is late from the override's due instant on, counted on the override's calendar."""
    assert look(16, URGENT_FROM_NOON).state == "running"
    assert look(16, URGENT_FROM_NOON).late is False
    late = look(18, URGENT_FROM_NOON)
    assert (late.state, late.breached_at, late.late_by) == ("breached", hour(16), 2 * HOUR)
    assert late.overrides[0].breached_at == hour(16)
    missed = look(99, URGENT_FROM_NOON, Mark.stop(hour(20)))
    assert (missed.state, missed.due_at, missed.late_by) == ("missed", hour(16), 4 * HOUR)
    met = look(99, URGENT_FROM_NOON, Mark.stop(hour(16)))
    assert (met.state, met.overrides[0].ended) == ("met", None)


def test_relief_gives_the_own_target_back_but_no_breach() -> None:
    """Q3: relieved in time nothing is left; relieved late, the breach stays."""
    in_time = look(30, URGENT_FROM_NOON, Mark.relieve(hour(15), "outage"))
    assert (in_time.state, in_time.due_at, in_time.governed_by) == ("running", hour(41), "")
    (overlay,) = in_time.overrides
    assert (overlay.ended_at, overlay.due_at, overlay.elapsed) == (hour(15), hour(16), 3 * HOUR)
    late = look(34, URGENT_FROM_NOON, Mark.relieve(hour(17), "outage"))
    assert (late.state, late.breached_at, late.due_at) == ("breached", hour(16), hour(41))
    assert (late.overrides[0].breached_at, late.remaining) == (hour(16), 7 * HOUR)


def test_an_override_stands_still_in_a_pause() -> None:
    """K2, Q3: it has no due instant then, unless it is a date, which passes in the pause too."""
    paused = look(15, URGENT_FROM_NOON, Mark.pause(hour(13)))
    assert (paused.state, paused.due, paused.remaining) == ("paused", None, 3 * HOUR)
    assert (paused.due_if_resumed, paused.governed_by) == (hour(18), "outage")
    assert paused.overrides[0].due is None
    resumed = look(16, URGENT_FROM_NOON, Mark.pause(hour(13)), Mark.resume(hour(15)))
    assert resumed.due_at == hour(18)
    by_three = Mark.override(hour(12), Target.by(hour(15)), name="board")
    dated = look(14, by_three, Mark.pause(hour(13)))
    assert (dated.due_at, dated.governed_by) == (hour(15), "board")
    assert look(16, by_three, Mark.pause(hour(13))).breached_at == hour(15)


def test_an_override_from_within_a_pause_counts_from_the_resumption() -> None:
    """Q3: the pause is its pause too; working days count it from where the override began."""
    in_pause = [Mark.pause(hour(10)), Mark.override(hour(12), URGENT), Mark.resume(hour(15))]
    assert look(15, *in_pause).due_at == hour(19)
    tomorrow = Mark.override(hour(12), Target(Days(1), OFFICE))
    days = [Mark.pause(hour(10)), tomorrow, Mark.resume(hour(15))]
    assert look(15, *days).due_at == hour(39)  # Tuesday 12:00, and three hours on


def test_a_start_meanwhile_gets_it() -> None:
    """Q3: a pending clock remembers what is on; every cycle that starts has it from its start."""
    early = Mark.override(hour(8), URGENT)
    pending = read([early], STANDARD, at=hour(8.5))
    assert (pending.state, pending.overrides, pending.governed_by) == ("pending", (), "")
    started = read([early, START], STANDARD, at=hour(10))
    assert (started.due_at, started.overrides[0].started_at) == (hour(13), hour(9))
    again = look(21, early, Mark.stop(hour(10)), Mark.start(hour(20)))
    assert (again.cycle, again.due_at) == (1, hour(24))
    restarted = look(
        13, Mark.pause(hour(9.5)), early, Mark.retarget(hour(12), STANDARD, restart=True)
    )
    assert (restarted.state, restarted.overrides[0].started_at) == ("paused", hour(12))
    relieved = read([early, Mark.relieve(hour(8.5)), START], STANDARD, at=hour(10))
    assert (relieved.overrides, relieved.governed_by) == ((), "")


def test_time_used_before_the_start_is_no_time_of_the_override() -> None:
    """K7, Q3: it was used of the clock's own target."""
    marks = [Mark.start(hour(9), used="12h"), Mark.override(hour(9), URGENT)]
    reading = read(marks, Target("20h"), at=hour(10))
    assert (reading.due_at, reading.overrides[0].elapsed) == (hour(13), HOUR)


def test_a_reopening() -> None:
    """K4, Q3: one that was on at the stop goes on with its time; a later one begins there."""
    stop, resume = Mark.stop(hour(13)), Mark.resume(hour(20))
    went_on = look(21, URGENT_FROM_NOON, stop, resume)
    assert (went_on.due_at, went_on.overrides[0].elapsed) == (hour(23), 2 * HOUR)
    later = Mark.override(hour(15), URGENT)
    assert look(19, stop, later).overrides == ()
    began = look(21, stop, later, resume)
    assert (began.due_at, began.overrides[0].started_at) == (hour(24), hour(20))
    relieved = look(21, URGENT_FROM_NOON, stop, Mark.relieve(hour(15), "outage"), resume)
    assert (relieved.governed_by, relieved.overrides[0].ended_at) == ("", hour(13))
    replaced = Mark.override(hour(15), Target("1h"), name="outage")
    anew = look(20.5, URGENT_FROM_NOON, stop, replaced, resume)
    assert [overlay.ended_at for overlay in anew.overrides] == [hour(13), None]
    assert anew.due_at == hour(21)
    counted = look(21, URGENT_FROM_NOON, stop, Mark.resume(hour(20), counted=True))
    assert counted.breached_at == hour(16)


def test_several_at_once() -> None:
    """Q3: under different names side by side, under the same one by turns."""
    board = Mark.override(hour(12.5), Target("2h"), name="board")
    both = look(13, URGENT_FROM_NOON, board)
    assert (both.due_at, both.governed_by) == (hour(14.5), "board")
    left = look(14, URGENT_FROM_NOON, board, Mark.relieve(hour(13), "board"))
    assert (left.due_at, left.governed_by) == (hour(16), "outage")
    assert [overlay.name for overlay in left.overrides] == ["board", "outage"]
    again = Mark.override(hour(13), URGENT, name="outage")
    anew = look(14, URGENT_FROM_NOON, again)
    assert (anew.due_at, len(anew.overrides)) == (hour(17), 2)
    assert anew.overrides[0].ended_at == hour(13)


def test_a_relief_of_nothing_is_without_effect() -> None:
    """K1, Q3: it is kept, and an override itself always has an effect."""
    relief = Mark.relieve(hour(13), "outage")
    assert look(14, relief).without_effect == (relief,)
    assert look(14, URGENT_FROM_NOON, relief).without_effect == ()
    twice = Mark.relieve(hour(14), "outage")
    assert look(15, URGENT_FROM_NOON, relief, twice).without_effect == (twice,)


def test_provisional_and_ahead_are_the_governing_target_s() -> None:
    """C9, K8, Q3: what lies ahead is told on the calendar that governs."""
    known = Calendar.from_dict(
        {"timezone": "UTC", "hours": {"mon-sun": "00:00-24:00"}, "known_until": "2026-03-01"}
    )
    assert look(13).provisional is False
    assert look(13, Mark.override(hour(12), Target("10h", known))).provisional is True
    night = look(16, Mark.override(hour(16), URGENT))
    assert [(stretch.kind, stretch.counted) for stretch in night.ahead] == [
        ("open", 4 * 3_600_000_000)
    ]
    assert "running" in night.explain()


@pytest.mark.parametrize("name", ["", None, 3])
def test_an_override_has_a_name(name: Any) -> None:
    for mark in (
        lambda: Mark.override(hour(9), URGENT, name=name),
        lambda: Mark.relieve(hour(9), name),
    ):
        with pytest.raises(InvalidValue, match="override's name"):
            mark()


def test_an_override_has_a_target() -> None:
    with pytest.raises(InvalidValue, match="target is '4h'"):
        Mark.override(hour(9), "4h")  # type: ignore[arg-type]  # what is refused


# -- follow-up windows -----------------------------------------------------------------------------

WINDOW = Target("5bd", OFFICE, not_before="1bd")


def test_a_stop_before_the_window_stops_nothing() -> None:
    """Q4: contact within the first working day is no follow-up; from Tuesday 09:00 on it is."""
    early = Mark.stop(hour(33) - MICROSECOND)
    running = look(34, early, target=WINDOW)
    assert (running.state, running.without_effect) == ("running", (early,))
    assert (running.not_before_at, running.due_at) == (hour(33), hour(24 * 7 + 9))
    met = look(99, early, Mark.stop(hour(33)), target=WINDOW)
    assert (met.state, met.ended_at) == ("met", hour(33))


def test_a_window_stays_where_it_is_in_a_pause() -> None:
    """Q4: it counts from the start, whatever is paused; a cancel needs not wait for it."""
    paused = look(34, Mark.pause(hour(10)), Mark.stop(hour(33)), target=WINDOW)
    assert (paused.state, paused.not_before_at) == ("met", hour(33))
    assert look(34, Mark.cancel(hour(10)), target=WINDOW).state == "cancelled"


def test_a_window_of_hours_and_of_each_cycle() -> None:
    """Q4, K5: every cycle has its own, and a new target its own too."""
    window = Target("8h", OFFICE, not_before="2h")
    assert look(10, target=window).not_before_at == hour(11)
    again = look(17, Mark.stop(hour(11)), Mark.start(hour(16)), target=window)
    assert again.not_before_at == hour(34)
    assert look(12, Mark.retarget(hour(10), window)).not_before_at == hour(11)
    assert look(12).not_before is None
    assert read([], window, at=hour(9)).not_before_at is None


def test_a_window_in_words() -> None:
    assert str(WINDOW) == "5 working days of office, not before 1 working day"
    assert str(Target("8h", not_before="90m")) == "8h of always, not before 1h 30m"


@pytest.mark.parametrize("not_before", ["8h", "9h", timedelta(hours=8)])
def test_a_window_opens_before_it_closes(not_before: timedelta | str) -> None:
    with pytest.raises(InvalidValue, match="expected less than the target of 8h"):
        Target("8h", OFFICE, not_before=not_before)


@pytest.mark.parametrize("not_before", ["0h", "-1h", "0bd", timedelta(0)])
def test_a_window_of_no_time_is_refused(not_before: timedelta | str) -> None:
    with pytest.raises(InvalidValue, match=r"a not_before of .* leaves no time"):
        Target("8h", OFFICE, not_before=not_before)


@pytest.mark.parametrize("not_before", ["1d", 3, "soon"])
def test_a_window_in_the_grammar_of_targets(not_before: Any) -> None:
    with pytest.raises(InvalidValue, match="not_before"):
        Target("8h", OFFICE, not_before=not_before)


def test_a_window_is_part_of_a_target() -> None:
    assert Target("8h", OFFICE, not_before="1h") != Target("8h", OFFICE)
