"""What every part of the suite for stores is given: an empty store, and ways to hurt it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest
from attrs import frozen

from servicecore.stores import Store
from servicecore.testing.suites import Suite


class Broken(RuntimeError):
    """What a statement raises that a suite lets fail."""


@frozen
class Opener:
    """How another process opens the same store.

    `function` is where it is imported from, as ``"package.module:function"``, and is called with
    `argument`, such as a URL.
    """

    function: str
    argument: str


Breaking = Callable[[int], AbstractContextManager[None]]
"""Within it, the statement of that number that the store runs, from 1 on, raises `Broken`."""


class StoreParts(Suite, part=True):
    """The fixtures of `StoreSuite`, for a subclass to give."""

    @pytest.fixture
    def store(self) -> Iterator[Store]:
        """An empty store, for one test. Whoever makes it closes it."""
        raise NotImplementedError("expected a fixture `store` that gives an empty store")

    @pytest.fixture
    def opener(self) -> Opener | None:
        """How another process opens the store of the same test; None where none can.

        The tests that kill processes are skipped then.
        """
        return None

    @pytest.fixture
    def breaking(self) -> Breaking | None:
        """What lets a statement of the store fail; None where nothing can.

        Without it, transactions are broken off between their methods alone.
        """
        return None
