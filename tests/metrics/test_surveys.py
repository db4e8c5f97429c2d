"""What customers say, who does not say it, and how it compares with the SLA (M7)."""

from __future__ import annotations

from math import nan
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecore.errors import InvalidValue
from servicecore.estimate import difference, share
from servicecore.instants import DAY, HOUR
from servicecore.lifecycle.events import (
    Actor,
    Event,
    ExpectationStated,
    Resolved,
    Side,
    SurveyAnswered,
    SurveyInvited,
)
from servicecore.metrics.apdex import apdex, apdex_of_spells
from servicecore.metrics.cohort import Period
from servicecore.metrics.expectation import expectation_gap, expectation_gaps
from servicecore.metrics.fatigue import FatigueRules, drawn, may_invite
from servicecore.metrics.happiness import happiness, happiness_impact
from servicecore.metrics.response_rates import (
    Dispositions,
    dispositions_of,
    nonresponse_bounds,
    response_rates,
    response_share,
)
from servicecore.metrics.rows import Pair, Spell
from servicecore.metrics.scales import CES_7, CSAT_5, GOOD_OR_BAD, NPS, SCALES, Scale
from servicecore.metrics.scores import (
    acsi,
    csat,
    customer_effort,
    net_promoter_score,
    nps_of_counts,
    nps_variance,
)
from servicecore.metrics.surveys import Invitation, Linked, Response, Surveys, surveys_of
from servicecore.metrics.watermelon import Rated, WatermelonTally, rated, watermelon
from tests.metrics.kit import event, opened, situation, situations
from tests.metrics.oracles import oracle


class TestScales:
    @pytest.mark.parametrize("scale", SCALES.values(), ids=SCALES)
    def test_tell_moods_and_refuse_what_lies_outside(self, scale: Scale) -> None:
        """M7: each names happy, neutral, unhappy."""
        assert (scale.mood(scale.highest), scale.mood(scale.lowest)) == ("happy", "unhappy")
        for wrong in (scale.lowest - 1, scale.highest + 1, nan):
            with pytest.raises(InvalidValue, match="expected a number from"):
                scale.mood(wrong)

    def test_turn_around(self) -> None:
        assert [CSAT_5.turned(answer) for answer in (1, 2, 5)] == [5, 4, 1]

    def test_have_their_parts_in_order(self) -> None:
        with pytest.raises(InvalidValue, match="expected these in order"):
            Scale("odd", 1, 5, happy=2, unhappy=3)


class TestCsat:
    def test_of_good_and_bad_ratings(self) -> None:
        """Those who were asked and did not answer are outside of n."""
        published = oracle("csat_top2_zendesk")
        answers = [1] * published.inputs["good"] + [0] * published.inputs["bad"]
        assert csat(answers, GOOD_OR_BAD).value == published.expected

    def test_of_the_top_two_boxes(self) -> None:
        published = oracle("csat_top2_5pt")
        answers = [int(k) for k, n in published.inputs["counts"].items() for _ in range(n)]
        assert csat(answers).value == pytest.approx(published.expected)
        assert csat(answers, top=1).value == pytest.approx(0.3)
        assert csat(answers, top=2) == csat(answers)

    def test_of_nothing_is_none(self) -> None:
        assert csat([]).reason == "no_data"


class TestNps:
    def test_is_promoters_less_detractors(self) -> None:
        published = oracle("nps_basic")
        found = net_promoter_score(published.inputs["scores"]).score.value
        assert found == pytest.approx(published.expected, abs=published.tolerance)

    @pytest.mark.parametrize("name", ["nps_var", "nps_se_1_9", "nps_se_7_9", "nps_se_0_7_9"])
    def test_has_a_variance(self, name: str) -> None:
        published = oracle(name)
        scores = published.inputs["scores"]
        found = net_promoter_score(scores)
        variance = nps_variance(found.promoters, found.passives, found.detractors)
        value = variance if name == "nps_var" else (variance / len(scores)) ** 0.5
        assert value == pytest.approx(published.expected, abs=published.tolerance)

    def test_has_rocks_interval(self) -> None:
        published = oracle("nps_adjusted_wald_19_8_9")
        counts = [published.inputs[each] for each in ("promoters", "passives", "detractors")]
        score = nps_of_counts(*counts).score
        assert [score.low, score.high] == pytest.approx(published.expected, abs=1e-12)

    @given(st.integers(0, 50), st.integers(0, 50), st.integers(0, 50))
    def test_stays_in_its_range_and_within_its_limits(self, p: int, n: int, d: int) -> None:
        """M1."""
        score = nps_of_counts(p, n, d).score
        if score.value is None:
            assert p + n + d == 0
            return
        assert score.low is not None
        assert score.high is not None
        assert -1 <= score.low <= score.value <= score.high <= 1
        more = nps_of_counts(10 * p, 10 * n, 10 * d).score
        assert more.low is not None
        assert more.high is not None
        assert more.high - more.low <= score.high - score.low

    def test_of_less_than_none_is_refused(self) -> None:
        with pytest.raises(InvalidValue, match="expected none or more"):
            nps_of_counts(-1, 0, 1)
        with pytest.raises(InvalidValue, match="expected one or more"):
            nps_variance(0, 0, 0)


