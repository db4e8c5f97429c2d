"""What the tests share: a clock that is set, a board on this machine, a desk in memory."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

from attrs import define, field
from servicecore import Calendar
from servicecore.desk import Desk
from servicecore.plugins import Plugins
from servicecore.sla import Escalation, Policy, PolicyBook, Step, Target
from servicecore.stores import MemoryStore

from servicecore_teamboard import Board, Person, TeamBoard

FRIDAY = datetime(2026, 3, 6, 9, tzinfo=UTC)
OFFICE = Calendar.from_dict({"timezone": "UTC", "hours": {"mon-fri": "08:00-18:00"}})
TEAM = (
    Person("ann", "mail", ["mail", "lists"], capacity=4),
    Person("bo", "mail", ["mail"], capacity=2),
    Person("cy", "network", ["vpn"]),
    Person("dee", "network", ["vpn"], capacity=0),
)
BOOK = PolicyBook.of(
    Policy("all", {"resolution": Target("4h")}),
    escalations=[
        Escalation("hurry", [Step("warn", share="50%", tell=["group: network"])], "resolution")
    ],
)
TOKEN = "xyzzy-token"  # noqa: S105  # of no board but the one below


@define
class SetClock:
    """A clock that shows what it is set to."""

    shown: datetime = FRIDAY

    def __call__(self) -> datetime:
        return self.shown

    def go_on(self, **time: float) -> None:
        """Let some time pass."""
        self.shown += timedelta(**time)


@define
class Wall:
    """A board: what it took, by its key, what it did not, and how it answers.

    With the status None it breaks off.
    """

    port: int
    status: int | None = 200
    hangs: bool = False
    posted: list[tuple[str, dict[str, Any]]] = field(factory=list)
    refused: list[str] = field(factory=list)
    released: Event = field(factory=Event)

    def board(self, timeout: float = 5.0) -> Board:
        """The board as the plugin is given it."""
        return Board(f"http://127.0.0.1:{self.port}/cards?wall=7", TOKEN, timeout)

    def take(self, path: str, headers: dict[str, str], body: bytes) -> int | None:
        """Take a post, and say what is answered."""
        if self.hangs:
            self.released.wait()
            return None
        if (path, headers["authorization"]) != ("/cards?wall=7", f"Bearer {TOKEN}"):
            return 401
        card = json.loads(body)
        if self.status == 200:
            self.posted.append((headers["idempotency-key"], card))
        else:
            self.refused.append(card.get("id", "notice"))
        return self.status

    @property
    def cards(self) -> list[dict[str, Any]]:
        """What the board shows: each card once, however often it came."""
        return list(dict(self.posted).values())

    def told(self, *kinds: str) -> list[str]:
        """What the board was told of some kinds of cards."""
        kinds = kinds or ("assigned", "resolved", "escalated", "notice")
        return [f"{c['type']} {c['request']}" for c in self.cards if c["type"] in kinds]


@contextmanager
def wall() -> Iterator[Wall]:
    """A board that really listens, on this machine alone."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # that is its name
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            status = opened.take(self.path, headers, body)
            self.close_connection = True
            if status is not None:
                self.send_response(status)
                self.send_header("Retry-After", "120")
                self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = False  # all are waited for at the end
        opened = Wall(server.server_port)
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield opened
        finally:
            opened.released.set()
            server.shutdown()
            thread.join()


def desk_with(plugin: TeamBoard, *others: object, clock: SetClock | None = None) -> Desk:
    """A desk in memory, at nine o'clock on a Friday, with this plugin and perhaps others."""
    loaded = Plugins()
    loaded.register(plugin, "teamboard")
    for other in others:
        loaded.register(other)
    return Desk(MemoryStore(), loaded.extended(BOOK), plugins=loaded, clock=clock or SetClock())


def teamboard(board: Board | None = None) -> TeamBoard:
    """The plugin as a host makes it itself."""
    return TeamBoard(TEAM, hours=OFFICE, board=board)
