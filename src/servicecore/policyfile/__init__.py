"""Policy files: TOML, YAML or JSON to a `PolicyBook` and back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from os import PathLike
from pathlib import Path
from reprlib import repr as shortened
from typing import Literal

from servicecore.documents import Document, parse_document, read_document
from servicecore.errors import InvalidValue, PolicyFileError, UnknownName
from servicecore.faults import FaultyTable
from servicecore.policyfile.reading import NO_CALENDARS, policies_from_dict
from servicecore.policyfile.schema import policies_schema
from servicecore.policyfile.writing import as_json, as_toml, as_yaml, policies_to_dict
from servicecore.sla.book import PolicyBook
from servicecore.sla.calendar import Calendar

__all__ = [
    "dump_policies",
    "load_policies",
    "loads_policies",
    "policies_from_dict",
    "policies_schema",
    "policies_to_dict",
]

Format = Literal["toml", "yaml", "json"]

_WRITERS: Mapping[str, Callable[[Mapping[str, object]], str]] = {
    "toml": as_toml,
    "yaml": as_yaml,
    "json": as_json,
}


def load_policies(
    path: str | PathLike[str], *, calendars: Mapping[str, Calendar] = NO_CALENDARS
) -> PolicyBook:
    """The policy book in the file at `path` (``.toml``, ``.yaml``, ``.yml`` or ``.json``).

    The file may name `calendars` besides its own, such as those that plugins register. Raises
    `PolicyFileError` with everything that is wrong with it: path, line, what was found and what was
    expected. Raises `MissingExtra` for YAML without PyYAML.
    """
    return _book(read_document(path, PolicyFileError), Path(path).parent, calendars)


def loads_policies(
    text: str,
    format: Format = "toml",
    *,
    folder: str | PathLike[str] = ".",
    calendars: Mapping[str, Calendar] = NO_CALENDARS,
) -> PolicyBook:
    """The policy book in `text`; files that its calendars name are looked for in `folder`.

    It may name `calendars` besides its own, such as those that plugins register.

    Raises `PolicyFileError` with everything that is wrong, `UnknownName` for another format,
    `InvalidValue` for bytes, and `MissingExtra` for YAML without PyYAML.

    >>> loads_policies("[[policies]]\\nname = 'gold'\\ntarget = 3")
    Traceback (most recent call last):
    ...
    servicecore.errors.PolicyFileError: these policies cannot be used
      line 1: policies[0].targets: missing; expected targets by clock and priority
      line 3: policies[0].target: unknown key; did you mean 'targets'?
    """
    _refuse_unknown(format)
    if not isinstance(text, str):
        raise InvalidValue(f"a policy file is {shortened(text)}: expected text")
    document = parse_document(text, f".{format}", "these policies", PolicyFileError)
    return _book(document, folder, calendars)


def dump_policies(book: PolicyBook, format: Format = "toml") -> str:
    """The text of a policy file that says the same as `book`; `loads_policies` reads it back.

    What is as it is by default is left out, and so is where something was read from: holidays of a
    country or a calendar file are written down one by one. Raises `InvalidValue` for a duration or
    a time of day with a fraction of a second, which no file can say, `UnknownName` for another
    format, and `MissingExtra` for TOML without tomli-w or YAML without PyYAML.
    """
    _refuse_unknown(format)
    if not isinstance(book, PolicyBook):
        raise InvalidValue(f"the book is {shortened(book)}: expected a PolicyBook")
    return _WRITERS[format](policies_to_dict(book))


def _refuse_unknown(format: object) -> None:
    if not isinstance(format, str) or format not in _WRITERS:
        raise UnknownName("format of policy files", format, _WRITERS)


def _book(
    document: Document, folder: str | PathLike[str], calendars: Mapping[str, Calendar]
) -> PolicyBook:
    try:
        return policies_from_dict(document.table, folder, calendars=calendars)
    except FaultyTable as table:
        faults = document.placed(table.faults)
        raise PolicyFileError(f"{document.source} cannot be used", faults) from None
