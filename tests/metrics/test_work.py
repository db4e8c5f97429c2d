"""Who has how much, what was finished, what it is about, and where it burns (M8)."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from functools import partial
from math import comb, inf, nan
from statistics import fmean
from typing import Any, ClassVar

import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint
from statsmodels.stats.rates import test_poisson_2indep as poisson_2indep

from servicecore import PolicyBook
from servicecore.catalogue import Catalogue, Service
from servicecore.errors import InvalidValue
from servicecore.instants import HOUR
from servicecore.lifecycle.events import (
    Actor,
    Assigned,
    Event,
    Reopened,
    Replied,
    Resolved,
    Side,
)
from servicecore.metrics.categories import CategoryTally, categories
from servicecore.metrics.cohort import Period
from servicecore.metrics.hotspots import HotspotTally, hotspots
from servicecore.metrics.productivity import ProductivityTally, productivity, ratio_of_sums
from servicecore.metrics.rates import adjusted, rate_ratio, rate_ratio_p
from servicecore.metrics.trend import laplace_trend
from servicecore.metrics.workload import (
    WorkloadTally,
    gini,
    workload,
    workload_of_persons,
)
from servicecore.sla import Days, Policy, Target
from tests.metrics.kit import after, event, opened, situation, situations
from tests.metrics.oracles import oracle


def given_to(n: int, group: str | None, person: str | None = None, hours: float = 0) -> list[Event]:
    name = f"R{n}"
    return [opened(hours, name), event(Assigned, hours, name, group=group, person=person)]


class TestWorkload:
    HISTORIES = (
        given_to(1, "network", "bo"),
        given_to(2, "network", "ann", hours=3),
        given_to(3, "desk", "ann"),
        [*given_to(4, "desk", "ann"), event(Resolved, 1, "R4")],
        [opened(0, "R5")],
    )

    def test_is_what_is_open_with_each_group_in_alphabetical_order(self) -> None:
        found = workload(situations(self.HISTORIES, at=5))
        shown = [(load.name, load.open, load.late, load.median_age.value) for load in found.loads]
        assert shown == [("desk", 1, 1, 5), ("network", 2, 2, 2), ("none", 1, 1, 5)]

    def test_of_persons_is_on_demand_and_ranks_nobody(self) -> None:
        """M8."""
        found = workload_of_persons(situations(self.HISTORIES, at=5))
        assert [(load.name, load.open) for load in found.loads] == [
            ("ann", 2),
            ("bo", 1),
            ("none", 1),
        ]
        assert found.fairness.value == pytest.approx(1 / 6)  # |2 − 1| · 2 / (2 · 4 · 1.5)

    def test_of_nothing_is_none(self) -> None:
        assert workload([]).fairness.reason == "no_data"
        assert workload([], among=["desk"]).fairness.reason == "unknown"  # nothing to share

    def test_knows_of_those_who_have_nothing_if_it_is_told(self) -> None:
        """Without the idle one, two of three look as if they shared evenly."""
        known = situations([given_to(1, "a", "ann"), given_to(2, "a", "bo")], at=5)
        assert workload_of_persons(known).fairness.value == 0
        found = workload_of_persons(known, among=["cy", "ann"])
        assert [(load.name, load.open) for load in found.loads] == [
            ("ann", 1),
            ("bo", 1),
            ("cy", 0),
        ]
        assert found.loads[2].median_age.reason == "no_data"
        assert found.fairness.value == pytest.approx(1 / 3)

    def test_shares_out_nothing_that_nobody_has(self) -> None:
        known = situations([[opened(0, f"R{n}")] for n in range(9)] + [given_to(9, "desk")], at=5)
        found = workload(known)
        assert [load.name for load in found.loads] == ["desk", "none"]
        assert (found.fairness.value, found.fairness.n) == (0, 1)

    def test_is_late_where_a_clock_is_past_due_now(self) -> None:
        """An answer that came too late is no longer owed."""
        answered = event(Replied, 2, "R1", actor=Actor("desk", Side.DESK))
        known = situations([[*given_to(1, "desk"), answered], given_to(2, "desk")], at=3)
        assert [(load.open, load.late) for load in workload(known).loads] == [(2, 1)]

    def test_marks_groups_that_have_little(self) -> None:
        """M8."""
        known = situations([given_to(n, "a" if n else "b") for n in range(31)], at=1)
        assert [load.small for load in workload(known).loads] == [False, True]


class TestGini:
    def test_published(self) -> None:
        published = oracle("gini_ineq")
        found = gini(published.inputs["x"]).value
        assert found == pytest.approx(published.expected, abs=published.tolerance)

    def test_of_equals_and_of_one_who_has_all(self) -> None:
        published = oracle("gini_equal_and_one")
        found = [gini(case).value for case in published.inputs["cases"]]
        assert found == pytest.approx(published.expected, abs=published.tolerance)

    @given(st.lists(st.integers(0, 50), min_size=1))
    def test_is_what_its_definition_says(self, values: list[int]) -> None:
        n, total = len(values), sum(values)
        if not total:
            assert gini(values).reason == "unknown"
            return
        apart = sum(abs(a - b) for a in values for b in values)
        assert gini(values).value == pytest.approx(apart / (2 * n * total))

    @pytest.mark.parametrize("wrong", [-1, nan, inf])
    def test_refuses_what_is_no_number_from_0_on(self, wrong: float) -> None:
        with pytest.raises(InvalidValue, match="expected a number from 0 on"):
            gini([1, wrong, 2])

    @given(st.lists(st.integers(0, 50), min_size=1).filter(any), st.integers(1, 9))
    def test_is_of_the_shares_alone(self, values: list[int], times: int) -> None:
        """The same for all values times a number, and for everybody twice."""
        once = gini(values).value
        assert gini([each * times for each in values]).value == pytest.approx(once)
        assert gini([*values, *values]).value == pytest.approx(once)


class TestProductivity:
    def test_is_the_standard_over_the_time_it_took(self) -> None:
        histories = [
            [*given_to(1, "desk"), event(Resolved, 2, "R1")],
            [*given_to(2, "desk"), event(Resolved, 8, "R2")],
            [*given_to(3, "network"), event(Resolved, 1, "R3")],
            given_to(4, "desk"),
        ]
        found = productivity(situations(histories, at=20))
        shown = [
            (p.group, p.finished, p.standard.value, p.used.value, p.ratio.value) for p in found
        ]
        assert shown == [("desk", 2, 8, 10, 0.8), ("network", 1, 4, 1, 4)]

    def test_is_of_what_was_finished_in_the_period(self) -> None:
        known = situations([[*given_to(1, "desk"), event(Resolved, 2, "R1")]], at=20)
        assert productivity(known, period=Period(after(2), after(3)))[0].finished == 1
        assert productivity(known, period=Period(after(3), after(4))) == ()

    def test_leaves_out_targets_that_are_no_duration(self) -> None:
        book = PolicyBook.of(Policy("all", {"resolution": Target(Days(2))}))
        known = situations([[*given_to(1, "desk"), event(Resolved, 2, "R1")]], at=20, book=book)
        assert productivity(known) == ()

    def test_is_of_no_persons(self) -> None:
        with pytest.raises(InvalidValue, match="expected a fact that names no persons"):
            productivity([], by="person")

    @given(st.lists(st.tuples(st.floats(0.1, 9), st.floats(0.1, 9)), min_size=2, max_size=20))
    def test_has_the_interval_of_a_regression_through_the_origin(
        self, pairs: list[tuple[float, float]]
    ) -> None:
        """Cochran's linearisation, from the residuals of that line."""
        above, below = [y for y, _ in pairs], [x for _, x in pairs]
        found = ratio_of_sums(above, below, cohort="all")
        ratio = sum(above) / sum(below)
        residuals = [y - ratio * x for y, x in pairs]
        error = (sum(e * e for e in residuals) / (len(pairs) - 1) / len(pairs)) ** 0.5
        half = scipy.stats.t.ppf(0.975, len(pairs) - 1) * error / (sum(below) / len(pairs))
        assert found.value == pytest.approx(ratio)
        assert found.low == pytest.approx(max(ratio - half, 0), abs=1e-6)
        assert found.high == pytest.approx(ratio + half, abs=1e-6)

    @given(st.lists(st.tuples(st.floats(0.1, 9), st.floats(0.1, 9)), min_size=3, max_size=20))
    def test_has_a_wider_interval_at_a_higher_level(self, pairs: list[tuple[float, float]]) -> None:
        above, below = [y for y, _ in pairs], [x for _, x in pairs]
        wide, narrow = (ratio_of_sums(above, below, cohort="", level=p) for p in (0.99, 0.9))
        limits = (wide.low, narrow.low, narrow.value, narrow.high, wide.high)
        assert None not in limits
        assert list(limits) == sorted(limits, key=lambda limit: limit or 0)

    @pytest.mark.parametrize(
        ("above", "below", "said"),
        [
            ([1, 2], [1], "2 values over 1: expected as many of both"),
            ([1], [1, 2], "1 values over 2: expected as many of both"),
            ([1, nan], [1, 2], "a value is nan: expected a number from 0 on"),
            ([1, 2], [1, -2], "a value is -2: expected a number from 0 on"),
        ],
    )
    def test_refuses_what_makes_no_sense(
        self, above: list[float], below: list[float], said: str
    ) -> None:
        with pytest.raises(InvalidValue, match=said):
            ratio_of_sums(above, below, cohort="")

    def test_is_never_below_nothing(self) -> None:
        """M1: limits are in the range of what they limit."""
        assert ratio_of_sums([9, 0.1], [0.1, 9], cohort="").low == 0

    def test_of_a_request_counts_once_with_the_group_that_has_it(self) -> None:
        history = [*given_to(1, "desk"), event(Resolved, 2, "R1")]
        moved = event(Assigned, 3, "R1", group="network")
        again = [event(Reopened, 4, "R1"), event(Resolved, 5, "R1")]
        book = PolicyBook.of(Policy("all", {"update": Target("4h")}))
        (found,) = productivity(situations([[*history, moved, *again]], 20, book), "update")
        assert (found.group, found.finished, found.small) == ("network", 1, True)
        assert (found.standard.value, found.used.value) == (8, 3)  # two cycles of 2 h and 1 h

    def test_of_nothing_is_none(self) -> None:
        assert ratio_of_sums([], [], cohort="").reason == "no_data"
        assert ratio_of_sums([1], [0], cohort="").reason == "unknown"
        assert ratio_of_sums([1], [2], cohort="").reason == "few"


