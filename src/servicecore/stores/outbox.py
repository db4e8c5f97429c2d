"""The outbox: what becomes of the record of a notice, the same in every store (B9).

Pure functions from one record to the next. `attempts` is counted where a row is claimed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

import attrs

from servicecore.errors import InvalidValue
from servicecore.notices import Notice, NoticeRecord, NoticeState, Reason, Remark
from servicecore.stores.limits import as_reason
from servicecore.stores.values import Claim, Parked, Settlement

FIRST_REMARKS, LAST_REMARKS = 10, 90
"""How many remarks of a record are kept: its beginning, and what happened last."""


def new_record(shard: str, notice: Notice) -> NoticeRecord:
    """The record of a notice that was written just now: due since it was made.

    >>> notice = Notice(id="n1", request="R1", template="t", recipient="person: bo", made_at=5)
    >>> new_record("main", notice).wake
    5
    """
    return NoticeRecord(shard=shard, notice=notice, wake=notice.made)


def is_due(record: NoticeRecord, at: int) -> bool:
    """Whether it is to be looked at, as far as no claim is on it."""
    return is_waiting(record) and record.wake is not None and record.wake <= at


def is_waiting(record: NoticeRecord) -> bool:
    """Whether it is to be delivered, now or later."""
    return record.state is NoticeState.WAITING


def is_left_out(record: NoticeRecord, leaving: Iterable[str]) -> bool:
    """Whether its channel is one of those whose notices are left to others."""
    return record.contact is not None and record.contact.channel in leaving


def with_remark(remarks: tuple[Remark, ...], remark: Remark) -> tuple[Remark, ...]:
    """The remarks with one more; of many, the first and the last ones.

    The same twice in a row is kept once, with the later instant.

    >>> many = tuple(Remark(number, "failed", f"{number}") for number in range(100))
    >>> [each.instant for each in with_remark(many, Remark(100, "delivered"))][8:12]
    [8, 9, 11, 12]
    >>> with_remark((Remark(1, "held", "rate"),), Remark(2, "held", "rate"))
    (Remark(instant=2, what='held', reason='rate'),)
    """
    kept = attrs.evolve(remark, what=as_reason(remark.what), reason=as_reason(remark.reason))
    if remarks and (remarks[-1].what, remarks[-1].reason) == (kept.what, kept.reason):
        remarks = remarks[:-1]
    longer = (*remarks, kept)
    if len(longer) <= FIRST_REMARKS + LAST_REMARKS:
        return longer
    return longer[:FIRST_REMARKS] + longer[-LAST_REMARKS:]


def _noted(record: NoticeRecord, at: int, what: str, reason: str) -> tuple[Remark, ...]:
    return with_remark(record.remarks, Remark(at, what, reason))


def attempts_after(attempts: int, *, counted: bool) -> int:
    """The attempts when a claim ends: one that was no failed one never was one."""
    return attempts if counted else max(attempts - 1, 0)


def settled(record: NoticeRecord, settlement: Settlement, at: int) -> NoticeRecord:
    """The record when a claim on it ends; with a remark, if there is `what` to be said."""
    what, reason = settlement.what, settlement.reason
    return attrs.evolve(
        record,
        state=settlement.state,
        wake=settlement.wake,
        attempts=attempts_after(record.attempts, counted=settlement.counted),
        remarks=_noted(record, at, what, reason) if what else record.remarks,
    )


def frozen(record: NoticeRecord, said: NoticeRecord, at: int, reason: str) -> NoticeRecord:
    """The record with what is to be delivered: contact, text and bundle of the one that is said.

    The rest stays as it is. There is a remark only where there is a reason.
    """
    remarks = _noted(record, at, str(record.state), reason) if reason else record.remarks
    return attrs.evolve(
        record, contact=said.contact, text=said.text, bundle=said.bundle, remarks=remarks
    )


def spread(record: NoticeRecord, at: int, reason: str) -> NoticeRecord:
    """The record when others have been made of it, one for each contact."""
    state = NoticeState.SPREAD
    return attrs.evolve(
        record, state=state, wake=None, remarks=_noted(record, at, str(state), reason)
    )


def gathered(record: NoticeRecord, into: str, at: int, reason: str) -> NoticeRecord:
    """The record when it is told in a digest, which is the row of that id."""
    state = NoticeState.GATHERED
    remarks = _noted(record, at, str(state), reason)
    return attrs.evolve(record, state=state, wake=None, went_into=into, remarks=remarks)


def undelivered(record: NoticeRecord, at: int, reason: str) -> NoticeRecord:
    """The record when it failed for good."""
    state = NoticeState.UNDELIVERED
    return attrs.evolve(
        record, state=state, wake=None, remarks=_noted(record, at, str(state), reason)
    )


def requeued(record: NoticeRecord, at: int) -> NoticeRecord:
    """The record of a dead letter that is to be tried again, at once and as often as at first."""
    state = NoticeState.WAITING
    remarks = _noted(record, at, str(state), Reason.REQUEUED)
    return attrs.evolve(record, state=state, wake=at, attempts=0, remarks=remarks)


def as_parked(record: NoticeRecord) -> Parked:
    """A dead letter among all that was parked: since its last remark, with the reason of that."""
    last = record.remarks[-1] if record.remarks else Remark(record.notice.made, "made")
    return Parked(
        kind="notice",
        shard=record.shard,
        key=record.id,
        reason=last.reason,
        since=last.instant,
    )


def takes_its_place(
    claim: Claim, records: Sequence[NoticeRecord], members: Collection[str] = ()
) -> bool:
    """Whether what is frozen takes the place of the claimed notice, or makes new rows.

    `InvalidValue` where it is both, of another shard, or no single row for all that is gathered.
    """
    takes = any(record.id == claim.key for record in records)
    if not records or any(record.shard != claim.shard for record in records):
        shards = ", ".join(repr(record.shard) for record in records) or "none"
        raise InvalidValue(
            f"{claim} of {claim.shard!r} is frozen as rows of {shards}: expected rows of its shard"
        )
    if len(records) > 1 and (takes or members):
        raise InvalidValue(f"{claim} is frozen as {len(records)} rows: expected one, or new ones")
    if takes and members:
        raise InvalidValue(f"{claim} is gathered into itself: expected a row of its own for that")
    return takes
