"""Policy books: policies in order, in versions (P1, P2)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from datetime import datetime
from operator import itemgetter
from types import MappingProxyType
from typing import Self, TypeVar

from attrs import field, frozen

from servicecore.errors import InvalidValue, UnknownName
from servicecore.instants import DateTime, as_instant, to_datetime
from servicecore.requests import DEFAULT_MATRIX, PriorityMatrix, Request
from servicecore.sla.calendar import Calendar
from servicecore.sla.naming import with_names
from servicecore.sla.policy import Deadline, Outcome, Policy
from servicecore.sla.rules import DEFAULT_CLOCKS, ClockRule

Part = TypeVar("Part")


def _since(moment: datetime | int | None) -> int | None:
    return None if moment is None else as_instant(moment, "valid_from")


def _policies(policies: Iterable[Policy]) -> tuple[Policy, ...]:
    return _all_of(Policy, policies, "policies")


def _versions(versions: Iterable[BookVersion]) -> tuple[BookVersion, ...]:
    return _all_of(BookVersion, versions, "versions")


def _all_of(kind: type[Part], values: Iterable[Part], what: str) -> tuple[Part, ...]:
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise InvalidValue(f"{what} are {values!r}: expected a list, each a {kind.__name__}")
    listed = tuple(values)
    for value in listed:
        if not isinstance(value, kind):
            raise InvalidValue(f"{what}: found {value!r}; expected each to be a {kind.__name__}")
    return listed


def _refuse_repeated(what: str, names: Iterable[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise InvalidValue(f"two {what} are named {name!r}: a name is what they are found by")
        seen.add(name)


@frozen
class BookVersion:
    """The policies that hold from an instant on, in their order.

    `valid_from` is None for what held ever since. `since` is the same in microseconds.
    """

    name: str = ""
    since: int | None = field(alias="valid_from", default=None, converter=_since)
    policies: tuple[Policy, ...] = field(default=(), converter=_policies)
    matched_facts: frozenset[str] = field(init=False, eq=False, repr=False)
    """The facts that can change which policy matches."""

    def __attrs_post_init__(self) -> None:
        if not isinstance(self.name, str):
            raise InvalidValue(f"the name of a version is {self.name!r}: expected text")
        _refuse_repeated("policies", (policy.name for policy in self.policies))

    @matched_facts.default
    def _matched_facts(self) -> frozenset[str]:
        named = {fact for policy in self.policies for fact in policy.when}
        return frozenset(named | ({"impact", "urgency"} if "priority" in named else set()))

    @property
    def valid_from(self) -> DateTime | None:
        """The instant from which on it holds, in UTC; None for ever since."""
        return None if self.since is None else to_datetime(self.since)

    def policy(self, name: str) -> Policy:
        """The policy of that name; `UnknownName` where there is none."""
        for policy in self.policies:
            if policy.name == name:
                return policy
        raise UnknownName("policy", name, (policy.name for policy in self.policies))


@frozen
class Selection:
    """Which policy governs a request, and why (P1, P2).

    `request` has the priority that the book's matrix gives, if it had none. `before_first` says
    that the request was opened before the first version held, which governs it all the same.
    """

    request: Request
    version: BookVersion
    policy: Policy | None
    before_first: bool = False

    @property
    def tried(self) -> tuple[tuple[Policy, tuple[Outcome, ...]], ...]:
        """The policies asked, up to the one selected, with the outcome of each condition."""
        tried = []
        for policy in self.version.policies:
            tried.append((policy, policy.why(self.request)))
            if policy is self.policy:
                break
        return tuple(tried)

    def explain(self) -> str:
        """Which policies did not match and on which condition, and which one did."""
        version = f" of version {self.version.name!r}" if self.version.name else ""
        lines = [f"{self.request.id} and the policies{version}:"]
        if self.before_first:
            lines.append("- opened before the first version held: that one is applied")
        for policy, outcomes in self.tried:
            verdict = "matches" if policy is self.policy else "does not match"
            decisive = [str(said) for said in outcomes if said.holds == (policy is self.policy)]
            lines.append(
                f"- {policy.name} {verdict}: {'; '.join(decisive) or 'every request does'}"
            )
        if self.policy is None:
            lines.append("- no policy matches")
        return "\n".join(lines)


def _clocks(own: Mapping[str, ClockRule]) -> Mapping[str, ClockRule]:
    if not isinstance(own, Mapping):
        raise InvalidValue(f"clocks are {own!r}: expected a table of names and their rules")
    for name, rule in own.items():
        if not isinstance(rule, ClockRule):
            raise InvalidValue(f"the clock {name!r} is {rule!r}: expected a ClockRule")
        if rule.name != name:
            raise InvalidValue(f"the rule of the clock {name!r} is named {rule.name!r}")
    return MappingProxyType({**DEFAULT_CLOCKS, **own})


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

    versions: tuple[BookVersion, ...] = field(converter=_versions)
    matrix: PriorityMatrix = DEFAULT_MATRIX
    clocks: Mapping[str, ClockRule] = field(factory=dict, converter=_clocks, hash=False)
    calendars: Mapping[str, Calendar] = field(factory=dict, hash=False)
    owed: Mapping[str, ClockRule] = field(init=False, eq=False, repr=False)
    """The clocks that policies have targets for, in their order; no other one is measured."""
    heeded: frozenset[str] = field(init=False, eq=False, repr=False)
    """The facts of events that mean something to one of these."""
    _in_order: tuple[tuple[float, BookVersion], ...] = field(init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        if not self.versions:
            raise InvalidValue("a policy book without versions: expected at least one")
        _refuse_repeated("versions", (version.name for version in self.versions))
        for version in self.versions[1:]:
            if version.since is None:
                raise InvalidValue(f"the later version {version.name!r} has no valid_from")
        if not isinstance(self.matrix, PriorityMatrix):
            raise InvalidValue(f"the matrix is {self.matrix!r}: expected a PriorityMatrix")
        named = with_names(self.calendars, self._used_calendars())
        object.__setattr__(self, "calendars", MappingProxyType(named))

    def __reduce__(self) -> tuple[type[Self], tuple[object, ...]]:
        shared = (self.matrix, dict(self.clocks), dict(self.calendars))
        return type(self), (self.versions, *shared)  # read-only views do not pickle

    @owed.default
    def _owed(self) -> Mapping[str, ClockRule]:
        policies = [policy for version in self.versions for policy in version.policies]
        owed = dict.fromkeys(clock for policy in policies for clock in policy.targets)
        return MappingProxyType({name: self.clocks[name] for name in owed if name in self.clocks})

    @heeded.default
    def _heeded(self) -> frozenset[str]:
        return frozenset().union(*(rule.heeds for rule in self.owed.values()))

    @_in_order.default
    def _versions_in_order(self) -> tuple[tuple[float, BookVersion], ...]:
        ever = float("-inf")
        starts = [
            (ever if version.since is None else version.since, version) for version in self.versions
        ]
        return tuple(sorted(starts, key=itemgetter(0)))

    def _used_calendars(self) -> list[Calendar]:
        return [
            target.calendar
            for version in self.versions
            for policy in version.policies
            for targets in policy.targets.values()
            for target in targets.values()
        ]

    @classmethod
    def of(
        cls,
        *policies: Policy,
        version: str = "",
        matrix: PriorityMatrix = DEFAULT_MATRIX,
        clocks: Mapping[str, ClockRule] | None = None,
        calendars: Mapping[str, Calendar] | None = None,
    ) -> Self:
        """A book of one version that held ever since."""
        return cls((BookVersion(version, None, policies),), matrix, clocks or {}, calendars or {})

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

    def select(self, request: Request) -> Selection:
        """The policy that governs the request; None in it where no policy matches.

        Raises `UnknownName` for an impact or urgency that the matrix does not have.
        """
        asked = self.prioritised(request)
        version, before_first = self._version_at(asked.opened)
        for policy in version.policies:
            if policy.matches(asked):
                return Selection(asked, version, policy, before_first)
        return Selection(asked, version, None, before_first)

    def due(self, request: Request) -> dict[str, Deadline]:
        """When the request is due, by clock, under the policy that governs it; see `Policy.due`.

        Empty where no policy matches.
        """
        selection = self.select(request)
        if selection.policy is None:
            return {}
        return selection.policy.due(selection.request, self.clocks)

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
