"""Reading typed values out of a table, with every fault noted and nothing raised."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeGuard, TypeVar

from attrs import Factory, define

from servicecore.errors import suggestion
from servicecore.faults import Faults
from servicecore.logs.mapping import Place

Word = TypeVar("Word", bound=str)
Default = TypeVar("Default")


@define
class Section:
    """One table of a file. What is asked of it counts as known; `close` refuses the rest.

    >>> section = Section({"column": 7, "colour": "red"}, Faults(), ("status",))
    >>> section.required("column", "the name of a column")
    ''
    >>> section.close()
    >>> for fault in section.faults.found:
    ...     print(fault)
    status.column: found 7; expected the name of a column
    status.colour: unknown key; did you mean 'column'?
    """

    table: Mapping[str, object]
    faults: Faults
    path: Place = ()
    asked: set[str] = Factory(set)

    def close(self) -> None:
        """Note every key that nobody asked for."""
        self.faults.unknown_keys(self.table, self.asked, *self.path)

    def value(self, key: str) -> object:
        """Whatever stands at `key`; None where nothing does."""
        self.asked.add(key)
        return self.table.get(key)

    def refuse(self, key: str, expected: str) -> None:
        """Note that what stands at `key`, or its absence, is a fault."""
        found = f"found {self.table[key]!r}" if key in self.table else "missing"
        self.faults.add((*self.path, key), f"{found}; expected {expected}")

    def text(self, key: str, expected: str, otherwise: str | None = None) -> str | None:
        """Text that is not empty, or `otherwise` where nothing stands there."""
        value = self.value(key)
        if isinstance(value, str) and value.strip():
            return value
        if key in self.table:
            self.refuse(key, expected)
        return otherwise

    def any_text(self, key: str, otherwise: str) -> str:
        """Text that may be empty, or `otherwise` where nothing stands there."""
        value = self.value(key)
        if isinstance(value, str):
            return value
        if key in self.table:
            self.refuse(key, "text")
        return otherwise

    def required(self, key: str, expected: str) -> str:
        """Text that has to be there."""
        if key not in self.table:
            self.refuse(key, expected)
        return self.text(key, expected) or ""

    def texts(self, key: str, expected: str, *, needed: bool = False) -> tuple[str, ...]:
        """One text or a list of texts; none where nothing stands there."""
        value = self.value(key)
        listed = [value] if isinstance(value, str) else value
        texts = [item for item in listed if isinstance(item, str)] if _is_list(listed) else []
        if _is_list(listed) and len(texts) == len(listed) and (texts or not needed):
            return tuple(texts)
        if needed or key in self.table:
            self.refuse(key, expected)
        return ()

    def choice(self, key: str, options: Sequence[Word], otherwise: Default) -> Word | Default:
        """One of a few words."""
        value = self.value(key)
        if value in options:
            return options[options.index(value)]
        if key in self.table:
            hint = suggestion(value, map(str, options)) if isinstance(value, str) else ""
            self.refuse(
                key, ", ".join(f"'{option}'" for option in options) + (hint and f"; {hint}")
            )
        return otherwise

    def truth(self, key: str, otherwise: bool) -> bool:
        """True or false."""
        value = self.value(key)
        if isinstance(value, bool):
            return value
        if key in self.table:
            self.refuse(key, "true or false")
        return otherwise

    def inner(self, key: str) -> Section | None:
        """The table at `key`; None where something else or nothing stands there."""
        value = self.value(key)
        if isinstance(value, Mapping):
            return Section(value, self.faults, (*self.path, key))
        return None

    def section(self, key: str, expected: str = "a table") -> Section | None:
        """The table at `key`; None where nothing stands there, or something else, a fault."""
        inner = self.inner(key)
        if inner is None and key in self.table:
            self.refuse(key, expected)
        return inner

    def own_names(self) -> tuple[str, ...]:
        """Every key, for a table whose keys are the user's own names."""
        self.asked.update(self.table)
        return tuple(self.table)


def _is_list(value: object) -> TypeGuard[Sequence[object]]:
    return isinstance(value, list | tuple)
