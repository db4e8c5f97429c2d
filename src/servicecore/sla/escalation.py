"""Escalations as data: ladders of steps, and what each step waits for (E1-E4).

A ladder climbs with one clock, by its target and its due instant; or, without a clock, with the
request itself: its silence, its bounces, its reopenings, how long it is nobody's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from fractions import Fraction
from functools import partial
from reprlib import repr as shortened
from typing import Literal, Self, get_args

from attrs import field, frozen

from servicecore.catalogue.naming import all_of, refuse_repeated
from servicecore.errors import InvalidValue
from servicecore.instants import Days, duration_text, to_duration
from servicecore.requests import Request
from servicecore.sla.calendar import Calendar
from servicecore.sla.conditions import Condition
from servicecore.sla.policy import conditions_of
from servicecore.sla.recipients import recipient_of

OF_CLOCKS = ("share", "before", "after")
OF_REQUESTS = ("silence", "bounces", "reopened", "unassigned", "gap")
TRIGGERS = (*OF_CLOCKS, *OF_REQUESTS)
"""What a step can wait for: exactly one of these."""

Time = Literal["business", "wall"]
Written = timedelta | str | None

RESOLUTION = "resolution"

MOST = 100
"""So many times the whole target, and so great a gap, are meant by nobody."""


def _share(value: float | str | None) -> Fraction | None:
    if value is None:
        return None
    share = _fraction(value)
    if share is None or not 0 < share <= MOST:
        expected = f"expected more than 0 and at most {MOST}, such as '75%' or 0.75"
        raise InvalidValue(f"share is {shortened(value)}: {expected}")
    return share


def _fraction(value: object) -> Fraction | None:
    """The exact share that is written, so that a tenth of an hour is six minutes."""
    if isinstance(value, Fraction):
        return value
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,9})?%", value):
        return Fraction(value[:-1]) / 100
    if type(value) in (int, float) and -MOST <= value <= MOST:  # type: ignore[operator]  # just asked
        return Fraction(str(value))
    return None


def _duration(value: Written, name: str, least: int = 1) -> int | None:
    if value is None:
        return None
    duration = to_duration(value, name)
    if isinstance(duration, Days):
        raise InvalidValue(f"{name} is {value!r}: expected hours, such as '4h'")
    if duration < least:
        expected = "more than zero" if least else "zero or more"
        raise InvalidValue(f"{name} is {value!r}: expected {expected}")
    return duration


def _before(value: Written) -> int | None:
    return _duration(value, "before", 0)


def _after(value: Written) -> int | None:
    return _duration(value, "after", 0)


def _silence(value: Written) -> int | None:
    return _duration(value, "silence")


def _unassigned(value: Written) -> int | None:
    return _duration(value, "unassigned")


def _every(value: Written) -> int | None:
    return _duration(value, "every")


def _tell(told: Iterable[str] | str) -> tuple[str, ...]:
    listed = (told,) if isinstance(told, str) else told
    if not isinstance(listed, Iterable):
        raise InvalidValue(f"tell is {told!r}: expected a list of recipients")
    return tuple(str(recipient_of(words)) for words in listed)


def _name(name: object) -> str:
    if not isinstance(name, str) or not name.strip() or "/" in name:
        raise InvalidValue(f"found the name {name!r}: expected text without '/'")
    return name


@frozen
class Step:
    """One rung of a ladder: what it waits for, whom it tells, what else it does.

    It waits for one thing. With a clock: `share` of its target (``"75%"`` or 0.75, and more than
    all of it), or a time `before` or `after` its due instant. With the request: `silence` towards
    the customer, a number of `bounces`, of times `reopened`, a time `unassigned`, or a `gap` of
    perception minus expectation that is that low. A step is repeated `every` so often, up to
    `limit` times in all. With ``time="wall"`` `before`, `after` and `every` count all time instead
    of that of the clock's calendar.

    It tells those of `tell` (see `recipient_of`), and the first time `assign` gives the request to
    a group and `priority` raises it. Outside the `hours` of the team that it tells, it waits until
    they open. Raises `InvalidValue` for a step that waits for nothing or for two things, does
    nothing, or repeats without end.

    >>> warn = Step("warn", share="75%", tell=["person", "group"])
    >>> print(warn)
    warn: at 75%
    """

    name: str = field(converter=_name)
    share: Fraction | None = field(default=None, converter=_share, kw_only=True)
    before: int | None = field(default=None, converter=_before, kw_only=True)
    after: int | None = field(default=None, converter=_after, kw_only=True)
    silence: int | None = field(default=None, converter=_silence, kw_only=True)
    bounces: int | None = field(default=None, kw_only=True)
    reopened: int | None = field(default=None, kw_only=True)
    unassigned: int | None = field(default=None, converter=_unassigned, kw_only=True)
    gap: float | None = field(default=None, kw_only=True)
    time: Time = field(default="business", kw_only=True)
    tell: tuple[str, ...] = field(default=(), converter=_tell, kw_only=True)
    every: int | None = field(default=None, converter=_every, kw_only=True)
    limit: int | None = field(default=None, kw_only=True)
    hours: Calendar | None = field(default=None, kw_only=True)
    assign: str = field(default="", kw_only=True)
    priority: str = field(default="", kw_only=True)

    def __attrs_post_init__(self) -> None:
        given = [name for name in TRIGGERS if getattr(self, name) is not None]
        if len(given) != 1:
            found = " and ".join(given) or "nothing"
            raise InvalidValue(
                f"the step {self.name!r} waits for {found}: expected one of {', '.join(TRIGGERS)}"
            )
        self._check_numbers()
        self._check_repeating()
        self._check_deeds()

    def _check_numbers(self) -> None:
        for name in ("bounces", "reopened"):
            number = getattr(self, name)
            if number is not None and (type(number) is not int or number < 1):
                raise InvalidValue(f"{name} is {number!r}: expected a whole number, 1 or more")
        gap = self.gap
        if gap is not None and (type(gap) not in (int, float) or not -MOST <= gap <= MOST):
            raise InvalidValue(f"gap is {shortened(gap)}: expected a number, such as -1")

    def _check_repeating(self) -> None:
        if self.time not in get_args(Time):
            raise InvalidValue(f"time is {self.time!r}: expected 'business' or 'wall'")
        if (self.every is None) != (self.limit is None):
            raise InvalidValue("every and limit belong together: a step has both or neither")
        if self.limit is not None and (type(self.limit) is not int or self.limit <= 1):
            raise InvalidValue(f"limit is {self.limit!r}: expected how often in all, 2 or more")

    def _check_deeds(self) -> None:
        if not isinstance(self.hours, Calendar | None):
            raise InvalidValue(f"hours is {self.hours!r}: expected a Calendar")
        for name in ("assign", "priority"):
            if not isinstance(getattr(self, name), str):
                raise InvalidValue(f"{name} is {getattr(self, name)!r}: expected a name")
        if not (self.tell or self.assign or self.priority):
            raise InvalidValue(
                f"the step {self.name!r} does nothing: expected tell, assign or priority"
            )

    @property
    def trigger(self) -> str:
        """What it waits for: one of `TRIGGERS`."""
        return next(name for name in TRIGGERS if getattr(self, name) is not None)

    @property
    def is_early(self) -> bool:
        """Whether it comes before the due instant of its clock."""
        return self.before is not None or (self.share is not None and self.share < 1)

    def __str__(self) -> str:
        return f"{self.name}: {_SAID[self.trigger](self)}"


def percent(share: Fraction) -> str:
    """A share as it is written.

    >>> percent(Fraction(5, 8))
    '62.5%'
    """
    return f"{float(share * 100):.9f}".rstrip("0").rstrip(".") + "%"


def _said(duration: int | None) -> str:
    return duration_text(duration or 0)


def _offset(duration: int | None, side: str) -> str:
    return f"{_said(duration)} {side}" if duration else "when it is due"


_SAID: Mapping[str, Callable[[Step], str]] = {
    "share": lambda step: f"at {percent(step.share or Fraction())}",
    "before": lambda step: _offset(step.before, "before it is due"),
    "after": lambda step: _offset(step.after, "after it was due"),
    "silence": lambda step: f"after {_said(step.silence)} of silence",
    "bounces": lambda step: f"bounced {step.bounces} times",
    "reopened": lambda step: f"reopened {step.reopened} times",
    "unassigned": lambda step: f"nobody's for {_said(step.unassigned)}",
    "gap": lambda step: f"perception less expectation at most {step.gap}",
}


def _steps(steps: Iterable[Step]) -> tuple[Step, ...]:
    return all_of(Step, steps, "steps")


@frozen
class Escalation:
    """A ladder of steps, for the requests whose facts are as `when` says.

    `clock` is the clock that it climbs with: the resolution, unless another one is named; and none
    for a ladder whose steps wait for the request. Each step is taken once per cycle of the clock.
    Without a clock a cycle begins when the first condition of the steps comes true, and is over
    when none holds. Raises `InvalidValue` for a ladder without steps, with two of one name, or with
    steps that wait for something else than the ladder climbs with.

    >>> ladder = Escalation("hurry", [Step("warn", share="75%", tell="person"),
    ...                               Step("late", after="0m", tell="role: duty manager")])
    >>> ladder.clock
    'resolution'
    >>> Escalation("ping-pong", [Step("three", bounces=3, tell="custodian")]).clock
    ''
    """

    name: str = field(converter=_name)
    steps: tuple[Step, ...] = field(converter=_steps)
    clock: str = field()
    when: Mapping[str, Condition] = field(factory=dict, converter=conditions_of, hash=False)

    @clock.default
    def _usual_clock(self) -> str:
        return RESOLUTION if any(step.trigger in OF_CLOCKS for step in self.steps) else ""

    def __attrs_post_init__(self) -> None:
        if not isinstance(self.clock, str):
            raise InvalidValue(f"clock is {self.clock!r}: expected the name of a clock, or ''")
        if not self.steps:
            raise InvalidValue(f"the ladder {self.name!r} has no steps: expected at least one")
        refuse_repeated("steps", (step.name for step in self.steps))
        expected = OF_CLOCKS if self.clock else OF_REQUESTS
        for step in self.steps:
            if step.trigger not in expected:
                with_what = f"the clock {self.clock!r}" if self.clock else "no clock"
                raise InvalidValue(
                    f"the step {step.name!r} waits for {step.trigger} on a ladder with {with_what}:"
                    f" expected one of {', '.join(expected)}"
                )

    def __reduce__(self) -> tuple[partial[Self], tuple[()]]:
        table = {"name": self.name, "steps": self.steps, "clock": self.clock}
        return partial(type(self), **table, when=dict(self.when)), ()  # type: ignore[arg-type]  # views do not pickle

    def matches(self, request: Request) -> bool:
        """Whether it is for a request."""
        return all(condition.holds(request.fact(fact)) for fact, condition in self.when.items())
