"""Messages: which language, what it says, and whose words win."""

from __future__ import annotations

import re
import sys
from datetime import date
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecore.errors import (
    InvalidValue,
    MessageFileError,
    MissingExtra,
    ServiceCoreError,
    UnknownName,
)
from servicecore.instants import DAY, HOUR, MINUTE, SECOND, duration_text, to_datetime
from servicecore.messages import ENGLISH, Messages, as_messages, messages_in
from servicecore.messages.wording import END_OF_ISOLATE, ISOLATE

RU, AR, EGYPT = messages_in("ru"), messages_in("ar"), messages_in("ar-EG")
BERLIN = ZoneInfo("Europe/Berlin")
NOON = to_datetime(1_775_556_000_000_000, BERLIN)  # Tue 7 Apr 2026 12:00
WINDOWS = ("{count} window, {counted}", "{count} windows, {counted}")


def plain(text: str) -> str:
    """The text with ordinary spaces: which ones a locale has changes from one CLDR to another."""
    return text.replace("\u202f", " ").replace("\xa0", " ")


def in_ascii_digits(text: str) -> str:
    return "".join(str(int(each)) if each.isdecimal() else each for each in text)


def po(folder: Path, language: str, *entries: str, forms: str = "") -> Path:
    """A catalogue in a file of its own."""
    path = folder / f"{language or 'none'}.po"
    header = 'msgid ""\nmsgstr ""\n'
    header += f'"Language: {language}\\n"\n' if language else ""
    header += '"Content-Type: text/plain; charset=utf-8\\n"\n'
    header += f'"Plural-Forms: {forms}\\n"\n' if forms else ""
    path.write_text("\n".join([header, *entries]), "utf-8")
    return path


def entry(text: str, translation: str, context: str = "") -> str:
    said = f'msgid "{text}"\nmsgstr "{translation}"\n'
    return f'msgctxt "{context}"\n{said}' if context else said


class TestLanguages:
    def test_english_is_what_the_library_speaks(self) -> None:
        assert messages_in() is messages_in("en") is as_messages("en") is ENGLISH
        assert not ENGLISH.right_to_left

    @pytest.mark.parametrize(
        ("language", "never"),
        [("ru", "никогда"), ("ru-RU", "никогда"), ("ru_RU", "никогда"), ("RU", "никогда"),
         ("ru-DE", "никогда"), ("ar", "أبدًا"), ("ar-EG", "أبدًا"), ("en-GB", "never")],
    )  # fmt: skip
    def test_a_region_falls_back_to_the_language(self, language: str, never: str) -> None:
        assert messages_in(language).text("never") == never

    def test_a_region_has_its_own_dates(self) -> None:
        assert plain(messages_in("en-US").when(NOON)) == "Tue, Apr 7, 2026, 12:00 PM"
        assert plain(messages_in("en-GB").when(NOON)) == "Tue, 7 Apr 2026, 12:00"
        assert messages_in("en-GB").language == "en-GB"

    def test_an_unknown_language_lists_the_known_ones(self, tmp_path: Path) -> None:
        with pytest.raises(UnknownName, match=r"unknown language 'xx'.* Known: ar, en, ru"):
            messages_in("xx")
        with pytest.raises(UnknownName, match="Known: ar, de, en, ru"):
            messages_in("fr", po(tmp_path, "de"))

    @pytest.mark.parametrize("language", ["", "-", "r", "ru/../ar", "../ru"])
    def test_what_is_no_language_is_unknown_too(self, language: str) -> None:
        with pytest.raises(UnknownName):
            messages_in(language)

    @pytest.mark.parametrize("language", [None, 3, b"ru", ["ru"]])
    def test_a_language_is_text(self, language: object) -> None:
        with pytest.raises(InvalidValue, match="expected text such as 'en'"):
            messages_in(language)  # type: ignore[arg-type]  # what is refused

    def test_without_babel_english_is_left(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "babel", None)
        assert messages_in("en").text("never") == "never"
        with pytest.raises(MissingExtra, match=r"explanations in Russian .*servicecore\[notices\]"):
            messages_in("ru-KZ")
        with pytest.raises(MissingExtra, match="explanations in en-IE"):
            messages_in("en-IE")
        with pytest.raises(UnknownName):
            messages_in("xx")

    def test_messages_stay_what_they_are(self) -> None:
        assert as_messages(RU) is RU


