"""People: who they are, and how they are reached. The portal's own plugin of servicecore."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import attrs
from attrs import frozen
from sqlalchemy import ColumnElement, Connection, Engine, insert, select

from servicecore.hookspecs import Registry, hookimpl
from servicecore.lifecycle.events import Actor, Side
from servicecore.notices import Channel, Contact, Notice

from . import tables

MAIL = "mail"


@frozen(kw_only=True)
class Person:
    """Somebody of a customer, or, where there is none, of the desk."""

    name: str
    customer: str | None = None
    team: str | None = None
    email: str = ""
    language: str = "en"
    zone: str = ""
    hours: str = ""
    digest: str | None = None

    @property
    def is_of_desk(self) -> bool:
        """Whether they work for the desk."""
        return self.customer is None

    @property
    def actor(self) -> Actor:
        """Who they are in a request."""
        return Actor(self.name, Side.DESK if self.is_of_desk else Side.CUSTOMER)

    @property
    def contacts(self) -> Sequence[Contact]:
        """How they are reached; by nothing, if they gave no address."""
        if not self.email:
            return []
        way = Contact(
            channel=MAIL,
            address=self.email,
            language=self.language,
            zone=self.zone,
            hours=self.hours,
            digest=self.digest,
        )
        return [way]


def read_people(path: Path) -> tuple[list[Person], Mapping[str, str]]:
    """The people in a file, and the key of each by their name."""
    listed = tomllib.loads(path.read_text(encoding="utf-8"))["people"]
    keys = {each["name"]: each.pop("key") for each in listed}
    return [Person(**each) for each in listed], keys


def add_missing(connection: Connection, people: Iterable[Person]) -> None:
    """Add the people that the table does not have yet."""
    known = set(connection.scalars(select(tables.people.c.name)))
    rows = [attrs.asdict(person) for person in people if person.name not in known]
    if rows:
        connection.execute(insert(tables.people), rows)


def find_people(engine: Engine, which: ColumnElement[bool]) -> list[Person]:
    """The people of a condition, by their names."""
    query = select(tables.people).where(which).order_by(tables.people.c.name)
    with engine.connect() as connection:
        return [Person(**row) for row in connection.execute(query).mappings()]


@frozen
class People:
    """Tells servicecore how people are reached, and brings the channel that reaches them."""

    engine: Engine
    mail: Channel

    @hookimpl
    def servicecore_register(self, registry: Registry) -> None:
        registry.add_channel(MAIL, self.mail, timeout="30s")

    @hookimpl
    def servicecore_reach(self, notice: Notice) -> Sequence[Contact] | None:
        people = find_people(self.engine, _recipients(notice))
        if not people:
            return None  # nobody goes by that name: the notice becomes a dead letter that says so
        return [contact for person in people for contact in person.contacts]


def _recipients(notice: Notice) -> ColumnElement[bool]:
    """Who is meant: everybody of a customer, everybody of a team, or one person by name."""
    column = {
        "customer": tables.people.c.customer,
        "requester": tables.people.c.name,
        "approver": tables.people.c.name,
        "person": tables.people.c.name,
    }.get(notice.kind, tables.people.c.team)
    return column == notice.name
