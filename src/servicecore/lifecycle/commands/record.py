"""Commands that put on record what was done and said around the work."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import field, frozen

from servicecore.errors import InvalidValue
from servicecore.lifecycle import events
from servicecore.lifecycle.commands.envelope import Command
from servicecore.lifecycle.events.envelope import as_due, names


def _answers(answers: Mapping[str, float | str | None]) -> Mapping[str, float | str | None]:
    if not isinstance(answers, Mapping):
        raise InvalidValue(f"answers is {answers!r}: expected a table of questions and answers")
    return dict(answers)


@frozen(kw_only=True)
class RecordStep(Command):
    """Write down that a step of an escalation was taken (E2)."""

    writes = events.StepRecorded
    phrase = "record the step {step} of {request}"

    step: str
    due: int = field(alias="due_at", converter=as_due)
    told: tuple[str, ...] = field(default=(), converter=names)
    outcome: str = "told"


@frozen(kw_only=True)
class AcknowledgeEscalation(Command):
    """Say that somebody takes care (E4)."""

    writes = events.EscalationAcknowledged
    phrase = "acknowledge the escalation {ladder} of {request}"

    clock: str
    cycle: int
    ladder: str


@frozen(kw_only=True)
class StateExpectation(Command):
    """Write down what the customer expects, on a scale that the survey names."""

    writes = events.ExpectationStated
    phrase = "state an expectation on {request}"

    expectation: float
    survey: str = ""


@frozen(kw_only=True)
class FollowUp(Command):
    """Write down that the customer was asked after the delivery, and what came of it (Q4)."""

    writes = events.FollowedUp
    phrase = "follow up on {request}"

    outcome: str = ""


@frozen(kw_only=True)
class InviteToSurvey(Command):
    """Write down that the customer was invited to a survey."""

    writes = events.SurveyInvited
    phrase = "invite to the survey {survey} on {request}"

    survey: str


@frozen(kw_only=True)
class AnswerSurvey(Command):
    """Write down the customer's answers."""

    writes = events.SurveyAnswered
    phrase = "answer the survey {survey} on {request}"

    survey: str
    expectation: float | None = None
    perception: float | None = None
    answers: Mapping[str, float | str | None] = field(factory=dict, hash=False, converter=_answers)


@frozen(kw_only=True)
class NoteDefection(Command):
    """Write down that the customer went elsewhere."""

    writes = events.DefectionNoted
    phrase = "note a defection on {request}"

    kind: str


@frozen(kw_only=True)
class ReviewCause(Command):
    """Write down what led to it, once service is restored. It has no actor, and names nobody."""

    writes = events.CauseReviewed
    phrase = "review the cause of {request}"

    systems: tuple[str, ...] = field(converter=names)
    conditions: tuple[str, ...] = field(default=(), converter=names)
    actions: tuple[str, ...] = field(default=(), converter=names)


@frozen(kw_only=True)
class NoteFailedDecision(Command):
    """Write down that a plugin failed and the library's default was taken."""

    writes = events.DecisionFailed
    phrase = "note a failed decision on {request}"

    plugin: str
    hook: str
    error: str = ""


@frozen(kw_only=True)
class NoteUndeliveredNotice(Command):
    """Write down that a notice to the customer could not be delivered for good."""

    writes = events.NoticeUndelivered
    phrase = "note an undelivered notice on {request}"

    notice: str
    reason: str = ""
