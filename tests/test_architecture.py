"""The shape of the package: rooms in order, one clock on the wall, small documented modules.

Each rule is a function of source text, and is tried on text that breaks it as well.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "src" / "servicecore"

# From the ground up: a room may import the ones before it, never one behind it. A new module of a
# room falls into place by itself; a new room has to be given one here.
ROOMS = (
    "errors",
    "faults",
    "chains",
    "documents",
    "instants",
    "messages",
    "distributions",
    "intervals",
    "estimate",
    "priorities",
    "requests",
    "catalogue",
    "sla",
    "lifecycle",
    "metrics",
    "backtest",
    "policyfile",
    "notices",
    "stores",
    "hookspecs",
    "plugins",
    "desk",
    "__init__",
    "backends",
    "logs",
    "bulk",
    "plots",
    "testing",
    "commandline",
    "log_commands",
    "__main__",
)
MAY_READ_THE_CLOCK = {"servicecore.desk.wallclock", "servicecore.__main__"}
MAY_IMPORT_PENDULUM = {"servicecore.instants", "servicecore.sla.calendar"}
HEAVY = """
babel numpy scipy statsmodels lifelines cattrs sqlalchemy psycopg yaml pandas pyarrow holidays
icalendar rich hypothesis
jinja2 httpx httpcore apprise standardwebhooks
"""
MOST_LINES = 300


def module_name(path: Path) -> str:
    """Name a file the way it is imported: `sla/__init__.py` is `servicecore.sla`."""
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


SOURCES = {module_name(path): path.read_text("utf-8") for path in PACKAGE.rglob("*.py")}


def is_face(module: str, modules: set[str]) -> bool:
    """Whether a module is the `__init__` of a room: others lie in it."""
    return any(other.startswith(f"{module}.") for other in modules)


def imports(source: str, module: str, *, face: bool = False) -> set[str]:
    """All that a module imports, at its top or inside functions, as full dotted names.

    `from a.b import c` gives `a.b.c`: whether `c` is a module or a name in one is for the caller.
    """
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            above = module.split(".")[: len(module.split(".")) - node.level + face]
            base = ".".join([*(above if node.level else []), *filter(None, [node.module])])
            found |= {f"{base}.{alias.name}" for alias in node.names}
    return found


def our_imports(source: str, module: str, modules: set[str]) -> set[str]:
    """The modules of ours that a module imports: `servicecore.sla.clock.read` is in `….clock`."""
    found = set()
    for name in imports(source, module, face=is_face(module, modules)):
        owner = name
        while owner and owner not in modules:
            owner = owner.rpartition(".")[0]
        if owner:
            found.add(owner)
    return found


def room(module: str) -> str:
    """The room that a module lies in."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else "__init__"


def out_of_order(source: str, module: str, modules: set[str]) -> list[str]:
    """The imports of a module that run downward, or to the face of its own room."""
    height = ROOMS.index(room(module))
    return [
        f"{module} imports {other}"
        for other in sorted(our_imports(source, module, modules))
        if ROOMS.index(room(other)) > height
        or (other != "servicecore" and module.startswith(f"{other}."))
    ]


def dotted(node: ast.AST) -> str:
    """The text of a name with dots, and nothing for what is no such name."""
    return ast.unparse(node) if isinstance(node, ast.Name | ast.Attribute) else ""


def clock_readings(source: str) -> list[str]:
    """Where a source text asks what time it is, or hands on a function that does."""
    names = {"now", "today", "utcnow", "time_ns", "localtime", "gmtime"}
    owners = {"datetime", "date", "pendulum", "DateTime", "Timestamp", "time"}
    found = []
    for node in ast.walk(ast.parse(source)):
        called = dotted(node.func).split(".") if isinstance(node, ast.Call) else []
        taken = dotted(node).split(".")
        handed_on = len(taken) > 1 and taken[-1] in names and taken[-2] in owners
        from_time = isinstance(node, ast.ImportFrom) and node.module == "time"
        if (called and called[-1] in names) or handed_on or taken == ["time", "time"] or from_time:
            found.append(f"line {node.lineno}")
    return found


def without_functions(source: str) -> str:
    """The text of a module with the bodies of its functions left out."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            node.body = [ast.Pass()]
    return ast.unparse(tree)


def undocumented(source: str) -> Iterator[str]:
    """What is public in a module and says nothing about itself."""
    tree = ast.parse(source)
    if not ast.get_docstring(tree):
        yield "the module"
    definitions = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    open_bodies = [("", tree.body)]
    while open_bodies:
        prefix, body = open_bodies.pop()
        for node in body:
            if not isinstance(node, definitions) or node.name.startswith("_"):
                continue
            # An overload and a setter are documented by what they belong to.
            belongs = any(
                dotted(mark).endswith(("overload", ".setter")) for mark in node.decorator_list
            )
            if not ast.get_docstring(node) and not belongs:
                yield prefix + node.name
            if isinstance(node, ast.ClassDef):
                open_bodies.append((f"{prefix}{node.name}.", node.body))


def import_cycle(graph: dict[str, set[str]]) -> list[str]:
    """Modules that import each other in a circle; none where the graph has an order."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


