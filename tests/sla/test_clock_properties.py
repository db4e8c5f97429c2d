"""Random sequences of marks, compared with the oracle's clock, and the laws that clocks obey."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import combinations_with_replacement, pairwise
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from servicecore.sla import Calendar, Days, Mark, Reading, Target, read, read_cycles
from tests.oracle.calendar import MINUTE, from_dict, instant
from tests.oracle.clock import OracleMark, OracleReading, OracleTarget
from tests.oracle.clock import read_cycles as oracle_cycles
from tests.oracle.strategies import (
    Scene,
    at_most,
    instants_near,
    same_instant,
    scenes,
)
from tests.oracle.zones import jumps

NOTHING = timedelta(0)
MICROSECOND = timedelta(microseconds=1)
INSTANTS = ("due_at", "breached_at", "started_at", "ended_at")


class Case:
    """A target in both worlds, on one of two calendars around the same jump."""

    def __init__(self, scene: Scene, other: Scene) -> None:
        self.scene = scene
        self.oracles = (scene.oracle, other.oracle)
        self.calendars = (Calendar.from_dict(scene.spec), Calendar.from_dict(other.spec))

    def library_target(self, target: OracleTarget) -> Target:
        calendar = self.calendars[self.oracles.index(target.calendar)]
        if target.by is not None:
            return Target.by(target.by, calendar)
        within = target.within
        if target.days is not None:
            within = Days(target.days, **dict(target.options))
        not_before = target.not_before
        if isinstance(not_before, int):
            not_before = f"{not_before}bd"
        return Target(within, calendar, landing=target.landing, not_before=not_before)

    def library_mark(self, mark: OracleMark) -> Mark:
        if mark.kind == "start":
            return Mark.start(mark.at, used=mark.used)
        if mark.kind == "resume":
            return Mark.resume(mark.at, counted=mark.counted)
        if mark.kind == "retarget":
            return Mark.retarget(mark.at, self.library_target(mark.target), restart=mark.restart)
        if mark.kind == "override":
            return Mark.override(mark.at, self.library_target(mark.target), name=mark.name)
        if mark.kind == "relieve":
            return Mark.relieve(mark.at, mark.name)
        return getattr(Mark, mark.kind)(mark.at)

    def library_marks(self, marks: Sequence[OracleMark]) -> list[Mark]:
        return [self.library_mark(mark) for mark in marks]

    def __repr__(self) -> str:
        return f"Case({self.scene!r})"


@st.composite
def cases(draw: st.DrawFn) -> Case:
    scene = draw(scenes())
    if draw(st.integers(0, 2)):
        return Case(scene, scene)
    return Case(scene, draw(scenes().filter(lambda other: other is not scene)))


half_hours = st.integers(0, 96).map(lambda halves: halves * timedelta(minutes=30))
durations = st.one_of(
    st.integers(1, 60).map(lambda halves: halves * timedelta(minutes=30)),
    st.integers(1, 40_000_000_000).map(lambda us: us * MICROSECOND),
)


@st.composite
def targets(draw: st.DrawFn, case: Case, *, kinds: str = "within days by") -> OracleTarget:
    calendar = draw(st.sampled_from(case.oracles))
    kind = draw(st.sampled_from(["within", *kinds.split()]))
    if kind == "by":
        return OracleTarget(calendar, by=draw(instants_near(case.scene)))
    if kind == "days":
        options = {
            "until": draw(st.sampled_from(["same_time", "close"])),
            "off_day": draw(st.sampled_from(["open", "same_time"])),
        }
        if draw(st.booleans()):
            options["cutoff"] = "15:00"
        return OracleTarget(calendar, days=draw(st.integers(1, 3)), options=tuple(options.items()))
    landing = draw(st.sampled_from(["early", "early", "late"]))
    return OracleTarget(calendar, within=draw(durations), landing=landing)


@st.composite
def windows(draw: st.DrawFn, case: Case) -> OracleTarget:
    """A target that cannot be met before a part of it has passed."""
    target = draw(targets(case, kinds="within days"))
    days = draw(st.integers(1, 2))
    if target.within is None or target.within <= timedelta(hours=1):
        return replace(target, not_before=days)
    part = draw(st.integers(1, 60)) * timedelta(minutes=1)
    return replace(target, not_before=draw(st.sampled_from([part, days])))


@st.composite
def mark_instants(draw: st.DrawFn, case: Case) -> datetime:
    """Half hours around the jump, so that marks meet dues and edges exactly; or any instant
    near.
    """
    if draw(st.integers(0, 3)):
        at_jump = instant(case.scene.jump.minute * MINUTE)
        return at_jump - timedelta(hours=24) + draw(half_hours)
    return draw(instants_near(case.scene))


@st.composite
def marks_of(
    draw: st.DrawFn,
    case: Case,
    *,
    kinds: str = "within days by",
    used: bool = True,
    more_names: str = "",
) -> list[OracleMark]:
    """A start and up to six more marks of any kind, in any order, in the order of their
    instants.
    """
    ats = sorted(draw(st.lists(mark_instants(case), min_size=1, max_size=7)))
    marks = []
    for position, at in enumerate(ats):
        names = ["pause", "resume", "pause", "resume", "stop", "cancel", "retarget", "start"]
        names += more_names.split()
        kind = (
            draw(st.sampled_from(names))
            if position
            else draw(st.sampled_from(["start"] * 4 + names))
        )
        more: dict[str, Any] = {}
        if kind == "start" and used:
            more["used"] = draw(st.sampled_from([NOTHING, NOTHING, timedelta(minutes=20)]))
        if kind == "resume":
            more["counted"] = draw(st.booleans())
        if kind == "retarget":
            more = {"target": draw(targets(case, kinds=kinds)), "restart": draw(st.booleans())}
        if kind == "override":
            more["target"] = draw(targets(case, kinds=kinds))
        if kind in {"override", "relieve"}:
            more["name"] = draw(st.sampled_from("ab"))
        marks.append(OracleMark(kind, at, **more))
    return marks


def assert_same_reading(found: Reading, expected: OracleReading) -> None:
    for name in ("state", "late", "elapsed", "remaining", "late_by", "governed_by"):
        assert getattr(found, name) == getattr(expected, name), name
    for name in INSTANTS:
        assert same_instant(getattr(found, name), getattr(expected, name)), name
    if expected.state == "paused":
        assert same_instant(found.due_if_resumed, expected.due_if_resumed), "due_if_resumed"
    assert len(found.overrides) == len(expected.overrides)
    for overlay, expected_overlay in zip(found.overrides, expected.overrides, strict=True):
        assert (overlay.name, overlay.elapsed) == (expected_overlay.name, expected_overlay.elapsed)
        for name in ("started_at", "ended_at", "due_at", "breached_at"):
            assert same_instant(getattr(overlay, name), getattr(expected_overlay, name)), name


@st.composite
def looks(draw: st.DrawFn, case: Case, expected_due: Sequence[datetime | None]) -> datetime:
    """When to look: at a due instant, a microsecond after it, or anywhere."""
    dues = [due for due in expected_due if due is not None]
    if dues and draw(st.booleans()):
        return draw(st.sampled_from(dues)) + draw(st.sampled_from([-1, 0, 1])) * MICROSECOND
    return draw(mark_instants(case))


@given(cases(), st.data())
def test_readings_agree(case: Case, data: st.DataObject) -> None:
    """K1-K7: every field of every cycle's reading, whatever the marks are."""
    target = data.draw(targets(case))
    marks = data.draw(marks_of(case))
    dues = [reading.due_at for reading in oracle_cycles(marks, target, marks[-1].at)]
    at = data.draw(looks(case, dues))
    expected = oracle_cycles(marks, target, at)
    found = read_cycles(case.library_marks(marks), case.library_target(target), at=at)
    assert len(found) == max(1, len(expected))
    for position, (one, other) in enumerate(zip(found, expected, strict=False)):
        assert one.cycle == position
        assert_same_reading(one, other)
    latest = read(case.library_marks(marks), case.library_target(target), at=at)
    assert latest == found[-1]


