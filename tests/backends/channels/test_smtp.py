"""Mail is handed over to real servers, of every temper (B9, B11)."""

from __future__ import annotations

import socket
import ssl
from base64 import b64encode
from collections.abc import Callable, Mapping
from datetime import timedelta

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from servicecore.backends import smtp_session
from servicecore.backends.smtp import SmtpChannel
from servicecore.backends.smtp_settings import settings_in
from servicecore.errors import InvalidValue
from servicecore.notices import Delivered, Delivery, Permanent, Retry, Text
from servicecore.testing.receivers import SAMPLE, overhearing
from tests.backends.channels import certificates
from tests.backends.channels.mailboxes import PASSWORD, USER, taking
from tests.backends.channels.talkers import Talker, soon, talking, unused_port

ANN = evolve(SAMPLE, address="ann@example.org")
DESK = "Service desk <desk@example.org>"
SOON = timedelta(milliseconds=300)


def open_to(port: int, **given: object) -> SmtpChannel:
    """A channel to a server of the tests, without encryption."""
    return SmtpChannel("127.0.0.1", port, **{"sender": DESK, "security": "none", **given})


def encrypted_to(port: int, **given: object) -> SmtpChannel:
    """A channel that logs in, over what the tests trust."""
    settings = {"user": USER, "password": PASSWORD, "tls": certificates.of_clients(), **given}
    return SmtpChannel("localhost", port, sender=DESK, **settings)


def conversation(*replies: str) -> Callable[[Talker], None]:
    """A server that gives these replies, one for each thing that it hears, and hangs up."""

    def talk(talker: Talker) -> None:
        for reply in replies:
            talker.say(reply)
            talker.hear()

    return talk


GREETED = ("220 hello\r\n", "250 mail.example\r\n")
UP_TO_DATA = (*GREETED, "250 fine\r\n", "250 fine\r\n", "354 go on\r\n")