class TestCategories:
    def test_are_the_most_frequent_first(self) -> None:
        kinds = ["printer"] * 30 + ["mail"] * 9 + ["door"] * 9
        known = situations([[opened(0, f"R{n}", what=kind)] for n, kind in enumerate(kinds)], at=1)
        found = categories(known, "what")
        shown = [(each.name, each.requests, each.small) for each in found]
        assert shown == [("printer", 30, False), ("door", 9, True), ("mail", 9, True)]
        assert sum(each.share.value or 0 for each in found) == pytest.approx(1)

    def test_are_of_the_period(self) -> None:
        known = situations([[opened(0)]], at=1)
        assert categories(known, "kind", period=Period(after(1), after(2))) == ()
        (found,) = categories(known, "kind", period=Period(after(0), after(1)))
        assert found.share.cohort == "all requests opened in the period"

    def test_of_what_has_no_such_fact_are_none(self) -> None:
        known = situations([[opened(0, "R1", what="door")], [opened(0, "R2")]], at=1)
        assert [each.name for each in categories(known, "what")] == ["door", "none"]

    def test_are_no_persons(self) -> None:
        """M8."""
        with pytest.raises(InvalidValue, match="expected a fact that names no persons"):
            categories([], "requester")

    @given(st.lists(st.sampled_from("abc"), min_size=1, max_size=40), st.floats(0.5, 0.99))
    def test_have_the_limits_of_wilson(self, kinds: list[str], level: float) -> None:
        known = situations([[opened(0, f"R{n}", what=kind)] for n, kind in enumerate(kinds)], at=1)
        for each in categories(known, "what", level=level):
            hits, n = kinds.count(each.name), len(kinds)
            low, high = proportion_confint(hits, n, alpha=1 - level, method="wilson")
            found = [each.share.value, each.share.low, each.share.high]
            assert found == pytest.approx([hits / n, low, high], abs=1e-9)


