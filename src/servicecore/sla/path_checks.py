"""Whether the agreements behind an SLA leave enough of its time (P3)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import product

from attrs import frozen

from servicecore.catalogue.agreements import SCOPES, Agreement
from servicecore.catalogue.catalogue import AGREEMENT
from servicecore.instants import Days, duration_text
from servicecore.requests import ANY_PRIORITY
from servicecore.sla.book import PolicyBook
from servicecore.sla.findings import Finding, Path
from servicecore.sla.policy import Policy
from servicecore.sla.target import Target

RESOLUTION = "resolution"
OTHER = ""
"""Stands for a name that no agreement names."""

Supporters = frozenset[Agreement]


def of_paths(book: PolicyBook) -> Iterator[Finding]:
    """For every SLA, whether what its OLAs and contracts allow together is more than its target.

    Only targets on one calendar can be compared, and only durations with durations or working days
    with working days. Of the agreements that hold for the same requests at the same time, those
    that take longest are named. A clock that measures several of them counts once.
    """
    for sla in book.catalogue.slas:
        ways = _ways(sla, book.catalogue.agreements)
        for path, policy in _policies(book):
            if _may_match(policy, sla):
                yield from _of_policy(policy, _Promise(sla, ways, policy), book, path)


def _policies(book: PolicyBook) -> Iterator[tuple[Path, Policy]]:
    for number, version in enumerate(book.versions):
        above: Path = ("versions", number - 1) if number else ()
        for place, policy in enumerate(version.policies):
            yield (*above, "policies", place), policy


def _may_match(policy: Policy, sla: Agreement) -> bool:
    """Whether the policy may be that of a request which the SLA governs."""
    possible = {AGREEMENT: (sla.name,), **{scope: sla.named(scope) for scope in SCOPES}}
    return all(
        fact not in policy.when or not names or any(map(policy.when[fact].holds, names))
        for fact, names in possible.items()
    )


@frozen
class _Promise:
    """What an SLA promises under a policy, and the ways in which others stand behind it."""

    sla: Agreement
    ways: tuple[Supporters, ...]
    policy: Policy

    @property
    def clock(self) -> str:
        return self.sla.clock or RESOLUTION

    def excess(self, priority: str) -> str:
        """Why those behind it have more time than it allows, if so."""
        promised = self.policy.target(self.clock, priority)
        if promised is None:
            return ""
        taken = [_targets(way, self.policy, priority, promised) for way in self.ways]
        longest = max(taken, key=_total, default={})
        if _total(longest) <= _amount(promised):
            return ""
        listed = " and ".join(f"{clock!r} ({_written(each)})" for clock, each in longest.items())
        whose = f"the clocks of what supports the SLA {self.sla.name!r}, {listed},"
        return f"{whose} allow {_together(longest, promised)}, more than its target, {promised}"


def _of_policy(
    policy: Policy, promise: _Promise, book: PolicyBook, path: Path
) -> Iterator[Finding]:
    asked, found = policy.when.get("priority"), set()
    for priority in (*book.matrix.priorities, ANY_PRIORITY):
        named = priority in policy.targets.get(promise.clock, ())
        place = priority if named else ANY_PRIORITY
        text = "" if asked and not asked.holds(priority) else promise.excess(priority)
        if text and place not in found:
            found.add(place)
            yield Finding("warning", (*path, "targets", promise.clock, place), text)


def _ways(sla: Agreement, agreements: Iterable[Agreement]) -> tuple[Supporters, ...]:
    """The sets of agreements that stand behind an SLA together, for some request at some time."""
    supporters = [each for each in agreements if sla.name in each.supports and each.clock]
    by_aspect = [_at_once(sla, supporters), *(_meant(sla, supporters, each) for each in SCOPES)]
    ways = {frozenset[Agreement].intersection(*way) for way in product(*map(_largest, by_aspect))}
    return tuple(sorted(ways, key=lambda way: sorted(each.name for each in way)))


def _largest(ways: set[Supporters]) -> list[Supporters]:
    """Those that are no part of another one: what is longest is among them."""
    return [way for way in ways if not any(way < other for other in ways)]


def _at_once(sla: Agreement, supporters: list[Agreement]) -> set[Supporters]:
    """Which are valid together while the SLA is: something changes when one of them begins."""
    begins = (-(2**63) if each.since is None else each.since for each in (sla, *supporters))
    return {
        frozenset(each for each in supporters if each.valid_at(instant))
        for instant in begins
        if sla.valid_at(instant)
    }


def _meant(sla: Agreement, supporters: list[Agreement], scope: str) -> set[Supporters]:
    """Which are meant together for a customer, a service or an offering that the SLA is for."""
    named = {name for each in supporters for name in each.named(scope)}
    return {
        frozenset(each for each in supporters if not each.named(scope) or name in each.named(scope))
        for name in sla.named(scope) or (*named, OTHER)
    }


def _targets(
    way: Supporters, policy: Policy, priority: str, promised: Target
) -> Mapping[str, Target]:
    """The targets of one way by clock, as far as they can be compared with what is promised."""
    clocks = sorted({each.clock for each in way})
    targets = {clock: policy.target(clock, priority) for clock in clocks}
    return {
        clock: target
        for clock, target in targets.items()
        if target is not None
        and target.calendar == promised.calendar
        and isinstance(target.within, Days) == isinstance(promised.within, Days)
    }


def _total(targets: Mapping[str, Target]) -> int:
    return sum(map(_amount, targets.values()))


def _amount(target: Target) -> int:
    return target.within.count if isinstance(target.within, Days) else target.within or 0


def _together(targets: Mapping[str, Target], promised: Target) -> str:
    total = _total(targets)
    return f"{total} working days" if isinstance(promised.within, Days) else duration_text(total)


def _written(target: Target) -> str:
    within = target.within
    return str(within) if isinstance(within, Days) else duration_text(within or 0)