class TestOwnCatalogues:
    def test_one_more_language(self, tmp_path: Path) -> None:
        german = messages_in("de-AT", po(tmp_path, "de", entry("never", "nie")))
        assert german.text("never") == "nie"
        assert german.text("target: {target}", target="4h") == "target: 4h"
        assert plain(german.duration(90 * MINUTE)) == "1 Std. 30 Min."

    def test_other_words_for_what_we_say(self, tmp_path: Path) -> None:
        own = messages_in("ru", po(tmp_path, "ru", entry("never", "вовек")))
        assert own.text("never") == "вовек"
        assert own.text("paused") == RU.text("paused")
        assert RU.text("never") == "никогда"

    def test_other_words_in_english(self, tmp_path: Path) -> None:
        own = messages_in("en", po(tmp_path, "en", entry("paused", "on hold")))
        assert own.text("paused") == "on hold"
        assert own.when(NOON) == ENGLISH.when(NOON)

    def test_words_of_the_host_are_translated_by_kind(self, tmp_path: Path) -> None:
        own = messages_in("ru", po(tmp_path, "ru", entry("parked", "отложено", "status")))
        assert own.word("status", "parked") == "отложено"
        assert own.word("priority", "parked") == RU.word("status", "parked") == "parked"

    def test_the_later_one_wins_and_the_region_over_the_language(self, tmp_path: Path) -> None:
        (first := tmp_path / "first").mkdir()
        (second := tmp_path / "second").mkdir()
        one = po(first, "ru", entry("never", "раз"), entry("paused", "раз"))
        two = po(second, "ru", entry("never", "два"))
        region = po(tmp_path, "ru_KZ", entry("never", "по-казахстански"))
        assert messages_in("ru", one, two).text("never") == "два"
        assert messages_in("ru", one, two).text("paused") == "раз"
        assert messages_in("ru", two, one).text("never") == "раз"
        assert messages_in("ru-KZ", region, one).text("never") == "по-казахстански"
        assert messages_in("ru", region, one).text("never") == "раз"

    def test_one_list_of_catalogues_serves_all_languages(self, tmp_path: Path) -> None:
        german = po(tmp_path, "de", entry("never", "nie"))
        assert messages_in("ru", str(german)).text("never") == "никогда"

    def test_what_is_not_translated_yet_is_left_to_what_lies_below(self, tmp_path: Path) -> None:
        plural = f'msgid "{WINDOWS[0]}"\nmsgid_plural "{WINDOWS[1]}"\nmsgstr[0] ""\nmsgstr[1] ""\n'
        path = po(tmp_path, "ru", entry("never", ""), "#, fuzzy\n" + entry("paused", "?"), plural)
        own = messages_in("ru", path)
        assert (own.text("never"), own.text("paused")) == ("никогда", "на паузе")
        assert own.plural(*WINDOWS, 3, counted="x") == "3 рабочих окна, x"

    @pytest.mark.parametrize(
        ("text", "translation", "problem"),
        [
            ("due {due}", "fällig", r"has nothing to fill in; expected \{due\}"),
            ("due {due}", "fällig {faellig}", r"has \{faellig\}; expected \{due\}"),
            ("due {due}", "{due} {more}", r"has \{due\}, \{more\}; expected \{due\}"),
            ("never", "nie {due}", r"has \{due\}; expected nothing to fill in"),
            ("due {due}", "{due.__class__}", r"has \{due.__class__\}"),
            ("due {due}", "{due!r:>9}", r"has \{due!r:>9\}"),
            ("due {due}", "fällig {due", "cannot be filled in: expected '}'"),
        ],
    )
    def test_other_placeholders_are_refused(
        self, tmp_path: Path, text: str, translation: str, problem: str
    ) -> None:
        path = po(tmp_path, "de", entry("paused", "pausiert"), entry(text, translation))
        with pytest.raises(MessageFileError) as refused:
            messages_in("de", path)
        said = str(refused.value)
        line = path.read_text("utf-8").splitlines().index(f'msgid "{text}"') + 1
        assert "de.po" in said
        assert f"line {line}: '{text}': " in said
        assert re.search(problem, said)

    def test_all_faults_of_a_file_are_said_at_once(self, tmp_path: Path) -> None:
        path = po(tmp_path, "de", entry("a {b}", "x"), entry("c", "{d}"))
        with pytest.raises(MessageFileError) as refused:
            messages_in("de", path)
        assert len(refused.value.exceptions) == 2

    def test_a_catalogue_says_its_language(self, tmp_path: Path) -> None:
        with pytest.raises(MessageFileError) as refused:
            messages_in("de", po(tmp_path, "", entry("never", "nie")))
        assert "says no language; expected a header" in str(refused.value)

    @pytest.mark.parametrize(
        "content",
        [b"hello", b'msgid "a', b'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=x\\n"\n',
         b'msgid ""\nmsgstr ""\n"Language: de\\n"\n\nmsgid "a"\nmsgstr "\xff"\n',
         b'msgid ""\nmsgstr ""\n"Language: de\\n"\n"Plural-Forms: nplurals=x; plural=y\\n"\n'],
    )  # fmt: skip
    def test_what_is_no_catalogue_is_refused_by_name(self, tmp_path: Path, content: bytes) -> None:
        path = tmp_path / "broken.po"
        path.write_bytes(content)
        with pytest.raises(ServiceCoreError, match=r"broken\.po"):
            messages_in("de", path)

    @pytest.mark.parametrize("path", ["missing.po", ".", 7, None, "\0"])
    def test_what_cannot_be_read_is_refused_by_name(self, path: object) -> None:
        with pytest.raises(InvalidValue, match="cannot be read"):
            messages_in("de", path)  # type: ignore[arg-type]  # what is refused

    def test_a_language_without_a_locale_says_so(self, tmp_path: Path) -> None:
        with pytest.raises(InvalidValue, match="'tlh' has no locale in Babel"):
            messages_in("tlh", po(tmp_path, "tlh", entry("never", "not")))


