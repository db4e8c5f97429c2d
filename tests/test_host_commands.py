"""The commands of whoever runs a desk: what they print, what they do, and how they end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from servicecore.__main__ import main
from servicecore.backends.sql import SqlStore
from servicecore.desk import Desk
from servicecore.lifecycle.commands import Open
from servicecore.sla import Policy, PolicyBook, Target
from tests.plugins.distributions import Shelf

POLICIES = """
[[policies]]
name = "standard"
calendar = "always"
targets.resolution."*" = "1s"

[[escalations]]
name = "late"
clock = "resolution"
[[escalations.steps]]
name = "tell"
after = "0m"
tell = ["role: duty manager"]
"""
BOOK = PolicyBook.of(Policy("standard", {"resolution": Target("1s")}))


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'desk.db'}"


@pytest.fixture
def opened(url: str) -> Iterator[Desk]:
    """A desk on the store with one request that is late."""
    store = SqlStore(url)
    desk = Desk(store, BOOK)
    desk.submit(Open(id="c1", request="R1", facts={"customer": "acme"}))
    yield desk
    store.close()


@pytest.fixture
def policies(tmp_path: Path) -> str:
    path = tmp_path / "policies.toml"
    path.write_text(POLICIES, encoding="utf-8")
    return str(path)


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shelf:
    folder = tmp_path / "shelf"
    folder.mkdir()
    return Shelf(folder, monkeypatch)


HOUSE = """
from servicecore.hookspecs import hookimpl

class House:
    @hookimpl
    def servicecore_reach(self, notice):
        return None
"""


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A host's own plugin, which knows how to reach nobody."""
    folder = tmp_path / "house"
    folder.mkdir()
    (folder / "house_of_this_test.py").write_text(HOUSE, encoding="utf-8")
    monkeypatch.syspath_prepend(str(folder))
    return "house_of_this_test:House"


class TestPlugins:
    def test_are_listed(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["plugins"]) == 0
        out = capsys.readouterr().out
        assert "store 'sqlite'" in out
        assert "hooks: register" in out

    def test_that_failed_are_told_with_their_reason(
        self, shelf: Shelf, capsys: pytest.CaptureFixture[str]
    ) -> None:
        shelf.add("broken", "broken", "1 / 0\n")
        assert main(["plugins"]) == 1
        assert "failed in load: it cannot be imported: ZeroDivisionError" in capsys.readouterr().out
        assert main(["plugins", "--disable", "broken"]) == 0
        assert "disabled" in capsys.readouterr().out

    def test_of_a_host_are_named(self, house: str, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["plugins", "--plugin", house]) == 0
        assert "House" in capsys.readouterr().out
        assert main(["plugins", "--plugin", "house_of_this_test:Hut"]) == 1
        assert "the plugin 'house_of_this_test:Hut' cannot be imported" in capsys.readouterr().err
        assert main(["plugins", "--plugin", "a b:c"]) == 1
        assert "expected MODULE or MODULE:NAME" in capsys.readouterr().err
        assert main(["plugins", "--plugin", "json"]) == 1
        assert "has no hooks" in capsys.readouterr().err


class TestMigrate:
    def test_makes_tables_once(self, url: str, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["migrate", url]) == 0
        assert "first tables" in capsys.readouterr().out
        assert main(["migrate", url]) == 0
        assert capsys.readouterr().out == "nothing to do: the tables are up to date\n"

    def test_is_for_stores_with_tables(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["migrate", "memory:"]) == 1
        assert "unknown kind of store with tables 'memory'" in capsys.readouterr().err


