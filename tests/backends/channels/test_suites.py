"""Every channel of ours passes the suite for channels (B9-B11)."""

from __future__ import annotations

import io
import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from functools import cache

import pytest

from servicecore.backends.apprise import AppriseChannel
from servicecore.backends.console import ConsoleChannel, LogChannel
from servicecore.backends.smtp import SmtpChannel
from servicecore.backends.webhook import Endpoint, WebhookChannel
from servicecore.testing.channels import Arrival, ChannelSuite, Opened, Receiver
from tests.backends.channels import certificates
from tests.backends.channels.hooks import Posted, receiving, status
from tests.backends.channels.mailboxes import PASSWORD, USER, taking
from tests.backends.channels.talkers import Talker, talking

LOCAL = ["127.0.0.0/8"]
SECRET = "whsec_" + "S3cr" * 8
PATH = "/T0KEN/in/the/path"


def hang(talker: Talker) -> None:
    talker.over.wait(30)


class TestConsole(ChannelSuite):
    """A terminal takes everything; it fails only when it is gone."""

    @contextmanager
    def receiver(self) -> Iterator[Receiver]:
        stream = io.StringIO()
        yield Receiver(ConsoleChannel(stream), "anybody", lambda: self.read(stream.getvalue()))

    @staticmethod
    def read(printed: str) -> list[Arrival]:
        told = [each.split("\n", 3) for each in re.split("^To: ", printed, flags=re.MULTILINE)[1:]]
        return [
            Arrival(
                subject.removeprefix("Subject: "),
                re.sub("^  ", "", text, flags=re.MULTILINE),
                key.removeprefix("Key: "),
            )
            for _, subject, key, text in told
        ]

    @contextmanager
    def failing_for_now(self) -> Iterator[Receiver]:
        stream = io.StringIO()
        stream.close()
        yield Receiver(ConsoleChannel(stream), "anybody")


class _Lines(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.lines: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record)


class TestLog(ChannelSuite):
    """A log takes everything, a line each."""

    @contextmanager
    def receiver(self) -> Iterator[Receiver]:
        logger, lines = logging.getLogger("tests.notices"), _Lines()
        logger.addHandler(lines)
        try:
            yield Receiver(
                LogChannel("tests.notices"),
                "anybody",
                lambda: [self.read(record) for record in lines.lines],
            )
        finally:
            logger.removeHandler(lines)

    @staticmethod
    def read(record: logging.LogRecord) -> Arrival:
        assert "\n" not in record.getMessage()
        key, _, subject, text = map(str, record.args or ())
        plain = re.sub(r"\\(.)", lambda found: {"n": "\n"}.get(found[1], found[1]), text)
        return Arrival(subject.replace("\\\\", "\\"), plain, key)


class TestSmtp(ChannelSuite):
    """A mail server that wants a login over TLS."""

    wrong_addresses = (
        "",
        "ann",
        "ann@",
        "@example.org",
        "ann@example.org, eve@example.org",
        "ann@example.org\r\nRCPT TO:<eve@example.org>",
        "ann@example.org\r\nBcc: eve@example.org",
        "Ann <ann@example.org>",
        "ann@example.org>\0",
        "an\u202en@example.org",
        "ann@exa mple.org",
        "ann@" + "x" * 300 + ".org",
        "ann@" + "ä" * 70 + ".org",
    )

    @contextmanager
    def opened(self, **answers: str) -> Iterator[Receiver]:
        with taking(starttls=certificates.of_servers(), login=True) as mailbox:
            mailbox.answers.update(answers)
            yield self.at(mailbox.port, lambda: [self.read(mail) for mail in mailbox.mails])

    def at(self, port: int, arrived: Callable[[], list[Arrival]] = list) -> Receiver:
        channel = SmtpChannel(
            "localhost",
            port,
            sender="Service desk <desk@example.org>",
            user=USER,
            password=PASSWORD,
            tls=certificates.of_clients(),
            timeout="1s" if arrived is list else "20s",
        )
        return Receiver(channel, "ann@example.org", arrived, (PASSWORD,), patience=10)

    @staticmethod
    @cache
    def read(mail: EmailMessage) -> Arrival:
        text = mail.get_body(("plain",))
        assert text is not None
        assert mail.keys() == list(dict.fromkeys(mail.keys()))
        assert "bcc" not in map(str.lower, mail.keys())
        return Arrival(
            mail["Subject"], text.get_content().replace("\r\n", "\n"), mail["Message-ID"]
        )

    def receiver(self) -> Opened:
        return self.opened()

    def failing_for_now(self) -> Opened:
        return self.opened(RCPT="451 greylisted, come back later")

    def failing_for_good(self) -> Opened:
        return self.opened(DATA=f"550 spam, said by {PASSWORD}")

    @contextmanager
    def hanging(self) -> Iterator[Receiver]:
        with talking(hang) as port:
            yield self.at(port)

    @contextmanager
    def breaking_off(self) -> Iterator[Receiver]:
        def greet(talker: Talker) -> None:
            talker.say("220 hello\r\n")
            talker.hear()

        with talking(greet) as port:
            yield self.at(port)


