"""Names that are most likely slips of the library's own."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from itertools import takewhile

ALIKE = 0.9


def near_name(written: str, known: Sequence[str]) -> str | None:
    """The known name of which `written` is most likely a slip; None for a name of one's own.

    >>> near_name("nwe", ["new", "closed"]), near_name("Closed", ["new", "closed"])
    ('new', 'closed')
    >>> near_name("new", ["new", "closed"]), near_name("news desk", ["new", "closed"])
    (None, None)
    """
    if written in known:
        return None
    plain = written.strip().lower().replace("_", " ").replace("-", " ")
    slips = [name for name in known if at_most_one_slip(plain, name)]
    alike = get_close_matches(plain, known, n=1, cutoff=ALIKE)
    return next(iter(alike + slips), None)


def at_most_one_slip(left: str, right: str) -> bool:
    """Whether one letter more, less or other, or two neighbours exchanged, is all that differs."""
    start = alike_from_the_start(left, right)
    left, right = left[start:], right[start:]
    end = alike_from_the_start(left[::-1], right[::-1])
    left, right = left[: len(left) - end], right[: len(right) - end]
    return max(len(left), len(right)) <= 1 or (len(left) == 2 and left == right[::-1])


def alike_from_the_start(left: str, right: str) -> int:
    """How many letters two names have in common before the first that differs."""
    pairs = zip(left, right, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
