"""What notices say: facts, out of events and the situation behind them.

Facts are data, whatever stands in them. Instants are microseconds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from servicecore.lifecycle.commands.envelope import own_fields
from servicecore.lifecycle.events import (
    Event,
    Opened,
    PromiseMade,
    PromiseRenegotiated,
    PromiseWithdrawn,
    Replied,
    Reported,
    Resolved,
    StepRecorded,
    SurveyInvited,
)
from servicecore.lifecycle.situation import Situation
from servicecore.lifecycle.steps import StepTaken
from servicecore.lifecycle.timed import next_transition
from servicecore.notices.conditions import promise_of, reading_of, rung_of, step_of
from servicecore.notices.notice import Severity
from servicecore.requests import Fact
from servicecore.sla.clock import State

LONGEST = 2000
"""The characters of one text among the facts; what is longer is cut."""

MOST_OPTIONS = 20
"""So many options are told one by one."""

Facts = Mapping[str, Fact]


def cut(text: str, longest: int = LONGEST) -> str:
    """A text of at most so many characters, with a sign where it was cut.

    >>> cut("a long story", 7)
    'a long…'
    """
    return text if len(text) <= longest else f"{text[: longest - 1].rstrip()}…"


def _named(fact: Fact) -> str:
    """A fact that is a name, whatever a host has put there; empty where nothing is known."""
    return "" if fact is None else cut(str(fact))


def common_facts(situation: Situation) -> Facts:
    """What every notice knows of its request: its subject, if it has one, and its time zone.

    The subject is the host's own fact of that name.
    """
    subject = situation.request.fact("subject")
    known = cut(subject) if isinstance(subject, str) else ""
    return {"subject": known, "zone": situation.zone.key}


def said_by(event: Event) -> Facts:
    """What an event says besides its envelope, as far as it is plain; options by their numbers.

    >>> from servicecore.lifecycle.events import OptionsOffered
    >>> said_by(OptionsOffered(request="R1", occurred_at=0, options=("repair", "replace")))
    {'options': 2, 'option 1': 'repair', 'option 2': 'replace', 'recommendation': ''}
    """
    return dict(fact for name in own_fields(type(event)) for fact in _said(event, name))


def _said(event: Event, name: str) -> Iterator[tuple[str, Fact]]:
    value = getattr(event, name)
    if isinstance(value, str):
        yield name, cut(str(value))
    elif isinstance(value, int | float | None):
        yield name, value
    elif isinstance(value, tuple):
        yield name, len(value)
        singular = name.removesuffix("s")
        for number, each in enumerate(value[:MOST_OPTIONS], 1):
            yield f"{singular} {number}", cut(str(each))


def by_whom(event: Event) -> Facts:
    """Who did it, by name; empty where nobody is named. For those inside."""
    return {"by": "" if event.actor is None else cut(event.actor.party)}


def for_insiders(situation: Situation, event: Event) -> Facts:
    """What somebody needs to know who is to act: who did it, for whom, how pressing, by when."""
    request, resolution = situation.request, situation.reading("resolution")
    names = {
        "customer": request.customer or request.requester,
        "service": request.service,
        "priority": request.priority,
        "owner": situation.ownership.person or situation.ownership.group,
    }
    due = None if resolution is None else resolution.due
    known: Facts = {name: _named(fact) for name, fact in names.items()}
    return {**known, **by_whom(event), "resolution_due": due}


def of_opening(situation: Situation, _: Opened) -> Facts:
    """By when we answer, and whose approval is needed before work begins."""
    response = situation.reading("first response")
    running = response is not None and response.state is State.RUNNING
    due = response.due if running and response is not None else None
    approval = situation.state.approval
    approver = "" if approval is None else cut(approval.approver)
    return {"answer_due": due, "approver": approver}


def of_approval(situation: Situation, _: Event) -> Facts:
    """What is to be approved, and for whom."""
    request = situation.request
    asked, requester = request.offering or request.service, request.requester or request.customer
    return {"asked": _named(asked), "requester": _named(requester)}


def of_renegotiation(situation: Situation, event: PromiseRenegotiated) -> Facts:
    """The kind of the promise, and the date that it had."""
    promise = promise_of(situation, event)
    if promise is None:
        return {"kind": "", "before": None}
    changes = [each for each in promise.renegotiations if each.instant == event.occurred]
    return {"kind": promise.kind, "before": changes[-1].before if changes else promise.first_due}


def of_date(situation: Situation, event: PromiseMade | PromiseRenegotiated) -> Facts:
    """The promise as those inside need it: its kind, its date, and which one it had before."""
    known = for_insiders(situation, event)
    if isinstance(event, PromiseRenegotiated):
        return {**known, **of_renegotiation(situation, event)}
    return {**known, "before": None, "reason": ""}


def of_withdrawal(situation: Situation, event: PromiseWithdrawn) -> Facts:
    """The kind of the promise, and its date."""
    promise = promise_of(situation, event)
    return {"kind": promise.kind if promise else "", "due": promise.due if promise else None}


def of_report(situation: Situation, event: Reported) -> Facts:
    """When the next report comes, if that is still ahead."""
    ahead = event.next_due is not None and event.next_due > situation.instant
    return {"next_due": event.next_due if ahead else None}


def of_resolution(situation: Situation, _: Resolved) -> Facts:
    """When the request closes by itself, if it does."""
    coming = next_transition(situation.state, situation.book)
    closes = coming is not None and coming.transition.event == "closed"
    return {"closes": coming.due if closes and coming is not None else None}


def of_reply(situation: Situation, event: Replied) -> Facts:
    """From which side it came, and by when it is to be answered."""
    due = [
        reading.due
        for name in ("first response", "next response")
        if (reading := situation.reading(name)) is not None and reading.state in _OPEN
    ]
    return {
        **for_insiders(situation, event),
        "side": str(event.side),
        "answer_due": min((each for each in due if each is not None), default=None),
    }


_OPEN = (State.RUNNING, State.BREACHED)


def of_step(situation: Situation, event: StepRecorded) -> Facts:
    """Which step of which ladder, and what its clock shows or what it waited for."""
    taken = step_of(situation, event)
    known = for_insiders(situation, event)
    if taken is None:
        return known
    step = taken.step
    names = {"clock": step.clock, "ladder": step.ladder, "step": step.step}
    counted: Facts = {"round": step.round, "trigger": rung_of(situation, taken).trigger}
    return {**known, **names, **counted, **_measured(situation, taken), "seen": situation.instant}


def _measured(situation: Situation, taken: StepTaken) -> Facts:
    reading = reading_of(situation, taken)
    return {
        "clock_due": None if reading is None else reading.due,
        "late_since": None if reading is None else reading.breached,
        "left": None if reading is None else reading.remaining_microseconds,
        "paused": reading is not None and reading.state is State.PAUSED,
        "silent_since": situation.contact.silent,
        "unassigned_since": situation.ownership.unassigned,
        "bounces": situation.ownership.bounces,
        "reopenings": situation.reopenings,
        "gap": situation.state.gap,
    }


def severity_of_step(situation: Situation, event: StepRecorded) -> Severity:
    """Urgent when its clock is late, or the step comes no sooner than that."""
    taken = step_of(situation, event)
    if taken is None or not taken.step.clock:
        return Severity.NORMAL
    reading = reading_of(situation, taken)
    late = reading is not None and reading.late
    return Severity.URGENT if late or not rung_of(situation, taken).is_early else Severity.NORMAL


def topic_of_survey(_: Situation, event: SurveyInvited) -> str:
    """The survey: to be invited twice is to be invited once."""
    return f"survey {event.survey}"


def topic_of_step(situation: Situation, event: StepRecorded) -> str:
    """The cycle of the ladder: a later step of it says more."""
    taken = step_of(situation, event)
    if taken is None:
        return ""
    return f"escalation {taken.step.clock}/{taken.step.cycle}/{taken.step.ladder}"
