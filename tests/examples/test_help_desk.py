"""The help desk under `examples/`: its policies are sound, and its story is told to the letter."""

from __future__ import annotations

import runpy
from datetime import UTC, datetime
from pathlib import Path

import pytest

from servicecore import replay, tick
from servicecore.__main__ import main
from servicecore.lifecycle.events import StepRecorded
from servicecore.lifecycle.situation import Situation

FOLDER = Path(__file__).parents[2] / "examples" / "help-desk"


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


def test_the_story_ends_as_its_hours_say() -> None:
    """R4, Q1, Q2, E5, R7: worked out by hand from the times in the story."""
    situation = told()
    assert (situation.status, situation.policy) == ("closed", "gold")
    assert (situation.ownership.handoffs, situation.ownership.bounces) == (3, 1)
    used = {name: str(cycles[-1].elapsed) for name, cycles in situation.readings.items()}
    # 1:50 before the third line has it, 0:25 until the supplier, 1:12 between customer and supplier
    assert used["second line"] == "3:27:00"
    assert used["third line"] == "0:45:00"
    # 11:20-12:50 and 14:10-11:30 of the next day, round the clock
    assert used["line care"] == "22:50:00"
    # ten hours and 48 minutes of Tuesday but for eight minutes of choosing, four and a half more
    assert used["resolution"] == "15:10:00"
    states = [str(promise.state(situation.instant)) for promise in situation.promises]
    assert states == ["kept", "broken", "kept"]
    steps = [(taken.step.ladder, taken.step.step, taken.told) for taken in situation.steps]
    assert steps == [
        ("sent back", "once", ("custodian: Network team",)),
        ("resolution in danger", "half", ("person: Priya Raman", "group: network")),
        ("supplier late", "late", ("role: supplier manager", "person: Lena Okafor")),
        ("silence", "four hours", ("person: Priya Raman",)),
        ("resolution in danger", "three quarters", ("person: Lena Okafor",)),
    ]
    closed = situation.history.last
    assert closed.occurred_at == datetime(2026, 3, 16, 10, 30, tzinfo=UTC)  # 120 h behind


def test_had_nothing_ticked_all_week_every_verdict_would_be_as_it_is() -> None:
    """E2, E5, R7: one late tick writes the same steps, and tells whoever is on call by then."""
    situation = told()
    timed = {"StepRecorded", "Closed"}
    without = [event for event in situation.history if type(event).__name__ not in timed]
    late = tick(without, situation.book, at=situation.at)
    assert {type(event).__name__ for event in late} == timed
    again = replay([*without, *late], situation.book, at=situation.at)
    assert (again.status, again.readings) == (situation.status, situation.readings)
    assert (again.ownership, again.promises) == (situation.ownership, situation.promises)
    assert [each.step for each in again.steps] == [each.step for each in situation.steps]
    assert {each.occurred_at for each in late if isinstance(each, StepRecorded)} == {situation.at}
    assert [each.told for each in again.steps][-1] == ("person: Matteo Ricci",)
