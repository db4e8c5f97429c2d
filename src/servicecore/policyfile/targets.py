"""The targets of a policy file, read and written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import time
from functools import partial
from typing import Any, cast

import attrs
from attrs import frozen

from servicecore.errors import InvalidValue
from servicecore.faults import Faults
from servicecore.instants import SECOND, Days, duration_text, to_duration
from servicecore.policyfile.calendars import calendar_in
from servicecore.policyfile.tables import Readers, entries_of, fields_of, one_of, text, unexpected
from servicecore.requests import ANY_PRIORITY
from servicecore.sla.calendar import Calendar
from servicecore.sla.naming import name_of
from servicecore.sla.policy import TargetsByClock
from servicecore.sla.target import Target

DAYS_OPTIONS = ("until", "cutoff", "then", "off_day")
"""What a target of working days can say besides how many."""

BY_CLOCK = "a table of clocks and their targets"
BY_PRIORITY = "targets by priority, such as {'*': '4h'}"
WITHIN = "a duration such as '4h' or '3bd'"


@frozen
class TargetReader:
    """Reads targets, which name calendars; `inherited` is that of those which name none."""

    calendars: Mapping[str, Calendar]
    inherited: Calendar

    def by_clock(self, written: object) -> dict[str, dict[str, Target]]:
        """Targets by clock and priority; one in place of targets by priority is for all."""
        return entries_of(written, self._by_priority, BY_CLOCK)

    def _by_priority(self, _: str, written: object) -> dict[str, Target]:
        if _is_target(written):
            return {ANY_PRIORITY: self.target(written)}
        targets = entries_of(written, lambda _, each: self.target(each), BY_PRIORITY)
        if not targets:
            raise unexpected(written, BY_PRIORITY)
        return targets

    def target(self, written: object) -> Target:
        """A target: a duration, or a table with one."""
        if not isinstance(written, Mapping):
            return Target(_within(written), self.inherited)
        faults = Faults()
        _check_options(written, faults)
        readers: Readers = {
            "within": _within,
            "calendar": partial(calendar_in, self.calendars),
            "landing": one_of("early", "late"),
            "not_before": partial(_duration, "not_before"),
            **{option: partial(_days_option, option) for option in DAYS_OPTIONS},
        }
        options: dict[str, Any] = {}
        with faults.within():
            options = fields_of(written, readers, "a target", {"within": WITHIN})
        faults.refuse("a target")
        within = options.pop("within")
        days = {option: options.pop(option) for option in DAYS_OPTIONS if option in options}
        allowed = _with_options(within, days) if days else within
        return Target(allowed, **{"calendar": self.inherited, **options})


def _is_target(written: object) -> bool:
    """Whether one target stands in place of targets by priority; a priority may be `within`."""
    if isinstance(written, Mapping):
        return not isinstance(written.get("within", {}), Mapping)
    return isinstance(written, str)


def leave_calendar_open(targets: object) -> bool:
    """Whether some of the targets that are written name no calendar."""
    by_clock = targets.values() if isinstance(targets, Mapping) else ()
    return any(
        not isinstance(target, Mapping) or "calendar" not in target
        for written in by_clock
        for target in _targets_in(written)
    )


def _targets_in(written: object) -> Iterable[object]:
    if _is_target(written):
        return (written,)
    return written.values() if isinstance(written, Mapping) else ()


def _check_options(written: Mapping[str, object], faults: Faults) -> None:
    """Note the options that do nothing, whatever else is wrong with the target."""
    given = [option for option in DAYS_OPTIONS if option in written]
    within: int | Days | None = None
    with suppress(InvalidValue):  # which is said where it stands
        within = to_duration(_within(written.get("within")))
    if given and isinstance(within, int):
        meaning = "mean nothing" if given[1:] else "means nothing"
        faults.add((), f"{', '.join(given)} {meaning} for hours; expected working days")
    elif "then" in given and "cutoff" not in given:
        faults.add(("then",), "means nothing without a cutoff")


def _within(written: object) -> str:
    return _duration("within", written)


def _duration(name: str, written: object) -> str:
    duration = text(written, WITHIN)
    to_duration(duration, name)  # refuses what is none
    return duration


def _with_options(within: str, options: Mapping[str, Any]) -> Days:
    days = cast(Days, to_duration(within))  # options of hours are refused before
    return attrs.evolve(days, **options)


def _days_option(name: str, written: object) -> object:
    """One option of working days, as `Days` understands it."""
    options: dict[str, Any] = {name: text(written)}
    return getattr(Days(1, **options), name)


@frozen
class TargetWriter:
    """Writes targets, which name calendars; `usual` is the name of the one that goes unsaid."""

    calendars: Mapping[str, Calendar]
    usual: str

    def by_clock(self, targets: TargetsByClock) -> dict[str, dict[str, object]]:
        """The table that `TargetReader.by_clock` reads back as these targets."""
        return {clock: self._by_priority(each) for clock, each in targets.items()}

    def _by_priority(self, targets: Mapping[str, Target]) -> dict[str, object]:
        written = {priority: self.target(target) for priority, target in targets.items()}
        if "within" in written and not isinstance(written["within"], Mapping):
            # A priority of this name; as text it would make the whole table a target.
            written["within"] = {"within": written["within"]}
        return written

    def target(self, target: Target) -> object:
        """What `TargetReader.target` reads back as this target."""
        table = _table(target)
        calendar = name_of(target.calendar, self.calendars)
        if calendar != self.usual:
            table["calendar"] = calendar
        if target.landing != "early":
            table["landing"] = target.landing
        return table["within"] if list(table) == ["within"] else table


def usual_calendar(targets: TargetsByClock, calendars: Mapping[str, Calendar]) -> str:
    """The name of the calendar that most of the targets have."""
    used = Counter(
        name_of(target.calendar, calendars) or ""  # a book names every calendar of a target
        for by_priority in targets.values()
        for target in by_priority.values()
    )
    return used.most_common(1)[0][0] if used else ""


def _table(target: Target) -> dict[str, object]:
    within = target.within
    if isinstance(within, Days) and within.then is not None and within.cutoff is None:
        raise InvalidValue(
            f"a policy file cannot say {target} then {within.then}: expected a cutoff"
        )
    table: dict[str, object] = {"within": _duration_text(target, within)}
    for option in DAYS_OPTIONS if isinstance(within, Days) else ():
        value = getattr(within, option)
        if value != getattr(Days(1), option):
            table[option] = _time_of_day(value) if isinstance(value, time) else value
    if target.not_before is not None:
        if isinstance(target.not_before, Days) and target.not_before != Days(
            target.not_before.count
        ):
            raise InvalidValue(f"a policy file cannot say {target}: expected plain working days")
        table["not_before"] = _duration_text(target, target.not_before)
    return table


def _duration_text(target: Target, duration: int | Days | None) -> str:
    if isinstance(duration, Days):
        return f"{duration.count}bd"
    if duration is None or duration % SECOND:
        raise InvalidValue(f"a policy file cannot say {target}: expected whole seconds")
    return duration_text(duration).replace(" ", "")


def _time_of_day(value: time) -> str:
    if value.microsecond:
        raise InvalidValue(f"a policy file cannot say {value}: expected whole seconds")
    return value.isoformat("seconds" if value.second else "minutes")
