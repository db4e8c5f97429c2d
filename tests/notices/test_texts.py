"""What notices say: in every language, whatever is known, and some of them to the letter."""

from __future__ import annotations

import re
import sys
from datetime import UTC, datetime
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path
from textwrap import dedent
from typing import Any
from zoneinfo import ZoneInfo

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import DictLoader, FileSystemLoader, FunctionLoader

from servicecore.errors import Fault, InvalidValue, MissingExtra, UnknownName
from servicecore.notices import DEFAULT_NOTICES, Contact, Notice, NoticeRecord, Text
from servicecore.notices.texts import Texts
from tests.notices.facts_of_texts import HOUR, NEEDED, WHEN, combined, full, notice
from tests.notices.scenes import Written, courses

LANGUAGES = ("en", "ru", "ar")
TEMPLATES = sorted(NEEDED)
TEXTS = Texts(zone="UTC")
ISOLATES = "\u2068\u2069"


def contact(language: str = "en", **said: Any) -> Contact:
    return Contact(channel="mail", address="ann@example.org", language=language, **said)


def written(notice: Notice, language: str = "en", texts: Texts = TEXTS) -> Text:
    return texts.render(notice, contact(language))


def shown(text: Text) -> str:
    return f"{text.subject}\n{text.plain}".translate(dict.fromkeys(map(ord, ISOLATES)))


