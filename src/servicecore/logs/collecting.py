"""From a file's rows to the usable rows of each request; every other row is listed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from operator import itemgetter

from attrs import Factory, define

from servicecore.instants import to_datetime
from servicecore.logs.log import Log, Note, Unusable
from servicecore.logs.plan import Entry, Plan, Unnamed
from servicecore.logs.quoting import quoted
from servicecore.logs.rows import Cells, Row
from servicecore.logs.times import Odd
from servicecore.logs.writing import history

STEP = 10_000
"""After how many rows `progress` is called again."""

_INSTANT, _KEY = 1, 3  # places in an entry


class NotUsable(Exception):  # it ends in a list; nobody sees it raised
    """Why the row that is being read cannot be used."""


@define
class Collector:
    """Collects the rows of each request; `log` makes histories of them."""

    plan: Plan
    entries: dict[str, list[Entry]] = Factory(dict)
    unusable: list[Unusable] = Factory(list)
    notes: list[Note] = Factory(list)
    remarks: list[str] = Factory(list)
    """What there is to note about the row that is being read, if it can be used."""
    rows_read: int = 0
    rows_used: int = 0

    def collect(self, rows: Iterable[Row], progress: Callable[[int], object]) -> None:
        """Take every row: into the entries of its request, or into the list of unusable ones."""
        use = self.use_alone if self.plan.moments else self.use
        for row in rows:
            self.rows_read += 1
            try:
                use(row)
                self.rows_used += 1
            except NotUsable as reason:
                line, cells, _ = row
                request = None if not cells or cells[0] is None else str(cells[0])
                self.unusable.append(Unusable(line, request, str(reason)))
                self.remarks.clear()
            if self.rows_read % STEP == 0:
                progress(self.rows_read)

    def use(self, row: Row) -> None:
        """Take a row that is one of many of its request.

        It is run for every row of a long log, and looks up what was worked out before.
        """
        line, cells, problem = row
        if not cells or cells[0] is None:
            raise self.nameless(problem)
        for slot, words in self.plan.words:
            if isinstance(meaning := words[cells[slot]], Unnamed):
                if words.vocabulary.unknown == "refuse":
                    raise NotUsable(meaning.reason)
                self.remarks.append(meaning.reason)
        instant = self.plan.instants[cells[1]]
        if isinstance(instant, Odd):
            instant = self.adjusted(instant, 1)
        order = self.plan.order
        key = None if order is None else self.number(cells, order)
        request = str(cells[0])
        entries = self.entries.get(request)
        if entries is None:
            entries = self.entries[request] = []
        entries.append((line, instant, cells, key))
        if self.remarks:
            self.keep_remarks(line, request)

    def use_alone(self, row: Row) -> None:
        """Take a row that is the only one of its request: an entry for each of its instants."""
        line, cells, problem = row
        if not cells or cells[0] is None:
            raise self.nameless(problem)
        request = str(cells[0])
        if request in self.entries:
            first = self.entries[request][0][0]
            raise NotUsable(f"is a second row of its request: line {first} is used")
        entries: list[Entry] = []
        for slot, meaning in self.plan.moments.items():
            if cells[slot] is not None or meaning.event == "opened":
                found = self.plan.instants[cells[slot]]
                instant = self.adjusted(found, slot) if isinstance(found, Odd) else found
                entries.append((line, instant, cells, slot))
        entries.sort(key=itemgetter(_INSTANT))
        self.check_opening(entries)
        self.entries[request] = self.nobody_before_assigned(entries)
        self.keep_remarks(line, request)

    def check_opening(self, entries: list[Entry]) -> None:
        """Refuse a row in which something happened before the opening: one of them is wrong."""
        first = entries[0]
        if self.plan.meanings(first)[0].event != "opened":
            events = [self.plan.meanings(entry)[0].event for entry in entries]
            opening = entries[events.index("opened")]
            raise NotUsable(f"{self.moment(first)} lies before {self.moment(opening)}")

    def moment(self, entry: Entry) -> str:
        """The column and the instant of one event of a request with a single row."""
        _, instant, _, slot = entry
        at = to_datetime(instant, self.plan.instants.zone).isoformat()
        return f"{self.plan.columns[int(slot or 0)]} {at}"

    def nobody_before_assigned(self, entries: list[Entry]) -> list[Entry]:
        """The entries with no group and person in those before the assignment, if there is one."""
        events = [self.plan.meanings(entry)[0].event for entry in entries]
        before = events.index("assigned") if "assigned" in events else 0
        people = {self.plan.group, self.plan.person}
        return [
            (line, instant, _without(cells, people) if position < before else cells, slot)
            for position, (line, instant, cells, slot) in enumerate(entries)
        ]

    def nameless(self, problem: str) -> NotUsable:
        """Why a row that gives no request cannot be used."""
        return NotUsable(problem or f"names no request: {self.plan.mapping.request!r} is empty")

    def adjusted(self, odd: Odd, slot: int) -> int:
        """The instant of a time that needed adjusting, with a remark."""
        remark = f"{self.plan.columns[slot]} {odd.reason}"
        if odd.instant is None:
            raise NotUsable(remark)
        self.remarks.append(remark)
        return odd.instant

    def number(self, cells: Cells, slot: int) -> Decimal:
        """The number in a cell, by which the rows of a request are ordered."""
        try:
            number = Decimal(str(cells[slot] or ""))
        except InvalidOperation:
            number = Decimal("nan")
        if number.is_nan():
            found = quoted(cells[slot]) if cells[slot] else "missing"
            raise NotUsable(f"{self.plan.columns[slot]} is {found}: expected a number")
        return number

    def keep_remarks(self, line: int, request: str) -> None:
        """Turn the remarks about a row that is used into notes."""
        self.notes += [Note(line, request, remark) for remark in self.remarks]
        self.remarks.clear()

    def log(self) -> Log:
        """The histories of all requests, and the lists of rows in the order of the file."""
        histories = {}
        for request in list(self.entries):
            # What has been written is needed no longer as rows.
            entries = self.ordered(request, self.entries.pop(request))
            histories[request] = history(self.plan, request, entries, self.notes)
        return Log(
            histories=histories,
            rows_read=self.rows_read,
            rows_used=self.rows_used,
            unusable=tuple(self.unusable),
            notes=tuple(sorted(self.notes, key=itemgetter(0))),
        )

    def ordered(self, request: str, entries: list[Entry]) -> list[Entry]:
        """The rows of a request in the order that the mapping asks for; equal ones as in the file.

        The events of a single row are in order already.
        """
        order = self.plan.mapping.order
        if order == "time":
            entries.sort(key=itemgetter(_INSTANT))
        elif order == "column":
            entries.sort(key=itemgetter(_KEY))
            column = self.plan.mapping.order_column
            for (before, *_, left), (line, *_, right) in pairwise(entries):
                if left == right:
                    said = f"has the same {column} as line {before}: kept in the file's order"
                    self.notes.append(Note(line, request, said))
        return entries


def _without(cells: Cells, slots: set[int | None]) -> Cells:
    return tuple(None if slot in slots else cell for slot, cell in enumerate(cells))
