"""What changed between two policy books, in words, change by change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import zip_longest

from attrs import frozen

from servicecore.errors import written_path
from servicecore.instants import to_datetime
from servicecore.sla.book import BookVersion, PolicyBook
from servicecore.sla.calendar import Calendar
from servicecore.sla.calendar_changes import calendar_changes
from servicecore.sla.differences import ARROW, differences, told
from servicecore.sla.field_changes import other_differences, table_differences
from servicecore.sla.findings import Path
from servicecore.sla.policy import Policy
from servicecore.sla.policy_changes import policy_added, policy_changes


@frozen
class Change:
    """One change between two books: where it stands in a policy file, and what it is.

    Policies and versions are told by name in the path, as their places may have changed.
    """

    path: Path
    text: str

    def __str__(self) -> str:
        return self.text

    @property
    def where(self) -> str:
        """The path as people write it."""
        return written_path(self.path)


AT_THE_TOP: tuple[Path, ...] = (("version",), ("valid_from",))


def book_changes(old: PolicyBook, new: PolicyBook) -> tuple[Change, ...]:
    """What is different in the new book, in the order of a policy file; nothing if they are equal.

    Each change has a path of its own, by which `with_changes` makes a book with some of them.

    >>> from servicecore.sla.target import Target
    >>> before, after = (Policy("gold", {"resolution": Target(within)}) for within in ("4h", "2h"))
    >>> for change in book_changes(PolicyBook.of(before), PolicyBook.of(after)):
    ...     print(change.where, change, sep=": ")
    policies.gold.targets.resolution.*: policy 'gold': resolution 4h → 2h of always
    """
    shared = (*_of_calendars(old, new), *_of_priorities(old, new), *_of_clocks(old, new))
    found = (*shared, *_of_other_fields(old, new), *_of_versions(old, new))
    return tuple(sorted(found, key=lambda change: change.path not in AT_THE_TOP))


def _of_calendars(old: PolicyBook, new: PolicyBook) -> Iterator[Change]:
    added = [name for name in new.calendars if name not in old.calendars]
    for name, calendar in old.calendars.items():
        path, what = ("calendars", name), f"calendar {name!r}"
        if name in new.calendars:
            if new.calendars[name] != calendar:
                said = calendar_changes(calendar.named(name), new.calendars[name].named(name))
                yield Change(path, f"{what}: {said}")
        else:
            called = [
                f": it is called {other!r}" for other in added if new.calendars[other] == calendar
            ]
            yield Change(path, f"{what} removed{''.join(called[:1])}")
    for name in added:
        yield Change(("calendars", name), f"calendar {name!r} added")


def same_cells(old: PolicyBook, new: PolicyBook) -> bool:
    """Whether both matrices have the same impacts and urgencies, so that cells can be compared."""
    one, other = old.matrix.cells, new.matrix.cells
    return one.keys() == other.keys() and all(one[row].keys() == other[row].keys() for row in one)


def _of_priorities(old: PolicyBook, new: PolicyBook) -> Iterator[Change]:
    one, other = old.matrix, new.matrix
    if not same_cells(old, new):
        apart = (
            *differences(one.to_dict(), other.to_dict()),
            *_order(one.priorities, other.priorities),
        )
        yield Change(("priorities",), f"priorities: {'; '.join(apart)}")
        return
    for impact, row in one.cells.items():
        for urgency, level in row.items():
            if (now := other.cells[impact][urgency]) != level:
                said = f"impact {impact}, urgency {urgency}: {level}{ARROW}{now}"
                yield Change(("priorities", "matrix", impact, urgency), f"priority of {said}")
    if one.priorities != other.priorities:
        said = "; ".join(_order(one.priorities, other.priorities))
        yield Change(("priorities", "order"), f"priorities: {said}")


def _order(old: tuple[str, ...], new: tuple[str, ...]) -> Iterator[str]:
    if old != new:
        yield f"order {', '.join(old)}{ARROW}{', '.join(new)}"


def _of_clocks(old: PolicyBook, new: PolicyBook) -> Iterator[Change]:
    for name, said in table_differences(old.clocks, new.clocks):
        yield Change(("clocks", name), f"clock {said.replace(' changed:', ':', 1)}")


TOLD_APART = frozenset({"versions", "matrix", "clocks", "calendars"})
"""The fields of a book that have words of their own."""


def _of_other_fields(old: PolicyBook, new: PolicyBook) -> Iterator[Change]:
    for path, said in other_differences(old, new, TOLD_APART):
        yield Change(path, said)


@frozen
class Pair:
    """A version of the old book and what became of it in the new one; None where there is none."""

    old: BookVersion | None
    new: BookVersion | None
    first: bool = False

    @property
    def key(self) -> str:
        """What the pair is found by: the old version's name, else the new one's."""
        known = self.old or self.new
        return known.name if known else ""

    @property
    def path(self) -> Path:
        """Where the version stands; the first one stands at the top of the file."""
        return () if self.first and self.old and self.new else ("versions", self.key)

    @property
    def prefix(self) -> str:
        """The version in words, where it is not the first."""
        return "" if self.path == () else f"version {self.key!r}: "


def pairs(old: PolicyBook, new: PolicyBook) -> list[Pair]:
    """The versions of both books, by name; the first ones also if they are called otherwise."""
    before = {version.name: version for version in old.versions}
    after = {version.name: version for version in new.versions}
    first, other = old.versions[0], new.versions[0]
    if first.name not in after and other.name not in before:
        del after[other.name]
        after[first.name] = other
    found = [Pair(each, after.get(name), each is first) for name, each in before.items()]
    return found + [Pair(None, each) for name, each in after.items() if name not in before]


def _of_versions(old: PolicyBook, new: PolicyBook) -> Iterator[Change]:
    for pair in pairs(old, new):
        if pair.old and pair.new:
            for change in _of_version(pair.old, pair.new, (old.calendars, new.calendars)):
                yield Change((*pair.path, *change.path), pair.prefix + change.text)
        elif pair.new:
            said = f"{_since(pair.new)}, with {len(pair.new.policies)} policies"
            yield Change(pair.path, f"version {pair.key!r} added: {said}")
        else:
            yield Change(pair.path, f"version {pair.key!r} removed")
    keys = [[pair.key for pair in pairs(old, new) if pair.old and pair.new]]
    order = [
        pair.key
        for each in new.versions
        for pair in pairs(old, new)
        if pair.new is each and pair.old
    ]
    if keys[0] != order:
        yield Change(("versions",), f"versions in the order {told(keys[0])}{ARROW}{told(order)}")


def _since(version: BookVersion) -> str:
    if version.since is None:
        return "valid ever since"
    return f"valid from {to_datetime(version.since):%Y-%m-%d %H:%M} UTC"


Calendars = tuple[Mapping[str, Calendar], Mapping[str, Calendar]]


def _of_version(old: BookVersion, new: BookVersion, calendars: Calendars) -> Iterator[Change]:
    if old.name != new.name:
        yield Change(("version",), f"version {old.name!r}{ARROW}{new.name!r}")
    if old.since != new.since:
        yield Change(("valid_from",), f"{_since(old)}{ARROW}{_since(new)}")
    for place, said in other_differences(old, new, {"name", "since", "policies"}):
        yield Change(place, said)
    before, after = ({policy.name: policy for policy in each.policies} for each in (old, new))
    yield from _of_order(before, after)
    for name in before:
        if name in after:
            for path, text in policy_changes(before[name], after[name], calendars):
                yield Change(("policies", name, *path), f"policy {name!r}: {text}")


def _of_order(old: Mapping[str, Policy], new: Mapping[str, Policy]) -> Iterator[Change]:
    for name in old:
        if name not in new:
            yield Change(("policies", name), f"policy {name!r} removed")
    for name, following in zip_longest(new, list(new)[1:]):
        if name not in old:
            place = f"before {following!r}" if following is not None else "at the end"
            said = f"policy {name!r} added {place}: {policy_added(new[name])}"
            yield Change(("policies", name), said)
    stayed, order = (
        [name for name in one if name in other] for one, other in ((old, new), (new, old))
    )
    if stayed != order:
        yield Change(("policies",), f"policies in the order {told(stayed)}{ARROW}{told(order)}")
