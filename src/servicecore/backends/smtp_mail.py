"""Notices as mail: a plain part, HTML if there is any, and headers that nobody can break out of."""

from __future__ import annotations

import re
from email.headerregistry import Address, HeaderRegistry, MessageIDHeader
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy
from email.utils import format_datetime
from hashlib import sha256

from servicecore.backends.harmless import lines, one_line
from servicecore.errors import InvalidValue
from servicecore.notices import Message

LONGEST_ADDRESS = 254
_LOCAL = re.compile(r"(?!.*=\?)[^\s@<>()\[\]{},;:\\\"]+")
_DOMAIN = re.compile(r"(?=.{1,253}$)[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})*")
_LANGUAGE = re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*")


def _policy() -> EmailPolicy[EmailMessage]:
    # Ids are never folded: some readers do not put them together again.
    registry = HeaderRegistry()
    for name in ("in-reply-to", "references"):
        registry.map_to_type(name, MessageIDHeader)  # type: ignore[arg-type]  # as typeshed has it
    # Seven bits, for not every server takes eight.
    return SMTP.clone(cte_type="7bit", header_factory=registry)


POLICY = _policy()


def mailbox(address: str) -> tuple[str, str]:
    """What stands before the ``@`` and the domain, that as DNS knows it.

    Raises `InvalidValue` for what is not one address and nothing else.

    >>> mailbox("zoë@bücher.example")
    ('zoë', 'xn--bcher-kva.example')
    """
    local, at, domain = address.rpartition("@")
    domain = _ascii(domain)
    right = at and len(address) <= LONGEST_ADDRESS and local.isprintable()
    if not (right and _LOCAL.fullmatch(local) and _DOMAIN.fullmatch(domain)):
        raise InvalidValue("the address is no e-mail address: expected one such as ann@example.org")
    return local, domain


def _ascii(domain: str) -> str:
    try:
        return domain if domain.isascii() else domain.encode("idna").decode()
    except UnicodeError:
        return ""


def as_mail(message: Message, sender: Address) -> EmailMessage:
    """The mail of a message; `InvalidValue` where its address or its date is none.

    It says that a machine wrote it (RFC 3834), so that no other machine answers. Its id is made of
    the message's key, and all mails about a request answer one that was never sent, so that they
    are shown together.
    """
    local, domain = mailbox(message.address)
    mail = EmailMessage(policy=POLICY)
    mail["From"] = sender
    mail["To"] = Address(username=local, domain=domain)
    mail["Subject"] = _literal(one_line(message.text.subject))
    mail["Date"] = format_datetime(message.made_at)
    mail["Message-ID"] = mail_id("notice", message.key, sender.domain)
    mail["In-Reply-To"] = mail["References"] = mail_id("thread", message.thread, sender.domain)
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(lines(message.text.plain))
    if message.text.html:
        mail.add_alternative(lines(message.text.html), subtype="html")
    # Setting a content takes away whatever was said of one before.
    if _LANGUAGE.fullmatch(message.language):
        mail["Content-Language"] = message.language
    return mail


def _literal(line: str) -> str:
    """The line without what readers of mail take for letters that were encoded, line ends too."""
    return line.replace("=?", "= ?")


def mail_id(what: str, key: str, domain: str) -> str:
    """An id as mail knows them: the same for the same key, whatever that holds.

    >>> mail_id("notice", "main/c1", "example.org")
    '<...@example.org>'
    """
    digest = sha256(f"{what} {key}".encode("utf-8", "surrogatepass")).hexdigest()
    # Short enough to stand on one line behind the name of its header.
    return f"<{digest[:32]}@{domain}>"
