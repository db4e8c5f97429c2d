"""A week with one request at a help desk: from a phone call to the closing.

Run it with ``python examples/help-desk/story.py``. All that the desk keeps is a list of events;
whatever is printed is worked out from that list and from ``policies.toml``.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from servicecore import load_policies, replay, tick
from servicecore.errors import TransitionRefused
from servicecore.lifecycle.commands import (
    AcknowledgeEscalation,
    Assign,
    ChangeStatus,
    ChooseOption,
    Command,
    EndOverride,
    FollowUp,
    MakePromise,
    OfferOptions,
    Open,
    RenegotiatePromise,
    Reply,
    Report,
    Resolve,
    Restore,
    ReviewCause,
    StartOverride,
)
from servicecore.lifecycle.decide import decide_on, open_request
from servicecore.lifecycle.events import Actor, Event, StepRecorded
from servicecore.lifecycle.situation import Situation

BOOK = load_policies(Path(__file__).with_name("policies.toml"))
BERLIN = ZoneInfo("Europe/Berlin")
REQUEST = "INC-1042"

INES = Actor("Ines Keller", "customer")  # runs the shop in Linden Street
TOMAS = Actor("Tomas Brandt")  # service desk
PRIYA = Actor("Priya Raman")  # network, the second line
JONAS = Actor("Jonas Weiss")  # engineering, the third line
LENA = Actor("Lena Okafor")  # on call as duty manager


def march(day: int, time: str) -> datetime:
    """An instant in March 2026, by the clock on the wall."""
    return datetime.fromisoformat(f"2026-03-{day} {time}").replace(tzinfo=BERLIN)


class Desk:
    """The least that a host does: keep events, decide on commands, tick when something is due."""

    def __init__(self) -> None:
        self.history: list[Event] = []
        self.now = march(10, "08:00")
        self.commands = 0

    @property
    def situation(self) -> Situation:
        """Where the request stands now."""
        return replay(self.history, BOOK, at=self.now)

    def does(self, command: type[Command], actor: Actor | None, **said: Any) -> None:
        """Decide on a command, keep what comes of it, and do what is due at once."""
        self.commands += 1
        asked = command(id=f"c{self.commands}", request=REQUEST, actor=actor, **said)
        try:
            if isinstance(asked, Open):
                self.history += open_request(asked, BOOK, at=self.now)
            else:
                self.history += decide_on(self.history, asked, BOOK, at=self.now)
        except TransitionRefused as refused:
            say(str(refused))
        self.ticks()

    def ticks(self) -> None:
        """Keep what time demands by now; whoever is to be told is told here."""
        for event in tick(self.history, BOOK, at=self.now):
            self.history.append(event)
            if isinstance(event, StepRecorded):
                say(f"{event.step.split('/')[3]}! {event.outcome}: {', '.join(event.told)}")

    def sleep_until(self, instant: datetime) -> None:
        """Wake up for whatever time alone changes."""
        while self.history and (coming := self.situation.next) and coming.at <= instant:
            changes = [each for each in self.situation.upcoming if each.at == coming.at]
            self.now = coming.at.astimezone(BERLIN)
            print()
            for change in changes:
                print(f"{self.now:%a %d %b %H:%M}  ~ {change}")
            self.ticks()
        self.now = instant

    def at(self, day: int, time: str, story: str) -> None:
        """Sleep until then, and tell what happens."""
        self.sleep_until(march(day, time))
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


def the_call(desk: Desk) -> None:
    """Whatever way it comes in, it is the same kind of thing."""
    desk.at(10, "08:12", "Ines Keller calls: the tills in Linden Street keep losing the network.")
    facts = {
        "kind": "incident",
        "channel": "phone",
        "customer": "Brightwater Foods",
        "requester": "Ines Keller",
        "service": "shop network",
        "offering": "connection down",
        "impact": "one site",
        "urgency": "hindered",
        "group": "service desk",
    }
    desk.does(Open, INES, facts=facts)
    say(desk.situation.explain().splitlines()[0])
    desk.shows("first response", "resolution")


def three_lines(desk: Desk) -> None:
    """Each line uses time of its own, and the way back to one that had it is counted."""
    desk.at(10, "08:20", "Tomas tells her who will look at it, and asks the second line.")
    desk.does(Reply, TOMAS, channel="phone")
    desk.does(Assign, TOMAS, group="network", person="Priya Raman")
    desk.does(ChangeStatus, PRIYA, status="in progress")
    desk.shows("first response", "second line")

    desk.at(10, "10:10", "Priya finds nothing in the shop, and asks engineering.")
    desk.does(Assign, PRIYA, group="engineering", person="Jonas Weiss")
    desk.shows("second line", "third line")

    desk.at(10, "10:55", "Jonas finds nothing in the core either, and gives it back.")
    desk.does(Assign, JONAS, group="network", person="Priya Raman")
    owner = desk.situation.ownership
    say(f"handoffs: {owner.handoffs}, back to a group that had it: {owner.bounces}")


def the_line(desk: Desk) -> None:
    """The supplier's clock runs while we wait for them, and ours for the customer runs on."""
    desk.at(10, "11:20", "It is the line. Priya calls Meridian Telecom, and promises Ines 17:00.")
    waiting = {"status": "waiting for third party", "waiting_on": "Meridian Telecom"}
    desk.does(ChangeStatus, PRIYA, **waiting, reason="loss on the line")
    desk.does(MakePromise, PRIYA, due_at=march(10, "17:00"))
    desk.shows("line care", "resolution")


