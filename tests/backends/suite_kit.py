"""What lets single statements of a SQL store fail."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from itertools import count
from typing import Any

from sqlalchemy import Engine, event

from servicecore.testing import Breaking, Broken


def breaking_on(engine: Engine) -> Breaking:
    """What lets a statement of an engine fail, or the commit of a transaction."""
    return partial(_broken_on, engine)


@contextmanager
def _broken_on(engine: Engine, number: int) -> Iterator[None]:
    """Let the statement of that number fail, from now on; commits are counted as well."""
    statements = count(1)
    commit = engine.dialect.do_commit

    def run(*_: object) -> None:
        if next(statements) == number:
            raise Broken

    def commit_or_fail(connection: Any) -> None:
        try:
            run()
        except Broken:
            if engine.dialect.name != "sqlite":  # which stays in it, as when others read too long
                connection.rollback()
            raise
        commit(connection)

    event.listen(engine, "before_cursor_execute", run)
    engine.dialect.do_commit = commit_or_fail  # type: ignore[method-assign]
    try:
        yield
    finally:
        event.remove(engine, "before_cursor_execute", run)
        engine.dialect.do_commit = commit  # type: ignore[method-assign]
