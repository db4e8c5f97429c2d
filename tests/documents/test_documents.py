"""Files that people write: the same table from every format, and a line for everything in it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
import tomli_w
import yaml
from hypothesis import given
from hypothesis import strategies as st

from servicecore.documents import Document, parse_document, read_document
from servicecore.errors import Fault, FaultyFile, InvalidValue, MissingExtra, PolicyFileError


def parse(text: str, suffix: str) -> Document:
    return parse_document(text, suffix, f"file{suffix}", FaultyFile)


def faults(text: str, suffix: str) -> list[str]:
    with pytest.raises(FaultyFile) as caught:
        parse(text, suffix)
    return [str(fault) for fault in caught.value.exceptions]


TOML = '''# a comment with [brackets] and = signs
title = "one # not a comment"
"quoted.key" = 1
long = """
[not.a.header]
x = 1 """
[a.b]
list = [
  1,  # ] a comment
  { x = 1, y = "}" },
  [ 2,
    3 ],
]
dotted.key = 2026-12-25 07:32:00
[[a.rows]]
name = 'first'
[[a.rows]]
name = 'second'
[a.rows.below]
deep = 1.5
[[a.rows.more]]
z = """x""""
'''


def test_toml_knows_the_line_of_every_key_and_item() -> None:
    document = parse(TOML, ".toml")
    expected = {
        ("title",): 2, ("quoted.key",): 3, ("long",): 4, ("a", "b"): 7, ("a", "b", "list"): 8,
        ("a", "b", "list", 0): 9, ("a", "b", "list", 1): 10, ("a", "b", "list", 1, "y"): 10,
        ("a", "b", "list", 2): 11, ("a", "b", "list", 2, 1): 12, ("a", "b", "dotted", "key"): 14,
        ("a", "rows"): 15, ("a", "rows", 0): 15, ("a", "rows", 0, "name"): 16,
        ("a", "rows", 1): 17, ("a", "rows", 1, "name"): 18, ("a", "rows", 1, "below", "deep"): 20,
        ("a", "rows", 1, "more", 0, "z"): 22,
    }  # fmt: skip
    assert {where: document.locate(where) for where in expected} == expected
    assert document.locate(["a", "b", "missing", 7]) == 7
    assert document.locate(["missing"]) is None


def test_json_and_yaml_know_the_line_of_every_key_and_item() -> None:
    text = '{\n"a": [1,\n {"b": "x\\"]",\n "c": []}, [],\n 2],\n"d": {}\n}'
    expected = {("a",): 2, ("a", 1): 3, ("a", 1, "b"): 3, ("a", 1, "c"): 4, ("a", 3): 5, ("d",): 6}
    for suffix in (".json", ".yaml"):
        document = parse(text, suffix)
        assert {where: document.locate(where) for where in expected} == expected


def test_dates_times_and_words_are_text_in_every_format() -> None:
    table = {"day": "2026-12-25", "cutoff": "17:00:00", "no": "off", "n": 1, "x": -2.5, "yes": True}
    toml = 'day = 2026-12-25\ncutoff = 17:00:00\nno = "off"\nn = 1\nx = -2.5\nyes = true'
    assert parse(toml, ".toml").table == table
    lines = "day: 2026-12-25\ncutoff: 17:00:00\nno: off\nn: 1\nx: -2.5\nyes: true"
    assert parse(lines, ".yaml").table == table
    assert parse(json.dumps(table), ".json").table == table


def test_yaml_reads_as_its_core_schema() -> None:
    text = "{a: 010, b: .inf, c: -.inf, d: ~, e: , f: 1e3, g: 1_000, h: 0x1F, 1: one, i: .nan}"
    table = parse(text, ".yml").table
    assert str(table.pop("i")) == "nan"
    assert table == {
        "a": 10, "b": float("inf"), "c": float("-inf"), "d": None, "e": None, "f": 1000.0,
        "g": "1_000", "h": 31, "1": "one",
    }  # fmt: skip
    assert parse("a: &x [1, 2]\nb: *x", ".yaml").table == {"a": [1, 2], "b": [1, 2]}
    assert parse("", ".yaml").table == {}


def test_a_key_that_stands_there_twice_is_a_fault_with_both_lines() -> None:
    twice = "a.b: this key stands there twice (first on line 2)"
    assert faults("a:\n  b: 1\n  b: 2\n", ".yaml") == [f"line 3: {twice}"]
    assert faults('{"a": {\n"b": 1,\n"b": 2}}', ".json") == [f"line 3: {twice}"]
    assert faults("a = 1\na = 2", ".toml") == ["is no TOML: Cannot overwrite a value"]


@pytest.mark.parametrize(
    ("text", "suffix", "expected"),
    [
        ("a = \n", ".toml", "line 1: is no TOML: Invalid value"),
        ('{"a": 1\n"b": 2}', ".json", "line 2: is no JSON: Expecting ',' delimiter"),
        ('{"a": NaN}', ".json", "is no JSON: NaN is no number of JSON"),
        ("a: [1\nb: 2\n", ".yaml", "line 2: is no YAML: expected ',' or ']', but got ':'"),
        ("a: \x00", ".yaml", "is no YAML: unacceptable character #x0000"),
        ("[1]: 2\n", ".yaml", "line 1: a key is a list or a table: expected text"),
        ("a: !!python/none x", ".yaml", "line 1: a: the tag 'tag:yaml.org,2002:python/none'"),
        (
            "a: &x {b: 1}\nc:\n  <<: *x\n",
            ".yaml",
            "line 3: c: merge keys (<<) are not read: expected the keys themselves",
        ),
        ("[1, 2]", ".json", "expected a table at the top, found a list"),
        ("7", ".yaml", "expected a table at the top, found a int"),
        ("a = 1", ".ini", "its name ends in '.ini': expected .toml, .yaml, .yml or .json"),
        ("[" * 100_000, ".json", "is nested too deeply"),
        ("a: " + "9" * 5000, ".yaml", "line 1: a: '" + "9" * 40 + "' is no int"),
    ],
)
def test_what_cannot_be_read_is_a_fault_with_its_line(
    text: str, suffix: str, expected: str
) -> None:
    (found,) = faults(text, suffix)
    assert found.startswith(expected)


def test_an_alias_inside_itself_ends() -> None:
    assert parse("a: &x\n  b: *x", ".yaml").table == {"a": {"b": None}}


def test_a_file_is_read_and_says_its_name(tmp_path: Path) -> None:
    path = tmp_path / "sla.toml"
    path.write_bytes(b"\xef\xbb\xbfa = 1")
    assert read_document(path, PolicyFileError).table == {"a": 1}
    path.write_bytes(b"a = 1\nb = '\xff'")
    with pytest.raises(PolicyFileError) as caught:
        read_document(path, PolicyFileError)
    assert str(caught.value) == f"{path} cannot be read\n  line 2: is not UTF-8"
    with pytest.raises(PolicyFileError) as caught:
        read_document(tmp_path / "none.toml", PolicyFileError)
    assert "No such file" in str(caught.value)


def test_a_path_that_is_none_is_refused_clearly() -> None:
    with pytest.raises(InvalidValue, match="path is 5: expected the path of a file"):
        read_document(5, PolicyFileError)  # type: ignore[arg-type]  # wrong on purpose


def test_yaml_without_its_extra_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "yaml", None)
    monkeypatch.delitem(sys.modules, "servicecore.documents.fromyaml", raising=False)
    with pytest.raises(MissingExtra, match=r"servicecore\[files\]"):
        parse("a: 1", ".yaml")
    assert parse("a = 1", ".toml").table == {"a": 1}


def test_faults_get_their_lines_and_the_order_of_the_file() -> None:
    document = parse("a = 1\nb = 2\n", ".toml")
    placed = document.placed([Fault(("b",), "odd"), Fault(("a", "x"), "missing")])
    assert [str(fault) for fault in placed] == ["line 1: a.x: missing", "line 2: b: odd"]


def tables() -> st.SearchStrategy[dict[str, object]]:
    text = st.text(
        st.characters(codec="utf-8", exclude_characters="\r\x85\u2028\u2029"), max_size=6
    )
    scalars = st.integers(-(10**9), 10**9) | st.booleans() | text
    return st.dictionaries(
        text,
        st.recursive(
            scalars,
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
            max_leaves=8,
        ),
        max_size=4,
    )


def paths(value: object, where: tuple[str | int, ...] = ()) -> set[tuple[str | int, ...]]:
    """Every way into a value, by plain recursion."""
    items: list[tuple[str | int, object]] = []
    if isinstance(value, dict):
        items = list(value.items())
    elif isinstance(value, list):
        items = list(enumerate(value))
    inner = [paths(item, (*where, key)) for key, item in items]
    return {where}.union(*inner) if where else set().union(*inner)


@given(tables())
def test_every_part_of_any_table_has_a_line(table: dict[str, object]) -> None:
    for text, suffix in (
        (tomli_w.dumps(table), ".toml"),
        (json.dumps(table, indent=1), ".json"),
        (json.dumps(table), ".json"),
        (yaml.safe_dump(table, allow_unicode=True), ".yaml"),
    ):
        document = parse(text, suffix)
        if suffix != ".yaml":  # PyYAML leaves words such as 12:30 bare, as text of YAML 1.1
            assert document.table == table
        assert paths(document.table) <= set(document.lines)
