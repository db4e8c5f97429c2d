"""Timers: claimed when they are due, fired, and set anew under their claim (B7)."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress

import attrs

from servicecore.desk.attempts import MOST_ATTEMPTS, alone, failed, give_back
from servicecore.desk.desk import Desk
from servicecore.desk.firing import fired
from servicecore.desk.handling import write_of
from servicecore.desk.planning import latest_in
from servicecore.errors import (
    ClaimLost,
    InvalidValue,
    ServiceCoreError,
    StoreBusy,
    StoreConflict,
)
from servicecore.instants import MINUTE
from servicecore.lifecycle.replay import replay
from servicecore.sla.years import shown
from servicecore.stores import Claim, Query
from servicecore.stores.heads import summary_of, wake_of

LEASE = MINUTE
"""How long a timer is claimed; firing it takes some milliseconds."""

BATCH = 50

log = logging.getLogger("servicecore.desk")


def never() -> bool:
    """Nobody wants it to stop."""
    return False


def ring(desk: Desk, at: int, stopping: Callable[[], bool] = never, lease: int = LEASE) -> int:
    """Fire everything that is due by an instant on the shard of a desk; how many timers rang.

    What is claimed is so for `lease` microseconds. When it is to stop, what it has claimed and not
    begun is given back.
    """
    rang = 0
    while not stopping() and (claims := _claimed(desk, at, lease)):
        begun = 0
        for claim in claims:
            if stopping():
                break
            rang += fire(desk, claim, at)
            begun += 1
        with desk.writing() as tx:
            give_back(tx, claims[begun:], at=at)
    return rang


def _claimed(desk: Desk, at: int, lease: int) -> tuple[Claim, ...]:
    """What is claimed by now, for as long from now on, though it was due by an earlier instant."""
    since = max(desk.instant() - at, 0)
    with desk.writing() as tx:
        claims = tx.claim("timer", at=at, lease=since + lease, limit=BATCH, shard=desk.shard)
        now, later = alone(claims)
        give_back(tx, later, at=at)
    return now


def fire(desk: Desk, claim: Claim, at: int) -> bool:
    """Do what a timer was set for; whether it was done.

    Where the request changed meanwhile it is judged anew, or left to whoever changed it. What
    fails is put on record and stops nobody else.
    """
    try:
        _refuse_hopeless(claim)
        _fire(desk, claim, at)
    except ClaimLost:
        return False
    except StoreBusy:
        raise
    except Exception as problem:  # noqa: BLE001  # one request that fails stops no other
        _fail(desk, claim, at, problem)
        return False
    return True


def _refuse_hopeless(claim: Claim) -> None:
    """Refuse what ended no attempt: whoever tried it died of it."""
    if claim.attempt > MOST_ATTEMPTS:
        raise InvalidValue(f"{claim} was tried {MOST_ATTEMPTS} times and never came to an end")


def _fire(desk: Desk, claim: Claim, at: int) -> None:
    for _ in range(desk.tries - 1):
        with suppress(StoreConflict):
            _fire_once(desk, claim, at)
            return
    _fire_once(desk, claim, at)


def _fire_once(desk: Desk, claim: Claim, at: int) -> None:
    with desk.reading() as tx:
        stream = tx.read(desk.shard, claim.key)
    now = max(at, latest_in({claim.key: stream}))
    events = fired(stream.events, desk._asking(now))
    write = write_of(stream, events, desk.book, desk.rules, now)
    if not events and write.wake is not None and write.wake <= now:
        due = shown(write.wake)
        raise InvalidValue(f"what was due {due} writes nothing: expected to move its timer on")
    with desk.writing() as tx:
        if events:
            tx.append(desk.shard, [write], claim=claim)
        else:
            tx.rearm(desk.shard, claim.key, stream.version, write.wake, claim=claim)


def _fail(desk: Desk, claim: Claim, at: int, problem: Exception) -> None:
    known = isinstance(problem, ServiceCoreError)
    reason = f"{type(problem).__name__}: {problem}" if known else type(problem).__name__
    log.warning("the timer of %r failed: %s", claim.key, reason, exc_info=not known)
    with suppress(ClaimLost), desk.writing() as tx:
        failed(tx, claim, at=at, reason=reason)


def rearm(desk: Desk) -> int:
    """Set every timer of a shard anew, page by page; how many."""
    query, number = Query(limit=200), 0
    while True:
        with desk.reading() as tx:
            page = tx.find(desk.shard, query)
        number += sum(_rearm(desk, head.request) for head in page.heads)
        if not page.next:
            return number
        query = attrs.evolve(query, after=page.next)


def _rearm(desk: Desk, request: str) -> bool:
    """Set one timer anew; a request that changed meanwhile has had that done already."""
    with desk.reading() as tx:
        stream = tx.read(desk.shard, request)
    at = max(desk.instant(), latest_in({request: stream}))
    situation = replay(stream.events, desk.book, at=at)
    wake, summary = wake_of(situation), summary_of(situation)
    try:
        with desk.writing() as tx:
            tx.rearm(desk.shard, request, stream.version, wake, summary=summary)
    except StoreConflict:
        return False
    return True
