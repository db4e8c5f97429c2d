"""Customers: those inside the organisation and those outside of it, owed the same care."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import field, frozen

from servicecore.catalogue.naming import check_name, check_text, names
from servicecore.errors import InvalidValue
from servicecore.requests import Fact


def _contracts(contracts: Iterable[str]) -> tuple[str, ...]:
    return names(contracts, "contracts")


@frozen
class Customer:
    """Somebody who requests are for: what policies may ask of them, and when they work.

    `importance` is a number of the host's own scale, the greater the more important. `contracts`
    are what the host calls its contracts with them. `calendar` is the name of a calendar of the
    policy book, `language` that of what they are told.

    >>> Customer("acme", internal=False, importance=3, contracts=["C-17"]).facts["importance"]
    3
    """

    name: str = field(validator=check_name)
    internal: bool = field(default=False, kw_only=True)
    importance: int | None = field(default=None, kw_only=True)
    contracts: tuple[str, ...] = field(default=(), converter=_contracts, kw_only=True)
    calendar: str = field(default="", validator=check_text, kw_only=True)
    language: str = field(default="", validator=check_text, kw_only=True)

    def __attrs_post_init__(self) -> None:
        if not isinstance(self.internal, bool):
            raise InvalidValue(f"internal is {self.internal!r}: expected True or False")
        if self.importance is not None and type(self.importance) is not int:
            raise InvalidValue(f"importance is {self.importance!r}: expected a whole number")

    @property
    def facts(self) -> dict[str, Fact]:
        """The facts that a request of theirs has besides its own."""
        known: dict[str, Fact] = {"internal": self.internal}
        if self.importance is not None:
            known["importance"] = self.importance
        return known | ({"contracts": frozenset(self.contracts)} if self.contracts else {})


CUSTOMER_FACTS = ("internal", "importance", "contracts")
"""The facts that a known customer gives to a request."""
