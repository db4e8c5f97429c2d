"""Laws of finding requests: what matches, in order, page by page while others write (B7)."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from servicecore.errors import InvalidValue
from servicecore.stores import Head, Query, Store, Write
from servicecore.testing.samples import SHARD, append, write
from servicecore.testing.store_base import StoreParts

Said = Mapping[str, object]

DESK: Mapping[str, Said] = {
    "R1": {"status": "new", "group": "network", "person": "ann", "opened": 5, "wake": 30},
    "R2": {"status": "new", "group": "network", "opened": 3, "customer": "acme", "wake": 10},
    "R3": {"status": "resolved", "is_open": False, "opened": 5, "kind": "question"},
    "R4": {"status": "in progress", "group": "mail", "person": "ann", "opened": 9, "wake": 30},
    "R5": {"status": "in progress", "opened": -4, "priority": "high", "service": "mail", "wake": 7},
    "R6": {"status": "new", "opened": 5, "group": "mail", "customer": "Acme", "wake": 10},
}
ASKED: Mapping[str, tuple[Said, str]] = {
    "everything, by opening": ({}, "R5 R2 R1 R3 R6 R4"),
    "by what is due next": ({"order": "wake"}, "R5 R2 R6 R1 R4"),
    "one value": ({"status": "new"}, "R2 R1 R6"),
    "any of several": ({"status": ["new", "resolved"]}, "R2 R1 R3 R6"),
    "a set of none": ({"status": []}, ""),
    "nobody": ({"person": None}, "R5 R2 R3 R6"),
    "somebody or nobody": ({"group": {"mail", None}}, "R5 R3 R6 R4"),
    "both": ({"group": "mail", "person": "ann"}, "R4"),
    "by the letter": ({"customer": "acme"}, "R2"),
    "what is open": ({"is_open": True}, "R5 R2 R1 R6 R4"),
    "what is not": ({"is_open": False}, "R3"),
    "from an instant on": ({"opened_from": 5}, "R1 R3 R6 R4"),
    "before an instant": ({"opened_before": 5}, "R5 R2"),
    "what wakes in a time": ({"wakes_from": 10, "wakes_before": 30}, "R2 R6"),
    "what wakes before": ({"wakes_before": 11, "order": "wake"}, "R5 R2 R6"),
    "other parts": ({"kind": "incident", "priority": "high", "service": "mail"}, "R5"),
    "nothing like it": ({"status": "lost"}, ""),
}
"""What is asked of the desk, and the requests that are found, in order."""


class PageLaws(StoreParts, part=True):
    """What is found, and that no page misses or repeats what another one has."""

    @pytest.mark.parametrize(("asked", "found"), ASKED.values(), ids=ASKED)
    @pytest.mark.parametrize("limit", [1, 2, 50])
    def test_what_is_found(self, store: Store, asked: Said, found: str, limit: int) -> None:
        """B7: exactly what matches, in order, whatever the length of a page."""
        append(store, *_desk())
        append(store, write("R1", status="new", opened=5), shard="another shard")
        assert " ".join(each.request for each in _all_pages(store, limit=limit, **asked)) == found

    @pytest.mark.parametrize("order", ["opened", "wake"])
    def test_pages_while_others_write(self, store: Store, order: str) -> None:
        """B7: what stays where it is comes exactly once, though others come and go meanwhile."""
        # All at few instants, so that ids decide, as they do among requests of one import.
        old = [write(f"old-{each:02}", opened=each % 3, wake=each % 3) for each in range(20)]
        append(store, *old)
        seen: list[str] = []
        after = ""
        for turn in range(30):
            with store.transaction() as tx:
                page = tx.find(SHARD, _query(order=order, limit=3, after=after))
            assert len(page.heads) <= 3
            seen += [head.request for head in page.heads]
            if not page.next:
                break
            instant = turn % 3
            append(store, write(f"new-{turn:02}", opened=instant, wake=instant))
            after = page.next
        assert [each for each in seen if each.startswith("old")] == [
            each.request for each in sorted(old, key=lambda each: (each.wake, each.request))
        ]
        assert len(seen) == len(set(seen))

    def test_ids_are_in_order_by_code_points(self, store: Store) -> None:
        """B7: the same order in every store, whatever the language of its machine."""
        names = ["Z", "a", "B", "_", "é", "e\u0301", "ß", "ss", "\uffff", "😀", "10", "9"]
        append(store, *(write(name, wake=0) for name in names))
        assert [head.request for head in _all_pages(store, limit=5)] == sorted(names)
        with store.transaction(write=True) as tx:
            claims = tx.claim("timer", at=0, lease=1, limit=20)
        assert [claim.key for claim in claims] == sorted(names)

    @pytest.mark.parametrize("after", ["nonsense", "opened:x:R1", "opened:1", "wake:1:R1", "::"])
    def test_what_is_no_page(self, store: Store, after: str) -> None:
        """B7: a page of another order, or of nothing, is refused."""
        with store.transaction() as tx, pytest.raises(InvalidValue):
            tx.find(SHARD, Query(after=after))

    def test_a_head_follows_what_is_written(self, store: Store) -> None:
        """B7: each append writes it anew, and nothing of the one before is left."""
        append(store, write("R1", wake=5, said=_ANN))
        append(store, write("R1", 1, wake=None, status="resolved", is_open=False))
        (head,) = _all_pages(store, limit=5)
        assert (head.version, head.wake, head.summary.person) == (2, None, None)
        assert _all_pages(store, limit=5, order="wake") == []
        assert _all_pages(store, limit=5, person="ann") == []

    def test_the_workload(self, store: Store) -> None:
        """B7: open requests by group and person; nobody's are counted too, those over are not."""
        append(store, *_desk())
        append(store, write("R7", said=_ANN), shard="another shard")
        with store.transaction() as tx:
            assert tx.workload(SHARD).open == {
                "network": {"ann": 1, None: 1},
                "mail": {"ann": 1, None: 1},
                None: {None: 1},
            }
            assert tx.workload("nowhere").open == {}


_ANN: Said = {"group": "network", "person": "ann"}


def _desk() -> list[Write]:
    return [write(request, **facts) for request, facts in DESK.items()]  # type: ignore[arg-type]  # the facts of a head, by name


def _query(**asked: object) -> Query:
    return Query(**asked)  # type: ignore[arg-type]  # the names of its own fields


def _all_pages(store: Store, **asked: object) -> list[Head]:
    found: list[Head] = []
    after = ""
    with store.transaction() as tx:
        while True:
            page = tx.find(SHARD, _query(**asked, after=after))
            found += page.heads
            assert len(found) <= 100
            if not (after := page.next):
                return found