class TestOtherScores:
    def test_effort_is_a_mean(self) -> None:
        assert customer_effort([7, 5]).value == 6
        assert csat([7, 5, 2], CES_7).value == pytest.approx(2 / 3)

    def test_apdex_has_its_zones(self) -> None:
        published = oracle("apdex_boundaries")
        found = apdex(published.inputs["times"], published.inputs["T"])
        assert found.score.value == published.expected
        assert (found.satisfied, found.tolerating, found.frustrated) == (1, 2, 1)

    def test_apdex_of_reply_times_counts_what_is_known_of_open_ones(self) -> None:
        known = [
            Spell(HOUR),
            Spell(3 * HOUR),
            Spell(5 * HOUR, ended=False),
            Spell(HOUR, ended=False),
            Spell(HOUR, cause="withdrawn"),
        ]
        found = apdex_of_spells(known, HOUR)
        assert (found.satisfied, found.tolerating, found.frustrated, found.unknown) == (1, 1, 1, 2)
        assert found.score.value == pytest.approx(0.5)

    def test_apdex_needs_a_target_and_times(self) -> None:
        with pytest.raises(InvalidValue, match="expected a time above 0"):
            apdex([1], 0)
        with pytest.raises(InvalidValue, match="expected a number from 0 on"):
            apdex([-1], 1)

    @pytest.mark.parametrize(
        ("name", "weights"),
        [("acsi_ohio_weights", (0.3885, 0.3190, 0.2925)), ("acsi_simple", (1 / 3, 1 / 3, 1 / 3))],
    )
    def test_acsi(self, name: str, weights: tuple[float, float, float]) -> None:
        published = oracle(name)
        answers = tuple(
            published.inputs.get(each) for each in ("satisfaction", "expectancy", "performance")
        )
        found = acsi([answers], weights)  # type: ignore[list-item]  # three numbers
        assert found.value == pytest.approx(published.expected, abs=published.tolerance)

    def test_acsi_needs_weights_that_add_up(self) -> None:
        with pytest.raises(InvalidValue, match="expected three from 0 on that add up to 1"):
            acsi([(5, 5, 5)], (0.5, 0.5, 0.5))

    def test_happiness_and_its_impact(self) -> None:
        published = oracle("happysignals_impact")
        inputs = published.inputs
        found = happiness_impact(
            inputs["responses"], inputs["happiness"] / 100, inputs["baseline"] / 100, cohort=""
        )
        assert found.value == pytest.approx(published.expected)
        told = happiness([(10, 1.5), (9, None), (3, 4.5), (7, 0)], baseline=0.5)
        assert told.score.value == pytest.approx(0.25)
        assert (told.lost.value, told.lost.n, told.lost_in_all.value) == (2, 3, 6)
        assert told.impact is not None
        assert told.impact.value == pytest.approx(-100)
        with pytest.raises(InvalidValue, match="hours lost are below 0"):
            happiness([(5, -1)])
        assert happiness([]).lost_in_all.reason == "no_data"


def invited(
    id: str, at: int, respondent: str = "ann", survey: str = "csat", request: str | None = "R1"
) -> Invitation:
    return Invitation(id=id, survey=survey, respondent=respondent, request=request, invited_at=at)


def answered(invitation: str | None, at: int, answer: float | None = 5) -> Response:
    return Response(
        invitation=invitation, respondent="ann", answered_at=at, answers={"csat": answer}
    )


