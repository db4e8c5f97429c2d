"""Whether chances that were told came true, tried on history (M4)."""

from __future__ import annotations

from random import Random

import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from servicecore import PolicyBook
from servicecore.errors import InvalidValue
from servicecore.instants import HOUR
from servicecore.lifecycle.events import Cancelled, Event, Opened, Replied, Resolved, StatusChanged
from servicecore.lifecycle.situation import Situation
from servicecore.metrics.breach_risk import breach_risk
from servicecore.metrics.calibration import (
    Forecast,
    SituationsAt,
    brier_score,
    brier_skill,
    forecasts_on_history,
    known_at,
    reliability,
)
from servicecore.metrics.rows import Spell
from servicecore.metrics.survival import kaplan_meier
from servicecore.sla import Policy, Target
from tests.metrics.kit import BOOK, CUSTOMER, after, event, micros, opened, situation

some_forecasts = st.lists(
    st.builds(Forecast, st.floats(0, 1), st.booleans(), st.sampled_from(["", "R1", "R2"])),
    min_size=1,
)


def apart(told: list[Forecast]) -> list[Forecast]:
    """The same forecasts, each of another request."""
    return [Forecast(each.chance, each.happened) for each in told]


class TestScores:
    @given(some_forecasts)
    def test_are_mean_squares(self, told: list[Forecast]) -> None:
        misses = [(f.chance - f.happened) ** 2 for f in told]
        found = brier_score(apart(told))
        assert found.value == pytest.approx(sum(misses) / len(misses))
        assert found.n == len(told)
        if len(set(misses)) > 1:
            low, high = scipy.stats.t.interval(
                0.95, len(misses) - 1, sum(misses) / len(misses), scipy.stats.sem(misses)
            )
            assert found.low == pytest.approx(max(0, low), abs=1e-9)
            assert found.high == pytest.approx(min(1, high), abs=1e-9)

    @given(some_forecasts, st.integers(2, 5))
    def test_are_no_surer_by_asking_of_the_same_requests_again(
        self, told: list[Forecast], times: int
    ) -> None:
        """M1: n counts requests, and what is told of one is averaged first."""
        named = [Forecast(f.chance, f.happened, f"R{n}") for n, f in enumerate(told)]
        again = named * times
        for score in (brier_score, brier_skill):
            one, many = score(named), score(again)
            assert (many.n, many.reason) == (one.n, one.reason)
            assert many.value == pytest.approx(one.value, abs=1e-9)
            assert many.low == pytest.approx(one.low, abs=1e-9)
        assert [each.happened.n for each in reliability(again)] == [
            each.happened.n for each in reliability(named)
        ]

    def test_weigh_a_request_as_one_however_often_it_was_told(self) -> None:
        told = [Forecast(1.0, True, "R1")] * 3 + [Forecast(0.5, True, "R1"), Forecast(1.0, False)]
        assert brier_score(told).value == pytest.approx((0.25 / 4 + 1) / 2)
        assert brier_score(told).n == 2

    @given(some_forecasts)
    def test_have_no_skill_where_all_are_told_the_same(self, told: list[Forecast]) -> None:
        base = sum(f.happened for f in told) / len(told)
        found = brier_skill([Forecast(base, f.happened) for f in told])
        if base in (0, 1):
            assert (found.value, found.reason, found.n) == (None, "unknown", len(told))
        else:
            assert found.value == pytest.approx(0)

    def test_of_the_all_knowing_are_perfect(self) -> None:
        told = [Forecast(1.0, True), Forecast(0.0, False)]
        assert (brier_score(told).value, brier_skill(told).value) == (0, 1)
        assert brier_skill([]).reason == brier_score([]).reason == "no_data"

    def test_of_the_always_wrong_are_worse_than_none(self) -> None:
        told = [Forecast(0.0, True), Forecast(1.0, False)]
        assert (brier_score(told).value, brier_skill(told).value) == (1, -3)

    @pytest.mark.parametrize("chance", [50, -0.1, float("nan")])
    def test_refuse_what_is_no_chance(self, chance: float) -> None:
        with pytest.raises(InvalidValue, match="expected a share between 0 and 1"):
            Forecast(chance, happened=True)


