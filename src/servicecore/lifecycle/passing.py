"""What time alone does between two events: an instant ends, overrides do, things fall due (R1)."""

from __future__ import annotations

from servicecore.lifecycle.ladders import climb_ladders
from servicecore.lifecycle.settling import end_override, next_end, settle
from servicecore.lifecycle.state import RequestState
from servicecore.lifecycle.timed import fall_due
from servicecore.sla.book import PolicyBook


def advance(state: RequestState, instant: int, book: PolicyBook) -> None:
    """What happens by time alone up to an instant: the present one ends, overrides run out.

    What falls due at the very instant waits until that is over too: its events count first.
    """
    if instant > state.instant:
        state.sequence = 0  # numbers count within an instant
    settle(state, book)
    while state.overrides and (ending := next_end(state, instant)):
        let_fall_due(state, ending[0], book)
        end_override(state, ending[1], ending[0], book)
    if book.escalations or state.status.name in book.timed:
        let_fall_due(state, instant, book)
    state.instant = instant


def let_fall_due(state: RequestState, until: int, book: PolicyBook) -> None:
    """The steps and timed transitions that fall due from the state's instant on, before another."""
    if until <= state.instant:
        return
    if state.status.name in book.timed:
        fall_due(state, until, book)
    if book.escalations:
        climb_ladders(state, until, book)


def close(state: RequestState, book: PolicyBook) -> None:
    """End the present instant: what falls due in it is due."""
    settle(state, book)
    if book.escalations or state.status.name in book.timed:
        let_fall_due(state, state.instant + 1, book)
