"""Why a notice waits, in the order in which it is asked: overtaken, hours, digest, rate (B9).

Pure: from a record that is frozen, and what else is known, to what comes of its claim.
"""

from __future__ import annotations

from collections.abc import Iterable

from servicecore.instants import to_datetime, to_instant
from servicecore.notices import Notice, NoticeRecord, NoticeState, Rate, Reason
from servicecore.notices.contact import Contact
from servicecore.sla.calendar import Calendar
from servicecore.stores import Settlement

SPOKEN = frozenset({NoticeState.WAITING, NoticeState.DELIVERED, NoticeState.GATHERED})
"""What a notice has become that says more than an earlier one."""


def overtaken(record: NoticeRecord, others: Iterable[NoticeRecord]) -> Settlement | None:
    """Over, if a later notice of the same topic for the same recipient says more.

    `others` are all notices of the request, the oldest first.
    """
    notice = record.notice
    if not notice.topic or record.state is not NoticeState.WAITING:
        return None
    later = [each.notice for each in others if each.state in SPOKEN and _says_more(each, record)]
    if not later:
        return None
    reason = Reason.OVERTAKEN.of(later[-1].id)
    return Settlement(what="overtaken", reason=reason, state=NoticeState.OVERTAKEN)


def _says_more(other: NoticeRecord, record: NoticeRecord) -> bool:
    ours, theirs = record.notice, other.notice
    same = (theirs.topic, theirs.recipient) == (ours.topic, ours.recipient)
    return same and theirs.made > ours.made and other.id != record.id


def outside_hours(contact: Contact, notice: Notice, hours: Calendar, at: int) -> Settlement | None:
    """Held until the hours of the recipient begin, unless it is severe enough.

    Hours that never begin again leave it undelivered.
    """
    now = to_datetime(at)
    if contact.is_disturbed_by(notice) or hours.is_open(now):
        return None
    opens, reason = hours.next_open(now), Reason.OUTSIDE_HOURS.of(contact.hours)
    if opens is None:
        return Settlement(what="undelivered", reason=reason, state=NoticeState.UNDELIVERED)
    return Settlement(wake=to_instant(opens), what="held", reason=reason)


def before_digest(record: NoticeRecord, contact: Contact, at: int) -> Settlement | None:
    """Held until what came within the time of its digest is told together."""
    if contact.digest is None or not record.bundle:
        return None
    due = record.notice.made + contact.digest
    if due <= at:
        return None
    return Settlement(wake=due, what="held", reason=Reason.DIGEST.of())


def bundle_of(notice: Notice, contact: Contact) -> str:
    """What all notices for the same digest have in common; empty for one that waits for none."""
    if contact.digest is None or contact.is_disturbed_by(notice):
        return ""
    return f"{contact.channel} {contact.address} {contact.language}"


def over_the_rate(channel: str, rate: Rate, last: int, before: int) -> Settlement:
    """Held until the channel may do more, behind as many others as are `before` it.

    `last` is when its turn was taken last, of the as many turns as the rate allows.
    """
    free = last + rate.per * (1 + before // rate.most)
    return Settlement(wake=free, what="held", reason=Reason.RATE.of(channel))
