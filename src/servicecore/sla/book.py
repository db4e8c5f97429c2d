"""Policy books: policies in order, in versions (P1, P2)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from operator import itemgetter
from types import MappingProxyType
from typing import Self, Unpack

from attrs import field, frozen

from servicecore.catalogue.catalogue import Catalogue
from servicecore.catalogue.naming import refuse_repeated
from servicecore.errors import InvalidValue, UnknownName
from servicecore.instants import as_instant
from servicecore.requests import DEFAULT_MATRIX, PriorityMatrix, Request
from servicecore.sla.calendar import Calendar, always
from servicecore.sla.escalation import Escalation
from servicecore.sla.naming import ALWAYS, with_names
from servicecore.sla.parts import (
    Parts,
    catalogue_of,
    clocks_of,
    escalations_of,
    lifecycle_of,
    matrix_of,
    rotas_of,
    versions_of,
)
from servicecore.sla.policy import Deadline, Policy
from servicecore.sla.rota import Rota
from servicecore.sla.rules import ClockRule
from servicecore.sla.selection import Selection
from servicecore.sla.statuses import DEFAULT_LIFECYCLE, Lifecycle, Transition
from servicecore.sla.target import Target
from servicecore.sla.versions import BookVersion

__all__ = ["BookVersion", "Parts", "PolicyBook", "Selection"]


@frozen
class PolicyBook:
    """Policies in order and in versions, with what they speak of: priorities, clocks, calendars.

    The first policy that matches is applied (P1), of the version in force when the request was
    opened (P2). `clocks` are added to the default ones, or take their place; `calendars` are those
    that have a name, and every calendar of a target gets one. Raises `InvalidValue` for names that
    come twice.

    >>> from servicecore.sla.target import Target
    >>> gold = Policy("gold", {"resolution": Target("4h")}, when={"customer": "acme"})
    >>> rest = Policy("standard", {"resolution": Target("24h")})
    >>> book = PolicyBook.of(gold, rest)
    >>> print(book.due(Request(id="R1", opened_at=0, customer="acme"))["resolution"].due_at)
    1970-01-01 04:00:00+00:00
    """

    versions: tuple[BookVersion, ...] = field(converter=versions_of)
    matrix: PriorityMatrix = field(default=DEFAULT_MATRIX, converter=matrix_of)
    clocks: Mapping[str, ClockRule] = field(factory=dict, converter=clocks_of, hash=False)
    calendars: Mapping[str, Calendar] = field(factory=dict, hash=False)
    catalogue: Catalogue = field(factory=Catalogue, converter=catalogue_of, kw_only=True)
    rotas: Mapping[str, Rota] = field(factory=dict, converter=rotas_of, hash=False, kw_only=True)
    lifecycle: Lifecycle = field(default=DEFAULT_LIFECYCLE, converter=lifecycle_of, kw_only=True)
    escalations: tuple[Escalation, ...] = field(default=(), converter=escalations_of, kw_only=True)
    owed: Mapping[str, ClockRule] = field(init=False, eq=False, repr=False)
    """The clocks that policies have targets for, in their order; no other one is measured."""
    heeded: frozenset[str] = field(init=False, eq=False, repr=False)
    """The facts of events that mean something to one of these."""
    pausing: frozenset[str] = field(init=False, eq=False, repr=False)
    """The conditions of a request that pause one of these, or that one runs in."""
    timed: Mapping[str, tuple[Transition, ...]] = field(init=False, eq=False, repr=False)
    """The transitions that time makes, by the status that they leave."""
    _in_order: tuple[tuple[float, BookVersion], ...] = field(init=False, eq=False, repr=False)
    _catalogued: bool = field(init=False, eq=False, repr=False)
    _moved: dict[tuple[int, str], tuple[Policy, Policy]] = field(
        init=False, factory=dict, eq=False, repr=False
    )

    def __attrs_post_init__(self) -> None:
        if not self.versions:
            raise InvalidValue("a policy book without versions: expected at least one")
        refuse_repeated("versions", (version.name for version in self.versions))
        for version in self.versions[1:]:
            if version.since is None:
                raise InvalidValue(f"the later version {version.name!r} has no valid_from")
        named = with_names(self.calendars, self._used_calendars())
        object.__setattr__(self, "calendars", MappingProxyType(named))

    def __reduce__(self) -> tuple[partial[Self], tuple[tuple[BookVersion, ...]]]:
        parts: Parts = {
            "matrix": self.matrix,
            "clocks": dict(self.clocks),
            "calendars": dict(self.calendars),
            "catalogue": self.catalogue,
            "rotas": dict(self.rotas),
            "lifecycle": self.lifecycle,
            "escalations": self.escalations,
        }
        return partial(type(self), **parts), (self.versions,)  # read-only views do not pickle

    @property
    def policies(self) -> tuple[Policy, ...]:
        """The policies of all versions."""
        return tuple(policy for version in self.versions for policy in version.policies)

    @owed.default
    def _owed(self) -> Mapping[str, ClockRule]:
        owed = dict.fromkeys(clock for policy in self.policies for clock in policy.clocks)
        return MappingProxyType({name: self.clocks[name] for name in owed if name in self.clocks})

    @heeded.default
    def _heeded(self) -> frozenset[str]:
        return frozenset().union(*(rule.heeds for rule in self.owed.values()))

    @pausing.default
    def _pausing(self) -> frozenset[str]:
        words = ((*rule.pauses, *rule.only_while) for rule in self.owed.values())
        return frozenset().union(*words)

    @timed.default
    def _timed(self) -> Mapping[str, tuple[Transition, ...]]:
        ways = {status: self.lifecycle.ways(status) for status in self.lifecycle.statuses}
        timed = {status: tuple(way for way in each if way.timed) for status, each in ways.items()}
        return MappingProxyType({status: each for status, each in timed.items() if each})

    @_catalogued.default
    def _is_catalogued(self) -> bool:
        return bool(self.catalogue)

    @_in_order.default
    def _versions_in_order(self) -> tuple[tuple[float, BookVersion], ...]:
        ever = float("-inf")
        starts = [
            (ever if version.since is None else version.since, version) for version in self.versions
        ]
        return tuple(sorted(starts, key=itemgetter(0)))

    def _used_calendars(self) -> list[Calendar]:
        targets = [target for policy in self.policies for target in policy.all_targets]
        targets += [each.after for each in self.lifecycle.transitions if each.after]
        speaking = [step.hours for ladder in self.escalations for step in ladder.steps]
        restricting = [layer.restricted_to for rota in self.rotas.values() for layer in rota.layers]
        return [*(each.calendar for each in targets), *filter(None, (*restricting, *speaking))]

    @classmethod
    def of(cls, *policies: Policy, version: str = "", **parts: Unpack[Parts]) -> Self:
        """A book of one version that held ever since; what else is in it goes by name."""
        return cls((BookVersion(version, None, policies),), **parts)

    def version_at(self, opened: datetime | int) -> BookVersion:
        """The version in force at an instant; before the first one, the first (P2)."""
        return self._version_at(as_instant(opened, "opened"))[0]

    def _version_at(self, opened: int) -> tuple[BookVersion, bool]:
        position = bisect_right(self._in_order, opened, key=itemgetter(0))
        return self._in_order[max(position - 1, 0)][1], position == 0

    def prioritised(self, request: Request) -> Request:
        """The request with the priority that the matrix gives, where it has none yet.

        Nothing changes where impact or urgency is unknown or the matrix has no cells. Raises
        `UnknownName` for an impact or urgency that the matrix does not have.
        """
        if request.priority is not None or request.impact is None or request.urgency is None:
            return request
        if not self.matrix.cells:
            return request
        return request.with_facts({"priority": self.matrix.level(request.impact, request.urgency)})

    def known(self, request: Request) -> Request:
        """The request with its priority and with what the catalogue knows of it.

        These are the facts `agreement` (the SLA that governs it) and those of a known customer:
        `importance`, `internal`, `contracts`. Facts that the request has already stay. Raises
        `UnknownName` for an impact or urgency that the matrix does not have.

        >>> from servicecore.catalogue import Customer
        >>> book = PolicyBook.of(catalogue=Catalogue(customers=[Customer("acme", importance=3)]))
        >>> book.known(Request(id="R1", opened_at=0, customer="acme")).fact("importance")
        3
        """
        prioritised = self.prioritised(request)
        return self.catalogue.known(prioritised) if self._catalogued else prioritised

    def select(self, request: Request) -> Selection:
        """The policy that governs the request; None in it where no policy matches.

        Raises `UnknownName` for an impact or urgency that the matrix does not have.
        """
        return self.select_known(self.known(request))

    def select_known(self, asked: Request) -> Selection:
        """The policy that governs a request as it is, of which all is known; see `known`."""
        version, before_first = self._version_at(asked.opened)
        for policy in version.policies:
            if policy.matches(asked):
                return Selection(asked, version, policy, before_first, self.catalogue)
        return Selection(asked, version, None, before_first, self.catalogue)

    def target(self, policy: Policy, clock: str, request: Request) -> Target | None:
        """The target of a clock under a policy, for the priority and the customer of a request.

        Where the policy counts on the customer's calendar and the customer has one, it is on that.
        Raises `UnknownName` for a calendar that the book does not have.
        """
        return self._on_their_calendar(policy, request.customer).target(clock, request.priority)

    def _on_their_calendar(self, policy: Policy, customer: str | None) -> Policy:
        if not policy.customer_calendar or customer not in self.catalogue.calendars_of:
            return policy
        calendar = self.catalogue.calendars_of[customer]
        key = (id(policy), calendar)
        if key not in self._moved:  # which keeps the policy, and so the meaning of its id
            self._moved[key] = (policy, policy.on(self._calendar(calendar)))
        return self._moved[key][1]

    def _calendar(self, name: str) -> Calendar:
        if name == ALWAYS:
            return always
        if name not in self.calendars:
            raise UnknownName("calendar", name, [*self.calendars, ALWAYS])
        return self.calendars[name]

    def due(self, request: Request) -> dict[str, Deadline]:
        """When the request is due, by clock, under the policy that governs it; see `Policy.due`.

        Empty where no policy matches.
        """
        selection = self.select(request)
        if selection.policy is None:
            return {}
        policy = self._on_their_calendar(selection.policy, selection.request.customer)
        return policy.due(selection.request, self.clocks)

    def policies_named(self, name: str, version: str | None = None) -> tuple[Policy, ...]:
        """The policies of that name, one per version that has it, or those of one version.

        It is what an applied policy is found by again. Raises `UnknownName` where there is none.
        """
        among = [each for each in self.versions if version is None or each.name == version]
        if not among:
            known = (each.name or "the one without a name" for each in self.versions)
            raise UnknownName("version", version, known)
        policies = [policy for each in among for policy in each.policies]
        if found := tuple(policy for policy in policies if policy.name == name):
            return found
        raise UnknownName("policy", name, (policy.name for policy in policies))
