"""Killing processes finds what it is there for: stores that are torn, or lose notices."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from servicecore.backends.sql import SqlStore
from servicecore.testing import Opener, StoreSuite, store_kills
from servicecore.testing.nursery import Nursery, calls_of, named, nursery


class Tests(StoreSuite):
    """The suite, to be called by hand."""

    __test__ = False


tests = Tests()


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'desk.db'}"


@pytest.fixture
def store(url: str) -> Iterator[SqlStore]:
    with closing(SqlStore(url)) as store:
        yield store


@pytest.mark.parametrize(
    ("kind", "test"),
    [
        ("StoreOfTwoHalves", tests.test_a_writer_that_is_killed),
        ("StoreOfAtMostOnce", tests.test_a_worker_that_is_killed),
    ],
)
def test_what_is_lost_is_found(
    monkeypatch: pytest.MonkeyPatch, store: SqlStore, url: str, kind: str, test: Callable[..., None]
) -> None:
    """Issue 4, item 9: all or nothing, and at least once, also for a process that is killed."""
    monkeypatch.setattr(store_kills, "KILLS", 10)
    opener = Opener(f"tests.testing.torn_store:{kind}", url)
    with nursery(opener.function) as children, pytest.raises(AssertionError):
        test(store, opener, children)


ECHO = "tests.testing.test_store_kills:echo"


def echo(told: Any, say: Callable[[str], None]) -> None:
    """Say a word, as often as one is told to; a number less than that is a mistake."""
    if told["times"] < 0:
        raise ValueError("less often than never")
    for number in range(told["times"]):
        say(f"{told['word']} {number}")


@pytest.fixture(scope="module")
def children() -> Iterator[Nursery]:
    with nursery(ECHO) as children:
        yield children


class TestTheNursery:
    def test_children_say_what_they_do(self, children: Nursery) -> None:
        """Several at once, one after the other."""
        assert children.run(ECHO, {"word": "a", "times": 2}) == ["a 0", "a 1"]
        both = children.run(ECHO, *({"word": each, "times": 50} for each in "ab"))
        assert sorted(both) == sorted(f"{each} {n}" for each in "ab" for n in range(50))

    @pytest.mark.parametrize("how", ["dies", "killed"])
    def test_children_that_are_killed(self, children: Nursery, how: str) -> None:
        """At a call, or in the end where they make fewer."""
        said: list[str] = []
        calls = calls_of(lambda: echo({"word": "a", "times": 100}, said.append))
        early = children.run(ECHO, {"word": "a", "times": 100, how: 10})
        late = children.run(ECHO, {"word": "a", "times": 100, how: 10**9})
        assert late == [f"a {number}" for number in range(100)]
        assert late[: len(early)] == early
        assert how == "killed" or len(early) < 20 < calls

    def test_a_child_that_breaks(self, children: Nursery) -> None:
        """Its own error is what is heard of."""
        with pytest.raises(ChildProcessError, match="less often than never"):
            children.run(ECHO, {"word": "a", "times": -1})

    def test_what_is_called_by_name(self) -> None:
        """A module, and what is in it."""
        assert named(ECHO) is not None
