"""The catalogue of a policy file: services, agreements and customers, read and written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import get_args

from servicecore.catalogue import (
    Agreement,
    AgreementKind,
    Approval,
    Catalogue,
    Customer,
    Offering,
    Service,
)
from servicecore.instants import to_datetime
from servicecore.policyfile.calendars import calendar_in
from servicecore.policyfile.tables import (
    Readers,
    boolean,
    entries_of,
    fields_of,
    instant,
    one_of,
    text,
    texts,
    whole_number,
)
from servicecore.sla.calendar import Calendar

SERVICES = "a table of services by name"
SERVICE = "a table with business_owner, custodian, group, calendar and offerings"
OFFERINGS = "a table of offerings by name"
OFFERING = "a table with kind, approval and group"
APPROVAL = "a table with approver and side"
AGREEMENTS = "a table of agreements by name"
AGREEMENT = "a table with kind, its validity and whom it binds"
CUSTOMERS = "a table of customers by name"
CUSTOMER = "a table with internal, importance, contracts, calendar and language"

KINDS = " or ".join(map(repr, get_args(AgreementKind)))


def catalogue_readers(calendars: Mapping[str, Calendar]) -> Readers:
    """What reads the tables ``services``, ``agreements`` and ``customers``."""
    calendar = partial(_calendar, calendars)
    return {
        "services": lambda written: list(
            entries_of(written, partial(_service, calendar), SERVICES).values()
        ),
        "agreements": lambda written: list(entries_of(written, _agreement, AGREEMENTS).values()),
        "customers": lambda written: list(
            entries_of(written, partial(_customer, calendar), CUSTOMERS).values()
        ),
    }


CATALOGUE = ("services", "agreements", "customers")
"""The tables that are the catalogue."""


def _calendar(calendars: Mapping[str, Calendar], written: object) -> str:
    """The name of a calendar that is there."""
    calendar_in(calendars, written)
    return str(written)


def _service(calendar: Callable[[object], str], name: str, written: object) -> Service:
    readers: Readers = {
        **dict.fromkeys(("business_owner", "custodian", "group"), text),
        "calendar": calendar,
        "offerings": lambda table: list(entries_of(table, _offering, OFFERINGS).values()),
    }
    return Service(name, **fields_of(written, readers, SERVICE))


def _offering(name: str, written: object) -> Offering:
    readers: Readers = {"kind": text, "approval": _approval, "group": text}
    return Offering(name, **fields_of(written, readers, OFFERING))


def _approval(written: object) -> Approval:
    readers: Readers = {"approver": text, "side": one_of("customer", "desk")}
    return Approval(**fields_of(written, readers, APPROVAL, {"approver": "who has to agree"}))


def _agreement(name: str, written: object) -> Agreement:
    readers: Readers = {
        "kind": one_of(*get_args(AgreementKind)),
        **dict.fromkeys(("valid_from", "valid_until"), instant),
        **dict.fromkeys(("customers", "services", "offerings", "supports"), texts),
        **dict.fromkeys(("provider", "clock"), text),
    }
    return Agreement(name, **fields_of(written, readers, AGREEMENT, {"kind": KINDS}))


def _customer(calendar: Callable[[object], str], name: str, written: object) -> Customer:
    readers: Readers = {
        "internal": boolean,
        "importance": whole_number,
        "contracts": texts,
        "calendar": calendar,
        "language": text,
    }
    return Customer(name, **fields_of(written, readers, CUSTOMER))


def catalogue_to_dict(catalogue: Catalogue) -> dict[str, object]:
    """The tables that are read back as this catalogue; what is empty in them is left out."""
    return {
        "services": {each.name: _written_service(each) for each in catalogue.services},
        "agreements": {each.name: _written_agreement(each) for each in catalogue.agreements},
        "customers": {each.name: _written_customer(each) for each in catalogue.customers},
    }


def _written_service(service: Service) -> dict[str, object]:
    said = _said(service, "business_owner", "custodian", "group", "calendar")
    offerings = {each.name: _written_offering(each) for each in service.offerings}
    return {**said, **({"offerings": offerings} if offerings else {})}


def _written_offering(offering: Offering) -> dict[str, object]:
    said = _said(offering, "kind", "group")
    if offering.kind == Offering(offering.name).kind:
        del said["kind"]
    if offering.approval:
        side = () if offering.approval.side == "customer" else ("side",)
        said["approval"] = _said(offering.approval, "approver", *side)
    return said


def _written_agreement(agreement: Agreement) -> dict[str, object]:
    periods = {"valid_from": agreement.since, "valid_until": agreement.until}
    return {
        "kind": agreement.kind,
        **{key: to_datetime(at).isoformat() for key, at in periods.items() if at is not None},
        **_said(agreement, "customers", "services", "offerings", "provider", "supports", "clock"),
    }


def _written_customer(customer: Customer) -> dict[str, object]:
    said = _said(customer, "internal", "contracts", "calendar", "language")
    importance = {} if customer.importance is None else {"importance": customer.importance}
    return {**said, **importance}


def _said(entry: object, *keys: str) -> dict[str, object]:
    """The fields of an entry that are not empty, as files hold them."""
    values = {key: getattr(entry, key) for key in keys}
    return {
        key: list(value) if isinstance(value, tuple) else str(value) if key == "kind" else value
        for key, value in values.items()
        if value
    }
