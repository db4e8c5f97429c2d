"""Auditing histories: what `decide` would have refused, though replay takes it as fact (R1)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from attrs import field, frozen

from servicecore.errors import InvalidValue, ServiceCoreError
from servicecore.lifecycle.events import Event, Opened, in_order
from servicecore.lifecycle.evolve import take
from servicecore.lifecycle.guards import makes, objections
from servicecore.lifecycle.machine import falls_due
from servicecore.lifecycle.passing import advance, close
from servicecore.lifecycle.refusal import Objection, Refusal
from servicecore.lifecycle.situation import Situation
from servicecore.lifecycle.state import begun
from servicecore.sla.book import PolicyBook

MOST_REQUESTS = 3


def refusals_in(history: Sequence[Event], book: PolicyBook) -> tuple[Refusal, ...]:
    """The events of a history in order that `decide` would have refused, each with its reasons.

    Every event is looked at on the situation right before it, the earlier ones of its own instant
    included, and is taken as fact whatever is said against it. What time may have done by itself,
    such as closing, is not held against a history. Events that were written down late may make
    later ones look refused that were not: a history does not tell what was known when.
    """
    return tuple(_refusals(history, book))


def _refusals(history: Sequence[Event], book: PolicyBook) -> Iterator[Refusal]:
    if not history or not isinstance(first := history[0], Opened):
        found = f"begins with {type(history[0]).__name__}" if history else "is empty"
        raise InvalidValue(f"the history {found}: expected Opened first")
    state = begun(first, book)
    take(state, first, book)
    for event in history[1:]:
        if event.occurred > state.instant:
            advance(state, event.occurred, book)
            before = Situation(state, event.occurred, book)
        else:
            now = state.copy()  # in which the instant is over, as decisions find it
            close(now, book)
            before = Situation(now, event.occurred, book)
        if against := _against(before, event):
            yield Refusal(event, against)
        take(state, event, book)


def _against(situation: Situation, event: Event) -> tuple[Objection, ...]:
    found = objections(situation, event)
    return () if found and _made_by_time(situation, event) else found


def _made_by_time(situation: Situation, event: Event) -> bool:
    """Whether a timed transition that had fallen due may have written it."""
    for way in situation.book.lifecycle.ways(situation.status):
        if way.timed and makes(way, event):
            due = falls_due(way, situation.state.status)
            if due is not None and due <= event.occurred:
                return not objections(situation, event, transition=way)
    return False


@frozen
class Refused:
    """How often something would have been refused for one reason, and in which requests."""

    key: str
    events: int
    requests: tuple[str, ...]
    example: Refusal

    def __str__(self) -> str:
        shown = ", ".join(self.requests[:MOST_REQUESTS])
        more = len(self.requests) - MOST_REQUESTS
        others = f" and {more:,} more" if more > 0 else ""
        return f"{self.events:7,} × {self.key} ({shown}{others})"


@frozen
class AuditReport:
    """What an audit of many histories found: refusals by reason, the most frequent first.

    `events` are all that were looked at, the openings left out; `refused_events` those with
    something against them, which may be under several reasons. `failed` are the histories that
    could not be replayed at all, with the reason.
    """

    requests: int
    events: int
    refused_events: int
    refused: tuple[Refused, ...]
    failed: Mapping[str, str] = field(factory=dict, hash=False)

    def __getitem__(self, key: str) -> Refused:
        """What was refused for a reason; `KeyError` where nothing was."""
        for each in self.refused:
            if each.key == key:
                return each
        raise KeyError(key)

    def __str__(self) -> str:
        share = f"{self.refused_events:,} of {self.events:,} events"
        head = f"{share} in {self.requests:,} requests would have been refused"
        failed = [f"{len(self.failed):7,} × not replayed"] if self.failed else []
        return "\n".join([head, *map(str, self.refused), *failed])


def audited(histories: Mapping[str, Iterable[Event]], book: PolicyBook) -> AuditReport:
    """What `decide` would have refused in histories by request, by reason.

    A history that cannot be replayed is listed and stops nobody else.

    >>> from servicecore.lifecycle.events import Closed
    >>> opened = Opened(request="R1", occurred_at=0)
    >>> closed = Closed(request="R1", occurred_at=60)
    >>> print(audited({"R1": [opened, closed]}, PolicyBook.of()))
    1 of 1 events in 1 requests would have been refused
          1 × closed when new (R1)
    """
    found: dict[str, list[tuple[str, Refusal]]] = {}
    failed: dict[str, str] = {}
    events = refused = 0
    for name, history in histories.items():
        try:
            ordered = in_order(history)
            refusals = refusals_in(ordered, book)
        except ServiceCoreError as problem:
            failed[name] = str(problem)
            continue
        events, refused = events + len(ordered) - 1, refused + len(refusals)
        for refusal in refusals:
            for key in dict.fromkeys(refusal.keys):
                found.setdefault(key, []).append((name, refusal))
    return AuditReport(len(histories), events, refused, _by_frequency(found), failed)


def _by_frequency(found: Mapping[str, list[tuple[str, Refusal]]]) -> tuple[Refused, ...]:
    counted = Counter({key: len(each) for key, each in found.items()})
    return tuple(
        Refused(key, events, tuple(dict.fromkeys(name for name, _ in found[key])), found[key][0][1])
        for key, events in counted.most_common()
    )
