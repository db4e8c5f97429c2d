"""A situation in other words: the same lines, with every word of ours translated."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from textwrap import dedent

import pytest

from servicecore import PolicyBook, replay
from servicecore.lifecycle.events import (
    Actor,
    ApprovalRequested,
    Assigned,
    Event,
    Opened,
    OptionsOffered,
    OverrideStarted,
    PromiseMade,
    PromiseRenegotiated,
)
from servicecore.lifecycle.situation import Situation
from servicecore.sla import Policy, Target

GOLD = Policy(
    "gold", {"resolution": Target("8h")}, {"customer": "acme"},
    overrides={"business stopped": {"resolution": Target("2h")}},
)  # fmt: skip
BOOK = PolicyBook.of(Policy("vip", {}, {"tags": "vip"}), GOLD, version="2026")


def at(hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 4, 7, hour, minute, tzinfo=UTC)


HISTORY: list[Event] = [
    Opened(
        request="R1",
        occurred_at=at(9),
        facts={"customer": "acme", "impact": "high", "urgency": "high"},
    ),
    Assigned(request="R1", occurred_at=at(9, 10), group="network"),
    Assigned(request="R1", occurred_at=at(9, 20), group="mail", person="ann"),
    Assigned(request="R1", occurred_at=at(9, 30), group="network", person="bob"),
    PromiseMade(request="R1", occurred_at=at(9, 40), promise="p1", due_at=at(12)),
    PromiseRenegotiated(
        request="R1", occurred_at=at(9, 50), promise="p1", due_at=at(15), reason="a part is missing"
    ),
    OverrideStarted(
        request="R1",
        occurred_at=at(10),
        actor=Actor("carl"),
        override="business stopped",
        reason="no till",
    ),
    ApprovalRequested(request="R1", occurred_at=at(10, 10), approver="dora"),
    OptionsOffered(request="R1", occurred_at=at(10, 20), options=("repair", "replace")),
]
NAMES = ("R1", "gold", "vip", "acme", "network", "bob", "carl", "dora", "repair", "replace", "UTC")


@pytest.fixture
def situation() -> Situation:
    return replay(HISTORY, BOOK, at=at(11))


def test_in_russian(situation: Situation) -> None:
    """K8: to the letter, but for which spaces the locale has."""
    text = situation.explain("ru").replace("\u202f", " ")
    assert (
        text
        == dedent("""
        R1: новое, приоритет критический, политика gold версии 2026
          vip не подходит: метки: [], ожидалось «vip»
          gold подходит: клиент: «acme»
          сейчас у: network и bob
          передано 2 раза, из них 1 — обратно
          ждём согласования с вт, 7 апр. 2026 г., 10:10: dora
          ждём решения клиента с вт, 7 апр. 2026 г., 10:20: repair и replace
          особый режим business stopped с вт, 7 апр. 2026 г., 10:00: no till (carl)
        решение
          на паузе (согласование у клиента): осталось 1 ч 50 мин; \
срок — вт, 7 апр. 2026 г., 12:50, если продолжить сейчас
          цель: 8 ч круглосуточно (UTC)
          действует особый режим business stopped: 2 ч круглосуточно (UTC), \
с вт, 7 апр. 2026 г., 10:00
            причина: no till (carl)
            учтено: 10 мин из 2 ч
            без него: осталось 6 ч 50 мин
          уже учтено:
            вт, 7 апр. 2026 г., 09:00 – 10:10  рабочее время, 1 ч 10 мин
            вт, 7 апр. 2026 г., 10:10 – 11:00  на паузе (согласование у клиента)
            итого: 1 ч 10 мин из 8 ч
        обещания
          готовность до вт, 7 апр. 2026 г., 15:00: в силе
            перенесено с вт, 7 апр. 2026 г., 12:00 на вт, 7 апр. 2026 г., 15:00: a part is missing
    """).strip()
    )


@pytest.mark.parametrize("language", ["ru", "ar", "ar-EG", "en-GB"])
def test_every_language_has_the_same_lines(situation: Situation, language: str) -> None:
    english, told = situation.explain().splitlines(), situation.explain(language).splitlines()
    assert [indent(line) for line in told] == [indent(line) for line in english]


@pytest.mark.parametrize("language", ["ru", "ar"])
def test_nothing_of_ours_is_left_in_english(situation: Situation, language: str) -> None:
    told = situation.explain(language)
    for name in ("business stopped", "a part is missing", "no till", *NAMES):
        told = told.replace(name, "")
    assert not re.findall("[A-Za-z]+", told)


def indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))
