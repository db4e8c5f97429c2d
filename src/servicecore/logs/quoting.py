"""Text of a log as it stands in messages."""

from __future__ import annotations

from reprlib import Repr

MOST_CHARACTERS = 80

_short = Repr()
_short.maxstring = _short.maxother = MOST_CHARACTERS


def quoted(value: object) -> str:
    r"""A value for a message: in quotation marks, short, and with nothing that drives a terminal.

    >>> print(quoted("a\x1b[2Jb"))
    'a\x1b[2Jb'
    >>> len(quoted("x" * 100_000))
    80
    """
    return _short.repr(value)


def unquoted(text: str) -> str:
    """The same without the quotation marks, for names in a list."""
    return quoted(text)[1:-1]


def printable(line: str) -> str:
    r"""A whole line for a terminal, with nothing in it that drives one.

    >>> print(printable("3 × \x1b[2J closed"))
    3 × \x1b[2J closed
    """
    return "".join(each if each.isprintable() else repr(each)[1:-1] for each in line)


def counted(number: int, noun: str) -> str:
    """A number with its noun.

    >>> counted(1, "row"), counted(2_000, "row")
    ('1 row', '2,000 rows')
    """
    return f"{number:,} {noun}" + ("" if number == 1 else "s")
