"""Text of others made harmless: of one line or of several, without what drives or reorders others.

What a fact says is shown as it is, but for characters that nobody sees: controls, marks that change
the direction of what stands around them, and halves of surrogate pairs.
"""

from __future__ import annotations

import re
import unicodedata

from servicecore.notices.facts import cut

JOINERS = "\u200c\u200d"
"""Between letters of some scripts, and in emoji: of no harm, and needed."""

_BREAKS = re.compile("\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]")


def line_of(text: str, longest: int) -> str:
    """A text as one line of at most so many characters.

    >>> line_of("a\\n\\tb\\x1b[31m \\u202ec", 20)
    'a b[31m c'
    """
    return cut(" ".join(_shown(_BREAKS.sub(" ", text)).split()), longest)


def lines_of(text: str, longest: int, most: int) -> tuple[str, ...]:
    """A text as lines, without empty ones at its ends; of at most so many characters and lines.

    >>> lines_of("\\none\\r\\n\\n  two\\n", 100, 10)
    ('one', '', '  two')
    """
    lines = [_shown(line.replace("\t", "    ")).rstrip() for line in _BREAKS.split(text)]
    whole = "\n".join(lines).strip("\n")
    shown = cut(whole, longest).split("\n")
    return tuple(shown) if len(shown) <= most else (*shown[: most - 1], "…")


def _shown(text: str) -> str:
    """The characters of a line that are there to be read."""
    if text.isprintable():
        return text
    return "".join(filter(None, map(_readable, text)))


def _readable(character: str) -> str:
    kind = unicodedata.category(character)
    if kind == "Cs":
        return "\ufffd"
    if character in JOINERS or kind == "Zs" or kind[0] != "C" or kind == "Cn":
        return character if not _is_noncharacter(character) else ""
    return " " if character == "\t" else ""


def _is_noncharacter(character: str) -> bool:
    """Whether Unicode keeps it free for ever; what is only not assigned yet may be a new sign."""
    number = ord(character)
    return 0xFDD0 <= number <= 0xFDEF or number & 0xFFFE == 0xFFFE
