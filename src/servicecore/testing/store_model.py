"""A model of a store, of dictionaries and lists and as plain as can be: what each method comes to.

It shares nothing with any store. Each method changes the model, or raises what a store raises.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import attrs

from servicecore.errors import InvalidValue, StoreConflict, UnknownName
from servicecore.notices import NoticeRecord, NoticeState, Remark
from servicecore.stores import Claim, ClaimKind, Parked, Settlement
from servicecore.testing.store_model_requests import Held, ModelRequests, Row, free

Claimed = tuple[object, int, int, int]
"""The key, the attempt and the end of a claim, and its token in the model."""


class Model(ModelRequests):
    """One shard of a store, with its claims."""

    def __init__(self, shard: str) -> None:
        super().__init__(shard)
        self._tokens = 0

    def _is_free(self, kind: str, key: Any, row: Row) -> bool:
        """Whether a row may be claimed, sooner or later."""
        if kind == "timer":
            return row["parked"] is None and row["wake"] is not None
        if kind == "notice":
            return self._is_waiting(key) and row["wake"] is not None
        return bool(row["position"] < (key[1] or self.last()))

    def claim(
        self, kind: str, at: int, lease: int, limit: int, names: Collection[str] = ()
    ) -> list[Claimed]:
        """The key, the attempt and the end of each claim, and its token here."""
        for name in names:
            self.reader(name)
        due = [
            (row["wake"], key, row)
            for key, row in self.rows(kind).items()
            if self._is_free(kind, key, row) and row["wake"] <= at and row["until"] <= at
        ]
        claims = []
        for _, key, row in sorted(due, key=lambda each: each[:2])[:limit]:
            self._tokens += 1
            row.update(token=self._tokens, until=at + lease, attempts=row["attempts"] + 1)
            claims.append((key, row["attempts"], at + lease, self._tokens))
        return claims

    def next_due(self, names: Collection[str]) -> int | None:
        """The earliest instant at which anything may be claimed."""
        for name in names:
            self.reader(name)
        kinds = ("timer", "notice", "reader") if names else ("timer", "notice")
        instants = [
            max(row["wake"], row["until"])
            for kind in kinds
            for key, row in self.rows(kind).items()
            if self._is_free(kind, key, row)
        ]
        return min(instants, default=None)

    def settle(self, claim: Claim, token: int, settlement: Settlement, at: int) -> None:
        """A claim that ends."""
        row = self.row(claim, token)
        attempts = row["attempts"] - (0 if settlement.counted else 1)
        row.update({**free(settlement.wake), "attempts": max(attempts, 0)})
        if claim.kind == "notice":
            record = attrs.evolve(self.records[claim.key], state=settlement.state)
            self.records[claim.key] = record
            if settlement.what:
                self._remark(claim.key, at, settlement.what, settlement.reason)
        if claim.kind == "reader":
            if claim.upto and row["position"] >= claim.upto:
                del self.readers[claim.key, claim.upto]
            elif settlement.wake is None:
                row["wake"] = at

    def _remark(self, id: str, at: int, what: str, reason: str) -> None:
        record = self.records[id]
        kept = list(record.remarks)
        if kept and (kept[-1].what, kept[-1].reason) == (what, reason):
            del kept[-1]
        kept.append(Remark(at, what, reason))
        self.records[id] = attrs.evolve(record, remarks=tuple(kept))

    def _becomes(self, id: str, state: NoticeState, at: int, reason: str, into: str = "") -> None:
        self.records[id] = attrs.evolve(self.records[id], state=state, went_into=into)
        self.outbox[id].update({**free(None), "attempts": self.outbox[id]["attempts"]})
        self._remark(id, at, str(state), reason)

    def park(self, claim: Claim, token: int, at: int, reason: str) -> None:
        """Something that is left alone."""
        row = self.row(claim, token)
        if claim.kind == "timer":
            row.update({**free(row["wake"]), "attempts": row["attempts"], "parked": (reason, at)})
        elif claim.kind == "notice":
            self._becomes(claim.key, NoticeState.UNDELIVERED, at, reason)
        else:
            end = claim.upto or self.last()
            left = [each[0] for each in self.entries if row["position"] < each[0] <= end]
            if not left:
                raise InvalidValue
            self.left_out[claim.key, left[0]] = reason, at
            row.update({**free(at), "position": left[0]})
            if claim.upto:
                del self.readers[claim.key, claim.upto]

    def requeue(self, parked: Parked, at: int) -> None:
        """Something that is tried again."""
        key = parked.key
        if parked.kind == "timer" and self.timers.get(key, {"parked": None})["parked"]:
            self.timers[key].update(free(at), parked=None)
        elif parked.kind == "notice" and self._is_dead(key):
            self.records[key] = attrs.evolve(self.records[key], state=NoticeState.WAITING)
            self.outbox[key].update(free(at))
            self._remark(key, at, "waiting", "queued again")
        elif parked.kind == "reader" and (key, parked.position or 0) in self.left_out:
            position = parked.position or 0
            del self.left_out[key, position]
            self.readers[key, position] = {**free(at), "position": position - 1}
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
            row = self.outbox.get(id, free(None))
            if id not in self.records or not self._is_waiting(id) or row["until"] > at:
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
        if expected is not None and row["position"] != expected:
            raise StoreConflict(name, 0, 0)
        if position > row["position"]:
            row["position"] = min(position, held[0].upto or position) if held else position
            row["attempts"] = 1 if held else row["attempts"]

    def outbox_rows(self) -> list[NoticeRecord]:
        """The notices as they are read, the oldest first."""
        shown = [
            attrs.evolve(record, wake=self.outbox[id]["wake"], attempts=self.outbox[id]["attempts"])
            for id, record in self.records.items()
        ]
        return sorted(shown, key=lambda record: (record.notice.made, record.id))

    def parked(self) -> list[Parked]:
        """All that is left alone, the oldest first."""
        parked = [self._as_parked("timer", key, row["parked"]) for key, row in self.timers.items()]
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
