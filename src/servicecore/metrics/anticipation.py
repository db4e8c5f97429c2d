"""Anticipation: how often we knew before any customer had to tell us."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import frozen

from servicecore.estimate import Estimate, share
from servicecore.lifecycle.events import Opened, Side
from servicecore.lifecycle.links import ABSORBED, MERGED_INTO
from servicecore.lifecycle.situation import Situation
from servicecore.metrics.cohort import Period, same_instant
from servicecore.requests import Channel, Kind

SAME = frozenset({MERGED_INTO, ABSORBED, "duplicate of", "duplicated by"})
"""The links of requests that are about the same thing."""


@frozen
class Anticipation:
    """The share of troubles that we raised ourselves, before any customer reported the same.

    `unknown` counts those of which nobody noted who raised them first; they are left out.
    """

    raised_by_us: Estimate
    unknown: int


def anticipation(
    situations: Iterable[Situation],
    *,
    kinds: Iterable[str] = (Kind.INCIDENT,),
    period: Period | None = None,
    level: float = 0.95,
) -> Anticipation:
    """The share of troubles that we raised before any customer did, with Wilson's interval.

    Requests of these kinds that were merged or are linked as duplicates are one trouble, raised by
    whoever opened the first of them: by us, where the actor of its opening is on the desk's side or
    it came in by monitoring; by a customer, where the actor is on theirs or it came in by any other
    channel. With a `period`, troubles whose first request was opened in it.
    """
    wanted, instant = frozenset(kinds), None
    known: dict[str, Situation] = {}
    for situation in situations:
        instant = same_instant(instant, situation.instant)
        if situation.request.kind in wanted:
            known[situation.state.id] = situation
    ours = theirs = unknown = 0
    for trouble in _troubles(known):
        first = min(trouble, key=lambda each: (each.state.opened, each.state.id))
        if period is None or first.state.opened in period:
            side = _raised_by(first)
            ours += side is Side.DESK
            theirs += side is Side.CUSTOMER
            unknown += side is None
    cohort = "troubles of which it is known who raised them first"
    return Anticipation(share(ours, ours + theirs, cohort=cohort, level=level), unknown)


def _raised_by(situation: Situation) -> Side | None:
    opened, channel = next(iter(situation.history)), situation.request.channel
    if channel == Channel.MONITORING:
        return Side.DESK
    if isinstance(opened, Opened) and opened.actor is not None:
        return Side.CUSTOMER if opened.side is Side.CUSTOMER else Side.DESK
    return None if channel is None else Side.CUSTOMER


def _troubles(known: dict[str, Situation]) -> Iterable[list[Situation]]:
    """Requests that are about the same, together: linked ones, and those linked to these."""
    root = {name: name for name in known}

    def found(name: str) -> str:
        while root[name] != name:
            root[name] = root[root[name]]
            name = root[name]
        return name

    for name, situation in known.items():
        for link in situation.links:
            if link.kind in SAME and link.other in known:
                root[found(name)] = found(link.other)
    troubles: dict[str, list[Situation]] = {}
    for name, situation in known.items():
        troubles.setdefault(found(name), []).append(situation)
    return troubles.values()