class TestWhatIsFilledIn:
    @pytest.mark.parametrize(
        ("count", "russian", "arabic"),
        [
            (0, "0 рабочих окон", "0 فترة عمل"),
            (1, "1 рабочее окно", "فترة عمل واحدة"),
            (2, "2 рабочих окна", "فترتا عمل"),
            (5, "5 рабочих окон", "5 فترات عمل"),
            (11, "11 рабочих окон", "11 فترة عمل"),
            (21, "21 рабочее окно", "21 فترة عمل"),
            (100, "100 рабочих окон", "100 فترة عمل"),
        ],
    )
    def test_plurals(self, count: int, russian: str, arabic: str) -> None:
        assert RU.plural(*WINDOWS, count, counted="x") == f"{russian}, x"
        said = AR.plural(*WINDOWS, count, counted="٣")
        assert in_ascii_digits(said) == f"{arabic}، 3"

    def test_english_has_two_forms(self) -> None:
        said = [ENGLISH.plural(*WINDOWS, count, counted="1h") for count in (0, 1, 2, -1)]
        assert said == ["0 windows, 1h", "1 window, 1h", "2 windows, 1h", "-1 window, 1h"]

    def test_a_missing_value_is_said(self) -> None:
        with pytest.raises(InvalidValue, match="expected a value for 'due'"):
            ENGLISH.text("due {due}")

    @pytest.mark.parametrize("value", [3, None, b"today", date(2026, 4, 7)])
    def test_a_value_is_text_already(self, value: object) -> None:
        with pytest.raises(InvalidValue, match="expected text, such as `number` and `when` give"):
            ENGLISH.text("due {due}", due=value)  # type: ignore[arg-type]  # what is refused

    def test_braces_in_a_name_are_no_placeholders(self) -> None:
        assert ENGLISH.text("{name}: {due}", name="{due}", due="today") == "{due}: today"

    @pytest.mark.parametrize(
        ("name", "english", "russian"),
        [
            ("gold", "'gold'", "«gold»"),
            ("o'neill", '"o\'neill"', "«o'neill»"),
            ("two\nlines", r"'two\nlines'", r"«two\nlines»"),
            ("\u202egold", r"'\u202egold'", r"«\u202egold»"),
        ],
    )
    def test_quoted_names_stay_on_their_line(self, name: str, english: str, russian: str) -> None:
        assert (ENGLISH.quoted(name), RU.quoted(name)) == (english, russian)

    def test_lists(self) -> None:
        assert ENGLISH.joined([]) == ""
        assert ENGLISH.joined(["a"]) == "a"
        assert ENGLISH.joined(["a", "b"]) == "a and b"
        assert RU.joined(["a", "b", "c"]) == "a, b и c"
        assert AR.listed(["ا", "ب"]) == "ا، ب"
        assert AR.joined(["a", "ب"]) == f"{ISOLATE}a{END_OF_ISOLATE} وب"


