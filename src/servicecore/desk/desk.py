"""The desk: the one imperative shell. It reads, decides, asks the plugins and appends (B3-B7)."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime

import attrs
from attrs import field, frozen

from servicecore.catalogue.naming import all_of as all_of_kind
from servicecore.desk.attempts import pause_between
from servicecore.desk.deciding import Asking
from servicecore.desk.handling import writes_for
from servicecore.desk.planning import latest_in, requests_of
from servicecore.desk.wallclock import Clock, wall_clock
from servicecore.errors import (
    CommandMismatch,
    InvalidValue,
    StoreConflict,
    UnknownName,
    UnknownRequest,
)
from servicecore.instants import as_instant, to_instant
from servicecore.lifecycle.commands import Command, Open
from servicecore.lifecycle.events import Event
from servicecore.lifecycle.replay import replay
from servicecore.lifecycle.situation import Situation
from servicecore.notices import NoticeRecord
from servicecore.notices.rules import DEFAULT_NOTICES, NoticeRule
from servicecore.plugins import Plugins
from servicecore.sla.book import PolicyBook
from servicecore.sla.calendar import Calendar, always
from servicecore.stores import (
    MAIN,
    Answer,
    ClaimKind,
    CommandKey,
    NoticeQuery,
    Page,
    Parked,
    Query,
    Store,
    Tx,
    Workload,
)
from servicecore.stores.coding import digest_of
from servicecore.stores.limits import check_name
from servicecore.stores.values import MOST_NOTICES

EVERYTHING = Query()


def all_notices_of(request: str) -> NoticeQuery:
    """All notices of a request."""
    return NoticeQuery(request=request, limit=MOST_NOTICES)


@frozen
class Handled:
    """What came of a command: its events, and the version of each request before and behind them.

    `repeated` says that the command was handled before, and that this is what it gave then (B5).
    """

    events: tuple[Event, ...]
    versions: Mapping[str, tuple[int, int]] = field(hash=False)
    repeated: bool = False


def _rules(rules: Iterable[NoticeRule]) -> tuple[NoticeRule, ...]:
    return all_of_kind(NoticeRule, rules, "rules")


@frozen
class Desk:
    """A service desk over a store: commands go in, events are written, situations come out.

    It works on one `shard`, a tenant of the store. `clock` says what time it is. `rules` say which
    notices events make. Where the transaction is its own, a command whose request changed in the
    meantime is decided anew, `tries` times in all. With ``tx=``, a transaction that the host has
    joined, nothing is tried again and nothing is committed: `StoreConflict` and `StoreBusy` are for
    the host (B6).

    >>> from servicecore.lifecycle.commands import Open, Resolve
    >>> from servicecore.stores import MemoryStore
    >>> desk = Desk(MemoryStore(), PolicyBook.of())
    >>> handled = desk.submit(Open(id="c1", request="R1", facts={"customer": "acme"}))
    >>> [type(event).__name__ for event in handled.events]
    ['Opened']
    >>> desk.handle(Resolve(id="c2", request="R1")).versions["R1"]
    (1, 2)
    >>> desk.situation("R1").status
    'resolved'
    """

    store: Store
    book: PolicyBook
    plugins: Plugins = field(factory=Plugins, kw_only=True)
    shard: str = field(default=MAIN, kw_only=True)
    clock: Clock = field(default=wall_clock, kw_only=True)
    rules: tuple[NoticeRule, ...] = field(default=DEFAULT_NOTICES, converter=_rules, kw_only=True)
    tries: int = field(default=5, kw_only=True)

    def __attrs_post_init__(self) -> None:
        kinds = {"book": PolicyBook, "plugins": Plugins, "tries": int}
        for name, kind in kinds.items():
            if not isinstance(value := getattr(self, name), kind):
                raise InvalidValue(f"{name} is {value!r}: expected a {kind.__name__}")
        if not callable(getattr(self.store, "transaction", None)) or isinstance(self.store, type):
            expected = "expected a store, such as MemoryStore() or SqlStore('sqlite:///desk.db')"
            raise InvalidValue(f"store is {self.store!r}: {expected}")
        if not callable(self.clock):
            raise InvalidValue(f"clock is {self.clock!r}: expected a function that gives the time")
        check_name(self.shard, "name of the shard")

    def instant(self) -> int:
        """The present instant by the clock of the desk, in microseconds."""
        return to_instant(self.clock(), "what the clock says")

    def submit(self, command: Open, *, tx: Tx | None = None) -> Handled:
        """Open a request; see `handle`."""
        if not isinstance(command, Open):
            raise InvalidValue(f"command is {command!r}: expected an Open")
        return self.handle(command, tx=tx)

    def handle(self, command: Command, *, tx: Tx | None = None) -> Handled:
        """Decide on a command and write what comes of it, with notices and timers, or nothing.

        A command that was handled before gives the same answer again; no plugin is asked then. It
        is the same by its id and all that it says: what a host writes beside it is the host's to
        compare.

        Raises `TransitionRefused` with all reasons, those of plugins included; `UnknownRequest`;
        `CommandMismatch` for an id that another command had; `PluginError` where a plugin failed
        that was asked; `StoreConflict` and `StoreBusy` when the store could not be written to.
        """
        if not isinstance(command, Command):
            raise InvalidValue(f"command is {command!r}: expected a Command")
        key = CommandKey(id=command.id, digest=digest_of(command))
        for attempt in range(1, self.tries if tx is None else 1):
            try:
                return self._handle(command, key, tx)
            except StoreConflict:
                time.sleep(pause_between(key.id, attempt))
        return self._handle(command, key, tx)

    def _handle(self, command: Command, key: CommandKey, tx: Tx | None) -> Handled:
        with self.reading(tx) as reading:
            # What somebody else writes in between for the same command is seen as its answer.
            streams = {name: reading.read(self.shard, name) for name in requests_of(command)}
            known = reading.answered(self.shard, key.id)
            if known is not None:
                return self._repeated(known, key, reading)
        asking = self._asking(max(self.instant(), latest_in(streams)), tx)
        writes = writes_for(command, streams, asking, self.rules)
        with self.writing(tx) as writing:
            answer = writing.append(self.shard, writes, key)
            if answer.repeated:
                return self._repeated(answer, key, writing)
        events = tuple(event for write in writes for event in write.events)
        return Handled(events, answer.versions)

    def _repeated(self, known: Answer, key: CommandKey, tx: Tx) -> Handled:
        """The answer that was given before, with its events as they stand in the store (B5)."""
        if known.digest != key.digest:
            raise CommandMismatch(key.id)
        events: list[Event] = []
        for request, (before, behind) in known.versions.items():
            written = tx.read(self.shard, request, after=before).events
            events += written[: behind - before]
        return Handled(tuple(events), known.versions, repeated=True)

    def _asking(self, at: int, tx: Tx | None = None) -> Asking:
        """Whom to ask for decisions at an instant, in microseconds."""

        def load() -> Workload:
            with self.reading(tx) as reading:
                return reading.workload(self.shard)

        return Asking(self.plugins, self.book, at, load)

    def reading(self, tx: Tx | None = None) -> AbstractContextManager[Tx]:
        """A transaction to read in: the host's own, if there is one."""
        return self.store.transaction() if tx is None else nullcontext(tx)

    def writing(self, tx: Tx | None = None) -> AbstractContextManager[Tx]:
        """A transaction to write in: the host's own, if there is one."""
        return self.store.transaction(write=True) if tx is None else nullcontext(tx)

    def situation(
        self, request: str, *, at: datetime | int | None = None, tx: Tx | None = None
    ) -> Situation:
        """All that follows from the history of a request, now or at an instant.

        Raises `UnknownRequest`, and `InvalidValue` for an instant before it was opened.
        """
        with self.reading(tx) as reading:
            stream = reading.read(self.shard, request)
        if not stream.version:
            raise UnknownRequest(request)
        now = max(self.instant(), latest_in({request: stream}))
        return replay(stream.events, self.book, at=now if at is None else as_instant(at))

    def find(self, query: Query = EVERYTHING, *, tx: Tx | None = None) -> Page:
        """The heads of the requests that are asked for, page by page (B7)."""
        with self.reading(tx) as reading:
            return reading.find(self.shard, query)

    def notices(self, request: str, *, tx: Tx | None = None) -> tuple[NoticeRecord, ...]:
        """Every notice about a request, and why each was or was not delivered (B9)."""
        check_name(request, "id of the request")
        with self.reading(tx) as reading:
            return reading.notices(self.shard, all_notices_of(request))

    def tick(self, until: datetime | int | None = None) -> int:
        """Do what is due by now, or by an instant: how many timers rang.

        It costs what is due, however much is open. Whoever else does the same at the same time
        gets other timers. What fails is tried again later, and parked in the end (B7).
        """
        from servicecore.desk.ringing import ring  # it works on desks

        return ring(self, self.instant() if until is None else as_instant(until, "until"))

    def rearm(self) -> int:
        """Set all timers and summaries anew after the book or a calendar changed; how many (B7).

        A request that changes meanwhile is left to whoever changes it, who knows the new book.
        """
        from servicecore.desk.ringing import rearm  # it works on desks

        return rearm(self)

    def parked(self, kind: ClaimKind | None = None) -> tuple[Parked, ...]:
        """All that failed too often and is left alone: timers, notices, entries of the feed."""
        with self.reading() as reading:
            return reading.parked(self.shard, kind)

    def requeue(self, parked: Parked) -> None:
        """Let it be tried again, from now on."""
        with self.writing() as writing:
            writing.requeue(parked, at=self.instant())

    def calendar(self, name: str) -> Calendar:
        """The calendar of that name, of the book or of a plugin; `UnknownName` if there is none."""
        known = {**self.plugins.registry.calendars, **self.book.calendars, always.name: always}
        if name in known:
            return known[name]
        if name in self.plugins.registry.calendars:  # one of a prefix
            return self.plugins.registry.calendars[name]
        raise UnknownName("calendar", name, known)

    def on(self, shard: str) -> Desk:
        """The same desk on another shard of the store."""
        return attrs.evolve(self, shard=shard)
