"""The command line: what it prints, what it writes, and how it ends."""

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import servicecore
from servicecore.__main__ import main

POLICIES = """
[calendars.office]
timezone = "Europe/Berlin"
hours = {mon-fri = "09:00-17:00"}
known_until = "always"

[[policies]]
name = "standard"
calendar = "office"
[policies.targets.resolution]
high = "2h"
"*" = "8h"
"""

MAPPING = """
request = "number"
[time]
column = "when"
format = "%Y-%m-%d %H:%M"
zone = "Europe/Berlin"
[status]
column = "state"
[status.names]
"new" = "new"
"in progress" = "in progress"
"resolved" = "resolved"
[facts]
priority = "priority"
"""

EVENTS = """\
number,when,state,priority
A,2026-03-06 10:00,new,high
A,2026-03-06 15:00,resolved,high
B,2026-03-06 10:00,new,low
B,2026-03-06 11:00,resolved,low
C,2026-03-06 16:00,new,high
C,2026-03-09 09:30,in progress,high
D,yesterday,new,low
D,2026-03-09 11:00,new,low
"""


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    """The arguments of a replay of four requests, one of whose rows has no instant."""
    contents = {"policies.toml": POLICIES, "events.csv": EVENTS, "mapping.toml": MAPPING}
    for name, text in contents.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    policies, events, mapping = (str(tmp_path / name) for name in contents)
    return ["replay", policies, events, "--mapping", mapping]


