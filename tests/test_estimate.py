"""Shares with Wilson's interval (M1)."""

import statistics
from fractions import Fraction
from math import inf, nan, sqrt
from random import Random

import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from servicecore.errors import InvalidValue
from servicecore.estimate import (
    RANGES,
    Estimate,
    Unit,
    difference,
    mean,
    missing,
    paired_difference,
    rate,
    share,
)
from servicecore.intervals import SHARE_INTERVALS, poisson_exact

PUBLISHED = [
    # R's binom::binom.confint, as quoted in statsmodels' tests
    (190, 200, 0.910421851861224, 0.972617354399236),
    # Newcombe 1998, table I, method 3
    (81, 263, 0.2553, 0.3662),
    (15, 148, 0.0624, 0.1605),
    (0, 20, 0.0000, 0.1611),
    (1, 29, 0.0061, 0.1718),
]


@pytest.mark.parametrize(("hits", "n", "low", "high"), PUBLISHED)
def test_wilson_agrees_with_published_limits(hits: int, n: int, low: float, high: float) -> None:
    """M1: the limits are those of the literature."""
    estimate = share(hits, n, cohort="all")
    assert (estimate.low, estimate.high) == (
        pytest.approx(low, abs=5e-5),
        pytest.approx(high, abs=5e-5),
    )


