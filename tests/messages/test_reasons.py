"""Reasons that we write ourselves are translated wherever they are met; those of people are not."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecore import Calendar, PolicyBook, replay
from servicecore.instants import Days
from servicecore.lifecycle.commands import ChooseOption, OfferOptions, Reply
from servicecore.lifecycle.decide import decide
from servicecore.lifecycle.events import Actor, Event, Opened, Side, StatusChanged
from servicecore.messages import ENGLISH, messages_in
from servicecore.messages.wording import END_OF_ISOLATE, ISOLATE
from servicecore.sla import Target
from servicecore.sla.reasons import pause_in_words, said_in_words
from servicecore.sla.statuses import Transition

RU, AR = messages_in("ru"), messages_in("ar")
OFFICE = Calendar.from_dict({"timezone": "UTC", "hours": "mon-fri 09:00-17:00"}, "office")

REASONS = {
    "waiting for customer": "ждём клиента",
    "waiting for customer: which printer?": "ждём клиента: which printer?",
    "waiting for customer: their decision between a, b and c": "ждём клиента: выбор между a, b и c",
    "waiting for customer: their decision between a and nothing": (
        "ждём клиента: выбор между a и отказом"
    ),
    "in progress: they decided for a": "в работе: клиент выбрал a",
    "in progress: the customer replied": "в работе: клиент ответил",
    "in progress: its date has come": "в работе: подошёл срок",
    "scheduled: 48h without a change": "запланировано: 48 ч без изменений",
    "scheduled: 1h 30m of office without a change": (
        "запланировано: 1 ч 30 мин по календарю office без изменений"
    ),
    "scheduled: 3 working days until close of office without a change": (
        "запланировано: 3 рабочих дня до закрытия по календарю office без изменений"
    ),
    "scheduled: a whole week without a change": "запланировано: a whole week without a change",
    "approval: customer": "согласование у клиента",
    "approval: desk, waiting on: dell": "согласование у нас, ждём: dell",
    "group: net, and more": "группа: net, and more",
    "not group: net": "не группа: net",
    "not group: net or waiting on: dell": "не группа: net или ждём: dell",
    "not quite done": "not quite done",
    "the till is broken": "the till is broken",
}


@pytest.mark.parametrize(("reason", "russian"), REASONS.items())
def test_reasons_of_pauses(reason: str, russian: str) -> None:
    """K8: in English they stand as they are in the data."""
    assert pause_in_words(reason, RU) == russian
    assert pause_in_words(reason, ENGLISH) == reason


def plain(text: str) -> str:
    return text.replace(ISOLATE, "").replace(END_OF_ISOLATE, "")


@given(
    st.text(max_size=30).filter(str.isprintable)
    | st.sampled_from(["60m", "1h 30m", "1 working days", "1 working day"]),
    st.sampled_from(["", " and x", " without a change", " of a without a change", ": b"]),
)
def test_english_says_what_stands_in_the_data(words: str, end: str) -> None:
    for begin in ("", "not ", "group: ", "their decision between ", "they decided for "):
        reason = f"{begin}{words}{end}"
        assert plain(said_in_words(reason, ENGLISH)) == plain(reason)
        assert plain(pause_in_words(reason, ENGLISH)) == plain(reason)


targets = st.builds(
    Target,
    st.integers(1, 10**6).map(lambda minutes: f"{minutes}m")
    | st.builds(Days, st.integers(1, 99), st.sampled_from(["same_time", "close"])),
    st.sampled_from([OFFICE, Target("1h").calendar]),
)


@given(targets)
def test_what_time_does_is_said_in_every_language(target: Target) -> None:
    """R7: the reason of a timed transition, however long it takes."""
    reason = Transition("status changed", ["new"], "scheduled", after=target).reason
    assert said_in_words(reason, ENGLISH) == reason
    for messages in (RU, AR):
        told = said_in_words(reason, messages).replace("office", "")
        assert not re.findall("[A-Za-z]+", told)


def test_what_follows_by_itself_is_said_in_every_language() -> None:
    """R9: the reasons that are written with the events that follow."""
    commands = [
        OfferOptions(id="c1", request="R1", options=("1", "2")),
        Reply(id="c2", request="R1", actor=Actor("ann", Side.CUSTOMER)),
        OfferOptions(id="c3", request="R1", options=("3",)),
        ChooseOption(id="c4", request="R1", option="3"),
    ]
    events: list[Event] = [Opened(request="R1", occurred_at=0)]
    for at, command in enumerate(commands, start=1):
        events += decide(replay(events, PolicyBook.of(), at=at), command, at=at)
    reasons = [event.reason for event in events if isinstance(event, StatusChanged)]
    assert len(reasons) == len(commands)
    for reason in reasons:
        assert not re.findall("[A-Za-z]+", said_in_words(reason, RU) + said_in_words(reason, AR))
