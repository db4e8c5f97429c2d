"""The board is told what happened at least once and in order, however often it is down."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import closing

import pytest
from servicecore.desk import Desk, Worker
from servicecore.errors import InvalidValue
from servicecore.hookspecs import hookimpl
from servicecore.lifecycle.commands import Assign, Open, Resolve
from servicecore.notices import NoticeState
from servicecore.stores import Entry

from servicecore_teamboard import Board, BoardFailed
from servicecore_teamboard.cards import card_of
from tests.kit import TOKEN, SetClock, Wall, desk_with, teamboard, wall


@pytest.fixture
def board() -> Iterator[Wall]:
    with wall() as opened:
        yield opened


class Counts:
    """Another plugin that is shown the feed."""

    def __init__(self) -> None:
        self.seen = 0

    @hookimpl
    def servicecore_recorded(self, entry: Entry) -> None:
        """Count it."""
        self.seen += 1


def work(desk: Desk) -> None:
    """Do what is due, as a worker does."""
    with closing(Worker(desk)) as worker:
        worker.once()


def written(desk: Desk) -> None:
    """Three things that the board wants to know, and one that it does not."""
    desk.submit(Open(id="c1", request="R1", facts={"service": "vpn"}))
    desk.handle(Resolve(id="c2", request="R1", reason="a new key"))


class TestCards:
    def test_say_what_happened_in_order(self, board: Wall) -> None:
        clock = SetClock()
        desk = desk_with(teamboard(board.board()), clock=clock)
        desk.submit(Open(id="c1", request="R1", facts={"service": "vpn"}))
        clock.go_on(hours=2)
        desk.tick()
        desk.handle(Assign(id="c2", request="R1", group="mail"))
        desk.handle(Resolve(id="c3", request="R1"))
        work(desk)
        cards = [card for card in board.cards if card["type"] != "notice"]
        assert [(card["type"], card.get("group"), card.get("person")) for card in cards] == [
            ("assigned", None, None),
            ("assigned", "network", "cy"),
            ("escalated", None, None),
            ("assigned", "mail", None),
            ("resolved", None, None),
        ]
        assert cards[2]["told"] == ["group: network"]
        assert cards[1]["at"] == "2026-03-06T09:00:00+00:00"

    def test_go_by_shard_and_position(self, board: Wall) -> None:
        """The same entry that comes twice is the same card; no two entries are."""
        desk = desk_with(teamboard(board.board()))
        written(desk)
        written(desk.on("other"))
        with desk.reading() as tx:
            entries = [*tx.feed("main"), *tx.feed("other")]
        cards = [card_of(entry) for entry in entries]
        assert len({card["id"] for card in cards if card}) == len(entries)
        for entry in (*entries, *entries):
            desk.plugins.ask(
                "teamboard", "servicecore_recorded", entry=entry, at=entry.event.occurred_at
            )
        assert len(board.posted) == 2 * len(entries)
        assert len(board.cards) == len(entries)

    def test_are_told_once_where_all_goes_well(self, board: Wall) -> None:
        desk = desk_with(teamboard(board.board()))
        written(desk)
        work(desk)
        work(desk)
        assert board.told("assigned", "resolved") == ["assigned R1", "assigned R1", "resolved R1"]
        assert len(board.posted) == len(board.cards)

    def test_are_not_told_where_there_is_no_board(self) -> None:
        desk = desk_with(teamboard())
        written(desk)
        work(desk)
        assert desk.parked("reader") == ()


class TestABoardThatIsDown:
    def test_stops_nobody_and_is_told_later(self, board: Wall) -> None:
        clock, other = SetClock(), Counts()
        desk = desk_with(teamboard(board.board()), other, clock=clock)
        board.status = 503
        written(desk)
        work(desk)
        assert other.seen == 3
        assert (board.refused, board.cards) == (["main/1"], [])
        desk.submit(Open(id="c3", request="R2", facts={"service": "mail"}))
        assert desk.situation("R2").ownership.person == "ann"
        work(desk)
        assert other.seen == 5
        assert board.refused == ["main/1"]  # not before its time
        board.status = 200
        clock.go_on(hours=1)
        work(desk)
        assert board.told("assigned", "resolved") == [
            "assigned R1", "assigned R1", "resolved R1", "assigned R2", "assigned R2",
        ]  # fmt: skip

    def test_that_breaks_off_may_be_told_again_and_knows_it(self, board: Wall) -> None:
        """What it took before it broke off comes again, under the same key."""
        clock = SetClock()
        desk = desk_with(teamboard(board.board()), clock=clock)
        written(desk)
        board.status = None
        work(desk)
        board.status = 200
        clock.go_on(hours=1)
        work(desk)
        assert [card["id"] for card in board.cards] == ["main/1", "main/2", "main/3"]

    def test_for_too_long_leaves_what_can_be_requeued(self, board: Wall) -> None:
        clock = SetClock()
        desk = desk_with(teamboard(board.board()), clock=clock)
        written(desk)
        board.status = 503
        while not desk.parked("reader"):
            work(desk)
            clock.go_on(hours=7)
        (parked,) = desk.parked("reader")
        assert (parked.key, parked.reason, parked.position) == ("teamboard", "BoardFailed", 1)
        assert board.refused.count("main/1") == 8
        board.status = 200
        work(desk)
        assert board.told("assigned", "resolved") == ["assigned R1", "resolved R1"]
        desk.requeue(parked)
        work(desk)
        assert board.cards[-1]["id"] == "main/1"
        assert desk.parked("reader") == ()

    @pytest.mark.parametrize("status", [401, 500, None])
    def test_gives_no_secret_away(
        self, board: Wall, status: int | None, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        board.status = status
        desk = desk_with(teamboard(board.board()))
        written(desk)
        work(desk)
        assert "BoardFailed: the board" in caplog.text
        assert TOKEN not in caplog.text
        assert "cards?" not in caplog.text


class TestNotices:
    def test_for_a_group_of_the_team_are_shown_on_the_board(self, board: Wall) -> None:
        clock = SetClock()
        desk = desk_with(teamboard(board.board()), clock=clock)
        desk.submit(Open(id="c1", request="R1", facts={"service": "payroll", "group": "mail"}))
        work(desk)
        (notice,) = (card for card in board.cards if card["type"] == "notice")
        assert (notice["group"], notice["request"]) == ("mail", "R1")
        assert "R1" in notice["subject"]
        (record,) = desk.notices("R1")
        assert record.state is NoticeState.DELIVERED

    def test_wait_for_the_hours_of_the_team(self, board: Wall) -> None:
        clock = SetClock()
        clock.go_on(hours=10)
        desk = desk_with(teamboard(board.board()), clock=clock)
        desk.submit(Open(id="c1", request="R1", facts={"group": "mail"}))
        work(desk)
        assert board.told("notice") == []
        clock.go_on(hours=61)  # from Friday evening to Monday at eight
        work(desk)
        assert "mail" in [card["group"] for card in board.cards if card["type"] == "notice"]

    def test_for_others_are_left_to_others(self, board: Wall) -> None:
        desk = desk_with(teamboard(board.board()))
        desk.submit(Open(id="c1", request="R1", facts={"group": "legal"}))
        work(desk)
        (record,) = desk.notices("R1")
        assert (record.state, board.told("notice")) == (NoticeState.UNDELIVERED, [])


@pytest.mark.parametrize(
    ("url", "token"),
    [
        ("ftp://board.example/s3cret", TOKEN),
        ("https:///s3cret", TOKEN),
        ("https://ann:s3cret@board.example/", TOKEN),
        ("https://board.example:s3cret/", TOKEN),
        ("https://[s3cret/", TOKEN),
        ("https://board.example/s3cret \r\nEvil: yes", TOKEN),
        ("https://board.example/", "s3cret\r\nEvil: yes"),
        ("https://board.example/", ""),
    ],
)
def test_what_no_board_can_be_reached_by_is_refused_in_silence(url: str, token: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        Board(url, token)
    assert "s3cret" not in str(refused.value)


def test_a_board_shows_its_host_alone() -> None:
    shown = repr(Board("https://board.example/s3cret", TOKEN))
    assert shown == "Board('board.example')"


def test_a_board_that_is_nowhere_is_a_failure() -> None:
    with wall() as gone:
        board = gone.board()
    with pytest.raises(BoardFailed, match="the board cannot be reached: ConnectionRefusedError"):
        board.tell({"id": "main/1"})


def test_a_board_that_hangs_is_left(board: Wall) -> None:
    board.hangs = True
    with pytest.raises(BoardFailed, match="the board cannot be reached: TimeoutError"):
        board.board(timeout=0.1).tell({"id": "main/1"})
