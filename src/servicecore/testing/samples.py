"""Samples: requests, notices and commands as the suites write them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from servicecore.lifecycle.events import Event, Opened, Restored
from servicecore.notices import Contact, Notice, Text
from servicecore.stores import CommandKey, Store, Summary, Tx, Write

SHARD = "main"
NOTHING: Mapping[str, object] = MappingProxyType({})
CONTACT = Contact(channel="mail", address="ann@example.org", language="ar")
TEXT = Text(subject="It works again", plain="All is well.", html="<p>All is well.</p>")


def summary(**facts: object) -> Summary:
    """What is found of a request that is new, but for what is said."""
    usual = {"status": "new", "is_open": True, "opened": 0, "kind": "incident"}
    return Summary(**{**usual, **facts})  # type: ignore[arg-type]  # names of its own fields


def event(request: str, number: int, *, at: int = 0) -> Event:
    """The event of that number of a request: opened by the first, and then restored."""
    id = f"{request}/{number}"
    if number == 1:
        return Opened(request=request, occurred_at=at, id=id, facts={"customer": "acme"})
    return Restored(request=request, occurred_at=at, id=id)


def notice(request: str, number: int, *, at: int = 0, recipient: str = "customer: acme") -> Notice:
    """The notice about the event of that number of a request."""
    cause = f"{request}/{number}"
    return Notice(
        id=f"{cause}: {recipient}",
        request=request,
        template="restored",
        recipient=recipient,
        facts={"number": number},
        made_at=at,
        cause=cause,
    )


def write(
    request: str,
    expected: int = 0,
    *,
    events: int = 1,
    at: int = 0,
    wake: int | None = None,
    told: bool = False,
    said: Mapping[str, object] = NOTHING,
    **facts: object,
) -> Write:
    """Events that are appended to a request, with a notice about each where it is `told`.

    Its summary holds what is `said`, by name or in one table.
    """
    numbers = range(expected + 1, expected + events + 1)
    return Write(
        request=request,
        expected=expected,
        events=tuple(event(request, number, at=at) for number in numbers),
        summary=summary(**said, **facts),
        wake=wake,
        notices=tuple(notice(request, number, at=at) for number in numbers if told),
    )


def command(id: str, content: str = "as it was") -> CommandKey:
    """The key of a command with that content."""
    return CommandKey(id=id, digest=content)


def append(
    store: Store, *writes: Write, shard: str = SHARD, command: CommandKey | None = None
) -> None:
    """Append in a transaction of its own."""
    with store.transaction(write=True) as tx:
        tx.append(shard, writes, command)


def ids(events: Sequence[Event]) -> list[str]:
    """The ids of events, which is all that tells the samples apart."""
    return [each.id for each in events]


def read_all(tx: Tx, shard: str = SHARD, *, limit: int = 100) -> list[tuple[str, int]]:
    """The request and the number of every entry of a feed, in order."""
    found: list[tuple[str, int]] = []
    position = 0
    while entries := tx.feed(shard, position, limit=limit):
        found += [(entry.request, entry.number) for entry in entries]
        if entries[-1].position <= position:
            raise AssertionError(f"the feed behind {position} gives {entries[-1].position} again")
        position = entries[-1].position
    return found
