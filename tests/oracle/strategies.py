"""Random calendars around the jumps of random zones, and instants near them.

Everything stays within a few days of one jump: that is where mistakes are, and it keeps the
oracle's stepping short.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st

from tests.oracle.calendar import (
    MINUTE,
    WEEKDAYS,
    OracleCalendar,
    from_dict,
    instant,
    microseconds,
)
from tests.oracle.zones import (
    MINUTES_PER_DAY,
    Jump,
    date_at,
    jumps,
    typical_jumps,
    wall_at,
    zones_that_jump,
)

# Zones whose midnight does not exist on some days, that lost a day, or that move by odd amounts.
STRANGE_ZONES = (
    "America/Sao_Paulo",
    "Africa/Cairo",
    "Asia/Beirut",
    "America/Havana",
    "America/Asuncion",
    "America/Santiago",
    "Asia/Amman",
    "Asia/Tehran",
    "Asia/Gaza",
    "Atlantic/Azores",
    "America/Scoresbysund",
    "Pacific/Apia",
    "Pacific/Fakaofo",
    "Australia/Lord_Howe",
    "America/Caracas",
    "Asia/Pyongyang",
    "Asia/Kathmandu",
    "Antarctica/Troll",
    "Antarctica/Casey",
    "Africa/Casablanca",
    "America/St_Johns",
    "Europe/Dublin",
    "Europe/Berlin",
)


def at_most(examples: int) -> settings:
    """Fewer examples than the profile asks for, where one takes long; never more than it does."""
    return settings(max_examples=min(examples, settings().max_examples))


def written(minutes: int) -> str:
    """Minutes since midnight as "HH:MM", also past 24:00."""
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


@dataclass(frozen=True)
class Scene:
    """A calendar as a dictionary, the jump it is built around, and the oracle's view of it."""

    spec: dict[str, Any]
    jump: Jump
    oracle: OracleCalendar

    @property
    def zone(self) -> str:
        return self.jump.zone

    @cached_property
    def edges(self) -> list[datetime]:
        """The edges of the windows within three days of the jump, or the jump alone."""
        at_jump = instant(self.jump.minute * MINUTE)
        nearby = self.oracle.windows(at_jump - timedelta(days=3), at_jump + timedelta(days=3))
        return [edge for window in nearby for edge in window] or [at_jump]

    def __repr__(self) -> str:
        return f"Scene({self.spec!r}, jump at {instant(self.jump.minute * MINUTE):%F %R}Z)"


def seam(zone: str, year: int) -> Jump:
    """No jump, but a moment at which calendars have seams: New Year in UTC, or a 29 February."""
    day = datetime(year, 2, 29, tzinfo=UTC) if year % 4 == 0 else datetime(year, 1, 1, tzinfo=UTC)
    minute = microseconds(day) // MINUTE
    offset = wall_at(zone, minute) - minute
    return Jump(zone, minute, offset, offset)


@st.composite
def zone_jumps(draw: st.DrawFn) -> Jump:
    """A jump of any zone, strange zones and each zone's rarer jumps more often; or a seam."""
    known = [zone for zone in STRANGE_ZONES if zone in zones_that_jump()]
    zone = draw(st.one_of(st.sampled_from(known), st.sampled_from(zones_that_jump())))
    if draw(st.integers(0, 4)) == 4:
        return seam(zone, draw(st.integers(2001, 2040)))
    return draw(st.one_of(st.sampled_from(typical_jumps(zone, 4)), st.sampled_from(jumps(zone))))


@lru_cache
def times_of_day(jump: Jump) -> st.SearchStrategy[int]:
    """Minutes of a day: half hours, any, and those around what the jump skips or repeats."""
    walls = {
        (edge + minutes) % MINUTES_PER_DAY
        for edge in (jump.wall_before, jump.wall_after)
        for minutes in (-90, -30, -15, -1, 0, 1, 15, 30, 90)
    }
    half_hours = range(0, MINUTES_PER_DAY, 30)
    return st.one_of(
        st.sampled_from(half_hours),
        st.sampled_from(sorted(walls)),
        st.integers(0, MINUTES_PER_DAY - 1),
    )


@lru_cache
@st.composite
def windows_of_a_day(draw: st.DrawFn, jump: Jump) -> tuple[str, str]:
    """One window as two texts: within the day, or past midnight in either spelling (C1)."""
    start = draw(times_of_day(jump))
    end = draw(times_of_day(jump))
    if end <= start:
        end += MINUTES_PER_DAY
        if end - start < MINUTES_PER_DAY and draw(st.booleans()):
            return written(start), written(end - MINUTES_PER_DAY)
    return written(start), written(end)


