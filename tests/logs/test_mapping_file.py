"""Mapping files: what they say, and everything that can be wrong with one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import tomli_w
import yaml

from servicecore.errors import InvalidValue, MappingFileError
from servicecore.faults import FaultyTable
from servicecore.lifecycle.events import Side
from servicecore.logs import (
    Actors,
    Dialect,
    FactColumn,
    LogMapping,
    Meaning,
    Times,
    Vocabulary,
    load_mapping,
    mapping_from_dict,
)

EVERYTHING: dict[str, object] = {
    "rows": "events",
    "request": "id",
    "order": {"column": "n"},
    "file": {"delimiter": ";", "quote": "'", "encoding": "cp1252", "null": ["?", "NULL"]},
    "time": {
        "column": "at",
        "opened": "opened",
        "format": ["%d/%m/%Y", "iso"],
        "zone": "Europe/Berlin",
        "twice": "second",
        "gap": "refuse",
    },
    "status": {
        "column": ["status", "sub"],
        "joined": "/",
        "unknown": "ignore",
        "names": {"A/B": "in progress", "C": "nothing", "D": "waiting for a part"},
    },
    "activities": {
        "column": "activity",
        "names": {
            "mail out": "replied",
            "auto": {"event": "replied", "automatic": True, "public": False, "side": "supplier"},
            "wait": "status: waiting for customer",
        },
    },
    "assignment": {"group": "team", "person": "agent"},
    "actor": {"column": "by", "side": {"column": "role", "values": {"user": "customer"}}},
    "facts": {
        "customer": "company",
        "impact": {"column": "imp", "values": {"1": "high", "2": "low"}},
        "tags": {"column": "labels", "as": "words", "separator": ";"},
        "seats": {"column": "seats", "as": "integer"},
        "vip": {"column": "vip", "values": {"yes": True, "no": False}},
    },
    "constants": {"kind": "incident", "weight": 1.5, "tags": ["a", "b"]},
}


def faults(table: dict[str, object]) -> list[str]:
    with pytest.raises(FaultyTable) as caught:
        mapping_from_dict(table)
    return [str(fault) for fault in caught.value.faults]


def good(**more: object) -> dict[str, object]:
    return {"request": "id", "time": {"column": "at"}, **more}


def test_everything_that_a_mapping_can_say() -> None:
    assert mapping_from_dict(EVERYTHING) == LogMapping(
        request="id",
        order="column",
        order_column="n",
        dialect=Dialect(
            delimiter=";", quote="'", encoding="cp1252", nulls=frozenset({"?", "NULL"})
        ),
        time="at",
        opened="opened",
        times=Times(
            formats=("%d/%m/%Y", "iso"), zone="Europe/Berlin", twice="second", gap="refuse"
        ),
        status=Vocabulary(
            columns=("status", "sub"),
            joined="/",
            unknown="ignore",
            names={
                "A/B": Meaning("status: in progress"),
                "C": Meaning("nothing"),
                "D": Meaning("status: waiting for a part"),
            },
        ),
        activities=Vocabulary(
            columns=("activity",),
            names={
                "mail out": Meaning("replied"),
                "auto": Meaning("replied", automatic=True, public=False, side=Side.SUPPLIER),
                "wait": Meaning("status: waiting for customer"),
            },
        ),
        group="team",
        person="agent",
        actors=Actors(column="by", side_column="role", sides={"user": Side.CUSTOMER}),
        facts={
            "customer": FactColumn(column="company"),
            "impact": FactColumn(column="imp", values={"1": "high", "2": "low"}),
            "tags": FactColumn(column="labels", kind="words", separator=";"),
            "seats": FactColumn(column="seats", kind="integer"),
            "vip": FactColumn(column="vip", values={"yes": True, "no": False}),
        },
        constants={"kind": "incident", "weight": 1.5, "tags": frozenset({"a", "b"})},
    )


def test_every_format_says_the_same(tmp_path: Path) -> None:
    texts = {
        "toml": tomli_w.dumps(EVERYTHING),
        "yaml": yaml.safe_dump(EVERYTHING),
        "json": json.dumps(EVERYTHING),
    }
    for suffix, text in texts.items():
        path = tmp_path / f"mapping.{suffix}"
        path.write_text(text)
        assert load_mapping(path) == mapping_from_dict(EVERYTHING)


def test_a_row_per_request_names_the_columns_of_its_instants() -> None:
    table = {
        "rows": "requests",
        "request": "id",
        "time": {"zone": "UTC", "format": "%Y-%m-%d"},
        "instants": {"opened": "created", "replied": "first reply", "status: scheduled": "later"},
    }
    mapping = mapping_from_dict(table)
    assert mapping.instants == table["instants"]
    assert mapping.times == Times(formats=("%Y-%m-%d",), zone="UTC")


def test_everything_wrong_is_said_at_once_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "mapping.toml"
    path.write_text(
        """\
