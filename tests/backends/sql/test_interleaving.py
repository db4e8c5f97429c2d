"""Two transactions in every order that matters, on PostgreSQL (B4).

Nothing here waits for a time: whoever has to be stuck is looked for among the locks that are waited
for.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from threading import Event as Signal

import attrs
import pytest
from sqlalchemy import Engine

from servicecore.backends.sql import SqlStore, join
from servicecore.errors import ClaimLost, StoreBusy, StoreConflict
from servicecore.stores import Claim, ClaimKind, Settlement
from servicecore.testing.samples import append, read_all, write
from servicecore.testing.threads import PATIENCE, together
from tests.backends.sql.conftest import MakeEngine
from tests.backends.sql.host import said, say, version

WAITING = """
SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database
WHERE datname = current_database() AND locktype = 'advisory' AND NOT granted
"""

MOST_LOOKS = 4_000


@pytest.fixture
def engine(postgres: str, make_engine: MakeEngine) -> Engine:
    engine = make_engine(postgres)
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE IF EXISTS host")
        connection.exec_driver_sql("CREATE TABLE host (said TEXT)")
    return engine


@pytest.fixture
def store(postgres: str) -> Iterator[SqlStore]:
    with closing(SqlStore(postgres)) as store:
        yield store


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(8) as threads:
        yield threads


def until_waiting(engine: Engine, number: int = 1) -> None:
    """Return as soon as so many wait for the lock of a shard."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for _ in range(MOST_LOOKS):
            if connection.exec_driver_sql(WAITING).scalar_one() >= number:
                return
            Signal().wait(0.005)
    pytest.fail("nobody waits for the lock of a shard: expected that somebody does")


def feed(store: SqlStore) -> list[tuple[str, int]]:
    with store.transaction() as tx:
        return read_all(tx)


class TestTheFeed:
    def test_what_was_placed_first_is_committed_first(
        self, engine: Engine, store: SqlStore, threads: ThreadPoolExecutor
    ) -> None:
        """A allocates, B wants to commit, a reader reads, A commits: the reader misses nothing."""
        with engine.connect() as connection:
            join(connection).append("main", [write("A")])
            later = threads.submit(append, store, write("B"))
            until_waiting(engine)
            assert (feed(store), later.done()) == ([], False)
            connection.commit()
        later.result(PATIENCE)
        assert feed(store) == [("A", 1), ("B", 1)]

    def test_a_host_that_wrote_first_is_placed_when_it_appends(
        self, engine: Engine, store: SqlStore
    ) -> None:
        """Its transaction is older than the other; a reader that was there between goes on."""
        with engine.connect() as connection:
            say(connection, "older")
            append(store, write("B"))
            with store.transaction() as tx:
                (seen,) = tx.feed("main")
            join(connection).append("main", [write("A")])
            connection.commit()
        with store.transaction() as tx:
            (entry,) = tx.feed("main", seen.position)
        assert (seen.request, entry.request) == ("B", "A")

    def test_what_is_undone_leaves_no_trace(
        self, engine: Engine, store: SqlStore, threads: ThreadPoolExecutor
    ) -> None:
        with engine.connect() as connection:
            join(connection).append("main", [write("A")])
            later = threads.submit(append, store, write("B"))
            until_waiting(engine)
            connection.rollback()
        later.result(PATIENCE)
        assert feed(store) == [("B", 1)]

    def test_another_shard_waits_for_nobody(self, engine: Engine, store: SqlStore) -> None:
        with engine.connect() as connection:
            join(connection).append("main", [write("A")])
            append(store, write("A"), shard="other")
            connection.commit()
        assert feed(store) == [("A", 1)]

    def test_a_reader_that_follows_many_writers_misses_nothing(
        self, store: SqlStore, threads: ThreadPoolExecutor
    ) -> None:
        writing = [threads.submit(append_many, store, f"W{each}", 25) for each in range(4)]
        seen: list[tuple[str, int]] = []
        position, is_over = 0, False
        while not is_over:
            all_are_done = all(each.done() for each in writing)
            with store.transaction() as tx:
                entries = tx.feed("main", position, limit=7)
            seen += [(entry.request, entry.number) for entry in entries]
            position = entries[-1].position if entries else position
            is_over = all_are_done and not entries
        assert [each.result() for each in writing] == [None] * 4
        assert sorted(seen) == sorted(
            (f"W{each}", number + 1) for each in range(4) for number in range(25)
        )
        assert seen == feed(store)


