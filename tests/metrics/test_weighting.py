"""Effective n, weighted and post-stratified shares and means, raking (M7)."""

from __future__ import annotations

import warnings
from math import inf, nan
from random import Random

import numpy as np
import pytest
import scipy.optimize
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # what it says of other packages while being imported
    from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint
    from statsmodels.stats.weightstats import DescrStatsW

from servicecore.errors import InvalidValue
from servicecore.estimate import mean, share
from servicecore.metrics.poststratification import Stratum, poststratified, poststratified_mean
from servicecore.metrics.raking import Cell, Margins, Raked, rake
from servicecore.metrics.weighting import effective_n, weighted_share
from tests.metrics.oracles import oracle

WEIGHTS = st.floats(0.01, 100)


class TestEffectiveN:
    def test_is_kishs(self) -> None:
        published = oracle("kish_effective_n")
        found = effective_n(published.inputs["w"])
        assert found == pytest.approx(published.expected, abs=published.tolerance)

    @given(st.lists(WEIGHTS, min_size=1))
    def test_is_n_at_most_and_n_where_all_weigh_the_same(self, weights: list[float]) -> None:
        assert 1 - 1e-9 <= effective_n(weights) <= len(weights) + 1e-9
        assert effective_n([weights[0]] * len(weights)) == pytest.approx(len(weights))

    @given(st.lists(WEIGHTS, min_size=1), st.sampled_from([1e-300, 1e-9, 1e9, 1e300]))
    def test_does_not_depend_on_the_unit(self, weights: list[float], unit: float) -> None:
        scaled = [weight * unit for weight in weights]
        assert effective_n(scaled) == pytest.approx(effective_n(weights))

    def test_is_none_of_nothing(self) -> None:
        assert effective_n([]) == effective_n([0, 0]) == 0
        assert effective_n([0, 3]) == 1

    @pytest.mark.parametrize("wrong", [-1, nan, inf])
    def test_refuses_what_is_no_weight(self, wrong: float) -> None:
        with pytest.raises(InvalidValue, match="a weight is"):
            effective_n([1, wrong])


class TestWeightedShare:
    @given(st.lists(st.tuples(st.booleans(), WEIGHTS), min_size=1))
    def test_agrees_with_statsmodels(self, answers: list[tuple[bool, float]]) -> None:
        """Wilson's interval of as many as are effective."""
        hits, weights = np.array([hit for hit, _ in answers]), np.array([w for _, w in answers])
        found = weighted_share(answers)
        expected = DescrStatsW(hits, weights).mean
        n = weights.sum() ** 2 / (weights**2).sum()
        limits = proportion_confint(expected * n, n, method="wilson")
        assert [found.value, found.n_effective] == pytest.approx([expected, n])
        assert [found.low, found.high] == pytest.approx(list(limits), abs=1e-9)
        assert 0 <= (found.low or 0) <= (found.value or 0) <= (found.high or 0) <= 1

    def test_equal_weights_give_the_plain_share(self) -> None:
        found, plain = weighted_share([(True, 2.0)] * 3 + [(False, 2.0)]), share(3, 4, cohort="")
        assert (found.low, found.high) == pytest.approx((plain.low, plain.high))
        assert (found.value, found.n) == (plain.value, plain.n)

    def test_what_weighs_nothing_is_nobody(self) -> None:
        assert weighted_share([]).reason == weighted_share([(True, 0.0)]).reason == "no_data"
        assert weighted_share([(True, 0.0), (False, 1.0)]).n == 1
        with pytest.raises(InvalidValue, match="a weight is -1"):
            weighted_share([(True, -1.0)])
        with pytest.raises(InvalidValue, match="level"):
            weighted_share([], level=0)


