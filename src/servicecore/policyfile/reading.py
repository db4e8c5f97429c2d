"""A table of the shape of a policy file to a `PolicyBook`, with every fault at once."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import Any, cast

from servicecore.catalogue import Catalogue
from servicecore.errors import Fault, InvalidValue
from servicecore.faults import Faults, FaultyTable
from servicecore.policyfile.calendars import read_calendars
from servicecore.policyfile.catalogue import CATALOGUE, catalogue_readers
from servicecore.policyfile.clocks import read_clocks
from servicecore.policyfile.escalations import read_escalations
from servicecore.policyfile.lifecycle import read_lifecycle
from servicecore.policyfile.policies import POLICIES, PolicyReader
from servicecore.policyfile.rotas import read_rotas
from servicecore.policyfile.tables import (
    Readers,
    entries_of,
    fields_of,
    instant,
    items_of,
    table_of,
    text,
)
from servicecore.requests import PriorityMatrix
from servicecore.sla.book import BookVersion, PolicyBook
from servicecore.sla.calendar import Calendar

NO_CALENDARS: Mapping[str, Calendar] = {}

PARTS = {
    "priorities": "matrix",
    "clocks": "clocks",
    "rotas": "rotas",
    "escalations": "escalations",
    "lifecycle": "lifecycle",
}
"""The tables that are parts of a book by themselves, and what the book calls them."""


def policies_from_dict(
    table: Mapping[str, object],
    folder: str | PathLike[str] = ".",
    *,
    calendars: Mapping[str, Calendar] = NO_CALENDARS,
) -> PolicyBook:
    """The policy book in a table of the shape of a policy file.

    Files that calendars name are looked for in `folder`. `calendars` may be named besides those of
    the table, such as those that plugins register. Raises `FaultyTable` with everything that
    is wrong.

    >>> book = policies_from_dict({"policies": [{
    ...     "name": "standard", "calendar": "always", "targets": {"resolution": {"*": "24h"}},
    ... }]})
    >>> print(book.versions[0].policy("standard").target("resolution", "low"))
    24h of always
    """
    faults, table = Faults(), table_of(table, "a table of the shape of a policy file")
    own = read_calendars(table.get("calendars", {}), faults, Path(folder), calendars)
    known = ChainMap(dict(own), cast(dict[str, Calendar], calendars))  # which is only read
    policies = PolicyReader(known)
    readers: Readers = {
        "version": text,
        "valid_from": instant,
        "calendars": lambda _: own,
        "priorities": _matrix,
        "clocks": read_clocks,
        "policies": policies.policies,
        "versions": policies.versions,
        **catalogue_readers(known),
        "rotas": lambda written: read_rotas(written, known),
        "escalations": lambda written: read_escalations(written, known),
        "lifecycle": lambda written: read_lifecycle(written, known),
    }
    fields: dict[str, Any] = {}
    with faults.within():
        fields = fields_of(table, readers, "a policy file", {"policies": POLICIES})
    faults.refuse("a policy file")
    return _book(fields, own)


def _book(fields: Mapping[str, Any], calendars: Mapping[str, Calendar]) -> PolicyBook:
    first = BookVersion(fields.get("version", ""), fields.get("valid_from"), fields["policies"])
    catalogue = Catalogue(**{key: fields[key] for key in CATALOGUE if key in fields})
    parts = {part: fields[key] for key, part in PARTS.items() if key in fields}
    try:
        versions = (first, *fields.get("versions", ()))
        return PolicyBook(versions, calendars=calendars, catalogue=catalogue, **parts)
    except InvalidValue as problem:
        raise FaultyTable("a policy file", [Fault(("versions",), str(problem))]) from None


def _matrix(written: object) -> PriorityMatrix:
    def row(_: str, cells: object) -> Mapping[str, Any]:
        return table_of(cells, "a priority for every urgency")

    # What each name has to be, the matrix itself says, together with what is missing.
    readers: Readers = {
        "order": lambda names: items_of(names, lambda name: name, "a list of names"),
        "matrix": lambda rows: entries_of(rows, row, "a table of impacts, each with its urgencies"),
    }
    fields = fields_of(written, readers, "a table with matrix and order")
    return PriorityMatrix.from_dict(fields.get("matrix", {}), fields.get("order"))
