"""How a log's file is written down."""

from __future__ import annotations

import codecs

from attrs import frozen

from servicecore.errors import InvalidValue


@frozen(kw_only=True)
class Dialect:
    """How the file is written down.

    An empty cell says nothing, and so does one that is in `nulls`. An empty `quote` means that
    quotation marks are ordinary characters.
    """

    delimiter: str = ","
    quote: str = '"'
    encoding: str = "utf-8"
    nulls: frozenset[str] = frozenset()

    def __attrs_post_init__(self) -> None:
        check_delimiter(self.delimiter)
        check_quote(self.quote, self.delimiter)
        check_encoding(self.encoding)


def check_delimiter(delimiter: str) -> None:
    """Refuse what cannot stand between two cells."""
    if len(delimiter) != 1 or delimiter in "\r\n":
        raise InvalidValue(f"the delimiter is {delimiter!r}: expected one character")


def check_quote(quote: str, delimiter: str) -> None:
    """Refuse what cannot stand around a cell."""
    if len(quote) > 1 or quote in {delimiter, "\r", "\n"}:
        expected = "one character other than the delimiter, or '' for none"
        raise InvalidValue(f"the quote is {quote!r}: expected {expected}")


def check_encoding(encoding: str) -> None:
    """Refuse an encoding that Python does not know, or that is none of text."""
    expected = "one that Python knows, such as 'utf-8' or 'cp1252'"
    try:
        codecs.lookup(encoding)
    except (LookupError, ValueError):
        raise InvalidValue(f"unknown encoding {encoding!r}: expected {expected}") from None
    try:
        # Python knows encodings of bytes and one that always fails; their names tell neither.
        "a".encode(encoding).decode(encoding)
    except (LookupError, ValueError):
        raise InvalidValue(f"{encoding!r} is no encoding of text: expected {expected}") from None
