"""What changed between two books: in words, one by one, and taken over one by one."""

from __future__ import annotations

from datetime import UTC, datetime

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecore.catalogue import Catalogue, Service
from servicecore.errors import ServiceCoreError
from servicecore.instants import Days
from servicecore.priorities import PriorityMatrix
from servicecore.requests import Request
from servicecore.sla.book import BookVersion, PolicyBook
from servicecore.sla.book_changes import book_changes
from servicecore.sla.book_mixing import with_changes
from servicecore.sla.calendar import Calendar
from servicecore.sla.differences import differences
from servicecore.sla.policy import Policy
from servicecore.sla.rules import ClockRule
from servicecore.sla.statuses import DEFAULT_LIFECYCLE
from servicecore.sla.target import Target
from tests.test_policyfile_laws import books

TABLE = {
    "timezone": "UTC",
    "hours": {"mon-fri": "09:00-17:00"},
    "holidays": {"2026-12-25": "Christmas"},
    "known_until": "2026-12-31",
}


def office(**changed: object) -> Calendar:
    return Calendar.from_dict({**TABLE, **changed}, "office")


OFFICE = office()
TOKYO = Calendar.from_dict({**TABLE, "timezone": "Asia/Tokyo"}, "tokyo")


def gold(within: str | Days = "4h", calendar: Calendar = OFFICE, **when: str) -> Policy:
    return Policy("gold", {"resolution": {"critical": Target(within, calendar)}}, when)


def said(old: PolicyBook, new: PolicyBook) -> list[str]:
    return [f"{change.where}: {change}" for change in book_changes(old, new)]


REST = Policy("rest", {"resolution": Target("24h", OFFICE)})
VIP = Policy("vip", {"resolution": Target("1h", OFFICE)}, {"customer": "acme"})
OTHER_CELLS = PriorityMatrix({"a": {"x": "p1", "y": "p2"}})
SAME_CELLS = PriorityMatrix({"a": {"x": "p1", "y": "p1"}}, ["p1", "p2"])
PAUSED = {"resolution": ClockRule("resolution", ["opened"], ["resolved", "closed"], ["scheduled"])}
CLOSED_LATER = {"resolution": ClockRule("resolution", ["opened"], ["closed"])}
IN_2026, IN_2027 = (datetime(year, 1, 1, tzinfo=UTC) for year in (2026, 2027))


def services(custodian: str, other: str) -> Catalogue:
    return Catalogue([Service("payroll", custodian=custodian), Service(other)])


WORDS = [
    (
        PolicyBook.of(gold()),
        PolicyBook.of(gold("2h")),
        [("policies.gold.targets.resolution.critical: "
         "policy 'gold': resolution for critical 4h → 2h of office")],
    ),
    (
        PolicyBook.of(gold(Days(3))),
        PolicyBook.of(gold(Days(3, cutoff="17:00"))),
        [("policies.gold.targets.resolution.critical: policy 'gold': resolution for critical "
         "3 working days → 3 working days (cutoff 17:00:00) of office")],
    ),
    (
        PolicyBook.of(gold(), version="2026"),
        PolicyBook.of(gold(), version="2027"),
        ["version: version '2026' → '2027'"],
    ),
    (
        PolicyBook.of(gold()),
        PolicyBook.of(gold(calendar=TOKYO)),
        ["calendars.office: calendar 'office' removed",
         "calendars.tokyo: calendar 'tokyo' added",
         ("policies.gold.targets.resolution.critical: "
         "policy 'gold': resolution for critical 4h of office → 4h of tokyo")],
    ),
    (
        PolicyBook.of(gold()),
        PolicyBook.of(gold(calendar=office(
            hours={"mon-thu": "08:00-18:00", "fri": "08:00-18:00", "sat": "10:00-12:00"},
            holidays={"2026-12-25": "Christmas", "2026-12-28": ""},
            exceptions={"2026-12-24": ""},
        ))),
        [("calendars.office: calendar 'office': mon-fri 09:00-17:00 → 08:00-18:00; "
         "sat closed → 10:00-12:00; holiday 2026-12-28 added; on 2026-12-24 as usual → closed")],
    ),
    (
        PolicyBook.of(gold()),
        PolicyBook.of(gold(calendar=office(
            holidays=[f"2027-01-0{day}" for day in range(1, 8)], known_until="2027-12-31"
        ))),
        [("calendars.office: calendar 'office': holiday 2026-12-25 (Christmas) removed; "
         "7 holidays added (2027-01-01 … 2027-01-07); "
         "holidays known until 2026-12-31 → 2027-12-31")],
    ),
    (
        PolicyBook.of(REST),
        PolicyBook.of(VIP, REST),
        ["policies.vip: policy 'vip' added before 'rest': when customer is 'acme'; resolution 1h"],
    ),
    (PolicyBook.of(VIP, REST), PolicyBook.of(REST), ["policies.vip: policy 'vip' removed"]),
    (
        PolicyBook.of(VIP, REST),
        PolicyBook.of(REST, VIP),
        ["policies: policies in the order 'vip', 'rest' → 'rest', 'vip'"],
    ),
    (
        PolicyBook.of(gold(customer="acme")),
        PolicyBook.of(gold(customer="acme", region="north")),
        ["policies.gold.when.region: policy 'gold': when region: anything → 'north'"],
    ),
    (
        PolicyBook.of(REST, clocks=PAUSED),
        PolicyBook.of(REST, clocks=CLOSED_LATER),
        [("clocks.resolution: clock 'resolution': stops no longer 'resolved'; "
         "pauses no longer 'scheduled'")],
    ),
    (
        PolicyBook.of(REST, matrix=OTHER_CELLS),
        PolicyBook.of(REST, matrix=SAME_CELLS),
        ["priorities.matrix.a.y: priority of impact a, urgency y: p2 → p1"],
    ),
    (
        PolicyBook.of(REST, matrix=PriorityMatrix({}, ["p1", "p2"])),
        PolicyBook.of(REST, matrix=PriorityMatrix({}, ["p2", "p1"])),
        ["priorities.order: priorities: order p1, p2 → p2, p1"],
    ),
    (
        PolicyBook.of(REST, catalogue=services("ann", "web")),
        PolicyBook.of(REST, catalogue=services("bob", "vpn")),
        ["catalogue.services.payroll: services: 'payroll' changed: custodian 'ann' → 'bob'",
         "catalogue.services.web: services: 'web' removed",
         "catalogue.services.vpn: services: 'vpn' added"],
    ),
    (
        PolicyBook.of(REST),
        PolicyBook.of(REST, lifecycle=attrs.evolve(DEFAULT_LIFECYCLE, reopen_on_reply=True)),
        ["lifecycle.reopen_on_reply: lifecycle: reopen on reply: False → True"],
    ),
    (
        PolicyBook([BookVersion("old", None, [REST])]),
        PolicyBook([BookVersion("old", None, [REST]), BookVersion("new", IN_2027, [VIP, REST])]),
        ["versions.new: version 'new' added: valid from 2027-01-01 00:00 UTC, with 2 policies"],
    ),
    (
        PolicyBook([BookVersion("old", None, [REST]), BookVersion("new", IN_2027, [REST])]),
        PolicyBook([BookVersion("old", None, [REST]), BookVersion("new", IN_2026, [REST, VIP])]),
        [("versions.new.valid_from: version 'new': "
         "valid from 2027-01-01 00:00 UTC → valid from 2026-01-01 00:00 UTC"),
         ("versions.new.policies.vip: version 'new': "
         "policy 'vip' added at the end: when customer is 'acme'; resolution 1h")],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "words"), WORDS)
