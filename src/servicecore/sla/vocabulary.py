"""Words of a policy book that nothing will ever be called: statuses, levels, kinds (P3)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches

from servicecore.errors import suggestion
from servicecore.requests import Kind
from servicecore.sla.agreement_checks import names_of
from servicecore.sla.book import PolicyBook
from servicecore.sla.findings import Finding, Path
from servicecore.sla.policy import Policy
from servicecore.sla.rules import DEFAULT_CLOCKS, STATUS_ENTERED, ClockRule

NEARLY_THE_SAME = 0.87
"""How like a known word another one is before it is taken for a slip: `resloved` is, and
`solved`, a status of other desks, is not."""


def of_clocks(book: PolicyBook) -> Iterator[Finding]:
    """What the rules of a book's own clocks say that no request will fulfil."""
    for name, rule in book.clocks.items():
        if rule == DEFAULT_CLOCKS.get(name):
            continue
        path: Path = ("clocks", name)
        if name not in book.owed:
            text = "no policy has a target for this clock; it is never measured"
            yield Finding("warning", path, text)
        for key, position, status in _statuses(rule):
            if near := _slip(status, book.lifecycle.statuses):
                yield Finding("warning", (*path, key, position), f"did you mean {near!r}?")


def _statuses(rule: ClockRule) -> Iterator[tuple[str, int, str]]:
    """The statuses that a rule names, each with its place."""
    for position, status in enumerate(rule.pauses):
        yield "pauses", position, status
    facts = {"starts": rule.starts, "stops": rule.stops}
    facts |= {"renews": rule.renews, "cancels": rule.cancels}
    for key, named in facts.items():
        for position, fact in enumerate(named):
            if fact.startswith(STATUS_ENTERED):
                yield key, position, fact.removeprefix(STATUS_ENTERED)


def _slip(word: str, known: Iterable[str]) -> str:
    """The known word that is probably meant, or nothing; a known word is no slip."""
    words = list(known)
    near = get_close_matches(word.strip().lower(), words, n=1, cutoff=NEARLY_THE_SAME)
    return near[0] if near and word not in words else ""


def of_values(policy: Policy, book: PolicyBook, path: Path) -> Iterator[Finding]:
    """What the conditions of a policy ask of facts whose words are known."""
    known = _vocabularies(book)
    for fact, condition in policy.when.items():
        place = (*path, "when", fact)
        for value in (*condition.any, *condition.all, *condition.none):
            if fact in known and value not in known[fact]:
                hint = suggestion(value, known[fact]) or f"known are {', '.join(known[fact])}"
                yield Finding("warning", place, f"no {fact} of the book is {value!r}; {hint}")
            if fact == "kind" and isinstance(value, str) and (near := _slip(value, map(str, Kind))):
                yield Finding("warning", place, f"no kind is {value!r}; did you mean {near!r}?")


def _vocabularies(book: PolicyBook) -> Mapping[str, tuple[str, ...]]:
    """The words of the facts that the book itself gives, by its matrix and its catalogue."""
    cells = book.matrix.cells
    urgencies = tuple(dict.fromkeys(urgency for row in cells.values() for urgency in row))
    levels = {"impact": tuple(cells), "urgency": urgencies} if cells else {}
    catalogued = {fact: names for fact, names in names_of(book.catalogue).items() if names}
    return {"priority": book.matrix.priorities, **levels, **catalogued}
