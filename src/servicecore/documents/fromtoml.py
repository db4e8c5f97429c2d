"""TOML with the line of each of its parts.

The standard library reads the values and says what is no TOML; the scan here only finds where
keys and items stand, in text that is known to be TOML.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter

from attrs import Factory, define

from servicecore.documents.located import Located, Where
from servicecore.errors import Fault

_TOKEN = re.compile(
    r'''
    (?P<text> """ (?:[^\\]|\\.)*? "{3,5} | \'\'\' .*? '{3,5} | "(?:[^"\\\n]|\\.)*" | '[^'\n]*' )
    | (?P<comment> \#[^\n]* )
    | (?P<mark> [\[\]{}=,.\n] )
    | (?P<bare> [^\s\[\]{}=,.\#"']+ )
    ''',
    re.DOTALL | re.VERBOSE,
)
_PLACE = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")


def read_toml(text: str) -> Located:
    """The table in `text`; a `Fault` with its line where it is no TOML."""
    try:
        table = tomllib.loads(text)
    except ValueError as problem:
        place = _PLACE.search(str(problem))
        line = int(place[1]) if place and place[1] else None
        raise Fault((), f"is no TOML: {_PLACE.sub('', str(problem))}", line) from None
    scan = _Scan(_tokens(text))
    scan.statements()
    return Located(table, scan.lines)


def _tokens(text: str) -> list[tuple[str, int]]:
    found, line = [], 1
    for token in _TOKEN.finditer(text):
        if token.lastgroup != "comment":
            found.append((token[0], line))
        line += token[0].count("\n")
    return [*found, ("\n", line)]


@define
class _Scan:
    """Walks over the tokens once and notes the line of every key and item."""

    tokens: list[tuple[str, int]]
    at: int = 0
    lines: dict[Where, int] = Factory(dict)
    arrays: Counter[Where] = Factory(Counter)
    """How many tables each array of tables has so far."""

    def next(self) -> str:
        self.at += 1
        return self.tokens[self.at - 1][0]

    def peek(self) -> str:
        return self.tokens[self.at][0]

    def line(self) -> int:
        return self.tokens[self.at][1]

    def statements(self) -> None:
        """Headers and ``key = value``, to the end of the text."""
        table: Where = ()
        while self.at < len(self.tokens):
            if self.peek() == "\n":
                self.next()
            elif self.peek() == "[":
                table = self.header()
            else:
                self.member(table)

    def header(self) -> Where:
        line = self.line()
        self.next()
        repeated = self.peek() == "["
        if repeated:
            self.next()
        *outer, last = self.key()
        where: Where = ()
        for part in outer:
            where = self.newest((*where, part))
            self.lines.setdefault(where, line)
        where = (*where, last)
        self.lines.setdefault(where, line)
        if repeated:
            self.arrays[where] += 1
            where = self.newest(where)
        self.lines[where] = line
        self.at += 1 + repeated  # what closes the header
        return where

    def newest(self, where: Where) -> Where:
        """The last table of the array at `where`, or `where` itself where there is none."""
        return (*where, self.arrays[where] - 1) if where in self.arrays else where

    def key(self) -> list[str]:
        """The parts of a key that may have dots in it."""
        parts = [_unquoted(self.next())]
        while self.peek() == ".":
            self.next()
            parts.append(_unquoted(self.next()))
        return parts

    def member(self, table: Where) -> None:
        line = self.line()
        for part in self.key():
            table = (*table, part)
            self.lines.setdefault(table, line)
        self.next()  # the equals sign
        self.value(table)

    def value(self, where: Where) -> None:
        opening = self.next()
        if opening == "[":
            self.items(where)
        elif opening == "{":
            self.members(where)
        else:
            while self.peek() not in {"\n", ",", "]", "}"}:
                self.next()

    def items(self, where: Where) -> None:
        position = 0
        while self.peek() != "]":
            if self.peek() in {"\n", ","}:
                self.next()
                continue
            self.lines[*where, position] = self.line()
            self.value((*where, position))
            position += 1
        self.next()

    def members(self, where: Where) -> None:
        while self.peek() != "}":
            if self.peek() in {"\n", ","}:
                self.next()
                continue
            self.member(where)
        self.next()


def _unquoted(token: str) -> str:
    if token[0] not in "\"'":
        return token
    key: str = tomllib.loads(f"key = {token}")["key"]
    return key
