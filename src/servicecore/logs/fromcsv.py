"""Rows out of CSV, plain or compressed with gzip."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from operator import itemgetter
from pathlib import Path

from servicecore.errors import InvalidValue
from servicecore.logs.dialect import Dialect
from servicecore.logs.mapping import LogMapping
from servicecore.logs.rows import Row, Texts, check_columns

GZIP = b"\x1f\x8b"
# Larger pieces than the 8 KiB that text is decoded in by itself.
PIECE = 1 << 18


def csv_rows(path: Path, mapping: LogMapping, columns: Sequence[str]) -> Iterator[Row]:
    """The rows of the CSV file at `path`, in its order; lines with nothing on them are none.

    Raises `MappingFileError` before the first row where columns of the mapping are missing, and
    `InvalidValue` where the file is empty, cannot be opened, unpacked or decoded.
    """
    with _one_error(path), _text_of(path, mapping.dialect) as file:
        delimiter, quote = mapping.dialect.delimiter, mapping.dialect.quote
        reader = csv.reader(
            file,
            delimiter=delimiter,
            quotechar=quote or None,
            quoting=csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE,
        )
        header = [name.strip() for name in next(filter(None, reader), [])]
        check_columns(path, header, mapping)
        pick = itemgetter(*map(header.index, columns))
        texts, width = Texts(mapping.dialect.nulls).__getitem__, len(header)
        line = reader.line_num + 1
        while True:
            try:
                for cells in reader:
                    if len(cells) == width:
                        yield line, tuple(map(texts, pick(cells))), ""
                    elif cells:
                        yield line, (), _ragged(cells, width, line, reader.line_num)
                    line = reader.line_num + 1
            except csv.Error as problem:
                yield line, (), f"is no row of CSV: {problem}"
                line = reader.line_num + 1
            else:
                return


@contextmanager
def _one_error(path: Path) -> Iterator[None]:
    """What goes wrong with the file itself, as one clear error."""
    try:
        yield
    except UnicodeDecodeError as problem:
        said = f"is not {problem.encoding} ({problem.reason})"
        raise InvalidValue(f"{path} {said}: expected file.encoding to name its encoding") from None
    except UnicodeError as problem:
        raise InvalidValue(f"{path} cannot be decoded: {problem}") from None
    except (EOFError, zlib.error, gzip.BadGzipFile) as problem:
        raise InvalidValue(f"{path} cannot be decompressed: {problem}") from None
    except csv.Error as problem:
        raise InvalidValue(f"the header of {path} is no CSV: {problem}") from None
    except OSError as problem:
        raise InvalidValue(f"{path} cannot be read: {problem.strerror or problem}") from None


@contextmanager
def _text_of(path: Path, dialect: Dialect) -> Iterator[io.TextIOWrapper]:
    # A mark at the start of UTF-8 is no part of the first column's name.
    utf8 = codecs.lookup(dialect.encoding).name == "utf-8"
    encoding = "utf-8-sig" if utf8 else dialect.encoding
    with path.open("rb") as raw:
        packed = raw.peek(2)[:2] == GZIP
        plain = io.BufferedReader(gzip.GzipFile(fileobj=raw), PIECE) if packed else raw
        with io.TextIOWrapper(plain, encoding, newline="") as text:
            yield text


def _ragged(cells: Sequence[str], width: int, line: int, last: int) -> str:
    said = f"has {len(cells)} columns: expected {width}"
    if last > line:
        return f"{said} (it runs to line {last}: is a quotation mark missing?)"
    return said
