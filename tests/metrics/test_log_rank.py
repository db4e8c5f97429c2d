"""Whether groups take equally long: against lifelines, scipy, statsmodels and exact fractions."""

from __future__ import annotations

import warnings
from fractions import Fraction
from random import Random

import numpy as np
import pytest
import scipy.stats
from hypothesis import assume, given
from hypothesis import strategies as st

from servicecore.distributions import chi_square_survival
from servicecore.errors import InvalidValue
from servicecore.metrics.logrank import LogRank, log_rank
from servicecore.metrics.rows import Spell
from tests.metrics.oracles import oracle

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from lifelines.statistics import multivariate_logrank_test
    from statsmodels.duration.survfunc import survdiff

Groups = list[list[Spell]]


def several(most: int) -> st.SearchStrategy[Groups]:
    spells = st.builds(Spell, st.integers(1, 12), st.booleans())
    return st.lists(st.lists(spells, min_size=2, max_size=20), min_size=2, max_size=most)


def compared(groups: Groups) -> LogRank:
    return log_rank({str(place): group for place, group in enumerate(groups)})


def columns(groups: Groups) -> tuple[list[int], list[bool], list[int]]:
    rows = [(s.time, s.ended, place) for place, group in enumerate(groups) for s in group]
    times, ended, places = zip(*rows, strict=True)
    return list(times), list(ended), list(places)


def exact(groups: Groups) -> float:
    """The test in fractions, from its definition: u, V, and u of V's inverse by elimination."""
    kept = len(groups) - 1
    off = [Fraction(0)] * kept
    spread = [[Fraction(0)] * kept for _ in range(kept)]
    for time in sorted({s.time for group in groups for s in group if s.ended}):
        at_risk = [sum(s.time >= time for s in group) for group in groups]
        done = [sum(s.time == time and s.ended for s in group) for group in groups]
        n, d = sum(at_risk), sum(done)
        for i in range(kept):
            off[i] += done[i] - Fraction(d * at_risk[i], n)
            for j in range(kept):
                if n > 1:
                    share = Fraction(at_risk[i], n) * ((i == j) - Fraction(at_risk[j], n))
                    spread[i][j] += Fraction(d * (n - d), n - 1) * share
    rows = [[*row, value] for row, value in zip(spread, off, strict=True)]
    for place in range(kept):
        for other in range(kept):
            if other != place:
                factor = rows[other][place] / rows[place][place]
                rows[other] = [
                    a - factor * b for a, b in zip(rows[other], rows[place], strict=True)
                ]
    return float(
        sum(u * row[-1] / row[i] for i, (u, row) in enumerate(zip(off, rows, strict=True)))
    )


class TestPublished:
    @pytest.mark.parametrize("name", ["logrank_bumc_1", "logrank_bland_altman"])
    def test_two_groups(self, name: str) -> None:
        published = oracle(name)
        groups = {
            group: [Spell(t) for t in published.inputs[group][0]]
            + [Spell(t, ended=False) for t in published.inputs[group][1]]
            for group in "ab"
        }
        found = log_rank(groups).chi_square
        assert found == pytest.approx(published.expected, abs=published.tolerance)

    def test_the_chance_of_a_chi_square(self) -> None:
        published = oracle("logrank_6mp_p")
        found = chi_square_survival(published.inputs["chi2"], 1)
        assert found == pytest.approx(published.expected, abs=published.tolerance)


