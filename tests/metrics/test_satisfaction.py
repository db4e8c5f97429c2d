"""Service quality, reliability, Kano, importance and performance (M7)."""

from __future__ import annotations

from itertools import product
from math import inf, nan
from random import Random

import numpy as np
import pandas as pd
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from servicecore.errors import InvalidValue
from servicecore.metrics.importance import importance_performance
from servicecore.metrics.kano import TABLE, Feeling, KanoCategory, kano, kano_category
from servicecore.metrics.reliability import cronbach_alpha
from servicecore.metrics.scales import CSAT_5, CSAT_7
from servicecore.metrics.servqual import FIVE_DIMENSIONS, dimension_scores, servperf, servqual
from tests.metrics.oracles import oracle

NAMES = tuple(FIVE_DIMENSIONS)
ONE_EACH = {name: [name] for name in NAMES}


class TestServqual:
    def test_means_of_the_dimensions_of_a_questionnaire(self) -> None:
        published = oracle("servqual_dimension_means")
        items = [item for each in FIVE_DIMENSIONS.values() for item in each]
        answers = dict(zip(items, published.inputs["expectation_items"], strict=True))
        found = servperf([answers]).dimensions
        assert [found[name].value for name in NAMES] == pytest.approx(published.expected)
        assert [len(FIVE_DIMENSIONS[name]) for name in NAMES] == published.inputs["sizes"]

    def test_unweighted_total(self) -> None:
        published = oracle("servqual_unweighted")
        gaps = published.inputs["gaps"]
        found = servqual([dict.fromkeys(gaps, 0.0)], [gaps], dimensions=ONE_EACH)
        assert found.unweighted.value == pytest.approx(published.expected, abs=published.tolerance)

    def test_weighted_total(self) -> None:
        published = oracle("servqual_weighted")
        gaps = dict(zip(NAMES, published.inputs["gaps"], strict=True))
        weights = dict(zip(NAMES, published.inputs["weights"], strict=True))
        for scale in (1, 100):  # shares of 1, or points out of 100
            found = servqual(
                [dict.fromkeys(gaps, 0.0)],
                [gaps],
                dimensions=ONE_EACH,
                weights={name: weight * scale for name, weight in weights.items()},
            )
            assert found.weighted is not None
            assert found.weighted.value == pytest.approx(published.expected)

    def test_a_dimension_needs_half_of_its_items_and_a_total_all_dimensions(self) -> None:
        """M7."""
        dimensions = {"x": ["a", "b", "c"], "y": ["d"]}
        assert dimension_scores({"a": 1.0, "b": 3.0}, dimensions) == {"x": 2.0, "y": None}
        assert dimension_scores({"a": 1.0, "d": 4.0}, dimensions) == {"x": None, "y": 4.0}
        assert dimension_scores({"a": 1.0}, {"x": ["a", "b"]}) == {"x": 1.0}  # half is enough
        found = servperf(
            [{"a": 1.0, "b": 3.0, "d": 4.0}, {"a": 1.0, "d": 4.0}, {}], dimensions=dimensions
        )
        assert (found.unweighted.n, found.dimensions["x"].n, found.dimensions["y"].n) == (1, 1, 2)
        assert (found.respondents, found.items["a"].n) == (2, 2)
        assert found.weighted is None

    def test_an_item_counts_where_both_were_answered(self) -> None:
        found = servqual(
            [{"a": 5.0, "b": None}], [{"a": None, "b": 3.0}], dimensions={"x": ["a"], "y": ["b"]}
        )
        assert found.items["a"].reason == found.items["b"].reason == "no_data"

    @given(st.lists(st.lists(st.integers(1, 7), min_size=6, max_size=6), min_size=2, max_size=12))
    def test_is_a_mean_over_respondents(self, rows: list[list[int]]) -> None:
        expected = [dict(zip("abc", map(float, row[:3]), strict=True)) for row in rows]
        perceived = [dict(zip("abc", map(float, row[3:]), strict=True)) for row in rows]
        found = servqual(expected, perceived, dimensions={"x": ["a", "b"], "y": ["c"]})
        gaps = np.array([row[3:] for row in rows]) - np.array([row[:3] for row in rows])
        by_respondent = gaps[:, :2].mean(axis=1)
        assert found.dimensions["x"].value == pytest.approx(by_respondent.mean())
        half = scipy.stats.t.ppf(0.975, len(rows) - 1) * scipy.stats.sem(by_respondent)
        assert found.dimensions["x"].high == pytest.approx(by_respondent.mean() + half)

    def test_refuses_what_does_not_fit(self) -> None:
        with pytest.raises(InvalidValue, match="1 rows of expectation and 0 of perception"):
            servqual([{}], [])
        with pytest.raises(InvalidValue, match="dimensions are none"):
            servperf([], dimensions={})
        with pytest.raises(InvalidValue, match="the items of 'x' are 'a'"):
            servperf([], dimensions={"x": "a"})
        with pytest.raises(InvalidValue, match="expected of"):
            servperf([], dimensions={"x": ["a"]}, weights={"y": 1})
        with pytest.raises(InvalidValue, match="add up to 50"):
            servperf([], dimensions={"x": ["a"]}, weights={"x": 50})
        with pytest.raises(InvalidValue, match="expected each once"):
            servperf([], dimensions={"x": ["a", "a"]})
        with pytest.raises(InvalidValue, match="2 rows of weights for 1 of answers"):
            servperf([{}], dimensions={"x": ["a"]}, weights=[None, None])
        with pytest.raises(InvalidValue, match="no finite number"):
            servperf([{"a": nan}], dimensions={"x": ["a"]})

    @pytest.mark.parametrize("wrong", [-1.0, nan, inf])
    def test_refuses_a_weight_that_is_none(self, wrong: float) -> None:
        with pytest.raises(InvalidValue, match="the weight of 'x' is"):
            servperf([], dimensions={"x": ["a"], "y": ["b"]}, weights={"x": wrong, "y": 1 - wrong})

    def test_weights_of_each_respondent(self) -> None:
        """The instrument of 1990 asks each customer for 100 points."""
        rows = [{"a": 1.0, "b": 3.0}, {"a": 2.0, "b": 6.0}, {"a": 5.0, "b": 5.0}]
        points = [{"x": 75, "y": 25}, {"x": 0.5, "y": 0.5}, None]
        found = servperf(rows, dimensions={"x": ["a"], "y": ["b"]}, weights=points)
        assert found.weighted is not None
        assert (found.weighted.value, found.weighted.n) == ((1.5 + 4.0) / 2, 2)
        assert found.unweighted.n == 3

    def test_the_same_weights_for_each_respondent_are_weights_for_all(self) -> None:
        rows = [{"a": 1.0, "b": 3.0}, {"a": 2.0, "b": None}, {"a": 5.0, "b": 4.0}]
        weights, dimensions = {"x": 80, "y": 20}, {"x": ["a"], "y": ["b"]}
        of_all = servperf(rows, dimensions=dimensions, weights=weights)
        assert of_all == servperf(rows, dimensions=dimensions, weights=[weights] * 3)

    def test_nobody_is_no_zero(self) -> None:
        """M1."""
        found = servqual([], [], weights=dict.fromkeys(NAMES, 20))
        assert found.weighted is not None
        figures = [*found.items.values(), *found.dimensions.values(), found.weighted]
        assert {(each.value, each.reason) for each in figures} == {(None, "no_data")}
        assert len(found.items) == 22

    def test_lies_on_the_scale(self) -> None:
        """M1: limits end where answers do, and gaps where the width of the scale does."""
        low, high = {"a": 1.0}, {"a": 7.0}
        dimensions = {"x": ["a"]}
        perceived = servperf([low, high], dimensions=dimensions, scale=CSAT_7).unweighted
        assert (perceived.low, perceived.high) == (1, 7)
        gap = servqual([low, high], [high, low], dimensions=dimensions, scale=CSAT_7).unweighted
        assert (gap.value, gap.low, gap.high) == (0, -6, 6)
        for wrong in (0.0, 8.0):
            with pytest.raises(InvalidValue, match="expected a number from 1 to 7"):
                servqual([{"a": wrong}], [{}], dimensions=dimensions, scale=CSAT_7)

    @given(
        st.lists(
            st.fixed_dictionaries(dict.fromkeys("abc", st.none() | st.floats(1, 7))), max_size=9
        ),
        st.randoms(use_true_random=False),
    )
    def test_the_order_of_respondents_means_nothing(
        self, rows: list[dict[str, float | None]], random: Random
    ) -> None:
        dimensions = {"x": ["a", "b"], "y": ["c"]}
        mixed = random.sample(rows, len(rows))
        found, other = (
            servperf(each, dimensions=dimensions, scale=CSAT_7) for each in (rows, mixed)
        )
        assert found == other
        for figure in (*found.dimensions.values(), found.unweighted):
            if figure.low is not None and figure.high is not None:
                assert 1 <= figure.low <= (figure.value or 0) <= figure.high <= 7


