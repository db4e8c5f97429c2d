"""The state of one request's history so far: what is open, and chains of what is finished.

A state is a value: `evolve` gives another one. Inside the room it is changed in place where nobody
else holds it yet, which is what makes a replay quick.
"""

from __future__ import annotations

from typing import NamedTuple

from attrs import define, field

from servicecore.chains import Chain
from servicecore.lifecycle.clocks import RequestClock
from servicecore.lifecycle.contact import Contact
from servicecore.lifecycle.events import (
    ApprovalDecided,
    ApprovalRequested,
    Event,
    Opened,
    OptionsOffered,
    OverrideStarted,
    PolicyApplied,
)
from servicecore.lifecycle.ownership import Ownership
from servicecore.lifecycle.promises import Promises
from servicecore.lifecycle.status import Status, TransitionDue
from servicecore.lifecycle.steps import NO_STEPS, Steps
from servicecore.requests import Fact, Request
from servicecore.sla.book import PolicyBook
from servicecore.sla.policy import Policy

PRIORITY_FACTS = frozenset({"priority", "impact", "urgency"})
"""Whatever policies ask for, targets are by priority."""


NO_EVENTS: Chain[Event] = Chain()
NOBODY, UNHEARD, UNPROMISED = Ownership(), Contact(), Promises()


class Denial(NamedTuple):
    """An approval that was not given: what was asked, and the decision; it stands against work."""

    asked: ApprovalRequested | None
    decided: ApprovalDecided


@define(slots=False)  # copied at every event, which a dictionary does quickest
class RequestState:
    """One history folded up to `instant`, in microseconds; the facts of that instant may go on.

    `unsettled` says that facts have changed in this instant and the policy is to be matched anew
    when it is over. `pausing` are all words that clock rules pause by, and `conditions` those of
    them that hold. `approval` is the one that is pending, `denied` the decision where the last one
    was denied; `delivered` says that it was resolved and not taken up again. `history` is
    everything that happened, which nothing here has to remember twice.
    """

    id: str
    opened: int
    instant: int
    status: Status
    sequence: int = 0
    history: Chain[Event] = NO_EVENTS
    facts: dict[str, Fact] = field(factory=dict)
    request: Request | None = field(default=None, eq=False)  # made of the facts when asked for
    pausing: frozenset[str] = frozenset()
    conditions: frozenset[str] = frozenset()
    matched: frozenset[str] = frozenset()
    unsettled: bool = True
    pinned: PolicyApplied | None = None
    policy: Policy | None = None
    version: str = ""
    before_first: bool = False
    clocks: dict[str, RequestClock] = field(factory=dict)
    ownership: Ownership = NOBODY
    contact: Contact = UNHEARD
    promises: Promises = UNPROMISED
    approval: ApprovalRequested | None = None
    denied: Denial | None = None
    offer: OptionsOffered | None = None
    overrides: dict[str, OverrideStarted] = field(factory=dict)
    restored: int | None = None
    delivered: bool = False
    reopenings: int = 0
    gap: float | None = None
    steps: Steps = NO_STEPS
    transitions_due: tuple[TransitionDue, ...] = ()

    def copy(self) -> RequestState:
        """Another one that goes on by itself; costs the same however long the history is."""
        other = object.__new__(RequestState)
        other.__dict__.update(self.__dict__)
        other.facts, other.overrides = dict(self.facts), dict(self.overrides)
        other.clocks = {name: clock.copy() for name, clock in self.clocks.items()}
        return other

    def holding(self) -> frozenset[str]:
        """The conditions that hold: the status, an approval that is not given, whose it is, …

        Only those that a clock minds.
        """
        words = [self.status.name]
        if self.approval is not None:
            words.append(f"approval: {self.approval.side_of_approver}")
        if self.denied is not None and self.denied.asked is not None:
            words.append(f"approval: {self.denied.asked.side_of_approver}")
        if self.ownership.group:
            words.append(f"group: {self.ownership.group}")
        if self.status.waiting_on:
            words.append(f"waiting on: {self.status.waiting_on}")
        return self.pausing.intersection(words)


BLANK = RequestState("", 0, 0, Status(""))
"""What all requests begin as; to copy it is quicker than to make it."""


def begun(opened: Opened, book: PolicyBook) -> RequestState:
    """The state of a request at its opening, before anything of it is taken in."""
    at, state = opened.occurred, BLANK.copy()
    state.id, state.opened, state.instant = opened.request, at, at
    state.status, state.pausing = Status(book.lifecycle.first, since=at), book.pausing
    state.conditions = state.holding()
    state.matched = book.version_at(at).matched_facts
    state.clocks = {name: RequestClock(rule) for name, rule in book.owed.items()}
    state.ownership = Ownership(ungrouped=at, unassigned=at)
    return state
