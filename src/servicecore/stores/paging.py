"""Pages: which requests match a query, in which order they come, and where a page goes on (B7).

The order is that of a pair: an instant, and then the id of the request by code points, which no two
requests share. A page goes on behind the pair of its last request, whatever was written meanwhile.
"""

from __future__ import annotations

from collections.abc import Sequence

from servicecore.errors import InvalidValue
from servicecore.stores.limits import check_instant, check_name
from servicecore.stores.values import FILTERED, Anything, Head, Page, Query, Wanted

Place = tuple[int, str]
"""Where a request stands in an order: the instant that it goes by, and its id."""


def place_of(head: Head, order: str) -> Place | None:
    """Where a request stands in that order; None where it has no place in it."""
    instant = head.summary.opened if order == "opened" else head.wake
    return None if instant is None else (instant, head.request)


def matches(head: Head, query: Query) -> bool:
    """Whether a request is asked for.

    >>> from servicecore.stores.values import Summary
    >>> summary = Summary(status="new", is_open=True, opened=0, kind="incident", group="network")
    >>> head = Head(shard="main", request="R1", version=1, wake=None, summary=summary)
    >>> matches(head, Query(group=["network", None])), matches(head, Query(wakes_before=10))
    (True, False)
    """
    summary = head.summary
    return (
        all(_is_wanted(getattr(query, name), getattr(summary, name)) for name in FILTERED)
        and query.is_open in {None, summary.is_open}
        and _is_within(summary.opened, query.opened_from, query.opened_before)
        and _is_within(head.wake, query.wakes_from, query.wakes_before)
    )


def wanted_values(wanted: Wanted) -> tuple[str | None, ...]:
    """The values of which any will do."""
    return (wanted,) if wanted is None or isinstance(wanted, str) else tuple(wanted)


def _is_wanted(wanted: Wanted | Anything, value: str | None) -> bool:
    return isinstance(wanted, Anything) or value in wanted_values(wanted)


def _is_within(instant: int | None, first: int | None, before: int | None) -> bool:
    if instant is None:
        return first is None and before is None
    return (first is None or first <= instant) and (before is None or instant < before)


def page_of(heads: Sequence[Head], query: Query) -> Page:
    """The page of the heads that follow, in their order: one more than fit says that it goes on."""
    if len(heads) <= query.limit:
        return Page(heads=tuple(heads))
    shown = tuple(heads[: query.limit])
    place = place_of(shown[-1], query.order)
    return Page(heads=shown, next="" if place is None else f"{query.order}:{place[0]}:{place[1]}")


def read_after(query: Query) -> Place | None:
    """The place behind which a page begins; None for the first one.

    `InvalidValue` for an `after` that is none of a page of the same order.

    >>> read_after(Query(after="opened:25:R1"))
    (25, 'R1')
    """
    if not query.after:
        return None
    try:
        order, instant, request = query.after.split(":", 2)
        place = int(instant), request
        check_instant(place[0], "after")
        check_name(request, "after")
    except (ValueError, AttributeError):
        order = ""
        place = 0, ""
    if order != query.order:
        raise InvalidValue(
            f"after is {query.after!r}: expected the `next` of a page in the order {query.order!r}"
        )
    return place
