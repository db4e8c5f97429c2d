"""Collecting faults, so that everything wrong with a file is said at once."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager

from attrs import Factory, define

from servicecore.errors import Fault, InvalidValue, NeverOpen, UnknownName, suggestion


class FaultyTable(InvalidValue):
    """A table whose values cannot be used; `faults` holds every one of them with its path."""

    def __init__(self, what: str, faults: Collection[Fault]) -> None:
        self.what = what
        self.faults = tuple(faults)
        super().__init__(f"{what}: " + "; ".join(str(fault) for fault in self.faults))

    def __reduce__(self) -> tuple[type[FaultyTable], tuple[object, ...]]:
        return type(self), (self.what, self.faults)


@define
class Faults:
    """The faults found so far.

    >>> faults = Faults()
    >>> with faults.within("hours", "mon"):
    ...     raise InvalidValue("starts where it ends")
    >>> [str(fault) for fault in faults.found]
    ['hours.mon: starts where it ends']
    """

    found: list[Fault] = Factory(list)

    def add(self, path: tuple[str | int, ...], problem: str) -> None:
        """Note one fault."""
        self.found.append(Fault(path, problem))

    @contextmanager
    def within(self, *path: str | int) -> Iterator[None]:
        """Note what the body raises as a fault at `path` and go on behind it."""
        try:
            yield
        except FaultyTable as table:
            for fault in table.faults:
                self.add((*path, *fault.path), fault.problem)
        except (InvalidValue, UnknownName, NeverOpen) as problem:
            self.add(path, str(problem))

    def unknown_keys(
        self, table: Mapping[str, object], known: Collection[str], *path: str | int
    ) -> None:
        """Note every key of `table` that nobody reads, with the nearest known one."""
        for key in table:
            if key not in known:
                hint = suggestion(str(key), known) or f"expected one of {', '.join(sorted(known))}"
                self.add((*path, str(key)), f"unknown key; {hint}")

    def refuse(self, what: str) -> None:
        """Raise what was found, if anything was."""
        if self.found:
            raise FaultyTable(what, self.found)
