"""Mapping files: TOML, YAML or JSON to a `LogMapping`, with every fault at once."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike

from servicecore.documents import read_document
from servicecore.errors import MappingFileError
from servicecore.faults import Faults, FaultyTable
from servicecore.instants import zone_named
from servicecore.lifecycle.events import Side
from servicecore.logs.dialect import Dialect, check_delimiter, check_encoding, check_quote
from servicecore.logs.mapping import ISO, Actors, LogMapping, Meaning, Times
from servicecore.logs.sections import Section
from servicecore.logs.words import constants, fact_columns, vocabulary

COLUMN = "the name of a column"
SIDES = tuple(Side)
EVENTS_ONLY = {"order", "status", "activities"}
REQUESTS_ONLY = {"instants"}


def load_mapping(path: str | PathLike[str]) -> LogMapping:
    """The mapping in the file at `path`, which ends in .toml, .yaml, .yml or .json.

    Raises `MappingFileError` with everything that is wrong with it: where, on which line, what was
    found and what was expected.
    """
    document = read_document(path, MappingFileError)
    try:
        return mapping_from_dict(document.table)
    except FaultyTable as table:
        faults = document.placed(table.faults)
        raise MappingFileError(f"{path} cannot be used as a mapping", faults) from None


def mapping_from_dict(table: Mapping[str, object]) -> LogMapping:
    """The mapping in a table of the shape of a mapping file.

    Raises `FaultyTable` with everything that is wrong with it.

    >>> mapping_from_dict({"request": "id", "time": {"column": "at"}}).order
    'time'
    """
    top = Section(table, Faults())
    rows = top.choice("rows", ("events", "requests"), "events")
    fields = {
        "rows": rows,
        "request": top.required("request", "the name of the column that names the request"),
        **_file(top),
        **_time(top, rows),
        **(_events(top) if rows == "events" else _instants(top)),
        **_people(top),
        "facts": fact_columns(top),
        "constants": constants(top),
    }
    for key in sorted(EVENTS_ONLY if rows == "requests" else REQUESTS_ONLY):
        if top.value(key) is not None:
            top.faults.add((key,), f"has no meaning where rows = {rows!r}")
    top.close()
    top.faults.refuse("mapping")
    return LogMapping(**fields)  # type: ignore[arg-type]  # every value was read as what it is


def _file(top: Section) -> dict[str, object]:
    section = top.section("file")
    if section is None:
        return {}
    usual = Dialect()
    delimiter = section.any_text("delimiter", usual.delimiter)
    quote = section.any_text("quote", usual.quote)
    encoding = section.any_text("encoding", usual.encoding)
    nulls = frozenset(section.texts("null", "a text or a list of texts that stand for nothing"))
    section.close()
    before = len(top.faults.found)
    with top.faults.within("file", "delimiter"):
        check_delimiter(delimiter)
    with top.faults.within("file", "quote"):
        check_quote(quote, delimiter)
    with top.faults.within("file", "encoding"):
        check_encoding(encoding)
    if len(top.faults.found) > before:
        return {}
    return {"dialect": Dialect(delimiter=delimiter, quote=quote, encoding=encoding, nulls=nulls)}


def _time(top: Section, rows: str) -> dict[str, object]:
    section = top.section("time")
    if section is None:
        if rows == "events" and "time" not in top.table:
            top.refuse("time", "a table with the column of a row's instant")
        return {}
    fields: dict[str, object] = {}
    if rows == "events":
        fields["time"] = section.required("column", "the name of the column of a row's instant")
        fields["opened"] = section.text("opened", COLUMN)
    zone = section.text("zone", "an IANA name such as 'Europe/Berlin'")
    known = "UTC" if zone else None  # in place of a faulty one, so that one mistake is one fault
    with top.faults.within("time", "zone"):
        known = zone_named(zone).key if zone else None
    given = {
        "formats": section.texts("format", "'iso', 'epoch' or a pattern of strptime") or (ISO,),
        "zone": known,
        "twice": section.choice("twice", ("first", "second", "refuse"), "first"),
        "gap": section.choice("gap", ("after", "refuse"), "after"),
    }
    section.close()
    with top.faults.within("time", "format"):
        fields["times"] = Times(**given)  # type: ignore[arg-type]  # every value was read above
    return fields


def _events(top: Section) -> dict[str, object]:
    return {
        **_order(top),
        "status": vocabulary(top, "status"),
        "activities": vocabulary(top, "activities"),
    }


def _order(top: Section) -> dict[str, object]:
    section = top.inner("order")
    if section is None:
        return {"order": top.choice("order", ("time", "file"), "time")}
    column = section.required("column", "the name of a column of numbers")
    section.close()
    return {"order": "column", "order_column": column}


def _instants(top: Section) -> dict[str, object]:
    section = top.section("instants")
    if section is None:
        if "instants" not in top.table:
            top.refuse("instants", "a table with the column of each event, 'opened' at least")
        return {}
    section.required("opened", "the name of the column of the opening")
    instants = {}
    for event in section.own_names():
        with top.faults.within("instants", event):
            Meaning(event)
        instants[event] = section.text(event, COLUMN)
    return {"instants": instants}


def _people(top: Section) -> dict[str, object]:
    fields: dict[str, object] = {}
    if section := top.section("assignment"):
        fields = {key: section.text(key, COLUMN) for key in ("group", "person")}
        section.close()
    if section := top.section("actor"):
        fields["actors"] = _actors(section)
        section.close()
    return fields


def _actors(section: Section) -> Actors:
    column = section.required("column", COLUMN)
    by_word = section.inner("side")
    if by_word is None:
        return Actors(column=column, side=section.choice("side", SIDES, Side.DESK))
    side_column = by_word.required("column", COLUMN)
    words = by_word.section("values") or Section({}, section.faults)
    named = {word: words.choice(word, SIDES, Side.DESK) for word in words.own_names()}
    by_word.close()
    return Actors(column=column, side_column=side_column, sides=named)
