"""What channels that talk over a network have in common: deadlines, addresses, dialling."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import TypeVar

from attrs import frozen

from servicecore.instants import SECOND, to_period

Connection = TypeVar("Connection")

Resolve = Callable[[str, int], Sequence[str]]
"""What gives the addresses of a host by its name and port, as text; `OSError` where it has none."""


@frozen
class Deadline:
    """When something has to be over, on a clock that nobody sets.

    >>> Deadline.after(60).left(most=5)
    5
    """

    ends: float

    @classmethod
    def after(cls, seconds: float) -> Deadline:
        """The deadline in so many seconds."""
        return cls(time.monotonic() + seconds)

    @property
    def is_over(self) -> bool:
        """Whether no time is left."""
        return time.monotonic() >= self.ends

    def left(self, most: float | None = None) -> float:
        """The seconds that are left, `most` of them at most; `TimeoutError` where none are."""
        left = self.ends - time.monotonic()
        if left <= 0:
            raise TimeoutError("the deadline has passed")
        return left if most is None else min(left, most)


def to_seconds(value: timedelta | str, name: str = "timeout") -> float:
    """The seconds of a timeout; `InvalidValue` where it is none.

    >>> to_seconds("1m30s")
    90.0
    """
    return to_period(value, name) / SECOND


def addresses_of(host: str, port: int) -> Sequence[str]:
    """The addresses of a host as the system knows them, each once; `OSError` where it has none.

    It takes as long as the system's resolver takes.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError:
        raise OSError("what cannot be the name of a host was looked up") from None
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def first_connection(
    addresses: Sequence[str], connect: Callable[[str, float], Connection], deadline: Deadline
) -> Connection:
    """The connection to the first address that answers; the time that is left is shared out.

    `connect` is given an address and seconds. Where nobody answers, the last error is raised.
    """
    if not addresses:
        raise OSError("a host without addresses was to be reached")
    *others, last = addresses
    for position, address in enumerate(others):
        try:
            return connect(address, deadline.left() / (len(addresses) - position))
        except Exception:  # noqa: BLE001, S112  # of whatever kind: the next address is tried
            continue
    return connect(last, deadline.left())
