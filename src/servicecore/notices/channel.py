"""Channels: what delivers messages. A host registers its own, by name."""

from __future__ import annotations

from datetime import timedelta
from typing import Protocol, cast, runtime_checkable

from attrs import field, frozen

from servicecore.errors import InvalidValue
from servicecore.instants import to_period
from servicecore.notices.message import Delivery, Message


@runtime_checkable
class Channel(Protocol):
    """What delivers messages: mail, a webhook, a chat, a line in a log.

    A channel keeps no state of its own about retries, and is called from a thread of its own. The
    same message may come more than once, with the same key.
    """

    def deliver(self, message: Message) -> Delivery:
        """Deliver a message, and say what came of it.

        An exception counts as a `Retry`; its type alone goes on record, for its text may hold what
        is secret.
        """
        ...


def _per(value: timedelta | str) -> int:
    return to_period(value, "per")


@frozen
class Rate:
    """So many messages in any stretch of time that is that long; `per` in microseconds.

    They may come all at once, and then none until as much time has passed.

    >>> Rate(30, "1m").per
    60000000
    """

    most: int
    per: int = field(converter=_per)

    def __attrs_post_init__(self) -> None:
        if type(self.most) is not int or self.most < 1:
            raise InvalidValue(f"most is {self.most!r}: expected a whole number, 1 or more")


def _timeout(value: timedelta | str) -> int:
    return to_period(value, "timeout")


@frozen
class Line:
    """A channel as it is registered: with its name, how long it may take, and how much it may do.

    `timeout` is in microseconds. What has not answered by then counts as failed, and is tried again
    later; whoever else waits goes on.
    """

    name: str
    channel: Channel
    timeout: int = field(default=cast(int, "30s"), converter=_timeout)  # attrs converts it
    rate: Rate | None = None

    def __attrs_post_init__(self) -> None:
        if not str(self.name).strip():
            raise InvalidValue(f"the name of a channel is {self.name!r}: expected text")
        if self.rate is not None and not isinstance(self.rate, Rate):
            raise InvalidValue(f"rate is {self.rate!r}: expected a Rate, such as Rate(30, '1m')")
        if isinstance(self.channel, type) or not isinstance(self.channel, Channel):
            raise InvalidValue(
                f"the channel {self.name!r} is {self.channel!r}: expected an object with deliver()"
            )
