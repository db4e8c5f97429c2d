"""A receiver of webhooks: a real server on a port of its own, and what it was sent."""

from __future__ import annotations

import json
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from attrs import Factory, define, frozen


@frozen(slots=False)
class Posted:
    """One request: its path, its headers by names in small letters, and its body."""

    path: str
    headers: Mapping[str, str]
    body: bytes

    @cached_property
    def event(self) -> dict[str, Any]:
        return json.loads(self.body)


Respond = Callable[[BaseHTTPRequestHandler], None]


@define
class Hooks:
    """The server, what it was sent, and how it answers."""

    port: int
    respond: Respond
    posted: list[Posted] = Factory(list)


def status(code: int, **headers: str) -> Respond:
    """An answer with a status and headers; an underscore of a name is a hyphen."""

    def respond(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(code)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return respond


@contextmanager
def receiving(
    respond: Respond | None = None, *, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1"
) -> Iterator[Hooks]:
    """A server that keeps what it is sent."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # as http.server has it
            size = int(self.headers.get("content-length") or 0)
            headers = {name.lower(): value for name, value in self.headers.items()}
            hooks.posted.append(Posted(self.path, headers, self.rfile.read(size)))
            hooks.respond(self)

        def log_message(self, *args: object) -> None:
            """Keep quiet."""

    class Server(ThreadingHTTPServer):
        daemon_threads = False

        def handle_error(self, *args: object) -> None:
            """A client that goes away while it is answered is what some tests are about."""

    server = Server((host, 0), Handler)
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    hooks = Hooks(server.server_port, respond or status(204))
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield hooks
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
