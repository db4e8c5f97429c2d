"""What makes the SQL store known by the schemes of URLs; it loads nothing until one is opened."""

from __future__ import annotations

from servicecore.hookspecs import Registry, hookimpl
from servicecore.stores import Store

SCHEMES = ("sqlite", "postgresql", "postgresql+psycopg")


@hookimpl
def servicecore_register(registry: Registry) -> None:
    """Add the schemes of SQLite and PostgreSQL."""
    for scheme in SCHEMES:
        registry.add_store(scheme, open_store)


def open_store(url: str) -> Store:
    """The SQL store of a URL; `MissingExtra` where what it needs is not installed."""
    from servicecore.backends.sql import SqlStore

    return SqlStore(url)