class TestSurveys:
    def test_link_the_latest_answer_by_the_instant(self) -> None:
        """M7."""
        surveys = Surveys([invited("i1", 0)], [answered("i1", 9, 1), answered("i1", 5, 4)])
        assert surveys.linked(at=4)[0].response is None
        for at, answer in ((5, 4), (8, 4), (9, 1)):
            response = surveys.linked(at=at)[0].response
            assert response is not None
            assert response.number("csat") == answer

    def test_leave_whoever_was_not_invited_outside(self) -> None:
        surveys = Surveys([invited("i1", 0)], [answered(None, 5), answered("i9", 6)])
        assert surveys.linked(at=9)[0].response is None
        assert len(surveys.uninvited(at=9)) == 2
        assert len(surveys.uninvited(at=5)) == 1

    def test_are_of_invitations_in_the_period_and_of_one_survey(self) -> None:
        """M3."""
        surveys = Surveys([invited("i1", 5), invited("i2", 6, survey="nps")])
        assert len(surveys.linked(at=9)) == 2
        assert [each.invitation.id for each in surveys.linked(at=9, survey="nps")] == ["i2"]
        assert [e.invitation.id for e in surveys.linked(at=9, period=Period(5, 6))] == ["i1"]

    def test_wait_for_the_window_of_an_invitation(self) -> None:
        surveys = Surveys([invited("i1", 0), invited("i2", 8)], [answered("i1", 6)])
        assert [each.invitation.id for each in surveys.linked(at=9, window=5)] == ["i1"]
        assert surveys.linked(at=9, window=5)[0].response is None
        assert surveys.linked(at=9, window=6)[0].response is not None

    def test_refuse_two_invitations_of_one_id(self) -> None:
        with pytest.raises(InvalidValue, match=r"\['i1'\] come twice"):
            Surveys([invited("i1", 0), invited("i1", 1)])
        with pytest.raises(InvalidValue, match="answers is 5"):
            Response(invitation=None, respondent="ann", answered_at=0, answers=5)  # type: ignore[arg-type]  # wrong on purpose

    def test_add_up(self) -> None:
        both = Surveys([invited("i1", 0)]) + Surveys([], [answered("i1", 1)])
        assert both.linked(at=9)[0].response is not None

    def test_stand_in_histories(self) -> None:
        history = [
            opened(requester="ann", customer="acme"),
            event(SurveyAnswered, 0.5, survey="csat", answers={"csat": 1}),  # nobody had asked
            event(Resolved, 1),
            event(SurveyInvited, 2, survey="csat", id="i1"),
            event(SurveyInvited, 2, survey="nps"),
            event(
                SurveyAnswered,
                3,
                survey="csat",
                expectation=4.0,
                perception=2.0,
                answers={"csat": 2},
            ),
        ]
        surveys = surveys_of([situation(*history, at=9)])
        first, second = surveys.linked(at=surveys.responses[-1].answered)
        assert (first.invitation.id, first.invitation.respondent) == ("i1", "ann")
        assert second.invitation.survey == "nps"
        assert first.response is not None
        assert dict(first.response.answers) == {"csat": 2, "expectation": 4, "perception": 2}
        assert len(surveys.uninvited(at=surveys.responses[-1].answered)) == 1


class TestResponseRates:
    def test_agree_with_the_definitions(self) -> None:
        """AAPOR, computed by hand: I=100 P=20 R=50 NC=10 O=5 U=40."""
        rates = response_rates(Dispositions(100, 20, 50, 10, 5, 40), eligible=0.25)
        found = [rates.rr1.value, rates.rr2.value, rates.rr3.value]
        assert found == pytest.approx([100 / 225, 120 / 225, 100 / 195])

    @given(st.lists(st.integers(0, 50), min_size=6, max_size=6), st.floats(0, 1))
    def test_are_in_order(self, counts: list[int], eligible: float) -> None:
        rates = response_rates(Dispositions(*counts), eligible=eligible)
        if rates.rr3.value is not None and rates.rr1.value is not None:
            assert rates.rr1.value <= (rates.rr2.value or 0)
            assert rates.rr1.value <= rates.rr3.value + 1e-12 <= 1 + 1e-12

    def test_refuse_what_makes_no_sense(self) -> None:
        with pytest.raises(InvalidValue, match="refused is -1"):
            Dispositions(1, refused=-1)
        with pytest.raises(InvalidValue, match="eligible is 2"):
            response_rates(Dispositions(1), eligible=2)
        with pytest.raises(InvalidValue, match="questions are none"):
            dispositions_of([], [])
        assert response_rates(Dispositions(0)).rr3.reason == "no_data"

    def test_count_partial_answers(self) -> None:
        def linked(**answers: float | None) -> Linked:
            response = Response(invitation="i", respondent="a", answered_at=1, answers=answers)
            return Linked(invited("i", 0), response)

        known = [
            linked(a=1, b=2),
            linked(a=1),
            linked(a=1, b=None),
            linked(c=1),
            Linked(invited("i", 0), None),
        ]
        assert dispositions_of(known, ["a", "b"]) == Dispositions(1, partial=2, other=2)
        assert response_share(known).value == 0.8

    @given(st.integers(0, 50), st.integers(0, 50), st.integers(0, 50), st.data())
    def test_bounds_hold_whatever_the_silent_think(
        self, hits: int, misses: int, silent: int, data: st.DataObject
    ) -> None:
        answered_, invited_ = hits + misses, hits + misses + silent
        found = nonresponse_bounds(hits, answered_, invited_)
        if not answered_:
            assert found.reason == "no_data"
            return
        happy = data.draw(st.integers(0, silent))
        assert found.low is not None
        assert found.high is not None
        assert found.low - 1e-12 <= (hits + happy) / invited_ <= found.high + 1e-12
        assert found.low - 1e-12 <= (found.value or 0) <= found.high + 1e-12


