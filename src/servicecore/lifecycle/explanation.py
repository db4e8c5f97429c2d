"""A situation in words: where the request stands, why, and what every clock shows.

Everything said here stands in the situation's data; this module only chooses the words.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from servicecore.lifecycle.events import OverrideStarted, PolicyApplied
from servicecore.lifecycle.events.promises import CHECKPOINT, DELIVERY
from servicecore.lifecycle.outlook import Words, steps_explained, upcoming_explained
from servicecore.lifecycle.ownership import Ownership
from servicecore.lifecycle.promises import Promise, PromiseState, Renegotiation
from servicecore.lifecycle.situation import Situation
from servicecore.lifecycle.state import Denial, RequestState
from servicecore.lifecycle.steps import CUSTODIAN, NOBODY, SILENT, TOLD
from servicecore.messages import ENGLISH, Messages
from servicecore.sla.selection import outcome_in_words

WORDS: Mapping[str, tuple[str, ...]] = MappingProxyType({
    "source": ("rule", "plugin", "person", "log"),
    "promise": (DELIVERY, CHECKPOINT),
    "promise state": tuple(PromiseState),
    "outcome": (TOLD, SILENT, NOBODY, CUSTODIAN),
})  # fmt: skip
"""Our own words that these explanations meet in data, by what they are the word for."""


def situation_explained(situation: Situation, messages: Messages = ENGLISH) -> str:
    """The explanation of a situation: a heading, then one paragraph for each thing behind it."""
    messages = messages.in_zone(situation.zone)
    words = Words(messages, situation.zone)
    return "\n".join([
        _heading(situation, messages),
        *_policy(situation, messages),
        *_owner(situation.ownership, messages),
        *_pending(situation.state, words),
        *(_override(each, words) for each in situation.state.overrides.values()),
        *_clocks(situation, messages),
        *_promises(situation, words),
        *steps_explained(situation, words),
        *upcoming_explained(situation, words),
    ])  # fmt: skip


def _heading(situation: Situation, messages: Messages) -> str:
    priority = situation.request.priority
    said = messages.text(
        "{request}: {status}, priority {priority}, {policy}",
        request=situation.request.id,
        status=messages.word("status", situation.status),
        priority=messages.word("priority", priority) if priority else messages.text("none"),
        policy=_governing(situation, messages),
    )
    if not situation.before_first:
        return said
    return messages.text("{situation}, opened before its first version", situation=said)


def _governing(situation: Situation, messages: Messages) -> str:
    if situation.policy is None:
        return messages.text("no policy matches")
    if not situation.version:
        return messages.text("policy {policy}", policy=situation.policy)
    return messages.text(
        "policy {policy} of version {version}",
        policy=situation.policy,
        version=situation.version,
    )


def _policy(situation: Situation, messages: Messages) -> Iterator[str]:
    """Which policies did not match and on which condition, and why this one holds."""
    pinned = situation.state.pinned
    if pinned is not None and situation.unknown_policy is None:
        yield "  " + messages.text("applied by {source}", source=_by(pinned, messages))
        return
    if pinned is not None:
        yield "  " + messages.text(
            "the policy {policy}, applied by {source}, is unknown",
            policy=pinned.policy,
            source=_by(pinned, messages),
        )
    selection = situation.book.select_known(situation.request)
    if selection.catalogue.slas:
        yield from (f"  {line}" for line in selection.governance.explain(messages).splitlines())
    for policy, outcomes in selection.tried:
        selected = policy is selection.policy
        decisive = [outcome_in_words(each, messages) for each in outcomes if each.holds == selected]
        if selected and not decisive:
            continue  # it matches every request: nothing to be said
        name, why = policy.name, messages.text("; ").join(decisive)
        if selected:
            yield "  " + messages.text("{policy} matches: {why}", policy=name, why=why)
        else:
            yield "  " + messages.text("{policy} does not match: {why}", policy=name, why=why)


def _by(event: PolicyApplied, messages: Messages) -> str:
    source = messages.word("source", event.source)
    if not event.reason:
        return source
    return messages.text("{source} ({reason})", source=source, reason=event.reason)


def _owner(owner: Ownership, messages: Messages) -> Iterator[str]:
    names = [name for name in (owner.group, owner.person) if name]
    if names:
        yield "  " + messages.text("with {owner}", owner=messages.joined(names))
    if owner.handoffs:
        yield "  " + _handed(owner, messages)


def _handed(owner: Ownership, messages: Messages) -> str:
    handed = messages.plural(
        "handed over {count} time", "handed over {count} times", owner.handoffs
    )
    if not owner.bounces:
        return handed
    back = messages.number(owner.bounces)
    return messages.text("{handed}, {back} of them back", handed=handed, back=back)


def _pending(state: RequestState, words: Words) -> Iterator[str]:
    approval, offer, messages = state.approval, state.offer, words.messages
    if approval is not None:
        yield "  " + messages.text(
            "approval by {approver} is pending since {since}",
            approver=approval.approver,
            since=words.when(approval.occurred),
        )
    if state.denied is not None:
        yield "  " + _denied(state.denied, words)
    if offer is not None:
        yield "  " + messages.text(
            "the customer's decision is awaited since {since}: {options}",
            since=words.when(offer.occurred),
            options=messages.joined(offer.options),
        )


def _denied(denial: Denial, words: Words) -> str:
    since = words.when(denial.decided.occurred)
    if not denial.decided.reason:
        return words.messages.text("its approval was denied {since}", since=since)
    reason = denial.decided.reason
    return words.messages.text(
        "its approval was denied {since}: {reason}", since=since, reason=reason
    )


def _override(event: OverrideStarted, words: Words) -> str:
    messages = words.messages
    said = {
        "name": event.override,
        "since": words.when(event.occurred),
        "reason": event.reason,
        "who": event.actor.party if event.actor else messages.text("nobody named"),
    }
    if event.until is None:
        return "  " + messages.text("override {name} since {since}: {reason} ({who})", **said)
    until = words.when(event.until)
    return "  " + messages.text(
        "override {name} from {since} to {until}: {reason} ({who})", until=until, **said
    )


def _clocks(situation: Situation, messages: Messages) -> Iterator[str]:
    for name, cycles in situation.readings.items():
        clock = messages.word("clock", name)
        for reading in cycles:
            if len(cycles) > 1:
                cycle = messages.number(reading.cycle + 1)
                yield messages.text("{clock}, cycle {cycle}", clock=clock, cycle=cycle)
            else:
                yield clock
            yield from (f"  {line}" for line in reading.explain(messages).splitlines())


def _promises(situation: Situation, words: Words) -> Iterator[str]:
    promises = situation.promises
    if promises:
        yield words.messages.text("promises")
    for promise in promises:
        yield "  " + _promise(promise, situation.instant, words)
        yield from (f"    {_change(change, words)}" for change in promise.renegotiations)


def _promise(promise: Promise, at: int, words: Words) -> str:
    return words.messages.text(
        "{kind} by {due}: {state}",
        kind=words.messages.word("promise", promise.kind),
        due=words.when(promise.due),
        state=words.messages.word("promise state", promise.state(at)),
    )


def _change(change: Renegotiation, words: Words) -> str:
    messages = words.messages
    said = {
        "before": words.when(change.before),
        "due": words.when(change.due),
        "reason": change.reason or messages.text("no reason given"),
    }
    if change.moves:
        return messages.text("moved from {before} to {due}: {reason}", **said)
    return messages.text("not moved from {before} to {due}: {reason}", **said)
