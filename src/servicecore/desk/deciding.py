"""Decisions of plugins: asked before the write, validated, and written down as events (B1, B3).

Plugins decide, replay never asks: what a plugin decided is an event like any other, so a history
replays to the same situation with no plugin installed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeVar

import attrs
from attrs import frozen

from servicecore.errors import InvalidValue, PluginError
from servicecore.hookspecs import Assignment, PolicyChoice, PriorityChoice
from servicecore.instants import to_datetime
from servicecore.lifecycle.events import (
    Actor,
    Assigned,
    Event,
    FactsChanged,
    Opened,
    PolicyApplied,
    Prioritised,
    Reopened,
    SplitFrom,
)
from servicecore.lifecycle.guards import reasons_against
from servicecore.lifecycle.replay import replay
from servicecore.lifecycle.situation import Situation
from servicecore.lifecycle.writing import Pen
from servicecore.plugins import Plugins
from servicecore.sla.book import PolicyBook
from servicecore.stores import Workload
from servicecore.stores.coding import encode_event
from servicecore.stores.limits import check_name

ASSIGN = "servicecore_assign"

Answer = TypeVar("Answer")


@frozen
class Asking:
    """Who is asked, when, and what they may need to know; `load` reads it if somebody asks."""

    plugins: Plugins
    book: PolicyBook
    at: int
    load: Callable[[], Workload]


class Decision(NamedTuple):
    """What a plugin has decided: the event to be written, what it says, and what led to it."""

    plugin: str
    hook: str
    kind: type[Event]
    said: Mapping[str, object]
    cause: Event


def decided(
    history: Sequence[Event], events: Sequence[Event], pen: Pen, number: int, asking: Asking
) -> tuple[Event, ...]:
    """The events that plugins add to those that a command gives, numbered from `number` on.

    Each is asked about the situation behind what those before decided. Raises `PluginError`.
    """
    added: list[Event] = []
    for hook, decide in _DECISIONS.items():
        if not asking.plugins.implementing(hook):
            continue
        situation = replay((*history, *events, *added), asking.book, at=pen.occurred)
        decision = decide(situation, (*events, *added), asking)
        if decision is not None:
            added.append(written(situation, decision, pen, number + len(added)))
    return tuple(added)


def written(situation: Situation, decision: Decision, pen: Pen, number: int) -> Event:
    """The event of a decision, by the plugin's name; `PluginError` where it may not be written."""
    theirs = attrs.evolve(
        pen, actor=Actor(decision.plugin), sequence=situation.history.last.sequence
    )
    try:
        event = theirs.write(decision.kind, decision.said, number, cause=decision.cause.id)
        _check_storable(event)
    except InvalidValue as problem:
        raise PluginError(decision.plugin, decision.hook, str(problem)) from None
    if reasons := reasons_against(situation, event):
        raise PluginError(decision.plugin, decision.hook, "; ".join(reasons))
    return event


def _check_storable(event: Event) -> None:
    """Refuse what no store keeps (`InvalidValue`)."""
    encode_event(event)
    if isinstance(event, Assigned):
        for name in filter(None, (event.group, event.person)):
            check_name(name, "name of who is given the request")


def _prioritise(situation: Situation, events: Sequence[Event], asking: Asking) -> Decision | None:
    """Asked about new facts, unless somebody has given the priority."""
    hook, cause = "servicecore_prioritise", _last(events, Opened, FactsChanged)
    given = [event for event in situation.history if isinstance(event, Prioritised)]
    if cause is None or _says_priority(situation) or any(e.source != "plugin" for e in given):
        return None
    at = to_datetime(asking.at)
    found = _first(asking.plugins, hook, PriorityChoice, request=situation.request, at=at)
    if found is None:
        return None
    plugin, choice = found
    if given and given[-1].priority == choice.priority:
        return None
    said = {"priority": choice.priority, "reason": choice.reason, "source": "plugin"}
    return Decision(plugin, hook, Prioritised, said, cause)


def _says_priority(situation: Situation) -> bool:
    """Whether the facts said a priority themselves."""
    told = (each for each in situation.history if isinstance(each, Opened | FactsChanged))
    return any(event.facts.get("priority") is not None for event in told)


