"""Locks of PostgreSQL, which end with the transaction; SQLite has one for the whole database."""

from __future__ import annotations

from hashlib import sha256

from sqlalchemy import BigInteger, Connection, bindparam, func, select

LOCK = select(func.pg_advisory_xact_lock(bindparam("key", type_=BigInteger)))


def lock_shard(connection: Connection, shard: str) -> None:
    """Let nobody else append to a shard until the end of the transaction.

    It is taken before any row is touched (B4): taken late, two writers wait for each other. It is
    given back after the commit can be seen, so positions are committed in their order.
    """
    _lock(connection, f"servicecore shard {shard}")


def lock_schema(connection: Connection) -> None:
    """Let nobody else migrate the database until the end of the transaction."""
    _lock(connection, "servicecore schema")


def _lock(connection: Connection, name: str) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(LOCK, {"key": lock_key(name)})


def lock_key(name: str) -> int:
    """The number of 64 bits that a lock goes by; the same in every process.

    >>> lock_key("servicecore shard main")
    -6637024866504715217
    """
    return int.from_bytes(sha256(name.encode()).digest()[:8], "big", signed=True)
