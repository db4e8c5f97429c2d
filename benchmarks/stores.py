"""The SQL store against the bare driver: the same statements with the same values, in the same run.

A first run writes down every statement that the store sends, with its values. Then, in every round,
the store does the same once more in an empty database, and the bare driver sends what was written
down to another one; four threads each. What is compared is time on the wall, for the database takes
its part of it. The bare SQLite driver tries again for a minute while others are in its way.
"""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager, suppress
from functools import partial
from statistics import median
from subprocess import PIPE
from tempfile import TemporaryDirectory
from threading import Barrier, BrokenBarrierError
from time import perf_counter
from typing import Any, NamedTuple

from sqlalchemy import event, insert

from benchmarks.fresh import ROOT
from benchmarks.measure import Timings
from benchmarks.table import Row
from servicecore.backends.sql import SqlStore, migrate
from servicecore.backends.sql.engines import engine_of
from servicecore.backends.sql.rows import head_values, new_notice
from servicecore.backends.sql.schema import heads, notices
from servicecore.instants import HOUR, MINUTE, SECOND
from servicecore.lifecycle.events import Opened, Replied
from servicecore.notices import Notice
from servicecore.stores import CommandKey, Summary, Write
from tests.postgres import database, why_missing

WORKERS = 4
OURS, BARE = "the store", "the bare driver"
OFTEN_ENOUGH = 3.0
"""The slowest of the writers commits a third as often as the fastest, at least."""

MOST = 100
"""The transactions of a worker in a round; fewer in few rounds."""

SUMMARY = Summary(
    status="new", is_open=True, opened=0, kind="incident", priority="P2", customer="acme"
)
YEAR = 365 * 24 * HOUR

Fresh = Callable[[], AbstractContextManager[str]]
"""Makes an empty database, and gives its URL."""

Transaction = list[tuple[str, Any, bool]]
"""Statements with their values, and whether these are many."""


class Task(NamedTuple):
    """What is measured: what is there before, a transaction of a worker, and the goal.

    The goal is how many times as long as the bare driver's it may take.
    """

    prepare: Callable[[str, int], None]
    do: Callable[[SqlStore, int, int], None]
    goal: float


def stores(rounds: int, open_: Sequence[int] = (1_000, 100_000)) -> Iterator[Row]:
    """Appends and claims, who comes first, and what it costs that many requests are open."""
    size = min(25 * rounds, MOST)
    yield from _measured("SQLite", _sqlite, rounds, size, open_)
    if hint := why_missing():
        yield Row("the same on PostgreSQL", None, answers=hint)
    else:
        yield from _measured("PostgreSQL", database, rounds, size, open_)


@contextmanager
def _sqlite() -> Iterator[str]:
    with TemporaryDirectory() as folder:
        yield f"sqlite:///{folder}/desk.db"


def _measured(
    name: str, fresh: Fresh, rounds: int, size: int, open_: Sequence[int]
) -> Iterator[Row]:
    for what, task in TASKS.items():
        seconds, ahead = _against_the_driver(fresh, task, rounds, size)
        timings = Timings(seconds)
        ratio = timings.ratio(OURS, BARE)
        yield Row(f"{what}, {name}", timings.of(OURS), BARE, timings.of(BARE), ratio, task.goal)
        if what == "append":
            yield _share(f"{WORKERS} threads, {name}", ahead)
    if name == "SQLite":
        yield _share(f"{WORKERS} processes, {name}", [_processes(size) for _ in range(rounds)])
    yield _what_is_open(name, fresh, rounds, open_)


def _share(name: str, ahead: Sequence[float]) -> Row:
    said = "commits until the first is done"
    return Row(name, "the fastest", "the slowest", "", median(ahead), OFTEN_ENOUGH, said)


# What is measured.


def _append(store: SqlStore, worker: int, number: int) -> None:
    """One event with its head, a notice and the command: of a new request, or one more of it."""
    with store.transaction(write=True) as tx:
        command = CommandKey(id=f"c{worker}-{number}", digest="0" * 64)
        tx.append("main", [_write(worker, number)], command)


def _write(worker: int, number: int) -> Write:
    request, id = f"R{worker}-{number // 2}", f"c{worker}-{number}/1"
    opened = Opened(request=request, occurred_at=number, id=id, facts={"customer": "acme"})
    replied = Replied(request=request, occurred_at=number, id=id)
    return Write(
        request=request,
        expected=number % 2,
        events=(replied if number % 2 else opened,),
        summary=SUMMARY,
        wake=number,
        notices=(_notice(f"{id}: customer", request, number),),
    )


