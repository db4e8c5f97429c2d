"""Eight weeks with one request at a people desk: somebody new joins the editorial department.

Run it with ``python examples/hr-onboarding/story.py``. The desk keeps the request folded, as a
state that every event moves on; whatever is printed is worked out from it and ``policies.toml``.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from servicecore import decide, evolve, load_policies, tick
from servicecore.errors import TransitionRefused
from servicecore.lifecycle.commands import (
    Assign,
    ChangeStatus,
    ChooseOption,
    Command,
    DecideApproval,
    FollowUp,
    FulfilPromise,
    MakePromise,
    OfferOptions,
    Open,
    RenegotiatePromise,
    Reply,
    Report,
    Resolve,
)
from servicecore.lifecycle.decide import open_request
from servicecore.lifecycle.events import Actor, Event, StepRecorded
from servicecore.lifecycle.replay import situation as situation_of
from servicecore.lifecycle.situation import Situation

BOOK = load_policies(Path(__file__).with_name("policies.toml"))
LONDON = ZoneInfo("Europe/London")
REQUEST = "JOIN-318"

NOAH = Actor("Noah Petit", "customer")  # assistant in Editorial, who asks
SOFIA = Actor("Sofia Lindqvist", "customer")  # hiring manager, who agrees and decides
AMARA = Actor("Amara Diallo")  # onboarding


def on(day: str, time: str) -> datetime:
    """An instant of 2026, by the clock on the wall."""
    return datetime.fromisoformat(f"2026-{day} {time}").replace(tzinfo=LONDON)


class Desk:
    """A host that keeps a request folded: an event costs the same however many came before."""

    def __init__(self, opening: Iterable[Event], now: datetime) -> None:
        first, *others = opening
        self.state = evolve(None, first, BOOK)
        self.now = now
        self.commands = 1
        self.keep(others)

    @property
    def situation(self) -> Situation:
        """Where the request stands now."""
        return situation_of(self.state, BOOK, at=self.now)

    def keep(self, events: Iterable[Event]) -> None:
        """Move the state on."""
        for event in events:
            self.state = evolve(self.state, event, BOOK)
            if isinstance(event, StepRecorded):
                say(f"{event.step.split('/')[3]}! {event.outcome}: {', '.join(event.told)}")

    def does(self, command: type[Command], actor: Actor, **said: Any) -> None:
        """Decide on a command, keep what comes of it, and do what is due at once."""
        self.commands += 1
        asked = command(id=f"c{self.commands}", request=REQUEST, actor=actor, **said)
        try:
            self.keep(decide(self.situation, asked, at=self.now))
        except TransitionRefused as refused:
            say(str(refused))
        self.keep(tick(self.state.history, BOOK, at=self.now))

    def sleep_until(self, instant: datetime) -> None:
        """Wake up for whatever time alone changes."""
        while (coming := self.situation.next) and coming.at <= instant:
            changes = [each for each in self.situation.upcoming if each.at == coming.at]
            self.now = coming.at.astimezone(LONDON)
            print()
            for change in changes:
                print(f"{self.now:%a %d %b %H:%M}  ~ {change}")
            self.keep(tick(self.state.history, BOOK, at=self.now))
        self.now = instant

    def at(self, day: str, time: str, story: str) -> None:
        """Sleep until then, and tell what happens."""
        self.sleep_until(on(day, time))
        print(f"\n{self.now:%a %d %b %H:%M}  {story}")

    def shows(self, *clocks: str) -> None:
        """Print what the latest cycles of these clocks show, in a line each."""
        for clock in clocks:
            reading = self.situation.reading(clock)
            if reading is not None:
                say(f"{clock}: {reading.explain().splitlines()[0]}")


def say(lines: str) -> None:
    """Print lines under the story."""
    for line in lines.splitlines():
        print(f"{'':18}{line}")


def the_form() -> Desk:
    """The offering asks for an agreement, so that it is requested by itself."""
    now = on("02-03", "10:05")
    facts = {
        "kind": "service request",
        "channel": "portal",
        "customer": "Editorial",
        "requester": "Noah Petit",
        "service": "joining",
        "offering": "new starter",
        "group": "onboarding",
    }
    asked = Open(id="c1", request=REQUEST, actor=NOAH, facts=facts)
    desk = Desk(open_request(asked, BOOK, at=now), now)
    desk.at("02-03", "10:05", "Editorial has found somebody: Noah fills in the form.")
    say("\n".join(desk.situation.explain().splitlines()[:6]))
    desk.shows("first response", "approval")
    return desk


def the_agreement(desk: Desk) -> None:
    """Nothing starts before it, and it has a clock of its own."""
    desk.at("02-03", "11:30", "Amara thanks him, and would like to begin at once.")
    desk.does(Reply, AMARA, channel="portal")
    desk.does(ChangeStatus, AMARA, status="preparing")

    desk.at("02-04", "16:30", "Sofia, the hiring manager, agrees.")
    desk.does(DecideApproval, SOFIA, granted=True, reason="in this year's plan")
    desk.shows("first response", "approval")


def the_plan(desk: Desk) -> None:
    """A date from a plan, and a date for the next report: the department is never in the dark."""
    desk.at("02-05", "09:15", "Amara plans back from day one, Monday 2 March at nine.")
    desk.does(ChangeStatus, AMARA, status="preparing")
    desk.does(Assign, AMARA, group="onboarding", person="Amara Diallo")
    desk.does(MakePromise, AMARA, due_at=on("03-02", "09:00"), basis="plan")
    desk.does(Report, AMARA, done="a plan for all", next_due_at=on("02-11", "12:00"))
    say("If nobody did anything now:")
    for coming in desk.situation.upcoming:
        say(f"  {coming.at.astimezone(LONDON):%a %d %b %H:%M}  {coming}")

    desk.at("02-11", "11:00", "The report that was announced: contract signed, accounts made.")
    done = "contract signed, accounts made"
    desk.does(Report, AMARA, done=done, next_due_at=on("02-18", "12:00"))


def the_choice(desk: Desk) -> None:
    """The decision is the department's, and while it thinks our clock stands still."""
    light, big = "a light laptop", "a workstation with two screens"
    desk.at("02-13", "09:30", "Which desk for the new editor? Amara gives Sofia the choice.")
    desk.does(OfferOptions, AMARA, options=[light, big], recommendation=big)
    desk.shows("preparation")

    desk.at("02-18", "11:45", "No answer yet. The report is due all the same.")
    desk.does(Report, AMARA, done="all but the desk", next_due_at=on("02-25", "12:00"))

    desk.at("02-19", "14:00", "Sofia takes the workstation, and Amara gives her a date for it.")
    desk.does(ChooseOption, SOFIA, option=big)
    desk.does(MakePromise, AMARA, due_at=on("02-25", "17:00"))
    desk.shows("preparation")


