"""Why somebody was notified or not, out of the record, in every language."""

from __future__ import annotations

import re
from textwrap import dedent

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecore.messages import messages_in
from servicecore.notices import (
    DEFAULT_NOTICES,
    Contact,
    Notice,
    NoticeRecord,
    NoticeState,
    Reason,
    Remark,
)
from servicecore.notices.explanation import explain, explain_all
from servicecore.sla.calendar import always
from tests.notices.scenes import at

HOUR = 3_600_000_000
SIX = int(at(9.5).timestamp()) * 1_000_000
"""Friday, half past six in the evening, UTC."""
MONDAY = int(at(72).timestamp()) * 1_000_000


def notice(template: str = "resolved", recipient: str = "requester: ann") -> Notice:
    return Notice(id="n1", request="R1", template=template, recipient=recipient, made_at=SIX)


CONTACT = Contact(channel="mail", address="ann@example.org")
DELIVERED = NoticeRecord(
    shard="main",
    notice=notice(),
    state=NoticeState.DELIVERED,
    contact=CONTACT,
    remarks=(
        Remark(SIX, "held", Reason.OUTSIDE_HOURS.of("office")),
        Remark(MONDAY, "failed", Reason.TIMED_OUT.of("30s")),
        Remark(MONDAY + HOUR, "failed", Reason.NOT_TAKEN.of("450 greylisted: try later")),
        Remark(MONDAY + 2 * HOUR, "delivered", Reason.REFERENCE.of("<x@example.org>")),
    ),
)


def test_a_notice_that_took_its_time() -> None:
    """B9: each hold keeps its reason, which answers why."""
    assert explain(DELIVERED) == dedent("""\
        resolved for requester: ann: delivered
          Fri 6 Mar 2026 18:30: made
          by mail to ann@example.org
          Fri 6 Mar 2026 18:30: held until Mon 9 Mar 2026 09:00: outside their hours: office
          Mon 9 Mar 2026 09:00: failed: timed out: 30s; next attempt Mon 9 Mar 2026 10:00
          Mon 9 Mar 2026 10:00: failed: not taken: 450 greylisted: try later; next attempt \
Mon 9 Mar 2026 11:00
          Mon 9 Mar 2026 11:00: delivered: the channel calls it: <x@example.org>""")


def test_in_russian_and_in_a_zone() -> None:
    russian = messages_in("ru").in_zone(always.zone)
    lines = explain(DELIVERED, russian).replace("\u202f", " ").splitlines()
    assert lines[0] == "готово, кому — автор: ann: доставлено"
    assert lines[3] == (
        "  пт, 6 мар. 2026 г., 18:30: отложено до пн, 9 мар. 2026 г., 09:00: "
        "не в их рабочее время: office"
    )


@pytest.mark.parametrize(
    ("state", "remark", "expected"),
    [
        ("overtaken", Reason.OVERTAKEN.of("reopened/c2/1/x"),
         "overtaken by: reopened/c2/1/x"),
        ("withheld", Reason.WITHHELD.of("board: on leave"),
         "withheld by plugin: board: on leave"),
        ("withheld", Reason.UNWANTED.of(), "withheld: they want none"),
        ("gathered", Reason.GATHERED.of("d1"), "gathered into: d1"),
        ("undelivered", Reason.NO_CONTACT.of(), "undelivered: nobody knows how to reach them"),
        ("delivered", "", "delivered"),
        ("undelivered", "the moon was full", "undelivered: the moon was full"),
    ],
)  # fmt: skip
def test_why_not(state: str, remark: str, expected: str) -> None:
    record = NoticeRecord(
        shard="main",
        notice=notice(),
        state=NoticeState(state),
        remarks=(Remark(SIX, state, remark),),
    )
    assert explain(record).splitlines()[-1] == f"  Fri 6 Mar 2026 18:30: {expected}"


def test_one_that_waits_still() -> None:
    held = Remark(SIX, "held", Reason.RATE.of("mail"))
    record = NoticeRecord(shard="main", notice=notice(), wake=MONDAY, remarks=(held,))
    assert (
        explain(record)
        .splitlines()[-1]
        .endswith("held until Mon 9 Mar 2026 09:00: the channel is at its limit: mail")
    )
    nobody_knows = attrs.evolve(record, wake=None)
    assert (
        explain(nobody_knows).splitlines()[-1].endswith("held: the channel is at its limit: mail")
    )


def test_all_those_of_a_request() -> None:
    assert explain_all([DELIVERED, DELIVERED]) == f"{explain(DELIVERED)}\n{explain(DELIVERED)}"
    assert explain_all([], "ru") == "уведомлений нет"


def test_a_recipient_without_a_name() -> None:
    record = NoticeRecord(shard="main", notice=notice(recipient="custodian"))
    assert explain(record).startswith("resolved for custodian: waiting\n")


@pytest.mark.parametrize("language", ["ru", "ar"])
@pytest.mark.parametrize("reason", Reason)
@pytest.mark.parametrize("detail", ["", "55"])
def test_every_reason_is_translated(language: str, reason: Reason, detail: str) -> None:
    for what in (*NoticeState, "held", "failed"):
        remark = Remark(SIX, str(what), reason.of(detail))
        record = NoticeRecord(
            shard="main", notice=notice(recipient="requester: 11"), wake=MONDAY, remarks=(remark,)
        )
        told = explain(record, language)
        assert not re.findall("[A-Za-z]+", told)
        assert detail in told


@pytest.mark.parametrize("language", ["ru", "ar"])
def test_every_notice_and_recipient_is_translated(language: str) -> None:
    kinds = ("customer", "requester", "approver", "person", "group", "role", "custodian",
             "business owner")  # fmt: skip
    for template in (*(rule.template for rule in DEFAULT_NOTICES), "digest"):
        for kind in kinds:
            record = NoticeRecord(shard="main", notice=notice(template, f"{kind}: 11"))
            assert not re.findall("[A-Za-z]+", explain(record, language))


class TestReasons:
    @given(st.sampled_from(Reason), st.text())
    def test_what_was_written_is_read(self, reason: Reason, detail: str) -> None:
        assert Reason.read(reason.of(detail)) == (reason, detail)

    @given(st.text())
    def test_somebodys_own_stays(self, text: str) -> None:
        reason, detail = Reason.read(text)
        assert (text if reason is None else reason.of(detail)) == text.removesuffix(
            ": " if reason is not None and not detail else ""
        )

    def test_none_begins_like_another(self) -> None:
        """Else the beginning of one with a detail could be taken for another."""
        assert not [each for each in Reason if ": " in each]
        assert len({str(each) for each in Reason}) == len(Reason)
