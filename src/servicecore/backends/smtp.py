"""Mail: notices handed over to a mail server (B9)."""

from __future__ import annotations

import os
import smtplib
import ssl
from collections.abc import Mapping
from datetime import timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import getaddresses

from servicecore.backends.harmless import one_line
from servicecore.backends.network import Deadline, to_seconds
from servicecore.backends.smtp_mail import as_mail, mailbox
from servicecore.backends.smtp_session import Server, Session
from servicecore.backends.smtp_settings import settings_in
from servicecore.errors import InvalidValue
from servicecore.notices import Delivered, Delivery, Message, Permanent, Retry

PORTS = {"starttls": 587, "tls": 465, "none": 25}
"""How a connection may be secured, and the usual port of each."""
PREFIX = "SERVICECORE_SMTP_"
PROBLEMS: Mapping[type, str] = {
    TimeoutError: "did not answer in time",
    ssl.SSLCertVerificationError: "has a certificate that is not trusted",
    smtplib.SMTPNotSupportedError: "offers no such encryption or login",
    smtplib.SMTPAuthenticationError: "does not let us in",
    smtplib.SMTPResponseException: "does not take part",
    smtplib.SMTPServerDisconnected: "broke the connection off",
}


class SmtpChannel:
    """Hands notices over to a mail server; the address of a message is one e-mail address.

    `security` is ``"starttls"``, ``"tls"`` from the first byte, or ``"none"``; nothing is sent if
    a server does not offer what is asked for, and a password is never sent unencrypted. `tls` is a
    context of your own, for certificates that the world does not know. `timeout` is for everything
    but the looking up of the server's name. Each delivery is a connection of its own.

    >>> SmtpChannel("mail.example.org", sender="Service desk <desk@example.org>")
    SmtpChannel('mail.example.org', 587, security='starttls')
    """

    def __init__(
        self,
        host: str,
        port: int | None = None,
        *,
        sender: str,
        user: str = "",
        password: str = "",
        security: str = "starttls",
        timeout: timedelta | str = "20s",
        tls: ssl.SSLContext | None = None,
    ) -> None:
        if security not in PORTS:
            expected = " or ".join(map(repr, PORTS))
            raise InvalidValue(f"security is {security!r}: expected {expected}")
        if not host or not (port is None or 0 < port < 65536):
            raise InvalidValue(f"{host!r}:{port!r} is no mail server: expected a name and a port")
        _check_login(user, password, security)
        self._sender = _sender(sender)
        self._seconds = to_seconds(timeout)
        self._server = Server(
            host=host,
            port=PORTS[security] if port is None else port,
            security=security,
            tls=None if security == "none" else tls or ssl.create_default_context(),
            user=user,
            password=password,
            greeting=self._sender.domain,
        )

    @classmethod
    def from_env(
        cls, environ: Mapping[str, str] = os.environ, *, prefix: str = PREFIX
    ) -> SmtpChannel:
        """The channel that the environment describes.

        The variables are ``SERVICECORE_SMTP_`` and ``HOST``, ``PORT``, ``SENDER``, ``USER``,
        ``PASSWORD``, ``SECURITY``, ``TIMEOUT``; or ``URL`` for all but the sender and the timeout,
        such as ``smtp://user:password@mail.example.org:587``. `InvalidValue` names the one that is
        missing or wrong, never a secret.
        """
        return cls(**settings_in(environ, prefix))

    def deliver(self, message: Message) -> Delivery:
        """Hand a message over, and say what the server answered.

        What is temporary (4xx) and every problem before the mail itself is to be tried again: a
        password that has changed is no fault of the mail. What is refused for good (5xx), and an
        address that is none, is permanent.
        """
        try:
            mail = as_mail(message, self._sender)
            local, domain = mailbox(message.address)
        except InvalidValue as problem:
            return Permanent(str(problem))
        deadline = Deadline.after(self._seconds)
        try:
            session = Session(self._server, deadline)
        except (smtplib.SMTPException, OSError) as problem:
            return Retry(_told(problem, deadline))
        try:
            return self._handed_over(session, mail, f"{local}@{domain}", deadline)
        finally:
            session.end()

    def _handed_over(
        self, session: Session, mail: EmailMessage, address: str, deadline: Deadline
    ) -> Delivery:
        try:
            session.send_message(mail, self._sender.addr_spec, [address])
        except smtplib.SMTPRecipientsRefused as refused:
            code, text = next(iter(refused.recipients.values()))
            return self._refused(code, text)
        except (smtplib.SMTPSenderRefused, smtplib.SMTPDataError) as refused:
            return self._refused(refused.smtp_code, refused.smtp_error)
        except smtplib.SMTPNotSupportedError:
            return Permanent("the mail server takes no address with letters beyond ASCII")
        except (smtplib.SMTPException, OSError) as problem:
            return Retry(_told(problem, deadline))
        return Delivered(str(mail["Message-ID"]))

    def _refused(self, code: int, text: bytes | str) -> Delivery:
        """What a refusal means; its text is kept, unless it repeats what is secret."""
        said = text if isinstance(text, str) else text.decode("utf-8", "replace")
        kept = "" if self._server.gives_away(said) else one_line(said, 200)
        reason = f"the mail server answered {code} {kept}".rstrip()
        return Permanent(reason) if 500 <= code <= 599 else Retry(reason)

    def __repr__(self) -> str:
        server = self._server
        return f"SmtpChannel({server.host!r}, {server.port}, security={server.security!r})"


def _sender(text: str) -> Address:
    expected = "expected 'desk@example.org' or 'Service desk <desk@example.org>'"
    found = getaddresses([text])
    try:
        # What is no address at all is refused as an empty one.
        name, address = found[0] if len(found) == 1 else ("", "")
        local, domain = mailbox(address)
    except InvalidValue:
        raise InvalidValue(f"sender is {text!r}: {expected}") from None
    if name != one_line(name):
        raise InvalidValue(f"the name of the sender {text!r} is not one line of text: {expected}")
    return Address(name, username=local, domain=domain)


def _check_login(user: str, password: str, security: str) -> None:
    if bool(user) != bool(password):
        raise InvalidValue("a user goes with a password: expected both or neither")
    if not (user + password).isascii():
        raise InvalidValue(
            "the user or the password has letters beyond ASCII, which cannot be sent"
        )
    if password and security == "none":
        raise InvalidValue("a password is not sent unencrypted: expected 'starttls' or 'tls'")


def _told(problem: Exception, deadline: Deadline) -> str:
    """Why nothing was handed over, without a word that somebody else may have put into it."""
    known = (TimeoutError,) if deadline.is_over else type(problem).__mro__
    said = next((PROBLEMS[kind] for kind in known if kind in PROBLEMS), "")
    code = getattr(problem, "smtp_code", "")
    return f"the mail server {said or 'cannot be reached'} ({code or type(problem).__name__})"
