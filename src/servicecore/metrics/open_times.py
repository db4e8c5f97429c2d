"""When requests were open: from the opening to an end, and again from each reopening (M5)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from servicecore.lifecycle.events import (
    Cancelled,
    Closed,
    Event,
    MergedInto,
    Reopened,
    Resolved,
    StatusChanged,
)
from servicecore.lifecycle.situation import Situation
from servicecore.metrics.rows import DONE, MERGED, WITHDRAWN


class OpenTime(NamedTuple):
    """A stretch in which a request was open; instants in microseconds.

    `end` is None while it goes on; `cause` is what ended it: ``"done"`` (resolved, or closed
    without that), ``"withdrawn"`` (cancelled) or ``"merged"``.
    """

    start: int
    end: int | None = None
    cause: str = DONE


def open_times(situation: Situation) -> tuple[OpenTime, ...]:
    """The stretches in which a request was open, in order; the first begins at its opening.

    What happens behind an end, such as a closing behind the resolution, changes nothing but a
    reopening, which begins the next stretch.

    >>> from servicecore import PolicyBook, replay
    >>> from servicecore.lifecycle.events import Opened
    >>> happened = [Opened, Resolved, Closed, Reopened]
    >>> history = [kind(request="R1", occurred_at=at) for at, kind in enumerate(happened)]
    >>> open_times(replay(history, PolicyBook.of(), at=9))
    (OpenTime(start=0, end=1, cause='done'), OpenTime(start=3, end=None, cause='done'))
    """
    stretches: list[OpenTime] = []
    start: int | None = situation.state.opened
    for event in situation.history:
        kind = type(event)
        if kind not in _MATTER:
            continue
        if kind is Reopened:
            start = event.occurred if start is None else start
        elif start is not None and (cause := end_of(event)):
            stretches.append(OpenTime(start, event.occurred, cause))
            start = None
    if start is not None:
        stretches.append(OpenTime(start))
    return tuple(stretches)


def is_open(situation: Situation) -> bool:
    """Whether a request is open at the instant: somebody waits for it to be resolved."""
    return situation.contact.silent is not None


_ENDS: Mapping[type[Event], str] = {
    Resolved: DONE,
    Closed: DONE,
    Cancelled: WITHDRAWN,
    MergedInto: MERGED,
}
_MATTER = frozenset({Reopened, StatusChanged, *_ENDS})
"""What opens and ends requests; histories are full of other things."""


def end_of(event: Event) -> str:
    """How an event ends a request: ``"done"``, ``"withdrawn"``, ``"merged"``; empty if it does not.

    A merge may be a mere status, as logs of other systems have it.
    """
    if isinstance(event, StatusChanged):
        return MERGED if event.status == "merged" else ""
    return _ENDS.get(type(event), "")
