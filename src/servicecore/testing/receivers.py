"""What a suite for channels works with: receivers, messages, hostile text, and an open ear."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TypedDict, Unpack

from attrs import evolve, field, frozen

from servicecore.errors import MissingExtra
from servicecore.notices import Channel, Message, Text
from servicecore.requests import Fact

try:
    from hypothesis import strategies as st
except ImportError as missing:
    raise MissingExtra("the suites for backends", "testing") from missing

FRAGMENTS = (
    "\r\nBcc: eve@example.org\r\n\r\nforged",
    "\n.\nMAIL FROM:<eve@example.org>",
    "\r\n.\r\nRSET\r\n",
    "\0",
    "\x1b[2J\x1b]0;owned\x07",
    "\x85\u2028\u2029\v\f",
    "\u202egnp.exe\u202c",
    "\u2066\u2067\u2068",
    "\u2069\u2069",
    "\ud800",
    "\udfff\ud83d",
    "\ufffe\uffff",
    "<script>alert(1)</script>",
    "{{ 7 * 7 }}{% raw %}",
    "%s%n${HOME}`id`",
    "'; DROP TABLE notices; --",
    "=?utf-8?q?=0D=0ABcc:_eve?=",
    "مرحبا بالعالم",
    "שלום",
    "Привет",
    "👩‍👩‍👧‍👦 🇺🇳",
    "e\u0301\u0302\u0303",
)
"""Text that breaks out of lines, headers, terminals, templates or the writing direction."""

HARMFUL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\ud800-\udfff]")
"""What must not arrive in a text: controls but tabs and line feeds, embeddings, overrides."""

hostile_texts: st.SearchStrategy[str] = st.lists(
    st.one_of(st.sampled_from(FRAGMENTS), st.text(max_size=10)), min_size=1, max_size=6
).map("".join)


@frozen
class Arrival:
    """What a receiver has in its hands: subject, plain text, and the key if it is told."""

    subject: str
    text: str
    key: str = ""


@frozen
class Receiver:
    """A channel, and the other end of it.

    `arrived` gives everything that has arrived so far, in any order; what `deliver` has called
    delivered is among it. `address` is what a message to this receiver is addressed to. None of the
    `secrets` may be seen anywhere. `patience` are the seconds that the host gives a delivery.
    """

    channel: Channel
    address: str
    arrived: Callable[[], Sequence[Arrival]] = tuple
    secrets: tuple[str, ...] = field(default=(), repr=False)
    patience: float = 30.0


SAMPLE = Message(
    key="main/c1/1: customer",
    shard="main",
    request="R1",
    template="resolved",
    recipient="customer: acme",
    channel="channel",
    address="somebody",
    language="en",
    text=Text(subject="R1 is resolved", plain="The printer prints again.\n\nTell us if not."),
    made=1_772_442_000_000_000,
    facts={"priority": "high", "tags": frozenset({"printer", "floor 2"}), "attempts": 2},
)
"""A message as they come."""


class Changes(TypedDict, total=False):
    """What may be different about a message."""

    key: str
    request: str
    template: str
    recipient: str
    address: str
    language: str
    text: Text
    facts: Mapping[str, Fact]


def message_to(receiver: Receiver, **changes: Unpack[Changes]) -> Message:
    """The sample for a receiver, with what is different about it."""
    changes.setdefault("address", receiver.address)
    changes.setdefault("facts", dict(SAMPLE.facts))  # whoever changes them changes no other's
    return evolve(SAMPLE, **changes)


class _Ear(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.NOTSET)
        self.heard: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.heard.append(f"{logging.Formatter().format(record)} {vars(record)}")


@contextmanager
def overhearing() -> Iterator[list[str]]:
    """All that is logged meanwhile, down to what is for debugging."""
    root, ear = logging.getLogger(), _Ear()
    level = root.level
    root.addHandler(ear)
    root.setLevel(1)
    try:
        yield ear.heard
    finally:
        root.setLevel(level)
        root.removeHandler(ear)
