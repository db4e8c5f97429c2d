"""What processes do to a store until they are killed: write, and work off what is due."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, closing
from functools import partial
from typing import cast

import attrs

from servicecore.notices import NoticeState
from servicecore.stores import Claim, Settlement, Store, Tx
from servicecore.testing.nursery import Said, Say, named
from servicecore.testing.samples import CONTACT, TEXT, command, write
from servicecore.testing.store_base import Opener
from servicecore.testing.threads import written

HERE = __name__
READER = "audit"
LEASE = 500


def opened(told: Said) -> AbstractContextManager[Store]:
    """The store that a process is told of."""
    open_store = cast("Callable[[str], Store]", named(str(told["function"])))
    return closing(open_store(str(told["argument"])))


def told_of(opener: Opener, **more: str | int) -> Said:
    """What a process is told: where the store is, and what to do."""
    return {"function": opener.function, "argument": opener.argument, **more}


def write_commands(told: Said, say: Say) -> None:
    """Send so many commands to requests of one shard, each in a transaction, and say which went."""
    shard, prefix = str(told["shard"]), str(told.get("prefix", ""))
    with opened(told) as store:
        for number in range(int(told["commands"])):
            written(store, partial(_send, shard=shard, prefix=prefix, number=number))
            say(f"{prefix}c{number}")


def _send(tx: Tx, shard: str, prefix: str, number: int) -> None:
    writes = [
        write(f"{prefix}R1", number, wake=number, told=True),
        write(f"{prefix}R2", 2 * number, events=2, told=True),
    ]
    tx.append(shard, writes, command(f"{prefix}c{number}"))


def work(told: Said, say: Say) -> None:
    """Do what is due at an instant, as a worker does, and say what was done."""
    with opened(told) as store:
        work_off(store, int(told["at"]), say)


def work_off(store: Store, at: int, say: Say) -> None:
    """Fire timers, deliver notices and follow the feed, until nothing is left that is free."""
    while True in [each(store, at, say) for each in (_fire, _deliver, _follow)]:
        continue


def _fire(store: Store, at: int, say: Say) -> bool:
    claims = written(store, lambda tx: tx.claim("timer", at=at, lease=LEASE, limit=2))
    for claim in claims:
        version = written(store, partial(_take_step, claim=claim))
        say(f"took step {version} of {claim.key}")
    return bool(claims)


def _take_step(tx: Tx, claim: Claim) -> int:
    version = tx.read(claim.shard, claim.key).version
    tx.append(claim.shard, [write(claim.key, version, told=True)], claim=claim)
    return version + 1


def _deliver(store: Store, at: int, say: Say) -> bool:
    claims = written(store, lambda tx: tx.claim("notice", at=at, lease=LEASE, limit=2))
    for claim in claims:
        written(store, partial(_freeze, claim=claim, at=at))
        say(f"delivered {claim.key}")
        done = Settlement(state=NoticeState.DELIVERED, what="delivered")
        written(store, partial(_settle, claim=claim, settlement=done, at=at))
    return bool(claims)


def _freeze(tx: Tx, claim: Claim, at: int) -> None:
    if claim.record is not None:
        said = attrs.evolve(claim.record, contact=CONTACT, text=TEXT)
        tx.freeze(claim, [said], at=at)


def _settle(tx: Tx, claim: Claim, settlement: Settlement, at: int) -> None:
    tx.settle(claim, settlement, at=at)


def _follow(store: Store, at: int, say: Say) -> bool:
    claims = written(
        store, lambda tx: tx.claim("reader", at=at, lease=LEASE, limit=1, only=[READER])
    )
    for claim in claims:
        with store.transaction() as tx:
            entries = tx.feed(claim.shard, tx.checkpoint(claim.shard, READER), limit=3)
        for entry in entries:
            say(f"read {entry.request}/{entry.number}")
            written(store, partial(_advance, claim=claim, position=entry.position))
        written(store, partial(_settle, claim=claim, settlement=Settlement(), at=at))
    return bool(claims)


def _advance(tx: Tx, claim: Claim, position: int) -> None:
    tx.advance(claim.shard, claim.key, position, claim=claim)


def claim_all(told: Said, say: Say) -> None:
    """Claim timers until none is left, and say which."""
    with opened(told) as store:
        while claims := written(store, lambda tx: tx.claim("timer", at=0, lease=LEASE, limit=3)):
            for claim in claims:
                say(claim.key)