class TestDirection:
    def test_arabic_runs_from_right_to_left(self) -> None:
        assert AR.right_to_left
        assert not RU.right_to_left

    def test_a_latin_name_is_isolated(self) -> None:
        said = AR.text("because: {reason}", reason="asked for a log")
        assert said == f"السبب: {ISOLATE}asked for a log{END_OF_ISOLATE}"

    def test_an_arabic_one_is_not(self) -> None:
        assert AR.text("because: {reason}", reason="عطل") == "السبب: عطل"

    def test_what_is_isolated_already_is_not_isolated_again(self) -> None:
        inner = AR.text("{within} of {calendar}", within="٤ ساعات", calendar="office")
        assert AR.text("target: {target}", target=inner) == f"الهدف: {inner}"

    @pytest.mark.parametrize(("messages", "paused"), [(ENGLISH, "paused"), (RU, "на паузе")])
    def test_a_name_in_arabic_is_isolated_elsewhere(self, messages: Messages, paused: str) -> None:
        said = messages.text("paused ({reasons})", reasons="عطل")
        assert said == f"{paused} ({ISOLATE}عطل{END_OF_ISOLATE})"

    @given(st.text().filter(str.isprintable), st.sampled_from([ENGLISH, RU, AR]))
    def test_isolates_are_closed_and_keep_the_text(self, text: str, messages: Messages) -> None:
        said = messages.isolated(text)
        assert said in (text, f"{ISOLATE}{text}{END_OF_ISOLATE}")


