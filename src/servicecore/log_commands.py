"""The commands that read a log: replay it, try another book on it, report its figures."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

from servicecore.backtest import backtest
from servicecore.errors import InvalidValue
from servicecore.instants import to_instant
from servicecore.lifecycle.audit import audited
from servicecore.logs import Log, load_mapping, read_log
from servicecore.logs.backtest_printed import backtest_printed, backtest_table
from servicecore.logs.figures import figures_of
from servicecore.logs.printed import printed
from servicecore.logs.quoting import printable
from servicecore.logs.report import audit_table, report_of, table_of
from servicecore.logs.surveyfile import read_surveys
from servicecore.messages import messages_in
from servicecore.metrics.cohort import Period
from servicecore.metrics.scales import CSAT_5, SCALES, Scale
from servicecore.metrics.surveys import Surveys
from servicecore.policyfile import load_policies

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]  # the class has no other name

PROGRESS_EVERY = 1.0
"""Seconds between two lines of progress."""


def add_log_commands(commands: Commands) -> None:
    """Add ``replay``, ``backtest`` and ``report`` to a command line."""
    for add in (_add_replay, _add_backtest, _add_report):
        add(commands)


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
    replaying.set_defaults(command=replay_log)


def _add_backtest(commands: Commands) -> None:
    trying = commands.add_parser("backtest", help="replay a log under two policy files")
    add_books(trying)
    _add_log(trying)
    trying.add_argument("--flips", type=_count, default=3, metavar="N", help="verdicts to explain")
    trying.set_defaults(command=_backtest)


def _add_report(commands: Commands) -> None:
    reporting = commands.add_parser("report", help="report the figures of a log, and of surveys")
    reporting.add_argument("policies", type=Path, metavar="POLICIES")
    _add_log(reporting)
    reporting.add_argument("--surveys", type=Path, metavar="CSV", help="invitations and answers")
    reporting.add_argument(
        "--question", default="csat", metavar="Q", help="the answer that tells satisfaction"
    )
    reporting.add_argument("--scale", choices=sorted(SCALES), default=CSAT_5.name, help="its scale")
    reporting.add_argument("--by", metavar="FACT", help="group by a fact, such as priority")
    reporting.add_argument("--from", dest="start", metavar="T", help="only from this instant on")
    reporting.add_argument("--until", dest="end", metavar="T", help="only before this instant")
    reporting.add_argument("--clock", default="resolution", help="the contract's clock")
    reporting.add_argument("--target", type=float, default=0.9, help="the share aimed at")
    reporting.add_argument("--markdown", type=Path, metavar="OUT", help="write it as Markdown")
    reporting.set_defaults(command=_report)


def add_books(command: argparse.ArgumentParser) -> None:
    """Add the two policy files that a command compares."""
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


def replay_log(given: argparse.Namespace) -> int:
    """Replay a log under a policy file and print what there is to say; the exit code."""
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


def _report(given: argparse.Namespace) -> int:
    at, period = _checked_log_options(given), _period(given)
    if given.markdown:
        _check_folder(given.markdown, "--markdown")
    book = load_policies(given.policies)
    surveys = read_surveys(given.surveys) if given.surveys else Surveys()
    log = read_log(given.events, load_mapping(given.mapping), progress=_progress("rows read"))
    found = figures_of(
        log.histories,
        book,
        at=at,
        period=period,
        surveys=surveys,
        progress=_progress("requests replayed"),
        **_asked(given),
    )
    print(log.counts(), printable_lines(found.report.text()), *found.remarks(), sep="\n\n")
    if complaints := log.complaints():
        print("", complaints, sep="\n")
    if given.markdown:
        given.markdown.write_text(found.report.markdown(), encoding="utf-8")
    if given.json:
        _write(given.json, {**found.table(), "log": _table_of_log(log)})
    return 1 if found.failed and not found.report.requests else 0


class _Asked(TypedDict):
    by: str | None
    clock: str
    target: float
    question: str
    scale: Scale


def _asked(given: argparse.Namespace) -> _Asked:
    """What the report is asked for, by the names of its arguments."""
    return {
        "by": given.by,
        "clock": given.clock,
        "target": given.target,
        "question": given.question,
        "scale": SCALES[given.scale],
    }


def printable_lines(text: str) -> str:
    """The text, with what a terminal would obey made visible in each line."""
    return "\n".join(map(printable, text.split("\n")))


def _period(given: argparse.Namespace) -> Period | None:
    if given.start is None and given.end is None:
        return None
    if given.start is None or given.end is None:
        raise InvalidValue("--from and --until: expected both or none of them")
    return Period(_instant(given.start, "--from"), _instant(given.end, "--until"))


def _checked_log_options(given: argparse.Namespace) -> int | None:
    """The instant asked for, if any; refuses before the work what would fail after it."""
    if given.json:
        _check_folder(given.json, "--json")
    return None if given.at is None else to_instant(_instant(given.at))


def _check_folder(path: Path, option: str) -> None:
    if not path.absolute().parent.is_dir():
        raise InvalidValue(f"{option} is {str(path)!r}: its folder is not there")


def _instant(text: str, option: str = "--at") -> datetime:
    expected = "expected ISO 8601 with an offset such as 2017-02-18T15:00+00:00"
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidValue(f"{option} is {text!r}: {expected}") from None
    if at.tzinfo is None:
        raise InvalidValue(f"{option} is {text!r}, which has no offset: {expected}")
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
