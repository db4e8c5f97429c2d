"""What is wrong with the catalogue of a policy book, found before it is used (P3)."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import combinations

from servicecore.catalogue.agreements import SCOPES, SLA, Agreement
from servicecore.catalogue.catalogue import Catalogue
from servicecore.errors import suggestion
from servicecore.sla.book import PolicyBook
from servicecore.sla.findings import Finding, Path
from servicecore.sla.naming import ALWAYS


def of_catalogue(book: PolicyBook, at: int | None) -> Iterator[Finding]:
    """What services, agreements and customers say that cannot be, or was probably not meant."""
    yield from _of_services(book)
    for agreement in book.catalogue.agreements:
        yield from _of_names(agreement, book)
        yield from _of_period(agreement, at)
    for earlier, later in combinations(book.catalogue.agreements, 2):
        yield from _of_overlap(earlier, later)
    for customer in book.catalogue.customers:
        yield from _of_calendar(customer.calendar, book, ("customers", customer.name))


def _of_services(book: PolicyBook) -> Iterator[Finding]:
    for service in book.catalogue.services:
        path: Path = ("services", service.name)
        if not service.custodian:
            yield Finding("warning", path, "has no custodian: nobody looks after it")
        yield from _of_calendar(service.calendar, book, path)


def _of_calendar(name: str, book: PolicyBook, path: Path) -> Iterator[Finding]:
    known = (*book.calendars, ALWAYS)
    if name and name not in known:
        text = f"no calendar of the book is {name!r}; {_hint(name, known)}"
        yield Finding("fault", (*path, "calendar"), text)


def _of_names(agreement: Agreement, book: PolicyBook) -> Iterator[Finding]:
    path: Path = ("agreements", agreement.name)
    known = names_of(book.catalogue)
    for scope in SCOPES:
        for position, name in enumerate(agreement.named(scope)):
            if known[scope] and name not in known[scope]:
                text = f"no {scope} of the catalogue is {name!r}; {_hint(name, known[scope])}"
                yield Finding("warning", (*path, f"{scope}s", position), text)
    for position, name in enumerate(agreement.supports):
        if name not in known["agreement"]:
            text = f"no SLA of the catalogue is {name!r}; {_hint(name, known['agreement'])}"
            yield Finding("fault", (*path, "supports", position), text)
    if agreement.clock and agreement.clock not in book.clocks:
        text = f"no clock of the book is {agreement.clock!r}; {_hint(agreement.clock, book.clocks)}"
        yield Finding("fault", (*path, "clock"), text)


def names_of(catalogue: Catalogue) -> dict[str, tuple[str, ...]]:
    """The names that facts of a request may have by the catalogue; none where it lists none."""
    offerings = (offering.name for each in catalogue.services for offering in each.offerings)
    return {
        "agreement": tuple(sla.name for sla in catalogue.slas),
        "customer": tuple(customer.name for customer in catalogue.customers),
        "service": tuple(service.name for service in catalogue.services),
        "offering": tuple(dict.fromkeys(offerings)),
    }


def _hint(name: str, known: Collection[str]) -> str:
    return suggestion(name, known) or f"known are {', '.join(known) or 'none'}"


def _of_period(agreement: Agreement, at: int | None) -> Iterator[Finding]:
    if at is not None and agreement.until is not None and agreement.until <= at:
        path = ("agreements", agreement.name, "valid_until")
        yield Finding("warning", path, "is over: it governs no request that is opened from now on")


def _of_overlap(earlier: Agreement, later: Agreement) -> Iterator[Finding]:
    if _rival(earlier, later) and _share_a_time(earlier, later) and _share_requests(earlier, later):
        text = f"is valid at the same time as {earlier.name!r}, for the same, and as specific"
        governs = f"; {earlier.name!r} governs, which stands before it"
        found = f"{text}{governs if later.kind == SLA else ''}"
        yield Finding("warning", ("agreements", later.name), found)


def _rival(one: Agreement, other: Agreement) -> bool:
    """Whether both bind the same party to the same end."""
    supporting = not one.supports or bool(set(one.supports) & set(other.supports))
    return (
        one.kind == other.kind
        and one.provider == other.provider
        and bool(one.supports) == bool(other.supports)
        and supporting
    )


def _share_a_time(one: Agreement, other: Agreement) -> bool:
    return _begins_before_the_end(one, other) and _begins_before_the_end(other, one)


def _begins_before_the_end(one: Agreement, other: Agreement) -> bool:
    return one.since is None or other.until is None or one.since < other.until


def _share_requests(one: Agreement, other: Agreement) -> bool:
    """Whether they are equally specific, and some request is meant by both."""
    named = [(one.named(scope), other.named(scope)) for scope in SCOPES]
    return one.specificity == other.specificity and all(
        not ours or set(ours) & set(theirs) for ours, theirs in named
    )
