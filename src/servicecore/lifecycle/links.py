"""What a request has to do with others: merges, splits and links, out of its history."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import chain
from types import MappingProxyType

from attrs import frozen

from servicecore.instants import DateTime, to_datetime
from servicecore.lifecycle.events import (
    Absorbed,
    Event,
    Linked,
    MergedInto,
    SplitFrom,
    Unlinked,
)

PARENT, CHILD = "parent", "child"
MERGED_INTO, ABSORBED, SPLIT_FROM = "merged into", "absorbed", "split from"

_USUAL = ((PARENT, CHILD), ("duplicate of", "duplicated by"), ("caused by", "cause of"))
_PAIRS = (*_USUAL, (MERGED_INTO, ABSORBED))

LINKS = (*chain.from_iterable(_USUAL), "related")
"""The kinds of links by their usual names. Merges and splits are events of their own."""

INVERSE: Mapping[str, str] = MappingProxyType({
    "related": "related",
    SPLIT_FROM: CHILD,
    **dict(_PAIRS),
    **{there: here for here, there in _PAIRS},
})  # fmt: skip
"""What a link is called on the other request; a host's own word is the same on both."""


def inverse(kind: str) -> str:
    """What a link of that kind is called on the other request.

    >>> inverse("caused by"), inverse("our own word")
    ('cause of', 'our own word')
    """
    return INVERSE.get(kind, kind)


@frozen
class Link:
    """Another request that this one has to do with: how, and since when in microseconds.

    ``Link("caused by", "P7", …)`` says that P7, a problem, is the cause of this request.
    """

    kind: str
    other: str
    since: int

    @property
    def since_at(self) -> DateTime:
        """Since when, in UTC."""
        return to_datetime(self.since)


def links_of(history: Iterable[Event]) -> tuple[Link, ...]:
    """The links that hold behind a history, in the order in which they were made.

    A link that is said twice is one; merges and splits cannot be taken back.

    >>> links_of([Linked(request="R1", occurred_at=0, kind="caused by", other="P7")])
    (Link(kind='caused by', other='P7', since=0),)
    """
    links: dict[tuple[str, str], Link] = {}
    for event in history:
        if isinstance(event, Unlinked):
            links.pop((event.kind, event.other), None)
        elif (said := _said(event)) is not None:
            links.setdefault(said, Link(*said, event.occurred))
    return tuple(links.values())


def _said(event: Event) -> tuple[str, str] | None:
    match event:
        case Linked():
            return event.kind, event.other
        case MergedInto():
            return MERGED_INTO, event.target
        case Absorbed():
            return ABSORBED, event.source
        case SplitFrom():
            return SPLIT_FROM, event.parent
    return None
