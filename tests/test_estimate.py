"""Shares with Wilson's interval (M1)."""

from fractions import Fraction
from math import sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecore.errors import InvalidValue
from servicecore.estimate import Estimate, difference, paired_difference, share

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