class TestPoststratifiedShare:
    def test_mean_of_strata(self) -> None:
        published = oracle("poststrat_mean")
        inputs = published.inputs
        strata = {
            str(place): Stratum(part, round(p * n), n)
            for place, (part, n, p) in enumerate(
                zip(inputs["pop_share"], inputs["n"], inputs["csat"], strict=True)
            )
        }
        plain = sum(s.hits for s in strata.values()) / sum(s.n for s in strata.values())
        found = [poststratified(strata).value, plain]
        assert found == pytest.approx(published.expected, abs=published.tolerance)

    @given(st.integers(1, 60), st.data())
    def test_one_stratum_is_the_plain_share(self, n: int, data: st.DataObject) -> None:
        hits = data.draw(st.integers(0, n))
        found, plain = poststratified({"all": Stratum(1, hits, n)}), share(hits, n, cohort="")
        assert [found.value, found.low, found.high] == pytest.approx(
            [plain.value, plain.low, plain.high], abs=1e-12
        )
        if 0 < hits < n:
            assert found.n_effective == pytest.approx(n)

    @given(st.integers(2, 60), st.integers(2, 60), st.data())
    def test_two_halves_have_the_limits_of_a_difference(
        self, n: int, other_n: int, data: st.DataObject
    ) -> None:
        """Half of p and half of 1 − q is half of p − q and ½, whose limits are Newcombe's."""
        hits, other = data.draw(st.integers(0, n)), data.draw(st.integers(0, other_n))
        found = poststratified(
            {"a": Stratum(0.5, hits, n), "b": Stratum(0.5, other_n - other, other_n)}
        )
        low, high = confint_proportions_2indep(hits, n, other, other_n, method="newcomb")
        assert found.low == pytest.approx((1 + low) / 2, abs=1e-9)
        assert found.high == pytest.approx((1 + high) / 2, abs=1e-9)

    def test_effective_n_and_design_effect(self) -> None:
        """By hand: the variance of all over the squared standard error."""
        found = poststratified({"a": Stratum(0.3, 20, 50), "b": Stratum(0.7, 60, 80)})
        error = 0.3**2 * 0.4 * 0.6 / 49 + 0.7**2 * 0.75 * 0.25 / 79
        within = 0.3 * 0.4 * 0.6 * 50 / 49 + 0.7 * 0.75 * 0.25 * 80 / 79
        between = 0.3 * (0.4 - 0.645) ** 2 + 0.7 * (0.75 - 0.645) ** 2
        assert found.n_effective == pytest.approx((within + between) / error)

    @given(
        st.lists(
            st.tuples(st.integers(1, 9), st.integers(0, 30), st.integers(0, 30)),
            min_size=1,
            max_size=5,
        ),
        st.randoms(use_true_random=False),
    )
    def test_limits_contain_the_value_in_any_order(
        self, drawn: list[tuple[int, int, int]], random: Random
    ) -> None:
        whole = sum(part for part, _, _ in drawn)
        strata = {
            str(place): Stratum(part / whole, hits, hits + misses)
            for place, (part, hits, misses) in enumerate(drawn)
        }
        found = poststratified(strata)
        mixed = random.sample(sorted(strata.items()), len(strata))
        assert poststratified(dict(mixed)) == found
        if found.value is None:
            assert any(not each.n for each in strata.values())
        else:
            assert found.low is not None
            assert found.high is not None
            assert 0 <= found.low <= found.value <= found.high <= 1

    def test_more_answers_are_surer(self) -> None:
        few, many = (
            poststratified({"a": Stratum(0.4, 3 * k, 5 * k), "b": Stratum(0.6, 4 * k, 9 * k)})
            for k in (1, 10)
        )
        assert few.value == pytest.approx(many.value)
        assert (few.low or 0) < (many.low or 0) < (many.high or 0) < (few.high or 0)

    def test_answers_that_are_all_alike_are_not_certain(self) -> None:
        found = poststratified({"a": Stratum(0.5, 20, 20), "b": Stratum(0.5, 5, 5)})
        assert (found.value, found.high, found.n_effective) == (1, 1, None)
        assert 0.5 < (found.low or 0) < 0.9

    def test_a_stratum_that_nobody_answered_for_leaves_all_unknown(self) -> None:
        unknown = poststratified({"a": Stratum(0.5, 1, 2), "b": Stratum(0.5, 0, 0)})
        assert (unknown.value, unknown.reason, unknown.n) == (None, "unknown", 2)
        nobody = poststratified({"a": Stratum(0.5, 0, 0), "b": Stratum(0.5, 0, 0)})
        assert (nobody.value, nobody.reason, nobody.n) == (None, "no_data", 0)
        without = poststratified({"a": Stratum(1, 1, 2), "b": Stratum(0, 0, 9)})
        assert (without.value, without.n) == (0.5, 2)

    @pytest.mark.parametrize("wrong", [(0.5, 0.4), (1.5, -0.5), (nan, 1.0), ()])
    def test_refuses_shares_that_are_none(self, wrong: tuple[float, ...]) -> None:
        with pytest.raises(InvalidValue, match="share"):
            poststratified({str(part): Stratum(part, 1, 2) for part in wrong})

    def test_refuses_hits_that_cannot_be(self) -> None:
        with pytest.raises(InvalidValue, match="3 hits among 2"):
            Stratum(1, 3, 2)