def _select_policy(
    situation: Situation, events: Sequence[Event], asking: Asking
) -> Decision | None:
    """Asked about new facts, unless somebody has applied a policy."""
    hook = "servicecore_select_policy"
    cause = _last(events, Opened, FactsChanged, Prioritised)
    pinned = situation.state.pinned
    if cause is None or (pinned is not None and pinned.source != "plugin"):
        return None
    given = {"request": situation.request, "book": asking.book, "at": to_datetime(asking.at)}
    found = _first(asking.plugins, hook, PolicyChoice, **given)
    if found is None:
        return None
    plugin, choice = found
    chosen = (choice.policy, choice.version)
    if pinned is not None and chosen == (pinned.policy, pinned.version):
        return None
    said = {"policy": choice.policy, "version": choice.version, "source": "plugin"}
    return Decision(plugin, hook, PolicyApplied, {**said, "reason": choice.reason}, cause)


def _assign(situation: Situation, events: Sequence[Event], asking: Asking) -> Decision | None:
    """Asked about a request that no person has, when it is opened, reopened, or changes hands."""
    cause = next((event for event in reversed(events) if asks_for_person(event)), None)
    return None if cause is None else assignment(situation, cause, asking)


def asks_for_person(event: Event) -> bool:
    """Whether plugins are asked behind an event whom to give the request to."""
    if isinstance(event, Assigned):
        return event.group is not None and event.person is None
    return isinstance(event, Opened | Reopened | SplitFrom)


def assignment(situation: Situation, cause: Event, asking: Asking) -> Decision | None:
    """What plugins say about whom to give a request to; None if it stays as it is."""
    owner = situation.ownership
    if owner.person is not None or situation.contact.silent is None:
        return None
    given = {"situation": situation, "at": to_datetime(asking.at)}
    if asking.plugins.takes(ASSIGN, "load"):
        given["load"] = asking.load()  # which counts all that is open
    found = _first(asking.plugins, ASSIGN, Assignment, **given)
    if found is None:
        return None
    plugin, answer = found
    if not (answer.group or answer.person) or "" in (answer.group, answer.person):
        raise PluginError(plugin, ASSIGN, f"it answers {answer}: expected a group or a person")
    group = owner.group if answer.group is None else answer.group
    if (group, answer.person) == (owner.group, owner.person):
        return None
    said = {"group": group, "person": answer.person}
    return Decision(plugin, ASSIGN, Assigned, said, cause)


_DECISIONS: Mapping[str, Callable[[Situation, Sequence[Event], Asking], Decision | None]] = {
    "servicecore_prioritise": _prioritise,
    "servicecore_select_policy": _select_policy,
    ASSIGN: _assign,
}
"""What is decided, in this order, since each may depend on the ones before."""


def objections(situation: Situation, events: Sequence[Event], asking: Asking) -> tuple[str, ...]:
    """Why plugins would not have the events written, each with the name of the plugin (B1)."""
    hook = "servicecore_object_to"
    given = {"situation": situation, "events": tuple(events), "at": to_datetime(asking.at)}
    return tuple(
        f"{plugin} objects: {reason}"
        for plugin, answer in asking.plugins.answers(hook, **given)
        for reason in _reasons(plugin, hook, answer)
    )


def _reasons(plugin: str, hook: str, answer: object) -> Iterator[str]:
    reasons = [answer] if isinstance(answer, str) else answer
    if not isinstance(reasons, Sequence) or not all(
        isinstance(each, str) and each.strip() for each in reasons
    ):
        problem = f"it answers {answer!r}: expected a reason, several of them, or None"
        raise PluginError(plugin, hook, problem)
    yield from reasons


def _first(
    plugins: Plugins, hook: str, kind: type[Answer], **given: object
) -> tuple[str, Answer] | None:
    """The first answer that is not None, and whose; `PluginError` if it is of another kind."""
    for plugin, answer in plugins.answers(hook, **given):
        return plugin, of_kind(plugin, hook, kind, answer)
    return None


def of_kind(plugin: str, hook: str, kind: type[Answer], answer: object) -> Answer:
    """The answer, which has to be of that kind and hold what its fields say (`PluginError`)."""
    if not isinstance(answer, kind):
        problem = f"it answers {answer!r}: expected {kind.__name__}(…) or None"
        raise PluginError(plugin, hook, problem)
    return answer


def _last(events: Sequence[Event], *kinds: type[Event]) -> Event | None:
    return next((event for event in reversed(events) if isinstance(event, kinds)), None)
