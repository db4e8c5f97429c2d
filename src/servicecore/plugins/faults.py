"""What is wrong with a plugin, found before it is asked for anything (B3)."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

from servicecore.errors import suggestion
from servicecore.hookspecs import HOOKS, PREFIX, PROJECT, Hooks


def faults_in(plugin: object) -> tuple[str, ...]:
    """Everything that is wrong with the hooks of a plugin, in words; nothing where all is well.

    An unknown name that begins with `servicecore_`, a hook without ``@hookimpl``, a wrapper, a
    coroutine, arguments that the hook does not have, and arguments with defaults, for which pluggy
    passes nothing.

    >>> from servicecore.hookspecs import hookimpl
    >>> class Late:
    ...     @hookimpl
    ...     def servicecore_assing(self, situation): ...
    >>> faults_in(Late())
    ("servicecore_assing is no hook: did you mean 'servicecore_assign'?",)
    """
    return tuple(fault for name in dir(plugin) for fault in _of_name(plugin, name))


def _of_name(plugin: object, name: str) -> Iterator[str]:
    """What is wrong with one thing that a plugin has, if it means to be a hook."""
    try:
        function = getattr(plugin, name, None)
    except Exception as error:  # noqa: BLE001  # a property may raise whatever it likes
        yield f"{name} cannot be read ({type(error).__name__}): expected what can be looked at"
        return
    if not callable(function) or _is_inherited(name, function):
        return
    if name.startswith(PREFIX) or _mark(function) is not None:
        yield from _of(name, function)


def _is_inherited(name: str, function: object) -> bool:
    """Whether it is the function of `Hooks` itself, which nobody has overridden."""
    return getattr(function, "__func__", function) is vars(Hooks).get(name)


def _mark(function: object) -> dict[str, Any] | None:
    mark = getattr(function, f"{PROJECT}_impl", None)
    return mark if isinstance(mark, dict) else None


def _of(name: str, function: Any) -> Iterator[str]:
    mark = _mark(function)
    hook = name if mark is None else mark.get("specname") or name
    if hook not in HOOKS:
        hint = suggestion(hook, HOOKS) or f"expected one of {', '.join(HOOKS)}"
        yield f"{hook} is no hook: {hint}"
    elif mark is None:
        yield f"{name} is not marked: expected @hookimpl before it"
    else:
        yield from _of_signature(hook, function, mark)


def _of_signature(hook: str, function: Any, mark: dict[str, Any]) -> Iterator[str]:
    if mark.get("wrapper") or mark.get("hookwrapper"):
        yield f"{hook} is a wrapper: expected a plain implementation"
    if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
        yield f"{hook} is a coroutine: expected a plain function"
    known = [each for each in inspect.signature(HOOKS[hook]).parameters if each != "self"]
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        yield f"{hook} has no signature that can be read: expected a Python function"
        return
    for each in parameters:
        if each.kind in (each.VAR_POSITIONAL, each.VAR_KEYWORD, each.KEYWORD_ONLY):
            yield f"{hook} takes {each}: expected only {', '.join(known)}"
        elif each.name not in known:
            yield f"{hook} takes {each.name!r}: expected only {', '.join(known)}"
        elif each.default is not each.empty:
            yield f"{hook} has a default for {each.name!r}, so it is never given: expected none"
