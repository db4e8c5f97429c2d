"""What the customer has heard of us: silence, answers and updates (R3, R5, K5)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecore import PolicyBook, replay
from servicecore.instants import to_instant
from servicecore.lifecycle.events import (
    Actor,
    Assigned,
    Cancelled,
    CauseReviewed,
    Closed,
    DefectionNoted,
    Event,
    FactsChanged,
    FollowedUp,
    Linked,
    MergedInto,
    Opened,
    OptionChosen,
    OptionsOffered,
    Prioritised,
    PromiseMade,
    PromiseRenegotiated,
    PromiseWithdrawn,
    Reopened,
    Replied,
    Reported,
    Resolved,
    Restored,
    Side,
    SplitFrom,
    StatusChanged,
    SurveyInvited,
)
from servicecore.lifecycle.situation import Situation
from servicecore.sla import State, Target
from servicecore.sla.policy import Policy
from tests.lifecycle.strategies_fold import (
    GIVEN_UP,
    NINE,
    PLAIN,
    PROMISES,
    at,
    histories,
    instants,
)
from tests.oracle.strategies import at_most

ANN = Actor("ann", Side.CUSTOMER)
BOOK = PolicyBook.of(
    Policy(
        "standard",
        {name: Target("2h") for name in ("first response", "next response", "update")},
    )
)


SAYING = (*PLAIN, *GIVEN_UP, *PROMISES)


# -- an oracle that looks back ---------------------------------------------------------------------


def from_us(event: Event) -> bool:
    """A public message of ours that a person wrote."""
    if not isinstance(event, Replied) or not event.public or event.automatic:
        return False
    return event.actor is None or event.actor.side == "desk"


def from_the_customer(event: Event) -> bool:
    written = isinstance(event, Replied) and event.public and not event.automatic
    return written and event.actor is not None and event.actor.side == "customer"


def tells(event: Event) -> bool:
    """R5, word for word: nothing else is an update."""
    if isinstance(event, PromiseMade | PromiseRenegotiated):
        return event.told
    return from_us(event) or isinstance(event, Reported | OptionsOffered | Resolved | FollowedUp)


def ends(event: Event) -> bool:
    merged = isinstance(event, StatusChanged) and event.status == "merged"
    return merged or isinstance(event, Resolved | Closed | Cancelled | MergedInto)


def expected_silence(known: Sequence[Event]) -> int | None:
    """Since the last of opening, reopening and what told them, unless it has ended since then."""
    silent: int | None = None
    for event in known:
        if isinstance(event, Opened | Reopened):
            silent = event.occurred
        elif ends(event):
            silent = None
        elif tells(event) and silent is not None:
            silent = event.occurred
    return silent


def expected_unanswered(known: Sequence[Event]) -> int | None:
    """The first message of the customer behind the last answer or end."""
    answered = [number for number, event in enumerate(known) if from_us(event) or ends(event)]
    behind = known[answered[-1] + 1 :] if answered else known
    return next((event.occurred for event in behind if from_the_customer(event)), None)


def expected_responded(known: Sequence[Event]) -> bool:
    """The first response is over: given, needed no longer, or given before the split."""
    return any(
        from_us(event)
        or isinstance(event, Resolved | Closed)
        or (isinstance(event, SplitFrom) and event.responded)
        for event in known
    )


@given(histories(kinds=SAYING, split=True, max_size=18), st.data())
@at_most(200)
def test_contact_is_what_looking_back_finds(history: list[Event], data: st.DataObject) -> None:
    """R5, K5: in every history, at every instant."""
    now = data.draw(instants(history))
    known = [event for event in history if event.occurred_at <= now]
    contact = replay(history, BOOK, at=now).contact
    assert contact.silent == expected_silence(known)
    assert contact.unanswered == expected_unanswered(known)
    assert contact.responded == expected_responded(known)


# -- to the letter ---------------------------------------------------------------------------------


def event(kind: type[Event], quarter: float, /, **fields: Any) -> Event:
    return kind(request="R1", occurred_at=at(quarter), **fields)


def seen(*events: Event, now: float = 100) -> Situation:
    return replay([Opened(request="R1", occurred_at=NINE), *events], BOOK, at=at(now))


UPDATES = {
    "a reply": event(Replied, 4),
    "a report": event(Reported, 4, done="looked"),
    "a told promise": event(PromiseMade, 4, promise="1", due_at=at(9)),
    "a told renegotiation": event(PromiseRenegotiated, 4, promise="1", due_at=at(9)),
    "options": event(OptionsOffered, 4, options=["wait", "replace"]),
    "a follow-up": event(FollowedUp, 4, outcome="all is well"),
}
NO_UPDATES = {
    "an internal note": event(Replied, 4, public=False),
    "an automatic reply": event(Replied, 4, automatic=True),
    "the customer": event(Replied, 4, actor=ANN),
    "a supplier": event(Replied, 4, actor=Actor("isp", Side.SUPPLIER)),
    "an untold promise": event(PromiseMade, 4, promise="1", due_at=at(9), told=False),
    "an untold date": event(PromiseRenegotiated, 4, promise="1", due_at=at(9), told=False),
    "a withdrawal": event(PromiseWithdrawn, 4, promise="1"),
    "a choice": event(OptionChosen, 4, option="wait"),
    "a status": event(StatusChanged, 4, status="waiting for customer"),
    "an assignment": event(Assigned, 4, group="network"),
    "a priority": event(Prioritised, 4, priority="high"),
    "a fact": event(FactsChanged, 4, facts={"service": "mail"}),
    "a restoration": event(Restored, 4),
    "a link": event(Linked, 4, kind="related", other="R2"),
    "an invitation": event(SurveyInvited, 4, survey="s"),
    "a defection": event(DefectionNoted, 4, kind="workaround"),
    "a review": event(CauseReviewed, 4, systems=["switch"]),
}


@pytest.mark.parametrize("said", UPDATES.values(), ids=UPDATES)
def test_what_is_an_update(said: Event) -> None:
    """R5: it breaks the silence and renews the update clock."""
    situation = seen(said, now=6)
    assert situation.contact.silent == to_instant(at(4))
    assert [each.state for each in situation.readings["update"]] == [State.MET, State.RUNNING]


@pytest.mark.parametrize("said", NO_UPDATES.values(), ids=NO_UPDATES)
def test_what_is_none(said: Event) -> None:
    """R5: nothing else."""
    situation = seen(said, now=6)
    assert situation.contact.silent == to_instant(NINE)
    assert len(situation.readings["update"]) == 1


@pytest.mark.parametrize(
    "end",
    [
        event(Resolved, 4),
        event(Closed, 4),
        event(Cancelled, 4),
        event(MergedInto, 4, target="R2"),
        event(StatusChanged, 4, status="merged"),
    ],
    ids=lambda each: type(each).__name__,
)
def test_silence_ends_with_the_request(end: Event) -> None:
    """R5: until resolution, cancellation or merge; an update afterwards starts none."""
    assert seen(end).contact.silent is None
    assert seen(end, event(Replied, 5), event(FollowedUp, 6)).contact.silent is None
    assert seen(end, event(Reopened, 7)).contact.silent == to_instant(at(7))


def test_no_pause_stops_silence() -> None:
    """R5: waiting for the customer is no reason to say nothing."""
    waiting = event(StatusChanged, 1, status="waiting for customer")
    assert seen(waiting).contact.silent == to_instant(NINE)


def test_the_oldest_unanswered_message_counts() -> None:
    """K5: neither a note nor an automatic message answers it; our reply does."""
    asked = [event(Replied, 2, actor=ANN), event(Replied, 3, actor=ANN)]
    assert seen(*asked).contact.unanswered == to_instant(at(2))
    noted = [*asked, NO_UPDATES["an internal note"], NO_UPDATES["an automatic reply"]]
    assert seen(*noted).contact.unanswered == to_instant(at(2))
    assert seen(*noted, event(Replied, 5)).contact.unanswered is None
    assert seen(*noted, event(Resolved, 5)).contact.unanswered is None


def test_messages_before_the_first_response_belong_to_it() -> None:
    """R3: the next response starts with later ones."""
    asked = event(Replied, 2, actor=ANN)
    assert seen(asked, now=3).readings["next response"][0].state is State.PENDING
    answered = seen(asked, event(Replied, 4), event(Replied, 6, actor=ANN), now=7)
    (reading,) = answered.readings["next response"]
    assert (reading.state, reading.started_at) == (State.RUNNING, at(6))


@pytest.mark.parametrize("end", [Resolved, Closed])
def test_a_message_on_a_finished_request_wants_the_next_response(end: type[Event]) -> None:
    """R3: although nobody had answered before; both end the first response."""
    situation = seen(event(end, 1), event(Replied, 2, actor=ANN), now=3)
    assert situation.contact.responded
    assert situation.readings["first response"][0].state is State.MET
    assert situation.readings["next response"][0].started_at == at(2)


def test_resolving_stops_both_responses() -> None:
    """R3: it answers whatever was asked."""
    history = [
        event(Replied, 1),
        event(Replied, 2, actor=ANN),
        event(Resolved, 3),
    ]
    situation = seen(*history, now=99)
    for clock in ("first response", "next response"):
        assert situation.readings[clock][0].state is State.MET


@pytest.mark.parametrize("status", ["waiting for customer", "scheduled", "waiting for third party"])
def test_response_clocks_never_pause(status: str) -> None:
    """R3: a customer who waits for an answer waits, whatever the request waits for."""
    waiting = event(StatusChanged, 1, status=status)
    situation = seen(waiting, now=5)
    assert situation.readings["first response"][0].state is State.RUNNING
    asked = [event(Replied, 2), event(Replied, 3, actor=ANN)]
    assert seen(waiting, *asked, now=5).readings["next response"][0].state is State.RUNNING


@pytest.mark.parametrize("end", [Cancelled, MergedInto])
def test_a_message_on_what_was_given_up_starts_no_clock(end: type[Event]) -> None:
    """K6, R4: nothing is owed there any longer, so nothing can be late; reopened, it is again."""
    fields = {} if end is Cancelled else {"target": "R2"}
    history = [event(Replied, 1), event(end, 2, **fields), event(Replied, 3, actor=ANN)]
    assert seen(*history).readings["next response"][0].state is State.PENDING
    again = [*history, event(Reopened, 4), event(Replied, 5, actor=ANN)]
    assert seen(*again, now=6).readings["next response"][0].started_at == at(5)