class TestFatigue:
    BEFORE: ClassVar = [invited("i1", 0), invited("i2", 20 * DAY, survey="nps")]

    def ask(self, days: float, survey: str = "csat", **options: object) -> tuple[str, ...]:
        rules = FatigueRules(**options)  # type: ignore[arg-type]  # the tests know
        return may_invite(
            rules,
            survey=survey,
            respondent="ann",
            request="R1",
            invited=self.BEFORE,
            at=round(days * DAY),
        ).reasons

    @pytest.mark.parametrize(
        ("days", "reasons"), [(10, 2), (14, 1), (19, 1), (21, 2), (34, 1), (89.9, 1), (90, 0)]
    )
    def test_is_of_this_survey_and_of_any(self, days: float, reasons: int) -> None:
        """A pause ends exactly when it has passed."""
        assert len(self.ask(days)) == reasons

    def test_is_of_the_respondent(self) -> None:
        found = may_invite(
            FatigueRules(), survey="csat", respondent="bo", request="R1", invited=self.BEFORE, at=1
        )
        assert found.allowed

    def test_may_have_no_limits(self) -> None:
        assert self.ask(1, same_survey=None, any_survey=None) == ()

    def test_takes_a_share_of_the_requests_the_same_ones_every_time(self) -> None:
        """M7: by hash, never at random."""
        taken = [f"R{n}" for n in range(2000) if drawn("csat", f"R{n}") < 0.25]
        assert 430 < len(taken) < 570
        other = {f"R{n}" for n in range(2000) if drawn("nps", f"R{n}") < 0.25}
        assert 0.15 < len(other & set(taken)) / len(taken) < 0.35  # no survey follows another

    def test_says_that_a_request_is_not_drawn(self) -> None:
        (reason,) = self.ask(500, share_by_survey={"csat": 0.0})
        assert reason == "R1 is not of the 0% of requests that csat is about"
        with pytest.raises(InvalidValue, match="expected one from 0 to 1"):
            FatigueRules(share=25)

    def test_knows_no_invitation_of_tomorrow(self) -> None:
        assert self.ask(0.5) == self.ask(0.5, any_survey=14 * DAY)
        assert "csat 12h ago" in self.ask(0.5)[0]


class TestExpectationGap:
    @given(
        st.lists(
            st.tuples(st.sampled_from("abcd"), st.integers(1, 5), st.integers(1, 5)), min_size=2
        )
    )
    def test_counts_people_and_not_pairs(self, said: list[tuple[str, int, int]]) -> None:
        """M1: the pairs of a respondent are averaged first."""
        found = expectation_gap([(who, Pair(e, p)) for who, e, p in said], CSAT_5)
        means = [
            sum(p - e for other, e, p in said if other == who) / sum(o == who for o, _, _ in said)
            for who in {who for who, _, _ in said}
        ]
        assert found.gap.n == len(means)
        assert found.gap.value == pytest.approx(sum(means) / len(means) / 4)
        shares = [found.exceeded.value, found.met.value, found.failed.value]
        assert sum(each or 0 for each in shares) == pytest.approx(1)

    def test_tells_how_many_cannot_be_exceeded(self) -> None:
        pairs = [("a", Pair(5, 5)), ("b", Pair(5, 3)), ("c", Pair(4, 5))]
        assert expectation_gap(pairs, CSAT_5).ceiling.hits == 2

    def test_does_not_mix_what_was_stated_before_and_after(self) -> None:
        """M7: prior if stated before the first delivery."""
        told = event(ExpectationStated, 0.5, expectation=5.0, survey="csat")
        late = event(ExpectationStated, 2, expectation=1.0, survey="csat")
        said = event(SurveyAnswered, 3, survey="csat", perception=3.0, expectation=3.0)
        histories = [
            [opened(0, "R1"), told, event(Resolved, 1), said],
            [opened(0, "R2"), event(Resolved, 1), late, said],
            [
                opened(0, "R3"),
                event(Resolved, 1),
                event(SurveyAnswered, 3, survey="csat", perception=3.0),
            ],
        ]
        fixed = [[self.of(e, h[0].request) for e in h] for h in histories]
        found = expectation_gaps(situations(fixed, at=9), "csat", CSAT_5)
        assert found["prior"].gap.value == -0.5
        assert (found["retrospective"].gap.value, found["retrospective"].gap.n) == (0, 1)

    @staticmethod
    def of(each: Event, request: str) -> Event:
        import attrs

        return attrs.evolve(each, request=request)

    def test_is_of_answers_on_the_scale(self) -> None:
        with pytest.raises(InvalidValue, match="expected a number from 1 to 5"):
            expectation_gap([("a", Pair(9, 1))], CSAT_5)
        assert expectation_gap([], CSAT_5).gap.reason == "no_data"


