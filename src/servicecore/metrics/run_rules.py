"""Run rules: patterns that chance hardly makes, by their names.

Western Electric, Statistical Quality Control Handbook, 1956; L. Nelson, Journal of Quality
Technology 16 (1984), 237-239. Each rule looks at standard deviations from the center, so it works
where limits differ from point to point. With all of them at once, a process in order signals every
few dozen points: choose before you look.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise
from math import isnan
from types import MappingProxyType

from servicecore.errors import InvalidValue, UnknownName

Deviates = Sequence[float]
Rule = Callable[[Deviates], bool]
"""Whether a run signals at its last point."""


def _beyond(least: int, distance: float) -> Rule:
    """So many of the run or more lie farther out on the side of the last, which is one of them."""

    def signals(run: Deviates) -> bool:
        side = 1 if run[-1] > 0 else -1
        out = [side * each > distance for each in run]
        return out[-1] and sum(out) >= least

    return signals


def _rising_or_falling(run: Deviates) -> bool:
    steps = [after - before for before, after in pairwise(run)]
    return all(step > 0 for step in steps) or all(step < 0 for step in steps)


def _alternating(run: Deviates) -> bool:
    steps = [after - before for before, after in pairwise(run)]
    return all(one * other < 0 for one, other in pairwise(steps))


def _hugging(run: Deviates) -> bool:
    return all(abs(each) <= 1 for each in run)


def _avoiding(run: Deviates) -> bool:
    return all(abs(each) > 1 for each in run) and min(run) < 0 < max(run)


RULES: Mapping[str, tuple[int, Rule]] = MappingProxyType(
    {
        "western electric 1": (1, _beyond(1, 3)),
        "western electric 2": (3, _beyond(2, 2)),
        "western electric 3": (5, _beyond(4, 1)),
        "western electric 4": (8, _beyond(8, 0)),
        "nelson 1": (1, _beyond(1, 3)),
        "nelson 2": (9, _beyond(9, 0)),
        "nelson 3": (6, _rising_or_falling),
        "nelson 4": (14, _alternating),
        "nelson 5": (3, _beyond(2, 2)),
        "nelson 6": (5, _beyond(4, 1)),
        "nelson 7": (15, _hugging),
        "nelson 8": (8, _avoiding),
    }
)
"""How many points each rule looks at, and what it looks for."""

MEANINGS: Mapping[str, str] = MappingProxyType(
    {
        "western electric 1": "a point beyond 3 sigma",
        "western electric 2": "2 of 3 beyond 2 sigma on one side",
        "western electric 3": "4 of 5 beyond 1 sigma on one side",
        "western electric 4": "8 in a row on one side",
        "nelson 1": "a point beyond 3 sigma",
        "nelson 2": "9 in a row on one side",
        "nelson 3": "6 in a row that rise, or that fall",
        "nelson 4": "14 in a row that go up and down",
        "nelson 5": "2 of 3 beyond 2 sigma on one side",
        "nelson 6": "4 of 5 beyond 1 sigma on one side",
        "nelson 7": "15 in a row within 1 sigma",
        "nelson 8": "8 in a row beyond 1 sigma, some on each side",
    }
)
"""What each rule says, in words."""

WESTERN_ELECTRIC = tuple(name for name in RULES if name.startswith("western"))
NELSON = tuple(name for name in RULES if name.startswith("nelson"))


def signals(
    deviates: Iterable[float], rules: Iterable[str] = WESTERN_ELECTRIC
) -> Mapping[str, tuple[int, ...]]:
    """The places, from 1, at which each rule signals; rules without a signal are left out.

    Each signal is at the last point of its run; a run that is there before a rule has as many
    points as it looks at signals as soon as it has. Raises `UnknownName` for a rule that there is
    none of, and `InvalidValue` for a deviate that is no number.

    >>> signals([0, 1.2, 1.3, 0.2, 1.4, 1.5], ["western electric 3"])
    {'western electric 3': (6,)}
    """
    known, found = tuple(deviates), {}
    if any(map(isnan, known)):
        raise InvalidValue("a deviate is no number: expected standard deviations from the center")
    for name in rules:
        if name not in RULES:
            raise UnknownName("run rule", name, RULES)
        if places := _places(known, *RULES[name]):
            found[name] = places
    return found


def _places(deviates: Deviates, length: int, rule: Rule) -> tuple[int, ...]:
    ends = range(length, len(deviates) + 1)
    places = [end for end in ends if rule(deviates[end - length : end])]
    # What the first points make, no run before has signalled: read backwards, it ends in them.
    if length not in places and length in ends and rule(deviates[length - 1 :: -1]):
        places.insert(0, length)
    return tuple(places)
