"""What a store keeps: the limits that hold for every one of them, so that none surprises anybody.

Names are what rows are found by, and PostgreSQL keeps neither a NUL nor half of a surrogate pair in
a text, nor a key of more than some thousand bytes.
"""

from __future__ import annotations

from collections.abc import Iterable

from servicecore.errors import InvalidValue
from servicecore.notices import Notice
from servicecore.stores.values import FILTERED, Summary, Write

LONGEST_NAME = 255
"""The characters of a name that rows are found by: a shard, a request, a command, a status …"""

LONGEST_RECIPIENT = LONGEST_NAME + 30
"""The characters of a recipient: what they are, such as a requester, and their name."""

LONGEST_ID = 1000
"""The characters of the id of a notice, which the ids of an event and of a step go into."""

MOST_BYTES_OF_ID = 1600
"""Those of the same id in UTF-8: with the shard it makes a key, which has to fit into a page."""

LONGEST_REASON = 1000
"""The characters of a reason; what is longer is cut, for it is an explanation and no data."""

MOST_CHARACTERS = 1_000_000
"""Those of one event or notice as JSON."""

EARLIEST, LATEST = -(2**62), 2**62
"""Between these, in microseconds, lies every instant that a store keeps."""


def check_name(name: object, what: str, longest: int = LONGEST_NAME) -> None:
    """Refuse a name that some database cannot keep (`InvalidValue`)."""
    if not isinstance(name, str) or not name:
        raise InvalidValue(f"the {what} is {name!r}: expected text")
    if len(name) > longest:
        raise InvalidValue(f"the {what} has {len(name)} characters: expected at most {longest}")
    if not is_storable(name):
        raise InvalidValue(f"the {what} is {name!r}: expected neither a NUL nor half a surrogate")


def is_storable(text: str) -> bool:
    """Whether every database can keep a text.

    >>> is_storable("Zoë"), is_storable("\\0"), is_storable("\\ud800")
    (True, False, False)
    """
    return "\0" not in text and not any("\ud800" <= each <= "\udfff" for each in text)


def as_reason(text: str) -> str:
    """A reason as it is kept: whole if it is short, with a mark for what no database can keep.

    >>> as_reason("no\\0 answer")
    'no\ufffd answer'
    """
    kept = "".join(each if is_storable(each) else "\ufffd" for each in text[: LONGEST_REASON + 1])
    return kept if len(kept) <= LONGEST_REASON else kept[: LONGEST_REASON - 1] + "…"


def check_id(id: object, what: str) -> None:
    """Refuse the id of a notice that some database cannot keep (`InvalidValue`)."""
    check_name(id, what, LONGEST_ID)
    size = len(str(id).encode())
    if size > MOST_BYTES_OF_ID:
        raise InvalidValue(
            f"the {what} takes {size} bytes in UTF-8: expected at most {MOST_BYTES_OF_ID}"
        )


def check_instant(instant: int | None, what: str) -> None:
    """Refuse what is no instant that every database can keep (`InvalidValue`)."""
    if instant is not None and (type(instant) is not int or not EARLIEST <= instant <= LATEST):
        raise InvalidValue(f"{what} is {instant!r}: expected microseconds of 64 bits")


def check_size(written: str, what: str) -> None:
    """Refuse what takes too much room (`InvalidValue`)."""
    if len(written) > MOST_CHARACTERS:
        raise InvalidValue(
            f"{what} has {len(written):,} characters: expected at most {MOST_CHARACTERS:,}"
        )


def check_writes(shard: str, writes: Iterable[Write]) -> None:
    """Refuse what cannot be appended, before anything is (`InvalidValue`)."""
    check_name(shard, "name of the shard")
    seen = set()
    for write in writes:
        _check_write(write)
        if write.request in seen:
            raise InvalidValue(f"{write.request!r} is written to twice: expected one write for it")
        seen.add(write.request)


def _check_write(write: Write) -> None:
    check_name(write.request, "id of the request")
    check_instant(write.wake, "wake")
    check_summary(write.summary, write.request)
    for event in write.events:
        if event.request != write.request:
            raise InvalidValue(
                f"an event of {event.request!r} is written to {write.request!r}: "
                "expected the events of one request"
            )
    for notice in write.notices:
        _check_notice(notice)


def check_summary(summary: Summary, request: str) -> None:
    """Refuse a summary that some database cannot keep (`InvalidValue`)."""
    check_instant(summary.opened, "opened")
    for name in FILTERED:
        value = getattr(summary, name)
        if value is not None:
            check_name(value or " ", f"{name} of {request!r}")


def _check_notice(notice: Notice) -> None:
    check_id(notice.id, "id of the notice")
    check_name(notice.request, "request of the notice")
    check_name(notice.template, "template of the notice")
    check_name(notice.recipient, "recipient of the notice", LONGEST_RECIPIENT)
    check_name(notice.topic or " ", "topic of the notice")
    check_name(notice.cause or " ", "cause of the notice", LONGEST_ID)
    check_instant(notice.made, "made_at")