class TestReliability:
    def test_feldts_interval(self) -> None:
        published = oracle("cronbach_likert_feldt_ci")
        alpha = cronbach_alpha(published.inputs["rows"]).alpha
        limits = [alpha.low, alpha.high]
        assert limits == pytest.approx(published.expected, abs=published.tolerance)

    def test_alpha_is_the_consistency_of_shrout_and_fleiss(self) -> None:
        published = oracle("cronbach_shrout_fleiss")
        found = cronbach_alpha(published.inputs["rows"]).alpha.value
        assert found == pytest.approx(published.expected, abs=published.tolerance)

    @given(st.lists(st.lists(st.integers(1, 5), min_size=3, max_size=3), min_size=2, max_size=20))
    def test_agrees_with_its_covariances(self, rows: list[list[int]]) -> None:
        """k/(k − 1)·(1 − trace of the covariance matrix / its sum), by numpy."""
        covariance = np.cov(np.array(rows).T)
        found = cronbach_alpha(rows).alpha
        if covariance.sum() < 1e-9:
            assert found.reason == "unknown"
            return
        expected = 3 / 2 * (1 - np.trace(covariance) / covariance.sum())
        assert found.value == pytest.approx(expected)
        assert found.low is not None
        assert found.high is not None
        assert found.low <= (found.value or 0) <= found.high <= 1

    def test_is_of_complete_rows(self) -> None:
        """M7."""
        found = cronbach_alpha([[1, 2], [2, None], [3, 4], [2, 2]])
        assert (found.alpha.n, found.left_out, found.items) == (3, 1, 2)
        assert cronbach_alpha([]).alpha.reason == "no_data"
        assert cronbach_alpha([[1, 2]]).alpha.reason == "few"

    @pytest.mark.parametrize("level", [0.8, 0.95, 0.99])
    def test_limits_are_quantiles_of_f(self, level: float) -> None:
        rows = oracle("cronbach_shrout_fleiss").inputs["rows"]
        alpha = cronbach_alpha(rows, level=level).alpha
        n, k = len(rows), len(rows[0])
        ratios = scipy.stats.f.ppf([(1 + level) / 2, (1 - level) / 2], n - 1, (n - 1) * (k - 1))
        expected = 1 - (1 - (alpha.value or 0)) * ratios
        assert [alpha.low, alpha.high] == pytest.approx(list(expected))

    def test_has_no_value_for_a_single_item_nor_for_sums_that_are_all_equal(self) -> None:
        """Also where they are equal but for rounding: 0.1 + 0.2 is not 0.3 + 0.0."""
        assert cronbach_alpha([[1], [2]]).alpha.reason == "unknown"
        assert cronbach_alpha([[0.1] * 3] * 7).alpha.reason == "unknown"
        assert cronbach_alpha([[0.1, 0.2], [0.3, 0.0], [0.2, 0.1]]).alpha.reason == "unknown"

    def test_items_that_go_together_are_all_the_alpha_there_is(self) -> None:
        found = cronbach_alpha([[x / 7, x / 7, x / 7] for x in range(9)]).alpha
        assert found.value == pytest.approx(1)
        assert (found.value or 0) <= (found.high or 0) <= 1

    def test_items_that_contradict_each_other_are_below_zero(self) -> None:
        alpha = cronbach_alpha([[1, 5], [2, 4], [3, 3], [4, 2], [5, 0]]).alpha
        assert (alpha.value or 0) < 0

    @given(
        st.lists(st.lists(st.floats(1, 5), min_size=3, max_size=3), min_size=2, max_size=9),
        st.randoms(use_true_random=False),
    )
    def test_order_means_nothing_and_one_is_the_most(
        self, rows: list[list[float]], random: Random
    ) -> None:
        found = cronbach_alpha(rows).alpha
        assert cronbach_alpha(random.sample(rows, len(rows))).alpha == found
        if found.value is not None and found.low is not None and found.high is not None:
            assert found.low <= found.value <= found.high <= 1
            turned = cronbach_alpha([row[::-1] for row in rows]).alpha
            assert turned.value == pytest.approx(found.value)

    def test_refuses_what_does_not_fit(self) -> None:
        with pytest.raises(InvalidValue, match=r"rows of \[1, 2\] items"):
            cronbach_alpha([[1, 2], [1]])
        with pytest.raises(InvalidValue, match="no finite number"):
            cronbach_alpha([[1, nan], [2, 3]])
        with pytest.raises(InvalidValue, match="level"):
            cronbach_alpha([], level=95)


