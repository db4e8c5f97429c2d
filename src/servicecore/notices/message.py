"""Messages: what a channel delivers, and what it says of it (B9)."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import field, frozen

from servicecore.errors import InvalidValue
from servicecore.instants import DateTime, to_datetime
from servicecore.notices.contact import Text
from servicecore.notices.notice import Severity
from servicecore.requests import Fact


@frozen(kw_only=True)
class Message:
    """What a channel delivers: a text for one address, frozen before the first attempt (B9).

    `key` is the same in every attempt, so that a receiver can tell a repeat. Messages with the same
    `thread` belong together. `made` is when the notice was made, in microseconds.
    """

    key: str
    shard: str
    request: str
    template: str
    recipient: str
    channel: str
    address: str
    language: str
    text: Text
    severity: Severity = Severity.NORMAL
    made: int
    facts: Mapping[str, Fact] = field(factory=dict, hash=False)

    @property
    def made_at(self) -> DateTime:
        """When the notice was made, in UTC."""
        return to_datetime(self.made)

    @property
    def thread(self) -> str:
        """What messages about the same request have in common."""
        return f"{self.shard}/{self.request}"


@frozen
class Delivered:
    """The channel has taken the message over; `reference` is what it calls it."""

    reference: str = ""


@frozen
class Retry:
    """It did not work now and may work later; `after` so many seconds at least, if that is known.

    The reason is kept on record: it must hold no secret. Raises `InvalidValue` for an `after` that
    is no number of seconds.
    """

    reason: str
    after: float | None = None

    def __attrs_post_init__(self) -> None:
        after = self.after
        if after is None or (type(after) in (int, float) and 0 <= after < float("inf")):
            return
        raise InvalidValue(f"after is {after!r}: expected seconds, 0 or more, or None")


@frozen
class Permanent:
    """It will never work; the reason is kept on record and must hold no secret."""

    reason: str


Delivery = Delivered | Retry | Permanent
