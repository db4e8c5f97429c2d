"""Contacts: how a recipient is reached, and the text that they are told (B9)."""

from __future__ import annotations

from datetime import timedelta

from attrs import field, frozen

from servicecore.errors import InvalidValue
from servicecore.instants import to_period, zone_named
from servicecore.notices.notice import Notice, Severity, as_severity


def _gathering(every: timedelta | str | None) -> int | None:
    return None if every is None else to_period(every, "digest")


@frozen(kw_only=True)
class Contact:
    """One way to reach a recipient.

    `channel` is the name of a channel and `address` what that channel understands. `hours` is the
    name of a calendar: outside of it they are left in peace, unless the notice is as severe as
    `disturbed_by`; without one they may be told at any time. With `digest`, such as ``"1h"``, what
    comes within that time is told together; a notice that may disturb them is told at once. `zone`
    is the time zone in which they read instants, such as ``"Asia/Tokyo"``; that of the desk where
    it is empty.

    >>> Contact(channel="mail", address="ann@example.org", language="ar").digest is None
    True
    """

    channel: str
    address: str
    language: str = "en"
    hours: str = ""
    disturbed_by: Severity = field(default=Severity.URGENT, converter=as_severity)
    digest: int | None = field(default=None, converter=_gathering)
    zone: str = ""

    def __attrs_post_init__(self) -> None:
        for name in ("channel", "address", "language"):
            value = getattr(self, name)
            if not isinstance(value, str) or not value.strip():
                raise InvalidValue(f"the {name} of a contact is {value!r}: expected text")
        if not isinstance(self.hours, str):
            raise InvalidValue(f"hours is {self.hours!r}: expected the name of a calendar")
        if self.zone:
            zone_named(self.zone)

    def is_disturbed_by(self, notice: Notice) -> bool:
        """Whether the notice is severe enough to be told at any time, and at once."""
        order = list(Severity)
        return order.index(notice.severity) >= order.index(self.disturbed_by)


@frozen(kw_only=True)
class Text:
    """What a notice says: a subject, plain text, and the same in HTML or nothing."""

    subject: str
    plain: str
    html: str = ""

    def __attrs_post_init__(self) -> None:
        for name in ("subject", "plain", "html"):
            if not isinstance(value := getattr(self, name), str):
                raise InvalidValue(f"the {name} of a text is {value!r}: expected text")


@frozen
class Withhold:
    """The answer of a plugin that does not want a notice to be sent, and why."""

    reason: str
