"""Plugins are found, checked, loaded one by one, and asked one by one (B1-B3)."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from servicecore.errors import InvalidValue, PluginError, PluginsFailed, UnknownName
from servicecore.hookspecs import Assignment, Hooks, Registry, hookimpl
from servicecore.plugins import Plugins, faults_in
from servicecore.sla import Calendar, Policy, PolicyBook, Target, always
from servicecore.sla.statuses import DEFAULT_LIFECYCLE
from servicecore.stores import MemoryStore
from tests.plugins.distributions import Shelf

HEAD = "from servicecore.hookspecs import Assignment, Hooks, hookimpl\n"
GOOD = HEAD + "@hookimpl\ndef servicecore_assign(situation):\n    return Assignment('{}')\n"


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shelf:
    return Shelf(tmp_path, monkeypatch)


def found(plugins: Plugins) -> dict[str, str]:
    """What became of the plugins that are not the library's own: empty where all is well."""
    return {
        each.name: str(each.error or "")
        for each in plugins.statuses
        if not each.source.startswith("servicecore ")
    }


class TestLoading:
    def test_takes_distributions_by_the_name_of_the_plugin(self, shelf: Shelf) -> None:
        shelf.add("zebra", "alpha", GOOD.format("a"))
        shelf.add("aardvark", "omega", GOOD.format("o"))
        plugins = Plugins.load()
        assert list(found(plugins)) == ["alpha", "omega"]
        (alpha,) = (each for each in plugins.statuses if each.name == "alpha")
        assert (alpha.source, alpha.hooks) == ("zebra 1.2", ("servicecore_assign",))

    def test_takes_a_module_an_object_or_a_class(self, shelf: Shelf) -> None:
        method = "    @hookimpl\n    def servicecore_assign(self, load):\n        return None\n"
        kind = f"class Board(Hooks):\n{method}"
        shelf.add("one", "module", GOOD.format("a"))
        shelf.add("two", "class", HEAD + kind, "Board")
        shelf.add("three", "object", HEAD + kind + "board = Board()\n", "board")
        plugins = Plugins.load(strict=True)
        assert {"module", "class", "object"} <= set(plugins.implementing("servicecore_assign"))

    @pytest.mark.parametrize(
        ("source", "said"),
        [
            ("1 / 0\n", "ZeroDivisionError: division by zero"),
            ("import sys\nsys.exit(3)\n", "SystemExit: 3"),
            ("import no_such_module\n", "ModuleNotFoundError"),
            ("def (\n", "SyntaxError"),
            (HEAD + "@hookimpl\ndef servicecore_assing(load): ...\n", "did you mean"),
            (HEAD + "@hookimpl\ndef servicecore_register(registry):\n    1 / 0\n", "division"),
            (HEAD + "@hookimpl\ndef servicecore_register(registry):\n    exit(3)\n", "SystemExit"),
            (HEAD + "class P:\n    lazy = property(lambda self: 1 / 0)\nplugin = P()\n", "lazy"),
            (HEAD + "class P:\n    def __init__(self):\n        1 / 0\nplugin = P\n", "be made"),
            (HEAD + "def plugin(): ...\n", "it is the function"),
        ],
    )
    def test_leaves_out_what_fails_and_nothing_else(
        self, shelf: Shelf, source: str, said: str
    ) -> None:
        shelf.add("broken", "broken", source, "plugin" * ("plugin" in source))
        shelf.add("sound", "sound", GOOD.format("a"))
        plugins = Plugins.load()
        assert said in found(plugins)["broken"]
        assert found(plugins)["sound"] == ""
        assert "broken" not in plugins.names
        assert "broken" not in plugins.implementing("servicecore_assign")
        with pytest.raises(PluginsFailed) as failed:
            Plugins.load(strict=True)
        assert "the plugin 'broken' failed in" in str(failed.value)
        assert [error.plugin for error in failed.value.exceptions] == ["broken"]

    def test_does_not_even_import_what_is_disabled(self, shelf: Shelf) -> None:
        shelf.add("broken", "broken", "1 / 0\n")
        plugins = Plugins.load(disable=["broken"], strict=True)
        assert "shelved_broken" not in sys.modules
        assert [each.name for each in plugins.statuses if each.disabled] == ["broken"]

    def test_knows_what_it_is_told_to_disable(self, shelf: Shelf) -> None:
        shelf.add("sound", "sound", GOOD.format("a"))
        assert "sound" in Plugins.load(disable="sql").names
        with pytest.raises(UnknownName, match="unknown plugin 'sond': did you mean 'sound'"):
            Plugins.load(disable=["sond"])

    def test_names_both_plugins_of_one_name(self, shelf: Shelf) -> None:
        shelf.add("first", "board", GOOD.format("a"))
        shelf.add("second", "board", GOOD.format("b"))
        errors = [str(each.error) for each in Plugins.load().statuses if each.error]
        assert len(errors) == 1
        assert "first 1.2" in errors[0]
        assert "second 1.2" in errors[0]

    def test_names_both_plugins_that_register_the_same_name(self, shelf: Shelf) -> None:
        source = HEAD + (
            "from servicecore.sla import always\n"
            "@hookimpl\ndef servicecore_register(registry):\n"
            "    registry.add_calendar('own {0}', always)\n"
            "    registry.add_calendar('nights', always)\n"
        )
        shelf.add("first", "first", source.format(1))
        shelf.add("second", "second", source.format(2))
        plugins = Plugins.load()
        assert (
            "the calendar 'nights' of 'second' is there already, of 'first'"
            in (found(plugins)["second"])
        )
        # What the second one added before it failed is not there either.
        assert set(plugins.registry.named_calendars) == {"own 1", "nights"}

    def test_the_hosts_own_come_last_and_are_asked_first(self, shelf: Shelf) -> None:
        shelf.add("installed", "installed", GOOD.format("a"))
        plugins = Plugins.load(Assigns("b"))
        assert plugins.implementing("servicecore_assign") == ("Assigns", "installed")


