"""Notices: what somebody is to be told of a request (B9).

A notice names a template, its facts and a recipient, and nothing else: no address and no secret.
Who knows how to reach the recipient gives contacts; what is delivered to one of them is a message.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from attrs import field, frozen

from servicecore.errors import InvalidValue
from servicecore.instants import DateTime, as_instant, to_datetime
from servicecore.requests import Fact, checked_facts


class Severity(StrEnum):
    """How pressing a notice is."""

    LOW = "low"
    NORMAL = "normal"
    URGENT = "urgent"


CUSTOMERS = ("customer", "requester", "approver")
"""The kinds of recipients on the customer's side."""


def as_severity(severity: Severity | str) -> Severity:
    """The severity of that name; `InvalidValue` where there is none."""
    try:
        return Severity(severity)
    except ValueError:
        expected = ", ".join(repr(str(known)) for known in Severity)
        raise InvalidValue(f"severity is {severity!r}: expected one of {expected}") from None


def as_made(moment: datetime | int) -> int:
    """When it was made, in microseconds."""
    return as_instant(moment, "made_at")


@frozen(kw_only=True)
class Notice:
    """What somebody is to be told of a request.

    `id` is what it is delivered by, once or more often, always the same. `recipient` says who, as
    steps of escalations do: ``"customer: acme"``, ``"requester: ann"``, ``"approver: cy"`` (who has
    to agree on the customer's side), ``"person: bo"``, ``"group: network"``, ``"role: duty
    manager"``, ``"custodian: Network team"``, ``"business owner: Head of HR"``. `template` names
    the text and `facts` fill it in; instants among them are microseconds. `cause` is the id of the
    event that it is about. While one waits, a later one of the same `topic` to the same recipient
    overtakes it; an empty topic is overtaken by none.

    >>> Notice(id="c1/1: customer", request="R1", template="resolved", recipient="customer: acme",
    ...        made_at=0).is_for_customer
    True
    """

    id: str
    request: str
    template: str
    recipient: str
    facts: Mapping[str, Fact] = field(factory=dict, hash=False, converter=checked_facts)
    severity: Severity = field(default=Severity.NORMAL, converter=as_severity)
    topic: str = ""
    made: int = field(alias="made_at", converter=as_made)
    cause: str = ""

    def __attrs_post_init__(self) -> None:
        for name in ("id", "request", "template", "recipient"):
            value = getattr(self, name)
            if not isinstance(value, str) or not value.strip():
                raise InvalidValue(f"the {name} of a notice is {value!r}: expected text")

    @property
    def made_at(self) -> DateTime:
        """When it was made, in UTC."""
        return to_datetime(self.made)

    @property
    def kind(self) -> str:
        """What its recipient is: ``"customer"``, ``"person"``, ``"group"``, …"""
        return self.recipient.partition(":")[0].strip()

    @property
    def name(self) -> str:
        """What its recipient is called; empty where nobody is named."""
        return self.recipient.partition(":")[2].strip()

    @property
    def is_for_customer(self) -> bool:
        """Whether it is for the customer's side."""
        return self.kind in CUSTOMERS
