"""``python -m servicecore``: check policies, replay logs, compare books, and run a desk.

Exit codes: 0 all is well, 1 faults were found or something could not be done, 2 wrong usage; those
of ``diff`` are the ones of its namesake.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING

from servicecore import __version__
from servicecore.commandline import add_host_commands
from servicecore.errors import ServiceCoreError
from servicecore.log_commands import add_books, add_log_commands, replay_log
from servicecore.policyfile import load_policies, policies_schema
from servicecore.sla.book_changes import book_changes
from servicecore.sla.checks import check

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]  # the class has no other name


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

    for add in (_add_demo, _add_check, add_log_commands, _add_diff, _add_schema):
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


def _add_diff(commands: Commands) -> None:
    comparing = commands.add_parser("diff", help="say what changed between two policy files")
    add_books(comparing)
    comparing.set_defaults(command=_diff)


def _add_schema(commands: Commands) -> None:
    schema = commands.add_parser("schema", help="print the JSON Schema of policy files")
    schema.set_defaults(command=_schema)


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
    return replay_log(given)


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


def _diff(given: argparse.Namespace) -> int:
    try:
        changes = book_changes(load_policies(given.old), load_policies(given.new))
    except (ServiceCoreError, OSError) as problem:
        print(f"servicecore: {problem}", file=sys.stderr)
        return 2
    for change in changes:
        print(change)
    return 1 if changes else 0


def _schema(_: argparse.Namespace) -> int:
    print(json.dumps(policies_schema(), indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
