"""A model of a store, of dictionaries and lists and as plain as can be: what each method comes to.

It shares nothing with any store. Each method changes the model, or raises what a store raises.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import attrs

from servicecore.errors import InvalidValue, StoreConflict, UnknownName
from servicecore.notices import NoticeRecord, NoticeState, Remark
from servicecore.stores import Claim, ClaimKind, Parked, Settlement
from servicecore.testing.store_model_requests import Held, Key, ModelRequests, Row

Claimed = tuple[object, int, int, int]
"""The key, the attempt and the end of a claim, and its token in the model."""


class Model(ModelRequests):
    """One shard of a store, with its claims."""

    def __init__(self, shard: str) -> None:
        super().__init__(shard)
        self._tokens = 0

    def _due(self, kind: ClaimKind) -> list[tuple[int, Key, Row]]:
        """What may be claimed of a kind, sooner or later, in order of when it is due."""
        found = [
            (row.wake, key, row)
            for key, row in self.rows(kind)
            if row.wake is not None and self._is_free(kind, key, row)
        ]
        return sorted(found, key=lambda each: each[:2])

    def _is_free(self, kind: ClaimKind, key: Key, row: Row) -> bool:
        if kind == "timer":
            return row.parked is None
        if kind == "notice":
            return self._is_waiting(str(key))
        return row.position < (int(key[1]) or self.last())

    def claim(
        self, kind: ClaimKind, at: int, lease: int, limit: int, names: Collection[str] = ()
    ) -> list[Claimed]:
        """The key, the attempt and the end of each claim, and its token here."""
        for name in names:
            self.reader(name)
        due = [each for each in self._due(kind) if each[0] <= at and each[2].until <= at]
        claims: list[Claimed] = []
        for _, key, row in due[:limit]:
            self._tokens += 1
            row.token, row.until, row.attempts = self._tokens, at + lease, row.attempts + 1
            claims.append((key, row.attempts, row.until, row.token))
        return claims

    def next_due(self, names: Collection[str]) -> int | None:
        """The earliest instant at which anything may be claimed."""
        for name in names:
            self.reader(name)
        due = [*self._due("timer"), *self._due("notice"), *(self._due("reader") if names else ())]
        return min((max(wake, row.until) for wake, _, row in due), default=None)

    def settle(self, claim: Claim, token: int, settlement: Settlement, at: int) -> None:
        """A claim that ends."""
        row = self.row(claim, token)
        attempts = row.attempts - (0 if settlement.counted else 1)
        row.let_go(settlement.wake, max(attempts, 0))
        if claim.kind == "notice":
            record = attrs.evolve(self.records[claim.key], state=settlement.state)
            self.records[claim.key] = record
            if settlement.what:
                self._remark(claim.key, at, settlement.what, settlement.reason)
        if claim.kind == "reader":
            if claim.upto and row.position >= claim.upto:
                del self.readers[claim.key, claim.upto]
            elif settlement.wake is None:
                row.wake = at

    def _remark(self, id: str, at: int, what: str, reason: str) -> None:
        record = self.records[id]
        kept = list(record.remarks)
        if kept and (kept[-1].what, kept[-1].reason) == (what, reason):
            del kept[-1]
        kept.append(Remark(at, what, reason))
        self.records[id] = attrs.evolve(record, remarks=tuple(kept))

    def _becomes(self, id: str, state: NoticeState, at: int, reason: str, into: str = "") -> None:
        self.records[id] = attrs.evolve(self.records[id], state=state, went_into=into)
        self.outbox[id].let_go(None, self.outbox[id].attempts)
        self._remark(id, at, str(state), reason)

    def park(self, claim: Claim, token: int, at: int, reason: str) -> None:
        """Something that is left alone."""
        row = self.row(claim, token)
        if claim.kind == "timer":
            row.let_go(row.wake, row.attempts)
            row.parked = reason, at
        elif claim.kind == "notice":
            self._becomes(claim.key, NoticeState.UNDELIVERED, at, reason)
        else:
            end = claim.upto or self.last()
            left = [each[0] for each in self.entries if row.position < each[0] <= end]
            if not left:
                raise InvalidValue
            self.left_out[claim.key, left[0]] = reason, at
            row.let_go(at)
            row.position = left[0]
            if claim.upto:
                del self.readers[claim.key, claim.upto]

    def requeue(self, parked: Parked, at: int) -> None:
        """Something that is tried again."""
        key = parked.key
        if parked.kind == "timer" and self.timers.get(key, Row(None)).parked:
            self.timers[key] = Row(at)
        elif parked.kind == "notice" and self._is_dead(key):
            self.records[key] = attrs.evolve(self.records[key], state=NoticeState.WAITING)
            self.outbox[key].let_go(at)
            self._remark(key, at, "waiting", "queued again")
        elif parked.kind == "reader" and (key, parked.position or 0) in self.left_out:
            position = parked.position or 0
            del self.left_out[key, position]
            self.readers[key, position] = Row(at, position=position - 1)
        else:
            raise UnknownName("", "", [])

    def _is_waiting(self, id: str) -> bool:
        return self.records[id].state is NoticeState.WAITING

    def _is_dead(self, id: str) -> bool:
        return id in self.records and self.records[id].state is NoticeState.UNDELIVERED

    def freeze(
        self,
        held: Held,
        records: Sequence[NoticeRecord],
        at: int,
        reason: str,
        members: Collection[str],
    ) -> None:
        """What is put on record of a notice: itself, or other rows instead of it."""
        self.row(*held)
        key = held[0].key
        if records[0].id == key:
            said = records[0]
            record = attrs.evolve(self.records[key], contact=said.contact, text=said.text)
            self.records[key] = attrs.evolve(record, bundle=said.bundle)
            if reason:
                self._remark(key, at, str(record.state), reason)
            return
        if any(record.id in self.records for record in records):
            raise InvalidValue
        for id in members:
            row = self.outbox.get(id, Row(None))
            if id not in self.records or not self._is_waiting(id) or row.until > at:
                raise StoreConflict(id, 0, 0)
        for id in {key, *members} if members else ():
            self._becomes(id, NoticeState.GATHERED, at, reason, records[0].id)
        if not members:
            self._becomes(key, NoticeState.SPREAD, at, reason)
        for record in records:
            self.add(record)

    def advance(self, name: str, position: int, expected: int | None, held: Held | None) -> None:
        """A checkpoint that moves forward."""
        if held and (held[0].kind, held[0].key) != ("reader", name):
            raise InvalidValue
        row = self.row(*held) if held else self.reader(name)
        if expected is not None and row.position != expected:
            raise StoreConflict(name, 0, 0)
        if position > row.position:
            row.position = min(position, held[0].upto or position) if held else position
            row.attempts = 1 if held else row.attempts

    def outbox_rows(self) -> list[NoticeRecord]:
        """The notices as they are read, the oldest first."""
        shown = [
            attrs.evolve(record, wake=self.outbox[id].wake, attempts=self.outbox[id].attempts)
            for id, record in self.records.items()
        ]
        return sorted(shown, key=lambda record: (record.notice.made, record.id))

    def parked(self) -> list[Parked]:
        """All that is left alone, the oldest first."""
        parked = [self._as_parked("timer", key, row.parked) for key, row in self.timers.items()]
        for id in filter(self._is_dead, self.records):
            last = self.records[id].remarks[-1:] or [Remark(self.records[id].notice.made, "made")]
            parked.append(self._as_parked("notice", id, (last[0].reason, last[0].instant)))
        for (name, place), why in self.left_out.items():
            parked.append(self._as_parked("reader", name, why, place))
        found = [each for each in parked if each is not None]
        return sorted(found, key=lambda each: (each.since, each.kind, each.key, each.position or 0))

    def _as_parked(
        self, kind: ClaimKind, key: str, why: tuple[str, int] | None, position: int | None = None
    ) -> Parked | None:
        if why is None:
            return None
        reason, since = why
        return Parked(
            kind=kind, shard=self.shard, key=key, reason=reason, since=since, position=position
        )
