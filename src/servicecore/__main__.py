"""``python -m servicecore``: check policies, replay logs, compare books, and run a desk.

Exit codes: 0 all is well, 1 faults were found or something could not be done, 2 wrong usage; those
of ``diff`` are the ones of its namesake.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING

from servicecore import __version__
from servicecore.backtest import backtest
from servicecore.commandline import add_host_commands
from servicecore.errors import InvalidValue, ServiceCoreError
from servicecore.instants import to_instant
from servicecore.lifecycle.audit import audited
from servicecore.logs import Log, load_mapping, read_log
from servicecore.logs.backtest_printed import backtest_printed, backtest_table
from servicecore.logs.printed import printed
from servicecore.logs.quoting import printable
from servicecore.logs.report import audit_table, report_of, table_of
from servicecore.messages import messages_in
from servicecore.policyfile import load_policies, policies_schema
from servicecore.sla.book_changes import book_changes
from servicecore.sla.checks import check

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]  # the class has no other name

PROGRESS_EVERY = 1.0
"""Seconds between two lines of progress."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # a name that a terminal cannot show is no failure
            stream.reconfigure(errors="backslashreplace")
    given = _parser().parse_args(arguments)
    try:
        command: Callable[[argparse.Namespace], int] = given.command
        return command(given)
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (ServiceCoreError, OSError) as problem:
        print(f"servicecore: {problem}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m servicecore", description="SLA rules that explain themselves."
    )
    parser.add_argument("--version", action="version", version=f"servicecore {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    for add in (_add_demo, _add_check, _add_replay, _add_backtest, _add_diff, _add_schema):
        add(commands)
    add_host_commands(commands)
    return parser


def _add_demo(commands: Commands) -> None:
    demo = commands.add_parser("demo", help="replay 300 real incidents under an example policy")
    demo.set_defaults(command=_demo)


def _add_check(commands: Commands) -> None:
    checking = commands.add_parser("check", help="find the faults of a policy file")
    checking.add_argument("policies", type=Path, metavar="POLICIES")
    checking.set_defaults(command=_check)


def _add_replay(commands: Commands) -> None:
    replaying = commands.add_parser("replay", help="replay a log under a policy file")
    replaying.add_argument("policies", type=Path, metavar="POLICIES")
    _add_log(replaying)
    replaying.add_argument(
        "--worst", type=_count, default=3, metavar="N", help="breaches to explain"
    )
    replaying.add_argument(
        "--audit", action="store_true", help="count what the lifecycle would have refused"
    )
    replaying.add_argument(
        "--language", default="en", metavar="L", help="of the explanations: en, ru, ar, …"
    )
    replaying.set_defaults(command=_replay)


def _add_backtest(commands: Commands) -> None:
    trying = commands.add_parser("backtest", help="replay a log under two policy files")
    _add_books(trying)
    _add_log(trying)
    trying.add_argument("--flips", type=_count, default=3, metavar="N", help="verdicts to explain")
    trying.set_defaults(command=_backtest)


def _add_diff(commands: Commands) -> None:
    comparing = commands.add_parser("diff", help="say what changed between two policy files")
    _add_books(comparing)
    comparing.set_defaults(command=_diff)


def _add_schema(commands: Commands) -> None:
    schema = commands.add_parser("schema", help="print the JSON Schema of policy files")
    schema.set_defaults(command=_schema)


def _add_books(command: argparse.ArgumentParser) -> None:
    command.add_argument("old", type=Path, metavar="OLD", help="the policies as they are")
    command.add_argument("new", type=Path, metavar="NEW", help="the policies as they might be")


def _add_log(command: argparse.ArgumentParser) -> None:
    command.add_argument("events", type=Path, metavar="EVENTS", help="CSV, CSV.gz or Parquet")
    command.add_argument("--mapping", type=Path, required=True, help="what EVENTS' columns mean")
    command.add_argument("--at", metavar="T", help="an ISO 8601 instant; default: the last event")
    command.add_argument("--json", type=Path, metavar="OUT", help="write the whole report there")


def _count(text: str) -> int:
    """A number of things, for argparse."""
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is no number")
    return int(text)


def _demo(_: argparse.Namespace) -> int:
    folder = _examples()
    print(f"replay {folder / 'policies.toml'} {folder / 'incidents.csv'}\n")
    given = argparse.Namespace(
        policies=folder / "policies.toml",
        events=folder / "incidents.csv",
        mapping=folder / "mapping.toml",
        at=None,
        json=None,
        worst=3,
        audit=False,
        language="en",
    )
    return _replay(given)


def _examples() -> Path:
    """The example that is shipped: in the package, or beside it in a checkout."""
    inside = Path(__file__).parent / "examples" / "uci"
    return inside if inside.exists() else Path(__file__).parents[2] / "examples" / "uci"


def _check(given: argparse.Namespace) -> int:
    book = load_policies(given.policies)
    findings = check(book, at=datetime.now(UTC))
    for finding in findings:
        print(finding)
    faults = sum(finding.severity == "fault" for finding in findings)
    print(f"{given.policies}: {faults} faults, {len(findings) - faults} warnings")
    return 1 if faults else 0


def _replay(given: argparse.Namespace) -> int:
    at, messages = _checked_log_options(given), messages_in(given.language)
    book = load_policies(given.policies)
    log = read_log(given.events, load_mapping(given.mapping), progress=_progress("rows read"))
    report = report_of(
        log.histories, book, at=at, worst=given.worst, progress=_progress("requests replayed")
    )
    audit = audited(log.histories, book) if given.audit else None
    print(log.counts(), printed(report, messages), sep="\n\n")
    if audit:
        print("", *map(printable, str(audit).split("\n")), sep="\n")
    if complaints := log.complaints():
        print("", complaints, sep="\n")
    if given.json:
        refused = {"audit": audit_table(audit)} if audit else {}
        _write(given.json, {**table_of(report, messages), **refused, "log": _table_of_log(log)})
    return 1 if report.failed and len(report.failed) == report.requests else 0


def _checked_log_options(given: argparse.Namespace) -> int | None:
    """The instant asked for, if any; refuses before the work what would fail after it."""
    if given.json and not given.json.absolute().parent.is_dir():
        raise InvalidValue(f"--json is {str(given.json)!r}: its folder is not there")
    return None if given.at is None else to_instant(_instant(given.at))


def _backtest(given: argparse.Namespace) -> int:
    at = _checked_log_options(given)
    old, new = load_policies(given.old), load_policies(given.new)
    log = read_log(given.events, load_mapping(given.mapping), progress=_progress("rows read"))
    result = backtest(
        log.histories, old, new, at=at, progress=_progress("requests replayed under both")
    )
    print(log.counts(), backtest_printed(result, given.flips), sep="\n\n")
    if complaints := log.complaints():
        print("", complaints, sep="\n")
    if given.json:
        _write(given.json, {**backtest_table(result), "log": _table_of_log(log)})
    return 1 if result.failed and not result.requests else 0


def _diff(given: argparse.Namespace) -> int:
    try:
        changes = book_changes(load_policies(given.old), load_policies(given.new))
    except (ServiceCoreError, OSError) as problem:
        print(f"servicecore: {problem}", file=sys.stderr)
        return 2
    for change in changes:
        print(change)
    return 1 if changes else 0


def _instant(text: str) -> datetime:
    expected = "expected ISO 8601 with an offset such as 2017-02-18T15:00+00:00"
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidValue(f"--at is {text!r}: {expected}") from None
    if at.tzinfo is None:
        raise InvalidValue(f"--at is {text!r}, which has no offset: {expected}")
    return at


def _table_of_log(log: Log) -> dict[str, object]:
    return {
        "rows_read": log.rows_read,
        "rows_used": log.rows_used,
        "unusable": [row._asdict() for row in log.unusable],
        "notes": [note._asdict() for note in log.notes],
    }


def _write(path: Path, table: dict[str, object]) -> None:
    path.write_text(json.dumps(table, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _progress(what: str) -> Callable[[int], None]:
    """Says on standard error, once a second, how much is done."""
    last = time.monotonic()

    def tell(done: int) -> None:
        nonlocal last
        if time.monotonic() - last >= PROGRESS_EVERY:
            last = time.monotonic()
            print(f"{done:,} {what} …", file=sys.stderr, flush=True)

    return tell


def _schema(_: argparse.Namespace) -> int:
    print(json.dumps(policies_schema(), indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
