"""What priorities, policies, overrides and approvals require of the book and its catalogue."""

from __future__ import annotations

from servicecore.errors import UnknownName
from servicecore.lifecycle.events import (
    ApprovalRequested,
    FactsChanged,
    OverrideStarted,
    PolicyApplied,
    Prioritised,
)
from servicecore.lifecycle.settling import settle
from servicecore.lifecycle.situation import Situation
from servicecore.lifecycle.state import PRIORITY_FACTS
from servicecore.requests import Request
from servicecore.sla.policy import Policy


def known_priority(situation: Situation, event: Prioritised) -> str:
    """The priority is one of the matrix's; so are impact and urgency, if it has cells."""
    matrix = situation.book.matrix
    if event.priority not in matrix.priorities:
        return f"the priorities are {', '.join(matrix.priorities)}"
    try:
        _level(situation, event)
    except UnknownName as unknown:
        return str(unknown)
    return ""


def known_levels(situation: Situation, event: FactsChanged) -> str:
    """Where impact and urgency give the priority, they are ones that the matrix has."""
    if event.facts.keys().isdisjoint(PRIORITY_FACTS):
        return ""
    changed = Request.from_facts(
        situation.state.id, situation.state.opened, {**situation.state.facts, **event.facts}
    )
    try:
        situation.book.prioritised(changed)
    except UnknownName as unknown:
        return str(unknown)
    return ""


def matrix_or_reason(situation: Situation, event: Prioritised) -> str:
    """Another priority than impact and urgency give is an override, which needs a reason."""
    try:
        level = _level(situation, event)
    except UnknownName:
        return ""
    if level in (None, event.priority) or event.reason.strip():
        return ""
    return f"its impact and urgency give {level}, and no reason for another priority is given"


def _level(situation: Situation, event: Prioritised) -> str | None:
    facts, matrix = situation.state.facts, situation.book.matrix
    impact = facts.get("impact") if event.impact is None else event.impact
    urgency = facts.get("urgency") if event.urgency is None else event.urgency
    if impact is None or urgency is None or not matrix.cells:
        return None
    return matrix.level(str(impact), str(urgency))


def known_policy(situation: Situation, event: PolicyApplied) -> str:
    """The policy is one of the version named, or else of the one in force at the opening (P2)."""
    book = situation.book
    version = event.version or book.version_at(situation.state.opened).name
    try:
        book.policies_named(event.policy, version)
    except UnknownName as unknown:
        return f"it is unknown: {unknown}"
    return ""


def known_override(situation: Situation, event: OverrideStarted) -> str:
    """The policy that governs has targets for it."""
    policy = _governing(situation)
    if policy is None:
        return "no policy governs it"
    known = ", ".join(map(repr, policy.overrides)) or "no override at all"
    if event.override in policy.overrides:
        return ""
    return f"the policy {policy.name} has targets for {known}"


def _governing(situation: Situation) -> Policy | None:
    """The policy at the end of this instant, if it ended here."""
    state = situation.state
    if state.unsettled:
        state = state.copy()
        settle(state, situation.book)
    return state.policy


def approval_demanded(situation: Situation, _: ApprovalRequested | None) -> str:
    """As little formality as possible: an approval only where the offering demands it (R8)."""
    demanded = situation.book.catalogue.approval(situation.request)
    return "" if demanded else "its offering demands no approval"