@given(cases(), st.data())
def test_readings_under_overrides_agree(case: Case, data: st.DataObject) -> None:
    """Q3: overrides by two names, on and off among all other marks; and theirs as well."""
    target = data.draw(targets(case))
    marks = data.draw(marks_of(case, more_names="override relieve override override relieve"))
    dues = [reading.due_at for reading in oracle_cycles(marks, target, marks[-1].at)]
    at = data.draw(looks(case, dues))
    expected = oracle_cycles(marks, target, at)
    found = read_cycles(case.library_marks(marks), case.library_target(target), at=at)
    assert len(found) == max(1, len(expected))
    for one, other in zip(found, expected, strict=False):
        assert_same_reading(one, other)


@given(cases(), st.data())
@at_most(60)
def test_readings_of_windows_agree(case: Case, data: st.DataObject) -> None:
    """Q4: a stop that comes too early stops nothing, whatever else happens."""
    target = data.draw(windows(case))
    marks = data.draw(marks_of(case, more_names="stop stop stop"))
    at = data.draw(looks(case, []))
    expected = oracle_cycles(marks, target, at)
    found = read_cycles(case.library_marks(marks), case.library_target(target), at=at)
    assert len(found) == max(1, len(expected))
    for one, other in zip(found, expected, strict=False):
        assert_same_reading(one, other)