class TestPoststratifiedMean:
    @given(*[st.lists(st.integers(1, 9), min_size=2, max_size=9)] * 2)
    def test_two_halves_are_welchs(self, one: list[float], other: list[float]) -> None:
        """Half of x and half of −y is half of x − y, whose limits are Welch's."""
        found = poststratified_mean(
            {"a": one, "b": [-value for value in other]}, {"a": 0.5, "b": 0.5}
        )
        assert found.value == pytest.approx((np.mean(one) - np.mean(other)) / 2)
        if len(set(one)) == len(set(other)) == 1:
            assert found.low == found.high == found.value
            return
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that one of the two is all alike
            test = scipy.stats.ttest_ind(one, other, equal_var=False)
        welch = test.confidence_interval(0.95)
        limits = [welch.low / 2, welch.high / 2]
        assert [found.low, found.high] == pytest.approx(limits)

    @given(st.lists(st.integers(1, 5), min_size=2, max_size=20))
    def test_one_stratum_is_the_plain_mean(self, answers: list[float]) -> None:
        found = poststratified_mean({"all": answers}, {"all": 1}, lowest=1, highest=5)
        plain = mean(answers, unit="score", cohort="", lowest=1, highest=5)
        assert [found.value, found.low, found.high] == pytest.approx(
            [plain.value, plain.low, plain.high]
        )
        effective = len(answers) if len(set(answers)) > 1 else None
        assert found.n_effective == (effective and pytest.approx(effective))

    def test_is_the_share_where_answers_are_yes_or_no(self) -> None:
        answers = {"a": [1] * 20 + [0] * 30, "b": [1] * 60 + [0] * 20}
        found = poststratified_mean(answers, {"a": 0.3, "b": 0.7}, unit="share")
        plain = poststratified({"a": Stratum(0.3, 20, 50), "b": Stratum(0.7, 60, 80)})
        assert (found.value, found.n, found.n_effective) == pytest.approx(
            (plain.value, plain.n, plain.n_effective)
        )

    def test_has_no_limits_with_a_single_answer(self) -> None:
        found = poststratified_mean({"a": [1], "b": [2, 3]}, {"a": 0.5, "b": 0.5})
        assert (found.value, found.reason, found.low, found.n) == (1.75, "few", None, 3)

    def test_a_stratum_that_nobody_answered_for_leaves_all_unknown(self) -> None:
        halves = {"a": 0.5, "b": 0.5}
        unknown = poststratified_mean({"a": [1, 2], "b": []}, halves)
        assert (unknown.value, unknown.reason, unknown.n) == (None, "unknown", 2)
        assert poststratified_mean({"a": [], "b": []}, halves).reason == "no_data"

    def test_refuses_what_does_not_fit(self) -> None:
        with pytest.raises(InvalidValue, match=r"answers of \['a'\]: expected of \['b'\]"):
            poststratified_mean({"a": [1]}, {"b": 1})
        with pytest.raises(InvalidValue, match="no finite number"):
            poststratified_mean({"a": [1, nan]}, {"a": 1})
        with pytest.raises(InvalidValue, match=r"add up to 0\.9"):
            poststratified_mean({"a": [1, 2]}, {"a": 0.9})


def table(seed: list[list[float]]) -> list[tuple[Cell, float]]:
    """The cells of a table of two margins."""
    return [
        ({"a": i, "b": j}, weight) for i, row in enumerate(seed) for j, weight in enumerate(row)
    ]


def margins_of(goal: list[list[float]]) -> Margins:
    """The totals of a table, which can be met by it at least."""
    whole = np.array(goal)
    return {"a": dict(enumerate(whole.sum(axis=1))), "b": dict(enumerate(whole.sum(axis=0)))}


def sums(cells: list[tuple[Cell, float]], found: Raked, margin: str) -> dict[object, float]:
    """What the weights of each category add up to."""
    totals: dict[object, float] = {}
    for (cell, _), weight in zip(cells, found.weights, strict=True):
        totals[cell[margin]] = totals.get(cell[margin], 0.0) + weight
    return totals


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[list[float]], list[list[float]]]:
    """A seed without empty cells, and a table of the same size."""
    n, m = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    rows = st.lists(st.lists(st.integers(1, 9), min_size=m, max_size=m), min_size=n, max_size=n)
    return draw(rows), draw(rows)