class TestFormats:
    @pytest.mark.parametrize(
        ("duration", "russian", "arabic"),
        [
            (0, "0 мин", "0 دقيقة"),
            (90 * MINUTE, "1 ч 30 мин", "ساعة و30 دقيقة"),
            (2 * HOUR, "2 ч", "ساعتان"),
            (3 * HOUR + 5 * SECOND, "3 ч 5 с", "3 ساعات و5 ثوان"),
            (4000 * HOUR, "4 000 ч", "4,000 ساعة"),
            (2 * SECOND + 5, "2,000005 с", "2.000005 ثانية"),
        ],
    )
    def test_durations(self, duration: int, russian: str, arabic: str) -> None:
        assert plain(RU.duration(duration)) == russian
        said = in_ascii_digits(AR.duration(duration))
        assert said.replace("٬", ",").replace("٫", ".") == arabic

    @given(st.integers(0, 400 * DAY))
    def test_going_back_is_said_with_a_minus(self, duration: int) -> None:
        for messages in (RU, AR, EGYPT):
            back = messages.duration(-duration)
            assert back.endswith(messages.duration(duration))
            assert (len(back) > len(messages.duration(duration))) == (duration > 0)

    @given(st.integers(-400 * DAY, 400 * DAY))
    def test_a_region_of_english_says_the_same_durations(self, duration: int) -> None:
        """Only hours past a thousand are grouped there."""
        british = messages_in("en-GB").duration(duration)
        assert british.replace(",", "") == duration_text(duration)

    def test_egypt_has_its_own_digits(self) -> None:
        assert EGYPT.when(NOON) == "الثلاثاء، ٧ أبريل ٢٠٢٦، ١٢:٠٠ م"
        assert EGYPT.duration(210 * MINUTE) == "٣ ساعات و٣٠ دقيقة"
        assert EGYPT.number(1234.5) == "١٬٢٣٤٫٥"

    def test_instants_are_in_the_zone_that_they_are_in(self) -> None:
        assert plain(RU.when(NOON)) == "вт, 7 апр. 2026 г., 12:00"
        assert (
            plain(RU.when(to_datetime(1_775_556_007_000_000, BERLIN)))
            == "вт, 7 апр. 2026 г., 12:00:07"
        )
        assert in_ascii_digits(AR.when(NOON)) == "الثلاثاء، 7 أبريل 2026، 12:00 م"
        assert ENGLISH.when(NOON) == "Tue 7 Apr 2026 12:00"

    def test_the_hour_that_comes_twice_has_its_offset(self) -> None:
        first = to_datetime(1_792_888_200_000_000, BERLIN)  # Sun 25 Oct 2026 02:30, twice
        second = to_datetime(1_792_888_200_000_000 + HOUR, BERLIN)
        assert plain(RU.when(first)).endswith("02:30 (+02:00)")
        assert plain(RU.when(second)).endswith("02:30 (+01:00)")
        assert AR.when(second).endswith(f"({ISOLATE}+01:00{END_OF_ISOLATE})")

    def test_dates_and_numbers(self) -> None:
        day = date(2026, 4, 7)
        assert (ENGLISH.date(day), ENGLISH.number(4000)) == ("2026-04-07", "4000")
        assert (plain(RU.date(day)), plain(RU.number(1234.5))) == ("7 апр. 2026 г.", "1 234,5")
        assert ENGLISH.time_of_day(NOON) == RU.time_of_day(NOON) == "12:00"
        assert ENGLISH.when(None) == "never"

    @given(st.integers() | st.floats(-1e300, 1e300))
    def test_numbers_are_told_to_the_last_digit(self, number: float) -> None:
        """However large or small: English writes them as Python does, others in full."""
        told = plain(RU.number(number)).replace(" ", "").replace(",", ".").replace("\u2212", "-")
        assert Decimal(told) == Decimal(ENGLISH.number(number))

    @given(st.integers(0, 60_000_000), st.sampled_from(["Europe/Berlin", "Asia/Kathmandu"]))
    def test_the_wall_clock_is_the_same_in_every_language(self, minutes: int, zone: str) -> None:
        moment = to_datetime(minutes * MINUTE, ZoneInfo(zone))
        assert f"{moment:%H:%M}" in RU.when(moment)
        assert f"{moment:%H:%M}" in ENGLISH.when(moment)
        twelve = f"{moment.hour % 12 or 12}:{moment:%M}"
        assert twelve in in_ascii_digits(AR.when(moment))
        assert str(moment.day) in in_ascii_digits(AR.when(moment))


def test_text_of_others_drives_no_terminal_and_forges_no_line() -> None:
    """What came in from outside is shown, never obeyed; marks of direction and spaces stay."""
    hostile = "x\n    sum: 0m of 4h\x1b[31m\u202e"
    said = ENGLISH.text("because: {reason}", reason=hostile)
    assert said == "because: x\\n    sum: 0m of 4h\\x1b[31m\\u202e"
    assert ENGLISH.text("{number}", number="1\u202f630") == "1\u202f630"
    joined = "\N{WOMAN}\u200d\N{FIRE ENGINE} می\u200cخواهم"
    assert joined in ENGLISH.text("{words}", words=joined), "emoji and scripts need these"
    nested = ENGLISH.text("{outer}", outer=ENGLISH.text("{inner}", inner="سلام x"))
    assert nested.count("\u2068") == nested.count("\u2069") > 0