# -- every short sequence --------------------------------------------------------------------------

OFFICE = {"timezone": "UTC", "hours": {"mon-fri": "09:00-17:00"}}
SCENE = Scene(OFFICE, jumps("Europe/Berlin")[0], from_dict(OFFICE))
OFFICE_CASE = Case(SCENE, SCENE)
# Monday 2 March 2026: started at 10:00; before, at and after a due instant at 14:00, and closed.
GRID = [datetime(2026, 3, 2, tzinfo=UTC) + timedelta(hours=hours) for hours in (10, 12, 14, 15, 19)]
CLOCKS = {
    "4h": OracleTarget(SCENE.oracle, within=timedelta(hours=4)),
    "7h, landing late": OracleTarget(SCENE.oracle, within=timedelta(hours=7), landing="late"),
    "today": OracleTarget(SCENE.oracle, days=1, options=(("until", "close"),)),
    "by 14:00": OracleTarget(SCENE.oracle, by=GRID[2]),
}


def every_mark(at: datetime) -> list[OracleMark]:
    """One mark of each kind and shade."""
    plain = [OracleMark(kind, at) for kind in ("start", "pause", "resume", "stop", "cancel")]
    longer = OracleTarget(SCENE.oracle, within=timedelta(hours=6))
    shorter = OracleTarget(SCENE.oracle, within=timedelta(hours=2))
    return [
        *plain,
        OracleMark("resume", at, counted=True),
        OracleMark("retarget", at, target=longer),
        OracleMark("retarget", at, target=shorter),
        OracleMark("retarget", at, target=shorter, restart=True),
        OracleMark("retarget", at, target=CLOCKS["by 14:00"]),
    ]


@pytest.mark.parametrize("clock", CLOCKS)
@pytest.mark.parametrize("first", every_mark(GRID[0]), ids=lambda mark: mark.kind)
def test_every_short_sequence(clock: str, first: OracleMark) -> None:
    """K1-K7: after a start, any two marks of any kinds at any instants of a grid, read at
    the end.
    """
    target, look = CLOCKS[clock], GRID[-1] + timedelta(hours=15)
    for one, other in combinations_with_replacement(range(len(GRID)), 2):
        for following in every_mark(GRID[other]):
            marks = [OracleMark("start", GRID[0]), replace(first, at=GRID[one]), following]
            expected = oracle_cycles(marks, target, look)
            library_marks = OFFICE_CASE.library_marks(marks)
            found = read_cycles(library_marks, OFFICE_CASE.library_target(target), at=look)
            assert len(found) == len(expected)
            for reading, expected_reading in zip(found, expected, strict=True):
                assert_same_reading(reading, expected_reading)


# -- laws ------------------------------------------------------------------------------------------


def shown(reading: Reading) -> tuple[Any, ...]:
    """All that a reading shows but its trace, comparable across readings of other marks or
    instants.
    """
    instants = (reading.started, reading.ended, reading.due, reading.breached)
    return (reading.state, reading.late, reading.elapsed, reading.remaining, *instants)


