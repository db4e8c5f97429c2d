"""Conditions on the facts of a request, as data: what a policy asks of each fact."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import inf, isfinite
from typing import Any, TypeGuard

from attrs import field, frozen

from servicecore.errors import InvalidValue
from servicecore.faults import Faults

Wanted = str | int | float | bool
"""What a fact can be compared with."""

LIMITS = ("at_least", "at_most")
OPERATORS = ("any", "all", "none", *LIMITS)


def _exactly(fact: object) -> object:
    """The fact, told apart from its equals: Python takes True for 1, a policy does not."""
    return (bool, fact) if fact.__class__ is bool else fact


def _checked(value: object) -> Wanted:
    if isinstance(value, str) or (isinstance(value, int | float) and _is_finite(value)):
        return value
    raise InvalidValue(f"found {value!r}: expected text, a number, true or false")


def _values(values: Iterable[object]) -> tuple[Wanted, ...]:
    if isinstance(values, str):
        raise InvalidValue(f"found the text {values!r}: expected a list of values")
    return tuple(_checked(value) for value in values)


def _limit(value: object) -> float | None:
    if value is None or (_is_number(value) and _is_finite(value)):
        return value
    raise InvalidValue(f"found {value!r}: expected a number")


def _is_finite(number: float) -> bool:
    try:
        return isfinite(number)
    except OverflowError:  # of an int that is more than any float, and too long to be shown
        raise InvalidValue("found a number of more than 300 digits: expected less") from None


def _is_number(fact: object) -> TypeGuard[float]:
    return fact.__class__ is int or fact.__class__ is float


@frozen(kw_only=True)
class Condition:
    """What is asked of one fact; everything that is named here has to hold.

    The fact is one of `any`, or contains one of them where it is a set of words such as tags; it
    contains each of `all`; it is none of `none`; it is a number from `at_least` to `at_most`. An
    unknown fact is nothing of all this: a condition of `none` alone holds for it.

    >>> Condition(any=["acme", "umbrella"]).holds("acme")
    True
    >>> Condition(all=["vip"], none=["internal"]).holds(frozenset({"vip", "internal"}))
    False
    >>> print(Condition(at_least=3, none=[7]))
    not 7 and at least 3
    """

    any: tuple[Wanted, ...] = field(default=(), converter=_values, eq=False)
    all: tuple[Wanted, ...] = field(default=(), converter=_values, eq=False)
    none: tuple[Wanted, ...] = field(default=(), converter=_values, eq=False)
    at_least: float | None = field(default=None, converter=_limit)
    at_most: float | None = field(default=None, converter=_limit)
    _any: frozenset[object] = field(init=False, repr=False)
    _all: frozenset[object] = field(init=False, repr=False)
    _none: frozenset[object] = field(init=False, repr=False)
    _plain: bool = field(init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        if not self._asked():
            raise InvalidValue(f"asks nothing: expected one of {', '.join(OPERATORS)}")

    @_any.default
    def _any_set(self) -> frozenset[object]:
        return frozenset(map(_exactly, self.any))

    @_all.default
    def _all_set(self) -> frozenset[object]:
        return frozenset(map(_exactly, self.all))

    @_none.default
    def _none_set(self) -> frozenset[object]:
        return frozenset(map(_exactly, self.none))

    @_plain.default
    def _asks_for_values_only(self) -> bool:
        return list(self._asked()) == ["any"]

    @classmethod
    def of(cls, written: object) -> Condition:
        """The condition out of a value (equals), a list (one of them) or a table of operators.

        Raises `FaultyTable` with everything that is wrong.

        >>> Condition.of("acme") == Condition.of(["acme"]) == Condition.of({"any": "acme"})
        True
        """
        if isinstance(written, Condition):
            return written
        table = written if isinstance(written, Mapping) else {"any": written}
        faults = Faults()
        faults.unknown_keys(table, OPERATORS)
        asked: dict[str, Any] = {}
        for name in filter(table.__contains__, OPERATORS):
            with faults.within(*(name,) if table is written else ()):
                read = _limit if name in LIMITS else _wanted
                asked[name] = read(table[name])
        if not table:
            faults.add((), f"asks nothing; expected one of {', '.join(OPERATORS)}")
        faults.refuse("condition")
        return cls(**asked)

    def written(self) -> object:
        """The shortest form that `of` reads back as this condition."""
        if not self._plain:
            return self._asked()
        return self.any[0] if len(self.any) == 1 else list(self.any)

    def _asked(self) -> dict[str, object]:
        named = {name: getattr(self, name) for name in OPERATORS}
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in named.items()
            if value is not None and value != ()
        }

    def holds(self, fact: object) -> bool:
        """Whether the fact is what is asked."""
        if self._plain and isinstance(fact, str):  # nearly every condition, and half as slow
            return fact in self._any
        held = _held(fact)
        if self.any and self._any.isdisjoint(held):
            return False
        if self.all and not self._all <= held:
            return False
        if self.none and not self._none.isdisjoint(held):
            return False
        return self._in_limits(fact)

    def implies(self, other: Condition, *, single: bool = False) -> bool:
        """Whether `other` holds wherever this one does; False too where that cannot be told.

        `single` says that the fact is never a set of words.

        >>> Condition.of("acme").implies(Condition.of(["acme", "umbrella"]))
        True
        """
        certain = self._all | (self._any if len(self._any) == 1 else frozenset())
        others = other._none - self._any if single and self.any else frozenset()
        return (
            (not other.any or bool(certain & other._any) or _within(self._any, other._any))
            and other._all <= certain
            and other._none <= self._none | others
            and self._keeps_limits(other)
        )

    def can_hold(self, *, single: bool = False) -> bool:
        """Whether any fact at all is what is asked; `single` as in `implies`.

        >>> Condition(any=["acme"], none=["acme"]).can_hold()
        False
        """
        named = (*self.any, *self.all)
        if not named:
            low, high = self._limits()
            return low <= high
        together = [(value, *self.all) for value in self.any or self.all]
        return any(map(self.holds, named if single else (*named, *together)))

    def _in_limits(self, fact: object) -> bool:
        if self.at_least is None and self.at_most is None:
            return True
        low, high = self._limits()
        return _is_number(fact) and low <= fact <= high

    def _limits(self) -> tuple[float, float]:
        return (
            -inf if self.at_least is None else self.at_least,
            inf if self.at_most is None else self.at_most,
        )

    def _keeps_limits(self, other: Condition) -> bool:
        (low, high), (lowest, highest) = self._limits(), other._limits()
        named = bool(self.any) and all(map(other._in_limits, self.any))
        return named or (low >= lowest and high <= highest)

    def __str__(self) -> str:
        said = [
            " or ".join(map(repr, self.any)),
            " and ".join(map(repr, self.all)),
            " and ".join(f"not {value!r}" for value in self.none),
            "" if self.at_least is None else f"at least {self.at_least}",
            "" if self.at_most is None else f"at most {self.at_most}",
        ]
        return " and ".join(filter(None, said))


def _held(fact: object) -> frozenset[object]:
    """What is compared: the words of a set, one value, or nothing where the fact is unknown."""
    if isinstance(fact, frozenset | set | list | tuple):
        return frozenset(map(_exactly, fact))
    return frozenset() if fact is None else frozenset((_exactly(fact),))


def _within(values: frozenset[object], others: frozenset[object]) -> bool:
    return bool(values) and values <= others


def _wanted(written: object) -> tuple[Wanted, ...]:
    if not isinstance(written, list | tuple | set | frozenset):
        return (_checked(written),)
    faults = Faults()
    found = []
    for position, value in enumerate(written):
        with faults.within(position):
            found.append(_checked(value))
    if not written:
        faults.add((), "found an empty list; expected at least one value")
    faults.refuse("values")
    return tuple(found)