class TestGroups:
    @given(several(4))
    def test_agree_with_lifelines(self, groups: Groups) -> None:
        """Of those that were at risk when something was done; lifelines counts the others too."""
        found = compared(groups)
        assume(found.p is not None)
        said = [group for group, each in zip(groups, found.groups, strict=True) if each.expected]
        times, ended, places = columns(said)
        theirs = multivariate_logrank_test(times, places, ended)
        assert found.chi_square == pytest.approx(theirs.test_statistic, abs=1e-6)
        assert found.p == pytest.approx(theirs.p_value, abs=1e-6)
        assert found.degrees == len(said) - 1

    @given(several(2))
    def test_agree_with_scipy_where_they_are_two(self, groups: Groups) -> None:
        found = compared(groups)
        assume(found.p is not None)
        samples = [
            scipy.stats.CensoredData(
                uncensored=[s.time for s in group if s.ended],
                right=[s.time for s in group if not s.ended],
            )
            for group in groups
        ]
        theirs = scipy.stats.logrank(*samples)
        assert found.chi_square == pytest.approx(float(theirs.statistic) ** 2, abs=1e-9)
        assert found.p == pytest.approx(float(theirs.pvalue), abs=1e-9)

    @given(several(4))
    def test_agree_with_statsmodels(self, groups: Groups) -> None:
        found = compared(groups)
        assume(found.p is not None)
        assume(all(each.expected for each in found.groups))
        times, ended, places = (np.array(column) for column in columns(groups))
        chi_square, p = survdiff(times, ended.astype(int), places)
        assert found.chi_square == pytest.approx(float(chi_square), abs=1e-6)
        assert found.p == pytest.approx(float(p), abs=1e-6)

    @given(several(4))
    def test_are_expected_to_do_as_much_as_was_done(self, groups: Groups) -> None:
        found = compared(groups)
        done = [sum(spell.ended for spell in group) for group in groups]
        assert [group.observed for group in found.groups] == done
        assert [group.n for group in found.groups] == [len(group) for group in groups]
        assert sum(group.expected for group in found.groups) == pytest.approx(sum(done))

    @given(several(4), st.randoms())
    def test_may_come_in_any_order(self, groups: Groups, random: Random) -> None:
        other = random.sample([random.sample(group, len(group)) for group in groups], len(groups))
        one, two = compared(groups), compared(other)
        assert (one.reason, one.degrees) == (two.reason, two.degrees)
        assert one.chi_square == pytest.approx(two.chi_square, abs=1e-9)

    def test_of_two_requests_count_beside_groups_of_thousands(self) -> None:
        """In whatever place they come; a matrix of such different spreads loses digits."""
        drawn = Random(1)
        large = [[Spell(drawn.randrange(20)) for _ in range(20_000)] for _ in range(2)]
        small = [Spell(0), Spell(4)]
        expected = exact([*large, small])
        for place in range(3):
            groups = [*large[:place], small, *large[place:]]
            assert compared(groups).chi_square == pytest.approx(expected, rel=1e-9)

    @given(several(3))
    def test_that_were_never_at_risk_say_nothing(self, groups: Groups) -> None:
        """As R has it: no degree of freedom for a group of which nothing is expected."""
        found = compared(groups)
        more = log_rank(
            {"empty": [], **{str(n): group for n, group in enumerate(groups)}}
            | {"gone": [Spell(0, ended=False)]}
        )
        assert (more.chi_square, more.p, more.degrees) == (
            found.chi_square,
            found.p,
            found.degrees,
        )

    @given(several(3))
    def test_count_what_something_else_ended_as_long_as_it_lasted(self, groups: Groups) -> None:
        """M4."""
        other = [
            [Spell(s.time, cause="done" if s.ended else "merged") for s in group]
            for group in groups
        ]
        assert compared(other) == compared(groups)

    def test_alike_do_not_differ(self) -> None:
        group = [Spell(3), Spell(5), Spell(5, ended=False), Spell(9)]
        found = compared([group, group])
        assert (found.chi_square, found.p) == (0, 1)

    def test_need_something_to_compare(self) -> None:
        with pytest.raises(InvalidValue, match="expected two or more to compare"):
            log_rank({"a": [Spell(1)]})
        with pytest.raises(InvalidValue, match="expected a time from 0 on"):
            log_rank({"a": [Spell(1)], "b": [Spell(-1)]})

    @pytest.mark.parametrize(
        "groups",
        [
            [[Spell(1, ended=False)], [Spell(2, ended=False)]],
            [[Spell(1)], [Spell(1)]],
            [[Spell(1, ended=False)], [Spell(2), Spell(3)]],
            [[], []],
        ],
        ids=["nothing done", "all done at once", "one gone before", "empty"],
    )
    def test_that_cannot_be_compared_have_no_p(self, groups: Groups) -> None:
        """M1."""
        found = compared(groups)
        assert (found.chi_square, found.p, found.degrees) == (None, None, 0)
        assert found.reason == "no_data"
