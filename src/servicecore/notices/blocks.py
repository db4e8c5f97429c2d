"""Letters: what a template gives, as a subject and blocks, which plain text and HTML are made of.

A template is written like a letter. Its first paragraph is the subject; empty lines stand between
paragraphs; lines that begin with ``- `` are a list. Nothing that is filled in can make any of this,
for it has no line breaks: what has some is put in by `quoted` and is a block of its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import Literal

from attrs import frozen

from servicecore.messages.wording import END_OF_ISOLATE, ISOLATE
from servicecore.notices.facts import cut

Kind = Literal["paragraph", "list", "quote", "heading"]

QUOTE = "\x02"
"""What a line of a quotation begins with; facts have no such character."""

ITEM = "- "
INDENT = "    "
"""What a line of a quotation begins with in plain text."""

LONGEST_SUBJECT = 150


@frozen
class Block:
    """Some lines that belong together: a paragraph, a list, a quotation, a heading."""

    kind: Kind
    lines: tuple[str, ...]


def quoted(lines: Iterable[str]) -> str:
    """Lines as a template takes them up: a block of their own."""
    return "\n".join(["", "", *(f"{QUOTE}{line}" for line in lines), "", ""])


def letter(rendered: str) -> tuple[str, tuple[Block, ...]]:
    """The subject and the blocks of what a template gives.

    >>> letter("R1: done\\n\\nIt is done.\\n- one\\n- two\\n")
    ('R1: done', (Block(kind='paragraph', lines=('It is done.',)), \
Block(kind='list', lines=('one', 'two'))))
    """
    first, *others = blocks_of(rendered, QUOTE) or [Block("paragraph", ())]
    return _closed(cut(" ".join(first.lines), LONGEST_SUBJECT)), tuple(others)


def _closed(line: str) -> str:
    """A line that may have been cut within an isolate, with its end."""
    return line + END_OF_ISOLATE * (line.count(ISOLATE) - line.count(END_OF_ISOLATE))


def blocks_of_plain(text: str) -> tuple[Block, ...]:
    """The blocks of plain text that was made of some."""
    return tuple(blocks_of(text, INDENT))


def blocks_of(text: str, quote: str) -> list[Block]:
    """The blocks of a text in which the lines of quotations begin as it says."""
    lines = (_read(line, quote) for line in text.split("\n"))
    grouped = groupby(lines, key=lambda line: line[0])
    return [Block(kind, tuple(text for _, text in said)) for kind, said in grouped if kind != GAP]


GAP: Literal["gap"] = "gap"


def _read(line: str, quote: str) -> tuple[Kind | Literal["gap"], str]:
    if line.startswith(quote):
        return "quote", line.removeprefix(quote)
    text = line.strip()
    if text.startswith(ITEM):
        return "list", text.removeprefix(ITEM)
    return ("paragraph", text) if text else (GAP, "")
