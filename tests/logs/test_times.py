"""Instants out of a log's cells."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from functools import cache
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecore.errors import InvalidValue
from servicecore.instants import to_datetime, to_instant
from servicecore.logs import Times
from servicecore.logs.times import Instants, Odd
from servicecore.sla.years import END, START

ZONES = (
    "America/Sao_Paulo", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Beirut", "Pacific/Apia",
    "America/St_Johns", "Africa/Casablanca", "Asia/Kathmandu", "Antarctica/Troll", "UTC",
)  # fmt: skip
PLAIN = "%d/%m/%Y %H:%M"


def plain(zone: str, **options: str) -> Instants:
    return Instants(Times(formats=(PLAIN,), zone=zone, **options))


def shown(wall: datetime, zone: str) -> list[int]:
    """Every instant at which a clock in `zone` shows `wall`, by looking at the clock."""
    candidates = {wall.replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC) for fold in (0, 1)}
    return sorted(
        to_instant(moment)
        for moment in candidates
        if moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None) == wall
    )


def after_gap(wall: datetime, zone: str) -> int:
    """The first instant at which a clock shows `wall` or later, by stepping over minutes."""
    moment = (wall - timedelta(days=2)).replace(tzinfo=UTC)
    while moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None) < wall:
        moment += timedelta(minutes=1)
    return to_instant(moment)


WALLS = st.datetimes(datetime(1990, 1, 1), datetime(2037, 1, 1)).map(
    lambda wall: wall.replace(second=0, microsecond=0)
)


@cache
def transitions(zone: str) -> list[datetime]:
    """The walls, before and after, at which a zone's clock jumped from 2005 to 2020."""
    found, hour = [], datetime(2005, 1, 1, tzinfo=UTC)
    offset = hour.astimezone(ZoneInfo(zone)).utcoffset()
    while hour.year < 2020:
        hour += timedelta(hours=6)
        now = hour.astimezone(ZoneInfo(zone)).utcoffset()
        if now != offset:
            minute = hour - timedelta(hours=6)
            while minute.astimezone(ZoneInfo(zone)).utcoffset() == offset:
                minute += timedelta(minutes=1)
            found += [(minute + jump).replace(tzinfo=None) for jump in (offset, now)]
            offset = now
    return found


@st.composite
def near_transitions(draw: st.DrawFn) -> tuple[datetime, str]:
    """A wall time within two hours of a jump of a zone's clock, and the zone."""
    zone = draw(st.sampled_from(ZONES[:-1]).filter(transitions))
    wall = draw(st.sampled_from(transitions(zone)))
    return wall + timedelta(minutes=draw(st.integers(-120, 120))), zone


@given(WALLS, st.sampled_from(ZONES))
def test_wall_times_are_read_in_the_zone(wall: datetime, zone: str) -> None:
    expected = shown(wall, zone)
    found = plain(zone)[wall.strftime(PLAIN)]
    if len(expected) == 1:
        assert found == expected[0]
    else:
        assert isinstance(found, Odd)


@given(near_transitions())
def test_hours_that_come_twice_and_gaps_are_placed_as_the_mapping_says(
    near: tuple[datetime, str],
) -> None:
    """C2: in a gap the first instant after it, in a fold the first of the two, unless told."""
    wall, zone = near
    text, instants = wall.strftime(PLAIN), shown(wall, zone)
    first, second = plain(zone)[text], plain(zone, twice="second")[text]
    refused = plain(zone, twice="refuse", gap="refuse")[text]
    if len(instants) == 1:
        assert first == second == refused == instants[0]
    elif instants:
        assert (first.instant, second.instant, refused.instant) == (*instants, None)
        assert first.reason == f"{text!r} comes twice in {zone}: taken as the first"
        assert refused.reason == f"{text!r} comes twice in {zone}"
    else:
        assert (first.instant, second.instant) == (after_gap(wall, zone),) * 2
        assert refused == Odd(None, f"{text!r} does not exist in {zone}")


PATTERNS = (
    PLAIN, "%Y-%m-%d %H:%M:%S", "%d.%m.%Y  %H:%M", "%m/%d/%Y %H:%M:%S", "%d%m%Y%H%M",
    "%Y%m%dT%H%M%S", "%d/%m/%Y %H:%M [%S]",
)  # fmt: skip


@given(st.sampled_from(PATTERNS), WALLS, st.booleans(), st.data())
def test_patterns_are_read_as_strptime_reads_them(
    pattern: str, wall: datetime, short: bool, data: st.DataObject
) -> None:
    text = wall.strftime(pattern.replace("%d", "%-d").replace("%m", "%-m") if short else pattern)
    place = data.draw(st.integers(0, len(text)))
    text = text[:place] + data.draw(st.sampled_from(["", "0", "9", "/", " ", "x"])) + text[place:]
    try:
        expected: int | None = to_instant(datetime.strptime(text, pattern).replace(tzinfo=UTC))
    except ValueError:
        expected = None
    if expected is not None and not START <= expected < END:
        expected = None
    found = Instants(Times(formats=(pattern,), zone="UTC"))[text]
    assert (found.instant if isinstance(found, Odd) else found) == expected


