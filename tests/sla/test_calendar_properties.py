"""Random calendars around the jumps of random zones, compared with the oracle, and the laws they
obey.

The library's calendar and the oracle's are made from the same dictionary. Instants are compared in
UTC, to the microsecond.
"""

from __future__ import annotations

import pickle
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import pairwise
from operator import and_, or_, sub
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from servicecore.sla import Calendar, Days, always
from tests.oracle.calendar import (
    MINUTE,
    Composed,
    NothingFound,
    OracleCalendar,
    Plain,
    Versioned,
    from_dict,
    instant,
    microseconds,
)
from tests.oracle.strategies import (
    Scene,
    amounts,
    at_most,
    dates_near,
    instants_near,
    same_instant,
    scenes,
    specs,
    written,
    zone_jumps,
)
from tests.oracle.zones import MINUTES_PER_DAY, date_at, first_minute_showing, midnight_of, wall_at

NOTHING = timedelta(0)
MICROSECOND = timedelta(microseconds=1)
DAYS = timedelta(days=1)
SIGNS = {"|": or_, "&": and_, "-": sub}


def library(spec: dict[str, Any]) -> Calendar:
    return Calendar.from_dict(spec)


def windows_of(calendar: Calendar, a: datetime, b: datetime) -> list[tuple[datetime, datetime]]:
    return [
        (instant(microseconds(window.opens)), instant(microseconds(window.closes)))
        for window in calendar.windows(a, b)
    ]


def assert_agree(
    calendar: Calendar, oracle: OracleCalendar, at: datetime, amount: timedelta
) -> None:
    """Every answer about one instant and one amount of time, or one stretch that begins there."""
    end = at + amount
    # No further than the oracle gets on foot.
    reach = 10 * DAYS
    amount = min(amount, oracle.between(at, at + reach), oracle.between(at - reach, at))
    assert calendar.is_open(at) == oracle.is_open(at)
    assert windows_of(calendar, at, end) == oracle.windows(at, end)
    assert calendar.between(at, end) == oracle.between(at, end)
    for landing in ("early", "late"):
        for signed in (amount, -amount):
            expected = oracle.add(at, signed, landing)
            assert same_instant(calendar.add(at, signed, landing=landing), expected), (
                signed,
                landing,
            )


def assert_edges_agree(calendar: Calendar, oracle: OracleCalendar, at: datetime) -> None:
    """The edges around an instant; what lies beyond the oracle's horizon may be anything
    beyond it.
    """
    oracle.horizon_days = 30
    for name in ("next_open", "next_close", "previous_open", "previous_close"):
        found, expected = getattr(calendar, name)(at), getattr(oracle, name)(at)
        if expected is None:
            assert found is None or abs(found - at) > oracle.horizon_days * DAYS, name
        else:
            assert same_instant(found, expected), name
    for name in ("roll_forward", "roll_back"):
        assert same_instant(getattr(calendar, name)(at), getattr(oracle, name)(at)), name


# -- agreement with the oracle ---------------------------------------------------------------------


@given(scenes(), st.data())
def test_open_time_agrees(scene: Scene, data: st.DataObject) -> None:
    """C1-C4: is_open, windows, between and add, forward and back, to the microsecond."""
    calendar = library(scene.spec)
    at, amount = data.draw(instants_near(scene)), data.draw(amounts)
    assert_agree(calendar, scene.oracle, at, amount)


@given(scenes())
def test_every_edge_agrees(scene: Scene) -> None:
    """C1-C3: all windows of the days around the jump, and is_open on both sides of every edge."""
    calendar, at_jump = library(scene.spec), instant(scene.jump.minute * MINUTE)
    begin, end = at_jump - 4 * DAYS, at_jump + 4 * DAYS
    expected = scene.oracle.windows(begin, end)
    assert windows_of(calendar, begin, end) == expected
    for opens, closes in expected:
        assert calendar.is_open(opens)
        assert calendar.is_open(closes - MICROSECOND)
        assert begin == opens or not calendar.is_open(opens - MICROSECOND)
        assert end == closes or not calendar.is_open(closes)


@given(scenes(), st.data())
@at_most(60)
def test_edges_and_rolling_agree(scene: Scene, data: st.DataObject) -> None:
    """C1: next and previous edges strictly after and before; rolling to the nearest open
    instant.
    """
    assert_edges_agree(library(scene.spec), scene.oracle, data.draw(instants_near(scene)))


