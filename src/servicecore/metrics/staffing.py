"""Staffing: how many agents a load needs (A. K. Erlang 1917).

The formulas take requests to come at random and independently, to be handled one at a time by any
agent, and nobody to hang up: Erlang C waits too long by that, and so asks for too many rather than
too few. Real desks with several queues and skills are another matter.
"""

from __future__ import annotations

from datetime import timedelta
from math import ceil, exp, isfinite

from attrs import frozen

from servicecore.errors import InvalidValue
from servicecore.instants import SECOND, to_period

MOST_AGENTS = 1_000_000


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
    thousands, where powers and factorials overflow. Raises `InvalidValue` for a load or a number of
    agents below 0.

    >>> round(erlang_b(10, 15), 4)
    0.0365
    """
    _check(load, agents)
    blocked = 1.0
    for c in range(1, agents + 1):
        blocked = load * blocked / (c + load * blocked)
    return blocked


def erlang_c(load: float, agents: int) -> float:
    """The chance that a request has to wait: C = cB / (c − a(1 − B)).

    Raises `InvalidValue` for a load that is not below the number of agents: the queue would grow
    for ever, and no chance says that.

    >>> round(erlang_c(10, 15), 3)
    0.102
    """
    _check(load, agents)
    if load >= agents:
        raise InvalidValue(
            f"a load of {load:g} erlangs for {agents} agents: expected less than there are agents, "
            "since otherwise the queue grows for ever"
        )
    blocked = erlang_b(load, agents)
    return agents * blocked / (agents - load * (1 - blocked))


def staffing(
    load: float, agents: int, *, within: timedelta | str, handling: timedelta | str
) -> Staffing:
    """What so many agents do with a load: SL = 1 − C·exp(−(c − a)·t/h), and the rest.

    `within` is the time t in which requests are to be answered, `handling` the mean time h that one
    takes. Raises `InvalidValue` for a load that is not below the number of agents.

    >>> desk = staffing(10, 15, within="20s", handling="3m")
    >>> round(desk.service_level, 3), round(desk.occupancy, 3)
    (0.941, 0.667)
    """
    waits = erlang_c(load, agents)
    took = to_period(handling, "handling")
    spare = agents - load
    answered = 1 - waits * exp(-spare * to_period(within, "within") / took)
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
    level is. Raises `InvalidValue` for shares that are none.

    >>> required_agents(10, service_level=0.8, within="20s", handling="3m").agents
    14
    """
    if not 0 < service_level < 1:
        raise InvalidValue(f"service_level is {service_level}: expected a share below 1")
    if not 0 < occupancy <= 1:
        raise InvalidValue(f"occupancy is {occupancy}: expected a share above 0")
    _check(load, 0)
    agents = max(1, int(load) + 1, ceil(load / occupancy))
    while agents < MOST_AGENTS:
        found = staffing(load, agents, within=within, handling=handling)
        if found.service_level >= service_level:
            return found
        agents += 1
    raise InvalidValue(f"a load of {load:g} erlangs: expected one that {MOST_AGENTS:,} can handle")


def _check(load: float, agents: int) -> None:
    if not (load >= 0 and isfinite(load)):
        raise InvalidValue(f"load is {load}: expected erlangs from 0 on")
    if agents < 0:
        raise InvalidValue(f"agents are {agents!r}: expected a whole number from 0 on")
