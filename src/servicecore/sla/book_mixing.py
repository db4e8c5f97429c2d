"""A policy book with some of the changes that another one makes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

import attrs
from attrs import frozen

from servicecore.priorities import PriorityMatrix
from servicecore.sla.book import BookVersion, PolicyBook
from servicecore.sla.book_changes import TOLD_APART, Pair, pairs, same_cells
from servicecore.sla.calendar import Calendar
from servicecore.sla.differences import by_name, fields_of
from servicecore.sla.field_changes import has_parts
from servicecore.sla.findings import Path
from servicecore.sla.naming import name_of
from servicecore.sla.policy import Policy
from servicecore.sla.policy_changes import cells
from servicecore.sla.target import Target


def with_changes(old: PolicyBook, new: PolicyBook, paths: Collection[Path]) -> PolicyBook:
    """The old book with those of the changes of `book_changes` that have one of the paths.

    With all of them it is the new book, with none the old one. A policy that is added stands before
    the one that follows it in the new book. Raises `InvalidValue` where a change cannot stand
    without the others, such as a version that holds ever since beside another one that does.
    """
    return _Mixed(old, new, frozenset(paths)).book()


@frozen
class _Mixed:
    """Both books, and the paths of what is taken from the new one."""

    old: PolicyBook
    new: PolicyBook
    taken: frozenset[Path]

    def book(self) -> PolicyBook:
        return attrs.evolve(
            self.old,
            versions=self.versions(),
            matrix=self.matrix(),
            clocks=self.table(("clocks",), self.old.clocks, self.new.clocks),
            calendars=self.table(("calendars",), self.old.calendars, self.new.calendars),
            **self.others((), self.old, self.new, TOLD_APART),
        )

    def table(self, path: Path, old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
        """The keys of two tables, each from the new one where it is taken."""
        chosen = {}
        for key in dict.fromkeys((*old, *new)):
            source = new if (*path, key) in self.taken else old
            if key in source:
                chosen[key] = source[key]
        return chosen

    def others(
        self, path: Path, old: object, new: object, without: AbstractSet[str]
    ) -> dict[str, Any]:
        """The other fields of a value, each from the new one where it is taken."""
        return {
            each.alias or each.name: self.part(
                (*path, each.name), getattr(old, each.name), getattr(new, each.name)
            )
            for each in fields_of(type(old), without)
        }

    def part(self, path: Path, old: Any, new: Any) -> Any:
        """One field, key by key or field by field where it is told so."""
        depth = len(path)
        if not any(each[:depth] == path for each in self.taken):
            return old
        tables = by_name(old, new)
        if tables and isinstance(old, tuple):
            table, (one, other) = self.table(path, *tables), tables
            return tuple(table[name] for name in self.order(path, list(one), list(other)))
        if tables:
            return self.table(path, *tables)
        if has_parts(old, new):
            return attrs.evolve(old, **self.others(path, old, new, frozenset()))
        return new if path in self.taken else old

    def matrix(self) -> PriorityMatrix:
        old, new = self.old.matrix, self.new.matrix
        if not same_cells(self.old, self.new):
            return new if ("priorities",) in self.taken else old
        table = {
            impact: {
                urgency: (new if self.takes_cell(impact, urgency) else old).cells[impact][urgency]
                for urgency in row
            }
            for impact, row in old.cells.items()
        }
        order = new.priorities if ("priorities", "order") in self.taken else old.priorities
        named = (level for row in table.values() for level in row.values())
        return PriorityMatrix(table, tuple(dict.fromkeys((*order, *named))))

    def takes_cell(self, impact: str, urgency: str) -> bool:
        return ("priorities", "matrix", impact, urgency) in self.taken

    def versions(self) -> list[BookVersion]:
        found = pairs(self.old, self.new)
        version_of = {pair.key: self.version(pair) for pair in found}
        before = [pair.key for pair in found if pair.old]
        key_of = {id(pair.new): pair.key for pair in found if pair.new}
        after = [key_of[id(version)] for version in self.new.versions]
        return [version_of[key] for key in self.order(("versions",), before, after)]

    def order(self, path: Path, old: Sequence[str], new: Sequence[str]) -> list[str]:
        """The names that two lists make: what stays, with what is not taken out and what is added.

        What stands in one of the lists only is put before what follows it there.
        """
        order = [
            name for name in (new if path in self.taken else old) if name in old and name in new
        ]
        kept = {name for name in old if name in new or (*path, name) not in self.taken}
        added = {name for name in new if name not in old and (*path, name) in self.taken}
        for names, wanted in ((old, kept), (new, added)):
            following: str | None = None
            for name in reversed(names):
                if name in wanted and name not in order:
                    place = len(order) if following is None else order.index(following)
                    order.insert(place, name)
                following = name if name in order else following
        return order

    def version(self, pair: Pair) -> BookVersion:
        if pair.old is None or pair.new is None:
            (only,) = filter(None, (pair.old, pair.new))
            return attrs.evolve(
                only, policies=[self.own(policy, only is pair.new) for policy in only.policies]
            )
        path, old, new = pair.path, pair.old, pair.new
        before, after = ({policy.name: policy for policy in each.policies} for each in (old, new))
        names = self.order((*path, "policies"), list(before), list(after))
        return BookVersion(
            name=(new if (*path, "version") in self.taken else old).name,
            valid_from=(new if (*path, "valid_from") in self.taken else old).since,
            policies=[
                self.policy((*path, "policies", name), before.get(name), after.get(name))
                for name in names
            ],
            **self.others(path, old, new, {"name", "since", "policies"}),
        )

    def policy(self, path: Path, old: Policy | None, new: Policy | None) -> Policy:
        if old is None or new is None:
            (only,) = filter(None, (old, new))
            return self.own(only, only is new)
        targets: dict[str, dict[str, Target]] = {}
        for clock, priority in cells(old, new):
            takes = (*path, "targets", clock, priority) in self.taken
            source = new if takes else old
            if target := source.targets.get(clock, {}).get(priority):
                targets.setdefault(clock, {})[priority] = self.target(target, takes)
        when = self.table((*path, "when"), old.when, new.when)
        others = self.others(path, old, new, {"name", "targets", "when"})
        return Policy(old.name, targets, when, **others)

    def own(self, policy: Policy, is_new: bool) -> Policy:
        """A policy of one book only, on the calendars as they are here."""
        targets = {
            clock: {priority: self.target(target, is_new) for priority, target in by.items()}
            for clock, by in policy.targets.items()
        }
        return attrs.evolve(policy, targets=targets)

    def target(self, target: Target, is_new: bool) -> Target:
        calendar = self.calendar(target.calendar, is_new)
        if calendar is target.calendar:
            return target
        (moved,) = Policy("any", {"any": target}).on(calendar).all_targets
        return moved

    def calendar(self, calendar: Calendar, is_new: bool) -> Calendar:
        """What a calendar is here: the one that its name stands for, as far as that is taken."""
        own, other = (self.new, self.old) if is_new else (self.old, self.new)
        name = name_of(calendar, own.calendars)
        takes = ("calendars", name) in self.taken
        if name is None or takes == is_new or name not in other.calendars:
            return calendar
        return other.calendars[name]
