"""Notices that failed: tried again later, or left as dead letters that say so (B7, B9)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from hashlib import sha256

import attrs

from servicecore.desk.attempts import MOST_ATTEMPTS, pause_after
from servicecore.desk.desk import Desk
from servicecore.errors import CommandMismatch, TransitionRefused
from servicecore.instants import DAY, SECOND
from servicecore.lifecycle.commands import NoteUndeliveredNotice
from servicecore.notices import NoticeRecord
from servicecore.plugins import Plugins
from servicecore.stores import Claim, Settlement

REQUESTS = "requests"
"""The fact of a digest that names the requests whose customers it tells."""

LONGEST_AFTER = 2 * DAY
"""However long a receiver wants to be left alone, it is tried again by then."""


def try_again(
    desk: Desk, claim: Claim, record: NoticeRecord, reason: str, after: float | None = None
) -> None:
    """Put a failed attempt on record; behind the last one it is given up."""
    if claim.attempt >= MOST_ATTEMPTS:
        give_up(desk, claim, record, reason)
        return
    at = desk.instant()
    wanted = min(int((after or 0) * SECOND), LONGEST_AFTER)
    wake = at + max(pause_after(claim.key, claim.attempt), wanted)
    settlement = Settlement(wake=wake, counted=True, what="failed", reason=reason)
    with desk.writing() as tx:
        tx.settle(claim, settlement, at=at)


def give_up(desk: Desk, claim: Claim, record: NoticeRecord, reason: str) -> None:
    """Leave a notice as a dead letter; one for a customer becomes an event of its request.

    The event comes first, and only once: a worker that dies in between leaves the notice as it
    was, and that it failed is on record already when it fails again, for whatever reason.
    """
    for command in _facts_of(record, reason):
        with suppress(TransitionRefused, CommandMismatch):
            attrs.evolve(desk, plugins=Plugins()).handle(command)  # nobody is asked about a fact
    with desk.writing() as tx:
        tx.park(claim, at=desk.instant(), reason=reason)


def _facts_of(record: NoticeRecord, reason: str) -> Iterator[NoteUndeliveredNotice]:
    """What each request has to know whose customer was to be told, of a digest all of them."""
    notice = record.notice
    alone = frozenset({notice.request} if notice.is_for_customer else ())
    requests = notice.facts.get(REQUESTS, alone)
    for request in sorted(requests if isinstance(requests, frozenset) else ()):
        name = sha256(f"{request}/{notice.id}".encode()).hexdigest()[:32]
        yield NoteUndeliveredNotice(
            id=f"undelivered: {name}", request=request, notice=notice.id, reason=reason
        )
