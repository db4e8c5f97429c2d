"""What every kind of log file gives: rows, each with the cells of the columns asked for.

What is wrong with one row is told in its place; what is wrong with the whole file is one error.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from servicecore.errors import Fault, InvalidValue, MappingFileError, suggestion
from servicecore.logs.mapping import LogMapping
from servicecore.logs.quoting import unquoted
from servicecore.logs.times import Cell

DELIMITERS = (";", "\t", "|", ",")
"""What may stand between cells, the likeliest first."""

Cells = tuple[Cell | None, ...]
Row = tuple[int, Cells, str]
"""A row: its line in the file, its cells, or none and what is wrong with it."""


class Texts(dict[Cell | None, Cell | None]):
    """What cells say: without the space around it, and None where they say nothing.

    Equal texts become the same object, which keeps a long log small.

    >>> texts = Texts(frozenset({"?"}))
    >>> texts[" New "], texts["?"], texts["  "]
    ('New', None, None)
    """

    def __init__(self, nulls: frozenset[str]) -> None:
        super().__init__()
        self.nulls = nulls | {""}

    def __missing__(self, cell: Cell | None) -> Cell | None:
        """Look at a cell that was not seen before."""
        said = cell.strip() if isinstance(cell, str) else cell
        self[cell] = said = None if said in self.nulls else said
        return said


def check_columns(path: Path, header: Sequence[str], mapping: LogMapping) -> None:
    """Refuse a file that lacks columns of the mapping, naming all of them."""
    if not header:
        raise InvalidValue(f"{path} is empty: expected a header with the names of the columns")
    faults = _delimiter(header, mapping)
    if faults:
        raise MappingFileError(f"{path} does not fit the mapping", faults)
    for place, column in mapping.columns():
        if (times := header.count(column)) > 1:
            faults.append(Fault(place, f"the log has {times} columns {column!r}: expected one"))
        elif not times:
            hint = _hint(column, header)
            faults.append(Fault(place, f"the log has no column {column!r}{hint and f'; {hint}'}"))
    if faults:
        known = ", ".join(map(unquoted, header))
        raise MappingFileError(f"{path} does not fit the mapping (its columns: {known})", faults)


def _delimiter(header: Sequence[str], mapping: LogMapping) -> list[Fault]:
    """The fault of a header that most likely has other delimiters than the mapping says."""
    missing = any(column not in header for _, column in mapping.columns())
    for likely in DELIMITERS if missing and len(header) == 1 else ():
        if likely in header[0]:
            said = f"the header is one column with {likely!r} in it; did you mean {likely!r}?"
            return [Fault(("file", "delimiter"), said)]
    return []


def _hint(column: str, header: Sequence[str]) -> str:
    """A question that names the column most like one that is missing, whatever its case."""
    for name in header:
        if name.casefold() == column.casefold():
            return f"did you mean {name!r}?"
    return suggestion(column, header)
