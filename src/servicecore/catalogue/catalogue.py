"""The catalogue: services, agreements and customers, and what they say of a request."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from attrs import field, frozen

from servicecore.catalogue.agreements import SLA, Agreement
from servicecore.catalogue.customers import Customer
from servicecore.catalogue.governance import Governance
from servicecore.catalogue.naming import Entry, entries
from servicecore.catalogue.services import Approval, Offering, Service
from servicecore.errors import UnknownName
from servicecore.requests import Fact, Request

AGREEMENT = "agreement"
"""The fact that names the SLA that governs a request."""


def _services(services: Iterable[Service]) -> tuple[Service, ...]:
    return entries(Service, services, "services")


def _agreements(agreements: Iterable[Agreement]) -> tuple[Agreement, ...]:
    return entries(Agreement, agreements, "agreements")


def _customers(customers: Iterable[Customer]) -> tuple[Customer, ...]:
    return entries(Customer, customers, "customers")


@frozen
class Catalogue:
    """What is offered, what has been agreed about it, and for whom; all of it may be empty.

    Raises `InvalidValue` for two of the same name.

    >>> catalogue = Catalogue(
    ...     agreements=[Agreement("acme gold", "SLA", customers=["acme"])],
    ...     customers=[Customer("acme", importance=3)],
    ... )
    >>> catalogue.facts(Request(id="R1", opened_at=0, customer="acme"))
    {'internal': False, 'importance': 3, 'agreement': 'acme gold'}
    """

    services: tuple[Service, ...] = field(default=(), converter=_services)
    agreements: tuple[Agreement, ...] = field(default=(), converter=_agreements)
    customers: tuple[Customer, ...] = field(default=(), converter=_customers)
    slas: tuple[Agreement, ...] = field(init=False, eq=False, repr=False)
    """The agreements that are SLAs, in their order."""
    _service: dict[str, Service] = field(init=False, eq=False, repr=False)
    _agreement: dict[str, Agreement] = field(init=False, eq=False, repr=False)
    _customer: dict[str, Customer] = field(init=False, eq=False, repr=False)
    _slas_of: Mapping[str | None, list[Agreement]] = field(init=False, eq=False, repr=False)
    _calendars: dict[str | None, str] = field(init=False, eq=False, repr=False)

    @slas.default
    def _only_slas(self) -> tuple[Agreement, ...]:
        return tuple(agreement for agreement in self.agreements if agreement.kind == SLA)

    @_service.default
    def _service_by_name(self) -> dict[str, Service]:
        return {service.name: service for service in self.services}

    @_agreement.default
    def _agreement_by_name(self) -> dict[str, Agreement]:
        return {agreement.name: agreement for agreement in self.agreements}

    @_customer.default
    def _customer_by_name(self) -> dict[str, Customer]:
        return {customer.name: customer for customer in self.customers}

    @_slas_of.default
    def _slas_by_customer(self) -> Mapping[str | None, list[Agreement]]:
        """The SLAs for a customer, and under None those for all; the most specific ones first."""
        found: dict[str | None, list[Agreement]] = {}
        for agreement in sorted(self.slas, key=lambda each: each.specificity, reverse=True):
            for customer in agreement.customers or (None,):
                found.setdefault(customer, []).append(agreement)
        return found

    @_calendars.default
    def _customers_calendars(self) -> dict[str | None, str]:
        return {
            customer.name: customer.calendar for customer in self.customers if customer.calendar
        }

    @property
    def calendars_of(self) -> Mapping[str | None, str]:
        """The names of the calendars of those customers that have one of their own."""
        return MappingProxyType(self._calendars)

    def __bool__(self) -> bool:
        """Whether there is anything in it."""
        return bool(self.services or self.agreements or self.customers)

    def service(self, name: str) -> Service:
        """The service of that name; `UnknownName` where there is none."""
        return _found("service", name, self._service)

    def offering(self, service: str, name: str) -> Offering:
        """The offering of a service; `UnknownName` where there is none."""
        return self.service(service).offering(name)

    def agreement(self, name: str) -> Agreement:
        """The agreement of that name; `UnknownName` where there is none."""
        return _found(AGREEMENT, name, self._agreement)

    def customer(self, name: str) -> Customer:
        """The customer of that name; `UnknownName` where there is none."""
        return _found("customer", name, self._customer)

    def approval(self, request: Request) -> Approval | None:
        """The approval that a request needs before work begins: its offering's, if that has one.

        A request that names no service asks for the one offering of that name, if there is but one.
        None for everything else, and for what the catalogue does not know.
        """
        offering = self._asked(request)
        return offering.approval if offering else None

    def group(self, request: Request) -> str:
        """The group that takes a request: its offering's, or else its service's; or nothing.

        >>> payroll = Service("payroll", group="pay", offerings=[Offering("slip", group="desk")])
        >>> slip = Request(id="R1", opened_at=0, offering="slip")
        >>> Catalogue(services=[payroll]).group(slip)
        'desk'
        """
        offering = self._asked(request)
        if offering is not None and offering.group:
            return offering.group
        for service in self.services:
            if request.service == service.name or (
                request.service is None and offering in service.offerings
            ):
                return service.group
        return ""

    def _asked(self, request: Request) -> Offering | None:
        found = [
            offering
            for service in self.services
            if request.service in (None, service.name)
            for offering in service.offerings
            if offering.name == request.offering
        ]
        return found[0] if len(found) == 1 else None

    def facts(self, request: Request) -> dict[str, Fact]:
        """The facts that a request has by its customer and by the SLA that governs it."""
        customer = self._customer.get(request.customer) if request.customer else None
        facts = customer.facts if customer else {}
        governing = self._governing(request)
        return facts | {AGREEMENT: governing.name} if governing else facts

    def known(self, request: Request) -> Request:
        """The request with the facts of the catalogue that it does not have itself.

        >>> catalogue = Catalogue(customers=[Customer("acme", importance=3)])
        >>> request = Request(id="R1", opened_at=0, customer="acme", fields={"internal": True})
        >>> sorted(catalogue.known(request).fields.items())
        [('importance', 3), ('internal', True)]
        """
        missing = {
            name: fact
            for name, fact in self.facts(request).items()
            if request.fields.get(name) is None
        }
        return request.with_facts(missing) if missing else request

    def governing(self, request: Request) -> Governance:
        """The SLA that governs a request, and why (P2).

        Of the SLAs valid at its opening and meant for it, the most specific one: first by customer,
        then by offering, then by service, then in their order. If the request has the fact
        `agreement` already, and it is another one, that SLA governs, whatever is agreed.
        """
        sla, named = self._governing(request), request.fields.get(AGREEMENT)
        if named is not None and (sla is None or named != sla.name):
            sla = next((each for each in self.slas if each.name == named), None)
        else:
            named = None
        supporting = self.supporting(sla, request) if sla else ()
        return Governance(
            request, sla, None if named is None else str(named), self.slas, supporting
        )

    def _governing(self, request: Request) -> Agreement | None:
        for customer in (request.customer, None):
            for agreement in self._slas_of.get(customer, ()):
                if agreement.binds(request):
                    return agreement
        return None

    def supporting(self, sla: Agreement, request: Request) -> tuple[Agreement, ...]:
        """The OLAs and contracts that support an SLA and hold for a request."""
        return tuple(
            agreement
            for agreement in self.agreements
            if sla.name in agreement.supports and agreement.binds(request)
        )


def _found(what: str, name: object, known: Mapping[str, Entry]) -> Entry:
    if isinstance(name, str) and name in known:
        return known[name]
    raise UnknownName(what, name, known)
