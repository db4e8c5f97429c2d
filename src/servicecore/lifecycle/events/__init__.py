"""The closed set of things that can happen to a request (R9), each a frozen value.

An event says when it happened (`occurred_at`) and when it was written down (`recorded_at`, T3);
histories order by ``(occurred, sequence)``. Instants are kept as microseconds (`occurred`) and
shown as datetimes (`occurred_at`).
"""

from collections.abc import Mapping
from types import MappingProxyType

from servicecore.lifecycle.events.envelope import Actor, Event, Side, in_order
from servicecore.lifecycle.events.promises import (
    ApprovalDecided,
    ApprovalRequested,
    OptionChosen,
    OptionsOffered,
    OverrideEnded,
    OverrideStarted,
    PromiseFulfilled,
    PromiseMade,
    PromiseRenegotiated,
    PromiseWithdrawn,
    Reported,
)
from servicecore.lifecycle.events.record import (
    CauseReviewed,
    DecisionFailed,
    DefectionNoted,
    EscalationAcknowledged,
    ExpectationStated,
    FollowedUp,
    NoticeUndelivered,
    StepRecorded,
    SurveyAnswered,
    SurveyInvited,
)
from servicecore.lifecycle.events.work import (
    Absorbed,
    Assigned,
    Cancelled,
    Closed,
    FactsChanged,
    Linked,
    MergedInto,
    Opened,
    PolicyApplied,
    Prioritised,
    Reopened,
    Replied,
    Resolved,
    Restored,
    SplitFrom,
    StatusChanged,
    Unlinked,
)

_ALL: tuple[type[Event], ...] = (
    Opened, FactsChanged, Prioritised, PolicyApplied, Assigned, StatusChanged, Replied, Restored,
    Resolved, Reopened, Closed, Cancelled, MergedInto, Absorbed, SplitFrom, Linked, Unlinked,
    PromiseMade, PromiseRenegotiated, PromiseFulfilled, PromiseWithdrawn, Reported, OptionsOffered,
    OptionChosen, ApprovalRequested, ApprovalDecided, OverrideStarted, OverrideEnded, StepRecorded,
    EscalationAcknowledged, ExpectationStated, FollowedUp, SurveyInvited, SurveyAnswered,
    DefectionNoted, CauseReviewed, DecisionFailed, NoticeUndelivered,
)  # fmt: skip

EVENTS: Mapping[str, type[Event]] = MappingProxyType({each.__name__: each for each in _ALL})
"""Every event by its name; there are no others."""

__all__ = [
    "EVENTS",
    "Absorbed",
    "Actor",
    "ApprovalDecided",
    "ApprovalRequested",
    "Assigned",
    "Cancelled",
    "CauseReviewed",
    "Closed",
    "DecisionFailed",
    "DefectionNoted",
    "EscalationAcknowledged",
    "Event",
    "ExpectationStated",
    "FactsChanged",
    "FollowedUp",
    "Linked",
    "MergedInto",
    "NoticeUndelivered",
    "Opened",
    "OptionChosen",
    "OptionsOffered",
    "OverrideEnded",
    "OverrideStarted",
    "PolicyApplied",
    "Prioritised",
    "PromiseFulfilled",
    "PromiseMade",
    "PromiseRenegotiated",
    "PromiseWithdrawn",
    "Reopened",
    "Replied",
    "Reported",
    "Resolved",
    "Restored",
    "Side",
    "SplitFrom",
    "StatusChanged",
    "StepRecorded",
    "SurveyAnswered",
    "SurveyInvited",
    "Unlinked",
    "in_order",
]
