"""The blameless review queue: what to learn from next, once service is back."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from attrs import frozen

from servicecore.instants import MINUTE
from servicecore.lifecycle.events import CauseReviewed
from servicecore.lifecycle.situation import Situation
from servicecore.metrics.cohort import same_instant
from servicecore.metrics.grouping import NOBODYS, Grouping, grouping
from servicecore.requests import Kind


@frozen
class ReviewEntry:
    """A request whose cause is to be reviewed; it names no person.

    `customer_minutes` are the minutes from its opening until service was restored, times the
    customers affected; `recurrences` counts the earlier requests about the same.
    """

    request: str
    about: str
    customer_minutes: float
    recurrences: int


def one_customer(_: Situation) -> float:
    """Whoever asked is one customer; the host may know of more."""
    return 1.0


def review_queue(
    situations: Iterable[Situation],
    *,
    about: str | Grouping = "service",
    affected: Callable[[Situation], float] = one_customer,
    kinds: Iterable[str] = (Kind.INCIDENT,),
) -> tuple[ReviewEntry, ...]:
    """The requests whose cause is to be reviewed, what cost customers most first.

    Only those are in it whose service is restored, since until then there is something more urgent
    to do, and which have not been reviewed. They are ordered by customer minutes, then by
    recurrences, then by id. `about` says which requests are about the same (those about nothing
    have no recurrences), `affected` how many customers a request stands for. Raises `InvalidValue`
    where `about` names persons.
    """
    about_of, wanted, instant = grouping(about), frozenset(kinds), None
    known: list[tuple[Situation, str]] = []
    for situation in situations:
        instant = same_instant(instant, situation.instant)
        if situation.request.kind in wanted:
            known.append((situation, about_of(situation)))
    known.sort(key=lambda each: (each[0].state.opened, each[0].state.id))
    seen: dict[str, int] = {}
    entries = []
    for situation, what in known:
        earlier = seen.get(what, 0) if what != NOBODYS else 0
        seen[what] = seen.get(what, 0) + 1
        if situation.state.restored is not None and not _is_reviewed(situation):
            minutes = (situation.state.restored - situation.state.opened) / MINUTE
            cost = minutes * affected(situation)
            entries.append(ReviewEntry(situation.state.id, what, cost, earlier))
    entries.sort(key=lambda each: (-each.customer_minutes, -each.recurrences, each.request))
    return tuple(entries)


def _is_reviewed(situation: Situation) -> bool:
    return any(isinstance(event, CauseReviewed) for event in situation.history)
