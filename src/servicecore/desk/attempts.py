"""Attempts: how often something is tried, how long it waits in between, when it is left (B7)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from hashlib import sha256

from servicecore.errors import ClaimLost
from servicecore.instants import HOUR, MINUTE
from servicecore.stores import Claim, Settlement, Tx

MOST_ATTEMPTS = 8
"""So often something is tried; then it is parked until somebody requeues it."""

ALONE_FROM = 4
"""From this attempt on something is tried by itself, so that it takes nothing else along."""

FIRST_PAUSE, LONGEST_PAUSE = MINUTE, 6 * HOUR


def alone(claims: Sequence[Claim]) -> tuple[tuple[Claim, ...], tuple[Claim, ...]]:
    """The claims that are to be done now, and those that are to be given back.

    A worker that dies leaves an attempt with everything that it has claimed. What was tried often
    may be what it died of, so that is done by itself, and the rest another time.
    """
    suspects = [claim for claim in claims if claim.attempt >= ALONE_FROM]
    if not suspects:
        return tuple(claims), ()
    return (suspects[0],), tuple(claim for claim in claims if claim is not suspects[0])


def give_back(tx: Tx, claims: Iterable[Claim], *, at: int) -> None:
    """Let others have what was claimed and not begun; it was no attempt."""
    for claim in claims:
        with suppress(ClaimLost):
            tx.settle(claim, Settlement(wake=at), at=at)


def pause_after(key: str, attempt: int) -> int:
    """How long to wait after a failed attempt, in microseconds.

    Twice as long after each, up to six hours, and between three and five quarters of that, so that
    what failed together is not tried together. The same key and attempt give the same pause (B11).

    >>> pause_after("n1", 1) == pause_after("n1", 1)
    True
    >>> [round(pause_after("n1", attempt) / MINUTE) for attempt in (1, 2, 3)]
    [1, 2, 4]
    """
    pause = min(FIRST_PAUSE << min(attempt - 1, 20), LONGEST_PAUSE)
    drawn = int.from_bytes(sha256(f"{key}/{attempt}".encode()).digest()[:4]) / 2**32
    return int(pause * (0.75 + drawn / 2))


def pause_between(key: str, attempt: int) -> float:
    """The seconds between two tries of a command whose request changed meanwhile.

    Some milliseconds, more after each, and not the same for those who got in each other's way.
    """
    return pause_after(key, attempt) / FIRST_PAUSE / 200


def failed(tx: Tx, claim: Claim, *, at: int, reason: str, what: str = "failed") -> None:
    """Put a failed attempt on record: it is tried again later, or parked if it was the last one."""
    if claim.attempt >= MOST_ATTEMPTS:
        tx.park(claim, at=at, reason=reason)
        return
    wake = at + pause_after(claim.key, claim.attempt)
    tx.settle(claim, Settlement(wake=wake, counted=True, what=what, reason=reason), at=at)
