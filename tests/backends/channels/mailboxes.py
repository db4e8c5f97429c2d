"""A mail server: aiosmtpd on a port of its own, and the mail that it has taken."""

from __future__ import annotations

import logging
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword
from attrs import Factory, define

USER, PASSWORD = "desk", "hunter2-S3CRET"  # of a server that is gone in a moment


@define
class Mailbox:
    """What the server has taken, and what it answers to each step of the next mail."""

    port: int = 0
    envelopes: list[Envelope] = Factory(list)
    mails: list[EmailMessage] = Factory(list)
    answers: dict[str, str] = Factory(dict)

    async def handle_MAIL(self, server, session, envelope, address, options) -> str:  # noqa: N802  # as aiosmtpd has it
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return self.answers.get("MAIL", "250 fine")

    async def handle_RCPT(self, server, session, envelope, address, options) -> str:  # noqa: N802  # as aiosmtpd has it
        if "RCPT" not in self.answers:
            envelope.rcpt_tos.append(address)
        return self.answers.get("RCPT", "250 fine")

    async def handle_DATA(self, server, session, envelope) -> str:  # noqa: N802  # as aiosmtpd has it
        if "DATA" not in self.answers:
            self.envelopes.append(envelope)
            self.mails.append(message_from_bytes(envelope.original_content, policy=SMTP))
        return self.answers.get("DATA", "250 taken")


class _Server(Controller):
    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


def _let_in(server, session, envelope, mechanism, auth_data) -> AuthResult:  # as aiosmtpd has it
    known = LoginPassword(USER.encode(), PASSWORD.encode())
    return AuthResult(success=auth_data == known, handled=False)


@contextmanager
def taking(
    *,
    starttls: ssl.SSLContext | None = None,
    tls: ssl.SSLContext | None = None,
    login: bool = False,
    utf8: bool = True,
) -> Iterator[Mailbox]:
    """A server that takes mail; its port is that of the mailbox."""
    mailbox = Mailbox()
    # It logs what it is sent, down to the password.
    logging.getLogger("mail.log").disabled = True
    server = _Server(
        mailbox,
        hostname="127.0.0.1",
        port=0,
        ssl_context=tls,
        tls_context=starttls,
        require_starttls=bool(starttls),
        auth_required=login,
        auth_require_tls=bool(starttls),
        authenticator=_let_in if login else None,
        enable_SMTPUTF8=utf8,
        data_size_limit=None,
    )
    server.start()
    mailbox.port = server.port
    try:
        yield mailbox
    finally:
        server.stop()
