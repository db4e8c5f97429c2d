"""The suite for stores: what every store holds, for whoever writes one to inherit (B4-B9).

>>> from collections.abc import Iterator
>>> from contextlib import closing
>>> import pytest
>>> from servicecore.stores import MemoryStore
>>> class TestMemoryStore(StoreSuite):
...     @pytest.fixture
...     def store(self) -> Iterator[MemoryStore]:
...         with closing(MemoryStore()) as store:
...             yield store
"""

from __future__ import annotations

from servicecore.testing.store_appends import AppendLaws
from servicecore.testing.store_base import Breaking, Broken, Opener
from servicecore.testing.store_claims import ClaimLaws, TimerLaws
from servicecore.testing.store_faults import FaultLaws
from servicecore.testing.store_feed import FeedLaws
from servicecore.testing.store_joined import Host, HostTx, JoinedStoreSuite
from servicecore.testing.store_kills import KillLaws
from servicecore.testing.store_machine import ModelLaws
from servicecore.testing.store_notices import NoticeLaws
from servicecore.testing.store_pages import PageLaws
from servicecore.testing.store_readers import ReaderLaws
from servicecore.testing.store_values import ValueLaws

__all__ = ["Breaking", "Broken", "Host", "HostTx", "JoinedStoreSuite", "Opener", "StoreSuite"]


class StoreSuite(
    AppendLaws,
    ValueLaws,
    PageLaws,
    FeedLaws,
    ClaimLaws,
    TimerLaws,
    ReaderLaws,
    NoticeLaws,
    FaultLaws,
    KillLaws,
    ModelLaws,
    part=True,
):
    """Every test that a store passes; a subclass gives the fixture `store`, an empty one.

    The fixtures `opener` and `breaking` let more of them run: those that kill processes, and those
    that let single statements fail. A test of the suite may be replaced only by one that is marked
    ``xfail`` with a reason.
    """
