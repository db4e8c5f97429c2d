"""Everything that servicecore raises on purpose.

Every error is a `ServiceCoreError`; the leaves are also the builtin that fits, so that
``except ValueError`` works where a caller expects it. Messages say what could not be done, because
of what, and what was expected.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import Self


class ServiceCoreError(Exception):
    """The root of all errors of servicecore."""


class InvalidValue(ServiceCoreError, ValueError):
    """A value that cannot mean what it is used for."""


class NeverOpen(ServiceCoreError, ValueError):
    """Working time was asked of a calendar that has none left to give."""


class UnknownName(ServiceCoreError, LookupError):
    """A name that nothing goes by; the message lists the known ones.

    >>> raise UnknownName("calendar", "ofice", ["office"])
    Traceback (most recent call last):
    ...
    servicecore.errors.UnknownName: unknown calendar 'ofice': did you mean 'office'? Known: office
    """

    def __init__(self, what: str, name: object, known: Iterable[str]) -> None:
        self.what = what
        self.name = name
        self.known = sorted(map(str, known))
        listed = ", ".join(self.known) or "none"
        hint = suggestion(name, self.known)
        super().__init__(f"unknown {what} {name!r}:{hint and f' {hint}'} Known: {listed}")

    def __reduce__(self) -> tuple[type[Self], tuple[object, ...]]:
        return type(self), (self.what, self.name, self.known)


class OutOfOrder(ServiceCoreError, ValueError):
    """An event that is older than what has been folded already: the history is to be refolded."""


class TransitionRefused(ServiceCoreError):
    """A command that may not be done as things stand, with all the reasons.

    >>> raise TransitionRefused("resolve R1", ["an approval by ann is pending", "it is closed"])
    Traceback (most recent call last):
    ...
    servicecore.errors.TransitionRefused: Can't resolve R1 when an approval by ann is pending; \
when it is closed
    """

    def __init__(self, command: object, reasons: Iterable[str]) -> None:
        self.command = command
        self.reasons = tuple(reasons)
        super().__init__(f"Can't {command} when {'; when '.join(self.reasons)}")

    def __reduce__(self) -> tuple[type[Self], tuple[object, ...]]:
        return type(self), (self.command, self.reasons)


class UnknownRequest(ServiceCoreError, LookupError):
    """A request that was never opened."""

    def __init__(self, request: str) -> None:
        self.request = request
        super().__init__(f"there is no request {request!r}: expected one that was opened")

    def __reduce__(self) -> tuple[type[Self], tuple[object, ...]]:
        return type(self), (self.request,)


class StoreConflict(ServiceCoreError):
    """A request that has changed since it was read: the command is to be decided anew."""

    def __init__(self, request: str, expected: int, actual: int) -> None:
        self.request = request
        self.expected = expected
        self.actual = actual
        super().__init__(
            f"{request} is at version {actual}: expected version {expected}, as it was read"
        )

    def __reduce__(self) -> tuple[type[Self], tuple[object, ...]]:
        return type(self), (self.request, self.expected, self.actual)


class StoreBusy(ServiceCoreError):
    """A store that others hold up just now; the same may succeed a little later."""


class StoreFailed(ServiceCoreError):
    """A store that cannot be used as it is: read-only, of another kind, unknown to its server."""


class CommandMismatch(ServiceCoreError, ValueError):
    """An id that another command had already: a command that is sent again has the same content."""

    def __init__(self, command: str) -> None:
        self.command = command
        super().__init__(
            f"the id {command!r} was given to a command with other content: "
            "expected an id of its own for each command"
        )

    def __reduce__(self) -> tuple[type[Self], tuple[object, ...]]:
        return type(self), (self.command,)


class ClaimLost(ServiceCoreError):
    """A claim that holds no longer: its lease ran out, or what it was for has changed since."""

    def __init__(self, claimed: str) -> None:
        self.claimed = claimed
        super().__init__(f"the claim on {claimed} holds no longer: expected to settle it in time")

    def __reduce__(self) -> tuple[type[Self], tuple[object, ...]]:
        return type(self), (self.claimed,)


class SchemaMismatch(ServiceCoreError):
    """A store whose tables are of another version than this release works with."""

    def __init__(self, found: int | None, expected: int) -> None:
        self.found = found
        self.expected = expected
        has = "has no tables of servicecore" if found is None else f"has tables of version {found}"
        hint = "run `python -m servicecore migrate URL`"
        if found is not None and found > expected:
            hint = "install the release that made them, or a newer one"
        super().__init__(f"the store {has}: expected version {expected}; {hint}")

    def __reduce__(self) -> tuple[type[Self], tuple[object, ...]]:
        return type(self), (self.found, self.expected)


class PluginError(ServiceCoreError):
    """A plugin that failed, or answered what cannot be used; its own error is the cause."""

    def __init__(self, plugin: str, hook: str, problem: str) -> None:
        self.plugin = plugin
        self.hook = hook
        self.problem = problem
        super().__init__(f"the plugin {plugin!r} failed in {hook}: {problem}")

    def __reduce__(self) -> tuple[type[Self], tuple[object, ...]]:
        return type(self), (self.plugin, self.hook, self.problem)


class PluginsFailed(ServiceCoreError, ExceptionGroup[PluginError]):
    """Plugins that could not be loaded, where all of them have to be."""

    def __str__(self) -> str:
        return "\n".join([self.message, *(f"  {error}" for error in self.exceptions)])

    def derive(self, excs: Sequence[PluginError]) -> Self:  # type: ignore[override]  # these only
        """The same with some of the errors, as ``except*`` asks for."""
        return type(self)(self.message, excs)


class MissingExtra(ServiceCoreError, ImportError):
    """A capability whose library is not installed; the message says how to install it."""

    def __init__(self, capability: str, extra: str) -> None:
        self.capability = capability
        self.extra = extra
        super().__init__(f"{capability} needs an extra: pip install 'servicecore[{extra}]'")

    def __reduce__(self) -> tuple[type[Self], tuple[object, ...]]:
        return type(self), (self.capability, self.extra)


class Fault(ServiceCoreError, ValueError):
    """One thing that is wrong with a file or a table: where, and what.

    `path` leads to the value (keys and list positions), `line` is its line where the format tells.
    """

    def __init__(self, path: Sequence[str | int], problem: str, line: int | None = None) -> None:
        self.path = tuple(path)
        self.problem = problem
        self.line = line
        where = written_path(self.path)
        super().__init__(f"{f'line {line}: ' if line else ''}{where and f'{where}: '}{problem}")

    def __reduce__(self) -> tuple[type[Self], tuple[object, ...]]:
        return type(self), (self.path, self.problem, self.line)


class FaultyFile(ServiceCoreError, ExceptionGroup[Fault]):
    """A file that cannot be used: the group of all its faults, each with its path."""

    def __str__(self) -> str:
        return "\n".join([self.message, *(f"  {fault}" for fault in self.exceptions)])

    def derive(self, excs: Sequence[Fault]) -> Self:  # type: ignore[override]  # faults only
        """The same file with some of its faults, as ``except*`` asks for."""
        return type(self)(self.message, excs)


class PolicyFileError(FaultyFile):
    """A policy file with faults: all of them at once."""


class MappingFileError(FaultyFile):
    """A mapping file with faults: all of them at once."""


class SurveyFileError(FaultyFile):
    """Everything wrong with a survey file, each with its line."""


class MessageFileError(FaultyFile):
    """A catalogue of messages with faults: all of them at once."""


def suggestion(name: object, known: Iterable[str]) -> str:
    """A question that names the known name closest to `name`, or nothing where none is close.

    >>> suggestion("timezon", ["timezone", "hours"])
    "did you mean 'timezone'?"
    """
    if not isinstance(name, str):
        return ""
    close = get_close_matches(name.lower(), list(known), n=1, cutoff=0.6)
    return f"did you mean {close[0]!r}?" if close else ""


def written_path(path: Sequence[str | int]) -> str:
    """A path as people write it: ``policies[0].targets.resolution``."""
    written = ""
    for step in path:
        written += f"[{step}]" if isinstance(step, int) else f".{step}"
    return written.removeprefix(".")
