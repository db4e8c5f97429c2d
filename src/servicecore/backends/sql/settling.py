"""What comes of claims that went well or may go well later: settled, or rearmed (B7)."""

from __future__ import annotations

from sqlalchemy import Connection

from servicecore.backends.sql import entries
from servicecore.backends.sql.keyed import change, claimed, key_of, locked
from servicecore.backends.sql.rows import FREE, UNPARKED, outcome_values, record_of, summary_values
from servicecore.backends.sql.schema import heads, notices
from servicecore.errors import ClaimLost, StoreConflict
from servicecore.stores.outbox import attempts_after, settled
from servicecore.stores.values import Claim, Settlement, Summary


def settle(connection: Connection, claim: Claim, settlement: Settlement, at: int) -> None:
    """End a claim."""
    row = claimed(connection, claim)
    if claim.kind == "reader":
        entries.settle(connection, claim, row, settlement, at)
    elif claim.kind == "notice":
        record = settled(record_of(row), settlement, at)
        change(connection, notices, key_of(claim), {**FREE, **outcome_values(record)})
    else:
        attempts = attempts_after(row["attempts"], counted=settlement.counted)
        values = {**FREE, "wake": settlement.wake, "attempts": attempts}
        change(connection, heads, key_of(claim), values)


def rearm(
    connection: Connection,
    shard: str,
    request: str,
    version: int,
    wake: int | None,
    *,
    summary: Summary | None,
    claim: Claim | None,
) -> None:
    """Set a timer anew."""
    key = {"shard": shard, "request": request}
    row = locked(connection, heads, key)
    if claim is not None and (row is None or row["token"] != claim.token):
        raise ClaimLost(str(claim))
    actual = 0 if row is None else row["version"]
    if actual != version:
        raise StoreConflict(request, version, actual)
    said = {} if summary is None else summary_values(summary)
    change(connection, heads, key, {"wake": wake, **FREE, **UNPARKED, **said})
