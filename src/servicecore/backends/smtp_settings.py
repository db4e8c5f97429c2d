"""Where mail is handed over, out of the variables of an environment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypedDict
from urllib.parse import unquote, urlsplit

from servicecore.errors import InvalidValue

SECURITY_OF = {"smtp": "starttls", "smtps": "tls", "smtp+plain": "none"}
"""What the schemes of URLs mean."""


class Settings(TypedDict, total=False):
    """The arguments of a channel that an environment gives."""

    host: str
    port: int
    sender: str
    user: str
    password: str
    security: str
    timeout: str


def settings_in(environ: Mapping[str, str], prefix: str) -> Settings:
    """The settings in variables such as ``<prefix>HOST``; they go before those of ``<prefix>URL``.

    Raises `InvalidValue` with the name of the variable that is missing or wrong, never with a
    value that may be secret.

    >>> settings_in({"URL": "smtps://mail.example.org", "SENDER": "desk@example.org"}, "")
    {'host': 'mail.example.org', 'security': 'tls', 'sender': 'desk@example.org'}
    """
    url = environ.get(f"{prefix}URL")
    settings: Settings = _of_url(url, f"{prefix}URL") if url else {}
    for name in ("host", "sender", "user", "password", "security", "timeout"):
        if given := environ.get(prefix + name.upper()):
            settings[name] = given
    if port := environ.get(f"{prefix}PORT"):
        settings["port"] = _port(port, f"{prefix}PORT")
    for needed in ("host", "sender"):
        if needed not in settings:
            raise InvalidValue(f"{prefix}{needed.upper()} is not set: expected text")
    return settings


def _of_url(url: str, name: str) -> Settings:
    expected = f"{name}: expected smtp://USER:PASSWORD@HOST:PORT, smtps://… or smtp+plain://…"
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise InvalidValue(expected) from None
    if parts.scheme not in SECURITY_OF or not host:
        raise InvalidValue(expected)
    settings: Settings = {"host": host, "security": SECURITY_OF[parts.scheme]}
    if port:
        settings["port"] = port
    if parts.username:
        settings["user"] = unquote(parts.username)
        settings["password"] = unquote(parts.password or "")
    return settings


def _port(text: str, name: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text[:6]) < 65536):
        raise InvalidValue(f"{name} is {text[:20]!r}: expected a number between 1 and 65535")
    return int(text)
