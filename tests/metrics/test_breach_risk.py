"""What will be late, and whether such chances come true (M4)."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecore.errors import InvalidValue
from servicecore.instants import HOUR
from servicecore.lifecycle.events import (
    Cancelled,
    Event,
    MergedInto,
    Reopened,
    Resolved,
    StatusChanged,
)
from servicecore.metrics.breach_risk import (
    breach_risk,
    expected_breaches,
    most_at_risk,
    risk_of,
)
from servicecore.metrics.calibration import (
    Forecast,
    brier_score,
    brier_skill,
    forecasts_on_history,
    reliability,
)
from servicecore.metrics.cohort import Period
from servicecore.metrics.rows import Spell
from servicecore.metrics.spells import lifetimes, spells
from servicecore.metrics.survival import kaplan_meier
from tests.metrics.kit import after, event, micros, opened, situation, situations

times = st.lists(st.integers(1, 30), min_size=1, max_size=40)


class TestConditionalChance:
    @given(times, st.integers(0, 30), st.integers(1, 30))
    def test_without_censoring_is_the_share_of_those_that_took_as_long(
        self, taken: list[int], age: int, left: int
    ) -> None:
        """P(T > due | T > age), counted."""
        curve = kaplan_meier([Spell(time) for time in taken])
        found = breach_risk(curve, age, age + left)
        longer = [time for time in taken if time > age]
        if not longer:
            assert (found.value, found.reason) == (None, "extrapolated")
            return
        expected = sum(time > age + left for time in longer) / len(longer)
        assert found.value == pytest.approx(expected)
        assert found.n == len(longer)
        assert found.low is not None
        assert found.high is not None
        assert 0 <= found.low <= (found.value or 0) <= found.high <= 1

    @given(
        st.lists(st.builds(Spell, st.integers(1, 30), st.booleans()), min_size=1),
        st.integers(0, 30),
        st.integers(1, 30),
    )
    def test_is_s_of_due_over_s_of_age(self, known: list[Spell], age: int, left: int) -> None:
        curve = kaplan_meier(known)
        found = breach_risk(curve, age, age + left)
        if found.value is not None:
            ratio = curve.surviving(age + left) / curve.surviving(age)
            assert found.value == pytest.approx(ratio)

    def test_is_certain_for_what_is_late(self) -> None:
        found = breach_risk(kaplan_meier([Spell(5)] * 20), age=4, due=4)
        assert (found.value, found.reason) == (1, "late")

    def test_is_a_bound_behind_what_is_known(self) -> None:
        curve = kaplan_meier([Spell(2)] * 10 + [Spell(9, ended=False)] * 10)
        assert breach_risk(curve, age=1, due=20).reason == "extrapolated"

    def test_of_few_says_so(self) -> None:
        assert breach_risk(kaplan_meier([Spell(5)] * 9), age=1, due=3).reason == "few"
        assert breach_risk(kaplan_meier([Spell(5)] * 10), age=1, due=3).reason is None
        assert breach_risk(kaplan_meier([]), age=1, due=3).reason == "no_data"


class TestRequests:
    CURVE = kaplan_meier([Spell(hours * HOUR) for hours in range(1, 21)])

    def test_are_judged_by_what_their_clock_has_counted(self) -> None:
        """M4: age = elapsed and due = elapsed + remaining, on the contract's clock."""
        risk = risk_of(situation(opened(), at=1), "resolution", self.CURVE)
        assert risk is not None
        assert (risk.age, risk.due, risk.at_risk) == (HOUR, 4 * HOUR, 19)
        assert risk.breach.value == pytest.approx(16 / 19)
        assert not (risk.late)
        assert not (risk.extrapolated)
        assert not (risk.few)

    def test_keep_their_chance_in_a_pause(self) -> None:
        paused = event(StatusChanged, 1, status="waiting for customer")
        now, later = (situation(opened(), paused, at=hours) for hours in (1, 50))
        one, other = (risk_of(each, "resolution", self.CURVE) for each in (now, later))
        assert one is not None
        assert other is not None
        assert one.breach == other.breach

    def test_that_are_over_have_none(self) -> None:
        assert (
            risk_of(situation(opened(), event(Resolved, 1), at=2), "resolution", self.CURVE) is None
        )
        assert risk_of(situation(opened(), at=2), "no such clock", self.CURVE) is None

    def test_are_listed_by_their_chance(self) -> None:
        known = [situation(opened(-hours, f"R{hours}"), at=0) for hours in (1, 3, 2, 30)]
        listed = most_at_risk(known, "resolution", self.CURVE)
        assert [risk.request for risk in listed] == ["R3", "R2", "R1"]  # R30 is late already
        assert len(most_at_risk(known, "resolution", self.CURVE, most=1)) == 1
        expected = sum(risk.breach.value or 0 for risk in listed)
        assert expected_breaches(listed).value == pytest.approx(expected)
        assert expected_breaches([]).reason == "no_data"


