"""The portal: one database, the desk on it, and the people who may use it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta

from attrs import frozen
from sqlalchemy import Engine, create_engine, make_url

from servicecore import load_policies
from servicecore.backends.sql import SqlStore, migrate
from servicecore.desk import Clock, Desk, wall_clock
from servicecore.plugins import Plugins

from . import tables
from .people import People, Person, add_missing, find_people, read_people
from .settings import Settings


@frozen
class Portal:
    """All that a request over HTTP, or the worker, needs."""

    engine: Engine
    desk: Desk
    keys: Mapping[str, str]

    def person(self, name: str) -> Person | None:
        """The person of that name."""
        return next(iter(find_people(self.engine, tables.people.c.name == name)), None)


@contextmanager
def opened(settings: Settings, clock: Clock = wall_clock) -> Iterator[Portal]:
    """The portal of these settings, with its tables made; a test gives a clock of its own."""
    people, keys = read_people(settings.people)
    engine = engine_for(settings.database, settings.patience)
    try:
        make_tables(engine, people)
        plugins = Plugins.load(People(engine, settings.mail))
        book = load_policies(settings.policies, calendars=plugins.registry.calendars)
        store = SqlStore(engine, busy_timeout=timedelta(seconds=settings.patience))
        desk = Desk(store, plugins.extended(book), plugins=plugins, clock=clock)
        yield Portal(engine, desk, keys)
    finally:
        engine.dispose()


def engine_for(url: str, patience: float) -> Engine:
    """An engine whose transactions wait so many seconds for others, and then give up."""
    if make_url(url).get_backend_name() == "sqlite":
        return create_engine(url, connect_args={"timeout": patience})
    return create_engine(url, connect_args={"options": f"-c lock_timeout={patience * 1000:.0f}"})


def make_tables(engine: Engine, people: list[Person]) -> None:
    """Make the tables of servicecore and our own, and fill in the people.

    One transaction: `migrate` locks the schema until its end, so that two processes may start at
    once. A host with Alembic adds `servicecore.backends.sql.metadata` to its own instead.
    """
    with engine.begin() as connection:
        migrate(connection)
        tables.metadata.create_all(connection)
        add_missing(connection, people)
