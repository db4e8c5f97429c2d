"""The parts of a policy book: what they are called, and what each has to be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import TypedDict

from servicecore.catalogue.catalogue import Catalogue
from servicecore.catalogue.naming import all_of, entries
from servicecore.errors import InvalidValue
from servicecore.requests import PriorityMatrix
from servicecore.sla.calendar import Calendar
from servicecore.sla.escalation import Escalation
from servicecore.sla.rota import Rota
from servicecore.sla.rules import DEFAULT_CLOCKS, ClockRule
from servicecore.sla.statuses import Lifecycle
from servicecore.sla.versions import BookVersion


class Parts(TypedDict, total=False):
    """What a book holds besides its policies, by name; each has a default."""

    matrix: PriorityMatrix
    clocks: Mapping[str, ClockRule]
    calendars: Mapping[str, Calendar]
    catalogue: Catalogue
    rotas: Mapping[str, Rota]
    lifecycle: Lifecycle
    escalations: Iterable[Escalation]


def versions_of(versions: Iterable[BookVersion]) -> tuple[BookVersion, ...]:
    """The versions of a book."""
    return all_of(BookVersion, versions, "versions")


def clocks_of(own: Mapping[str, ClockRule]) -> Mapping[str, ClockRule]:
    """The default clocks, and those of a book's own added to them or in their place."""
    if not isinstance(own, Mapping):
        raise InvalidValue(f"clocks are {own!r}: expected a table of names and their rules")
    for name, rule in own.items():
        if not isinstance(rule, ClockRule):
            raise InvalidValue(f"the clock {name!r} is {rule!r}: expected a ClockRule")
        if rule.name != name:
            raise InvalidValue(f"the rule of the clock {name!r} is named {rule.name!r}")
    return MappingProxyType({**DEFAULT_CLOCKS, **own})


def rotas_of(rotas: Mapping[str, Rota]) -> Mapping[str, Rota]:
    """Rotas by their names."""
    if not isinstance(rotas, Mapping):
        raise InvalidValue(f"rotas are {rotas!r}: expected a table of names and rotas")
    for name, rota in rotas.items():
        check_part(f"rota {name!r}", rota, Rota)
        if rota.name != name:
            raise InvalidValue(f"the rota {name!r} is named {rota.name!r}")
    return MappingProxyType(dict(rotas))


def escalations_of(ladders: Iterable[Escalation]) -> tuple[Escalation, ...]:
    """Ladders, no two of one name."""
    return entries(Escalation, ladders, "escalations")


def check_part(name: str, part: object, kind: type) -> None:
    """Refuse what is not of the type that a part of a book has."""
    if not isinstance(part, kind):
        raise InvalidValue(f"the {name} is {part!r}: expected a {kind.__name__}")


def matrix_of(matrix: PriorityMatrix) -> PriorityMatrix:
    """The matrix of a book."""
    check_part("matrix", matrix, PriorityMatrix)
    return matrix


def catalogue_of(catalogue: Catalogue) -> Catalogue:
    """The catalogue of a book."""
    check_part("catalogue", catalogue, Catalogue)
    return catalogue


def lifecycle_of(lifecycle: Lifecycle) -> Lifecycle:
    """The lifecycle of a book."""
    check_part("lifecycle", lifecycle, Lifecycle)
    return lifecycle