def draw_clock(data: st.DataObject, case: Case, **options: Any) -> tuple[list[OracleMark], Target]:
    target = case.library_target(data.draw(targets(case, **options)))
    return data.draw(marks_of(case, **options)), target


@given(cases(), st.data())
@at_most(40)
def test_marks_in_any_order_and_the_future_unknown(case: Case, data: st.DataObject) -> None:
    """K1: marks count by their instants, not by their order; those after `at` are not known yet."""
    drawn, target = draw_clock(data, case)
    at = data.draw(mark_instants(case))
    assume(len({mark.at for mark in drawn}) == len(drawn))
    marks = case.library_marks(drawn)
    expected = read_cycles(marks, target, at=at)
    assert read_cycles(data.draw(st.permutations(marks)), target, at=at) == expected
    known = [mark for mark, given_mark in zip(marks, drawn, strict=True) if given_mark.at <= at]
    assert read_cycles(known, target, at=at) == expected


@given(cases(), st.data())
@at_most(40)
def test_looking_changes_nothing(case: Case, data: st.DataObject) -> None:
    """K1: without a new mark the due instant and the breach stay what they are, whenever
    one looks.
    """
    marks, target = draw_clock(data, case)
    library_marks = case.library_marks(marks)
    first = max([marks[-1].at, data.draw(mark_instants(case))])
    later = first + data.draw(half_hours)
    early, late = (read(library_marks, target, at=at) for at in (first, later))
    assert early.elapsed <= late.elapsed
    assert late.due == early.due
    assert late.started == early.started
    if early.breached is not None or early.ended is not None:
        assert late.breached == early.breached
    if early.ended is not None:
        assert shown(late) == shown(early)
    elif early.due is not None and not early.late:
        assert late.late == (later > early.due_at)
        assert late.breached in {None, early.due}


@given(cases(), st.data())
@at_most(40)
def test_marks_without_effect(case: Case, data: st.DataObject) -> None:
    """K1: a second pause, a resume or a start while running, a stop after a stop change nothing."""
    marks, target = draw_clock(data, case)
    at = data.draw(mark_instants(case))
    position = data.draw(st.integers(0, len(marks) - 1))
    repeated = marks[position]
    assume(repeated.kind not in {"retarget", "start"} or position == 0)
    doubled = [*marks[: position + 1], repeated, *marks[position + 1 :]]
    assume(repeated.kind != "retarget")
    # A resume after a stop reopens, and a second one then meets a running clock: no effect either.
    once = read_cycles(case.library_marks(marks), target, at=at)
    twice = read_cycles(case.library_marks(doubled), target, at=at)
    assert [shown(reading) for reading in once] == [shown(reading) for reading in twice]


@given(cases(), st.data())
@at_most(40)
def test_remaining_and_elapsed_make_the_target(case: Case, data: st.DataObject) -> None:
    """K1, K7: of a duration, what has elapsed and what remains are the whole; late means none
    remains.
    """
    target = data.draw(targets(case, kinds="within"))
    marks = data.draw(marks_of(case, kinds="within"))
    assume(all(mark.kind != "retarget" for mark in marks))
    at = data.draw(mark_instants(case))
    for reading in read_cycles(case.library_marks(marks), case.library_target(target), at=at):
        assert reading.elapsed + reading.remaining == target.within
        if reading.late:
            assert reading.remaining <= NOTHING


@given(cases(), st.data())
@at_most(40)
def test_trace_adds_up(case: Case, data: st.DataObject) -> None:
    """K8: the trace's stretches follow each other without a gap and sum to what has elapsed."""
    marks, target = draw_clock(data, case)
    at = data.draw(mark_instants(case))
    for reading in read_cycles(case.library_marks(marks), target, at=at):
        counted = sum(stretch.counted for stretch in reading.trace)
        assert reading.used + counted == reading.elapsed // MICROSECOND
        stretches = [stretch for stretch in reading.trace if stretch.start < stretch.end]
        for one, following in pairwise(stretches):
            assert one.end == following.start
        if stretches:
            assert stretches[0].start == reading.started
        for stretch in stretches:
            open_time = stretch.calendar.between(stretch.start_at, stretch.end_at) // MICROSECOND
            assert stretch.counted == (open_time if stretch.kind == "open" else 0)
            if stretch.kind == "closed":
                assert open_time == 0


