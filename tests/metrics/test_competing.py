"""How often something else comes first: against lifelines, and by counting (M4)."""

from __future__ import annotations

import warnings
from random import Random

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from servicecore.errors import InvalidValue
from servicecore.metrics.competing import incidences
from servicecore.metrics.rows import Spell
from servicecore.metrics.survival import kaplan_meier
from tests.metrics.oracles import oracle

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from lifelines import AalenJohansenFitter

CAUSES = ("done", "withdrawn", "merged")
mixed_spells = st.lists(
    st.builds(Spell, st.integers(0, 30), st.booleans(), st.sampled_from(CAUSES)),
    min_size=1,
    max_size=60,
)


class TestPublished:
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

    def test_incidences_that_add_up(self) -> None:
        published = oracle("cif_sum_identity")
        pairs = zip(published.inputs["time"], published.inputs["cause"], strict=True)
        ends = incidences([Spell(time, bool(cause), str(cause)) for time, cause in pairs])
        found = [ends.of("1").value, ends.of("2").value, ends.going_on().value]
        assert found == pytest.approx(published.expected, abs=published.tolerance)


class TestIncidences:
    @given(mixed_spells)
    def test_add_up_with_what_goes_on(self, spells: list[Spell]) -> None:
        """Aalen-Johansen: the incidences of all causes and S are 1."""
        ends = incidences(spells)
        for time in range(ends.longest + 1):
            reached = sum(ends.of(cause, time).value or 0 for cause in ends.causes)
            assert reached + (ends.going_on(time).value or 0) == pytest.approx(1)

    @given(mixed_spells)
    def test_lie_within_their_limits_and_never_fall(self, spells: list[Spell]) -> None:
        """M1."""
        ends = incidences(spells)
        for cause in CAUSES:
            before = 0.0
            for time in range(ends.longest + 1):
                found = ends.of(cause, time)
                assert found.value is not None
                assert found.low is not None
                assert found.high is not None
                assert 0 <= found.low <= found.value <= found.high <= 1
                assert found.value >= before - 1e-12
                before = found.value

    @given(mixed_spells)
    def test_never_exceed_what_kaplan_meier_would_say(self, spells: list[Spell]) -> None:
        """M4: as if nothing came in its way."""
        ends, curve = incidences(spells), kaplan_meier(spells)
        for time in range(ends.longest + 1):
            assert (ends.of("done", time).value or 0) <= 1 - curve.surviving(time) + 1e-9

    @given(st.lists(st.builds(Spell, st.integers(0, 30), st.booleans()), min_size=1))
    def test_of_one_cause_alone_are_what_kaplan_meier_says(self, spells: list[Spell]) -> None:
        ends, curve = incidences(spells), kaplan_meier(spells)
        for time in range(ends.longest + 1):
            assert ends.of("done", time).value == pytest.approx(1 - curve.surviving(time))
            assert ends.going_on(time) == curve.at(time)

    @given(
        st.lists(st.builds(Spell, st.integers(0, 30), cause=st.sampled_from(CAUSES)), min_size=1)
    )
    def test_without_censoring_are_shares(self, spells: list[Spell]) -> None:
        """Ties included."""
        ends = incidences(spells)
        for cause in CAUSES:
            for time in range(ends.longest + 1):
                counted = sum(s.cause == cause and s.time <= time for s in spells) / len(spells)
                assert ends.of(cause, time).value == pytest.approx(counted)

    @given(mixed_spells)
    def test_of_two_causes_taken_for_one_are_their_sum(self, spells: list[Spell]) -> None:
        ends = incidences(spells)
        joined = incidences(
            [Spell(s.time, s.ended, "left" if s.cause != "done" else "done") for s in spells]
        )
        apart = [ends.of(cause).value or 0 for cause in ("withdrawn", "merged")]
        assert joined.of("left").value == pytest.approx(sum(apart))

    @given(mixed_spells, st.randoms())
    def test_do_not_depend_on_the_order(self, spells: list[Spell], random: Random) -> None:
        assert incidences(random.sample(spells, len(spells))) == incidences(spells)

    @given(st.data())
    def test_agree_with_lifelines(self, data: st.DataObject) -> None:
        """Without ties, which lifelines shakes apart at random; with its limits."""
        times = data.draw(st.lists(st.integers(1, 60), min_size=2, max_size=30, unique=True))
        causes = [data.draw(st.integers(0, 2)) for _ in times]
        assume(1 in causes)
        spells = [Spell(t, bool(c), str(c)) for t, c in zip(times, causes, strict=True)]
        fitter = AalenJohansenFitter(calculate_variance=True)
        fitter.fit(np.array(times), np.array(causes), event_of_interest=1)
        ends = incidences(spells)
        reached, limits = fitter.cumulative_density_.iloc[:, 0], fitter.confidence_interval_
        for time in times:
            found = ends.of("1", time)
            assert found.value == pytest.approx(float(reached.loc[time]), abs=1e-9)
            if not np.isnan(limits.loc[time]).any() and 0 < (found.value or 0) < 1:
                low, high = limits.loc[time].sort_values()
                assert (found.low, found.high) == pytest.approx((low, high), abs=1e-6)

    def test_have_limits_also_where_rounding_leaves_a_cause_just_short_of_all(self) -> None:
        """Eleven times 1/11 is less than 1 by rounding, and its logarithm next to nothing."""
        for many in range(1, 60):
            found = incidences([Spell(time) for time in range(many)]).of("done")
            assert (found.value, found.high) == (1, 1)
            assert found.low is not None
            assert 0 <= found.low < 1

    def test_of_what_never_happened_are_not_certain_to_be_0(self) -> None:
        """None of those of which it is known: the exact upper limit is 1 − (α/2)^(1/n)."""
        spells = [Spell(2, ended=False)] * 5 + [Spell(3)] * 4 + [Spell(9, ended=False)] * 6
        ends = incidences(spells)
        for time, known in ((1, 15), (2, 15), (3, 10), (9, 10)):
            found = ends.of("merged", time)
            assert (found.value, found.low) == (0, 0)
            assert found.high == pytest.approx(1 - 0.025 ** (1 / known))

    def test_know_nothing_behind_the_longest(self) -> None:
        ends = incidences([Spell(2), Spell(5, ended=False)])
        assert ends.of("done", 6).reason == ends.going_on(6).reason == "extrapolated"
        assert incidences([Spell(2)]).of("done", 9).value == 1
        empty = incidences([])
        assert empty.of("done").reason == empty.going_on().reason == "no_data"

    def test_refuse_what_makes_no_sense(self) -> None:
        with pytest.raises(InvalidValue, match="expected a time from 0 on"):
            incidences([Spell(-1)])
        with pytest.raises(InvalidValue, match="level is 95"):
            incidences([Spell(1)], level=95)
