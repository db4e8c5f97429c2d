"""What a host does in its own transaction, beside ours."""

from __future__ import annotations

from sqlalchemy import Connection, Engine

from servicecore.backends.sql import SqlStore


def say(connection: Connection, text: str) -> None:
    """Write a row of the host's own."""
    connection.exec_driver_sql(f"INSERT INTO host VALUES ('{text}')")  # noqa: S608  # our own text


def said(engine: Engine) -> list[str]:
    """What the host has committed."""
    with engine.connect() as connection:
        return [row.said for row in connection.exec_driver_sql("SELECT said FROM host")]


def version(engine: Engine, request: str = "R1") -> int:
    """The version of a request, as it is committed."""
    with SqlStore(engine).transaction() as tx:
        return tx.read("main", request).version