class TestKano:
    def test_table(self) -> None:
        published = oracle("kano_table")
        found = [[str(kano_category(one, other)) for other in Feeling] for one in Feeling]
        assert found == published.expected
        assert ["".join(row) for row in found] == list(TABLE)

    def test_takes_what_hurts_most_where_two_are_as_frequent(self) -> None:
        assert kano([(1, 5), (2, 5)]).category is KanoCategory.MUST_BE
        assert kano([(1, 5), (1, 3)]).category is KanoCategory.ONE_DIMENSIONAL
        assert kano([(3, 3), (1, 3)]).category is KanoCategory.ATTRACTIVE

    def test_tells_better_and_worse(self) -> None:
        answers = [(1, 5)] * 2 + [(1, 3)] + [(2, 5)] * 3 + [(3, 3)] * 4 + [(5, 1)] * 7 + [(1, 1)]
        found = kano([*answers, (None, 1), (1, None)])
        assert (found.better.hits, found.better.n) == (3, 10)
        assert (found.worse.hits, found.worse.n) == (5, 10)
        assert (sum(found.counts.values()), found.left_out) == (18, 2)
        assert found.category is KanoCategory.REVERSE

    def test_is_ambiguous_where_two_are_nearly_as_frequent(self) -> None:
        """Fong 1996."""
        assert kano([(1, 5)] * 10 + [(1, 3)] * 9).ambiguous
        assert not kano([(1, 5)] * 30 + [(1, 3)] * 3).ambiguous
        assert not kano([]).ambiguous
        assert kano([]).category is None
        assert kano([]).better.reason == "no_data"

    def test_is_as_sure_as_fongs_table(self) -> None:
        """Of n answers in two categories: the least difference that is significant, by hand.

        1.65·√(n·n/2n) is 1.65·√(n/2): 5.2 of 20, 11.7 of 100.
        """
        for n, most, less in ((20, 13, 12), (100, 56, 55)):
            sure = kano([(1, 5)] * most + [(1, 3)] * (n - most))
            unsure = kano([(1, 5)] * less + [(1, 3)] * (n - less))
            assert (sure.ambiguous, unsure.ambiguous) == (False, True)

    @given(st.lists(st.tuples(st.integers(1, 5), st.integers(1, 5))))
    def test_agrees_with_a_table_of_pandas(self, answers: list[tuple[int, int]]) -> None:
        found = kano(answers)
        letters = pd.Series([TABLE[one - 1][other - 1] for one, other in answers], dtype=str)
        assert {str(k): n for k, n in found.counts.items() if n} == dict(letters.value_counts())
        assert found == kano(answers[::-1])
        if len(letters):
            assert found.category is not None
            most = letters.value_counts()
            assert most[str(found.category)] == most.max()
        for figure, of in ((found.better, "AO"), (found.worse, "OM")):
            n = letters.isin(list("AOMI")).sum()
            hits = letters.isin(list(of)).sum()
            assert (figure.hits, figure.n) == (hits, n)
            assert figure.value == (pytest.approx(hits / n) if n else None)

    def test_liking_both_or_disliking_both_is_questionable(self) -> None:
        questionable = {
            (one, other)
            for one, other in product(Feeling, repeat=2)
            if kano_category(one, other) is KanoCategory.QUESTIONABLE
        }
        assert questionable == {(1, 1), (5, 5)}

    @pytest.mark.parametrize("wrong", [0, 6, -1, 1.5, nan])
    def test_refuses_other_answers(self, wrong: int) -> None:
        with pytest.raises(InvalidValue, match="expected 1"):
            kano_category(1, wrong)


