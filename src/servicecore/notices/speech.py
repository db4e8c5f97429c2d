"""What templates of notices can use: the facts, and functions that say things in one language."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from string import Formatter

from attrs import field, frozen

from servicecore.errors import InvalidValue, suggestion
from servicecore.instants import MINUTE, SECOND, DateTime, to_datetime, to_instant
from servicecore.messages import Messages
from servicecore.notices.blocks import quoted
from servicecore.notices.harmless import line_of, lines_of
from servicecore.requests import Fact
from servicecore.sla.reasons import said_in_words

LONGEST_WORDS = 200
"""The characters of a fact within a sentence."""

LONGEST_QUOTE = 2000
MOST_LINES = 40
"""Those, and the lines, of a fact that is quoted."""

EARLIEST, LATEST = (to_instant(datetime(year, 1, 1, tzinfo=UTC)) for year in (2, 9999))
"""Instants beyond these are told as these: no calendar of ours writes their years."""

LONGEST_SUBJECT = 80
"""The characters of a request's own subject."""


class Said(str):
    """A fact that is text, as one harmless line.

    It compares and counts as plain text. Where it is written it is isolated, so that it leaves the
    order of the words around it alone. `quoted` has the lines of what it was.
    """

    __slots__ = ("_isolated", "_whole")
    _isolated: str
    _whole: str

    def __str__(self) -> str:
        return self._isolated


def said(text: str, messages: Messages) -> Said:
    """A text of others, as templates get it."""
    return our_own(line_of(text, LONGEST_WORDS), messages, text)


def our_own(line: str, messages: Messages, whole: str = "") -> Said:
    """A line of our own that is filled into others."""
    shown = Said(line)
    shown._isolated, shown._whole = messages.isolated(line), whole or line
    return shown


class Facts:
    """The facts of a notice by name: ``fact.reason``, ``fact["option 1"]``; text is harmless.

    A name that is not among them is an error; ``"reason" in fact`` asks whether it is.
    """

    __slots__ = ("_known",)

    def __init__(self, facts: Mapping[str, Fact], messages: Messages) -> None:
        self._known = {name: _harmless(fact, messages) for name, fact in facts.items()}

    def __getitem__(self, name: str) -> Said | float | tuple[Said, ...] | None:
        if name not in self._known:
            hint = suggestion(name, self._known) or f"it has {', '.join(sorted(self._known))}"
            raise InvalidValue(f"the notice has no fact {name!r}: {hint}")
        return self._known[name]

    def __contains__(self, name: str) -> bool:
        return name in self._known


def _harmless(fact: Fact, messages: Messages) -> Said | float | tuple[Said, ...] | None:
    if isinstance(fact, str):
        return said(fact, messages)
    if isinstance(fact, frozenset):
        return tuple(said(word, messages) for word in sorted(fact))
    return fact


@frozen
class Speech:
    """Functions of one language: each is a name that templates can call."""

    messages: Messages
    facts: Facts
    moments: list[int] = field(factory=list, init=False)
    """The instants that were told."""

    @property
    def functions(self) -> Mapping[str, Callable[..., object]]:
        """The functions, by the names that templates call them by."""
        names = ("text", "plural", "word", "when", "date", "duration", "number", "joined", "quoted",
                 "in_words", "each")  # fmt: skip
        return {name: getattr(self, name) for name in names}

    def text(self, message: str, /, **values: str) -> str:
        """A message of the catalogue, with its placeholders filled in."""
        language = self.messages
        return language.text(_plain_message(message), **_plain(values))

    def plural(self, singular: str, plural: str, count: int, /, **values: str) -> str:
        """A message about so many."""
        language, singular = self.messages, _plain_message(singular)
        return language.plural(singular, _plain_message(plural), count, **_plain(values))

    def word(self, kind: str, word: str) -> str:
        """One of the words that are data, such as the status "resolved", in the language."""
        language = self.messages
        return language.word(str.__str__(kind), str.__str__(word))

    def when(self, instant: int) -> str:
        """An instant in microseconds, to the minute: weekday, date and time."""
        moment = self._moment(instant)
        self.moments.append(instant)
        return self.messages.when(moment)

    def date(self, instant: int) -> str:
        """The date of an instant."""
        return self.messages.date(self._moment(instant))

    def _moment(self, instant: int) -> DateTime:
        """The minute of an instant, in the zone of the language; the last that can be told."""
        if type(instant) is not int:
            raise InvalidValue(f"found {instant!r}: expected an instant in microseconds")
        minute = instant - instant % MINUTE
        return to_datetime(min(max(minute, EARLIEST), LATEST), self.messages.zone)

    def duration(self, microseconds: int) -> str:
        """A duration, to the minute; to the second where it is shorter."""
        unit = MINUTE if abs(microseconds) >= MINUTE else SECOND
        return self.messages.duration(int(microseconds / unit) * unit)

    def number(self, number: float) -> str:
        """A number."""
        return self.messages.number(number)

    def joined(self, parts: Iterable[str]) -> str:
        """A list as in a sentence."""
        return self.messages.joined(map(str.__str__, parts))

    def quoted(self, text: str) -> str:
        """A fact with all its lines, as a block of its own; nothing where it is empty."""
        if not text:
            return ""
        whole = text._whole if isinstance(text, Said) else str(text)
        lines = lines_of(whole, LONGEST_QUOTE, MOST_LINES)
        return quoted(map(self.messages.isolated, lines)) if any(lines) else ""

    def in_words(self, reason: str) -> str:
        """The reason of a status: our own words in the language, those of others as they are."""
        whole = reason._whole if isinstance(reason, Said) else str(reason)
        told = said_in_words(whole, self.messages)
        return reason if told == whole else told

    def each(self, name: str) -> Iterator[object]:
        """The facts that are numbered under a name: "option 1", "option 2", …"""
        number = 1
        while (key := f"{name} {number}") in self.facts:
            yield self.facts[key]
            number += 1


def _plain(values: Mapping[str, str]) -> dict[str, str]:
    """Values to be filled in; what is no text is refused there."""
    shown: Mapping[str, object] = values
    return {
        name: str.__str__(value) if isinstance(value, str) else value  # type: ignore[misc]  # refused where it is filled in
        for name, value in shown.items()
    }


def _plain_message(message: str) -> str:
    """A message whose placeholders are names; others would reach into what fills them."""
    for _, name, spec, conversion in Formatter().parse(str(message)):
        if name is not None and (spec or conversion or not name.isidentifier()):
            raise InvalidValue(
                f"the message {str(message)[:200]!r} has a placeholder that is no name: "
                "expected such as {request}"
            )
    return str(message)
