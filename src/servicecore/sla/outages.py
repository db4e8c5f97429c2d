"""Outages, and those of a service that is made of others, in series or in parallel (P4)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from fractions import Fraction
from math import prod
from operator import attrgetter, itemgetter

from attrs import field, frozen

from servicecore.catalogue.naming import all_of, check_text
from servicecore.errors import InvalidValue
from servicecore.instants import as_instant


def _start(value: datetime | int) -> int:
    return as_instant(value, "start")


def _end(value: datetime | int | None) -> int | None:
    return None if value is None else as_instant(value, "end")


@frozen
class Outage:
    """A stretch of time, half-open, in which a service is down; without an end it still is.

    `start` and `end` are aware datetimes, or instants in microseconds, which they become. An outage
    that ends where it starts is legal and has no length.
    """

    start: int = field(converter=_start)
    end: int | None = field(default=None, converter=_end)
    reason: str = field(default="", validator=check_text)

    def __attrs_post_init__(self) -> None:
        if self.end is not None and self.end < self.start:
            raise InvalidValue("an outage ends before it starts: expected an end after the start")


def in_order(outages: Iterable[Outage]) -> list[Outage]:
    """The outages by their start; `InvalidValue` for anything that is none."""
    return sorted(all_of(Outage, outages, "outages"), key=attrgetter("start"))


def in_series(*shares: float) -> float:
    """The availability of services that are all needed: A = A₁ · A₂ · …

    It assumes that they fail independently of each other, which services that share a building or
    a network do not; `series_outages` measures instead.

    >>> round(in_series(0.99, 0.98), 4)
    0.9702
    """
    return float(prod(_exact(shares)))


def in_parallel(*shares: float) -> float:
    """The availability of services of which one is enough: A = 1 − (1 − A₁) · (1 − A₂) · …

    It assumes that they fail independently of each other; `parallel_outages` measures instead.

    >>> round(in_parallel(0.99, 0.98), 4)
    0.9998
    """
    return float(1 - prod(1 - share for share in _exact(shares)))


def _exact(shares: Sequence[float]) -> list[Fraction]:
    """The shares as fractions, so that rounding puts no result on the wrong side of its parts."""
    if not shares:
        raise InvalidValue("no shares: expected the availability of at least one service")
    for share in shares:
        if type(share) not in (int, float) or not 0 <= share <= 1:
            raise InvalidValue(f"an availability is {share!r}: expected a share such as 0.999")
    return [Fraction(share) for share in shares]


def series_outages(*services: Iterable[Outage]) -> tuple[Outage, ...]:
    """When a service is down that needs all of these: the union of their outages.

    Outages that overlap or touch become one, with the reasons of all.

    >>> series_outages([Outage(0, 5, "disk")], [Outage(3, 9, "network")])
    (Outage(start=0, end=9, reason='disk; network'),)
    """
    return parallel_outages(*services, needed=len(services))


def parallel_outages(*services: Iterable[Outage], needed: int = 1) -> tuple[Outage, ...]:
    """When a service is down that needs so many of these, whichever they are.

    With one needed that is where the outages of all services meet. Raises `InvalidValue` where
    more are needed than there are, or none.

    >>> parallel_outages([Outage(0, 5, "disk")], [Outage(3, 9, "network")])
    (Outage(start=3, end=5, reason='disk; network'),)
    """
    lists = [in_order(service) for service in services]
    if type(needed) is not int or not 1 <= needed <= len(lists):
        raise InvalidValue(f"needed is {needed!r} of {len(lists)} services: expected 1 or more")
    return tuple(_with_more_down(lists, len(lists) - needed))


def _with_more_down(services: Sequence[Sequence[Outage]], bearable: int) -> Iterator[Outage]:
    """The stretches in which more services than are bearable are down."""
    live: dict[int, str] = {}
    down: Counter[int] = Counter()
    since: int | None = None
    reasons: list[str] = []
    for instant, ends, number, service, reason in _edges(services):
        if ends:
            del live[number]
            down[service] -= 1
        else:
            live[number] = reason
            down[service] += 1
        failing = len(+down) > bearable
        if failing and since is None:
            since, reasons = instant, list(live.values())
        elif failing and not ends:
            reasons.append(reason)
        elif since is not None and not failing:
            if since < instant:
                yield Outage(since, instant, _joined(reasons))
            since = None
    if since is not None:
        yield Outage(since, None, _joined(reasons))


def _edges(services: Sequence[Sequence[Outage]]) -> list[tuple[int, bool, int, int, str]]:
    """All starts and ends in order; at one instant starts come first, so touching ones join."""
    edges: list[tuple[int, bool, int, int, str]] = []
    for service, outages in enumerate(services):
        for outage in outages:
            if outage.start != outage.end:
                number = len(edges)
                edges.append((outage.start, False, number, service, outage.reason))
                if outage.end is not None:
                    edges.append((outage.end, True, number, service, outage.reason))
    return sorted(edges, key=itemgetter(0, 1))


def _joined(reasons: Iterable[str]) -> str:
    return "; ".join(dict.fromkeys(filter(None, reasons)))
