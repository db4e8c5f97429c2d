"""Catalogues of messages: `.po` files, read and checked."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from os import PathLike
from pathlib import Path
from string import Formatter
from typing import TYPE_CHECKING

from attrs import frozen

from servicecore.errors import Fault, InvalidValue, MessageFileError

if TYPE_CHECKING:
    from babel.messages.catalog import Catalog, Message

SHIPPED = Path(__file__).with_name("catalogues")
"""Where our own catalogues lie, each named after its language."""


@frozen
class MessageCatalogue:
    """The translations of one file, for one language; `compiled` is what gettext reads."""

    language: str
    compiled: bytes

    def over(self, others: NullTranslations) -> NullTranslations:
        """These translations, and those of `others` for what these leave out."""
        own = GNUTranslations(BytesIO(self.compiled))
        own.add_fallback(others)
        return own


def shipped_languages() -> list[str]:
    """The languages that we have a catalogue for."""
    return sorted(path.stem for path in SHIPPED.glob("*.po"))


@lru_cache
def shipped(language: str) -> MessageCatalogue:
    """Our own catalogue of a language."""
    return catalogue_in(SHIPPED / f"{language}.po")


def catalogue_in(path: str | PathLike[str]) -> MessageCatalogue:
    """The catalogue in a `.po` file, checked; it says itself for which language it is.

    Raises `MessageFileError` with everything that is wrong, and `InvalidValue` where the file
    cannot be read. Needs Babel.
    """
    from babel.messages.mofile import write_mo

    catalog = _read(path)
    faults = [*_of_header(catalog), *(fault for each in _used(catalog) for fault in _of(each))]
    if faults:
        raise MessageFileError(f"{path} cannot be used as a catalogue of messages", faults)
    for message in list(catalog):
        if message.id and not _is_translated(message):
            catalog.delete(message.id, message.context)  # it is left to the catalogues below
    compiled = BytesIO()
    write_mo(compiled, catalog)
    return MessageCatalogue(str(catalog.locale_identifier).replace("_", "-"), compiled.getvalue())


def _read(path: str | PathLike[str]) -> Catalog:
    from babel.messages.pofile import PoFileError, read_po

    try:
        content = Path(path).read_bytes()
    except (OSError, TypeError, ValueError) as problem:
        raise InvalidValue(f"the catalogue {path!r} cannot be read: {problem}") from None
    try:
        return read_po(BytesIO(content), abort_invalid=True)
    except PoFileError as problem:
        fault = Fault((), f"{problem}; expected the format of gettext", problem.lineno or None)
    except (ValueError, LookupError) as problem:
        fault = Fault((), f"{problem}; expected the format of gettext, in the charset it names")
    raise MessageFileError(f"{path} is no catalogue of messages", [fault])


def _of_header(catalog: Catalog) -> Iterator[Fault]:
    if not catalog.locale_identifier:
        yield Fault((), "says no language; expected a header such as 'Language: de'")


def _used(catalog: Catalog) -> Iterator[Message]:
    return (each for each in catalog if each.id and not each.fuzzy and _is_translated(each))


def _is_translated(message: Message) -> bool:
    return all(_texts(message.string))


def _texts(text: str | tuple[str, ...] | list[str] | None) -> tuple[str, ...]:
    return (text or "",) if isinstance(text, str | None) else tuple(text)


def _of(message: Message) -> Iterator[Fault]:
    """What a translation does not take over from its message, or adds to it."""
    *_, wanted = map(placeholders, _texts(message.id))
    # The singular of a language may say "a" and the dual nothing; both know how many there are.
    may_lack = {"count"} if message.pluralizable else set()
    for text in _texts(message.string):
        try:
            found = placeholders(text)
        except ValueError as problem:
            yield _fault(message, f"{text!r} cannot be filled in: {problem}")
            continue
        if not wanted - may_lack <= found <= wanted:
            yield _fault(message, f"{text!r} has {_listed(found)}; expected {_listed(wanted)}")


def _fault(message: Message, problem: str) -> Fault:
    return Fault((repr(_texts(message.id)[0]),), problem, message.lineno)


def placeholders(text: str) -> set[str]:
    """The names to be filled in, each with whatever else stands between its braces.

    >>> sorted(placeholders("due {due}, {left} left"))
    ['due', 'left']
    """
    return {
        name + (f"!{conversion}" if conversion else "") + (f":{spec}" if spec else "")
        for _, name, spec, conversion in Formatter().parse(text)
        if name is not None
    }


def _listed(names: set[str]) -> str:
    return ", ".join(f"{{{name}}}" for name in sorted(names)) or "nothing to fill in"
