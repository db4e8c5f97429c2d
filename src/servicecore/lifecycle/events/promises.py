"""Events of expectations: promises, reports, options, approvals, overrides (Q1-Q4)."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import field, frozen

from servicecore.errors import InvalidValue
from servicecore.instants import DateTime, to_datetime
from servicecore.lifecycle.events.envelope import (
    Event,
    Side,
    as_due,
    as_next_due,
    as_side,
    as_until,
    check_types,
    names,
)

DELIVERY, CHECKPOINT = "delivery", "checkpoint"
BASES = ("agreement", "plan", "hand")
"""What a promise was made from: the SLA's deadline, a plan, or somebody's word."""


@frozen(kw_only=True)
class PromiseMade(Event):
    """The customer was given a date: for the delivery, or for the next report (a checkpoint).

    `promise` is its number in the request, `basis` one of `BASES`; `told` says whether the customer
    knows of it. `due` is in microseconds.
    """

    promise: str
    kind: str = DELIVERY
    due: int = field(alias="due_at", converter=as_due)
    basis: str = "hand"
    told: bool = True

    def __attrs_post_init__(self) -> None:
        check_types(self)
        if self.kind not in (DELIVERY, CHECKPOINT):
            raise InvalidValue(f"kind is {self.kind!r}: expected {DELIVERY!r} or {CHECKPOINT!r}")
        if self.basis not in BASES:
            expected = " or ".join(map(repr, BASES))
            raise InvalidValue(f"basis is {self.basis!r}: expected {expected}")

    @property
    def due_at(self) -> DateTime:
        """When it is to be kept, in UTC."""
        return to_datetime(self.due)


@frozen(kw_only=True)
class PromiseRenegotiated(Event):
    """Another date for a promise, and why; it moves the date only if told in time (Q2)."""

    promise: str
    due: int = field(alias="due_at", converter=as_due)
    reason: str = ""
    told: bool = True

    @property
    def due_at(self) -> DateTime:
        """The new date, in UTC."""
        return to_datetime(self.due)


@frozen(kw_only=True)
class PromiseFulfilled(Event):
    """What was promised has been delivered."""

    promise: str


@frozen(kw_only=True)
class PromiseWithdrawn(Event):
    """The promise was taken back, neither kept nor broken unless it was late before."""

    promise: str
    reason: str = ""


@frozen(kw_only=True)
class Reported(Event):
    """The customer was told what was done since the last report, and when the next one comes.

    It keeps the earliest open checkpoint. `next_due` in microseconds; None ends the reports.
    """

    done: str
    next_due: int | None = field(alias="next_due_at", default=None, converter=as_next_due)

    @property
    def next_due_at(self) -> DateTime | None:
        """When the next report comes, in UTC."""
        return None if self.next_due is None else to_datetime(self.next_due)


def _options(values: Iterable[str]) -> tuple[str, ...]:
    return names(values, "options")


@frozen(kw_only=True)
class OptionsOffered(Event):
    """The customer was given options, and what we would do in their place."""

    options: tuple[str, ...] = field(converter=_options)
    recommendation: str = ""

    def __attrs_post_init__(self) -> None:
        check_types(self)
        if not self.options:
            raise InvalidValue("options are none: expected at least one")
        if len(set(self.options)) < len(self.options):
            raise InvalidValue(f"options are {self.options!r}: expected different ones")
        if not all(option.strip() for option in self.options):
            raise InvalidValue(f"options are {self.options!r}: expected each to say something")
        if self.recommendation and self.recommendation not in self.options:
            listed = ", ".join(map(repr, self.options))
            raise InvalidValue(
                f"recommendation is {self.recommendation!r}: expected one of {listed}"
            )


@frozen(kw_only=True)
class OptionChosen(Event):
    """The customer has decided."""

    option: str


@frozen(kw_only=True)
class ApprovalRequested(Event):
    """Somebody has to agree before work may start; on their side's time (R3)."""

    approver: str
    side_of_approver: Side = field(alias="side", default=Side.CUSTOMER, converter=as_side)


@frozen(kw_only=True)
class ApprovalDecided(Event):
    """The approver agreed, or did not, and why."""

    granted: bool
    reason: str = ""


@frozen(kw_only=True)
class OverrideStarted(Event):
    """Something such as a business that has stopped tightens every target from now on (Q3).

    `override` is its name in the policies; `until` in microseconds, None until it is ended.
    """

    override: str
    reason: str
    until: int | None = field(default=None, converter=as_until)

    def __attrs_post_init__(self) -> None:
        check_types(self)
        if not self.reason.strip():
            raise InvalidValue(f"the override {self.override!r} has no reason: expected why")

    @property
    def until_at(self) -> DateTime | None:
        """Until when, in UTC; None until it is ended."""
        return None if self.until is None else to_datetime(self.until)


@frozen(kw_only=True)
class OverrideEnded(Event):
    """The override holds no longer; what was breached under it stays breached."""

    override: str
    reason: str = ""
