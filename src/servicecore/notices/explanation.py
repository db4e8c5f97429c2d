"""Why somebody was notified, or not, or not yet: the record of a notice in words (B9)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import zip_longest
from types import MappingProxyType

from servicecore.instants import to_datetime
from servicecore.messages import Messages, as_messages
from servicecore.notices.notice import Notice
from servicecore.notices.reasons import Reason
from servicecore.notices.record import NoticeRecord, NoticeState, Remark
from servicecore.notices.rules import DEFAULT_NOTICES

WORDS: Mapping[str, tuple[str, ...]] = MappingProxyType({
    "notice": (*dict.fromkeys(rule.template for rule in DEFAULT_NOTICES), "digest"),
    "notice state": (*NoticeState, "held", "failed"),
    "reason": tuple(Reason),
    "recipient": (
        "customer", "requester", "approver", "person", "group", "role", "custodian",
        "business owner",
    ),
})  # fmt: skip
"""Our own words that these explanations meet in data, by what they are the word for."""


def explain(record: NoticeRecord, language: str | Messages = "en") -> str:
    """What became of a notice, when, and why, line by line.

    In a language that has messages, such as ``"ru"``; instants in the zone of these, else in UTC
    (see `messages_in` and `Messages.in_zone`).

    >>> notice = Notice(id="n1", request="R1", template="resolved", recipient="requester: ann",
    ...                 made_at=0)
    >>> held = Remark(0, "held", Reason.OUTSIDE_HOURS.of("office"))
    >>> record = NoticeRecord(shard="main", notice=notice, remarks=(held,), wake=3_600_000_000)
    >>> print(explain(record))
    resolved for requester: ann: waiting
      Thu 1 Jan 1970 00:00: made
      Thu 1 Jan 1970 00:00: held until Thu 1 Jan 1970 01:00: outside their hours: office
    """
    return "\n".join(_lines(record, as_messages(language)))


def explain_all(records: Iterable[NoticeRecord], language: str | Messages = "en") -> str:
    """What became of several notices, such as all those of a request, in the order given.

    >>> explain_all([])
    'no notices'
    """
    messages = as_messages(language)
    told = [line for record in records for line in _lines(record, messages)]
    return "\n".join(told or [messages.text("no notices")])


def _lines(record: NoticeRecord, messages: Messages) -> Iterator[str]:
    notice = record.notice
    yield messages.text(
        "{notice} for {recipient}: {state}",
        notice=messages.word("notice", notice.template),
        recipient=_recipient(notice, messages),
        state=messages.word("notice state", str(record.state)),
    )
    yield _at(notice.made, messages.text("made"), messages)
    if record.contact is not None:
        channel, address = record.contact.channel, record.contact.address
        yield "  " + messages.text("by {channel} to {address}", channel=channel, address=address)
    later = [remark.instant for remark in record.remarks[1:]]
    for remark, following in zip_longest(record.remarks, later, fillvalue=None):
        if remark is not None:
            until = record.wake if following is None else following
            yield _at(remark.instant, _remark(remark, until, messages), messages)


def _at(instant: int, what: str, messages: Messages) -> str:
    when = messages.when(to_datetime(instant, messages.zone))
    return "  " + messages.text("{when}: {what}", when=when, what=what)


def _recipient(notice: Notice, messages: Messages) -> str:
    kind = messages.word("recipient", notice.kind)
    if not notice.name:
        return kind
    return messages.text("{kind}: {name}", kind=kind, name=notice.name)


def _remark(remark: Remark, until: int | None, messages: Messages) -> str:
    """One thing that happened to it; what waits for something says until when."""
    what = messages.word("notice state", remark.what)
    if not remark.reason:
        return what
    reason = _reason(remark.reason, messages)
    if Reason.read(remark.reason)[0] in _TELLING:
        return reason
    if until is not None and remark.what in _WAITING:
        when = messages.when(to_datetime(until, messages.zone))
        if remark.what == "held":
            return messages.text("held until {until}: {reason}", until=when, reason=reason)
        return messages.text("failed: {reason}; next attempt {until}", until=when, reason=reason)
    return messages.text("{what}: {reason}", what=what, reason=reason)


_WAITING = ("held", "failed")
_TELLING = (Reason.OVERTAKEN, Reason.WITHHELD, Reason.GATHERED)
"""Reasons that say themselves what happened."""


def _reason(text: str, messages: Messages) -> str:
    """A reason of ours in the language, with its detail; somebody's own as it is."""
    reason, detail = Reason.read(text)
    if reason is None:
        return text
    words = messages.word("reason", str(reason))
    if not detail:
        return words
    return messages.text("{reason}: {detail}", reason=words, detail=detail)
