"""Of whom a figure speaks: periods, and situations of one instant (M3)."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from attrs import field, frozen

from servicecore.errors import InvalidValue
from servicecore.instants import DateTime, as_instant, to_datetime


def _start(moment: datetime | int) -> int:
    return as_instant(moment, "start")


def _end(moment: datetime | int) -> int:
    return as_instant(moment, "end")


@frozen
class Period:
    """A stretch of time, half-open: `start` is in it and `end` is not; both in microseconds.

    It takes aware datetimes as well. Which instant of a request has to lie in it is said by each
    figure: the due instant for attainment, the opening for durations, and so on.

    >>> from datetime import UTC, datetime
    >>> march = Period(datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC))
    >>> march.start in march, march.end in march, None in march
    (True, False, False)
    """

    start: int = field(converter=_start)
    end: int = field(converter=_end)

    def __attrs_post_init__(self) -> None:
        if self.end <= self.start:
            raise InvalidValue(
                f"a period from {self.start_at} to {self.end_at}: expected an end behind its start"
            )

    def __contains__(self, instant: object) -> bool:
        return isinstance(instant, int) and self.start <= instant < self.end

    @property
    def start_at(self) -> DateTime:
        """Its first instant, in UTC."""
        return to_datetime(self.start)

    @property
    def end_at(self) -> DateTime:
        """The instant behind it, in UTC."""
        return to_datetime(self.end)


class Tally(Protocol):
    """What counts situations of one instant; None before the first one."""

    instant: int | None


def instant_of_both(mine: Tally, theirs: Tally, *alike: str) -> int | None:
    """The instant of two tallies that are to be merged; `InvalidValue` if they do not fit.

    They are to be of the same instant, and the attributes that are named have to be equal.
    """
    for name in alike:
        one, other = getattr(mine, name), getattr(theirs, name)
        if one != other:
            raise InvalidValue(
                f"tallies whose {name} is {one!r} and {other!r}: expected the same one"
            )
    if theirs.instant is None:
        return mine.instant
    return same_instant(mine.instant, theirs.instant)


def same_instant(known: int | None, instant: int) -> int:
    """The instant that all situations of a figure share; `InvalidValue` for another one.

    >>> same_instant(None, 5), same_instant(5, 5)
    (5, 5)
    """
    if known is None or known == instant:
        return instant
    raise InvalidValue(
        f"situations at {to_datetime(known)} and at {to_datetime(instant)} in one figure: "
        "expected all at the same instant"
    )