def append_many(store: SqlStore, request: str, number: int) -> None:
    for each in range(number):
        append(store, write(request, each))


class TestRepeatableRead:
    """A host that reads as of the beginning of its transaction: others cannot be overwritten."""

    @pytest.fixture
    def host(self, postgres: str, make_engine: MakeEngine) -> Engine:
        return make_engine(postgres, isolation_level="REPEATABLE READ")

    def test_nobody_has_been_there(self, host: Engine) -> None:
        with host.begin() as connection:
            assert join(connection).append("main", [write("R1")]).versions == {"R1": (0, 1)}
        assert version(host) == 1

    @pytest.mark.parametrize("before", [[], [("R1", 0)], [("other", 0)]])
    @pytest.mark.parametrize("between", ["R1", "other", "new"])
    def test_somebody_has_been_there(
        self,
        engine: Engine,
        host: Engine,
        store: SqlStore,
        before: list[tuple[str, int]],
        between: str,
    ) -> None:
        """Whatever it was: their positions are taken, and the host cannot see which."""
        for request, expected in before:
            append(store, write(request, expected))
        known = dict.fromkeys((request for request, _ in before), 1)
        with host.connect() as connection:
            tx = join(connection)
            assert tx.read("main", "R1").version == known.get("R1", 0)
            append(store, write(between, known.get(between, 0)))
            with pytest.raises((StoreBusy, StoreConflict)):
                tx.append("main", [write("R1", known.get("R1", 0))])
            connection.exec_driver_sql("INSERT INTO host VALUES ('usable')")
            connection.commit()
        assert feed(store) == [*((name, 1) for name in known), (between, known.get(between, 0) + 1)]
        assert said(engine) == ["usable"]

    def test_the_same_timer_at_once(self, host: Engine, store: SqlStore) -> None:
        append(store, write("R1", wake=5))
        with host.connect() as connection:
            tx = join(connection)
            tx.shards()
            with store.transaction(write=True) as other:
                (claim,) = other.claim("timer", at=5, lease=10, limit=1)
            with pytest.raises(StoreBusy):
                tx.claim("timer", at=50, lease=10, limit=1)
            connection.rollback()
        with store.transaction(write=True) as tx:
            tx.settle(claim, Settlement(), at=6)


class TestWaiting:
    def test_a_lock_that_is_not_to_be_had_in_time(self, engine: Engine, store: SqlStore) -> None:
        with store.transaction(write=True) as tx, engine.connect() as connection:
            tx.append("main", [write("R1")])
            connection.exec_driver_sql("SET LOCAL lock_timeout = '20ms'")
            say(connection, "usable")
            with pytest.raises(StoreBusy, match="a lock was not to be had in time"):
                join(connection).append("main", [write("R1")])
            connection.commit()
        assert (said(engine), version(engine)) == (["usable"], 1)

    def test_a_store_of_its_own_gives_up_in_the_end(self, engine: Engine, postgres: str) -> None:
        hasty = SqlStore(postgres, busy_timeout="1s")
        with closing(hasty), engine.connect() as connection:
            join(connection).append("main", [write("R1")])
            with pytest.raises(StoreBusy, match="a lock was not to be had in time"):
                append(hasty, write("R1"))

    def test_two_hosts_that_wait_for_each_other(
        self, engine: Engine, threads: ThreadPoolExecutor
    ) -> None:
        """Over two shards that can happen: one of them is told, and the other goes on."""

        def both(first: str, second: str, ready: Signal, go: Signal) -> None:
            with engine.begin() as connection:
                tx = join(connection)
                tx.append(first, [write("R1")])
                ready.set()
                go.wait(PATIENCE)
                tx.append(second, [write("R1")])

        one, other = Signal(), Signal()
        found = [
            threads.submit(both, "a", "b", one, other),
            threads.submit(both, "b", "a", other, one),
        ]
        problems = [each.exception(PATIENCE) for each in found]
        assert sum(isinstance(problem, StoreBusy) for problem in problems) == 1
        assert None in problems


