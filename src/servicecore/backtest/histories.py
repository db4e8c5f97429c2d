"""Histories without what followed from the policy book they were lived under (P1)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import attrs

from servicecore.lifecycle.events import (
    Event,
    FactsChanged,
    Opened,
    PolicyApplied,
    Prioritised,
    StepRecorded,
    in_order,
)
from servicecore.requests import Fact
from servicecore.sla.book import PolicyBook

RULE = "rule"
"""The source of what the book itself decided; plugins, persons and logs stay."""

RANKING = ("impact", "urgency")
DERIVED = (PolicyApplied, Prioritised, StepRecorded)


def without_derived(history: Iterable[Event]) -> tuple[Event, ...]:
    """The history without what its policy book made of it (P1), so that another one can.

    A policy that the rule applied, a step of an escalation, and what such a step caused are left
    out. A priority that the rule gave leaves its impact and urgency behind, and no priority, as the
    matrix is to give it anew; where neither is known no matrix has given it, and it stays. What a
    plugin, a person or a log decided stays too. The events may come in any order, and leave in
    that of a history (T3).

    >>> given = {"impact": "high", "urgency": "high"}
    >>> opened = Opened(request="R1", occurred_at=0, facts=given)
    >>> by_rule = Prioritised(request="R1", occurred_at=0, priority="p1", source="rule")
    >>> by_hand = Prioritised(request="R1", occurred_at=9, priority="p2", source="person")
    >>> [type(event).__name__ for event in without_derived([opened, by_rule, by_hand])]
    ['Opened', 'FactsChanged', 'Prioritised']
    """
    events = in_order(history)
    if not any(isinstance(event, DERIVED) for event in events):
        return events
    return tuple(_kept(events))


def _from_steps(events: tuple[Event, ...]) -> set[str]:
    """The ids of the steps and of all that they caused, which may have happened before they did."""
    known: set[str] = set()
    found = {event.id for event in events if isinstance(event, StepRecorded) and event.id}
    while found:
        known |= found
        found = {event.id for event in events if event.id and event.cause in known} - known
    return known


def _kept(events: tuple[Event, ...]) -> Iterator[Event]:
    steps, ranking = _from_steps(events), dict[str, Fact]()
    for event in events:
        if isinstance(event, StepRecorded) or event.cause in steps:
            continue
        _rank(ranking, event)
        if isinstance(event, Prioritised) and event.source == RULE and len(ranking) == len(RANKING):
            yield _asked_anew(event, ranking)
        elif not isinstance(event, PolicyApplied) or event.source != RULE:
            yield event


def _rank(ranking: dict[str, Fact], event: Event) -> None:
    """Keep impact and urgency as they are known behind an event."""
    facts: Mapping[str, Fact] = {}
    if isinstance(event, Opened | FactsChanged):
        facts = event.facts
    elif isinstance(event, Prioritised):
        facts = {"impact": event.impact, "urgency": event.urgency}
    ranking.update({name: facts[name] for name in RANKING if facts.get(name) is not None})


def _asked_anew(event: Prioritised, ranking: Mapping[str, Fact]) -> FactsChanged:
    return FactsChanged(
        request=event.request,
        occurred_at=event.occurred,
        recorded_at=event.recorded,
        sequence=event.sequence,
        id=event.id,
        actor=event.actor,
        cause=event.cause,
        facts={**ranking, "priority": None},
    )


def fitted(history: Iterable[Event], book: PolicyBook) -> tuple[Event, ...]:
    """The history for a book: a policy applied by hand is of the version in force if its own is not
    there.
    """
    versions = {version.name for version in book.versions}
    return tuple(
        attrs.evolve(event, version="")
        if isinstance(event, PolicyApplied) and event.version not in versions
        else event
        for event in history
    )
