"""Laws of joining: a part of a host's own transaction comes and goes with it (B6)."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager
from threading import Event as Signal
from typing import Protocol

import pytest

from servicecore.errors import ServiceCoreError, StoreConflict
from servicecore.stores import NoticeQuery, Store, Tx
from servicecore.testing.samples import SHARD, append, command, read_all, write
from servicecore.testing.store_base import Breaking, Broken
from servicecore.testing.suites import Suite
from servicecore.testing.threads import MOMENT, PATIENCE, written


class HostTx(Protocol):
    """A transaction of a host that has a table of its own beside ours."""

    def write(self, text: str) -> None:
        """Write a row of the host's."""
        ...

    def join(self) -> Tx:
        """The same transaction, as one of our store."""
        ...


class Host(Protocol):
    """A host that keeps rows of its own in the database of the store."""

    def transaction(self) -> AbstractContextManager[HostTx]:
        """A transaction of the host's: it commits at the end of the ``with``, or rolls back."""
        ...

    def rows(self) -> Sequence[str]:
        """What is committed of the host's own, in the order in which it was written."""
        ...


class JoinedStoreSuite(Suite, part=True):
    """What holds for a store that can be part of a host's transaction.

    A subclass gives two fixtures, of the same database, which is empty: `store` has transactions of
    its own, and `host` is a `Host`. With a third one, `breaking`, single statements of the host's
    connection fail.
    """

    @pytest.fixture
    def store(self) -> Store:
        """A store in the same database, with transactions of its own."""
        raise NotImplementedError("expected a fixture `store` that gives an empty store")

    @pytest.fixture
    def host(self) -> Host:
        """A host in the same database."""
        raise NotImplementedError("expected a fixture `host` that gives a Host")

    @pytest.fixture
    def breaking(self) -> Breaking | None:
        """What lets a statement of the host's connection fail; None where nothing can."""
        return None

    def test_the_host_commits(self, store: Store, host: Host) -> None:
        """B6: what it has written and what we have come together, and not before."""
        with host.transaction() as theirs:
            theirs.write("a row")
            tx = theirs.join()
            assert tx.joined
            tx.append(SHARD, [write("R1", told=True, wake=3)], command("c1"))
            assert read_all(tx) == [("R1", 1)]
            theirs.write("another row")
            theirs.join().append(SHARD, [write("R1", 1)])
        assert host.rows() == ["a row", "another row"]
        with store.transaction() as tx:
            assert read_all(tx) == [("R1", 1), ("R1", 2)]
            assert tx.answered(SHARD, "c1") is not None
            assert len(tx.notices(SHARD, NoticeQuery())) == 1

    @pytest.mark.parametrize("writes_first", [True, False])
    def test_the_host_rolls_back(self, store: Store, host: Host, writes_first: bool) -> None:
        """B6: nothing of ours stays, whether it or we began to write."""
        append(store, write("R1", wake=0))
        with pytest.raises(Broken), host.transaction() as theirs:  # noqa: PT012  # the whole transaction is to fail
            if writes_first:
                theirs.write("a row")
            tx = theirs.join()
            tx.append(SHARD, [write("R1", 1, told=True), write("R2")], command("c1"))
            tx.rearm(SHARD, "R2", 1, 5)
            theirs.write("another row")
            raise Broken
        assert host.rows() == []
        with store.transaction() as tx:
            assert read_all(tx) == [("R1", 1)]
            assert tx.answered(SHARD, "c1") is None
            assert tx.notices(SHARD, NoticeQuery()) == ()
            assert tx.next_due() == 0
        append(store, write("R1", 1))

    def test_what_is_refused_leaves_the_hosts_rows(self, store: Store, host: Host) -> None:
        """B6: a conflict goes to the host, which may go on with its own and commit."""
        append(store, write("R1"))
        with host.transaction() as theirs:
            theirs.write("a row")
            for wrong in ([write("R2"), write("R1")], [write("R2", told=True), write("R3", 7)]):
                with pytest.raises(StoreConflict):
                    theirs.join().append(SHARD, wrong, command("c1"))
            theirs.write("another row")
            theirs.join().append(SHARD, [write("R1", 1)])
        assert host.rows() == ["a row", "another row"]
        with store.transaction() as tx:
            assert read_all(tx) == [("R1", 1), ("R1", 2)]
            assert tx.answered(SHARD, "c1") is None

    def test_what_fails_leaves_the_hosts_rows(
        self, store: Store, host: Host, breaking: Breaking | None
    ) -> None:
        """B6: whichever statement of ours fails, what it has done is taken back, and no more."""
        if breaking is None:
            pytest.skip("nothing lets a statement of the host fail: there is no `breaking`")
        number, is_broken = 0, True
        while is_broken:
            number += 1
            is_broken = _append_broken(host, breaking, number)
            with store.transaction() as tx:
                assert tx.read(SHARD, "R1").version == (0 if is_broken else 1)
                assert len(tx.notices(SHARD, NoticeQuery())) == (0 if is_broken else 1)
        assert list(host.rows()) == [
            f"{when} {each}" for each in range(1, number + 1) for when in ("before", "behind")
        ]
        assert number > 3

    @pytest.mark.parametrize("writes_first", [True, False])
    @pytest.mark.parametrize("commits", [True, False], ids=["commits", "rolls back"])
    def test_a_host_that_is_slow_to_commit(
        self, store: Store, host: Host, writes_first: bool, commits: bool
    ) -> None:
        """B4: the host appends, another one appends or waits, a reader reads, the host commits.

        The reader skips nothing, and sees nothing before its time.
        """
        append(store, write("R0"))
        appended, go_on = Signal(), Signal()

        def append_slowly() -> None:
            with host.transaction() as theirs:
                if writes_first:
                    theirs.write("a row")
                theirs.join().append(SHARD, [write("A", events=2)])
                appended.set()
                assert go_on.wait(PATIENCE)
                if not commits:
                    raise Broken

        with ThreadPoolExecutor(2) as threads:
            slow = threads.submit(append_slowly)
            assert appended.wait(PATIENCE)
            quick = threads.submit(written, store, lambda tx: tx.append(SHARD, [write("B")]))
            wait([quick], MOMENT)
            with store.transaction() as tx:
                seen = list(tx.feed(SHARD))
            go_on.set()
            assert isinstance(_problem(slow), Broken | None)
            quick.result(PATIENCE)
        assert all(entry.request != "A" for entry in seen)
        with store.transaction() as tx:
            seen += tx.feed(SHARD, seen[-1].position)
        expected = {("R0", 1), ("B", 1), *({("A", 1), ("A", 2)} if commits else ())}
        assert {(entry.request, entry.number) for entry in seen} == expected
        assert len(seen) == len(expected)


def _append_broken(host: Host, breaking: Breaking, number: int) -> bool:
    """Whether a statement of that number was there to be broken, between two of the host's rows."""
    is_broken = False
    with host.transaction() as theirs:
        theirs.write(f"before {number}")
        try:
            with breaking(number):
                theirs.join().append(SHARD, [write("R1", told=True)])
        except (Broken, ServiceCoreError):
            is_broken = True
        theirs.write(f"behind {number}")
    return is_broken


def _problem(future: Future[None]) -> BaseException | None:
    return future.exception(PATIENCE)
