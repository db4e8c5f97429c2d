"""The events of the corpora in `corpus`, one of every kind at least, in the order of their lines.

What a release has written is read by every later one, so a corpus that was released never changes.
A release that changes how events are written adds one, and leaves the expected events here as they
are after having been brought forward.
"""

from __future__ import annotations

from math import inf

from servicecore.lifecycle.events import (
    Absorbed,
    Actor,
    ApprovalDecided,
    ApprovalRequested,
    Assigned,
    Cancelled,
    CauseReviewed,
    Closed,
    DecisionFailed,
    DefectionNoted,
    EscalationAcknowledged,
    Event,
    ExpectationStated,
    FactsChanged,
    FollowedUp,
    Linked,
    MergedInto,
    NoticeUndelivered,
    Opened,
    OptionChosen,
    OptionsOffered,
    OverrideEnded,
    OverrideStarted,
    PolicyApplied,
    Prioritised,
    PromiseFulfilled,
    PromiseMade,
    PromiseRenegotiated,
    PromiseWithdrawn,
    Reopened,
    Replied,
    Reported,
    Resolved,
    Restored,
    Side,
    SplitFrom,
    StatusChanged,
    StepRecorded,
    SurveyAnswered,
    SurveyInvited,
    Unlinked,
)

T0 = 1_772_784_000_000_000  # 2026-03-06 08:00 UTC
HOUR = 3_600_000_000
ANN, BO = Actor("ann", Side.CUSTOMER), Actor("bo")
AT = {"request": "R1", "occurred_at": T0}

EXPECTED: dict[str, list[Event]] = {
    "0.1.0": [
        Opened(**AT, id="c1/1", actor=ANN),
        Opened(
            **AT,
            recorded_at=T0 + 1,
            sequence=3,
            id="c2/1",
            cause="c1/1",
            facts={
                "customer": "acme",
                "tags": frozenset({"vpn", "'; --"}),
                "seats": 12,
                "load": 0.5,
                "worst": inf,
                "least": -0.0,
                "vip": True,
                "floor": None,
                "said": "مرحبا 👩‍🚒 \0\ud800 \ud83d\ude00",
                "": "",
            },
        ),
        FactsChanged(**AT, facts={"many": 10**30}),
        Prioritised(**AT, priority="high", impact="high", urgency=None, source="person"),
        PolicyApplied(**AT, policy="gold", version="2", source="plugin", reason="a pilot"),
        Assigned(**AT, group="network", person="bo"),
        Assigned(**AT),
        StatusChanged(**AT, status="scheduled", until=T0 + HOUR, waiting_on="the printer"),
        Replied(**AT, public=False, automatic=True, channel="mail", actor=BO),
        Restored(**AT),
        Resolved(**AT, reason="a new cable"),
        Reopened(**AT, status="in progress"),
        Closed(**AT),
        Cancelled(**AT, reason="found it"),
        MergedInto(**AT, target="R2"),
        Absorbed(**AT, source="R3"),
        SplitFrom(**AT, parent="R4", used={"resolution": HOUR}, responded=True),
        Linked(**AT, kind="caused by", other="R5"),
        Unlinked(**AT, kind="caused by", other="R5"),
        PromiseMade(**AT, promise="1", due_at=T0 + HOUR, kind="checkpoint", basis="plan"),
        PromiseRenegotiated(**AT, promise="1", due_at=T0 + 2 * HOUR, reason="snow", told=False),
        PromiseFulfilled(**AT, promise="1"),
        PromiseWithdrawn(**AT, promise="1", reason="merged"),
        Reported(**AT, done="looked at it", next_due_at=T0 + HOUR),
        OptionsOffered(**AT, options=["repair", "replace"], recommendation="replace"),
        OptionChosen(**AT, option="replace"),
        ApprovalRequested(**AT, approver="cy", side=Side.DESK),
        ApprovalDecided(**AT, granted=False, reason="too dear"),
        OverrideStarted(**AT, override="siege", reason="nobody can sell", until=T0 + HOUR),
        OverrideEnded(**AT, override="siege", reason="they can again"),
        StepRecorded(
            **AT,
            step="R1/resolution/1/main/warn/1",
            due_at=T0 - 1,
            told=["role: duty manager"],
            outcome="silent",
        ),
        EscalationAcknowledged(**AT, clock="resolution", cycle=1, ladder="main"),
        ExpectationStated(**AT, expectation=4, survey="csat"),
        FollowedUp(**AT, outcome="all is well"),
        SurveyInvited(**AT, survey="csat"),
        SurveyAnswered(
            **AT,
            survey="csat",
            expectation=4,
            perception=2.5,
            answers={"q1": 3, "q2": "-", "q3": None},
        ),
        DefectionNoted(**AT, kind="own vendor"),
        CauseReviewed(**AT, systems=["switch 3"], conditions=["a heat wave"], actions=["a fan"]),
        DecisionFailed(**AT, plugin="board", hook="servicecore_assign", error="KeyError"),
        NoticeUndelivered(**AT, notice="c1/1: customer", reason="refused for good"),
    ]
}
