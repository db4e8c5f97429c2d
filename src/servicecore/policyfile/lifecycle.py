"""The lifecycle of a policy file, read and written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs
from attrs import frozen

from servicecore.errors import InvalidValue
from servicecore.faults import Faults
from servicecore.policyfile.tables import Readers, boolean, fields_of, items_of, one_of, text, texts
from servicecore.policyfile.targets import TargetReader, TargetWriter
from servicecore.sla.calendar import Calendar, always
from servicecore.sla.naming import ALWAYS
from servicecore.sla.statuses import (
    DEFAULT_LIFECYCLE,
    TRANSITION_EVENTS,
    Lifecycle,
    Transition,
)

LIFECYCLE = "a table with replace, without, first, working, waiting, reopen_on_reply, transitions"
TRANSITIONS = "a list of transitions"
TRANSITION = "a table with event, from, to, guards, after and until"
NAMED = ("first", "working", "waiting", "reopen_on_reply")
USUAL: Mapping[str, object] = {name: getattr(DEFAULT_LIFECYCLE, name) for name in NAMED}


def read_lifecycle(written: object, calendars: Mapping[str, Calendar]) -> Lifecycle:
    """The lifecycle in the table ``lifecycle``: the default one, with changes.

    Statuses of `without` are left out, and `transitions` are added; with `replace` they are all
    there are. Raises `FaultyTable` with everything that is wrong.

    >>> table = {"without": ["scheduled"], "transitions": [
    ...     {"event": "status changed", "from": ["new"], "to": "in review"},
    ...     {"event": "status changed", "from": ["in review"], "to": "in progress"}]}
    >>> read_lifecycle(table, {}).targets("in review")
    ('in progress',)
    """
    readers: Readers = {
        "replace": boolean,
        "without": texts,
        "first": text,
        "working": text,
        "waiting": _text_or_nothing,
        "reopen_on_reply": boolean,
        "transitions": lambda each: items_of(each, _Reader(calendars).transition, TRANSITIONS),
    }
    fields = fields_of(written, readers, LIFECYCLE)
    if fields.get("replace") and "without" in fields:
        faults = Faults()
        faults.add(("without",), "means nothing with replace; expected one of the two")
        faults.refuse(LIFECYCLE)
    own = fields.pop("transitions", ())
    without = DEFAULT_LIFECYCLE.without(*fields.pop("without", ()))
    if fields.pop("replace", False):
        return Lifecycle(transitions=own, **fields)
    return attrs.evolve(without, transitions=(*without.transitions, *own), **fields)


def _text_or_nothing(written: object) -> str:
    return "" if written == "" else text(written)


@frozen
class _Reader:
    """Reads transitions, whose times name calendars."""

    calendars: Mapping[str, Calendar]

    def transition(self, written: object) -> Transition:
        required = {
            "event": " or ".join(map(repr, TRANSITION_EVENTS)),
            "from": "the statuses that it leads away from",
            "to": "the status that it leads to",
        }
        readers: Readers = {
            "event": one_of(*TRANSITION_EVENTS),
            "from": texts,
            "to": text,
            "guards": texts,
            "after": TargetReader(self.calendars, always).target,
            "until": boolean,
        }
        fields = fields_of(written, readers, TRANSITION, required)
        sources, target = fields.pop("from"), fields.pop("to")
        return Transition(sources=sources, target=target, **fields)


def lifecycle_to_dict(lifecycle: Lifecycle, calendars: Mapping[str, Calendar]) -> dict[str, object]:
    """The table that `read_lifecycle` reads back; empty for the default one.

    Raises `InvalidValue` for guards of a host's own: they are functions.
    """
    if lifecycle == DEFAULT_LIFECYCLE:
        return {}
    if lifecycle.guards:
        own = ", ".join(map(repr, lifecycle.guards))
        raise InvalidValue(
            f"a policy file cannot say the guard {own}, which is a function: expected it to be "
            "given after loading, by Lifecycle.extended"
        )
    named = {name: getattr(lifecycle, name) for name in NAMED}
    writer = TargetWriter(calendars, ALWAYS)
    usual = DEFAULT_LIFECYCLE.transitions
    if lifecycle.transitions[: len(usual)] == usual:
        changed = {key: each for key, each in named.items() if each != USUAL[key]}
        added = [_written(each, writer) for each in lifecycle.transitions[len(usual) :]]
        return {**changed, **({"transitions": added} if added else {})}
    transitions = [_written(each, writer) for each in lifecycle.transitions]
    return {"replace": True, **named, "transitions": transitions}


def _written(transition: Transition, writer: TargetWriter) -> dict[str, Any]:
    table: dict[str, Any] = {
        "event": transition.event,
        "from": list(transition.sources),
        "to": transition.target,
    }
    if transition.guards:
        table["guards"] = list(transition.guards)
    if transition.after is not None:
        table["after"] = writer.target(transition.after)
    if transition.until:
        table["until"] = True
    return table
