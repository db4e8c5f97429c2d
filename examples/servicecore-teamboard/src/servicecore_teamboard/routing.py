"""Whom a request goes to: a pure function, so that it can be tried without any desk."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from servicecore.requests import Request
from servicecore.stores import Workload

from servicecore_teamboard.people import Person


def fittest(
    people: Sequence[Person], request: Request, group: str | None, load: Workload
) -> Person | None:
    """Who of a group, or of all where none has the request, knows it and has the least to do.

    The least compared with their capacity; of equals the first in alphabetical order, so that the
    same request at the same time goes to the same person. None where nobody fits.
    """
    needed = skills_for(people, request)
    fitting = [
        person
        for person in people
        if person.capacity and group in (None, person.group) and needed and needed <= person.skills
    ]
    return min(
        fitting,
        key=lambda person: (Fraction(load_of(person, load), person.capacity), person.name),
        default=None,
    )


def skills_for(people: Sequence[Person], request: Request) -> frozenset[str]:
    """The skills that a request needs: what it says of itself, as far as it is one of anybody's."""
    said = request.tags | {request.service, request.offering}
    return frozenset(skill for person in people for skill in person.skills if skill in said)


def load_of(person: Person, load: Workload) -> int:
    """How many open requests somebody has, in whatever group."""
    return sum(load.of(group, person.name) for group in load.open)