def business_stopped(desk: Desk) -> None:
    """A formal agreement is no shield."""
    desk.at(10, "12:40", "Ines calls again: the line is dead, and nobody can pay.")
    desk.does(Reply, INES, channel="phone")
    say("Lena, who is on call, does not argue about the matrix:")
    desk.does(StartOverride, LENA, override="business stopped", reason="no till in the shop works")
    reading = desk.situation.reading("resolution")
    say(reading.explain() if reading else "")


def a_way_out(desk: Desk) -> None:
    """The customer decides, and hears from us until the shop sells again."""
    router, wait = "a mobile router by courier", "wait for the line"
    desk.at(10, "12:50", "Tomas calls back with two ways on, and says which one he would take.")
    desk.does(Reply, TOMAS, channel="phone")
    desk.does(OfferOptions, TOMAS, options=[router, wait], recommendation=router)
    desk.shows("next response", "resolution")

    desk.at(10, "12:58", "She takes the router.")
    desk.does(ChooseOption, INES, option=router)

    desk.at(10, "13:20", "The courier is on the way. Somebody asks for the cause already.")
    desk.does(Report, TOMAS, done="the courier left", next_due_at=march(10, "13:50"))
    desk.does(ReviewCause, None, systems=["shop network"])

    desk.at(10, "13:56", "The router is there, six minutes after the report that was promised.")
    desk.does(Report, TOMAS, done="the router is being set up", next_due_at=march(10, "14:20"))

    desk.at(10, "14:05", "The shop sells again.")
    desk.does(Restore, TOMAS)
    desk.does(EndOverride, LENA, override="business stopped", reason="the shop sells again")
    desk.does(Report, TOMAS, done="all tills work over the mobile router")


def the_repair(desk: Desk) -> None:
    """The date moves before it is due, and the ladders see to it that nobody forgets."""
    desk.at(10, "14:10", "The line itself is still with Meridian.")
    waiting = {"status": "waiting for third party", "waiting_on": "Meridian Telecom"}
    desk.does(ChangeStatus, PRIYA, **waiting, reason="the line is dead")
    desk.shows("line care", "resolution")

    desk.at(10, "16:00", "Diggers have cut the cable. An hour before 17:00, Priya calls Ines.")
    moved = {"due_at": march(11, "12:00"), "reason": "diggers have cut the cable"}
    desk.does(RenegotiatePromise, PRIYA, promise="1", **moved)

    desk.at(11, "07:50", "Tomas tells Ines that Meridian has been mending the cable since six.")
    desk.does(Report, TOMAS, done="Meridian mends the cable")

    desk.at(11, "08:45", "Lena takes care of it.")
    cycle = {"clock": "resolution", "cycle": 0}
    desk.does(AcknowledgeEscalation, LENA, **cycle, ladder="resolution in danger")

    desk.at(11, "11:30", "The cable is mended, and Priya switches the shop back to it.")
    desk.does(Resolve, PRIYA, reason="the cable is mended")
    desk.shows("resolution", "second line", "third line", "line care")


def afterwards(desk: Desk) -> None:
    """Fix first, ask why later; and ask the customer as well."""
    desk.at(11, "15:00", "Now they ask why, and name no names.")
    desk.does(
        ReviewCause,
        None,
        systems=["the line to Linden Street"],
        conditions=["one cable, no second way", "roadworks that nobody had announced"],
        actions=["a mobile router in every shop", "Meridian tells us of roadworks"],
    )

    desk.at(12, "14:00", "Tomas calls Ines: all is well, and she keeps the router.")
    desk.does(FollowUp, TOMAS, outcome="all is well; the router stays")
    desk.shows("follow-up")

    desk.at(17, "09:00", "What stays on record:")
    print(f"\n{desk.situation.explain()}")


SCENES = (the_call, three_lines, the_line, business_stopped, a_way_out, the_repair, afterwards)


def tell() -> Situation:
    """Tell the whole story; the situation at its end."""
    desk = Desk()
    for scene in SCENES:
        scene(desk)
    return desk.situation


if __name__ == "__main__":
    tell()
