"""The events of an iCalendar file, and when they happen (extra ``ical``).

The packages that read and repeat events take almost anything. What they would read wrongly, skip
in silence, or repeat without end is refused here first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from servicecore.errors import InvalidValue
from servicecore.sla.cutting import Frame

if TYPE_CHECKING:
    from icalendar import Component

READ_KEYS = (
    "DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID", "SEQUENCE",
    "PRIORITY",
)  # fmt: skip
FREQUENCIES = {"DAILY": 1, "WEEKLY": 7, "MONTHLY": 31, "YEARLY": 366}
"""How often an event may be repeated, and how many dates there are in each turn."""

TIMES_OF_DAY = ("BYHOUR", "BYMINUTE", "BYSECOND")
FILTERS = ("BYMONTH", "BYMONTHDAY", "BYDAY", "BYYEARDAY", "BYWEEKNO", *TIMES_OF_DAY)
MOST = 250_000
"""How often an event may happen up to the end of the years, and how many dates it may touch."""

# Times are compared on other clocks than the frame's while events are repeated.
MARGIN = timedelta(days=2)


Rule = dict[str, list[Any]]
"""The parts of an RRULE by their names."""


class Occurrence(NamedTuple):
    """Once that an event happens; with two dates in place of times it takes whole days."""

    starts: date
    ends: date
    name: str
    is_transparent: bool

    @property
    def is_all_day(self) -> bool:
        """Whether it takes whole days."""
        return not isinstance(self.starts, datetime) and not isinstance(self.ends, datetime)


@contextmanager
def about(place: str) -> Iterator[None]:
    """Say of everything that is wrong where it is."""
    try:
        yield
    except InvalidValue as problem:
        raise InvalidValue(f"{place}: {problem}") from None


def called(component: Component) -> str:
    """A component for a message: its kind and its summary, or what else identifies it."""
    name = text(component, "SUMMARY") or text(component, "UID") or "without SUMMARY and UID"
    return f"{component.name} {name!r}"


def text(component: Component, key: str) -> str:
    """The first text under a key, on one line; empty where there is none."""
    return " ".join(str(next(iter(listed(component, key)), "")).split())


def listed(component: Component, key: str) -> list[object]:
    """All values under a key."""
    value: object = component.get(key, [])
    return value if isinstance(value, list) else [value]


def occurrences(components: Sequence[Component], frame: Frame) -> list[Occurrence]:
    """When the components happen, near the frame at least; cancelled ones are left out."""
    series: dict[tuple[str, int], list[Component]] = {}
    for position, component in enumerate(components):
        uid = text(component, "UID")
        series.setdefault((uid, 0 if uid else position), []).append(component)
    return [once for repeated in series.values() for once in _of_one(repeated, frame)]


def _of_one(series: Sequence[Component], frame: Frame) -> list[Occurrence]:
    """When an event happens, given with its changed recurrences."""
    for component in series:
        with about(called(component)):
            check(component, frame)
    with about(called(series[0])):
        found = [
            _occurrence(event)
            for event in _repeated(series, frame)
            if text(event, "STATUS").upper() != "CANCELLED"
        ]
        touched = sum(len(frame.days(once.starts, once.ends)) for once in found)
        if touched > MOST:
            raise InvalidValue(f"takes {touched:,} days in all: expected at most {MOST:,}")
    return found


def _repeated(series: Sequence[Component], frame: Frame) -> list[Component]:
    import icalendar
    import recurring_ical_events  # type: ignore[import-untyped]  # it has no types

    # By themselves and as events: so AVAILABLE is repeated too, and a fault has a name.
    calendar = icalendar.Calendar()
    for component in series:
        calendar.add_component(icalendar.Event(component))
    first, end = (datetime(day.year, 1, 1) for day in (frame.first, frame.end))  # noqa: DTZ001  # rules repeat in wall time
    try:
        for component in series:
            for rule in _rules(component):
                _refuse_without_dates(rule)
        return list(recurring_ical_events.of(calendar).between(first - MARGIN, end + MARGIN))
    except recurring_ical_events.BadRuleStringFormat as problem:
        raise InvalidValue(f"its RRULE is broken: {problem.rule}") from None
    except Exception as problem:  # noqa: BLE001  # a broken rule makes them raise just anything
        raise InvalidValue(f"cannot be repeated: {problem}") from None


def _rules(component: Component) -> list[Rule]:
    rules = listed(component, "RRULE")
    if not all(isinstance(rule, dict) for rule in rules):
        raise InvalidValue("RRULE is text: expected a rule")
    return cast("list[Rule]", rules)


def _refuse_without_dates(rule: Rule) -> None:
    """Refuse a rule that no date fits: day by day, one is looked for until the year 9999."""
    import icalendar
    from dateutil.rrule import rrulestr  # type: ignore[import-untyped]  # it has no types

    filters = {key: rule[key] for key in FILTERS if key in rule}
    yearly = icalendar.vRecur({"FREQ": ["YEARLY"], **filters})
    written = yearly.to_ical().decode()  # type: ignore[no-untyped-call]  # it has no types
    if next(iter(rrulestr(written, dtstart=datetime(2000, 1, 1))), None) is None:  # noqa: DTZ001  # rules repeat in wall time
        raise InvalidValue("its RRULE fits no date")


def _occurrence(event: Component) -> Occurrence:
    starts, ends = _given(event, "DTSTART"), _given(event, "DTEND")
    if ends == starts and not isinstance(starts, datetime):
        ends = starts + timedelta(days=1)  # written so by many: the one day
    transparent = text(event, "TRANSP").upper() == "TRANSPARENT"
    return Occurrence(starts, ends, text(event, "SUMMARY"), transparent)


def check(component: Component, frame: Frame) -> None:
    """Refuse what would be read wrongly or repeated without end."""
    refuse_unreadable(component)
    starts, ends = _given(component, "DTSTART"), moment(component, "DTEND")
    if ends is not None and frame.instant(ends) < frame.instant(starts):
        raise InvalidValue(f"ends before it starts: DTEND is {ends}, DTSTART is {starts}")
    duration(component)
    moment(component, "RECURRENCE-ID")
    if "EXRULE" in component:
        raise InvalidValue("EXRULE is not read: expected EXDATE")
    for key in ("RDATE", "EXDATE"):
        for dates in listed(component, key):
            for value in getattr(dates, "dts", ()):
                _refuse_unknown_zone(key, dates, value.dt)
    for rule in _rules(component):
        _check_rule(rule, starts, frame)


def refuse_unreadable(component: Component) -> None:
    """Refuse a component of which a line that matters could not be read."""
    for key, problem in component.errors:
        if key is None or key.upper() in READ_KEYS:
            raise InvalidValue(f"{key or 'a line'} cannot be read: {problem}")


def moment(component: Component, key: str) -> date | None:
    """The date or time under a key; None where there is none."""
    values = listed(component, key)
    if not values:
        return None
    found = getattr(values[0], "dt", values[0])
    if len(values) > 1 or not isinstance(found, date):
        what = "given twice" if len(values) > 1 else found
        raise InvalidValue(f"{key} is {what}: expected one date or time")
    _refuse_unknown_zone(key, values[0], found)
    return found


def _given(component: Component, key: str) -> date:
    found = moment(component, key)
    if found is None:
        raise InvalidValue(f"has no {key}")
    return found


def duration(component: Component) -> timedelta | None:
    """The time under DURATION; None where there is none."""
    values = listed(component, "DURATION")
    found = getattr(values[0], "dt", values[0]) if values else timedelta(0)
    if len(values) > 1 or not isinstance(found, timedelta) or found < timedelta(0):
        raise InvalidValue(f"DURATION is {found}: expected one length of time, not negative")
    return found if values else None


def _refuse_unknown_zone(key: str, value: object, found: object) -> None:
    """A TZID that nobody knows is read as no zone at all."""
    first = found[0] if isinstance(found, tuple) else found
    zone = getattr(value, "params", {}).get("TZID")
    if zone and isinstance(first, datetime) and first.tzinfo is None:
        expected = "expected an IANA name or a VTIMEZONE of that TZID"
        raise InvalidValue(f"{key} has the unknown time zone {zone!r}: {expected}")


def _check_rule(rule: Rule, starts: date, frame: Frame) -> None:
    frequency = str(*rule.get("FREQ", ["missing"])[:1]).upper()
    if frequency not in FREQUENCIES:
        hint = "times within a day go into BYHOUR and BYMINUTE"
        raise InvalidValue(f"FREQ is {frequency}: expected {', '.join(FREQUENCIES)} ({hint})")
    if min(rule.get("INTERVAL", [1])) < 1:
        raise InvalidValue("INTERVAL of its RRULE is less than 1")
    times = prod(len(rule.get(key, [0])) for key in TIMES_OF_DAY)
    if max(map(abs, rule.get("BYSETPOS", [1]))) > times * FREQUENCIES[frequency]:
        raise InvalidValue("BYSETPOS of its RRULE is more than there are")
    count = times * max(frame.end.toordinal() - starts.toordinal(), 0)
    if count > MOST:
        until = f"from {starts:%Y-%m-%d} to {frame.end}"
        raise InvalidValue(f"happens up to {count:,} times {until}: expected at most {MOST:,}")
