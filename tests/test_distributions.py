"""Distributions and intervals, against scipy, statsmodels and what was published (M1)."""

from __future__ import annotations

from math import inf, isclose, nan

import pytest
import scipy.special
import scipy.stats
from hypothesis import assume, example, given
from hypothesis import strategies as st
from statsmodels.stats.proportion import proportion_confint

from servicecore import distributions as ours
from servicecore.errors import InvalidValue
from servicecore.intervals import (
    SHARE_INTERVALS,
    agresti_coull,
    clopper_pearson,
    jeffreys,
    poisson_exact,
    wilson,
)
from tests.metrics.oracles import oracle

shapes = st.floats(0.01, 1e5)
"""Of large ones, the logarithm of the gamma function leaves an error of about 1e-10."""
shares = st.floats(1e-6, 1 - 1e-6)
levels = st.floats(0.5, 0.999)


@st.composite
def counts(draw: st.DrawFn, most: int = 5_000) -> tuple[int, int]:
    """Hits, and among how many."""
    n = draw(st.integers(1, most))
    return draw(st.integers(0, n)), n


class TestAgainstScipy:
    @given(st.floats(0, 1, allow_subnormal=False), shapes, shapes)
    @example(0.5, 1e5, 1e5)
    @example(1e-12, 0.01, 3.0)
    def test_beta(self, x: float, a: float, b: float) -> None:
        assert isclose(ours.beta_cdf(x, a, b), scipy.special.betainc(a, b, x), abs_tol=1e-9)

    @given(st.floats(0, 5), shapes)
    def test_gamma_on_both_sides_of_its_mean(self, times: float, shape: float) -> None:
        x = times * shape
        expected = scipy.special.gammainc(shape, x), scipy.special.gammaincc(shape, x)
        found = ours.gamma_cdf(x, shape), ours.gamma_survival(x, shape)
        assert found == pytest.approx(expected, abs=1e-9)

    @given(shares, st.floats(0.3, 1e4), st.floats(0.3, 1e4))
    def test_beta_quantiles(self, p: float, a: float, b: float) -> None:
        assert ours.beta_quantile(p, a, b) == pytest.approx(scipy.stats.beta.ppf(p, a, b), rel=1e-8)

    @given(shares, st.floats(0.3, 1e4))
    def test_gamma_quantiles(self, p: float, shape: float) -> None:
        assert ours.gamma_quantile(p, shape) == pytest.approx(
            scipy.stats.gamma.ppf(p, shape), rel=1e-8
        )

    @given(shares, st.integers(1, 2_000))
    def test_t_quantiles(self, p: float, degrees: int) -> None:
        expected = scipy.stats.t.ppf(p, degrees)
        assert ours.t_quantile(p, degrees) == pytest.approx(expected, rel=1e-8, abs=1e-12)

    @given(st.floats(0.001, 0.999), st.integers(1, 500), st.integers(1, 500))
    def test_f_quantiles(self, p: float, degrees: int, other: int) -> None:
        expected = scipy.stats.f.ppf(p, degrees, other)
        assert ours.f_quantile(p, degrees, other) == pytest.approx(expected, rel=1e-7)

    @given(st.floats(0, 700), st.integers(1, 50))
    def test_chi_square_far_out_in_its_tail(self, x: float, degrees: int) -> None:
        expected = scipy.stats.chi2.sf(x, degrees)
        assert ours.chi_square_survival(x, degrees) == pytest.approx(expected, rel=1e-9)

    @given(shares)
    def test_normal_quantiles(self, p: float) -> None:
        assert ours.normal_quantile(p) == pytest.approx(scipy.stats.norm.ppf(p), abs=1e-12)


class TestEnds:
    def test_of_a_distribution(self) -> None:
        assert [ours.beta_cdf(x, 2, 3) for x in (-1, 0, 1, 2)] == [0, 0, 1, 1]
        assert [ours.gamma_cdf(x, 2) for x in (-1, 0)] == [0, 0]
        assert [ours.gamma_survival(x, 2) for x in (-1, 0)] == [1, 1]
        assert [ours.beta_quantile(p, 2, 3) for p in (0, 1)] == [0, 1]
        assert ours.t_quantile(0.5, 3) == 0

    @pytest.mark.parametrize("p", [-1, 0, 1, 2, nan])
    def test_what_is_no_share_is_refused(self, p: float) -> None:
        with pytest.raises(InvalidValue, match="expected a share between 0 and 1"):
            ours.normal_quantile(p)

    @pytest.mark.parametrize("shape", [0, -1, inf, nan])
    def test_what_is_no_shape_is_refused(self, shape: float) -> None:
        for ask in (
            lambda: ours.beta_cdf(0.5, shape, 1),
            lambda: ours.gamma_cdf(0.5, shape),
            lambda: ours.gamma_survival(0.5, shape),
            lambda: ours.gamma_quantile(0.5, shape),
            lambda: ours.t_quantile(0.9, shape),
        ):
            with pytest.raises(InvalidValue, match="expected a number above 0"):
                ask()


THEIRS = {
    "wilson": "wilson",
    "agresti-coull": "agresti_coull",
    "clopper-pearson": "beta",
    "jeffreys": "jeffreys",
}
"""What statsmodels calls the methods."""


