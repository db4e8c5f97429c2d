"""Surveys: who was invited, who answered, and which answers count (M7)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType

from attrs import field, frozen

from servicecore.catalogue.naming import all_of
from servicecore.errors import InvalidValue
from servicecore.instants import as_instant
from servicecore.lifecycle.events import SurveyAnswered, SurveyInvited
from servicecore.lifecycle.situation import Situation
from servicecore.metrics.cohort import Period

Answer = float | str | None
EXPECTATION, PERCEPTION = "expectation", "perception"
"""What the two answers are called that an event has fields for."""


def _invited(moment: datetime | int) -> int:
    return as_instant(moment, "invited_at")


def _answered(moment: datetime | int) -> int:
    return as_instant(moment, "answered_at")


def _answers(answers: Mapping[str, Answer]) -> Mapping[str, Answer]:
    if not isinstance(answers, Mapping):
        raise InvalidValue(f"answers is {answers!r}: expected a table of questions and answers")
    return MappingProxyType(dict(answers))


@frozen(kw_only=True)
class Invitation:
    """An invitation to a survey; `invited` in microseconds.

    `request` is None for a survey that is about no single one.
    """

    id: str
    survey: str
    respondent: str
    request: str | None = None
    invited: int = field(alias="invited_at", converter=_invited)


@frozen(kw_only=True)
class Response:
    """What somebody answered; `answered` in microseconds.

    `invitation` is the id of the invitation that it answers, None where nobody asked. `answers` has
    an answer for each question; one that was left out is None or missing.
    """

    invitation: str | None
    respondent: str
    request: str | None = None
    answered: int = field(alias="answered_at", converter=_answered)
    answers: Mapping[str, Answer] = field(factory=dict, converter=_answers, hash=False)

    def number(self, question: str) -> float | None:
        """The answer to a question as a number; None where there is none or it is text."""
        answer = self.answers.get(question)
        return float(answer) if isinstance(answer, int | float) else None


@frozen
class Linked:
    """An invitation and the response that counts for it; None while nobody has answered."""

    invitation: Invitation
    response: Response | None


def _all_invitations(invitations: Iterable[Invitation]) -> tuple[Invitation, ...]:
    return all_of(Invitation, invitations, "invitations")


def _all_responses(responses: Iterable[Response]) -> tuple[Response, ...]:
    return all_of(Response, responses, "responses")


@frozen
class Surveys:
    """Invitations and responses, as they were noted.

    >>> invited = Invitation(id="i1", survey="csat", respondent="ann", invited_at=0)
    >>> said = Response(invitation="i1", respondent="ann", answered_at=5, answers={"csat": 4})
    >>> (linked,) = Surveys([invited], [said]).linked(at=9)
    >>> linked.response.number("csat")
    4.0
    """

    invitations: tuple[Invitation, ...] = field(default=(), converter=_all_invitations)
    responses: tuple[Response, ...] = field(default=(), converter=_all_responses)

    def __attrs_post_init__(self) -> None:
        counts = Counter(invitation.id for invitation in self.invitations)
        twice = [name for name, number in counts.items() if number > 1]
        if twice:
            raise InvalidValue(f"the invitations {twice} come twice: expected ids of their own")

    def linked(
        self,
        *,
        at: datetime | int,
        survey: str | None = None,
        period: Period | None = None,
        window: int | None = None,
    ) -> tuple[Linked, ...]:
        """Every invitation by an instant, with the response that counts for it.

        The latest response to an invitation by `at` counts. A response that nobody was invited to
        counts for nobody (see `uninvited`). With a `period`, invitations sent in it (M3). With a
        `window` in microseconds, invitations whose window has elapsed, and responses within it:
        otherwise those sent yesterday would lower the rate.
        """
        instant = as_instant(at)
        found = {
            each.id: each
            for each in self.invitations
            if each.invited <= instant
            and (survey is None or each.survey == survey)
            and (period is None or each.invited in period)
            and (window is None or each.invited + window < instant)
        }
        latest: dict[str, Response] = {}
        for response in self._by(instant):
            invitation = found.get(response.invitation or "")
            if invitation and (window is None or response.answered <= invitation.invited + window):
                latest[invitation.id] = response
        return tuple(Linked(each, latest.get(each.id)) for each in found.values())

    def uninvited(self, *, at: datetime | int) -> tuple[Response, ...]:
        """The responses by an instant to no invitation that is known."""
        known = {invitation.id for invitation in self.invitations}
        return tuple(each for each in self._by(as_instant(at)) if each.invitation not in known)

    def _by(self, instant: int) -> Sequence[Response]:
        """The responses by an instant, in the order in which they came."""
        known = [each for each in self.responses if each.answered <= instant]
        return sorted(known, key=lambda each: each.answered)

    def __add__(self, other: Surveys) -> Surveys:
        """Both together."""
        return Surveys((*self.invitations, *other.invitations), (*self.responses, *other.responses))


def surveys_of(situations: Iterable[Situation]) -> Surveys:
    """The invitations and responses that stand in histories (`SurveyInvited`, `SurveyAnswered`).

    A response answers the latest invitation to its survey in the same request. The respondent is
    who is named as the actor of the answer, else the requester, else the customer. What was
    expected and perceived are the answers ``"expectation"`` and ``"perception"``.
    """
    invitations: list[Invitation] = []
    responses: list[Response] = []
    for situation in situations:
        open_: dict[str, Invitation] = {}
        request, invited = situation.state.id, 0
        for event in situation.history:
            if isinstance(event, SurveyInvited):
                invited += 1
                open_[event.survey] = Invitation(
                    id=event.id or f"{request}/{event.survey}/{invited}",
                    survey=event.survey,
                    respondent=_respondent(situation),
                    request=request,
                    invited_at=event.occurred,
                )
                invitations.append(open_[event.survey])
            elif isinstance(event, SurveyAnswered):
                responses.append(_response(event, open_.get(event.survey), situation))
    return Surveys(invitations, responses)


def _respondent(situation: Situation) -> str:
    request = situation.request
    return request.requester or request.customer or request.id


def _response(
    event: SurveyAnswered, invitation: Invitation | None, situation: Situation
) -> Response:
    said = {EXPECTATION: event.expectation, PERCEPTION: event.perception}
    answers = {**event.answers, **{name: each for name, each in said.items() if each is not None}}
    return Response(
        invitation=invitation.id if invitation else None,
        respondent=event.actor.party if event.actor else _respondent(situation),
        request=event.request,
        answered_at=event.occurred,
        answers=answers,
    )
