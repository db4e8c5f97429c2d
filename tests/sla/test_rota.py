"""Rotas: who is on call, compared with a walk over the minutes of the wall clock (E5)."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime, timedelta
from itertools import accumulate, groupby, pairwise
from typing import Any, NamedTuple

import attrs
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from servicecore.errors import InvalidValue
from servicecore.sla.calendar import Calendar, always
from servicecore.sla.layers import Cover, Layer, shift_text
from servicecore.sla.rota import Rota
from servicecore.sla.rota_checks import findings_of_rotas
from servicecore.sla.turns import Turns
from servicecore.sla.years import END, START
from tests.oracle.calendar import MINUTE, from_dict, instant, microseconds
from tests.oracle.strategies import at_most, scenes, specs, zone_jumps
from tests.oracle.zones import FIRST_DATE, wall_at

HOUR = 60
DAY = 24 * HOUR
REACH = 4 * DAY
LONGEST_FOLD = 2 * DAY
"""How far back the walk begins, so that it has seen what the wall showed before a fold."""


# -- the oracle: one minute after the other, on zoneinfo alone -------------------------------------


class Turn(NamedTuple):
    """Who is on call in a minute, and why."""

    person: str | None
    source: object = None


def wall_text(minute: int) -> str:
    """A wall minute as a layer's start is written."""
    days, time = divmod(minute, DAY)
    return f"{FIRST_DATE + timedelta(days=days)} {time // 60:02}:{time % 60:02}"


def walked(layers: list[dict[str, Any]], covers: list[tuple], first: int, last: int) -> list[Turn]:
    """Who is on call in each minute from `first` to before `last`.

    A handoff has happened once the wall has shown its time or a later one (C2).
    """
    turns = [Turn(None)] * (last - first)
    for layer in layers:
        zone = layer["zone"]
        walls = [wall_at(zone, minute) for minute in range(first - LONGEST_FOLD, last)]
        latest = list(accumulate(walls, max))[LONGEST_FOLD:]
        calendar = layer["calendar"] and from_dict(layer["calendar"])
        for minute, shown in enumerate(latest, first):
            number = (shown - layer["start"]) // layer["every"]
            if number >= 0 and (not calendar or calendar.minute_is_open(minute)):
                member = layer["members"][number % len(layer["members"])]
                turns[minute - first] = Turn(member, layer["name"])
    for position, (person, start, end) in enumerate(covers):
        for minute in range(max(start, first), min(end, last)):
            turns[minute - first] = Turn(person, position)
    return turns


@st.composite
def described(draw: st.DrawFn) -> tuple[str, list[dict[str, Any]], list[tuple], int]:
    """A rota's zone, layers and covers around a jump of the zone, and the minute of the jump."""
    jump = draw(zone_jumps())
    near = st.integers(-REACH, REACH) | st.sampled_from([-60, -30, -15, 0, 15, 30, 60])
    layers = []
    for position in range(draw(st.integers(1, 3))):
        zone = draw(st.sampled_from([jump.zone, jump.zone, "Asia/Tokyo", "America/New_York"]))
        every = draw(st.integers(1, 30) | st.sampled_from([24, 48, 168])) * HOUR
        start = wall_at(jump.zone, jump.minute) + draw(near)
        layers.append({
            "name": f"layer {position}",
            "zone": zone,
            "members": draw(st.lists(st.sampled_from("abc"), min_size=1, max_size=4)),
            "start": start - draw(st.integers(0, 60)) * every,
            "every": every,
            "calendar": draw(st.none() | specs(jump)),
        })  # fmt: skip
    covers = [
        (draw(st.sampled_from("xya")), jump.minute + start, jump.minute + start + length)
        for start, length in draw(st.lists(st.tuples(near, st.integers(1, DAY)), max_size=3))
    ]
    return jump.zone, layers, covers, jump.minute