class TestDelivery:
    def test_over_an_open_connection(self) -> None:
        with taking() as mailbox:
            answer = open_to(mailbox.port).deliver(ANN)
        (mail,), (envelope,) = mailbox.mails, mailbox.envelopes
        assert answer == Delivered(mail["Message-ID"])
        assert (envelope.mail_from, envelope.rcpt_tos) == ("desk@example.org", ["ann@example.org"])
        assert mail["Subject"] == "R1 is resolved"

    def test_over_starttls_with_a_login(self) -> None:
        with taking(starttls=certificates.of_servers(), login=True) as mailbox:
            assert isinstance(encrypted_to(mailbox.port).deliver(ANN), Delivered)
        assert len(mailbox.mails) == 1

    def test_over_tls_from_the_first_byte(self) -> None:
        with taking(tls=certificates.of_servers()) as mailbox:
            channel = encrypted_to(mailbox.port, security="tls", user="", password="")
            assert isinstance(channel.deliver(ANN), Delivered)
        assert len(mailbox.mails) == 1

    def test_a_mail_of_a_megabyte(self) -> None:
        text = Text(subject="big", plain="Привет\n" * 80_000, html="<p>" + "x" * 1_000_000)
        with taking(tls=certificates.of_servers()) as mailbox:
            channel = encrypted_to(mailbox.port, security="tls", user="", password="")
            assert isinstance(channel.deliver(evolve(ANN, text=text)), Delivered)
        part = mailbox.mails[0].get_body(("plain",))
        assert part is not None
        assert part.get_content().replace("\r\n", "\n") == text.plain

    def test_a_line_with_a_dot_ends_nothing(self) -> None:
        text = Text(subject="dots", plain=".\n..\n.\r\nQUIT\n")
        with taking() as mailbox:
            assert isinstance(open_to(mailbox.port).deliver(evolve(ANN, text=text)), Delivered)
        part = mailbox.mails[0].get_body(("plain",))
        assert part is not None
        assert part.get_content().replace("\r\n", "\n") == ".\n..\n.\nQUIT\n"

    def test_letters_beyond_ascii_where_the_server_takes_them(self) -> None:
        with taking() as mailbox:
            answer = open_to(mailbox.port).deliver(evolve(ANN, address="zoë@bücher.example"))
        assert isinstance(answer, Delivered)
        assert mailbox.envelopes[0].rcpt_tos == ["zoë@xn--bcher-kva.example"]
        assert mailbox.mails[0]["To"] == "zoë@xn--bcher-kva.example"

    def test_and_where_it_does_not(self) -> None:
        with taking(utf8=False) as mailbox:
            channel = open_to(mailbox.port)
            refused = channel.deliver(evolve(ANN, address="zoë@bücher.example"))
            # A domain alone can be written in ASCII.
            taken = channel.deliver(evolve(ANN, address="ann@bücher.example"))
        assert refused == Permanent("the mail server takes no address with letters beyond ASCII")
        assert isinstance(taken, Delivered)

    def test_a_server_that_does_not_say_goodbye_has_the_mail_all_the_same(self) -> None:
        """Otherwise it would be sent again and again."""
        with talking(conversation(*UP_TO_DATA, "250 taken\r\n", "what?\r\n")) as port:
            assert isinstance(open_to(port).deliver(ANN), Delivered)

    def test_nor_is_a_server_waited_for_that_says_nothing(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def talk(talker: Talker) -> None:
            conversation(*UP_TO_DATA, "250 taken\r\n")(talker)
            talker.over.wait(30)

        monkeypatch.setattr(smtp_session, "GOODBYE", 0.1)
        with talking(talk) as port:
            assert isinstance(soon(open_to(port, timeout="600s"), ANN), Delivered)


class TestRefusals:
    @pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA"])
    @pytest.mark.parametrize(
        ("reply", "kind"),
        [("451 4.7.1 come back later", Retry), ("550 5.1.1 nobody of that name", Permanent)],
    )
    def test_for_now_and_for_good(self, step: str, reply: str, kind: type) -> None:
        with taking() as mailbox:
            mailbox.answers[step] = reply
            answer = open_to(mailbox.port).deliver(ANN)
        assert answer == kind(f"the mail server answered {reply}")

    @pytest.mark.parametrize("at", range(1, 6))
    def test_a_server_that_closes_is_tried_again(self, at: int) -> None:
        """421, at any step: it says nothing about the mail."""
        replies = [*UP_TO_DATA, "250 taken\r\n"]
        replies[at - 1] = "421 shutting down\r\n"
        with talking(conversation(*replies)) as port:
            assert isinstance(open_to(port).deliver(ANN), Retry)

    @pytest.mark.parametrize(
        "said", [PASSWORD, b64encode(f"\0{USER}\0{PASSWORD}".encode()).decode()]
    )
    def test_a_server_that_repeats_the_password_is_not_quoted(self, said: str) -> None:
        with taking(starttls=certificates.of_servers(), login=True) as mailbox:
            mailbox.answers["RCPT"] = f"550 not for {said}"
            assert encrypted_to(mailbox.port).deliver(ANN) == Permanent(
                "the mail server answered 550"
            )

    def test_what_a_server_says_is_harmless_and_short(self) -> None:
        with talking(conversation(*GREETED, "550 \x1b[2J\u202e" + "x" * 900 + "\r\n")) as port:
            answer = open_to(port).deliver(ANN)
        assert isinstance(answer, Permanent)
        assert answer.reason.isprintable()
        assert len(answer.reason) < 250


class TestTrouble:
    """Nothing of it says anything about the mail: it is tried again."""

    def test_nobody_listens(self) -> None:
        answer = open_to(unused_port()).deliver(ANN)
        assert answer == Retry("the mail server cannot be reached (ConnectionRefusedError)")

    def test_nobody_of_that_name(self) -> None:
        channel = SmtpChannel("nobody.invalid", sender=DESK)
        assert isinstance(channel.deliver(ANN), Retry)

    @pytest.mark.parametrize("heard", range(6))
    def test_the_connection_breaks(self, heard: int) -> None:
        """Wherever it does; after the text, too, for nobody knows what became of it."""
        with talking(conversation(*UP_TO_DATA[:heard])) as port:
            answer = open_to(port).deliver(ANN)
        assert answer == Retry("the mail server broke the connection off (SMTPServerDisconnected)")

    @pytest.mark.parametrize("heard", range(6))
    def test_the_server_hangs(self, heard: int) -> None:
        def talk(talker: Talker) -> None:
            conversation(*UP_TO_DATA[:heard])(talker)
            talker.over.wait(30)

        with talking(talk) as port:
            answer = soon(open_to(port, timeout=SOON), ANN)
        assert answer == Retry("the mail server did not answer in time (SMTPServerDisconnected)")

    def test_the_server_drips(self) -> None:
        """A byte now and then: each wait is short, all of them together are not."""
        with talking(lambda talker: talker.drip("220-hello\r\n")) as port:
            answer = soon(open_to(port, timeout=SOON), ANN)
        assert isinstance(answer, Retry)
        assert "in time" in answer.reason

    def test_the_server_does_not_stop_talking(self) -> None:
        def talk(talker: Talker) -> None:
            while not talker.over.is_set():
                talker.say("220-hello\r\n" * 5000)

        with talking(talk) as port:
            assert isinstance(soon(open_to(port, timeout="600s"), ANN), Retry)

    def test_the_server_does_not_read(self) -> None:
        def talk(talker: Talker) -> None:
            conversation(*UP_TO_DATA)(talker)
            talker.over.wait(30)

        text = Text(subject="big", plain="x" * 9_000_000)
        with talking(talk) as port:
            answer = soon(open_to(port, timeout=SOON), evolve(ANN, text=text))
        assert isinstance(answer, Retry)

    def test_the_server_reads_slowly(self) -> None:
        """Each piece is taken in time, all of them are not."""

        def talk(talker: Talker) -> None:
            # Little is on its way at a time, so that each piece waits for the one before.
            talker.connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16 * 1024)
            conversation(*UP_TO_DATA)(talker)
            while not talker.over.wait(0.05):
                talker.hear(16 * 1024)

        text = Text(subject="big", plain="x" * 9_000_000)
        with talking(talk) as port:
            answer = soon(open_to(port, timeout=SOON), evolve(ANN, text=text))
        assert isinstance(answer, Retry)

    @pytest.mark.parametrize("reply", ["hello\r\n", "\r\n", "2x0 \r\n", "\xff\r\n", "x" * 9000])
    def test_the_server_speaks_something_else(self, reply: str) -> None:
        with talking(conversation(reply)) as port:
            assert isinstance(open_to(port).deliver(ANN), Retry)


