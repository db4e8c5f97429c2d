"""One more event behind short and long histories: what it costs does not depend on what was.

Only another target makes a clock look back at the runs of its open cycle (K3), so the priority that
is given over and over here is the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from benchmarks.measure import Call, interleaved
from benchmarks.table import Row
from benchmarks.workload import compiled_calendar
from servicecore import PolicyBook, replay
from servicecore.instants import HOUR, MINUTE
from servicecore.lifecycle.events import (
    Actor,
    Assigned,
    Event,
    Opened,
    Prioritised,
    Replied,
    Reported,
    Side,
    StatusChanged,
)
from servicecore.lifecycle.evolve import evolve
from servicecore.sla.policy import Policy
from servicecore.sla.target import Target

SIZES = (10, 1_000, 100_000)
GOAL = 1.2
OPENED = 1_646_000_000 * 1_000_000
"""Some afternoon of 2022; an event every five minutes fills a year with a hundred thousand."""


def incremental(rounds: int, sizes: Sequence[int] = SIZES) -> Iterator[Row]:
    """`evolve` by an event of each kind, against the shortest history."""
    book = _book()
    calls = {}
    for size in sizes:
        history = [_nth(number) for number in range(size)]
        state = replay(history, book, at=history[-1].occurred).state
        more = [(state, make(size)) for make in WEEK]
        calls[f"{size:,}"] = Call(
            "evolve(a[0], a[1], book)", {"evolve": evolve, "book": book}, more
        )
    timings = interleaved(calls, rounds)
    shortest, *longer = calls
    against = f"behind {shortest}"
    for name in longer:
        yield Row(
            f"one event behind {name}",
            timings.of(name),
            against,
            timings.of(shortest),
            timings.ratio(name, shortest),
            GOAL,
        )


def _book() -> PolicyBook:
    calendar = compiled_calendar()
    clocks = ("first response", "next response", "update", "resolution", "checkpoint")
    targets = {
        name: {"high": Target("4h", calendar), "*": Target("3bd", calendar)} for name in clocks
    }
    return PolicyBook.of(Policy("standard", targets))


def _at(number: int) -> int:
    return OPENED + number * 5 * MINUTE


def _status(name: str) -> Callable[[int], Event]:
    return lambda number: StatusChanged(request="R1", occurred_at=_at(number), status=name)


def _reply(side: Side) -> Callable[[int], Event]:
    actor = Actor("somebody", side)
    return lambda number: Replied(request="R1", occurred_at=_at(number), actor=actor)


def _report(number: int) -> Event:
    due = _at(number) + 4 * HOUR
    return Reported(request="R1", occurred_at=_at(number), done="looked", next_due_at=due)


def _assigned(number: int) -> Event:
    group = f"group {number % 3}"
    return Assigned(request="R1", occurred_at=_at(number), group=group)


def _prioritised(number: int) -> Event:
    return Prioritised(request="R1", occurred_at=_at(number), priority="high")


WEEK: tuple[Callable[[int], Event], ...] = (
    _status("in progress"),
    _reply(Side.CUSTOMER),
    _assigned,
    _reply(Side.DESK),
    _status("waiting for customer"),
    _report,
    _prioritised,
)
"""What happens over and over."""


def _nth(number: int) -> Event:
    if not number:
        return Opened(request="R1", occurred_at=OPENED)
    return WEEK[number % len(WEEK)](number)
