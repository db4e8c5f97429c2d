"""Agreements: what has been agreed, for which period, and whom it binds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Literal, get_args

from attrs import field, frozen

from servicecore.catalogue.naming import check_name, check_text, names
from servicecore.errors import InvalidValue
from servicecore.instants import DateTime, as_instant, to_datetime
from servicecore.messages import ENGLISH, Messages
from servicecore.requests import Request

AgreementKind = Literal["SLA", "OLA", "underpinning contract"]
SLA: AgreementKind = "SLA"

SCOPES = ("customer", "offering", "service")
"""What an agreement may be restricted to, the most decisive first: its specificity (P2)."""


def _since(moment: datetime | int | None) -> int | None:
    return None if moment is None else as_instant(moment, "valid_from")


def _until(moment: datetime | int | None) -> int | None:
    return None if moment is None else as_instant(moment, "valid_until")


def _customers(values: Iterable[str]) -> tuple[str, ...]:
    return names(values, "customers")


def _services(values: Iterable[str]) -> tuple[str, ...]:
    return names(values, "services")


def _offerings(values: Iterable[str]) -> tuple[str, ...]:
    return names(values, "offerings")


def _supports(values: Iterable[str]) -> tuple[str, ...]:
    return names(values, "supports")


@frozen
class Agreement:
    """What has been agreed about services, for a period.

    An SLA binds us to the customer, an OLA one of our groups to us, an underpinning contract a
    supplier to us; `provider` is who is bound. It is valid from `valid_from` on and no longer at
    `valid_until`; `since` and `until` are the same in microseconds, and None is without end. It
    holds for the customers, services and offerings named, or for all where none are. An OLA or a
    contract `supports` the SLAs named, and `clock` is the clock that measures an agreement; how
    much time it allows, policies say.

    >>> Agreement("acme gold", "SLA", customers=["acme"]).binds(Request(id="R1", opened_at=0))
    False
    """

    name: str = field(validator=check_name)
    kind: AgreementKind
    since: int | None = field(alias="valid_from", default=None, converter=_since, kw_only=True)
    until: int | None = field(alias="valid_until", default=None, converter=_until, kw_only=True)
    customers: tuple[str, ...] = field(default=(), converter=_customers, kw_only=True)
    services: tuple[str, ...] = field(default=(), converter=_services, kw_only=True)
    offerings: tuple[str, ...] = field(default=(), converter=_offerings, kw_only=True)
    provider: str = field(default="", validator=check_text, kw_only=True)
    supports: tuple[str, ...] = field(default=(), converter=_supports, kw_only=True)
    clock: str = field(default="", validator=check_text, kw_only=True)

    def __attrs_post_init__(self) -> None:
        if self.kind not in get_args(AgreementKind):
            expected = "'SLA', 'OLA' or 'underpinning contract'"
            raise InvalidValue(f"kind is {self.kind!r}: expected {expected}")
        if self.since is not None and self.until is not None and self.until <= self.since:
            raise InvalidValue("valid_until is not after valid_from: expected a later instant")
        if self.kind == SLA and self.supports:
            raise InvalidValue("an SLA supports no other: expected an OLA or a contract")

    @property
    def valid_from(self) -> DateTime | None:
        """The instant from which on it is valid, in UTC; None for ever since."""
        return None if self.since is None else to_datetime(self.since)

    @property
    def valid_until(self) -> DateTime | None:
        """The instant at which it is valid no longer, in UTC; None for without end."""
        return None if self.until is None else to_datetime(self.until)

    @property
    def specificity(self) -> tuple[bool, ...]:
        """Whether it is for certain customers, offerings, services: the greater tuple governs."""
        return tuple(bool(self.named(scope)) for scope in SCOPES)

    def named(self, scope: str) -> tuple[str, ...]:
        """The names that it is restricted to as to customer, offering or service; () for all."""
        named: tuple[str, ...] = getattr(self, f"{scope}s")
        return named

    def valid_at(self, instant: int) -> bool:
        """Whether it is valid at an instant in microseconds."""
        return (self.since is None or self.since <= instant) and (
            self.until is None or instant < self.until
        )

    def binds(self, request: Request) -> bool:
        """Whether it holds for a request: valid when it was opened, and meant for such a one."""
        return (
            (not self.customers or request.customer in self.customers)
            and (not self.offerings or request.offering in self.offerings)
            and (not self.services or request.service in self.services)
            and self.valid_at(request.opened)
        )

    def objection(self, request: Request, messages: Messages = ENGLISH) -> str:
        """Why it does not hold for a request; nothing where it does.

        >>> gold = Agreement("acme gold", "SLA", customers=["acme"])
        >>> gold.objection(Request(id="R1", opened_at=0, customer="hooli"))
        'for the customer acme only'
        """
        if self.since is not None and request.opened < self.since:
            return messages.text(
                "not valid before {since} UTC", since=messages.when(self.valid_from)
            )
        if self.until is not None and request.opened >= self.until:
            return messages.text(
                "valid until {until} UTC only", until=messages.when(self.valid_until)
            )
        for scope in SCOPES:
            if self.named(scope) and request.fact(scope) not in self.named(scope):
                return messages.text(
                    "{meant} only", meant=_meant(scope, self.named(scope), messages)
                )
        return ""

    def meant_for(self, messages: Messages = ENGLISH) -> str:
        """Whom and what it is for, in words.

        >>> Agreement("mail", "SLA", customers=["acme", "hooli"], services=["mail"]).meant_for()
        'for the customers acme and hooli, for the service mail'
        """
        scopes = [scope for scope in SCOPES if self.named(scope)]
        said = [_meant(scope, self.named(scope), messages) for scope in scopes]
        return messages.listed(said) or messages.text("for every request")


def _meant(scope: str, named: tuple[str, ...], messages: Messages) -> str:
    return _MEANT[scope](messages, min(len(named), SEVERAL), messages.joined(named))


SEVERAL = 3
"""More names than these are as many: in Russian 21 customers would be one of them again."""

_MEANT: Mapping[str, Callable[[Messages, int, str], str]] = MappingProxyType({
    "customer": lambda messages, count, names: messages.plural(
        "for the customer {names}", "for the customers {names}", count, names=names
    ),
    "offering": lambda messages, count, names: messages.plural(
        "for the offering {names}", "for the offerings {names}", count, names=names
    ),
    "service": lambda messages, count, names: messages.plural(
        "for the service {names}", "for the services {names}", count, names=names
    ),
})  # fmt: skip
