"""A conversation with a mail server that ends by a deadline, however slowly the server speaks."""

from __future__ import annotations

import io
import smtplib
import socket
import ssl
from base64 import b64encode
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from attrs import field, frozen

from servicecore.backends.network import Deadline, addresses_of, first_connection

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer  # these are of type checkers alone

PIECE = 16 * 1024
"""The bytes that are sent in one go."""
MOST_READ = 256 * 1024
"""The bytes of replies that are read; no server has more to say about one mail."""
GOODBYE = 2.0
"""The seconds that a server has to say goodbye; the mail is handed over by then."""


@frozen(kw_only=True)
class Server:
    """A mail server: where it is, how it is spoken to, and who speaks.

    `security` is ``"starttls"``, ``"tls"`` or ``"none"``; `greeting` the name that we go by.
    """

    host: str
    port: int
    security: str
    tls: ssl.SSLContext | None = field(repr=False)
    user: str = field(repr=False)
    password: str = field(repr=False)
    greeting: str

    def gives_away(self, text: str) -> bool:
        """Whether a text repeats the password, as it is or as it is sent."""
        if not self.password:
            return False
        sent = (self.password, f"\0{self.user}\0{self.password}")
        forms = (self.password, *(b64encode(form.encode()).decode() for form in sent))
        return any(form in text for form in forms)


class Session(smtplib.SMTP):
    """A connection to a server, with everything done that comes before a mail."""

    def __init__(self, server: Server, deadline: Deadline) -> None:
        self._server = server
        self._deadline = deadline
        super().__init__(server.host, server.port, local_hostname=server.greeting)
        try:
            self._introduce()
        except BaseException:
            self.close()
            raise

    def _introduce(self) -> None:
        if self._server.security == "starttls":
            # It raises where the server does not offer it: nothing goes out unencrypted.
            self.starttls(context=self._server.tls)
        self.ehlo_or_helo_if_needed()
        if self._server.user:
            self.login(self._server.user, self._server.password)

    def end(self) -> None:
        """Say goodbye, without waiting long: whatever comes now, the mail is handed over."""
        with suppress(smtplib.SMTPException, OSError):
            self._deadline = Deadline.after(self._deadline.left(GOODBYE))
            self.quit()
        self.close()

    def _left(self) -> float:
        return self._deadline.left()

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:  # noqa: ARG002  # the deadline is ours
        def connect(address: str, seconds: float) -> socket.socket:
            return socket.create_connection((address, port), seconds)

        plain = first_connection(addresses_of(host, port), connect, self._deadline)
        if self._server.security != "tls" or self._server.tls is None:
            return plain
        plain.settimeout(self._left())
        return self._server.tls.wrap_socket(plain, server_hostname=host)

    def send(self, s: ReadableBuffer | str) -> None:
        """Send in pieces, each of them by the deadline."""
        data = s.encode(self.command_encoding) if isinstance(s, str) else bytes(s)
        for start in range(0, len(data), PIECE):
            if self.sock:
                self.sock.settimeout(self._left())
            super().send(data[start : start + PIECE])

    def getreply(self) -> tuple[int, bytes]:
        """Read a reply, each byte of it by the deadline."""
        if self.file is None and self.sock:
            self.file = io.BufferedReader(_Incoming(self.sock, self._left))
        return super().getreply()


class _Incoming(io.RawIOBase):
    """What a socket receives: each byte of it by a deadline, and not without end."""

    def __init__(self, source: socket.socket, left: Callable[[], float]) -> None:
        self._source = source
        self._left = left
        self._read = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        if self._read > MOST_READ:
            raise OSError("the server does not stop talking")
        self._source.settimeout(self._left())
        size = self._source.recv_into(memoryview(buffer))
        self._read += size
        return size
