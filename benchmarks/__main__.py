"""Measure everything and print one table: `python -m benchmarks [--quick] [NAME …]`."""

from __future__ import annotations

import argparse
import platform
from collections.abc import Callable, Iterator, Mapping
from os import cpu_count

from benchmarks import core, figures, fresh, incremental, others, stores, wholelog
from benchmarks.table import Row, markdown

Measuring = Callable[[int], Iterator[Row]]

MEASURED: Mapping[str, tuple[Measuring, int, int]] = {
    "integers": (core.integers, 100, 5),
    "datetimes": (core.datetimes, 100, 5),
    "distance": (core.distance, 100, 5),
    "between": (others.between, 9, 1),
    "add": (others.add, 15, 1),
    "imports": (fresh.imports, 25, 1),
    "compiling": (fresh.compiling, 25, 1),
    "stores": (stores.stores, 5, 1),
    "figures": (figures.figures, 5, 1),
    # A process inherits the peak of memory of the one that starts it: the long histories come last.
    "log": (wholelog.whole_log, 7, 1),
    "events": (incremental.incremental, 50, 3),
}
"""What is measured, in how many rounds, and in how many where it only has to run."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(MEASURED)}")
    parser.add_argument("--quick", action="store_true", help="few rounds: does it run at all?")
    wanted = parser.parse_args()
    if unknown := set(wanted.names) - set(MEASURED):
        known = ", ".join(MEASURED)
        parser.error(f"unknown: {', '.join(sorted(unknown))}; expected some of {known}")
    rows: list[Row] = []
    for name in wanted.names or MEASURED:
        measure, rounds, few = MEASURED[name]
        rows += measure(few if wanted.quick else rounds)
    print(markdown(rows))
    print(f"\n{platform.python_implementation()} {platform.python_version()}, {cpu_count()} cores")


if __name__ == "__main__":
    main()
