"""What a log's columns mean, as frozen values: the content of a mapping file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Literal

from attrs import field, frozen

from servicecore.errors import InvalidValue
from servicecore.instants import zone_named
from servicecore.lifecycle.events import Side
from servicecore.logs.dialect import Dialect
from servicecore.requests import FACT_NAMES, Fact
from servicecore.sla.rules import STATUS_ENTERED
from servicecore.sla.statuses import DEFAULT_STATUSES

EVENTS = (
    "opened",
    "assigned",
    "replied",
    "customer replied",
    "resolved",
    "reopened",
    "closed",
    "cancelled",
    "merged",
)
"""What a word of the log can mean, besides ``"status: NAME"`` and ``"nothing"``."""

NOTHING = "nothing"

ISO = "iso"
SAMPLE = datetime(2026, 3, 2, 12, tzinfo=UTC)
EPOCHS = {"epoch": 1_000_000, "epoch ms": 1_000, "epoch us": 1}

Unknown = Literal["refuse", "ignore"]
Kind = Literal["text", "integer", "number", "words"]
Place = tuple[str | int, ...]


@frozen(kw_only=True)
class Times:
    """How instants are written.

    A format is ``"iso"``, ``"epoch"`` (seconds), ``"epoch ms"``, ``"epoch us"``, or a pattern of
    `datetime.strptime`; the first that fits is taken. `zone` is for times that name no offset
    themselves. `twice` says which of the two is meant in the hour that a clock shows twice, `gap`
    what becomes of a time that the clock skipped: the first instant after it, with a note, or the
    row is refused.

    >>> Times(formats=("%d/%m/%Y %H:%M",))
    Traceback (most recent call last):
    ...
    servicecore.errors.InvalidValue: the format '%d/%m/%Y %H:%M' has no offset: expected a zone
    """

    formats: tuple[str, ...] = (ISO,)
    zone: str | None = None
    twice: Literal["first", "second", "refuse"] = "first"
    gap: Literal["after", "refuse"] = "after"

    def __attrs_post_init__(self) -> None:
        if self.zone is not None:
            zone_named(self.zone)
        if not self.formats:
            raise InvalidValue("no format: expected 'iso', 'epoch' or a pattern of strptime")
        for written in self.formats:
            if written != ISO and written not in EPOCHS:
                _check_pattern(written, self.zone)


def _check_pattern(pattern: str, zone: str | None) -> None:
    if "%" not in pattern:
        known = ", ".join(map(repr, (ISO, *EPOCHS)))
        raise InvalidValue(f"unknown format {pattern!r}: expected {known} or '%d/%m/%Y %H:%M'")
    if not re.search("%[YyGcx]", pattern):
        raise InvalidValue(f"the format {pattern!r} has no year: expected %Y")
    _try(pattern, "")
    # Some of what is wrong with a pattern is told only of a text that fits.
    _try(pattern, SAMPLE.strftime(pattern))
    if "%z" not in pattern and zone is None:
        raise InvalidValue(f"the format {pattern!r} has no offset: expected a zone")


def _try(pattern: str, text: str) -> None:
    try:
        datetime.strptime(text, pattern)  # noqa: DTZ007  # only to hear what is wrong with it
    except (ValueError, re.error) as problem:
        if text or "does not match" not in str(problem):
            said = "names a directive twice" if isinstance(problem, re.error) else problem
            raise InvalidValue(f"the format {pattern!r}: {said}") from None


@frozen
class Meaning:
    """What a word of the log means: one of `EVENTS`, ``"status: NAME"`` or ``"nothing"``.

    A reply is public and not automatic where nothing else is said, and comes from the `side` on
    which its actor stands.

    >>> Meaning("status: in progress").status
    'in progress'
    """

    event: str
    public: bool = field(default=True, kw_only=True)
    automatic: bool = field(default=False, kw_only=True)
    side: Side | None = field(default=None, kw_only=True)
    status: str | None = field(init=False)
    """The status that is entered, if one is."""

    @status.default
    def _entered(self) -> str | None:
        if self.event.startswith(STATUS_ENTERED):
            return self.event.removeprefix(STATUS_ENTERED).strip()
        return self.event if self.event in DEFAULT_STATUSES else None

    def __attrs_post_init__(self) -> None:
        if self.event not in EVENTS and self.event != NOTHING and not self.status:
            known = ", ".join((*EVENTS, NOTHING))
            raise InvalidValue(f"found {self.event!r}; expected 'status: NAME' or one of {known}")


@frozen(kw_only=True)
class Vocabulary:
    """Which columns hold a word, and what its values mean.

    Of several columns the cells are joined by `joined`, empty ones left out. A word that `names`
    does not name makes its row unusable, or with ``unknown="ignore"`` means nothing, with a note.
    """

    columns: tuple[str, ...]
    names: Mapping[str, Meaning]
    joined: str = " / "
    unknown: Unknown = "refuse"

    def __attrs_post_init__(self) -> None:
        if not self.columns:
            raise InvalidValue("no column: expected the name of at least one")


@frozen(kw_only=True)
class FactColumn:
    """A column that holds a fact, and what its cells mean.

    With `values`, a cell that they do not name changes nothing, with a note. `kind` makes a number
    or a set of words out of the text.
    """

    column: str
    values: Mapping[str, Fact] | None = None
    kind: Kind = "text"
    separator: str = ","

    def __attrs_post_init__(self) -> None:
        if self.kind == "words" and not self.separator:
            raise InvalidValue("the separator is empty: expected what stands between two words")
        if self.values is not None and self.kind != "text":
            raise InvalidValue(f"values say what cells mean: expected no {self.kind} besides")

    @property
    def examples(self) -> tuple[Fact, ...]:
        """One value of every type that comes out of this column."""
        if self.values is not None:
            return tuple(self.values.values())
        return (_KINDS[self.kind],)


_KINDS: dict[str, Fact] = {"text": "", "integer": 0, "number": 0.0, "words": frozenset()}


@frozen(kw_only=True)
class Actors:
    """Which column names who did it, and on which side they act.

    The side is the same for all, or `side_column` holds a word that `sides` names.
    """

    column: str
    side: Side = field(default=Side.DESK, converter=Side)
    side_column: str | None = None
    sides: Mapping[str, Side] = field(factory=dict)


@frozen(kw_only=True)
class LogMapping:
    """What the columns of a log mean.

    With ``rows="events"`` (the default) every row says how a request stands, or what was done, at
    the instant in the column `time`; the rows of one request need not be neighbours. They are put
    in `order`: by ``"time"``, as in the ``"file"``, or by the number in `order_column`. A request
    opens at the instant in the column `opened`, and where nothing says so, with its first row.

    With ``rows="requests"`` every request has one row, and `instants` names the columns that say
    when each thing happened to it.

    `constants` are facts of every request. A cell without content says nothing: what was known
    stays.
    """

    request: str
    rows: Literal["events", "requests"] = "events"
    time: str | None = None
    opened: str | None = None
    instants: Mapping[str, str] = field(factory=dict)
    order: Literal["time", "file", "column"] = "time"
    order_column: str | None = None
    times: Times = Times()
    status: Vocabulary | None = None
    activities: Vocabulary | None = None
    facts: Mapping[str, FactColumn] = field(factory=dict)
    constants: Mapping[str, Fact] = field(factory=dict)
    group: str | None = None
    person: str | None = None
    actors: Actors | None = None
    dialect: Dialect = field(factory=Dialect)

    def __attrs_post_init__(self) -> None:
        if self.rows == "events" and not self.time:
            raise InvalidValue("time.column is missing; expected the column of a row's instant")
        if self.rows == "requests" and "opened" not in self.instants:
            raise InvalidValue("instants.opened is missing; expected the column of the opening")
        if (self.order == "column") != (self.order_column is not None):
            raise InvalidValue("order is 'column' and names none: expected order_column")
        for event in self.instants:
            Meaning(event)
        for name, column in self.facts.items():
            check_fact(name, column.examples)
        for name, constant in self.constants.items():
            check_fact(name, (constant,))

    def columns(self) -> Iterator[tuple[Place, str]]:
        """Every column that the mapping speaks of, with its place in a mapping file."""
        actors = self.actors
        single: dict[Place, str | None] = {
            ("request",): self.request,
            ("time", "column"): self.time,
            ("time", "opened"): self.opened,
            ("order", "column"): self.order_column,
            ("assignment", "group"): self.group,
            ("assignment", "person"): self.person,
            ("actor", "column"): actors.column if actors else None,
            ("actor", "side", "column"): actors.side_column if actors else None,
        }
        yield from ((place, column) for place, column in single.items() if column is not None)
        yield from ((("instants", event), column) for event, column in self.instants.items())
        for name, words in (("status", self.status), ("activities", self.activities)):
            yield from (((name, "column"), column) for column in (words.columns if words else ()))
        yield from ((("facts", name), fact.column) for name, fact in self.facts.items())


def check_fact(name: str, examples: tuple[Fact, ...]) -> None:
    """Refuse a fact that a log tells in another way, and values of the wrong type."""
    if name in {"group", "person"}:
        raise InvalidValue(f"{name} changes with time: expected it under [assignment]")
    if name in {"id", "opened", "opened_at"}:
        expected = "'request' and 'opened' of [time] or [instants]"
        raise InvalidValue(f"{name!r} is no fact that a column can hold: expected {expected}")
    if not name.strip():
        raise InvalidValue(f"found {name!r}; expected a name")
    wanted, called = (frozenset, "words") if name == "tags" else (str, "text")
    if name in FACT_NAMES and not all(isinstance(value, wanted) for value in examples):
        raise InvalidValue(f"{name} of another type: expected {called}")
