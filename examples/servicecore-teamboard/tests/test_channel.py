"""The board as a channel promises what every channel does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from servicecore.testing.channels import Arrival, ChannelSuite, Receiver

from tests.kit import TOKEN, wall


class TestBoard(ChannelSuite):
    """All tests are those of the suite; this says where the board is, and how it fails."""

    def receiver(self) -> AbstractContextManager[Receiver]:
        return _board()

    def failing_for_now(self) -> AbstractContextManager[Receiver]:
        return _board(status=503)

    def failing_for_good(self) -> AbstractContextManager[Receiver]:
        return _board(status=400)

    def hanging(self) -> AbstractContextManager[Receiver]:
        return _board(hangs=True)

    def breaking_off(self) -> AbstractContextManager[Receiver]:
        return _board(status=None)


@contextmanager
def _board(*, status: int | None = 200, hangs: bool = False) -> Iterator[Receiver]:
    with wall() as opened:
        opened.status, opened.hangs = status, hangs

        def arrived() -> list[Arrival]:
            return [Arrival(card["subject"], card["text"], key) for key, card in opened.posted]

        board = opened.board(timeout=0.2 if hangs else 5)
        yield Receiver(board, "mail", arrived, secrets=(TOKEN,))
