"""What will be late, and whether such chances come true (M4)."""

from __future__ import annotations

import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from servicecore import PolicyBook
from servicecore.errors import InvalidValue
from servicecore.instants import HOUR
from servicecore.lifecycle.events import Cancelled, FactsChanged, Replied, Resolved, StatusChanged
from servicecore.metrics.breach_risk import (
    breach_risk,
    expected_breaches,
    most_at_risk,
    risk_of,
)
from servicecore.metrics.rows import Spell
from servicecore.metrics.survival import Survival, kaplan_meier
from servicecore.sla import Policy, Target
from tests.metrics.kit import CUSTOMER, event, opened, situation

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

    @given(
        st.lists(st.builds(Spell, st.integers(1, 30), st.booleans()), min_size=1),
        st.integers(0, 30),
        st.integers(1, 30),
        st.sampled_from(["log-log", "plain"]),
    )
    def test_lies_within_its_limits(
        self, known: list[Spell], age: int, left: int, band: str
    ) -> None:
        """M1."""
        found = breach_risk(kaplan_meier(known, band=band), age, age + left)  # type: ignore[arg-type]  # one of two
        if found.value is None:
            assert (found.low, found.high, found.n) == (None, None, 0)
            return
        assert found.low is not None
        assert found.high is not None
        assert 0 <= found.low <= found.value <= found.high <= 1
        assert found.n == sum(spell.time > age for spell in known)

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

    @given(
        st.lists(st.builds(Spell, st.integers(1, 30), st.booleans()), min_size=1),
        st.integers(0, 15),
        st.integers(1, 30),
    )
    def test_is_s_of_a_curve_of_those_that_took_as_long(
        self, known: list[Spell], age: int, left: int
    ) -> None:
        """The same Kaplan and Meier would say of them, from their age on, with its limits."""
        found = breach_risk(kaplan_meier(known), age, age + left)
        rest = kaplan_meier([Spell(s.time - age, s.ended) for s in known if s.time > age])
        again = rest.at(left)
        if again.value is None:
            assert (found.value is None) == (not rest.n)
            assert found.reason == "extrapolated"
            assert found.low in (0, None)
            return
        assert found.value == pytest.approx(again.value)
        if again.value:
            assert (found.low, found.high) == pytest.approx((again.low, again.high))

    @given(st.integers(1, 40), st.integers(0, 40))
    def test_is_not_certain_where_none_ended_in_between(self, later: int, gone: int) -> None:
        """The exact limit of all of those that are known to have lasted until it is due."""
        known = [Spell(9)] * later + [Spell(3, ended=False)] * gone + [Spell(1)] * 5
        found = breach_risk(kaplan_meier(known), age=2, due=6)
        assert (found.value, found.high, found.n) == (1, 1, later + gone)
        exact = scipy.stats.binomtest(later, later).proportion_ci(0.95, "exact")
        assert found.low == pytest.approx(exact.low)

    @given(st.integers(1, 40))
    def test_is_not_certain_where_none_was_left(self, ended: int) -> None:
        """The exact limit of none of those at risk then; what was seen for less tells nothing."""
        known = [Spell(5)] * ended + [Spell(3, ended=False)] * 20
        found = breach_risk(kaplan_meier(known), age=2, due=6)
        exact = scipy.stats.binomtest(0, ended).proportion_ci(0.95, "exact")
        assert (found.value, found.low) == (0, 0)
        assert found.high == pytest.approx(exact.high)

    def test_is_no_surer_of_none_than_of_what_was_left_before_the_last(self) -> None:
        """Half had ended early, the rest was seen for less, and one alone tells of the end."""
        known = [Spell(3)] * 10 + [Spell(4, ended=False)] * 9
        before = breach_risk(kaplan_meier([*known, Spell(9)]), age=1, due=4)
        found = breach_risk(kaplan_meier([*known, Spell(5)]), age=1, due=8)
        assert found.value == 0
        assert found.high == pytest.approx((before.high or 0) * 0.975)

    def test_is_certain_for_what_is_late(self) -> None:
        for curve in (kaplan_meier([Spell(5)] * 20), kaplan_meier([])):
            found = breach_risk(curve, age=4, due=4)
            assert (found.value, found.reason, found.n) == (1, "late", 1)

    def test_is_a_bound_behind_what_is_known(self) -> None:
        """Of the half that is left at the end, nobody knows how many go on until it is due."""
        curve = kaplan_meier([Spell(2)] * 10 + [Spell(9, ended=False)] * 10)
        found, known = (breach_risk(curve, age=1, due=due) for due in (20, 9))
        assert (found.value, found.low, found.reason) == (0.5, 0, "extrapolated")
        assert (known.value, known.high, known.reason) == (0.5, found.high, None)
        assert known.low is not None
        assert known.low > 0

    def test_is_none_where_the_curve_has_ended_before_its_age(self) -> None:
        curve = kaplan_meier([Spell(2)] * 20)
        assert breach_risk(curve, age=3, due=9).reason == "extrapolated"
        assert breach_risk(curve, age=3, due=9).value is None
        assert breach_risk(curve, age=1, due=9).value == 0
        assert breach_risk(curve, age=1, due=9).reason is None

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
        assert one.paused
        assert one.breach.value == pytest.approx(16 / 19)
        running = risk_of(situation(opened(), at=1), "resolution", self.CURVE)
        assert running is not None
        assert not running.paused

    def test_that_wait_are_not_listed(self) -> None:
        """R6: time alone does not make them late; what others took tells little."""
        paused = event(StatusChanged, 1, "R2", status="waiting for customer")
        known = [situation(opened(0, "R1"), at=2), situation(opened(0, "R2"), paused, at=2)]
        assert [risk.request for risk in most_at_risk(known, "resolution", self.CURVE)] == ["R1"]

    def test_stay_late_under_a_longer_target(self) -> None:
        """K1, M2: a retarget does not lift a breach, whatever the new target leaves."""
        longer = PolicyBook.of(
            Policy("slow", {"resolution": Target("90h")}, when={"priority": "low"}),
            Policy("all", {"resolution": Target("4h")}),
        )
        lowered = event(FactsChanged, 5, facts={"priority": "low"})
        risk = risk_of(situation(opened(), lowered, at=6, book=longer), "resolution", self.CURVE)
        assert risk is not None
        assert (risk.late, risk.extrapolated, risk.due) == (True, False, 90 * HOUR)
        assert (risk.breach.value, risk.breach.reason) == (1, "late")

    def test_are_not_late_at_the_very_instant(self) -> None:
        """K1: a stop at the due instant is in time, so it is certain and yet not there."""
        risk = risk_of(situation(opened(), at=4), "resolution", self.CURVE)
        assert risk is not None
        assert (risk.age, risk.due, risk.late) == (4 * HOUR, 4 * HOUR, False)
        assert (risk.breach.value, risk.breach.reason) == (1, None)

    def test_are_judged_by_the_cycle_that_runs(self) -> None:
        """K5: what the answers before it took is no age of this one."""
        asking = PolicyBook.of(Policy("all", {"next response": Target("2h")}))
        history = [
            opened(),
            event(Replied, 1),
            event(Replied, 2, actor=CUSTOMER),
            event(Replied, 9),
            event(Replied, 10, actor=CUSTOMER),
        ]
        risk = risk_of(situation(*history, at=11, book=asking), "next response", self.CURVE)
        assert risk is not None
        assert (risk.age, risk.due, risk.late) == (HOUR, 2 * HOUR, False)

    @pytest.mark.parametrize(
        ("curve", "extrapolated", "few"),
        [
            (kaplan_meier([Spell(9 * HOUR)] * 10), False, False),
            (kaplan_meier([Spell(9 * HOUR)] * 9), False, True),
            (kaplan_meier([Spell(3 * HOUR, ended=False)] * 10), True, False),
            (kaplan_meier([Spell(3 * HOUR)] * 10), False, False),
            (kaplan_meier([Spell(HOUR)] * 10), True, True),
            (kaplan_meier([]), True, True),
        ],
        ids=["known", "few", "seen for less", "all ended before", "none so old", "none at all"],
    )
    def test_are_flagged_by_what_the_chance_rests_on(
        self, curve: Survival, extrapolated: bool, few: bool
    ) -> None:
        risk = risk_of(situation(opened(), at=1), "resolution", curve)
        assert risk is not None
        assert (risk.late, risk.extrapolated, risk.few) == (False, extrapolated, few)

    def test_that_are_over_have_none(self) -> None:
        assert (
            risk_of(situation(opened(), event(Resolved, 1), at=2), "resolution", self.CURVE) is None
        )
        assert (
            risk_of(situation(opened(), event(Cancelled, 1), at=2), "resolution", self.CURVE)
            is None
        )
        for clock in ("no such clock", "next response"):
            assert risk_of(situation(opened(), at=2), clock, self.CURVE) is None

    def test_are_listed_by_their_chance(self) -> None:
        known = [situation(opened(-hours, f"R{hours}"), at=0) for hours in (1, 3, 2, 30)]
        listed = most_at_risk(known, "resolution", self.CURVE)
        assert [risk.request for risk in listed] == ["R3", "R2", "R1"]  # R30 is late already
        assert len(most_at_risk(known, "resolution", self.CURVE, most=1)) == 1
        assert most_at_risk(known, "resolution", self.CURVE, most=0) == ()
        assert most_at_risk(reversed(known), "resolution", self.CURVE) == listed

    def test_alike_are_listed_by_the_time_they_have_left_and_last_those_nobody_knows_of(
        self,
    ) -> None:
        early = kaplan_meier([Spell(90 * HOUR)] * 10 + [Spell(HOUR + 1, ended=False)] * 10)
        known = [situation(opened(-hours, name), at=0) for name, hours in SAME_CHANCE]
        listed = most_at_risk(known, "resolution", early)
        assert [risk.request for risk in listed] == ["R4", "R1", "R3", "R2"]
        none_so_old = kaplan_meier([Spell(int(2.5 * HOUR), ended=False)] * 10)
        listed = most_at_risk(known, "resolution", none_so_old)
        assert [risk.request for risk in listed] == ["R1", "R3", "R2", "R4"]
        assert listed[-1].breach.value is None

    def test_are_of_one_instant(self) -> None:
        mixed = [situation(opened(), at=hours) for hours in (1, 2)]
        with pytest.raises(InvalidValue, match="expected all at the same instant"):
            most_at_risk(mixed, "resolution", self.CURVE)
        with pytest.raises(InvalidValue, match="most is -1: expected a number from 0 on"):
            most_at_risk([], "resolution", self.CURVE, most=-1)

    @given(st.lists(st.integers(0, 40), max_size=12))
    def test_are_expected_to_be_late_as_often_as_their_chances_add_up_to(
        self, hours: list[int]
    ) -> None:
        known = [situation(opened(-each / 10, f"R{n}"), at=0) for n, each in enumerate(hours)]
        risks = most_at_risk(known, "resolution", self.CURVE)
        found = expected_breaches(risks)
        if not risks:
            assert found.reason == "no_data"
            return
        chances = [risk.breach.value or 0 for risk in risks]
        assert found.value == pytest.approx(sum(chances))
        assert found.n == len(risks)
        half = scipy.stats.norm.ppf(0.975) * sum(p * (1 - p) for p in chances) ** 0.5
        assert found.low == pytest.approx(max(0, sum(chances) - half))
        assert found.high == pytest.approx(min(len(chances), sum(chances) + half))


SAME_CHANCE = (("R1", 2), ("R2", 1), ("R3", 2), ("R4", 3))