@st.composite
def hours_of_a_day(draw: st.DrawFn, jump: Jump, least: int = 1) -> str | list[list[str]]:
    """One to three windows, as text or as pairs."""
    pairs = draw(st.lists(windows_of_a_day(jump), min_size=least, max_size=3))
    if draw(st.booleans()):
        return [list(pair) for pair in pairs]
    return " ".join("-".join(pair) for pair in pairs)


@st.composite
def weekly_hours(draw: st.DrawFn, jump: Jump) -> dict[str, Any]:
    """Hours for stretches of the week that do not overlap, or for two days and from day to day."""
    if draw(st.integers(0, 4)) == 0:
        return {"tue,thu": draw(hours_of_a_day(jump)), "sat-mon": draw(hours_of_a_day(jump))}
    ends = sorted(draw(st.sets(st.integers(1, 6), max_size=3)) | {0, 7})
    hours = {}
    for first, after in pairwise(ends):
        key = WEEKDAYS[first]
        if after - first > 1:
            key += "-" + WEEKDAYS[after - 1]
        if draw(st.integers(0, 4)):
            hours[key] = draw(hours_of_a_day(jump))
    return hours


@lru_cache
def dates_near(jump: Jump) -> st.SearchStrategy[date]:
    """Dates around the jump, its own most of the time."""
    middle = date_at(jump.zone, jump.minute)
    return st.integers(-3, 3).map(lambda days: middle + timedelta(days=days))


@st.composite
def parts(draw: st.DrawFn, jump: Jump) -> dict[str, Any]:
    """Everything in a calendar's dictionary but the zone and the versions."""
    days = dates_near(jump).map(date.isoformat)
    some_days = st.lists(days, max_size=2, unique=True)
    hours = hours_of_a_day(jump)
    return {
        "hours": draw(weekly_hours(jump)),
        "holidays": draw(some_days),
        "yearly_holidays": [day[5:] for day in draw(some_days)],
        "exceptions": draw(st.dictionaries(days, st.one_of(st.just(""), hours), max_size=2)),
        "breaks": draw(st.dictionaries(days, hours, max_size=2)),
    }


@st.composite
def specs(draw: st.DrawFn, jump: Jump, *, versions: bool = False) -> dict[str, Any]:
    """A calendar's dictionary; every other one of plain weekly hours alone."""
    hours_alone = st.builds(dict, hours=weekly_hours(jump))
    spec = {"timezone": jump.zone, **draw(st.one_of(hours_alone, parts(jump)))}
    if versions:
        starts = sorted(draw(st.sets(dates_near(jump), min_size=1, max_size=2)))
        changes = parts(jump).flatmap(
            lambda whole: st.sets(st.sampled_from(sorted(whole)), min_size=1).map(
                lambda keys: {key: whole[key] for key in sorted(keys)}
            )
        )
        spec["versions"] = [{"from": start.isoformat(), **draw(changes)} for start in starts]
    return spec


def opens_weekly(spec: dict[str, Any]) -> bool:
    """Whether a calendar opens in every ordinary week, so that the oracle finds it soon."""
    hours = [
        spec["hours"],
        *(version.get("hours", {"mon": 1}) for version in spec.get("versions", [])),
    ]
    return all(hours)


@st.composite
def scenes(draw: st.DrawFn, *, versions: bool = False, opening: bool = True) -> Scene:
    """A jump with a calendar in its zone, which opens every week unless `opening` is False."""
    jump = draw(zone_jumps())
    spec = draw(specs(jump, versions=versions).filter(lambda s: opens_weekly(s) or not opening))
    return Scene(spec, jump, from_dict(spec))


@st.composite
def instants_near(draw: st.DrawFn, scene: Scene) -> datetime:
    """An instant in UTC within days of the jump: at it, at an edge of a window, or anywhere."""
    at_jump = instant(scene.jump.minute * MINUTE)
    kind = draw(st.integers(0, 2))
    if kind == 0:
        base = at_jump + draw(st.integers(-8, 8)) * timedelta(minutes=15)
    elif kind == 1:
        base = draw(st.sampled_from(scene.edges))
    else:
        base = at_jump + draw(st.integers(-4 * 1440, 4 * 1440)) * timedelta(minutes=1)
    return base + timedelta(microseconds=draw(jitters))


jitters = st.one_of(st.just(0), st.sampled_from([-1, 1]), st.integers(-90_000_000, 90_000_000))

amounts = st.one_of(
    st.integers(0, 48).map(lambda halves: timedelta(minutes=30) * halves),
    st.integers(0, 3 * 1440).map(lambda minutes: timedelta(minutes=minutes)),
    st.integers(0, 90_000_000_000).map(lambda us: timedelta(microseconds=us)),
)


def same_instant(one: datetime | None, other: datetime | None) -> bool:
    """Whether two aware datetimes of any libraries are the same instant, compared in UTC
    (PEP 495).
    """
    if one is None or other is None:
        return one is other
    return microseconds(one) == microseconds(other)
