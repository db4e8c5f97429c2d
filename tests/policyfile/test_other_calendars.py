"""A policy file may name calendars that are not its own, such as those of plugins (B2)."""

from __future__ import annotations

from pathlib import Path

import pytest

from servicecore.errors import PolicyFileError
from servicecore.plugins import Plugins
from servicecore.policyfile import dump_policies, load_policies, loads_policies
from servicecore.sla import Calendar

FILE = """
[calendars.weekdays]
any_of = ["nights", "shifts:early"]

[[policies]]
name = "standard"
calendar = "{calendar}"
targets.resolution."*" = "4h"
"""


def hours(times: str) -> Calendar:
    return Calendar.from_dict({"timezone": "UTC", "hours": {"mon-fri": times}})


@pytest.fixture
def plugins() -> Plugins:
    plugins = Plugins()
    plugins.registry.add_calendar("nights", hours("22:00-06:00"))
    plugins.registry.add_calendars("shifts", lambda name: {"early": hours("06:00-14:00")}[name])
    return plugins


@pytest.mark.parametrize("calendar", ["nights", "shifts:early", "weekdays"])
def test_they_count_as_its_own_do(plugins: Plugins, calendar: str, tmp_path: Path) -> None:
    path = tmp_path / "policies.toml"
    path.write_text(FILE.format(calendar=calendar), encoding="utf-8")
    book = load_policies(path, calendars=plugins.registry.calendars)
    (policy,) = book.policies
    target = policy.target("resolution", "low")
    assert target is not None
    assert target.calendar.name == calendar
    assert loads_policies(dump_policies(book)) == book  # with what it uses of them


def test_those_that_it_does_not_use_are_no_part_of_the_book(plugins: Plugins) -> None:
    text = FILE.format(calendar="always").replace("[calendars.weekdays]", "[calendars.other]")
    book = loads_policies(text, calendars=plugins.registry.calendars)
    assert set(book.calendars) == {"other", "nights", "shifts:early"}


def test_an_unknown_one_is_said_with_all_that_are_known(plugins: Plugins) -> None:
    text = FILE.format(calendar="shifts:late")
    with pytest.raises(PolicyFileError) as found:
        loads_policies(text, calendars=plugins.registry.calendars)
    assert "unknown calendar 'shifts:late'" in str(found.value)
    assert "nights" in str(found.value)
    assert "weekdays" in str(found.value)
