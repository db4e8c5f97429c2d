"""The parts of a mapping file in which a log's own words get their meaning."""

from __future__ import annotations

from collections.abc import Mapping

from servicecore.errors import InvalidValue
from servicecore.lifecycle.events import Side
from servicecore.logs.mapping import (
    NOTHING,
    FactColumn,
    Kind,
    Meaning,
    Unknown,
    Vocabulary,
    check_fact,
)
from servicecore.logs.nearness import near_name
from servicecore.logs.sections import Section
from servicecore.requests import FACT_NAMES, Fact
from servicecore.sla.rules import STATUS_ENTERED
from servicecore.sla.statuses import DEFAULT_STATUSES

COLUMNS = "the name of a column, or a list of names"
UNKNOWN: tuple[Unknown, ...] = ("refuse", "ignore")
KINDS: tuple[Kind, ...] = ("text", "integer", "number", "words")
SCALAR = "text, a number, true or false"


def vocabulary(top: Section, key: str) -> Vocabulary | None:
    """The table of statuses or of activities; None where there is none."""
    section = top.section(key)
    if section is None:
        return None
    columns = section.texts("column", COLUMNS, needed=True)
    joined = section.value("joined") if "joined" in section.table else " / "
    if not isinstance(joined, str):
        section.refuse("joined", "the text between two cells")
    if "names" not in section.table:
        section.refuse("names", "a table that says what each word of the log means")
    names = section.section("names") or Section({}, top.faults)
    read = _status if key == "status" else _activity
    meanings: dict[str, Meaning] = {}
    for word in names.own_names():
        with top.faults.within(key, "names", word):
            meanings[word] = read(names, word)
    unknown = section.choice("unknown", UNKNOWN, UNKNOWN[0])
    section.close()
    if not columns:
        return None
    return Vocabulary(columns=columns, names=meanings, joined=str(joined), unknown=unknown)


def _status(names: Section, word: str) -> Meaning:
    """What a status of the log is called here: one of the library's names, or the host's own."""
    name = names.text(word, "the name of a status")
    if name is None or name == NOTHING:
        return Meaning(NOTHING)
    # A name that nearly is one of the library's would quietly become a status of its own.
    if (near := near_name(name, DEFAULT_STATUSES)) is not None:
        names.refuse(word, f"{near!r}, or a name that is less like it")
    return Meaning(f"{STATUS_ENTERED}{name}")


def _activity(names: Section, word: str) -> Meaning:
    """What an activity of the log does: the name of an event, or a table that says more."""
    value = names.value(word)
    table = {"event": value} if isinstance(value, str) else value
    if not isinstance(table, Mapping):
        raise InvalidValue(f"found {value!r}; expected the name of an event, or a table with one")
    section = Section(table, names.faults, (*names.path, word))
    event = section.required("event", "the name of an event")
    public, automatic = section.truth("public", True), section.truth("automatic", False)
    side = section.choice("side", tuple(Side), None)
    section.close()
    return Meaning(event or NOTHING, public=public, automatic=automatic, side=side)


def fact_columns(top: Section) -> dict[str, FactColumn]:
    """The table of the columns that hold facts."""
    section = top.section("facts") or Section({}, top.faults)
    facts: dict[str, FactColumn] = {}
    for name in section.own_names():
        with top.faults.within("facts", name):
            check_name(name)
        value = section.value(name)
        table = {"column": value} if isinstance(value, str) else value
        if isinstance(table, Mapping):
            inner = Section(table, top.faults, ("facts", name))
            with top.faults.within("facts", name):
                facts[name] = _fact_column(inner)
                check_fact(name, facts[name].examples)
        else:
            top.faults.add(("facts", name), f"found {value!r}; expected the name of a column")
    return facts


def check_name(name: str) -> None:
    """Refuse a name that nearly is one of a request's: "impcat" would leave it without impact."""
    if (near := near_name(name, sorted(FACT_NAMES))) is not None:
        expected = f"{near!r}, or a name that is less like it"
        raise InvalidValue(f"found {name!r}; expected {expected}")


def _fact_column(section: Section) -> FactColumn:
    column = section.required("column", "the name of a column")
    separator = section.text("separator", "what stands between two words", ",")
    values: dict[str, Fact] | None = None
    if written := section.section("values", "a table that says what each cell means"):
        said = {cell: _scalar(written, cell) for cell in written.own_names()}
        values = {cell: fact for cell, fact in said.items() if fact is not None}
    kind = section.choice("as", KINDS, KINDS[0])
    section.close()
    return FactColumn(column=column, values=values, kind=kind, separator=separator or ",")


def _scalar(section: Section, key: str) -> Fact:
    value = section.value(key)
    if isinstance(value, str | int | float):
        return value
    section.refuse(key, SCALAR)
    return None


def constants(top: Section) -> dict[str, Fact]:
    """The table of the facts that every request of the log has."""
    section = top.section("constants") or Section({}, top.faults)
    facts: dict[str, Fact] = {}
    for name in section.own_names():
        with top.faults.within("constants", name):
            check_name(name)
            facts[name] = _constant(section.value(name))
            check_fact(name, (facts[name],))
    return facts


def _constant(value: object) -> Fact:
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return frozenset(value)
    if isinstance(value, str | int | float):
        return value
    raise InvalidValue(f"found {value!r}; expected {SCALAR} or a list of words")
