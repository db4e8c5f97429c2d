"""What can be asked of a request: a command for every event, in the imperative (R9).

A command says what somebody wants; `decide` says which events come of it, or every reason why none
do. Commands are values: they change nothing by themselves.
"""

from collections.abc import Mapping
from types import MappingProxyType

from servicecore.lifecycle.commands.envelope import Command
from servicecore.lifecycle.commands.promises import (
    ChooseOption,
    DecideApproval,
    EndOverride,
    FulfilPromise,
    MakePromise,
    OfferOptions,
    RenegotiatePromise,
    Report,
    RequestApproval,
    StartOverride,
    WithdrawPromise,
)
from servicecore.lifecycle.commands.record import (
    AcknowledgeEscalation,
    AnswerSurvey,
    FollowUp,
    InviteToSurvey,
    NoteDefection,
    NoteFailedDecision,
    NoteUndeliveredNotice,
    RecordStep,
    ReviewCause,
    StateExpectation,
)
from servicecore.lifecycle.commands.work import (
    Absorb,
    ApplyPolicy,
    Assign,
    Cancel,
    ChangeFacts,
    ChangeStatus,
    Close,
    Link,
    MergeInto,
    Open,
    Prioritise,
    Reopen,
    Reply,
    Resolve,
    Restore,
    Split,
    Unlink,
)

_ALL: tuple[type[Command], ...] = (
    Open, ChangeFacts, Prioritise, ApplyPolicy, Assign, ChangeStatus, Reply, Restore, Resolve,
    Reopen, Close, Cancel, MergeInto, Absorb, Split, Link, Unlink, MakePromise, RenegotiatePromise,
    FulfilPromise, WithdrawPromise, Report, OfferOptions, ChooseOption, RequestApproval,
    DecideApproval, StartOverride, EndOverride, RecordStep, AcknowledgeEscalation, StateExpectation,
    FollowUp, InviteToSurvey, AnswerSurvey, NoteDefection, ReviewCause, NoteFailedDecision,
    NoteUndeliveredNotice,
)  # fmt: skip

COMMANDS: Mapping[str, type[Command]] = MappingProxyType({each.__name__: each for each in _ALL})
"""Every command by its name; ``COMMANDS["Resolve"].writes`` is the event that it asks for."""

__all__ = [
    "COMMANDS",
    "Absorb",
    "AcknowledgeEscalation",
    "AnswerSurvey",
    "ApplyPolicy",
    "Assign",
    "Cancel",
    "ChangeFacts",
    "ChangeStatus",
    "ChooseOption",
    "Close",
    "Command",
    "DecideApproval",
    "EndOverride",
    "FollowUp",
    "FulfilPromise",
    "InviteToSurvey",
    "Link",
    "MakePromise",
    "MergeInto",
    "NoteDefection",
    "NoteFailedDecision",
    "NoteUndeliveredNotice",
    "OfferOptions",
    "Open",
    "Prioritise",
    "RecordStep",
    "RenegotiatePromise",
    "Reopen",
    "Reply",
    "Report",
    "RequestApproval",
    "Resolve",
    "Restore",
    "ReviewCause",
    "Split",
    "StartOverride",
    "StateExpectation",
    "Unlink",
    "WithdrawPromise",
]
