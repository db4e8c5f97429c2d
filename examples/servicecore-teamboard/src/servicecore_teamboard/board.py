"""The board on the net: it is told what happened, and shows what a group is to know."""

from __future__ import annotations

import json
import re
from contextlib import closing, suppress
from hashlib import sha256
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import SplitResult, urlsplit

from attrs import field, frozen
from servicecore.errors import InvalidValue
from servicecore.notices import Delivered, Delivery, Message, Permanent, Retry

from servicecore_teamboard.cards import Card

ANOTHER_TIME = frozenset({408, 425, 429})
"""The refusals that hold for now."""

HARMFUL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\ud800-\udfff]")
"""What drives a terminal or turns the direction of writing; tabs and line feeds do not."""


class BoardFailed(Exception):
    """The board did not take a card; the message holds neither its URL nor the token."""


def _url(text: str) -> SplitResult:
    # No message repeats the URL or the token: what is raised goes to logs.
    if _is_word(text):
        with suppress(ValueError):
            url = urlsplit(text)
            leads = url.scheme in ("http", "https") and url.hostname and url.port != 0
            if leads and "@" not in url.netloc:
                return url
    raise InvalidValue("the URL of the board cannot be used: expected https://HOST/…")


def _token(text: str) -> str:
    if not _is_word(text):
        raise InvalidValue("the token of the board cannot be used: expected one word of ASCII")
    return text


def _is_word(text: str) -> bool:
    return bool(text) and text.isascii() and text.isprintable() and " " not in text


@frozen(repr=False)
class Board:
    """A board that takes cards by POST, and knows a card that comes again by its key.

    `timeout` are the seconds that it may keep us waiting.
    """

    url: SplitResult = field(converter=_url)
    token: str = field(converter=_token)
    timeout: float = 5.0

    def __repr__(self) -> str:
        return f"Board({self.url.hostname!r})"

    def tell(self, card: Card) -> None:
        """Put a card on the board; `BoardFailed` if it is not there for sure."""
        answer = self._post(card, str(card["id"]))
        if not isinstance(answer, Delivered):
            raise BoardFailed(answer.reason)

    def deliver(self, message: Message) -> Delivery:
        """Show a notice to the group that the address of a message names."""
        card: Card = {
            "type": "notice",
            "request": shown(message.request),
            "group": shown(message.address),
            "subject": shown(message.text.subject).replace("\n", " "),
            "text": shown(message.text.plain),
        }
        return self._post(card, message.key)

    def _post(self, card: Card, key: str) -> Delivery:
        """What comes of a card; it follows no redirect, and nothing of the answer is read."""
        kind = HTTPSConnection if self.url.scheme == "https" else HTTPConnection
        connection = kind(str(self.url.hostname), self.url.port, timeout=self.timeout)
        path = (self.url.path or "/") + (f"?{self.url.query}" if self.url.query else "")
        with closing(connection):
            try:
                connection.request("POST", path, json.dumps(card), self._headers(key))
                answer = connection.getresponse()
            except (OSError, HTTPException) as problem:
                return Retry(f"the board cannot be reached: {type(problem).__name__}")
        return _verdict(answer.status, answer.getheader("Retry-After", ""))

    def _headers(self, key: str) -> dict[str, str]:
        hashed = sha256(key.encode("utf-8", "surrogatepass")).hexdigest()  # a key may be any text
        return {
            "Authorization": f"Bearer {self.token}",
            "Content-Type": "application/json",
            "Idempotency-Key": hashed,
        }


def _verdict(status: int, retry_after: str) -> Delivery:
    told = f"the board answered {status}"
    if 200 <= status < 300:
        return Delivered()
    if status < 500 and status not in ANOTHER_TIME:
        return Permanent(told)
    seconds = retry_after if retry_after.isascii() and retry_after.isdigit() else ""
    return Retry(told, float(seconds[:6]) if seconds else None)


def shown(text: str) -> str:
    """A text with a mark where something in it would do harm."""
    return HARMFUL.sub("\N{REPLACEMENT CHARACTER}", text)
