"""What the tests of the desk share: a clock that is set, a book, plugins and channels in memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from attrs import define, field

from servicecore.desk import Desk
from servicecore.hookspecs import hookimpl
from servicecore.instants import DateTime
from servicecore.lifecycle.commands import Command, Open
from servicecore.notices import (
    Contact,
    Delivered,
    Delivery,
    Message,
    Notice,
    NoticeRecord,
    Text,
)
from servicecore.plugins import Plugins
from servicecore.sla import Calendar, Policy, PolicyBook, Target
from servicecore.sla.escalation import Escalation, Step
from servicecore.stores import MemoryStore, Store

FRIDAY = datetime(2026, 3, 6, 9, tzinfo=UTC)
OFFICE = Calendar.from_dict({"timezone": "UTC", "hours": {"mon-fri": "09:00-17:00"}}, "office")


@define
class SetClock:
    """A clock that shows what it is set to."""

    shown: datetime = FRIDAY

    def __call__(self) -> datetime:
        return self.shown

    def go_on(self, **time: float) -> datetime:
        """Let some time pass."""
        self.shown += timedelta(**time)
        return self.shown


def book(*steps: Step, **parts: object) -> PolicyBook:
    """A book with a four-hour resolution, an urgent one of one hour, and perhaps a ladder."""
    targets = {
        "resolution": {"critical": Target("1h"), "*": Target("4h")},
        "first response": Target("1h"),
    }
    ladders = [Escalation("hurry", list(steps), "resolution")] if steps else []
    urgent = Policy("gold", {"resolution": Target("2h")}, when={"customer": "gold"})
    return PolicyBook.of(
        urgent,
        Policy("all", targets),
        calendars={"office": OFFICE},
        escalations=ladders,
        **parts,  # type: ignore[arg-type]  # the tests know
    )


def desk(
    *plugins: object,
    store: Store | None = None,
    clock: SetClock | None = None,
    policies: PolicyBook | None = None,
    **options: object,
) -> Desk:
    """A desk in memory at nine o'clock on a Friday."""
    return Desk(
        MemoryStore() if store is None else store,
        policies or book(),
        plugins=Plugins(*plugins),
        clock=clock or SetClock(),
        **options,  # type: ignore[arg-type]  # the tests know
    )


def open_(desk: Desk, request: str = "R1", **facts: object) -> Sequence[str]:
    """Open a request; the types of the events that came of it."""
    known = {"customer": "acme", **facts}
    return did(desk, Open(id=f"open {request}", request=request, facts=known))  # type: ignore[arg-type]  # the tests know


def did(desk: Desk, command: Command) -> Sequence[str]:
    """Handle a command; the types of the events that came of it."""
    return [type(event).__name__ for event in desk.handle(command).events]


class Plain:
    """Wording in a few words, which needs no templates."""

    def render(self, notice: Notice, contact: Contact) -> Text:
        return Text(subject=notice.template, plain=f"{notice.template} {notice.request}")

    def digest(self, records: Sequence[NoticeRecord], contact: Contact) -> Text:
        told = "\n".join(record.text.plain for record in records if record.text)
        return Text(subject=f"{len(records)} notices", plain=told)


@define
class Box:
    """A channel that keeps what it delivers, or answers what it is told to."""

    messages: list[Message] = field(factory=list)
    answers: Callable[[Message], Delivery] = lambda _: Delivered("taken")

    def deliver(self, message: Message) -> Delivery:
        self.messages.append(message)
        return self.answers(message)

    @property
    def told(self) -> list[str]:
        """Each message by its template and recipient."""
        return [f"{each.template} → {each.recipient}" for each in self.messages]


@define(eq=False)
class Reach:
    """A plugin that reaches everybody by one channel, or by what it is told."""

    contacts: Callable[[Notice], Sequence[Contact] | None] = lambda notice: [contact(notice)]

    @hookimpl
    def servicecore_reach(self, notice: Notice, at: DateTime) -> Sequence[Contact] | None:
        return self.contacts(notice)


def contact(notice: Notice, **options: object) -> Contact:
    """The contact of a recipient by the channel `box`."""
    return Contact(channel="box", address=notice.name or notice.kind, **options)  # type: ignore[arg-type]  # the tests know
