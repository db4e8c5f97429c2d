"""Answers: what clients get to see, made of what servicecore works out."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Self

from pydantic import BaseModel

from servicecore.desk import Handled
from servicecore.instants import to_datetime
from servicecore.lifecycle.situation import Situation
from servicecore.messages import Messages
from servicecore.notices import NoticeRecord
from servicecore.notices.explanation import explain
from servicecore.stores import Head, Page

from .comments import Comment


class Done(BaseModel):
    """What came of a command: the events, and the version of the request behind them.

    `repeated` says that the same command came before, and that this is what it gave then.
    """

    request: str
    events: list[str]
    version: int
    repeated: bool

    @classmethod
    def of(cls, request: str, handled: Handled) -> Self:
        return cls(
            request=request,
            events=[type(event).__name__ for event in handled.events],
            version=handled.versions[request][1],
            repeated=handled.repeated,
        )


class Line(BaseModel):
    """A request in a list; `next_at` is when something is due, or changes by itself."""

    id: str
    status: str
    is_open: bool
    kind: str
    priority: str | None
    service: str | None
    customer: str | None
    group: str | None
    person: str | None
    opened_at: datetime
    next_at: datetime | None

    @classmethod
    def of(cls, head: Head) -> Self:
        summary = head.summary
        return cls(
            id=head.request,
            status=summary.status,
            is_open=summary.is_open,
            kind=summary.kind,
            priority=summary.priority,
            service=summary.service,
            customer=summary.customer,
            group=summary.group,
            person=summary.person,
            opened_at=to_datetime(summary.opened),
            next_at=None if head.wake is None else to_datetime(head.wake),
        )


class Found(BaseModel):
    """A page of a list; `next` is the `after` of the page behind it, null on the last one."""

    requests: list[Line]
    next: str | None

    @classmethod
    def of(cls, page: Page) -> Self:
        return cls(requests=[Line.of(head) for head in page.heads], next=page.next or None)


class Clock(BaseModel):
    """What a clock shows, in its latest cycle; times are of its calendar."""

    name: str
    state: str
    due_at: datetime | None
    elapsed: timedelta
    remaining: timedelta | None
    late: bool


class Promise(BaseModel):
    """A date that the customer was given."""

    id: str
    kind: str
    state: str
    due_at: datetime


class Coming(BaseModel):
    """What changes next if nothing happens."""

    at: datetime
    kind: str
    reason: str


class Shown(BaseModel):
    """All about one request; `explanation` is for people, in `language`."""

    id: str
    title: str
    status: str
    priority: str | None
    policy: str | None
    customer: str | None
    requester: str | None
    group: str | None
    person: str | None
    clocks: list[Clock]
    promises: list[Promise]
    next: Coming | None
    comments: list[Comment]
    language: str
    explanation: str

    @classmethod
    def of(cls, situation: Situation, comments: list[Comment], messages: Messages) -> Self:
        request, owner = situation.request, situation.ownership
        return cls(
            id=request.id,
            title=title_of(situation),
            status=situation.status,
            priority=request.priority,
            policy=situation.policy,
            customer=request.customer,
            requester=request.requester,
            group=owner.group,
            person=owner.person,
            clocks=_clocks(situation),
            promises=_promises(situation),
            next=coming(situation),
            comments=comments,
            language=messages.language,
            explanation=situation.explain(messages),
        )


def title_of(situation: Situation) -> str:
    """The title of a request, or its id."""
    return str(situation.request.fact("subject") or situation.request.id)


def coming(situation: Situation) -> Coming | None:
    """What changes next, and when."""
    first = situation.next
    return None if first is None else Coming(at=first.at, kind=first.kind, reason=first.reason)


def _clocks(situation: Situation) -> list[Clock]:
    latest = {name: cycles[-1] for name, cycles in situation.readings.items()}
    return [
        Clock(
            name=name,
            state=reading.state,
            due_at=reading.due_at,
            elapsed=reading.elapsed,
            remaining=reading.remaining,
            late=reading.late,
        )
        for name, reading in latest.items()
    ]


def _promises(situation: Situation) -> list[Promise]:
    return [
        Promise(
            id=promise.id,
            kind=promise.kind,
            state=promise.state(situation.instant),
            due_at=promise.due_at,
        )
        for promise in situation.promises
    ]


class Told(BaseModel):
    """What became of one notice; `explanation` says why it was delivered, or not, or not yet."""

    id: str
    notice: str
    recipient: str
    state: str
    explanation: str

    @classmethod
    def of(cls, record: NoticeRecord, messages: Messages) -> Self:
        return cls(
            id=record.id,
            notice=record.notice.template,
            recipient=record.notice.recipient,
            state=record.state,
            explanation=explain(record, messages),
        )
