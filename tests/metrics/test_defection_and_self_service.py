"""Customers who are leaving, and customers who help themselves."""

from __future__ import annotations

from datetime import timedelta
from itertools import accumulate
from math import inf, nan
from random import Random

import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from servicecore import PolicyBook, replay
from servicecore.errors import InvalidValue
from servicecore.instants import DAY, HOUR
from servicecore.lifecycle.events import DefectionNoted, Event, Opened, Resolved
from servicecore.metrics.cohort import Period
from servicecore.metrics.defection import DefectionTally, Prior, defections, silence_chance
from servicecore.metrics.self_service import Session, self_service
from tests.metrics.kit import after, event, opened, situation, situations

PRIOR = Prior(2, 30 * DAY)
EMPTY = PolicyBook.of()


def _signs(request: str, hours: float, *more: Event, **facts: object) -> list[Event]:
    return [opened(hours, request, **{"customer": "acme", **facts}), *more]


def _noted(hours: float, request: str, kind: str) -> Event:
    return event(DefectionNoted, hours, request, kind=kind)


SIGNS = [
    _signs("R1", 0, _noted(1, "R1", "own vendor"), _noted(2, "R1", "shadow IT")),
    _signs("R2", 10, _noted(12, "R2", "workaround"), _noted(13, "R2", "rumour")),
    _signs("R3", 20, _noted(22, "R3", "shadow IT"), kind="complaint"),
    _signs("R4", 20, event(Resolved, 25, "R4"), kind="complaint"),
    _signs("R5", 5, customer="bits"),
    _signs("R6", 5, customer=None),
]


def _silence_of(openings: list[int], now: int) -> float:
    """The chance for a customer with these openings, in microseconds."""
    tally = DefectionTally(PRIOR)
    for instant in openings:
        asked = Opened(request="R1", occurred_at=instant, facts={"customer": "acme"})
        tally.add(replay([asked], EMPTY, at=now))
    (found,) = tally.result()
    assert found.silence.value is not None
    return found.silence.value


class TestDefection:
    @given(st.integers(0, 50), st.integers(0, 400), st.integers(0, 400))
    def test_silence_is_a_negative_binomial_at_none(self, x: int, seen: int, gap: int) -> None:
        found = silence_chance(x, seen * DAY, gap * DAY, PRIOR).value
        base = 30 + seen
        expected = scipy.stats.nbinom.pmf(0, 2 + x, base / (base + gap))
        assert found == pytest.approx(expected)

    def test_is_right_as_often_as_it_says(self) -> None:
        """Of customers whose rates have the prior and who go on as before, 5 % are below 5 %.

        The first request begins the time that is looked at; counting it as one of x would call
        twice as many of these customers.
        """
        drawn, found = Random(1), []
        for number in range(4000):
            rate = drawn.gammavariate(PRIOR.shape, 1 / PRIOR.duration)
            gaps = [round(drawn.expovariate(rate)) for _ in range(2 + number % 5)]
            openings = [0, *accumulate(gaps[:-1])]
            found.append(_silence_of(openings, now=sum(gaps)))
        for share in (0.05, 0.25, 0.5, 0.9):
            below = sum(chance <= share for chance in found)
            assert scipy.stats.binomtest(below, len(found), share).pvalue > 0.001

    @given(st.lists(st.integers(0, 900), min_size=1, max_size=20), st.integers(0, 300))
    def test_silence_is_judged_by_the_requests_behind_the_first(
        self, hours: list[int], gap: int
    ) -> None:
        first, last = min(hours), max(hours)
        x, seen, silent = len(hours) - 1, (last - first) * HOUR, gap * HOUR
        assert _silence_of([each * HOUR for each in hours], (last + gap) * HOUR) == pytest.approx(
            ((PRIOR.duration + seen) / (PRIOR.duration + seen + silent)) ** (PRIOR.shape + x)
        )

    def test_lists_each_sign_and_merges_none(self) -> None:
        (acme, bits) = defections(situations(SIGNS, at=100), PRIOR)
        assert (acme.customer, acme.requests, acme.silent_hours) == ("acme", 4, 80)
        assert (acme.own_vendor, acme.workaround) == (1, 1)
        assert acme.other == {"rumour": 1, "shadow IT": 2}
        assert acme.unresolved_complaints == 1
        assert acme.silence.value == pytest.approx((740 / 820) ** 5)
        assert (bits.customer, bits.requests, bits.other) == ("bits", 1, {})
        assert bits.silence.value == pytest.approx((720 / 815) ** 2)

    def test_names_the_prior_with_the_figure(self) -> None:
        (found,) = defections([situation(opened(customer="acme"), at=5)], PRIOR)
        assert found.silence.method == "gamma-poisson, prior of 2 in 720h"
        assert (found.silence.n, found.silence.cohort) == (1, "acme")

    @given(st.permutations(range(6)), st.integers(0, 6))
    def test_in_any_order_and_in_parts(self, order: list[int], cut: int) -> None:
        """M9: in one pass, in any order and in parts the same."""
        known = situations(SIGNS, at=100)
        parts = [known[place] for place in order[:cut]], [known[place] for place in order[cut:]]
        one, other = DefectionTally(PRIOR), DefectionTally(PRIOR)
        for tally, part in zip((one, other), parts, strict=True):
            for each in part:
                tally.add(each)
        one.merge(other)
        assert one.result() == defections(known, PRIOR)

    def test_a_period_counts_what_is_in_it_and_ends_with_it(self) -> None:
        history = [
            [opened(n, f"R{n}", customer="acme"), event(DefectionNoted, n + 1, f"R{n}", kind="x")]
            for n in range(6)
        ]
        known = situations(history, at=50)
        (found,) = defections(known, PRIOR, period=Period(after(2), after(4)))
        assert (found.requests, found.other, found.silent_hours) == (2, {"x": 2}, 1)
        assert found.silence == defections(situations(history[:4], at=4), PRIOR)[0].silence

    def test_who_asked_before_a_period_and_not_in_it_is_listed(self) -> None:
        """Those are the ones who left."""
        known = situations([[opened(n, f"R{n}", customer="acme")] for n in range(6)], at=5000)
        (found,) = defections(known, PRIOR, period=Period(after(2000), after(4000)))
        assert (found.requests, found.silent_hours) == (0, 3995)
        assert (found.silence.value or 0) < 0.001

    def test_who_came_behind_a_period_is_not_of_it(self) -> None:
        late = situation(opened(9, customer="acme", kind="complaint"), at=50)
        assert defections([late], PRIOR, period=Period(after(2), after(4))) == ()

    def test_a_prior_takes_times_as_people_write_them(self) -> None:
        assert Prior(2, "720h") == Prior(2, timedelta(days=30)) == PRIOR

    @pytest.mark.parametrize(
        ("shape", "duration"), [(0, DAY), (-1, DAY), (nan, DAY), (inf, DAY), (1, 0), (1, -DAY)]
    )
    def test_needs_a_prior(self, shape: float, duration: int) -> None:
        with pytest.raises(InvalidValue, match="expected a shape and a duration above 0"):
            Prior(shape, duration)

    @pytest.mark.parametrize("wrong", [(-1, 0, 0), (0, -1, 0), (0, 0, -1)])
    def test_refuses_what_is_below_nothing(self, wrong: tuple[int, int, int]) -> None:
        with pytest.raises(InvalidValue, match="expected numbers from 0 on"):
            silence_chance(*wrong, PRIOR)


