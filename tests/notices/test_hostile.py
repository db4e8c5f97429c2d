"""Facts are data: whatever they say is shown, never obeyed. And what templates cannot reach."""

from __future__ import annotations

import re
import unicodedata
from html.parser import HTMLParser
from itertools import product

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import DictLoader

from servicecore.errors import Fault
from servicecore.notices import Contact, Notice, Text
from servicecore.notices.harmless import line_of, lines_of
from servicecore.notices.texts import Texts
from tests.notices.facts_of_texts import NEEDED, OPTIONAL, full, notice

TEXTS = Texts(zone="UTC", link="https://x.example/{request}", signed="The desk")
LANGUAGES = ("en", "ru", "ar")
CONTACTS = {
    language: Contact(channel="mail", address="a@example.org", language=language)
    for language in LANGUAGES
}
ISOLATE, END = "\u2068", "\u2069"
MARKS = {ISOLATE, END, "\u200e", "\u200f", "\u061c"}
"""What formats of languages have, and isolates of ours."""
JOINERS = {"\u200c", "\u200d"}
KINDS = {"resolution", "high", "share", "delivery", "checkpoint", "told", "customer", "supplier",
         "silence", "bounces", "reopened", "unassigned", "gap", "custodian told"}  # fmt: skip
"""Facts that choose a text and are not shown as they are."""

TEMPLATED = [
    "{{ 7*7 }}",
    "{% for x in ().__class__.__base__.__subclasses__() %}{{ x }}{% endfor %}",
    "{{ text.__globals__ }}",
    "{{ fact.__class__.__mro__ }}",
    "{request.__class__}",
    "{0}",
    "{}",
    "%(request)s",
    "{# gone #}",
    "${7*7}",
]
MARKED_UP = ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "&amp;<!--", "]]>'"]


