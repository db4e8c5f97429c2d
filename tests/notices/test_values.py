"""Notices, contacts, channels and records as values: what they take, and what they refuse."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
import pytest

from servicecore.errors import InvalidValue
from servicecore.instants import HOUR, MINUTE, SECOND
from servicecore.notices import (
    Contact,
    Delivered,
    Delivery,
    Line,
    Message,
    Notice,
    NoticeRecord,
    Rate,
    Remark,
    Retry,
    Severity,
    Text,
)

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NOTICE = Notice(
    id="n1", request="R1", template="resolved", recipient="requester: ann", made_at=EPOCH
)
CONTACT = Contact(channel="mail", address="ann@example.org")


class TestNotices:
    @pytest.mark.parametrize(
        ("recipient", "kind", "name", "customers"),
        [
            ("customer: acme", "customer", "acme", True),
            ("requester: ann", "requester", "ann", True),
            ("approver: boss", "approver", "boss", True),
            ("person: bo", "person", "bo", False),
            ("role: duty: manager", "role", "duty: manager", False),
            ("custodian", "custodian", "", False),
        ],
    )
    def test_a_recipient_says_what_and_who(
        self, recipient: str, kind: str, name: str, customers: bool
    ) -> None:
        notice = attrs.evolve(NOTICE, recipient=recipient)
        assert (notice.kind, notice.name, notice.is_for_customer) == (kind, name, customers)

    @pytest.mark.parametrize("name", ["id", "request", "template", "recipient"])
    @pytest.mark.parametrize("value", ["", " ", None, 5])
    def test_a_notice_without_a_name_is_refused(self, name: str, value: Any) -> None:
        with pytest.raises(InvalidValue, match=f"the {name} of a notice"):
            attrs.evolve(NOTICE, **{name: value})

    def test_it_tells_when_it_was_made(self) -> None:
        assert NOTICE.made_at == EPOCH
        assert NOTICE.made == 0
        with pytest.raises(InvalidValue, match="made_at"):
            Notice(id="n", request="R", template="t", recipient="r", made_at=datetime(2026, 1, 1))

    def test_severities_have_an_order(self) -> None:
        urgent = attrs.evolve(NOTICE, severity="urgent")
        assert CONTACT.is_disturbed_by(urgent)
        assert not CONTACT.is_disturbed_by(NOTICE)
        always = attrs.evolve(CONTACT, disturbed_by="low")
        assert always.is_disturbed_by(attrs.evolve(NOTICE, severity=Severity.LOW))
        with pytest.raises(InvalidValue, match="expected one of 'low', 'normal', 'urgent'"):
            attrs.evolve(NOTICE, severity="dire")


class TestContacts:
    def test_a_digest_is_a_time(self) -> None:
        assert attrs.evolve(CONTACT, digest="1h").digest == HOUR
        assert attrs.evolve(CONTACT, digest=timedelta(minutes=1)).digest == MINUTE

    @pytest.mark.parametrize(
        ("said", "problem"),
        [
            ({"channel": ""}, "the channel of a contact"),
            ({"address": None}, "the address of a contact"),
            ({"language": " "}, "the language of a contact"),
            ({"hours": None}, "expected the name of a calendar"),
            ({"digest": "3bd"}, "expected a time"),
            ({"digest": "0m"}, "expected a time"),
            ({"disturbed_by": "dire"}, "severity is 'dire'"),
            ({"zone": "Nowhere/Else"}, "unknown time zone"),
        ],
    )
    def test_what_reaches_nobody_is_refused(self, said: dict[str, Any], problem: str) -> None:
        with pytest.raises(InvalidValue, match=problem):
            attrs.evolve(CONTACT, **said)

    @pytest.mark.parametrize("name", ["subject", "plain", "html"])
    def test_a_text_is_text(self, name: str) -> None:
        with pytest.raises(InvalidValue, match=f"the {name} of a text"):
            Text(**{"subject": "s", "plain": "p", name: None})


class Silent:
    def deliver(self, message: Message) -> Delivery:
        return Delivered(message.key)


class TestRetry:
    @pytest.mark.parametrize("after", [float("nan"), float("inf"), -1, "5m", True])
    def test_after_is_a_number_of_seconds(self, after: Any) -> None:
        with pytest.raises(InvalidValue, match="expected seconds, 0 or more, or None"):
            Retry("busy", after)

    @pytest.mark.parametrize("after", [None, 0, 1.5, 10**9])
    def test_or_unknown(self, after: float | None) -> None:
        assert Retry("busy", after).after == after


class TestLines:
    @pytest.mark.parametrize("options", [{"timeout": 30}, {"timeout": "0s"}, {"rate": 5}])
    def test_a_line_is_made_of_what_it_needs(self, options: dict[str, Any]) -> None:
        """A number of seconds would be one of microseconds to somebody else."""
        with pytest.raises(InvalidValue, match=next(iter(options))):
            Line("box", Silent(), **options)

    def test_a_channel_is_no_class(self) -> None:
        with pytest.raises(InvalidValue, match="expected an object with deliver"):
            Line("box", Silent)  # type: ignore[arg-type]  # wrong on purpose

    @pytest.mark.parametrize("most", [0, -1, 1.5, True, "3"])
    def test_a_rate_is_a_number(self, most: Any) -> None:
        with pytest.raises(InvalidValue, match="expected a whole number"):
            Rate(most, "1m")

    def test_a_line_takes_a_time(self) -> None:
        assert Line("mail", Silent()).timeout == 30 * SECOND
        assert Line("mail", Silent(), timeout="1m").timeout == MINUTE

    @pytest.mark.parametrize(
        ("said", "problem"),
        [
            ({"name": " "}, "the name of a channel"),
            ({"channel": object()}, r"expected an object with deliver\(\)"),
            ({"timeout": "3bd"}, "expected a time"),
            ({"timeout": timedelta(0)}, "expected a time"),
        ],
    )
    def test_what_is_no_line_is_refused(self, said: dict[str, Any], problem: str) -> None:
        with pytest.raises(InvalidValue, match=problem):
            Line(**{"name": "mail", "channel": Silent(), **said})


class TestRecords:
    def test_there_is_a_message_once_contact_and_text_are_known(self) -> None:
        record = NoticeRecord(shard="main", notice=NOTICE)
        assert record.id == "n1"
        assert record.message is None
        assert attrs.evolve(record, contact=CONTACT).message is None
        text = Text(subject="s", plain="p")
        message = attrs.evolve(record, contact=CONTACT, text=text).message
        assert message is not None
        assert (message.key, message.thread) == ("main/n1", "main/R1")
        assert (message.address, message.text, message.made_at) == (CONTACT.address, text, EPOCH)

    def test_a_remark_has_its_instant(self) -> None:
        assert Remark(0, "held").at == EPOCH
