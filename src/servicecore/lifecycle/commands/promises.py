"""Commands about expectations: promises, reports, options, approvals, overrides (Q1-Q4)."""

from __future__ import annotations

from types import MappingProxyType

from attrs import field, frozen

from servicecore.lifecycle import events
from servicecore.lifecycle.commands.envelope import Command
from servicecore.lifecycle.events import Side
from servicecore.lifecycle.events.envelope import (
    as_due,
    as_next_due,
    as_side,
    as_until,
    names,
)
from servicecore.lifecycle.events.promises import DELIVERY


@frozen(kw_only=True)
class MakePromise(Command):
    """Give the customer a date, for the delivery or for the next report (a checkpoint)."""

    writes = events.PromiseMade
    phrase = "make a promise for {request}"
    left_open = MappingProxyType({"promise": ""})

    kind: str = DELIVERY
    due: int = field(alias="due_at", converter=as_due)
    basis: str = "hand"
    told: bool = True


@frozen(kw_only=True)
class RenegotiatePromise(Command):
    """Give another date and the reason, before the promise is due (Q2)."""

    writes = events.PromiseRenegotiated
    phrase = "renegotiate promise {promise} of {request}"

    promise: str
    due: int = field(alias="due_at", converter=as_due)
    reason: str = ""
    told: bool = True


@frozen(kw_only=True)
class FulfilPromise(Command):
    """Say that what was promised has been delivered."""

    writes = events.PromiseFulfilled
    phrase = "fulfil promise {promise} of {request}"

    promise: str


@frozen(kw_only=True)
class WithdrawPromise(Command):
    """Take a promise back."""

    writes = events.PromiseWithdrawn
    phrase = "withdraw promise {promise} of {request}"

    promise: str
    reason: str = ""


@frozen(kw_only=True)
class Report(Command):
    """Tell the customer what was done, and when the next report comes; None ends the reports."""

    writes = events.Reported
    phrase = "report on {request}"

    done: str
    next_due: int | None = field(alias="next_due_at", default=None, converter=as_next_due)


@frozen(kw_only=True)
class OfferOptions(Command):
    """Give the customer options, with what we would do; from then on it is their turn."""

    writes = events.OptionsOffered
    phrase = "offer options for {request}"

    options: tuple[str, ...] = field(converter=names)
    recommendation: str = ""


@frozen(kw_only=True)
class ChooseOption(Command):
    """Say what the customer has decided."""

    writes = events.OptionChosen
    phrase = "choose {option!r} for {request}"

    option: str


@frozen(kw_only=True)
class RequestApproval(Command):
    """Ask for the approval that the offering demands."""

    writes = events.ApprovalRequested
    phrase = "request an approval for {request}"

    approver: str
    side_of_approver: Side = field(alias="side", default=Side.CUSTOMER, converter=as_side)


@frozen(kw_only=True)
class DecideApproval(Command):
    """Say what the approver has decided, and why."""

    writes = events.ApprovalDecided
    phrase = "decide on the approval of {request}"

    granted: bool
    reason: str = ""


@frozen(kw_only=True)
class StartOverride(Command):
    """Tighten every target from now on, as the policy says for this override (Q3)."""

    writes = events.OverrideStarted
    phrase = "start the override {override!r} on {request}"

    override: str
    reason: str
    until: int | None = field(default=None, converter=as_until)


@frozen(kw_only=True)
class EndOverride(Command):
    """Lift an override; what was breached under it stays breached."""

    writes = events.OverrideEnded
    phrase = "end the override {override!r} on {request}"

    override: str
    reason: str = ""