def test_replay_prints_who_kept_what_why_and_what_could_not_be_used(
    files: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """M2, K8: A is late by 3 h, B met and due, C in time until Monday 10:00, D just opened."""
    assert main([*files, "--at", "2026-03-09T12:00+01:00"]) == 0
    out = capsys.readouterr().out
    assert "8 rows read, 7 used, 1 unusable" in out
    rows = [line.split() for line in out.splitlines() if line.startswith(("resolution", "  "))]
    assert ["resolution", "high", "2", "0", "1", "1", "0", "0", "0", "2", "0.0%"] in [
        row[:11] for row in rows
    ]
    assert ["low", "2", "1", "0", "0", "1", "0", "0", "1", "100.0%"] in [row[:10] for row in rows]
    assert "A: resolution, priority high, policy standard, late by 3h" in out
    assert "missed: stopped Fri 6 Mar 2026 15:00, was due Fri 6 Mar 2026 12:00, late by 3h" in out
    assert "line 8" in out


def test_replay_writes_the_whole_report_as_json(files: list[str], tmp_path: Path) -> None:
    """M1: every figure with its n, its interval and its cohort; every row that was left out."""
    out = tmp_path / "report.json"
    assert main([*files, "--at", "2026-03-09T12:00+01:00", "--json", str(out)]) == 0
    report = json.loads(out.read_text(encoding="utf-8"))
    assert report["at"] == "2026-03-09T11:00:00+00:00"
    high = next(row for row in report["attainment"] if row["priority"] == "high")
    assert high["kept"]["n"] == high["due"] == 2
    assert high["kept"]["method"] == "wilson"
    assert [row["line"] for row in report["log"]["unusable"]] == [8]
    assert report["log"]["rows_used"] + len(report["log"]["unusable"]) == 8
    assert {breach["request"] for breach in report["worst"]} == {"A", "C"}


def test_replay_counts_what_the_lifecycle_would_have_refused(
    files: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """R1: replay takes everything as fact; an audit says what nobody could have done."""
    reopened = EVENTS + "B,2026-03-06 12:00,new,low\n"
    (tmp_path / "events.csv").write_text(reopened, encoding="utf-8")
    out = tmp_path / "report.json"
    assert main([*files, "--audit", "--json", str(out)]) == 0
    assert "1 of 4 events in 4 requests would have been refused" in capsys.readouterr().out
    audit = json.loads(out.read_text(encoding="utf-8"))["audit"]
    assert audit["refused_events"] == sum(each["events"] for each in audit["refused"]) == 1
    assert audit["refused"][0]["requests"] == ["B"]
    assert main(files) == 0
    assert "would have been refused" not in capsys.readouterr().out
    (tmp_path / "events.csv").write_text(reopened.replace("B,", "\x1b[31mB,"), encoding="utf-8")
    assert main([*files, "--audit"]) == 0
    assert "\x1b" not in capsys.readouterr().out


def test_replay_explains_in_the_language_asked_for(
    files: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """K8: the same data in other words; a language nobody knows is refused before the work."""
    assert main([*files, "--at", "2026-03-09T12:00+01:00", "--language", "ru"]) == 0
    assert "не в срок" in capsys.readouterr().out
    assert main([*files, "--language", "tlh"]) == 1
    told = capsys.readouterr()
    assert "unknown language 'tlh'" in told.err
    assert not told.out


def test_a_name_cannot_drive_the_terminal(
    files: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What comes out of a log is shown, never obeyed."""
    hostile = EVENTS.replace("A,", "\x1b[31mA,")
    (tmp_path / "events.csv").write_text(hostile, encoding="utf-8")
    assert main([*files, "--at", "2026-03-09T12:00+01:00"]) == 0
    out = capsys.readouterr().out
    assert "\\x1b[31mA: resolution" in out
    assert "\x1b" not in out


@pytest.mark.parametrize("number", ["0", "1", "-1", "many"])
def test_as_many_breaches_as_asked_for_are_explained(
    files: list[str], number: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """No breach is explained where none is asked for, and none denied."""
    arguments = [*files, "--at", "2026-03-09T12:00+01:00", f"--worst={number}"]
    if not number.isdecimal():
        with pytest.raises(SystemExit) as usage:
            main(arguments)
        assert usage.value.code == 2
        return
    assert main(arguments) == 0
    out = capsys.readouterr().out
    assert out.count("target: 2h of office") == int(number)
    assert "No clock was late" not in out


def test_a_terminal_that_knows_ascii_only_is_no_failure(files: list[str]) -> None:
    """What cannot be shown is escaped."""
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    program = [sys.executable, "-m", "servicecore", *files]
    done = subprocess.run(program, capture_output=True, env=environment, check=True)
    assert b"\\u2013" in done.stdout


def test_without_an_instant_the_log_is_read_as_of_its_last_event(
    files: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """K1: behind its last event a log knows nothing."""
    assert main(files) == 0
    assert "as of Mon 9 Mar 2026 10:00 UTC" in capsys.readouterr().out


def test_a_request_opened_later_had_not_happened(
    files: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """K1: nothing behind the instant is known."""
    assert main([*files, "--at", "2026-03-06T12:00+01:00"]) == 0
    assert "2 requests as of Fri 6 Mar 2026 11:00 UTC; 2 requests opened later left out" in (
        capsys.readouterr().out
    )


@pytest.mark.parametrize("ending", [".csv.gz", ".csv"])
def test_a_compressed_log_is_read_as_it_is(
    files: list[str], tmp_path: Path, ending: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A log need not be unpacked first."""
    path = tmp_path / f"packed{ending}"
    content = EVENTS.encode()
    path.write_bytes(gzip.compress(content) if ending == ".csv.gz" else content)
    assert main([files[0], files[1], str(path), *files[3:]]) == 0
    assert "8 rows read" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"--at": "yesterday"}, "--at is 'yesterday': expected ISO 8601"),
        ({"--at": "2026-03-09T12:00"}, "has no offset"),
        ({"--json": "nowhere/report.json"}, "its folder is not there"),
        ({"policies.toml": "[[policies]]\nname = 3"}, "line 2: policies[0].name"),
        ({"mapping.toml": "request = 'number'"}, "time"),
        ({"events.csv": "number,what\nA,B\n"}, "when"),
    ],
)
def test_what_cannot_be_done_is_said_without_a_traceback(
    files: list[str],
    tmp_path: Path,
    change: dict[str, str],
    said: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Errors are part of the interface; the exit code is 1."""
    arguments = list(files)
    for name, value in change.items():
        if name.startswith("--"):
            arguments += [name, value]
        else:
            (tmp_path / name).write_text(value, encoding="utf-8")
    assert main(arguments) == 1
    captured = capsys.readouterr()
    assert captured.err.startswith("servicecore: ")
    assert said in captured.err


def test_a_file_that_is_not_there_is_named(
    files: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """The culprit is in the message."""
    assert main([files[0], "nowhere.toml", *files[2:]]) == 1
    assert "nowhere.toml" in capsys.readouterr().err


def test_check_counts_faults_in_its_exit_code(
    files: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """P3: what is wrong with a book is found before it is used."""
    assert main(["check", files[1]]) == 0
    assert "0 faults" in capsys.readouterr().out
    closed = POLICIES.replace('mon-fri = "09:00-17:00"', "")
    (tmp_path / "closed.toml").write_text(closed, encoding="utf-8")
    assert main(["check", str(tmp_path / "closed.toml")]) == 1
    assert "never opens" in capsys.readouterr().out


@pytest.fixture
def two_books(files: list[str], tmp_path: Path) -> list[str]:
    """The arguments of a backtest: the same requests under a longer target for high."""
    longer = POLICIES.replace('high = "2h"', 'high = "6h"')
    (tmp_path / "next.toml").write_text(longer, encoding="utf-8")
    return ["backtest", files[1], str(tmp_path / "next.toml"), *files[2:]]


def test_backtest_says_what_changes_what_it_does_and_why(
    two_books: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """P1, M2: A took 5 h, C has used 4 of 6; the low ones stay as they are."""
    assert main([*two_books, "--at", "2026-03-09T12:00+01:00"]) == 0
    out = capsys.readouterr().out
    assert "1 change:\n  policy 'standard': resolution for high 2h → 6h of office" in out
    rows = [line.split() for line in out.splitlines() if line.startswith(("resolution", "  "))]
    assert ["resolution", "high", "2", "→", "1", "0.0%", "100.0%", "+100.0"] in [
        row[:8] for row in rows
    ]
    assert "A: resolution, broken → kept" in out
    assert out.index("sum: 5h of 2h") < out.index("sum: 5h of 6h")
    assert "8 rows read, 7 used, 1 unusable" in out
    assert "line 8" in out


def test_backtest_explains_as_many_as_asked_for(
    two_books: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """None where none is asked for."""
    assert main([*two_books, "--flips", "0"]) == 0
    assert "target: " not in capsys.readouterr().out


def test_backtest_writes_every_flip_as_json(two_books: list[str], tmp_path: Path) -> None:
    """M1: figures with n, interval and cohort; each flip with its deadlines and its cause."""
    out = tmp_path / "backtest.json"
    arguments = [*two_books, "--at", "2026-03-09T12:00+01:00", "--json", str(out)]
    assert main(arguments) == 0
    report = json.loads(out.read_text(encoding="utf-8"))
    path = ["policies", "standard", "targets", "resolution", "high"]
    assert [change["path"] for change in report["changes"]] == [path]
    flips = {flip["request"]: flip for flip in report["flips"]}
    assert flips["A"]["by"] == [path]
    assert flips["A"]["before"]["due_at"] == "2026-03-06T12:00:00+01:00"
    assert flips["A"]["after"]["verdict"] == "kept"
    assert flips["C"]["after"]["verdict"] == "not due yet"
    (high,) = [row for row in report["rows"] if row["priority"] == "high"]
    assert (high["difference"]["n"], high["difference"]["method"]) == (1, "newcombe paired")
    assert [row["line"] for row in report["log"]["unusable"]] == [8]


def test_backtest_of_one_book_turns_nothing(
    two_books: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """No difference without a change."""
    same = [two_books[0], two_books[1], two_books[1], *two_books[3:]]
    assert main(same) == 0
    out = capsys.readouterr().out
    assert "Nothing changes: the books are equal." in out
    assert "No verdict is another." in out


def test_a_name_cannot_drive_the_terminal_of_a_backtest(
    two_books: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What comes out of a log is shown, never obeyed."""
    hostile = EVENTS.replace("A,", "\x1b[31mA,")
    (tmp_path / "events.csv").write_text(hostile, encoding="utf-8")
    assert main(two_books) == 0
    out = capsys.readouterr().out
    assert "\\x1b[31mA: resolution" in out
    assert "\x1b" not in out


def test_diff_ends_as_its_namesake_does(
    two_books: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """0 the same, 1 something changed, 2 trouble."""
    _, old, new, *_ = two_books
    assert main(["diff", old, old]) == 0
    assert capsys.readouterr().out == ""
    assert main(["diff", old, new]) == 1
    said = "policy 'standard': resolution for high 2h → 6h of office\n"
    assert capsys.readouterr().out == said
    assert main(["diff", old, "nowhere.toml"]) == 2
    assert "nowhere.toml" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("page", "command"),
    [("try-a-policy-on-history", "backtest"), ("compare-two-books", "diff")],
)
def test_guides_show_what_is_printed_of_the_shipped_books(
    page: str, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every block of text in the guide, as it stands there."""
    root = Path(__file__).parents[1]
    folder = root / "examples" / "uci"
    arguments = [str(folder / name) for name in ("policies.toml", "policies-next-year.toml")]
    if command == "backtest":
        arguments += [str(folder / "incidents.csv"), "--mapping", str(folder / "mapping.toml")]
    assert main([command, *arguments]) == (command == "diff")
    out = capsys.readouterr().out
    _, *blocks = (root / "docs" / "how-to" / f"{page}.md").read_text("utf-8").split("```text\n")
    assert blocks
    for block in blocks:
        assert block.split("```")[0].rstrip() in out


def test_demo_replays_the_incidents_that_are_shipped(capsys: pytest.CaptureFixture[str]) -> None:
    """The first thing a reader runs: real data, every row accounted for."""
    assert main(["demo"]) == 0
    out = capsys.readouterr().out
    assert "The worst breaches:" in out
    assert "resolution" in out


def test_schema_is_the_one_that_is_shipped(capsys: pytest.CaptureFixture[str]) -> None:
    """The JSON Schema for editors."""
    shipped = Path(servicecore.__file__).parent / "policies.schema.json"
    assert main(["schema"]) == 0
    assert json.loads(capsys.readouterr().out) == json.loads(shipped.read_text(encoding="utf-8"))


def test_the_module_runs_as_a_program(files: list[str]) -> None:
    """Text without colour, nothing on standard error for a short log; usage errors end with 2."""
    program = [sys.executable, "-m", "servicecore"]
    done = subprocess.run([*program, *files], capture_output=True, text=True, check=True)
    assert "kept" in done.stdout
    assert "\x1b" not in done.stdout
    assert done.stderr == ""
    wrong = subprocess.run([*program, "replay"], capture_output=True, text=True, check=False)
    assert wrong.returncode == 2
    assert "usage:" in wrong.stderr
