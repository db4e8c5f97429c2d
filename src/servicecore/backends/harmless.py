r"""Text that others wrote, made harmless for whoever displays it.

What hides or reorders text, drives a terminal or ends a line of a protocol does not pass: control
characters, embeddings and overrides of the writing direction, halves of surrogate pairs and what
Unicode calls no characters. Isolates stay where they are in pairs, for names in a text that runs
the other way need them.
"""

from __future__ import annotations

import re
from unicodedata import category

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"

_BREAKS = re.compile("\r\n|[\r\v\f\x1c-\x1e\x85\u2028\u2029]")
_HARMFUL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u206a-\u206f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]"
)
_ISOLATES = re.compile("[\u2066-\u2069]")
_END_OF_ISOLATE = "\u2069"
_JOINERS = "\u200c\u200d"
"""They shape letters and emoji and show nothing by themselves."""


def lines(text: str) -> str:
    r"""A text of several lines, which end in ``\n``; what is harmful shows as `REPLACEMENT`.

    >>> lines("one\r\ntwo\0")
    'one\ntwo�'
    """
    clean = _HARMFUL.sub(REPLACEMENT, _BREAKS.sub("\n", text))
    if not _ISOLATES.search(clean):
        return clean
    return "\n".join(map(_paired, clean.split("\n")))


def one_line(text: str, most: int = 250) -> str:
    r"""A text as one line of `most` characters at most; a longer one ends in an ellipsis.

    >>> one_line("Hello\r\nBcc: eve@example.org")
    'Hello Bcc: eve@example.org'
    >>> one_line("abcdef", most=3)
    'ab…'
    """
    # A little more than is kept, so that a huge text costs no more than a long one.
    line = lines(text[: 4 * most]).replace("\n", " ").replace("\t", " ").strip()
    return line if len(line) <= most else _paired(line[: most - 1]) + "…"


def written_out(text: str) -> str:
    r"""One line in which everything that does not show is written out, for terminals and logs.

    >>> print(written_out("a\nb\x1b[2J"))
    a\nb\x1b[2J
    """
    return "".join(each if _is_shown(each) else repr(each)[1:-1] for each in text)


def _is_shown(character: str) -> bool:
    """Whether it shows; so do joiners by what they join, and spaces of every width."""
    return character.isprintable() or character in _JOINERS or category(character) == "Zs"


def _paired(line: str) -> str:
    """The line without isolates that are not ended, and ends of none."""
    kept, unended = list(line), []
    for found in _ISOLATES.finditer(line):
        if found[0] != _END_OF_ISOLATE:
            unended.append(found.start())
        elif unended:
            unended.pop()
        else:
            kept[found.start()] = REPLACEMENT
    for position in unended:
        kept[position] = REPLACEMENT
    return "".join(kept)
