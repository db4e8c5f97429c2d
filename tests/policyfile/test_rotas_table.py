"""The table of rotas in a policy file: what is written is read back, faults come all at once."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecore.errors import InvalidValue
from servicecore.faults import FaultyTable
from servicecore.policyfile.rotas import read_rotas, rotas_to_dict
from servicecore.sla.calendar import Calendar, always
from servicecore.sla.layers import Cover, Layer
from servicecore.sla.rota import Rota
from servicecore.sla.years import END, START

OFFICE = Calendar.from_dict({"timezone": "Europe/Berlin", "hours": "mon-fri 09:00-17:00"}, "office")
NIGHTS = always - OFFICE
CALENDARS = {"office": OFFICE, "nights": NIGHTS, "always": always}

names = st.text(st.characters(codec="utf-8"), min_size=1, max_size=8).filter(str.strip)
zones = st.sampled_from(["UTC", "Europe/Berlin", "Africa/Monrovia", "Pacific/Apia"])
starts = st.datetimes(datetime(1900, 1, 1), datetime(2199, 12, 31)).map(
    lambda start: start.replace(microsecond=0)
)
layers = st.builds(
    Layer,
    names,
    st.lists(names, min_size=1, max_size=3),
    starts,
    st.integers(1, 20_000).map(lambda hours: timedelta(hours=hours)),
    st.none() | st.sampled_from([OFFICE, NIGHTS, always]),
    st.none() | zones,
)
covers = st.tuples(
    st.integers(START, END), st.integers(START, END), names, st.sampled_from(["", " "]) | names
)
covers = covers.filter(lambda parts: parts[0] != parts[1]).map(
    lambda parts: Cover(parts[2], min(parts[:2]), max(parts[:2]), parts[3])
)
rotas = st.builds(
    lambda zone, layers, covers: ("UTC", zone, layers, covers),
    zones,
    st.lists(layers, min_size=1, max_size=3, unique_by=lambda layer: layer.name),
    st.lists(covers, max_size=3),
)


@given(st.dictionaries(names, rotas, max_size=3))
def test_what_is_written_is_read_back(parts):
    written = {name: Rota(name, *fields[1:]) for name, fields in parts.items()}
    assert read_rotas(rotas_to_dict(written, CALENDARS), CALENDARS) == written


odd_values = st.sampled_from([
    None, True, 0, -1.5, "", " ", "x", "office", "1 week", "0 days", "1 month", "2026-01-05 09:00",
    "2026-01-05", "2026-02-30 09:00", "2026-01-05T09:00:00+01:00", "1800-01-01T00:00Z", "UTC",
    [], ["x"], [None], [[]], {}, {"x": 1}, [{}], [{"name": "x"}],
])  # fmt: skip
odd_keys = st.sampled_from([
    "timezone", "layers", "overrides", "name", "members", "start", "every", "restricted_to",
    "person", "end", "reason", "x",
])  # fmt: skip


@st.composite
def changed(draw):
    """The table of a rota with some values replaced or taken out."""
    name, fields = "desk", draw(rotas)
    table = rotas_to_dict({name: Rota(name, *fields[1:])}, CALENDARS)
    places = [table, table[name], *table[name]["layers"], *table[name].get("overrides", ())]
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.sampled_from(places))
        key = draw(st.sampled_from(sorted(place)) | odd_keys if place else odd_keys)
        if draw(st.booleans()):
            place[key] = draw(odd_values)
        else:
            place.pop(key, None)
    return table


@given(changed())
def test_whatever_is_written_is_read_or_refused_with_faults(table):
    with suppress(FaultyTable):
        found = read_rotas(table, CALENDARS)
        assert read_rotas(rotas_to_dict(found, CALENDARS), CALENDARS) == found


SOUND = {
    "timezone": "Europe/Berlin",
    "layers": [
        {
            "name": "week",
            "members": ["anna", "bob"],
            "start": "2026-01-05 09:00",
            "every": "1 week",
        },
        {
            "name": "office",
            "members": ["cara"],
            "start": "2026-01-05T09:00:00",
            "every": "7 days",
            "restricted_to": "office",
            "timezone": "Asia/Tokyo",
        },
    ],
    "overrides": [
        {
            "person": "dan",
            "start": "2026-03-07T09:00:00+01:00",
            "end": "2026-03-08T09:00:00+01:00",
            "reason": "swap",
        }
    ],
}


def test_a_whole_table():
    (rota,) = read_rotas({"desk": SOUND}, CALENDARS).values()
    assert rota == Rota(
        "desk",
        "Europe/Berlin",
        [
            Layer("week", ["anna", "bob"], "2026-01-05 09:00", "1 week"),
            Layer("office", ["cara"], "2026-01-05 09:00", "1 week", OFFICE, "Asia/Tokyo"),
        ],
        [
            Cover(
                "dan",
                datetime.fromisoformat("2026-03-07T08:00Z"),
                datetime.fromisoformat("2026-03-08T08:00Z"),
                "swap",
            )
        ],
    )


def test_every_fault_is_found_at_once():
    table = {
        "desk": {
            "timezone": "Europe/Berlinn",
            "layers": [
                {"name": "week", "member": ["anna"], "start": "09:00", "every": "monthly"},
                {"name": "week", "members": [], "start": "2026-01-05 09:00", "every": "1 week",
                 "restricted_to": "ofice"},
            ],
            "overrides": [{"person": "dan", "start": "2026-03-07 09:00", "end": "tomorrow"}],
        },
        "night": {"timezone": "UTC", "layers": []},
        "day": 7,
    }  # fmt: skip
    with pytest.raises(FaultyTable) as refused:
        read_rotas(table, CALENDARS)
    found = "\n".join(map(str, refused.value.faults))
    for place in (
        "desk.timezone: unknown time zone 'Europe/Berlinn'",
        "desk.layers[0].member: unknown key; did you mean 'members'?",
        "desk.layers[0].members: missing; expected a list of names",
        "desk.layers[0].start: start is '09:00': expected a date and a time on the wall",
        "desk.layers[0].every: every is 'monthly': expected a number of weeks, days or hours",
        "desk.layers[1].members: found []; expected at least one name",
        "desk.layers[1].restricted_to: unknown calendar 'ofice': did you mean 'office'?",
        "desk.layers[1].name: 'week' stands there already",
        "desk.overrides[0].start: found '2026-03-07 09:00'; expected an instant with its offset",
        "desk.overrides[0].end: found 'tomorrow'; expected an instant with its offset",
        "night.layers: found []; expected at least one layer",
        "day: found 7; expected a table with timezone, layers and overrides",
    ):
        assert place in found


def test_a_cover_that_ends_before_it_starts():
    cover = {"person": "dan", "start": "2026-03-08T09:00Z", "end": "2026-03-07T09:00Z"}
    with pytest.raises(FaultyTable, match=r"overrides\[0\]: a cover by 'dan' does not end after"):
        read_rotas({"desk": {**SOUND, "overrides": [cover]}}, CALENDARS)


def test_a_calendar_without_a_name_cannot_be_written():
    layer = Layer("week", ["anna"], "2026-01-05 09:00", "1 week", OFFICE | NIGHTS)
    with pytest.raises(InvalidValue, match=r"a layer is restricted to .*: expected one of the"):
        rotas_to_dict({"desk": Rota("desk", "UTC", [layer])}, CALENDARS)
