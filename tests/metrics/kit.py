"""Histories that the tests of figures share: in hours from nine o'clock on a Friday."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from servicecore import PolicyBook, replay
from servicecore.instants import HOUR
from servicecore.lifecycle.events import Actor, Event, Opened, Side
from servicecore.lifecycle.situation import Situation
from servicecore.sla import Policy, Target

NINE = datetime(2026, 3, 6, 9, tzinfo=UTC)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
START = int((NINE - EPOCH) / timedelta(microseconds=1))
BOOK = PolicyBook.of(Policy("all", {"first response": Target("1h"), "resolution": Target("4h")}))
CUSTOMER = Actor("acme", Side.CUSTOMER)


def after(hours: float) -> datetime:
    """So many hours later, to the microsecond."""
    return NINE + timedelta(microseconds=round(hours * HOUR))


def micros(hours: float) -> int:
    """The same as an instant."""
    return START + round(hours * HOUR)


def event(kind: type[Event], hours: float, request: str = "R1", /, **said: Any) -> Event:
    """An event of a request, so many hours later."""
    return kind(request=request, occurred_at=after(hours), **said)


def opened(
    hours: float = 0, request: str = "R1", actor: Actor | None = None, **facts: Any
) -> Event:
    """The opening of a request with these facts."""
    return Opened(request=request, occurred_at=after(hours), facts=facts, actor=actor)


def situation(*events: Event, at: float, book: PolicyBook = BOOK) -> Situation:
    """The situation at an hour."""
    return replay(events, book, at=after(at))


def situations(
    histories: Sequence[Sequence[Event]], at: float, book: PolicyBook = BOOK
) -> list[Situation]:
    """The situations of several requests at an hour, of those that are opened by then."""
    known = [each for each in histories if each[0].occurred <= micros(at)]
    return [replay(history, book, at=after(at)) for history in known]
