"""What a webhook is told: a CloudEvents 1.0 event in JSON, structured mode."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from hashlib import sha256
from math import isfinite
from urllib.parse import quote

from servicecore.backends.harmless import lines, one_line
from servicecore.errors import InvalidValue
from servicecore.notices import Message
from servicecore.requests import Fact

CONTENT_TYPE = "application/cloudevents+json; charset=utf-8"
TYPE = "servicecore.notice."
"""What the type of every event begins with; the template of the notice follows."""

_PLAIN_ID = re.compile(r"(?!sha256:)[!-~](?:[ -~]{0,253}[!-~])?")

Json = str | int | float | bool | None | list[str] | dict[str, "Json"]


def event_id(message: Message) -> str:
    """The id of the event and of the webhook: the message's key, where a header can hold it.

    Of any other key it is the hash: always the same, and never that of another key.

    >>> from servicecore.notices import Text
    >>> message = Message(key="main/c1", shard="main", request="R1", template="t", recipient="r",
    ...                   channel="hook", address="ops", language="en",
    ...                   text=Text(subject="s", plain="p"), made=0)
    >>> event_id(message)
    'main/c1'
    """
    if _PLAIN_ID.fullmatch(message.key):
        return message.key
    return "sha256:" + sha256(message.key.encode("utf-8", "surrogatepass")).hexdigest()


def as_event(message: Message, source: str) -> str:
    """The event of a message as JSON; `InvalidValue` where a fact cannot be written.

    `source` is a URI reference; the shard is added to it. Numbers that are not finite become null,
    sets of words sorted lists.
    """
    event: dict[str, Json] = {
        "specversion": "1.0",
        "id": event_id(message),
        "source": f"{source}/{quote(message.shard, safe='', errors='replace')}",
        "type": TYPE + one_line(message.template),
        **_when(message),
        **_subject(message),
        "datacontenttype": "application/json",
        "data": _data(message),
    }
    try:
        return json.dumps(event, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    except ValueError:
        raise InvalidValue("the facts hold a number with too many digits for JSON") from None


def _when(message: Message) -> dict[str, Json]:
    """When the notice was made; nothing outside the years that can be written."""
    try:
        return {"time": message.made_at.isoformat().replace("+00:00", "Z")}
    except InvalidValue:
        return {}


def _subject(message: Message) -> dict[str, Json]:
    """The request; an event has no subject rather than an empty one."""
    request = one_line(message.request)
    return {"subject": request} if request else {}


def _data(message: Message) -> dict[str, Json]:
    return {
        "key": lines(message.key),
        "shard": lines(message.shard),
        "request": lines(message.request),
        "template": lines(message.template),
        "recipient": lines(message.recipient),
        "language": lines(message.language),
        "severity": message.severity.value,
        "subject": one_line(message.text.subject),
        "plain": lines(message.text.plain),
        "html": lines(message.text.html),
        "facts": _facts(message.facts),
    }


def _facts(facts: Mapping[str, Fact]) -> dict[str, Json]:
    return {lines(name): _fact(facts[name]) for name in sorted(facts)}


def _fact(fact: Fact) -> Json:
    if isinstance(fact, frozenset):
        return sorted(map(lines, fact))
    if isinstance(fact, str):
        return lines(fact)
    return None if isinstance(fact, float) and not isfinite(fact) else fact
