"""Files of every kind: what is wrong with a row is listed, with a file it is one error."""

from __future__ import annotations

import csv
import gzip
import sys
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from servicecore.errors import InvalidValue, MappingFileError, MissingExtra
from servicecore.lifecycle.events import Opened, Resolved
from servicecore.logs import Log, LogMapping, Note, load_mapping, mapping_from_dict, read_log

EXAMPLE = Path(__file__).parents[2] / "examples" / "uci"
TABLE: dict[str, object] = {
    "request": "id",
    "order": "file",
    "time": {"column": "at", "zone": "UTC"},
    "status": {"column": "status", "names": {"New": "new", "Done": "resolved"}},
    "facts": {"title": "title"},
}
MAPPING = mapping_from_dict(TABLE)
HEADER = "id,at,status,title\n"


def read(tmp_path: Path, content: str | bytes, mapping: LogMapping = MAPPING) -> Log:
    path = tmp_path / "log.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_log(path, mapping)


def test_lines_are_the_physical_ones_on_which_rows_begin(tmp_path: Path) -> None:
    text = (
        "\n" + HEADER + 'a,2026-03-02T12:00,New,"one\nand, two"\n'
        "\n"
        "a,2026-03-02T12:00,Odd,x\r\n"
        "a,2026-03-02T12:00,New\n"
        ",2026-03-02T12:00,New,x\n"
        "a,,New,x\n"
        "a,yesterday,New,x\n"
        "a,2026-03-02T12:05,Done,x,y\n"
        "a,2026-03-02T12:05,Done,"
    )
    log = read(tmp_path, text)
    assert [(row.line, row.request, row.reason) for row in log.unusable] == [
        (6, "a", "the status 'Odd' is not named in the mapping"),
        (7, None, "has 3 columns: expected 4"),
        (8, None, "names no request: 'id' is empty"),
        (9, "a", "at is missing"),
        (10, "a", "at 'yesterday' is no time: expected 'iso'"),
        (11, None, "has 5 columns: expected 4"),
    ]
    assert (log.rows_read, log.rows_used) == (8, 2)
    opening, resolution = log.histories["a"]
    assert isinstance(opening, Opened)
    assert opening.facts == {"title": "one\nand, two"}
    assert isinstance(resolution, Resolved)


def test_a_missing_quotation_mark_says_how_far_its_row_runs(tmp_path: Path) -> None:
    text = (
        HEADER + 'a,2026-03-02T12:00,New,"one\na,2026-03-02T12:00,New,x\na,2026-03-02T12:00,New,x'
    )
    (row,) = read(tmp_path, text + '",y,z\n').unusable
    assert row.line == 2
    assert (
        row.reason == "has 6 columns: expected 4 (it runs to line 4: is a quotation mark missing?)"
    )


def test_a_cell_past_the_limit_of_csv_is_one_unusable_row(tmp_path: Path) -> None:
    row = "a,2026-03-02T12:00,New,x\n"
    long = f"a,2026-03-02T12:00,New,{'x' * (csv.field_size_limit() + 1)}\n"
    log = read(tmp_path, HEADER + row + long + row)
    assert [(row.line, row.reason) for row in log.unusable] == [
        (3, "is no row of CSV: field larger than field limit (131072)"),
    ]
    assert log.rows_used == 2


def test_other_dialects(tmp_path: Path) -> None:
    dialect = {"delimiter": ";", "quote": "", "encoding": "cp1252", "null": ["NULL", "-"]}
    text = 'id;at;status;title\na;2026-03-02T12:00;New;5" größer\n b ;2026-03-02T12:00;-; NULL \n'
    log = read(tmp_path, text.encode("cp1252"), mapping_from_dict({**TABLE, "file": dialect}))
    openings = [history[0] for history in log.histories.values()]
    assert [opening.request for opening in openings] == ["a", "b"]
    assert [opening.facts for opening in openings] == [{"title": '5" größer'}, {}]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_mark_of_the_encoding_is_no_part_of_a_name(tmp_path: Path, encoding: str) -> None:
    text = HEADER + "ä,2026-03-02T12:00,New,x\n"
    name = encoding.removesuffix("-sig")
    log = read(
        tmp_path,
        text.encode(encoding),
        mapping_from_dict({**TABLE, "file": {"encoding": name}}),
    )
    assert list(log.histories) == ["ä"]


def test_utf_16_without_its_mark_is_one_error(tmp_path: Path) -> None:
    mapping = mapping_from_dict({**TABLE, "file": {"encoding": "utf-16"}})
    with pytest.raises(InvalidValue, match=r"log.csv (cannot be decoded|is not utf-16)"):
        read(tmp_path, HEADER.encode("utf-16-le"), mapping)


