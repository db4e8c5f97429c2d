"""Conditions on the facts of a request, as data: what a policy asks of each fact."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import isfinite

from attrs import field, frozen

from servicecore.errors import InvalidValue
from servicecore.faults import Faults
from servicecore.requests import Fact

Wanted = str | int | float | bool
"""What a fact can be compared with."""

OPERATORS = ("any", "all", "none", "at_least", "at_most")


def _exactly(fact: object) -> object:
    """The fact, told apart from its equals: Python takes True for 1, a policy does not."""
    return (bool, fact) if fact.__class__ is bool else fact


def _checked(value: object) -> Wanted:
    if isinstance(value, str | int) or (isinstance(value, float) and isfinite(value)):
        return value
    raise InvalidValue(f"found {value!r}: expected text, a number, true or false")


def _values(values: Iterable[object]) -> tuple[Wanted, ...]:
    if isinstance(values, str):
        raise InvalidValue(f"found the text {values!r}: expected a list of values")
    return tuple(_checked(value) for value in values)


def _limit(value: float | None) -> float | None:
    if value is None or (_is_number(value) and isfinite(value)):
        return value
    raise InvalidValue(f"found {value!r}: expected a number")


def _is_number(fact: object) -> bool:
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

    any: tuple[Wanted, ...] = field(default=(), converter=_values)
    all: tuple[Wanted, ...] = field(default=(), converter=_values)
    none: tuple[Wanted, ...] = field(default=(), converter=_values)
    at_least: float | None = field(default=None, converter=_limit)
    at_most: float | None = field(default=None, converter=_limit)
    _any: frozenset[object] = field(init=False, eq=False, repr=False)
    _all: frozenset[object] = field(init=False, eq=False, repr=False)
    _none: frozenset[object] = field(init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        if not self.written():
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

    @classmethod
    def of(cls, written: object) -> Condition:
        """The condition out of a value (equals), a list (one of them) or a table of operators.

        Raises `InvalidValue` for what is none of these, `FaultyTable` with every fault of a table.

        >>> Condition.of("acme") == Condition.of(["acme"]) == Condition.of({"any": ["acme"]})
        True
        """
        if isinstance(written, Condition):
            return written
        table = written if isinstance(written, Mapping) else {"any": written}
        faults = Faults()
        faults.unknown_keys(table, OPERATORS)
        asked = _Reader(table, faults, table is not written)
        condition = {name: asked.values(name) for name in ("any", "all", "none")}
        at_least, at_most = asked.limit("at_least"), asked.limit("at_most")
        faults.refuse("condition")
        return cls(**condition, at_least=at_least, at_most=at_most)

    def written(self) -> object:
        """The shortest form that `of` reads back as this condition."""
        asked = {
            "any": list(self.any),
            "all": list(self.all),
            "none": list(self.none),
            "at_least": self.at_least,
            "at_most": self.at_most,
        }
        table = {name: value for name, value in asked.items() if value not in ([], None)}
        if list(table) != ["any"]:
            return table
        return self.any[0] if len(self.any) == 1 else list(self.any)
