"""The feed: every event is shown to the plugins that want to act upon it, in order (B3)."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from contextlib import suppress

import attrs

from servicecore.desk.attempts import failed
from servicecore.desk.desk import Desk
from servicecore.desk.ringing import never
from servicecore.errors import ClaimLost, PluginError
from servicecore.instants import MINUTE, to_datetime
from servicecore.stores import Claim, Entry, Settlement

RECORDED = "servicecore_recorded"
LEASE = 5 * MINUTE
BATCH = 100

log = logging.getLogger("servicecore.desk")


def show_feed(
    desk: Desk, plugins: Sequence[str], stopping: Callable[[], bool] = never, lease: int = LEASE
) -> int:
    """Show plugins what was written since they saw the feed last; how many entries were shown.

    What is claimed is so for `lease` microseconds. Each goes on where it stood, whatever becomes
    of the others.
    """
    shown = 0
    while plugins and not stopping() and (claims := _claimed(desk, plugins, lease)):
        shown += sum(_show(desk, claim, stopping) for claim in claims)
    return shown


def _claimed(desk: Desk, plugins: Sequence[str], lease: int) -> tuple[Claim, ...]:
    with desk.writing() as tx:
        return tx.claim(
            "reader",
            at=desk.instant(),
            lease=lease,
            limit=len(plugins),
            shard=desk.shard,
            only=plugins,
        )


def _show(desk: Desk, claim: Claim, stopping: Callable[[], bool]) -> int:
    """Show one plugin what is next; how many entries went well."""
    entries = _next_entries(desk, claim)
    went_well, problem = _shown(desk, claim, entries, stopping)
    with suppress(ClaimLost), desk.writing() as tx:
        if went_well:
            last = went_well[-1].position
            tx.advance(claim.shard, claim.key, last, claim=claim)
            claim = attrs.evolve(claim, attempt=1)
        if problem is not None:
            log.warning("%s", problem, exc_info=problem)
            failed(tx, claim, at=desk.instant(), reason=_reason(problem))
        else:
            tx.settle(claim, Settlement(), at=desk.instant())
    return len(went_well)


def _next_entries(desk: Desk, claim: Claim) -> tuple[Entry, ...]:
    with desk.reading() as tx:
        if claim.upto is not None:
            return tx.feed(claim.shard, claim.upto - 1, limit=1)
        return tx.feed(claim.shard, tx.checkpoint(claim.shard, claim.key), limit=BATCH)


def _shown(
    desk: Desk, claim: Claim, entries: Sequence[Entry], stopping: Callable[[], bool]
) -> tuple[list[Entry], PluginError | None]:
    """The entries that went well, one after the other, and what stopped that."""
    went_well: list[Entry] = []
    half = (desk.instant() + claim.until) // 2
    for entry in entries:
        now = desk.instant()
        if stopping() or now > half:
            break  # the rest under another claim, before this one runs out
        try:
            desk.plugins.ask(claim.key, RECORDED, entry=entry, at=to_datetime(now))
        except PluginError as problem:
            return went_well, problem
        went_well.append(entry)
    return went_well, None


def _reason(problem: PluginError) -> str:
    """What goes on record: the type of the error, for its text may hold what is secret."""
    return type(problem.__cause__ or problem).__name__
