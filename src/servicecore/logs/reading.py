"""Reading a log: every row is used or listed, and the used ones become histories."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from os import PathLike
from pathlib import Path

from servicecore.errors import InvalidValue
from servicecore.logs.collecting import Collector
from servicecore.logs.fromcsv import csv_rows
from servicecore.logs.log import Log
from servicecore.logs.mapping import LogMapping
from servicecore.logs.plan import plan_of
from servicecore.logs.rows import Row

PARQUET = {".parquet", ".pq"}


def read_log(
    path: str | PathLike[str],
    mapping: LogMapping,
    progress: Callable[[int], object] | None = None,
) -> Log:
    """The histories in the log at `path`: CSV, plain or compressed with gzip, or Parquet.

    `progress` is called with the number of rows read, every 10,000 rows and at the end. What is
    wrong with a row is listed in the log, with its line and reason, and everything else goes on.
    Raises `MappingFileError` where the file lacks columns of the mapping, `InvalidValue` where it
    cannot be read at all or `mapping` is none, and `MissingExtra` for Parquet without pyarrow.
    """
    if not isinstance(path, str | PathLike):
        raise InvalidValue(f"path is {path!r}: expected the path of a file")
    if not isinstance(mapping, LogMapping):
        raise InvalidValue(f"mapping is {mapping!r}: expected what load_mapping gives")
    plan = plan_of(mapping)
    collector = Collector(plan)
    tell = progress or (lambda rows: None)  # noqa: ARG005  # it tells nobody
    collector.collect(_rows(Path(path), mapping, plan.columns), tell)
    tell(collector.rows_read)
    return collector.log()


def _rows(path: Path, mapping: LogMapping, columns: Sequence[str]) -> Iterator[Row]:
    if path.suffix.lower() in PARQUET:
        from servicecore.logs.fromparquet import parquet_rows

        return parquet_rows(path, mapping, columns)
    return csv_rows(path, mapping, columns)