class TestIntervalsOfShares:
    @pytest.mark.parametrize("method", SHARE_INTERVALS)
    @given(counts(), levels)
    def test_agree_with_statsmodels(self, method: str, seen: tuple[int, int], level: float) -> None:
        hits, n = seen
        low, high = SHARE_INTERVALS[method](hits, n, level)
        expected = list(proportion_confint(hits, n, alpha=1 - level, method=THEIRS[method]))
        if method == "jeffreys":  # where nothing, or everything, was hit, ours keeps the end
            expected = [0 if hits == 0 else expected[0], 1 if hits == n else expected[1]]
        clipped = [max(0, min(expected[0], hits / n)), min(1, max(expected[1], hits / n))]
        assert [low, high] == pytest.approx(clipped, abs=1e-8)

    @pytest.mark.parametrize("method", SHARE_INTERVALS)
    @given(counts(), levels)
    def test_contain_the_share_and_lie_in_its_range(
        self, method: str, seen: tuple[int, int], level: float
    ) -> None:
        """M1."""
        hits, n = seen
        low, high = SHARE_INTERVALS[method](hits, n, level)
        assert 0 <= low <= hits / n <= high <= 1

    @pytest.mark.parametrize("method", SHARE_INTERVALS)
    @given(counts(500), levels, st.integers(2, 9))
    def test_shrink_with_n(
        self, method: str, seen: tuple[int, int], level: float, times: int
    ) -> None:
        """M1: the same share of more units is known better."""
        hits, n = seen
        low, high = SHARE_INTERVALS[method](hits, n, level)
        closer = SHARE_INTERVALS[method](hits * times, n * times, level)
        assert closer[1] - closer[0] < high - low

    @pytest.mark.parametrize("method", SHARE_INTERVALS)
    @given(counts(500), st.floats(0.5, 0.99))
    def test_grow_with_the_level(self, method: str, seen: tuple[int, int], level: float) -> None:
        low, high = SHARE_INTERVALS[method](*seen, level)
        wide_low, wide_high = SHARE_INTERVALS[method](*seen, 0.995)
        assert wide_low <= low
        assert high <= wide_high

    @pytest.mark.parametrize("method", SHARE_INTERVALS)
    @given(counts(500), levels)
    def test_are_mirrored_with_hits_and_misses(
        self, method: str, seen: tuple[int, int], level: float
    ) -> None:
        hits, n = seen
        low, high = SHARE_INTERVALS[method](hits, n, level)
        other_low, other_high = SHARE_INTERVALS[method](n - hits, n, level)
        assert (low, high) == pytest.approx((1 - other_high, 1 - other_low), abs=1e-9)

    @pytest.mark.parametrize("method", SHARE_INTERVALS)
    @pytest.mark.parametrize(
        ("hits", "n", "level"), [(0, 0, 0.95), (2, 1, 0.95), (-1, 1, 0.95), (1, 2, 0), (1, 2, 1)]
    )
    def test_refuse_what_makes_no_sense(self, method: str, hits: int, n: int, level: float) -> None:
        with pytest.raises(InvalidValue, match="expected"):
            SHARE_INTERVALS[method](hits, n, level)


PUBLISHED = {
    "jeffreys_4_of_20": jeffreys,
    "clopper_pearson_4_of_20": clopper_pearson,
    "clopper_pearson_4_of_200": clopper_pearson,
    "clopper_pearson_190_of_200": clopper_pearson,
    "newcombe_clopper_0_of_20": clopper_pearson,
    "newcombe_clopper_1_of_29": clopper_pearson,
    "clopper_20_of_100": clopper_pearson,
    "clopper_3_of_50_99": clopper_pearson,
    "clopper_0_of_10": clopper_pearson,
    "agresti_coull_190_of_200": agresti_coull,
    "wilson_score_190_of_200": wilson,
    "wilson_3_of_10_99": wilson,
    "wilson_10_of_10": wilson,
    "newcombe_wilson_81_of_263": wilson,
    "newcombe_wilson_15_of_148": wilson,
    "newcombe_wilson_0_of_20": wilson,
    "newcombe_wilson_1_of_29": wilson,
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_intervals(name: str) -> None:
    """M1: worked examples of R, scipy, statsmodels and Newcombe (1998)."""
    given_, expected = oracle(name).inputs, oracle(name).expected
    limits = PUBLISHED[name](given_["k"], given_["n"], given_["confidence"])
    assert limits == pytest.approx(expected, abs=oracle(name).tolerance)


def test_an_interval_that_ends_at_1_ends_there() -> None:
    """M1: in spite of rounding."""
    given_ = oracle("wilson_38_of_38_bounds").inputs
    low, high = wilson(given_["k"], given_["n"], given_["confidence"])
    assert 0 <= low <= high == oracle("wilson_38_of_38_bounds").expected


class TestExactPoisson:
    @given(st.integers(0, 10_000), levels)
    def test_is_of_all_rates_under_which_the_count_is_not_rare(
        self, count: int, level: float
    ) -> None:
        low, high = poisson_exact(count, level)
        assert 0 <= low <= count <= high
        tail = (1 - level) / 2
        assert scipy.stats.poisson.cdf(count, high) == pytest.approx(tail, abs=1e-9)
        assume(count)
        assert scipy.stats.poisson.sf(count - 1, low) == pytest.approx(tail, abs=1e-9)

    def test_of_no_event_begins_at_none(self) -> None:
        """The rule of three: up to about 3 where none was seen, on one side."""
        low, high = poisson_exact(0, 0.9)
        assert (low, round(high, 3)) == (0, 2.996)

    def test_of_less_than_none_is_refused(self) -> None:
        with pytest.raises(InvalidValue, match="-1 events: expected none or more"):
            poisson_exact(-1, 0.95)
