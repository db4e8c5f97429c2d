"""The end of an instant: which policy holds after it, what each clock is owed, what overrides add.

Facts of one instant belong together: a request opened and prioritised at once has one target.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import takewhile

from servicecore.errors import UnknownName
from servicecore.lifecycle.clocks import Ending, Overriding
from servicecore.lifecycle.events import Event, OverrideEnded, PolicyApplied
from servicecore.lifecycle.state import RequestState
from servicecore.requests import Request
from servicecore.sla.book import PolicyBook


def settle(state: RequestState, book: PolicyBook) -> None:
    """Match the policy anew if facts of this instant ask for it, and tell the clocks (P2)."""
    if not state.unsettled:
        return
    state.unsettled = False
    request = _match(state, book)
    policy, instant = state.policy, state.instant
    reason = f"priority {request.priority or 'none'}, {policy.name if policy else 'no policy'}"
    for name, clock in state.clocks.items():
        target = book.target(policy, name, request) if policy else None
        clock.settle(target, instant, reason)
        if state.overrides or clock.overrides:
            endings = _endings(state, f"no target for {reason}")
            clock.override(_overriding(state, name, request), instant, endings)


def _match(state: RequestState, book: PolicyBook) -> Request:
    selection = book.select_known(known_request(state, book))
    state.request, state.policy = selection.request, selection.policy
    state.version, state.before_first = selection.version.name, selection.before_first
    if state.pinned:
        _pin(state, state.pinned, book)
    return selection.request


def _pin(state: RequestState, pinned: PolicyApplied, book: PolicyBook) -> None:
    """Hold on to a policy that was applied; one that the book does not know changes nothing."""
    version = pinned.version or state.version
    try:
        state.policy = book.policies_named(pinned.policy, version)[0]
    except UnknownName:
        return
    state.version = version


def known_request(state: RequestState, book: PolicyBook) -> Request:
    """The request as it is known now, its priority included.

    It has none where the matrix does not know its impact or its urgency (R1).
    """
    if state.request is None:
        request = Request.from_facts(state.id, state.opened, state.facts)
        try:
            state.request = book.known(request)
        except UnknownName:
            state.request = book.catalogue.known(request)
    return state.request


def _overriding(state: RequestState, clock: str, request: Request) -> Mapping[str, Overriding]:
    if state.policy is None:
        return {}
    targets = {
        name: (state.policy.override_target(name, clock, request.priority), event)
        for name, event in state.overrides.items()
    }
    return {
        name: Overriding(target, event.reason, event.occurred, _party(event), event.until)
        for name, (target, event) in targets.items()
        if target is not None
    }


def _party(event: Event) -> str:
    return "" if event.actor is None else event.actor.party


def _endings(state: RequestState, unowed: str) -> Mapping[str, Ending]:
    """Why overrides may hold no longer after this instant: they were ended, or set no target.

    One that ran out is in none of these.
    """
    instant = state.instant
    present = takewhile(lambda each: each.occurred == instant, state.history.newest_first())
    ended = {each.override: each for each in present if isinstance(each, OverrideEnded)}
    return {name: Ending(unowed) for name in state.overrides} | {
        name: Ending(event.reason, _party(event)) for name, event in ended.items()
    }


def next_end(state: RequestState, instant: int) -> tuple[int, str] | None:
    """The first override that was to last until an instant that has come, and that instant."""
    over = [
        (max(event.until, event.occurred), name)
        for name, event in state.overrides.items()
        if event.until is not None and event.until <= instant
    ]
    return min(over, default=None)


def end_override(state: RequestState, name: str, instant: int, book: PolicyBook) -> None:
    """End an override whose time has come."""
    del state.overrides[name]
    state.instant, state.unsettled = instant, True
    settle(state, book)