@pytest.mark.parametrize("module", sorted(SOURCES))
class TestEveryModule:
    def test_lies_in_a_room_and_imports_upward(self, module: str) -> None:
        assert room(module) in ROOMS, f"give the room of {module} a place in ROOMS"
        assert not out_of_order(SOURCES[module], module, set(SOURCES))

    def test_leaves_the_time_to_its_caller(self, module: str) -> None:
        assert module in MAY_READ_THE_CLOCK or not clock_readings(SOURCES[module])

    def test_leaves_pendulum_to_the_edge(self, module: str) -> None:
        """T1: inside, an instant is an integer."""
        tops = {name.partition(".")[0] for name in imports(SOURCES[module], module)}
        assert module in MAY_IMPORT_PENDULUM or "pendulum" not in tops

    def test_stays_small(self, module: str) -> None:
        assert len(SOURCES[module].splitlines()) < MOST_LINES

    def test_documents_what_is_public(self, module: str) -> None:
        assert not list(undocumented(SOURCES[module]))


def test_modules_import_each_other_in_no_circle() -> None:
    """A method may reach for a neighbour of its room when it is called; loading may not."""
    modules = set(SOURCES)
    graph = {
        name: our_imports(without_functions(text), name, modules) - {name}
        for name, text in SOURCES.items()
    }
    assert not import_cycle(graph)


@pytest.mark.parametrize(
    "use", ["", "; [getattr(servicecore, name) for name in servicecore.__all__]"]
)
def test_importing_the_package_loads_nothing_heavy(use: str) -> None:
    """Neither the package by itself nor the names that it gives out."""
    code = f"import servicecore{use}; import sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not set(done.stdout.split()) & set(HEAVY.split())


class TestTheRulesThemselves:
    """Each rule finds what it is there for."""

    MODULES = frozenset(
        {"servicecore", "servicecore.instants", "servicecore.sla", "servicecore.sla.clock",
         "servicecore.lifecycle", "servicecore.lifecycle.events", "servicecore.__main__"}
    )  # fmt: skip

    @pytest.mark.parametrize(
        "line",
        [
            "from servicecore.lifecycle.events import Opened",
            "from servicecore.lifecycle import events",
            "from ..lifecycle import events",
            "import servicecore.lifecycle.events",
            "from servicecore.sla import read",
            "from . import read",
            "from servicecore import replay",
            "def late():\n    from servicecore.lifecycle import events",
            "if TYPE_CHECKING:\n    from servicecore.lifecycle import events",
        ],
    )
    def test_an_import_out_of_order_is_found(self, line: str) -> None:
        assert out_of_order(line, "servicecore.sla.clock", set(self.MODULES))

    @pytest.mark.parametrize(
        ("module", "line"),
        [
            ("servicecore.sla.clock", "from servicecore.instants import Span\nimport json"),
            ("servicecore.sla", "from .clock import read"),
            ("servicecore.lifecycle.events", "from servicecore.sla import read"),
            ("servicecore", "from servicecore.sla import read"),
            ("servicecore.__main__", "from servicecore import replay"),
        ],
    )
    def test_an_import_in_order_is_not(self, module: str, line: str) -> None:
        assert not out_of_order(line, module, set(self.MODULES))

    def test_a_module_in_no_room_is_found(self) -> None:
        assert room("servicecore.attic.old") not in ROOMS

    @pytest.mark.parametrize(
        "line",
        [
            "datetime.now(UTC)",
            "at = dt.datetime.now()",
            "pendulum.now()",
            "date.today()",
            "now()",
            "time.time()",
            "from time import time as clock",
            "def run(clock=datetime.now): ...",
            "field(factory=time.time)",
        ],
    )
    def test_a_look_at_the_clock_is_found(self, line: str) -> None:
        assert clock_readings(line)

    @pytest.mark.parametrize("line", ["now = at", "def due(now): return now + 1", "time(9, 30)"])
    def test_other_uses_of_these_words_are_not(self, line: str) -> None:
        assert not clock_readings(line)

    @pytest.mark.parametrize("line", ["import pendulum", "from pendulum.tz import timezone"])
    def test_an_import_of_pendulum_is_found(self, line: str) -> None:
        assert any(name.startswith("pendulum") for name in imports(line, "servicecore.sla.rota"))

    def test_what_is_undocumented_is_found(self) -> None:
        source = "class A:\n def f(self): 1\n def _g(self): 1\ndef _h(): 1\nasync def i(): 1"
        assert sorted(undocumented(source)) == ["A", "A.f", "i", "the module"]

    def test_only_what_runs_while_loading_makes_a_circle(self) -> None:
        source = "import a\nclass C:\n import b\n def f(self):\n  import c"
        assert imports(without_functions(source), "m") == {"a", "b"}

    def test_a_circle_is_found(self) -> None:
        assert import_cycle({"a": {"b"}, "b": {"a"}})
        assert not import_cycle({"a": {"b"}, "b": set()})
