"""What holds for every log."""

from __future__ import annotations

import csv
import io
import random
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from servicecore.lifecycle.events import (
    Cancelled,
    Closed,
    Event,
    Opened,
    Reopened,
    Resolved,
    StatusChanged,
)
from servicecore.logs import Log, LogMapping, mapping_from_dict, read_log

HEADER = ["id", "at", "n", "status", "group", "title"]
STATUSES = {
    "New": "new", "Active": "in progress", "Done": "resolved", "Closed": "closed",
    "Withdrawn": "cancelled", "Parked": "parked",
}  # fmt: skip
ENTERING = (StatusChanged, Resolved, Reopened, Closed, Cancelled)


def mapping(order: object) -> LogMapping:
    return mapping_from_dict({
        "request": "id",
        "order": order,
        "time": {"column": "at", "zone": "Europe/Berlin"},
        "status": {"column": "status", "names": STATUSES},
        "assignment": {"group": "group"},
        "facts": {"title": "title"},
    })  # fmt: skip


def read(text: str, order: object) -> Log:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "log.csv"
        path.write_text(text, encoding="utf-8", newline="")
        return read_log(path, mapping(order))


class Row(NamedTuple):
    """A row that can be used."""

    id: str
    at: str
    n: str
    status: str
    group: str
    title: str


MINUTES = st.integers(0, 400 * 24 * 60)
ROWS = st.builds(
    Row,
    id=st.sampled_from("abc"),
    at=MINUTES.map(lambda m: (datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=m)).isoformat()),
    n=st.integers(-5, 30).map(str),
    status=st.sampled_from(["", *STATUSES]),
    group=st.sampled_from(["", "net", "db"]),
    title=st.sampled_from(["", "x", 'a "quoted", one', "two\nlines"]),
)
ORDERS = st.sampled_from(["time", "file", {"column": "n"}])
# Rows with anything in them, and text that is no row at all.
BROKEN = st.lists(
    st.sampled_from(
        ["a", "b", "", "2026-03-01T10:00", "2026-03-29T02:30", "New", "Odd", "7", '"', "\n"]
    )
    | st.text(st.characters(codec="utf-8"), max_size=5),
    max_size=8,
).map(",".join)


def text_of(rows: list[Row]) -> str:
    lines = [HEADER, *rows]
    return "\n".join(
        ",".join('"' + cell.replace('"', '""') + '"' for cell in line) for line in lines
    )


def check(log: Log) -> None:
    """What every log promises."""
    assert log.rows_used + len(log.unusable) == log.rows_read
    assert [row.line for row in log.unusable] == sorted({row.line for row in log.unusable})
    assert [note.line for note in log.notes] == sorted(note.line for note in log.notes)
    assert all(row.reason for row in log.unusable)
    assert bool(log.histories) == bool(log.rows_used)
    for request, history in log.histories.items():
        assert type(history[0]) is Opened
        assert not any(isinstance(event, Opened) for event in history[1:])
        assert {event.request for event in history} == {request}
        assert [event.sequence for event in history] == list(range(len(history)))
        assert all(before.occurred <= after.occurred for before, after in pairwise(history))


@given(st.lists(BROKEN, max_size=12), st.sampled_from(["\n", "\r\n"]), ORDERS)
def test_whatever_a_file_holds_its_rows_are_used_or_listed(
    lines: list[str], end: str, order: object
) -> None:
    text = end.join([",".join(HEADER), *lines])
    log = read(text, order)
    check(log)
    rows = list(csv.reader(io.StringIO(text, newline="")))
    assert log.rows_read == sum(map(bool, rows[1:]))


@given(st.lists(ROWS, max_size=12), ORDERS)
def test_good_rows_are_all_used(rows: list[Row], order: object) -> None:
    log = read(text_of(rows), order)
    check(log)
    assert log.rows_used == len(rows)
    assert list(log.histories) == list(dict.fromkeys(row.id for row in rows))


def last_status(history: tuple[Event, ...]) -> str:
    return next((e.status for e in reversed(history) if isinstance(e, ENTERING)), "new")


@given(st.lists(ROWS, min_size=1, max_size=12), ORDERS)
def test_a_history_ends_in_the_status_of_its_last_row(rows: list[Row], order: object) -> None:
    keys = {"time": lambda row: row.at, "file": lambda _: 0}
    key = keys[order] if isinstance(order, str) else lambda row: int(row.n)
    log = read(text_of(rows), order)
    for request, history in log.histories.items():
        told = [row for row in sorted(rows, key=key) if row.id == request and row.status]
        assert last_status(history) == (STATUSES[told[-1].status] if told else "new")


@given(st.lists(ROWS, max_size=12), st.randoms(use_true_random=False), ORDERS)
def test_where_the_rows_of_other_requests_stand_does_not_matter(
    rows: list[Row], chance: random.Random, order: object
) -> None:
    of = {request: [row for row in rows if row.id == request] for request in "abc"}
    turns = [row.id for row in rows]
    chance.shuffle(turns)
    mixed = [of[request].pop(0) for request in turns]
    assert read(text_of(mixed), order).histories == read(text_of(rows), order).histories


@given(
    st.lists(
        ROWS, max_size=12, unique_by=(lambda row: (row.id, row.at), lambda row: (row.id, row.n))
    ),
    st.randoms(use_true_random=False),
    st.sampled_from(["time", {"column": "n"}]),
)
def test_the_order_of_the_file_does_not_matter_where_another_is_asked_for(
    rows: list[Row], chance: random.Random, order: object
) -> None:
    shuffled = list(rows)
    chance.shuffle(shuffled)
    assert read(text_of(shuffled), order).histories == read(text_of(rows), order).histories


@given(st.lists(ROWS, max_size=12), ORDERS)
def test_a_row_that_says_nothing_new_writes_nothing(rows: list[Row], order: object) -> None:
    twice = [row for row in rows for _ in range(2)]
    once, doubled = read(text_of(rows), order), read(text_of(twice), order)
    assert once.histories == doubled.histories
    assert doubled.rows_used == 2 * once.rows_used
