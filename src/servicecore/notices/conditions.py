"""When notices apply: what an event means, and whether it still matters by what is known now.

An event may be written down long after it happened. What has been overtaken by then tells nobody
anything: a question that was answered, a promise that has another date, a step whose clock stopped.
"""

from __future__ import annotations

from collections.abc import Iterator

from servicecore.lifecycle.events import (
    Absorbed,
    ApprovalDecided,
    ApprovalRequested,
    Assigned,
    Closed,
    Event,
    Opened,
    OptionsOffered,
    OverrideStarted,
    PromiseMade,
    PromiseRenegotiated,
    PromiseWithdrawn,
    Replied,
    Reported,
    Resolved,
    Side,
    SplitFrom,
    StatusChanged,
    StepRecorded,
    SurveyAnswered,
    SurveyInvited,
)
from servicecore.lifecycle.facts import facts_of
from servicecore.lifecycle.promises import Promise, PromiseState
from servicecore.lifecycle.situation import Situation
from servicecore.lifecycle.steps import StepTaken
from servicecore.notices.recipients import assigned_by
from servicecore.requests import Channel
from servicecore.sla.clock import Reading, State
from servicecore.sla.escalation import Step

SPOKEN = frozenset({Channel.PHONE, Channel.WALK_UP})
"""What was said in these ways has been heard."""


def behind(situation: Situation, event: Event) -> Iterator[Event]:
    """What happened after an event, the newest first; costs what is taken of it."""
    place = (event.occurred, event.sequence)
    for later in situation.history.newest_first():
        if later is event or (later.occurred, later.sequence) < place or later == event:
            return
        yield later


def _none_behind(situation: Situation, event: Event, *kinds: type[Event]) -> bool:
    return not any(isinstance(each, kinds) for each in behind(situation, event))


def is_new(situation: Situation, _: Opened) -> bool:
    """The request is not a part of another one, whose customer knows of it already."""
    return not any(isinstance(each, SplitFrom) for each in situation.history)


def is_answer(situation: Situation, event: Replied) -> bool:
    """We wrote to the customer, who has not heard it, and nobody has written since."""
    ours = "replied" in facts_of(event, responded=True) and event.channel not in SPOKEN
    return ours and not any(_is_public(each) for each in behind(situation, event))


def is_written_to_us(situation: Situation, event: Replied) -> bool:
    """The customer or a supplier wrote to us, and nobody has answered since."""
    theirs = event.side is not Side.DESK and _is_public(event)
    return theirs and not any(
        _is_public(each) and each.side is Side.DESK for each in behind(situation, event)
    )


def _is_public(event: Event) -> bool:
    return isinstance(event, Replied) and event.public and not event.automatic


def is_waiting(situation: Situation, event: StatusChanged) -> bool:
    """It is the customer's turn, for something that no offer says."""
    waiting = situation.book.lifecycle.waiting
    if not event.status == situation.status == waiting:
        return False
    return not _is_caused_by(OptionsOffered, situation, event)


def _is_caused_by(kind: type[Event], situation: Situation, event: Event) -> bool:
    if not event.cause:
        return False
    causes = (each for each in situation.history.newest_first() if each.id == event.cause)
    return isinstance(next(causes, None), kind)


def is_offered(situation: Situation, event: OptionsOffered) -> bool:
    """The customer has not decided yet."""
    return situation.state.offer == event


def is_to_be_approved(situation: Situation, event: ApprovalRequested) -> bool:
    """It is pending."""
    return situation.state.approval == event


def is_decision(situation: Situation, event: ApprovalDecided) -> bool:
    """Somebody decided, as opposed to no approval being needed any longer; and nobody since."""
    return not event.cause and _none_behind(situation, event, ApprovalDecided, ApprovalRequested)


def is_decision_of_others(situation: Situation, event: ApprovalDecided) -> bool:
    """It was decided by somebody else than the requester."""
    actor, requester = event.actor, situation.request.requester
    return is_decision(situation, event) and (actor is None or actor.party != requester)


def promise_of(
    situation: Situation, event: PromiseMade | PromiseRenegotiated | PromiseWithdrawn
) -> Promise | None:
    """The promise that an event is about; None where there is none."""
    return next((each for each in situation.promises if each.id == event.promise), None)


def is_told_date(situation: Situation, event: PromiseMade | PromiseRenegotiated) -> bool:
    """It is the date that holds, and the customer is told of it; it has not passed."""
    promise = promise_of(situation, event)
    if promise is None or not event.told or promise.due != event.due:
        return False
    return promise.state(situation.instant) is PromiseState.PENDING


def is_first_told(situation: Situation, event: PromiseMade) -> bool:
    """It is no promise that was made before, on a request that goes on in this one."""
    return is_told_date(situation, event) and not _is_caused_by(Absorbed, situation, event)


def is_taken_back(situation: Situation, event: PromiseWithdrawn) -> bool:
    """The customer had been told of it, and the request goes on."""
    promise = promise_of(situation, event)
    if promise is None or situation.contact.silent is None:
        return False
    return promise.told or any(change.told for change in promise.renegotiations)


def is_latest_report(situation: Situation, event: Reported) -> bool:
    """No later report says more."""
    return _none_behind(situation, event, Reported)


def is_end_without_resolution(situation: Situation, event: Closed) -> bool:
    """It was closed without having been resolved, of which the customer would know."""
    return not situation.state.delivered and _none_behind(situation, event, Resolved)


def is_unanswered(situation: Situation, event: SurveyInvited) -> bool:
    """The customer has not answered that survey since."""
    return not any(
        isinstance(each, SurveyAnswered) and each.survey == event.survey
        for each in behind(situation, event)
    )


def is_still_theirs(situation: Situation, event: Assigned | Opened) -> bool:
    """Whoever was given the request has it."""
    owner = situation.ownership
    person, group = assigned_by(event)
    return (person, group) == (owner.person, owner.group)


def is_on(situation: Situation, event: OverrideStarted) -> bool:
    """The override still holds."""
    return event.override in situation.state.overrides


def step_of(situation: Situation, event: StepRecorded) -> StepTaken | None:
    """The step that is on record by an event; None where it was groundless (E4)."""
    taken = situation.state.steps.taken.newest_first()
    return next((each for each in taken if each.event == event), None)


def reading_of(situation: Situation, taken: StepTaken) -> Reading | None:
    """What the clock of a step shows; None where it climbs with none."""
    cycles = situation.readings.get(taken.step.clock, ())
    return next((each for each in cycles if each.cycle == taken.step.cycle), None)


RUNNING = frozenset({State.RUNNING, State.PAUSED, State.BREACHED})


def is_pressing(situation: Situation, event: StepRecorded) -> bool:
    """What the step was taken for has not come to its end: somebody can do something."""
    taken = step_of(situation, event)
    if taken is None:
        return False
    if taken.step.clock:
        reading = reading_of(situation, taken)
        return reading is not None and reading.state in RUNNING
    return situation.contact.silent is not None or rung_of(situation, taken).gap is not None


def rung_of(situation: Situation, taken: StepTaken) -> Step:
    """The step of the ladder that was taken."""
    place = taken.step.place
    return situation.book.escalations[place.ladder].steps[place.step]