def test_gzip_is_known_by_its_content(tmp_path: Path) -> None:
    text = HEADER + "a,2026-03-02T12:00,New,x\n"
    assert read(tmp_path, gzip.compress(text.encode())) == read(tmp_path, text)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "log.csv is empty: expected a header"),
        (b"\n\n", "log.csv is empty: expected a header"),
        (HEADER.encode() + b"a,2026-03-02T12:00,New,\xff\n", "is not utf-8"),
        (gzip.compress(HEADER.encode() * 9_999, mtime=0)[:-20], "cannot be decompressed"),
        (gzip.compress(HEADER.encode(), mtime=0)[:8] + b"nonsense", "cannot be decompressed"),
        (b'"' + b"x" * 200_000, "the header of .*log.csv is no CSV: field larger"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_error(
    tmp_path: Path, content: bytes, problem: str
) -> None:
    with pytest.raises(InvalidValue, match=problem):
        read(tmp_path, content)


@pytest.mark.parametrize("name", ["none.csv", "none.parquet"])
def test_a_file_that_is_not_there_is_one_error(tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidValue, match=f"{name} cannot be read: "):
        read_log(tmp_path / name, MAPPING)


def test_all_missing_columns_are_named_before_anything_is_read(tmp_path: Path) -> None:
    told: list[int] = []
    path = tmp_path / "log.csv"
    path.write_text("ID,at,stauts,title,title\na,2026-03-02T12:00,New,x,x\n")
    with pytest.raises(MappingFileError) as caught:
        read_log(path, MAPPING, told.append)
    assert str(caught.value).splitlines() == [
        f"{path} does not fit the mapping (its columns: ID, at, stauts, title, title)",
        "  request: the log has no column 'id'; did you mean 'ID'?",
        "  status.column: the log has no column 'status'; did you mean 'stauts'?",
        "  facts.title: the log has 2 columns 'title': expected one",
    ]
    assert told == []


def test_progress_is_told_every_ten_thousand_rows_and_at_the_end(tmp_path: Path) -> None:
    told: list[int] = []
    path = tmp_path / "log.csv"
    path.write_text(HEADER + "a,2026-03-02T12:00,New,x\n" * 20_003)
    read_log(path, MAPPING, told.append)
    assert told == [10_000, 20_000, 20_003]


def test_the_summary_groups_rows_by_reason(tmp_path: Path) -> None:
    odd = [f"a,2026-03-02T12:00,{word},x" for word in ["New", *"AAAAAAABBC", *"DEFGHIJKL"]]
    log = read(tmp_path, HEADER + "\n".join(odd) + "\nb,,New,\n")
    assert log.summary().splitlines() == [
        "21 rows read, 1 used, 20 unusable; 1 request with 1 event",
        "unusable:",
        "      7 × the status 'A' is not named in the mapping (lines 3, 4, 5, 6, 7, and 2 more)",
        "      2 × the status 'B' is not named in the mapping (lines 10, 11)",
        *(
            f"      1 × the status '{word}' is not named in the mapping (line {line})"
            for line, word in enumerate("CDEFGHIJ", start=12)
        ),
        "      3 × for 3 other reasons",
    ]


def test_one_is_not_many() -> None:
    log = Log(histories={}, rows_read=1, rows_used=1)
    assert log.counts() == "1 row read, 1 used, 0 unusable; 0 requests with 0 events"
    reasons = [Note(2, "a", reason) for reason in "abcdefghijk"]
    log = Log(histories={}, rows_read=1, rows_used=1, notes=tuple(reasons))
    assert log.complaints().splitlines()[-1] == "      1 × for 1 other reason"


def test_what_a_cell_holds_neither_floods_nor_drives_a_terminal(tmp_path: Path) -> None:
    evil = "\x1b[2J" + "x" * 100_000
    table = {**TABLE, "order": {"column": "n"}, "facts": {"n": {"column": "n", "as": "integer"}}}
    lines = [f"a,2026-03-02T12:00,{evil},1", f"a,{evil},New,1", f"a,2026-03-02T12:00,New,{evil}"]
    lines += ["a,2026-03-02T12:00,New,1.5"]
    text = "id,at,status,n\n" + "\n".join(lines)
    log = read(tmp_path, text, mapping_from_dict(table))
    assert len(log.unusable) == 3
    assert "\x1b" not in log.summary()
    assert len(log.summary()) < 800
    with pytest.raises(MappingFileError) as caught:
        read(tmp_path, f"{evil},at\n")
    assert "\x1b" not in str(caught.value)
    assert len(str(caught.value)) < 500


def test_a_mapping_that_is_a_path_is_refused_clearly(tmp_path: Path) -> None:
    with pytest.raises(InvalidValue, match=r"mapping is 'm.toml': expected .*load_mapping"):
        read_log(tmp_path / "log.csv", "m.toml")  # type: ignore[arg-type]  # wrong on purpose
    with pytest.raises(InvalidValue, match="path is 5: expected the path of a file"):
        read_log(5, MAPPING)  # type: ignore[arg-type]  # wrong on purpose


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_a_header_of_one_column_hints_at_the_delimiter(tmp_path: Path, delimiter: str) -> None:
    with pytest.raises(MappingFileError) as caught:
        read(tmp_path, HEADER.replace(",", delimiter))
    (fault,) = caught.value.exceptions
    assert str(fault) == (
        f"file.delimiter: the header is one column with {delimiter!r} in it; "
        f"did you mean {delimiter!r}?"
    )


class TestParquet:
    """Parquet gives what the same rows in CSV give."""

    def test_the_example_as_text(self, tmp_path: Path) -> None:
        mapping = load_mapping(EXAMPLE / "mapping.toml")
        expected = read_log(EXAMPLE / "incidents.csv", mapping)
        with (EXAMPLE / "incidents.csv").open(newline="") as file:
            rows = list(csv.DictReader(file))
        path = tmp_path / "incidents.parquet"
        parquet.write_table(pa.Table.from_pylist(rows), path, row_group_size=500)
        found = read_log(path, mapping)
        assert found.histories == expected.histories
        # A row of Parquet has no line but a number; the CSV's first line is its header.
        assert found.unusable == tuple(row._replace(line=row.line - 1) for row in expected.unusable)
        assert [note.line + 1 for note in found.notes] == [note.line for note in expected.notes]

    def test_columns_with_types_of_their_own(self, tmp_path: Path) -> None:
        table = {
            **TABLE,
            "request": "number",
            "facts": {
                "seats": {"column": "seats", "as": "integer"},
                "vip": {"column": "vip", "values": {"true": True, "false": False}},
                "cost": {"column": "cost", "as": "number"},
            },
            "time": {"column": "at", "zone": "UTC", "opened": "opened"},
        }
        noon = datetime(2026, 3, 2, 12, tzinfo=UTC)
        # An hour that comes twice: both instants of it are 02:30 in their zone.
        autumn = [datetime(2026, 10, 25, hour, 30, tzinfo=UTC) for hour in (0, 1)]
        columns = {
            "number": pa.array([1, 1, 2]),
            "at": pa.array([*autumn, noon], pa.timestamp("ns", "Europe/Berlin")),
            "opened": pa.array([None, None, noon.replace(tzinfo=None)], pa.timestamp("ms")),
            "status": pa.array(["New", "Done", None]).dictionary_encode(),
            "seats": pa.array([5.0, float("nan"), None]),
            "vip": pa.array([True, None, False]),
            "cost": pa.array([1.5, None, None], pa.float32()),
        }
        path = tmp_path / "log.parquet"
        parquet.write_table(pa.table(columns), path)
        log = read_log(path, mapping_from_dict(table))
        assert not log.unusable
        assert not log.notes
        opening, resolution = log.histories["1"]
        assert opening.facts == {"seats": 5, "vip": True, "cost": 1.5}
        assert [opening.occurred_at, resolution.occurred_at] == autumn
        assert log.histories["2"][0].occurred_at == noon

    @pytest.mark.parametrize(
        ("column", "problem"),
        [
            (pa.array([["New"]]), "cannot be read as Parquet: Unsupported cast from list"),
            (None, "has no column 'status'"),
        ],
    )
    def test_what_cannot_be_read(
        self, tmp_path: Path, column: pa.Array | None, problem: str
    ) -> None:
        columns = {"id": ["a"], "at": ["2026-03-02T12:00"], "title": ["x"]}
        path = tmp_path / "log.parquet"
        parquet.write_table(
            pa.table(columns if column is None else {**columns, "status": column}), path
        )
        with pytest.raises((InvalidValue, MappingFileError)) as caught:
            read_log(path, MAPPING)
        assert problem in str(caught.value)

    def test_another_file_under_its_name(self, tmp_path: Path) -> None:
        path = tmp_path / "log.parquet"
        path.write_text(HEADER)
        with pytest.raises(InvalidValue, match="cannot be read as Parquet"):
            read_log(path, MAPPING)

    def test_without_pyarrow(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "pyarrow", None)
        monkeypatch.delitem(sys.modules, "servicecore.logs.fromparquet", raising=False)
        with pytest.raises(MissingExtra, match=r"servicecore\[bulk\]"):
            read_log(tmp_path / "log.parquet", MAPPING)
