"""Targets: how much of which calendar's time a clock may use (K7)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Self

from attrs import field, frozen

from servicecore.errors import InvalidValue
from servicecore.instants import Days, duration_text, to_duration, to_instant
from servicecore.sla.calendar import Calendar, Landing, always
from servicecore.sla.years import shown


def _positive(value: timedelta | str | Days | None, what: str = "target") -> int | Days | None:
    if value is None:
        return None
    within = to_duration(value, what)
    least = within.count if isinstance(within, Days) else within
    if least > 0 or (least == 0 and isinstance(within, Days) and within.until == "close"):
        return within
    written = str(value) if isinstance(value, Days) else repr(value)
    raise InvalidValue(f"a {what} of {written} leaves no time: expected more than zero")


def _not_before(value: timedelta | str | Days | None) -> int | Days | None:
    return _positive(value, "not_before")


def _text(within: int | Days) -> str:
    return str(within) if isinstance(within, Days) else duration_text(within)


@frozen
class Target:
    """An allowance of a calendar's time: a duration, a number of working days, or a date.

    `within` is in microseconds, or `Days`; None for a target by a given instant. With
    `landing="late"` a target that is used up exactly at closing is due at the next opening.
    `not_before` is how much of the calendar's time has to pass from the start before a stop counts
    (Q4): a follow-up is made neither too late nor too early. Pauses do not move it.

    >>> str(Target("4h"))
    '4h of always'
    >>> str(Target("5bd", not_before="1bd"))
    '5 working days of always, not before 1 working day'
    """

    within: int | Days | None = field(converter=_positive)
    calendar: Calendar = always
    landing: Landing = "early"
    instant: int | None = field(default=None, kw_only=True)
    not_before: int | Days | None = field(default=None, kw_only=True, converter=_not_before)

    def __attrs_post_init__(self) -> None:
        if (self.within is None) == (self.instant is None):
            raise InvalidValue("a target is a duration, working days, or Target.by(an instant)")
        if not isinstance(self.calendar, Calendar):
            raise InvalidValue(f"a target's calendar is {self.calendar!r}: expected a Calendar")
        if self.landing not in ("early", "late"):
            raise InvalidValue(f"landing is {self.landing!r}: expected 'early' or 'late'")
        self._check_window()

    def _check_window(self) -> None:
        earliest, latest = self.not_before, self.within
        if isinstance(earliest, int) and isinstance(latest, int) and earliest >= latest:
            raise InvalidValue(
                f"not_before is {_text(earliest)}: expected less than the target of {_text(latest)}"
            )

    @classmethod
    def by(cls, instant: datetime, calendar: Calendar = always) -> Self:
        """A target due at a given instant, which no pause moves."""
        return cls(None, calendar, instant=to_instant(instant, "instant"))

    def due(self, start: int) -> int:
        """When a clock that starts at an instant and never pauses is due, in microseconds."""
        if self.within is None:
            return self.instant or 0
        return self.calendar.add_instant(start, self.within, self.landing)

    def earliest_stop(self, start: int) -> int | None:
        """From when on a clock that starts at an instant can be stopped; None: at any time."""
        if self.not_before is None:
            return None
        return self.calendar.add_instant(start, self.not_before)

    def __str__(self) -> str:
        window = "" if self.not_before is None else f", not before {_text(self.not_before)}"
        if self.within is None:
            return f"by {shown(self.instant or 0)}{window}"
        return f"{_text(self.within)} of {self.calendar.name or 'its calendar'}{window}"


def require_target(target: object) -> None:
    """Refuse what is no target."""
    if not isinstance(target, Target):
        raise InvalidValue(
            f"target is {target!r}: expected a Target, such as Target('4h', calendar)"
        )
