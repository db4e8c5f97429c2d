"""Charts that tell news from noise, and agents for a load."""

from __future__ import annotations

from datetime import timedelta
from math import inf, nan, pi, sqrt

import numpy as np
import pytest
import scipy.stats
from hypothesis import assume, example, given
from hypothesis import strategies as st

from servicecore.errors import InvalidValue, UnknownName
from servicecore.metrics.control import (
    D2,
    D4,
    moving_range_chart,
    p_chart,
    p_prime_chart,
    xmr_chart,
)
from servicecore.metrics.run_rules import MEANINGS, NELSON, RULES, WESTERN_ELECTRIC, signals
from servicecore.metrics.staffing import (
    erlang_b,
    erlang_c,
    load_of,
    required_agents,
    staffing,
)
from tests.metrics.oracles import oracle


class TestXmr:
    def test_of_a_viscosity_without_its_outlier(self) -> None:
        published = oracle("xmr_viscosity_wo4")
        chart = xmr_chart(published.inputs["x"])
        point = chart.points[0]
        found = [chart.center, point.sigma, point.low, point.high]
        assert found == pytest.approx(published.expected, abs=published.tolerance)

    def test_finds_the_outlier(self) -> None:
        published = oracle("xmr_viscosity_signal")
        assert list(xmr_chart(published.inputs["x"]).beyond) == published.expected

    def test_of_little_says_so(self) -> None:
        assert xmr_chart([5]).reason == "no_data"
        assert xmr_chart([5, 6]).reason == "few"
        assert xmr_chart([1, 2] * 4).reason is None

    @given(st.floats(-1e9, 1e9), st.integers(2, 60))
    @example(0.1, 3)  # their mean is 0.10000000000000002
    def test_nothing_moves_where_all_are_equal(self, value: float, n: int) -> None:
        """The mean of equal values may be rounded to beside them, which is no news."""
        chart = xmr_chart([value] * n)
        assert chart.beyond == ()
        assert (chart.center, chart.deviates) == (value, (0,) * n)

    def test_of_flow_rates(self) -> None:
        """NIST/SEMATECH e-Handbook of Statistical Methods, 6.3.2.2."""
        rates = [49.6, 47.6, 49.9, 51.3, 47.8, 51.2, 52.6, 52.4, 53.6, 52.1]
        chart = xmr_chart(rates)
        found = [chart.center, chart.points[0].high, chart.points[0].low]
        assert found == pytest.approx([50.81, 55.8041, 45.8159], abs=2e-4)
        assert moving_range_chart(rates).center == pytest.approx(1.8778, abs=1e-4)

    @pytest.mark.parametrize("wrong", [nan, inf, -inf])
    def test_takes_numbers_alone(self, wrong: float) -> None:
        for chart in (xmr_chart, moving_range_chart):
            with pytest.raises(InvalidValue, match="expected numbers alone"):
                chart([1, wrong, 2])


class TestMovingRanges:
    def test_factors_are_those_of_the_range_of_two_normal_values(self) -> None:
        """|X - Y| is half-normal with a scale of √2: its mean and deviation are known exactly."""
        mean, deviation = scipy.stats.halfnorm(scale=sqrt(2)).stats()[0], sqrt(2 - 4 / pi)
        assert pytest.approx(mean, abs=5e-4) == D2
        assert pytest.approx(1 + 3 * deviation / mean, abs=5e-4) == D4

    def test_find_a_leap_within_the_limits_of_the_values(self) -> None:
        values = [5, 6, 7, 8, 9, 10, 11, 12, 5, 6, 7, 8, 9, 10, 11, 12]
        chart = moving_range_chart(values)
        assert (xmr_chart(values).beyond, chart.beyond) == ((), (8,))
        assert [point.value for point in chart.points] == [1] * 7 + [7] + [1] * 7
        assert chart.center == 21 / 15
        for point in chart.points:
            assert (point.low, point.high) == (0, pytest.approx(3.267 * 21 / 15))

    def test_of_little_say_so(self) -> None:
        assert moving_range_chart([5]).reason == "no_data"
        assert moving_range_chart([5, 6]).reason == "few"
        assert moving_range_chart([1, 2] * 4).reason is None
        assert moving_range_chart([5] * 9).beyond == ()


