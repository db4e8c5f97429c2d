"""Groups that a report is broken down by, and what keeps one from pointing at persons (M8)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from servicecore.errors import InvalidValue
from servicecore.lifecycle.situation import Situation
from servicecore.requests import FACT_NAMES

LEAST_RESPONDENTS = 5
"""With fewer respondents than these the answers of a group could be told apart."""

SMALL = 30
"""Operational figures of fewer requests than these are marked as small."""

NOBODYS = "none"
"""The group of what has no such fact."""

Grouping = Callable[[Situation], str]

_OF_SITUATIONS: Mapping[str, Callable[[Situation], str | None]] = {
    "group": lambda situation: situation.ownership.group,
    "policy": lambda situation: situation.policy,
    "status": lambda situation: situation.status,
}
_PERSONS = frozenset({"person", "requester"})


def grouping(by: str | Grouping | None) -> Grouping:
    """The group of a request: by the name of a fact, by a function, or all in one group.

    Names are those of a request's facts (``"priority"``, ``"service"``, ``"kind"``, a host's own
    …), and ``"group"``, ``"policy"`` and ``"status"`` as they stand at the instant. Raises
    `InvalidValue` for no name, and for a fact that names persons: nobody is ranked.

    >>> grouping("person")
    Traceback (most recent call last):
        ...
    servicecore.errors.InvalidValue: by is 'person': expected a fact that names no persons
    """
    if by is None:
        return lambda _: "all"
    if not isinstance(by, str):
        return by
    if not by.strip():
        raise InvalidValue(f"by is {by!r}: expected the name of a fact")
    if by in _PERSONS:
        raise InvalidValue(f"by is {by!r}: expected a fact that names no persons")
    read = _OF_SITUATIONS.get(by)
    if read is not None:
        return lambda situation: read(situation) or NOBODYS
    if by in FACT_NAMES:
        return lambda situation: _text(getattr(situation.request, by))
    return lambda situation: _text(situation.request.fields.get(by))


def _text(fact: object) -> str:
    return NOBODYS if fact in (None, "") else str(fact)


def pooled(respondents: Mapping[str, int], least: int = LEAST_RESPONDENTS) -> dict[str, str | None]:
    """The group that each group is shown in: its own, or one with others if it is too small.

    Groups with fewer than `least` respondents are pooled, and so is the smallest of the others as
    long as the pool has fewer than two groups or too few respondents: a single group that was left
    out could be had by taking the others from the whole. None where all together are too few.

    >>> pooled({"desk": 40, "network": 9, "night": 2})
    {'desk': 'desk', 'network': 'network, night', 'night': 'network, night'}
    >>> pooled({"night": 2})
    {'night': None}
    """
    shown: dict[str, str | None] = {name: name for name in respondents}
    by_size = sorted(respondents, key=lambda name: (respondents[name], name))
    together = [name for name in by_size if respondents[name] < least]
    if not together:
        return shown
    large = by_size[len(together) :]
    while large and (len(together) < 2 or _total(respondents, together) < least):
        together.append(large.pop(0))
    enough = _total(respondents, together) >= least
    name = ", ".join(sorted(together)) if enough else None
    return shown | dict.fromkeys(together, name)


def _total(respondents: Mapping[str, int], names: list[str]) -> int:
    return sum(respondents[name] for name in names)