class TestSelfService:
    def test_is_sessions_times_intent_times_success(self) -> None:
        sessions = [
            *[Session(intent=False)] * 4,
            *[Session(intent=True, success=True)] * 3,
            Session(intent=True, success=True, opened_after=HOUR),
            Session(intent=True, success=False),
            Session(intent=True),
            Session(intent=True, opened_after=48 * HOUR),
            Session(intent=True, opened_after=24 * HOUR),
        ]
        found = self_service(sessions)
        assert (found.intent.hits, found.success.hits, found.success.n) == (8, 3, 8)
        assert found.helped.value == pytest.approx(
            (found.intent.value or 0) * (found.success.value or 0)
        )
        assert (found.deflected.hits, found.gave_up.hits, found.gave_up.n) == (6, 3, 6)
        assert found.unknown == 2

    @given(
        st.lists(
            st.builds(
                Session,
                st.booleans(),
                st.sampled_from([True, False, None]),
                st.sampled_from([None, HOUR, 48 * HOUR]),
            )
        )
    )
    def test_deflection_never_says_less_than_success(self, sessions: list[Session]) -> None:
        """Those who gave up are in it."""
        found = self_service(sessions)
        assert (found.deflected.hits or 0) >= (found.success.hits or 0)
        assert found.helped.hits == found.success.hits
        assert (found.success.hits or 0) + found.unknown <= (found.deflected.hits or 0)
        assert (found.gave_up.n, found.sessions) == (found.deflected.hits or 0, len(sessions))

    def test_a_longer_time_finds_more_who_asked_all_the_same(self) -> None:
        sessions = [Session(intent=True, success=True, opened_after=n * HOUR) for n in (1, 30, 80)]
        for within, helped in (("1m", 3), ("1h", 2), ("72h", 1), (timedelta(days=4), 0)):
            assert self_service(sessions, within=within).helped.hits == helped

    def test_of_nothing_there_is_nothing(self) -> None:
        for found in (self_service([]).intent, self_service([Session(intent=False)]).success):
            assert (found.value, found.reason) == (None, "no_data")

    def test_refuses_times_that_are_none(self) -> None:
        with pytest.raises(InvalidValue, match="expected a time from 0 on"):
            Session(intent=True, opened_after=-1)
        with pytest.raises(InvalidValue, match="within is"):
            self_service([], within="0s")
