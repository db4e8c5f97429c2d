"""How a ratio is measured: all candidates in turn, many times over, in one process.

Machines are shared and change their speed from second to second, so two numbers that were taken
minutes apart say little about each other. Here every round runs each candidate once, for a few
milliseconds, and makes its own ratios; the median of the rounds' ratios is what counts. What the
loop around the calls takes is measured in every round like a candidate and taken off. Time is the
processor time of this process: what others use in between does not count.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median
from time import process_time
from timeit import Timer
from typing import Any, NamedTuple

LOOP = "an empty loop"
SHORTEST_RUN = 0.004
"""Seconds that a run takes at least, far above what the clock can tell apart."""


class Call(NamedTuple):
    """One call as a user would write it, `a` being the argument; `names` are what it refers to."""

    text: str
    names: Mapping[str, Any]
    arguments: Sequence[Any]


class Timings(NamedTuple):
    """Seconds per call of every candidate, one list entry per round."""

    seconds: dict[str, list[float]]

    def of(self, name: str) -> float:
        """The median time of a call."""
        return median(self.seconds[name])

    def ratio(self, name: str, other: str) -> float:
        """The median of the rounds' ratios: how many times as long as `other` does `name` take."""
        both = zip(self.seconds[name], self.seconds[other], strict=True)
        return median(ours / theirs for ours, theirs in both)


def interleaved(calls: Mapping[str, Call], rounds: int) -> Timings:
    """Time the calls in turn, `rounds` times."""
    runs = {name: _Run(call) for name, call in calls.items()}
    shortest = min(calls.values(), key=lambda call: len(call.arguments))
    loop = _Run(Call("pass", {}, shortest.arguments))
    seconds: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds):
        empty = loop.seconds_per_call()
        for name, run in runs.items():
            seconds[name].append(run.seconds_per_call() - empty)
    return Timings(seconds)


class _Run:
    """A call in a loop over its arguments, repeated until a run is long enough to be timed."""

    def __init__(self, call: Call) -> None:
        names = {**call.names, "arguments": call.arguments}
        # timeit switches the garbage collector off while it runs.
        self.timer = Timer(f"for a in arguments: {call.text}", timer=process_time, globals=names)
        self.size = len(call.arguments)
        self.timer.timeit(1)  # warms caches and lets the interpreter specialise the loop
        once = self.timer.timeit(1)
        self.times = max(1, round(SHORTEST_RUN / max(once, 1e-7)))

    def seconds_per_call(self) -> float:
        return self.timer.timeit(self.times) / self.times / self.size
