"""Requests: what a customer needs. Their priorities are here by name as well."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from types import NoneType
from typing import Any, Self

import attrs
from attrs import field, frozen

from servicecore.errors import InvalidValue
from servicecore.instants import DateTime, as_instant, to_datetime
from servicecore.priorities import (
    ANY_PRIORITY,
    DEFAULT_MATRIX,
    Impact,
    Priority,
    PriorityMatrix,
    Urgency,
)

__all__ = [
    "ANY_PRIORITY",
    "DEFAULT_MATRIX",
    "FACT_NAMES",
    "Channel",
    "Fact",
    "Impact",
    "Kind",
    "Priority",
    "PriorityMatrix",
    "Request",
    "Urgency",
]

Fact = str | int | float | bool | None | frozenset[str]
"""What can be known of a request: text, a number, a truth, nothing, or a set of words (tags)."""

_PLAIN = frozenset({str, int, float, bool, NoneType})
"""The classes of facts that are right at first sight; facts come by the hundred thousand."""


def checked_facts(facts: Mapping[str, Fact]) -> dict[str, Fact]:
    """A copy of a table of facts; `InvalidValue` where one is none, by its name."""
    if facts.__class__ is not dict and not isinstance(facts, Mapping):
        raise InvalidValue(f"facts is {facts!r}: expected a table of facts")
    for name, fact in facts.items():
        if fact.__class__ not in _PLAIN or name.__class__ is not str:
            _check_fact(name, fact)
    return dict(facts)


def _check_fact(name: object, fact: object) -> None:
    if not isinstance(name, str):
        raise InvalidValue(f"facts: {name!r} is no name of a fact: expected text")
    words = isinstance(fact, frozenset) and all(isinstance(word, str) for word in fact)
    if not words and not isinstance(fact, str | int | float | None):
        expected = "text, a number, true, false, None, or a frozen set of words"
        raise InvalidValue(f"facts: {name} is {fact!r}: expected {expected}")


class Kind(StrEnum):
    """What kind of need a request is."""

    INCIDENT = "incident"
    SERVICE_REQUEST = "service request"
    QUESTION = "question"
    COMPLAINT = "complaint"
    COMPLIMENT = "compliment"
    FEEDBACK = "feedback"
    CONTRACT_MATTER = "contract matter"
    CHANGE = "change"


class Channel(StrEnum):
    """How a request came in, by the usual names; a host's own are text like these."""

    PHONE = "phone"
    EMAIL = "email"
    CHAT = "chat"
    PORTAL = "portal"
    WALK_UP = "walk-up"
    MONITORING = "monitoring"


def _opened(moment: datetime | int) -> int:
    return as_instant(moment, "opened_at")


def _words(words: Iterable[str]) -> frozenset[str]:
    try:
        return frozenset(None if isinstance(words, str) else words)  # type: ignore[arg-type]  # None is refused below, as text is
    except TypeError:
        raise InvalidValue(f"tags is {words!r}: expected a set of words") from None


def _own_facts(facts: Mapping[str, Fact]) -> dict[str, Fact]:
    if facts.__class__ is not dict and not isinstance(facts, Mapping):  # which takes its time
        raise InvalidValue(f"fields is {facts!r}: expected a table of facts")
    return dict(facts)  # a copy, which the caller cannot change


@frozen(kw_only=True, slots=False)  # made for every request, which a dictionary does quicker
class Request:
    """One customer's need, as far as it is known at an instant.

    `customer` is who it is for, `requester` who wrote it. The channel is how it came in; it never
    changes what is owed unless a policy says so. `fields` are the host's own facts.

    >>> from datetime import UTC, datetime
    >>> request = Request(id="R1", opened_at=datetime(2026, 3, 6, 16, tzinfo=UTC), customer="acme")
    >>> request.with_facts({"priority": "high", "region": "north"}).fact("region")
    'north'
    """

    id: str
    opened: int = field(alias="opened_at", converter=_opened)
    kind: str = Kind.INCIDENT
    channel: str | None = None
    customer: str | None = None
    requester: str | None = None
    service: str | None = None
    offering: str | None = None
    impact: str | None = None
    urgency: str | None = None
    priority: str | None = None
    group: str | None = None
    person: str | None = None
    tags: frozenset[str] = field(default=frozenset(), converter=_words)
    fields: Mapping[str, Fact] = field(factory=dict, converter=_own_facts, hash=False)

    @property
    def opened_at(self) -> DateTime:
        """When it was opened, in UTC."""
        return to_datetime(self.opened)

    def fact(self, name: str) -> Fact:
        """The fact of that name: one of the request's own or of its `fields`; None if unknown."""
        return getattr(self, name) if name in FACT_NAMES else self.fields.get(name)

    @classmethod
    def from_facts(cls, id: str, opened_at: datetime | int, facts: Mapping[str, Fact]) -> Self:
        """The request with these facts; names that are not its own are its `fields`."""
        own: dict[str, Any] = {}
        fields: dict[str, Fact] = {}
        for name, fact in facts.items():
            (own if name in FACT_NAMES else fields)[name] = fact
        return cls(id=id, opened_at=opened_at, fields=fields, **own)

    def with_facts(self, facts: Mapping[str, Fact]) -> Self:
        """The request with these facts changed; names that are not its own go to `fields`."""
        own: dict[str, Any] = {name: fact for name, fact in facts.items() if name in FACT_NAMES}
        other = {name: fact for name, fact in facts.items() if name not in FACT_NAMES}
        return attrs.evolve(self, **own, fields={**self.fields, **other} if other else self.fields)


FACT_NAMES = frozenset(attrs.fields_dict(Request)) - {"id", "opened", "fields"}
