"""What is wrong with the lifecycle of a book: guards nobody knows, statuses nobody reaches (P3)."""

from __future__ import annotations

from collections.abc import Iterator

from servicecore.errors import suggestion
from servicecore.sla.book import PolicyBook
from servicecore.sla.findings import Finding, Path
from servicecore.sla.statuses import ANY_STATUS, GUARDS, Lifecycle, Transition

GOING_ON = ("status changed", "reopened")


def of_lifecycle(book: PolicyBook) -> Iterator[Finding]:
    """Guards that nobody knows, statuses that nothing leads to, and two ways that are one.

    Also statuses that are final though work goes on in them, and only ``"*"`` could have led away:
    those that a change of status or a reopening leads to. In those that the other events lead to a
    request is over, and being final is what they are for.
    """
    lifecycle = book.lifecycle
    known = (*GUARDS, *lifecycle.guards)
    for position, transition in enumerate(lifecycle.transitions):
        path: Path = ("lifecycle", "transitions", position)
        for guard in transition.guards:
            if guard not in known:
                hint = suggestion(guard, known) or f"known are {', '.join(known)}"
                text = f"no guard is called {guard!r}; {hint}"
                yield Finding("warning", (*path, "guards"), text)
        if transition in lifecycle.transitions[:position]:
            yield Finding("warning", path, "stands there already; it adds nothing")
    for status in lifecycle.statuses:
        if status not in _reached(lifecycle):
            text = f"nothing leads to {status!r}; no request will ever be in it"
            yield Finding("warning", ("lifecycle",), text)
        elif status in _stuck(lifecycle):
            text = f"{status!r} is final: none names it as a source, and {ANY_STATUS!r} does not"
            yield Finding("warning", ("lifecycle",), text)


def _stuck(lifecycle: Lifecycle) -> set[str]:
    """Where work goes on, and ``"*"`` seems to lead away."""
    if not any(ANY_STATUS in way.sources for way in lifecycle.transitions):
        return set()
    return {way.target for way in lifecycle.transitions if way.event in GOING_ON} & lifecycle.finals


def _reached(lifecycle: Lifecycle) -> set[str]:
    """The statuses that a request can come to be in, from the first one on."""
    reached: set[str] = set()
    found = {lifecycle.first}
    while not found <= reached:
        reached |= found
        found = {way.target for way in lifecycle.transitions if _starts_in(way, reached)}
    return reached


def _starts_in(transition: Transition, reached: set[str]) -> bool:
    return transition.sources == (ANY_STATUS,) or not reached.isdisjoint(transition.sources)