class TestReliability:
    @given(some_forecasts, st.integers(1, 12))
    def test_loses_nobody(self, told: list[Forecast], bins: int) -> None:
        found = reliability(apart(told), bins=bins)
        assert sum(each.happened.n for each in found) == len(told)
        happened = sum((each.happened.value or 0) * each.happened.n for each in found)
        assert happened == pytest.approx(sum(f.happened for f in told))

    @given(some_forecasts, st.integers(1, 12))
    def test_has_bins_in_order_that_hold_what_was_told(
        self, told: list[Forecast], bins: int
    ) -> None:
        found = reliability(told, bins=bins)
        assert [each.start for each in found] == sorted({each.start for each in found})
        for each in found:
            assert each.end - each.start == pytest.approx(1 / bins)
            assert each.start - 1e-9 <= each.told <= each.end + 1e-9
            low, value, high = each.happened.low, each.happened.value, each.happened.high
            assert low is not None
            assert value is not None
            assert high is not None
            assert 0 <= low <= value <= high <= 1

    def test_holds_the_start_of_a_bin_and_not_its_end_but_for_1(self) -> None:
        told = [Forecast(chance, happened=True) for chance in (0.0, 0.49, 0.5, 1.0)]
        assert [each.happened.n for each in reliability(told, bins=2)] == [2, 2]

    def test_has_the_limits_of_wilson(self) -> None:
        told = [Forecast(0.3, happened=n < 4) for n in range(20)]
        exact = scipy.stats.binomtest(4, 20).proportion_ci(0.95, "wilson")
        (found,) = reliability(told)
        assert (found.happened.low, found.happened.high) == pytest.approx((exact.low, exact.high))

    def test_refuses_what_makes_no_sense(self) -> None:
        with pytest.raises(InvalidValue, match="bins is 0: expected one or more"):
            reliability([], bins=0)
        with pytest.raises(InvalidValue, match="level is 95"):
            reliability([], level=95)


def drawn(seed: int, many: int = 60) -> list[list[Event]]:
    """Requests over 60 hours, of which a few take longer than the four of their target."""
    random = Random(seed)
    return [
        [opened(begin, f"R{n}"), event(Resolved, begin + random.expovariate(0.25), f"R{n}")]
        for n in range(many)
        if (begin := random.uniform(0, 60)) is not None
    ]


def told_on(
    histories: list[list[Event]],
    *cuts: float,
    until: float,
    clock: str = "resolution",
    book: PolicyBook = BOOK,
) -> tuple[Forecast, ...]:
    return forecasts_on_history(
        known_at(histories, book), clock, cuts=[after(cut) for cut in cuts], until=after(until)
    )


