"""Whose a request is: handoffs, bounces and time without an owner (R4)."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecore import PolicyBook, replay
from servicecore.instants import to_instant
from servicecore.lifecycle.events import Assigned, Event, FactsChanged, Opened
from servicecore.lifecycle.ownership import Ownership
from servicecore.sla.policy import Policy
from tests.lifecycle.strategies_fold import NINE, at
from tests.oracle.strategies import at_most

BOOK = PolicyBook.of(Policy("standard", {}))

owners = st.lists(
    st.tuples(st.sampled_from([None, "", "A", "B", "C"]), st.sampled_from([None, "ann", "bo"])),
    max_size=12,
)


def owned(*given_to: tuple[str | None, str | None]) -> Ownership:
    """Assigned to one after the other, a quarter of an hour each."""
    history: list[Event] = [Opened(request="R1", occurred_at=NINE)]
    history += [
        Assigned(request="R1", occurred_at=at(number), group=group, person=person)
        for number, (group, person) in enumerate(given_to, 1)
    ]
    return replay(history, BOOK, at=at(100)).ownership


def groups(*names: str | None) -> tuple[int, int]:
    """Handoffs and bounces of a way through some groups."""
    ownership = owned(*((name, None) for name in names))
    return ownership.handoffs, ownership.bounces


@given(owners)
@at_most(200)
def test_handoffs_and_bounces_are_those_of_the_way(
    given_to: list[tuple[str | None, str | None]],
) -> None:
    """R4: of the groups without the gaps, and without staying where it is."""
    ownership = owned(*given_to)
    named = [group for group, _ in given_to if group]
    way = named[:1] + [after for before, after in pairwise(named) if after != before]
    assert ownership.handoffs == max(len(way) - 1, 0)
    assert ownership.bounces == sum(
        group in way[:number] for number, group in enumerate(way) if number
    )
    assert ownership.group == (given_to[-1][0] or None if given_to else None)


@given(owners)
@at_most(100)
def test_nobody_has_it_since_the_last_time_that_it_was_given_up(
    given_to: list[tuple[str | None, str | None]],
) -> None:
    """R4: from the opening, or the first assignment to nobody behind the last owner."""
    ownership = owned(*given_to)
    for column, since in ((0, ownership.ungrouped), (1, ownership.unassigned)):
        column_of = [bool(each[column]) for each in given_to]
        if column_of and column_of[-1]:
            assert since is None
            continue
        owned_last = max((n for n, has in enumerate(column_of, 1) if has), default=-1)
        assert since == to_instant(at(owned_last + 1))


@pytest.mark.parametrize(
    ("way", "expected"),
    [
        ("A", (0, 0)),
        ("AB", (1, 0)),
        ("ABA", (2, 1)),
        ("ABABA", (4, 3)),
        ("ABCA", (3, 1)),
        ("AAB", (1, 0)),
        ("A-A", (0, 0)),
        ("A-B", (1, 0)),
        ("A-B-A", (2, 1)),
        ("-A", (0, 0)),
        ("", (0, 0)),
    ],
)
def test_ways(way: str, expected: tuple[int, int]) -> None:
    """R4: A, none, A is neither; ping-pong is a bounce at each return."""
    assert groups(*(None if group == "-" else group for group in way)) == expected


def test_another_person_of_the_same_group_is_no_handoff() -> None:
    """R4: it is between groups that a customer is bounced."""
    ownership = owned(("A", "ann"), ("A", "bo"), ("A", None))
    assert (ownership.handoffs, ownership.person) == (0, None)
    assert ownership.unassigned == to_instant(at(3))


def test_facts_tell_it_too() -> None:
    """R4: a group or a person among the facts that were changed has it from then on."""
    history: list[Event] = [
        Opened(request="R1", occurred_at=NINE, facts={"group": "A"}),
        FactsChanged(request="R1", occurred_at=at(1), facts={"person": "ann"}),
        FactsChanged(
            request="R1", occurred_at=at(2), facts={"group": "B", "tags": frozenset({"vip"})}
        ),
        Assigned(request="R1", occurred_at=at(3), group="A"),
    ]
    ownership = replay(history, BOOK, at=at(2)).ownership
    assert (ownership.group, ownership.person, ownership.handoffs) == ("B", "ann", 1)
    assert replay(history, BOOK, at=at(3)).ownership.bounces == 1