class Tags(HTMLParser):
    """The tags of a page with their attributes, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, tuple[tuple[str, str | None], ...]]] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag != "br":
            self.tags.append((tag, tuple(attrs)))

    def handle_comment(self, data: str) -> None:
        self.tags.append(("comment", ()))

    def handle_data(self, data: str) -> None:
        self.text += data


def with_facts(made: Notice, text: str) -> Notice:
    """The same notice with every fact that is shown saying that."""
    facts = {
        name: text if isinstance(fact, str) and fact not in KINDS else fact
        for name, fact in made.facts.items()
    }
    return attrs.evolve(made, facts=facts)


def plain_of(text: str) -> str:
    return text.translate(dict.fromkeys(map(ord, ISOLATE + END)))


@pytest.mark.parametrize("template", sorted(NEEDED))
class TestEveryFactOfEveryTemplate:
    def test_is_no_template(self, template: str) -> None:
        for made, language, hostile in product(full(template), LANGUAGES, TEMPLATED):
            text = TEXTS.render(with_facts(made, hostile), CONTACTS[language])
            assert hostile in plain_of(text.subject), "the subject of the request is in it"
            assert "49" not in text.subject + text.plain + text.html
            assert "class '" not in text.subject + text.plain + text.html

    def test_is_no_markup(self, template: str) -> None:
        """The page has the same tags as with harmless facts."""
        for made, language, hostile in product(full(template), LANGUAGES, MARKED_UP):
            harmless = TEXTS.render(with_facts(made, "x"), CONTACTS[language])
            text = TEXTS.render(with_facts(made, hostile), CONTACTS[language])
            assert Tags(text.html).tags == Tags(harmless.html).tags
            assert hostile in plain_of(Tags(text.html).text)
            assert hostile in plain_of(text.subject)

    def test_makes_no_lines(self, template: str) -> None:
        """Nobody can write a paragraph, a list or a signature of ours."""
        forged = "x\n\n- y\r\n\r\n-- \nBcc: z\u2028\x85\x0bw"
        for made, language in product(full(template), LANGUAGES):
            harmless = TEXTS.render(with_facts(made, "x"), CONTACTS[language])
            text = TEXTS.render(with_facts(made, forged), CONTACTS[language])
            assert "\n" not in text.subject
            quoted = re.compile("    .*\n?")
            assert [line[:2] for line in quoted.sub("", text.plain).split("\n")] == [
                line[:2] for line in quoted.sub("", harmless.plain).split("\n")
            ]


def as_shown(text: Text) -> list[str]:
    return [text.subject, *text.plain.split("\n"), *text.html.split("\n")]


@given(
    st.sampled_from(sorted(NEEDED)), st.sampled_from(LANGUAGES),
    st.text() | st.sampled_from(["x" * 500, "سلام" * 100])
    | st.text("\u202a\u202e\u2066\u2068\u2069\u200e\u200d a\nب\x1b\x00", max_size=30),
)  # fmt: skip
def test_whatever_is_in_a_fact_leaves_what_stands_around_it_alone(
    template: str, language: str, said: str
) -> None:
    """No controls, no halves of pairs, and no marks of direction but ours, which are in pairs."""
    for made in full(template):
        text = TEXTS.render(with_facts(attrs.evolve(made, request="R1"), said), CONTACTS[language])
        for line in as_shown(text):
            kinds = {each: unicodedata.category(each) for each in line}
            odd = {each for each, kind in kinds.items() if kind in {"Cc", "Cf", "Cs", "Zl", "Zp"}}
            assert not odd - MARKS - JOINERS
            depth = 0
            for each in line:
                depth += (each == ISOLATE) - (each == END)
                assert depth >= 0
            assert depth == 0


@given(st.text(), st.sampled_from(LANGUAGES))
def test_a_request_and_a_recipient_of_any_name(name: str, language: str) -> None:
    if not name.strip():
        return
    made = attrs.evolve(notice("assigned", {**OPTIONAL["assigned"]}), request=name,
                        recipient=f"group: {name}")  # fmt: skip
    text = TEXTS.render(made, CONTACTS[language])
    assert "\n" not in text.subject
    assert text.plain.encode()
    assert text.html.encode()


class TestTooLong:
    def test_a_subject_is_cut(self) -> None:
        facts = {"target": "y" * 5000, "reason": ""}
        made = attrs.evolve(notice("merged", facts), request="x" * 5000)
        text = TEXTS.render(made, CONTACTS["en"])
        assert len(text.subject) <= 150
        assert text.subject.endswith("…")
        assert "x" * 70 in text.subject

    def test_words_in_a_sentence_are_cut(self) -> None:
        text = TEXTS.render(notice("merged", {"target": "y" * 5000, "reason": ""}), CONTACTS["en"])
        assert "y" * 199 + "…" in text.plain
        assert "y" * 200 not in text.plain

    def test_a_quotation_is_cut(self) -> None:
        for done in ("y" * 50_000, "y\n" * 50_000, "\n".join(["y" * 1000] * 100)):
            facts = {"done": done, "next_due": None}
            text = TEXTS.render(notice("reported", facts), CONTACTS["en"])
            quoted = [line for line in text.plain.split("\n") if line.startswith("    ")]
            assert len(quoted) <= 40
            assert sum(map(len, quoted)) <= 2000 + 4 * 40
            assert quoted[-1].endswith("…")

    @given(st.text(), st.integers(1, 50))
    def test_one_line_is_one_line(self, text: str, longest: int) -> None:
        line = line_of(text, longest)
        assert len(line) <= longest
        assert line == " ".join(line.split())
        assert len(line.splitlines()) <= 1

    @given(st.text(), st.integers(1, 50), st.integers(1, 5))
    def test_lines_are_lines(self, text: str, longest: int, most: int) -> None:
        lines = lines_of(text, longest, most)
        assert 1 <= len(lines) <= most
        assert sum(map(len, lines)) <= longest + 1
        assert all(len(line.splitlines()) <= 1 for line in lines)

    @pytest.mark.parametrize(
        "shown",
        [
            "Zoë",
            "سلام",
            "\N{WOMAN}\u200d\N{FIRE ENGINE} ok",
            "می\u200cخواهم",
            "a b",
            "ﬁ 中",
            "1\u202f000",
        ],
    )
    def test_what_people_write_stays(self, shown: str) -> None:
        """Emoji of several signs and scripts with joiners, too."""
        text = TEXTS.render(notice("merged", {"target": shown, "reason": shown}), CONTACTS["en"])
        assert plain_of(text.subject) == f"99: goes on as {shown}".replace("\u202f", " ")
        assert f"    {shown}" in plain_of(text.plain)


REACHING = [
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ fact.__class__ }}",
    "{{ fact._known }}",
    "{{ text.__globals__ }}",
    "{{ text.__func__.__globals__ }}",
    "{{ text.__self__.messages }}",
    "{{ request._whole }}",
    "{{ request.__class__.__init__.__globals__ }}",
    "{{ (text|attr('__globals__')) }}",
    "{{ '{0.__class__}'.format(request) }}",
    "{{ '{0.__class__}'.format_map({'0': request}) }}",
    "{{ text('{a.__class__}', a='x') }}",
    "{{ text('{a[0]}', a='x') }}",
    "{{ text('{a!r}', a='x') }}",
    "{{ text('{a:>999999999}', a='x') }}",
    "{{ plural('{count.__class__}', '{count.__class__}', 2) }}",
    "{{ plural('{count}', '{count:>999999999}', 2) }}",
    "{{ cycler.__init__.__globals__.os }}",
    "{{ self.__init__.__globals__ }}",
    "{% set x = [] %}{{ x.append(1) }}",
    "{{ {}.update({1: 2}) }}",
    "{% for i in range(99999999999) %}{% endfor %}",
    "{% import 'os' as os %}",
    "{% include '../texts.py' %}",
    "{% include '/etc/passwd' %}",
]


@pytest.mark.parametrize("source", REACHING)
def test_a_template_reaches_nothing_of_python(source: str) -> None:
    """The sandbox, and messages whose placeholders would walk along attributes."""
    texts = Texts(templates=DictLoader({"own.jinja": f"a\n\n{source}"}))
    with pytest.raises(Fault, match=r"line \d: the template "):
        texts.render(notice("own", {"name": "x"}), CONTACTS["en"])


def test_a_fact_is_no_message() -> None:
    """Where a template takes one for a message nevertheless, it is filled in by names alone."""
    texts = Texts(templates=DictLoader({"own.jinja": "a\n\n{{ text(fact.name) }}"}))
    with pytest.raises(Fault, match="a placeholder that is no name"):
        texts.render(notice("own", {"name": "{x.__class__}"}), CONTACTS["en"])