class Assigns:
    """A plugin that gives everything to one group."""

    def __init__(self, group: str | None) -> None:
        self.group = group

    @hookimpl
    def servicecore_assign(self) -> Assignment | None:
        return Assignment(self.group) if self.group else None


class Wrapper:
    @hookimpl(wrapper=True)
    def servicecore_assign(self):
        return (yield)


class Coroutine:
    @hookimpl
    async def servicecore_assign(self, load):
        return None


class Defaulted:
    @hookimpl
    def servicecore_assign(self, load=None):
        return None


class Unknown:
    @hookimpl
    def servicecore_asign(self, load):
        return None


class UnknownUnmarked:
    def servicecore_helper(self):
        return None


class Unmarked(Hooks):
    def servicecore_assign(self, situation, load, at):
        return None


class WrongArgument:
    @hookimpl
    def servicecore_assign(self, situation, store):
        return None


class Starred:
    @hookimpl
    def servicecore_assign(self, *given):
        return None


class Renamed:
    @hookimpl(specname="servicecore_assing")
    def give(self, load):
        return None


class TestFaults:
    @pytest.mark.parametrize(
        ("plugin", "said"),
        [
            (Wrapper(), "servicecore_assign is a wrapper"),
            (Coroutine(), "servicecore_assign is a coroutine"),
            (Defaulted(), "servicecore_assign has a default for 'load'"),
            (Unknown(), "servicecore_asign is no hook: did you mean 'servicecore_assign'?"),
            (UnknownUnmarked(), "servicecore_helper is no hook"),
            (Unmarked(), "servicecore_assign is not marked: expected @hookimpl"),
            (WrongArgument(), "takes 'store': expected only situation, load, at"),
            (Starred(), "takes *given"),
            (Renamed(), "servicecore_assing is no hook"),
        ],
    )
    def test_each_is_told_and_refused(self, plugin: object, said: str) -> None:
        """B3."""
        (fault,) = faults_in(plugin)
        assert said in fault
        plugins = Plugins()
        with pytest.raises(PluginError, match="failed in load"):
            plugins.register(plugin)
        assert plugins.names == ()
        assert plugins.implementing("servicecore_assign") == ()

    def test_all_of_a_plugin_are_told_at_once(self) -> None:
        class Both(Wrapper, UnknownUnmarked): ...

        assert len(faults_in(Both())) == 2

    @pytest.mark.parametrize("plugin", [Hooks(), Assigns("a"), object(), sys])
    def test_a_sound_plugin_has_none(self, plugin: object) -> None:
        assert faults_in(plugin) == ()

    def test_a_hook_under_another_name_is_fine(self) -> None:
        class Gives:
            @hookimpl(specname="servicecore_assign")
            def give(self):
                return Assignment("a")

        plugins = Plugins(Gives())
        assert list(plugins.answers("servicecore_assign", situation=0, load=0, at=0)) == [
            ("Gives", Assignment("a"))
        ]


class TestAsking:
    def test_the_last_one_comes_first_unless_it_says_otherwise(self) -> None:
        class Last(Assigns):
            @hookimpl(trylast=True)
            def servicecore_assign(self):
                return Assignment("last")

        plugins = Plugins(Assigns("a"))
        plugins.register(Assigns(None), "silent")
        plugins.register(Last("z"), "late")
        answers = plugins.answers("servicecore_assign", situation=0, load=0, at=0)
        assert list(answers) == [("Assigns", Assignment("a")), ("late", Assignment("last"))]

    def test_a_failure_names_plugin_hook_and_error(self) -> None:
        class Fails:
            @hookimpl
            def servicecore_assign(self, load):
                raise KeyError(load)

        with pytest.raises(PluginError, match="'Fails' failed in servicecore_assign: KeyErr") as it:
            list(Plugins(Fails()).answers("servicecore_assign", situation=0, load=7, at=0))
        assert isinstance(it.value.__cause__, KeyError)

    def test_a_plugin_that_ends_the_process_has_failed(self) -> None:
        class Ends:
            @hookimpl
            def servicecore_assign(self):
                sys.exit(3)

        with pytest.raises(PluginError, match="SystemExit: 3"):
            list(Plugins(Ends).answers("servicecore_assign", situation=0, load=0, at=0))

    def test_one_plugin_can_be_asked_alone(self) -> None:
        plugins = Plugins(Assigns("a"))
        given = {"situation": 0, "load": 0, "at": 0}
        assert plugins.ask("Assigns", "servicecore_assign", **given) == Assignment("a")
        assert plugins.ask("nobody", "servicecore_assign", **given) is None

    def test_every_host_owns_its_own(self) -> None:
        assert Plugins(Assigns("a")).names == ("Assigns",)
        assert Plugins().names == ()

    def test_a_name_that_is_taken_is_refused(self) -> None:
        plugins = Plugins(Assigns("a"))
        with pytest.raises(PluginError, match="have the same name"):
            plugins.register(Assigns("b"))


