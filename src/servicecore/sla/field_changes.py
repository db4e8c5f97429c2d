"""What differs in the fields of two values of a class, each with its path.

A table is told key by key, and so is a list of values that have names.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Set as AbstractSet

import attrs

from servicecore.sla.differences import ARROW, Table, by_name, differences, fields_of, speaks, told
from servicecore.sla.findings import Path


def other_differences(
    old: object, new: object, without: AbstractSet[str] = frozenset()
) -> Iterator[tuple[Path, str]]:
    """Each difference with its path, in all fields but those named."""
    for each in fields_of(type(old), without):
        before, after = getattr(old, each.name), getattr(new, each.name)
        if before != after:
            for path, said in _of_field(each.name.replace("_", " "), before, after):
                yield (each.name, *path), said


def has_parts(old: object, new: object) -> bool:
    """Whether two values are of one class whose fields can be told apart."""
    return type(old) is type(new) and attrs.has(type(old)) and not speaks(old)


def _of_field(words: str, old: object, new: object) -> Iterator[tuple[Path, str]]:
    if tables := by_name(old, new):
        for key, said in table_differences(*tables):
            yield (key,), f"{words}: {said}"
        stayed, order = (
            [key for key in one if key in other] for one, other in (tables, tables[::-1])
        )
        if isinstance(old, tuple) and stayed != order:
            yield (), f"{words} in the order {told(stayed)}{ARROW}{told(order)}"
    elif has_parts(old, new):
        for path, said in other_differences(old, new):
            yield path, said if len(path) > 1 else f"{words}: {said}"
    else:
        yield (), f"{words}: {'; '.join(differences(old, new))}"


def table_differences(old: Table, new: Table) -> Iterator[tuple[str, str]]:
    """Each key that differs in two tables, with what became of it."""
    for key in dict.fromkeys((*old, *new)):
        if key not in new:
            yield key, f"{told(key)} removed"
        elif key not in old:
            value = told(new[key])
            yield key, f"{told(key)} added" + f": {value}" * (value != told(key))
        elif old[key] != new[key]:
            yield key, f"{told(key)} changed: {'; '.join(differences(old[key], new[key]))}"
