"""The plugin that makes the SQL store known by its URLs, and loads nothing until one is opened."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from contextlib import closing

import pytest

from servicecore.backends import plugin
from servicecore.backends.sql import SqlStore
from servicecore.stores import Store


class Stores:
    """A registry that keeps what opens stores."""

    def __init__(self) -> None:
        self.known: dict[str, Callable[[str], Store]] = {}

    def add_store(self, scheme: str, open_store: Callable[[str], Store]) -> None:
        self.known[scheme] = open_store


def test_stores_are_opened_by_their_scheme() -> None:
    registry = Stores()
    plugin.servicecore_register(registry)  # type: ignore[arg-type]  # all of it that is asked for
    assert sorted(registry.known) == ["postgresql", "postgresql+psycopg", "sqlite"]
    with closing(registry.known["sqlite"]("sqlite:///:memory:")) as store:
        assert isinstance(store, SqlStore)


def printed(code: str) -> str:
    return subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    ).stdout


def test_the_plugin_loads_nothing_heavy() -> None:
    loaded = printed("import servicecore.backends.plugin, sys; print(*sys.modules)").split()
    assert not {"sqlalchemy", "psycopg"} & set(loaded)  # sqlite3 is there while coverage looks


@pytest.mark.parametrize(
    ("missing", "url", "extra"),
    [
        ("sqlalchemy", "sqlite:///:memory:", "sql"),
        ("sqlalchemy", "postgresql://x", "sql"),
        ("psycopg", "postgresql://x", "postgres"),
    ],
)
def test_what_is_not_installed_is_said(missing: str, url: str, extra: str) -> None:
    said = printed(f"""
import sys
sys.modules[{missing!r}] = None
from servicecore.backends.plugin import open_store
from servicecore.errors import MissingExtra
try:
    open_store({url!r})
except MissingExtra as error:
    print(error)
""")
    assert f"needs an extra: pip install 'servicecore[{extra}]'" in said


def test_other_names_are_none() -> None:
    from servicecore.backends import sql

    assert {"SqlStore", "join", "metadata", "migrate"} <= set(dir(sql))
    with pytest.raises(AttributeError, match="has no attribute 'Store'"):
        sql.Store  # noqa: B018  # it is asked for on purpose
