"""Availability and turns on call in other words."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from textwrap import dedent

import pytest

from servicecore import Calendar
from servicecore.sla.availability import Availability, availability
from servicecore.sla.layers import Cover, Layer
from servicecore.sla.outages import Outage
from servicecore.sla.rota import Rota

OFFICE = Calendar.from_dict({"timezone": "UTC", "hours": "mon-fri 09:00-17:00"})


def at(day: int, hour: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, tzinfo=UTC)


def week(*outages: Outage) -> Availability:
    return availability(OFFICE, outages, start=at(2), end=at(7))


BROKEN = week(Outage(at(3, 16), at(4, 10), "disk"), Outage(at(6, 16), reason="power"))
ROTA = Rota(
    "desk", "UTC", [Layer("week", ("anna", "bob"), "2026-03-02 09:00", "1 week")],
    [Cover("cara", at(4), at(5), "training"), Cover("dan", at(6), at(7))],
)  # fmt: skip


def plain(text: str) -> str:
    return text.replace("\u202f", " ").replace("\xa0", " ")


def test_availability_in_russian() -> None:
    assert (
        plain(BROKEN.explain("ru"))
        == dedent("""
        92,5 % из 40 ч, пн, 2 мар. 2026 г., 00:00 – сб, 7 мар. 2026 г., 00:00
        простой 3 ч: 2 сбоя, самый долгий — 2 ч; сбой продолжается
          1. вт, 3 мар. 2026 г., 16:00 – вт, 3 мар. 2026 г., 17:00  1 ч (disk)
          1. ср, 4 мар. 2026 г., 09:00 – ср, 4 мар. 2026 г., 10:00  1 ч (disk)
          2. пт, 6 мар. 2026 г., 16:00 – пт, 6 мар. 2026 г., 17:00  1 ч (power)
        в среднем: работа без сбоев 18,5 ч, восстановление 1,5 ч, от сбоя до сбоя 20 ч
    """).strip()
    )


@pytest.mark.parametrize("measured", [BROKEN, week(), availability(OFFICE, [], start=0, end=0)])
@pytest.mark.parametrize("language", ["ru", "ar"])
def test_no_figure_is_left_in_english(measured: Availability, language: str) -> None:
    told = measured.explain(language)
    assert len(told.splitlines()) == len(measured.explain().splitlines())
    assert not re.findall("[A-Za-z]+", told.replace("disk", "").replace("power", ""))


@pytest.mark.parametrize(
    ("moment", "russian"),
    [
        (at(1), "… – пн, 2 мар. 2026 г., 09:00  никого"),
        (at(3), "пн, 2 мар. 2026 г., 09:00 – ср, 4 мар. 2026 г., 00:00  anna (слой «week»)"),
        (at(4), "ср, 4 мар. 2026 г., 00:00 – чт, 5 мар. 2026 г., 00:00  cara (замена: training)"),
        (at(6), "пт, 6 мар. 2026 г., 00:00 – сб, 7 мар. 2026 г., 00:00  dan (замена)"),
    ],
)
def test_who_is_on_call(moment: datetime, russian: str) -> None:
    shift = ROTA.why(moment)
    assert plain(shift.explain("ru")) == russian
    assert shift.explain() == str(shift)
    names = "anna|week|cara|training|dan"
    assert not re.findall("[A-Za-z]+", re.sub(names, "", shift.explain("ar")))