class TestRates:
    def test_of_two_nuclear_plants(self) -> None:
        """R's poisson.test."""
        published = oracle("poisson_two_rates_r")
        given_ = [published.inputs[name] for name in ("c1", "t1", "c2", "t2")]
        found = [rate_ratio_p(*given_), rate_ratio(*given_, cohort="").value]
        assert found == pytest.approx(published.expected, abs=published.tolerance)

    def test_that_one_is_greater(self) -> None:
        published = oracle("poisson_two_rates_gu")
        given_ = [published.inputs[name] for name in ("c1", "t1", "c2", "t2")]
        found = rate_ratio_p(*given_, alternative="greater")
        assert found == pytest.approx(published.expected, abs=published.tolerance)

    @given(st.integers(0, 60), st.integers(1, 60), st.floats(0.1, 50), st.floats(0.1, 50))
    def test_agree_with_the_binomial_test_of_scipy(
        self, count: int, other: int, exposure: float, of_other: float
    ) -> None:
        test = scipy.stats.binomtest(count, count + other, exposure / (exposure + of_other))
        assert rate_ratio_p(count, exposure, other, of_other) == pytest.approx(
            test.pvalue, rel=1e-9
        )
        limits = test.proportion_ci(0.95, "exact")
        found = rate_ratio(count, exposure, other, of_other, cohort="")
        scale = of_other / exposure
        expected = [limits.low / (1 - limits.low) * scale, limits.high / (1 - limits.high) * scale]
        assert [found.low, found.high] == pytest.approx(expected, rel=1e-6)
        assert found.low is not None
        assert found.high is not None
        assert found.low <= (found.value or 0) <= found.high

    @given(st.integers(0, 12), st.integers(0, 12), st.integers(1, 4), st.integers(1, 4))
    def test_are_as_rare_as_all_that_are_no_likelier(
        self, count: int, other: int, exposure: int, of_other: int
    ) -> None:
        """By the definition, in whole numbers, where ties are ties."""
        n = count + other
        ways = [comb(n, k) * exposure**k * of_other ** (n - k) for k in range(n + 1)]
        expected = sum(each for each in ways if each <= ways[count]) / sum(ways)
        found = rate_ratio_p(count, exposure, other, of_other)
        assert found == (pytest.approx(expected, rel=1e-12) if n else None)
        more = rate_ratio_p(count, exposure, other, of_other, alternative="greater")
        assert more == (pytest.approx(sum(ways[count:]) / sum(ways), rel=1e-12) if n else None)

    @pytest.mark.parametrize("count", [498_000, 500_250, 503_000])
    def test_of_a_million_events(self, count: int) -> None:
        test = scipy.stats.binomtest(count, 1_000_500, 0.5)
        found = rate_ratio_p(count, 1, 1_000_500 - count, 1)
        assert found == pytest.approx(test.pvalue, rel=1e-6)

    def test_agree_with_statsmodels(self) -> None:
        for alternative, ours in (("two-sided", "two-sided"), ("larger", "greater")):
            theirs = poisson_2indep(
                40, 1000, 50, 1100, method="exact-cond", alternative=alternative
            )
            found = rate_ratio_p(40, 1000, 50, 1100, alternative=ours)  # type: ignore[arg-type]  # both are known
            assert found == pytest.approx(theirs.pvalue, rel=1e-9)

    @pytest.mark.parametrize(
        ("exposures", "p"), [((1e20, 1.0), 5.6e-59), ((1.0, 1e20), 5.6e-99), ((1e300, 1e-300), 0)]
    )
    def test_hold_where_one_is_used_far_more(
        self, exposures: tuple[float, float], p: float
    ) -> None:
        """8 over 5 ways, times what they have of the whole to the power of what they had."""
        assert rate_ratio_p(5, exposures[0], 3, exposures[1]) == pytest.approx(p, rel=1e-9)

    def test_against_none_have_a_lower_limit_alone(self) -> None:
        found = rate_ratio(5, 1, 0, 1, cohort="")
        assert (found.value, found.high, found.reason) == (None, None, "unknown")
        assert (found.low or 0) > 0
        assert rate_ratio(0, 1, 0, 1, cohort="").reason == "no_data"
        assert rate_ratio_p(0, 1, 0, 1) is None

    @given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
    def test_are_adjusted_as_benjamini_and_hochberg_do(self, p_values: list[float]) -> None:
        expected = multipletests(p_values, method="fdr_bh")[1]
        assert adjusted(p_values) == pytest.approx(list(expected), abs=1e-12)

    @pytest.mark.parametrize("wrong", [(-1, 1, 1, 1), (1, 0, 1, 1), (1, 1, 1, nan)])
    def test_refuse_what_makes_no_sense(self, wrong: tuple[int, float, int, float]) -> None:
        with pytest.raises(InvalidValue, match="expected"):
            rate_ratio(*wrong, cohort="")
        with pytest.raises(InvalidValue, match="expected"):
            rate_ratio_p(*wrong)

    def test_refuse_another_question_and_what_is_no_p_value(self) -> None:
        with pytest.raises(InvalidValue, match="expected 'two-sided' or 'greater'"):
            rate_ratio_p(1, 1, 1, 1, alternative="less")  # type: ignore[arg-type]  # wrong on purpose
        with pytest.raises(InvalidValue, match="a p-value is 2"):
            adjusted([2])