@given(scenes(versions=True), st.data())
@at_most(60)
def test_versions_agree(scene: Scene, data: st.DataObject) -> None:
    """C10: versions in the dictionary, each replacing the keys that it gives from a date on."""
    calendar = library(scene.spec)
    at, amount = data.draw(instants_near(scene)), data.draw(amounts)
    assert_agree(calendar, scene.oracle, at, amount)
    assert_edges_agree(calendar, scene.oracle, at)
    n = data.draw(st.integers(-3, 3))
    assert same_instant(calendar.add_days(at, n), scene.oracle.add_days(at, n))


@given(scenes(), st.data())
@at_most(60)
def test_then_is_a_version(scene: Scene, data: st.DataObject) -> None:
    """C10: `old.then(date, new)` measures the dates before with the old one, the others with the
    new.
    """
    other = data.draw(specs(scene.jump).filter(lambda spec: bool(spec["hours"])))
    first = data.draw(dates_near(scene.jump))
    calendar = library(scene.spec).then(first.isoformat(), library(other))
    oracle = Versioned(Plain(scene.spec), first, Plain(other))
    assert_agree(calendar, oracle, data.draw(instants_near(scene)), data.draw(amounts))


@st.composite
def day_options(draw: st.DrawFn, scene: Scene, at: datetime, n: int) -> dict[str, Any]:
    """Options of add_days that are legal for n days; the cutoff is often the very time of day."""
    options: dict[str, Any] = {
        "until": draw(st.sampled_from(["same_time", "close"])),
        "off_day": draw(st.sampled_from(["open", "same_time"])),
    }
    if n >= 0 and draw(st.booleans()):
        now = written(wall_at(scene.zone, microseconds(at) // MINUTE) % MINUTES_PER_DAY)
        options["cutoff"] = draw(st.sampled_from([now, "00:30", "02:30", "12:00", "24:00"]))
        if draw(st.booleans()):
            options["then"] = draw(st.sampled_from(["00:15", "02:15", "08:30"]))
    return options


@given(scenes(), st.data())
def test_working_days_agree(scene: Scene, data: st.DataObject) -> None:
    """C7: day 0, then n working days on or back, at the same time of day or at closing."""
    at, n = data.draw(instants_near(scene)), data.draw(st.integers(-4, 4))
    options = data.draw(day_options(scene, at, n))
    expected = scene.oracle.add_days(at, n, **options)
    assert same_instant(library(scene.spec).add_days(at, n, **options), expected)


@given(scenes(), st.data())
@at_most(10)
def test_long_distances_agree(scene: Scene, data: st.DataObject) -> None:
    """C4: months away the answers are the same as nearby."""
    at = data.draw(instants_near(scene))
    amount = data.draw(st.integers(100, 400)) * timedelta(hours=1) + data.draw(amounts)
    calendar, end = library(scene.spec), at + 40 * DAYS
    assert calendar.between(at, end) == scene.oracle.between(at, end)
    within = min(amount, scene.oracle.between(at, at + 120 * DAYS))
    assert same_instant(calendar.add(at, within), scene.oracle.add(at, within))


# -- laws of open time -----------------------------------------------------------------------------


@given(scenes(), st.data())
def test_add_is_the_earliest_and_latest(scene: Scene, data: st.DataObject) -> None:
    """C4: between(t, add(t, d)) == d, and a microsecond nearer it is less."""
    calendar, at, amount = library(scene.spec), data.draw(instants_near(scene)), data.draw(amounts)
    assume(amount > NOTHING)
    later, earlier = calendar.add(at, amount), calendar.add(at, -amount)
    assert calendar.between(at, later) == amount
    assert calendar.between(at, instant(microseconds(later) - 1)) == amount - MICROSECOND
    assert calendar.between(earlier, at) == amount
    assert calendar.between(instant(microseconds(earlier) + 1), at) == amount - MICROSECOND
    assert same_instant(calendar.add(at, NOTHING), at)


@given(scenes(), st.data())
@at_most(50)
def test_late_landing_is_open(scene: Scene, data: st.DataObject) -> None:
    """C4: landing late is at the early landing if that is open, else at the next opening."""
    calendar, at, amount = library(scene.spec), data.draw(instants_near(scene)), data.draw(amounts)
    early, late = calendar.add(at, amount), calendar.add(at, amount, landing="late")
    assert calendar.is_open(late)
    assert same_instant(late, calendar.roll_forward(early))
    assert calendar.between(early, late) == NOTHING


@given(scenes(), st.data())
@at_most(50)
def test_between_is_signed_and_additive(scene: Scene, data: st.DataObject) -> None:
    """C5: between(a, b) == -between(b, a), and what lies between adds up in any order."""
    calendar = library(scene.spec)
    a, b, c = (data.draw(instants_near(scene)) for _ in range(3))
    assert calendar.between(a, b) == -calendar.between(b, a)
    assert calendar.between(a, b) + calendar.between(b, c) == calendar.between(a, c)
    assert calendar.between(a, a) == NOTHING


@given(scenes(), st.data())
@at_most(60)
def test_add_in_two_steps(scene: Scene, data: st.DataObject) -> None:
    """C4: add(add(t, d), e) == add(t, d + e) for two amounts in the same direction."""
    calendar, at = library(scene.spec), data.draw(instants_near(scene))
    first, second = data.draw(amounts), data.draw(amounts)
    for sign in (1, -1):
        at_once = calendar.add(at, sign * (first + second))
        in_steps = calendar.add(calendar.add(at, sign * first), sign * second)
        # With nothing left to add, the first step's result stands: the two are equal either way.
        assert same_instant(in_steps, at_once)


@given(scenes(), st.data())
@at_most(50)
def test_monotone(scene: Scene, data: st.DataObject) -> None:
    """C2, C4: a later instant or a larger amount never gives an earlier result."""
    calendar = library(scene.spec)
    a, b = sorted(data.draw(instants_near(scene)) for _ in range(2))
    less, more = sorted(data.draw(amounts) for _ in range(2))
    added = [microseconds(calendar.add(t, d)) for t, d in ((a, less), (a, more), (b, more))]
    assert added == sorted(added)
    taken = [microseconds(calendar.add(t, -d)) for t, d in ((a, more), (a, less), (b, less))]
    assert taken == sorted(taken)
    assert calendar.between(a, b) >= NOTHING


@given(scenes(), st.data())
def test_windows_sum_to_between(scene: Scene, data: st.DataObject) -> None:
    """C1, C2: windows lie within the stretch, in order, apart from each other, and sum to
    between.
    """
    calendar = library(scene.spec)
    a, b = sorted(data.draw(instants_near(scene)) for _ in range(2))
    windows = windows_of(calendar, a, b)
    edges = [edge for window in windows for edge in window]
    assert edges == sorted(set(edges))
    assert all(a <= edge <= b for edge in edges)
    total = sum((closes - opens for opens, closes in windows), NOTHING)
    assert total == calendar.between(a, b)
    if a < b:
        assert windows_of(calendar, b, a) == []


@given(zone_jumps(), st.data())
@at_most(60)
def test_cutting_a_window_changes_nothing(jump: Any, data: st.DataObject) -> None:
    """C2: a window written as two that touch is the same window, wherever it is cut."""
    start = data.draw(st.integers(0, 1439))
    cuts = sorted(
        data.draw(st.sets(st.integers(start + 1, min(start + 1440, 2879)), min_size=2, max_size=4))
    )
    end = cuts.pop()
    # A later part starts past 24:00 where the window runs past midnight: that day's own window
    # then.
    cuts = [cut for cut in cuts if cut < 1440]

    def text(edges: list[int]) -> str:
        written = [f"{edge // 60:02d}:{edge % 60:02d}" for edge in edges]
        return " ".join(f"{a}-{b}" for a, b in pairwise(written))

    whole = library({"timezone": jump.zone, "hours": {"mon-sun": text([start, end])}})
    parts = library({"timezone": jump.zone, "hours": {"mon-sun": text([start, *cuts, end])}})
    at_jump = instant(jump.minute * MINUTE)
    stretch = at_jump - 3 * DAYS, at_jump + 3 * DAYS
    assert windows_of(whole, *stretch) == windows_of(parts, *stretch)


@given(scenes(), st.data())
@at_most(20)
def test_answers_do_not_depend_on_questions_before(scene: Scene, data: st.DataObject) -> None:
    """A calendar that was asked far away first gives the same answers as a fresh one."""
    used, fresh = library(scene.spec), library(scene.spec)
    for years in data.draw(st.lists(st.integers(-80, 100), max_size=4)):
        used.is_open(datetime(2020, 6, 1, tzinfo=UTC) + years * 365 * DAYS)
    at, amount = data.draw(instants_near(scene)), data.draw(amounts)
    for calendar in (used, fresh, pickle.loads(pickle.dumps(used))):  # noqa: S301  # our own bytes
        assert same_instant(calendar.add(at, amount), fresh.add(at, amount))
        assert calendar.between(at, at + 30 * DAYS) == fresh.between(at, at + 30 * DAYS)


@given(scenes(), st.data())
def test_any_zone_of_the_argument_is_the_same_instant(scene: Scene, data: st.DataObject) -> None:
    """T1: an instant may come in any zone, also inside a fold; answers come in the
    calendar's zone.
    """
    from zoneinfo import ZoneInfo

    calendar, at = library(scene.spec), data.draw(instants_near(scene))
    amount = data.draw(amounts)
    local = at.astimezone(ZoneInfo(scene.zone))
    assert calendar.is_open(local) == calendar.is_open(at)
    result = calendar.add(local, amount)
    assert same_instant(result, calendar.add(at, amount))
    assert result.utcoffset() == instant(microseconds(result)).astimezone(local.tzinfo).utcoffset()
    assert result.timezone_name == scene.zone


@given(scenes(), st.integers(-3, 3), st.data())
@at_most(30)
def test_working_days_as_a_duration(scene: Scene, n: int, data: st.DataObject) -> None:
    """C7, T2: "3bd" and Days(3) in add are add_days(t, 3)."""
    calendar, at = library(scene.spec), data.draw(instants_near(scene))
    expected = scene.oracle.add_days(at, n)
    assert same_instant(calendar.add(at, Days(n)), expected)
    if n >= 0:
        assert same_instant(calendar.add(at, f"{n}bd"), expected)


@pytest.mark.parametrize("midnight", ["24:00", "23:59"])
def test_latest_cutoff_and_start(midnight: str) -> None:
    """C7, C1: a cutoff or a start past 24:00 is not legal, so 24:00 itself is the last
    legal one.
    """
    spec = {"timezone": "UTC", "hours": {"mon-fri": [[midnight, "26:00"]]}}
    calendar, oracle = library(spec), from_dict(spec)
    at = datetime(2026, 3, 3, 12, tzinfo=UTC)
    week = at, at + 7 * DAYS
    assert windows_of(calendar, *week) == oracle.windows(*week)
    found = calendar.add_days(at, 1, cutoff=midnight)
    assert same_instant(found, oracle.add_days(at, 1, cutoff=midnight))


def test_exactly_at_the_cutoff() -> None:
    """C7: a microsecond before the cutoff is before it, the cutoff itself is not."""
    office = library({"timezone": "UTC", "hours": {"mon-fri": "09:00-17:00"}})
    tuesday = datetime(2026, 3, 3, 15, tzinfo=UTC)
    before = office.add_days(tuesday - MICROSECOND, 0, cutoff="15:00")
    assert same_instant(before, tuesday - MICROSECOND)
    after = office.add_days(tuesday, 0, cutoff="15:00")
    assert same_instant(after, datetime(2026, 3, 4, 9, tzinfo=UTC))


# -- compositions ----------------------------------------------------------------------------------


@st.composite
def compositions(draw: st.DrawFn) -> tuple[Scene, Calendar, Composed]:
    """Two calendars, the second sometimes of another zone, and their composition in both worlds."""
    scene = draw(scenes())
    right_jump = draw(st.one_of(st.just(scene.jump), zone_jumps()))
    right = {**draw(specs(scene.jump)), "timezone": right_jump.zone}
    sign = draw(st.sampled_from(sorted(SIGNS)))
    oracle = Composed(scene.oracle, sign, from_dict(right))
    calendar = SIGNS[sign](library(scene.spec), library(right))
    return Scene({"left": scene.spec, sign: right}, scene.jump, oracle), calendar, oracle


def asked(question: Any) -> Any:
    """The oracle's answer, or None where nothing opens within its horizon."""
    try:
        return question()
    except NothingFound:
        return None


@given(compositions(), st.data())
@at_most(60)
def test_compositions_agree(
    composed: tuple[Scene, Calendar, Composed], data: st.DataObject
) -> None:
    """C6: |, & and - minute by minute; the result answers like any calendar."""
    scene, calendar, oracle = composed
    oracle.horizon_days = 40
    at, amount = data.draw(instants_near(scene)), data.draw(amounts)
    end = at + 3 * DAYS
    assert calendar.is_open(at) == oracle.is_open(at)
    assert windows_of(calendar, at, end) == oracle.windows(at, end)
    assert calendar.between(at, end) == oracle.between(at, end)
    for signed in (amount, -amount):
        expected = asked(partial(oracle.add, at, signed))
        if expected is not None:
            assert same_instant(calendar.add(at, signed), expected)


@given(compositions(), st.data())
@at_most(60)
def test_composed_working_days_agree(
    composed: tuple[Scene, Calendar, Composed], data: st.DataObject
) -> None:
    """C6, C7: working days of a composition are the dates of the left zone with open time."""
    scene, calendar, oracle = composed
    oracle.horizon_days = 15
    at, n = data.draw(instants_near(scene)), data.draw(st.integers(-2, 2))
    options = data.draw(day_options(scene, at, n))
    expected = asked(lambda: oracle.add_days(at, n, **options))
    assume(expected is not None)
    assert same_instant(calendar.add_days(at, n, **options), expected)


@given(scenes(), st.data())
@at_most(20)
def test_composition_laws(scene: Scene, data: st.DataObject) -> None:
    """C6: set algebra, nested: De Morgan under `always`, distribution, absorption, complement."""
    jump = scene.jump
    a, b, c = (
        library(spec)
        for spec in (
            scene.spec,
            data.draw(specs(jump)),
            {**data.draw(specs(jump)), "timezone": "UTC"},
        )
    )
    at = data.draw(instants_near(scene))
    stretch = at, at + 3 * DAYS
    laws = [
        (a | b, b | a),
        (a & b, b & a),
        ((a | b) | c, a | (b | c)),
        (a & (b | c), (a & b) | (a & c)),
        (a - (b | c), (a - b) - c),
        (a | (a & b), a),
        (always - (a | b), (always - a) & (always - b)),
        ((a - b) | (a & b), a),
        (a - a, a & (always - a)),
    ]
    for one, other in laws:
        assert windows_of(one, *stretch) == windows_of(other, *stretch)
    assert (a | b).between(*stretch) + (a & b).between(*stretch) == (
        a.between(*stretch) + b.between(*stretch)
    )


# -- working days ----------------------------------------------------------------------------------


@given(scenes(), st.data())
@at_most(60)
def test_day_zero_law(scene: Scene, data: st.DataObject) -> None:
    """C7: add_days(t, n) == add_days(add_days(t, 0), n) where day 0 is before the cutoff."""
    calendar, at = library(scene.spec), data.draw(instants_near(scene))
    n = data.draw(st.integers(0, 4))
    options = {**data.draw(day_options(scene, at, n)), "until": "same_time"}
    day_zero = calendar.add_days(at, 0, **options)
    cutoff = options.get("cutoff")
    assume(cutoff is None or f"{day_zero:%H:%M}" < cutoff)
    # Where day 0 skips the time of day, or opens after its midnight only, it cannot hand that on.
    day = date_at(scene.zone, microseconds(day_zero) // MINUTE)
    assume(
        first_minute_showing(scene.zone, midnight_of(day + DAYS)) - 1440
        >= first_minute_showing(scene.zone, midnight_of(day))
    )
    for working in (day - DAYS, day):
        if scene.oracle.is_working_day(working):
            assume(date_at(scene.zone, scene.oracle.opening_of(working)) == working)
    assert same_instant(
        calendar.add_days(at, n, **options), calendar.add_days(day_zero, n, **options)
    )


@given(scenes(), st.data())
@at_most(60)
def test_working_days_are_monotone(scene: Scene, data: st.DataObject) -> None:
    """C7: more working days are never earlier, and later where the zone skips no date."""
    calendar, at = library(scene.spec), data.draw(instants_near(scene))
    results = [microseconds(calendar.add_days(at, n)) for n in range(5)]
    assert results == sorted(results)
    # A night that starts on a date that is skipped makes it a working day of no length.
    if scene.jump.size < MINUTES_PER_DAY:
        assert len(set(results)) == len(results)


# -- what is known ---------------------------------------------------------------------------------


@given(scenes(), st.data())
@at_most(40)
def test_beyond_what_is_known(scene: Scene, data: st.DataObject) -> None:
    """C9: after the last date whose holidays are known, on the wall, everything is provisional."""
    known = data.draw(dates_near(scene.jump))
    calendar = library({**scene.spec, "known_until": known.isoformat()})
    at = data.draw(instants_near(scene))
    minute, rest = divmod(microseconds(at), MINUTE)
    wall = wall_at(scene.zone, minute)
    # Midnight itself ends the last known date and begins the first unknown one.
    assume(rest or wall % MINUTES_PER_DAY)
    assert calendar.known_until == known
    assert calendar.is_provisional(at) == (date_at(scene.zone, minute) > known)
    without_holidays = {"timezone": scene.zone, "hours": scene.spec["hours"]}
    assert not library(without_holidays).is_provisional(at)


@given(scenes(), st.data())
@at_most(20)
def test_composition_knows_what_both_know(scene: Scene, data: st.DataObject) -> None:
    """C6, C9: a composition is provisional where one of its sides is."""
    known = [data.draw(dates_near(scene.jump)) for _ in range(2)]
    one, other = (library({**scene.spec, "known_until": day.isoformat()}) for day in known)
    at = data.draw(instants_near(scene))
    for compose in SIGNS.values():
        expected = one.is_provisional(at) or other.is_provisional(at)
        assert compose(one, other).is_provisional(at) == expected
        assert compose(one, other).known_until == min(known)
