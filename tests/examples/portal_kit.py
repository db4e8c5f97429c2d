"""The portal of `examples/` at work: a server over HTTP, a mail server, a clock that is set."""

from __future__ import annotations

import asyncio
import os
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from threading import Event, Thread

import httpx
import uvicorn
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import Envelope
from attrs import define, field, frozen
from fastapi import FastAPI
from sqlalchemy import create_engine, make_url

from examples.portal.portal import Portal
from examples.portal.settings import Settings
from examples.portal.web import create_app
from examples.portal.worker import texts_of
from servicecore.desk import Worker

FOLDER = Path(__file__).parents[2] / "examples"
FRIDAY = datetime(2026, 3, 6, 9, tzinfo=UTC)  # ten o'clock in Berlin, where the desk is
KEYS = {
    "Tomas Brandt": "desk-tomas",
    "Priya Raman": "desk-priya",
    "Lena Okafor": "desk-lena",
    "Marta Lind": "lind-marta",
    "Oleg Sorokin": "lind-oleg",
    "Layla Haddad": "clinic-layla",
}


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


@define
class Mailbox:
    """A mail server, and what it has taken; while it is `holding`, it never says that it has."""

    port: int = 0
    envelopes: list[Envelope] = field(factory=list)
    holding: bool = False
    taken: Event = field(factory=Event)

    async def handle_DATA(self, server, session, envelope) -> str:  # noqa: N802  # as aiosmtpd has it
        self.envelopes.append(envelope)
        self.taken.set()
        if self.holding:
            await asyncio.Event().wait()
        return "250 taken"

    @property
    def mails(self) -> list[EmailMessage]:
        """The mails as their readers have them."""
        return [message_from_bytes(each.original_content, policy=SMTP) for each in self.envelopes]

    @property
    def count(self) -> int:
        """How many mails it has taken."""
        return len(self.envelopes)

    def empty(self) -> None:
        """Begin anew."""
        self.envelopes, self.holding, self.taken = [], False, Event()

    def wait_for(self, holds: Callable[[], bool]) -> None:
        """Wait until something holds of what it has taken."""
        while not holds():
            assert self.taken.wait(timeout=30), [mail["To"] for mail in self.mails]
            self.taken.clear()

    def to(self, address: str) -> list[EmailMessage]:
        """The mails that one reader has."""
        return [mail for mail in self.mails if mail["To"] == address]

    @property
    def environment(self) -> dict[str, str]:
        """What the portal has to be told."""
        return {
            "SERVICECORE_SMTP_URL": f"smtp+plain://127.0.0.1:{self.port}",
            "SERVICECORE_SMTP_SENDER": "Service desk <desk@portal.example>",
        }


class _Server(Controller):
    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@contextmanager
def taking_mail() -> Iterator[Mailbox]:
    """A mail server on a port of its own."""
    mailbox = Mailbox()
    server = _Server(mailbox, hostname="127.0.0.1", port=0)
    server.start()
    mailbox.port = server.port
    try:
        yield mailbox
    finally:
        server.stop()


@define
class Site:
    """The portal at work: where it is, its parts for a test to reach into, and its clock."""

    address: str
    app: FastAPI
    settings: Settings
    environment: dict[str, str]
    clock: SetClock

    @property
    def portal(self) -> Portal:
        """What the server has opened."""
        portal: Portal = self.app.state.portal
        return portal

    def work(self) -> None:
        """Let a worker do what is due now."""
        worker = Worker(self.portal.desk, texts_of(self.settings))
        worker.once()
        worker.close()

    def worker(self, *, minutes: int) -> subprocess.Popen[bytes]:
        """A worker in a process of its own, whose clock is so many minutes ahead."""
        shown = self.clock.shown + timedelta(minutes=minutes)
        code = (
            "from datetime import datetime; from portal.worker import main; "
            f"main(clock=lambda: datetime.fromisoformat({shown.isoformat()!r}))"
        )
        return module("-c", code, environment=self.environment)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the database up, as a transaction of somebody else does."""
        url = make_url(self.settings.database)
        if url.get_backend_name() == "sqlite":
            with closing(sqlite3.connect(url.database or "")) as connection:
                connection.execute("BEGIN IMMEDIATE")
                yield
                connection.rollback()
            return
        engine = create_engine(url)
        with engine.connect() as connection:
            connection.exec_driver_sql("LOCK TABLE servicecore_shards")
            yield
        engine.dispose()


def module(
    *arguments: str, environment: Mapping[str, str], keeps: Sequence[int] = ()
) -> subprocess.Popen[bytes]:
    """Run a module of Python, or code, in a process of its own, beside the portal."""
    options = [] if arguments[0] == "-c" else ["-m"]
    return subprocess.Popen(
        [sys.executable, *options, *arguments],
        cwd=FOLDER,
        env={**os.environ, **environment},
        pass_fds=keeps,
        stderr=subprocess.DEVNULL,
    )


@contextmanager
def serving(environment: dict[str, str]) -> Iterator[Site]:
    """The portal over HTTP on a port of its own, in a thread."""
    settings, clock = Settings.from_env(environment), SetClock()
    app = create_app(settings, clock)
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, timeout_graceful_shutdown=5))
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listening:
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        thread = Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            httpx.get(f"{address}/openapi.json", timeout=30).raise_for_status()
            yield Site(address, app, settings, environment, clock)
        finally:
            server.should_exit = True
            thread.join()


@frozen
class Client:
    """A person at their browser."""

    name: str
    http: httpx.Client

    def send(self, path: str, key: str, **form: object) -> httpx.Response:
        """Send a form, with the key by which it is known."""
        headers = {"Idempotency-Key": key}
        return self.http.post(path, json=form, headers=headers)

    def sent(self, path: str, key: str, **form: object) -> str:
        """Send a form that has to succeed; the request that it is about."""
        response = self.send(path, key, **form)
        assert response.is_success, response.text
        request: str = response.json()["request"]
        return request

    def get(self, path: str, **asked: str) -> httpx.Response:
        """Read what is there; `asked` are headers."""
        return self.http.get(path, headers=asked)


def client(site: Site, name: str) -> Client:
    """Somebody who has logged in; close their `http` when they leave."""
    # Each request on a connection of its own: a server closes the one that it failed on.
    limits = httpx.Limits(max_keepalive_connections=0)
    login = (name, KEYS[name])
    return Client(name, httpx.Client(base_url=site.address, auth=login, limits=limits, timeout=30))
