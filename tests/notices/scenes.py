"""A small desk without a store: commands and ticks one after the other, and the notices of each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from attrs import field, frozen, mutable
from hypothesis import strategies as st

from servicecore import PolicyBook, replay, tick
from servicecore.catalogue import Approval, Catalogue, Offering, Service
from servicecore.errors import TransitionRefused
from servicecore.lifecycle import commands
from servicecore.lifecycle.commands import Command, Open
from servicecore.lifecycle.decide import decide_on, open_request
from servicecore.lifecycle.events import Actor, Event, Side
from servicecore.lifecycle.situation import Situation
from servicecore.notices import DEFAULT_NOTICES, Notice, NoticeRule, notices_of
from servicecore.sla import Calendar, Policy, Target
from servicecore.sla.escalation import Escalation, Step

NINE = datetime(2026, 3, 6, 9, tzinfo=UTC)
"""A Friday."""
OFFICE = Calendar.from_dict(
    {"timezone": "Europe/Berlin", "hours": {"mon-fri": "09:00-17:00"}}, "office"
)
LAPTOP = Offering("laptop", approval=Approval("boss"))
KEY = Offering("key", approval=Approval("security", "desk"))
BOOK = PolicyBook.of(
    Policy(
        "all",
        {
            "first response": Target("1h", OFFICE),
            "next response": Target("2h", OFFICE),
            "resolution": Target("6h", OFFICE),
        },
        overrides={"business stopped": {"resolution": Target("1h")}},
    ),
    catalogue=Catalogue([Service("office", custodian="caretaker", offerings=[LAPTOP, KEY])]),
    escalations=[
        Escalation("hurry", [
            Step("warn", share="50%", tell=["person", "group"], assign="second"),
            Step("late", after="0m", tell="role: duty manager", every="1h", limit=3),
        ]),
        Escalation("silence", [Step("quiet", silence="3h", tell=["custodian", "group"])]),
        Escalation("ping-pong", [Step("twice", bounces=1, tell="role: lead")]),
        Escalation("again", [Step("reopened", reopened=1, tell="role: lead")]),
        Escalation("nobody", [Step("alone", unassigned="2h", tell="group")]),
        Escalation("unhappy", [Step("low", gap=-1, tell="role: lead")]),
    ],
)  # fmt: skip

ANN, COLLEAGUE, BOSS = (Actor(name, Side.CUSTOMER) for name in ("ann", "colleague", "boss"))
BO, CY = Actor("bo"), Actor("cy")
DELL = Actor("dell", Side.SUPPLIER)


def at(hours: float) -> datetime:
    """So many hours after nine."""
    return NINE + timedelta(hours=hours)


@frozen
class Written:
    """What was written at once: the events, what they led to, and the notices of them."""

    events: tuple[Event, ...]
    situation: Situation
    notices: tuple[Notice, ...]
    at: datetime

    def told(self) -> set[tuple[str, str]]:
        """Which notice to whom."""
        return {(notice.template, notice.recipient) for notice in self.notices}

    def caused(self) -> Iterator[tuple[Notice, Event]]:
        """Each notice with the event that it is about."""
        by_id = {event.id: event for event in self.events}
        return ((notice, by_id[notice.cause]) for notice in self.notices)


@mutable
class Scene:
    """The history of one request while it is being written."""

    book: PolicyBook = BOOK
    rules: Sequence[NoticeRule] = DEFAULT_NOTICES
    history: list[Event] = field(factory=list)
    number: int = 0

    def write(self, events: Iterable[Event], when: datetime) -> Written:
        """Append events and make their notices."""
        new = tuple(events)
        self.history += new
        situation = replay(self.history, self.book, at=when)
        return Written(new, situation, notices_of(situation, new, self.rules, at=when), when)

    def open(self, hours: float = 0, actor: Actor | None = ANN, **facts: Any) -> Written:
        """Open the request; Ann's, of Acme, unless the facts say otherwise."""
        known = {"customer": "acme", "requester": "ann", **facts}
        said = {name: fact for name, fact in known.items() if fact is not None}
        asked = Open(id="c0", request="R1", actor=actor, facts=said)
        return self.write(open_request(asked, self.book, at=at(hours)), at(hours))

    def do(
        self,
        kind: type[Command],
        hours: float,
        actor: Actor | None = BO,
        /,
        *,
        occurred: float | None = None,
        **said: Any,
    ) -> Written:
        """Do what a command says, perhaps late; `TransitionRefused` where it may not be done."""
        self.number += 1
        happened = None if occurred is None else at(occurred)
        command = kind(
            id=f"c{self.number}", request="R1", actor=actor, occurred_at=happened, **said
        )
        return self.write(decide_on(self.history, command, self.book, at=at(hours)), at(hours))

    def wait(self, hours: float) -> Written:
        """Let time pass, and write what it demands."""
        return self.write(tick(self.history, self.book, at=at(hours)), at(hours))


