"""Threads of a suite: several things at once, each with its outcome."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

from servicecore.errors import StoreBusy
from servicecore.stores import Store, Tx

Outcome = TypeVar("Outcome")

PATIENCE = 60.0
"""The seconds after which something that should have ended long ago counts as stuck."""

MOMENT = 0.2
"""The seconds that are given to something which may go on, or may wait for others."""

MOST_TRIES = 200


def together(actions: Iterable[Callable[[], Outcome]]) -> list[Outcome | Exception]:
    """What comes of actions that begin at the same moment, each in a thread of its own."""
    listed = list(actions)
    start = Barrier(len(listed))

    def begun(action: Callable[[], Outcome]) -> Outcome:
        start.wait(PATIENCE)
        return action()

    with ThreadPoolExecutor(len(listed)) as threads:
        futures: list[Future[Outcome]] = [threads.submit(begun, action) for action in listed]
    return list(map(outcome, futures))


def outcome(future: Future[Outcome]) -> Outcome | Exception:
    """What an action gave, or what it raised."""
    problem = future.exception(PATIENCE)
    if isinstance(problem, Exception):
        return problem
    return future.result()


def written(store: Store, action: Callable[[Tx], Outcome]) -> Outcome:
    """What an action gives in a transaction that writes, tried again while the store is busy."""
    for _ in range(MOST_TRIES):
        try:
            with store.transaction(write=True) as tx:
                return action(tx)
        except StoreBusy:
            continue
    raise StoreBusy(f"the store was busy {MOST_TRIES} times in a row: expected it to be free once")
