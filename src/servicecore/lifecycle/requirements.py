"""What events require besides a transition: each requirement says why it is not met, or nothing.

They are functions of the situation before an event and the event itself, as guards are; the keys of
`REQUIREMENTS` are what refusals are counted by.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from servicecore.errors import suggestion
from servicecore.lifecycle.events import (
    Absorbed,
    ApprovalDecided,
    ApprovalRequested,
    Assigned,
    CauseReviewed,
    EscalationAcknowledged,
    Event,
    FactsChanged,
    FollowedUp,
    Linked,
    MergedInto,
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
    Replied,
    Reported,
    Restored,
    SplitFrom,
    StatusChanged,
    StepRecorded,
    Unlinked,
)
from servicecore.lifecycle.expecting import (
    another_date,
    deliverable,
    due_ahead,
    new_promise,
    not_late,
    offered,
    open_promise,
    reasoned,
    report_ahead,
    waiting_possible,
)
from servicecore.lifecycle.governing import (
    approval_demanded,
    known_levels,
    known_override,
    known_policy,
    known_priority,
    matrix_or_reason,
)
from servicecore.lifecycle.links import MERGED_INTO, links_of
from servicecore.lifecycle.situation import Situation
from servicecore.sla.years import shown

Requirement = Callable[[Situation, Any], str]

WORK: frozenset[type[Event]] = frozenset({
    FactsChanged, Prioritised, PolicyApplied, Assigned, Restored, Absorbed, SplitFrom, PromiseMade,
    PromiseRenegotiated, PromiseFulfilled, PromiseWithdrawn, Reported, OptionsOffered, OptionChosen,
    ApprovalRequested, ApprovalDecided, OverrideStarted, OverrideEnded,
})  # fmt: skip
"""What changes the work on a request, and so is refused when its status is final; transitions are
besides. Everything else puts something on record, which may be done at any time."""

OWN_COMMANDS = {"priority": "prioritising", "group": "assigning", "person": "assigning"}


def _not_opened(situation: Situation, _: Opened) -> str:
    return f"it has been open since {shown(situation.state.opened)}"


def _facts_of_no_command(_: Situation, event: FactsChanged) -> str:
    told = [f"{fact} is changed by {how}" for fact, how in OWN_COMMANDS.items()
            if fact in event.facts]  # fmt: skip
    return " and ".join(told)


def _lasting(_: Situation, event: StatusChanged | OverrideStarted) -> str:
    if event.until is None or event.until > event.occurred:
        return ""
    return f"until is {shown(event.until)}, which is not ahead"


def _not_merged(situation: Situation, _: Replied) -> str:
    """What is written to a merged request would be read by nobody."""
    if not situation.book.lifecycle.is_final(situation.status):
        return ""
    into = [link.other for link in links_of(situation.history) if link.kind == MERGED_INTO]
    return f"it is merged into {into[-1]}: write there" if into else ""


def _another(situation: Situation, event: Linked | MergedInto | Absorbed | SplitFrom) -> str:
    other = _OTHER[type(event)](event)
    return f"{other} is the request itself" if other == situation.state.id else ""


_OTHER: Mapping[type[Event], Callable[[Any], str]] = {
    Linked: lambda event: event.other,
    MergedInto: lambda event: event.target,
    Absorbed: lambda event: event.source,
    SplitFrom: lambda event: event.parent,
}


def _new_link(situation: Situation, event: Linked) -> str:
    told = f"it is linked already: {event.kind} {event.other}"
    return told if _linked(situation, event) else ""


def _standing_link(situation: Situation, event: Unlinked) -> str:
    told = f"it is not linked: {event.kind} {event.other}"
    return "" if _linked(situation, event) else told


def _linked(situation: Situation, event: Linked | Unlinked) -> bool:
    links = links_of(situation.history)
    return any((link.kind, link.other) == (event.kind, event.other) for link in links)


def _no_approval_pending(situation: Situation, _: ApprovalRequested) -> str:
    pending = situation.state.approval
    return f"an approval by {pending.approver} is pending already" if pending else ""


def _approval_pending(situation: Situation, event: ApprovalDecided) -> str:
    if situation.state.approval or (event.granted and _needless(situation)):
        return ""
    return "no approval is pending"


def _needless(situation: Situation) -> bool:
    """Whether one was denied for something that is not what is asked for now."""
    return situation.state.denied is not None and bool(approval_demanded(situation, None))


def _override_off(situation: Situation, event: OverrideStarted) -> str:
    return "it is on already" if event.override in situation.state.overrides else ""


def _override_on(situation: Situation, event: OverrideEnded) -> str:
    return "" if event.override in situation.state.overrides else "it is not on"


def _measured(situation: Situation, event: EscalationAcknowledged) -> str:
    if not event.clock:
        climb = situation.state.steps.climbs.get(event.ladder)
        begun = climb is not None and 0 <= event.cycle <= climb.cycle
        return "" if begun else f"its cycle {event.cycle} has not begun"
    cycles = situation.readings.get(event.clock, ())
    if 0 <= event.cycle < len(cycles):
        return ""
    cycle = f" {event.cycle + 1} times" if cycles else ""
    return f"the clock {event.clock!r} has not run{cycle}"


def _known_ladder(situation: Situation, event: EscalationAcknowledged) -> str:
    ladders = {ladder.name: ladder for ladder in situation.book.escalations}
    ladder = ladders.get(event.ladder)
    if ladder is None:
        hint = suggestion(event.ladder, ladders)
        return f"the book has no escalation {event.ladder!r}{hint and f' ({hint})'}"
    if ladder.clock == event.clock:
        return ""
    climbs = f"the clock {ladder.clock!r}" if ladder.clock else "no clock"
    return f"the escalation {event.ladder!r} climbs with {climbs}, not with {event.clock!r}"


def _own_step(situation: Situation, event: StepRecorded) -> str:
    own = event.step.startswith(f"{situation.state.id}/")
    return "" if own else "the step is not one of this request"


def _known_step(situation: Situation, event: StepRecorded) -> str:
    """Its id ends in clock, cycle, ladder, step and round; only a clock may have a slash."""
    if _own_step(situation, event):
        return ""
    clock, cycle, ladder, name, again = ("", "", "", "", *event.step.rsplit("/", 4))[-5:]
    numbers = all(each.isascii() and each.isdigit() for each in (cycle, again))
    known = any(
        (f"{situation.state.id}/{each.clock}", each.name, step.name) == (clock, ladder, name)
        for each in situation.book.escalations
        for step in each.steps
    )
    return "" if numbers and known else f"the book has no step {event.step!r}"


def _delivered(situation: Situation, _: FollowedUp) -> str:
    """A resolution that no reopening has taken back."""
    return "" if situation.state.delivered else "nothing has been delivered yet"


def _restored(situation: Situation, _: CauseReviewed) -> str:
    """Fix first, ask why later."""
    return "" if situation.state.restored is not None else "service is not restored yet"


REQUIREMENTS: Mapping[type[Event], Mapping[str, Requirement]] = MappingProxyType({
    Opened: {"opened twice": _not_opened},
    FactsChanged: {
        "facts with a command of their own": _facts_of_no_command,
        "unknown impact or urgency": known_levels,
    },
    Prioritised: {
        "unknown priority": known_priority,
        "priority without a reason": matrix_or_reason,
    },
    PolicyApplied: {"unknown policy": known_policy},
    StatusChanged: {"until in the past": _lasting},
    Replied: {"reply to a merged request": _not_merged},
    MergedInto: {"merged into itself": _another},
    Absorbed: {"merged into itself": _another},
    SplitFrom: {"split from itself": _another},
    Linked: {"linked to itself": _another, "linked already": _new_link},
    Unlinked: {"not linked": _standing_link},
    PromiseMade: {"promise made already": new_promise, "due in the past": due_ahead},
    PromiseRenegotiated: {
        "promise not open": open_promise,
        "renegotiated too late": not_late,
        "same date": another_date,
        "due in the past": due_ahead,
        "renegotiated without a reason": reasoned,
    },
    PromiseFulfilled: {"promise not open": open_promise, "checkpoint fulfilled": deliverable},
    PromiseWithdrawn: {"promise not open": open_promise},
    Reported: {"due in the past": report_ahead},
    OptionsOffered: {"waiting not possible": waiting_possible},
    OptionChosen: {"option not offered": offered},
    ApprovalRequested: {
        "approval pending already": _no_approval_pending,
        "approval not demanded": approval_demanded,
    },
    ApprovalDecided: {"no approval pending": _approval_pending},
    OverrideStarted: {
        "override on already": _override_off,
        "unknown override": known_override,
        "until in the past": _lasting,
    },
    OverrideEnded: {"override not on": _override_on},
    StepRecorded: {"step of another request": _own_step, "unknown step": _known_step},
    EscalationAcknowledged: {
        "unknown escalation": _known_ladder,
        "clock has not run": _measured,
    },
    FollowedUp: {"nothing delivered": _delivered},
    CauseReviewed: {"service not restored": _restored},
})  # fmt: skip
"""What each event requires, by the key that refusals are counted under."""
