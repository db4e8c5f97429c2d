"""The model's requests: what is written, and what is found of it. Dictionaries and lists."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from attrs import define

from servicecore.errors import ClaimLost, CommandMismatch, InvalidValue, StoreConflict
from servicecore.notices import NoticeRecord
from servicecore.stores import Claim, ClaimKind, CommandKey, Summary, Write

LONG_AGO = -(2**62)
Key = str | tuple[str, int]
"""A request, the id of a notice, or a reader with the entry that it reads again, if it does."""

Versions = dict[str, tuple[int, int]]
Held = tuple[Claim, int]
"""A claim as the store gave it, and its token in the model."""


@define
class Row:
    """What can be claimed: when it is due, who has it until when, how often that failed.

    `parked` says why and since when a timer is left alone; `position` is how far a reader is.
    """

    wake: int | None
    attempts: int = 0
    token: int = 0
    until: int = LONG_AGO
    parked: tuple[str, int] | None = None
    position: int = 0

    def let_go(self, wake: int | None, attempts: int = 0) -> None:
        """Let nobody have it, and be due at that instant."""
        self.wake, self.attempts = wake, attempts
        self.token, self.until = 0, LONG_AGO


class ModelRequests:
    """One shard of a store. `entries` are the positions, requests and numbers of its feed."""

    def __init__(self, shard: str) -> None:
        self.shard = shard
        self.versions: dict[str, int] = {}
        self.summaries: dict[str, Summary] = {}
        self.timers: dict[str, Row] = {}
        self.entries: list[tuple[int, str, int]] = []
        self.commands: dict[str, tuple[str, Versions]] = {}
        self.records: dict[str, NoticeRecord] = {}
        self.outbox: dict[str, Row] = {}
        self.readers: dict[tuple[str, int], Row] = {}
        self.left_out: dict[tuple[str, int], tuple[str, int]] = {}

    def append(
        self, writes: Sequence[Write], command: CommandKey | None, held: Held | None
    ) -> Versions:
        """The versions before and behind what was written."""
        self._check_held(held, [each.request for each in writes])
        if command and command.id in self.commands:
            digest, versions = self.commands[command.id]
            if digest != command.digest:
                raise CommandMismatch(command.id)
            return versions
        if held:
            self.row(*held)
        for write in writes:
            if self.versions.get(write.request, 0) != write.expected:
                raise StoreConflict(write.request, 0, 0)
        if any(notice.id in self.records for write in writes for notice in write.notices):
            raise InvalidValue
        versions = {}
        for write in writes:
            versions[write.request] = write.expected, write.expected + len(write.events)
            self._write(write)
        if command:
            self.commands[command.id] = command.digest, versions
        return versions

    def _write(self, write: Write) -> None:
        self.versions[write.request] = write.expected + len(write.events)
        self.summaries[write.request] = write.summary
        self.timers[write.request] = Row(write.wake)
        for notice in write.notices:
            self.add(NoticeRecord(shard=self.shard, notice=notice, wake=notice.made))

    def add(self, record: NoticeRecord) -> None:
        """Put a notice into the outbox."""
        self.records[record.id] = record
        self.outbox[record.id] = Row(record.wake)

    def rearm(self, request: str, version: int, wake: int | None, held: Held | None) -> None:
        """A timer that is set anew."""
        self._check_held(held, [request])
        if held:
            self.row(*held)
        if self.versions.get(request, 0) != version:
            raise StoreConflict(request, 0, 0)
        self.timers[request] = Row(wake)

    def _check_held(self, held: Held | None, requests: Sequence[str]) -> None:
        if held and (held[0].kind != "timer" or held[0].key not in requests):
            raise InvalidValue

    def heads(self) -> list[tuple[str, int, Summary, int | None, str | None]]:
        """Request, version, summary, wake and why it is parked, in the order of opening."""
        found = []
        for request in sorted(self.versions, key=lambda each: (self.summaries[each].opened, each)):
            row = self.timers[request]
            why = row.parked[0] if row.parked else None
            version = self.versions[request]
            found.append((request, version, self.summaries[request], row.wake, why))
        return found

    def workload(self) -> dict[str | None, dict[str | None, int]]:
        """The open requests by group and person."""
        counts = Counter(
            (each.group, each.person) for each in self.summaries.values() if each.is_open
        )
        groups = {group for group, _ in counts}
        return {
            group: {person: number for (of, person), number in counts.items() if of == group}
            for group in groups
        }

    def rows(self, kind: ClaimKind) -> Iterator[tuple[Key, Row]]:
        """All that can be claimed of a kind."""
        if kind == "timer":
            yield from self.timers.items()
        elif kind == "notice":
            yield from self.outbox.items()
        else:
            yield from self.readers.items()

    def row(self, claim: Claim, token: int) -> Row:
        """The row that a claim is on, if it still is."""
        key = (claim.key, claim.upto or 0) if claim.kind == "reader" else claim.key
        row = dict(self.rows(claim.kind)).get(key)
        if row is None or row.token != token:
            raise ClaimLost(str(claim))
        return row

    def last(self) -> int:
        """The last position."""
        return self.entries[-1][0] if self.entries else 0

    def reader(self, name: str) -> Row:
        """A reader of the feed, and how far it is."""
        return self.readers.setdefault((name, 0), Row(LONG_AGO))
