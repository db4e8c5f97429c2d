"""Pages for people: what is due next, and one request. No scripts; all text is escaped."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from servicecore.stores import Query

from .answers import coming, title_of
from .callers import Caller, RequestId, TheMessages, ThePortal, situation_for
from .comments import comments_of
from .settings import HERE

MOST = 20
HARMLESS = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"}

router = APIRouter(include_in_schema=False)
pages = Environment(loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined)


@router.get("/")
def due(caller: Caller, portal: ThePortal) -> HTMLResponse:
    """What is due next. A list costs a row each; these few are replayed, for their titles."""
    query = Query(order="wake", limit=MOST)
    if caller.customer is not None:
        query = Query(order="wake", limit=MOST, customer=caller.customer)
    with portal.desk.reading() as tx:
        heads = portal.desk.find(query, tx=tx).heads
        found = [portal.desk.situation(head.request, tx=tx) for head in heads]
    rows = [(each, title_of(each), coming(each)) for each in found]
    return page("due.html", caller=caller, rows=rows)


@router.get("/show/{request}")
def show(
    request: RequestId, caller: Caller, portal: ThePortal, messages: TheMessages
) -> HTMLResponse:
    """One request: what was written, and where it stands."""
    situation = situation_for(caller, portal, request)
    with portal.engine.connect() as connection:
        comments = comments_of(connection, request, notes=caller.is_of_desk)
    return page(
        "show.html",
        title=title_of(situation),
        comments=comments,
        explanation=situation.explain(messages),
        messages=messages,
    )


def page(template: str, **said: object) -> HTMLResponse:
    """A page out of a template."""
    return HTMLResponse(pages.get_template(template).render(**said), headers=HARMLESS)