class TestImportancePerformance:
    def test_has_four_quadrants(self) -> None:
        important = {"a": 5.0, "b": 5.0, "c": 1.0, "d": 1.0}
        done = {"a": 1.0, "b": 5.0, "c": 1.0, "d": 5.0}
        found = importance_performance([important], [done], "abcd", CSAT_5)
        assert [item.quadrant for item in found.items] == [
            "concentrate here",
            "keep up the good work",
            "low priority",
            "possible overkill",
        ]
        assert (found.importance_cross, found.performance_cross) == (3, 3)

    def test_crosses_at_the_means_or_in_the_middle(self) -> None:
        said = [{"a": 5.0, "b": 4.0}]
        by_means = importance_performance(said, said, "ab", CSAT_5)
        assert [item.quadrant for item in by_means.items] == [
            "keep up the good work",
            "low priority",
        ]
        middle = importance_performance(said, said, "ab", CSAT_5, cross="middle")
        assert {item.quadrant for item in middle.items} == {"keep up the good work"}
        with pytest.raises(InvalidValue, match="expected 'means' or 'middle'"):
            importance_performance(said, said, "ab", CSAT_5, cross="mean")  # type: ignore[arg-type]  # wrong on purpose

    def test_knows_nothing_of_what_nobody_answered(self) -> None:
        found = importance_performance([], [], "a", CSAT_5)
        assert (found.items[0].quadrant, found.importance_cross) == ("unknown", None)
        assert (found.items[0].gap.reason, found.items[0].clear) == ("no_data", False)
        assert importance_performance([], [], "", CSAT_5).items == ()

    def test_the_gap_is_of_those_who_told_both(self) -> None:
        important = [{"a": 5.0}, {"a": 4.0}, {"a": 1.0}, {}]
        done = [{"a": 2.0}, {"a": 5.0}, {}, {"a": 3.0}]
        (item,) = importance_performance(important, done, "a", CSAT_5).items
        assert (item.gap.value, item.gap.n) == (-1, 2)
        assert (item.importance.n, item.performance.n) == (3, 3)
        assert (item.gap.low, item.gap.high) == (-4, 4)

    def test_is_clear_where_no_interval_spans_the_cross(self) -> None:
        important = [{"a": 5.0, "b": 1.0}, {"a": 5.0, "b": 5.0}, {"a": 4.0, "b": 1.0}]
        done = [{"a": 1.0, "b": 3.0}, {"a": 1.0, "b": 4.0}, {"a": 2.0, "b": 3.0}]
        found = importance_performance(important, done, "ab", CSAT_5, cross="middle", level=0.8)
        assert [(item.name, item.clear) for item in found.items] == [("a", True), ("b", False)]

    def test_equal_items_lie_at_the_cross_in_spite_of_rounding(self) -> None:
        assert sum([3.7] * 3) / 3 > 3.7
        said = [dict.fromkeys("abc", 3.7)]
        found = importance_performance(said, said, "abc", CSAT_5)
        assert {item.quadrant for item in found.items} == {"keep up the good work"}

    @given(
        st.lists(
            st.tuples(*[st.fixed_dictionaries(dict.fromkeys("abc", st.integers(1, 5)))] * 2),
            min_size=1,
            max_size=9,
        )
    )
    def test_agrees_with_pandas(
        self, rows: list[tuple[dict[str, float], dict[str, float]]]
    ) -> None:
        said, seen = [one for one, _ in rows], [other for _, other in rows]
        found = importance_performance(said, seen, "abc", CSAT_5)
        important, done = pd.DataFrame(said).mean(), pd.DataFrame(seen).mean()
        assert found.importance_cross == pytest.approx(important.mean())
        assert found.performance_cross == pytest.approx(done.mean())
        gaps = {item.name: item.gap.value for item in found.items}
        assert gaps == pytest.approx((done - important).to_dict())
        for item in found.items:
            sides = important[item.name] - important.mean(), done[item.name] - done.mean()
            if min(map(abs, sides)) > 1e-9:
                names = {
                    (True, True): "keep up the good work",
                    (True, False): "concentrate here",
                    (False, True): "possible overkill",
                    (False, False): "low priority",
                }
                assert item.quadrant == names[sides[0] > 0, sides[1] > 0]

    def test_refuses_what_does_not_fit(self) -> None:
        with pytest.raises(InvalidValue, match="expected a number from 1 to 5"):
            importance_performance([{"a": 9.0}], [{}], "a", CSAT_5)
        with pytest.raises(InvalidValue, match="1 rows of importance and 0 of performance"):
            importance_performance([{}], [], "a", CSAT_5)
