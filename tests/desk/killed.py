"""Writers and workers that are killed while they work: run by `test_kills.py` as a program.

The program loads everything once and forks what it kills, so that a kill costs milliseconds.
"""

from __future__ import annotations

import logging
import os
import random
import signal
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from servicecore.backends.sql import SqlStore
from servicecore.desk import Desk, Worker
from servicecore.errors import ServiceCoreError
from servicecore.lifecycle.commands import Assign, ChangeFacts, Command, Open, Reply
from servicecore.notices import Delivered, Message
from servicecore.plugins import Plugins
from servicecore.sla.escalation import Step
from tests.desk.kit import FRIDAY, Plain, Reach, book
from tests.desk.test_feed import Sees

BOOK = book(
    Step("half", share="50%", tell=["role: duty manager"], assign="network"),
    Step("late", after="0m", tell=["role: director"], every="30m", limit=3),
)
REQUESTS, PACE = 12, 3600
"""How many requests there are, and how much quicker than the wall clock theirs runs."""


class Quick:
    """A clock that runs an hour in a second, from the same instant in every process."""

    def __init__(self, began: float) -> None:
        self.began = began

    def __call__(self) -> datetime:
        passed = datetime.now(UTC).timestamp() - self.began
        return FRIDAY + timedelta(seconds=passed * PACE)


class Ledger:
    """A channel that notes what it delivers in a file, whole lines at a time."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def deliver(self, message: Message) -> Delivered:
        note(self.path, f"{message.key}\t{message.text.subject}")
        return Delivered()


def note(path: Path, line: str) -> None:
    """Add a line to a file with one write, which a kill cannot tear."""
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(handle, f"{line}\n".encode())
    os.close(handle)


def desk(url: str, folder: Path, began: float) -> Desk:
    """The desk that all processes share through a store."""
    plugins = Plugins(Reach(), Sees())
    plugins.registry.add_channel("box", Ledger(folder / "delivered"), timeout="10s")
    return Desk(SqlStore(url), BOOK, plugins=plugins, clock=Quick(began), tries=20)


def write(url: str, folder: Path, began: float) -> None:
    """Handle commands without end; each is noted when it was answered."""
    ours, drawn = desk(url, folder, began), random.Random(os.getpid())
    while True:
        request, name = f"R{drawn.randrange(REQUESTS)}", f"c{drawn.getrandbits(60)}"
        commands: list[Command] = [
            Open(id=f"open {request}", request=request, facts={"customer": "acme"}),
            Reply(id=name, request=request),
            Assign(id=name, request=request, person="ann"),
            ChangeFacts(id=name, request=request, facts={"floor": drawn.randrange(9)}),
        ]
        try:
            command = drawn.choice(commands)
            ours.handle(command)
            note(folder / "answered", f"{command.id}\t{request}")
        except ServiceCoreError:
            continue


def work(url: str, folder: Path, began: float) -> None:
    """Work without end, with leases that end soon after a kill."""
    Worker(desk(url, folder, began), Plain(), lease="10h", poll=timedelta(milliseconds=10)).run()


FIRST = 30.0
PATIENCE = {"write": FIRST, "work": 0.3}
"""Seconds in which most come to something before they are killed, and the first of each at all.

A writer always has something to do; for a later worker it may be that nothing is due.
"""


def kill_often(what: str, url: str, folder: Path, kills: int, began: float) -> None:
    """Let a process do its work and kill it, again and again.

    Most come to something first, however busy the machine is, and some do not even begin.
    """
    do = {"write": write, "work": work}[what]
    progress = folder / {"write": "answered", "work": "delivered"}[what]
    drawn = random.Random(what)
    _load(url, folder, began)
    for _ in range(kills):
        before, child = _size(progress), os.fork()
        if not child:
            try:
                do(url, folder, began)
            finally:
                os._exit(1)
        patience = PATIENCE[what] if before else FIRST
        until = time.monotonic() + patience * (drawn.random() < 0.8 or not before)
        while time.monotonic() < until and _size(progress) == before:
            time.sleep(0.002)
        time.sleep(drawn.random() * 0.05)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def _load(url: str, folder: Path, began: float) -> None:
    """Import what a store and a desk import when they are first used, and keep nothing open."""
    ours = desk(url, folder, began)
    ours.find()
    assert isinstance(ours.store, SqlStore)
    ours.store.close()


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


if __name__ == "__main__":
    # What is claimed eight times by those who are killed is parked, and a warning says so.
    logging.getLogger("servicecore").addHandler(logging.NullHandler())
    _, what_, url_, folder_, kills_, began_ = sys.argv
    kill_often(what_, url_, Path(folder_), int(kills_), float(began_))
