"""The people desk under `examples/`: its policies are sound, its story is told to the letter."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

from servicecore import load_policies, replay
from servicecore.__main__ import main
from servicecore.lifecycle.events import StatusChanged
from servicecore.lifecycle.machine import mermaid
from servicecore.lifecycle.situation import Situation

FOLDER = Path(__file__).parents[2] / "examples" / "hr-onboarding"


def told() -> Situation:
    """The situation at the end of the story."""
    situation = runpy.run_path(str(FOLDER / "story.py"))["tell"]()
    assert isinstance(situation, Situation)
    return situation


def test_the_policies_have_neither_faults_nor_warnings(capsys: pytest.CaptureFixture[str]) -> None:
    policies = FOLDER / "policies.toml"
    assert main(["check", str(policies)]) == 0
    assert capsys.readouterr().out == f"{policies}: 0 faults, 0 warnings\n"


def test_the_story_prints_what_stands_beside_it(capsys: pytest.CaptureFixture[str]) -> None:
    told()
    assert capsys.readouterr().out == (FOLDER / "story.txt").read_text(encoding="utf-8")


def test_the_readme_draws_the_lifecycle_of_the_policies() -> None:
    drawn = mermaid(load_policies(FOLDER / "policies.toml").lifecycle)
    assert f"```mermaid\n{drawn}\n```" in (FOLDER / "README.md").read_text(encoding="utf-8")


def test_a_state_moved_on_gives_what_a_replay_gives() -> None:
    """R1: the story keeps a state; its history replayed says the same."""
    situation = told()
    book = load_policies(FOLDER / "policies.toml")
    replayed = replay(situation.history, book, at=situation.at)
    assert replayed == situation
    assert replayed.explain() == situation.explain()


def test_the_story_ends_as_its_dates_say() -> None:
    """Q1, Q2, R7, R8: worked out by hand from the dates in the story."""
    situation = told()
    assert situation.status == "settled in"
    entered = [each.status for each in situation.history if isinstance(each, StatusChanged)]
    waiting, working = "waiting for the department", "preparing"
    assert entered == [working, waiting, working, "ready for day one"]
    states = [str(promise.state(situation.instant)) for promise in situation.promises]
    assert states == ["kept", "kept", "kept", "broken", "kept"]
    steps = [(taken.step.ladder, taken.told) for taken in situation.steps]
    assert steps == [("agreement awaited", ("role: hiring manager",))]
    # 5 February 9:15 to the offer on the 13th at 9:30 is 49:45, from the choice on 46:30 more
    preparation = situation.reading("preparation")
    assert preparation is not None
    assert str(preparation.elapsed) == "4 days, 0:15:00"
