"""Plugins: found, checked, loaded one by one, and asked one by one (B1, B3)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from importlib.metadata import EntryPoint, entry_points
from inspect import isroutine

import attrs
import pluggy
from attrs import frozen

from servicecore.errors import InvalidValue, PluginError, PluginsFailed, UnknownName
from servicecore.hookspecs import HOOKS, PROJECT, Hooks
from servicecore.plugins.faults import faults_in
from servicecore.plugins.registered import Registered
from servicecore.sla.book import PolicyBook

GROUP = PROJECT
"""The group of entry points in which distributions name their plugins."""


@frozen
class PluginStatus:
    """One plugin that was found: where it is from, what it does, or why it was not loaded.

    `source` is its distribution with the version, or where it was registered. `disabled` says that
    the host does not want it.
    """

    name: str
    source: str
    hooks: tuple[str, ...] = ()
    registered: tuple[str, ...] = ()
    error: PluginError | None = None
    disabled: bool = False


class Plugins:
    """The plugins of one host, in an order of its own; nothing is loaded by importing anything.

    `registry` has what they have registered by name, and takes what the host itself adds. Hooks are
    asked in pluggy's order: the plugin that came last comes first, unless it says otherwise.

    >>> from servicecore.hookspecs import Assignment, hookimpl
    >>> class Round:
    ...     @hookimpl
    ...     def servicecore_assign(self, situation):
    ...         return Assignment(person="ann")
    >>> plugins = Plugins(Round())
    >>> plugins.names
    ('Round',)
    """

    def __init__(self, *plugins: object) -> None:
        self.registry = Registered()
        self._manager = pluggy.PluginManager(PROJECT)
        self._manager.add_hookspecs(Hooks)
        self._statuses: list[PluginStatus] = []
        for plugin in plugins:
            self.register(plugin)

    @classmethod
    def load(cls, *plugins: object, disable: Collection[str] = (), strict: bool = False) -> Plugins:
        """The plugins of all installed distributions, sorted by name, and behind them `plugins`.

        A distribution names its plugins in the entry points ``servicecore``: a module, an object,
        or a class to make one of. One that cannot be imported, or whose hooks are wrong, is left
        out, and `statuses` says why; with `strict` all that is wrong is raised (`PluginsFailed`).
        Those of `disable` are not even imported; `UnknownName` where none of that name is
        installed.
        """
        loaded, installed = cls(), _installed()
        known = {entry.name for entry in installed}
        unwanted = {disable} if isinstance(disable, str) else set(disable)
        for name in sorted(unwanted - known):
            raise UnknownName("plugin", name, known)
        for entry in installed:
            loaded._load(entry, disabled=entry.name in unwanted)
        errors = [status.error for status in loaded._statuses if status.error is not None]
        if strict and errors:
            raise PluginsFailed("not every plugin could be loaded", errors)
        for plugin in plugins:
            loaded.register(plugin)
        return loaded

    def _load(self, entry: EntryPoint, *, disabled: bool) -> None:
        source = _source(entry)
        if disabled:
            self._statuses.append(PluginStatus(entry.name, source, disabled=True))
            return
        try:
            self._register(_imported(entry), entry.name, source)
        except PluginError as error:
            self._statuses.append(PluginStatus(entry.name, source, error=error))

    def register(self, plugin: object, name: str = "") -> str:
        """Add a plugin of the host's own, under a name or that of its class or module; its name.

        A class is made one of. Raises `PluginError` with everything that is wrong with it.
        """
        name = name or getattr(plugin, "__name__", type(plugin).__name__).rpartition(".")[2]
        self._register(plugin, name, "registered by the host")
        return name

    def _register(self, plugin: object, name: str, source: str) -> None:
        for known in self.statuses:
            if known.name == name and known.error is None and not known.disabled:
                problem = f"{source} and {known.source} have the same name: expected another one"
                raise PluginError(name, "load", problem)
        plugin = _made(plugin, name)
        if faults := faults_in(plugin):
            raise PluginError(name, "load", "; ".join(faults))
        try:
            self._manager.register(plugin, name)
        except (ValueError, pluggy.PluginValidationError) as problem:
            raise PluginError(name, "load", str(problem)) from problem
        try:
            self._stage(name)
        except PluginError:
            self._manager.unregister(plugin)
            raise
        hooks = tuple(hook for hook in HOOKS if name in self._named_in(hook))
        if not hooks:
            self._manager.unregister(plugin)
            without = f"{plugin!r} has no hooks: expected functions marked with @hookimpl"
            raise PluginError(name, "load", without)
        registered = self.registry.names_of(name)
        self._statuses.append(PluginStatus(name, source, hooks, registered))

    def _stage(self, name: str) -> None:
        """Let a plugin fill a registry of its own, and merge it when it is complete."""
        hook, staged = "servicecore_register", Registered(name)
        for plugin, implementation in self._implementations(hook):
            if plugin == name:
                asked(plugin, hook, implementation, {"registry": staged})
                staged.close()
                try:
                    self.registry.merge(staged)
                except InvalidValue as taken:
                    raise PluginError(name, hook, str(taken)) from taken

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the plugins that are loaded, in the order in which they were."""
        return tuple(each.name for each in self._statuses if not (each.error or each.disabled))

    @property
    def statuses(self) -> tuple[PluginStatus, ...]:
        """Every plugin that was found, also those that are disabled or could not be loaded."""
        return tuple(self._statuses)

    def implementing(self, hook: str) -> tuple[str, ...]:
        """The names of the plugins that implement a hook, in the order in which they are asked."""
        return tuple(self._named_in(hook))

    def takes(self, hook: str, argument: str) -> bool:
        """Whether any plugin wants to know that argument of a hook."""
        return any(argument in each.argnames for _, each in self._implementations(hook))

    def answers(self, hook: str, **given: object) -> Iterator[tuple[str, object]]:
        """The answers of all plugins that implement a hook, one by one, with their names.

        None is no answer and left out. Raises `PluginError` when the one asked raises.
        """
        for plugin, implementation in self._implementations(hook):
            answer = asked(plugin, hook, implementation, given)
            if answer is not None:
                yield plugin, answer

    def ask(self, plugin: str, hook: str, **given: object) -> object:
        """The answer of one plugin; None where it does not implement the hook."""
        for name, implementation in self._implementations(hook):
            if name == plugin:
                return asked(plugin, hook, implementation, given)
        return None

    def _named_in(self, hook: str) -> list[str]:
        return [plugin for plugin, _ in self._implementations(hook)]

    def _implementations(self, hook: str) -> Iterator[tuple[str, pluggy.HookImpl]]:
        for implementation in reversed(getattr(self._manager.hook, hook).get_hookimpls()):
            yield implementation.plugin_name, implementation

    def extended(self, book: PolicyBook, policies: Sequence[str] | None = None) -> PolicyBook:
        """The book with policies of plugins in front of its own, in every version.

        `policies` are the names that they were registered by, in order; None takes all of them.
        Raises `UnknownName` for a name that nobody has registered, and `InvalidValue` where a
        policy has the name of another one.
        """
        wanted = tuple(self.registry.policies if policies is None else policies)
        added = [policy for name in wanted for policy in self.registry.policies_named(name)]
        try:
            versions = [
                attrs.evolve(each, policies=(*added, *each.policies)) for each in book.versions
            ]
            return attrs.evolve(book, versions=versions)
        except InvalidValue as problem:
            listed = ", ".join(map(repr, wanted))
            raise InvalidValue(f"{problem}; with the policies of plugins, {listed}") from None