class TestShares:
    def test_p_chart_of_cans(self) -> None:
        published = oracle("p_chart_orangejuice")
        n = published.inputs["n"]
        chart = p_chart([(hits, n) for hits in published.inputs["defects"]])
        found = [chart.center, chart.points[0].low, chart.points[0].high]
        assert found == pytest.approx(published.expected, abs=published.tolerance)

    def test_lower_limit_is_clipped(self) -> None:
        published = oracle("p_chart_lcl_clipped")
        n, center = published.inputs["n"], published.inputs["pbar"]
        # Two parts of 50 beside one so large that it makes the center, all hits but a fraction.
        many = 10_000_000
        chart = p_chart([(5, n), (6, n), (round(center * many), many)])
        found = [chart.points[0].low, chart.points[0].high]
        assert found == pytest.approx(published.expected, abs=published.tolerance)

    def test_laneys_limits_with_equal_n(self) -> None:
        published = oracle("laney_p_prime_equal_n")
        n = published.inputs["n"]
        chart = p_prime_chart([(hits, n) for hits in published.inputs["defects"]])
        found = [chart.sigma_z, chart.points[0].low, chart.points[0].high]
        assert found == pytest.approx(published.expected, abs=published.tolerance)

    @given(st.lists(st.integers(0, 40), min_size=3, max_size=20))
    def test_laneys_chart_is_the_xmr_chart_where_n_is_equal(self, hits: list[int]) -> None:
        chart, plain = (
            p_prime_chart([(each, 40) for each in hits]),
            xmr_chart([each / 40 for each in hits]),
        )
        assume(chart.center not in (0, 1))
        assert chart.points[0].high == pytest.approx(min(1, plain.points[0].high))
        assert chart.points[0].low == pytest.approx(max(0, plain.points[0].low))

    @given(
        st.lists(
            st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))),
            min_size=2,
        )
    )
    def test_limits_are_shares_around_the_center(self, parts: list[tuple[int, int]]) -> None:
        for chart in (p_chart(parts), p_prime_chart(parts)):
            assert chart.center is not None
            for point in chart.points:
                assert 0 <= point.low <= chart.center + 1e-12
                assert chart.center - 1e-12 <= point.high <= 1

    def test_of_nothing_are_none(self) -> None:
        assert p_chart([]).reason == p_prime_chart([]).reason == "no_data"
        assert p_prime_chart([(1, 2)]).reason == "no_data"
        with pytest.raises(InvalidValue, match="a share of 0"):
            p_chart([(0, 0)])
        with pytest.raises(InvalidValue, match="3 hits among 2"):
            p_chart([(3, 2)])


