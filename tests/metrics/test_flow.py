"""What comes and goes, how long it takes, and whose hands it goes through (M3-M5, R4)."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecore.errors import InvalidValue
from servicecore.instants import DAY, HOUR, MINUTE
from servicecore.lifecycle.events import (
    Assigned,
    Cancelled,
    Closed,
    Event,
    MergedInto,
    Reopened,
    Replied,
    Resolved,
    StatusChanged,
)
from servicecore.metrics.ageing import ageing
from servicecore.metrics.buckets import buckets
from servicecore.metrics.cohort import Period
from servicecore.metrics.handoffs import HandoffTally, groups_of, handoffs
from servicecore.metrics.little import littles_law, time_in_system
from servicecore.metrics.open_times import OpenTime, open_times
from servicecore.metrics.quantiles import nearest_rank
from servicecore.metrics.resolutions import (
    FirstContact,
    ResolutionTally,
    first_contact_resolution,
    reopening_rate,
)
from servicecore.metrics.rows import Spell
from servicecore.metrics.throughput import FlowTally, backlog, throughput
from servicecore.metrics.times import (
    times,
    times_of_customers,
    times_to_acknowledge,
    times_to_resolve,
)
from servicecore.sla import Calendar
from tests.metrics.kit import CUSTOMER, after, event, micros, opened, situation, situations
from tests.metrics.oracles import oracle

ENDS = (Resolved, Closed, Cancelled, Reopened)

walks = st.lists(
    st.tuples(st.integers(0, 6), st.lists(st.tuples(st.integers(1, 9), st.sampled_from(ENDS)))),
    max_size=8,
)
"""Requests: when each is opened, and what happens to it how many hours later."""


def made(walk: list[tuple[int, list[tuple[int, type[Event]]]]]) -> list[list[Event]]:
    return [
        [
            opened(begin, f"R{n}"),
            *(
                event(kind, begin + later, f"R{n}")
                for later, kind in sorted(steps, key=lambda s: s[0])
            ),
        ]
        for n, (begin, steps) in enumerate(walk)
    ]


def is_open(history: list[Event], hour: float) -> bool:
    """Whether a request is open at an hour, walked through one event after the other."""
    if history[0].occurred > micros(hour):
        return False
    state = True
    for each in history[1:]:
        if each.occurred <= micros(hour):
            state = isinstance(each, Reopened)
    return state


class TestOpenTimes:
    @given(walks)
    def test_are_when_a_request_is_open(self, walk: list) -> None:
        for history in made(walk):
            stretches = open_times(situation(*history, at=30))
            for half in range(60):
                hour = half / 2
                inside = any(
                    s.start <= micros(hour) and (s.end is None or micros(hour) < s.end)
                    for s in stretches
                )
                assert inside == is_open(history, hour)

    def test_end_by_a_merge_however_it_was_written(self) -> None:
        for merged in (
            event(MergedInto, 2, target="R9"),
            event(StatusChanged, 2, status="merged"),
        ):
            assert open_times(situation(opened(), merged, at=5)) == (
                OpenTime(micros(0), micros(2), "merged"),
            )


class TestThroughput:
    @given(walks, st.lists(st.integers(0, 30), min_size=2, max_size=6, unique=True))
    def test_adds_up_with_the_backlog(self, walk: list, hours: list[int]) -> None:
        known = situations(made(walk), at=31)
        edges = sorted(hours)
        periods = [Period(after(start), after(end)) for start, end in itertools.pairwise(edges)]
        before = None
        for row in throughput(known, periods):
            start, end = (row.period.start - micros(0)) / HOUR, (row.period.end - micros(0)) / HOUR
            # Just before the bucket: what happens at its first instant lies in it.
            assert row.open_at_start == sum(is_open(h, start - 0.01) for h in made(walk))
            assert row.open_at_end == sum(is_open(h, end - 0.01) for h in made(walk))
            assert before in (None, row.open_at_start)
            before = row.open_at_end

    @given(walks, st.lists(st.integers(0, 30), max_size=6))
    def test_backlog_is_what_is_open(self, walk: list, hours: list[int]) -> None:
        known = situations(made(walk), at=31)
        expected = tuple(sum(is_open(h, hour) for h in made(walk)) for hour in hours)
        assert backlog(known, [after(hour) for hour in hours]) == expected

    @given(walks, st.integers(0, 8))
    def test_in_parts_is_that_of_the_whole(self, walk: list, cut: int) -> None:
        """M9."""
        known = situations(made(walk), at=31)
        one, other = FlowTally(), FlowTally()
        for place, each in enumerate(known):
            (one if place < cut else other).add(each)
        other.merge(one)
        period = [Period(after(3), after(9))]
        assert other.throughput(period) == throughput(known, period)

    def test_tells_causes_apart(self) -> None:
        histories = [
            [opened(1, "R1"), event(Resolved, 2, "R1"), event(Reopened, 3, "R1")],
            [opened(1, "R2"), event(Cancelled, 2, "R2")],
            [opened(1, "R3"), event(MergedInto, 2, "R3", target="R1")],
        ]
        (row,) = throughput(situations(histories, at=9), [Period(after(0), after(9))])
        assert (row.opened, row.reopened, row.resolved, row.withdrawn, row.merged) == (
            3,
            1,
            1,
            1,
            1,
        )
        assert row.net == row.open_at_end == 1


class TestBuckets:
    @given(
        st.sampled_from(["Europe/Berlin", "America/Sao_Paulo", "Asia/Kathmandu", "UTC"]),
        st.integers(-400, 400),
        st.integers(1, 100),
        st.sampled_from(["D", "W-MON", "MS"]),
    )
    def test_begin_where_pandas_has_it(self, tz: str, first: int, days: int, rule: str) -> None:
        """M3: at local midnight, weeks on Monday."""
        start = datetime(2024, 6, 15, 12, tzinfo=UTC) + timedelta(days=first)
        period = Period(start, start + timedelta(days=days))
        every = {"D": "day", "W-MON": "week", "MS": "month"}[rule]
        found = buckets(period, every, tz=tz)  # type: ignore[arg-type]  # one of three
        local = pd.Timestamp(start).tz_convert(tz).normalize().tz_localize(None)
        dates = pd.date_range(local, periods=days + 3, freq="D")
        edges = []
        for day in dates:
            if (rule == "W-MON" and day.weekday()) or (rule == "MS" and day.day != 1):
                continue
            midnight = day.tz_localize(tz, nonexistent="shift_forward", ambiguous=True)
            edges.append(midnight.value // 1000)
        inside = [edge for edge in edges if period.start < edge < period.end]
        assert [each.start for each in found] == [period.start, *inside]
        assert [each.end for each in found] == [*inside, period.end]

    def test_of_days_may_have_23_or_25_hours(self) -> None:
        berlin = ZoneInfo("Europe/Berlin")
        for day, hours in ((date(2026, 3, 29), 23), (date(2026, 10, 25), 25)):
            start = datetime(day.year, day.month, day.day, tzinfo=berlin)
            end = datetime(day.year, day.month, day.day + 1, tzinfo=berlin)
            (bucket,) = buckets(Period(start, end), "day", tz="Europe/Berlin")
            assert bucket.end - bucket.start == hours * HOUR

    def test_are_days_weeks_or_months(self) -> None:
        period = Period(after(0), after(1))
        with pytest.raises(InvalidValue, match="every is 'year': expected 'day', 'week' or"):
            buckets(period, "year", tz="UTC")  # type: ignore[arg-type]  # wrong on purpose
        with pytest.raises(InvalidValue, match="Berlin"):
            buckets(period, "day", tz="Berlin")


def test_periods_end_behind_their_start() -> None:
    with pytest.raises(InvalidValue, match="expected an end behind its start"):
        Period(after(1), after(1))


class TestAgeing:
    def test_is_of_what_is_open(self) -> None:
        histories = [[opened(-hours, f"R{hours}")] for hours in (1, 30, 100, 2000)]
        histories.append([opened(-9, "done"), event(Resolved, -1, "done")])
        found = ageing(situations(histories, at=0))
        assert found.open == 4
        assert [band.open for band in found.bands] == [1, 1, 1, 0, 1, 0]
        assert (found.median.value, found.ninth_decile.value) == (30, 2000)
        assert found.oldest == ("R2000", "R100", "R30", "R1")

    def test_has_the_bands_that_are_asked_for(self) -> None:
        found = ageing(situations([[opened(-5)]], at=0), bands=["2h", timedelta(hours=5)])
        assert [(band.start / HOUR, band.open) for band in found.bands] == [(0, 0), (2, 0), (5, 1)]
        for wrong in (["5h", "2h"], ["2h", "2h"], ["0h"]):
            with pytest.raises(InvalidValue, match="expected"):
                ageing([], bands=wrong)

    def test_of_nothing_is_none(self) -> None:
        assert ageing([]).median.reason == "no_data"


class TestNearestRank:
    def test_published(self) -> None:
        published = oracle("percentile_nearest_rank")
        found = [nearest_rank(published.inputs["x"], p) for p in published.inputs["p"]]
        assert found == published.expected

    @given(st.lists(st.integers(-9, 9), min_size=1), st.integers(1, 100))
    def test_has_at_least_the_share_up_to_it(self, values: list[int], percent: int) -> None:
        found = nearest_rank(values, percent / 100)
        assert found is not None
        assert sum(value <= found for value in values) * 100 >= percent * len(values)
        assert sum(value < found for value in values) * 100 < percent * len(values)

    @pytest.mark.parametrize("share", [0, -1, 1.1])
    def test_of_no_share_is_refused(self, share: float) -> None:
        with pytest.raises(InvalidValue, match="expected one above 0"):
            nearest_rank([1], share)


class TestLittlesLaw:
    def test_of_a_rack_of_wine(self) -> None:
        """Little and Graves 2008."""
        published = oracle("little_wine")
        inputs = published.inputs
        assert time_in_system(inputs["L"], inputs["arrival_per_month"]) == published.expected
        with pytest.raises(InvalidValue, match="expected a rate above 0"):
            time_in_system(5, 0)

    def test_holds_exactly_where_all_that_comes_goes(self) -> None:
        """A period that everything begins and ends in."""
        histories = [
            [opened(start, f"R{start}"), event(Resolved, start + length, f"R{start}")]
            for start, length in ((1, 3), (2, 7), (5, 1), (8, 2))
        ]
        law = littles_law(situations(histories, at=99), Period(after(0), after(20)))
        assert law.present.value == pytest.approx(13 / 20)
        assert law.arrivals.value == pytest.approx(4 / 20)
        assert law.time.value == pytest.approx(13 / 4)
        assert law.ratio.value == pytest.approx(1)
        assert law.balanced

    def test_tells_of_a_backlog_that_grows(self) -> None:
        """What is slow stays, and what went looks quick."""
        histories = [[opened(n, f"R{n}")] for n in range(1, 9)]
        histories += [[opened(n, f"Q{n}"), event(Resolved, n + 1, f"Q{n}")] for n in range(1, 9)]
        law = littles_law(situations(histories, at=99), Period(after(0), after(20)))
        assert (law.ratio.value or 0) > 2
        assert not law.balanced

    @given(walks)
    def test_mean_number_open_is_the_area_under_the_backlog(self, walk: list) -> None:
        known = situations(made(walk), at=40)
        law = littles_law(known, Period(after(0), after(20)))
        halves = [micros(quarter / 4 + 0.1) for quarter in range(80)]
        assert law.present.value == pytest.approx(sum(backlog(known, halves)) / 80)

    def test_is_of_a_period_that_has_passed(self) -> None:
        with pytest.raises(InvalidValue, match="expected one that has passed"):
            littles_law([situation(opened(), at=5)], Period(after(0), after(6)))
        assert littles_law([], Period(after(0), after(6))).ratio.reason == "no_data"


REPLY = {"public": True}


class TestFirstContact:
    def test_is_a_policy_that_is_named(self) -> None:
        histories = [
            [opened(), event(Resolved, 1)],
            [opened(), event(Replied, 0.5, **REPLY), event(Resolved, 1)],
            [opened(), event(Replied, 0.5), event(Replied, 0.6), event(Resolved, 1)],
            [
                opened(),
                event(Assigned, 0.1, group="a"),
                event(Assigned, 0.2, group="b"),
                event(Resolved, 1),
            ],
            [opened(), event(Resolved, 1), event(Reopened, 2)],
            [opened(), event(Cancelled, 1)],
            [opened()],
        ]
        found = first_contact_resolution(situations(histories, at=1000))
        assert (found.hits, found.n) == (2, 5)
        assert "at most 1 reply, no handoff, not reopened within 168h" in found.cohort

    def test_counts_no_notes_and_no_automatic_messages(self) -> None:
        history = [
            opened(),
            event(Replied, 0.1, public=False),
            event(Replied, 0.2, automatic=True),
            event(Replied, 0.3, actor=CUSTOMER),
            event(Replied, 0.4),
            event(Assigned, 0.5, group="a"),
            event(Resolved, 1),
        ]
        assert first_contact_resolution([situation(*history, at=1000)]).value == 1

    def test_waits_until_the_time_to_reopen_has_passed(self) -> None:
        """M2."""
        history = [opened(), event(Resolved, 1)]
        assert first_contact_resolution([situation(*history, at=169)]).n == 0
        assert first_contact_resolution([situation(*history, at=169.1)]).n == 1

    def test_may_be_within_a_time(self) -> None:
        known = situations([[opened(), event(Resolved, hours)] for hours in (1, 2, 3)], at=1000)
        assert first_contact_resolution(known, FirstContact(within="2h")).hits == 2

    def test_of_a_benchmark(self) -> None:
        """First assignment: resolved with no reassignment."""
        published = oracle("first_assignment_resolution")
        policy = FirstContact(replies=None, reopened_after=None)
        histories = [
            [
                opened(),
                *(event(Assigned, 0.1 * n, group=f"g{n}") for n in range(moves + 1)),
                event(Resolved, 2),
            ]
            for moves in published.inputs["reassignments"]
        ]
        found = first_contact_resolution(situations(histories, at=3), policy)
        assert found.value == pytest.approx(published.expected)
        assert policy.name == "no handoff"

    def test_has_a_name_for_no_limits_and_refuses_what_is_none(self) -> None:
        free = FirstContact(replies=None, handoffs=None, reopened_after=None)
        assert free.name == "any resolution"
        assert FirstContact(replies=2, handoffs=1).name.startswith("at most 2 replies, 1 handoff")
        with pytest.raises(InvalidValue, match="replies is -1: expected a number from 0 on"):
            FirstContact(replies=-1)


class TestReopening:
    @pytest.mark.parametrize(("hours", "hits"), [(2, 1), (169, 1), (169.1, 0)])
    def test_counts_within_its_window(self, hours: float, hits: int) -> None:
        history = [opened(), event(Resolved, 1), event(Reopened, hours)]
        found = reopening_rate([situation(*history, at=1000)])
        assert (found.hits, found.n) == (hits, 1)

    def test_at_any_time_without_a_window(self) -> None:
        history = [opened(), event(Resolved, 1), event(Reopened, 900)]
        assert reopening_rate([situation(*history, at=1000)], within=None).hits == 1

    def test_is_of_resolutions_in_the_period(self) -> None:
        """M3."""
        known = [situation(opened(), event(Resolved, 1), at=1000)]
        assert reopening_rate(known, period=Period(after(1), after(2))).n == 1
        assert reopening_rate(known, period=Period(after(0), after(1))).n == 0

    @given(walks, st.integers(0, 8))
    def test_in_parts_is_that_of_the_whole(self, walk: list, cut: int) -> None:
        """M9."""
        known = situations(made(walk), at=300)
        one, other = ResolutionTally(), ResolutionTally()
        for place, each in enumerate(known):
            (one if place < cut else other).add(each)
        one.merge(other)
        assert one.reopened(7 * DAY) == reopening_rate(known)
        assert one.first_contact(FirstContact()) == first_contact_resolution(known)


def moved(*groups: str | None) -> list[Event]:
    return [opened(), *(event(Assigned, n + 1, group=group) for n, group in enumerate(groups))]


sequences = st.lists(st.sampled_from(["a", "b", "c", None]), max_size=8)


class TestHandoffs:
    @given(st.lists(sequences, max_size=6))
    def test_agree_with_a_walk(self, walked: list[list[str | None]]) -> None:
        """R4, M5: a missing group is no handoff; ping-pong is A-B-A."""
        found = handoffs(situations([moved(*each) for each in walked], at=20))
        hand = bounce = ping = counted = 0
        for groups in walked:
            known = [group for group in groups if group]
            path = [g for n, g in enumerate(known) if n == 0 or known[n - 1] != g]
            counted += bool(path)
            hand += max(0, len(path) - 1)
            bounce += sum(g in path[:n] for n, g in enumerate(path) if n)
            ping += any(a == c for a, c in zip(path, path[2:], strict=False))
        assert (found.requests, found.handoffs, found.bounces) == (counted, hand, bounce)
        assert found.ping_pong.hits == ping
        assert (found.per_request.value or 0) * counted == pytest.approx(hand)

    def test_name_the_pairs_that_play_ping_pong(self) -> None:
        known = situations([moved("a", "b", "a", "b"), moved("c", "a", "c")], at=20)
        assert handoffs(known).pairs == {("a", "b"): 2, ("a", "c"): 1}
        assert groups_of(known[0]) == ("a", "b", "a", "b")

    def test_push_to_front_is_of_what_was_resolved(self) -> None:
        histories = [
            [*moved("desk"), event(Resolved, 9)],
            [*moved("desk", "network"), event(Resolved, 9)],
            [*moved("desk", "phones"), event(Resolved, 9)],
            moved("desk"),
        ]
        known = situations(histories, at=20)
        assert (handoffs(known).front.hits, handoffs(known).front.n) == (1, 3)
        assert handoffs(known, front=["desk", "phones"]).front.hits == 2

    @given(st.lists(sequences, max_size=6), st.integers(0, 6))
    def test_in_parts_are_those_of_the_whole(self, walked: list, cut: int) -> None:
        """M9."""
        known = situations([moved(*each) for each in walked], at=20)
        one, other = HandoffTally(), HandoffTally()
        for place, each in enumerate(known):
            (one if place < cut else other).add(each)
        one.merge(other)
        assert one.result() == handoffs(known)

    def test_are_of_requests_opened_in_the_period(self) -> None:
        """M3."""
        known = situations([moved("a", "b")], at=20)
        assert handoffs(known, period=Period(after(1), after(9))).requests == 0
        assert handoffs([]).per_request.reason == "no_data"


class TestTimes:
    def test_count_what_is_open_as_what_it_is(self) -> None:
        """M4: the mean of what is finished is named so."""
        histories = [[opened(), event(Resolved, 2)]] * 3 + [[opened()]] * 3
        found = times_to_resolve(situations(histories, at=100))
        assert (found.n, found.finished) == (6, 3)
        assert found.median.value == 2
        assert found.ninth_decile.reason == "unreached"
        assert found.mean_of_finished.value == 2
        assert "without those that go on" in found.mean_of_finished.cohort
        assert (found.restricted_mean.value or 0) == pytest.approx(51)

    def test_to_acknowledge_are_on_the_clock_of_the_first_response(self) -> None:
        found = times_to_acknowledge([situation(opened(), event(Replied, 0.5), at=9)])
        assert (found.clock, found.median.value) == ("first response", 0.5)

    def test_of_customers_are_those_on_their_wall(self) -> None:
        """M5."""
        paused = event(StatusChanged, 1, status="waiting for customer")
        known = [situation(opened(), paused, event(Resolved, 10), at=20)]
        assert times_of_customers(known).median.value == 10
        assert times_to_resolve(known).median.value == 1

    def test_of_customers_may_be_on_a_calendar_of_theirs(self) -> None:
        """M5."""
        office = Calendar.from_dict({"timezone": "UTC", "hours": {"mon-fri": "09:00-17:00"}})
        known = [situation(opened(), event(Resolved, 73), at=80)]  # from Friday to Monday at ten
        assert times_of_customers(known, calendar=office).median.value == 9

    def test_of_nothing_are_none(self) -> None:
        found = times([], "resolution")
        assert found.mean_of_finished.reason == found.median.reason == "no_data"

    def test_may_be_limited(self) -> None:
        found = times([Spell(10 * MINUTE), Spell(9 * HOUR)], "resolution", until=HOUR)
        assert found.restricted_mean.value == pytest.approx((1 / 6 + 1) / 2)