class TestTrend:
    def test_published(self) -> None:
        published = oracle("laplace_trend_nist")
        found = laplace_trend(published.inputs["times"], Period(0, published.inputs["T"]))
        assert found.u == pytest.approx(published.expected, abs=published.tolerance)
        assert found.p == pytest.approx(2 * scipy.stats.norm.cdf(published.expected))

    def test_has_a_direction(self) -> None:
        early, late = list(range(10)), list(range(90, 100))
        assert laplace_trend(early, Period(0, 100)).direction == "improving"
        assert laplace_trend(late, Period(0, 100)).direction == "worsening"
        assert laplace_trend([], Period(0, 100)).direction == "none"
        reasons = [laplace_trend(range(n), Period(0, 100)).reason for n in (1, 3, 4)]
        assert reasons == ["few", "few", None]

    def test_is_of_events_in_the_period(self) -> None:
        with pytest.raises(InvalidValue, match="lies outside of"):
            laplace_trend([100], Period(0, 100))

    @given(st.lists(st.integers(0, 999), min_size=1, max_size=40))
    def test_is_how_far_the_mean_is_from_that_of_as_many_even_draws(self, times: list[int]) -> None:
        """The mean of n even draws from 0 to T is T/2 with the variance T²/12n."""
        even = scipy.stats.uniform(0, 1000)
        expected = (fmean(times) - even.mean()) / (even.std() / len(times) ** 0.5)
        found = laplace_trend(times, Period(0, 1000))
        assert found.u == pytest.approx(expected)
        assert found.p == pytest.approx(2 * scipy.stats.norm.sf(abs(expected)))
        assert found.reason == ("few" if len(times) < 4 else None)

    @given(st.lists(st.integers(1, 999), min_size=1, max_size=40), st.integers(-(10**15), 10**15))
    def test_is_the_other_way_round_in_a_mirror(self, times: list[int], start: int) -> None:
        """And the same whenever the period starts."""
        period = Period(start, start + 1000)
        found = laplace_trend([start + time for time in times], period)
        mirrored = laplace_trend([start + 1000 - time for time in times], period)
        assert mirrored.u == pytest.approx(-(found.u or 0), abs=1e-9)
        assert laplace_trend(times, Period(0, 1000)) == found


