"""The plugin is found by its entry point, and says what is wrong with its environment."""

from __future__ import annotations

from pathlib import Path

import pytest
from servicecore.errors import InvalidValue, PluginsFailed
from servicecore.plugins import Plugins, PluginStatus

from servicecore_teamboard import load_team
from tests.kit import TOKEN

SAMPLE = Path(__file__).parent.parent / "team.toml"


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """All that the plugin needs."""
    monkeypatch.setenv("TEAMBOARD", str(SAMPLE))
    monkeypatch.setenv("TEAMBOARD_URL", "https://board.example/s3cret")
    monkeypatch.setenv("TEAMBOARD_TOKEN", TOKEN)
    return monkeypatch


def status() -> PluginStatus:
    """What became of the plugin."""
    (found,) = (each for each in Plugins.load().statuses if each.name == "teamboard")
    return found


@pytest.mark.usefixtures("environment")
def test_it_is_loaded_by_its_entry_point() -> None:
    plugins = Plugins.load(strict=True)
    assert "teamboard" in plugins.names
    assert status() == PluginStatus(
        "teamboard",
        "servicecore-teamboard 0.1.0",
        hooks=(
            "servicecore_register",
            "servicecore_assign",
            "servicecore_object_to",
            "servicecore_reach",
            "servicecore_recorded",
        ),
        registered=(
            "channel 'teamboard'",
            "calendar 'teamboard: hours'",
            "policies 'teamboard'",
        ),
    )


@pytest.mark.parametrize("variable", ["TEAMBOARD", "TEAMBOARD_URL", "TEAMBOARD_TOKEN"])
def test_without_a_variable_it_is_left_out_and_says_so(
    environment: pytest.MonkeyPatch, variable: str
) -> None:
    environment.delenv(variable)
    assert f"the environment variable {variable} is not set" in str(status().error)
    with pytest.raises(PluginsFailed) as failed:
        Plugins.load(strict=True)
    assert variable in str(failed.value)


def test_a_host_that_does_not_want_it_needs_no_environment() -> None:
    plugins = Plugins.load(disable=["teamboard"], strict=True)
    assert "teamboard" not in plugins.names


def test_what_is_wrong_with_the_environment_holds_no_secret(
    environment: pytest.MonkeyPatch,
) -> None:
    environment.setenv("TEAMBOARD_URL", "ftp://board.example/s3cret")
    assert "the URL of the board" in str(status().error)
    assert "s3cret" not in str(status().error)


def test_the_sample_is_a_team() -> None:
    team = load_team(SAMPLE)
    assert [(each.name, each.group, each.capacity) for each in team.people] == [
        ("ann", "mail", 4),
        ("bo", "mail", 2),
        ("cy", "network", 1),
    ]
    assert str(team.hours.zone) == "Europe/Berlin"


HOURS = '[hours]\ntimezone = "UTC"\nhours = { mon-fri = "09:00-17:00" }\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("people = [", "Invalid value"),
        ("", "hours"),
        ('[hours]\ntimezone = "Nowhere/At all"\n', "Nowhere"),
        (HOURS + "[people.ann]\nskills = []\n", "people.ann: .*group"),
        (HOURS + '[people.ann]\ngroup = "mail"\nskills = "mail"\n', "people.ann: skills"),
        (HOURS + '[people.ann]\ngroup = "mail"\nskills = []\nskils = 1\n', "people.ann: .*skils"),
        (HOURS + '[people.ann]\ngroup = ""\nskills = []\n', "people.ann: group"),
        (HOURS + '[people.ann]\ngroup = "m"\nskills = []\ncapacity = -1\n', "capacity is -1"),
        (HOURS + '[people.ann]\ngroup = "m"\nskills = []\ncapacity = true\n', "capacity is True"),
        (HOURS + "[people]\nann = 3\n", "people.ann"),
        ("people = 3\n" + HOURS, "team.toml cannot be used as a team"),
        (HOURS + "[team]\n", "team.toml has team: expected people and hours"),
    ],
)
def test_a_file_that_is_none_says_where(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "team.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidValue, match=said):
        load_team(file)
