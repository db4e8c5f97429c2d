"""Every hook is documented, with its exact signature (B1)."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

from servicecore.hookspecs import HOOKS, PREFIX, Hooks

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "hooks.md"
DECIDING = {"prioritise", "select_policy", "assign", "object_to"}
SET = {*DECIDING, "register", "reach", "compose", "recorded"}


def sections() -> dict[str, str]:
    """The sections of the page by their headings."""
    parts = re.split(r"^## (.+)$", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def signature_of(hook: str) -> str:
    """The signature as it is written in the source, without `self`."""
    signature = inspect.signature(HOOKS[hook])
    parameters = [each for each in signature.parameters.values() if each.name != "self"]
    # Annotations are the texts of the source, since they are not evaluated there.
    told = ", ".join(f"{each.name}: {each.annotation}" for each in parameters)
    return f"{hook}({told}) -> {signature.return_annotation}"


def test_the_set_of_hooks_is_the_one_that_was_decided_on() -> None:
    """B1."""
    assert {name.removeprefix(PREFIX) for name in HOOKS} == SET


def test_no_section_tells_of_a_hook_that_there_is_not() -> None:
    assert {name for name in sections() if name.startswith(PREFIX)} == set(HOOKS)


@pytest.mark.parametrize("hook", sorted(HOOKS))
class TestEveryHook:
    def test_has_a_section_with_its_exact_signature(self, hook: str) -> None:
        assert f"```text\n{signature_of(hook)}\n```" in sections()[hook]

    def test_says_when_it_is_called_what_comes_of_it_and_since_when(self, hook: str) -> None:
        section = sections()[hook]
        for told in ("**Called** ", "**Fails**: ", "**Added in** 0."):
            assert told in section
        assert "**Answers** " in section or signature_of(hook).endswith("-> None")

    def test_says_so_in_its_docstring_too(self, hook: str) -> None:
        told = " ".join(str(inspect.getdoc(getattr(Hooks, hook))).split())
        assert "Called " in told
        assert "raises" in told
        assert re.search(r"Added in 0\.\d+\.$", told)

    def test_has_typed_arguments_without_defaults(self, hook: str) -> None:
        """pluggy passes no arguments that have defaults."""
        for name, parameter in inspect.signature(HOOKS[hook]).parameters.items():
            assert parameter.default is parameter.empty
            assert name == "self" or parameter.annotation is not parameter.empty

    def test_asks_for_the_first_answer_where_one_counts(self, hook: str) -> None:
        first = DECIDING - {"object_to"} | {"reach"}
        marked = HOOKS[hook].servicecore_spec["firstresult"]  # type: ignore[attr-defined]  # pluggy puts it there
        assert marked == (hook.removeprefix(PREFIX) in first)
