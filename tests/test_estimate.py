"""Shares with Wilson's interval (M1)."""

from fractions import Fraction
from math import sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecore.errors import InvalidValue
from servicecore.estimate import Estimate, share

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
