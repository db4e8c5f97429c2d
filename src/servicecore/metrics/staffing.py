"""Staffing: how many agents a load needs (A. K. Erlang 1917).

The formulas take requests to come at random and independently, and to be handled one at a time by
any agent, first come, first served, for times that are distributed exponentially. Nobody hangs up
in them: where people do, Erlang C expects too long a wait, and asks for too many agents rather than
too few. Desks with several queues and skills are another matter. L. Kleinrock, Queueing Systems I,
1975, chapter 3.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import islice
from math import exp, isfinite

from attrs import frozen

from servicecore.errors import InvalidValue
from servicecore.instants import SECOND, to_period

MOST_AGENTS = 1_000_000
"""A desk with more agents is taken for a mistake."""


@frozen
class Staffing:
    """What a number of agents does with a load, in erlangs.

    `waits` is the chance that a request has to wait at all, `service_level` the share answered
    within the time asked for, `occupancy` the share of time that agents are busy, `mean_wait` the
    mean wait of all requests in seconds. They are figures of a model, not estimates.
    """

    load: float
    agents: int
    waits: float
    service_level: float
    occupancy: float
    mean_wait: float


def load_of(requests: float, per: timedelta | str, handling: timedelta | str) -> float:
    """The load in erlangs: requests times handling time, over the time in which they come.

    >>> load_of(100, "30m", "3m")
    10.0
    """
    if not (requests >= 0 and isfinite(requests)):
        raise InvalidValue(f"requests are {requests}: expected a number from 0 on")
    return requests * to_period(handling, "handling") / to_period(per, "per")


def erlang_b(load: float, agents: int) -> float:
    """The share that finds all agents busy, where nobody waits but goes away.

    By recurrence, B(0) = 1 and B(c) = aB(c − 1)/(c + aB(c − 1)), which stays exact for loads of
    thousands, where powers and factorials overflow. Raises `InvalidValue` for a load below 0 and
    for a number of agents that is not from 0 to a million.

    >>> round(erlang_b(10, 15), 4)
    0.0365
    """
    _check_load(load)
    _check_agents(agents)
    return next(islice(_blocked(load), int(agents), None))


def _blocked(load: float) -> Iterator[float]:
    """Erlang B for no agent, for one, for two and so on, each out of the one before."""
    blocked, agents = 1.0, 0
    while True:
        yield blocked
        agents += 1
        blocked = load * blocked / (agents + load * blocked)


def erlang_c(load: float, agents: int) -> float:
    """The chance that a request has to wait: C = cB / (c − a(1 − B)).

    Raises `InvalidValue` for a load that is not below the number of agents: the queue would grow
    for ever, and no chance says that.

    >>> round(erlang_c(10, 15), 3)
    0.102
    """
    _check_load(load)
    _check_agents(agents)
    if load >= agents:
        raise InvalidValue(
            f"a load of {load:g} erlangs for {agents} agents: expected less than there are agents, "
            "since otherwise the queue grows for ever"
        )
    return _waits(load, agents, erlang_b(load, agents))


def _waits(load: float, agents: int, blocked: float) -> float:
    return agents * blocked / (agents - load * (1 - blocked))


def staffing(
    load: float, agents: int, *, within: timedelta | str, handling: timedelta | str
) -> Staffing:
    """What so many agents do with a load: SL = 1 − C·exp(−(c − a)·t/h), and the rest.

    `within` is the time t in which requests are to be answered, `handling` the mean time h that one
    takes. The mean wait, which call centres name the average speed of answer, is C·h/(c − a).
    Raises `InvalidValue` for a load that is not below the number of agents, and for times that are
    not above 0.

    >>> desk = staffing(10, 15, within="20s", handling="3m")
    >>> round(desk.service_level, 3), round(desk.occupancy, 3)
    (0.941, 0.667)
    """
    limit, took = to_period(within, "within"), to_period(handling, "handling")
    return _staffing(load, agents, erlang_c(load, agents), limit, took)


def _staffing(load: float, agents: int, waits: float, limit: int, took: int) -> Staffing:
    spare = agents - load
    answered = 1 - waits * exp(-spare * limit / took)
    return Staffing(load, agents, waits, answered, load / agents, waits * took / spare / SECOND)


def required_agents(
    load: float,
    *,
    service_level: float,
    within: timedelta | str,
    handling: timedelta | str,
    occupancy: float = 1.0,
) -> Staffing:
    """The fewest agents that answer a share of requests in time, busy for no more than a share.

    A desk that is busy for much more than 85 % of the time wears people out, whatever the service
    level is. Raises `InvalidValue` for shares that are none, and for a load that more than a
    million agents would be needed for.

    >>> required_agents(10, service_level=0.8, within="20s", handling="3m").agents
    14
    """
    if not 0 < service_level < 1:
        raise InvalidValue(f"service_level is {service_level}: expected a share below 1")
    if not 0 < occupancy <= 1:
        raise InvalidValue(f"occupancy is {occupancy}: expected a share above 0")
    _check_load(load)
    limit, took = to_period(within, "within"), to_period(handling, "handling")
    for agents, blocked in enumerate(islice(_blocked(load), MOST_AGENTS + 1)):
        if load < agents and load / agents <= occupancy:
            found = _staffing(load, agents, _waits(load, agents, blocked), limit, took)
            if found.service_level >= service_level:
                return found
    raise InvalidValue(f"a load of {load:g} erlangs: expected one that {MOST_AGENTS:,} can handle")


def _check_load(load: float) -> None:
    if not (load >= 0 and isfinite(load)):
        raise InvalidValue(f"load is {load}: expected erlangs from 0 on")


def _check_agents(agents: int) -> None:
    if not (0 <= agents <= MOST_AGENTS and agents % 1 == 0):
        raise InvalidValue(
            f"agents are {agents!r}: expected a whole number from 0 to {MOST_AGENTS:,}"
        )