def _notice(id: str, request: str, made: int) -> Notice:
    facts = {"subject": "no network on the second floor", "opened_at": made}
    return Notice(
        id=id, request=request, template="received", recipient="customer: acme", facts=facts,
        made_at=made,
    )  # fmt: skip


def _claim_timers(store: SqlStore, _worker: int, _number: int) -> None:
    with store.transaction(write=True) as tx:
        assert len(tx.claim("timer", at=YEAR, lease=MINUTE, limit=10)) == 10


def _claim_notices(store: SqlStore, _worker: int, _number: int) -> None:
    with store.transaction(write=True) as tx:
        assert len(tx.claim("notice", at=YEAR, lease=MINUTE, limit=10)) == 10


def _put_requests(url: str, size: int, apart: int = SECOND, first: int = 0) -> None:
    """Open requests, whose timers ring at that distance from each other."""
    head = head_values("main", _write(0, 0))
    rows = [
        {**head, "request": f"R{number}", "wake": (number + bool(first)) * apart}
        for number in range(first, size)
    ]
    _put(url, heads, rows)


def _put_notices(url: str, size: int) -> None:
    _put(
        url, notices, [new_notice("main", _notice(f"n{each}", "R1", each)) for each in range(size)]
    )


def _put(url: str, table: Any, rows: Sequence[Any]) -> None:
    engine = engine_of(url)
    with engine.begin() as connection:
        connection.execute(insert(table), rows)
    engine.dispose()


def _put_nothing(_url: str, _size: int) -> None:
    pass


TASKS = {
    "append": Task(_put_nothing, _append, 2.5),
    "claim 10 timers": Task(_put_requests, _claim_timers, 2.0),
    "claim 10 notices": Task(_put_notices, _claim_notices, 2.0),
}


# How it is measured.

Worker = Callable[[], AbstractContextManager[Callable[[int], None]]]
"""What opens a connection, and gives what does a transaction by its number."""


def _against_the_driver(
    fresh: Fresh, task: Task, rounds: int, size: int
) -> tuple[dict[str, list[float]], list[float]]:
    """Seconds for a transaction, and how far the fastest of our workers was ahead."""
    with _prepared(fresh, task, size) as url:
        scripts = _written_down(url, task, size)
    seconds: dict[str, list[float]] = {OURS: [], BARE: []}
    shares = []
    for _ in range(rounds):
        with _prepared(fresh, task, size) as url, closing(SqlStore(url)) as store:
            ends = _together([partial(_ours, store, task, each) for each in range(WORKERS)], size)
            seconds[OURS].append(max(map(max, ends)) / size / WORKERS)
            shares.append(_ahead(ends))
        with _prepared(fresh, task, size) as url:
            ends = _together([partial(_bare, url, script) for script in scripts], size)
            seconds[BARE].append(max(map(max, ends)) / size / WORKERS)
    return seconds, shares


@contextmanager
def _prepared(fresh: Fresh, task: Task, size: int) -> Iterator[str]:
    with fresh() as url:
        migrate(url)
        task.prepare(url, size * WORKERS * 10)
        yield url


def _written_down(url: str, task: Task, size: int) -> list[list[Transaction]]:
    """The transactions of every worker, as they reach the driver."""
    sent: Transaction = []
    engine = engine_of(url)

    @event.listens_for(engine, "before_cursor_execute")
    def write_down(_connection, _cursor, statement, values, _context, many) -> None:
        sent.append((statement, values, many))

    scripts: list[list[Transaction]] = [[] for _ in range(WORKERS)]
    store = SqlStore(engine)
    with store.transaction():
        pass  # it looks for the tables once
    for worker, script in enumerate(scripts):
        for number in range(size):
            sent.clear()
            task.do(store, worker, number)
            script.append(list(sent))
    engine.dispose()
    return scripts


@contextmanager
def _ours(store: SqlStore, task: Task, worker: int) -> Iterator[Callable[[int], None]]:
    with store.transaction() as tx:
        tx.shards()
    yield partial(task.do, store, worker)


