"""The mail of a notice: what stands in it, and that nothing breaks out of it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from servicecore.backends.smtp_mail import as_mail, mail_id, mailbox
from servicecore.errors import InvalidValue
from servicecore.notices import Message, Text
from servicecore.testing.receivers import SAMPLE, hostile_texts

DESK = Address("Служба поддержки", "desk", "example.org")
ANN = evolve(SAMPLE, address="ann@example.org")
HEADERS = [
    "From", "To", "Subject", "Date", "Message-ID", "In-Reply-To", "References", "Auto-Submitted",
    "Content-Language", "MIME-Version",
]  # fmt: skip
SIGNS = [*'\r\n\0\t ,;:<>()[]{}\\"@', "\u202e", "\u2028", "\ud800", "=?"]
BOTH = ["text/plain", "text/html"]


def read(message: Message, sender: Address = DESK) -> EmailMessage:
    """A mail as its reader takes it apart, from the bytes that are sent."""
    sent = as_mail(message, sender).as_bytes()
    assert sent.isascii()
    assert all(len(line) <= 998 for line in sent.split(b"\r\n"))
    return message_from_bytes(sent, policy=SMTP)


def told(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n").removesuffix("\n")


class TestHeaders:
    def test_they_are_these(self) -> None:
        mail = read(ANN)
        assert mail["From"] == "Служба поддержки <desk@example.org>"
        assert mail["To"] == "ann@example.org"
        assert mail["Subject"] == "R1 is resolved"
        assert mail["Date"].datetime == ANN.made_at
        assert mail["Auto-Submitted"] == "auto-generated"
        assert mail["Content-Language"] == "en"
        assert {*HEADERS} == {*mail.keys()} - {"Content-Type", "Content-Transfer-Encoding"}

    def test_the_same_key_is_the_same_mail(self) -> None:
        """B9: a receiver can tell a repeat."""
        assert read(ANN)["Message-ID"] == read(ANN)["Message-ID"]
        assert read(ANN)["Message-ID"] != read(evolve(ANN, key="main/c2"))["Message-ID"]

    def test_mails_about_a_request_belong_together(self) -> None:
        first, second = read(ANN), read(evolve(ANN, key="main/c2", address="bo@example.org"))
        elsewhere = read(evolve(ANN, shard="other"))
        assert first["References"] == first["In-Reply-To"] == second["References"]
        assert first["References"] != elsewhere["References"]
        assert first["References"] != first["Message-ID"]

    @given(st.text(st.characters(codec=None)), st.integers(1, 63))
    def test_an_id_is_valid_whatever_the_key_holds(self, key: str, length: int) -> None:
        """RFC 5322: msg-id is a dot-atom, an at sign and another, never broken."""
        domain = "d" * length + ".example"
        sender = Address(username="desk", domain=domain)
        sent = as_mail(evolve(ANN, key=key, shard=key), sender).as_bytes().decode()
        for name in ("Message-ID", "References", "In-Reply-To"):
            assert re.search(rf"^{name}:(\r\n)? <[0-9a-f]+@{domain}>\r$", sent, re.MULTILINE)
        assert mail_id("notice", key, domain) in sent

    @pytest.mark.parametrize("language", ["", "x y", "en\r\nBcc: eve@example.org", "ü", "e" * 9])
    def test_what_is_no_language_is_left_out(self, language: str) -> None:
        assert "Content-Language" not in read(evolve(ANN, language=language))

    @given(st.datetimes(datetime(1000, 1, 1), datetime(9999, 12, 30)))  # in UTC below
    def test_the_date_is_that_of_the_notice(self, made: datetime) -> None:
        since = made.replace(tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)
        mail = as_mail(evolve(ANN, made=since // timedelta(microseconds=1)), DESK)
        written = f"{made:%d} " + made.strftime("%b") + f" {made.year} {made:%H:%M:%S} +0000"
        assert mail["Date"].endswith(written)

    def test_a_date_that_cannot_be_written_is_refused(self) -> None:
        with pytest.raises(InvalidValue, match="1 to 9999"):
            as_mail(evolve(ANN, made=2**62), DESK)


class TestBody:
    def test_plain_text_alone(self) -> None:
        mail = read(ANN)
        assert mail.get_content_type() == "text/plain"
        assert told(mail, "plain") == ANN.text.plain

    def test_html_is_an_alternative(self) -> None:
        text = Text(subject="تم", plain="تم حل المشكلة", html='<p dir="rtl">تم حل المشكلة</p>')
        mail = read(evolve(ANN, text=text, language="ar"))
        assert mail.get_content_type() == "multipart/alternative"
        assert [part.get_content_type() for part in mail.iter_parts()] == BOTH
        assert (told(mail, "plain"), told(mail, "html")) == (text.plain, text.html)
        assert mail["Subject"] == "تم"

    @given(st.text(st.characters(exclude_categories=("C", "Z")) | st.sampled_from(" \n\u200f")))
    def test_text_arrives_as_it_was_written(self, plain: str) -> None:
        text = Text(subject="s", plain=plain)
        assert told(read(evolve(ANN, text=text)), "plain").rstrip("\n") == plain.rstrip("\n")


class TestHostileText:
    @given(st.tuples(*[hostile_texts] * 6))
    def test_nothing_breaks_out_of_a_header(self, hostile: tuple[str, ...]) -> None:
        key, request, subject, plain, html, language = hostile
        text = Text(subject=subject, plain=plain, html=html)
        mail = read(evolve(ANN, key=key, request=request, text=text, language=language))
        assert {*mail.keys()} <= {*HEADERS, "Content-Type", "Content-Transfer-Encoding"}
        assert len(mail.keys()) == len({*mail.keys()})
        assert mail["To"] == "ann@example.org"
        assert not [part for part in mail.walk() if part.defects]
        kinds = [part.get_content_type() for part in mail.iter_parts()]
        assert kinds == (BOTH if html else [])

    @pytest.mark.parametrize(
        "subject", ["=?utf-8?q?=0D=0ABcc:_eve?=", "=?utf-8?b?DQpCY2M6IGV2ZQ==?= x", "a =?=?x?q?b?="]
    )
    def test_what_looks_encoded_is_not_decoded(self, subject: str) -> None:
        """Otherwise a line end that was encoded by somebody else comes out at the reader's."""
        shown = read(evolve(ANN, text=Text(subject=subject, plain="")))["Subject"]
        assert shown.replace("= ?", "=?") == subject


class TestAddresses:
    @pytest.mark.parametrize(
        ("address", "parts"),
        [
            ("ann@example.org", ("ann", "example.org")),
            ("o'brien+desk@mail.example", ("o'brien+desk", "mail.example")),
            ("zoë@bücher.example", ("zoë", "xn--bcher-kva.example")),
            ("ann@localhost", ("ann", "localhost")),
        ],
    )
    def test_one_address(self, address: str, parts: tuple[str, str]) -> None:
        assert mailbox(address) == parts

    @pytest.mark.parametrize("sign", SIGNS)
    def test_no_address_holds_what_means_something_else(self, sign: str) -> None:
        for address in (
            f"a{sign}nn@example.org",
            f"ann@exa{sign}mple.org",
            f"ann@example.org{sign}",
        ):
            with pytest.raises(InvalidValue, match="no e-mail address"):
                mailbox(address)

    @given(hostile_texts)
    def test_an_address_is_one_or_none(self, address: str) -> None:
        """Whatever is taken for an address is the only one that the mail goes to."""
        try:
            mail = read(evolve(ANN, address=address))
        except InvalidValue:
            return
        assert len(mail["To"].addresses) == 1
