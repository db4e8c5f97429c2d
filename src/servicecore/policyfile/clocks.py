"""The clocks of a policy file, read and written."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from servicecore.policyfile.tables import (
    Readers,
    boolean,
    entries_of,
    fields_of,
    items_of,
    one_of,
    text,
    texts,
    unexpected,
)
from servicecore.sla.rules import DEFAULT_CLOCKS, ClockRule, check_fact


def read_clocks(written: object) -> dict[str, ClockRule]:
    """The rules in the table ``clocks``; that of a default clock changes what it names.

    Raises `FaultyTable` with everything that is wrong.
    """
    return entries_of(written, _clock, "a table of clocks by name")


def _clock(name: str, written: object) -> ClockRule:
    default = DEFAULT_CLOCKS.get(name)
    required = {} if default else {"starts": "what starts it", "stops": "what stops it"}
    fields = fields_of(written, READERS, f"a table of {', '.join(READERS)}", required)
    return attrs.evolve(default, **fields) if default else ClockRule(name, **fields)


def _some_facts(written: object) -> list[str]:
    if facts := _facts(written):
        return facts
    raise unexpected(written, "at least one fact")


def _facts(written: object) -> list[str]:
    return items_of(written, _fact, "a list of facts")


def _fact(written: object) -> str:
    fact = text(written)
    check_fact(fact)
    return fact


READERS: Readers = {
    "starts": _some_facts,
    "stops": _some_facts,
    "pauses": texts,
    "only_while": texts,
    "renews": _facts,
    "cancels": _facts,
    "reopening": one_of("pause", "counted", "cycle", "stopped"),
    "retroactive": boolean,
    "retargeting": one_of("carry", "restart"),
}


def clocks_to_dict(clocks: Mapping[str, ClockRule]) -> dict[str, object]:
    """The table that `read_clocks` reads back as these rules; default ones are left out."""
    return {
        name: _written(rule, DEFAULT_CLOCKS.get(name))
        for name, rule in clocks.items()
        if rule != DEFAULT_CLOCKS.get(name)
    }


def _written(rule: ClockRule, default: ClockRule | None) -> dict[str, object]:
    """What the rule says otherwise than the default one; what a new one has to say, and more."""
    before = default or ClockRule(rule.name, rule.starts, rule.stops)
    needed = () if default else ("starts", "stops")
    said = {key: getattr(rule, key) for key in READERS}
    return {
        key: list(value) if isinstance(value, tuple) else value
        for key, value in said.items()
        if value != getattr(before, key) or key in needed
    }