requests = "number"
order = "fiel"

[time]
colum = "sys_updated_at"
format = "%d/%m/%Y %H:%M"
zone = "America/Sao_Paolo"

[status]
column = 7
[status.names]
New = "New"
Active = "in_progress"
Done = "resolvd"

[facts]
group = "assignment_group"
priority = { column = "priority", values = { "1 - Critical" = ["critical"] } }
tags = "labels"

[actor]
column = "by"
side = "desc"
"""
    )
    with pytest.raises(MappingFileError) as caught:
        load_mapping(path)
    assert str(caught.value).splitlines() == [
        f"{path} cannot be used as a mapping",
        "  request: missing; expected the name of the column that names the request",
        "  line 1: requests: unknown key; did you mean 'request'?",
        "  line 2: order: found 'fiel'; expected 'time', 'file'; did you mean 'file'?",
        "  line 4: time.column: missing; expected the name of the column of a row's instant",
        "  line 5: time.colum: unknown key; did you mean 'column'?",
        (
            "  line 7: time.zone: unknown time zone 'America/Sao_Paolo': "
            "expected an IANA name such as 'Europe/Berlin'"
        ),
        "  line 10: status.column: found 7; expected the name of a column, or a list of names",
        "  line 12: status.names.New: found 'New'; expected 'new', or a name that is less like it",
        (
            "  line 13: status.names.Active: found 'in_progress'; "
            "expected 'in progress', or a name that is less like it"
        ),
        (
            "  line 14: status.names.Done: found 'resolvd'; "
            "expected 'resolved', or a name that is less like it"
        ),
        "  line 17: facts.group: group changes with time: expected it under [assignment]",
        (
            "  line 18: facts.priority.values.1 - Critical: found ['critical']; "
            "expected text, a number, true or false"
        ),
        "  line 19: facts.tags: tags of another type: expected words",
        (
            "  line 23: actor.side: found 'desc'; expected 'customer', 'desk', 'supplier'; "
            "did you mean 'desk'?"
        ),
    ]


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ({"request": "id"}, "time: missing; expected a table with the column of a row's instant"),
        (good(time=3), "time: found 3; expected a table"),
        (good(request=""), "request: found ''; expected the name"),
        (
            good(file={"delimiter": "||"}),
            "file.delimiter: the delimiter is '||': expected one character",
        ),
        (
            good(file={"quote": ","}),
            "file.quote: the quote is ',': expected one character other than",
        ),
        (
            good(file={"encoding": "utf-9"}),
            "file.encoding: unknown encoding 'utf-9': expected one that",
        ),
        (good(file={"encoding": 8}), "file.encoding: found 8; expected text"),
        (good(file={"null": [None]}), "file.null: found [None]; expected a text or a list"),
        (good(order={"colum": "n"}), "order.column: missing; expected the name of a column"),
        (good(status={"column": "s"}), "status.names: missing; expected a table"),
        (good(status={"column": [], "names": {}}), "status.column: found []; expected the name"),
        (good(status={"column": "s", "joined": 1, "names": {}}), "status.joined: found 1"),
        (good(status={"column": "s", "names": {"A": 1}}), "status.names.A: found 1; expected"),
        (good(activities={"column": "a", "names": {"A": 1}}), "activities.names.A: found 1"),
        (good(activities={"column": "a", "names": {"A": "replies"}}), "activities.names.A: found"),
        (good(activities={"column": "a", "names": {"A": {}}}), "activities.names.A.event: missing"),
        (
            good(activities={"column": "a", "names": {"A": {"event": "replied", "public": 1}}}),
            "activities.names.A.public: found 1; expected true or false",
        ),
        (good(facts={"a": 1}), "facts.a: found 1; expected the name of a column"),
        (good(facts={"id": "x"}), "facts.id: 'id' is no fact that a column can hold"),
        (good(facts={" ": "x"}), "facts. : found ' '; expected a name"),
        (
            good(facts={"impact": {"column": "i", "as": "integer"}}),
            "facts.impact: impact of another type: expected text",
        ),
        (
            good(facts={"n": {"column": "i", "as": "integer", "values": {"1": 1}}}),
            "facts.n: values say what cells mean: expected no integer besides",
        ),
        (good(constants={"a": None}), "constants.a: found None; expected text, a number"),
        (good(constants={"kind": 1}), "constants.kind: kind of another type: expected text"),
        (good(instants={"opened": "x"}), "instants: has no meaning where rows = 'events'"),
        ({"rows": "requests", "request": "id"}, "instants: missing; expected a table"),
        (
            {"rows": "requests", "request": "id", "instants": {"opened": "x"}, "order": "file"},
            "order: has no meaning where rows = 'requests'",
        ),
        (
            {"rows": "requests", "request": "id", "instants": {"closed": "x"}},
            "instants.opened: missing; expected the name of the column of the opening",
        ),
        (
            {"rows": "requests", "request": "id", "instants": {"opened": "x", "solved": "y"}},
            "instants.solved: found 'solved'; expected 'status: NAME' or one of opened",
        ),
    ],
)
def test_each_fault_says_where_what_was_found_and_expected(
    table: dict[str, object], expected: str
) -> None:
    found = faults(table)
    assert [text for text in found if text.startswith(expected)], found


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ("%d/%d/%Y", "the format '%d/%d/%Y': names a directive twice"),
        ("%Y-%V", "the format '%Y-%V': ISO week directive"),
        ("%Y-%Q", "the format '%Y-%Q': 'Q' is a bad directive"),
    ],
)
def test_formats_are_tried_when_the_mapping_is_loaded(written: str, problem: str) -> None:
    (found,) = faults(good(time={"column": "at", "zone": "UTC", "format": written}))
    assert found.startswith(f"time.format: {problem}")


@pytest.mark.parametrize("encoding", ["rot13", "undefined", "hex", "zlib"])
def test_encodings_are_tried_when_the_mapping_is_loaded(encoding: str) -> None:
    (found,) = faults(good(file={"encoding": encoding}))
    assert found.startswith(f"file.encoding: {encoding!r} is no encoding of text: expected one")


def test_each_fault_of_the_file_stands_at_its_own_key() -> None:
    found = faults(good(file={"delimiter": ";;", "quote": "''", "encoding": "utf-88"}))
    assert [fault.partition(":")[0] for fault in found] == [
        "file.delimiter", "file.quote", "file.encoding",
    ]  # fmt: skip
    (found,) = faults(good(file={"delimiter": '"'}))
    assert found.startswith("file.quote: the quote is")


def test_delimiter_and_quote_may_change_places() -> None:
    dialect = mapping_from_dict(good(file={"delimiter": '"', "quote": ","})).dialect
    assert dialect == Dialect(delimiter='"', quote=",")


def test_one_mistake_is_one_fault() -> None:
    zone = good(time={"column": "at", "zone": "Mars", "format": "%Y-%m-%d"})
    assert len(faults(zone)) == 1
    assert len(faults(good(status={"column": 7, "names": {}}))) == 1


@pytest.mark.parametrize("name", ["nwe", "ne", "news", "now", "NEW", "close", "RESOLVED", "mergde"])
def test_a_slip_of_a_status_is_a_fault(name: str) -> None:
    (found,) = faults(good(status={"column": "s", "names": {"N": name}}))
    assert found.startswith(f"status.names.N: found {name!r}; expected ")
    assert found.endswith(", or a name that is less like it")


@pytest.mark.parametrize("name", ["impcat", "Impact", "tag", "prioritys"])
@pytest.mark.parametrize("table", ["facts", "constants"])
def test_so_is_a_slip_of_a_fact(table: str, name: str) -> None:
    (found,) = faults(good(**{table: {name: "x"}}))
    assert found.startswith(f"{table}.{name}: found {name!r}; expected ")


def test_a_status_of_the_hosts_own_needs_no_more_than_a_name() -> None:
    table = good(status={"column": "s", "names": {"Parked": "waiting for a part"}})
    mapping = mapping_from_dict(table)
    assert mapping.status
    assert mapping.status.names["Parked"].status == "waiting for a part"


@pytest.mark.parametrize(
    "fields",
    [
        {"request": "id"},
        {"request": "id", "rows": "requests"},
        {"request": "id", "time": "at", "order": "column"},
        {"request": "id", "time": "at", "order_column": "n"},
        {"request": "id", "time": "at", "facts": {"group": FactColumn(column="g")}},
        {"request": "id", "rows": "requests", "instants": {"opened": "o", "solved": "s"}},
    ],
)
def test_a_mapping_that_makes_no_sense_is_refused_in_code_too(fields: dict[str, object]) -> None:
    with pytest.raises(InvalidValue):
        LogMapping(**fields)


def test_so_are_its_parts() -> None:
    with pytest.raises(InvalidValue, match="no column"):
        Vocabulary(columns=(), names={})
    with pytest.raises(InvalidValue, match="the separator is empty"):
        FactColumn(column="labels", kind="words", separator="")
    with pytest.raises(InvalidValue, match="found 'status: '"):
        Meaning("status: ")
