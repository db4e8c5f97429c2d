"""Stores on SQLite that lose something when their process is killed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from servicecore.backends.sql import SqlStore
from servicecore.backends.sql.tx import SqlTx
from servicecore.notices import NoticeState
from servicecore.stores import Answer, Claim, ClaimKind, Settlement, Write


class TwoHalves(SqlTx):
    """Each request is committed by itself."""

    def append(self, shard: str, writes: Sequence[Write], *rest: Any, **options: Any) -> Answer:
        first, *others = writes
        answer = super().append(shard, [first], *rest, **options)
        if others:
            self._connection.commit()
            self._connection.begin()
            self._connection.exec_driver_sql("BEGIN IMMEDIATE")
            super().append(shard, others)
        return answer


class AtMostOnce(SqlTx):
    """A notice that was claimed counts as delivered."""

    def claim(self, kind: ClaimKind, *, at: int, **options: Any) -> tuple[Claim, ...]:
        claims = super().claim(kind, at=at, **options)
        if kind == "notice":
            done = Settlement(state=NoticeState.DELIVERED, what="delivered")
            for claim in claims:
                super().settle(claim, done, at=at)
        return claims

    def freeze(self, *_: Any, **__: Any) -> None:
        """Take its time, in which a process may be killed: a store counts it as delivered."""
        for word in map(str, range(5000)):
            word.strip()

    def settle(self, claim: Claim, settlement: Settlement, *, at: int) -> None:
        if claim.kind != "notice":
            super().settle(claim, settlement, at=at)


class TornStore(SqlStore):
    """A store with such transactions."""

    tx: type[SqlTx] = SqlTx

    @contextmanager
    def transaction(self, *, write: bool = False) -> Iterator[SqlTx]:
        with super().transaction(write=write) as tx:
            tx.__class__ = self.tx
            yield tx


class StoreOfTwoHalves(TornStore):
    tx = TwoHalves


class StoreOfAtMostOnce(TornStore):
    tx = AtMostOnce
