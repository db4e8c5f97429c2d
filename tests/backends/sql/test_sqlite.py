"""SQLite: how it is opened, and that its writers come one after the other (B6)."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Thread

import pytest

from servicecore.backends.sql import SqlStore
from servicecore.backends.sql import processes as processes_module
from servicecore.backends.sql.engines import WAL_IS_SAFE, set_journal
from servicecore.backends.sql.processes import Processes
from servicecore.backends.sql.turns import Turns, turns_of
from servicecore.errors import InvalidValue, StoreBusy
from servicecore.stores import Settlement
from servicecore.testing.samples import append, write
from servicecore.testing.threads import PATIENCE
from tests.backends.sql.conftest import MakeEngine


class TestOpening:
    @pytest.mark.parametrize(
        ("library", "kind"), [((3, 40, 1), "delete"), ((3, 51, 2), "delete"), (WAL_IS_SAFE, "wal")]
    )
    @pytest.mark.parametrize("before", ["delete", "wal"])
    def test_a_write_ahead_log_only_where_it_is_safe(
        self, tmp_path: Path, library: tuple[int, int, int], kind: str, before: str
    ) -> None:
        with closing(sqlite3.connect(tmp_path / "desk.db")) as connection:
            connection.execute(f"PRAGMA journal_mode = {before}")
            connection.execute("PRAGMA synchronous = OFF")
            set_journal(connection, library)
            asked = [
                connection.execute(f"PRAGMA {name}") for name in ("journal_mode", "synchronous")
            ]
            assert [each.fetchone() for each in asked] == [(kind,), (2,)]

    def test_a_store_of_its_own_writes_durably(self, sqlite: str) -> None:
        wanted = "wal" if sqlite3.sqlite_version_info >= WAL_IS_SAFE else "delete"
        with closing(SqlStore(sqlite, busy_timeout="3s")) as store, store.transaction() as tx:
            names = ("journal_mode", "synchronous", "busy_timeout")
            asked = (tx._connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in names)
            assert list(asked) == [wanted, 2, 3000]

    def test_a_folder_that_there_is_not(self, tmp_path: Path) -> None:
        store = SqlStore(f"sqlite:///{tmp_path / 'nowhere' / 'desk.db'}")
        with closing(store), pytest.raises(InvalidValue, match="cannot be opened"):
            append(store, write("R1"))

    @pytest.mark.parametrize("url", ["sqlite:///:memory:", "sqlite://"])
    def test_in_memory(self, url: str) -> None:
        with closing(SqlStore(url)) as store:
            append(store, write("R1"))
            threads = [
                Thread(target=append, args=(store, write("R1", 1))),
                Thread(target=append, args=(store, write("R2"))),
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            with store.transaction() as tx:
                assert (tx.read("main", "R1").version, tx.read("main", "R2").version) == (2, 1)

    def test_two_in_memory_have_nothing_in_common(self) -> None:
        with closing(SqlStore("sqlite://")) as one, closing(SqlStore("sqlite://")) as other:
            append(one, write("R1"))
            with one.transaction(write=True), other.transaction() as tx:
                assert tx.shards() == ()

    def test_a_closed_store(self, sqlite: str) -> None:
        store = SqlStore(sqlite)
        store.close()
        with pytest.raises(InvalidValue, match="is closed"):
            append(store, write("R1"))

    def test_a_transaction_that_is_over(self, sqlite: str) -> None:
        with closing(SqlStore(sqlite)) as store:
            with store.transaction() as tx:
                pass
            with pytest.raises(InvalidValue, match="is over"):
                tx.shards()

    def test_a_library_that_gives_nothing_back(self, sqlite: str, make_engine: MakeEngine) -> None:
        """Before SQLite 3.35, what is claimed is found first and marked then."""
        engine = make_engine(sqlite)
        store = SqlStore(engine)
        append(store, *(write(f"R{each}", wake=each, told=True) for each in range(4)))
        engine.dialect.update_returning = False
        with store.transaction(write=True) as tx:
            claims = tx.claim("timer", at=5, lease=10, limit=3)
            (told,) = tx.claim("notice", at=5, lease=10, limit=1)
            assert [(each.key, each.attempt) for each in claims] == [
                ("R0", 1),
                ("R1", 1),
                ("R2", 1),
            ]
            assert told.record is not None
            assert (told.record.attempts, told.attempt) == (1, 1)
            assert tx.claim("timer", at=5, lease=10, limit=3)[0].key == "R3"
            assert tx.claim("timer", at=5, lease=10, limit=3) == ()
            tx.settle(claims[0], Settlement(wake=9), at=6)


class TestTurns:
    def test_first_come_first_served(self) -> None:
        turns, order = Turns(), []

        def take(number: int) -> None:
            with turns.taken(PATIENCE):
                order.append(number)

        threads = [Thread(target=take, args=(number,)) for number in range(8)]
        with turns.taken(PATIENCE):
            for number, thread in enumerate(threads, 1):
                thread.start()
                while len(turns._waiting) < number:
                    pass
        for thread in threads:
            thread.join()
        assert order == list(range(8))

    def test_who_waits_too_long(self) -> None:
        turns, problems = Turns(), []

        def take() -> None:
            with (
                pytest.raises(StoreBusy, match="were writing all the time") as caught,
                turns.taken(0.01),
            ):
                pass  # pragma: no cover  # it is refused before
            problems.append(caught.value)

        with turns.taken(PATIENCE):
            thread = Thread(target=take)
            thread.start()
            thread.join()
        assert len(problems) == 1
        with turns.taken(0.01):
            pass

    @pytest.mark.parametrize("handed_over", [True, False])
    def test_who_is_interrupted_waits_no_longer(self, handed_over: bool) -> None:
        """The handler of a signal may raise while somebody waits."""
        turns = Turns()

        class Interrupted:
            """A lock whose waiting ends with an interruption."""

            def acquire(self, timeout: float = -1) -> bool:
                if timeout >= 0:
                    if handed_over:
                        turns._give()
                    raise KeyboardInterrupt
                return True

            def release(self) -> None:
                return None

        turns._holder = -1  # somebody else
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("servicecore.backends.sql.turns.Lock", Interrupted)
            with pytest.raises(KeyboardInterrupt), turns.taken(PATIENCE):
                pass  # pragma: no cover  # it is refused before
        if not handed_over:
            turns._give()
        with turns.taken(0.01):
            pass

    def test_a_thread_never_waits_for_itself(self, sqlite: str) -> None:
        with closing(SqlStore(sqlite)) as store, store.transaction(write=True) as tx:
            with pytest.raises(StoreBusy, match="this thread"):
                append(store, write("R2"))
            with store.transaction() as reading:
                assert reading.shards() == ()
            tx.append("main", [write("R1")])

    def test_one_queue_for_all_that_have_it_open(
        self, sqlite: str, make_engine: MakeEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        paths = [sqlite, "sqlite:///desk.db", f"sqlite:///{tmp_path}/../{tmp_path.name}/desk.db"]
        (tmp_path / "linked.db").symlink_to(tmp_path / "desk.db")
        found = [turns_of(make_engine(path)) for path in [*paths, "sqlite:///linked.db"]]
        assert found[0] is not None
        assert len(set(found)) == 1
        assert turns_of(make_engine("sqlite:///other.db")) is not found[0]


HOLDING = """
import sys
from servicecore.backends.sql.processes import Processes
with Processes(sys.argv[1]).turn(10):
    print("mine", flush=True)
    sys.stdin.read()
