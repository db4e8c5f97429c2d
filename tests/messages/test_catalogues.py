"""Everything that is said has a translation, and every translation says something that is said."""

from __future__ import annotations

import ast
import re
from io import BytesIO

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from servicecore.messages.catalogue import placeholders, shipped_languages
from tests.messages.extraction import (
    CATALOGUES,
    TEMPLATE,
    Entry,
    calls,
    entries,
    literal,
    said_in,
    sources,
    template,
    templates,
    written,
)

LANGUAGES = ("ar", "ru")
ANEW = "run `python -m tests.messages.extraction`, then translate what is new"


def catalogue(language: str) -> Catalog:
    return read_po(BytesIO((CATALOGUES / f"{language}.po").read_bytes()), abort_invalid=True)


def translations(language: str) -> dict[Entry, tuple[str, ...]]:
    """What a catalogue has, each message with all the forms of its translation."""
    found: dict[Entry, tuple[str, ...]] = {}
    for message in catalogue(language):
        if message.id:
            forms = message.string if isinstance(message.string, tuple) else (message.string,)
            found[message.context, message.id] = tuple(map(str, forms))
    return found


def test_these_languages_are_shipped() -> None:
    assert shipped_languages() == list(LANGUAGES)


def test_every_call_says_its_message_where_it_stands() -> None:
    """A message that a variable holds could not be found, and so not be translated."""
    for module, made in sources():
        for call in made:
            assert isinstance(call.func, ast.Attribute)
            texts = literal(call)
            needed = texts[:1] if call.func.attr == "text" else texts
            is_word = call.func.attr == "word"
            assert is_word or None not in needed, f"{module}, line {call.lineno}"


def test_every_call_fills_in_what_its_message_asks_for() -> None:
    for module, made in sources():
        for call in made:
            texts = [text for text in literal(call) if text is not None]
            starred = any(keyword.arg is None for keyword in call.keywords)
            if call.func.attr == "word" or starred:  # type: ignore[attr-defined]  # an attribute
                continue
            given = {str(keyword.arg) for keyword in call.keywords}
            counted = {"count"} & placeholders(texts[-1]) if len(texts) == 2 else set()
            assert placeholders(texts[-1]) == given | counted, f"{module}, line {call.lineno}"


def test_every_call_in_a_text_of_a_notice_says_its_message_and_fills_it_in() -> None:
    """B10: one catalogue for explanations and notices."""
    made = [(name, said) for name, calls in templates() for said in calls]
    assert made
    for name, said in made:
        *_, message = said.texts
        assert said.function == "word" or None not in said.texts, f"{name}, line {said.line}"
        if message is not None:
            counted = {"count"} & placeholders(message) if said.function == "plural" else set()
            assert placeholders(message) == said.filled | counted, f"{name}, line {said.line}"


def test_calls_of_templates_are_found() -> None:
    source = """{{ text("due {due}", due=when(fact.due)) }}
    {% if x %}{{ plural("{count} day", "{count} days", 3) }}{% endif %}
    {{ text(fact.reason) }} {{ word("clock", fact.clock) }} {{ other("none of ours") }}"""
    assert {(said.function, said.texts) for said in said_in(source)} == {
        ("plural", ("{count} day", "{count} days")),
        ("text", (None,)),
        ("text", ("due {due}",)),
        ("word", ("clock", None)),
    }


def test_the_template_has_every_message() -> None:
    assert TEMPLATE.read_text("utf-8") == written(template()), ANEW


@pytest.mark.parametrize("language", LANGUAGES)
class TestEveryLanguage:
    def test_translates_every_message_and_no_other(self, language: str) -> None:
        known = translations(language)
        assert list(known) == list(entries()), ANEW
        assert [entry for entry, forms in known.items() if not all(forms)] == []

    def test_has_no_doubtful_or_obsolete_message(self, language: str) -> None:
        assert not catalogue(language).obsolete
        assert not [message.id for message in catalogue(language) if message.id and message.fuzzy]

    def test_fills_in_what_the_message_does(self, language: str) -> None:
        """Only how many there are may be left to the word: one window, two windows."""
        for (_, text), forms in translations(language).items():
            wanted = placeholders(text if isinstance(text, str) else text[1])
            counted = set() if isinstance(text, str) else {"count"}
            for form in forms:
                assert wanted - counted <= placeholders(form) <= wanted, text

    def test_has_every_form_of_the_plural(self, language: str) -> None:
        forms = {"ar": 6, "ru": 3}[language]
        plurals = [each for each in translations(language).items() if isinstance(each[0][1], tuple)]
        assert plurals
        assert {len(each) for _, each in plurals} == {forms}

    def test_leaves_nothing_in_english(self, language: str) -> None:
        for (_, text), forms in translations(language).items():
            for form in forms:
                words = re.findall("[A-Za-z]+", re.sub("{[^}]*}", "", form))
                assert set(words) <= {"UTC"}, text


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ('messages.text("due {due}", due=due)', ["due {due}"]),
        ('self.messages.text("late")', ["late"]),
        ('messages.plural("{count} day", "{count} days", 3)', ["{count} day", "{count} days"]),
        ('messages.word("mark", kind)', ["mark", None]),
        ('response.text("none of ours")', None),
    ],
)
def test_calls_are_found_by_what_they_are_made_on(line: str, found: list[str | None]) -> None:
    assert [literal(call) for call in calls(line)] == ([] if found is None else [found])
