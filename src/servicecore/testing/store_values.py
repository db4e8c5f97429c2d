"""Laws of what is kept: every text and instant comes back as it was, or is refused (B4, B8)."""

from __future__ import annotations

from datetime import UTC, datetime
from random import Random

import attrs
import pytest

from servicecore.errors import InvalidValue
from servicecore.instants import to_instant
from servicecore.lifecycle.events import FactsChanged
from servicecore.requests import Fact
from servicecore.stores import NoticeQuery, Query, Store, Write
from servicecore.stores.limits import (
    EARLIEST,
    LATEST,
    LONGEST_ID,
    LONGEST_NAME,
    MOST_BYTES_OF_ID,
    MOST_CHARACTERS,
)
from servicecore.testing.samples import SHARD, append, command, notice, summary, write
from servicecore.testing.store_base import StoreParts

TEXTS = {
    "a quote": 'Zoë\'s "new" desk',
    "SQL": "'; DROP TABLE servicecore_events; --",
    "a pattern": "100%_[a-z]*\\",
    "right to left": "مكتب الدعم \u202e(ltr)\u202c",
    "emoji": "👩‍🚒🏳️‍🌈",
    "lines": "one\r\ntwo\tthree\u2028four",
    "spaces": " a  b\u00a0",
    "a combining letter": "e\u0301",
    "a placeholder": ":name %s {0} $1 ?",
}
"""Texts that are names to a store like all others."""

UNSTORABLE = {"NUL": "a\0b", "half a surrogate pair": "a\ud800b"}
"""Texts that PostgreSQL cannot keep as a name; as a fact every store keeps them."""

FACTS = {**TEXTS, **UNSTORABLE, "nothing": ""}

INSTANTS = {
    "the earliest": EARLIEST,
    "1900": to_instant(datetime(1900, 1, 1, tzinfo=UTC)),
    "before the epoch": -1,
    "the epoch": 0,
    "2199": to_instant(datetime(2199, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)),
    "the latest": LATEST,
}


def scattered(characters: int, *, seed: int = 0) -> str:
    """A text of so many characters of four bytes each, which nothing makes any shorter.

    >>> len(scattered(10)), len(scattered(10).encode())
    (10, 40)
    """
    chance = Random(seed)  # noqa: S311  # it keeps no secret
    return "".join(chr(chance.randrange(0x10000, 0x110000)) for _ in range(characters))


