"""The feed: plugins are shown every event in order, at least once; none waits for another (B3)."""

from __future__ import annotations

import pytest

from servicecore.desk import Desk, Worker
from servicecore.desk.attempts import MOST_ATTEMPTS
from servicecore.hookspecs import hookimpl
from servicecore.lifecycle.commands import Assign, Resolve
from servicecore.stores import Entry
from tests.desk.kit import Plain, SetClock, desk, did, open_


class Sees:
    """A plugin that remembers what it was shown, and fails where it is told to."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.failing: set[str] = set()
        self.failed = 0

    @hookimpl
    def servicecore_recorded(self, entry: Entry) -> None:
        if type(entry.event).__name__ in self.failing:
            self.failed += 1
            raise KeyError("secret")
        self.seen.append(f"{entry.request}.{entry.number} {type(entry.event).__name__}")


class Other(Sees): ...


ALL = ["R1.1 Opened", "R1.2 Assigned", "R2.1 Opened", "R1.3 Resolved"]


def written(*plugins: object, clock: SetClock | None = None) -> Desk:
    """A desk with four events of two requests."""
    ours = desk(*plugins, clock=clock, rules=())
    open_(ours, "R1")
    did(ours, Assign(id="c2", request="R1", person="bo"))
    open_(ours, "R2")
    did(ours, Resolve(id="c3", request="R1"))
    return ours


def work(ours: Desk) -> int:
    return Worker(ours, Plain()).once().entries


def test_everything_is_shown_once_and_in_order() -> None:
    plugin = Sees()
    ours = written(plugin)
    assert work(ours) == 4
    assert work(ours) == 0
    assert plugin.seen == ALL
    open_(ours, "R3")
    assert work(ours) == 1
    assert plugin.seen[-1] == "R3.1 Opened"


def test_each_plugin_goes_on_where_it_stood() -> None:
    first, second = Sees(), Other()
    ours = written(first)
    work(ours)
    ours.plugins.register(second)
    work(ours)
    assert first.seen == second.seen == ALL
    with ours.reading() as tx:
        assert tx.checkpoint("main", "Sees") == tx.checkpoint("main", "Other") > 0


def test_what_fails_comes_again_and_holds_up_nobody_else() -> None:
    clock, first, second = SetClock(), Sees(), Other()
    first.failing = {"Assigned"}
    ours = written(first, second, clock=clock)
    work(ours)
    assert first.seen == ALL[:1]
    assert second.seen == ALL
    assert work(ours) == 0  # not before its time
    first.failing = set()
    clock.go_on(hours=1)
    work(ours)
    assert first.seen == ALL


def test_what_keeps_failing_is_parked_and_the_next_one_follows() -> None:
    clock, plugin = SetClock(), Sees()
    plugin.failing = {"Assigned"}
    ours = written(plugin, clock=clock)
    for _ in range(MOST_ATTEMPTS + 2):
        work(ours)
        clock.go_on(hours=7)
    assert plugin.failed == MOST_ATTEMPTS
    assert plugin.seen == [ALL[0], *ALL[2:]]
    (parked,) = ours.parked()
    assert (parked.kind, parked.key, parked.reason) == ("reader", "Sees", "KeyError")
    plugin.failing = set()
    ours.requeue(parked)
    assert work(ours) == 1
    assert plugin.seen[-1] == ALL[1]
    assert ours.parked() == ()
    assert work(ours) == 0


def test_a_requeued_one_that_fails_again_is_tried_again_and_parked_again() -> None:
    clock, plugin = SetClock(), Sees()
    plugin.failing = {"Assigned"}
    ours = written(plugin, clock=clock)
    for _ in range(2 * MOST_ATTEMPTS + 4):
        work(ours)
        clock.go_on(hours=7)
        for parked in ours.parked():
            if plugin.failed == MOST_ATTEMPTS:
                ours.requeue(parked)
    assert plugin.failed == 2 * MOST_ATTEMPTS
    assert len(ours.parked()) == 1
    assert plugin.seen == [ALL[0], *ALL[2:], "R1.4 Closed"]  # by itself, five days later


def test_a_worker_that_dies_shows_again_what_it_did_not_put_on_record() -> None:
    """B3: at least once."""
    clock, plugin = SetClock(), Sees()
    ours = written(plugin, clock=clock)
    with ours.writing() as tx:
        tx.claim("reader", at=ours.instant(), lease=60_000_000, limit=1, only=["Sees"])
    assert work(ours) == 0
    clock.go_on(minutes=1)
    assert work(ours) == 4


@pytest.mark.parametrize("number", [0, 1, 250])
def test_long_feeds_are_shown_whole(number: int) -> None:
    plugin = Sees()
    ours = desk(plugin, rules=())
    for each in range(number):
        open_(ours, f"R{each}")
    assert work(ours) == number
    assert plugin.seen == [f"R{each}.1 Opened" for each in range(number)]
