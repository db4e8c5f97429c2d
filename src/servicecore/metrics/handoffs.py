"""Handoffs: how often requests change groups, come back, and play ping-pong (M5, R4)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from typing import Self

from attrs import define, field, frozen

from servicecore.estimate import Estimate, mean, share
from servicecore.lifecycle.events import Assigned
from servicecore.lifecycle.situation import Situation
from servicecore.metrics.cohort import Period, instant_of_both, same_instant

COHORT = "requests that a group has had"


def groups_of(situation: Situation) -> tuple[str, ...]:
    """The groups that have had a request, one after the other.

    While no group has it nobody new does, so A, none, A is A (R4).
    """
    groups: list[str] = []
    for event in situation.history:
        if isinstance(event, Assigned) and event.group and groups[-1:] != [event.group]:
            groups.append(event.group)
    return tuple(groups)


@frozen
class Handoffs:
    """How requests move between groups.

    `per_request` is the mean number of handoffs, `handed_off` the share with any. A bounce is a
    handoff back to a group that had it before: `bounce_index` is the mean number of bounces per
    request, and `bounced` the share with any; each is a customer who was sent back. `ping_pong` is
    the share in which a group handed it straight back to the one before (A-B-A), and `pairs` counts
    these by the two groups, most first. `front` is the share of resolved requests that never left
    the front groups (push to front).
    """

    requests: int
    handoffs: int
    bounces: int
    per_request: Estimate
    handed_off: Estimate
    bounce_index: Estimate
    bounced: Estimate
    ping_pong: Estimate
    pairs: Mapping[tuple[str, str], int]
    front: Estimate


@define
class HandoffTally:
    """Handoffs in one pass and in parts (M9); with a `period`, of requests opened in it.

    `front` are the groups of the front line; without them it is the group that had a request first.
    """

    front: frozenset[str] | None = None
    period: Period | None = None
    handoffs: Counter[int] = field(factory=Counter)
    bounces: Counter[int] = field(factory=Counter)
    counts: Counter[str] = field(factory=Counter)
    pairs: Counter[tuple[str, str]] = field(factory=Counter)
    instant: int | None = None

    def add(self, situation: Situation) -> None:
        """Count the handoffs of one request."""
        self.instant = same_instant(self.instant, situation.instant)
        if self.period is not None and situation.state.opened not in self.period:
            return
        owner = situation.ownership
        if owner.latest is None:  # no group has ever had it
            return
        self.handoffs[owner.handoffs] += 1
        self.bounces[owner.bounces] += 1
        if situation.state.delivered:
            self.counts["resolved"] += 1
            self.counts["front"] += self._stayed_in_front(situation)
        if owner.bounces:
            self._add_ping_pong(groups_of(situation))

    def _stayed_in_front(self, situation: Situation) -> bool:
        owner = situation.ownership
        if self.front is None:
            return not owner.handoffs
        return owner.left | {owner.latest} <= self.front

    def _add_ping_pong(self, groups: tuple[str, ...]) -> None:
        played = [
            (min(one, two), max(one, two))
            for one, two, three in zip(groups, groups[1:], groups[2:], strict=False)
            if one == three
        ]
        self.counts["ping-pong"] += bool(played)
        self.pairs.update(played)

    def merge(self, other: Self) -> None:
        """Add what another tally counted."""
        self.instant = instant_of_both(self, other, "front", "period")
        for mine, theirs in (
            (self.handoffs, other.handoffs),
            (self.bounces, other.bounces),
        ):
            mine.update(theirs)
        self.counts.update(other.counts)
        self.pairs.update(other.pairs)

    def result(self, level: float = 0.95) -> Handoffs:
        """How the counted requests moved."""
        n = self.handoffs.total()
        pairs = sorted(self.pairs.items(), key=lambda each: (-each[1], each[0]))
        in_front = "resolved requests that a group has had"
        return Handoffs(
            n,
            _sum(self.handoffs),
            _sum(self.bounces),
            mean(self.handoffs.elements(), unit="count", cohort=COHORT, level=level),
            share(n - self.handoffs[0], n, cohort=COHORT, level=level),
            mean(self.bounces.elements(), unit="count", cohort=COHORT, level=level),
            share(n - self.bounces[0], n, cohort=COHORT, level=level),
            share(self.counts["ping-pong"], n, cohort=COHORT, level=level),
            dict(pairs),
            share(self.counts["front"], self.counts["resolved"], cohort=in_front, level=level),
        )


def _sum(counts: Counter[int]) -> int:
    return sum(number * times for number, times in counts.items())


def handoffs(
    situations: Iterable[Situation],
    *,
    front: Collection[str] | None = None,
    period: Period | None = None,
    level: float = 0.95,
) -> Handoffs:
    """How requests move between groups; see `Handoffs`.

    The cohort is all requests that a group has had, `period` being on the opening. `front` names
    the groups of the front line for push to front, the question of the BPI Challenge 2013. Means
    have Student's interval, shares Wilson's.
    """
    tally = HandoffTally(None if front is None else frozenset(front), period)
    for situation in situations:
        tally.add(situation)
    return tally.result(level)