@given(st.integers(1, 5_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_limits_solve_the_score_equation_and_contain_the_value(pair: tuple[int, int]) -> None:
    """M1: at a limit p the score |p̂ − p| / √(p(1−p)/n) is the quantile; clipped to [0, 1]."""
    hits, n = pair
    estimate = share(hits, n, cohort="all")
    assert estimate.value is not None
    assert estimate.low is not None
    assert estimate.high is not None
    assert 0 <= estimate.low <= estimate.value <= estimate.high <= 1
    observed = float(Fraction(hits, n))
    for limit in (estimate.low, estimate.high):
        if 1e-9 < limit < 1 - 1e-9 and abs(limit - observed) > 1e-9:
            score = abs(observed - limit) / sqrt(limit * (1 - limit) / n)
            assert score == pytest.approx(1.959963984540054, rel=1e-6)


def test_nothing_gives_no_value_and_never_a_zero() -> None:
    """M1: n = 0 gives None."""
    estimate = share(0, 0, cohort="all")
    assert (estimate.value, estimate.low, estimate.high, estimate.reason) == (
        None,
        None,
        None,
        "no_data",
    )
    assert str(estimate) == "– (no_data, n=0)"


def test_an_estimate_has_no_truth_order_or_arithmetic() -> None:
    """M1: comparing two figures by accident is an error."""
    one, other = share(1, 2, cohort="all"), share(1, 3, cohort="all")
    with pytest.raises(TypeError, match="neither true nor false"):
        bool(one)
    for operation in ("__lt__", "__add__", "__float__"):
        assert not callable(getattr(one, operation, None)) or (
            getattr(one, operation)(other) is NotImplemented
        )


@pytest.mark.parametrize(("hits", "n"), [(3, 2), (-1, 2)])
def test_more_hits_than_units_are_refused(hits: int, n: int) -> None:
    """M1: a share is of something."""
    with pytest.raises(InvalidValue, match=f"{hits} hits among {n}"):
        share(hits, n, cohort="all")


@pytest.mark.parametrize("level", [0.0, 1.0, 95.0])
def test_a_level_is_a_share(level: float) -> None:
    """M1: 95 % is 0.95."""
    with pytest.raises(InvalidValue, match="level"):
        share(1, 2, cohort="all", level=level)


def test_an_estimate_reads_in_its_unit() -> None:
    """M1: the unit is part of the figure."""
    assert str(Estimate(2.5, 4, "hours", "all")) == "2.5 hours (n=4)"


# Newcombe 1998, Interval estimation for the difference between independent proportions, table II,
# method 10; the last one is R's contingencytables on Perondi et al. 2004.
INDEPENDENT = [
    (56, 70, 48, 80, 0.0524, 0.3339),
    (9, 10, 3, 10, 0.1705, 0.8090),
    (6, 7, 2, 7, 0.0582, 0.8062),
    (5, 56, 0, 29, -0.0381, 0.1926),
    (0, 10, 0, 20, -0.1611, 0.2775),
    (0, 10, 0, 10, -0.2775, 0.2775),
    (10, 10, 0, 20, 0.6791, 1.0),
    (10, 10, 0, 10, 0.6075, 1.0),
    (7, 34, 1, 34, 0.0189, 0.3404),
]


@pytest.mark.parametrize("published", INDEPENDENT)
def test_a_difference_agrees_with_published_limits(
    published: tuple[int, int, int, int, float, float],
) -> None:
    """M1: Newcombe's method 10 for other units."""
    hits, n, other, m, low, high = published
    estimate = difference(hits, n, other, m, cohort="all")
    assert (estimate.low, estimate.high) == (
        pytest.approx(low, abs=5.1e-5),
        pytest.approx(high, abs=5.1e-5),
    )
    assert estimate.value == pytest.approx(hits / n - other / m)
    assert (estimate.unit, estimate.n) == ("points", n + m)


PAIRED = [
    # Newcombe 1998, Improved confidence intervals … based on paired data
    (36, 12, 2, 0, 0.0569, 0.3404),
    # Fagerland, Lydersen and Laake 2017, chapter 8: Bentur et al. 2009, Cavo et al. 2012
    (1, 1, 7, 12, -0.507, -0.026),
    (59, 6, 16, 80, -0.1186, -0.0046),
    # Altman et al. 2000, Statistics with confidence, table 6.2
    (14, 5, 0, 22, 0.011, 0.226),
]


@pytest.mark.parametrize("published", PAIRED)
def test_a_paired_difference_agrees_with_published_limits(
    published: tuple[int, int, int, int, float, float],
) -> None:
    """M1: Newcombe's method 10 for the same units."""
    both, first, second, neither, low, high = published
    estimate = paired_difference(both, first, second, neither, cohort="all")
    within = 5.1e-4 if both in (1, 14) else 5.1e-5  # as many digits as were printed
    assert (estimate.low, estimate.high) == (
        pytest.approx(low, abs=within),
        pytest.approx(high, abs=within),
    )
    assert estimate.value == (first - second) / (both + first + second + neither)


counts = st.integers(0, 300)


@given(counts, counts, counts, counts, st.sampled_from([0.5, 0.95, 0.999]))
def test_a_paired_difference_contains_its_value_and_mirrors(
    both: int, first: int, second: int, neither: int, level: float
) -> None:
    """M1: within [-1, 1]; the other way round it is the same with the other sign."""
    n = both + first + second + neither
    one = paired_difference(both, first, second, neither, cohort="all", level=level)
    other = paired_difference(both, second, first, neither, cohort="all", level=level)
    assert one.n == n
    if n == 0:
        assert (one.value, one.low, one.high, one.reason) == (None, None, None, "no_data")
        return
    assert one.value is not None
    assert one.low is not None
    assert one.high is not None
    assert -1 <= one.low <= one.value <= one.high <= 1
    assert other.value == -one.value
    assert (other.low, other.high) == (pytest.approx(-one.high), pytest.approx(-one.low))


@given(counts, counts, counts, counts)
def test_a_difference_contains_its_value_and_mirrors(
    hits: int, missed: int, other: int, other_missed: int
) -> None:
    """M1: the same of other units."""
    n, m = hits + missed, other + other_missed
    one = difference(hits, n, other, m, cohort="all")
    back = difference(other, m, hits, n, cohort="all")
    if n == 0 or m == 0:
        assert (one.value, one.reason) == (None, "no_data")
        return
    assert one.value is not None
    assert back.value is not None
    assert one.low is not None
    assert one.high is not None
    assert -1 <= one.low <= one.value <= one.high <= 1
    assert (back.low, back.high) == (pytest.approx(-one.high), pytest.approx(-one.low))


@given(st.integers(10, 300), st.integers(10, 300), st.integers(1, 9))
def test_what_goes_together_is_known_more_closely(both: int, neither: int, moved: int) -> None:
    """M1: the same units tell a difference apart better than others would."""
    n = both + neither + moved
    paired = paired_difference(both, moved, 0, neither, cohort="all")
    unpaired = difference(both + moved, n, both, n, cohort="all")
    assert paired.low is not None
    assert unpaired.low is not None
    assert paired.low > unpaired.low


@pytest.mark.parametrize("wrong", [(-1, 2, 3, 4), (1, 2, 3, -4)])
def test_a_paired_difference_counts_units(wrong: tuple[int, int, int, int]) -> None:
    """M1: no fewer than none."""
    with pytest.raises(InvalidValue, match="units"):
        paired_difference(*wrong, cohort="all")


def test_a_difference_refuses_what_no_share_is_of() -> None:
    """M1: hits among units, and a level that is a share."""
    with pytest.raises(InvalidValue, match="3 hits among 2"):
        difference(1, 2, 3, 2, cohort="all")
    with pytest.raises(InvalidValue, match="level"):
        difference(1, 2, 1, 2, cohort="all", level=95)
    with pytest.raises(InvalidValue, match="level"):
        paired_difference(1, 2, 1, 2, cohort="all", level=95)


def test_a_difference_reads_in_points() -> None:
    """M1: points are hundredths, with their sign."""
    assert str(paired_difference(59, 6, 16, 80, cohort="all")) == (
        "-6.2 points [-11.9, -0.5] (n=161)"
    )


@pytest.mark.parametrize("method", SHARE_INTERVALS)
def test_a_share_has_the_interval_of_the_method_that_is_named(method: str) -> None:
    """M1."""
    estimate = share(4, 20, cohort="all", method=method)
    assert (estimate.low, estimate.high) == SHARE_INTERVALS[method](4, 20, 0.95)
    assert estimate.method == method


def test_an_unknown_method_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(InvalidValue, match="method is 'wald': expected one of 'wilson', 'agr"):
        share(1, 2, cohort="all", method="wald")


def test_a_figure_without_a_value_says_why() -> None:
    """M1."""
    estimate = missing("hours", "late ones", "withheld", n=3)
    assert (estimate.value, estimate.reason, estimate.n) == (None, "withheld", 3)


class TestRates:
    """M1: events over exposure."""

    def test_have_the_exact_interval_over_the_exposure(self) -> None:
        estimate = rate(15, 400, cohort="outages")
        low, high = poisson_exact(15, 0.95)
        assert estimate.value == pytest.approx(0.0375)
        assert (estimate.low, estimate.high) == (low / 400, high / 400)
        assert (estimate.hits, estimate.unit, estimate.method) == (15, "rate", "exact poisson")

    def test_of_no_event_is_0_with_an_upper_limit(self) -> None:
        estimate = rate(0, 100, cohort="outages")
        assert (estimate.value, estimate.low) == (0, 0)
        assert estimate.high == pytest.approx(0.036889, abs=1e-6)  # −ln(0.025) / 100

    def test_without_exposure_have_no_value(self) -> None:
        assert rate(3, 0, cohort="outages").reason == "no_data"

    @pytest.mark.parametrize("exposure", [-1, inf, nan])
    def test_of_an_exposure_that_is_none_are_refused(self, exposure: float) -> None:
        with pytest.raises(InvalidValue, match="expected a number from 0 on"):
            rate(3, exposure, cohort="outages")


values = st.lists(st.floats(-1000, 1000), min_size=2, max_size=30)


class TestMeans:
    """M1: with Student's interval."""

    @given(values, st.floats(0.5, 0.99))
    def test_agree_with_scipy(self, seen: list[float], level: float) -> None:
        estimate = mean(seen, unit="score", cohort="all", level=level)
        spread = statistics.stdev(seen) / sqrt(len(seen))
        half = scipy.stats.t.ppf((1 + level) / 2, len(seen) - 1) * spread
        center = sum(map(Fraction, seen)) / len(seen)
        assert estimate.value == pytest.approx(float(center), abs=1e-9)
        limits = [float(center) - half, float(center) + half]
        assert [estimate.low, estimate.high] == pytest.approx(limits, abs=1e-6)

    @given(values, st.randoms())
    def test_do_not_depend_on_the_order(self, seen: list[float], random: Random) -> None:
        shuffled = random.sample(seen, len(seen))
        assert mean(shuffled, unit="score", cohort="") == mean(seen, unit="score", cohort="")

    @given(st.lists(st.floats(1, 5), min_size=2), st.sampled_from(sorted(RANGES)))
    def test_stay_on_the_scale_and_contain_the_value(self, seen: list[float], unit: Unit) -> None:
        estimate = mean(seen, unit=unit, cohort="all", lowest=1, highest=5)
        assert estimate.value is not None
        assert estimate.low is not None
        assert estimate.high is not None
        assert 1 - 1e-9 <= estimate.low <= estimate.value <= estimate.high <= 5 + 1e-9

    def test_of_hours_are_never_below_none(self) -> None:
        assert mean([0, 0, 9], unit="hours", cohort="all").low == 0

    def test_of_nothing_have_no_value_and_of_one_no_limits(self) -> None:
        assert mean([], unit="hours", cohort="all").reason == "no_data"
        estimate = mean([4], unit="hours", cohort="all")
        assert (estimate.value, estimate.low, estimate.reason) == (4, None, "few")

    @pytest.mark.parametrize("wrong", [nan, inf])
    def test_of_what_is_no_number_are_refused(self, wrong: float) -> None:
        with pytest.raises(InvalidValue, match="no finite number"):
            mean([1, wrong], unit="score", cohort="all")
