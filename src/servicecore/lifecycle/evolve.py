"""Folding a history: one event more, and what time alone does between two events (R1).

Every event is taken as fact; nothing is refused here, and nothing outside is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import attrs

from servicecore.errors import InvalidValue, OutOfOrder
from servicecore.lifecycle.contact import SAID
from servicecore.lifecycle.events import (
    ApprovalDecided,
    ApprovalRequested,
    Assigned,
    Cancelled,
    Closed,
    EscalationAcknowledged,
    Event,
    FactsChanged,
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
    Reopened,
    Reported,
    Resolved,
    Restored,
    SplitFrom,
    StatusChanged,
    StepRecorded,
    SurveyAnswered,
)
from servicecore.lifecycle.facts import facts_of
from servicecore.lifecycle.ladders import acknowledge
from servicecore.lifecycle.passing import advance, close
from servicecore.lifecycle.state import PRIORITY_FACTS, Denial, RequestState, begun
from servicecore.lifecycle.status import Status
from servicecore.lifecycle.steps import is_caused_by_step
from servicecore.requests import Fact
from servicecore.sla.book import PolicyBook
from servicecore.sla.statuses import MERGED
from servicecore.sla.years import shown

_Ending = Resolved | Closed | Cancelled | MergedInto | StatusChanged


def evolve(state: RequestState | None, event: Event, book: PolicyBook) -> RequestState:
    """The state behind one more event; the state before it stays as it is.

    None is the state before the first event, which has to be `Opened`. An event of the same instant
    as the last one is fine. Raises `OutOfOrder` for one that is older: then the history, with the
    event in its place, is to be folded anew. What it costs does not depend on how long the history
    is.

    >>> from datetime import UTC, datetime
    >>> from servicecore.sla import Policy, Target
    >>> book = PolicyBook.of(Policy("all", {"resolution": Target("4h")}))
    >>> nine, ten = (datetime(2026, 3, 6, hour, tzinfo=UTC) for hour in (9, 10))
    >>> opened = evolve(None, Opened(request="R1", occurred_at=nine), book)
    >>> resolved = evolve(opened, Resolved(request="R1", occurred_at=ten), book)
    >>> opened.status.name, resolved.status.name
    ('new', 'resolved')
    """
    if state is None:
        following = begun(_opening(event), book)
    else:
        refuse_misplaced(state, event)
        following = state.copy()
    take(following, event, book)
    return following


def _opening(event: Event) -> Opened:
    if isinstance(event, Opened):
        return event
    raise InvalidValue(f"the history begins with {type(event).__name__}: expected Opened first")


def refuse_misplaced(state: RequestState, event: Event) -> None:
    """Refuse an event that lies before the state (`OutOfOrder`), or is of another request."""
    if event.occurred < state.instant or (
        event.occurred == state.instant and event.sequence < state.sequence
    ):
        raise OutOfOrder(
            f"{type(event).__name__} of {shown(event.occurred)} is older than the history folded "
            f"up to {shown(state.instant)}: expected the whole history to be folded anew"
        )


def take(state: RequestState, event: Event, book: PolicyBook) -> None:
    """Apply one event in place, after what time did up to it."""
    if event.request != state.id:
        raise InvalidValue(
            f"an event of {event.request!r} in the history of {state.id!r}: "
            "expected the events of one request"
        )
    if event.occurred > state.instant:
        advance(state, event.occurred, book)
    if event.cause and is_caused_by_step(event):
        close(state, book)  # the step was due by what had happened before
    state.sequence = event.sequence
    state.history = state.history.add(event)
    before = state.conditions
    if (change := _CHANGES.get(type(event))) is not None:
        change(state, event)
    facts = facts_of(event, responded=state.contact.responded)
    if not SAID.isdisjoint(facts):
        state.contact = state.contact.after(facts, event.occurred)
    if state.conditions != before or not book.heeded.isdisjoint(facts):
        for clock in state.clocks.values():
            clock.take(facts, state.conditions, state.status, event.occurred)
    if type(event) is StepRecorded:
        state.steps = state.steps.recorded(event, book.escalations)


def _know(state: RequestState, facts: Mapping[str, Fact]) -> None:
    """Know some facts otherwise; the policy is matched anew if they matter to it."""
    state.facts.update(facts)
    state.request = None
    if not state.unsettled:
        state.unsettled = not (state.matched.isdisjoint(facts) and PRIORITY_FACTS.isdisjoint(facts))


def _informed(state: RequestState, event: Opened | FactsChanged) -> None:
    _know(state, event.facts)
    if "group" in event.facts or "person" in event.facts:
        group, person = _text(state, "group"), _text(state, "person")
        state.ownership = state.ownership.owned_by(group, person, event.occurred)
        state.conditions = state.holding()


def _text(state: RequestState, name: str) -> str | None:
    fact = state.facts.get(name)
    return fact if isinstance(fact, str) else None


def _prioritised(state: RequestState, event: Prioritised) -> None:
    facts = {"priority": event.priority, "impact": event.impact, "urgency": event.urgency}
    _know(state, {name: value for name, value in facts.items() if value is not None})


def _enter(state: RequestState, status: Status) -> None:
    state.status = status
    state.conditions = state.holding()


def _status(state: RequestState, event: StatusChanged) -> None:
    if event.status == MERGED:  # as logs write it
        _given_up(state, event)
        return
    status = Status(event.status, event.reason, event.occurred, event.until, event.waiting_on)
    _enter(state, status)


def _ended(state: RequestState, event: _Ending) -> None:
    state.approval = state.offer = None
    _enter(state, Status(event.status, event.reason, event.occurred))


def _delivered(state: RequestState, event: Resolved) -> None:
    _ended(state, event)
    _promised(state, event)
    state.delivered = True
    if state.restored is None:
        state.restored = event.occurred


def _closed(state: RequestState, event: Closed) -> None:
    """What was not resolved before is over with this, and owes nothing (Q1)."""
    _ended(state, event)
    _promised(state, event)
    if state.restored is None:
        state.restored = event.occurred


def _given_up(state: RequestState, event: Cancelled | MergedInto | StatusChanged) -> None:
    _ended(state, event)
    _promised(state, event)
    state.delivered = False


def _reopened(state: RequestState, event: Reopened) -> None:
    _enter(state, Status(event.status, event.reason, event.occurred))
    state.reopenings += 1
    state.restored, state.delivered = None, False
    _promised(state, event)


def _restored(state: RequestState, event: Restored) -> None:
    state.restored = event.occurred


def _policy(state: RequestState, event: PolicyApplied) -> None:
    state.pinned, state.unsettled = event, True


def _assigned(state: RequestState, event: Assigned) -> None:
    _know(state, {"group": event.group, "person": event.person})
    before, state.ownership = state.ownership, state.ownership.given(event)
    if before.group != event.group:
        state.conditions = state.holding()


def _promised(state: RequestState, event: Event) -> None:
    state.promises = state.promises.after(event)


def _offered(state: RequestState, event: OptionsOffered) -> None:
    state.offer = event


def _chosen(state: RequestState, _: OptionChosen) -> None:
    state.offer = None


def _asked(state: RequestState, event: ApprovalRequested) -> None:
    state.approval, state.denied = event, None
    state.conditions = state.holding()


def _decided(state: RequestState, event: ApprovalDecided) -> None:
    asked, state.approval = state.approval, None
    state.denied = None if event.granted else Denial(asked, event)
    state.conditions = state.holding()


def _overridden(state: RequestState, event: OverrideStarted) -> None:
    """One that is on already goes on from where it began, with what is said of it now (Q3)."""
    before = state.overrides.get(event.override)
    if before is not None:
        until = None if event.until is None else max(event.until, event.occurred)
        event = attrs.evolve(event, occurred_at=before.occurred, until=until)
    state.overrides[event.override] = event
    state.unsettled = True


def _relieved(state: RequestState, event: OverrideEnded) -> None:
    state.overrides.pop(event.override, None)
    state.unsettled = True


def _surveyed(state: RequestState, event: SurveyAnswered) -> None:
    if event.expectation is not None and event.perception is not None:
        state.gap = event.perception - event.expectation


def _split(state: RequestState, event: SplitFrom) -> None:
    """The parent's time counts, and so does its first response (R8)."""
    for name, clock in state.clocks.items():
        clock.inherit(event.used.get(name, 0), event.occurred, responded=event.responded)
    state.contact = attrs.evolve(
        state.contact, responded=event.responded or state.contact.responded
    )


_CHANGES: Mapping[type[Event], Callable[[RequestState, Any], None]] = {
    Opened: _informed,
    FactsChanged: _informed,
    Prioritised: _prioritised,
    StatusChanged: _status,
    Resolved: _delivered,
    Closed: _closed,
    Cancelled: _given_up,
    MergedInto: _given_up,
    Reopened: _reopened,
    Restored: _restored,
    PolicyApplied: _policy,
    Assigned: _assigned,
    PromiseMade: _promised,
    PromiseRenegotiated: _promised,
    PromiseFulfilled: _promised,
    PromiseWithdrawn: _promised,
    Reported: _promised,
    OptionsOffered: _offered,
    OptionChosen: _chosen,
    ApprovalRequested: _asked,
    ApprovalDecided: _decided,
    OverrideStarted: _overridden,
    OverrideEnded: _relieved,
    SurveyAnswered: _surveyed,
    SplitFrom: _split,
    EscalationAcknowledged: acknowledge,
}
"""What an event changes besides clocks."""
