"""Recipients: who is told, in the words that rules and steps use, and who has done it themself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any

from servicecore.errors import InvalidValue, suggestion
from servicecore.lifecycle.events import (
    Actor,
    ApprovalRequested,
    Assigned,
    Event,
    Opened,
    Side,
    StepRecorded,
)
from servicecore.lifecycle.situation import Situation
from servicecore.notices.notice import CUSTOMERS

Finds = Callable[[Situation, Any], Iterable[str]]
"""Finds the recipients of a notice: a function of the situation and the event."""

LONGEST = 285
"""The characters of a recipient: nobody is called by more, and no store keeps more."""

NAMED = ("role", "group", "person")
"""Who may be told by a name of their own, as in ``"role: administrator"``."""


def _customer(situation: Situation, _: Event) -> Iterable[str]:
    request = situation.request
    if request.requester:
        return (f"requester: {request.requester}",)
    return (f"customer: {request.customer}",) if request.customer else ()


def _approver(_: Situation, event: ApprovalRequested) -> Iterable[str]:
    kind = "approver" if event.side_of_approver is Side.CUSTOMER else "role"
    return (f"{kind}: {event.approver}",)


def _owner(situation: Situation, _: Event) -> Iterable[str]:
    return _one_of(situation.ownership.person, situation.ownership.group)


def _assigned(_: Situation, event: Assigned | Opened) -> Iterable[str]:
    return _one_of(*assigned_by(event))


def assigned_by(event: Assigned | Opened) -> tuple[str | None, str | None]:
    """The person and the group that a request is given to; None is nobody."""
    if isinstance(event, Assigned):
        return event.person or None, event.group or None
    person, group = event.facts.get("person"), event.facts.get("group")
    return _text(person), _text(group)


def _text(fact: object) -> str | None:
    return fact if isinstance(fact, str) and fact else None


def _one_of(person: str | None, group: str | None) -> Iterable[str]:
    if person:
        return (f"person: {person}",)
    return (f"group: {group}",) if group else ()


def _custodian(situation: Situation, _: Event) -> Iterable[str]:
    return _of_service(situation, "custodian", "custodian")


def _business_owner(situation: Situation, _: Event) -> Iterable[str]:
    return _of_service(situation, "business_owner", "business owner")


def _of_service(situation: Situation, field: str, kind: str) -> Iterable[str]:
    wanted = situation.request.service
    services = (each for each in situation.book.catalogue.services if each.name == wanted)
    names = (getattr(service, field) for service in services)
    return (f"{kind}: {name}" for name in names if name)


def _told(_: Situation, event: StepRecorded) -> Iterable[str]:
    return event.told


RECIPIENTS: Mapping[str, Finds] = MappingProxyType({
    "customer": _customer,
    "approver": _approver,
    "owner": _owner,
    "assigned": _assigned,
    "told": _told,
    "custodian": _custodian,
    "business owner": _business_owner,
})  # fmt: skip
"""Who can be told without a name: the requester, else the customer; who has to approve; the person
that has the request, else its group; whom an event gives it to; whom a step has told; the custodian
and the business owner of its service."""


def check_to(to: str | Finds) -> None:
    """Refuse words that nobody is meant by (`InvalidValue`).

    ``"role: administrator"``, ``"group: network"`` and ``"person: bo"`` name one; the others are
    the keys of `RECIPIENTS`. A function may find whomever it likes.
    """
    if callable(to) or to in RECIPIENTS:
        return
    kind, _, name = str(to).partition(": ")
    if kind in NAMED and name.strip():
        return
    expected = ", ".join([*map(repr, RECIPIENTS), *(repr(f"{kind}: NAME") for kind in NAMED)])
    hint = suggestion(to, RECIPIENTS) or f"expected one of {expected}, or a function"
    raise InvalidValue(f"nobody is told by to={to!r}: {hint}")


def recipients_of(to: str | Finds, situation: Situation, event: Event) -> list[str]:
    """Who is meant by words or a function, each once; without those that nobody is called by."""
    if isinstance(to, str):
        found = RECIPIENTS[to](situation, event) if to in RECIPIENTS else (to,)
    else:
        found = to(situation, event)
    return [each for each in dict.fromkeys(found) if len(each) <= LONGEST and _is_a_name(each)]


def _is_a_name(recipient: str) -> bool:
    _, _, name = recipient.partition(":")
    unstorable = any(each == "\0" or "\ud800" <= each <= "\udfff" for each in recipient)
    return bool(name.strip()) and not unstorable


def did_it(recipient: str, actor: Actor | None) -> bool:
    """Whether whoever is to be told did it themself.

    On the customer's side they know of each other, but for somebody whose approval is wanted.
    """
    if actor is None:
        return False
    kind, _, name = recipient.partition(": ")
    if kind in CUSTOMERS and kind != "approver":
        return actor.side is Side.CUSTOMER
    return actor.party == name and (actor.side is Side.CUSTOMER) == (kind == "approver")