class TestRunRules:
    def test_four_of_five(self) -> None:
        published = oracle("we_rule3_4of5")
        assert list(signals(published.inputs["z"])["western electric 3"]) == published.expected

    def test_nine_in_a_row(self) -> None:
        published = oracle("nelson2_run9")
        assert list(signals(published.inputs["z"], NELSON)["nelson 2"]) == published.expected

    @pytest.mark.parametrize(
        ("name", "z", "places"),
        [
            ("western electric 1", [0, 3.1, -3.1, 3], (2, 3)),
            ("western electric 2", [2.1, 0, 2.1, -2.1, 2.1], (3, 5)),
            ("western electric 2", [0, 2.1, 2.1, 0.5], (3,)),  # the last one is in order again
            ("western electric 4", [0.1] * 9, (8, 9)),
            ("nelson 3", [0, 1, 2, 3, 4, 5, 4], (6,)),
            ("nelson 3", [0, 1, 2, 3, 4, 4, 5], ()),
            ("nelson 4", [0.5, -0.5] * 7, (14,)),
            ("nelson 4", [0.5, -0.5] * 6 + [0.6, 0.7], ()),
            ("nelson 5", [-2.5, 0, -2.5], (3,)),
            ("nelson 6", [1.1, 1.1, 0, 1.1, 1.1], (5,)),
            ("nelson 7", [0.9, -0.9] * 8, (15, 16)),
            ("nelson 8", [1.1, -1.1] * 4, (8,)),
            ("nelson 1", [3.0], ()),
            # What the first points make signals once there are as many as the rule looks at.
            ("western electric 2", [2.5, 2.5], ()),
            ("western electric 2", [2.5, 2.5, 0, 0], (3,)),
            ("western electric 2", [-2.5, -2.5, 2.5, 0], (3,)),
            ("western electric 3", [1.2, 1.2, 1.2, 1.2, 0, 0], (5,)),
            ("nelson 5", [2.5, -2.5, 0], ()),
            # The published tests of the R package qcc, L. Scrucca's quality control charts.
            ("western electric 1", [0, 3.2, -3.5, 2.9], (2, 3)),
            ("western electric 2", [0, 2.5, 1.0, 2.6, 0], (4,)),
            ("western electric 2", [2.5] * 7 + [3.2], (3, 4, 5, 6, 7, 8)),
            ("western electric 3", [2.5] * 7 + [3.2], (5, 6, 7, 8)),
            ("western electric 4", [-1] * 8 + [1], (8,)),
            ("nelson 3", [1, 2, 3, 4, 5, 6, 7, 7, 6, 5, 4, 3, 2, 1], (6, 7, 13, 14)),
            ("nelson 4", [1, 3, 2, 4, 3, 5, 4, 6, 5, 7, 6, 8, 7, 9, 8], (14, 15)),
            ("nelson 5", [0, 2.3, 0.4, 2.2, -2.4, -0.2, -2.5], (4, 7)),
            ("nelson 6", [1.2, 1.3, 0.2, 1.4, 1.5, -1.2, -1.3, -0.1, -1.4, -1.5], (5, 10)),
            ("nelson 7", [0.3] * 16 + [1.2], (15, 16)),
            ("nelson 8", [1.2, -1.3, 1.1, -1.4, 1.5, -1.2, 1.3, -1.1, 0.2], (8,)),
            ("nelson 8", [1.2] * 8, ()),
            ("nelson 7", [1, -1] * 7 + [1], (15,)),  # what is not beyond is within
        ],
    )
    def test_each(self, name: str, z: list[float], places: tuple[int, ...]) -> None:
        assert signals(z, [name]).get(name, ()) == places

    @given(st.lists(st.floats(-4, 4), max_size=40))
    def test_are_the_same_upside_down(self, z: list[float]) -> None:
        assume(0 not in z)
        assert signals(z, RULES) == signals([-each for each in z], RULES)

    @given(st.lists(st.floats(-4, 4), max_size=40), st.integers(1, 3))
    def test_no_pattern_of_so_many_on_one_side_is_missed(
        self, z: list[float], distance: int
    ) -> None:
        """A window with so many beyond has a signal within it, wherever it lies."""
        least, length, name = {
            1: (4, 5, "western electric 3"),
            2: (2, 3, "western electric 2"),
            3: (1, 1, "western electric 1"),
        }[distance]
        places = signals(z, [name]).get(name, ())
        found = {
            end
            for end in range(length, len(z) + 1)
            for side in (1, -1)
            if sum(side * each > distance for each in z[end - length : end]) >= least
        }
        assert set(places) <= found
        for end in found:
            assert any(end - length < place <= end for place in places)

    def test_take_numbers_alone(self) -> None:
        with pytest.raises(InvalidValue, match="a deviate is no number"):
            signals([1, nan])

    def test_have_names_and_meanings(self) -> None:
        assert set(MEANINGS) == set(RULES) == {*WESTERN_ELECTRIC, *NELSON}
        with pytest.raises(UnknownName, match="run rule"):
            signals([1], ["nelson 9"])


