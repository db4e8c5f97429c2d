"""The replay of the whole incident log, reading included, and how much memory it takes at most.

The yardstick is `csv.DictReader` going through the same compressed file and keeping nothing. Every
measurement is a new process, which leaves its imports out of the time and has a memory of its own.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from benchmarks.fresh import ROOT, printed
from benchmarks.measure import Timings
from benchmarks.table import Row

LOG = "uci_incident_event_log.csv.gz"
FOLDER = Path(os.environ.get("SERVICECORE_DATA") or ROOT.parent / "shared" / "data")
EXAMPLE = ROOT / "examples" / "uci"

START = """
import csv, gzip, resource, sys
from time import process_time as now
from servicecore import load_policies, replay
from servicecore.logs import load_mapping, read_log
from servicecore.logs.report import report_of

def done():
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # KiB; on macOS bytes
    print(now() - began, peak / (1 << 20 if sys.platform == "darwin" else 1 << 10))

path = sys.argv[1]
began = now()
"""
READ = f"""
book = load_policies({str(EXAMPLE / "policies.toml")!r})
histories = read_log(path, load_mapping({str(EXAMPLE / "mapping.toml")!r})).histories
"""
STEPS = {
    "csv.DictReader": """
with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
    for row in csv.DictReader(file):
        pass
""",
    "reading the log": READ,
    "reading and replaying it": f"""{READ}
at = max(history[-1].occurred for history in histories.values())
for history in histories.values():
    replay(history, book, at=at).readings
""",
    "reading it and the whole report": f"{READ}report_of(histories, book)\n",
}
YARDSTICK, *MEASURED = STEPS
GOALS = {"reading and replaying it": 6.0}
MEMORY_GOAL = 1024.0
"""Times the yardstick, and MiB."""


def whole_log(rounds: int, log: Path = FOLDER / LOG) -> Iterator[Row]:
    """Reading, reading and replaying, and everything that the command line does with it."""
    if not log.is_file():
        yield _missing(f"{log.name} is missing: set SERVICECORE_DATA to its folder")
        return
    seconds: dict[str, list[float]] = {name: [] for name in STEPS}
    peak = 0.0
    for _ in range(rounds):
        for name, step in STEPS.items():
            took, memory = printed(f"{START}{step}done()", str(log))
            seconds[name].append(took)
            peak = max(peak, memory)
    timings = Timings(seconds)
    for name in MEASURED:
        ratio, yardstick = timings.ratio(name, YARDSTICK), timings.of(YARDSTICK)
        yield Row(name, timings.of(name), YARDSTICK, yardstick, ratio, GOALS.get(name))
    yield Row("peak of memory", f"{peak:.0f} MiB", "1 GiB", "1 GiB", peak / MEMORY_GOAL, 1.0)


def _missing(hint: str) -> Row:
    if os.environ.get("CI") == "true":
        raise FileNotFoundError(hint)
    return Row("the whole log", None, answers=hint)