class TestWebhook(ChannelSuite):
    """An endpoint over HTTPS, on an address that the host has allowed."""

    wrong_addresses = ("", "nowhere", "https://hooks.example/T0KEN", "ops\r\n")

    @contextmanager
    def opened(self, code: int = 204) -> Iterator[Receiver]:
        with receiving(status(code), tls=certificates.of_servers()) as hooks:
            yield self.at(hooks.port, lambda: [self.read(posted) for posted in hooks.posted])

    def at(self, port: int, arrived: Callable[[], list[Arrival]] = list) -> Receiver:
        endpoint = Endpoint(
            url=f"https://hooks.example:{port}{PATH}",
            secret=SECRET,
            headers={"Authorization": "Bearer hunter2"},
        )
        channel = WebhookChannel(
            {"ops": endpoint},
            allow_private=LOCAL,
            tls=certificates.of_clients(),
            resolve=lambda host, port: ["127.0.0.1"],
            timeout="1s" if arrived is list else "15s",
        )
        secrets = (SECRET, SECRET.removeprefix("whsec_"), PATH, "hunter2")
        return Receiver(channel, "ops", arrived, secrets, patience=10)

    @staticmethod
    def read(posted: Posted) -> Arrival:
        assert posted.path == PATH
        assert posted.headers["webhook-id"] == posted.event["id"]
        data = posted.event["data"]
        return Arrival(data["subject"], data["plain"], posted.headers["webhook-id"])

    def receiver(self) -> Opened:
        return self.opened()

    @contextmanager
    def failing_for_now(self) -> Iterator[Receiver]:
        with receiving(status(503), tls=certificates.of_servers()) as hooks:
            yield self.at(hooks.port)

    @contextmanager
    def failing_for_good(self) -> Iterator[Receiver]:
        with receiving(status(410), tls=certificates.of_servers()) as hooks:
            yield self.at(hooks.port)

    @contextmanager
    def hanging(self) -> Iterator[Receiver]:
        with talking(hang) as port:
            yield self.at(port)

    @contextmanager
    def breaking_off(self) -> Iterator[Receiver]:
        with talking(lambda talker: None) as port:
            yield self.at(port)


# Apprise loads all of its services at once, and one of them a module that Python gives up.
@pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")
class TestApprise(ChannelSuite):
    """A service that Apprise tells in JSON; it knows no keys."""

    carries_key = False
    wrong_addresses = ("", "nobody", "json://localhost")

    @contextmanager
    def opened(self, code: int = 200) -> Iterator[Receiver]:
        with receiving(status(code)) as hooks:
            yield self.at(hooks.port, lambda: [self.read(posted) for posted in hooks.posted])

    @staticmethod
    def read(posted: Posted) -> Arrival:
        return Arrival(posted.event["title"], posted.event["message"])

    def at(self, port: int, arrived: Callable[[], list[Arrival]] = list) -> Receiver:
        wait = "0.3" if arrived is list else "9"
        url = f"json://ann:{PASSWORD}@127.0.0.1:{port}{PATH}?cto={wait}&rto={wait}"
        return Receiver(
            AppriseChannel({"duty": url}), "duty", arrived, (PASSWORD, PATH), patience=10
        )

    def receiver(self) -> Opened:
        return self.opened()

    @contextmanager
    def failing_for_now(self) -> Iterator[Receiver]:
        with receiving(status(500)) as hooks:
            yield self.at(hooks.port)

    @contextmanager
    def hanging(self) -> Iterator[Receiver]:
        with talking(hang) as port:
            yield self.at(port)

    @contextmanager
    def breaking_off(self) -> Iterator[Receiver]:
        with talking(lambda talker: None) as port:
            yield self.at(port)
