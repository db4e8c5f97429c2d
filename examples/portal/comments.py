"""Comments: what people write. servicecore knows that somebody replied, the text is the portal's.

Both are written in one transaction, so there is never one without the other.
"""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel
from sqlalchemy import Connection, insert, select

from servicecore.desk import Handled
from servicecore.errors import CommandMismatch
from servicecore.instants import to_datetime
from servicecore.lifecycle.events import Event, Replied

from .tables import comments


class Comment(BaseModel):
    """What somebody wrote."""

    author: str
    side: str
    written_at: datetime
    public: bool
    text: str


def add_comment(connection: Connection, command: str, handled: Handled, text: str) -> None:
    """Keep the text of a reply that was just handled; one that is sent again has it already.

    Raises `CommandMismatch` if it was sent with another text before: of that servicecore knows
    nothing.
    """
    reply = next(event for event in handled.events if isinstance(event, Replied))
    if not handled.repeated:
        connection.execute(insert(comments), _row(reply, text))
    elif _text_of(connection, reply) != text:
        raise CommandMismatch(command)


def _row(reply: Replied, text: str) -> dict[str, object]:
    return {
        "event": reply.id,
        "request": reply.request,
        "written": reply.occurred,
        "author": reply.actor.party if reply.actor else "",
        "side": str(reply.side),
        "public": reply.public,
        "text": text,
    }


def _text_of(connection: Connection, reply: Event) -> str | None:
    return connection.scalar(select(comments.c.text).where(comments.c.event == reply.id))


def comments_of(connection: Connection, request: str, *, notes: bool) -> list[Comment]:
    """The comments on a request, the oldest first; with the notes of the desk, or without."""
    query = select(comments).where(comments.c.request == request).order_by(comments.c.written)
    if not notes:
        query = query.where(comments.c.public)
    return [
        Comment(
            author=row.author,
            side=row.side,
            written_at=to_datetime(row.written),
            public=row.public,
            text=row.text,
        )
        for row in connection.execute(query)
    ]
