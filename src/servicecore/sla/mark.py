"""Marks: what a clock is told."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Literal, Self, get_args

from attrs import frozen

from servicecore.errors import InvalidValue
from servicecore.instants import DateTime, Days, as_instant, to_datetime, to_duration, to_instant
from servicecore.sla.target import Target, require_target

MarkKind = Literal["start", "pause", "resume", "stop", "cancel", "retarget", "override", "relieve"]
MARK_KINDS = frozenset(get_args(MarkKind))


@frozen(slots=False)  # made at every turn of a clock, which a dictionary does quicker
class Mark:
    """What a clock is told, and when (`instant` in microseconds).

    >>> from datetime import UTC
    >>> Mark.pause(datetime(2026, 3, 6, 16, tzinfo=UTC), "waiting for the customer").reason
    'waiting for the customer'
    """

    kind: MarkKind
    instant: int
    reason: str = ""
    used: int = 0
    counted: bool = False
    target: Target | None = None
    restart: bool = False
    name: str = ""
    since: int | None = None
    who: str = ""
    until: int | None = None

    @classmethod
    def start(cls, at: datetime, used: timedelta | str = "0m") -> Self:
        """Start, with time already used; after a stop or a cancel a new cycle (K5, K7)."""
        spent = to_duration(used, "used")
        if isinstance(spent, Days) or spent < 0:
            raise InvalidValue(f"used is {used!r}: expected a duration of zero or more")
        return cls("start", to_instant(at), used=spent)

    @classmethod
    def pause(cls, at: datetime, reason: str = "") -> Self:
        """Stand still from here on, for a reason."""
        return cls("pause", to_instant(at), reason)

    @classmethod
    def resume(cls, at: datetime, reason: str = "", *, counted: bool = False) -> Self:
        """Run again; after a stop, a reopening: the time between is a pause, or `counted`."""
        return cls("resume", to_instant(at), reason, counted=counted)

    @classmethod
    def stop(cls, at: datetime, reason: str = "") -> Self:
        """Done: met or missed."""
        return cls("stop", to_instant(at), reason)

    @classmethod
    def cancel(cls, at: datetime, reason: str = "") -> Self:
        """Over without a verdict (K6)."""
        return cls("cancel", to_instant(at), reason)

    @classmethod
    def retarget(
        cls, at: datetime, target: Target, reason: str = "", *, restart: bool = False
    ) -> Self:
        """Another target: the elapsed time is carried over, or a new cycle begins (K3)."""
        require_target(target)
        return cls("retarget", to_instant(at), reason, target=target, restart=restart)

    @classmethod
    def override(
        cls,
        at: datetime,
        target: Target,
        reason: str = "",
        name: str = "override",
        *,
        who: str = "",
        until: datetime | None = None,
    ) -> Self:
        """A target on top of the clock's own, until it is relieved: the earlier due governs (Q3).

        It counts from here on, or from a later start, on its own calendar. Several are on at once
        under different names; one of the same name is replaced. `who` declared it, and `until` is
        when it is to end; a `relieve` ends it. A mark that is made with an earlier instant as its
        `since` counts from there, whatever ran and was paused in between: with that of the one that
        is on and the same target, that one goes on, with the latest reason, `who` and `until`.
        """
        require_target(target)
        end = None if until is None else as_instant(until, "until")
        return cls(
            "override", to_instant(at), reason,
            target=target, name=_named(name), who=who, until=end,
        )  # fmt: skip

    @classmethod
    def relieve(
        cls, at: datetime, name: str = "override", reason: str = "", *, who: str = ""
    ) -> Self:
        """The override of that name is on no longer; the clock's own target goes on untouched.

        `who` ended it.
        """
        return cls("relieve", to_instant(at), reason, name=_named(name), who=who)

    @property
    def at(self) -> DateTime:
        """The instant, in UTC."""
        return to_datetime(self.instant)


def _named(name: object) -> str:
    if isinstance(name, str) and name:
        return name
    raise InvalidValue(f"an override's name is {name!r}: expected a text that is not empty")


def require_marks(marks: object) -> tuple[Mark, ...]:
    """The marks as a tuple; `InvalidValue` for anything else."""
    found = tuple(marks) if isinstance(marks, Iterable) else (marks,)
    if all(isinstance(mark, Mark) and mark.kind in MARK_KINDS for mark in found):
        return found
    raise InvalidValue(f"marks is {marks!r}: expected marks such as Mark.start(at)")
