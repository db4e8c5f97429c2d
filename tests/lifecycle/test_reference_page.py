"""The tables of events and commands in the reference, against the events and commands there are."""

from __future__ import annotations

import re
from pathlib import Path

from servicecore.lifecycle.commands import COMMANDS
from servicecore.lifecycle.commands.envelope import own_fields
from servicecore.lifecycle.events import EVENTS

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "lifecycle.md"
ROW = re.compile(r"^\| `(\w+)` \| `(\w+)` \| [^|]+ \| ([^|]+) \|$", re.MULTILINE)


def test_the_tables_name_every_event_with_its_command_and_its_fields() -> None:
    """R9: the list is closed, and the commands are the imperative of each."""
    commands = {command.writes.__name__: name for name, command in COMMANDS.items()}
    written = [
        (event, command, re.findall(r"`(\w+)`", fields))
        for event, command, fields in ROW.findall(PAGE.read_text(encoding="utf-8"))
    ]
    expected = [
        (name, commands[name], list(own_fields(kind).values())) for name, kind in EVENTS.items()
    ]
    assert written == expected


def test_only_two_commands_have_other_fields_than_their_events() -> None:
    """R9: as the page says above its tables."""
    others = {
        name
        for name, command in COMMANDS.items()
        if set(own_fields(command).values()) != set(own_fields(command.writes).values())
    }
    assert others == {"MakePromise", "Split"}