@contextmanager
def _bare(url: str, script: Sequence[Transaction]) -> Iterator[Callable[[int], None]]:
    with closing(_connected(url)) as connection:
        cursor = connection.cursor()

        def send(number: int) -> None:
            for statement, values, many in script[number]:
                (cursor.executemany if many else cursor.execute)(statement, values)
                if cursor.description:
                    cursor.fetchall()
            connection.commit()

        yield send


def _connected(url: str) -> Any:
    if not url.startswith("sqlite"):
        from psycopg import connect

        return connect(url)
    connection = sqlite3.connect(url.removeprefix("sqlite:///"), timeout=60, isolation_level=None)
    connection.execute("PRAGMA synchronous = FULL")
    return connection


def _together(workers: Sequence[Worker], size: int) -> list[list[float]]:
    """When each of the workers has finished each of its transactions; they begin together."""
    ready = Barrier(len(workers) + 1)
    ends: list[list[float]] = [[] for _ in workers]

    def work(worker: Worker, mine: list[float]) -> None:
        try:
            with worker() as do:
                ready.wait()
                for number in range(size):
                    do(number)
                    mine.append(perf_counter())
        except BaseException:
            ready.abort()  # nobody waits for one that has failed
            raise

    with ThreadPoolExecutor(len(workers)) as threads:
        working = [threads.submit(work, *each) for each in zip(workers, ends, strict=True)]
        with suppress(BrokenBarrierError):
            ready.wait()
        began = perf_counter()
        for each in working:
            each.result()
    return [[end - began for end in mine] for mine in ends]


def _ahead(ends: Sequence[Sequence[float]]) -> float:
    """How many times as often the fastest has committed as the slowest, when the first is done."""
    first = min(mine[-1] for mine in ends)
    often = [sum(end <= first for end in mine) for mine in ends]
    return max(often) / max(min(often), 1)


PROCESS = """
import sys
from benchmarks.stores import appended
print("ready", flush=True)
sys.stdin.readline()
print(*appended(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
"""


def appended(url: str, worker: int, size: int) -> list[float]:
    """Append as one of several processes; when each of the transactions was finished."""
    with closing(SqlStore(url)) as store:
        return [(_append(store, worker, number), perf_counter())[1] for number in range(size)]


def _processes(size: int) -> float:
    """How far the fastest of several processes is ahead."""
    with _prepared(_sqlite, TASKS["append"], size) as url:
        started = [
            subprocess.Popen(  # noqa: S603  # a program of our own
                [sys.executable, "-c", PROCESS, url, str(worker), str(size)],
                stdin=PIPE, stdout=PIPE, text=True, cwd=ROOT,
            )
            for worker in range(WORKERS)
        ]  # fmt: skip
        for process in started:
            assert process.stdout
            process.stdout.readline()
        for process in started:
            assert process.stdin
            process.stdin.write("now\n")
            process.stdin.flush()
        said = [process.communicate()[0] for process in started]
    return _ahead([[float(end) for end in each.split()] for each in said])


def _what_is_open(name: str, fresh: Fresh, rounds: int, open_: Sequence[int]) -> Row:
    """A claim of the ten that are due, where few and where many requests are open."""
    few, many = (f"{size:,}" for size in open_)
    seconds: dict[str, list[float]] = {few: [], many: []}
    with ExitStack() as stack:
        stores_ = [stack.enter_context(_with_open(fresh, size)) for size in open_]
        for number in range(rounds * 10 + 2):
            for said, store in zip((few, many), stores_, strict=True):
                seconds[said].append(_claim_ten(store, MINUTE + number))
    timings = Timings({said: each[2:] for said, each in seconds.items()})
    ratio = timings.ratio(many, few)
    what = f"claim the 10 due of {many}, {name}"
    return Row(what, timings.of(many), f"of {few}", timings.of(few), ratio, 2.0)


@contextmanager
def _with_open(fresh: Fresh, size: int) -> Iterator[SqlStore]:
    with fresh() as url:
        migrate(url)
        _put_requests(url, 10)
        _put_requests(url, size, YEAR // size, first=10)
        with closing(SqlStore(url)) as store:
            yield store


def _claim_ten(store: SqlStore, at: int) -> float:
    """Seconds for a claim that lasts no longer than until the next one."""
    began = perf_counter()
    with store.transaction(write=True) as tx:
        claimed = tx.claim("timer", at=at, lease=1, limit=100)
    assert len(claimed) == 10
    return perf_counter() - began
