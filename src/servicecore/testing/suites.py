"""Suites: tests that whoever writes a backend inherits, and cannot switch off in silence."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar


class Suite:
    """What a suite of tests derives from, and each of its parts with ``part=True``.

    A subclass in somebody's tests gets every test of the suite. It may replace one only by one that
    is marked ``@pytest.mark.xfail(reason="…")``, which the report of a run shows; anything else
    is a `TypeError` when the class is defined.

    >>> class Laws(Suite, part=True):
    ...     def test_keeps_what_it_is_given(self): ...
    >>> class TestMine(Laws):
    ...     test_keeps_what_it_is_given = None
    Traceback (most recent call last):
    ...
    TypeError: TestMine replaces test_keeps_what_it_is_given of Laws: expected it to be as it is, \
or marked xfail with a reason
    """

    _is_part: ClassVar[bool] = True

    def __init_subclass__(cls, *, part: bool = False) -> None:
        super().__init_subclass__()
        cls._is_part = part
        for owner, name, test in _tests_of(cls):
            found = getattr(cls, name, None)
            if found is not test and not is_excused(found):
                raise TypeError(
                    f"{cls.__name__} replaces {name} of {owner}: "
                    "expected it to be as it is, or marked xfail with a reason"
                )


def _tests_of(suite: type[Suite]) -> Iterator[tuple[str, str, object]]:
    """The tests of all parts that a class is made of: by whom, by name, and as they are there."""
    parts = [each for each in suite.__mro__ if vars(each).get("_is_part", False)]
    for part in parts:
        for name, test in vars(part).items():
            if name.startswith("test"):
                yield part.__name__, name, test


def is_excused(test: object) -> bool:
    """Whether a test is marked as one that is expected to fail, with a reason."""
    marks = getattr(test, "pytestmark", [])
    return any(mark.name == "xfail" and mark.kwargs.get("reason") for mark in marks)
