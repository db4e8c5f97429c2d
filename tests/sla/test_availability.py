"""Availability, compared with a count of minutes, and the laws it obeys (P4)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecore.errors import InvalidValue
from servicecore.instants import HOUR
from servicecore.sla.availability import Availability, availability
from servicecore.sla.calendar import Calendar, always
from servicecore.sla.outages import Outage, in_parallel, in_series
from tests.metrics.oracles import oracle
from tests.oracle.calendar import MINUTE
from tests.oracle.strategies import Scene, scenes

REACH = 3 * 24 * 60

minutes = st.integers(-REACH, REACH)
pairs = st.tuples(minutes, minutes).map(sorted)
outages = st.lists(
    st.tuples(minutes, st.none() | st.integers(0, 2000), st.sampled_from(["", "disk", "net"])),
    max_size=5,
)


def outages_near(scene: Scene, drawn: list[tuple[int, int | None, str]]) -> list[Outage]:
    found = []
    for start, length, reason in drawn:
        begins = scene.jump.minute + start
        end = None if length is None else (begins + length) * MINUTE
        found.append(Outage(begins * MINUTE, end, reason))
    return found


def windows_near(scene: Scene, drawn: list[list[int]]) -> list[tuple[int, int]]:
    here = scene.jump.minute
    return [((here + start) * MINUTE, (here + end) * MINUTE) for start, end in drawn]


def counted(
    scene: Scene, down: list[Outage], first: int, stop: int, planned: list[tuple[int, int]]
) -> dict[str, Any]:
    """The agreed minutes one after the other, each either lost or not."""
    lost = []
    for minute in range(first, stop):
        at = minute * MINUTE
        taken_out = any(start <= at < end for start, end in planned)
        if scene.oracle.minute_is_open(minute) and not taken_out:
            lost.append(any(o.start <= at and (o.end is None or at < o.end) for o in down))
    runs = [len(list(run)) for is_lost, run in groupby(lost) if is_lost]
    return {
        "agreed": len(lost),
        "downtime": sum(lost),
        "failures": len(runs),
        "longest": max(runs, default=0),
    }


def figures(measured: Availability) -> dict[str, Any]:
    return {
        "agreed": measured.agreed / MINUTE,
        "downtime": measured.downtime / MINUTE,
        "failures": len(measured.failures),
        "longest": measured.longest / MINUTE,
    }


# -- agreement and laws ----------------------------------------------------------------------------


@given(scenes(opening=False), outages, st.lists(pairs, max_size=3), pairs, st.none() | minutes)
def test_it_agrees_with_a_count_of_minutes(scene, drawn, windows, period, known):
    """P4: union of outages in agreed time without planned windows, open ones until `at`."""
    down, planned = outages_near(scene, drawn), windows_near(scene, windows)
    first, last = (scene.jump.minute + minute for minute in period)
    at = None if known is None else scene.jump.minute + known
    measured = availability(
        Calendar.from_dict(scene.spec),
        down,
        start=first * MINUTE,
        end=last * MINUTE,
        at=None if at is None else at * MINUTE,
        planned=planned,
    )
    stop = last if at is None else min(last, at)
    assert figures(measured) == counted(scene, down, first, stop, planned)


def whole(scene: Scene, down: list[Outage], **options: Any) -> Availability:
    here = scene.jump.minute
    start, end = (here - REACH) * MINUTE, (here + REACH) * MINUTE
    return availability(Calendar.from_dict(scene.spec), down, start=start, end=end, **options)


@given(scenes(), outages, outages)
def test_more_outages_never_raise_availability(scene, drawn, further):
    fewer = whole(scene, outages_near(scene, drawn))
    more = whole(scene, outages_near(scene, drawn + further))
    assert more.downtime >= fewer.downtime
    assert more.agreed == fewer.agreed
    assert more.longest >= fewer.longest


@given(scenes(), outages, st.lists(pairs, max_size=3))
def test_planned_windows_never_raise_downtime_and_never_count(scene, drawn, windows):
    """P4: and what is down in them is not down at all."""
    down, planned = outages_near(scene, drawn), windows_near(scene, windows)
    without, within = whole(scene, down), whole(scene, down, planned=planned)
    assert within.downtime <= without.downtime
    assert within.agreed <= without.agreed
    still = [*down, *(Outage(*window) for window in planned)]
    assert whole(scene, still, planned=planned).downtime == within.downtime


@given(scenes(), outages, st.randoms(use_true_random=False))
def test_the_order_of_outages_means_nothing(scene, drawn, random):
    down = outages_near(scene, drawn)
    shuffled = random.sample(down, len(down))
    assert figures(whole(scene, shuffled)) == figures(whole(scene, down))


@given(scenes(), outages)
def test_the_means_fit_together(scene, drawn):
    """MTBSI = MTBF + MTRS, and A = MTBF / MTBSI."""
    measured = whole(scene, outages_near(scene, drawn))
    if not measured.failures:
        assert [e.value for e in (measured.mtbf, measured.mtrs, measured.mtbsi)] == 3 * [None]
        return
    number = len(measured.failures)
    assert measured.mtbsi.value == pytest.approx(measured.mtbf.value + measured.mtrs.value)
    assert measured.available.value == pytest.approx(measured.mtbf.value / measured.mtbsi.value)
    assert measured.mtrs.value * number == pytest.approx(measured.downtime / HOUR)
    assert {measured.mtbf.n, measured.mtrs.n, measured.mtbsi.n} == {number}


@given(scenes(), outages)
def test_every_reason_of_time_that_was_lost_is_told(scene, drawn):
    """And no other one: an outage at night is no reason."""
    down = outages_near(scene, drawn)
    calendar, measured = Calendar.from_dict(scene.spec), whole(scene, down)
    for outage in down:
        alone = whole(scene, [outage])
        own = [f for f in measured.failures if any(_meet(outage, s) for s in f.stretches)]
        assert len(own) == bool(alone.downtime), calendar
    for failure in measured.failures:
        expected = {
            o.reason for o in down if o.reason and any(_meet(o, s) for s in failure.stretches)
        }
        assert set(failure.reasons) == expected


def _meet(outage: Outage, stretch: tuple[int, int]) -> bool:
    end = stretch[1] if outage.end is None else outage.end
    return max(outage.start, stretch[0]) < min(end, stretch[1])


# -- examples --------------------------------------------------------------------------------------

OFFICE = Calendar.from_dict({"timezone": "Europe/Berlin", "hours": "mon-fri 09:00-17:00"}, "office")


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-03-{text}+01:00")


def week(*down: Outage, **options: Any) -> Availability:
    """From Monday to Friday; 40 hours are agreed."""
    period = {"start": at("02T00:00"), "end": at("07T00:00"), **options}
    return availability(OFFICE, down, **period)


class TestFailures:
    """What is one failure: down without agreed uptime in between."""

    @pytest.mark.parametrize(
        ("down", "failures", "hours"),
        [
            ([("02T10:00", "02T11:00"), ("02T10:30", "02T12:00")], 1, 2),
            ([("02T10:00", "02T11:00"), ("02T11:00", "02T12:00")], 1, 2),
            ([("02T10:00", "02T11:00"), ("02T11:30", "02T12:00")], 2, 1.5),
            ([("02T16:00", "03T10:00")], 1, 2),
            ([("02T16:00", "02T18:00"), ("03T08:00", "03T10:00")], 1, 2),
            ([("02T16:00", "02T18:00"), ("03T09:01", "03T10:01")], 2, 2),
            ([("02T18:00", "02T20:00")], 0, 0),
            ([("01T00:00", "02T10:00")], 1, 1),
            ([("06T16:00", None)], 1, 1),
            ([("02T10:00", "02T10:00")], 0, 0),
        ],
    )
    def test_count(self, down, failures, hours):
        measured = week(*(Outage(at(start), end and at(end)) for start, end in down))
        assert len(measured.failures) == failures
        assert measured.downtime == hours * HOUR

    def test_one_that_goes_on_behind_a_planned_window(self):
        measured = week(
            Outage(at("02T10:00"), at("02T15:00"), "disk"),
            planned=[(at("02T11:00"), at("02T14:00"))],
        )
        (failure,) = measured.failures
        assert failure.downtime == 2 * HOUR
        assert len(failure.stretches) == 2
        assert measured.agreed == 37 * HOUR

    def test_planned_windows_as_a_calendar(self):
        maintenance = Calendar.from_dict({"timezone": "Europe/Berlin", "hours": "wed 16:00-18:00"})
        measured = week(Outage(at("04T15:00"), at("04T17:00")), planned=maintenance)
        assert (measured.agreed, measured.downtime) == (39 * HOUR, HOUR)

    def test_one_without_length_is_no_reason(self):
        instant = at("02T11:00")
        measured = week(Outage(at("02T10:00"), at("02T12:00"), "disk"),
                        Outage(instant, instant, "fan"))  # fmt: skip
        assert [failure.reasons for failure in measured.failures] == [("disk",)]


class TestNone:
    """P4: no agreed time or no failure gives None, and never 0."""

    def test_no_agreed_time(self):
        weekend = {"start": at("07T00:00"), "end": at("08T00:00")}
        measured = week(Outage(at("07T10:00"), at("07T11:00")), **weekend)
        assert (measured.available.value, measured.available.reason) == (None, "no_data")
        assert measured.explain() == (
            "no agreed service time, Sat 7 Mar 2026 00:00 – Sun 8 Mar 2026 00:00"
        )

    def test_no_failure(self):
        measured = week()
        assert measured.available.value == 1
        assert [
            (mean.value, mean.reason, mean.n, mean.unit)
            for mean in (measured.mtbf, measured.mtrs, measured.mtbsi)
        ] == 3 * [(None, "no_data", 0, "hours")]
        assert measured.longest == 0
        assert measured.explain().splitlines() == [
            "100.000 % of 40h, Mon 2 Mar 2026 00:00 – Sat 7 Mar 2026 00:00",
            "never down",
        ]  # fmt: skip

    @pytest.mark.parametrize("known", ["01T00:00", "02T00:00"])
    def test_nothing_is_known_yet(self, known):
        measured = week(Outage(at("02T09:00")), at=at(known))
        assert measured.start == measured.end
        assert measured.available.value is None
        assert not measured.failures


class TestAt:
    OPEN = Outage(at("06T15:00"), reason="disk")

    def test_an_open_outage_runs_up_to_it(self):
        measured = week(self.OPEN, at=at("06T16:00"))
        assert (measured.agreed, measured.downtime) == (39 * HOUR, HOUR)
        assert measured.ongoing

    def test_one_that_ended_later_is_still_open_then(self):
        """What is said of an instant does not change with what came after it."""
        ended = week(Outage(at("06T15:00"), at("06T17:00"), "disk"), at=at("06T16:00"))
        assert ended == week(self.OPEN, at=at("06T16:00"))

    def test_one_that_starts_then_is_not_known(self):
        assert week(self.OPEN, at=at("06T15:00")) == week(at=at("06T15:00"))

    def test_after_the_end_it_changes_nothing(self):
        assert week(self.OPEN, at=at("30T00:00")) == week(self.OPEN)

    def test_the_explanation_says_so(self):
        assert week(self.OPEN, at=at("06T16:00")).explain().splitlines() == [
            "97.435 % of 39h, Mon 2 Mar 2026 00:00 – Fri 6 Mar 2026 16:00",
            "down 1h in 1 failure, the longest 1h; an outage goes on",
            "  1. Fri 6 Mar 2026 15:00 – Fri 6 Mar 2026 16:00  1h (disk)",
            "MTBF 38.0 hours, MTRS 1.0 hours, MTBSI 39.0 hours",
        ]


def test_a_second_of_a_year_is_seen():
    """The share in words is rounded down: it is not 100 %."""
    start, end = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
    second = Outage(start, datetime(2026, 1, 1, 0, 0, 1, tzinfo=UTC))
    assert availability(always, [second], start=start, end=end).explain().startswith("99.999 %")


def test_instants_are_shown_in_the_zone_of_the_calendar():
    assert str(week().start_at) == "2026-03-02 00:00:00+01:00"
    assert str(week().end_at) == "2026-03-07 00:00:00+01:00"


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"start": at("08T00:00")}, "end is before start"),
        ({"start": datetime(2026, 3, 2)}, "start is the naive datetime"),
        ({"at": "now"}, "at is 'now'"),
        ({"start": datetime(1899, 1, 1, tzinfo=UTC)}, "out of range"),
        ({"planned": "sunday"}, "planned windows are 'sunday'"),
        ({"planned": [at("02T10:00")]}, "planned windows: found"),
        ({"planned": [(1, 2, 3)]}, r"planned windows: found \(1, 2, 3\); expected pairs"),
        ({"planned": [(2, 1)]}, "a planned window ends before it starts"),
    ],
)
def test_what_is_refused(options, problem):
    with pytest.raises(InvalidValue, match=problem):
        week(**options)


def test_other_things_than_outages_are_refused():
    with pytest.raises(InvalidValue, match="outages: found 7; expected each to be an Outage"):
        week(7)
    with pytest.raises(InvalidValue, match="calendar is 'office': expected a Calendar"):
        availability("office", [], start=0, end=1)


class TestPublished:
    """P4: worked examples of ITIL."""

    def test_the_figures_of_a_year_of_service(self) -> None:
        given_ = oracle("availability_itil_5020")
        breaks = given_.inputs["breaks_h"]
        downs = [
            Outage(1000 * HOUR * place, (1000 * place + hours) * HOUR)
            for place, hours in enumerate(breaks, start=1)
        ]
        measured = availability(always, downs, start=0, end=given_.inputs["ast_h"] * HOUR)
        share, *means = (
            getattr(measured, name).value for name in ("available", "mtbsi", "mtbf", "mtrs")
        )
        assert [share * 100, *means] == pytest.approx(given_.expected, abs=given_.tolerance)

    def test_the_means_add_up(self) -> None:
        given_ = oracle("availability_mtbf_identity")
        up, down = given_.inputs["mtbf"] * HOUR, given_.inputs["mtrs"] * HOUR
        measured = availability(always, [Outage(up, up + down)], start=0, end=up + down)
        found = [measured.mtbsi.value, measured.available.value]
        assert found == pytest.approx(given_.expected, abs=given_.tolerance)

    @pytest.mark.parametrize(
        ("name", "joined"),
        [
            ("availability_serial_98_98", in_series),
            ("availability_parallel_98_98", in_parallel),
        ],
    )
    def test_services_that_are_made_of_others(
        self, name: str, joined: Callable[..., float]
    ) -> None:
        given_ = oracle(name)
        found = joined(*given_.inputs["a"])
        assert found == pytest.approx(given_.expected, abs=given_.tolerance)