@given(cases(), st.data())
@at_most(40)
def test_stop_at_the_due_instant(case: Case, data: st.DataObject) -> None:
    """K1: a stop at the due instant is in time, a microsecond later it is not, looked at or not."""
    target = case.library_target(data.draw(targets(case)))
    start = data.draw(instants_near(case.scene))
    due = read([Mark.start(start)], target, at=start).due_at
    assume(due >= start)
    in_time = read([Mark.start(start), Mark.stop(due)], target, at=due + timedelta(days=400))
    assert (in_time.state, in_time.breached_at) == ("met", None)
    too_late = Mark.stop(instant(in_time.due + 1))
    missed = read([Mark.start(start), too_late], target, at=due + timedelta(days=400))
    assert (missed.state, missed.breached, missed.due) == ("missed", in_time.due, in_time.due)


@given(cases(), st.data())
@at_most(40)
def test_pause_moves_the_due_instant(case: Case, data: st.DataObject) -> None:
    """K2, K7: by the working time paused, and as `due_if_resumed` foretold; a given instant
    stays.
    """
    target = data.draw(targets(case))
    library_target = case.library_target(target)
    start, pause, resume = sorted(data.draw(mark_instants(case)) for _ in range(3))
    unpaused = read([Mark.start(start)], library_target, at=start)
    assume(not read([Mark.start(start)], library_target, at=pause).late)
    marks = [Mark.start(start), Mark.pause(pause)]
    paused = read(marks, library_target, at=resume)
    resumed = read([*marks, Mark.resume(resume)], library_target, at=resume)
    if target.by is not None:
        assert paused.due == resumed.due == unpaused.due
        return
    assert paused.due is None
    assert paused.if_resumed == resumed.due
    moved = library_target.calendar.between(pause, resume)
    between = library_target.calendar.between(unpaused.due_at, resumed.due_at)
    assert between == moved


@given(cases(), st.data())
@at_most(40)
def test_restart_is_a_fresh_clock(case: Case, data: st.DataObject) -> None:
    """K3: after a restart the clock shows what one shows that was started then."""
    target, new = (case.library_target(data.draw(targets(case))) for _ in range(2))
    start, change, at = sorted(data.draw(mark_instants(case)) for _ in range(3))
    restarted = read([Mark.start(start), Mark.retarget(change, new, restart=True)], target, at=at)
    fresh = read([Mark.start(change)], new, at=at)
    assert shown(restarted) == shown(fresh)
    assert restarted.cycle == 1


@given(cases(), st.data())
@at_most(40)
def test_carry_is_the_new_target_from_the_start(case: Case, data: st.DataObject) -> None:
    """K3: on the same calendar, a new target shows what it would have shown from the start."""
    case = Case(case.scene, case.scene)
    target, new = (case.library_target(data.draw(targets(case))) for _ in range(2))
    start, change, at = sorted(data.draw(mark_instants(case)) for _ in range(3))
    carried = read([Mark.start(start), Mark.retarget(change, new)], target, at=at)
    from_start = read([Mark.start(start)], new, at=at)
    assert carried.due == from_start.due
    assert (carried.elapsed, carried.remaining) == (from_start.elapsed, from_start.remaining)
    assert carried.late == (from_start.late or read([Mark.start(start)], target, at=change).late)


@given(cases(), st.data())
@at_most(60)
def test_carry_looks_back_at_runs_and_pauses(case: Case, data: st.DataObject) -> None:
    """K3, K7: after pauses, and after a target before it, a new one is due as if it had held from
    the start; and goes on so through the pauses to come.
    """
    case = Case(case.scene, case.scene)
    kinds = data.draw(st.sampled_from(["within days by", "days days days"]))
    drawn = [data.draw(targets(case, kinds=kinds)) for _ in range(3)]
    first, *changes = map(case.library_target, drawn)
    start, *ats = sorted(data.draw(mark_instants(case)) for _ in range(6))
    pauses = [(Mark.pause, Mark.resume)[position % 2](at) for position, at in enumerate(ats)]
    where = sorted(data.draw(st.integers(0, len(pauses))) for _ in changes)
    retargets = [
        Mark.retarget(ats[max(position - 1, 0)] if position else start, new)
        for position, new in zip(where, changes, strict=True)
    ]
    marks = [Mark.start(start)]
    for position in range(len(pauses) + 1):
        marks += [new for at, new in zip(where, retargets, strict=True) if at == position]
        marks += pauses[position : position + 1]
    at = ats[-1] + data.draw(half_hours)
    carried = read(marks, first, at=at)
    from_start = read([Mark.start(start), *pauses], changes[-1], at=at)
    for name in ("due", "if_resumed", "elapsed", "remaining", "runs", "pauses"):
        assert getattr(carried, name) == getattr(from_start, name), name
    assert carried.late or not from_start.late


