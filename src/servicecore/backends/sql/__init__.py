"""The SQL store: SQLite as what comes with it, PostgreSQL for real loads (B4-B8).

Needs the extra `sql`, and for PostgreSQL `postgres`; both are loaded when a name is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from servicecore.errors import MissingExtra

if TYPE_CHECKING:
    from servicecore.backends.sql.migrations import migrate
    from servicecore.backends.sql.schema import metadata
    from servicecore.backends.sql.store import SqlStore, join

__all__ = ["SqlStore", "join", "metadata", "migrate"]

_MODULES = {
    "SqlStore": "servicecore.backends.sql.store",
    "join": "servicecore.backends.sql.store",
    "metadata": "servicecore.backends.sql.schema",
    "migrate": "servicecore.backends.sql.migrations",
}


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        return getattr(import_module(_MODULES[name]), name)
    except ModuleNotFoundError as missing:
        if missing.name and missing.name.partition(".")[0] == "sqlalchemy":
            raise MissingExtra("the SQL store", "sql") from missing
        raise


def __dir__() -> list[str]:
    return sorted({*globals(), *_MODULES})
