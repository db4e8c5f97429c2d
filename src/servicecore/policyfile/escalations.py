"""The escalations of a policy file, read and written (E1-E5)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from attrs import frozen

from servicecore.errors import InvalidValue
from servicecore.faults import Faults
from servicecore.instants import SECOND, duration_text
from servicecore.policyfile.calendars import calendar_in
from servicecore.policyfile.tables import (
    Readers,
    entries_of,
    fields_of,
    items_of,
    one_of,
    table_of,
    text,
    unexpected,
)
from servicecore.sla.calendar import Calendar
from servicecore.sla.conditions import Condition
from servicecore.sla.escalation import TRIGGERS, Escalation, Step, percent
from servicecore.sla.naming import name_of
from servicecore.sla.recipients import recipient_of

LADDERS = "a list of ladders, each with name and steps"
LADDER = "a table with name, clock, when and steps"
STEPS = "a list of steps, each with name, what it waits for and whom it tells"
STEP = "a table of a step"
RECIPIENTS = "a list of recipients, such as ['person', 'role: duty manager']"
DURATION = "a duration such as '4h' or '30m'"

DURATIONS = ("before", "after", "silence", "unassigned", "every")


def read_escalations(written: object, calendars: Mapping[str, Calendar]) -> list[Escalation]:
    """The ladders in the list ``escalations`` of a policy file, which names some of the calendars.

    Raises `FaultyTable` with everything that is wrong.

    >>> table = [{"name": "hurry", "steps": [
    ...     {"name": "warn", "share": "75%", "tell": ["person"]},
    ...     {"name": "late", "after": "0m", "tell": ["role: duty manager"], "every": "1h",
    ...      "limit": 3}]}]
    >>> ladders = read_escalations(table, {})
    >>> print(ladders[0].steps[0])
    warn: at 75%
    >>> escalations_to_dict(ladders, {}) == table
    True
    """
    return items_of(written, _Reader(calendars).ladder, LADDERS, "name")


@frozen
class _Reader:
    """Reads ladders, whose steps name calendars."""

    calendars: Mapping[str, Calendar]

    def ladder(self, written: object) -> Escalation:
        readers: Readers = {
            "name": text,
            "clock": _clock,
            "when": lambda when: entries_of(when, _condition, "a table of facts and conditions"),
            "steps": lambda steps: items_of(steps, self.step, STEPS, "name"),
        }
        required = {"name": "what it is called", "steps": STEPS}
        return Escalation(**fields_of(written, readers, LADDER, required))

    def step(self, written: object) -> Step:
        readers: Readers = {
            "name": text,
            "share": partial(_option, "share"),
            **{name: partial(_duration, name) for name in DURATIONS},
            "bounces": partial(_option, "bounces"),
            "reopened": partial(_option, "reopened"),
            "gap": partial(_option, "gap"),
            "time": one_of("business", "wall"),
            "tell": _recipients,
            "limit": partial(_option, "limit"),
            "hours": partial(calendar_in, self.calendars),
            "assign": text,
            "priority": text,
        }
        return Step(
            **fields_of(table_of(written, STEP), readers, STEP, {"name": "what it is called"})
        )


def _clock(written: object) -> str:
    return "" if written == "" else text(written, "the name of a clock")


def _condition(_: str, written: object) -> Condition:
    return Condition.of(written)


def _recipients(written: object) -> list[str]:
    faults, told = Faults(), []
    if isinstance(written, str) or not isinstance(written, Iterable):
        raise unexpected(written, RECIPIENTS)
    for position, words in enumerate(written):
        with faults.within(position):
            told.append(str(recipient_of(words)))
    faults.refuse(RECIPIENTS)
    return told


def _duration(name: str, written: object) -> object:
    return _option(name, text(written, DURATION))


def _option(name: str, written: object) -> object:
    """One option of a step as it is written, if a step understands it."""
    sound: dict[str, Any] = {} if name in TRIGGERS else {"bounces": 1, "every": "1h", "limit": 2}
    Step("any", tell="person", **{**sound, name: written})  # refuses what it does not
    return written


def escalations_to_dict(
    ladders: Iterable[Escalation], calendars: Mapping[str, Calendar]
) -> list[dict[str, object]]:
    """The list that `read_escalations` reads back as these ladders.

    Raises `InvalidValue` for hours without a name, and for what no file can say: a duration with a
    fraction of a second.
    """
    return [_ladder(ladder, calendars) for ladder in ladders]


def _ladder(ladder: Escalation, calendars: Mapping[str, Calendar]) -> dict[str, object]:
    table: dict[str, object] = {"name": ladder.name}
    if ladder.clock != Escalation(ladder.name, ladder.steps[:1]).clock:
        table["clock"] = ladder.clock
    if ladder.when:
        table["when"] = {fact: asked.written() for fact, asked in ladder.when.items()}
    return {**table, "steps": [_step(step, calendars) for step in ladder.steps]}


def _step(step: Step, calendars: Mapping[str, Calendar]) -> dict[str, object]:
    said: dict[str, object] = {"name": step.name, step.trigger: _trigger(step)}
    if step.time != "business":
        said["time"] = step.time
    if step.tell:
        said["tell"] = list(step.tell)
    if step.every is not None:
        said |= {"every": _written(step.every), "limit": step.limit}
    if step.hours is not None:
        said["hours"] = _calendar(step.hours, calendars)
    return {**said, **{name: value for name in ("assign", "priority")
                       if (value := getattr(step, name))}}  # fmt: skip


def _trigger(step: Step) -> object:
    value = getattr(step, step.trigger)
    if step.share is not None:
        exact = Step("any", share=percent(step.share), tell="person").share == step.share
        return percent(step.share) if exact else float(step.share)
    return _written(value) if step.trigger in DURATIONS else value


def _written(duration: int) -> str:
    if duration % SECOND:
        raise InvalidValue(
            f"a policy file cannot say {duration_text(duration)}: expected whole seconds"
        )
    return duration_text(duration).replace(" ", "")


def _calendar(calendar: Calendar, calendars: Mapping[str, Calendar]) -> str:
    name = name_of(calendar, calendars)
    if name is None:
        raise InvalidValue(f"the hours of a step are {calendar!r}: expected one of the calendars")
    return name