def begun(**facts: Any) -> Scene:
    """A request that Bo of the group "first" works on since half past nine."""
    scene = Scene()
    scene.open(**facts)
    scene.do(commands.Assign, 0.5, CY, group="first", person="bo")
    return scene


ACTORS = st.sampled_from([ANN, COLLEAGUE, BOSS, BO, CY, DELL, None])
REASON = st.sampled_from(["", "a reason"])
WAITING = ("waiting for customer", "in progress", "waiting for third party")


AHEAD = st.integers(1, 20)
"""So many half hours ahead: a date, once it is known when the command is given."""
DATES = ("due_at", "next_due_at")

SAID: dict[type[Command], dict[str, st.SearchStrategy[Any]]] = {
    commands.Reply: {
        "public": st.sampled_from([True, True, False]),
        "automatic": st.sampled_from([False, False, True]),
        "channel": st.sampled_from(["", "email", "phone"]),
    },
    commands.Assign: {
        "group": st.sampled_from(["first", "second"]),
        "person": st.sampled_from([None, "bo", "cy"]),
    },
    commands.ChangeStatus: {"status": st.sampled_from(WAITING), "reason": REASON},
    commands.MakePromise: {
        "due_at": AHEAD,
        "kind": st.sampled_from(["delivery", "checkpoint"]),
        "told": st.booleans(),
    },
    commands.RenegotiatePromise: {
        "promise": st.sampled_from(["1", "2"]),
        "due_at": AHEAD,
        "reason": st.just("a part is missing"),
        "told": st.booleans(),
    },
    commands.WithdrawPromise: {"promise": st.sampled_from(["1", "2"]), "reason": REASON},
    commands.Report: {"done": REASON, "next_due_at": st.none() | AHEAD},
    commands.OfferOptions: {"options": st.sampled_from([("repair", "replace"), ("wait",)])},
    commands.ChooseOption: {"option": st.sampled_from(["repair", "wait"])},
    commands.DecideApproval: {"granted": st.booleans(), "reason": REASON},
    commands.StartOverride: {
        "override": st.just("business stopped"), "reason": st.just("no till")
    },
    commands.Resolve: {"reason": REASON},
    commands.Reopen: {"reason": REASON},
    commands.Close: {"reason": REASON},
    commands.Cancel: {"reason": REASON},
    commands.InviteToSurvey: {"survey": st.just("csat")},
    commands.AnswerSurvey: {
        "survey": st.just("csat"), "expectation": st.just(4.0), "perception": st.just(2.0)
    },
    commands.NoteUndeliveredNotice: {"notice": st.just("n1"), "reason": REASON},
}  # fmt: skip
"""What can be asked for, whether it may be done or not."""

ASKED = st.sampled_from(list(SAID)).flatmap(
    lambda kind: st.tuples(st.just(kind), st.fixed_dictionaries(SAID[kind]))
)


def _dated(said: dict[str, Any], hours: float) -> dict[str, Any]:
    ahead = {name: said[name] for name in DATES if said.get(name) is not None}
    return {**said, **{name: at(hours + halves / 2) for name, halves in ahead.items()}}


@st.composite
def courses(draw: st.DrawFn) -> list[Written]:
    """What a desk writes of one request: commands by anybody, some of them late, and ticks."""
    scene = Scene()
    facts = {
        "requester": draw(st.sampled_from(["ann", None])),
        "customer": draw(st.sampled_from(["acme", None])),
        "offering": draw(st.sampled_from([None, None, "laptop", "key"])),
        "service": "office",
        "group": draw(st.sampled_from([None, "first"])),
    }
    written = [scene.open(0, draw(ACTORS), **facts)]
    hours = 0.0
    for _ in range(draw(st.integers(0, 14))):
        hours += draw(st.sampled_from([0, 0.25, 0.5, 1, 2]))
        if draw(st.integers(0, 3)) == 0:
            written.append(scene.wait(hours))
            continue
        kind, said = draw(ASKED)
        late = draw(st.sampled_from([None, None, None, 0.5, 2]))
        occurred = None if late is None else max(0.0, hours - late)
        try:
            written.append(
                scene.do(kind, hours, draw(ACTORS), occurred=occurred, **_dated(said, hours))
            )
        except TransitionRefused:
            continue
    return written
