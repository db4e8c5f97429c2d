"""Guards: why an event may not be written, as things stand (R1, R7, R8, Q2).

They look at a situation and the event, and never at the command, so that the same functions decide
on commands and audit histories.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType

from servicecore.errors import InvalidValue, UnknownName, suggestion
from servicecore.lifecycle.events import Event, StatusChanged
from servicecore.lifecycle.machine import ENTERS, Entering, possible
from servicecore.lifecycle.refusal import Objection
from servicecore.lifecycle.requirements import REQUIREMENTS, WORK
from servicecore.lifecycle.situation import Situation
from servicecore.sla.statuses import Lifecycle, Transition

Guard = Callable[[Situation, Event], str]
"""The reason why an event may not be written, as it follows "when"; or nothing."""


CHANGES = WORK | frozenset(ENTERS)
"""What a final status refuses."""


def approval_given(situation: Situation, _: Event) -> str:
    """An approval that is pending forbids to start work, except under an override (R8).

    One that was denied forbids it until another is requested.
    """
    state = situation.state
    if state.denied is not None:
        reason = state.denied.decided.reason
        said = f": {reason}" if reason else ""
        return f"its approval was denied{said}"
    if state.approval is None or state.overrides:
        return ""
    return f"an approval by {state.approval.approver} is pending"


def customer_answered(situation: Situation, _: Event) -> str:
    """A message of the customer's that nobody has answered keeps a request from closing (R7)."""
    unanswered = situation.contact.unanswered
    return "" if unanswered is None else "a message of the customer's is unanswered"


GUARDS: Mapping[str, Guard] = MappingProxyType({
    "approval given": approval_given,
    "customer answered": customer_answered,
})  # fmt: skip
"""The guards that every lifecycle knows; its own `guards` are added, or take their place."""


def guard_named(name: str, lifecycle: Lifecycle) -> Guard:
    """The guard of that name; `UnknownName` where neither lifecycle nor library has it."""
    guard = lifecycle.guards.get(name) or GUARDS.get(name)
    if guard is None:
        raise UnknownName("guard", name, {**GUARDS, **lifecycle.guards})
    return guard


def reasons_against(
    situation: Situation, event: Event, *, transition: Transition | None = None
) -> tuple[str, ...]:
    """Every reason why an event may not be written next, for people; none where it may.

    The situation is that of the event's instant, before it. A `transition` is given by whoever
    makes one by time: then its guards are asked; otherwise those of the transitions that commands
    make. Raises `UnknownName` for a guard that nobody knows.
    """
    found = objections(situation, event, transition=transition)
    return tuple(objection.reason for objection in found)


def objections(
    situation: Situation, event: Event, *, transition: Transition | None = None
) -> tuple[Objection, ...]:
    """Every reason why an event may not be written next, with the key to count it by."""
    return (
        *(against_change(situation) if type(event) in CHANGES else ()),
        *_against_transition(situation, event, transition),
        *_against_kind(situation, event),
    )


def against_change(situation: Situation) -> tuple[Objection, ...]:
    """What is final stays as it is; what is said about it may still be put on record."""
    status = situation.status
    if not situation.book.lifecycle.is_final(status):
        return ()
    return (Objection(f"{status} is final", f"it is {status}, which is final"),)


def _against_kind(situation: Situation, event: Event) -> Iterator[Objection]:
    for key, requirement in REQUIREMENTS.get(type(event), {}).items():
        if reason := requirement(situation, event):
            yield Objection(key, reason)


def _against_transition(
    situation: Situation, event: Event, transition: Transition | None
) -> Iterable[Objection]:
    if not isinstance(event, Entering):
        return ()
    if transition is not None:
        return _guarding(transition, situation, event)
    lifecycle, status = situation.book.lifecycle, situation.status
    if lifecycle.is_final(status) or _again(situation, event):
        return ()
    ways = [way for way in lifecycle.ways(status) if not way.timed and makes(way, event)]
    if not ways:
        return (_no_way(lifecycle, status, event),)
    return min((_guarding(way, situation, event) for way in ways), key=len)


def makes(transition: Transition, event: Event) -> bool:
    """Whether a transition writes such an event: of its type, into its target."""
    return (
        isinstance(event, Entering)
        and transition.event == ENTERS[type(event)]
        and transition.target == event.status
    )


def _again(situation: Situation, event: Entering) -> bool:
    """Whether it enters the present status anew, for another reason or until another date."""
    status = situation.state.status
    return (
        isinstance(event, StatusChanged)
        and event.status == status.name
        and (event.reason, event.until, event.waiting_on)
        != (status.reason, status.until, status.waiting_on)
        and any(makes(way, event) for way in situation.book.lifecycle.transitions)
    )


def _guarding(transition: Transition, situation: Situation, event: Event) -> tuple[Objection, ...]:
    lifecycle = situation.book.lifecycle
    asked = ((name, guard_named(name, lifecycle)) for name in transition.guards)
    answered = ((name, guard(situation, event)) for name, guard in asked)
    return tuple(
        Objection(f"not {name}", _reason(name, reason)) for name, reason in answered if reason
    )


def _reason(name: str, answer: object) -> str:
    if isinstance(answer, str):
        return answer
    raise InvalidValue(f"the guard {name!r} gave {answer!r}: expected the reason as text, or ''")


def _no_way(lifecycle: Lifecycle, status: str, event: Entering) -> Objection:
    known = lifecycle.statuses
    if event.status not in known:
        hint = suggestion(event.status, known)
        named = f"the lifecycle has no status {event.status!r}"
        return Objection(f"unknown status {event.status}", f"{named}{hint and f' ({hint})'}")
    kind = ENTERS[type(event)]
    targets = [way.target for way in lifecycle.ways(status) if way.event == kind]
    elsewhere = kind == "status changed" or (targets and event.status not in targets)
    done = f"{kind} to {event.status}" if elsewhere else kind
    ways = ", ".join(possible(lifecycle, status)) or "nothing, for the lifecycle does not know it"
    already = " already" if status == event.status else ""
    return Objection(f"{done} when {status}", f"it is {status}{already} (from there: {ways})")
