"""When anything may be claimed next, at the price of what is claimed and not of what is open."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import cache

from sqlalchemy import Connection, Executable, bindparam, case, func, select

from servicecore.backends.sql.due import TABLES, found
from servicecore.backends.sql.rows import Values
from servicecore.backends.sql.schema import readers
from servicecore.backends.sql.statements import is_unknown
from servicecore.stores.limits import EARLIEST, LATEST
from servicecore.stores.values import ClaimKind


def next_due(connection: Connection, shard: str | None, names: Collection[str]) -> int | None:
    """The earliest instant at which anything may be claimed."""
    asked: Values = {} if shard is None else {"one_shard": shard}
    instants = [
        *_timed(connection, "timer", asked),
        *_timed(connection, "notice", asked),
        *_to_be_read(connection, shard, asked, names),
    ]
    return min(instants, default=None)


def _timed(connection: Connection, kind: ClaimKind, asked: Values) -> Iterator[int]:
    """The first that is free; and what is claimed, which matters only where it was due before."""
    one_shard = bool(asked)
    wake = connection.execute(_first_free(kind, one_shard=one_shard), asked).scalar()
    before = LATEST + 1 if wake is None else wake
    lease = connection.execute(_first_end(kind, one_shard=one_shard), {**asked, "before": before})
    return (instant for instant in (wake, lease.scalar()) if instant is not None)


@cache
def _first_free(kind: ClaimKind, *, one_shard: bool) -> Executable:
    table = TABLES[kind]
    free = found(kind, table.c.wake, one_shard=one_shard).where(table.c.lease.is_(None))
    return free.order_by(table.c.wake).limit(1)


@cache
def _first_end(kind: ClaimKind, *, one_shard: bool) -> Executable:
    table = TABLES[kind]
    ends = found(kind, func.min(table.c.lease), one_shard=one_shard)
    return ends.where(table.c.lease.is_not(None), table.c.wake < bindparam("before"))


def _to_be_read(
    connection: Connection, shard: str | None, asked: Values, names: Collection[str]
) -> Iterator[int]:
    only = sorted(set(names))
    if not only:
        return
    ends = connection.execute(_first_read(one_shard=bool(asked)), {**asked, "only": only}).scalar()
    if ends is not None:
        yield ends
    unknown = ({"name": name, "one_shard": shard} for name in only)
    if any(connection.execute(UNKNOWN, each).first() for each in unknown):
        yield EARLIEST


UNKNOWN: Executable = select(1).where(is_unknown()).limit(1)


@cache
def _first_read(*, one_shard: bool) -> Executable:
    wake, lease = readers.c.wake, readers.c.lease
    return found("reader", func.min(case((lease > wake, lease), else_=wake)), one_shard=one_shard)
