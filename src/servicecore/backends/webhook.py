"""Webhooks: notices to other programs, signed, and to nobody inside the house (B10).

The body is a CloudEvents 1.0 event in JSON, signed as Standard Webhooks say. Needs httpx and
standardwebhooks.
"""

from __future__ import annotations

import os
import re
import ssl
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from servicecore import __version__
from servicecore.backends.network import Deadline, Resolve, addresses_of, to_seconds
from servicecore.backends.webhook_addresses import as_networks, may_be_reached
from servicecore.backends.webhook_connection import (
    NETWORK_PROBLEMS,
    Answer,
    Limits,
    post,
    told,
    trusting_the_world,
)
from servicecore.backends.webhook_endpoint import Endpoint, endpoints_in
from servicecore.backends.webhook_event import CONTENT_TYPE, as_event, event_id
from servicecore.desk.wallclock import Clock, wall_clock
from servicecore.errors import InvalidValue
from servicecore.notices import Delivered, Delivery, Message, Permanent, Retry

__all__ = ["Endpoint", "WebhookChannel"]

LONGEST_WAIT = 24 * 60 * 60
"""The seconds that a receiver may ask for at most."""
ANOTHER_TIME = frozenset({408, 425, 429})
"""The refusals (4xx) that hold for now."""
GONE = 410
PREFIX = "SERVICECORE_WEBHOOK_"
_SOURCE = re.compile(r"[A-Za-z0-9/:%._~!$&'()*+,;=@?-]+")


class WebhookChannel:
    """Posts notices to endpoints; the address of a message is the name of one of them.

    So neither a URL nor a secret stands in the outbox. An endpoint on an address that is not public
    is refused, unless `allow_private` is true or lists its network, such as ``["10.0.0.0/8"]``.
    The name of a host is looked up once for each delivery, and the connection goes to one of the
    addresses that were checked. `timeout` is for everything but the looking up, `connect` for a
    connection, `read` for each wait. `tls` is a context of your own, for certificates that the
    world does not know; `clock` dates the signatures.
    """

    def __init__(
        self,
        endpoints: Mapping[str, Endpoint],
        *,
        allow_private: bool | Iterable[str] = False,
        timeout: timedelta | str = "15s",
        connect: timedelta | str = "5s",
        read: timedelta | str = "10s",
        source: str = "/servicecore",
        tls: ssl.SSLContext | None = None,
        clock: Clock = wall_clock,
        resolve: Resolve = addresses_of,
    ) -> None:
        if not _SOURCE.fullmatch(source):
            raise InvalidValue(f"source is {source!r}: expected a URI reference")
        self._endpoints = dict(endpoints)
        self._allowed = as_networks(allow_private)
        self._limits = Limits(
            connect=to_seconds(connect, "connect"),
            read=to_seconds(read, "read"),
            total=to_seconds(timeout),
        )
        self._source = source
        self._tls = tls or trusting_the_world()
        self._clock = clock
        self._resolve = resolve

    @classmethod
    def from_env(
        cls,
        environ: Mapping[str, str] = os.environ,
        *,
        prefix: str = PREFIX,
        allow_private: bool | Iterable[str] = False,
    ) -> WebhookChannel:
        """The channel with the endpoints of the environment.

        ``SERVICECORE_WEBHOOK_OPS_URL`` and ``SERVICECORE_WEBHOOK_OPS_SECRET`` make the endpoint
        `ops`. `InvalidValue` where there is none, or one cannot be used.
        """
        if not (endpoints := endpoints_in(environ, prefix)):
            raise InvalidValue(f"no variable {prefix}…_URL is set: expected one for each endpoint")
        return cls(endpoints, allow_private=allow_private)

    def deliver(self, message: Message) -> Delivery:
        """Post a message to its endpoint, and say what the answer means."""
        endpoint = self._endpoints.get(message.address)
        if endpoint is None:
            known = ", ".join(sorted(self._endpoints)) or "none"
            return Permanent(f"no endpoint goes by the name in the address. Known: {known}")
        try:
            body = as_event(message, self._source)
        except InvalidValue as problem:
            return Permanent(str(problem))
        return self._posted(endpoint, event_id(message), body)

    def _posted(self, endpoint: Endpoint, key: str, body: str) -> Delivery:
        try:
            addresses = self._resolve(endpoint.host, endpoint.port)
        except OSError:
            return Retry("the host of the endpoint has no address just now")
        if not all(may_be_reached(address, self._allowed) for address in addresses):
            return Permanent("the host of the endpoint has an address that is not public")
        deadline = Deadline.after(self._limits.total)
        now = self._clock()
        try:
            answer = post(
                endpoint.url,
                addresses,
                _headers(endpoint, key, body, now),
                body.encode(),
                tls=self._tls,
                limits=self._limits,
                deadline=deadline,
            )
        except NETWORK_PROBLEMS as problem:
            return Retry(told(problem))
        return verdict(answer, key, now)

    def __repr__(self) -> str:
        return f"WebhookChannel({', '.join(sorted(self._endpoints))})"


def verdict(answer: Answer, key: str, now: datetime) -> Delivery:
    """What an answer means for a delivery; `now` is what a date in `Retry-After` counts from.

    >>> verdict(Answer(503, {"retry-after": "120"}), "main/c1", datetime(2026, 3, 2, tzinfo=UTC))
    Retry(reason='the endpoint answered 503', after=120.0)
    """
    status = answer.status
    told = f"the endpoint answered {status}"
    if 200 <= status < 300:
        return Delivered(key)
    if status >= 500 or status in ANOTHER_TIME:
        return Retry(told, seconds_asked_for(answer.headers.get("retry-after", ""), now))
    if status == GONE:
        return Permanent(f"{told}: it is gone")
    if 300 <= status < 400:
        return Permanent(f"{told}: redirects are not followed")
    return Permanent(told)


def seconds_asked_for(written: str, now: datetime) -> float | None:
    """The seconds that `Retry-After` asks for, in figures or as a date; None for anything else.

    >>> seconds_asked_for("Mon, 02 Mar 2026 00:01:00 GMT", datetime(2026, 3, 2, tzinfo=UTC))
    60.0
    """
    if written.isascii() and written.isdigit():
        return float(min(int(written[:9]), LONGEST_WAIT))
    try:
        until = parsedate_to_datetime(written)
    except (TypeError, ValueError):
        return None
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return min(max((until - now).total_seconds(), 0.0), float(LONGEST_WAIT))


def _headers(endpoint: Endpoint, key: str, body: str, now: datetime) -> dict[str, str]:
    now = now.astimezone(UTC)
    return {
        "Host": endpoint.url.netloc.decode("ascii"),
        "Content-Type": CONTENT_TYPE,
        "User-Agent": f"servicecore/{__version__}",
        "Connection": "close",
        "webhook-id": key,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(
            signer.sign(msg_id=key, timestamp=now, data=body) for signer in endpoint.signers
        ),
        **endpoint.headers,
    }