class TestWorker:
    def test_does_what_is_due_once(
        self, url: str, opened: Desk, policies: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        time.sleep(1.1)  # the target; the wall clock is what a worker goes by
        assert main(["worker", url, "--once", "--policies", policies]) == 0
        assert capsys.readouterr().out == "1 timers, 0 entries, 0 notices\n"
        assert [type(event).__name__ for event in opened.situation("R1").history][:2] == [
            "Opened",
            "StepRecorded",
        ]

    def test_leaves_notices_waiting_where_nobody_can_be_reached(
        self, url: str, opened: Desk, policies: str, house: str
    ) -> None:
        command = ["worker", url, "--once", "--policies", policies]
        assert main(command) == 0
        assert opened.notices("R1")[0].state == "waiting"
        assert main([*command, "--plugin", house]) == 0
        assert opened.notices("R1")[0].state == "undelivered"

    def test_needs_policies_and_a_store_that_is_there(
        self, url: str, policies: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """Without policies it would disarm every timer; a mistyped file is not made."""
        assert main(["worker", url, "--once", "--policies", policies]) == 1
        assert "there is no store at" in capsys.readouterr().err
        assert not (tmp_path / "desk.db").exists()
        assert main(["migrate", url]) == 0
        for command in ("worker", "rearm"):
            assert main([command, url]) == 1
            assert "there are no policies" in capsys.readouterr().err

    def test_sets_timers_anew(
        self, url: str, opened: Desk, policies: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(["rearm", url, "--policies", policies]) == 0
        assert capsys.readouterr().out == "1 timers set anew\n"

    def test_needs_all_plugins(
        self, url: str, shelf: Shelf, policies: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        shelf.add("broken", "broken", "1 / 0\n")
        assert main(["migrate", url]) == 0
        command = ["worker", url, "--once", "--policies", policies]
        assert main(command) == 1
        assert "not every plugin could be loaded" in capsys.readouterr().err
        assert main([*command, "--disable", "broken"]) == 0

    def test_says_which_kinds_of_stores_there_are(
        self, policies: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(["worker", "mysql://here", "--once", "--policies", policies]) == 1
        assert "unknown kind of store 'mysql'" in capsys.readouterr().err

    def test_ends_on_a_signal(self, url: str, policies: str) -> None:
        assert main(["migrate", url]) == 0
        process = subprocess.Popen(
            [sys.executable, "-m", "servicecore", "worker", url, "--policies", policies],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=dict(os.environ),
        )
        assert process.stderr is not None
        assert "notices are left waiting" in process.stderr.readline()
        assert process.stderr.readline().endswith("the worker is at work; SIGTERM ends it\n")
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=30)
        assert (process.returncode, errors) == (0, "")


class TestNotices:
    def test_say_why(
        self,
        url: str,
        opened: Desk,
        policies: str,
        house: str,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        assert main(["worker", url, "--once", "--policies", policies, "--plugin", house]) == 0
        capsys.readouterr()
        assert main(["notices", url, "R1"]) == 0
        out = capsys.readouterr().out
        assert out.startswith("received for customer: acme: undelivered\n")
        assert "nobody knows how to reach them" in out
        assert main(["notices", url, "R1", "--language", "ru"]) == 0
        assert "nobody" not in capsys.readouterr().out
        assert main(["notices", url, "R9"]) == 1
        assert "there is no request 'R9'" in capsys.readouterr().err


class TestParked:
    def test_is_listed_and_requeued(
        self,
        url: str,
        opened: Desk,
        policies: str,
        house: str,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        assert main(["worker", url, "--once", "--policies", policies, "--plugin", house]) == 0
        capsys.readouterr()
        assert main(["parked", url]) == 0
        out = capsys.readouterr().out
        assert "notice 'received/c1/1/customer: acme', since " in out
        assert "UTC: nobody knows how to reach them\n" in out
        assert main(["parked", url, "--kind", "timer"]) == 0
        assert capsys.readouterr().out == "0 parked\n"
        assert main(["parked", url, "--key", "other"]) == 0
        assert capsys.readouterr().out == "0 parked\n"
        assert main(["parked", url, "--requeue"]) == 0
        assert capsys.readouterr().out.endswith(" parked, and queued again\n")
        assert opened.parked() == ()