def test_a_change_is_said_in_words_with_its_path(
    old: PolicyBook, new: PolicyBook, words: list[str]
) -> None:
    """P1, P2: what a reader of both files would say."""
    assert said(old, new) == words


@given(books(), books())
def test_there_are_changes_just_where_books_differ(old: PolicyBook, new: PolicyBook) -> None:
    """Nothing is missed, and nothing is said of equal books; every change has a path of its own."""
    changes = book_changes(old, new)
    assert (changes == ()) == (old == new)
    assert book_changes(old, old) == ()
    assert len({change.path for change in changes}) == len(changes)
    assert all(change.text.strip() for change in changes)


@given(books(), books())
def test_all_changes_together_make_the_new_book(old: PolicyBook, new: PolicyBook) -> None:
    """What changed is all that has to change."""
    assert with_changes(old, new, [change.path for change in book_changes(old, new)]) == new
    assert with_changes(old, new, []) == old


@given(books(), books(), st.data())
def test_some_changes_make_a_book_or_are_refused(
    old: PolicyBook, new: PolicyBook, data: st.DataObject
) -> None:
    """Whatever is taken, it is a book of what either has, or one clear error."""
    paths = [change.path for change in book_changes(old, new)]
    taken = [path for path in paths if data.draw(st.booleans())]
    try:
        mixed = with_changes(old, new, taken)
    except ServiceCoreError:
        assert 0 < len(taken) < len(paths)
        return
    names = {policy.name for book in (old, new) for policy in book.policies}
    assert {policy.name for policy in mixed.policies} <= names


def small_policies(names: list[str]) -> list[Policy]:
    return [Policy(name, {"resolution": Target("4h", OFFICE)}) for name in names]


@given(*[st.lists(st.sampled_from("abcdef"), unique=True) for _ in range(2)])
def test_changes_can_be_taken_in_any_number(one: list[str], other: list[str]) -> None:
    """P1: with some policies added, removed and moved, each stands in the book once."""
    old, new = (PolicyBook.of(*small_policies(names)) for names in (one, other))
    paths = [change.path for change in book_changes(old, new)]
    taken = paths[: len(paths) // 2]
    mixed = with_changes(old, new, taken)
    names = {policy.name for policy in mixed.versions[0].policies}
    for name in {*one, *other}:
        changed = ("policies", name) in taken
        assert (name in names) == (name in (other if changed else one))
    rest = {change.path for change in book_changes(mixed, new)}
    assert rest <= {*paths, ("policies",)}


def test_one_change_alone_is_that_change_and_no_other() -> None:
    """What it would have been with one of the changes."""
    hours = office(hours={"mon-fri": "08:00-18:00"})
    vip = Policy("vip", {"resolution": Target("1h", hours)}, {"customer": "acme"})
    old, new = PolicyBook.of(gold()), PolicyBook.of(vip, gold("2h", hours))
    for change in book_changes(old, new):
        mixed = with_changes(old, new, [change.path])
        (only,) = book_changes(old, mixed)
        assert only.path == change.path
    request = Request(id="R1", opened_at=datetime(2026, 3, 6, 7, tzinfo=UTC), priority="critical")
    due = {
        change.path[0]: with_changes(old, new, [change.path]).due(request)["resolution"].due_at.hour
        for change in book_changes(old, new)
        if "vip" not in change.path
    }
    assert due == {"calendars": 12, "policies": 11}  # 8 + 4 h, 9 + 2 h


def test_sets_of_words_are_told_in_order() -> None:
    """Not in the order of their hashes, which is another one in every process."""
    old, new = frozenset("cebda"), frozenset("zvxyw")
    assert list(differences(old, new)) == ["'a', 'b', 'c', 'd', 'e' → 'v', 'w', 'x', 'y', 'z'"]
