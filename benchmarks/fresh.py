"""What happens once per process: importing the library, and the first answer of a calendar.

Each measurement is a new interpreter that prints the processor time of the part that is of
interest; starting the interpreter is no part of it. Candidates take turns here too.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from subprocess import PIPE

from benchmarks.measure import Timings
from benchmarks.table import Row

ROOT = Path(__file__).parent.parent
CLOCK = "from time import process_time as now\n"
STANDS_ON = "import attrs, pendulum, pluggy"
IMPORTS = {
    "import servicecore": 1.5,
    "from servicecore import Calendar": None,
    "from servicecore import *": None,
}
"""The goal is for the first; the others show what comes later, when a name is asked for."""

CALENDAR = f"""{CLOCK}
from datetime import UTC, datetime
from benchmarks.workload import TABLE
from servicecore import Calendar

began = now()
calendar = Calendar.from_dict(TABLE)
calendar.is_open(datetime(2026, 6, 1, tzinfo=UTC))
answered = now()
calendar.between(datetime(1990, 6, 1, tzinfo=UTC), datetime(2039, 6, 1, tzinfo=UTC))
print(answered - began, now() - answered)
"""


def printed(code: str, *arguments: str) -> list[float]:
    """The numbers that a fresh interpreter prints."""
    command = [sys.executable, "-c", code, *arguments]
    done = subprocess.run(command, check=True, stdout=PIPE, text=True, cwd=ROOT)  # noqa: S603  # our own interpreter, and a line of ours
    return [float(number) for number in done.stdout.split()]


def imports(rounds: int) -> Iterator[Row]:
    """Importing servicecore, by itself and with all its first names, against what it stands on."""
    seconds: dict[str, list[float]] = {statement: [] for statement in (*IMPORTS, STANDS_ON)}
    for number in range(rounds + 1):
        for statement in seconds:
            took = printed(f"{CLOCK}began = now()\n{statement}\nprint(now() - began)")
            if number:  # the first one wrote the bytecode
                seconds[statement] += took
    timings = Timings(seconds)
    for statement, goal in IMPORTS.items():
        ratio = timings.ratio(statement, STANDS_ON)
        against = timings.of(STANDS_ON)
        yield Row(statement, timings.of(statement), STANDS_ON, against, ratio, goal)


def compiling(rounds: int) -> Iterator[Row]:
    """What a calendar takes to know its first year, and to know fifty of them."""
    firsts, growths = zip(*(printed(CALENDAR) for _ in range(rounds)), strict=True)
    yield _once("a calendar's first answer", firsts)
    yield _once("growing from 1 year to 50", growths)


def _once(measured: str, seconds: Sequence[float]) -> Row:
    return Row(measured, Timings({measured: list(seconds)}).of(measured))
