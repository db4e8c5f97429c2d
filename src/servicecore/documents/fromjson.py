"""JSON with the line of each of its parts."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import NoReturn

from servicecore.documents.located import Located, Where
from servicecore.errors import Fault

# Enough to find keys and items in text that is known to be JSON.
_SYMBOL = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{},:]|\n|[^\s\[\]{},:"]+')


def read_json(text: str) -> Located:
    """The value in `text`; a `Fault` with its line where it is no JSON."""
    try:
        value = json.loads(text, parse_constant=_refuse_constant)
    except json.JSONDecodeError as problem:
        raise Fault((), f"is no JSON: {problem.msg}", problem.lineno) from None
    except ValueError as problem:
        raise Fault((), f"is no JSON: {problem}") from None
    located = Located(value)
    _locate(_symbols(text), (), located)
    return located


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of JSON")


def _symbols(text: str) -> Iterator[tuple[str, int]]:
    line = 1
    for symbol in _SYMBOL.findall(text):
        if symbol == "\n":
            line += 1
        else:
            yield symbol, line


def _locate(symbols: Iterator[tuple[str, int]], where: Where, located: Located) -> bool:
    """Note the lines of one value's parts; false where a bracket closed in its place."""
    symbol, line = next(symbols)
    if where and isinstance(where[-1], int) and symbol != "]":
        located.lines[where] = line
    if symbol == "[":
        position = 0
        while _locate(symbols, (*where, position), located) and next(symbols)[0] == ",":
            position += 1
    elif symbol == "{":
        _locate_members(symbols, where, located)
    return symbol != "]"


def _locate_members(symbols: Iterator[tuple[str, int]], where: Where, located: Located) -> None:
    for key, line in symbols:
        if key == "}":
            return
        if key == ",":
            continue
        member = (*where, json.loads(key))
        located.note_key(member, line)
        next(symbols)  # the colon
        _locate(symbols, member, located)
