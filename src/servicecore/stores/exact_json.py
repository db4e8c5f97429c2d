"""JSON that gives back exactly the text that was written, whatever it holds.

JSON writes a character beyond the first 65,536 as the two halves of a surrogate pair, and so cannot
tell it from a text that holds these halves by themselves. A mark between such halves tells.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from servicecore.errors import InvalidValue

MARK = "\uffff"
"""No character, and never to be one; a text that has it all the same is marked as well."""

_HALVES = re.compile("([\ud800-\udbff])(?=[\udc00-\udfff])")


def as_json(value: object, *, in_order: bool = False) -> str:
    """JSON in ASCII, without spaces; `InvalidValue` for a number of thousands of digits.

    With `in_order`, the same for tables that are equal, however they were made.
    """
    try:
        return json.dumps(value, separators=(",", ":"), allow_nan=False, sort_keys=in_order)
    except ValueError as problem:
        raise InvalidValue(f"it cannot be written as JSON: {problem}") from None


def write_exactly(value: object, *, in_order: bool = False) -> str:
    r"""JSON of which `read_exactly` gives the same.

    >>> read_exactly(write_exactly("\ud83d" + "\ude00")) == "\N{GRINNING FACE}"
    False
    >>> write_exactly("\N{GRINNING FACE}")
    '"\\ud83d\\ude00"'
    """
    written = as_json(value, in_order=in_order)
    if "\\ud" in written or "\\uffff" in written:
        return as_json(_everywhere(_marked, value), in_order=in_order)
    return written


def read_exactly(written: str) -> Any:
    """What was written by `write_exactly`, with lists for tuples."""
    value = json.loads(written)
    return _everywhere(_unmarked, value) if "\\uffff" in written else value


def _marked(text: str) -> str:
    return _HALVES.sub(f"\\1{MARK}1", text.replace(MARK, f"{MARK}0"))


def _unmarked(text: str) -> str:
    return text.replace(f"{MARK}1", "").replace(f"{MARK}0", MARK)


def _everywhere(change: Callable[[str], str], value: Any) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, Mapping):
        return {change(name): _everywhere(change, each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_everywhere(change, each) for each in value]
    return value
