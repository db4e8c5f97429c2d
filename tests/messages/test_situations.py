"""A situation in other words: the same lines, with every word of ours translated."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from textwrap import dedent

import pytest

from servicecore import PolicyBook, replay
from servicecore.catalogue import Agreement, Catalogue
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
    StatusChanged,
    StepRecorded,
)
from servicecore.lifecycle.situation import Situation
from servicecore.lifecycle.tick import tick
from servicecore.sla import Policy, Target
from servicecore.sla.escalation import Escalation, Step

GOLD = Policy(
    "gold", {"resolution": Target("8h")}, {"customer": "acme"},
    overrides={"business stopped": {"resolution": Target("2h")}},
)  # fmt: skip
CATALOGUE = Catalogue(agreements=[
    Agreement("usual", "SLA"),
    Agreement("acme gold", "SLA", customers=["acme"]),
    Agreement("acme old", "SLA", customers=["acme"], valid_until=datetime(2026, 1, 1, tzinfo=UTC)),
    Agreement("net", "OLA", provider="network", supports=["acme gold"], clock="resolution"),
])  # fmt: skip
LADDERS = [
    Escalation("hurry", [
        Step("warn", share="10%", tell=["group", "role: duty manager"]),
        Step("raise", share="20%", tell="person"),
    ]),
    Escalation("quiet", [Step("call", silence="6h", tell="person")]),
]  # fmt: skip
BOOK = PolicyBook.of(
    Policy("vip", {}, {"tags": "vip"}),
    GOLD,
    version="2026",
    catalogue=CATALOGUE,
    escalations=LADDERS,
)


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
    OptionsOffered(request="R1", occurred_at=at(10, 40), options=("repair", "replace")),
    StatusChanged(
        request="R1",
        occurred_at=at(10, 40),
        status="waiting for customer",
        reason="their decision between repair and replace",
    ),
    ApprovalRequested(request="R1", occurred_at=at(10, 50), approver="dora"),
    StepRecorded(
        request="R1", occurred_at=at(10, 55), step="by mistake", due_at=at(10), outcome="told"
    ),
]
NAMES = (
    "group: network", "role: duty manager", "business stopped", "a part is missing", "no till",
    "acme gold", "acme old", "by mistake", "repair", "replace", "network", "usual", "hurry",
    "quiet", "raise", "acme", "carl", "dora", "gold", "warn", "call", "bob", "net", "vip",
    "R1", "UTC",
)  # fmt: skip


@pytest.fixture
def situation() -> Situation:
    steps = tick([event for event in HISTORY if event.occurred_at <= at(10)], BOOK, at=at(10))
    return replay([*HISTORY, *steps], BOOK, at=at(11))


def test_in_russian(situation: Situation) -> None:
    """K8: to the letter, but for which spaces the locale has."""
    text = situation.explain("ru").replace("\u202f", " ")
    assert (
        text
        == dedent("""
        R1: ждём клиента, приоритет критический, политика gold версии 2026
          R1 и соглашения:
          - usual не действует: acme gold подходит точнее
          - acme gold действует: для клиента acme
          - acme old не действует: действовало только до чт, 1 янв. 2026 г., 00:00 UTC
          - net его поддерживает: внутреннее соглашение, исполнитель — network, отсчёт — «решение»
          vip не подходит: метки: [], ожидалось «vip»
          gold подходит: клиент: «acme»
          сейчас у: network и bob
          передано 2 раза, из них 1 — обратно
          ждём согласования с вт, 7 апр. 2026 г., 10:50: dora
          ждём решения клиента с вт, 7 апр. 2026 г., 10:40: repair и replace
          особый режим business stopped с вт, 7 апр. 2026 г., 10:00: no till (carl)
        решение
          на паузе (ждём клиента: выбор между repair и replace): осталось 1 ч 20 мин; \
срок — вт, 7 апр. 2026 г., 12:20, если продолжить сейчас
          цель: 8 ч круглосуточно (UTC)
          действует особый режим business stopped: 2 ч круглосуточно (UTC), \
с вт, 7 апр. 2026 г., 10:00
            причина: no till (carl)
            учтено: 40 мин из 2 ч
            без него: осталось 6 ч 20 мин
          уже учтено:
            вт, 7 апр. 2026 г., 09:00 – 10:40  рабочее время, 1 ч 40 мин
            вт, 7 апр. 2026 г., 10:40 – 11:00  на паузе (ждём клиента: выбор между repair и replace)
            итого: 1 ч 40 мин из 8 ч
        обещания
          готовность до вт, 7 апр. 2026 г., 15:00: в силе
            перенесено с вт, 7 апр. 2026 г., 12:00 на вт, 7 апр. 2026 г., 15:00: a part is missing
        эскалация
          hurry, warn: срок — вт, 7 апр. 2026 г., 09:48; \
сообщили: group: network и role: duty manager
          by mistake: шаг записан, хотя повода для него не было
          hurry, raise: срок — вт, 7 апр. 2026 г., 10:24; ещё не сделано
        если ничего не произойдёт
          вт, 7 апр. 2026 г., 15:00: пройдёт обещанный срок готовности
          вт, 7 апр. 2026 г., 16:40: эскалация quiet, шаг call
    """).strip()
    )


@pytest.mark.parametrize("language", ["ru", "ar", "ar-EG", "en-GB"])
def test_every_language_has_the_same_lines(situation: Situation, language: str) -> None:
    english, told = situation.explain().splitlines(), situation.explain(language).splitlines()
    assert [indent(line) for line in told] == [indent(line) for line in english]


@pytest.mark.parametrize("language", ["ru", "ar"])
def test_nothing_of_ours_is_left_in_english(situation: Situation, language: str) -> None:
    told = situation.explain(language)
    for name in NAMES:
        told = told.replace(name, "")
    assert not re.findall("[A-Za-z]+", told)


def indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))