class TestErlang:
    def test_service_level(self) -> None:
        published = oracle("erlang_c_service_level_14")
        desk = staffing(
            published.inputs["erlangs"],
            published.inputs["agents"],
            within=timedelta(minutes=published.inputs["target"]),
            handling=timedelta(minutes=published.inputs["aht"]),
        )
        assert desk.service_level == pytest.approx(published.expected, abs=published.tolerance)

    def test_fifteen_agents(self) -> None:
        published = oracle("erlang_c_10erl_15")
        desk = staffing(
            published.inputs["erlangs"],
            published.inputs["agents"],
            within=timedelta(minutes=published.inputs["target"]),
            handling=timedelta(minutes=published.inputs["aht"]),
        )
        found = [desk.waits, desk.service_level, desk.occupancy]
        assert found == pytest.approx(published.expected, abs=published.tolerance)

    def test_a_large_desk(self) -> None:
        published = oracle("erlang_c_360_55")
        found = erlang_c(published.inputs["erlangs"], published.inputs["agents"])
        assert found == pytest.approx(published.expected, abs=published.tolerance)

    @given(st.floats(0.01, 60), st.integers(1, 80))
    def test_b_is_that_of_a_truncated_poisson(self, load: float, agents: int) -> None:
        poisson = scipy.stats.poisson(load)
        expected = poisson.pmf(agents) / poisson.cdf(agents)
        assert erlang_b(load, agents) == pytest.approx(expected, rel=1e-9)

    @given(st.floats(0.1, 15), st.integers(1, 20))
    def test_c_is_that_of_a_birth_and_death_process(self, load: float, agents: int) -> None:
        """The stationary chance of at least so many in an M/M/c queue, cut off far out."""
        assume(load < agents * 0.9)
        rates = np.array([load / min(n, agents) for n in range(1, 2000)])
        chances = np.concatenate([[1.0], np.cumprod(rates)])
        chances /= chances.sum()
        assert erlang_c(load, agents) == pytest.approx(chances[agents:].sum(), rel=1e-6)
        waiting = sum((n - agents) * chances[n] for n in range(agents, len(chances)))
        desk = staffing(load, agents, within="1m", handling="1h")
        assert desk.mean_wait == pytest.approx(waiting / load * 3600, rel=1e-5)

    @given(st.floats(0.1, 200), st.floats(0.5, 0.99), st.floats(0.5, 1))
    def test_required_agents_are_the_fewest(
        self, load: float, wanted: float, occupancy: float
    ) -> None:
        asked = {"within": "20s", "handling": "3m"}
        found = required_agents(load, service_level=wanted, occupancy=occupancy, **asked)
        assert found.service_level >= wanted
        assert found.occupancy <= occupancy + 1e-12
        fewer = found.agents - 1
        if fewer > load and load / fewer <= occupancy:
            assert staffing(load, fewer, **asked).service_level < wanted

    def test_loads_of_thousands_stay_exact(self) -> None:
        assert 0 < erlang_c(5000, 5050) < 1
        assert required_agents(5000, service_level=0.8, within="20s", handling="3m").agents < 5100

    @pytest.mark.parametrize(("occupancy", "agents"), [(0.6, 7), (0.7, 15), (0.6, 28), (0.85, 20)])
    def test_as_busy_as_allowed_is_allowed(self, occupancy: float, agents: int) -> None:
        """Rounding asks for no agent more: 4.2 erlangs keep 7 agents busy for 60 %."""
        asked = {"within": "1h", "handling": "3m"}
        load = occupancy * agents
        assert load / agents <= occupancy
        found = required_agents(load, service_level=0.5, occupancy=occupancy, **asked)
        assert found.agents == agents

    def test_no_load_leaves_nobody_waiting(self) -> None:
        desk = required_agents(0, service_level=0.8, within="20s", handling="3m")
        assert (desk.agents, desk.waits, desk.service_level) == (1, 0, 1)
        assert (desk.occupancy, desk.mean_wait) == (0, 0)
        assert erlang_b(0, 0) == 1

    def test_more_than_a_million_agents_are_taken_for_a_mistake(self) -> None:
        with pytest.raises(InvalidValue, match="expected one that 1,000,000 can handle"):
            required_agents(2e6, service_level=0.8, within="20s", handling="3m")
        with pytest.raises(InvalidValue, match="from 0 to 1,000,000"):
            erlang_b(5, 10**12)

    @given(st.floats(0.1, 40), st.integers(1, 60), st.integers(1, 3600))
    def test_more_agents_more_time_or_less_load_serve_no_worse(
        self, load: float, spare: int, seconds: int
    ) -> None:
        def level(load: float, agents: int, seconds: int) -> float:
            within = timedelta(seconds=seconds)
            desk = staffing(load, agents, within=within, handling="3m")
            assert 0 <= desk.service_level <= 1
            assert 0 <= desk.waits <= 1
            assert desk.service_level >= 1 - desk.waits
            return desk.service_level

        agents = int(load) + spare
        base = level(load, agents, seconds)
        for better in (
            level(load, agents + 1, seconds),
            level(load, agents, seconds + 1),
            level(load * 0.99, agents, seconds),
        ):
            assert better >= base - 1e-12

    def test_a_load_as_large_as_the_desk_is_refused(self) -> None:
        for load in (15, 20):
            with pytest.raises(InvalidValue, match="the queue grows for ever"):
                erlang_c(load, 15)
            with pytest.raises(InvalidValue, match="the queue grows for ever"):
                staffing(load, 15, within="20s", handling="3m")

    @pytest.mark.parametrize("load", [-1, inf, nan])
    def test_refuse_loads_that_are_none(self, load: float) -> None:
        for ask in (erlang_b, erlang_c):
            with pytest.raises(InvalidValue, match="expected erlangs from 0 on"):
                ask(load, 5)
        with pytest.raises(InvalidValue, match="expected erlangs from 0 on"):
            required_agents(load, service_level=0.8, within="1m", handling="1m")
        with pytest.raises(InvalidValue, match="expected a number from 0 on"):
            load_of(load, "1h", "1m")

    @pytest.mark.parametrize("agents", [-1, 2.5, nan])
    def test_refuse_agents_who_are_not_whole(self, agents: int) -> None:
        with pytest.raises(InvalidValue, match="expected a whole number from 0"):
            erlang_b(1, agents)

    @pytest.mark.parametrize(
        "wrong",
        [{"service_level": 1}, {"service_level": 0}, {"occupancy": 0}, {"occupancy": 1.01}],
    )
    def test_refuse_shares_that_are_none(self, wrong: dict[str, float]) -> None:
        with pytest.raises(InvalidValue, match="expected a share"):
            required_agents(1, within="1m", handling="1m", **{"service_level": 0.8, **wrong})

    @pytest.mark.parametrize("wrong", ["0s", "-1m", "3bd", timedelta(0)])
    def test_refuse_times_that_are_none(self, wrong: str) -> None:
        """T2: durations are times; and nothing is handled, or comes, in none."""
        with pytest.raises(InvalidValue, match="within is"):
            staffing(10, 15, within=wrong, handling="3m")
        with pytest.raises(InvalidValue, match="handling is"):
            required_agents(10, service_level=0.8, within="20s", handling=wrong)
        with pytest.raises(InvalidValue, match="per is"):
            load_of(10, per=wrong, handling="3m")

    def test_load(self) -> None:
        assert load_of(360, "30m", "4m") == 48
