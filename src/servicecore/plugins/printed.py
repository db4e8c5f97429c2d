"""What was found of plugins, for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from servicecore.hookspecs import PREFIX
from servicecore.plugins.plugins import PluginStatus


def plugins_printed(statuses: Iterable[PluginStatus]) -> str:
    r"""Each plugin with its distribution, its hooks and what it adds, or why it is left out.

    Whatever a plugin calls itself, and whatever its error says, nothing of it drives a terminal.

    >>> print(plugins_printed([
    ...     PluginStatus("board", "servicecore-board 1.2", ("servicecore_assign",)),
    ...     PluginStatus("holidays", "days-off 0.3", disabled=True),
    ... ]))
    board     servicecore-board 1.2  hooks: assign
    holidays  days-off 0.3           disabled
    """
    rows = [(_shown(each.name), _shown(each.source), list(_said(each))) for each in statuses]
    if not rows:
        return "no plugin is installed"
    name_width = max(len(name) for name, _, _ in rows)
    source_width = max(len(source) for _, source, _ in rows)
    lines = []
    for name, source, said in rows:
        head = f"{name:{name_width}}  {source:{source_width}}  "
        lines += [head + said[0], *(" " * len(head) + more for more in said[1:])]
    return "\n".join(lines)


def _said(status: PluginStatus) -> Iterator[str]:
    """What there is to be said of a plugin: a line, or two where it adds something."""
    if status.disabled:
        yield "disabled"
    elif status.error is not None:
        yield _shown(f"failed in {status.error.hook}: {status.error.problem}")
    else:
        hooks = (hook.removeprefix(PREFIX) for hook in status.hooks)
        yield f"hooks: {', '.join(hooks) or 'none, so it does nothing'}"
        if status.registered:
            yield f"adds: {_shown(', '.join(status.registered))}"


def _shown(text: str) -> str:
    """A text as one line, with what does not show written out."""
    return "".join(each if each.isprintable() else repr(each)[1:-1] for each in text)
