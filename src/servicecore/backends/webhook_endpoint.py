"""Endpoints of webhooks: where to, and what proves that it came from us."""

from __future__ import annotations

import re
from base64 import b64decode
from binascii import Error as NoBase64
from collections.abc import Iterable, Mapping

from attrs import field, frozen

from servicecore.errors import InvalidValue, MissingExtra

try:
    import httpx
    from standardwebhooks.webhooks import Webhook
except ImportError as missing:
    raise MissingExtra("webhooks", "webhook") from missing

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"[!-~](?:[ -~]*[!-~])?")
OURS = frozenset(
    {
        "connection", "content-length", "content-type", "host", "transfer-encoding", "user-agent",
        "webhook-id", "webhook-signature", "webhook-timestamp",
    }
)  # fmt: skip
"""The headers that the channel writes itself."""


def _url(text: str) -> httpx.URL:
    # None of these messages repeats the URL: those who have it may post to it.
    try:
        url = httpx.URL(text)
    except (httpx.InvalidURL, TypeError):
        raise InvalidValue("the URL of an endpoint cannot be read: expected https://…") from None
    if url.scheme not in {"http", "https"} or not url.host:
        raise InvalidValue("the URL of an endpoint leads nowhere: expected https://HOST/…")
    if url.userinfo:
        raise InvalidValue("the URL of an endpoint holds a password: expected it among `headers`")
    return url


def _secrets(given: str | Iterable[str]) -> tuple[str, ...]:
    secrets = (given,) if isinstance(given, str) else tuple(given)
    if not secrets or not all(map(_is_secret, secrets)):
        raise InvalidValue(
            "a secret of an endpoint is none: expected 'whsec_' and 24 to 64 bytes in base64"
        )
    return secrets


def _is_secret(secret: object) -> bool:
    if not isinstance(secret, str):
        return False
    try:
        return 24 <= len(b64decode(secret.removeprefix("whsec_"), validate=True)) <= 64
    except (NoBase64, ValueError):
        return False


def _headers(headers: Mapping[str, str]) -> dict[str, str]:
    for name, value in headers.items():
        if not _NAME.fullmatch(name) or name.lower() in OURS:
            raise InvalidValue(f"the header {name!r} cannot be added to a webhook")
        if not _VALUE.fullmatch(value):
            raise InvalidValue(f"the header {name!r} of a webhook: expected one line of ASCII")
    return dict(headers)


@frozen(kw_only=True, repr=False)
class Endpoint:
    """Where webhooks go to: a URL, and the secret or secrets that sign them.

    With several secrets each signs, so that a receiver can go from one to the next: the new one
    first, the old one for as long as the receiver knows no other. `headers` are sent along, such as
    an `Authorization`. Nothing of it is shown but the name of the host.

    >>> Endpoint(url="https://hooks.example/T0P/S3CRET", secret="whsec_" + "MfKQ" * 8)
    Endpoint(host='hooks.example')
    """

    url: httpx.URL = field(converter=_url)
    secrets: tuple[str, ...] = field(alias="secret", converter=_secrets)
    headers: Mapping[str, str] = field(factory=dict, converter=_headers, hash=False)

    @property
    def host(self) -> str:
        """The name of the host, or its address."""
        return self.url.host

    @property
    def port(self) -> int:
        """That of the URL, or the usual one."""
        return self.url.port or (443 if self.url.scheme == "https" else 80)

    @property
    def signers(self) -> tuple[Webhook, ...]:
        """What signs, by each of the secrets."""
        return tuple(Webhook(secret) for secret in self.secrets)

    def __repr__(self) -> str:
        return f"Endpoint(host={self.host!r})"


def endpoints_in(environ: Mapping[str, str], prefix: str) -> dict[str, Endpoint]:
    """The endpoints of an environment: ``<prefix>OPS_URL`` and ``<prefix>OPS_SECRET`` are `ops`.

    Several secrets stand side by side, with spaces between them. `InvalidValue` names the variable
    that is missing or wrong, never its value.
    """
    names = [
        name.removeprefix(prefix).removesuffix("_URL")
        for name, value in sorted(environ.items())
        if value and re.fullmatch(f"{re.escape(prefix)}.+_URL", name)
    ]
    return {name.lower(): _endpoint(environ, prefix + name) for name in names}


def _endpoint(environ: Mapping[str, str], stem: str) -> Endpoint:
    if not (secret := environ.get(f"{stem}_SECRET", "").split()):
        raise InvalidValue(f"{stem}_SECRET is not set: expected the secret that goes with the URL")
    try:
        return Endpoint(url=environ[f"{stem}_URL"], secret=secret)
    except InvalidValue as problem:
        raise InvalidValue(f"{stem}_URL and {stem}_SECRET: {problem}") from None
