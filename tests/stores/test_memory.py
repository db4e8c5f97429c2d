"""The store in memory holds what every store holds, and a few things of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import count
from typing import Any

import pytest

from servicecore.errors import InvalidValue, StoreBusy
from servicecore.stores import MemoryStore, NoticeQuery
from servicecore.stores.memory.tables import Draft, Key
from servicecore.testing import Breaking, Broken, StoreSuite
from servicecore.testing.samples import SHARD, append, read_all, write


class TestMemoryStore(StoreSuite):
    @pytest.fixture
    def store(self) -> Iterator[MemoryStore]:
        with closing(MemoryStore()) as store:
            yield store

    @pytest.fixture
    def breaking(self, monkeypatch: pytest.MonkeyPatch) -> Breaking:
        """A row that is put somewhere or taken away is a statement here, and so is the commit."""

        @contextmanager
        def broken(number: int) -> Iterator[None]:
            statements = count(1)

            def counted(name: str) -> Any:
                usual = getattr(Draft, name)

                def run(draft: Draft[object], *arguments: Any) -> None:
                    if next(statements) == number:
                        raise Broken
                    usual(draft, *arguments)

                return run

            with monkeypatch.context() as patched:
                for name in ("put", "drop"):
                    patched.setattr(Draft, name, counted(name))
                yield

        return broken


class TestTransactions:
    def test_a_thread_does_not_wait_for_itself(self) -> None:
        """A transaction that writes, begun within another one, would wait for ever."""
        store = MemoryStore()
        with store.transaction(write=True) as tx:
            with pytest.raises(StoreBusy, match="this thread"), store.transaction(write=True):
                pass
            tx.append(SHARD, [write("R1")])
        append(store, write("R2"))

    def test_reading_within_a_transaction_that_writes(self) -> None:
        """B4: it sees what is committed, and waits for nobody."""
        store = MemoryStore()
        append(store, write("R1"))
        with store.transaction(write=True) as writing, store.transaction() as reading:
            writing.append(SHARD, [write("R2", told=True, wake=3)])
            writing.append(SHARD, [write("R1", 1)])
            assert read_all(reading) == [("R1", 1)]
            assert reading.notices(SHARD, NoticeQuery()) == ()
            assert reading.next_due() is None
            assert reading.read(SHARD, "R1").version == 1

    def test_a_store_that_is_closed(self) -> None:
        """It is of no use any more."""
        store = MemoryStore()
        append(store, write("R1"))
        store.close()
        with pytest.raises(InvalidValue, match="closed"), store.transaction():
            pass

    @pytest.mark.parametrize("leaves", [KeyboardInterrupt, GeneratorExit, ValueError])
    def test_whatever_leaves_it_undoes_it(self, leaves: type[BaseException]) -> None:
        """B4: nothing is kept, and the next one that writes has its turn."""
        store = MemoryStore()
        with pytest.raises(leaves), store.transaction(write=True) as tx:  # noqa: PT012  # the whole transaction is to fail
            tx.append(SHARD, [write("R1")])
            raise leaves
        append(store, write("R1"))
        with store.transaction() as tx:
            assert read_all(tx) == [("R1", 1)]


def test_work_goes_with_what_is_due() -> None:
    """B7: a claim looks at what is due, and at nothing of all that is open and is not."""
    store = MemoryStore()
    with store.transaction(write=True) as tx:
        for number in range(300):
            tx.append(SHARD, [write(f"R{number:03}", wake=number + 10)])
    asked: list[Key] = []
    usual = Draft.get

    def watched(draft: Draft[object], *key: str | int) -> object:
        asked.append(key)
        return usual(draft, *key)

    with pytest.MonkeyPatch.context() as patched, store.transaction(write=True) as tx:
        patched.setattr(Draft, "get", watched)
        assert len(tx.claim("timer", at=12, lease=1, limit=100)) == 3
        assert tx.next_due() == 13
    assert len(asked) < 20