@given(
    st.datetimes(datetime(1900, 1, 2), datetime(2199, 12, 30)),
    st.none() | st.integers(-23 * 60, 23 * 60),
)
def test_iso_texts_and_typed_times_are_the_same(wall: datetime, offset: int | None) -> None:
    zone = None if offset is None else timezone(timedelta(minutes=offset))
    moment = wall.replace(tzinfo=zone)
    instants = Instants(Times(zone="UTC"))
    assert instants[moment.isoformat()] == instants[moment]
    assert instants[moment] == to_instant(wall.replace(tzinfo=zone or UTC))


@pytest.mark.parametrize(
    ("written", "text", "expected"),
    [
        ("epoch", "1456707600", "2016-02-29T01:00:00+00:00"),
        ("epoch", "1456707600.25", "2016-02-29T01:00:00.250000+00:00"),
        ("epoch", "-1.5", "1969-12-31T23:59:58.500000+00:00"),
        ("epoch ms", "1456707600001", "2016-02-29T01:00:00.001000+00:00"),
        ("epoch us", "1456707600000001", "2016-02-29T01:00:00.000001+00:00"),
        ("%d %b %Y %I:%M %p %z", "29 Feb 2016 01:00 AM +0100", "2016-02-29T00:00:00+00:00"),
        ("%Y-%m-%d", "2016-02-29", "2016-02-29T03:00:00+00:00"),
        ("iso", "2016-02-29T01:00", "2016-02-29T04:00:00+00:00"),
        ("iso", "2016-02-29 01:00:00Z", "2016-02-29T01:00:00+00:00"),
    ],
)
def test_every_kind_of_format(written: str, text: str, expected: str) -> None:
    instants = Instants(Times(formats=(written,), zone="America/Sao_Paulo"))
    assert to_datetime(instants[text]).isoformat() == expected


def test_the_first_format_that_fits_is_taken() -> None:
    instants = Instants(Times(formats=("%d/%m/%Y", "%m/%d/%Y", "iso"), zone="UTC"))
    found = [to_datetime(instants[text]).date() for text in ("3/4/2016", "3/14/2016", "2016-03-04")]
    assert list(map(str, found)) == ["2016-04-03", "2016-03-14", "2016-03-04"]
    expected = "'x' is no time: expected '%d/%m/%Y' or '%m/%d/%Y' or 'iso'"
    assert instants["x"] == Odd(None, expected)


@pytest.mark.parametrize(
    "text", ["nan", "inf", "-inf", "1e400", "sNaN", "1e999990", "1_000", "１２", "+5", "9" * 18]
)
def test_what_is_no_number_is_no_instant(text: str) -> None:
    found = Instants(Times(formats=("epoch",)))[text]
    assert found == Odd(None, f"{text!r} is no time: expected 'epoch'")


@pytest.mark.parametrize(
    "text", ["0001-01-01T00:00", "9999-12-31T23:59:59", "0001-01-01T00:00+23:00"]
)
def test_the_ends_of_time_are_no_instants(text: str) -> None:
    """C8: a clear reason, never a bare error."""
    for zone in ZONES:
        found = Instants(Times(zone=zone))[text]
        assert found == Odd(None, f"{text!r} lies outside the years 1900 to 2199")


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("1899-12-31T23:59:59.999999Z", False),
        ("1900-01-01T00:00Z", True),
        ("2199-12-31T23:59:59.999999Z", True),
        ("2200-01-01T00:00Z", False),
        ("3017-03-02T12:00Z", False),
    ],
)
def test_instants_are_those_for_which_calendars_answer(text: str, fits: bool) -> None:
    """C8: one mistyped year is one unusable row, and spoils no report."""
    assert isinstance(Instants(Times())[text], int) is fits


def test_a_long_cell_does_not_flood_a_message() -> None:
    found = Instants(Times())["\x1b[2J" + "x" * 100_000]
    assert isinstance(found, Odd)
    assert found.reason.startswith(r"'\x1b[2Jxxx")
    assert len(found.reason) < 120


def test_a_time_without_offset_needs_a_zone() -> None:
    instants = Instants(Times())
    assert isinstance(instants["2016-02-29T01:00+01:00"], int)
    reason = "'2016-02-29T01:00' has no offset, and the mapping names no zone"
    assert instants["2016-02-29T01:00"] == Odd(None, reason)


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"formats": (PLAIN,)}, "has no offset: expected a zone"),
        ({"formats": ("ISO",)}, "unknown format 'ISO': expected 'iso', 'epoch'"),
        ({"formats": ("%d/%m %H:%M",), "zone": "UTC"}, "has no year: expected %Y"),
        ({"formats": ("%Y-%Q",), "zone": "UTC"}, "'Q' is a bad directive"),
        ({"formats": ("%Y-%",), "zone": "UTC"}, "stray %"),
        ({"formats": ()}, "no format"),
        ({"zone": "Europe/Belin"}, "unknown time zone 'Europe/Belin'"),
    ],
)
def test_formats_and_zones_that_cannot_be(options: dict[str, object], problem: str) -> None:
    with pytest.raises(InvalidValue, match=problem):
        Times(**options)
