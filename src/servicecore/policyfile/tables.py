"""Reading a table key by key, so that everything wrong in it is found at once.

A reader takes what is written and gives what it means; where it means nothing, it raises
`InvalidValue` or a `FaultyTable`, and the functions here note that under its key and go on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from reprlib import repr as shortened
from typing import Any, TypeVar

from servicecore.errors import InvalidValue
from servicecore.faults import Faults
from servicecore.instants import to_instant

Value = TypeVar("Value")
Readers = Mapping[str, Callable[[object], object]]
"""What reads each key of a table."""

NOTHING: Mapping[str, str] = {}
INSTANT = "an instant with its offset, such as '2026-01-01T00:00:00+01:00'"


def fields_of(
    written: object,
    readers: Readers,
    expected: str,
    required: Mapping[str, str] = NOTHING,
) -> dict[str, Any]:
    """What a table says: each of its keys, as the reader of that key reads it.

    `required` says what is expected where a key is missing. Raises `FaultyTable` with every fault.

    >>> fields_of({"nmae": 7}, {"name": text}, "a policy", {"name": "what it is called"})
    Traceback (most recent call last):
    ...
    servicecore.faults.FaultyTable: a policy: nmae: unknown key; did you mean 'name'?; name: \
missing; expected what it is called
    """
    table, faults = table_of(written, expected), Faults()
    faults.unknown_keys(table, readers)
    fields: dict[str, Any] = {}
    for key, read in readers.items():
        if key in table:
            with faults.within(key):
                fields[key] = read(table[key])
        elif key in required:
            faults.add((key,), f"missing; expected {required[key]}")
    faults.refuse(expected)
    return fields


def entries_of(
    written: object, read: Callable[[str, object], Value], expected: str
) -> dict[str, Value]:
    """A table whose keys are the writer's own names, each value as `read` reads it."""
    table, faults = table_of(written, expected), Faults()
    entries = {}
    for key, value in table.items():
        with faults.within(key):
            entries[key] = read(key, value)
    faults.refuse(expected)
    return entries


def items_of(
    written: object, read: Callable[[object], Value], expected: str, unique: str = ""
) -> list[Value]:
    """A list, each item as `read` reads it; no two items may have the same at the key `unique`."""
    if not isinstance(written, list | tuple):
        raise unexpected(written, expected)
    faults, items = Faults(), []
    for position, item in enumerate(written):
        with faults.within(position):
            items.append(read(item))
    for position, name in _repeated(written, unique):
        faults.add((position, unique), f"{name!r} stands there already; expected another one")
    faults.refuse(expected)
    return items


def _repeated(items: list[object] | tuple[object, ...], key: str) -> Iterator[tuple[int, str]]:
    seen = set()
    for position, item in enumerate(items):
        name = item.get(key) if isinstance(item, Mapping) else None
        if isinstance(name, str) and name in seen:
            yield position, name
        seen.add(name if isinstance(name, str) else None)


def table_of(written: object, expected: str) -> Mapping[str, object]:
    """The table that is written; `InvalidValue` for anything else."""
    if isinstance(written, Mapping):
        return written
    raise unexpected(written, expected)


def text(written: object, expected: str = "text") -> str:
    """Text that says something."""
    if isinstance(written, str) and written.strip():
        return written
    raise unexpected(written, expected)


def texts(written: object) -> list[str]:
    """A list of texts."""
    return items_of(written, text, "a list of names")


def one_of(*words: str) -> Callable[[object], str]:
    """The reader of one of a few words."""

    def read(written: object) -> str:
        if written in words:
            return str(written)
        raise unexpected(written, " or ".join(map(repr, words)))

    return read


def boolean(written: object) -> bool:
    """True or false."""
    if isinstance(written, bool):
        return written
    raise unexpected(written, "true or false")


def whole_number(written: object) -> int:
    """A whole number."""
    if type(written) is int:
        return written
    raise unexpected(written, "a whole number")


def instant(written: object) -> int:
    """An instant, in microseconds, out of a date and a time with its offset."""
    try:
        return to_instant(datetime.fromisoformat(text(written, INSTANT)))
    except ValueError:
        raise unexpected(written, INSTANT) from None


def unexpected(written: object, expected: str) -> InvalidValue:
    """The error for a value that is not what was expected; a long one is shortened."""
    try:
        found = shortened(written)
    except ValueError:  # of more digits than Python writes
        found = "a number of thousands of digits"
    return InvalidValue(f"found {found}; expected {expected}")