PERIOD = Period(after(0), after(100))


def failing(times: dict[str, int]) -> list[list[Event]]:
    return [
        [opened(n, f"{system}{n}", service=system), event(Resolved, n + 0.5, f"{system}{n}")]
        for system, number in times.items()
        for n in range(number)
    ]


class TestHotspots:
    EXPOSURE: ClassVar = {"mail": 1000.0, "crm": 100.0, "wiki": 1000.0}

    def test_are_found_by_their_rate_and_not_by_their_number(self) -> None:
        known = situations(failing({"mail": 40, "crm": 20, "wiki": 30}), at=200)
        found = hotspots(known, self.EXPOSURE, PERIOD)
        assert [each.system for each in found.systems] == ["mail", "wiki", "crm"]
        assert [each.system for each in found.systems if each.hot] == ["crm"]
        assert found.systems[0].minutes_lost == 40 * 30

    def test_are_put_in_order_by_the_minutes_that_customers_lost(self) -> None:
        known = situations(failing({"mail": 40, "crm": 20}), at=200)
        found = hotspots(
            known,
            self.EXPOSURE,
            PERIOD,
            affected=lambda each: 50 if each.request.service == "crm" else 1,
        )
        assert [(each.system, each.minutes_lost) for each in found.systems] == [
            ("crm", 20 * 30 * 50),
            ("mail", 40 * 30),
            ("wiki", 0),
        ]

    def test_are_corrected_once_over_all_systems(self) -> None:
        known = situations(failing({"mail": 12, "crm": 3, "wiki": 9}), at=200)
        found = hotspots(known, self.EXPOSURE, PERIOD).systems
        expected = adjusted([each.p or 0 for each in found])
        assert tuple(each.adjusted for each in found) == expected

    def test_are_compared_with_the_rest(self) -> None:
        known = situations(failing({"mail": 40, "crm": 20, "wiki": 30}), at=200)
        crm = next(e for e in hotspots(known, self.EXPOSURE, PERIOD).systems if e.system == "crm")
        assert crm.against_rest.value == pytest.approx((20 / 100) / (70 / 2000))

    def test_list_systems_whose_exposure_nobody_gave(self) -> None:
        known = situations(failing({"mail": 4, "door": 2}), at=200)
        assert hotspots(known, self.EXPOSURE, PERIOD).without_exposure == ("door",)

    def test_count_incidents_of_no_known_system_apart(self) -> None:
        known = situations([*failing({"mail": 4}), [opened(1)], [opened(2)]], at=200)
        found = hotspots(known, self.EXPOSURE, PERIOD)
        assert found.without_system == 2
        assert sum(each.incidents for each in found.systems) == 4

    def test_are_by_any_fact_but_persons(self) -> None:
        known = situations([[opened(1, item="db1")], [opened(2, item="db1")]], at=200)
        found = hotspots(known, {"db1": 1.0, "db2": 1.0}, PERIOD, by="item")
        assert [(each.system, each.incidents) for each in found.systems] == [("db1", 2), ("db2", 0)]
        with pytest.raises(InvalidValue, match="expected a fact that names no persons"):
            hotspots([], self.EXPOSURE, PERIOD, by="requester")

    @pytest.mark.parametrize("level", [0.5, 0.95, 0.9999])
    def test_are_hot_at_whatever_level_limits_are_asked_for(self, level: float) -> None:
        known = situations(failing({"mail": 40, "crm": 11, "wiki": 30}), at=200)
        found = hotspots(known, self.EXPOSURE, PERIOD, level=level)
        assert [each.system for each in found.systems if each.hot] == ["crm"]

    def test_are_hot_where_no_other_ever_failed(self) -> None:
        found = hotspots(situations(failing({"crm": 9}), at=200), self.EXPOSURE, PERIOD)
        assert [each.system for each in found.systems if each.hot] == ["crm"]

    def test_show_no_trend_in_what_is_still_to_come(self) -> None:
        """In the middle of the month nothing has got better because the rest has not happened."""
        steady = failing({"crm": 20, "mail": 20})  # one an hour each
        (now, *_) = hotspots(situations(steady, at=20), self.EXPOSURE, PERIOD).systems
        assert (now.trend.n, now.trend.direction) == (20, "none")
        (later, *_) = hotspots(situations(steady, at=200), self.EXPOSURE, PERIOD).systems
        assert later.trend.direction == "improving"  # and then nothing for 80 hours
        (just,) = situations([[opened(3, "R1", service="crm")]], at=3)
        assert hotspots([just], self.EXPOSURE, PERIOD).systems[0].trend.n == 1

    def test_add_up_to_the_same_in_whatever_order_they_come(self) -> None:
        """M9: sevenths of an hour are no exact floats."""
        known = [
            situation(
                opened(n, f"R{n}", service="crm"), event(Resolved, n + n / 7, f"R{n}"), at=200
            )
            for n in range(30)
        ]
        whole = hotspots(known, self.EXPOSURE, PERIOD, affected=lambda _: 7)
        assert hotspots(known[::-1], self.EXPOSURE, PERIOD, affected=lambda _: 7) == whole

    @pytest.mark.parametrize("wrong", [-1, nan, inf])
    def test_affect_no_fewer_than_no_customers(self, wrong: float) -> None:
        known = situations(failing({"crm": 1}), at=200)
        with pytest.raises(InvalidValue, match="customers affected by crm0: expected 0 or more"):
            hotspots(known, self.EXPOSURE, PERIOD, affected=lambda _: wrong)

    def test_go_to_the_custodian(self) -> None:
        catalogue = Catalogue([Service("crm", custodian="Sales systems")])
        found = hotspots([], self.EXPOSURE, PERIOD, catalogue=catalogue)
        assert {e.system: e.custodian for e in found.systems}["crm"] == "Sales systems"

    def test_count_what_was_opened_in_the_period_up_to_now(self) -> None:
        histories = [[opened(1, "R1", service="crm")], [opened(150, "R2", service="crm")]]
        crm = hotspots(situations(histories, at=151), self.EXPOSURE, PERIOD).systems[0]
        assert (crm.system, crm.incidents, crm.minutes_lost) == ("crm", 1, 150 * 60)

    def test_in_parts_are_those_of_the_whole(self) -> None:
        """M9."""
        known = situations(failing({"mail": 4, "crm": 3, "wiki": 1}), at=200)
        one, other = HotspotTally(PERIOD), HotspotTally(PERIOD)
        for place, each in enumerate(known):
            (one if place % 2 else other).add(each)
        one.merge(other)
        assert one.result(self.EXPOSURE, None) == hotspots(known, self.EXPOSURE, PERIOD)

    @pytest.mark.parametrize(
        "exposure", [{}, {"mail": 1.0}, {"mail": 1.0, "crm": 0.0}, {"mail": nan, "crm": 1.0}]
    )
    def test_need_the_exposure_of_two_systems(self, exposure: dict[str, float]) -> None:
        with pytest.raises(InvalidValue, match="exposure of"):
            hotspots([], exposure, PERIOD)
        with pytest.raises(InvalidValue, match="exposure of"):
            HotspotTally(PERIOD).result(exposure)


