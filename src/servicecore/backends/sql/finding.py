"""Finding requests by their heads, page by page (B7)."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Column, ColumnElement, Connection, false, or_, select, tuple_

from servicecore.backends.sql.rows import head_of
from servicecore.backends.sql.schema import heads
from servicecore.stores.paging import page_of, read_after, wanted_values
from servicecore.stores.values import FILTERED, Anything, Page, Query


def find(connection: Connection, shard: str, query: Query) -> Page:
    """The heads that are asked for: one more than the page has says that it goes on."""
    order = heads.c.opened if query.order == "opened" else heads.c.wake
    statement = (
        select(heads)
        .where(heads.c.shard == shard, *_conditions(query, order))
        .order_by(order, heads.c.request)
        .limit(query.limit + 1)
    )
    return page_of([head_of(row) for row in connection.execute(statement).mappings()], query)


def _conditions(query: Query, order: Column[int]) -> Iterator[ColumnElement[bool]]:
    for name in FILTERED:
        wanted = getattr(query, name)
        if not isinstance(wanted, Anything):
            yield _is_one_of(heads.c[name], wanted_values(wanted))
    if query.is_open is not None:
        yield heads.c.is_open == query.is_open
    yield from _within(heads.c.opened, query.opened_from, query.opened_before)
    yield from _within(heads.c.wake, query.wakes_from, query.wakes_before)
    if query.order == "wake":
        yield heads.c.wake.is_not(None)
    if place := read_after(query):
        yield tuple_(order, heads.c.request) > tuple_(*place)


def _is_one_of(column: Column[str], values: tuple[str | None, ...]) -> ColumnElement[bool]:
    named = [value for value in values if value is not None]
    some = column.in_(named) if named else false()
    return or_(some, column.is_(None)) if None in values else some


def _within(
    column: Column[int], first: int | None, before: int | None
) -> Iterator[ColumnElement[bool]]:
    if first is not None:
        yield column >= first
    if before is not None:
        yield column < before
