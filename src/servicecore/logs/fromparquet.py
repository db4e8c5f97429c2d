"""Rows out of Parquet, as CSV would give them; needs pyarrow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path

from servicecore.errors import InvalidValue, MissingExtra
from servicecore.logs.mapping import LogMapping
from servicecore.logs.rows import Row, Texts, check_columns
from servicecore.logs.times import Cell

try:
    import pyarrow as pa
    from pyarrow import compute, parquet
except ImportError as missing:
    raise MissingExtra("reading Parquet", "bulk") from missing


def parquet_rows(path: Path, mapping: LogMapping, columns: Sequence[str]) -> Iterator[Row]:
    """The rows of the Parquet file at `path`; a row's line is its number, counted from 1.

    Raises `MappingFileError` before the first row where columns of the mapping are missing, and
    `InvalidValue` where the file cannot be read, or a column's type is neither text, number, time
    nor truth.
    """
    try:
        file = parquet.ParquetFile(path)
        check_columns(path, file.schema_arrow.names, mapping)
        texts, numbers = Texts(mapping.dialect.nulls).__getitem__, count(1)
        times = {mapping.time, mapping.opened, *mapping.instants.values()}
        for batch in file.iter_batches(columns=list(dict.fromkeys(columns))):
            cells = [_cells(batch.column(name), name in times) for name in columns]
            for row in zip(*cells, strict=True):
                yield next(numbers), tuple(map(texts, row)), ""
    except OSError as problem:
        raise InvalidValue(f"{path} cannot be read: {problem.strerror or problem}") from None
    except pa.ArrowException as problem:
        raise InvalidValue(f"{path} cannot be read as Parquet: {problem}") from None


def _cells(column: pa.Array, is_time: bool) -> Sequence[Cell | None]:
    """A column as Python values: instants stay what they are, all else becomes text."""
    if is_time and pa.types.is_temporal(column.type):
        # In UTC, because the two instants of an hour that comes twice are equal in their zone.
        zone = "UTC" if getattr(column.type, "tz", None) else None
        column = column.cast(pa.timestamp("us", zone), safe=False)
    else:
        if pa.types.is_floating(column.type):
            # What is no number says nothing, as an empty cell does.
            column = compute.if_else(compute.is_nan(column), None, column)
        column = column.cast(pa.string())
    cells: list[Cell | None] = column.to_pylist()
    return cells
