# ruff: noqa: FAST003  # the request in a path is taken by the envelope
"""The portal over HTTP: ``uvicorn --factory portal.web:create_app``.

Every request makes one command or asks one question. The functions are plain ones, so FastAPI runs
them in threads.
"""

from __future__ import annotations

from base64 import b32encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import sha256
from typing import Annotated

from fastapi import APIRouter, FastAPI, HTTPException, Query

from servicecore.backends.sql import join
from servicecore.desk import Clock, wall_clock
from servicecore.lifecycle.commands import (
    Assign,
    ChooseOption,
    Command,
    DecideApproval,
    MakePromise,
    OfferOptions,
    Open,
    RenegotiatePromise,
    Reopen,
    Reply,
    Resolve,
)
from servicecore.requests import Channel

from . import forms, pages
from .answers import Done, Found, Shown, Told
from .callers import (
    Caller,
    CommandId,
    OfTheDesk,
    RequestId,
    TheEnvelope,
    TheMessages,
    ThePortal,
    situation_for,
)
from .comments import add_comment, comments_of
from .people import Person
from .portal import Portal, opened
from .problems import answer_problems
from .settings import Settings

LARGEST_BODY = 64 * 1024
PORTAL = str(Channel.PORTAL)
router = APIRouter()


def create_app(settings: Settings | None = None, clock: Clock = wall_clock) -> FastAPI:
    """The application, with settings out of the environment unless others are given."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        with opened(settings or Settings.from_env(), clock) as portal:
            app.state.portal = portal
            yield

    app = FastAPI(title="Portal", lifespan=lifespan, max_body_size=LARGEST_BODY)
    app.include_router(router)
    app.include_router(pages.router)
    answer_problems(app)
    return app


@router.post("/requests", status_code=201)
def submit(form: forms.NewRequest, caller: Caller, portal: ThePortal, id: CommandId) -> Done:
    """Open a request. Sent again with the same key, it is the same request."""
    facts = {
        **form.model_dump(mode="json", exclude={"title"}, exclude_none=True),
        "channel": PORTAL,
        "subject": form.title,  # the fact by which notices call it
    }
    if not caller.is_of_desk:
        if form.customer or form.requester:
            raise HTTPException(403, "only the desk says for whom it is: you ask for yourself")
        facts |= {"customer": caller.customer, "requester": caller.name}
    request = f"R-{b32encode(sha256(id.encode()).digest()[:5]).decode()}"
    command = Open(id=id, request=request, actor=caller.actor, facts=facts)
    return Done.of(request, portal.desk.submit(command))


@router.get("/requests")
def find(search: Annotated[forms.Search, Query()], caller: Caller, portal: ThePortal) -> Found:
    """Requests, page by page: the desk finds all of them, customers their own."""
    return Found.of(portal.desk.find(search.query(caller.customer)))


@router.get("/requests/{request}")
def show(request: RequestId, caller: Caller, portal: ThePortal, messages: TheMessages) -> Shown:
    """Where a request stands, what its clocks show, what was promised, and what comes next."""
    situation = situation_for(caller, portal, request)
    with portal.engine.connect() as connection:
        comments = comments_of(connection, request, notes=caller.is_of_desk)
    return Shown.of(situation, comments, messages)


@router.get("/requests/{request}/notices")
def notices(
    request: RequestId, caller: Caller, portal: ThePortal, messages: TheMessages
) -> list[Told]:
    """Who was told what of a request, and why, or why not; customers see what was for them."""
    situation_for(caller, portal, request)
    return [
        Told.of(record, messages)
        for record in portal.desk.notices(request)
        if caller.is_of_desk or record.notice.is_for_customer
    ]


@router.post("/requests/{request}/replies", status_code=201)
def reply(form: forms.NewReply, caller: Caller, portal: ThePortal, envelope: TheEnvelope) -> Done:
    """Write a message: the event and its text, in one transaction.

    The transaction is ours, so nobody tries again for us: a conflict is the client's to repeat.
    """
    if not (form.public or caller.is_of_desk):
        raise HTTPException(403, "notes are for the desk: expected a public reply")
    command = Reply(**envelope, public=form.public, channel=PORTAL)
    with portal.engine.begin() as connection:
        tx = join(connection)
        situation_for(caller, portal, command.request, tx)
        handled = portal.desk.handle(command, tx=tx)
        add_comment(connection, command.id, handled, form.text)
    return Done.of(command.request, handled)


@router.post("/requests/{request}/promises", status_code=201)
def promise(
    form: forms.NewPromise, caller: OfTheDesk, portal: ThePortal, envelope: TheEnvelope
) -> Done:
    """Give the customer a date, or another one for what was promised before."""
    due, promised = form.due_at, form.promise
    if promised is None:
        return done(caller, portal, MakePromise(**envelope, due_at=due, kind=form.kind))
    moved = RenegotiatePromise(**envelope, promise=promised, due_at=due, reason=form.reason)
    return done(caller, portal, moved)


@router.post("/requests/{request}/options")
def offer(
    form: forms.NewOptions, caller: OfTheDesk, portal: ThePortal, envelope: TheEnvelope
) -> Done:
    """Offer the customer options; from then on it is their turn."""
    options, recommendation = form.options, form.recommendation
    offered = OfferOptions(**envelope, options=options, recommendation=recommendation)
    return done(caller, portal, offered)


@router.post("/requests/{request}/decision")
def decide(form: forms.Decision, caller: Caller, portal: ThePortal, envelope: TheEnvelope) -> Done:
    """Choose an option, or decide about an approval, which of the customer's only one may."""
    if form.option is not None:
        return done(caller, portal, ChooseOption(**envelope, option=form.option))
    approval = situation_for(caller, portal, envelope["request"]).state.approval
    if not caller.is_of_desk and approval and approval.approver != caller.name:
        raise HTTPException(403, f"this is for {approval.approver} to decide")
    decision = DecideApproval(**envelope, granted=bool(form.granted), reason=form.reason)
    return done(caller, portal, decision)


@router.post("/requests/{request}/assign")
def assign(
    form: forms.NewOwner, caller: OfTheDesk, portal: ThePortal, envelope: TheEnvelope
) -> Done:
    """Give a request to a group, or to a person."""
    return done(caller, portal, Assign(**envelope, group=form.group, person=form.person))


@router.post("/requests/{request}/resolve")
def resolve(
    form: forms.Reason, caller: OfTheDesk, portal: ThePortal, envelope: TheEnvelope
) -> Done:
    """Say that it is done."""
    return done(caller, portal, Resolve(**envelope, reason=form.reason))


@router.post("/requests/{request}/reopen")
def reopen(form: forms.Reason, caller: Caller, portal: ThePortal, envelope: TheEnvelope) -> Done:
    """Say that it is not."""
    return done(caller, portal, Reopen(**envelope, reason=form.reason))


def done(caller: Person, portal: Portal, command: Command) -> Done:
    """Let the desk handle a command, in a transaction of its own; it tries again for us."""
    situation_for(caller, portal, command.request)
    return Done.of(command.request, portal.desk.handle(command))
