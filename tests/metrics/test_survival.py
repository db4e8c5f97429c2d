"""How long things take: against lifelines, scipy and what was published (M4)."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from random import Random

import numpy as np
import pytest
import scipy.stats
from hypothesis import assume, given
from hypothesis import strategies as st

from servicecore.errors import InvalidValue
from servicecore.instants import HOUR
from servicecore.metrics.competing import incidences
from servicecore.metrics.logrank import log_rank
from servicecore.metrics.rows import Spell
from servicecore.metrics.survival import Survival, kaplan_meier
from tests.metrics.oracles import Oracle, oracle

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from lifelines import AalenJohansenFitter, KaplanMeierFitter
    from lifelines.statistics import multivariate_logrank_test

some_spells = st.lists(st.builds(Spell, st.integers(0, 30), st.booleans()), min_size=1, max_size=60)
endings = st.sampled_from(["done", "withdrawn", "merged"])
mixed_spells = st.lists(
    st.builds(Spell, st.integers(0, 30), st.booleans(), endings), min_size=1, max_size=60
)


def spells_of(published: Oracle, unit: int = 1) -> list[Spell]:
    inputs = published.inputs
    pairs = zip(inputs["time"], inputs["event"], strict=True)
    return [Spell(time * unit, bool(event)) for time, event in pairs]


def shares(curve: Survival, times: Sequence[int]) -> list[float]:
    return [curve.surviving(time) for time in times]


class TestPublished:
    @pytest.mark.parametrize("name", ["km_realstat", "km_bumc4"])
    def test_curves(self, name: str) -> None:
        published = oracle(name)
        curve = kaplan_meier(spells_of(published))
        times = sorted(set(published.inputs["time"]))
        assert shares(curve, times) == pytest.approx(published.expected, abs=published.tolerance)

    @pytest.mark.parametrize(
        ("name", "band", "level"),
        [("km_realstat_loglog95", "log-log", 0.95), ("km_realstat_plain90", "plain", 0.9)],
    )
    def test_limits(self, name: str, band: str, level: float) -> None:
        published = oracle(name)
        curve = kaplan_meier(spells_of(published), band=band, level=level)  # type: ignore[arg-type]  # one of two
        at = [curve.at(time) for time in sorted(set(published.inputs["time"]))]
        for found, expected in zip(
            ([e.low for e in at], [e.high for e in at]), published.expected, strict=True
        ):
            assert found == pytest.approx(expected, abs=published.tolerance)

    def test_standard_errors(self) -> None:
        """Greenwood."""
        published = oracle("km_6mp_greenwood_se")
        curve = kaplan_meier(spells_of(published))
        steps = [curve.step(time) for time in published.inputs["at"]]
        found = [step.surviving * step.greenwood**0.5 for step in steps if step and step.greenwood]
        assert found == pytest.approx(published.expected, abs=published.tolerance)

    def test_a_median(self) -> None:
        published = oracle("km_6mp_median")
        assert kaplan_meier(spells_of(published, HOUR)).median.value == published.expected

    def test_a_quantile_that_is_not_reached(self) -> None:
        published = oracle("km_p90_undefined")
        found = kaplan_meier(spells_of(published)).quantile(published.inputs["q"])
        assert (found.value, found.reason) == (published.expected, "unreached")

    @pytest.mark.parametrize("name", ["logrank_bumc_1", "logrank_bland_altman"])
    def test_the_log_rank_test_of_two_groups(self, name: str) -> None:
        published = oracle(name)
        groups = {
            group: [Spell(t) for t in published.inputs[group][0]]
            + [Spell(t, ended=False) for t in published.inputs[group][1]]
            for group in "ab"
        }
        found = log_rank(groups).chi_square
        assert found == pytest.approx(published.expected, abs=1e-8)

    def test_the_chance_of_a_chi_square(self) -> None:
        from servicecore.distributions import chi_square_survival

        published = oracle("logrank_6mp_p")
        found = chi_square_survival(published.inputs["chi2"], 1)
        assert found == pytest.approx(published.expected, abs=published.tolerance)

    def test_incidences_of_a_trial(self) -> None:
        """Satagopan et al. 2004, table 2: two causes, one or the other at each time."""
        published = oracle("cif_satagopan_bjc2004_increments")
        at_risk, causes = published.inputs["at_risk"], published.inputs["cause"]
        spells: list[Spell] = []
        for time, (n, cause) in enumerate(zip(at_risk, causes, strict=True), start=1):
            spells.append(Spell(time, cause=str(cause)))
            later = at_risk[time] if time < len(at_risk) else 0
            spells += [Spell(time, ended=False)] * (n - 1 - later)
        ends = incidences(spells)
        reached = [0.0, *(ends.of("1", time).value or 0 for time in range(1, len(causes) + 1))]
        rises = [
            (behind - before) * 100
            for before, behind, cause in zip(reached, reached[1:], causes, strict=False)
            if cause == published.inputs["of_interest"]
        ]
        assert rises == pytest.approx(published.expected, abs=published.tolerance)

    def test_incidences_add_up(self) -> None:
        published = oracle("cif_sum_identity")
        pairs = zip(published.inputs["time"], published.inputs["cause"], strict=True)
        ends = incidences([Spell(time, bool(cause), str(cause)) for time, cause in pairs])
        found = [ends.of("1").value, ends.of("2").value, ends.going_on(8)]
        assert found == pytest.approx(published.expected, abs=published.tolerance)


class TestCurves:
    @given(some_spells)
    def test_agree_with_lifelines(self, spells: list[Spell]) -> None:
        """M4: events precede censorings at ties."""
        fitter = KaplanMeierFitter().fit([s.time for s in spells], [s.ended for s in spells])
        curve = kaplan_meier(spells)
        for time in range(32):
            expected = float(fitter.survival_function_at_times(time).iloc[0])
            assert curve.surviving(time) == pytest.approx(expected, abs=1e-9)

    @given(some_spells)
    def test_agree_with_scipy_and_its_log_log_limits(self, spells: list[Spell]) -> None:
        ended = [s.time for s in spells if s.ended]
        assume(ended)
        open_ = [s.time for s in spells if not s.ended]
        theirs = scipy.stats.ecdf(scipy.stats.CensoredData(uncensored=ended, right=open_)).sf
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            limits = theirs.confidence_interval(0.95, method="log-log")
        curve = kaplan_meier(spells)
        for time in sorted(set(ended)):
            ours = curve.at(time)
            assert ours.value == pytest.approx(float(theirs.evaluate(time)), abs=1e-9)
            low, high = float(limits.low.evaluate(time)), float(limits.high.evaluate(time))
            if 0 < float(theirs.evaluate(time)) < 1 and not np.isnan(low):
                assert (ours.low, ours.high) == pytest.approx((low, high), abs=1e-6)

    @given(some_spells, st.sampled_from(["log-log", "plain"]))
    def test_fall_from_1_and_lie_within_their_limits(self, spells: list[Spell], band: str) -> None:
        """M1."""
        curve = kaplan_meier(spells, band=band)  # type: ignore[arg-type]  # one of two
        before = 1.0
        for time in range(curve.longest + 1):
            at = curve.at(time)
            assert at.value is not None
            assert at.low is not None
            assert at.high is not None
            assert 0 <= at.low <= at.value <= at.high <= 1
            assert at.value <= before
            before = at.value

    @given(st.lists(st.integers(0, 40), min_size=1))
    def test_without_censoring_are_the_empirical_one(self, times: list[int]) -> None:
        curve = kaplan_meier([Spell(time) for time in times])
        for time in range(42):
            longer = sum(each > time for each in times) / len(times)
            assert curve.surviving(time) == pytest.approx(longer, abs=1e-12)

    @given(st.lists(st.integers(0, 40), min_size=1), st.integers(1, 99))
    def test_without_censoring_have_the_quantiles_of_the_nearest_rank(
        self, times: list[int], percent: int
    ) -> None:
        found = kaplan_meier([Spell(time * HOUR) for time in times]).quantile(percent / 100)
        rank = -(-percent * len(times) // 100)
        assert found.value == sorted(times)[rank - 1]

    @given(some_spells, st.randoms())
    def test_do_not_depend_on_the_order(self, spells: list[Spell], random: Random) -> None:
        shuffled = random.sample(spells, len(spells))
        assert kaplan_meier(shuffled) == kaplan_meier(spells)

    @given(some_spells)
    def test_open_spells_lengthen_what_is_finished_alone(self, spells: list[Spell]) -> None:
        """M4: to leave out what is open flatters."""
        finished = kaplan_meier([spell for spell in spells if spell.ended])
        whole = kaplan_meier(spells)
        for time in range(32):
            assert whole.surviving(time) >= finished.surviving(time) - 1e-12 or not finished.n

    def test_of_nothing_have_no_values(self) -> None:
        """M1."""
        curve = kaplan_meier([])
        found = [curve.at(3), curve.median, curve.restricted_mean()]
        assert [(each.value, each.reason) for each in found] == [(None, "no_data")] * 3

    def test_say_nothing_behind_what_is_known(self) -> None:
        curve = kaplan_meier([Spell(2), Spell(5, ended=False)])
        assert curve.at(6).reason == "extrapolated"
        assert curve.restricted_mean(6).reason == "extrapolated"
        assert kaplan_meier([Spell(2), Spell(5)]).at(6).value == 0

    @given(some_spells)
    def test_have_the_median_limits_of_their_band(self, spells: list[Spell]) -> None:
        curve = kaplan_meier([Spell(s.time * HOUR, s.ended) for s in spells])
        median = curve.median
        assume(median.value is not None)
        assert median.value is not None
        assert median.low is None or median.low <= median.value
        assert median.high is None or median.high >= median.value

    @pytest.mark.parametrize("share", [0, 1, -1, 50])
    def test_have_quantiles_of_shares_alone(self, share: float) -> None:
        with pytest.raises(InvalidValue, match="expected one between 0 and 1"):
            kaplan_meier([Spell(1)]).quantile(share)

    def test_refuse_what_makes_no_sense(self) -> None:
        with pytest.raises(InvalidValue, match="expected a time from 0 on"):
            kaplan_meier([Spell(-1)])
        with pytest.raises(InvalidValue, match="expected 'log-log' or 'plain'"):
            kaplan_meier([Spell(1)], band="log")  # type: ignore[arg-type]  # wrong on purpose
        with pytest.raises(InvalidValue, match="level is 95"):
            kaplan_meier([Spell(1)], level=95)


class TestRestrictedMeans:
    @given(some_spells, st.integers(1, 30))
    def test_are_areas(self, spells: list[Spell], until: int) -> None:
        curve = kaplan_meier(spells)
        found = curve.restricted_mean(until)
        if until > curve.longest and curve.surviving(curve.longest):
            assert found.reason == "extrapolated"
            return
        area = sum(curve.surviving(time) for time in range(until))
        assert found.value == pytest.approx(area / HOUR, abs=1e-15)
        assert found.low is not None
        assert found.high is not None
        assert found.low <= (found.value or 0) <= found.high <= until / HOUR + 1e-15

    @given(st.lists(st.integers(0, 40), min_size=2))
    def test_without_censoring_are_means(self, times: list[int]) -> None:
        found = kaplan_meier([Spell(time * HOUR) for time in times]).restricted_mean()
        assert found.value == pytest.approx(sum(times) / len(times), abs=1e-9)
        spread = np.std(times) / len(times) ** 0.5  # Irwin's variance is then that of the mean
        half = scipy.stats.norm.ppf(0.975) * spread
        assert found.high == pytest.approx(
            min(max(times), max(found.value or 0, sum(times) / len(times) + half)), abs=1e-6
        )


class TestLogRank:
    groups = st.lists(
        st.lists(st.builds(Spell, st.integers(1, 12), st.booleans()), min_size=2, max_size=20),
        min_size=2,
        max_size=4,
    )

    @given(groups)
    def test_agrees_with_lifelines(self, groups: list[list[Spell]]) -> None:
        found = log_rank({str(place): group for place, group in enumerate(groups)})
        assume(found.p is not None)
        rows = [
            (spell.time, spell.ended, place)
            for place, group in enumerate(groups)
            for spell in group
        ]
        times, ended, places = zip(*rows, strict=True)
        theirs = multivariate_logrank_test(times, places, ended)
        assert found.chi_square == pytest.approx(theirs.test_statistic, abs=1e-6)
        assert found.p == pytest.approx(theirs.p_value, abs=1e-6)
        assert found.degrees == len(groups) - 1

    @given(groups)
    def test_expects_as_much_as_was_done(self, groups: list[list[Spell]]) -> None:
        found = log_rank({str(place): group for place, group in enumerate(groups)})
        done = sum(spell.ended for group in groups for spell in group)
        assert sum(group.observed for group in found.groups) == done
        assert sum(group.expected for group in found.groups) == pytest.approx(done)

    @given(groups)
    def test_does_not_depend_on_which_group_comes_last(self, groups: list[list[Spell]]) -> None:
        named = {str(place): group for place, group in enumerate(groups)}
        other = dict(reversed(named.items()))
        one, two = log_rank(named).chi_square, log_rank(other).chi_square
        assert (one is None) == (two is None)
        assert one is None or one == pytest.approx(two, abs=1e-6)

    def test_needs_something_to_compare(self) -> None:
        with pytest.raises(InvalidValue, match="expected two or more to compare"):
            log_rank({"a": [Spell(1)]})
        with pytest.raises(InvalidValue, match="expected a time from 0 on"):
            log_rank({"a": [Spell(1)], "b": [Spell(-1)]})
        found = log_rank({"a": [Spell(1, ended=False)], "b": [Spell(2, ended=False)]})
        assert (found.p, found.reason) == (None, "no_data")


class TestCompetingEnds:
    @given(mixed_spells)
    def test_add_up_with_what_goes_on(self, spells: list[Spell]) -> None:
        """Aalen-Johansen: the incidences of all causes and S are 1."""
        ends = incidences(spells)
        for time in range(ends.longest + 1):
            reached = sum(ends.of(cause, time).value or 0 for cause in ends.causes)
            assert reached + ends.going_on(time) == pytest.approx(1)

    @given(mixed_spells)
    def test_never_exceed_what_kaplan_meier_would_say(self, spells: list[Spell]) -> None:
        """M4: as if nothing came in its way."""
        ends, curve = incidences(spells), kaplan_meier(spells)
        for time in range(ends.longest + 1):
            assert (ends.of("done", time).value or 0) <= 1 - curve.surviving(time) + 1e-9

    @given(st.data())
    def test_agree_with_lifelines(self, data: st.DataObject) -> None:
        """Without ties, which lifelines shakes apart at random."""
        times = data.draw(st.lists(st.integers(1, 60), min_size=2, max_size=30, unique=True))
        causes = [data.draw(st.integers(0, 2)) for _ in times]
        assume(1 in causes)
        spells = [Spell(t, bool(c), str(c)) for t, c in zip(times, causes, strict=True)]
        fitter = AalenJohansenFitter(calculate_variance=True)
        fitter.fit(np.array(times), np.array(causes), event_of_interest=1)
        ends = incidences(spells)
        reached = fitter.cumulative_density_.iloc[:, 0]
        for time in times:
            found = ends.of("1", time)
            assert found.value == pytest.approx(float(reached.loc[time]), abs=1e-9)
            assert found.low is not None
            assert found.high is not None
            assert 0 <= found.low <= (found.value or 0) <= found.high <= 1

    def test_know_nothing_behind_the_longest(self) -> None:
        ends = incidences([Spell(2), Spell(5, ended=False)])
        assert ends.of("done", 6).reason == "extrapolated"
        assert incidences([]).of("done").reason == "no_data"
        assert incidences([Spell(2)]).of("done", 9).value == 1
