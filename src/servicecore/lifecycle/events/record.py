"""Events that put on record what was done and said around the work: steps, surveys, reviews."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from attrs import field, frozen

from servicecore.errors import InvalidValue
from servicecore.instants import DateTime, to_datetime
from servicecore.lifecycle.events.envelope import Event, as_due, check_types, names


def _told(values: Iterable[str]) -> tuple[str, ...]:
    return names(values, "told")


@frozen(kw_only=True)
class StepRecorded(Event):
    """A step of an escalation was taken; it occurs at the tick, and was due at `due` (E2).

    `step` is its id, ``request/clock/cycle/ladder/step/round``; `told` are those who were told.
    `outcome` says what came of it, such as ``"told"``, ``"silent"`` or ``"nobody on duty"``.
    """

    step: str
    due: int = field(alias="due_at", converter=as_due)
    told: tuple[str, ...] = field(default=(), converter=_told)
    outcome: str = "told"

    @property
    def due_at(self) -> DateTime:
        """When it was due, in UTC."""
        return to_datetime(self.due)


@frozen(kw_only=True)
class EscalationAcknowledged(Event):
    """Somebody takes care: before the due instant it stops the steps before it, later all (E4)."""

    clock: str
    cycle: int
    ladder: str


@frozen(kw_only=True)
class ExpectationStated(Event):
    """What the customer expects, on a scale that the survey names."""

    expectation: float
    survey: str = ""


@frozen(kw_only=True)
class FollowedUp(Event):
    """The customer was asked after delivery whether all is well, and what came of it."""

    outcome: str = ""


@frozen(kw_only=True)
class SurveyInvited(Event):
    """The customer was invited to a survey."""

    survey: str


def _answers(answers: Mapping[str, float | str | None]) -> Mapping[str, float | str | None]:
    if not isinstance(answers, Mapping):
        raise InvalidValue(f"answers is {answers!r}: expected a table of questions and answers")
    for question, answer in answers.items():
        _check_answer(question, answer)
    return dict(answers)  # a copy, which the caller cannot change


def _check_answer(question: object, answer: object) -> None:
    if not isinstance(question, str) or not isinstance(answer, str | int | float | None):
        raise InvalidValue(
            f"answers: found {answer!r} to {question!r}; expected text or a number, or None"
        )


@frozen(kw_only=True)
class SurveyAnswered(Event):
    """The customer answered: what was expected, what was perceived, and each answer."""

    survey: str
    expectation: float | None = None
    perception: float | None = None
    answers: Mapping[str, float | str | None] = field(factory=dict, hash=False, converter=_answers)


@frozen(kw_only=True)
class DefectionNoted(Event):
    """The customer went elsewhere: an own vendor, a workaround, a complaint left unresolved."""

    kind: str


def _systems(values: Iterable[str]) -> tuple[str, ...]:
    return names(values, "systems")


def _conditions(values: Iterable[str]) -> tuple[str, ...]:
    return names(values, "conditions")


def _actions(values: Iterable[str]) -> tuple[str, ...]:
    return names(values, "actions")


@frozen(kw_only=True)
class CauseReviewed(Event):
    """What led to it, in systems and conditions, and what is done about it.

    It has no field for a person, and nobody as its actor: fix first, ask why later, blame never.
    """

    systems: tuple[str, ...] = field(converter=_systems)
    conditions: tuple[str, ...] = field(default=(), converter=_conditions)
    actions: tuple[str, ...] = field(default=(), converter=_actions)

    def __attrs_post_init__(self) -> None:
        check_types(self)
        if self.actor is not None:
            raise InvalidValue(f"a cause review names {self.actor.party!r}: expected no person")
        if not any(each.strip() for each in (*self.systems, *self.conditions)):
            raise InvalidValue("a cause review without systems and conditions: expected some")


@frozen(kw_only=True)
class DecisionFailed(Event):
    """A plugin that was asked for a decision failed, and the library's own default was taken."""

    plugin: str
    hook: str
    error: str = ""


@frozen(kw_only=True)
class NoticeUndelivered(Event):
    """A notice to the customer could not be delivered for good."""

    notice: str
    reason: str = ""