def built(zone: str, layers: list[dict[str, Any]], covers: list[tuple]) -> Rota:
    return Rota(
        "desk",
        zone,
        [
            Layer(
                layer["name"],
                layer["members"],
                wall_text(layer["start"]),
                timedelta(minutes=layer["every"]),
                layer["calendar"] and Calendar.from_dict(layer["calendar"]),
                layer["zone"],
            )
            for layer in layers
        ],
        [Cover(person, start * MINUTE, end * MINUTE) for person, start, end in covers],
    )


def turn_of(rota: Rota, shift: Any) -> Turn:
    source = rota.overrides.index(shift.cover) if shift.cover else shift.layer
    return Turn(shift.person, source)


# -- agreement and laws ----------------------------------------------------------------------------


@given(described())
def test_shifts_agree_with_a_walk_over_the_minutes(case):
    """E5: handoffs, layers, hours, covers, gaps and folds; whole, in order and merged."""
    zone, layers, covers, jump = case
    assume(len(set(covers)) == len(covers))  # equal ones cannot be told apart
    rota = built(zone, layers, covers)
    first, last = jump - REACH, jump + REACH
    expected = [
        (turn, len(list(minutes))) for turn, minutes in groupby(walked(layers, covers, first, last))
    ]
    shifts = rota.shifts(first * MINUTE, last * MINUTE)
    assert [
        (turn_of(rota, shift), (shift.end - shift.start) // MINUTE) for shift in shifts
    ] == expected
    assert shifts[0].start == first * MINUTE
    assert shifts[-1].end == last * MINUTE
    assert all(before.end == after.start for before, after in pairwise(shifts))


@given(described(), st.integers(0, 59_999_999))
def test_one_instant_gives_what_the_whole_gives(case, within):
    """E5: half-open; `why` tells the same stretch from everywhere in it, and its whole length."""
    zone, layers, covers, jump = case
    rota = built(zone, layers, covers)
    shifts = rota.shifts((jump - REACH) * MINUTE, (jump + REACH) * MINUTE)
    for shift in shifts[1:-1]:
        inside = min(shift.start + within, shift.end - 1)
        for at in (shift.start, inside, shift.end - 1):
            assert rota.why(at) == shift
            assert rota.on_duty(at) == shift.person
    if len(shifts) > 1:
        assert rota.why(shifts[0].end - 1).end == shifts[0].end
        assert rota.why(shifts[-1].start).start == shifts[-1].start


@given(described(), st.integers(0, 59_999_999))
def test_the_next_handoff_is_the_next_change_of_person(case, within):
    zone, layers, covers, jump = case
    rota = built(zone, layers, covers)
    at, last = jump * MINUTE + within, (jump + REACH) * MINUTE
    now, *later = rota.shifts(at, last)
    expected = next((shift for shift in later if shift.person != now.person), None)
    found = rota.next_handoff(at)
    if expected is None:
        assert found is None or found.start >= last
    else:
        assert (found.person, found.start) == (expected.person, expected.start)


HOURS = [
    None if hours is None else Calendar.from_dict({"timezone": "Europe/Berlin", "hours": hours})
    for hours in (
        None,
        {"mon-fri": "09:00-17:00"},
        {"mon-fri": ["00:00-09:00", "17:00-24:00"], "sat-sun": "00:00-24:00"},
        {"mon-fri": "10:00-12:00"},
        {"sat": "00:00-24:00"},
        {},
    )
]
YEAR = 365 * DAY
MONDAY = 1_767_571_200_000_000
"""The 5th of January 2026 in UTC."""


@st.composite
def overlaid(draw: st.DrawFn) -> Rota:
    """Layers of few people whose hours often fill each other's, and that begin months apart."""
    starts = st.sampled_from(["2025-12-01 09:00", "2026-01-07 12:00", "2026-05-01 00:00"])
    layers = [
        Layer(
            f"layer {position}",
            draw(st.lists(st.sampled_from("ab"), min_size=1, max_size=2)),
            draw(starts),
            draw(st.sampled_from(["8 hours", "1 week"])),
            draw(st.sampled_from(HOURS)),
        )
        for position in range(draw(st.integers(1, 4)))
    ]
    days = st.tuples(st.sampled_from("ac"), st.integers(0, 200), st.integers(1, 3))
    covers = [
        Cover(person, MONDAY + day * DAY * MINUTE, MONDAY + (day + long) * DAY * MINUTE)
        for person, day, long in draw(st.lists(days, max_size=2))
    ]
    return Rota("desk", "Europe/Berlin", layers, covers)


@given(overlaid(), st.integers(0, 30 * DAY))
@at_most(60)
def test_a_handoff_that_is_far_off_is_the_one_that_a_walk_comes_to(rota, minute):
    """E5: whatever is skipped on the way, and None where the walk never comes to one."""
    at_ = MONDAY + minute * MINUTE
    now, *later = rota.shifts(at_, MONDAY + YEAR * MINUTE)
    expected = next((shift for shift in later if shift.person != now.person), None)
    found = rota.next_handoff(at_)
    if expected is None:
        assert found is None  # nothing is new in a year in which all has begun and repeats by weeks
    else:
        assert (found.person, found.start) == (expected.person, expected.start)
        assert found == rota.why(expected.start)


@given(described(), st.integers(-REACH, REACH))
def test_cutting_in_two_changes_nothing(case, middle):
    zone, layers, covers, jump = case
    rota = built(zone, layers, covers)
    start, cut, end = (each * MINUTE for each in (jump - REACH, jump + middle, jump + REACH))
    left, right = rota.shifts(start, cut), rota.shifts(cut, end)
    whole = rota.shifts(start, end)
    parts = [
        part
        for shift in whole
        for part in (
            attrs.evolve(shift, end=min(shift.end, cut)),
            attrs.evolve(shift, start=max(shift.start, cut)),
        )
        if part.start < part.end
    ]
    assert [*left, *right] == parts


@given(described())
def test_gaps_are_the_time_that_nobody_has(case):
    zone, layers, covers, jump = case
    rota = built(zone, layers, covers)
    first, last = jump - REACH, jump + REACH
    nobody = sum(turn.person is None for turn in walked(layers, covers, first, last))
    gaps = rota.gaps(first * MINUTE, last * MINUTE)
    assert sum(gap.end - gap.start for gap in gaps) == nobody * MINUTE
    assert all(rota.on_duty(gap.start) is None for gap in gaps)


@at_most(20)
@given(scenes())
def test_a_layer_on_top_for_the_rest_leaves_no_gap(scene):
    """E5: outside its hours a restricted layer falls through to the one below."""
    calendar, start = Calendar.from_dict(scene.spec), wall_text(scene.jump.wall_before - 30 * DAY)
    below = Layer("below", ["b"], start, "1 week")
    above = Layer("above", ["a"], start, "1 week", restricted_to=calendar)
    at = scene.jump.minute * MINUTE
    for layers, other in ([below, above], "b"), ([above], None):
        for shift in Rota("r", scene.zone, layers).shifts(at - REACH * MINUTE, at + REACH * MINUTE):
            open_there = calendar.is_open(instant(shift.start))
            assert shift.person == ("a" if open_there else other)


# -- examples --------------------------------------------------------------------------------------


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def told(rota: Rota, start: str, end: str) -> list[str]:
    return [
        f"{shift.start_at:%d %H:%M} {shift.person}" for shift in rota.shifts(at(start), at(end))
    ]


def rota_of(zone: str, start: str, every: str, *members: str, **options: Any) -> Rota:
    return Rota("desk", zone, [Layer("all", members, start, every)], **options)


class TestTheWall:
    """C2: handoffs stand on the wall, so turns are longer or shorter where the clock changes."""

    def test_a_day_in_spring_has_23_hours_and_one_in_autumn_25(self):
        rota = rota_of("Europe/Berlin", "2026-01-01 09:00", "1 day", "anna", "bob")
        hours = {
            str(shift.start_at.date()): (shift.end - shift.start) // (HOUR * MINUTE)
            for shift in rota.shifts(at("2026-01-01T08:00Z"), at("2026-12-31T08:00Z"))
        }
        assert hours.pop("2026-03-28") == 23
        assert hours.pop("2026-10-24") == 25
        assert set(hours.values()) == {24}

    @pytest.mark.parametrize(
        ("handoff", "longer"),
        [
            ("01:45", 5),  # is shown twice, and the first counts
            ("02:00", 4),  # is shown only after the clock has gone back to 01:30
        ],
    )
    def test_half_an_hour_on_lord_howe(self, handoff, longer):
        rota = rota_of("Australia/Lord_Howe", f"2026-04-01 {handoff}", "1 day", "a", "b")
        start, end = at(f"2026-04-02T{handoff}+11:00"), at(f"2026-04-08T{handoff}+10:30")
        lengths = {
            shift.start_at.day: (shift.end - shift.start) // MINUTE
            for shift in rota.shifts(start, end)
        }
        assert lengths.pop(longer) == DAY + 30
        assert set(lengths.values()) == {DAY}

    def test_a_handoff_in_a_gap_is_the_first_instant_after_it(self):
        rota = rota_of("Europe/Berlin", "2026-03-28 02:30", "1 day", "a", "b")
        assert str(rota.next_handoff(at("2026-03-28T12:00Z")).start_at) == (
            "2026-03-29 03:00:00+02:00"
        )

    def test_a_turn_in_a_gap_parts_nobody_from_the_next_turn(self):
        rota = rota_of("Europe/Berlin", "2026-03-29 01:00", "1 hour", "a", "b")
        shift = rota.why(at("2026-03-29T01:30+01:00"))
        assert str(shift.end_at) == "2026-03-29 04:00:00+02:00"
        assert rota.why(at("2026-03-29T03:30+02:00")) == shift

    def test_a_handoff_in_a_fold_is_the_first_of_the_two(self):
        rota = rota_of("Europe/Berlin", "2026-10-24 02:30", "1 day", "a", "b")
        handoff = rota.next_handoff(at("2026-10-24T12:00Z"))
        assert str(handoff.start_at) == "2026-10-25 02:30:00+02:00"
        assert rota.on_duty(at("2026-10-25T02:10+01:00")) == "b"

    def test_the_day_that_samoa_left_out(self):
        """The turn of 30 December begins where the 31st does, and that of 03:00 is its own."""
        rota = rota_of("Pacific/Apia", "2011-12-28 03:00", "1 day", "a", "b", "c", "d")
        found = told(rota, "2011-12-28T03:00-10:00", "2012-01-01T00:00+14:00")
        assert found == ["28 03:00 a", "29 03:00 b", "31 00:00 c", "31 03:00 d"]

    def test_turns_that_lie_in_the_day_left_out_are_over_before_they_begin(self):
        rota = rota_of("Pacific/Apia", "2011-12-28 00:00", "12 hours", *"abcdefgh")
        found = told(rota, "2011-12-29T12:00-10:00", "2012-01-01T00:00+14:00")
        assert found == ["29 12:00 d", "31 00:00 g", "31 12:00 h"]


class TestLayers:
    def test_the_last_layer_wins(self):
        day = Layer("day", ["anna"], "2026-01-05 00:00", "1 week")
        boss = Layer("boss", ["bea"], "2026-01-06 00:00", "1 week")
        rota = Rota("desk", "UTC", [day, boss])
        assert told(rota, "2026-01-04T00:00Z", "2026-01-07T00:00Z") == [
            "04 00:00 None",
            "05 00:00 anna",
            "06 00:00 bea",
        ]

    def test_follow_the_sun(self):
        """Layers in zones of their own, each in its own office hours."""
        zones = {"Europe/Berlin": "ben", "America/New_York": "nia", "Asia/Tokyo": "taro"}
        layers = [
            Layer(
                zone,
                [person],
                "2026-01-01 00:00",
                "1 day",
                Calendar.from_dict({"timezone": zone, "hours": "mon-fri 09:00-17:00"}),
                zone,
            )
            for zone, person in zones.items()
        ]
        found = told(Rota("sun", "UTC", layers), "2026-07-01T00:00Z", "2026-07-02T00:00Z")
        assert found == ["01 00:00 taro", "01 08:00 ben", "01 13:00 nia", "01 21:00 None"]

    def test_the_same_person_in_the_next_layer_hands_nothing_over(self):
        hours = Calendar.from_dict({"timezone": "UTC", "hours": "mon-fri 09:00-17:00"})
        layers = [
            Layer("rest", ["anna"], "2026-01-05 00:00", "1 day"),
            Layer("office", ["anna", "bob"], "2026-01-05 00:00", "1 day", hours),
        ]
        handoff = Rota("desk", "UTC", layers).next_handoff(at("2026-01-05T03:00Z"))
        assert (handoff.person, handoff.layer) == ("bob", "office")
        assert handoff.start_at == at("2026-01-06T09:00Z")

    def test_turns_go_on_being_counted_in_closed_time(self):
        weekend = Calendar.from_dict({"timezone": "UTC", "hours": "sat 00:00-24:00"})
        layer = Layer("weekend", ["a", "b"], "2026-01-05 00:00", "1 week", weekend)
        rota = Rota("desk", "UTC", [layer])
        assert rota.on_duty(at("2026-01-10T12:00Z")) == "a"
        assert rota.on_duty(at("2026-01-17T12:00Z")) == "b"

    def test_a_layer_cuts_nothing_before_it_starts(self):
        """It starts on a Saturday, between the hours that it is restricted to."""
        hours = Calendar.from_dict({"timezone": "UTC", "hours": "mon-fri 09:00-17:00"})
        layers = [
            Layer("all", ["anna"], "2026-01-05 00:00", "1 week"),
            Layer("office", ["bob"], "2026-01-10 00:00", "1 week", hours),
        ]
        rota = Rota("desk", "UTC", layers)
        for moment in ("2026-01-08T20:00Z", "2026-01-11T00:00Z"):
            shift = rota.why(at(moment))
            assert (shift.person, shift.start_at, shift.end_at) == (
                "anna",
                at("2026-01-05T00:00Z"),
                at("2026-01-12T09:00Z"),
            )


class TestCovers:
    ROTA = rota_of(
        "UTC", "2026-01-05 09:00", "1 week", "anna", "bob",
        overrides=[
            Cover("cara", at("2026-01-06T09:00Z"), at("2026-01-08T09:00Z"), "training"),
            Cover("dan", at("2026-01-07T09:00Z"), at("2026-01-09T09:00Z")),
        ],
    )  # fmt: skip

    def test_the_one_written_last_wins(self):
        assert told(self.ROTA, "2026-01-05T09:00Z", "2026-01-12T09:00Z") == [
            "05 09:00 anna",
            "06 09:00 cara",
            "07 09:00 dan",
            "09 09:00 anna",
        ]

    @pytest.mark.parametrize(
        ("moment", "text"),
        [
            (
                "2026-01-06T12:00Z",
                "Tue 6 Jan 2026 09:00 – Wed 7 Jan 2026 09:00  cara (cover: training)",
            ),
            ("2026-01-07T12:00Z", "Wed 7 Jan 2026 09:00 – Fri 9 Jan 2026 09:00  dan (cover)"),
            (
                "2026-01-13T12:00Z",
                "Mon 12 Jan 2026 09:00 – Mon 19 Jan 2026 09:00  bob (layer 'all')",
            ),
            ("2026-01-01T12:00Z", "… – Mon 5 Jan 2026 09:00  nobody"),
        ],
    )
    def test_why_says_it(self, moment, text):
        assert str(self.ROTA.why(at(moment))) == text


class TestEnds:
    """C8: rotas answer for 1900 to 2199, and nothing loops for ever."""

    def test_one_person_for_ever_never_hands_over(self):
        rota = rota_of("UTC", "2026-01-05 09:00", "1 hour", "anna", "anna")
        assert rota.next_handoff(at("2026-01-06T00:00Z")) is None
        assert rota.next_handoff(at("2026-01-05T00:00Z")).person == "anna"
        assert rota.why(at("2026-01-06T00:00Z")).end == END

    def test_one_person_in_two_layers_never_hands_over_either(self):
        hours = Calendar.from_dict({"timezone": "UTC", "hours": "mon-fri 09:00-17:00"})
        office = Layer("office", ["anna"], "2026-01-05 09:00", "1 day", hours)
        rest = Layer("rest", ["anna"], "2026-01-05 09:00", "1 day")
        later = Layer("rest", ["anna"], "2026-02-05 09:00", "1 day")
        friday, saturday = at("2026-01-09T12:00Z"), at("2026-01-10T12:00Z")
        cover = Cover("bob", at("2026-02-01T00:00Z"), at("2026-02-02T00:00Z"))
        assert Rota("desk", "UTC", [rest, office]).next_handoff(friday) is None
        assert Rota("desk", "UTC", [rest, office], [cover]).next_handoff(friday).person == "bob"
        assert Rota("desk", "UTC", [office]).next_handoff(friday).person is None
        assert Rota("desk", "UTC", [later, office]).next_handoff(friday).person is None
        assert Rota("desk", "UTC", [office]).next_handoff(saturday).person == "anna"

    def test_nobody_walks_through_centuries_of_one_person(self, monkeypatch):
        """Anna's two layers fill each other's hours, and leave none to those below."""
        office, rest = HOURS[1:3]
        layers = [
            Layer("others", ["bob", "carl"], "2026-01-05 09:00", "1 day"),
            Layer("office", ["anna"], "2026-01-05 09:00", "1 day", office),
            Layer("rest", ["anna"], "2026-01-05 09:00", "1 day", rest),
        ]
        rota, asked, person = Rota("desk", "UTC", layers), [], Turns.person
        monkeypatch.setattr(Turns, "person", lambda *of: asked.append(of) or person(*of))
        assert rota.next_handoff(at("2026-02-02T00:00Z")) is None
        assert len(asked) < 10

    def test_a_layer_that_has_not_begun_hides_nobody_yet(self):
        layers = [
            Layer("bob", ["bob"], "2026-01-05 09:00", "1 day"),
            Layer("office", ["anna"], "2026-01-05 09:00", "1 day", HOURS[1]),
            Layer("anna", ["anna"], "2027-01-05 09:00", "1 day"),
        ]
        handoff = Rota("desk", "Europe/Berlin", layers).next_handoff(at("2026-02-02T09:00Z"))
        assert (handoff.person, handoff.start_at) == ("bob", at("2026-02-02T16:00Z"))

    def test_a_layer_that_is_never_open(self):
        closed = Calendar.from_dict({"timezone": "UTC", "hours": {}})
        layer = Layer("shut", ["a", "b"], "2026-01-05 09:00", "1 hour", closed)
        rota = Rota("desk", "UTC", [layer])
        assert rota.next_handoff(at("2026-01-06T00:00Z")) is None
        assert rota.gaps(START, END - 1)[0].person is None
        assert str(rota.why(0)) == "… – …  nobody"

    def test_a_calendar_that_never_closes_restricts_nothing(self):
        layers = [Layer("all", ["a", "b"], "2026-01-05 09:00", "1 day", always)]
        assert Rota("desk", "UTC", layers).shifts(
            at("2026-01-01T00:00Z"), at("2026-02-01T00:00Z")
        ) == rota_of("UTC", "2026-01-05 09:00", "1 day", "a", "b").shifts(
            at("2026-01-01T00:00Z"), at("2026-02-01T00:00Z")
        )

    def test_the_first_and_the_last_instant(self):
        rota = rota_of("Pacific/Kiritimati", "1900-01-01 00:00", "24 hours", "a", "b")
        assert rota.why(START).start == START
        last = rota.why(END - 1)
        assert (last.end, last.person is None) == (END, False)
        assert rota.next_handoff(END - 1) is None

    def test_a_layer_that_starts_when_calendars_have_ended(self):
        layers = [Layer("late", ["a", "b"], "2199-12-31 23:00", "1 day", always, "Etc/GMT+12")]
        assert Rota("desk", "UTC", layers).why(0).end == END

    @pytest.mark.parametrize("moment", [START - 1, END])
    def test_other_instants_are_refused(self, moment):
        rota = rota_of("UTC", "2026-01-05 09:00", "1 day", "a")
        with pytest.raises(InvalidValue, match="out of range"):
            rota.on_duty(moment)
        with pytest.raises(InvalidValue, match="out of range"):
            rota.shifts(0, moment)

    def test_nothing_lies_between_an_end_and_a_later_start(self):
        rota = rota_of("UTC", "2026-01-05 09:00", "1 day", "a")
        assert rota.shifts(1, 0) == rota.shifts(0, 0) == ()

    def test_naive_instants_are_refused(self):
        rota = rota_of("UTC", "2026-01-05 09:00", "1 day", "a")
        with pytest.raises(InvalidValue, match="at is the naive datetime"):
            rota.on_duty(datetime(2026, 1, 6))


class TestValues:
    @pytest.mark.parametrize(
        ("options", "problem"),
        [
            ({"name": " "}, "the name of a layer is ' ': expected text"),
            ({"members": "anna"}, "members are 'anna': expected a list of names"),
            ({"members": []}, "members are none: expected at least one"),
            ({"members": ["anna", 7]}, "members: found 7; expected a name"),
            ({"members": 7}, "members are 7: expected a list of names"),
            ({"start": "2026-01-05"}, "expected a date and a time on the wall"),
            ({"start": "2026-01-05T09:00Z"}, "expected a date and a time on the wall"),
            ({"start": datetime(2026, 1, 5, tzinfo=UTC)}, "expected a date and a time on the wall"),
            ({"start": "2026-02-30 09:00"}, "start is '2026-02-30 09:00', but"),
            ({"start": "1899-12-31 09:00"}, "expected a year from 1900 to 2199"),
            ({"every": "1 month"}, "every is '1 month': expected a number of weeks, days or hours"),
            ({"every": "0 days"}, "every is '0 days': expected"),
            ({"every": timedelta(minutes=90)}, "expected a number of weeks, days or hours"),
            ({"every": "521 weeks"}, "every is '521 weeks': expected at most 520 weeks"),
            ({"every": 1.5}, "every is 1.5: expected"),
            ({"every": True}, "every is True: expected"),
            ({"restricted_to": "office"}, "restricted_to is 'office': expected a Calendar"),
            ({"timezone": "Europe/Berlinn"}, "unknown time zone 'Europe/Berlinn'"),
            ({"timezone": ""}, "unknown time zone ''"),
        ],
    )
    def test_layers_refuse(self, options, problem):
        fields = {"name": "all", "members": ["anna"], "start": "2026-01-05 09:00",
                  "every": "1 week", **options}  # fmt: skip
        with pytest.raises(InvalidValue) as refused:
            Layer(**fields)
        assert problem in str(refused.value)

    @pytest.mark.parametrize(
        "every", ["1 week", "2 weeks", "1 day", "10 days", "1 hour", "36 hours"]
    )
    def test_lengths_read_back(self, every):
        layer = Layer("all", ["a"], "2026-01-05T09:00:30", every)
        assert shift_text(layer.every) == every
        assert attrs.evolve(layer, name="other").every == layer.every

    @pytest.mark.parametrize(
        ("fields", "problem"),
        [
            (("", 0, 1), "the person of a cover is '': expected text"),
            (("a", 1, 1), "does not end after its start"),
            (("a", 0, END + 1), "both in the years 1900 to 2199"),
            (("a", datetime(2026, 1, 1), 1), "start is the naive datetime"),
            (("a", 0, "x"), "end is 'x'"),
            (("a", 0, 1, None), "the reason of a cover is None"),
        ],
    )
    def test_covers_refuse(self, fields, problem):
        with pytest.raises(InvalidValue) as refused:
            Cover(*fields)
        assert problem in str(refused.value)

    @pytest.mark.parametrize(
        ("fields", "problem"),
        [
            (("", "UTC", [Layer("a", ["a"], "2026-01-05 09:00", "1 day")]), "the name of a rota"),
            (("r", "UTX", [Layer("a", ["a"], "2026-01-05 09:00", "1 day")]), "unknown time zone"),
            (("r", "UTC", []), "layers are none: expected at least one"),
            (("r", "UTC", ["a"]), "layers: found 'a'; expected each to be a Layer"),
            (("r", "UTC", None), "layers are None: expected a list, each a Layer"),
            (
                ("r", "UTC", 2 * [Layer("a", ["a"], "2026-01-05 09:00", "1 day")]),
                "two layers are named 'a'",
            ),
            (
                ("r", "UTC", [Layer("a", ["a"], "2026-01-05 09:00", "1 day")], "x"),
                "overrides are 'x'",
            ),
        ],
    )
    def test_rotas_refuse(self, fields, problem):
        with pytest.raises(InvalidValue) as refused:
            Rota(*fields)
        assert problem in str(refused.value)

    def test_values_are_pickled_and_compared(self):
        rota = TestCovers.ROTA
        again = pickle.loads(pickle.dumps(rota))  # noqa: S301  # our own
        assert again == rota
        shift = rota.why(at("2026-01-06T12:00Z"))
        assert pickle.loads(pickle.dumps(shift)) == shift  # noqa: S301  # our own
        assert again.why(at("2026-01-06T12:00Z")) == shift


class TestFindings:
    """P3: nobody on call is found before anybody is looked for."""

    OFFICE = Calendar.from_dict({"timezone": "Europe/Berlin", "hours": "mon-fri 09:00-17:00"})

    def found(self, *layers, moment="2026-03-02T09:00+01:00"):
        rota = Rota("desk", "Europe/Berlin", layers)
        return [str(each) for each in findings_of_rotas({"desk": rota}, microseconds(at(moment)))]

    def test_a_rota_without_gaps_is_sound(self):
        assert self.found(Layer("all", ["a", "b"], "2026-03-02 09:00", "1 week")) == []

    def test_gaps_of_the_next_four_weeks(self):
        """672 hours without 20 days of 8 hours, and 1 at the end: the clock went forward."""
        layer = Layer("office", ["a", "b"], "2026-03-02 09:00", "1 week", self.OFFICE)
        first = "nobody is on call from Mon 2 Mar 2026 17:00 to Tue 3 Mar 2026 09:00"
        assert self.found(layer) == [f"fault: rotas.desk: {first}, 511h in 20 gaps over 4 weeks"]

    def test_members_who_are_listed_twice(self):
        layers = [
            Layer("all", ["a", "b"], "2026-03-02 09:00", "1 week"),
            Layer("top", ["a", "b", "a"], "2026-03-02 09:00", "1 week"),
        ]
        assert self.found(*layers) == [
            "warning: rotas.desk.layers[1].members: 'a' is listed 2 times and has as many turns"
        ]

    def test_the_last_weeks_that_calendars_know(self):
        layer = Layer("all", ["a"], "2026-03-02 09:00", "1 week")
        assert self.found(layer, moment="2199-12-20T00:00Z") == []