class Registers:
    """A plugin that registers one of every kind."""

    @hookimpl
    def servicecore_register(self, registry: Registry) -> None:
        registry.add_store("shelf", lambda _url: MemoryStore())
        registry.add_calendar("nights", always)
        registry.add_calendars("opposite", lambda name: {"nights": always - always}[name])
        registry.add_lifecycle("plain", DEFAULT_LIFECYCLE)
        registry.add_policies("gold", [Policy("gold", {"resolution": Target("1h")})])


class TestRegistry:
    def test_has_what_was_registered_by_name(self) -> None:
        """B2."""
        registry = Plugins(Registers()).registry
        assert isinstance(registry.open_store("shelf://here"), MemoryStore)
        assert registry.calendars["nights"].name == "nights"
        assert registry.lifecycle("plain") is DEFAULT_LIFECYCLE
        assert registry.names_of("Registers")[0] == "store 'shelf'"

    def test_gives_calendars_of_a_prefix(self) -> None:
        calendars = Plugins(Registers()).registry.calendars
        assert calendars["opposite:nights"].name == "opposite:nights"
        assert "opposite:days" not in calendars
        assert "other:nights" not in calendars
        assert list(calendars) == ["nights"]

    def test_a_prefix_that_gives_no_calendar_is_the_plugins_fault(self) -> None:
        plugins = Plugins()
        plugins.registry.add_calendars("odd", lambda name: name)  # type: ignore[arg-type,return-value]  # wrong
        with pytest.raises(PluginError, match="the calendar 'odd:x' is 'x': expected a Calendar"):
            plugins.registry.calendars["odd:x"]

    def test_a_prefix_that_fails_is_the_plugins_fault_too(self) -> None:
        plugins = Plugins()
        plugins.registry.add_calendars("odd", lambda name: 1 / 0)  # type: ignore[arg-type,return-value]  # wrong
        with pytest.raises(PluginError, match="calendar 'odd:x': ZeroDivisionError"):
            plugins.registry.calendars["odd:x"]

    def test_takes_nothing_when_registering_is_over(self) -> None:
        class Keeps:
            @hookimpl
            def servicecore_register(self, registry):
                kept.append(registry)

        kept: list[Registry] = []
        Plugins(Keeps())
        with pytest.raises(InvalidValue, match="the calendar 'late' of 'Keeps' comes too late"):
            kept[0].add_calendar("late", always)

    @pytest.mark.parametrize("add", ["add_store", "add_calendar", "add_channel", "add_lifecycle"])
    def test_refuses_what_is_none(self, add: str) -> None:
        with pytest.raises(InvalidValue):
            getattr(Plugins().registry, add)("odd", 3)

    def test_says_which_kinds_of_stores_there_are(self) -> None:
        with pytest.raises(UnknownName, match=r"unknown kind of store 'mysql'.*memory, shelf"):
            Plugins(Registers()).registry.open_store("mysql://somewhere")

    def test_puts_policies_in_front_of_those_of_a_book(self) -> None:
        book = PolicyBook.of(Policy("rest", {"resolution": Target("4h")}))
        extended = Plugins(Registers()).extended(book)
        assert [policy.name for policy in extended.policies] == ["gold", "rest"]
        assert Plugins(Registers()).extended(book, policies=[]).policies == book.policies
        with pytest.raises(UnknownName, match="unknown policies 'gld': did you mean 'gold'"):
            Plugins(Registers()).extended(book, ["gld"])
        with pytest.raises(InvalidValue, match="with the policies of plugins, 'gold'"):
            Plugins(Registers()).extended(Plugins(Registers()).extended(book))

    def test_a_host_adds_its_own(self) -> None:
        plugins = Plugins(Registers())
        plugins.registry.add_calendar("days", Calendar.from_dict({"timezone": "UTC", "hours": {}}))
        assert plugins.registry.named_calendars["days"].owner == "host"
        with pytest.raises(InvalidValue, match="'nights' of 'host' is there already, of 'Regis"):
            plugins.registry.add_calendar("nights", always)