"""


@pytest.mark.skipif(processes_module.fcntl is None, reason="no locks on parts of files")
class TestProcesses:
    @contextmanager
    def other(self, database: Path) -> Iterator[subprocess.Popen[str]]:
        """Another process that has its turn."""
        command = [sys.executable, "-c", HOLDING, str(database)]
        pipe = subprocess.PIPE
        with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as process:
            assert process.stdout
            assert process.stdout.readline() == "mine\n"
            try:
                yield process
            finally:
                process.kill()

    def test_another_process_is_waited_for(self, tmp_path: Path) -> None:
        mine = Processes(str(tmp_path / "desk.db"))
        with self.other(tmp_path / "desk.db") as process:
            with pytest.raises(StoreBusy, match="other processes"), mine.turn(0.01):
                pass  # pragma: no cover  # it is refused before
            assert process.stdin
            process.stdin.close()
            with mine.turn(PATIENCE):
                pass

    def test_a_process_that_was_killed_is_not(self, tmp_path: Path) -> None:
        mine = Processes(str(tmp_path / "desk.db"))
        with self.other(tmp_path / "desk.db") as process:
            process.kill()
            with mine.turn(PATIENCE):
                pass

    def test_a_store_waits_too(self, sqlite: str, tmp_path: Path) -> None:
        store = SqlStore(sqlite, busy_timeout="1s")
        with closing(store), self.other(tmp_path / "desk.db") as process:
            with pytest.raises(StoreBusy):
                append(store, write("R1"))
            process.kill()
            append(store, write("R1"))

    def test_a_folder_that_takes_no_file(self, tmp_path: Path) -> None:
        with Processes(str(tmp_path / "nowhere" / "desk.db")).turn(0.01):
            pass

    def test_a_platform_without_such_locks(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(processes_module, "fcntl", None)
        with Processes(str(tmp_path / "desk.db")).turn(0.01):
            assert list(tmp_path.iterdir()) == []