def the_screens(desk: Desk) -> None:
    """A date that cannot be kept is moved while it lies ahead."""
    screens = desk.situation.promises[-1].id
    desk.at("02-24", "10:00", "The screens come two days later. Amara says so before the date.")
    moved = {"due_at": on("02-27", "12:00"), "reason": "the screens come two days later"}
    desk.does(RenegotiatePromise, AMARA, promise=screens, **moved)

    desk.at("02-25", "14:20", "A full day; the third report is late, and stays so on record.")
    desk.does(Report, AMARA, done="the screens are on their way")

    desk.at("02-27", "11:00", "The desk stands, and all is ready for day one.")
    desk.does(FulfilPromise, AMARA, promise=screens)
    desk.does(ChangeStatus, AMARA, status="ready for day one")
    desk.shows("preparation")


def day_one(desk: Desk) -> None:
    """What others call a resolution; and some days later somebody asks."""
    desk.at("03-02", "08:50", "Daniel Osei starts. His badge opens every door but one.")
    desk.does(Resolve, AMARA, status="started")
    desk.shows("follow-up")

    desk.at("03-10", "15:00", "Amara has tea with him, which is what a follow-up is.")
    desk.does(FollowUp, AMARA, outcome="feels welcome; now has a key to the archive")
    desk.shows("follow-up")

    desk.at("03-31", "09:00", "What stays on record:")
    print(f"\n{desk.situation.explain()}")


SCENES = (the_agreement, the_plan, the_choice, the_screens, day_one)


def tell() -> Situation:
    """Tell the whole story; the situation at its end."""
    desk = the_form()
    for scene in SCENES:
        scene(desk)
    return desk.situation


if __name__ == "__main__":
    tell()
