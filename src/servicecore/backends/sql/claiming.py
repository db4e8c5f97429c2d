"""Claims: what is due, for one worker at a time, and when anything is next (B7)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from operator import itemgetter
from secrets import token_hex

from attrs import frozen
from sqlalchemy import Connection, RowMapping

from servicecore.backends.sql.due import finding, keys_of, marking, marking_one
from servicecore.backends.sql.rows import Values, record_of
from servicecore.backends.sql.statements import MEET
from servicecore.stores.limits import is_storable
from servicecore.stores.values import Claim, ClaimKind


@frozen
class Asked:
    """What a claim asks for; see `Tx.claim`."""

    at: int
    until: int
    limit: int
    shard: str | None
    names: Collection[str]
    leaving: Collection[str]

    def values(self, kind: ClaimKind) -> Values:
        """What the statements for a kind are given."""
        asked: dict[str, object] = {"at": self.at, "most": self.limit}
        if self.shard is not None:
            asked["one_shard"] = self.shard
        if kind == "reader":
            asked["only"] = sorted(set(self.names))
        elif kind == "notice":
            asked["leaving"] = [name for name in self.leaving if name and is_storable(name)]
        return asked


def claim(connection: Connection, kind: ClaimKind, asked: Asked) -> tuple[Claim, ...]:
    """Claim what is due."""
    if kind == "reader":
        meet(connection, asked.shard, asked.names)
    mark: Values = {"new_token": token_hex(16), "new_lease": asked.until}
    rows = _marked(connection, kind, asked, mark)
    return tuple(
        _claim_of(kind, row, str(mark["new_token"]), asked.until) for row in _in_order(kind, rows)
    )


def meet(connection: Connection, shard: str | None, names: Collection[str]) -> None:
    """Have a row for every reader in every shard: each is before the beginning of its feed."""
    new = [{"name": name, "one_shard": shard} for name in sorted(set(names))]
    if new:
        connection.execute(MEET[connection.dialect.name], new)


def _marked(
    connection: Connection, kind: ClaimKind, asked: Asked, mark: Values
) -> Sequence[RowMapping]:
    one_shard, values = asked.shard is not None, asked.values(kind)
    if connection.dialect.update_returning:
        return (
            connection.execute(marking(kind, one_shard=one_shard), {**values, **mark})
            .mappings()
            .all()
        )
    rows = connection.execute(finding(kind, one_shard=one_shard), values).mappings().all()
    if rows:
        keys = ({f"its_{name}": value for name, value in _key(kind, row).items()} for row in rows)
        connection.execute(marking_one(kind), [{**key, **mark} for key in keys])
    return rows


def _key(kind: ClaimKind, row: RowMapping) -> dict[str, object]:
    return {column.name: row[column.name] for column in keys_of(kind)}


def _in_order(kind: ClaimKind, rows: Sequence[RowMapping]) -> list[RowMapping]:
    """The longest due first; what is marked comes back in any order."""
    return sorted(rows, key=itemgetter("wake", *(column.name for column in keys_of(kind))))


def _claim_of(kind: ClaimKind, row: RowMapping, token: str, until: int) -> Claim:
    key = {"timer": "request", "notice": "id", "reader": "reader"}[kind]
    return Claim(
        kind=kind,
        shard=row["shard"],
        key=row[key],
        token=token,
        attempt=row["attempts"],
        until=until,
        upto=(row["upto"] or None) if kind == "reader" else None,
        record=record_of(row) if kind == "notice" else None,
    )
