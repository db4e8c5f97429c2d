"""What every format's reader gives: a value, the lines of its parts, and what is wrong."""

from __future__ import annotations

from attrs import Factory, define

from servicecore.errors import Fault

Where = tuple[str | int, ...]
"""The way to a part of a document: keys and list positions."""


@define
class Located:
    """A value out of a file, the line of each of its parts, and the faults found on the way."""

    value: object = None
    lines: dict[Where, int] = Factory(dict)
    faults: list[Fault] = Factory(list)

    def note_key(self, where: Where, line: int) -> None:
        """Note the line of a key; one that stands there a second time is a fault."""
        if where in self.lines:
            problem = f"this key stands there twice (first on line {self.lines[where]})"
            self.faults.append(Fault(where, problem, line))
        self.lines[where] = line
