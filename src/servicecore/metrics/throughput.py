"""Throughput: how many requests come and go, and how many are open in between (M3)."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Self

from attrs import define, field, frozen

from servicecore.instants import as_instant
from servicecore.lifecycle.situation import Situation
from servicecore.metrics.cohort import Period, instant_of_both, same_instant
from servicecore.metrics.open_times import OpenTime, open_times
from servicecore.metrics.rows import DONE, MERGED, WITHDRAWN


@frozen
class Throughput:
    """What came and went in a bucket, and how many were open when it began and when it ended.

    `opened` and `reopened` came; `resolved`, `withdrawn` and `merged` went. So
    `open_at_end` = `open_at_start` + `net`.
    """

    period: Period
    opened: int
    reopened: int
    resolved: int
    withdrawn: int
    merged: int
    open_at_start: int

    @property
    def net(self) -> int:
        """By how many more requests are open than before."""
        return self.opened + self.reopened - self.resolved - self.withdrawn - self.merged

    @property
    def open_at_end(self) -> int:
        """How many are open behind the bucket."""
        return self.open_at_start + self.net


@define
class FlowTally:
    """When requests came and went, in one pass and in parts (M9)."""

    stretches: list[tuple[OpenTime, ...]] = field(factory=list)
    instant: int | None = None

    def add(self, situation: Situation) -> None:
        """Note when one request was open."""
        self.instant = same_instant(self.instant, situation.instant)
        self.stretches.append(open_times(situation))

    def merge(self, other: Self) -> None:
        """Add what another tally noted."""
        self.instant = instant_of_both(self, other)
        self.stretches.extend(other.stretches)

    def throughput(self, periods: Iterable[Period]) -> tuple[Throughput, ...]:
        """What came and went in each of these periods."""
        comings = _sorted(
            ("opened" if not place else "reopened", stretch.start)
            for each in self.stretches
            for place, stretch in enumerate(each)
        )
        goings = _sorted(
            (stretch.cause, stretch.end)
            for each in self.stretches
            for stretch in each
            if stretch.end is not None
        )
        return tuple(_throughput(period, comings, goings) for period in periods)

    def open_at(self, moments: Iterable[datetime | int]) -> tuple[int, ...]:
        """How many were open at each of these moments; what ends at one is open no longer."""
        flat = [stretch for each in self.stretches for stretch in each]
        starts = sorted(stretch.start for stretch in flat)
        ends = sorted(stretch.end for stretch in flat if stretch.end is not None)
        instants = (as_instant(moment, "moment") for moment in moments)
        return tuple(bisect_left(starts, at + 1) - bisect_left(ends, at + 1) for at in instants)


Moves = dict[str, list[int]]


def _sorted(moves: Iterable[tuple[str, int]]) -> Moves:
    found: Moves = {}
    for name, instant in moves:
        found.setdefault(name, []).append(instant)
    return {name: sorted(instants) for name, instants in found.items()}


def _throughput(period: Period, comings: Moves, goings: Moves) -> Throughput:
    came = Counter({name: _within(period, each) for name, each in comings.items()})
    went = Counter({name: _within(period, each) for name, each in goings.items()})
    before = sum(bisect_left(each, period.start) for each in comings.values())
    before -= sum(bisect_left(each, period.start) for each in goings.values())
    return Throughput(
        period,
        opened=came["opened"],
        reopened=came["reopened"],
        resolved=went[DONE],
        withdrawn=went[WITHDRAWN],
        merged=went[MERGED],
        open_at_start=before,
    )


def _within(period: Period, instants: Sequence[int]) -> int:
    return bisect_left(instants, period.end) - bisect_left(instants, period.start)


def throughput(
    situations: Iterable[Situation], periods: Iterable[Period]
) -> tuple[Throughput, ...]:
    """What came and went in each period, such as those of `buckets`; half-open (M3).

    A request comes at its opening and at every reopening, and goes when it is resolved (or closed
    without that), cancelled or merged. Raises `InvalidValue` for situations of different instants.
    """
    return _tallied(situations).throughput(periods)


def backlog(situations: Iterable[Situation], moments: Iterable[datetime | int]) -> tuple[int, ...]:
    """How many requests were open at each moment, in the order given; one sweep over all."""
    return _tallied(situations).open_at(moments)


def _tallied(situations: Iterable[Situation]) -> FlowTally:
    tally = FlowTally()
    for situation in situations:
        tally.add(situation)
    return tally
