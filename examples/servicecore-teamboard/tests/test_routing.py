"""A request goes to whoever knows it and has the least to do, whatever the order of the table."""

from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st
from servicecore.requests import Request
from servicecore.stores import Workload

from servicecore_teamboard import Person
from servicecore_teamboard.routing import fittest

WORDS = ("mail", "vpn", "french")
GROUPS = ("first", "second")

skills = st.frozensets(st.sampled_from(WORDS))
people = st.lists(
    st.builds(
        Person, st.sampled_from("abcdefg"), st.sampled_from(GROUPS), skills, st.integers(0, 3)
    ),
    unique_by=lambda person: person.name,
)
said = st.sampled_from((*WORDS, "payroll")) | st.none()
requests = st.builds(
    Request,
    id=st.just("R1"),
    opened_at=st.just(0),
    service=said,
    offering=said,
    tags=st.frozensets(st.sampled_from((*WORDS, "vip"))),
)
groups = st.sampled_from((*GROUPS, "third")) | st.none()
counts = st.dictionaries(st.sampled_from("abcdefg") | st.none(), st.integers(1, 4), max_size=7)
loads = st.dictionaries(groups, counts, max_size=3).map(lambda table: Workload(open=table))


def fits(person: Person, team: list[Person], request: Request, group: str | None) -> bool:
    """By the words of the rule: each thing that anybody knows is known to this person."""
    if person.capacity == 0 or (group is not None and group != person.group):
        return False
    asked = [request.service, request.offering, *request.tags]
    known = [word for word in asked if any(word in other.skills for other in team)]
    return bool(known) and all(word in person.skills for word in known)


def goes_before(one: Person, other: Person, load: Workload) -> bool:
    """By the words of the rule, without a fraction."""
    open_requests = {
        person: sum(by_person.get(person.name, 0) for by_person in load.open.values())
        for person in (one, other)
    }
    ours = open_requests[one] * other.capacity
    theirs = open_requests[other] * one.capacity
    return ours < theirs or (ours == theirs and one.name < other.name)


@given(people, requests, groups, loads)
def test_it_is_the_one_whom_nobody_goes_before(
    team: list[Person], request: Request, group: str | None, load: Workload
) -> None:
    fitting = [person for person in team if fits(person, team, request, group)]
    expected: list[Person | None] = [
        person
        for person in fitting
        if not any(goes_before(other, person, load) for other in fitting if other != person)
    ]
    found = fittest(team, request, group, load)
    assert [found] == (expected or [None])


@given(people, requests, groups, loads, st.randoms())
def test_the_order_of_the_table_means_nothing(
    team: list[Person], request: Request, group: str | None, load: Workload, random: Random
) -> None:
    shuffled = random.sample(team, len(team))
    assert fittest(team, request, group, load) == fittest(shuffled, request, group, load)


@given(people, requests, groups, st.integers(1, 12))
def test_whoever_carries_more_is_given_more(
    team: list[Person], request: Request, group: str | None, number: int
) -> None:
    """As many requests as you like: nobody is ever ahead of others by more than one request."""
    given_to: dict[str | None, int] = {}
    for _ in range(number):
        load = Workload(open={group: dict(given_to)})
        if (found := fittest(team, request, group, load)) is not None:
            given_to[found.name] = given_to.get(found.name, 0) + 1
    fitting = [person for person in team if fits(person, team, request, group)]
    for one in fitting:
        for other in fitting:
            had_before = given_to.get(one.name, 0) - 1
            assert had_before * other.capacity <= given_to.get(other.name, 0) * one.capacity


def test_an_example() -> None:
    team = [Person("ann", "mail", ["mail"], 4), Person("bo", "mail", ["mail"], 2)]
    request = Request(id="R1", opened_at=0, service="mail", tags=frozenset({"vip"}))
    load = Workload(open={"mail": {"ann": 2, "bo": 1}})
    found = fittest(team, request, "mail", load)
    assert found is not None
    assert found.name == "ann"  # both have half of what they can carry