def test_minutes_are_wall_time() -> None:
    known = situations([[opened(0, "R1", service="a"), event(Resolved, 2, "R1")]], at=9)
    found = hotspots(known, {"a": 1.0, "b": 1.0}, PERIOD).systems[0]
    assert found.minutes_lost == 2 * HOUR / (HOUR / 60)


OWNERS = st.lists(
    st.tuples(st.sampled_from(["desk", "network", None]), st.integers(0, 5)), max_size=12
)
EXPOSED = {"desk": 1.0, "network": 2.0}
WHOLE_AND_PARTS: dict[str, tuple[Callable[[], Any], Callable[..., Any], Callable[..., Any]]] = {
    "workload": (WorkloadTally, WorkloadTally.result, workload),
    "productivity": (ProductivityTally, ProductivityTally.result, productivity),
    "categories": (
        partial(CategoryTally, "group"),
        CategoryTally.result,
        partial(categories, by="group"),
    ),
    "hotspots": (
        partial(HotspotTally, PERIOD, by="group"),
        partial(HotspotTally.result, exposure=EXPOSED),
        partial(hotspots, exposure=EXPOSED, period=PERIOD, by="group"),
    ),
}


@pytest.mark.parametrize(("make", "result", "whole"), WHOLE_AND_PARTS.values(), ids=WHOLE_AND_PARTS)
@given(made=OWNERS, cut=st.integers(0, 12))
def test_parts_are_the_whole(
    make: Callable[[], Any],
    result: Callable[..., Any],
    whole: Callable[..., Any],
    made: list[tuple[str | None, int]],
    cut: int,
) -> None:
    """M9: also where a part was counted in another process."""
    histories = [
        [*given_to(n, group), *([event(Resolved, hours, f"R{n}")] if hours else [])]
        for n, (group, hours) in enumerate(made)
    ]
    known = situations(histories, at=9)
    one, other = make(), make()
    for place, each in enumerate(known):
        (one if place < cut else other).add(each)
    one.merge(pickle.loads(pickle.dumps(other)))  # noqa: S301  # what was just made
    assert result(one) == whole(known)
