"""Which language: ours, a host's, and their regions."""

from __future__ import annotations

from functools import lru_cache
from gettext import NullTranslations
from os import PathLike

from servicecore.errors import InvalidValue, MissingExtra, UnknownName
from servicecore.messages.catalogue import (
    MessageCatalogue,
    catalogue_in,
    shipped,
    shipped_languages,
)
from servicecore.messages.wording import ENGLISH, Messages

NAMES = {"ar": "Arabic", "ru": "Russian"}


def messages_in(language: str = "en", *catalogues: str | PathLike[str]) -> Messages:
    """The messages of a language: ours, and over them those of your own catalogues.

    A language is ``"ru"``, or one with its region as in ``"ar-EG"``: the words are those of the
    language and the dates and numbers those of the region. Plain English needs no extra, everything
    else needs ``notices``. `catalogues` are `.po` files, each for the language that it says; those
    of other languages are left alone, so that one list serves all. Where two have the same
    message the later one wins, and the region's over the language's. They are read at every call:
    keep what you get.

    Raises `UnknownName` for a language that nothing is known of, `MissingExtra` without Babel,
    `MessageFileError` for catalogues that cannot be used.

    >>> messages_in("en").text("never")
    'never'
    """
    if not isinstance(language, str):
        raise InvalidValue(f"language is {language!r}: expected text such as 'en' or 'ru'")
    general, *region = language.replace("_", "-").split("-")
    tag = "-".join([general.lower(), *region])
    return _found(tag, *catalogues) if catalogues else _shipped(tag)


def as_messages(language: str | Messages) -> Messages:
    """`language` as messages; what are messages already stay as they are."""
    return language if isinstance(language, Messages) else messages_in(language)


@lru_cache
def _shipped(tag: str) -> Messages:
    return _found(tag)


def _found(tag: str, *paths: str | PathLike[str]) -> Messages:
    if tag == "en" and not paths:
        return ENGLISH
    known = {"en", *shipped_languages()}
    if not paths and _without_region(tag) not in known:
        raise UnknownName("language", tag, known)
    _require_babel(tag)
    own = [catalogue_in(path) for path in paths]
    chosen = _in_order(tag, own)
    if not chosen and _without_region(tag) != "en":
        raise UnknownName("language", tag, known | {each.language for each in own})
    return _localised(tag, chosen)


def _require_babel(tag: str) -> None:
    try:
        import babel  # noqa: F401  # to see whether it is there
    except ImportError:
        named = NAMES.get(_without_region(tag), tag)
        raise MissingExtra(f"explanations in {named}", "notices") from None


def _without_region(tag: str) -> str:
    return tag.partition("-")[0]


def _in_order(tag: str, own: list[MessageCatalogue]) -> list[MessageCatalogue]:
    """The catalogues for a language, the one that wins at the end."""
    general = _without_region(tag)
    ours = [shipped(general)] if general in shipped_languages() else []
    fitting = [each for each in own if _covers(each.language, tag)]
    return [*ours, *sorted(fitting, key=lambda each: len(each.language))]


def _covers(language: str, tag: str) -> bool:
    return f"{tag}-".lower().startswith(f"{language}-".lower())


def _localised(tag: str, catalogues: list[MessageCatalogue]) -> Messages:
    from servicecore.messages.localised import LocaleFormats, locale_of

    translations = NullTranslations()
    for catalogue in catalogues:
        translations = catalogue.over(translations)
    if tag == "en":
        return Messages(tag, ENGLISH.formats, translations)
    locale = locale_of(tag)
    if locale is None:
        raise InvalidValue(f"language {tag!r} has no locale in Babel: expected one of CLDR's")
    return Messages(tag, LocaleFormats(locale), translations)
