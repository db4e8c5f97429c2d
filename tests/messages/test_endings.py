"""Why a clock or an override ended, in other words."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from servicecore import PolicyBook, replay
from servicecore.lifecycle.events import (
    Cancelled,
    Event,
    MergedInto,
    Opened,
    Prioritised,
    Replied,
    StatusChanged,
)
from servicecore.messages import messages_in
from servicecore.sla import Mark, Policy, Target, read
from servicecore.sla.reasons import end_in_words
from servicecore.sla.rules import ClockRule

BOOK = PolicyBook.of(
    Policy("all", {"resolution": {"high": Target("8h")}, "next response": Target("8h")})
)


def at(hour: int) -> datetime:
    return datetime(2026, 4, 7, hour, tzinfo=UTC)


@pytest.mark.parametrize(
    ("reason", "russian"),
    [
        ("no target for priority low, gold", "нет цели: приоритет низкий, gold"),
        ("priority low, gold", "приоритет низкий, gold"),
        ("48h of office without a change", "48 ч по календарю office без изменений"),
        ("sold", "sold"),
    ],
)
def test_reasons_of_an_end(reason: str, russian: str) -> None:
    """K8: our own words are translated, somebody's own stay; in English all of them do."""
    assert end_in_words(reason, messages_in("en")) == reason
    assert end_in_words(reason, messages_in("ru")).replace("\u202f", " ") == russian


def test_an_override_in_russian_and_arabic() -> None:
    """Q3: who, why and until when."""
    on = Mark.override(at(9), Target("2h"), "no till", "stop", who="ann", until=at(11))
    marks = [Mark.start(at(8)), on]
    text = read(marks, Target("8h"), at=at(10)).explain("ru").replace("\u202f", " ")
    lines = text.splitlines()
    assert lines[3:5] == ["  причина: no till (ann)", "  до вт, 7 апр. 2026 г., 11:00"]
    assert "  حتى " in read(marks, Target("8h"), at=at(10)).explain("ar")
    over = [*marks, Mark.relieve(at(10), "stop", "sold again", who="bob")]
    reading = read(over, Target("8h"), at=at(10))
    assert reading.explain("ru").splitlines()[4] == "  снят: sold again (bob)"
    assert "  أُنهي: " in reading.explain("ar")
    ran_out = read([*marks, Mark.relieve(at(11), "stop")], Target("8h"), at=at(12))
    assert ran_out.explain("ru").splitlines()[4] == "  срок действия истёк"
    assert "  انتهت مدته" in ran_out.explain("ar")


def test_a_cancelled_clock_in_russian() -> None:
    """K6, K8: the reason stands behind the instant."""
    marks = [Mark.start(at(8)), Mark.cancel(at(9), "sold")]
    told = read(marks, Target("8h"), at=at(10)).explain("ru").replace("\u202f", " ").splitlines()[0]
    assert told == "отменён: вт, 7 апр. 2026 г., 09:00 (sold), без оценки"


@pytest.mark.parametrize(
    ("last", "reason"),
    [
        (Cancelled(request="R1", occurred_at=at(10), reason="withdrawn by the customer"),
         "withdrawn by the customer"),
        (MergedInto(request="R1", occurred_at=at(10), target="R2", reason="the same fault"),
         "the same fault"),
        (Cancelled(request="R1", occurred_at=at(10)), ""),
        (Prioritised(request="R1", occurred_at=at(10), priority="low"),
         "no target for priority low, all"),
    ],
)  # fmt: skip
def test_a_cancelled_request_says_why(last: Event, reason: str) -> None:
    """K6, K8: each of its clocks tells why nothing is owed any longer."""
    opened = Opened(request="R1", occurred_at=at(9), facts={"priority": "high"})
    waiting = StatusChanged(
        request="R1", occurred_at=at(9), status="waiting for customer", reason="which till?"
    )
    reading = replay([opened, waiting, last], BOOK, at=at(11)).reading("resolution")
    assert reading is not None
    assert reading.end_reason == reason
    told = f" ({reason})" if reason else ""
    assert reading.explain().startswith(f"cancelled: Tue 7 Apr 2026 10:00{told}, no verdict")


def test_a_stopped_request_says_what_it_always_said() -> None:
    """K8: the reason of a status is no reason for an answer."""
    said: list[Event] = [
        Opened(request="R1", occurred_at=at(9), facts={"priority": "high"}),
        StatusChanged(request="R1", occurred_at=at(9), status="in progress", reason="by phone"),
        Replied(request="R1", occurred_at=at(10)),
    ]
    for cycles in replay(said, BOOK, at=at(11)).readings.values():
        assert [reading.end_reason for reading in cycles] == [""] * len(cycles)


def test_what_else_cancels_a_clock_has_no_reason() -> None:
    """K8: that of the status is of something else."""
    rule = ClockRule("call back", ["opened"], ["closed"], cancels=["replied"])
    book = PolicyBook.of(Policy("all", {"call back": Target("8h")}), clocks={"call back": rule})
    opened = Opened(request="R1", occurred_at=at(9))
    doing = StatusChanged(request="R1", occurred_at=at(9), status="in progress", reason="by phone")
    said = [opened, doing, Replied(request="R1", occurred_at=at(10))]
    reading = replay(said, book, at=at(11)).reading("call back")
    assert reading is not None
    assert (reading.state, reading.end_reason) == ("cancelled", "")
