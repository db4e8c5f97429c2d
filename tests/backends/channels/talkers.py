"""Servers that say what they like: a function and a socket."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from threading import Event, Thread

from attrs import frozen

from servicecore.notices import Channel, Delivery, Message


@frozen
class Talker:
    """What a function that talks is given: the connection, and when everything is over."""

    connection: socket.socket
    over: Event

    def say(self, text: str) -> None:
        self.connection.sendall(text.encode())

    def hear(self, size: int = 65536) -> bytes:
        return self.connection.recv(size)

    def drip(self, text: str, every: float = 0.02) -> None:
        """Say it a byte at a time, without end: each in time, all of them never."""
        while not self.over.is_set():
            for letter in text:
                self.say(letter)
                if self.over.wait(every):
                    return


@contextmanager
def talking(talk: Callable[[Talker], None], host: str = "127.0.0.1") -> Iterator[int]:
    """A server on a port of its own, which talks to one caller after the other."""
    over, listener = Event(), socket.create_server((host, 0))
    thread = Thread(target=_serve, args=(listener, talk, over))
    thread.start()
    port = listener.getsockname()[1]
    try:
        yield port
    finally:
        over.set()
        # Whoever waits for a caller gets one.
        with suppress(OSError), socket.create_connection((host, port), 5):
            pass
        thread.join()
        listener.close()


def _serve(listener: socket.socket, talk: Callable[[Talker], None], over: Event) -> None:
    while not over.is_set():
        connection, _ = listener.accept()
        with connection, suppress(OSError):
            if not over.is_set():
                talk(Talker(connection, over))


def soon(channel: Channel, message: Message) -> Delivery:
    """What a channel answers; a failure, and no hanging test, where it never does."""
    answer: Future[Delivery] = Future()
    Thread(target=lambda: answer.set_result(channel.deliver(message)), daemon=True).start()
    return answer.result(20)


def unused_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