@given(cases(), st.data())
@at_most(40)
def test_reopening(case: Case, data: st.DataObject) -> None:
    """K4: with the closed time as a pause it is a pause from the stop on; counted, as if never
    stopped.
    """
    target = case.library_target(data.draw(targets(case)))
    start, stop, again, at = sorted(data.draw(mark_instants(case)) for _ in range(4))
    begun = [Mark.start(start)]
    reopened = read([*begun, Mark.stop(stop), Mark.resume(again)], target, at=at)
    paused = read([*begun, Mark.pause(stop), Mark.resume(again)], target, at=at)
    assert shown(reopened) == shown(paused)
    counted = read([*begun, Mark.stop(stop), Mark.resume(again, counted=True)], target, at=at)
    assert shown(counted) == shown(read(begun, target, at=at))


@given(cases(), st.data())
@at_most(40)
def test_cancelling(case: Case, data: st.DataObject) -> None:
    """K6: no verdict, no breach afterwards; a breach before stays on record."""
    drawn, target = draw_clock(data, case)
    cancel = max(drawn[-1].at, data.draw(mark_instants(case)))
    marks = case.library_marks(drawn)
    before = read(marks, target, at=cancel)
    assume(before.started is not None and before.ended is None)
    after = read([*marks, Mark.cancel(cancel)], target, at=cancel + data.draw(half_hours))
    assert after.state == "cancelled"
    assert (after.late, after.breached) == (before.late, before.breached)
    assert (after.elapsed, after.remaining) == (before.elapsed, before.remaining)
    if before.due is not None or not before.late:
        assert after.due == before.due


@given(cases(), st.data())
@at_most(40)
def test_every_start_after_an_end_is_a_cycle(case: Case, data: st.DataObject) -> None:
    """K5: the cycles of a clock are read as clocks of their own."""
    target = case.library_target(data.draw(targets(case)))
    ats = sorted(data.draw(st.sets(mark_instants(case), min_size=2, max_size=8)))
    kinds = [Mark.start, Mark.stop]
    marks = [kinds[position % 2](at) for position, at in enumerate(ats)]
    at = ats[-1] + data.draw(half_hours)
    cycles = read_cycles(marks, target, at=at)
    assert len(cycles) == -(-len(marks) // 2)
    for position, reading in enumerate(cycles):
        alone = read(marks[2 * position : 2 * position + 2], target, at=at)
        assert shown(reading) == shown(alone)


@given(cases(), st.data())
@at_most(40)
def test_before_the_start(case: Case, data: st.DataObject) -> None:
    """K1: pending, nothing elapsed, nothing due."""
    target = case.library_target(data.draw(targets(case)))
    at = data.draw(mark_instants(case))
    for marks in ([], [Mark.start(at + MICROSECOND)], [Mark.pause(at), Mark.stop(at)]):
        reading = read(marks, target, at=at)
        assert (reading.state, reading.late, reading.elapsed) == ("pending", False, NOTHING)
        assert reading.started is None
        assert reading.breached is None


@given(scenes(), st.data())
@at_most(40)
def test_deadline_beyond_what_is_known(scene: Scene, data: st.DataObject) -> None:
    """C9: a reading is provisional where its due instant is."""
    known = instant(scene.jump.minute * MINUTE).date()
    calendar = Calendar.from_dict({**scene.spec, "known_until": known.isoformat()})
    start = data.draw(instants_near(scene))
    reading = read([Mark.start(start)], Target(data.draw(durations), calendar), at=start)
    assert reading.provisional == calendar.is_provisional(reading.due_at)