class ValueLaws(StoreParts, part=True):
    """Extremes of text, of time and of size."""

    @pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
    def test_any_text_is_a_name(self, store: Store, text: str) -> None:
        """B4: whatever a request, a shard, a command or a group is called, it is found by that."""
        told = write(text, told=True, group=text, customer=text, kind=text)
        append(store, told, write("another"), shard=text, command=command(text, text))
        with store.transaction(write=True) as tx:
            assert tx.shards() == (text,)
            assert tx.read(text, text).events == told.events
            (head,) = tx.find(text, Query(group=text, customer=[text, None], kind=text)).heads
            assert (head.request, head.summary) == (text, told.summary)
            assert tx.workload(text).of(text) == 1
            assert [each.notice for each in tx.notices(text, NoticeQuery())] == list(told.notices)
            answer = tx.answered(text, text)
            assert answer is not None
            assert answer.versions[text] == (0, 1)
            (claim,) = tx.claim("reader", at=0, lease=1, limit=1, only=[text])
            assert (claim.shard, claim.key) == (text, text)
            tx.park(claim, at=0, reason=text)
            (parked,) = tx.parked(text)
            assert (parked.key, parked.reason) == (text, text)

    @pytest.mark.parametrize("text", UNSTORABLE.values(), ids=UNSTORABLE)
    def test_what_is_no_name(self, store: Store, text: str) -> None:
        """B4: it is refused by every store, and nothing is written."""
        writes = [write("R1", group=text), attrs.evolve(write("R1"), request=text)]
        with store.transaction(write=True) as tx:
            for each in writes:
                with pytest.raises(InvalidValue):
                    tx.append(SHARD, [each])
            with pytest.raises(InvalidValue):
                tx.append(text, [write("R1")])
            with pytest.raises(InvalidValue):
                tx.append(SHARD, [write("R1")], command(text))
            with pytest.raises(InvalidValue):
                tx.read(SHARD, text)
            with pytest.raises(InvalidValue):
                tx.find(SHARD, Query(status=text))
            assert tx.feed(SHARD) == ()

    @pytest.mark.parametrize("text", FACTS.values(), ids=FACTS)
    def test_any_text_is_a_fact(self, store: Store, text: str) -> None:
        """B8: facts of events and notices come back as they were, NUL and all."""
        facts: dict[str, Fact] = {"said": text, text: frozenset({text, "x"}), "n": None, "": 1.5}
        changed = FactsChanged(request="R1", occurred_at=0, id="R1/1", facts=facts)
        told = attrs.evolve(notice("R1", 1), facts=facts)
        append(store, attrs.evolve(write("R1"), events=(changed,), notices=(told,)))
        with store.transaction() as tx:
            (found,) = tx.read(SHARD, "R1").events
            assert found == changed
            (record,) = tx.notices(SHARD, NoticeQuery())
            assert record.notice.facts == facts

    @pytest.mark.parametrize("text", UNSTORABLE.values(), ids=UNSTORABLE)
    def test_any_text_is_a_reason(self, store: Store, text: str) -> None:
        """B10: the words of a stranger's error never stop a worker; they are kept in part."""
        append(store, write("R1", wake=0, told=True))
        with store.transaction(write=True) as tx:
            for kind in ("timer", "notice"):
                (claim,) = tx.claim(kind, at=0, lease=1, limit=9)
                tx.park(claim, at=0, reason=f"{text}{'x' * 5_000_000}")
        with store.transaction() as tx:
            assert all(each.reason.startswith("a") for each in tx.parked(SHARD))
            assert all(len(each.reason) < 5000 for each in tx.parked(SHARD))

    def test_the_longest_names(self, store: Store) -> None:
        """B4: keys of the greatest length are kept, though nothing can be made shorter of them."""
        names = [scattered(LONGEST_NAME, seed=each) for each in range(11)]
        shard, request, reader, *rest = names
        facts = dict(zip(attrs.fields_dict(type(summary())), rest, strict=False))
        facts = {name: text for name, text in facts.items() if name not in {"is_open", "opened"}}
        long_id = scattered(MOST_BYTES_OF_ID // 4)
        told = attrs.evolve(notice("R1", 1), id=long_id, request=request, recipient=names[3])
        append(
            store,
            attrs.evolve(write(request, wake=0, said=facts), notices=(told,)),
            shard=shard,
            command=command(names[4]),
        )
        with store.transaction(write=True) as tx:
            assert tx.shards() == (shard,)
            (head,) = tx.find(shard, Query(**facts)).heads  # type: ignore[arg-type]  # by name
            assert head.request == request
            assert [each.id for each in tx.notices(shard, NoticeQuery(ids=(long_id,)))] == [long_id]
            assert [each.key for each in tx.claim("timer", at=0, lease=1, limit=1)] == [request]
            tx.advance(shard, reader, 1)
            assert tx.checkpoint(shard, reader) == 1

    def test_names_that_are_too_long(self, store: Store) -> None:
        """B4: one character more is refused, by every store."""
        too_long = "x" * (LONGEST_NAME + 1)
        wrong_ids = ["x" * (LONGEST_ID + 1), scattered(MOST_BYTES_OF_ID // 4 + 1)]
        wrong = [attrs.evolve(notice("R1", 1), id=each) for each in wrong_ids]
        with store.transaction(write=True) as tx:
            for each in wrong:
                with pytest.raises(InvalidValue):
                    tx.append(SHARD, [attrs.evolve(write("R1"), notices=(each,))])
            with pytest.raises(InvalidValue):
                tx.append(too_long, [write("R1")])
            with pytest.raises(InvalidValue):
                tx.append(SHARD, [write(too_long)])
            with pytest.raises(InvalidValue):
                tx.append(SHARD, [write("R1", customer=too_long)])
            assert tx.shards() == ()

    def test_what_takes_too_much_room(self, store: Store) -> None:
        """B4: an event or a notice that is larger than the limit is refused; a large one is not."""
        with store.transaction(write=True) as tx:
            tx.append(SHARD, [_with_fact("R1", "x" * (MOST_CHARACTERS - 1000))])
            with pytest.raises(InvalidValue):
                tx.append(SHARD, [write("R3"), _with_fact("R2", "x" * MOST_CHARACTERS)])
            too_much = attrs.evolve(notice("R2", 1), facts={"x": "x" * MOST_CHARACTERS})
            with pytest.raises(InvalidValue):
                tx.append(SHARD, [attrs.evolve(write("R2"), notices=(too_much,))])
        with store.transaction() as tx:
            (entry,) = tx.feed(SHARD)
            assert isinstance(entry.event, FactsChanged)
            assert len(str(entry.event.facts["x"])) == MOST_CHARACTERS - 1000

    @pytest.mark.parametrize("instant", INSTANTS.values(), ids=INSTANTS)
    def test_any_instant(self, store: Store, instant: int) -> None:
        """B8: instants are kept to the microsecond, from one end of time to the other."""
        append(store, write("R1", at=instant, wake=instant, told=True, opened=instant))
        with store.transaction(write=True) as tx:
            assert tx.read(SHARD, "R1").events[0].occurred == instant
            (head,) = tx.find(SHARD, Query(opened_from=instant, wakes_from=instant)).heads
            assert (head.wake, head.summary.opened) == (instant, instant)
            assert tx.next_due() == instant
            at = min(instant, LATEST - 1)
            assert len(tx.claim("timer", at=at, lease=1, limit=1)) == (instant <= at)
            (record,) = tx.notices(SHARD, NoticeQuery())
            assert (record.notice.made, record.wake) == (instant, instant)

    @pytest.mark.parametrize("instant", [EARLIEST - 1, LATEST + 1, 2**63, 10**30])
    def test_what_is_no_instant(self, store: Store, instant: int) -> None:
        """B8: what does not fit into 64 bits with some room is refused by every store."""
        wrong = [
            write("R1", wake=instant),
            write("R1", opened=instant),
            attrs.evolve(write("R1"), notices=(notice("R1", 1, at=instant),)),
        ]
        with store.transaction(write=True) as tx:
            for each in wrong:
                with pytest.raises(InvalidValue):
                    tx.append(SHARD, [each])
            with pytest.raises(InvalidValue):
                tx.find(SHARD, Query(opened_before=instant))
            with pytest.raises(InvalidValue):
                tx.claim("timer", at=instant, lease=1, limit=1)
            assert tx.shards() == ()


def _with_fact(request: str, text: str) -> Write:
    said = FactsChanged(request=request, occurred_at=0, id=f"{request}/1", facts={"x": text})
    return attrs.evolve(write(request), events=(said,))
