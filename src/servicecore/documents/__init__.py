"""Files that people write (TOML, YAML, JSON) as tables, with the line of everything in them.

A table looks the same whatever format it was written in: keys are text, dates and times are text
in ISO form, nothing is guessed (``17:00`` and ``no`` stay text in YAML too).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, time
from os import PathLike
from pathlib import Path

from attrs import frozen

from servicecore.documents.located import Located, Where
from servicecore.errors import Fault, FaultyFile, InvalidValue

__all__ = ["Document", "parse_document", "read_document"]


@frozen
class Document:
    """What a file says, and on which line it says it."""

    source: str
    table: dict[str, object]
    lines: Mapping[Where, int]

    def locate(self, path: Iterable[str | int]) -> int | None:
        """The line of what stands at `path`, or of the nearest thing around it.

        >>> text = '[calendars.office]\\ntimezone = "Mars"\\n'
        >>> document = parse_document(text, ".toml", "sla.toml", FaultyFile)
        >>> document.locate(["calendars", "office", "timezone"])
        2
        >>> document.locate(["calendars", "office", "hours"])
        1
        """
        where = tuple(path)
        while where and where not in self.lines:
            where = where[:-1]
        return self.lines.get(where)

    def placed(self, faults: Iterable[Fault]) -> list[Fault]:
        """The faults with their lines, in the order of the file."""
        located = [Fault(fault.path, fault.problem, self.locate(fault.path)) for fault in faults]
        return sorted(located, key=lambda fault: fault.line or 0)


def read_document(path: str | PathLike[str], failure: type[FaultyFile]) -> Document:
    """The table in the file at `path`; its suffix names the format.

    `failure` is raised with every fault, with its line, where the file cannot be read: it is not
    there, it is no UTF-8, its syntax is wrong, a key comes twice, it is no table. `MissingExtra`
    is raised for YAML without PyYAML, `InvalidValue` for what is no path.
    """
    if not isinstance(path, str | PathLike):
        raise InvalidValue(f"path is {path!r}: expected the path of a file")
    try:
        text = Path(path).read_bytes().decode("utf-8-sig")
    except OSError as problem:
        fault = Fault((), problem.strerror or str(problem))
    except UnicodeDecodeError as problem:
        fault = Fault((), "is not UTF-8", problem.object.count(b"\n", 0, problem.start) + 1)
    else:
        return parse_document(text, Path(path).suffix, str(path), failure)
    raise failure(f"{path} cannot be read", [fault])


def parse_document(text: str, suffix: str, source: str, failure: type[FaultyFile]) -> Document:
    """The table in `text`, written in the format of `suffix`; `source` is what errors call it.

    >>> parse_document("cutoff: 17:00", ".yaml", "sla.yaml", FaultyFile).table
    {'cutoff': '17:00'}
    """
    try:
        located = _reader(suffix)(text)
        faults = located.faults
    except RecursionError:
        located, faults = Located(), [Fault((), "is nested too deeply")]
    except Fault as fault:
        located, faults = Located(), [fault]
    if not faults and not isinstance(located.value, dict):
        found = type(located.value).__name__
        faults = [Fault((), f"expected a table at the top, found a {found}")]
    if faults:
        raise failure(f"{source} cannot be read", faults)
    return Document(source, _plain(located.value), located.lines)  # type: ignore[arg-type]  # a dict


def _reader(suffix: str) -> Callable[[str], Located]:
    """What reads a format. YAML's is imported late, because it needs an extra."""
    match suffix.lower():
        case ".toml":
            from servicecore.documents.fromtoml import read_toml as reader
        case ".yaml" | ".yml":
            from servicecore.documents.fromyaml import read_yaml as reader
        case ".json":
            from servicecore.documents.fromjson import read_json as reader
        case _:
            problem = f"its name ends in {suffix!r}: expected .toml, .yaml, .yml or .json"
            raise Fault((), problem)
    return reader


def _plain(value: object) -> object:
    """`value` with TOML's dates and times as text, which is all that the other formats have."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return value
