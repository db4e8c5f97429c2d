"""Charts that tell news from noise, agents for a load, customers who are leaving."""

from __future__ import annotations

from datetime import timedelta
from math import inf, nan

import numpy as np
import pytest
import scipy.stats
from hypothesis import assume, given
from hypothesis import strategies as st

from servicecore.errors import InvalidValue, UnknownName
from servicecore.instants import DAY, HOUR
from servicecore.lifecycle.events import DefectionNoted, Event, Resolved
from servicecore.metrics.cohort import Period
from servicecore.metrics.control import p_chart, p_prime_chart, xmr_chart
from servicecore.metrics.defection import DefectionTally, Prior, defections, silence_chance
from servicecore.metrics.run_rules import MEANINGS, NELSON, RULES, WESTERN_ELECTRIC, signals
from servicecore.metrics.self_service import Session, self_service
from servicecore.metrics.staffing import (
    erlang_b,
    erlang_c,
    load_of,
    required_agents,
    staffing,
)
from tests.metrics.kit import after, event, opened, situation, situations
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
        assert xmr_chart([5] * 9).beyond == ()
        assert xmr_chart([5] * 9).deviates == (0,) * 9


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
        ],
    )
    def test_each(self, name: str, z: list[float], places: tuple[int, ...]) -> None:
        assert signals(z, [name]).get(name, ()) == places

    @given(st.lists(st.floats(-4, 4), max_size=40))
    def test_are_the_same_upside_down(self, z: list[float]) -> None:
        assume(0 not in z)
        assert signals(z, RULES) == signals([-each for each in z], RULES)

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

    def test_a_load_as_large_as_the_desk_is_refused(self) -> None:
        for load in (15, 20):
            with pytest.raises(InvalidValue, match="the queue grows for ever"):
                erlang_c(load, 15)

    @pytest.mark.parametrize("load", [-1, inf, nan])
    def test_refuse_what_makes_no_sense(self, load: float) -> None:
        with pytest.raises(InvalidValue, match="expected erlangs from 0 on"):
            erlang_b(load, 5)
        with pytest.raises(InvalidValue, match="expected a whole number from 0 on"):
            erlang_b(1, -1)
        with pytest.raises(InvalidValue, match="expected a number from 0 on"):
            load_of(load, "1h", "1m")
        for wrong in ({"service_level": 1}, {"service_level": 0.8, "occupancy": 0}):
            with pytest.raises(InvalidValue, match="expected a share"):
                required_agents(1, within="1m", handling="1m", **wrong)  # type: ignore[arg-type]  # wrong on purpose

    def test_load(self) -> None:
        assert load_of(360, "30m", "4m") == 48


PRIOR = Prior(2, 30 * DAY)


class TestDefection:
    @given(st.integers(0, 50), st.integers(0, 400), st.integers(0, 400))
    def test_silence_is_a_negative_binomial_at_none(self, x: int, seen: int, gap: int) -> None:
        found = silence_chance(x, seen * DAY, gap * DAY, PRIOR).value
        base = 30 + seen
        expected = scipy.stats.nbinom.pmf(0, 2 + x, base / (base + gap))
        assert found == pytest.approx(expected)

    def test_lists_each_sign_and_merges_none(self) -> None:
        def of(request: str, hours: float, *more: Event, **facts: object) -> list[Event]:
            return [opened(hours, request, customer="acme", **facts), *more]

        histories = [
            of("R1", 0, event(DefectionNoted, 1, "R1", kind="own vendor")),
            of("R2", 10, event(DefectionNoted, 12, "R2", kind="workaround")),
            of("R3", 20, event(DefectionNoted, 22, "R3", kind="shadow IT"), kind="complaint"),
            of("R4", 20, event(Resolved, 25, "R4"), kind="complaint"),
            [opened(5, "R5", customer="bits")],
            [opened(5, "R6")],
        ]
        acme, bits = defections(situations(histories, at=100), PRIOR)
        assert (acme.customer, acme.requests, acme.silent_hours) == ("acme", 4, 80)
        assert (acme.own_vendor, acme.workaround, acme.other) == (1, 1, 1)
        assert acme.unresolved_complaints == 1
        expected = silence_chance(4, 20 * HOUR, 80 * HOUR, PRIOR).value
        assert acme.silence.value == expected
        assert (bits.customer, bits.requests) == ("bits", 1)

    def test_in_parts_and_in_a_period(self) -> None:
        known = situations([[opened(n, f"R{n}", customer="acme")] for n in range(6)], at=50)
        one, other = DefectionTally(PRIOR), DefectionTally(PRIOR)
        for place, each in enumerate(known):
            (one if place % 2 else other).add(each)
        one.merge(other)
        assert one.result() == defections(known, PRIOR)
        (cut,) = defections(known, PRIOR, period=Period(after(2), after(4)))
        assert cut.requests == 2
        with pytest.raises(InvalidValue, match="expected the same one"):
            one.merge(DefectionTally(Prior(1, DAY)))

    def test_of_a_complaint_before_the_period_has_no_chance(self) -> None:
        known = [situation(opened(0, customer="acme", kind="complaint"), at=50)]
        (found,) = defections(known, PRIOR, period=Period(after(2), after(4)))
        assert (found.silence.reason, found.unresolved_complaints) == ("no_data", 1)

    def test_needs_a_prior(self) -> None:
        with pytest.raises(InvalidValue, match="expected a shape and a duration above 0"):
            Prior(0, DAY)
        with pytest.raises(InvalidValue, match="expected numbers from 0 on"):
            silence_chance(-1, 0, 0, PRIOR)


class TestSelfService:
    def test_is_sessions_times_intent_times_success(self) -> None:
        sessions = [
            *[Session(intent=False)] * 4,
            *[Session(intent=True, success=True)] * 3,
            Session(intent=True, success=True, opened_after=HOUR),
            Session(intent=True, success=False),
            Session(intent=True),
            Session(intent=True, opened_after=48 * HOUR),
        ]
        found = self_service(sessions)
        assert (found.intent.hits, found.success.hits, found.success.n) == (7, 3, 7)
        assert found.helped.value == pytest.approx(
            (found.intent.value or 0) * (found.success.value or 0)
        )
        assert (found.deflected.hits, found.gave_up.hits, found.gave_up.n) == (6, 3, 6)
        assert found.unknown == 2

    @given(
        st.lists(
            st.builds(
                Session,
                st.booleans(),
                st.sampled_from([True, False, None]),
                st.sampled_from([None, HOUR, 48 * HOUR]),
            )
        )
    )
    def test_deflection_never_says_less_than_success(self, sessions: list[Session]) -> None:
        """Those who gave up are in it."""
        found = self_service(sessions)
        assert (found.deflected.hits or 0) >= (found.success.hits or 0)
        assert found.helped.hits == found.success.hits
