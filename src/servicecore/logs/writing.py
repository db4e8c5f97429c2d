"""From the rows of one request to its history."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from attrs import Factory, define

from servicecore.instants import to_datetime
from servicecore.lifecycle.events import (
    Actor,
    Assigned,
    Cancelled,
    Closed,
    Event,
    FactsChanged,
    Opened,
    Prioritised,
    Reopened,
    Replied,
    Resolved,
    Side,
    StatusChanged,
)
from servicecore.logs.log import Note
from servicecore.logs.mapping import Meaning
from servicecore.logs.plan import Entry, Plan, Unnamed
from servicecore.logs.rows import Cells
from servicecore.requests import Fact
from servicecore.sla.statuses import FIRST_STATUS

RANKED = ("impact", "urgency", "priority")
ENDS: dict[str, Callable[..., Event]] = {
    "resolved": Resolved, "closed": Closed, "cancelled": Cancelled,
}  # fmt: skip


def history(
    plan: Plan, request: str, entries: Sequence[Entry], notes: list[Note]
) -> tuple[Event, ...]:
    """The events that the rows of a request tell, in the order of the rows, the opening first."""
    line, first, cells, _ = entries[0]
    writer = Writer(plan, request, notes, line, cells, dict(plan.mapping.constants))
    writer.open(first, entries)
    for entry in entries:
        writer.read(entry)
    return tuple(writer.events)


@define
class Writer:
    """Writes the events of one request, row by row, and none that says nothing new."""

    plan: Plan
    request: str
    notes: list[Note]
    line: int
    cells: Cells
    """The row that is being read."""
    facts: dict[str, Fact]
    events: list[Event] = Factory(list)
    known: dict[int, object] = Factory(dict)
    """The last content of each cell that holds a fact."""
    standing: Cells = ()
    told: Cells = ()
    status: str = FIRST_STATUS
    group: str | None = None
    person: str | None = None
    assigned: bool = False
    """Whether the present row has told an assignment."""
    opening: int = 0
    """The line of the row that tells the opening."""
    occurred: int = 0
    recorded: int | None = None

    def write(self, kind: Callable[..., Event], **said: object) -> None:
        """Append an event at the present instant, by whom the row names unless `actor` is said."""
        if "actor" not in said and self.plan.actor is not None:
            said["actor"] = self.actor()
        event = kind(
            request=self.request,
            occurred_at=self.occurred,
            recorded_at=self.recorded,
            sequence=len(self.events),
            **said,
        )
        self.events.append(event)

    def note(self, reason: str) -> None:
        """Note something about the row that is being read."""
        self.notes.append(Note(self.line, self.request, reason))

    def written(self, instant: int) -> str:
        """An instant as text, in the zone of the log where it has one."""
        return to_datetime(instant, self.plan.instants.zone).isoformat()

    def actor(self) -> Actor | None:
        """Who the present row says did it."""
        if self.plan.actor is None:
            return None
        name, side, actors = self.plan.actor
        found = actors[self.cells[name], None if side is None else self.cells[side]]
        if isinstance(found, Unnamed):
            self.note(found.reason)
            return None
        return found

    def open(self, first: int, entries: Sequence[Entry]) -> None:
        """Write the opening: at the instant that the log gives for it, else with the first row."""
        facts = self.facts | self.changed_facts()
        opened, actor = self.opened_column(), None
        if opened is None:
            self.line, opened, self.cells, _ = self.opening_row(entries)
            # The only row of a request does not say who opened it.
            actor = None if self.plan.moments else self.actor()
        if opened > first:
            said = f"opens at {self.written(opened)}, after its first row"
            self.note(f"{said}: moved to {self.written(first)}")
        self.opening, self.occurred = self.line, min(opened, first)
        self.write(Opened, facts=facts, actor=actor)

    def opened_column(self) -> int | None:
        """The instant in the first row's column of the opening, where it says one."""
        slot = self.plan.opened
        if slot is None or self.cells[slot] is None:
            return None
        found = self.plan.instants[self.cells[slot]]
        if isinstance(found, int):
            return found
        self.note(f"{self.plan.mapping.opened} {found.reason}")
        return found.instant

    def opening_row(self, entries: Sequence[Entry]) -> Entry:
        """The first row that says that it is the opening, else the first row."""
        if self.plan.mapping.activities:
            for entry in entries:
                if any(meaning.event == "opened" for meaning in self.plan.meanings(entry)):
                    return entry
        return entries[0]

    def read(self, entry: Entry) -> None:
        """Write what a row says that was not known before."""
        self.line, instant, self.cells, _ = entry
        if instant >= self.occurred:
            self.occurred, self.recorded = instant, None
        else:
            self.recorded = instant
            said = f"lies at {self.written(instant)}, before a row ahead of it"
            self.note(f"{said}: placed at {self.written(self.occurred)}")
        self.assigned = False
        standing = self.cells[self.plan.standing]
        if standing != self.standing:
            self.standing = standing
            if self.cells[self.plan.told] != self.told and (changed := self.changed_facts()):
                self.tell(changed)
            self.assign()
        for meaning in self.plan.meanings(entry):
            if meaning.status is None:
                self.act(meaning)
            elif meaning.status != self.status:
                self.enter(meaning.status)

    def changed_facts(self) -> dict[str, Fact]:
        """The facts that the present row says anew; an empty cell says nothing."""
        self.told = self.cells[self.plan.told]
        changed: dict[str, Fact] = {}
        for slot, name, words in self.plan.facts:
            cell = self.cells[slot]
            if cell is None or cell == self.known.get(slot):
                continue
            self.known[slot] = cell
            fact = words[cell]
            if isinstance(fact, Unnamed):
                self.note(fact.reason)
            elif name not in self.facts or fact != self.facts[name]:
                changed[name] = self.facts[name] = fact
        return changed

    def tell(self, changed: dict[str, Fact]) -> None:
        """Write changed facts; the priority's own event carries impact and urgency with it."""
        ranked = {name: changed.pop(name) for name in RANKED if name in changed}
        if ranked and "priority" in self.facts:
            now = {name: self.facts.get(name) for name in RANKED}
            self.write(Prioritised, **now, source="log")
        else:
            changed |= ranked
        if changed:
            self.write(FactsChanged, facts=changed)

    def assign(self) -> None:
        """Write to whom the request belongs, where the row names another group or person.

        A new group that comes without a person has none yet.
        """
        before = self.group, self.person
        if (group := self.cell(self.plan.group)) is not None and group != self.group:
            self.group, self.person = group, None
        if (person := self.cell(self.plan.person)) is not None:
            self.person = person
        if before != (self.group, self.person):
            self.assigned = True
            self.write(Assigned, group=self.group, person=self.person)

    def cell(self, slot: int | None) -> str | None:
        """The content of one of the present row's cells."""
        content = None if slot is None else self.cells[slot]
        return None if content is None else str(content)

    def enter(self, status: str) -> None:
        """Write that the request enters another status."""
        before, self.status = self.status, status
        if kind := ENDS.get(status):
            self.write(kind)
        elif before in ENDS and status != "merged":
            self.write(Reopened, status=status)
        else:
            self.write(StatusChanged, status=status)

    def act(self, meaning: Meaning) -> None:
        """Write what an activity says that is no status."""
        match meaning.event:
            case "replied" | "customer replied":
                self.reply(meaning)
            case "reopened":
                self.write(Reopened)
                self.status = "in progress"
            case "assigned" if not self.assigned:
                self.write(Assigned, group=self.group, person=self.person)
            case "opened" if self.line != self.opening:
                self.note("is opened a second time: kept as it was")

    def reply(self, meaning: Meaning) -> None:
        """Write a reply, from the side that the activity or the actor's column names."""
        actor = self.actor()
        side = meaning.side or (actor.side if actor else Side.DESK)
        if meaning.event == "customer replied":
            side = Side.CUSTOMER
        by = Actor(actor.party if actor else side, side)
        self.write(Replied, public=meaning.public, automatic=meaning.automatic, actor=by)