class TestRaking:
    def test_a_table_of_four_by_four(self) -> None:
        published = oracle("raking_wikipedia_4x4")
        seed, rows, columns = (published.inputs[name] for name in ("seed", "rows", "cols"))
        found = rake(table(seed), {"a": dict(enumerate(rows)), "b": dict(enumerate(columns))})
        assert found.reached
        expected = np.array(published.expected).ravel()
        assert list(found.weights) == pytest.approx(expected, abs=published.tolerance)

    @given(tables())
    def test_reaches_its_margins_where_it_can(
        self, drawn: tuple[list[list[float]], list[list[float]]]
    ) -> None:
        """Margins of a table without empty cells can be met."""
        seed, goal = drawn
        cells, margins = table(seed), margins_of(goal)
        found = rake(cells, margins)
        assert (found.reached, found.obstacle, found.off, found.by) == (True, None, None, 0)
        for name, totals in margins.items():
            assert sums(cells, found, name) == pytest.approx(totals, abs=1e-6)

    @given(tables())
    def test_keeps_the_odds_of_the_sample(
        self, drawn: tuple[list[list[float]], list[list[float]]]
    ) -> None:
        """What raking leaves alone: the odds ratio of any two rows and columns."""
        seed, goal = drawn
        weights = np.array(rake(table(seed), margins_of(goal)).weights)
        logs = np.log(weights.reshape(np.shape(seed)) / np.array(seed))
        interactions = logs - logs[:1] - logs[:, :1] + logs[0, 0]
        assert np.abs(interactions).max() < 1e-9

    def test_changes_the_weights_as_little_as_can_be(self) -> None:
        """Of all tables with these margins, the least information (by a solver of scipy)."""
        seed, goal = [[4.0, 1.0], [2.0, 3.0], [1.0, 1.0]], [[3.0, 5.0], [2.0, 6.0], [4.0, 1.0]]
        start, totals = np.ravel(seed), margins_of(goal)
        places = np.indices((3, 2)).reshape(2, 6)
        rules = [
            {"type": "eq", "fun": lambda x, k=k, i=i, t=t: x[places[k] == i].sum() - t}
            for k, margin in enumerate(totals.values())
            for i, t in list(margin.items())[: None if k == 0 else 1]
        ]
        solved = scipy.optimize.minimize(
            lambda x: (x * np.log(x / start)).sum() - x.sum(),
            np.ravel(goal),
            constraints=rules,
            bounds=[(1e-9, None)] * 6,
            options={"ftol": 1e-13},
        )
        found = rake(table(seed), totals)
        assert list(found.weights) == pytest.approx(solved.x, abs=1e-4)

    @given(tables(), st.randoms(use_true_random=False))
    def test_the_order_of_respondents_means_nothing(
        self, drawn: tuple[list[list[float]], list[list[float]]], random: Random
    ) -> None:
        cells, margins = table(drawn[0]), margins_of(drawn[1])
        order = random.sample(range(len(cells)), len(cells))
        mixed = rake([cells[place] for place in order], margins)
        weights = rake(cells, margins).weights
        assert list(mixed.weights) == pytest.approx([weights[place] for place in order])

    def test_respondents_are_cells_of_one(self) -> None:
        """Five people of two kinds, and the same as two cells."""
        margins = {"a": {0: 60.0, 1: 40.0}}
        people = rake([({"a": 0}, 1.0)] * 4 + [({"a": 1}, 1.0)], margins)
        assert list(people.weights) == pytest.approx([15] * 4 + [40])
        cells = rake([({"a": 0}, 4.0), ({"a": 1}, 1.0)], margins)
        assert list(cells.weights) == pytest.approx([60, 40])
        assert people.n_effective == pytest.approx(100**2 / (4 * 15**2 + 40**2))

    def test_makes_answers_stand_for_all(self) -> None:
        people: list[tuple[Cell, bool]] = [({"site": "north"}, True)] * 8
        people += [({"site": "south"}, False)] * 2
        raked = rake([(cell, 1.0) for cell, _ in people], {"site": {"north": 0.5, "south": 0.5}})
        found = weighted_share(zip((happy for _, happy in people), raked.weights, strict=True))
        assert found.value == pytest.approx(0.5)
        assert found.n_effective == pytest.approx(raked.n_effective)

    def test_says_that_a_category_is_empty(self) -> None:
        people: list[tuple[Cell, float]] = [({"site": "north", "age": "old"}, 1.0)] * 2
        found = rake(people, {"site": {"north": 50.0, "south": 50.0}})
        assert (found.reached, found.obstacle) == (False, "empty category")
        assert (found.off, found.by) == ("site: south", 0.5)
        weightless = [*people, ({"site": "south"}, 0.0)]
        assert rake(weightless, {"site": {"north": 1, "south": 1}}).obstacle == "empty category"
        assert rake([], {"site": {"north": 1}}).obstacle == "empty category"
        # That nobody is in a category of which there is nobody is no obstacle.
        totals: Margins = {"site": {"north": 2, "south": 0}, "age": {"old": 3}}
        assert rake(people, totals).obstacle == "totals that differ"

    def test_says_that_totals_differ(self) -> None:
        people: list[tuple[Cell, float]] = [
            ({"site": "north", "age": "old"}, 1.0),
            ({"site": "north", "age": "young"}, 1.0),
        ]
        found = rake(people, {"site": {"north": 10.0}, "age": {"old": 9.0, "young": 9.0}})
        assert (found.reached, found.obstacle, found.off) == (
            False,
            "totals that differ",
            "site: north",
        )
        assert found.by == pytest.approx(0.8)

    def test_waits_no_longer_than_weights_move(self) -> None:
        """Totals of the published table, one tenth more in the one margin than in the other."""
        inputs = oracle("raking_wikipedia_4x4").inputs
        rows = {place: total * 1.1 for place, total in enumerate(inputs["rows"])}
        found = rake(table(inputs["seed"]), {"a": rows, "b": dict(enumerate(inputs["cols"]))})
        assert (found.obstacle, found.by) == ("totals that differ", pytest.approx(0.4 / 11))
        assert found.rounds < 15

    def test_says_that_combinations_are_missing(self) -> None:
        """Nobody is both, or nobody is neither: no weights of the others can meet the totals."""
        corners: list[tuple[Cell, float]] = [({"a": 0, "b": 0}, 1.0), ({"a": 1, "b": 1}, 1.0)]
        found = rake(corners, {"a": {0: 1.0, 1: 1.0}, "b": {0: 0.5, 1: 1.5}})
        assert (found.reached, found.obstacle) == (False, "missing combinations")
        assert found.rounds < 10

    def test_ends_where_totals_are_met_in_the_limit_alone(self) -> None:
        """A cell would have to vanish, and does so slower and slower."""
        cells: list[tuple[Cell, float]] = [
            ({"a": 0, "b": 0}, 1.0),
            ({"a": 1, "b": 0}, 1.0),
            ({"a": 1, "b": 1}, 1.0),
        ]
        found = rake(cells, {"a": {0: 1, 1: 1}, "b": {0: 1, 1: 1}})
        assert (found.reached, found.obstacle) == (False, "missing combinations")
        assert found.rounds == 1000
        assert found.by < 0.001
        assert rake(cells, {"a": {0: 1, 1: 1}, "b": {0: 1, 1: 1}}, tolerance=0.001).reached

    def test_a_total_of_nothing_is_met_by_nothing(self) -> None:
        found = rake(table([[1.0, 2.0], [3.0, 4.0]]), {"a": {0: 0.0, 1: 7.0}})
        assert found.weights == pytest.approx((0, 0, 3, 4))
        assert rake([], {"a": {}}).reached

    def test_refuses_what_does_not_fit(self) -> None:
        cell: list[tuple[Cell, float]] = [({"site": "east"}, 1.0)]
        with pytest.raises(InvalidValue, match="a cell is 'east' in 'site': expected one of"):
            rake(cell, {"site": {"north": 1.0}})
        with pytest.raises(InvalidValue, match="a cell is None in 'age'"):
            rake(cell, {"age": {"old": 1.0}})
        with pytest.raises(InvalidValue, match="margins are none"):
            rake(cell, {})
        with pytest.raises(InvalidValue, match="tolerance is 0"):
            rake(cell, {"site": {"east": 1.0}}, tolerance=0)

    @pytest.mark.parametrize("wrong", [-1.0, nan, inf])
    def test_refuses_what_is_no_weight_and_no_total(self, wrong: float) -> None:
        with pytest.raises(InvalidValue, match="a weight is"):
            rake([({"site": "east"}, wrong)], {"site": {"east": 1.0}})
        with pytest.raises(InvalidValue, match="the total of site: east is"):
            rake([({"site": "east"}, 1.0)], {"site": {"east": wrong}})