class Page(HTMLParser):
    """An HTML page, read back: its tags, its attributes and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: dict[str, str | None] = {}
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {f"{tag} {name}": value for name, value in attrs}

    def handle_data(self, data: str) -> None:
        self.text += data


def test_every_notice_has_a_template_that_is_tried_here() -> None:
    assert {rule.template for rule in DEFAULT_NOTICES} == set(NEEDED)
    shipped = {path.name for path in (files("servicecore.notices") / "templates").iterdir()}
    others = {"layout.txt", "layout.html", "digest.jinja", "details.jinja"}
    assert shipped - others == {f"{template}.jinja" for template in NEEDED}


@pytest.mark.parametrize("template", TEMPLATES)
class TestEveryTemplate:
    def test_says_something_whatever_is_known(self, template: str) -> None:
        """Every combination of what may be known, in every language."""
        for each in combined(template):
            for language in LANGUAGES:
                text = written(each, language)
                assert text.subject.strip()
                assert text.plain.strip()
                assert not re.search(r"[{}]|\bNone\b", text.subject + text.plain), text
                assert "\n\n\n" not in text.plain
                assert "99" in text.subject

    @pytest.mark.parametrize("language", ["ru", "ar"])
    def test_leaves_nothing_in_english(self, template: str, language: str) -> None:
        for each in combined(template):
            text = written(each, language)
            assert not re.findall("[A-Za-z]+", f"{text.subject} {text.plain}")

    def test_says_the_same_in_every_language(self, template: str) -> None:
        """Every fact that English tells is told in the others, and no other."""
        for each in full(template):
            names = [fact for fact in each.facts.values() if re.fullmatch("[0-9]{2}", str(fact))]
            english = shown(written(each))
            for language in ("ru", "ar"):
                told = shown(written(each, language))
                for name in map(str, names):
                    assert (name in told) == (name in english), (language, name)
                paragraphs = [text.count("\n\n") for text in (english, told)]
                assert paragraphs[0] == paragraphs[1]

    def test_runs_from_right_to_left_in_arabic(self, template: str) -> None:
        for each in full(template):
            for language in LANGUAGES:
                page = Page(written(each, language).html)
                direction = "rtl" if language == "ar" else "ltr"
                assert page.attributes["html dir"] == direction
                assert page.attributes["html lang"] == language

    def test_says_the_same_in_html(self, template: str) -> None:
        for each in full(template):
            for language in LANGUAGES:
                text = written(each, language)
                plain = [line.strip().removeprefix("- ") for line in text.plain.split("\n")]
                page = Page(text.html)
                html = [line.strip() for line in page.text.split("\n")]
                assert list(filter(None, html)) == [text.subject, *filter(None, plain)]


@given(courses(), st.sampled_from(LANGUAGES))
def test_whatever_a_desk_does_can_be_told(course: list[Written], language: str) -> None:
    """The facts that rules give are those that templates ask for."""
    for each in course:
        for made in each.notices:
            text = written(made, language)
            assert text.subject
            assert text.html.startswith("<!doctype html>")


class TestToTheLetter:
    """Expected texts, written by hand."""

    TEXTS = Texts(
        zone="Europe/Berlin",
        link="https://desk.example.org/requests/{request}",
        signed="Your service desk",
    )

    def test_received(self) -> None:
        made = Notice(
            id="n1", request="R1", template="received", recipient="requester: ann",
            facts={"subject": "Printer jams", "answer_due": WHEN, "approver": ""}, made_at=WHEN,
        )  # fmt: skip
        text = self.TEXTS.render(made, contact())
        assert text.subject == "We have your request R1 “Printer jams”"
        assert text.plain == dedent("""\
            Thank you, your request R1 “Printer jams” has reached us.

            You will hear from us by Tue 7 Apr 2026 12:00.

            If there is anything to add, write to us.

            https://desk.example.org/requests/R1

            --\x20
            Your service desk
        """)

    def test_options(self) -> None:
        made = Notice(
            id="n1", request="R 1/2", template="options", recipient="customer: acme",
            facts={"subject": "", "options": 3, "option 1": "repair", "option 2": "replace",
                   "option 3": "wait", "recommendation": "replace"},
            made_at=WHEN,
        )  # fmt: skip
        text = self.TEXTS.render(made, contact())
        assert text.subject == "R 1/2: which way would you like?"
        assert text.plain == dedent("""\
            There is more than one way to go on with R 1/2, and the choice is yours:

            - repair
            - replace (we would take this one)
            - wait

            Write to us what you would like, and we begin with it.

            https://desk.example.org/requests/R%201%2F2

            --\x20
            Your service desk
        """)

    def test_a_new_date(self) -> None:
        made = Notice(
            id="n1", request="R1", template="renegotiated", recipient="requester: ann",
            facts={"subject": "", "kind": "delivery", "due": WHEN + HOUR, "before": WHEN,
                   "reason": "A part is missing.\n\nIt comes tomorrow."},
            made_at=WHEN,
        )  # fmt: skip
        text = Texts(zone="UTC").render(made, contact())
        assert text.subject == "R1: a new date, Tue 7 Apr 2026 11:00"
        assert text.plain == dedent("""\
            We will have R1 done by Tue 7 Apr 2026 11:00.
            Before, we had said Tue 7 Apr 2026 10:00.

            This is why:

                A part is missing.

                It comes tomorrow.

            If the new date is a problem for you, tell us, and we look for a way.
        """).replace("missing.\n\n", "missing.\n    \n")

    def test_a_step_that_is_late(self) -> None:
        facts = {
            "subject": "", "customer": "acme", "service": "mail", "priority": "high", "by": "",
            "owner": "bo", "resolution_due": WHEN, "clock": "resolution", "ladder": "hurry",
            "step": "late", "round": 1, "outcome": "told", "seen": WHEN + HOUR, "trigger": "after",
            "clock_due": WHEN, "late_since": WHEN, "left": -HOUR, "paused": False,
        }  # fmt: skip
        made = Notice(
            id="n1", request="R1", template="step", recipient="role: duty manager", facts=facts,
            severity="urgent", made_at=WHEN,
        )  # fmt: skip
        text = self.TEXTS.render(made, contact())
        assert text.subject == "R1: resolution has been late since Tue 7 Apr 2026 12:00"
        assert text.plain == dedent("""\
            Take it on, or acknowledge the escalation.

            For: acme
            Service: mail
            Priority: high
            Resolution due: Tue 7 Apr 2026 12:00
            With: bo
            Escalation: hurry, late, round 2

            https://desk.example.org/requests/R1
        """)

    def test_html(self) -> None:
        made = notice("merged", {"subject": "", "target": "R2", "reason": "both\nthe same"})
        html = Texts(link="https://x.example/{request}?a=1&b=2").render(made, contact()).html
        body = html.partition("<body")[2].partition(">\n")[2]
        assert body == dedent("""\
            <p>
            99 and R2 are about the same thing, so we go on with both as R2.
            </p>
            <blockquote dir="auto">
            both<br>
            the same
            </blockquote>
            <p>
            What you have told us … You need not do anything.
            </p>
            <p><a href="https://x.example/99?a=1&amp;b=2">https://x.example/99?a=1&amp;b=2</a></p>
            </body>
            </html>
        """).replace("us …", "us and the dates that we gave you stay with it.")


class TestLanguagesAndZones:
    MADE = notice("reported", {"subject": "", "done": "", "next_due": WHEN, "zone": "Asia/Tokyo"})

    def test_a_region_has_its_own_dates(self) -> None:
        assert "٢٠٢٦" in written(self.MADE, "ar-EG").plain

    def test_who_has_another_language_is_written_to_in_the_usual_one(self) -> None:
        assert written(self.MADE, "fi") == written(self.MADE, "en")
        assert written(self.MADE, "../../etc/passwd") == written(self.MADE, "en")
        russian = Texts(zone="UTC", language="ru")
        assert written(self.MADE, "fi", russian) == written(self.MADE, "ru")

    def test_the_usual_one_has_to_be_known(self) -> None:
        with pytest.raises(UnknownName, match="unknown language 'fi'"):
            Texts(language="fi")

    @pytest.mark.parametrize(
        ("texts", "zone", "expected", "named"),
        [
            (Texts(), "", "19:00", "Asia/Tokyo"),
            (Texts(zone="Europe/Berlin"), "", "12:00", ""),
            (Texts(zone=ZoneInfo("Europe/Berlin")), "America/New_York", "06:00", ""),
        ],
    )
    def test_instants_are_told_in_a_zone(
        self, texts: Texts, zone: str, expected: str, named: str
    ) -> None:
        """That of the contact, else of the desk, else of the request, which is named then."""
        plain = texts.render(self.MADE, contact(zone=zone)).plain
        assert f"by Tue 7 Apr 2026 {expected}." in plain
        assert ("Times are those of" in plain) == bool(named)
        assert named in plain

    def test_a_zone_that_nobody_knows_is_utc(self) -> None:
        facts = {**self.MADE.facts, "zone": "Mars/Olympus"}
        plain = Texts().render(attrs.evolve(self.MADE, facts=facts), contact()).plain
        assert "10:00" in plain
        assert "UTC" in plain

    def test_a_text_without_instants_names_no_zone(self) -> None:
        assert "UTC" not in Texts().render(notice("answered", {"subject": ""}), contact()).plain

    def test_zones_that_nobody_knows_are_refused(self) -> None:
        with pytest.raises(InvalidValue, match="unknown time zone"):
            Texts(zone="Mars/Olympus")
        with pytest.raises(InvalidValue, match="unknown time zone"):
            contact(zone="Mars/Olympus")

    def test_minutes_are_enough(self) -> None:
        made = notice("reported", {"subject": "", "done": "", "next_due": WHEN + 59_999_999})
        assert "10:00." in written(made).plain

    @given(st.integers(-(2**62), 2**62))
    def test_any_instant_can_be_told(self, instant: int) -> None:
        made = notice("reported", {"subject": "", "done": "", "next_due": instant})
        for language in LANGUAGES:
            assert written(made, language).plain


class TestAHostsOwn:
    def test_one_template_in_the_place_of_ours(self, tmp_path: Path) -> None:
        (tmp_path / "merged.jinja").write_text("{{ request }}, merged\n\nSee {{ fact.target }}.\n")
        texts = Texts(templates=[tmp_path])
        text = texts.render(notice("merged", {"target": "R2"}), contact())
        assert (text.subject, text.plain) == ("99, merged", "See R2.\n")
        answered = texts.render(notice("answered", {}), contact())
        assert answered == Texts().render(notice("answered", {}), contact())

    def test_ours_can_be_taken_in(self) -> None:
        loader = DictLoader({
            "answered.jinja": "{% include 'servicecore/answered.jinja' %}\n\nBye."
        })  # fmt: skip
        for templates in (loader, [loader]):
            plain = Texts(templates=templates).render(notice("answered", {}), contact()).plain
            assert plain.startswith("We have answered you on 99.")
            assert plain.endswith("\n\nBye.\n")

    def test_a_layout_of_ones_own(self) -> None:
        loader = DictLoader({
            "layout.html": "<b>{{ subject }}</b>{% for each in blocks %}[{{ each.lines[0] }}]"
            "{% endfor %}",
            "answered.txt": "only {{ subject }}",
        })  # fmt: skip
        text = Texts(templates=loader).render(notice("answered", {"subject": "a<b"}), contact())
        assert text.html.startswith("<b>99 “a&lt;b”: our answer</b>[We have answered")
        assert text.plain == "only 99 “a<b”: our answer\n"

    def test_catalogues_of_ones_own(self, tmp_path: Path) -> None:
        """B10: as for explanations."""
        catalogue = tmp_path / "de.po"
        catalogue.write_text(dedent("""\
            msgid ""
            msgstr ""
            "Language: de\\n"
            "Content-Type: text/plain; charset=utf-8\\n"

            msgid "{request}: our answer"
            msgstr "{request}: unsere Antwort"

            msgctxt "signature"
            msgid "The desk"
            msgstr "Ihr Servicedesk"
        """), "utf-8")  # fmt: skip
        texts = Texts(catalogues=[catalogue], signed="The desk")
        text = texts.render(notice("answered", {}), contact("de-AT"))
        assert text.subject == "99: unsere Antwort"
        assert text.plain.endswith("-- \nIhr Servicedesk\n")
        assert texts.render(notice("answered", {}), contact()).plain.endswith("-- \nThe desk\n")

    def test_insiders_are_not_signed_to(self) -> None:
        made = notice("answered", {}, "person: bo")
        assert "-- " not in Texts(signed="The desk").render(made, contact()).plain

    def test_a_link_by_a_function(self) -> None:
        texts = Texts(link=lambda made: f"https://x.example/{made.template}")
        assert "https://x.example/answered" in texts.render(notice("answered", {}), contact()).plain

    def test_all_that_templates_can_say(self) -> None:
        source = """\
            {{ quoted("") }}{{ request }} to {{ recipient }}

            {{ text("{a}", a=fact.name) }} {{ fact.name }} {{ fact["name"] }}
            {{ plural("{count} day", "{count} days", 3) }} {{ word("status", "new") }}
            {{ date(fact.instant) }} {{ when(fact.instant) }} {{ number(4000) }}
            {{ duration(5400000000) }} {{ duration(59999999) }} {{ duration(3600000001) }}
            {{ joined(["a", fact.name]) }} {{ joined(each("tag")) }} {{ joined(fact.tags) }}
            {{ template }} {{ severity }} {{ for_customer }} {{ for_group }} {{ language }}
            {{ in_words("its date has come") }}
            - one
            - two

            {{ quoted(fact.lines) }}"""
        facts = {
            "name": "bo", "instant": WHEN, "tag 1": "x", "tag 2": "y", "tags": frozenset("ba"),
            "lines": "1\n2",
        }  # fmt: skip
        texts = Texts(templates=DictLoader({"own.jinja": source}), zone="UTC")
        text = texts.render(notice("own", facts), contact())
        assert text.subject == "99 to 41"
        assert text.plain == dedent("""\
            bo bo bo
            3 days new
            2026-04-07 Tue 7 Apr 2026 10:00 4000
            1h 30m 59s 1h
            a and bo x and y a and b
            own normal True False en
            its date has come

            - one
            - two

                1
                2
        """)

    def test_an_unknown_template_says_which_ones_there_are(self) -> None:
        with pytest.raises(UnknownName, match=r"unknown template 'resolvd': did you mean"):
            Texts().render(notice("resolvd", {}), contact())

    @pytest.mark.parametrize("source", [5, "/nowhere/at/all", None, "a\0b"])
    def test_what_is_no_source_is_refused(self, source: Any) -> None:
        with pytest.raises(InvalidValue, match="expected a folder or a loader"):
            Texts(templates=[source])

    def test_a_loader_of_any_kind(self, tmp_path: Path) -> None:
        (tmp_path / "a.jinja").write_text("a\n\nb")
        texts = Texts(templates=FileSystemLoader(tmp_path))
        assert texts.render(notice("a", {}), contact()).plain == "b\n"

    def test_a_loader_that_cannot_list_what_it_has(self) -> None:
        texts = Texts(templates=FunctionLoader(lambda name: "a" if name == "a.jinja" else None))
        assert texts.render(notice("a", {}), contact()).subject == "a"
        with pytest.raises(UnknownName, match="unknown template 'b': Known: none"):
            texts.render(notice("b", {}), contact())

    def test_without_jinja(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "jinja2", None)
        monkeypatch.delitem(sys.modules, "servicecore.notices.templating")
        with pytest.raises(MissingExtra, match=r"servicecore\[notices\]"):
            Texts()


class TestAnErrorInATemplate:
    """It names the template and the line."""

    @pytest.mark.parametrize(
        ("source", "problem"),
        [
            ("a\n\n{{ fact.nothing }}", "line 3: the template own.jinja: the notice has no fact"),
            ("a\n{% if %}", "line 2: the template own.jinja: TemplateSyntaxError"),
            ("a\n\n\n{{ 1 / 0 }}", "line 4: the template own.jinja: ZeroDivisionError"),
            ("a\n{{ text('{a}') }}", "line 2: the template own.jinja: .* a value for 'a'"),
            ("a\n{{ text('{a}', a=5) }}", "line 2: the template own.jinja: found 5: expected"),
            ("a\n{{ x|nofilter }}", "line 2: the template own.jinja: TemplateAssertionError"),
            ("a\n{% include 'none.jinja' %}", "line 2: the template none.jinja: TemplateNotFound"),
            ("a\n{% include ['none.jinja'] %}", "line 2: .*: TemplatesNotFound"),
            ("a\n{% include 'other.jinja' %}", "line 3: the template other.jinja"),
            ("a\n{{ when('soon') }}", "line 2: the template own.jinja: found 'soon'"),
        ],
    )  # fmt: skip
    @pytest.mark.parametrize("kind", ["dict", "folder"])
    def test_is_a_fault(self, source: str, problem: str, kind: str, tmp_path: Path) -> None:
        sources = {"own.jinja": source, "other.jinja": "a\n\n{{ nothing }}"}
        for name, text in sources.items():
            (tmp_path / name).write_text(text)
        texts = Texts(templates=DictLoader(sources) if kind == "dict" else tmp_path)
        with pytest.raises(Fault, match=problem) as fault:
            texts.render(notice("own", {}), contact())
        assert fault.value.__cause__ is not None


class TestDigest:
    def record(self, request: str, text: Text | None) -> NoticeRecord:
        made = attrs.evolve(notice("answered", {}), request=request)
        return NoticeRecord(shard="main", notice=made, text=text)

    def test_says_what_each_of_them_says(self) -> None:
        made = [notice("reported", {"subject": "", "done": "one\ntwo", "next_due": None}),
                notice("options", {"subject": "", "options": 1, "option 1": "a<b",
                                   "recommendation": ""})]  # fmt: skip
        texts = Texts(signed="The desk", link="https://x.example/{request}")
        told = [texts.render(each, contact()) for each in made]
        text = texts.digest([self.record("99", each) for each in told], contact())
        assert text.subject == "99: 2 messages"
        assert text.plain == dedent("""\
            * 99: where we are

            This is where we are with 99:

                one
                two

            https://x.example/99

            * 99: which way would you like?

            This is what we suggest for 99. The decision is yours:

            - a<b

            Write to us what you would like, and we begin with it.

            https://x.example/99
        """)
        page = Page(text.html)
        assert page.tags.count("h2") == 2
        assert page.tags.count("li") == page.tags.count("blockquote") == 1
        assert "a<b" in page.text

    @pytest.mark.parametrize(
        ("language", "subject"),
        [("en", "3 messages"), ("ru", "3 сообщения"), ("ar", "3 رسائل")],
    )
    def test_of_several_requests(self, language: str, subject: str) -> None:
        text = Text(subject="x", plain="y")
        records = [self.record(request, text) for request in ("R1", "R2", "R2")]
        told = TEXTS.digest(records, contact(language)).subject
        assert told.replace("٣", "3") == subject, "in the digits of the locale"

    def test_has_what_a_plugin_has_made_of_a_text(self) -> None:
        edited = Text(subject="Mi\nne", plain="All mine.\n    quoted\n", html="<i>lost</i>")
        text = TEXTS.digest([self.record("R1", edited)], contact())
        assert text.plain == "* Mi ne\n\nAll mine.\n\n    quoted\n"

    def test_of_nothing_is_refused(self) -> None:
        with pytest.raises(InvalidValue, match="at least one"):
            TEXTS.digest([], contact())

    def test_one_without_a_text_says_nothing(self) -> None:
        text = Text(subject="x", plain="y")
        records = [self.record("R1", None), self.record("R1", text)]
        assert TEXTS.digest(records, contact()).plain == "* x\n\ny\n"


def test_times_of_ones_own_day() -> None:
    """The made-up instant of this file is the one that it says."""
    assert datetime.fromtimestamp(WHEN / 1_000_000, UTC).isoformat() == "2026-04-07T10:00:00+00:00"