def asked(
    plugin: str, hook: str, implementation: pluggy.HookImpl, given: Mapping[str, object]
) -> object:
    """What one implementation answers; `PluginError` with its own error as the cause."""
    function: Callable[..., object] = implementation.function
    try:
        return function(*(given[name] for name in implementation.argnames))
    except (Exception, SystemExit) as error:  # a plugin does not end the process
        raise PluginError(plugin, hook, f"{type(error).__name__}: {error}") from error


def _installed() -> list[EntryPoint]:
    return sorted(entry_points(group=GROUP), key=lambda entry: (entry.name, _source(entry)))


def _source(entry: EntryPoint) -> str:
    return f"{entry.dist.name} {entry.dist.version}" if entry.dist else entry.value


def _imported(entry: EntryPoint) -> object:
    """The plugin that an entry point names; `PluginError` if it cannot be imported or made."""
    try:
        return entry.load()
    except (Exception, SystemExit) as error:  # a plugin that ends the process is none
        problem = f"it cannot be imported: {type(error).__name__}: {error}"
        raise PluginError(entry.name, "load", problem) from error


def _made(plugin: object, name: str) -> object:
    """The plugin itself, or one that is made of its class; `PluginError` where there is none."""
    if isinstance(plugin, type):
        try:
            return plugin()
        except (Exception, SystemExit) as error:
            problem = f"none can be made of its class: {type(error).__name__}: {error}"
            raise PluginError(name, "load", problem) from error
    if isroutine(plugin):
        problem = f"it is the function {plugin!r}: expected a module, an object or a class"
        raise PluginError(name, "load", problem)
    return plugin