class TestSpells:
    def test_of_clocks(self) -> None:
        """M4: open ones are censored; withdrawn and merged ones ended by that."""
        histories = [
            [opened(), event(Resolved, 2)],
            [opened()],
            [opened(), event(Cancelled, 3)],
            [opened(), event(MergedInto, 1, target="R9")],
            [opened(), event(Resolved, 2), event(Reopened, 4)],
            [opened(), event(StatusChanged, 1, status="waiting for customer")],
        ]
        assert spells(situations(histories, at=5), "resolution") == (
            Spell(2 * HOUR),
            Spell(5 * HOUR, ended=False),
            Spell(3 * HOUR, cause="withdrawn"),
            Spell(1 * HOUR, cause="merged"),
            Spell(3 * HOUR, ended=False),  # the closed time is a pause (K4)
            Spell(1 * HOUR, ended=False),
        )

    def test_of_customers_are_wall_time(self) -> None:
        """M5: waiting and closed time count for whoever waits."""
        histories = [
            [opened(), event(Resolved, 2)],
            [opened(), event(StatusChanged, 1, status="waiting for customer")],
            [opened(), event(Resolved, 2), event(Reopened, 4), event(Resolved, 5)],
            [opened(), event(Cancelled, 3)],
        ]
        assert lifetimes(situations(histories, at=6)) == (
            Spell(2 * HOUR),
            Spell(6 * HOUR, ended=False),
            Spell(5 * HOUR),
            Spell(3 * HOUR, cause="withdrawn"),
        )

    def test_are_of_those_opened_in_the_period(self) -> None:
        """M3."""
        histories = [[opened(hours, f"R{hours}")] for hours in (0, 1, 2)]
        period = Period(after(1), after(2))
        known = situations(histories, at=5)
        assert len(spells(known, "resolution", period=period)) == 1
        assert len(lifetimes(known, period=period)) == 1

    def test_need_one_instant(self) -> None:
        mixed = [situation(opened(), at=hours) for hours in (1, 2)]
        for ask in (lambda: spells(mixed, "resolution"), lambda: lifetimes(mixed)):
            with pytest.raises(InvalidValue, match="expected all at the same instant"):
                ask()


forecasts = st.lists(st.builds(Forecast, st.floats(0, 1), st.booleans()), min_size=1)


class TestScores:
    @given(forecasts)
    def test_are_mean_squares(self, told: list[Forecast]) -> None:
        expected = sum((f.chance - f.happened) ** 2 for f in told) / len(told)
        found = brier_score(told)
        assert found.value == pytest.approx(expected)
        assert 0 <= (found.value or 0) <= 1

    @given(forecasts)
    def test_have_no_skill_where_all_are_told_the_same(self, told: list[Forecast]) -> None:
        base = sum(f.happened for f in told) / len(told)
        same = [Forecast(base, f.happened) for f in told]
        found = brier_skill(same)
        assert found.reason == "unknown" if base in (0, 1) else found.value == pytest.approx(0)

    def test_of_the_all_knowing_are_perfect(self) -> None:
        told = [Forecast(1.0, True), Forecast(0.0, False)]
        assert (brier_score(told).value, brier_skill(told).value) == (0, 1)
        assert brier_skill([]).reason == brier_score([]).reason == "no_data"

    @given(forecasts, st.integers(1, 12))
    def test_come_in_bins_that_lose_nobody(self, told: list[Forecast], bins: int) -> None:
        found = reliability(told, bins=bins)
        assert sum(each.happened.n for each in found) == len(told)
        assert all(each.start - 1e-9 <= each.told <= each.end + 1e-9 for each in found)

    def test_refuse_what_is_no_chance(self) -> None:
        with pytest.raises(InvalidValue, match="chance is 50: expected a share"):
            Forecast(50, happened=True)
        with pytest.raises(InvalidValue, match="bins is 0: expected one or more"):
            reliability([], bins=0)


class TestHistory:
    """Trained only on what was known at each cut."""

    @staticmethod
    def histories(seed: int) -> list[list[Event]]:
        random = Random(seed)
        return [
            [opened(begin, f"R{n}"), event(Resolved, begin + random.expovariate(0.25), f"R{n}")]
            for n in range(60)
            if (begin := random.uniform(0, 60)) is not None
        ]

    def test_gives_a_forecast_for_every_open_request_that_was_decided(self) -> None:
        known = self.histories(1)
        at = lambda instant: situations(known, (instant - micros(0)) / HOUR)  # noqa: E731  # short
        told = forecasts_on_history(at, "resolution", cuts=[after(30), after(40)], until=after(300))
        expected = 0
        for cut in (30, 40):
            for first, last in known:
                born, died = first.occurred, last.occurred
                in_time = micros(cut) <= born + 4 * HOUR
                expected += born <= micros(cut) < died and in_time
        assert len(told) <= expected
        assert len(told) >= expected - 4  # those older than all that was known have no chance
        assert 0 <= (brier_score(told).value or 0) <= 0.5

    def test_never_looks_ahead(self) -> None:
        """What happens behind a cut changes no chance that is told at it."""
        known = self.histories(2)
        slower = [
            [first, event(Resolved, 500, first.request)]
            if last.occurred > micros(30)
            else [first, last]
            for first, last in known
        ]
        chances = []
        for each in (known, slower):
            at = lambda instant, each=each: situations(each, (instant - micros(0)) / HOUR)  # noqa: E731  # short
            told = forecasts_on_history(at, "resolution", cuts=[after(30)], until=after(600))
            chances.append([forecast.chance for forecast in told])
        assert chances[0] == chances[1]

    def test_refuses_a_cut_behind_its_end(self) -> None:
        with pytest.raises(InvalidValue, match="expected time to see what came of it"):
            forecasts_on_history(lambda _: (), "resolution", cuts=[after(3)], until=after(3))

    def test_leaves_out_what_is_undecided(self) -> None:
        history = [opened(), event(Cancelled, 3)]
        at = lambda instant: situations(  # noqa: E731  # short
            [history, [opened(-9, "R2"), event(Resolved, -1, "R2")]], (instant - micros(0)) / HOUR
        )
        assert forecasts_on_history(at, "resolution", cuts=[after(1)], until=after(9)) == ()