ROWS = st.lists(
    st.builds(Rated, st.booleans(), st.sampled_from(["happy", "neutral", "unhappy"])), max_size=40
)


class TestWatermelons:
    @given(ROWS)
    def test_are_what_their_definition_says(self, rows: list[Rated]) -> None:
        found = watermelon(rows)
        met = [row for row in rows if row.met]
        missed = [row for row in rows if not row.met]
        assert (found.index.hits, found.index.n) == (
            sum(r.mood == "unhappy" for r in met),
            len(met),
        )
        assert (found.forgiven.hits, found.forgiven.n) == (
            sum(r.mood == "happy" for r in missed),
            len(missed),
        )
        if rows:
            happy = sum(row.mood == "happy" for row in rows)
            assert found.gap.value == pytest.approx((len(met) - happy) / len(rows))

    @given(ROWS, st.integers(0, 40))
    def test_in_parts_are_those_of_the_whole(self, rows: list[Rated], cut: int) -> None:
        """M9."""
        one, other = WatermelonTally(), WatermelonTally()
        for place, row in enumerate(rows):
            (one if place < cut else other).add(row)
        one.merge(other)
        assert one.result(0.9) == watermelon(rows)

    def test_are_flagged_only_where_chance_explains_neither(self) -> None:
        green_and_red = [Rated(True, "happy")] * 50 + [Rated(True, "unhappy")] * 50
        assert watermelon(green_and_red).flagged
        assert not watermelon(green_and_red[::25]).flagged  # too few to tell
        assert not watermelon([Rated(True, "happy")] * 100).flagged
        assert not watermelon([Rated(False, "unhappy")] * 100).flagged
        assert not watermelon([]).flagged
        with pytest.raises(InvalidValue, match="target is 90"):
            watermelon([], target=90)

    def test_are_of_due_requests_that_were_rated(self) -> None:
        """M2: an early success waits for its deadline."""

        def of(request: str, hours: float, answer: float) -> list[Event]:
            return [
                opened(0, request),
                event(Resolved, hours, request),
                event(SurveyInvited, hours, request, survey="csat", id=f"i {request}"),
                event(
                    SurveyAnswered, hours + 0.1, request, survey="csat", answers={"csat": answer}
                ),
            ]

        histories = [of("R1", 1, 1), of("R2", 6, 5), [opened(0, "R3"), event(Resolved, 1, "R3")]]
        for at, expected in (
            (3, []),
            (7, [("R1", Rated(True, "unhappy")), ("R2", Rated(False, "happy"))]),
        ):
            known = situations(histories, at=at)
            linked = surveys_of(known).linked(at=known[0].instant)
            rows = rated(known, linked, question="csat", scale=CSAT_5)
            assert [(each.state.id, row) for each, row in rows] == expected


def test_two_groups_of_customers_are_compared_as_shares() -> None:
    """M1: an estimate has no arithmetic; the difference is a function."""
    one, other = csat([5] * 9 + [1]), csat([5] * 5 + [1] * 5)
    assert isinstance(one.hits, int)
    assert isinstance(other.hits, int)
    found = difference(one.hits, one.n, other.hits, other.n, cohort="two desks")
    assert found.value == pytest.approx(0.4)
    assert share(9, 10, cohort="all who answered") == one


def test_an_actor_of_the_answer_is_the_respondent() -> None:
    said = event(SurveyAnswered, 3, survey="csat", actor=Actor("bo", Side.CUSTOMER))
    surveys = surveys_of([situation(opened(requester="ann"), said, at=9)])
    assert surveys.responses[0].respondent == "bo"
    assert NPS.name == "nps"
