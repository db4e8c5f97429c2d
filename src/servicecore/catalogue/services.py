"""Services and what can be asked of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from attrs import field, frozen

from servicecore.catalogue.naming import check_name, check_text, entries
from servicecore.errors import InvalidValue, UnknownName
from servicecore.requests import Kind

SERVICE_REQUEST: str = Kind.SERVICE_REQUEST


@frozen
class Approval:
    """Who has to agree before work begins, and on whose side they are.

    While an approval on the customer's side is pending, the desk waits for the customer.

    >>> Approval("line manager").side
    'customer'
    """

    approver: str = field(validator=check_name)
    side: Literal["customer", "desk"] = "customer"

    def __attrs_post_init__(self) -> None:
        if self.side not in ("customer", "desk"):
            raise InvalidValue(f"side is {self.side!r}: expected 'customer' or 'desk'")


def _approval(approval: object) -> Approval | None:
    if approval is None or isinstance(approval, Approval):
        return approval
    raise InvalidValue(f"approval is {approval!r}: expected an Approval, or None for none")


@frozen
class Offering:
    """Something that can be asked of a service.

    `kind` is the kind of request that asks for it, of any name. An approval is demanded where
    `approval` is given, and nowhere else. `group` takes such requests, if not that of the service.
    """

    name: str = field(validator=check_name)
    kind: str = field(default=SERVICE_REQUEST, validator=check_name, kw_only=True)
    approval: Approval | None = field(default=None, converter=_approval, kw_only=True)
    group: str = field(default="", validator=check_text, kw_only=True)


def _offerings(offerings: Iterable[Offering]) -> tuple[Offering, ...]:
    return entries(Offering, offerings, "offerings")


@frozen
class Service:
    """Something that is delivered to customers, of any kind: IT, human resources, facilities.

    The business owner answers for what it is worth to the business, the custodian looks after it
    from day to day. `group` takes its requests; `calendar` is the name of the calendar of a policy
    book in which it is delivered.

    >>> payroll = Service("payroll", business_owner="Head of HR", custodian="Payroll office",
    ...                   offerings=[Offering("pay slip"), Offering("advance",
    ...                                       approval=Approval("line manager"))])
    >>> payroll.offering("advance").approval.approver
    'line manager'
    """

    name: str = field(validator=check_name)
    business_owner: str = field(default="", validator=check_text, kw_only=True)
    custodian: str = field(default="", validator=check_text, kw_only=True)
    group: str = field(default="", validator=check_text, kw_only=True)
    offerings: tuple[Offering, ...] = field(default=(), converter=_offerings, kw_only=True)
    calendar: str = field(default="", validator=check_text, kw_only=True)

    def offering(self, name: str) -> Offering:
        """The offering of that name; `UnknownName` where there is none."""
        for offering in self.offerings:
            if offering.name == name:
                return offering
        known = (offering.name for offering in self.offerings)
        raise UnknownName(f"offering of {self.name!r}", name, known)
