"""What the methods of a transaction refuse before they look at any row, whatever the store is.

What PostgreSQL could not keep or compare is no key of MemoryStore either: a host that tests with
one and runs with the other meets no surprise. Everything here raises `InvalidValue`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from typing import get_args

from servicecore.errors import InvalidValue
from servicecore.notices import NoticeRecord
from servicecore.stores.coding import write_facts
from servicecore.stores.coding_notices import write_contact, write_text
from servicecore.stores.limits import (
    LATEST,
    check_id,
    check_instant,
    check_name,
    check_summary,
    check_writes,
    is_storable,
)
from servicecore.stores.paging import read_after, wanted_values
from servicecore.stores.values import (
    FILTERED,
    Anything,
    Claim,
    ClaimKind,
    CommandKey,
    NoticeQuery,
    Parked,
    Query,
    Settlement,
    Summary,
    Write,
)

KINDS: tuple[ClaimKind, ...] = get_args(ClaimKind)


def check_shard(shard: str) -> None:
    """Refuse what is no name of a shard."""
    check_name(shard, "name of the shard")


def check_request(shard: str, request: str) -> None:
    """Refuse what names no request."""
    check_shard(shard)
    check_name(request, "id of the request")


def check_number(number: int, what: str, least: int = 0) -> None:
    """Refuse what is no position, version or count."""
    if type(number) is not int or not least <= number <= LATEST:
        raise InvalidValue(f"{what} is {number!r}: expected a whole number, {least} or more")


def check_append(
    shard: str, writes: Sequence[Write], command: CommandKey | None, claim: Claim | None
) -> None:
    """Refuse what cannot be appended."""
    check_writes(shard, writes)
    for write in writes:
        check_number(write.expected, f"the version that is expected of {write.request!r}")
        if not write.events:
            raise InvalidValue(f"nothing is written to {write.request!r}: expected events")
    _check_different(notice.id for write in writes for notice in write.notices)
    if command is not None:
        check_command(shard, command.id)
        check_name(command.digest, "digest of the command")
    if claim is not None:
        check_timer(claim, shard, [write.request for write in writes])


def check_command(shard: str, command: str) -> None:
    """Refuse what is no id of a command."""
    check_shard(shard)
    check_name(command, "id of the command")


def _check_different(ids: Iterable[str]) -> None:
    for id, times in Counter(ids).items():
        if times > 1:
            raise InvalidValue(f"{times} notices have the id {id!r}: expected one of each id")


def check_timer(claim: Claim, shard: str, requests: Collection[str]) -> None:
    """Refuse a claim that is not on the timer of one of these requests."""
    if claim.kind != "timer" or claim.shard != shard or claim.key not in requests:
        listed = ", ".join(map(repr, requests)) or "nothing"
        raise InvalidValue(
            f"{claim} of {claim.shard!r} is claimed, and {listed} of {shard!r} written to: "
            "expected a claim on the timer of one of them"
        )


def check_query(shard: str, query: Query) -> None:
    """Refuse a question for requests that some database could not answer."""
    check_shard(shard)
    for name in FILTERED:
        wanted = getattr(query, name)
        if not isinstance(wanted, Anything):
            _check_wanted(name, wanted_values(wanted))
    for name in ("opened_from", "opened_before", "wakes_from", "wakes_before"):
        check_instant(getattr(query, name), name)
    read_after(query)


def _check_wanted(name: str, values: Iterable[object]) -> None:
    for value in values:
        if value is not None and not (isinstance(value, str) and is_storable(value)):
            raise InvalidValue(
                f"{name} is asked for by {value!r}: expected text without a NUL or half a surrogate"
            )


def check_notices(shard: str, query: NoticeQuery) -> None:
    """Refuse a question for notices that some database could not answer."""
    check_shard(shard)
    if query.request is not None:
        check_name(query.request, "id of the request")
    for id in query.ids or ():
        check_id(id, "id of a notice")
    if query.bundle:
        check_id(query.bundle, "bundle")


def check_feed(shard: str, after: int, limit: int) -> None:
    """Refuse a question for entries that makes no sense."""
    check_shard(shard)
    check_number(after, "after")
    check_number(limit, "limit", 1)


def check_reader(shard: str, reader: str) -> None:
    """Refuse what names no reader of the feed."""
    check_shard(shard)
    check_name(reader, "name of the reader")


def check_advance(
    shard: str, reader: str, position: int, expected: int | None, claim: Claim | None
) -> None:
    """Refuse a checkpoint that makes no sense, or one under the claim of somebody else."""
    check_reader(shard, reader)
    check_number(position, "position")
    if expected is not None:
        check_number(expected, "expected")
    if claim is not None and (claim.kind, claim.shard, claim.key) != ("reader", shard, reader):
        raise InvalidValue(
            f"{claim} of {claim.shard!r} is claimed, and the reader {reader!r} of {shard!r} moved: "
            "expected a claim on that reader"
        )


def check_claiming(
    kind: ClaimKind,
    *,
    at: int,
    lease: int,
    limit: int,
    shard: str | None,
    only: Collection[str] | None,
) -> None:
    """Refuse a claim that makes no sense; only readers are claimed by their names."""
    check_kind(kind)
    check_at(at)
    check_number(lease, "lease", 1)
    check_instant(at + lease, "the end of the lease")
    check_number(limit, "limit", 1)
    if shard is not None:
        check_shard(shard)
    if (only is not None) != (kind == "reader") or isinstance(only, str):
        expected = "names of readers" if kind == "reader" else "None"
        raise InvalidValue(f"only is {only!r} for a {kind}: expected {expected}")
    for name in only or ():
        check_name(name, "name of the reader")


def check_kind(kind: ClaimKind) -> None:
    """Refuse what can neither be claimed nor parked."""
    if kind not in KINDS:
        raise InvalidValue(f"kind is {kind!r}: expected one of {', '.join(map(repr, KINDS))}")


def check_rearm(
    shard: str,
    request: str,
    version: int,
    *,
    wake: int | None,
    summary: Summary | None,
    claim: Claim | None,
) -> None:
    """Refuse a timer that makes no sense, or one under the claim of another."""
    check_request(shard, request)
    check_number(version, "version", 1)
    check_instant(wake, "wake")
    if summary is not None:
        check_summary(summary, request)
    if claim is not None:
        check_timer(claim, shard, [request])


def check_next_due(shard: str | None, readers: Collection[str]) -> None:
    """Refuse what names no shard or no readers."""
    if shard is not None:
        check_shard(shard)
    for name in readers:
        check_name(name, "name of the reader")


def check_parked(shard: str, kind: ClaimKind | None) -> None:
    """Refuse a question for what can be parked nowhere."""
    check_shard(shard)
    if kind is not None:
        check_kind(kind)


def check_requeue(parked: Parked, at: int) -> None:
    """Refuse what can never have been parked."""
    check_at(at)
    check_kind(parked.kind)
    check_shard(parked.shard)
    check_id(parked.key, f"key of a {parked.kind}")
    if parked.position is not None:
        check_number(parked.position, "position", 1)


def check_at(at: int) -> None:
    """Refuse what is no instant."""
    check_instant(at, "at")


def check_settlement(settlement: Settlement, at: int) -> None:
    """Refuse an end of a claim that some database could not keep."""
    check_at(at)
    check_instant(settlement.wake, "wake")


def check_frozen(claim: Claim, records: Iterable[NoticeRecord], at: int) -> None:
    """Refuse what cannot be put on record of a notice."""
    check_at(at)
    if claim.kind != "notice":
        raise InvalidValue(f"{claim} is frozen: expected a claim on a notice")
    for record in records:
        _check_record(record)
    _check_different(record.id for record in records)


def _check_record(record: NoticeRecord) -> None:
    check_id(record.id, "id of the notice")
    check_instant(record.wake, f"wake of {record.id!r}")
    for name in ("bundle", "went_into", "out_of"):
        check_id(getattr(record, name) or " ", f"{name} of {record.id!r}")
    if record.contact is not None:
        check_name(record.contact.channel, f"channel of {record.id!r}")
    write_facts(record.notice.facts)  # these three refuse what takes too much room
    write_contact(record.contact)
    write_text(record.text)
