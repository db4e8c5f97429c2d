"""Messages: the words of one language, filled in."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from gettext import NullTranslations
from zoneinfo import ZoneInfo

import attrs
from attrs import field, frozen

from servicecore.errors import InvalidValue
from servicecore.instants import DateTime, to_datetime, to_instant
from servicecore.messages.formats import EnglishFormats, Formats

ISOLATE, END_OF_ISOLATE = "\u2068", "\u2069"
"""Between these two, text has a direction of its own (FSI and PDI of Unicode's UAX 9)."""

MARKS = f"{ISOLATE}{END_OF_ISOLATE}\u200e\u200f\u061c"
"""These, and marks that run one way, stand in what formats give."""

JOINERS = "\u200c\u200d"
"""Between letters of some scripts, and within emoji: they drive nothing and are needed."""

_ISOLATED = re.compile(f"{ISOLATE}[^{ISOLATE}{END_OF_ISOLATE}]*{END_OF_ISOLATE}")
LEFT_TO_RIGHT = frozenset({"L"})
RIGHT_TO_LEFT = frozenset({"R", "AL"})


def _written_out(text: str) -> str:
    """The text with whatever drives a terminal, or forges a line, written out."""
    return "".join([each if _is_shown(each) else repr(each)[1:-1] for each in text])


def _is_shown(character: str) -> bool:
    return (
        character.isprintable()
        or character in MARKS
        or character in JOINERS
        or unicodedata.category(character) == "Zs"  # spaces of a kind, as numbers have them
    )


@frozen(eq=False)
class Messages:
    """What is said in one language, and how it writes instants, durations and numbers.

    Instants are told in `zone`; where that is None, each in the zone that it is in.

    A message is found by its English text. What is filled in is text already: that of the other
    methods, or a name. A name written in the other direction than the language is isolated, so
    that it leaves the order of what stands around it alone.

    >>> ENGLISH.text("{clock}: due {due}", clock="resolution", due="today")
    'resolution: due today'
    """

    language: str = "en"
    formats: Formats = field(factory=EnglishFormats)
    _translations: NullTranslations = field(factory=NullTranslations, repr=False)
    zone: ZoneInfo | None = field(default=None, kw_only=True)

    @property
    def right_to_left(self) -> bool:
        """Whether the language is written from right to left."""
        return self.formats.right_to_left

    def text(self, message: str, /, **values: str) -> str:
        """A message with its ``{placeholders}`` filled in.

        In English the message is its own text; so it is where no catalogue has it. Raises
        `InvalidValue` where a placeholder has no value, and for a value that is no text.
        """
        return self._filled(self._translations.gettext(message), values)

    def plural(self, singular: str, plural: str, count: int, /, **values: str) -> str:
        """A message about so many; ``{count}`` is filled in by itself.

        >>> ENGLISH.plural("{count} window, {time}", "{count} windows, {time}", 2, time="9h")
        '2 windows, 9h'
        """
        pattern = self._translations.ngettext(singular, plural, abs(count))
        return self._filled(pattern, {"count": self.number(count), **values})

    def word(self, kind: str, word: str) -> str:
        """One of the words that also are data, such as the status "resolved".

        `kind` tells it apart from the same word elsewhere (the context of gettext). A word that
        no catalogue has stays as it is: it is somebody's own.
        """
        return self._translations.pgettext(kind, word)

    def _filled(self, pattern: str, values: dict[str, str]) -> str:
        safe = {name: self.isolated(value) for name, value in values.items()}
        try:
            return pattern.format(**safe)
        except KeyError as missing:
            problem = f"{pattern!r} cannot be filled in: expected a value for {missing}"
            raise InvalidValue(problem) from None

    def isolated(self, text: str) -> str:
        """The text, isolated where something in it runs the other way.

        What would drive a terminal, or begin a line of its own, is written out.
        """
        if not isinstance(text, str):
            raise InvalidValue(f"found {text!r}: expected text, such as `number` and `when` give")
        if not text.isprintable():
            text = _written_out(text)
        foreign = LEFT_TO_RIGHT if self.right_to_left else RIGHT_TO_LEFT
        if text.isascii() and not self.right_to_left:
            return text
        outside = _ISOLATED.sub("", text)
        if foreign.isdisjoint(map(unicodedata.bidirectional, outside)):
            return text
        return f"{ISOLATE}{text}{END_OF_ISOLATE}"

    def quoted(self, text: str) -> str:
        """A name between quotation marks, with whatever cannot be printed written out.

        >>> ENGLISH.quoted("gold")
        "'gold'"
        """
        shown, marks = repr(text), self.word("quotation marks", "''")
        if marks == "''":
            return shown
        return f"{marks[:1]}{self.isolated(shown[1:-1])}{marks[-1:]}"

    def when(self, moment: DateTime | None) -> str:
        """An instant, with its offset where a clock shows it twice.

        >>> from servicecore.instants import to_datetime
        >>> ENGLISH.when(to_datetime(0))
        'Thu 1 Jan 1970 00:00'
        """
        if moment is None:
            return self.text("never")
        if self.zone is not None:
            moment = to_datetime(to_instant(moment), self.zone)
        text = self.formats.when(moment)
        if not is_shown_twice(moment):
            return text
        offset = moment.format("Z", locale="en")
        shown = f"{ISOLATE}{offset}{END_OF_ISOLATE}" if self.right_to_left else offset
        return f"{text} ({shown})"

    def time_of_day(self, moment: DateTime) -> str:
        """A time of day to the minute."""
        return self.formats.time_of_day(moment)

    def in_zone(self, zone: ZoneInfo) -> Messages:
        """The same words, with all instants told in one time zone."""
        return attrs.evolve(self, zone=zone)

    def date(self, day: date) -> str:
        """A date."""
        return self.formats.date(day)

    def duration(self, microseconds: int) -> str:
        """A duration in hours, minutes and seconds, to the microsecond.

        >>> ENGLISH.duration(5_400_000_000)
        '1h 30m'
        """
        return self.formats.duration(microseconds)

    def number(self, number: float | Decimal) -> str:
        """A number."""
        return self.formats.number(number)

    def joined(self, parts: Iterable[str]) -> str:
        """A list as in a sentence.

        >>> ENGLISH.joined(["Ann", "Bob", "Cy"])
        'Ann, Bob and Cy'
        """
        return self.formats.joined([self.isolated(part) for part in parts])

    def listed(self, parts: Sequence[str]) -> str:
        """A list with commas alone.

        >>> ENGLISH.listed(["Good Friday", "Easter Monday"])
        'Good Friday, Easter Monday'
        """
        return self.text(", ").join(map(self.isolated, parts))


def is_shown_twice(moment: DateTime) -> bool:
    """Whether the clock on the wall shows this time twice, as it does when it is put back."""
    return moment.replace(fold=0).utcoffset() != moment.replace(fold=1).utcoffset()


ENGLISH = Messages()
