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
from servicecore.metrics.rows import Spell
from servicecore.metrics.survival import Survival, kaplan_meier
from tests.metrics.oracles import Oracle, oracle

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from lifelines import KaplanMeierFitter
    from lifelines.utils import restricted_mean_survival_time

some_spells = st.lists(st.builds(Spell, st.integers(0, 30), st.booleans()), min_size=1, max_size=60)


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
    def test_count_what_something_else_ended_as_censored(self, spells: list[Spell]) -> None:
        """M4: withdrawn and merged are competing events, no ends of the thing itself."""
        others = [Spell(s.time, cause="done" if s.ended else "withdrawn") for s in spells]
        assert kaplan_meier(others) == kaplan_meier(spells)

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

    def test_add_up_no_rounding_where_nothing_is_censored(self) -> None:
        """A product of a million factors would be off by more than a quantile may be."""
        many = 300_000
        curve = kaplan_meier(Spell(time) for time in range(many))
        assert curve.steps[many // 3].surviving == (many - many // 3 - 1) / many
        assert curve.median.value == (many // 2 - 1) / HOUR

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

    @given(some_spells, st.sampled_from(["log-log", "plain"]), st.integers(1, 99))
    def test_have_quantiles_between_the_times_at_which_their_limits_get_there(
        self, spells: list[Spell], band: str, percent: int
    ) -> None:
        """Brookmeyer and Crowley: all times at which the band holds the share that is left."""
        curve = kaplan_meier([Spell(s.time * HOUR, s.ended) for s in spells], band=band)  # type: ignore[arg-type]  # one of two
        left = 1 - percent / 100 + 1e-12
        bands = [(step.time / HOUR, curve.at(step.time)) for step in curve.steps]
        found = curve.quantile(percent / 100)
        for limit, reached in (
            (found.low, [time for time, at in bands if (at.low or 0) <= left]),
            (found.value, [time for time, at in bands if (at.value or 0) <= left]),
            (found.high, [time for time, at in bands if (at.high or 0) <= left]),
        ):
            assert limit == (reached[0] if reached else None)
        assert found.reason == (None if found.value is not None else "unreached")

    def test_know_how_long_an_unreached_median_is_at_least(self) -> None:
        """As R's survfit gives a lower limit and NA."""
        curve = kaplan_meier([Spell(2 * HOUR)] * 4 + [Spell(9 * HOUR, ended=False)] * 6)
        median = curve.median
        assert (median.value, median.low, median.high) == (None, 2, None)

    @given(st.integers(1, 60), st.integers(0, 20), st.integers(21, 40))
    def test_are_not_certain_before_anything_has_ended(
        self, lasting: int, seen: int, ended: int
    ) -> None:
        """All of n: the exact lower limit is (α/2)^(1/n), for those seen as long."""
        curve = kaplan_meier([Spell(ended)] * lasting + [Spell(seen - 1, ended=False)] * (seen > 0))
        found = curve.at(seen)
        assert (found.value, found.high) == (1, 1)
        assert found.low == pytest.approx(0.025 ** (1 / lasting))

    @pytest.mark.parametrize("share", [0, 1, -1, 50])
    def test_have_quantiles_of_shares_alone(self, share: float) -> None:
        with pytest.raises(InvalidValue, match="expected one between 0 and 1"):
            kaplan_meier([Spell(1)]).quantile(share)

    def test_refuse_what_makes_no_sense(self) -> None:
        for time in (-1, float("nan"), float("inf")):
            with pytest.raises(InvalidValue, match="expected a time from 0 on"):
                kaplan_meier([Spell(time)])  # type: ignore[arg-type]  # wrong on purpose
        with pytest.raises(InvalidValue, match="expected 'log-log' or 'plain'"):
            kaplan_meier([Spell(1)], band="log")  # type: ignore[arg-type]  # wrong on purpose
        with pytest.raises(InvalidValue, match="level is 95"):
            kaplan_meier([Spell(1)], level=95)


class TestRestrictedMeans:
    @pytest.mark.parametrize(
        ("ended", "censored", "expected", "error"),
        [
            ([9, 13, 18, 23, 31, 34, 48], [13, 28, 45, 161], 52.6, 19.83),
            ([5, 5, 8, 8, 12, 23, 27, 30, 33, 43, 45], [16], 22.7, 4.18),
        ],
        ids=["maintained", "not maintained"],
    )
    def test_are_those_of_r(
        self, ended: list[int], censored: list[int], expected: float, error: float
    ) -> None:
        """What R's survfit prints of its data aml, with both groups up to 161 weeks."""
        spells = [Spell(t * HOUR) for t in ended] + [Spell(t * HOUR, ended=False) for t in censored]
        found = kaplan_meier(spells).restricted_mean(161 * HOUR)
        assert found.value == pytest.approx(expected, abs=0.05)
        assert ((found.high or 0) - (found.value or 0)) / 1.959964 == pytest.approx(error, abs=5e-3)

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

    @given(some_spells, st.integers(1, 30))
    def test_agree_with_lifelines(self, spells: list[Spell], until: int) -> None:
        """Up to a time at which its steps and ours mean the same, and with its variance."""
        assume(until < max(spell.time for spell in spells))
        fitter = KaplanMeierFitter().fit([s.time for s in spells], [s.ended for s in spells])
        theirs = restricted_mean_survival_time(fitter, t=until)
        found = kaplan_meier(spells).restricted_mean(until)
        assert found.value == pytest.approx(float(theirs) / HOUR)

    def test_end_at_a_time_that_is_none_before_0(self) -> None:
        with pytest.raises(InvalidValue, match="until is -1: expected a time from 0 on"):
            kaplan_meier([Spell(1)]).restricted_mean(-1)
        assert kaplan_meier([Spell(1)]).restricted_mean(0).value == 0
