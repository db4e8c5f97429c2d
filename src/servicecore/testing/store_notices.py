"""Laws of the outbox: a row if and only if there is an event, and all that becomes of it (B9)."""

from __future__ import annotations

import attrs
import pytest

from servicecore.errors import ClaimLost, InvalidValue, StoreConflict
from servicecore.notices import NoticeRecord, NoticeState, Reason, Remark
from servicecore.stores import Claim, NoticeQuery, Settlement, Store, Tx
from servicecore.testing.samples import CONTACT, SHARD, TEXT, append, notice, write
from servicecore.testing.store_base import StoreParts

FINAL = [
    state
    for state in NoticeState
    if state not in {NoticeState.WAITING, NoticeState.SPREAD, NoticeState.GATHERED}
]


class NoticeLaws(StoreParts, part=True):
    """What holds for notices alone."""

    def test_a_new_notice_waits(self, store: Store) -> None:
        """B9: it is written with its event, and due since it was made."""
        append(store, write("R1", at=7, told=True))
        with store.transaction(write=True) as tx:
            record = NoticeRecord(shard=SHARD, notice=notice("R1", 1, at=7), wake=7)
            assert tx.notices(SHARD, NoticeQuery()) == (record,)
            assert tx.next_due() == 7
            assert tx.claim("notice", at=6, lease=10, limit=1) == ()
            claim = _claim(tx, at=7)
            assert claim.record == attrs.evolve(record, attempts=1)

    def test_frozen_before_the_first_attempt(self, store: Store) -> None:
        """B9: contact and text stay as they were made, whatever becomes of the attempts."""
        append(store, write("R1", told=True))
        with store.transaction(write=True) as tx:
            claim = _claim(tx)
            tx.freeze(claim, [_frozen(claim, bundle="evening")], at=1)
            frozen = _only(tx)
            assert (frozen.contact, frozen.text, frozen.bundle) == (CONTACT, TEXT, "evening")
            assert (frozen.state, frozen.attempts, frozen.remarks) == (NoticeState.WAITING, 1, ())
            assert frozen.message is not None
            retry = Settlement(wake=9, counted=True, what="failed", reason="timed out: 30s")
            tx.settle(claim, retry, at=2)
            with pytest.raises(ClaimLost):
                tx.freeze(claim, [_frozen(claim)], at=3)
            again = _claim(tx, at=9)
            assert again.record == _only(tx)
            assert again.record is not None
            assert again.record.message == frozen.message
            assert again.record.remarks == (Remark(2, "failed", "timed out: 30s"),)

    @pytest.mark.parametrize("state", FINAL)
    def test_what_becomes_of_it(self, store: Store, state: NoticeState) -> None:
        """B9: a notice in a final state is not looked at again, and its record says why."""
        append(store, write("R1", told=True))
        with store.transaction(write=True) as tx:
            settlement = Settlement(state=state, what=str(state), reason="as: 250 OK")
            tx.settle(_claim(tx), settlement, at=4)
            record = _only(tx)
            assert (record.state, record.wake) == (state, None)
            assert record.remarks == (Remark(4, str(state), "as: 250 OK"),)
            assert tx.claim("notice", at=99, lease=1, limit=1) == ()
            assert tx.next_due() is None
            dead = state is NoticeState.UNDELIVERED
            assert [each.reason for each in tx.parked(SHARD)] == ["as: 250 OK"] * dead

    def test_a_dead_letter(self, store: Store) -> None:
        """B9: it is undelivered until somebody queues it again; then it is as at first."""
        append(store, write("R1", told=True))
        with store.transaction(write=True) as tx:
            claim = _claim(tx)
            tx.freeze(claim, [_frozen(claim)], at=1)
            tx.park(claim, at=2, reason="failed too often: 8")
            record = _only(tx)
            assert (record.state, record.wake) == (NoticeState.UNDELIVERED, None)
            (parked,) = tx.parked(SHARD)
            tx.requeue(parked, at=5)
            requeued = _only(tx)
            assert (requeued.state, requeued.wake, requeued.attempts) == (NoticeState.WAITING, 5, 0)
            assert requeued.text == TEXT
            assert requeued.remarks == (
                Remark(2, "undelivered", "failed too often: 8"),
                Remark(5, "waiting", Reason.REQUEUED),
            )

    def test_spread_to_several_contacts(self, store: Store) -> None:
        """B9: each gets a row of its own, as it is given, and the claim is over."""
        append(store, write("R1", told=True))
        with store.transaction(write=True) as tx:
            claim = _claim(tx)
            part = Remark(1, "waiting", Reason.PART.of(claim.key))
            rows = [
                attrs.evolve(_new(claim, f"{each}"), out_of=claim.key, remarks=(part,), wake=3)
                for each in (1, 2)
            ]
            tx.freeze(claim, rows, at=1, reason=Reason.CONTACTS.of(2))
            with pytest.raises(ClaimLost):
                tx.settle(claim, Settlement(), at=1)
            (old,) = tx.notices(SHARD, NoticeQuery(ids=(claim.key,)))
            assert (old.state, old.wake) == (NoticeState.SPREAD, None)
            assert old.remarks == (Remark(1, "spread", Reason.CONTACTS.of(2)),)
            new = tx.notices(SHARD, NoticeQuery(states=(NoticeState.WAITING,)))
            assert new == tuple(rows)
            assert tx.next_due() == 3
            assert [each.key for each in tx.claim("notice", at=3, lease=1, limit=9)] == [
                row.id for row in rows
            ]

    def test_gathered_into_a_digest(self, store: Store) -> None:
        """B9: what waits for the same digest is told in one row, which knows its members."""
        append(store, write("R1", events=3, told=True))
        with store.transaction(write=True) as tx:
            for claim in tx.claim("notice", at=0, lease=10, limit=3):
                tx.freeze(claim, [_frozen(claim, bundle="evening")], at=1)
                tx.settle(claim, Settlement(wake=60, what="held", reason=Reason.DIGEST), at=1)
            first, *others = tx.claim("notice", at=60, lease=10, limit=1)
            assert not others
            members = tx.notices(
                SHARD, NoticeQuery(bundle="evening", states=(NoticeState.WAITING,))
            )
            assert len(members) == 3
            digest = _new(first, "digest")
            ids = [each.id for each in members if each.id != first.key]
            tx.freeze(first, [digest], at=60, reason="gathered into: it", gathered=ids)
            for record in tx.notices(SHARD, NoticeQuery(bundle="evening")):
                assert (record.state, record.wake) == (NoticeState.GATHERED, None)
                assert record.went_into == digest.id
                assert record.remarks[-1] == Remark(60, "gathered", "gathered into: it")
            assert [each.key for each in tx.claim("notice", at=60, lease=1, limit=9)] == [digest.id]

    @pytest.mark.parametrize("why", ["claimed", "delivered", "gone"])
    def test_a_digest_of_what_is_not_there(self, store: Store, why: str) -> None:
        """B9: one that somebody else works on, or that is no more waiting, is not told again."""
        append(store, write("R1", events=2, told=True))
        with store.transaction(write=True) as tx:
            claim, other = tx.claim("notice", at=0, lease=10, limit=2)
            if why == "delivered":
                tx.settle(other, Settlement(state=NoticeState.DELIVERED, what="delivered"), at=1)
            members = ["nothing"] if why == "gone" else [other.key]
            with pytest.raises(StoreConflict):
                tx.freeze(claim, [_new(claim, "digest")], at=1, gathered=members)
            assert len(tx.notices(SHARD, NoticeQuery())) == 2
            tx.settle(claim, Settlement(wake=5), at=1)

    def test_what_cannot_be_frozen(self, store: Store) -> None:
        """B9: a row whose id is taken, of another shard, or none at all."""
        append(store, write("R1", events=2, told=True))
        with store.transaction(write=True) as tx:
            claim, other = tx.claim("notice", at=0, lease=10, limit=2)
            assert other.record is not None
            wrong = [
                [],
                [other.record],
                [_new(claim, "new"), other.record],
                [_frozen(claim), _new(claim, "new")],
                [attrs.evolve(_new(claim, "new"), shard="another shard")],
                [_new(claim, "new"), _new(claim, "new")],
            ]
            for rows in wrong:
                with pytest.raises(InvalidValue):
                    tx.freeze(claim, rows, at=1)
            assert len(tx.notices(SHARD, NoticeQuery())) == 2
            assert tx.notices("another shard", NoticeQuery()) == ()
            tx.settle(claim, Settlement(wake=5), at=1)

    def test_remarks_do_not_grow_without_end(self, store: Store) -> None:
        """B9: the first and the last ones are kept, and the same one twice in a row once."""
        append(store, write("R1", told=True))
        with store.transaction(write=True) as tx:
            for at in range(150):
                hold = Settlement(wake=at, what="held", reason=f"outside their hours: {at}")
                tx.settle(_claim(tx, at=at), hold, at=at)
            assert [each.instant for each in _only(tx).remarks] == [*range(10), *range(60, 150)]
            for at in range(150, 160):
                hold = Settlement(wake=at, what="held", reason="the channel is at its limit")
                tx.settle(_claim(tx, at=at), hold, at=at)
            assert [each.instant for each in _only(tx).remarks[-2:]] == [149, 159]
            tx.settle(_claim(tx, at=160), Settlement(wake=160), at=160)
            assert _only(tx).remarks[-1].instant == 159
            assert _only(tx).attempts == 0

    def test_channels_that_are_left_to_others(self, store: Store) -> None:
        """B9: their notices are not claimed; those that nobody has frozen are."""
        append(store, write("R1", events=2, told=True))
        with store.transaction(write=True) as tx:
            claim = _claim(tx)
            tx.freeze(claim, [_frozen(claim)], at=0)
            tx.settle(claim, Settlement(wake=0), at=0)
            new = tx.claim("notice", at=5, lease=10, limit=9, leaving=[CONTACT.channel])
            assert claim.key not in {each.key for each in new}
            assert len(new) == 1
            (left,) = tx.claim("notice", at=5, lease=10, limit=9, leaving=["pager"])
            assert left.key == claim.key

    def test_which_notices_are_read(self, store: Store) -> None:
        """B9: by request, by id, by state and by bundle, the oldest first."""
        append(store, write("R2", at=5, told=True), write("R1", events=2, at=9, told=True))
        append(store, write("R1", 2, at=1, told=True))
        append(store, write("R1", at=50, told=True), shard="another shard")
        with store.transaction(write=True) as tx:
            claim = _claim(tx, at=9)
            tx.freeze(claim, [_frozen(claim, bundle="evening")], at=9)
            tx.settle(claim, Settlement(state=NoticeState.DELIVERED, what="delivered"), at=9)
        asked = {
            "R1/3 R2/1 R1/1 R1/2": NoticeQuery(),
            "R1/3 R1/1 R1/2": NoticeQuery(request="R1"),
            "R2/1 R1/1": NoticeQuery(ids=tuple(notice(*each).id for each in _TWO)),
            "R1/1": NoticeQuery(ids=tuple(notice(*each).id for each in _TWO), request="R1"),
            "R1/3": NoticeQuery(states=(NoticeState.DELIVERED,)),
            "R1/3 ": NoticeQuery(bundle="evening"),
            "R2/1 R1/1 R1/2": NoticeQuery(states=(NoticeState.WAITING, NoticeState.WITHHELD)),
            "R1/3 R2/1": NoticeQuery(limit=2),
            "": NoticeQuery(ids=()),
            " ": NoticeQuery(request="R9"),
            "  ": NoticeQuery(states=()),
            "R2/1 R1/1 R1/2 ": NoticeQuery(bundle=""),
        }
        with store.transaction() as tx:
            for causes, query in asked.items():
                found = [record.notice.cause for record in tx.notices(SHARD, query)]
                assert found == causes.split(), query


_TWO = [("R1", 1), ("R2", 1)]


def _claim(tx: Tx, *, at: int = 0) -> Claim:
    (claim,) = tx.claim("notice", at=at, lease=1000, limit=1)
    return claim


def _only(tx: Tx) -> NoticeRecord:
    (record,) = tx.notices(SHARD, NoticeQuery())
    return record


def _frozen(claim: Claim, *, bundle: str = "") -> NoticeRecord:
    """The claimed notice with what is to be delivered, and with what no store takes over."""
    assert claim.record is not None
    made_up = (Remark(0, "made up"),)
    return attrs.evolve(
        claim.record, contact=CONTACT, text=TEXT, bundle=bundle, attempts=99, remarks=made_up
    )


def _new(claim: Claim, id: str) -> NoticeRecord:
    """A new row that is made of a claimed notice."""
    assert claim.record is not None
    told = attrs.evolve(claim.record.notice, id=f"{claim.key} {id}")
    return NoticeRecord(shard=claim.shard, notice=told, contact=CONTACT, text=TEXT, wake=0)
