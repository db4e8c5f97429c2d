"""Deciding on a command: the events that come of it, or every reason why none do (R1, R2).

Nothing is changed and nothing outside is asked: the same situation and command give the same
events.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from servicecore.catalogue import Catalogue
from servicecore.errors import InvalidValue, TransitionRefused, UnknownName
from servicecore.lifecycle.commands import (
    Absorb,
    Assign,
    Cancel,
    Close,
    Command,
    MakePromise,
    MergeInto,
    Open,
    Reopen,
    Resolve,
    Split,
)
from servicecore.lifecycle.events import Event, in_order
from servicecore.lifecycle.evolve import evolve
from servicecore.lifecycle.following import following
from servicecore.lifecycle.guards import reasons_against
from servicecore.lifecycle.machine import ENTERS
from servicecore.lifecycle.replay import replay
from servicecore.lifecycle.replay import situation as situation_of
from servicecore.lifecycle.situation import Situation
from servicecore.lifecycle.writing import Pen, pen_for, pen_on
from servicecore.requests import Fact
from servicecore.sla.book import PolicyBook
from servicecore.sla.years import shown

__all__ = ["decide", "decide_on", "open_request"]

TOGETHER = {MergeInto: "merge", Absorb: "merge", Split: "split"}
"""Commands on two requests, and what decides on both at once."""


def decide(situation: Situation, command: Command, *, at: datetime | int) -> tuple[Event, ...]:
    """The events that a command gives, on the situation at the instant at which it occurs.

    `at` is when it is recorded, and when it occurs unless the command says that it did earlier: it
    is decided on the situation of that earlier instant then, and later events stay as facts (R2).
    The first event is the one asked for; the others follow from it and name it as their `cause`.

    Raises `TransitionRefused` with all the reasons, and `InvalidValue` for a situation of another
    request or of another instant, for a command that occurs after `at`, and for one on two requests
    (see `merge` and `split`). What it accepts can be replayed.

    >>> from servicecore.lifecycle.commands import Close, Resolve
    >>> from servicecore.lifecycle.events import Opened
    >>> book = PolicyBook.of()
    >>> situation = replay([Opened(request="R1", occurred_at=0)], book, at=60)
    >>> [type(event).__name__ for event in decide(situation, Resolve(id="c1", request="R1"), at=60)]
    ['Resolved']
    >>> decide(situation, Close(id="c2", request="R1"), at=60)
    Traceback (most recent call last):
    ...
    servicecore.errors.TransitionRefused: Can't close R1 when it is new (from there: move to in \
progress, move to waiting for customer, move to waiting for third party, move to scheduled, \
resolve, cancel, merge)
    """
    _check_command(command)
    pen = pen_on(situation, pen_for(command, at))
    return written(situation, command, _asked(situation, command, pen), pen)


def decide_on(
    history: Iterable[Event], command: Command, book: PolicyBook, *, at: datetime | int
) -> tuple[Event, ...]:
    """The events that a command gives on a history, replayed to the instant at which it occurs.

    Raises what `decide` raises.

    >>> from servicecore.lifecycle.commands import Assign
    >>> from servicecore.lifecycle.events import Opened
    >>> opened = Opened(request="R1", occurred_at=0)
    >>> (assigned,) = decide_on(
    ...     [opened], Assign(id="c1", request="R1", person="bo"), PolicyBook.of(), at=60)
    >>> assigned.id, assigned.person
    ('c1/1', 'bo')
    """
    _check_command(command)
    occurred, events = pen_for(command, at).occurred, tuple(history)
    if not events:
        raise InvalidValue("the history is empty: a request is opened by open_request()")
    opened = in_order(events)[0]
    if occurred < opened.occurred:
        raise TransitionRefused(command, (f"it was opened later, {shown(opened.occurred)}",))
    return decide(replay(events, book, at=occurred), command, at=at)


def open_request(command: Open, book: PolicyBook, *, at: datetime | int) -> tuple[Event, ...]:
    """The events that open a request, and what follows from that by the catalogue.

    An approval is requested where the offering demands one, and where the facts name no group, the
    one that takes such requests gets it.

    Its kind is that of the offering, unless the facts name one. Raises `UnknownName` for a
    priority, an impact or an urgency that the book does not have, and for a service or an offering
    that its catalogue does not have, if there is one; `InvalidValue` for facts that no request can
    have.

    >>> from servicecore.lifecycle.commands import Open
    >>> (opened,) = open_request(Open(id="c1", request="R1"), PolicyBook.of(), at=0)
    >>> opened.id
    'c1/1'
    """
    if not isinstance(command, Open):
        raise InvalidValue(f"command is {command!r}: expected an Open")
    if not isinstance(book, PolicyBook):
        raise InvalidValue(f"book is {book!r}: expected a PolicyBook")
    priority, known = command.facts.get("priority"), book.matrix.priorities
    if priority is not None and priority not in known:
        raise UnknownName("priority", priority, known)
    pen = pen_for(command, at)
    opened = pen.write(command.writes, {"facts": _with_kind(command.facts, book.catalogue)}, 1)
    taken_in = situation_of(evolve(None, opened, book), book, at=pen.occurred)
    book.prioritised(taken_in.request)  # which refuses what its matrix does not know
    return (opened, *followers(taken_in, opened, pen, 2))


def _with_kind(facts: Mapping[str, Fact], catalogue: Catalogue) -> Mapping[str, Fact]:
    """The facts, and the kind of what is offered if they name none.

    Raises `UnknownName` for a service or an offering that a catalogue with services does not have.
    """
    service, offering = facts.get("service"), facts.get("offering")
    if not catalogue.services or service is None:
        return facts
    found = catalogue.service(str(service))
    if offering is None or not found.offerings:
        return facts
    return {"kind": found.offering(str(offering)).kind, **facts}


def _check_command(command: object) -> None:
    if not isinstance(command, Command):
        raise InvalidValue(f"command is {command!r}: expected a Command")
    if type(command) in TOGETHER:
        name = TOGETHER[type(command)]
        raise InvalidValue(f"{type(command).__name__} is about two requests: see {name}()")


def _asked(situation: Situation, command: Command, pen: Pen) -> Event:
    """The event that a command asks for."""
    said = command.said
    if isinstance(command, MakePromise):
        said["promise"] = f"{pen.command}/1" if pen.late else situation.state.promises.number
    elif isinstance(command, Assign) and command.person and not command.group:
        said["group"] = situation.ownership.group
    elif isinstance(command, Resolve | Reopen | Close | Cancel) and command.status is None:
        said |= _led_to(situation, command.writes)
    return pen.write(command.writes, said, 1)


def _led_to(situation: Situation, kind: type[Event]) -> dict[str, object]:
    """The status that the lifecycle leads to from the present one, where it has such a way."""
    ways = situation.book.lifecycle.ways(situation.status)
    led = [way.target for way in ways if not way.timed and way.event == ENTERS[kind]]
    return {"status": led[0]} if led else {}


def written(situation: Situation, command: Command, asked: Event, pen: Pen) -> tuple[Event, ...]:
    """The event asked for and what follows from it; `TransitionRefused` where it may not be."""
    if reasons := reasons_against(situation, asked):
        raise TransitionRefused(command, reasons)
    return (asked, *followers(behind(situation, asked), asked, pen, 2))


def behind(situation: Situation, event: Event) -> Situation:
    """The situation behind one more event of its own instant."""
    book = situation.book
    return situation_of(evolve(situation.state, event, book), book, at=situation.instant)


def followers(
    situation: Situation, event: Event, pen: Pen, number: int, *, but: type[Event] | None = None
) -> tuple[Event, ...]:
    """What follows from an event and may be written, numbered from `number` on; `but` such ones."""
    followed: list[Event] = []
    for kind, said in following(situation, event):
        if kind is but:
            continue
        follower = pen.write(kind, said, number + len(followed), cause=event.id)
        if not reasons_against(situation, follower):
            followed.append(follower)
            situation = behind(situation, follower)
    return tuple(followed)
