"""What differs between two values, in words; for values of any kind that a policy book holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from reprlib import Repr
from typing import Any

import attrs

ARROW = " → "
Table = Mapping[Any, object]

_short = Repr()
_short.maxother = _short.maxstring = 80


def differences(old: object, new: object) -> Iterator[str]:
    """Each difference of two values that are not equal, as ``"custodian 'a' → 'b'"``.

    Values of one attrs class differ in fields, tables in keys; everything else is told as it is.

    >>> list(differences({"mon": "9-5", "tue": "9-5"}, {"mon": "9-6", "wed": "9-5"}))
    ["'mon' '9-5' → '9-6'", "'tue' removed", "'wed' added: '9-5'"]
    """
    tables = by_name(old, new)
    if tables:
        yield from _of_tables(*tables)
    elif type(old) is type(new) and attrs.has(type(old)) and not speaks(old):
        yield from _of_fields(old, new)
    elif (words := _words(old)) is not None and (others := _words(new)) is not None:
        yield from _of_lists(words, others)
    else:
        yield told_apart(old, new)


def fields_of(kind: type, without: AbstractSet[str] = frozenset()) -> list[attrs.Attribute[Any]]:
    """The fields of an attrs class that are its values, without those named."""
    return [
        each for each in attrs.fields(kind) if each.init and each.eq and each.name not in without
    ]


def by_name(old: object, new: object) -> tuple[Table, Table] | None:
    """Two values as tables, where they are tables or lists of values that have a name."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        return old, new
    if not isinstance(old, tuple) or not isinstance(new, tuple) or not (old or new):
        return None
    tables = [{getattr(each, "name", None): each for each in listed} for listed in (old, new)]
    if any(not isinstance(name, str) for table in tables for name in table):
        return None
    one, other = tables
    return (one, other) if (len(one), len(other)) == (len(old), len(new)) else None


def told_apart(old: object, new: object) -> str:
    """Two values with an arrow; they may read the same where they differ in what is not told."""
    before, after = told(old), told(new)
    return f"{before} (changed)" if before == after else f"{before}{ARROW}{after}"


def _words(value: object) -> tuple[str, ...] | None:
    """The words of a list or a set of words; None for anything else."""
    if not isinstance(value, AbstractSet | tuple) or not all(isinstance(v, str) for v in value):
        return None
    return tuple(sorted(value) if isinstance(value, AbstractSet) else value)


def _of_lists(old: tuple[str, ...], new: tuple[str, ...]) -> Iterator[str]:
    """What was added and left out; the whole where there is more to it, such as the order."""
    gone = sorted({each for each in old if each not in new})
    came = sorted({each for each in new if each not in old})
    if (gone or came) and (set(old) & set(new) or not new):
        yield from ["no longer " + " or ".join(map(repr, gone))] * bool(gone)
        yield from ["also " + " and ".join(map(repr, came))] * bool(came)
    else:
        yield told_apart(old, new)


def _of_tables(old: Mapping[object, object], new: Mapping[object, object]) -> Iterator[str]:
    for key in dict.fromkeys((*old, *new)):
        if key not in new:
            yield f"{told(key)} removed"
        elif key not in old:
            yield f"{told(key)} added: {told(new[key])}"
        elif old[key] != new[key]:
            yield from _within(told(key), old[key], new[key])


def _of_fields(old: object, new: object) -> Iterator[str]:
    found = False
    for each in fields_of(type(old)):
        before, after = getattr(old, each.name), getattr(new, each.name)
        if before != after:
            found = True
            yield from _within(each.name.replace("_", " "), before, after)
    if not found:
        yield told_apart(old, new)


def _within(name: str, old: object, new: object) -> Iterator[str]:
    yield from (f"{name} {difference}" for difference in differences(old, new))


def told(value: object) -> str:
    """A value in words: by what it says of itself, else by its name, else as Python writes it."""
    if value is None or speaks(value):
        return "none" if value is None else str(value)
    if isinstance(value, str):
        return repr(str(value))
    if isinstance(value, Mapping):
        return listed(f"{told(key)}: {told(each)}" for key, each in value.items())
    if isinstance(value, AbstractSet | tuple | list):
        words = map(told, value)
        return listed(sorted(words) if isinstance(value, AbstractSet) else words)
    name = getattr(value, "name", None)
    return repr(name) if isinstance(name, str) and name else _short.repr(value)


def listed(words: Iterable[str]) -> str:
    """Words with commas between them; ``"none"`` for none."""
    return ", ".join(words) or "none"


def speaks(value: object) -> bool:
    """Whether the class of a value of ours says how it reads."""
    return attrs.has(type(value)) and type(value).__str__ is not object.__str__
