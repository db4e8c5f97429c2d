"""Before a delivery: a claimed notice is frozen, and held if there is a reason to (B9)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from hashlib import sha256

from attrs import field, frozen

from servicecore.desk import holding
from servicecore.desk.desk import Desk, all_notices_of
from servicecore.desk.freezing import Wording, contacts_of, rows_for
from servicecore.desk.giving_up import REQUESTS, give_up
from servicecore.notices import (
    Contact,
    Notice,
    NoticeRecord,
    NoticeState,
    Rate,
    Reason,
    Remark,
    Severity,
)
from servicecore.notices.rules import is_over
from servicecore.stores import Claim, NoticeQuery, Settlement, Tx

DIGEST = "digest"
"""The template of what tells several notices at once."""

EVERYWHERE = "*"
"""The shard under which the rates of channels are kept, which all shards share."""


@frozen
class Preparing:
    """What prepares the notices of one batch; `held` counts those that wait for each channel.

    `is_full` says whether a channel has enough to do; what is for it is left for later then.
    """

    desk: Desk
    wording: Wording
    is_full: Callable[[str], bool]
    held: Counter[str] = field(factory=Counter)

    def prepared(self, claim: Claim, record: NoticeRecord) -> NoticeRecord | None:
        """The record that is to be delivered now; None where the claim is settled already.

        Raises what plugins and texts raise; the claim goes on then.
        """
        frozen = record if record.contact else self._frozen(claim, record)
        if frozen is None or frozen.contact is None:
            return None
        held = self._held(claim, frozen, frozen.contact)
        if held is None and self._gathered(claim, frozen, frozen.contact):
            return None
        if held is None and self.is_full(frozen.contact.channel):
            held = Settlement(wake=self.desk.instant())
        held = held or self._rated(frozen.contact)
        if held is None:
            return frozen
        if held.state is NoticeState.UNDELIVERED:
            give_up(self.desk, claim, frozen, held.reason)
        else:
            self._settle(claim, held)
        return None

    def _settle(self, claim: Claim, settlement: Settlement) -> None:
        with self.desk.writing() as tx:
            tx.settle(claim, settlement, at=self.desk.instant())

    def _frozen(self, claim: Claim, record: NoticeRecord) -> NoticeRecord | None:
        """The record with contact and text; None where it goes to several, to nobody, or not."""
        at, plugins = self.desk.instant(), self.desk.plugins
        contacts = contacts_of(record.notice, plugins, at)
        if contacts is None:
            give_up(self.desk, claim, record, Reason.NO_CONTACT.of())
            return None
        if not contacts:
            state = NoticeState.WITHHELD
            self._settle(claim, Settlement(what="withheld", reason=Reason.UNWANTED, state=state))
            return None
        rows = rows_for(record, contacts, self.wording, plugins, at)
        alone = rows[0] if len(rows) == 1 else None
        if alone is not None and alone.state is NoticeState.WITHHELD:
            last = alone.remarks[-1]
            self._settle(claim, Settlement(what=last.what, reason=last.reason, state=alone.state))
            return None
        reason = "" if alone else Reason.CONTACTS.of(len(rows))
        with self.desk.writing() as tx:
            tx.freeze(claim, rows, at=at, reason=reason)
        return alone

    def _held(self, claim: Claim, record: NoticeRecord, contact: Contact) -> Settlement | None:
        """Why the notice waits, or has become needless; None where nothing is against it."""
        at, notice = self.desk.instant(), record.notice
        with self.desk.reading() as tx:
            others = tx.notices(claim.shard, all_notices_of(notice.request))
        held = holding.overtaken(record, others) or self._over(record)
        if held is None and contact.hours:
            hours = self.desk.calendar(contact.hours)
            held = holding.outside_hours(contact, notice, hours, at)
        return held or holding.before_digest(record, contact, at)

    def _over(self, record: NoticeRecord) -> Settlement | None:
        """Over, if it waited and what has happened since leaves nothing to be told."""
        notice = record.notice
        if not (notice.topic and record.remarks):
            return None
        situation = self.desk.situation(notice.request)
        if not is_over(notice, situation, self.desk.rules):
            return None
        state = NoticeState.OVERTAKEN
        return Settlement(what="overtaken", reason=Reason.OVER.of(), state=state)

    def _gathered(self, claim: Claim, record: NoticeRecord, contact: Contact) -> bool:
        """Put what waits for the same digest into one row; whether there was more than this one.

        Raises `StoreConflict` where another worker does something with one of them just now.
        """
        if not record.bundle:
            return False
        query = NoticeQuery(bundle=record.bundle, states=(NoticeState.WAITING,))
        with self.desk.writing() as tx:
            members = tx.notices(claim.shard, query)
            if len(members) < 2:
                return False
            at = self.desk.instant()
            digest = digest_of(members, contact, self.wording, at)
            others = [member.id for member in members if member.id != claim.key]
            reason = Reason.GATHERED.of(digest.id)
            tx.freeze(claim, [digest], at=at, reason=reason, gathered=others)
        return True

    def _rated(self, contact: Contact) -> Settlement | None:
        """Held if the channel is at its limit; otherwise it takes its turn now.

        The turns go round: each remembers when it was taken last, and may be again when the time
        of the rate has passed.
        """
        line, at = self.desk.plugins.registry.line(contact.channel), self.desk.instant()
        if line.rate is None:
            return None
        with self.desk.writing() as tx:
            taken = tx.checkpoint(EVERYWHERE, f"rate: {line.name}")
            if self._take_turn(tx, line.name, line.rate, taken, at):
                return None
            before = self.held[line.name]
            last = tx.checkpoint(EVERYWHERE, _turn(line.name, line.rate, taken + before))
        self.held[line.name] += 1
        return holding.over_the_rate(line.name, line.rate, last, before)

    def _take_turn(self, tx: Tx, channel: str, rate: Rate, taken: int, at: int) -> bool:
        turn = _turn(channel, rate, taken)
        last = tx.checkpoint(EVERYWHERE, turn)
        if at - rate.per < last <= at + rate.per:  # what is later still, a wrong clock left there
            return False
        tx.advance(EVERYWHERE, turn, at, expected=last)
        tx.advance(EVERYWHERE, f"rate: {channel}", taken + 1, expected=taken)
        return True


def _turn(channel: str, rate: Rate, number: int) -> str:
    """What remembers when a turn was taken last; there are as many as the rate allows."""
    return f"rate: {channel}/{number % rate.most}"


def digest_of(
    members: Sequence[NoticeRecord], contact: Contact, wording: Wording, at: int
) -> NoticeRecord:
    """The row that tells several notices at once; the same members give the same id."""
    first, theirs = members[0], (each.notice for each in members if each.notice.is_for_customer)
    name = sha256("\n".join(sorted(member.id for member in members)).encode()).hexdigest()[:32]
    order = list(Severity)
    notice = Notice(
        id=f"digest: {name}",
        request=first.notice.request,
        template=DIGEST,
        recipient=first.notice.recipient,
        facts={"count": len(members), REQUESTS: frozenset(each.request for each in theirs)},
        severity=max((member.notice.severity for member in members), key=order.index),
        made_at=at,
    )
    return NoticeRecord(
        shard=first.shard,
        notice=notice,
        wake=at,
        contact=contact,
        text=wording.digest(members, contact),
        remarks=(Remark(at, "waiting", Reason.MEMBERS.of(len(members))),),
    )
