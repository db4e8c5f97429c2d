"""The store in memory holds what every store holds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from servicecore.stores import MemoryStore
from servicecore.testing import StoreSuite


class TestMemoryStore(StoreSuite):
    @pytest.fixture
    def store(self) -> Iterator[MemoryStore]:
        with closing(MemoryStore()) as store:
            yield store