class TestEncryption:
    def test_a_certificate_that_is_not_trusted(self) -> None:
        with taking(starttls=certificates.of_servers(), login=True) as mailbox:
            answer = encrypted_to(mailbox.port, tls=None).deliver(ANN)
        assert isinstance(answer, Retry)
        assert "not trusted" in answer.reason
        assert not mailbox.mails

    def test_a_certificate_of_somebody_else(self) -> None:
        other = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificates.authority().issue_cert("other.example").configure_cert(other)
        with taking(tls=other) as mailbox:
            channel = encrypted_to(mailbox.port, security="tls", user="", password="")
            answer = channel.deliver(ANN)
        assert isinstance(answer, Retry)
        assert "not trusted" in answer.reason

    def test_a_server_that_offers_none_gets_nothing(self) -> None:
        """As it would be if somebody in between had cut the offer out."""
        heard = []

        def talk(talker: Talker) -> None:
            talker.say("220 hello\r\n")
            heard.append(talker.hear())
            talker.say("250-mail.example\r\n250 AUTH PLAIN\r\n")
            heard.append(talker.hear())

        with talking(talk) as port:
            answer = encrypted_to(port).deliver(ANN)
        assert answer == Retry(
            "the mail server offers no such encryption or login (SMTPNotSupportedError)"
        )
        assert heard == [b"ehlo example.org\r\n", b""]

    def test_what_was_said_before_the_encryption_counts_for_nothing(self) -> None:
        """A reply that somebody has put behind the one to STARTTLS is not the server's."""

        def talk(talker: Talker) -> None:
            talker.say("220 hello\r\n")
            talker.hear()
            talker.say("250-mail.example\r\n250 STARTTLS\r\n")
            talker.hear()
            talker.say("220 go on\r\n250 injected\r\n250 injected\r\n250 injected\r\n")
            talker.hear()

        with talking(talk) as port:
            assert isinstance(encrypted_to(port, timeout="5s").deliver(ANN), Retry)

    def test_a_wrong_password_is_no_fault_of_the_mail(self) -> None:
        with taking(starttls=certificates.of_servers(), login=True) as mailbox:
            answer = encrypted_to(mailbox.port, password="wr0ng-S3CRET").deliver(ANN)  # noqa: S106  # of nothing
        assert answer == Retry("the mail server does not let us in (535)")