class TestClaims:
    @pytest.mark.parametrize("kind", ["timer", "notice"])
    def test_what_others_are_claiming_is_passed_over(
        self, engine: Engine, store: SqlStore, kind: ClaimKind
    ) -> None:
        """Nobody waits for them, and the limit is reached all the same."""
        append(store, *(write(f"R{each}", wake=0, told=True) for each in range(4)))
        with engine.connect() as connection, store.transaction(write=True) as tx:
            theirs = join(connection).claim(kind, at=5, lease=10, limit=2)
            ours = tx.claim(kind, at=5, lease=10, limit=2)
            connection.rollback()
        assert len({claim.key for claim in (*theirs, *ours)}) == 4

    def test_a_reader_that_others_are_claiming(self, engine: Engine, store: SqlStore) -> None:
        append(store, write("R1"))
        append(store, write("R1"), shard="other")
        with store.transaction(write=True) as tx:
            tx.advance("main", "board", 0)
            tx.advance("other", "board", 0)
        with engine.connect() as connection, store.transaction(write=True) as tx:
            (theirs,) = join(connection).claim("reader", at=5, lease=10, limit=1, only=["board"])
            append(store, write("R2"), shard=theirs.shard)
            (ours,) = tx.claim("reader", at=5, lease=10, limit=2, only=["board"])
            connection.rollback()
        assert {theirs.shard, ours.shard} == {"main", "other"}

    def test_whoever_settles_and_appends_waits_for_nobody_who_waits_for_them(
        self, engine: Engine, store: SqlStore, threads: ThreadPoolExecutor
    ) -> None:
        """The shard is locked before a head is, or two would wait for each other."""
        append(store, write("R1", wake=0))
        with store.transaction(write=True) as tx:
            (claim,) = tx.claim("timer", at=5, lease=10, limit=1)
        with engine.connect() as connection:
            tx = join(connection)
            tx.settle(claim, Settlement(wake=9), at=6)
            later = threads.submit(append, store, write("R1", 1))
            until_waiting(engine)
            tx.append("main", [write("R2")])
            connection.commit()
        later.result(PATIENCE)
        assert (version(engine), version(engine, "R2")) == (2, 1)


class TestManyAtOnce:
    def test_nobody_deadlocks(self, store: SqlStore) -> None:
        """Writers, timers and those who rearm, over several shards: each waits, and none fails."""
        for shard in "abc":
            append(store, *(write(f"R{each}", wake=0) for each in range(4)), shard=shard)

        def write_all(worker: int) -> None:
            for number in range(12):
                shard = "abc"[(worker + number) % 3]
                requests = [f"W{worker}-{number}-{each}" for each in range(3)]
                append(store, *(write(name, told=True, wake=0) for name in requests), shard=shard)

        def ring(_worker: int) -> None:
            for number in range(12):
                with store.transaction(write=True) as tx:
                    claims = tx.claim("timer", at=number, lease=100, limit=5)
                for claim in claims:
                    with store.transaction(write=True) as tx:
                        tx.settle(claim, Settlement(wake=number + 1), at=number)

        workers = [
            *map(partial(partial, write_all), range(3)),
            *map(partial(partial, ring), range(3)),
        ]
        assert together(workers) == [None] * 6


class TestDigests:
    def test_two_who_gather_the_same_do_not_wait_for_each_other(
        self, store: SqlStore, threads: ThreadPoolExecutor
    ) -> None:
        """Each has claimed one of the two, and wants the other one too."""
        append(store, write("R1", wake=0, told=True), write("R2", wake=0, told=True))
        claims = []
        for _ in range(2):  # both have run out when the other one gathers
            with store.transaction(write=True) as tx:
                claims += tx.claim("notice", at=10, lease=1, limit=1)
        first, second = claims
        assert first.key != second.key

        def gather(claim: Claim, other: Claim) -> str:
            assert claim.record is not None
            notice = attrs.evolve(claim.record.notice, id=f"digest of {claim.key}")
            digest = attrs.evolve(claim.record, notice=notice)
            try:
                with store.transaction(write=True) as tx:
                    tx.freeze(claim, [digest], at=30, gathered=[other.key])
            except (ClaimLost, StoreConflict):
                return "too late"
            return "gathered"

        for _ in range(20):
            pairs = [(first, second), (second, first)]
            ends = [threads.submit(gather, *pair) for pair in pairs]
            assert {end.result(PATIENCE) for end in ends} <= {"gathered", "too late"}
