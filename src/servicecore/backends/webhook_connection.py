"""One request over HTTP to the address that was checked, done by a deadline (B10).

It stands on httpcore, what httpx itself stands on: no redirects, no cookies, no proxies of the
environment, no log line with a URL in it. The name of the host stays in the request, so that
the certificate is checked against it; the connection goes to the address.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterable, Mapping, Sequence

from attrs import frozen

from servicecore.backends.network import Deadline, first_connection
from servicecore.backends.quiet import quiet
from servicecore.errors import MissingExtra

try:
    import httpcore
    import httpx
except ImportError as missing:
    raise MissingExtra("webhooks", "webhook") from missing

PIECE = 16 * 1024
"""The bytes that are written in one go."""

NETWORK_PROBLEMS = (
    OSError,
    httpcore.NetworkError,
    httpcore.TimeoutException,
    httpcore.ProtocolError,
)
"""What is raised where no answer came, or none that is HTTP."""


@frozen
class Limits:
    """Seconds: for a connection, for each wait for the other side, and for everything together."""

    connect: float
    read: float
    total: float


@frozen
class Answer:
    """What came back: the status, and headers by their names in small letters."""

    status: int
    headers: Mapping[str, str]


class _Stream(httpcore.NetworkStream):
    """A connection whose every wait ends by the deadline, however slowly bytes drip in."""

    def __init__(self, inner: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._inner = inner
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, self._deadline.left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        # In pieces, for what is inside may wait anew for each few bytes that are taken.
        for start in range(0, len(buffer), PIECE):
            self._inner.write(buffer[start : start + PIECE], self._deadline.left(timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        left = self._deadline.left(timeout)
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, left), self._deadline)

    def get_extra_info(self, info: str) -> object:
        return self._inner.get_extra_info(info)


class _Pinned(httpcore.NetworkBackend):
    """Connects to the addresses that were checked, whatever the host is called."""

    def __init__(self, addresses: Sequence[str], deadline: Deadline) -> None:
        self._addresses = addresses
        self._deadline = deadline

    def connect_tcp(
        self,
        host: str,  # noqa: ARG002  # its addresses were looked up and checked before
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        def connect(address: str, seconds: float) -> httpcore.NetworkStream:
            most = min(seconds, timeout or seconds)
            return system.connect_tcp(address, port, most, local_address, socket_options)

        system = httpcore.SyncBackend()
        inner = first_connection(self._addresses, connect, self._deadline)
        return _Stream(inner, self._deadline)


def post(
    url: httpx.URL,
    addresses: Sequence[str],
    headers: Mapping[str, str],
    body: bytes,
    *,
    tls: ssl.SSLContext,
    limits: Limits,
    deadline: Deadline,
) -> Answer:
    """Post a body and give the answer; `NETWORK_PROBLEMS` where none came by the deadline.

    The status says it all: the body of an answer, of whatever size, is not read.
    """
    backend = _Pinned(addresses, deadline)
    target = httpcore.URL(
        scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
    )
    waits = {"connect": limits.connect, "read": limits.read, "write": limits.read}
    with (
        quiet(),
        httpcore.ConnectionPool(ssl_context=tls, network_backend=backend) as pool,
        pool.stream(
            "POST",
            target,
            headers=[(name.encode(), value.encode()) for name, value in headers.items()],
            content=body,
            extensions={"timeout": waits},
        ) as response,
    ):
        return Answer(
            response.status,
            {_text(name).lower(): _text(value) for name, value in response.headers},
        )


def told(problem: BaseException) -> str:
    """Why no answer came, without a word that somebody else may have put into it."""
    if isinstance(problem, TimeoutError | httpcore.TimeoutException):
        return "the endpoint did not answer in time"
    # The cause is taken off on the way out, the context is not.
    if isinstance(problem.__context__, ssl.SSLCertVerificationError):
        return "the certificate of the endpoint is not trusted"
    if isinstance(problem, httpcore.ProtocolError):
        return "the endpoint answered in something else than HTTP"
    return f"no connection to the endpoint: {type(problem).__name__}"


def trusting_the_world() -> ssl.SSLContext:
    """The certificates that the world knows, whatever the environment names."""
    return httpx.create_ssl_context(trust_env=False)


def _text(raw: bytes) -> str:
    return raw.decode("latin-1")
