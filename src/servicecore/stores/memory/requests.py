"""Requests in memory: their events, their heads, and the commands that wrote them (B4, B5, B7)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import islice

import attrs

from servicecore.errors import ClaimLost, CommandMismatch, InvalidValue, StoreConflict
from servicecore.stores.coding import encode_event, write_facts
from servicecore.stores.memory.rows import Outgoing, Rows, Timer
from servicecore.stores.outbox import new_record
from servicecore.stores.paging import matches, page_of, read_after
from servicecore.stores.values import (
    Answer,
    Claim,
    CommandKey,
    Head,
    Page,
    Query,
    Stream,
    Summary,
    Workload,
    Write,
)


def answered(rows: Rows, shard: str, command: str) -> Answer | None:
    """What was written for a command."""
    found = rows.commands.get(shard, command)
    return None if found is None else attrs.evolve(found, repeated=True)


def read(rows: Rows, shard: str, request: str, after: int) -> Stream:
    """The events of a request behind a version."""
    version = version_of(rows, shard, request)
    numbers = range(after + 1, version + 1)
    events = (rows.events.get(shard, request, number) for number in numbers)
    return Stream(
        request=request,
        version=version,
        events=tuple(event for event in events if event is not None),
    )


def version_of(rows: Rows, shard: str, request: str) -> int:
    """The version of a request; 0 where there is none."""
    row = rows.timers.get(shard, request)
    return 0 if row is None else row.head.version


def append(
    rows: Rows,
    shard: str,
    writes: Sequence[Write],
    command: CommandKey | None,
    claim: Claim | None,
) -> Answer:
    """Append, or say what was appended before."""
    before = None if command is None else answered(rows, shard, command.id)
    if command is not None and before is not None:
        if before.digest != command.digest:
            raise CommandMismatch(command.id)
        return before
    if claim is not None:
        check_claim(rows, claim)
    for write in writes:
        _check_write(rows, shard, write)
    return _appended(rows, shard, writes, command)


def check_claim(rows: Rows, claim: Claim) -> Timer:
    """The timer that a claim is on; `ClaimLost` where it does not hold any more."""
    row = rows.timers.get(claim.shard, claim.key)
    if row is None:
        raise ClaimLost(str(claim))
    row.lease.check(claim)
    return row


def _check_write(rows: Rows, shard: str, write: Write) -> None:
    actual = version_of(rows, shard, write.request)
    if actual != write.expected:
        raise StoreConflict(write.request, write.expected, actual)
    for event in write.events:
        encode_event(event)  # which refuses what takes too much room
    for notice in write.notices:
        write_facts(notice.facts)
        check_new(rows, shard, notice.id)


def check_new(rows: Rows, shard: str, id: str) -> None:
    """Refuse the id of a notice that is there already (`InvalidValue`)."""
    if rows.outbox.get(shard, id) is not None:
        raise InvalidValue(f"there is a notice {id!r} already: expected another id")


def _appended(
    rows: Rows, shard: str, writes: Sequence[Write], command: CommandKey | None
) -> Answer:
    position = rows.positions.get(shard) or 0
    for write in writes:
        position = _write_events(rows, shard, write, position)
        _write_head(rows, shard, write)
        for notice in write.notices:
            rows.outbox.put(Outgoing(new_record(shard, notice)), shard, notice.id)
    rows.positions.put(position, shard)
    versions = {each.request: (each.expected, each.expected + len(each.events)) for each in writes}
    if command is None:
        return Answer(command="", digest="", versions=versions)
    answer = Answer(command=command.id, digest=command.digest, versions=versions)
    rows.commands.put(answer, shard, command.id)
    return answer


def _write_events(rows: Rows, shard: str, write: Write, position: int) -> int:
    for number, event in enumerate(write.events, write.expected + 1):
        position += 1
        rows.events.put(event, shard, write.request, number)
        rows.entries.put((write.request, number), shard, position)
    return position


def _write_head(rows: Rows, shard: str, write: Write) -> None:
    head = Head(
        shard=shard,
        request=write.request,
        version=write.expected + len(write.events),
        wake=write.wake,
        summary=write.summary,
    )
    rows.timers.put(Timer(head), shard, write.request)


def rearm(
    rows: Rows,
    shard: str,
    request: str,
    version: int,
    wake: int | None,
    *,
    summary: Summary | None,
    claim: Claim | None,
) -> None:
    """Set a timer anew."""
    if claim is not None:
        check_claim(rows, claim)
    row = rows.timers.get(shard, request)
    if row is None or row.head.version != version:
        raise StoreConflict(request, version, 0 if row is None else row.head.version)
    head = attrs.evolve(row.head, summary=summary or row.head.summary)
    set_timer(rows, attrs.evolve(row, head=head), wake)


def set_timer(rows: Rows, row: Timer, wake: int | None, *, attempts: int = 0) -> None:
    """Let a timer be free, and ring at an instant."""
    head = attrs.evolve(row.head, wake=wake, parked=None)
    rows.timers.put(Timer(head, attempts), head.shard, head.request)


def find(rows: Rows, shard: str, query: Query) -> Page:
    """The heads that are asked for."""
    wanted = (head for head in _behind(rows, shard, query) if matches(head, query))
    return page_of(list(islice(wanted, query.limit + 1)), query)


def _behind(rows: Rows, shard: str, query: Query) -> Iterator[Head]:
    found = rows.timers.scan(query.order, shard, behind=read_after(query) or ())
    return (row.head for _, row in found)


def workload(rows: Rows, shard: str) -> Workload:
    """How many open requests everybody has."""
    open_: defaultdict[str | None, Counter[str | None]] = defaultdict(Counter)
    for _, row in rows.timers.scan("opened", shard):
        summary = row.head.summary
        if summary.is_open:
            open_[summary.group][summary.person] += 1
    return Workload(open={group: dict(people) for group, people in open_.items()})
