"""Records: what has become of a notice, and why (B9)."""

from __future__ import annotations

from enum import StrEnum

from attrs import frozen

from servicecore.instants import DateTime, to_datetime
from servicecore.notices.contact import Contact, Text
from servicecore.notices.message import Message
from servicecore.notices.notice import Notice


class NoticeState(StrEnum):
    """What has become of a notice."""

    WAITING = "waiting"
    """It is to be delivered, now or later."""
    DELIVERED = "delivered"
    OVERTAKEN = "overtaken"
    """A later notice of the same topic says more."""
    WITHHELD = "withheld"
    """Somebody decided against it: a plugin, or contacts that are none."""
    SPREAD = "spread"
    """It goes to several contacts, each with a row of its own."""
    GATHERED = "gathered"
    """It is told in a digest, which is a row of its own."""
    UNDELIVERED = "undelivered"
    """It failed for good: a dead letter, until somebody requeues it."""


@frozen
class Remark:
    """One thing that happened to a notice, and when (in microseconds): why it was or was not told.

    `what` is ``"held"``, ``"failed"`` or the state that it came to.
    """

    instant: int
    what: str
    reason: str = ""

    @property
    def at(self) -> DateTime:
        """When, in UTC."""
        return to_datetime(self.instant)


@frozen(kw_only=True)
class NoticeRecord:
    """A notice as it stands in the outbox of a store.

    `wake` is when it is to be looked at (again), in microseconds; None when nothing more is to be
    done. `contact` and `text` are None until both are frozen, which is before the first attempt.
    Those of the same `bundle` are waiting for the same digest; `went_into` is the id of the digest,
    `out_of` that of the notice that went to several contacts. `attempts` counts how often it was
    claimed since something last went well.
    """

    shard: str
    notice: Notice
    state: NoticeState = NoticeState.WAITING
    wake: int | None = None
    contact: Contact | None = None
    text: Text | None = None
    bundle: str = ""
    went_into: str = ""
    out_of: str = ""
    attempts: int = 0
    remarks: tuple[Remark, ...] = ()

    @property
    def id(self) -> str:
        """That of its notice, which no other row of the shard has."""
        return self.notice.id

    @property
    def message(self) -> Message | None:
        """What is delivered; None before it is frozen."""
        if self.contact is None or self.text is None:
            return None
        notice, contact = self.notice, self.contact
        return Message(
            key=f"{self.shard}/{notice.id}",
            shard=self.shard,
            request=notice.request,
            template=notice.template,
            recipient=notice.recipient,
            channel=contact.channel,
            address=contact.address,
            language=contact.language,
            text=self.text,
            severity=notice.severity,
            made=notice.made,
            facts=notice.facts,
        )
