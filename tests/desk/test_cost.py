"""A tick costs what is due, not what is open (B7)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import event

from servicecore.backends.sql import SqlStore, migrate
from servicecore.desk import Desk
from servicecore.hookspecs import Assignment, hookimpl
from servicecore.lifecycle.events import Opened
from servicecore.stores import Stream
from tests.desk.kit import FRIDAY, SetClock, desk, open_
from tests.desk.test_tick import LADDER

OPEN, DUE = 3000, 7


class Simple:
    """A plugin that asks for no load."""

    @hookimpl
    def servicecore_assign(self, situation):
        return Assignment(person="ann") if situation.ownership.group else None


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SqlStore]:
    """A store in which very many requests are open, with timers spread over a year."""
    url = f"sqlite:///{tmp_path / 'desk.db'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres")
    migrate(url)
    store = SqlStore(url)
    yield store
    store.close()


def spread(ours: Desk) -> None:
    """Open many requests, each later than the one before; nothing of them is due for long."""
    from servicecore.desk.handling import write_of

    writes = []
    for number in range(OPEN):
        opened = FRIDAY + timedelta(days=1 + number / 10)
        event_ = Opened(request=f"later {number}", occurred_at=opened, id=f"o{number}/1")
        stream = Stream(request=event_.request)
        writes.append(write_of(stream, (event_,), ours.book, (), event_.occurred))
    with ours.writing() as tx:
        tx.append("main", writes)


def statements(ours: Desk) -> int:
    """How many statements a tick sends, when some timers are due."""
    assert isinstance(ours.store, SqlStore)
    sent: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        sent.append(statement)

    event.listen(ours.store._engine, "before_cursor_execute", note)
    try:
        assert ours.tick(FRIDAY + timedelta(hours=3)) == DUE
    finally:
        event.remove(ours.store._engine, "before_cursor_execute", note)
    return len(sent)


def opened(ours: Desk, name: str) -> None:
    for number in range(DUE):
        open_(ours, f"{name} {number}")


def test_a_tick_sends_as_much_however_many_are_open(store: SqlStore) -> None:
    ours = desk(Simple(), store=store, clock=SetClock(), policies=LADDER, rules=())
    opened(ours, "before")
    few = statements(ours)
    spread(ours)
    opened(ours, "behind")
    assert statements(ours) <= few


def test_a_claim_looks_at_what_is_due_alone(store: SqlStore) -> None:
    """By the plan of the database: an index in the order of what is due, and no scan."""
    ours = desk(store=store, clock=SetClock(), policies=LADDER, rules=())
    spread(ours)
    opened(ours, "due")
    with store._engine.connect() as connection:
        look = "SELECT request FROM servicecore_heads WHERE wake <= 1 AND parked IS NULL "
        if connection.dialect.name == "sqlite":
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {look} ORDER BY wake LIMIT 50")
        else:
            connection.exec_driver_sql("ANALYZE servicecore_heads")
            plan = connection.exec_driver_sql(f"EXPLAIN {look} ORDER BY wake LIMIT 50")
        told = " ".join(str(row) for row in plan)
    assert "servicecore_heads_due" in told
    assert "Seq Scan" not in told
