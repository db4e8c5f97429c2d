"""The list of plugins says all that there is to know, and nothing of it drives a terminal."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from servicecore.errors import PluginError
from servicecore.hookspecs import HOOKS, PREFIX
from servicecore.plugins import Plugins, PluginStatus
from servicecore.plugins.printed import plugins_printed

BROKEN = PluginError("broken", "load", "it cannot be imported: KeyError: 'no'")

texts = st.text(min_size=1, max_size=12)
errors = st.builds(PluginError, texts, st.sampled_from(["load", *HOOKS]), texts)
hooks = st.lists(st.sampled_from(sorted(HOOKS)), unique=True).map(tuple)
loaded = st.builds(PluginStatus, texts, texts, hooks, st.lists(texts, max_size=3).map(tuple))
failed = st.builds(PluginStatus, texts, texts, error=errors)
disabled = st.builds(PluginStatus, texts, texts, disabled=st.just(True))


def test_each_plugin_is_listed_with_what_it_does_or_why_it_does_not() -> None:
    statuses = (
        PluginStatus(
            "board",
            "servicecore-board 1.2",
            ("servicecore_register", "servicecore_assign"),
            ("channel 'board'", "calendar 'board: hours'"),
        ),
        PluginStatus("broken", "broken 0.1", error=BROKEN),
        PluginStatus("holidays", "days-off 3", disabled=True),
        PluginStatus("idle", "registered by the host"),
    )
    assert plugins_printed(statuses).split("\n") == [
        "board     servicecore-board 1.2   hooks: register, assign",
        "                                  adds: channel 'board', calendar 'board: hours'",
        "broken    broken 0.1              failed in load: it cannot be imported: KeyError: 'no'",
        "holidays  days-off 3              disabled",
        "idle      registered by the host  hooks: none, so it does nothing",
    ]


def test_where_there_is_none_that_is_said() -> None:
    assert plugins_printed(Plugins().statuses) == "no plugin is installed"


@given(st.lists(loaded | failed | disabled, min_size=1))
def test_whatever_plugins_say_of_themselves_each_has_its_lines(
    statuses: list[PluginStatus],
) -> None:
    """A line for each, a second one for what it adds, and only what shows."""
    lines = plugins_printed(statuses).split("\n")
    assert all(line.isprintable() for line in lines)
    assert len(lines) == len(statuses) + sum(bool(each.registered) for each in statuses)


@given(st.lists(loaded, min_size=1))
def test_what_they_do_stands_in_one_column(statuses: list[PluginStatus]) -> None:
    plain = [
        PluginStatus(f"plugin{number}" * number, "x" * number, each.hooks)
        for number, each in enumerate(statuses, 1)
    ]
    lines = plugins_printed(plain).split("\n")
    assert len({line.index("hooks: ") for line in lines}) == 1
    for line, status in zip(lines, plain, strict=True):
        told = line.partition("hooks: ")[2].split(", ")
        assert [hook for hook in told if PREFIX + hook in HOOKS] == [
            hook.removeprefix(PREFIX) for hook in status.hooks
        ]
