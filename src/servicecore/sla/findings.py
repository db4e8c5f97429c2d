"""What a check of a policy book has to say, and where."""

from __future__ import annotations

from typing import Literal

from attrs import frozen

from servicecore.errors import written_path

Path = tuple[str | int, ...]


@frozen
class Finding:
    """One thing that is wrong with a policy book, and where it stands in a policy file.

    A fault is a part of the book that cannot do what it says; a warning is something that was
    probably not meant.
    """

    severity: Literal["fault", "warning"]
    path: Path
    text: str

    def __str__(self) -> str:
        return f"{self.severity}: {written_path(self.path)}: {self.text}"
