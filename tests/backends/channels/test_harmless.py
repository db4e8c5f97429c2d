"""What displays a text can be hurt by nothing in it, and ordinary text stays as it is."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecore.backends.harmless import REPLACEMENT, lines, one_line, written_out
from servicecore.testing.receivers import hostile_texts

any_text = hostile_texts | st.text(
    st.characters(codec=None, exclude_categories=()) | st.sampled_from("\u2066\u2067\u2068\u2069\n")
)
BIDI = {"LRE", "RLE", "LRO", "RLO", "PDF"}


def is_harmful(letter: str) -> bool:
    """By what Unicode says of the letter, not by a list."""
    return (
        unicodedata.category(letter) in {"Cc", "Cs", "Zl", "Zp"}
        or unicodedata.bidirectional(letter) in BIDI
        or ord(letter) in {0xFFFE, 0xFFFF}
    )


def open_isolates(line: str) -> int:
    """How many isolates are begun and not ended, or ended and not begun."""
    depth = wrong = 0
    for letter in line:
        if unicodedata.bidirectional(letter) in {"LRI", "RLI", "FSI"}:
            depth += 1
        elif unicodedata.bidirectional(letter) == "PDI":
            depth, wrong = (depth - 1, wrong) if depth else (0, wrong + 1)
    return depth + wrong


@given(any_text)
def test_lines_hold_nothing_harmful(text: str) -> None:
    clean = lines(text)
    assert not [each for each in clean if is_harmful(each) and each not in "\n\t"]
    assert not any(map(open_isolates, clean.split("\n")))
    assert lines(clean) == clean


@given(any_text, st.integers(1, 40))
def test_one_line_is_one_line(text: str, most: int) -> None:
    line = one_line(text, most)
    assert len(line) <= most
    assert not any(map(is_harmful, line))
    assert not open_isolates(line)
    assert line == line.strip()


@given(st.text(st.characters(exclude_categories=("C", "Z")) | st.sampled_from(" \u200d\u200f")))
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert lines(text) == text
    assert one_line(text, len(text) + 1) == text.strip()


def test_a_name_in_an_isolate_stays_in_it() -> None:
    text = "تم حل \u2068R1\u2069 اليوم"
    assert lines(text) == one_line(text) == text


def test_an_isolate_that_is_cut_off_is_not_left_open() -> None:
    assert one_line("ab \u2068cdefgh\u2069", most=6) == f"ab {REPLACEMENT}c…"


@given(any_text)
def test_what_is_written_out_shows(text: str) -> None:
    shown = written_out(text)
    for each in shown:
        joins_or_spaces = each in "\u200c\u200d" or unicodedata.category(each) == "Zs"
        assert each.isprintable() or joins_or_spaces


@pytest.mark.parametrize("size", [10, 1_000_000])
def test_a_huge_text_is_one_short_line(size: int) -> None:
    assert len(one_line("x\n" * size)) <= 250