class TestHistory:
    """Trained only on what was known at each cut."""

    def test_tells_what_would_have_been_told_at_the_cut(self) -> None:
        """By hand: the spells of ended and open requests at the cut, and S(4h) / S(age)."""
        histories = drawn(1, many=300)
        expected: list[Forecast] = []
        for cut in (micros(30), micros(40)):
            lives = [(first.occurred, last.occurred, first.request) for first, last in histories]
            known = [life for life in lives if life[0] <= cut]
            spells = [Spell(min(end, cut) - begin, ended=end <= cut) for begin, end, _ in known]
            curve = kaplan_meier(spells)
            for begin, end, request in known:
                age = cut - begin
                chance = breach_risk(curve, age, 4 * HOUR).value
                if end > cut and age <= 4 * HOUR and chance is not None:
                    expected.append(Forecast(chance, end - begin > 4 * HOUR, request))
        found = told_on(histories, 30, 40, until=300)
        assert len(found) > 5
        assert {each.happened for each in found} == {True, False}
        assert sorted(found, key=repr) == sorted(expected, key=repr)

    def test_never_looks_ahead(self) -> None:
        """What happens behind a cut changes no chance that is told at it."""
        known = drawn(2)
        slower = [
            [first, event(Resolved, 500, first.request)]
            if last.occurred > micros(30)
            else [first, last]
            for first, last in known
        ]
        one, other = (told_on(each, 30, until=600) for each in (known, slower))
        assert [each.chance for each in one] == [each.chance for each in other]
        assert {each.happened for each in other} == {True}

    def test_never_looks_ahead_by_what_was_recorded_later(self) -> None:
        """T3: a resolution at eleven that was noted at three was not known at one."""
        late = event(Resolved, 2, recorded_at=after(6))
        others = [[opened(-9, f"R{n}"), event(Resolved, -9 + n, f"R{n}")] for n in range(2, 7)]
        (told,) = told_on([[opened(), late], *others], 3, until=99)
        assert (told.chance, told.happened) == (pytest.approx(2 / 3), False)

    def test_refuses_situations_of_another_instant_than_it_asked_for(self) -> None:
        """Which is how an outcome gets into the forecast of itself."""
        of_now = [situation(opened(), event(Resolved, 9), at=10)]
        with pytest.raises(InvalidValue, match="expected all as they were known then"):
            forecasts_on_history(lambda _: of_now, "resolution", cuts=[after(1)], until=after(10))

    @pytest.mark.parametrize(
        ("history", "until", "happened"),
        [
            ([event(Resolved, 2)], 3.5, []),
            ([event(Resolved, 2)], 4, []),
            ([event(Resolved, 2)], 4.5, [False]),
            ([event(Resolved, 5)], 4.5, [True]),
            ([event(Resolved, 5)], 6, [True]),
            ([], 9, [True]),
            ([event(Cancelled, 2)], 9, []),
            ([event(Cancelled, 5)], 9, [True]),
            ([event(StatusChanged, 2, status="waiting for customer")], 9, []),
        ],
        ids=[
            "early success, not due", "at the very instant", "early success, due", "late, open",
            "late, stopped", "never", "cancelled in time", "cancelled late", "paused",
        ],
    )  # fmt: skip
    def test_counts_what_was_due_whatever_became_of_it(
        self, history: list[Event], until: float, happened: list[bool]
    ) -> None:
        """M2: if early successes counted at once, and failures when due, chances looked high."""
        others = [[opened(-9, f"R{n}"), event(Resolved, -9 + n, f"R{n}")] for n in range(2, 7)]
        found = told_on([[opened(), *history], *others], 1, until=until)
        assert [each.happened for each in found] == happened

    def test_tells_nothing_of_a_clock_that_is_paused(self) -> None:
        """R6: it goes on or it does not, and neither is told by how long others took."""
        waiting = event(StatusChanged, 0.5, status="waiting for customer")
        resumed = event(StatusChanged, 2, status="in progress")
        others = [[opened(-9, f"R{n}"), event(Resolved, -9 + n, f"R{n}")] for n in range(2, 7)]
        assert len(told_on([[opened(), waiting, resumed], *others], 1, until=99)) == 0
        assert len(told_on([[opened(), waiting, resumed], *others], 3, until=99)) == 1

    @pytest.mark.parametrize("seed", range(4))
    def test_finds_chances_that_come_true_where_nothing_changes(self, seed: int) -> None:
        """Two kinds of work, some withdrawn, and an end so soon that many are still undecided."""
        random = Random(seed)
        histories: list[list[Event]] = []
        for n in range(500):
            begin, leaves = random.uniform(0, 130), random.expovariate(0.05)
            takes = random.expovariate(0.15 if random.random() < 0.7 else 0.6)
            end = Resolved if takes < leaves else Cancelled
            name = f"R{n}"
            histories.append([opened(begin, name), event(end, begin + min(takes, leaves), name)])
        told = told_on(histories, *range(40, 130, 9), until=123)
        for each in reliability(told, bins=4, level=0.999):
            assert each.happened.low is not None
            assert each.happened.high is not None
            assert each.happened.low <= each.told <= each.happened.high
        assert sum(each.happened for each in told) > 30

    def test_judges_the_cycle_that_it_was_about(self) -> None:
        """A late answer before the cut, or behind it, is no verdict on this one."""
        asking = PolicyBook.of(Policy("all", {"next response": Target("2h")}))
        times = (2, 9, 10, 11, 12, 20)  # late, in time, late
        replies = [
            event(Replied, hours, actor=None if n % 2 else CUSTOMER)
            for n, hours in enumerate(times)
        ]
        history = [opened(), event(Replied, 1), *replies]
        (told,) = told_on([history], 10.5, until=99, clock="next response", book=asking)
        assert (told.chance, told.happened, told.request) == (1, False, "R1")

    def test_trains_on_cycles(self) -> None:
        """K5: of two answers after one and three hours, one took longer than the two it may."""
        asking = PolicyBook.of(Policy("all", {"next response": Target("2h")}))
        times = (2, 3, 4, 7, 10, 11)
        replies = [
            event(Replied, hours, actor=None if n % 2 else CUSTOMER)
            for n, hours in enumerate(times)
        ]
        history = [opened(), event(Replied, 1), *replies]
        (told,) = told_on([history], 10.5, until=99, clock="next response", book=asking)
        assert told.chance == pytest.approx(1 / 2)

    def test_refuses_a_cut_behind_its_end(self) -> None:
        with pytest.raises(InvalidValue, match="expected time to see what came of it"):
            told_on([], 3, until=3)


class TestKnownAt:
    @staticmethod
    def known(at: SituationsAt, hours: float) -> list[Situation]:
        return list(at(micros(hours)))

    def test_is_what_had_happened_and_was_recorded(self) -> None:
        """T3."""
        early = [opened(), event(Resolved, 2, recorded_at=after(5))]
        backdated = [event(Opened, 1, "R2", facts={}, recorded_at=after(4))]
        at = known_at([early, backdated], BOOK)
        seen = {
            hours: [each.status for each in self.known(at, hours)] for hours in (-1, 0, 3, 4, 5)
        }
        assert seen == {
            -1: [],
            0: ["new"],
            3: ["new"],
            4: ["new", "new"],
            5: ["resolved", "new"],
        }
        assert all(each.instant == micros(3) for each in self.known(at, 3))

    def test_may_be_asked_again(self) -> None:
        at = known_at(iter([iter([opened()])]), BOOK)
        assert len(self.known(at, 1)) == len(self.known(at, 2)) == 1
