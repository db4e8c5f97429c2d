"""Callers: who sends a request over HTTP, in which language they read, and what they may do.

An example and nothing more: names and keys out of a file, by HTTP Basic. How people log in is the
business of the host. servicecore is only told who acts, and on whose side.
"""

from __future__ import annotations

from secrets import compare_digest
from typing import Annotated, TypedDict

from fastapi import Depends, Header, HTTPException, Path, Query, Request
from fastapi.security import HTTPBasic, HTTPBasicCredentials

from servicecore.errors import InvalidValue, UnknownName, UnknownRequest
from servicecore.instants import zone_named
from servicecore.lifecycle.events import Actor
from servicecore.lifecycle.situation import Situation
from servicecore.messages import Messages, messages_in
from servicecore.stores import Tx

from .people import Person
from .portal import Portal


def the_portal(request: Request) -> Portal:
    """The portal that the application has opened."""
    portal: Portal = request.app.state.portal
    return portal


ThePortal = Annotated[Portal, Depends(the_portal)]
Login = Annotated[HTTPBasicCredentials, Depends(HTTPBasic(realm="portal"))]


def the_caller(portal: ThePortal, login: Login) -> Person:
    """Whoever has logged in."""
    key = portal.keys.get(login.username, "")
    right = compare_digest(key.encode(), login.password.encode())
    person = portal.person(login.username) if key and right else None
    if person is None:
        raise HTTPException(
            401, "unknown name or key", {"WWW-Authenticate": 'Basic realm="portal"'}
        )
    return person


Caller = Annotated[Person, Depends(the_caller)]


def somebody_of_the_desk(caller: Caller) -> Person:
    """Whoever has logged in, if they work for the desk."""
    if not caller.is_of_desk:
        raise HTTPException(403, "this is for the desk")
    return caller


OfTheDesk = Annotated[Person, Depends(somebody_of_the_desk)]


class Envelope(TypedDict):
    """What every command about a request carries."""

    id: str
    request: str
    actor: Actor


def the_command(
    caller: Caller, idempotency_key: Annotated[str, Header(min_length=1, max_length=100)]
) -> str:
    """The id of a command: the client's key, with its name, for another may use the same key."""
    return f"{caller.name}: {idempotency_key}"


CommandId = Annotated[str, Depends(the_command)]
RequestId = Annotated[str, Path(max_length=255)]


def the_envelope(id: CommandId, request: RequestId, caller: Caller) -> Envelope:
    """The envelope of what is sent."""
    return {"id": id, "request": request, "actor": caller.actor}


TheEnvelope = Annotated[Envelope, Depends(the_envelope)]


def situation_for(caller: Person, portal: Portal, request: str, tx: Tx | None = None) -> Situation:
    """The situation of a request, for whoever may see it; to others there is no such request."""
    situation = portal.desk.situation(request, tx=tx)
    if not caller.is_of_desk and situation.request.customer != caller.customer:
        raise UnknownRequest(request)
    return situation


def messages_for(
    caller: Caller,
    language: Annotated[str | None, Query(max_length=35)] = None,
    accept_language: Annotated[str, Header(max_length=500)] = "",
) -> Messages:
    """What to write to them in: the language asked for, else one of their browser, else theirs.

    With times by their own clock.
    """
    found = messages_in(language) if language else _first_known(accept_language, caller.language)
    return found.in_zone(zone_named(caller.zone)) if caller.zone else found


TheMessages = Annotated[Messages, Depends(messages_for)]


def _first_known(accepted: str, own: str) -> Messages:
    """The first language of an Accept-Language header, in its order, that there are words for."""
    for part in (*accepted.split(","), own):
        try:
            return messages_in(part.partition(";")[0].strip())
        except (UnknownName, InvalidValue):
            continue
    return messages_in()
