"""What is put on record of a notice as JSON, and back: its contact, its text and its remarks."""

from __future__ import annotations

from collections.abc import Iterable

from servicecore.errors import InvalidValue
from servicecore.instants import to_timedelta
from servicecore.notices import Contact, Remark, Text
from servicecore.stores.exact_json import read_exactly, write_exactly
from servicecore.stores.limits import check_size


def write_contact(contact: Contact | None) -> str | None:
    """A contact as JSON; None for none.

    >>> write_contact(Contact(channel="mail", address="bo@example.org", digest="1s"))
    '["mail","bo@example.org","en","","","urgent",1000000]'
    """
    if contact is None:
        return None
    said = (contact.channel, contact.address, contact.language, contact.zone, contact.hours)
    return _sized([*said, str(contact.disturbed_by), contact.digest], "a contact")


def read_contact(written: str | None) -> Contact | None:
    """The contact of a JSON text that `write_contact` gave."""
    if written is None:
        return None
    try:
        channel, address, language, zone, hours, disturbed_by, digest = read_exactly(written)
        return Contact(
            channel=channel,
            address=address,
            language=language,
            zone=zone,
            hours=hours,
            disturbed_by=disturbed_by,
            digest=None if digest is None else to_timedelta(digest),
        )
    except (TypeError, ValueError, RecursionError) as problem:
        raise _unreadable("contact", written, problem) from None


def write_text(text: Text | None) -> str | None:
    """A text as JSON; None for none.

    >>> write_text(Text(subject="Done", plain="All is well."))
    '["Done","All is well.",""]'
    """
    return None if text is None else _sized([text.subject, text.plain, text.html], "a text")


def read_text(written: str | None) -> Text | None:
    """The text of a JSON text that `write_text` gave."""
    if written is None:
        return None
    try:
        subject, plain, html = read_exactly(written)
        return Text(subject=subject, plain=plain, html=html)
    except (TypeError, ValueError, RecursionError) as problem:
        raise _unreadable("text", written, problem) from None


def write_remarks(remarks: Iterable[Remark]) -> str:
    """Remarks as JSON; there is an end to their number and size already.

    >>> write_remarks([Remark(5, "failed", "timed out: 30s")])
    '[[5,"failed","timed out: 30s"]]'
    """
    return write_exactly([[each.instant, each.what, each.reason] for each in remarks])


def read_remarks(written: str) -> tuple[Remark, ...]:
    """The remarks of a JSON text that `write_remarks` gave."""
    try:
        return tuple(
            Remark(instant, what, reason) for instant, what, reason in read_exactly(written)
        )
    except (TypeError, ValueError, RecursionError) as problem:
        raise _unreadable("remarks", written, problem) from None


def _sized(value: object, what: str) -> str:
    written = write_exactly(value)
    check_size(written, what)
    return written


def _unreadable(what: str, written: str, problem: Exception) -> InvalidValue:
    return InvalidValue(
        f"the {what} of a stored notice cannot be read ({type(problem).__name__}: {problem}): "
        f"expected what is written there, found {written!r:.200}"
    )
