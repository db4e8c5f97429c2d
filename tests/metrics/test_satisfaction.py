"""Service quality, reliability, Kano, importance, weights (M7)."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from servicecore.errors import InvalidValue
from servicecore.metrics.importance import importance_performance
from servicecore.metrics.kano import TABLE, Feeling, KanoCategory, kano, kano_category
from servicecore.metrics.raking import rake
from servicecore.metrics.reliability import cronbach_alpha
from servicecore.metrics.scales import CSAT_5
from servicecore.metrics.servqual import FIVE_DIMENSIONS, dimension_scores, servperf, servqual
from servicecore.metrics.weighting import Stratum, effective_n, poststratified, weighted_share
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


class TestReliability:
    def test_feldts_interval(self) -> None:
        published = oracle("cronbach_likert_feldt_ci")
        alpha = cronbach_alpha(published.inputs["rows"]).alpha
        assert [alpha.low, alpha.high] == pytest.approx(published.expected, abs=6e-4)

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

    def test_is_of_two_or_more_items(self) -> None:
        for wrong in ([[1]], [[1, 2], [1]]):
            with pytest.raises(InvalidValue, match="expected the same two or more items"):
                cronbach_alpha(wrong)


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
        assert sum(found.counts.values()) == 18
        assert found.category is KanoCategory.REVERSE

    def test_is_ambiguous_where_two_are_nearly_as_frequent(self) -> None:
        """Fong 1996."""
        assert kano([(1, 5)] * 10 + [(1, 3)] * 9).ambiguous
        assert not kano([(1, 5)] * 30 + [(1, 3)] * 3).ambiguous
        assert not kano([]).ambiguous
        assert kano([]).category is None
        assert kano([]).better.reason == "no_data"

    @pytest.mark.parametrize("wrong", [0, 6, -1])
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
            "keep it up",
            "low priority",
            "possible overkill",
        ]
        assert (found.importance_cross, found.performance_cross) == (3, 3)

    def test_crosses_at_the_means_or_in_the_middle(self) -> None:
        said = [{"a": 5.0, "b": 4.0}]
        by_means = importance_performance(said, said, "ab", CSAT_5)
        assert [item.quadrant for item in by_means.items] == ["keep it up", "low priority"]
        middle = importance_performance(said, said, "ab", CSAT_5, cross="middle")
        assert {item.quadrant for item in middle.items} == {"keep it up"}
        with pytest.raises(InvalidValue, match="expected 'means' or 'middle'"):
            importance_performance(said, said, "ab", CSAT_5, cross="mean")  # type: ignore[arg-type]  # wrong on purpose

    def test_knows_nothing_of_what_nobody_answered(self) -> None:
        found = importance_performance([], [], "a", CSAT_5)
        assert (found.items[0].quadrant, found.importance_cross) == ("unknown", None)
        with pytest.raises(InvalidValue, match="expected a number from 1 to 5"):
            importance_performance([{"a": 9.0}], [], "a", CSAT_5)


class TestWeights:
    def test_effective_n(self) -> None:
        published = oracle("kish_effective_n")
        assert effective_n(published.inputs["w"]) == pytest.approx(published.expected)
        assert effective_n([]) == 0
        with pytest.raises(InvalidValue, match="expected weights from 0 on"):
            effective_n([-1])

    @given(st.lists(st.floats(0.01, 9), min_size=1))
    def test_effective_n_is_n_at_most(self, weights: list[float]) -> None:
        assert 1 - 1e-9 <= effective_n(weights) <= len(weights) + 1e-9

    def test_poststratified_share(self) -> None:
        published = oracle("poststrat_mean")
        inputs = published.inputs
        strata = {
            str(place): Stratum(share, round(p * n), n)
            for place, (share, n, p) in enumerate(
                zip(inputs["pop_share"], inputs["n"], inputs["csat"], strict=True)
            )
        }
        plain = sum(s.hits for s in strata.values()) / sum(s.n for s in strata.values())
        found = [poststratified(strata).value, plain]
        assert found == pytest.approx(published.expected)

    def test_poststratified_limits_are_those_of_cochran(self) -> None:
        strata = {"a": Stratum(0.3, 20, 50), "b": Stratum(0.7, 60, 80)}
        found = poststratified(strata)
        error = (0.3**2 * 0.4 * 0.6 / 49 + 0.7**2 * 0.75 * 0.25 / 79) ** 0.5
        assert found.high == pytest.approx((found.value or 0) + 1.959963984540054 * error)
        assert found.n_effective == pytest.approx(0.645 * 0.355 / error**2)

    def test_a_stratum_that_nobody_answered_for_leaves_all_unknown(self) -> None:
        assert (
            poststratified({"a": Stratum(0.5, 1, 2), "b": Stratum(0.5, 0, 0)}).reason == "unknown"
        )
        assert poststratified({"a": Stratum(1.0, 1, 1)}).reason == "few"
        with pytest.raises(InvalidValue, match=r"add up to 0\.5: expected 1"):
            poststratified({"a": Stratum(0.5, 1, 1)})

    @given(st.lists(st.tuples(st.booleans(), st.floats(0.1, 9)), min_size=1))
    def test_weighted_share_lies_within_its_limits(self, answers: list[tuple[bool, float]]) -> None:
        found = weighted_share(answers)
        assert found.low is not None
        assert found.high is not None
        assert 0 <= found.low <= (found.value or 0) <= found.high <= 1

    def test_equal_weights_give_the_plain_share(self) -> None:
        from servicecore.estimate import share

        found, plain = weighted_share([(True, 2.0)] * 3 + [(False, 2.0)]), share(3, 4, cohort="")
        assert (found.low, found.high) == pytest.approx((plain.low, plain.high))
        assert weighted_share([]).reason == "no_data"


class TestRaking:
    def test_a_table_of_four_by_four(self) -> None:
        published = oracle("raking_wikipedia_4x4")
        seed, rows, columns = (published.inputs[name] for name in ("seed", "rows", "cols"))
        cells = [
            ({"row": i, "column": j}, seed[i][j])
            for i in range(len(rows))
            for j in range(len(columns))
        ]
        margins = {"row": dict(enumerate(rows)), "column": dict(enumerate(columns))}
        found = rake(cells, margins)
        assert found.reached
        assert list(found.weights) == pytest.approx(np.array(published.expected).ravel(), abs=1e-5)

    @given(st.randoms(use_true_random=False), st.integers(2, 4), st.integers(2, 4))
    def test_reaches_its_margins_where_it_can(self, random: Random, n: int, m: int) -> None:
        """Margins of a table without empty cells can be met."""
        goal = [[random.randint(1, 9) for _ in range(m)] for _ in range(n)]
        cells = [
            ({"a": i, "b": j}, float(random.randint(1, 9))) for i in range(n) for j in range(m)
        ]
        margins = {
            "a": {i: float(sum(goal[i])) for i in range(n)},
            "b": {j: float(sum(row[j] for row in goal)) for j in range(m)},
        }
        found = rake(cells, margins)
        assert found.reached
        for name, totals in margins.items():
            for kind, total in totals.items():
                sums = sum(
                    weight
                    for (cell, _), weight in zip(cells, found.weights, strict=True)
                    if cell[name] == kind
                )
                assert sums == pytest.approx(total, abs=1e-6)

    def test_says_that_it_cannot(self) -> None:
        """Totals that contradict each other, and a category that nobody is of."""
        people = [({"site": "north", "age": "old"}, 1.0), ({"site": "north", "age": "young"}, 1.0)]
        empty = rake(people, {"site": {"north": 50.0, "south": 50.0}})
        assert (empty.reached, empty.off, empty.by) == (False, "site: south", 0.5)
        torn = rake(people, {"site": {"north": 10.0}, "age": {"old": 9.0, "young": 9.0}})
        assert not torn.reached
        assert torn.by > 0.4

    def test_refuses_what_does_not_fit(self) -> None:
        cell = [({"site": "east"}, 1.0)]
        with pytest.raises(InvalidValue, match="a cell is 'east' in 'site': expected one of"):
            rake(cell, {"site": {"north": 1.0}})
        with pytest.raises(InvalidValue, match="margins are none"):
            rake(cell, {})
        with pytest.raises(InvalidValue, match="a weight is -1"):
            rake([({"site": "east"}, -1.0)], {"site": {"east": 1.0}})
        with pytest.raises(InvalidValue, match="a total is below 0"):
            rake(cell, {"site": {"east": -1.0}})

    def test_costs_answers(self) -> None:
        people = [({"site": "north"}, 1.0)] * 9 + [({"site": "south"}, 1.0)]
        found = rake(people, {"site": {"north": 50.0, "south": 50.0}})
        assert found.n_effective == pytest.approx(100**2 / (9 * (50 / 9) ** 2 + 50**2))
