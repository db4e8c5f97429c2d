"""By how much what is late is late, and what of a budget of misses is gone (M2)."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from math import inf, nan
from statistics import fmean

import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.proportion import proportion_confint

from servicecore import PolicyBook
from servicecore.errors import InvalidValue
from servicecore.instants import HOUR
from servicecore.lifecycle.events import Cancelled, Event, Reopened, Resolved, StatusChanged
from servicecore.metrics.budgets import (
    burn_threshold,
    error_budget,
    largest_burn,
    time_to_exhaustion,
)
from servicecore.metrics.cohort import Period
from servicecore.metrics.rows import Spell
from servicecore.metrics.severity import SeverityTally, severity, severity_of
from servicecore.sla import Calendar, Policy, Target
from tests.metrics.kit import after, event, opened, situation, situations
from tests.metrics.oracles import oracle


def ended(hours: float) -> list[Event]:
    return [opened(), event(Resolved, hours)]


class TestSeverity:
    def test_is_of_what_is_late_alone(self) -> None:
        histories = [ended(2), ended(5), ended(7), ended(11), [opened()]]
        found = severity(situations(histories, at=20))
        assert (found.late, found.growing) == (4, 1)
        assert found.total.value == 1 + 3 + 7 + 16
        assert found.median.value == 3

    def test_grows_while_it_is_open(self) -> None:
        """M2."""
        hours = [severity(situations([[opened()]], at=at)).total.value for at in (5, 6, 9)]
        assert hours == [1, 2, 5]

    def test_does_not_take_what_grows_for_finished(self) -> None:
        """M4: the median of four is not known while three of them get later."""
        histories = [ended(5), [opened()], [opened()], [opened()]]
        found = severity(situations(histories, at=6))
        assert (found.median.value, found.median.reason) == (None, "unreached")

    def test_is_in_the_time_of_the_calendar(self) -> None:
        office = Calendar.from_dict({"timezone": "UTC", "hours": {"mon-fri": "09:00-17:00"}})
        book = PolicyBook.of(Policy("all", {"resolution": Target("4h", office)}))
        found = severity([situation(*ended(72), at=80, book=book)])
        assert found.total.value == 4  # from 13:00 to 17:00 on Friday, and nothing of the weekend

    def test_stands_for_what_was_cancelled_too_late(self) -> None:
        found = severity([situation(opened(), event(Cancelled, 6), at=20)])
        assert (found.late, found.growing, found.total.value) == (1, 0, 2)

    def test_of_a_request_counts_once(self) -> None:
        history = [opened(), event(Resolved, 5), event(Reopened, 6), event(Resolved, 8)]
        book = PolicyBook.of(Policy("all", {"update": Target("1h")}))
        found = severity([situation(*history, at=20, book=book)], "update")
        assert found.late == 1

    def test_is_of_deadlines_in_the_period(self) -> None:
        """M3."""
        known = situations([ended(5)], at=20)
        assert severity(known, period=Period(after(4), after(5))).late == 1
        assert severity(known, period=Period(after(5), after(9))).late == 0

    def test_of_nothing_is_none(self) -> None:
        found = severity([])
        reasons = {found.total.reason, found.median.reason, found.mean.reason}
        assert reasons == {"no_data"}
        assert severity_of([Spell(HOUR)]).mean.reason == "few"

    def test_has_every_quantile(self) -> None:
        """M4: as far as what still grows lets anybody say."""
        found = severity(situations([ended(5), ended(6), ended(7), [opened()]], at=20))
        assert [found.curve.quantile(share).value for share in (0.25, 0.5, 0.75)] == [1, 2, 3]
        assert found.ninth_decile.reason == "unreached"

    @given(st.lists(st.integers(0, 99), min_size=2, max_size=20))
    def test_has_the_mean_of_what_has_been_lost_by_now(self, hours: list[int]) -> None:
        """M4: named as what it is, since some still grow."""
        found = severity_of([Spell(each * HOUR, ended=each % 2 > 0) for each in hours])
        assert found.mean.value == pytest.approx(fmean(hours))
        assert found.total.value == sum(hours)
        assert "by now" in found.mean.cohort
        assert found.growing == sum(each % 2 == 0 for each in hours)
        if len(set(hours)) > 1:
            error = scipy.stats.sem(hours)
            low, high = scipy.stats.t.interval(0.95, len(hours) - 1, fmean(hours), error)
            assert [found.mean.low, found.mean.high] == pytest.approx([max(low, 0), high])

    @given(st.lists(st.tuples(st.integers(0, 20), st.booleans()), max_size=12), st.integers(0, 12))
    def test_in_parts_is_that_of_the_whole(self, made: list[tuple[int, bool]], cut: int) -> None:
        """M9."""
        histories = [ended(hours) if done else [opened()] for hours, done in made]
        known = situations(histories, at=21)
        one, other = SeverityTally(), SeverityTally()
        for place, each in enumerate(known):
            (one if place < cut else other).add(each)
        one.merge(other)
        assert one.result() == severity(known)
        late = [hours - 4 if done else 17 for hours, done in made if not done or hours > 4]
        assert one.result().total.value == (sum(late) if late else None)

    def test_is_of_one_instant(self) -> None:
        with pytest.raises(InvalidValue, match="expected all at the same instant"):
            severity([situation(opened(), at=1), situation(opened(), at=2)])

    def test_keeps_paused_ones_apart_from_growing_nothing(self) -> None:
        paused = event(StatusChanged, 6, status="waiting for customer")
        tally = SeverityTally()
        tally.add(situation(opened(), paused, at=20))
        assert tally.lateness == [Spell(2 * HOUR, ended=False)]


class TestBudgets:
    def test_of_a_report_of_googles(self) -> None:
        published = oracle("burn_rate_slogen")
        good, bad = published.inputs["good"], published.inputs["bad"]
        budget = error_budget(good, good + bad, target=published.inputs["slo"])
        assert budget.burn.value == pytest.approx(published.expected, abs=published.tolerance)

    def test_in_minutes_of_a_window(self) -> None:
        published = oracle("budget_minutes_slogen")
        minutes = published.inputs["window_s"] // 60
        kept = round(minutes * published.inputs["sli"])
        budget = error_budget(kept, minutes, target=published.inputs["slo"])
        found = [budget.allowed, budget.remaining]
        assert found == pytest.approx(published.expected, abs=published.tolerance)

    @pytest.mark.parametrize("name", ["burn_threshold_6h", "burn_threshold_72h"])
    def test_thresholds(self, name: str) -> None:
        inputs = oracle(name).inputs
        window, period = (timedelta(hours=inputs[f"{each}_h"]) for each in ("window", "period"))
        found = burn_threshold(inputs["budget_fraction"], window, period)
        assert found == pytest.approx(oracle(name).expected)

    @pytest.mark.parametrize(
        ("name", "unit"),
        [
            ("time_to_exhaustion_1", timedelta(days=1)),
            ("time_to_exhaustion_3", timedelta(days=1)),
            ("burn_1000_43min", timedelta(minutes=1)),
        ],
    )
    def test_how_long_one_lasts(self, name: str, unit: timedelta) -> None:
        inputs = oracle(name).inputs
        found = time_to_exhaustion(inputs["burn"], timedelta(days=inputs["period_days"]))
        assert found is not None
        assert found / unit == pytest.approx(oracle(name).expected, abs=oracle(name).tolerance)
        assert time_to_exhaustion(0, timedelta(days=1)) is None

    @given(
        st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))),
        st.floats(0.5, 0.999),
    )
    def test_burn_has_the_limits_of_the_share_missed(
        self, seen: tuple[int, int], target: float
    ) -> None:
        kept, n = seen
        budget = error_budget(kept, n, target=target)
        low, high = proportion_confint(n - kept, n, method="wilson")
        expected = [(n - kept) / n, max(0, low), min(1, high)]
        burn = budget.burn
        found = [burn.value, burn.low, burn.high]
        assert found == pytest.approx([each / (1 - target) for each in expected], abs=1e-6)
        assert (burn.value or 0) <= largest_burn(target) * (1 + 1e-9)

    def test_the_alert_of_web_services_cannot_fire_below_93_percent(self) -> None:
        assert largest_burn(0.93) < 14.4 < largest_burn(0.931)

    def test_alerts_are_on_the_share_spent_and_on_what_is_no_accident(self) -> None:
        assert error_budget(60, 100, target=0.95, expected=400).alerts()
        assert not error_budget(0, 1, target=0.95).alerts(burn=10)  # one miss says little
        assert not error_budget(98, 100, target=0.95).alerts()
        assert not error_budget(60, 100, target=0.95, expected=4000).alerts()
        assert not error_budget(0, 0, target=0.95).alerts()

    def test_lasts_shorter_where_some_is_spent(self) -> None:
        month = timedelta(days=30)
        assert time_to_exhaustion(1.5, month, spent=0.75) == timedelta(days=5)
        assert time_to_exhaustion(1.5, month, spent=1) == timedelta(0)
        assert time_to_exhaustion(0, month, spent=1) == timedelta(0)
        assert time_to_exhaustion(0, month, spent=1.2) == timedelta(0)
        assert time_to_exhaustion(0, month, spent=0.5) is None
        assert time_to_exhaustion(1e-9, month) is None  # eighty million years

    @given(st.decimals("0.001", "0.99999", places=5))
    def test_is_of_the_target_as_it_was_written(self, target: Decimal) -> None:
        """1 − 0.95 in floats allows a little more than 5 of 100."""
        assert error_budget(0, 1, target=float(target)).allowed == float(1 - target)
        assert largest_burn(float(target)) == pytest.approx(float(1 / (1 - target)))

    def test_of_a_target_just_below_all_is_one_still(self) -> None:
        assert largest_burn(1 - 1e-13) == pytest.approx(1e13, rel=1e-2)
        assert error_budget(1, 2, target=1 - 1e-13).alerts()

    def test_of_nothing_has_no_burn(self) -> None:
        assert error_budget(0, 0, target=0.95).burn.reason == "no_data"

    @pytest.mark.parametrize(
        ("ask", "said"),
        [
            (lambda: error_budget(1, 2, target=1), "has no budget; expected below 1"),
            (lambda: error_budget(1, 2, target=95), "expected a share between 0 and 1"),
            (lambda: error_budget(3, 2, target=0.9), "3 hits among 2"),
            (lambda: error_budget(1, 2, target=0.9, expected=1), "at least the 2 that were due"),
            (lambda: error_budget(1, 2, target=0.9, expected=nan), "at least the 2 that were due"),
            (lambda: error_budget(1, 2, target=0.9, expected=inf), "at least the 2 that were due"),
            (lambda: error_budget(1, 2, target=nan), "expected a share between 0 and 1"),
            (lambda: largest_burn(1), "has no budget; expected below 1"),
            (lambda: burn_threshold(2, timedelta(1), timedelta(2)), "expected one between 0 and 1"),
            (lambda: burn_threshold(0.1, timedelta(0), timedelta(2)), "expected more than none"),
            (lambda: time_to_exhaustion(-1, timedelta(2)), "expected a number from 0 on"),
            (lambda: time_to_exhaustion(nan, timedelta(2)), "burn is nan: expected a number"),
            (lambda: time_to_exhaustion(1, timedelta(2), spent=-1), "spent is -1: expected"),
        ],
    )
    def test_refuse_what_makes_no_sense(self, ask: object, said: str) -> None:
        with pytest.raises(InvalidValue, match=said):
            ask()  # type: ignore[operator]  # it is a function
