"""Versions of a policy book: the policies that hold from an instant on (P2)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from attrs import field, frozen

from servicecore.catalogue.catalogue import AGREEMENT
from servicecore.catalogue.customers import CUSTOMER_FACTS
from servicecore.catalogue.naming import all_of, refuse_repeated
from servicecore.errors import InvalidValue, UnknownName
from servicecore.instants import DateTime, as_instant, to_datetime
from servicecore.sla.policy import Policy

BEHIND = {
    "priority": ("impact", "urgency"),
    AGREEMENT: ("customer", "offering", "service"),
    **dict.fromkeys(CUSTOMER_FACTS, ("customer",)),
}
"""The facts that others are derived from: matrix and catalogue do that."""


def _since(moment: datetime | int | None) -> int | None:
    return None if moment is None else as_instant(moment, "valid_from")


def _policies(policies: Iterable[Policy]) -> tuple[Policy, ...]:
    return all_of(Policy, policies, "policies")


@frozen
class BookVersion:
    """The policies that hold from an instant on, in their order.

    `valid_from` is None for what held ever since. `since` is the same in microseconds.
    """

    name: str = ""
    since: int | None = field(alias="valid_from", default=None, converter=_since)
    policies: tuple[Policy, ...] = field(default=(), converter=_policies)
    matched_facts: frozenset[str] = field(init=False, eq=False, repr=False)
    """The facts that can change which policy matches, or on which calendar it counts."""

    def __attrs_post_init__(self) -> None:
        if not isinstance(self.name, str):
            raise InvalidValue(f"the name of a version is {self.name!r}: expected text")
        refuse_repeated("policies", (policy.name for policy in self.policies))

    @matched_facts.default
    def _matched_facts(self) -> frozenset[str]:
        named = {fact for policy in self.policies for fact in policy.when}
        if any(policy.customer_calendar for policy in self.policies):
            named.add("customer")
        return frozenset(named.union(*(BEHIND.get(fact, ()) for fact in named)))

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
