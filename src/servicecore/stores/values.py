"""What goes into a store and comes out of it; instants in microseconds throughout."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Literal

from attrs import field, frozen

from servicecore.errors import InvalidValue
from servicecore.lifecycle.events import Event
from servicecore.notices import Notice, NoticeRecord, NoticeState

MAIN = "main"
"""The shard of whoever has but one."""

Wanted = str | None | Collection[str | None]
"""One value to look for, or several of which any will do; None looks for what has none."""


class Anything:
    """Stands for whatever value."""

    def __repr__(self) -> str:
        return "ANY"


ANY = Anything()


@frozen(kw_only=True)
class Summary:
    """What `find` reads of a request: nothing that time alone changes (B7).

    `is_open` says that it is neither resolved nor over in any other way.
    """

    status: str
    is_open: bool
    opened: int
    kind: str
    priority: str | None = None
    service: str | None = None
    group: str | None = None
    person: str | None = None
    customer: str | None = None


@frozen(kw_only=True)
class Head:
    """The one row of a request: its version, when it is to be looked at next, and its summary.

    `wake` is the earliest step that is due and not on record, or else when something changes by
    itself (B7); None if nothing ever does. `parked` says why its timer is left alone, if it is.
    """

    shard: str
    request: str
    version: int
    wake: int | None
    summary: Summary
    parked: str | None = None


@frozen(kw_only=True)
class Stream:
    """The events of a request in the order in which they were written; version 0 is no request."""

    request: str
    version: int = 0
    events: tuple[Event, ...] = ()


@frozen(kw_only=True)
class Write:
    """Events to be appended to one request, and what is put beside them.

    `expected` is the version that the request was read at, 0 for a new one. The version behind it
    is that plus the number of events.
    """

    request: str
    expected: int
    events: tuple[Event, ...]
    summary: Summary
    wake: int | None
    notices: tuple[Notice, ...] = ()


@frozen(kw_only=True)
class CommandKey:
    """What a command is known by when it is sent again: its id, and a hash of its content (B5)."""

    id: str
    digest: str


@frozen(kw_only=True)
class Answer:
    """What was written for a command, by request: the versions before and behind its events.

    `repeated` says that it was written before, for the same command.
    """

    command: str
    digest: str
    versions: Mapping[str, tuple[int, int]] = field(factory=dict, hash=False)
    repeated: bool = field(default=False, eq=False)


@frozen(kw_only=True)
class Entry:
    """One event in the feed of a shard.

    Positions rise and may have gaps. `number` is that of the event in its request, from 1 on.
    """

    shard: str
    position: int
    request: str
    number: int
    event: Event


ClaimKind = Literal["timer", "notice", "reader"]


@frozen(kw_only=True)
class Claim:
    """Something that one worker may do until its lease ends, and nobody else.

    `key` is the request of a timer, the id of a notice, or the name of a reader of the feed. With
    `upto` a reader reads no further than that position. `attempt` counts the claims since something
    last went well, this one included. `record` is the notice that was claimed.
    """

    kind: ClaimKind
    shard: str
    key: str
    token: str
    attempt: int
    until: int
    upto: int | None = None
    record: NoticeRecord | None = field(default=None, eq=False)

    def __str__(self) -> str:
        return f"the {self.kind} {self.key!r}"


@frozen(kw_only=True)
class Settlement:
    """What comes of a claim.

    `wake` is when it is to be claimed again, None when nothing more is to be done. `counted` says
    whether the attempt counts as a failed one. `what` and `reason` go on record with a notice, and
    `state` is what has become of it.
    """

    wake: int | None = None
    counted: bool = False
    what: str = ""
    reason: str = ""
    state: NoticeState = NoticeState.WAITING


@frozen(kw_only=True)
class Parked:
    """Something that failed too often and is left alone until it is requeued.

    `position` is that of the entry which a reader of the feed left out.
    """

    kind: ClaimKind
    shard: str
    key: str
    reason: str
    since: int
    position: int | None = None


@frozen(kw_only=True)
class Workload:
    """How many open requests everybody has: by group, and in it by person (None is nobody).

    >>> Workload(open={"network": {"ann": 3, None: 2}}).of("network")
    5
    """

    open: Mapping[str | None, Mapping[str | None, int]] = field(factory=dict, hash=False)

    def of(self, group: str | None, person: str | Anything | None = ANY) -> int:
        """How many open requests a group has, or a person in it."""
        people = self.open.get(group, {})
        return sum(people.values()) if isinstance(person, Anything) else people.get(person, 0)


@frozen(kw_only=True)
class Query:
    """Which requests to find; what is not said may be anything.

    Each of the first ones is a value, several of which any will do, or None for what has none.
    `opened_from` and `wakes_from` belong to the range, `opened_before` and `wakes_before` do not.
    In the `order` of opening or of what is due next, which leaves out what nothing is due for.
    `after` is the `Page.next` of the page before.
    """

    status: Wanted | Anything = ANY
    kind: Wanted | Anything = ANY
    priority: Wanted | Anything = ANY
    service: Wanted | Anything = ANY
    group: Wanted | Anything = ANY
    person: Wanted | Anything = ANY
    customer: Wanted | Anything = ANY
    is_open: bool | None = None
    opened_from: int | None = None
    opened_before: int | None = None
    wakes_from: int | None = None
    wakes_before: int | None = None
    order: Literal["opened", "wake"] = "opened"
    after: str = ""
    limit: int = 50

    def __attrs_post_init__(self) -> None:
        if self.order not in ("opened", "wake"):
            raise InvalidValue(f"order is {self.order!r}: expected 'opened' or 'wake'")
        _check_limit(self.limit, MOST_ON_A_PAGE)


def _check_limit(limit: int, most: int) -> None:
    if type(limit) is not int or not 1 <= limit <= most:
        raise InvalidValue(f"limit is {limit!r}: expected 1 to {most}")


MOST_ON_A_PAGE = 1000
MOST_NOTICES = 1_000_000
FILTERED = ("status", "kind", "priority", "service", "group", "person", "customer")
"""The parts of a summary that a query may ask for by value."""


@frozen(kw_only=True)
class Page:
    """Some of what was found, and where the next page begins; empty where this is the last."""

    heads: tuple[Head, ...] = ()
    next: str = ""


@frozen(kw_only=True)
class NoticeQuery:
    """Which notices to read, the oldest first; what is not said may be anything."""

    request: str | None = None
    ids: tuple[str, ...] | None = None
    states: tuple[NoticeState, ...] | None = None
    bundle: str | None = None
    limit: int = MOST_ON_A_PAGE

    def __attrs_post_init__(self) -> None:
        _check_limit(self.limit, MOST_NOTICES)