class TestSecrets:
    def test_none_is_shown(self) -> None:
        with (
            taking(starttls=certificates.of_servers(), login=True) as mailbox,
            overhearing() as heard,
        ):
            channel = encrypted_to(mailbox.port)
            answer = channel.deliver(ANN)
        assert isinstance(answer, Delivered)
        shown = f"{channel!r} {vars(channel)!r} {answer!r} {heard!r}"
        assert PASSWORD not in shown

    @pytest.mark.parametrize(
        "wrong",
        [
            {"user": "desk"},
            {"password": "S3CRET"},
            {"user": "desk", "password": "S3CRET", "security": "none"},
            {"user": "desk", "password": "S3CRET-ü"},
            {"security": "ssl"},
            {"sender": "Service desk"},
            {"sender": "Desk\x1b <desk@example.org>"},
            {"sender": "desk@example.org, eve@example.org"},
            {"timeout": "0s"},
            {"host": ""},
            {"port": 0},
            {"port": 70_000},
        ],
    )
    def test_what_cannot_be_right_is_refused_at_once(self, wrong: dict[str, object]) -> None:
        with pytest.raises(InvalidValue) as refused:
            SmtpChannel(**{"host": "mail.example", "sender": DESK, **wrong})
        assert "S3CRET" not in str(refused.value)


class TestEnvironment:
    URL = "smtps://desk%40example.org:S3CRET%2F%3A@mail.example:4650"

    def test_a_channel_out_of_an_url(self) -> None:
        environ = {"SERVICECORE_SMTP_URL": self.URL, "SERVICECORE_SMTP_SENDER": DESK}
        assert repr(SmtpChannel.from_env(environ)) == (
            "SmtpChannel('mail.example', 4650, security='tls')"
        )
        assert settings_in(environ, "SERVICECORE_SMTP_") == {
            "host": "mail.example",
            "port": 4650,
            "security": "tls",
            "user": "desk@example.org",
            "password": "S3CRET/:",
            "sender": DESK,
        }

    def test_a_channel_out_of_variables(self) -> None:
        environ = {
            "SERVICECORE_SMTP_HOST": "mail.example",
            "SERVICECORE_SMTP_SENDER": DESK,
            "SERVICECORE_SMTP_SECURITY": "none",
            "SERVICECORE_SMTP_TIMEOUT": "5s",
        }
        assert repr(SmtpChannel.from_env(environ)) == (
            "SmtpChannel('mail.example', 25, security='none')"
        )

    def test_variables_go_before_the_url(self) -> None:
        settings = settings_in(
            {"URL": self.URL, "SENDER": DESK, "PASSWORD": "newer", "PORT": "465"}, ""
        )
        assert (settings["password"], settings["port"]) == ("newer", 465)

    @pytest.mark.parametrize(
        ("environ", "named"),
        [
            ({}, "HOST"),
            ({"HOST": "mail.example"}, "SENDER"),
            ({"URL": "https://u:S3CRET@mail.example", "SENDER": DESK}, "URL"),
            ({"URL": "smtp://u:S3CRET@mail.example:port", "SENDER": DESK}, "URL"),
            ({"URL": "smtp://u:S3CRET@[mail.example", "SENDER": DESK}, "URL"),
            ({"URL": "smtp:u:S3CRET", "SENDER": DESK}, "URL"),
            ({"HOST": "mail.example", "SENDER": DESK, "PORT": "mail"}, "PORT"),
            ({"HOST": "mail.example", "SENDER": DESK, "PORT": "65536"}, "PORT"),
        ],
    )
    def test_what_is_wrong_is_named_and_not_shown(
        self, environ: Mapping[str, str], named: str
    ) -> None:
        with pytest.raises(InvalidValue, match=f"SMTP_{named}") as refused:
            settings_in({f"SMTP_{name}": value for name, value in environ.items()}, "SMTP_")
        assert "S3CRET" not in str(refused.value)


@given(st.sampled_from([Retry, Permanent]), st.integers(-1, 999))
def test_codes_mean_what_rfc_5321_says(kind: type[Delivery], code: int) -> None:
    """5xx is for good, everything else that is no success for now."""
    answer = open_to(25)._refused(code, b"text")
    assert isinstance(answer, Permanent) == (code // 100 == 5)
